//! What is well with a box and what is not: facts of machine, network and program, and one judgement of them for the command
//! line, the health page and the support bundle.
//!
//! [`machine`], [`wifi`], [`network`], [`folder`] and [`running`] only look and write down [`facts`]; [`judge`] decides, purely,
//! what each fact means. Nothing here knows a sentence: findings are worded where pages are.

pub mod facts;
pub mod folder;
pub mod judge;
pub mod live_facts;
pub mod look;
pub mod machine;
pub mod network;
pub mod report;
pub mod wifi;

pub use self::facts::DoctorFacts;
pub use self::judge::judge_facts;
pub use self::report::{CheckState, DoctorCheck, DoctorFinding, DoctorLine, DoctorReport};

#[cfg(test)]
mod tests;
