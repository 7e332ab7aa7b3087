//! What is decided about labels and jobs, without doing any of it: states, what is next, what a job is.

use serde::{Deserialize, Serialize};

/// Labels that may be under way to a printer that confirms; it bounds the doubt after any crash.
pub const WINDOW: usize = 2;
/// The same for a printer that cannot say that a label came out.
pub const WINDOW_UNCONFIRMED: usize = 1;

/// Where one label is. The words are those of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The printer reported it printed.
    Printer,
    /// The printer took it and reported no error.
    Idle,
    /// A person looked.
    Person,
    /// The printer took all bytes and can say nothing.
    Nobody,
}

/// One label's line in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    /// Where it is.
    pub state: LabelState,
    /// How that is known; only with `Sent` and `Confirmed`.
    pub proof: Option<Proof>,
    /// How often its first byte was sent.
    pub attempts: u32,
    /// When the state came about (milliseconds since 1970).
    pub at_ms: i64,
}

impl Row {
    /// Nothing more will happen to it by itself or by an answer.
    pub fn settled(&self) -> bool {
        match self.state {
            LabelState::Confirmed | LabelState::Failed | LabelState::Cancelled => true,
            LabelState::Sent => self.proof.is_some(),
            LabelState::Queued | LabelState::Sending | LabelState::Unknown => false,
        }
    }

    /// Bytes of it may be in the printer and nobody has vouched for it.
    pub fn under_way(&self) -> bool {
        self.state == LabelState::Sending || (self.state == LabelState::Sent && self.proof.is_none())
    }
}

/// What is to be done next for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Send label n (from 1).
    Send(u32),
    /// Wait for what is under way.
    Await,
    /// A person has to answer first.
    Ask,
    /// Nothing is left to do.
    Finished,
}

/// The next step of a job whose labels are `rows`, in order.
pub fn next(rows: &[Row], window: usize) -> Step {
    let under_way = rows.iter().filter(|r| r.under_way()).count();
    let in_doubt = rows.iter().any(|r| r.state == LabelState::Unknown);
    let queued = (1..).zip(rows).find(|(_, r)| r.state == LabelState::Queued);
    match queued {
        Some((n, _)) if !in_doubt && under_way < window => Step::Send(n),
        _ if under_way > 0 => Step::Await,
        _ if in_doubt => Step::Ask,
        _ => Step::Finished,
    }
}

/// What a job is, by its labels alone; whether it is paused is the printer's to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No byte was sent.
    Queued,
    /// Some labels are out or on their way.
    Printing,
    /// A person has to say whether a label is there.
    Asking,
    /// Each label is settled.
    Done,
    /// Each label is settled, and somebody cancelled.
    Cancelled,
}

/// The phase of a job.
pub fn phase(rows: &[Row], cancelled: bool) -> Phase {
    if rows.iter().any(|r| r.state == LabelState::Unknown) {
        Phase::Asking
    } else if rows.iter().all(Row::settled) {
        if cancelled { Phase::Cancelled } else { Phase::Done }
    } else if rows.iter().any(|r| r.state != LabelState::Queued) {
        Phase::Printing
    } else {
        Phase::Queued
    }
}

/// What becomes of a label in doubt when a person has looked; `None` when it was not in doubt.
pub fn answered(row: Row, printed: bool, blank: bool, at_ms: i64) -> Option<Row> {
    let (state, proof) = match (printed, blank) {
        (true, _) => (LabelState::Confirmed, Some(Proof::Person)),
        (false, false) => (LabelState::Queued, None),
        // Two machines with one tag is the only copy that does harm: a blank tag in doubt is never printed again.
        (false, true) => (LabelState::Failed, None),
    };
    (row.state == LabelState::Unknown).then_some(Row { state, proof, at_ms, ..row })
}

#[cfg(test)]
mod tests {
    use super::*;
    use LabelState::{Cancelled, Confirmed, Failed, Queued, Sending, Sent, Unknown};
    use proptest::prelude::*;

    fn row(state: LabelState, proof: Option<Proof>) -> Row {
        Row { state, proof, attempts: 1, at_ms: 0 }
    }

    fn rows(states: &[LabelState]) -> Vec<Row> {
        states.iter().map(|&s| row(s, (s == Confirmed).then_some(Proof::Printer))).collect()
    }

    #[test]
    fn next_steps() {
        let step = |states: &[LabelState]| next(&rows(states), WINDOW);
        assert_eq!(step(&[Queued, Queued]), Step::Send(1));
        assert_eq!(step(&[Sent, Queued, Queued]), Step::Send(2));
        assert_eq!(step(&[Sent, Sending, Queued]), Step::Await);
        assert_eq!(step(&[Confirmed, Unknown, Queued]), Step::Ask);
        assert_eq!(step(&[Unknown, Sent, Queued]), Step::Await);
        assert_eq!(step(&[Confirmed, Queued, Confirmed]), Step::Send(2));
        assert_eq!(step(&[Confirmed, Failed, Cancelled]), Step::Finished);
        assert_eq!(next(&rows(&[Sent, Queued]), WINDOW_UNCONFIRMED), Step::Await);
        assert_eq!(next(&[row(Sent, Some(Proof::Nobody)), rows(&[Queued])[0]], 1), Step::Send(2));
    }

    #[test]
    fn phases() {
        let phase = |states: &[LabelState]| phase(&rows(states), false);
        assert_eq!(phase(&[Queued, Queued]), Phase::Queued);
        assert_eq!(phase(&[Confirmed, Queued]), Phase::Printing);
        assert_eq!(phase(&[Confirmed, Sent]), Phase::Printing);
        assert_eq!(phase(&[Confirmed, Unknown, Queued]), Phase::Asking);
        assert_eq!(phase(&[Confirmed, Failed]), Phase::Done);
        assert_eq!(super::phase(&rows(&[Confirmed, Cancelled]), true), Phase::Cancelled);
    }

    #[test]
    fn answers_settle_only_doubt_and_never_repeat_a_blank_tag() {
        let doubt = row(Unknown, None);
        assert_eq!(answered(doubt, true, true, 5).unwrap().state, Confirmed);
        assert_eq!(answered(doubt, false, false, 5).unwrap().state, Queued);
        assert_eq!(answered(doubt, false, true, 5).unwrap().state, Failed);
        for state in [Queued, Sending, Sent, Confirmed, Failed, Cancelled] {
            assert_eq!(answered(row(state, None), false, false, 5), None);
        }
    }

    fn any_row() -> impl Strategy<Value = Row> {
        let state = prop::sample::select(vec![Queued, Sending, Sent, Confirmed, Unknown, Failed, Cancelled]);
        (state, any::<bool>()).prop_map(|(s, p)| row(s, p.then_some(Proof::Idle)))
    }

    proptest! {
        #[test]
        fn never_more_under_way_than_the_window(rows in prop::collection::vec(any_row(), 0..12), window in 1usize..4) {
            let under_way = rows.iter().filter(|r| r.under_way()).count();
            match next(&rows, window) {
                Step::Send(n) => {
                    prop_assert!(under_way < window);
                    prop_assert_eq!(rows[n as usize - 1].state, Queued);
                    prop_assert!(!rows.iter().any(|r| r.state == Unknown));
                }
                Step::Await => prop_assert!(under_way > 0),
                Step::Ask => prop_assert_eq!(phase(&rows, false), Phase::Asking),
                Step::Finished => prop_assert_eq!(phase(&rows, false), Phase::Done),
            }
        }
    }
}
