//! An option of a list that a form offers.

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::web) struct SelectOption {
    pub(in crate::web) value: String,
    pub(in crate::web) words: String,
    pub(in crate::web) chosen: bool,
    pub(in crate::web) is_entered: bool,
}

impl SelectOption {
    pub(in crate::web) fn new(value: impl Into<String>, words: impl Into<String>, chosen: &str) -> Self {
        let value = value.into();
        Self { chosen: value == chosen, value, words: words.into(), is_entered: false }
    }

    pub(in crate::web) fn entered(value: impl Into<String>, words: impl Into<String>, chosen: &str) -> Self {
        Self { is_entered: true, ..Self::new(value, words, chosen) }
    }
}
