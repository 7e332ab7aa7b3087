//! The pages of whoever is signed in, about themselves.

pub(crate) mod factors;
pub(crate) mod identities;
pub(crate) mod locale;
pub(crate) mod mails;
pub(crate) mod me;
pub(crate) mod notices;
pub(crate) mod passkeys;
pub(crate) mod reports;
