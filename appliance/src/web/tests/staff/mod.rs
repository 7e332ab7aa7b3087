//! People: signing in, PINs, badges, sign-offs and proof of who cleaned.

pub(in crate::web::tests) mod access;
pub(in crate::web::tests) mod access_entries;
pub(in crate::web::tests) mod badges;
pub(in crate::web::tests) mod misplaced_badges;
pub(in crate::web::tests) mod people;
pub(in crate::web::tests) mod pin_secrets;
pub(in crate::web::tests) mod plain_secrets;
pub(in crate::web::tests) mod proof;
pub(in crate::web::tests) mod removals;
pub(in crate::web::tests) mod sign_in;
pub(in crate::web::tests) mod sign_offs;
pub(in crate::web::tests) mod staff_pages;
pub(in crate::web::tests) mod who;
