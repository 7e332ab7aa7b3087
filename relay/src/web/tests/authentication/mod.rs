//! Signing in, by each method.

pub(super) mod away;
pub(super) mod confirming;
pub(super) mod entrance;
pub(super) mod groups;
pub(super) mod lock_out;
pub(super) mod mailed_links;
pub(super) mod oidc;
pub(super) mod other_provider;
pub(super) mod passkeys;
pub(super) mod paused;
pub(super) mod provider_forms;
pub(super) mod safety_mails;
pub(super) mod second_factor;
pub(super) mod sign_in_methods;
pub(super) mod signing_in;
