//! Who is of an account, what they become there, and how they come.

pub mod import;
pub mod invitation;
pub(crate) mod member_grant;
pub mod people;
