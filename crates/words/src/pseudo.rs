//! The pseudo locale `xx`: English that reads as English, looks foreign and is two fifths longer.

use std::borrow::Cow;

/// Stands before every message of the pseudo locale.
pub const PSEUDO_OPEN: char = '⟦';
/// Stands behind every message of the pseudo locale.
pub const PSEUDO_CLOSE: char = '⟧';

/// Marks the vowels of a message's own words and doubles two letters of five. Fluent calls it for these words only, so that
/// values of variables stay as they are.
pub(crate) fn stretch_words(text: &str) -> Cow<'_, str> {
    let mut stretched = String::with_capacity(text.len() * 2);
    let mut letters = 0;
    for character in text.chars() {
        let vowel = "aeiouAEIOU".find(character).and_then(|at| "áéíóúÁÉÍÓÚ".chars().nth(at));
        let marked = vowel.unwrap_or(character);
        stretched.push(marked);
        if character.is_alphabetic() {
            letters += 1;
            if matches!(letters % 5, 1 | 3) {
                stretched.push(marked);
            }
        }
    }
    stretched.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count_letters(text: &str) -> usize {
        text.chars().filter(|c| c.is_alphabetic()).count()
    }

    #[test]
    fn words_grow_by_two_fifths() {
        assert_eq!(stretch_words("Record cleaning, 30 s"), "RRéccórdd clléánnínng, 30 s");
        let sentence = "Keep the surface wet until the contact time is over, then record it";
        let (before, after) = (count_letters(sentence), count_letters(&stretch_words(sentence)));
        assert!((after * 10).abs_diff(before * 14) <= 10, "{before} {after}");
    }
}
