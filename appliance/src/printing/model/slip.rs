//! A slip of text: what a receipt printer says in lines of its own letters.

use serde::{Deserialize, Serialize};

use labels::code::BarcodeError;

/// Lines of a slip; a mistake of the program must not unroll the paper.
const SLIP_LINES_MAX: usize = 80;
const SLIP_CHARS_MAX: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlipLine {
    Title(String),
    Text(String),
    Fact {
        name: String,
        value: String,
    },
    /// An address as a code for phones, and in letters below it.
    Address(String),
    /// The set-up code. It is a secret: it is stored in no ledger, and is read when the slip is printed; where it is
    /// used up or was never there, `used` is printed.
    SetupCode {
        name: String,
        used: String,
    },
    /// The password of the box's own Wi-Fi, which is stored in no ledger either; where there is none, nothing is printed.
    Passphrase {
        name: String,
    },
    /// What to do with a slip that shows secrets: worded for the code alone, for the password alone, and for both. Where it shows
    /// neither, nothing is printed.
    SecretNote {
        code: String,
        passphrase: String,
        both: String,
    },
    /// A secret in its place, in a slip that is being printed and in no other: each of its characters counts, blanks too.
    Secret {
        name: String,
        value: String,
    },
    Rule,
    /// As many digits as the paper has columns, and the letters of each page.
    Letters,
}

impl SlipLine {
    /// As it is printed; `None` where nothing is.
    fn fill_secrets(&self, code: Option<&str>, passphrase: Option<&str>) -> Option<Self> {
        Some(match self {
            Self::SetupCode { name, used } => match code {
                Some(code) => Self::Secret { name: name.clone(), value: code.to_owned() },
                None => Self::Text(used.clone()),
            },
            Self::Passphrase { name } => Self::Secret { name: name.clone(), value: passphrase?.to_owned() },
            Self::SecretNote { code: of_code, passphrase: of_passphrase, both } => {
                let words = match (code, passphrase) {
                    (Some(_), Some(_)) => both,
                    (Some(_), None) => of_code,
                    (None, Some(_)) => of_passphrase,
                    (None, None) => return None,
                };
                Self::Text(words.clone())
            }
            line => line.clone(),
        })
    }

    /// Of the longest of its texts.
    fn count_chars(&self) -> usize {
        match self {
            Self::Title(text) | Self::Text(text) | Self::Address(text) => text.chars().count(),
            Self::Fact { name, value } | Self::Secret { name, value } => {
                name.chars().count().max(value.chars().count())
            }
            Self::SetupCode { name, used } => name.chars().count().max(used.chars().count()),
            Self::Passphrase { name } => name.chars().count(),
            Self::SecretNote { code, passphrase, both } => {
                [code, passphrase, both].into_iter().map(|words| words.chars().count()).max().unwrap_or(0)
            }
            Self::Rule | Self::Letters => 0,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SlipContent {
    /// What lists of jobs call it.
    pub title: String,
    pub lines: Vec<SlipLine>,
}

impl SlipContent {
    /// With the set-up code and the password of the box's own Wi-Fi in their places, as they are now.
    pub(crate) fn with_secrets(&self, code: Option<&str>, passphrase: Option<&str>) -> Self {
        let lines = self.lines.iter().filter_map(|line| line.fill_secrets(code, passphrase));
        Self { title: self.title.clone(), lines: lines.collect() }
    }

    pub(crate) fn check_size(&self) -> Result<(), SlipError> {
        let fits = (1..=SLIP_LINES_MAX).contains(&self.lines.len())
            && self.lines.iter().all(|line| line.count_chars() <= SLIP_CHARS_MAX);
        if fits { Ok(()) } else { Err(SlipError::TooLong) }
    }
}

/// Why a slip cannot be printed. No paper has moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum SlipError {
    /// What is in the printer are labels or sheets.
    NeedsReceiptRoll,
    /// Not even on a label: what is needed to get in does not fit in letters that can be read.
    TooSmall {
        width_mm: f64,
        height_mm: f64,
    },
    TooLong,
    #[error(transparent)]
    Code(#[from] BarcodeError),
    Unwritable(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_set_up_code_is_in_no_ledger() {
        let line = SlipLine::SetupCode { name: "Set-up code".into(), used: "The code was used.".into() };
        let slip = SlipContent { title: "Set-up slip".into(), lines: vec![line] };
        let stored = serde_json::to_string(&slip).unwrap();
        let printed = slip.with_secrets(Some("K7QX-93MP"), None);
        assert!(!stored.contains("K7QX"), "{stored}");
        let fact = SlipLine::Secret { name: "Set-up code".into(), value: "K7QX-93MP".into() };
        assert_eq!(printed.lines, [fact]);
        assert_eq!(slip.with_secrets(None, None).lines, [SlipLine::Text("The code was used.".into())]);
        assert_eq!(serde_json::from_str::<SlipContent>(&stored).unwrap(), slip);
    }

    #[test]
    fn the_password_of_the_boxs_wi_fi_is_in_no_ledger() {
        let line = SlipLine::Passphrase { name: "Wi-Fi password".into() };
        let slip = SlipContent { title: "Set-up slip".into(), lines: vec![SlipLine::Rule, line] };
        let stored = serde_json::to_string(&slip).unwrap();
        assert!(!stored.contains("7QK3M"), "{stored}");
        let fact = SlipLine::Secret { name: "Wi-Fi password".into(), value: "7QK3M".into() };
        assert_eq!(slip.with_secrets(None, Some("7QK3M")).lines, [SlipLine::Rule, fact]);
        assert_eq!(slip.with_secrets(None, None).lines, [SlipLine::Rule]);
        assert_eq!(serde_json::from_str::<SlipContent>(&stored).unwrap(), slip);
    }

    #[test]
    fn a_secret_that_the_slip_does_not_show_has_no_note() {
        let note = SlipLine::SecretNote {
            code: "Of the code.".into(),
            passphrase: "Of the password.".into(),
            both: "Of both.".into(),
        };
        let slip = SlipContent { title: "Set-up slip".into(), lines: vec![SlipLine::Rule, note] };
        let cases = [
            (Some("K7QX-93MP"), Some("7QK3M"), Some("Of both.")),
            (Some("K7QX-93MP"), None, Some("Of the code.")),
            (None, Some("7QK3M"), Some("Of the password.")),
            (None, None, None),
        ];
        for (code, passphrase, words) in cases {
            let note = words.map(|words| SlipLine::Text(words.to_owned()));
            let expected: Vec<SlipLine> = std::iter::once(SlipLine::Rule).chain(note).collect();
            assert_eq!(slip.with_secrets(code, passphrase).lines, expected, "{code:?} {passphrase:?}");
        }
        let stored = serde_json::to_string(&slip).unwrap();
        assert_eq!(serde_json::from_str::<SlipContent>(&stored).unwrap(), slip);
    }

    #[test]
    fn a_slip_has_an_end() {
        let slip = |lines: usize, chars: usize| SlipContent {
            title: String::new(),
            lines: vec![SlipLine::Text("x".repeat(chars)); lines],
        };
        assert_eq!(slip(SLIP_LINES_MAX, SLIP_CHARS_MAX).check_size(), Ok(()));
        for long in [slip(SLIP_LINES_MAX + 1, 1), slip(1, SLIP_CHARS_MAX + 1), slip(0, 0)] {
            assert_eq!(long.check_size(), Err(SlipError::TooLong));
        }
    }
}
