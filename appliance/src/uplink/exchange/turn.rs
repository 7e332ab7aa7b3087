//! Whose turn it is: ended logs in their order, then the present one.

use std::collections::VecDeque;

use record::checkpoint::LogOrigin;
use record::sign::VerifierKey;

use super::LocalLogs;
use crate::store::PastLog;
use crate::uplink::plan::UplinkPlan;

/// Whether an ended log is sent in its own place: what cannot be appended there goes as runs.
pub(super) fn is_offered(past: &PastLog) -> bool {
    past.whole && past.counts.size > 0 && past.signs && !past.goes_by_run
}

/// The log that is being sent: one that has ended, or the present one.
#[derive(Debug)]
pub(super) struct ActiveLog {
    pub(super) origin: LogOrigin,
    pub(super) log: VerifierKey,
    pub(super) plan: UplinkPlan,
    /// The ended epoch; `None` for the present one.
    pub(super) past: Option<PastLog>,
    pub(super) over: bool,
}

impl ActiveLog {
    /// The next log to send: ended ones first, in their order.
    pub(super) fn next(logs: &dyn LocalLogs, waiting: &mut VecDeque<PastLog>) -> Option<Self> {
        while let Some(past) = waiting.pop_front() {
            if let Some(log) = past.verifier.clone() {
                let plan = UplinkPlan::new(past.counts.size, 0);
                return Some(Self { origin: past.origin, log, plan, past: Some(past), over: false });
            }
            tracing::error!(epoch = %past.origin.epoch, "an ended log cannot be sent: no key of it is here");
        }
        let (origin, log) = logs.present()?;
        let plan = UplinkPlan::new(logs.size(), logs.cursor().size);
        Some(Self { origin, log, plan, past: None, over: false })
    }

    pub(super) fn is_over(&self) -> bool {
        self.past.is_some() && (self.over || self.plan.is_done())
    }

    pub(super) fn ends(&self) -> Option<u64> {
        self.past.as_ref().map(|past| past.counts.size)
    }
}
