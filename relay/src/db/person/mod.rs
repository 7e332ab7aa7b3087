//! Who comes: people, what proves them, their sessions, and programs with tokens.

pub mod buckets;
pub mod ceremonies;
pub mod devices;
pub mod factors;
pub mod idempotency;
pub mod identities;
pub mod invitations;
pub mod mail_links;
pub mod members;
pub mod oidc_flows;
pub mod passkeys;
pub mod people;
pub mod second_steps;
pub mod sessions;
pub mod support_grants;
pub mod tokens;
