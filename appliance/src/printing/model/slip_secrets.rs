//! The set-up code and the password of the box's own Wi-Fi, read when a slip that shows them is printed, and when it is taken, to see
//! whether it fits.

use std::sync::OnceLock;

use super::slip::SlipContent;

pub type SetupCodeReader = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Reads the password; none where the box is no Wi-Fi of its own, or an open one.
pub type PassphraseReader = Box<dyn Fn() -> Option<String> + Send + Sync>;

/// Where they come from; set once when the box is assembled.
#[derive(Default)]
pub(crate) struct SlipSecrets {
    code: OnceLock<SetupCodeReader>,
    passphrase: OnceLock<PassphraseReader>,
}

impl SlipSecrets {
    pub(crate) fn set_reader(&self, reader: SetupCodeReader) {
        if self.code.set(reader).is_err() {
            tracing::error!("the set-up code has a reader already");
        }
    }

    pub(crate) fn set_passphrase_reader(&self, reader: PassphraseReader) {
        if self.passphrase.set(reader).is_err() {
            tracing::error!("the password of the box's own Wi-Fi has a reader already");
        }
    }

    pub(crate) fn fill_slip(&self, slip: &SlipContent) -> SlipContent {
        let code = self.code.get().and_then(|reader| reader());
        let passphrase = self.passphrase.get().and_then(|reader| reader());
        slip.with_secrets(code.as_deref(), passphrase.as_deref())
    }
}
