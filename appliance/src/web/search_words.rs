//! Text for searching. Small and large letters are the same, and so are those with and without accents, which not every
//! keyboard has, the apostrophes that keyboards put, and one space and more of them.

use record::fold::Equipment;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A text as it is compared: in small letters without accents, with one apostrophe and single spaces.
pub(crate) fn fold_letters(text: &str) -> String {
    let folded = text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    let folded: String = folded.map(|c| if APOSTROPHES.contains(&c) { '\'' } else { c }).collect();
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What keyboards insert in a name like O’Brien: the quotation marks, the letter apostrophe, the prime, and the accents
/// that are typed alone.
const APOSTROPHES: [char; 7] = ['\u{2018}', '\u{2019}', '\u{201b}', '\u{2bc}', '\u{2032}', '`', '\u{b4}'];

#[derive(Debug, Clone)]
pub(crate) struct SearchWords(Vec<String>);

impl SearchWords {
    pub(crate) fn of(query: &str) -> Self {
        Self(query.split_whitespace().map(fold_letters).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn fit(&self, item: &Equipment, codes: &str) -> bool {
        let text = fold_letters(&format!(
            "{} {} {} {} {} {} {} {codes}",
            item.facts.name,
            item.facts.location,
            item.facts.asset_number,
            item.facts.serial,
            item.facts.model,
            item.facts.category,
            item.tag
        ));
        self.0.iter().all(|word| text.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_case_nor_accents_keep_a_word_from_being_found() {
        assert_eq!(fold_letters("María ÁLVAREZ"), "maria alvarez");
        // The same letter written by two characters.
        assert_eq!(fold_letters("Jose\u{301}"), fold_letters("JOSÉ"));
        assert_eq!(fold_letters("Grün 3½"), "grun 3½");
        for typed in ["O'Brien  Ann", " O’Brien Ann", "o‘brien\u{a0}ann ", "O´Brien Ann", "o`brien ann"]
        {
            assert_eq!(fold_letters(typed), "o'brien ann", "{typed}");
        }
    }
}
