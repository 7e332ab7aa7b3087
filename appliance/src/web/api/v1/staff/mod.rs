//! People, for programs.

pub(crate) mod badges;
pub(crate) mod people;
pub(crate) mod sign_offs;
