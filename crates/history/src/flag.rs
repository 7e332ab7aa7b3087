//! Remarks on a cleaning in words.

use record::kinds::CleaningFlag;

use crate::HistoryWords;
use crate::line::word_key;

/// As a badge; an unknown remark is shown as it is.
pub fn word_flag(w: HistoryWords, flag: &CleaningFlag) -> String {
    w.line_flag(flag.as_str(), &word_key(flag.as_str()))
}

#[cfg(test)]
mod tests {
    use words::{Locale, WordSet as _};

    use super::*;

    #[test]
    fn each_remark_has_words_of_its_own() {
        for locale in [Locale::EnUs, Locale::EsUs] {
            let w = HistoryWords::in_locale(locale);
            for flag in CleaningFlag::ALL {
                let words = word_flag(w, flag);
                assert!(words.starts_with(char::is_uppercase), "{} {words}", flag.as_str());
            }
            assert_eq!(word_flag(w, &"on fire".parse().unwrap()), "on fire");
        }
    }
}
