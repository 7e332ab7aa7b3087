//! The bounds of the relay's forms.

use ::web::argument::{FormBody, FormFields, FormRules};
use ::web::error::HttpError;
use firmware_config::CLAIM_FILE_BYTES_MAX;

use crate::accounts::AccountUser;
use crate::web::http_error::foreign_form;

/// Of a form of the relay: none of ours needs more, but for one with certificates.
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

pub(crate) type RelayForm = FormBody<RelayFormRules>;

/// Of a form with certificates. They may be as long as a claim file, and what is too long by far is still said beside its field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CertificateFormRules;

impl FormRules for CertificateFormRules {
    const FIELDS_MAX: usize = RelayFormRules::FIELDS_MAX;
    const FIELD_BYTES_MAX: usize = 4 * CLAIM_FILE_BYTES_MAX;
    const BYTES_MAX: usize = 6 * CLAIM_FILE_BYTES_MAX;

    fn may_repeat(_: &str) -> bool {
        false
    }
}

pub(crate) type CertificateForm = FormBody<CertificateFormRules>;

pub(crate) const PLACES_MAX: usize = 2_000;

/// Of a form with facilities to tick: each place has a box.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MemberFormRules;

impl FormRules for MemberFormRules {
    const FIELDS_MAX: usize = PLACES_MAX + 10;
    const FIELD_BYTES_MAX: usize = 120 * 1_024;
    const BYTES_MAX: usize = 160 * 1_024;

    fn may_repeat(_: &str) -> bool {
        false
    }
}

pub(crate) const FORM_TOKEN: &str = "csrf";
pub(crate) const CONFIRM_PASSWORD: &str = "confirm-password";
/// The field with the code of whoever has a second factor.
pub(crate) const CONFIRM_CODE: &str = "confirm-code";
pub(crate) const CONFIRM_PASSKEY: &str = "confirm-passkey";

/// Refuses a form that did not come from a page of this session.
pub(crate) fn require_own_form<R>(visitor: &AccountUser, form: &FormBody<R>) -> Result<(), HttpError> {
    require_own_fields(visitor, &form.fields)
}

pub(crate) fn require_own_fields(visitor: &AccountUser, fields: &FormFields) -> Result<(), HttpError> {
    // Both are 128 bits that an attacker would have to guess whole: the duration of the comparison reveals nothing of use.
    if visitor.token.csrf() == fields.text(FORM_TOKEN) { Ok(()) } else { Err(foreign_form()) }
}
