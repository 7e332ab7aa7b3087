//! What strangers tried at this process, as counters: of them nothing is written down one by one.

use std::sync::atomic::{AtomicU64, Ordering};

/// Tries of people and programs that nobody knows.
#[derive(Debug, Default)]
pub struct StrangerCounters {
    /// Sign-ins that had to wait: their password was not looked at.
    waits: AtomicU64,
    wrong_passwords: AtomicU64,
    /// Requests with a token that was never made here.
    unknown_tokens: AtomicU64,
    foreign_forms: AtomicU64,
}

impl StrangerCounters {
    pub fn waited(&self) {
        self.waits.fetch_add(1, Ordering::Relaxed);
    }

    pub fn was_wrong(&self) {
        self.wrong_passwords.fetch_add(1, Ordering::Relaxed);
    }

    /// A token was not known.
    pub fn showed_unknown_token(&self) {
        self.unknown_tokens.fetch_add(1, Ordering::Relaxed);
    }

    pub fn sent_foreign_form(&self) {
        self.foreign_forms.fetch_add(1, Ordering::Relaxed);
    }

    pub fn read(&self) -> [(&'static str, &'static str, u64); 4] {
        fn read_counter(counter: &AtomicU64) -> u64 {
            counter.load(Ordering::Relaxed)
        }
        [
            (
                "sign_in_waits",
                "Sign-ins refused unseen, because too many were tried",
                read_counter(&self.waits),
            ),
            (
                "sign_in_wrong_passwords",
                "Sign-ins with a wrong password",
                read_counter(&self.wrong_passwords),
            ),
            (
                "unknown_tokens",
                "API requests with a token that was never made here",
                read_counter(&self.unknown_tokens),
            ),
            (
                "foreign_forms",
                "Forms refused because they came from another site",
                read_counter(&self.foreign_forms),
            ),
        ]
    }
}
