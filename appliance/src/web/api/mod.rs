//! The API for programs: equipment, cleanings, compliance and labels, with a bearer token over HTTPS.

pub(crate) mod docs;
pub(crate) mod health;
pub(crate) mod v1;

use words::Locale;

pub(crate) const API_LOCALE: Locale = Locale::EnUs;
