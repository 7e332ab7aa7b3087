//! Facts of the box or of an item: what each is called, and what somebody entered or the box worked out.

/// One line of a list of facts.
pub(crate) struct FactRow {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Whether the value is a name or a number that no translator translates.
    pub(crate) is_entered: bool,
}

impl FactRow {
    /// A value that a message says.
    pub(crate) fn worded(name: String, value: String) -> Self {
        Self { name, value, is_entered: false }
    }

    /// A value that is the same in every language.
    pub(crate) fn entered(name: String, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), is_entered: true }
    }
}
