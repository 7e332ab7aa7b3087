//! An option of a list that a form offers.

/// One option of a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct SelectOption {
    pub(in super::super) value: String,
    pub(in super::super) words: String,
    pub(in super::super) chosen: bool,
    /// Somebody entered its words: no message.
    pub(in super::super) is_entered: bool,
}

impl SelectOption {
    pub(in super::super) fn new(value: impl Into<String>, words: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        Self { chosen: value == chosen, value, words: words.into(), is_entered: false }
    }

    /// What somebody entered, which no translator translates.
    pub(in super::super) fn entered(
        value: impl Into<String>,
        words: impl Into<String>,
        chosen: &str,
    ) -> Self {
        Self { is_entered: true, ..Self::new(value, words, chosen) }
    }
}
