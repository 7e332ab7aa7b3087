//! What proves somebody, and what is kept of it: passwords, cookies, sessions, tokens, links, and the limits of trying.

pub(super) mod ceremony;
pub(crate) mod cookie;
pub mod device;
pub(super) mod django_hash;
pub mod lock_out;
pub mod mail_link;
pub mod password;
pub mod password_rules;
pub mod second_step;
pub mod session;
pub mod token;
