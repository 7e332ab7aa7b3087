//! The bounds of the relay's forms.

use ::web::argument::{FormBody, FormRules};
use ::web::error::HttpError;

use crate::accounts::AccountUser;
use crate::web::http_error::foreign_form;

/// Of a form of the relay: none of ours needs more.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelayFormRules;

impl FormRules for RelayFormRules {
    const FIELDS_MAX: usize = 20;
    const FIELD_BYTES_MAX: usize = 8 * 1024;
    const BYTES_MAX: usize = 16 * 1024;

    fn may_repeat(_: &str) -> bool {
        false
    }
}

/// A form of the relay.
pub(crate) type RelayForm = FormBody<RelayFormRules>;

/// The name of the field with the session's secret.
pub(crate) const FORM_TOKEN: &str = "csrf";

/// Refuses a form that did not come from a page of this session.
pub(crate) fn require_own_form(visitor: &AccountUser, form: &RelayForm) -> Result<(), HttpError> {
    // Both are 128 bits that an attacker would have to guess whole: how long the comparison takes tells nothing of use.
    if visitor.token.csrf() == form.fields.text(FORM_TOKEN) { Ok(()) } else { Err(foreign_form()) }
}
