//! Cleanings, uses, spot checks and problems. Above `people` and `facility`.

pub(in crate::intake) mod check;
pub(in crate::intake) mod cleaning;
pub(in crate::intake) mod cleaning_facts;
pub(in crate::intake) mod flags;
pub(in crate::intake) mod photo_rule;
pub(in crate::intake) mod problem;
pub(in crate::intake) mod queued;
pub(in crate::intake) mod review;
pub(in crate::intake) mod uses;
