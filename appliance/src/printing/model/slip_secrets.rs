//! The set-up code, read when a slip that shows it is printed and at no other time.

use std::sync::OnceLock;

/// Reads the code; none where it is used up.
pub type SetupCodeReader = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Where the code comes from; whoever puts the box together says so once.
#[derive(Default)]
pub(crate) struct SlipSecrets {
    reader: OnceLock<SetupCodeReader>,
}

impl SlipSecrets {
    /// Only the first reader counts.
    pub(crate) fn set_reader(&self, reader: SetupCodeReader) {
        if self.reader.set(reader).is_err() {
            tracing::error!("the set-up code has a reader already");
        }
    }

    pub(crate) fn read_code(&self) -> Option<String> {
        self.reader.get().and_then(|reader| reader())
    }
}
