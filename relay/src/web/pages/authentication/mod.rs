//! The pages of somebody who is not signed in yet.

pub(crate) mod entrance;
pub(crate) mod organisation;
pub(crate) mod second_step;
pub(crate) mod sign_in;
pub(crate) mod sign_in_methods;
