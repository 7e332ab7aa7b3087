//! Alerts: what somebody at a facility must know, as objects that open, are told, acknowledged and closed. Which there are (`kind`), what is so
//! now (`find`), what becomes of those that there are (`reconcile`), when somebody is told (`notice`), the look at a facility that puts all of
//! it together (`look`), the digest of an account (`digest`), and what people do (`acts`).

pub mod acts;
pub mod digest;
mod find;
pub mod kind;
pub mod look;
mod notice;
mod reconcile;
#[cfg(test)]
pub(crate) mod tests;

pub use self::find::AlertFacts;
pub use self::reconcile::{AlertChange, AlertState};
