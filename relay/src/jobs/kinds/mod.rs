//! The jobs that there are: each has a file with its word, how it is tried, and what it does, and a row of [`KINDS`].

mod alerts;
mod billing;
mod drop;
mod erase;
mod forget;
mod mail;
mod mail_rounds;
mod merge;
mod rebuild;
mod report;
mod sign_access;
mod webhook;
mod windows;

pub use self::alerts::{ALERT_DIGEST, ALERTS};
pub use self::billing::{BILLING_LOOK, BILLING_READING, BILLING_ROUND, STRIPE_EVENT};
pub use self::drop::DROP;
pub use self::erase::ERASE;
pub use self::forget::FORGET;
pub use self::mail::MAIL;
pub use self::mail_rounds::MAIL_ROUNDS;
pub use self::merge::{MERGE, MERGE_REST};
pub use self::rebuild::REBUILD;
pub use self::report::REPORT;
pub use self::sign_access::SIGN_ACCESS;
pub use self::webhook::{WEBHOOK, WEBHOOK_COLLECT};
pub use self::windows::WINDOWS;
use super::JobError;
use super::handlers::RelayHandlers;
use super::kind::{AfterRun, ClaimedJob, HOUR_MS, JobKind, JobLane, JobResult};

pub static KINDS: [&JobKind; 19] = [
    &FORGET,
    &WINDOWS,
    &REBUILD,
    &MERGE,
    &MERGE_REST,
    &ERASE,
    &DROP,
    &MAIL,
    &MAIL_ROUNDS,
    &WEBHOOK_COLLECT,
    &WEBHOOK,
    &SIGN_ACCESS,
    &STRIPE_EVENT,
    &BILLING_READING,
    &BILLING_ROUND,
    &BILLING_LOOK,
    &ALERTS,
    &ALERT_DIGEST,
    &REPORT,
];

pub fn find_kind(word: &str) -> Option<&'static JobKind> {
    KINDS.into_iter().find(|kind| kind.word == word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_word() {
        for kind in KINDS {
            assert!(find_kind(kind.word).is_some_and(|found| std::ptr::eq(found, kind)), "{kind:?}");
        }
        assert_eq!(find_kind("later"), None);
        let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/jobs/kinds")).unwrap();
        let files = folder.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
        let declared: usize = files.map(|file| file.matches("\npub static ").count()).sum();
        // And the list itself.
        assert_eq!(declared, KINDS.len() + 1, "a job that is in no row of the list");
    }
}
