//! What jobs there are. A kind's word is stored in the database: it never changes.

/// What a job does; `handlers` has the work itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobKind {
    Forget,
    /// Counts a facility's windows that closed by time alone.
    Windows,
    Rebuild,
    /// Puts many small segments of an account's logs together.
    Merge,
    /// Looks, once a day, for logs with few small segments.
    MergeRest,
    Erase,
    /// Deletes the rows of an account's projections that nothing reads any more.
    Drop,
    Mail,
    /// Makes deliveries of what happened in an account that has webhooks.
    WebhookCollect,
    Webhook,
    SignAccess,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobLane {
    Person = 0,
    Soon = 1,
    Bulk = 2,
    /// Somebody else's receiver is waited for, as long as that likes: it has workers of its own, and holds up nothing.
    Webhooks = 3,
}

/// Of so many claims of a worker one looks for bulk first, so that this never stops.
const BULK_EVERY: usize = 4;

const HOUR_MS: i64 = 3_600_000;

impl JobKind {
    pub const ALL: [Self; 11] = [
        Self::Forget,
        Self::Windows,
        Self::Rebuild,
        Self::Merge,
        Self::MergeRest,
        Self::Erase,
        Self::Drop,
        Self::Mail,
        Self::WebhookCollect,
        Self::Webhook,
        Self::SignAccess,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Forget => "forget",
            Self::Windows => "windows",
            Self::Rebuild => "rebuild",
            Self::Merge => "merge",
            Self::MergeRest => "merge-rest",
            Self::Erase => "erase",
            Self::Drop => "drop",
            Self::Mail => crate::mail::JOB_KIND,
            Self::WebhookCollect => crate::webhooks::COLLECT_KIND,
            Self::Webhook => crate::webhooks::JOB_KIND,
            Self::SignAccess => "sign-access",
        }
    }

    pub fn find_kind(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    pub const fn lane(self) -> JobLane {
        match self {
            Self::Mail => JobLane::Person,
            Self::Windows | Self::Erase | Self::WebhookCollect => JobLane::Soon,
            Self::Webhook => JobLane::Webhooks,
            Self::Forget | Self::Rebuild | Self::Merge | Self::MergeRest | Self::Drop | Self::SignAccess => {
                JobLane::Bulk
            }
        }
    }

    /// After so many tries in a row that failed it is dead.
    pub const fn tries_max(self) -> i64 {
        match self {
            Self::Rebuild => 3,
            Self::Mail => 12,
            Self::Webhook => 20,
            Self::Forget
            | Self::Windows
            | Self::Merge
            | Self::MergeRest
            | Self::Erase
            | Self::Drop
            | Self::WebhookCollect
            | Self::SignAccess => 8,
        }
    }

    /// The longest wait between two tries.
    pub const fn retry_ms_max(self) -> i64 {
        match self {
            // So that its tries are over after three days.
            Self::Webhook => 8 * HOUR_MS,
            _ => HOUR_MS,
        }
    }

    /// How long after a run the next one comes, of what recurs.
    pub const fn period_ms(self) -> Option<i64> {
        match self {
            Self::Forget => Some(HOUR_MS),
            Self::MergeRest | Self::SignAccess => Some(24 * HOUR_MS),
            Self::Windows
            | Self::Rebuild
            | Self::Merge
            | Self::Erase
            | Self::Drop
            | Self::Mail
            | Self::WebhookCollect
            | Self::Webhook => None,
        }
    }

    /// Whether each run is written down. Windows close by the hundred each day and facility, and their days
    /// show it; a webhook's page shows what was sent to it.
    pub const fn is_recorded(self) -> bool {
        !matches!(self, Self::Windows | Self::WebhookCollect | Self::Webhook)
    }
}

impl JobLane {
    /// The relay's own lanes in the order in which a worker's claim number `claims` looks at them.
    pub const fn order_of_claim(claims: usize) -> [Self; 3] {
        if claims % BULK_EVERY == BULK_EVERY - 1 {
            [Self::Bulk, Self::Person, Self::Soon]
        } else {
            [Self::Person, Self::Soon, Self::Bulk]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_known_by_its_word() {
        for kind in JobKind::ALL {
            assert_eq!(JobKind::find_kind(kind.word()), Some(kind));
        }
        assert_eq!(JobKind::find_kind("later"), None);
    }

    #[test]
    fn bulk_comes_first_now_and_then() {
        let first: Vec<JobLane> = (0..8).map(|claims| JobLane::order_of_claim(claims)[0]).collect();
        assert_eq!(first.iter().filter(|lane| **lane == JobLane::Bulk).count(), 2);
    }
}
