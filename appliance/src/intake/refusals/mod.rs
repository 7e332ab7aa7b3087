//! Why a command is refused.

pub(in crate::intake) mod refusal;
pub(in crate::intake) mod refusal_cause;
