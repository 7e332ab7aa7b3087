//! Words that somebody looks for. Small and large letters are the same, and so are those with and without accents, which not every
//! keyboard has.

use record::fold::Equipment;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A text as it is compared: in small letters without accents.
pub(crate) fn fold_letters(text: &str) -> String {
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// What was entered into a field of a search.
#[derive(Debug, Clone)]
pub(crate) struct SearchWords(Vec<String>);

impl SearchWords {
    pub(crate) fn of(query: &str) -> Self {
        Self(query.split_whitespace().map(fold_letters).collect())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them stand in what is known of an item, its codes included.
    pub(crate) fn fit(&self, item: &Equipment, codes: &str) -> bool {
        let text = fold_letters(&format!(
            "{} {} {} {} {} {} {} {codes}",
            item.name, item.location, item.asset_number, item.serial, item.model, item.category, item.tag
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
    }
}
