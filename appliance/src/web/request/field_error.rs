//! What is wrong with a field of a form.

/// One line of “There is a problem”, and the field that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Wrong {
    /// The id of the field.
    pub(crate) at: String,
    pub(crate) words: String,
}
