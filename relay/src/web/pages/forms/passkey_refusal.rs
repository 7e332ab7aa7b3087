//! Why a passkey was not taken, in words; and where passkeys can be at all.

use ::web::answer::FormRecall;
use ::web::error::HttpError;

use crate::accounts::authentication::passkeys::{PasskeyError, PasskeyService, RelyingParty};
use crate::accounts::authentication::second_factor::FactorError;
use crate::accounts::authentication::sign_in::SignInError;
use crate::web::WebContext;
use crate::web::http_error::{busy_error, internal_error};
use crate::web::pages::forms::single_form::wait_until;
use crate::web::words::{PasskeyWords, open_words};

impl WebContext {
    /// `None` where people reach the relay by a number: a passkey is for a name.
    pub(crate) fn passkeys(&self) -> Option<PasskeyService<'_>> {
        let party = RelyingParty::of_url(&self.settings.public_url)?;
        Some(PasskeyService { factors: self.second_factors(), party })
    }
}

/// What is said in the page that comes back; `refused`: of a passkey that was looked at.
pub(crate) fn explain_refusal(
    now_ms: i64,
    error: PasskeyError,
    refused: String,
) -> Result<(FormRecall, String), HttpError> {
    let w: PasskeyWords = open_words();
    Ok(match error {
        PasskeyError::Over => (FormRecall::Invalid, w.passkey_over()),
        PasskeyError::TooMany => (FormRecall::Invalid, w.passkey_too_many()),
        PasskeyError::Known => (FormRecall::Invalid, w.passkey_known()),
        PasskeyError::Refused(why) => {
            tracing::info!(%why, "a passkey was refused");
            (FormRecall::Invalid, refused)
        }
        PasskeyError::SignIn(SignInError::Wrong | SignInError::Ended) => (FormRecall::Invalid, refused),
        PasskeyError::SignIn(SignInError::Wait { until_ms, .. }) => {
            let (recall, time) = wait_until(now_ms, until_ms);
            (recall, w.passkey_wait(time))
        }
        PasskeyError::SignIn(SignInError::Busy) => return Err(busy_error()),
        PasskeyError::Db(error)
        | PasskeyError::SignIn(SignInError::Db(error))
        | PasskeyError::Factor(FactorError::Db(error)) => return Err(error.into()),
        error => return Err(internal_error(error)),
    })
}
