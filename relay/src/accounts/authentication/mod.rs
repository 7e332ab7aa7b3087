//! Signing in, step by step, and each method beside the password.

pub(super) mod factor_notices;
pub mod passkeys;
pub mod recovery;
pub mod second_factor;
pub mod sign_in;
pub mod support;
