//! Work outside the request that asks for it: rows of one table, run by the workers of any process. `kinds` has a file for each job,
//! `kind` what is said of one, `handlers` what they work with, `queue` how a job gets in, is leased and ends, `runner` runs them,
//! `schedule` puts in what recurs and what facilities need, `rounds` finds the mails that the calendar asks for, `metrics` is what a monitor
//! sees.
//!
//! A job is named by its kind and key. Asked for again it is the same row, which then runs once more: never two at once, never
//! a request lost. Its result and its end are one transaction, which only the holder of the lease can commit.

pub mod handlers;
pub mod kind;
pub mod kinds;
pub mod metrics;
pub mod queue;
mod rounds;
pub mod runner;
pub mod schedule;

use crate::billing::OfficeError;
use crate::db::DbError;
use crate::objects::PhotoError;

/// Why a job was not done.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    #[error(transparent)]
    Db(#[from] DbError),
    /// Another worker has it now; what this one did is taken back.
    #[error("its lease is over, and another worker has it")]
    LeaseLost,
    /// A mail did not leave this time.
    #[error("send the mail: {0}")]
    Mail(String),
    /// The service that takes money did not answer, or not well.
    #[error("ask Stripe: {0}")]
    Billing(#[from] OfficeError),
    #[error("this process has no billing")]
    NoBilling,
    /// Its private half is in no folder of this process.
    #[error("this process has no cosigning key to sign with")]
    NoKey,
    /// A note over an access log is not where it belongs.
    #[error("keep a note over an access log: {0}")]
    Notes(#[from] PhotoError),
    /// The row of a kind that concerns an account, without one.
    #[error("it names no account")]
    NoAccount,
    /// A delivery did not arrive this time.
    #[error("send to the webhook: {0}")]
    Webhook(String),
    /// A report could not be made this time.
    #[error("{0}")]
    Report(String),
    #[error("it panicked: {0}")]
    Panicked(String),
}
