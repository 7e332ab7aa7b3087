//! Why a command is refused.

pub(in crate::intake) mod cause;
pub(in crate::intake) mod refusal;
