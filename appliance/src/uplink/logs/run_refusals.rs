//! Runs that one side does not take from the other: each is tried again, but ever more rarely, and the others do not wait for it.

use std::collections::BTreeMap;

use record::run::RunName;

/// After the first refusal; doubled for each further one.
const WAIT_MS: u64 = 10 * 60_000;
const WAIT_MS_MAX: u64 = 24 * 3_600_000;

#[derive(Debug, Default)]
pub(in crate::uplink) struct RunRefusals {
    refused: BTreeMap<RunName, RunRefusal>,
}

#[derive(Debug, Clone, Copy)]
struct RunRefusal {
    times: u32,
    until_up_ms: u64,
}

impl RunRefusals {
    pub(in crate::uplink) fn waits(&self, run: &RunName, up_ms: u64) -> bool {
        self.refused.get(run).is_some_and(|refusal| up_ms < refusal.until_up_ms)
    }

    pub(in crate::uplink) fn refuse(&mut self, run: RunName, up_ms: u64) {
        let refusal = self.refused.entry(run).or_insert(RunRefusal { times: 0, until_up_ms: 0 });
        let wait_ms = WAIT_MS.saturating_mul(1 << refusal.times.min(20)).min(WAIT_MS_MAX);
        refusal.times = refusal.times.saturating_add(1);
        refusal.until_up_ms = up_ms.saturating_add(wait_ms);
    }

    pub(in crate::uplink) fn take(&mut self, run: &RunName) -> bool {
        self.refused.remove(run).is_some()
    }
}

#[cfg(test)]
mod tests {
    use record::ids::Epoch;
    use record::tree::Hash;

    use super::*;

    #[test]
    fn one_that_is_refused_waits_ever_longer_and_no_other_does() {
        let name = |from| RunName::new(Epoch { n: 1, key: [1; 4] }, from..from + 2, Hash([3; 32])).unwrap();
        let (bad, good) = (name(0), name(5));
        let mut refusals = RunRefusals::default();
        let mut up_ms = 7;
        for minutes in [10, 20, 40, 80, 160, 320, 640, 1_280, 1_440, 1_440] {
            refusals.refuse(bad, up_ms);
            assert!(refusals.waits(&bad, up_ms + minutes * 60_000 - 1), "{minutes}");
            up_ms += minutes * 60_000;
            assert!(!refusals.waits(&bad, up_ms) && !refusals.waits(&good, up_ms));
        }
        assert!(refusals.take(&bad) && !refusals.take(&bad) && !refusals.take(&good));
        refusals.refuse(bad, up_ms);
        assert!(!refusals.waits(&bad, up_ms + 10 * 60_000), "it begins anew");
    }
}
