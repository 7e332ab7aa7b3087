//! How often the box itself failed to store a record's photos. The phone has them still and sends them again, but no
//! record waits for ever behind a folder that cannot be written.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

const TRIES: u8 = 3;
const RECORDS_MAX: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct PhotoTries(Mutex<VecDeque<(String, u8)>>);

impl PhotoTries {
    /// Whether the record with this id may come again; counts one attempt.
    pub(crate) fn take(&self, id: &str) -> bool {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = rows.iter().position(|(there, _)| there == id);
        let (id, tries) = at.and_then(|at| rows.remove(at)).unwrap_or_else(|| (id.to_owned(), 0));
        let may = tries < TRIES;
        rows.push_back((id, tries.saturating_add(1)));
        if rows.len() > RECORDS_MAX {
            rows.pop_front();
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_has_its_own() {
        let tries = PhotoTries::default();
        assert_eq!([0; 5].map(|_| tries.take("a")), [true, true, true, false, false]);
        assert!(tries.take("b"));
        for n in 0..RECORDS_MAX {
            assert!(tries.take(&n.to_string()));
        }
        assert!(tries.take("a"), "forgotten");
    }
}
