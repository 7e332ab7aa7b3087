//! Facts of the box or of an item: what each is called, and its value, entered or computed.

pub(crate) struct FactRow {
    pub(crate) name: String,
    pub(crate) value: String,
    pub(crate) is_entered: bool,
}

impl FactRow {
    pub(crate) fn worded(name: String, value: String) -> Self {
        Self { name, value, is_entered: false }
    }

    pub(crate) fn entered(name: String, value: impl Into<String>) -> Self {
        Self { name, value: value.into(), is_entered: true }
    }
}
