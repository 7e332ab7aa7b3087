//! What is decided about labels and jobs, without doing any of it: states, what is next, what a job is.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Labels that may be under way to a printer that confirms; it bounds the doubt after any crash.
pub const WINDOW: usize = 2;
/// The same for a printer that cannot say that a label came out.
pub const WINDOW_UNCONFIRMED: usize = 1;

/// Where one label is. The words are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// No byte of it has been sent.
    Queued,
    /// Its bytes are on their way.
    Sending,
    /// All its bytes were taken.
    Sent,
    /// It is out: the printer or a person said so.
    Confirmed,
    /// It may be out or not: a person is asked.
    Unknown,
    /// It will not be printed, for a reason that is given.
    Failed,
    /// Somebody cancelled it before it was sent.
    Cancelled,
}

/// Who vouches for a label that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "LabelProof")]
pub enum ConfirmedBy {
    /// The printer reported it printed.
    Printer,
    /// The printer took it and reported no error.
    Idle,
    /// A person looked.
    Person,
    /// The printer took all bytes and can say nothing.
    Nobody,
}

/// One label's row in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LabelProgress {
    pub state: LabelState,
    /// How that is known; only with `Sent` and `Confirmed`.
    pub proof: Option<ConfirmedBy>,
    /// How often its first byte was sent.
    pub attempts: u32,
    /// When the state came about (milliseconds since 1970).
    pub at_ms: i64,
}

impl LabelProgress {
    /// On its way: one more time that its first byte is sent.
    pub(crate) fn sending(self, now_ms: i64) -> Self {
        let attempts = self.attempts.saturating_add(1);
        Self { state: LabelState::Sending, proof: None, attempts, at_ms: now_ms }
    }

    /// Nothing more will happen to it by itself or by an answer.
    pub fn settled(&self) -> bool {
        match self.state {
            LabelState::Confirmed | LabelState::Failed | LabelState::Cancelled => true,
            LabelState::Sent => self.proof.is_some(),
            LabelState::Queued | LabelState::Sending | LabelState::Unknown => false,
        }
    }

    /// Bytes of it may be in the printer and it was not confirmed.
    pub fn under_way(&self) -> bool {
        self.state == LabelState::Sending || (self.state == LabelState::Sent && self.proof.is_none())
    }
}

/// What a job's labels come to, kept beside them so that no step of a long job looks at all of them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct JobProgress {
    /// Labels of which no byte was sent.
    pub queued: u32,
    pub first_queued: u32,
    /// Those of which bytes may be in the printer and that were not confirmed.
    pub under_way: Vec<u32>,
    pub in_doubt: Vec<u32>,
    pub out: u32,
    /// Labels that will not be printed.
    pub failed: u32,
    pub cancelled: u32,
}

impl JobProgress {
    pub fn of(rows: &[LabelProgress]) -> Self {
        let mut progress = Self::default();
        for (n, row) in (1..).zip(rows) {
            if row.state == LabelState::Queued && progress.queued == 0 {
                progress.first_queued = n;
            }
            progress.add(n, row);
        }
        progress
    }

    /// Label `n` was `from` and is `to`. Where the lowest queued one stops being queued, `next_queued` is the next.
    pub fn change(&mut self, n: u32, from: &LabelProgress, to: &LabelProgress, next_queued: Option<u32>) {
        if to.state == LabelState::Queued {
            self.first_queued = if self.queued == 0 { n } else { self.first_queued.min(n) };
        }
        self.remove(n, from);
        self.add(n, to);
        if let Some(next) = next_queued {
            self.first_queued = next;
        }
    }

    fn add(&mut self, n: u32, row: &LabelProgress) {
        match self.place(row) {
            ProgressSlot::Count(count) => *count = count.saturating_add(1),
            ProgressSlot::List(list) => {
                let at = list.partition_point(|&other| other < n);
                list.insert(at, n);
            }
        }
    }

    fn remove(&mut self, n: u32, row: &LabelProgress) {
        match self.place(row) {
            ProgressSlot::Count(count) => *count = count.saturating_sub(1),
            ProgressSlot::List(list) => list.retain(|&other| other != n),
        }
    }

    fn place(&mut self, row: &LabelProgress) -> ProgressSlot<'_> {
        match row.state {
            LabelState::Queued => ProgressSlot::Count(&mut self.queued),
            LabelState::Unknown => ProgressSlot::List(&mut self.in_doubt),
            LabelState::Failed => ProgressSlot::Count(&mut self.failed),
            LabelState::Cancelled => ProgressSlot::Count(&mut self.cancelled),
            _ if row.under_way() => ProgressSlot::List(&mut self.under_way),
            LabelState::Sending | LabelState::Sent | LabelState::Confirmed => {
                ProgressSlot::Count(&mut self.out)
            }
        }
    }

    /// Nothing more will happen to any of its labels by itself or by an answer.
    pub fn settled(&self) -> bool {
        self.queued == 0 && self.under_way.is_empty() && self.in_doubt.is_empty()
    }

    /// The lowest label that is not settled.
    pub fn first_open(&self) -> Option<u32> {
        let queued = (self.queued > 0).then_some(self.first_queued);
        [queued, self.under_way.first().copied(), self.in_doubt.first().copied()].into_iter().flatten().min()
    }

    /// Whether nothing has happened to any label.
    fn untouched(&self) -> bool {
        let moved = self.out + self.failed + self.cancelled;
        moved == 0 && self.under_way.is_empty() && self.in_doubt.is_empty()
    }
}

enum ProgressSlot<'a> {
    Count(&'a mut u32),
    List(&'a mut Vec<u32>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobStep {
    /// Send label n (from 1).
    Send(u32),
    Await,
    /// A person has to answer first.
    Ask,
    Finished,
}

pub fn next_step(progress: &JobProgress, window: usize) -> JobStep {
    let under_way = progress.under_way.len();
    let in_doubt = !progress.in_doubt.is_empty();
    if progress.queued > 0 && !in_doubt && under_way < window {
        JobStep::Send(progress.first_queued)
    } else if under_way > 0 {
        JobStep::Await
    } else if in_doubt {
        JobStep::Ask
    } else {
        JobStep::Finished
    }
}

/// What a job is, by its labels alone; whether it is paused is the printer's to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobPhase {
    Queued,
    Printing,
    /// A person has to say whether a label is there.
    NeedsAnswer,
    Done,
    Cancelled,
}

pub fn job_phase(progress: &JobProgress, cancelled: bool) -> JobPhase {
    if !progress.in_doubt.is_empty() {
        JobPhase::NeedsAnswer
    } else if progress.settled() {
        if cancelled { JobPhase::Cancelled } else { JobPhase::Done }
    } else if progress.untouched() {
        JobPhase::Queued
    } else {
        JobPhase::Printing
    }
}

/// What becomes of a label that the printer threw away before it was out. Of a blank tag a torn half may lie in the
/// tray, and somebody may stick it on: it is never printed again.
pub fn after_loss(row: LabelProgress, blank: bool, at_ms: i64) -> LabelProgress {
    let state = if blank { LabelState::Failed } else { LabelState::Queued };
    LabelProgress { state, proof: None, at_ms, ..row }
}

/// What becomes of a label in doubt when a person has looked; `None` when it was not in doubt.
pub fn after_answer(row: LabelProgress, printed: bool, blank: bool, at_ms: i64) -> Option<LabelProgress> {
    let (state, proof) = match (printed, blank) {
        (true, _) => (LabelState::Confirmed, Some(ConfirmedBy::Person)),
        (false, false) => (LabelState::Queued, None),
        // Two machines with one tag is the only copy that does harm: a blank tag in doubt is never printed again.
        (false, true) => (LabelState::Failed, None),
    };
    (row.state == LabelState::Unknown).then_some(LabelProgress { state, proof, at_ms, ..row })
}

#[cfg(test)]
mod tests {
    use super::*;
    use LabelState::{Cancelled, Confirmed, Failed, Queued, Sending, Sent, Unknown};
    use proptest::prelude::*;

    fn row(state: LabelState, proof: Option<ConfirmedBy>) -> LabelProgress {
        LabelProgress { state, proof, attempts: 1, at_ms: 0 }
    }

    fn rows(states: &[LabelState]) -> Vec<LabelProgress> {
        states.iter().map(|&s| row(s, (s == Confirmed).then_some(ConfirmedBy::Printer))).collect()
    }

    #[test]
    fn next_steps() {
        let step = |states: &[LabelState]| next_step(&JobProgress::of(&rows(states)), WINDOW);
        assert_eq!(step(&[Queued, Queued]), JobStep::Send(1));
        assert_eq!(step(&[Sent, Queued, Queued]), JobStep::Send(2));
        assert_eq!(step(&[Sent, Sending, Queued]), JobStep::Await);
        assert_eq!(step(&[Confirmed, Unknown, Queued]), JobStep::Ask);
        assert_eq!(step(&[Unknown, Sent, Queued]), JobStep::Await);
        assert_eq!(step(&[Confirmed, Queued, Confirmed]), JobStep::Send(2));
        assert_eq!(step(&[Confirmed, Failed, Cancelled]), JobStep::Finished);
        let one = |rows: &[LabelProgress]| next_step(&JobProgress::of(rows), WINDOW_UNCONFIRMED);
        assert_eq!(one(&rows(&[Sent, Queued])), JobStep::Await);
        assert_eq!(one(&[row(Sent, Some(ConfirmedBy::Nobody)), rows(&[Queued])[0]]), JobStep::Send(2));
    }

    #[test]
    fn phases() {
        let phase = |states: &[LabelState]| job_phase(&JobProgress::of(&rows(states)), false);
        assert_eq!(phase(&[Queued, Queued]), JobPhase::Queued);
        assert_eq!(phase(&[Confirmed, Queued]), JobPhase::Printing);
        assert_eq!(phase(&[Confirmed, Sent]), JobPhase::Printing);
        assert_eq!(phase(&[Confirmed, Unknown, Queued]), JobPhase::NeedsAnswer);
        assert_eq!(phase(&[Confirmed, Failed]), JobPhase::Done);
        let ended = JobProgress::of(&rows(&[Confirmed, Cancelled]));
        assert_eq!(super::job_phase(&ended, true), JobPhase::Cancelled);
    }

    #[test]
    fn answers_settle_only_doubt_and_never_repeat_a_blank_tag() {
        let doubt = row(Unknown, None);
        assert_eq!(after_answer(doubt, true, true, 5).unwrap().state, Confirmed);
        assert_eq!(after_answer(doubt, false, false, 5).unwrap().state, Queued);
        assert_eq!(after_answer(doubt, false, true, 5).unwrap().state, Failed);
        for state in [Queued, Sending, Sent, Confirmed, Failed, Cancelled] {
            assert_eq!(after_answer(row(state, None), false, false, 5), None);
        }
    }

    #[test]
    fn what_the_printer_threw_away_is_printed_again_unless_it_is_blank() {
        let sent = row(Sent, None);
        assert_eq!((after_loss(sent, false, 5).state, after_loss(sent, false, 5).attempts), (Queued, 1));
        assert_eq!(after_loss(sent, true, 5).state, Failed);
    }

    fn any_row() -> impl Strategy<Value = LabelProgress> {
        let state = prop::sample::select(vec![Queued, Sending, Sent, Confirmed, Unknown, Failed, Cancelled]);
        (state, any::<bool>()).prop_map(|(s, p)| row(s, p.then_some(ConfirmedBy::Idle)))
    }

    proptest! {
        #[test]
        fn never_more_under_way_than_the_window(rows in prop::collection::vec(any_row(), 0..12), window in 1usize..4) {
            let under_way = rows.iter().filter(|r| r.under_way()).count();
            let progress = JobProgress::of(&rows);
            match next_step(&progress, window) {
                JobStep::Send(n) => {
                    prop_assert!(under_way < window);
                    prop_assert_eq!(rows[n as usize - 1].state, Queued);
                    prop_assert!(!rows.iter().any(|r| r.state == Unknown));
                }
                JobStep::Await => prop_assert!(under_way > 0),
                JobStep::Ask => prop_assert_eq!(job_phase(&progress, false), JobPhase::NeedsAnswer),
                JobStep::Finished => prop_assert_eq!(job_phase(&progress, false), JobPhase::Done),
            }
        }

        #[test]
        fn counted_step_by_step_is_counted_anew(
            rows in prop::collection::vec(any_row(), 1..12),
            changes in prop::collection::vec((any::<prop::sample::Index>(), any_row()), 0..30),
        ) {
            let mut rows = rows;
            let mut progress = JobProgress::of(&rows);
            for (at, to) in changes {
                let at = at.index(rows.len());
                let from = std::mem::replace(&mut rows[at], to);
                let queued = (1..).zip(&rows).find(|(_, r)| r.state == Queued).map(|(n, _)| n);
                let was_first = from.state == Queued && progress.first_queued == at as u32 + 1;
                progress.change(at as u32 + 1, &from, &to, queued.filter(|_| was_first));
                let recounted = JobProgress::of(&rows);
                let first = |p: &JobProgress| (p.queued > 0).then_some(p.first_queued);
                prop_assert_eq!(first(&progress), first(&recounted));
                prop_assert_eq!(JobProgress { first_queued: 0, ..progress.clone() }, JobProgress { first_queued: 0, ..recounted });
            }
        }
    }
}
