//! Accounts: whose they are, what they are called and look like, and who signs their people in.

pub mod account_logos;
pub mod account_slugs;
pub mod accounts;
pub mod oidc_group_roles;
pub mod oidc_providers;
