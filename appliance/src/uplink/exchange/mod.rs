//! What the uplink sends on one connection and how it reacts to the relay's messages, decided without I/O.
//!
//! Ended logs have their turn first, then the present one; `plan` decides within a turn. The driver executes the
//! outputs in their order, and nothing after a [`ExchangeOutput::Close`].

pub mod causes;
pub mod compare;
mod offers;
mod renewal;
mod turn;

use std::collections::VecDeque;

use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::ids::Epoch;
use record::messages::{Ack, Answer as Said};
use record::sign::{NoteError, VerifierKey};
use record::tree::Hash;
use service::clock::Now;

use self::causes::ExchangeEnd;
use self::offers::EndedLogOffers;
use self::renewal::RenewalTimer;
use self::turn::ActiveLog;
use super::plan::{Answer, UplinkAction, UplinkAlarm, UplinkEvent};
use crate::alarms::AlarmCause;
use crate::store::{ConfirmedSize, PastLog, StoreError};

/// Of the relay's words about a refused batch, what is shown.
const REASON_CHARS_MAX: usize = 300;

pub trait LocalLogs {
    /// The present log and what verifies it; `None` where its key is not here.
    fn present(&self) -> Option<(LogOrigin, VerifierKey)>;

    fn size(&self) -> u64;

    /// How far the relay has confirmed the present log.
    fn cursor(&self) -> ConfirmedSize;

    /// The root over the first `size` entries of a log; `None` where the box holds fewer.
    ///
    /// # Errors
    /// It cannot be read now.
    fn root_at(&self, epoch: Epoch, size: u64) -> Result<Option<Hash>, StoreError>;

    /// Checks both signatures of what the relay claims to hold.
    ///
    /// # Errors
    /// What does not hold.
    fn verify(
        &self,
        note: &str,
        origin: &LogOrigin,
        log: &VerifierKey,
    ) -> Result<CosignedCheckpoint, NoteError>;
}

#[derive(Debug, Clone)]
pub enum ExchangeInput {
    Connected,
    Ack(Ack),
    /// The present log has this many entries.
    Grew(u64),
    Tick,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HelloAnswer {
    pub epoch: Epoch,
    pub key: String,
    pub size: u64,
    pub cursor: u64,
    pub cosigned: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    pub epoch: Epoch,
    pub size: u64,
    pub note: String,
}

#[derive(Debug, Clone)]
pub enum ExchangeOutput {
    Hello(HelloAnswer),
    Health,
    Send {
        epoch: Epoch,
        from: u64,
        entries_max: usize,
        /// How much of an ended log counts; `None` for the present one, of which all that is there may go.
        ends: Option<u64>,
    },
    RaiseCursor(Box<CosignedCheckpoint>),
    /// Take the present log's cursor back to what the relay holds.
    LowerCursor(u64),
    /// The relay holds so much of this log: those who wait for that may continue.
    Confirmed(Epoch, u64),
    Raise(AlarmCause, Option<SignedNote>),
    End(ExchangeEnd),
    /// End the present log where this says, durably, and restart.
    EndEpoch(Box<CosignedCheckpoint>),
    Close(CloseReason),
}

/// Why a connection is ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    #[error("the relay did not answer for 30 s")]
    Unanswered,
    /// Only the next connection can have another certificate.
    #[error("the box's certificate is to be renewed")]
    Renewal,
    /// Each connection begins with the ended logs.
    #[error("what an ended log holds is offered again")]
    Offers,
    /// The present log's key is not here.
    #[error("the log has no key")]
    NoKey,
}

#[derive(Debug)]
pub struct LogExchange {
    past: Vec<PastLog>,
    /// Those whose turn is still to come.
    waiting: VecDeque<PastLog>,
    turn: ActiveLog,
    renewal: RenewalTimer,
    offers: Option<EndedLogOffers>,
    /// Entries of ended logs that could not be sent.
    unsent: u64,
    /// The last cosignature that was verified; raising the cursor needs it.
    cosigned: Option<CosignedCheckpoint>,
    /// The last one that the box's own log does not bear out.
    contrary: Option<CosignedCheckpoint>,
    /// What the relay said of the last batch that it refused.
    refused: String,
    /// What was last reported to those who wait for the relay.
    confirmed: (Epoch, u64),
}

impl LogExchange {
    /// Of a connection that begins now; `past` are the logs that have ended, oldest first, and `renewal_ms` is when the
    /// certificate is to be renewed, milliseconds since 1970. `None` where the present log has no key.
    pub fn new(renewal_ms: i64, past: Vec<PastLog>, now: &Now, logs: &dyn LocalLogs) -> Option<Self> {
        let mut waiting: VecDeque<PastLog> =
            past.iter().filter(|past| turn::is_offered(past)).cloned().collect();
        let offers = (!waiting.is_empty()).then(|| EndedLogOffers::begun(now.up_ms));
        let turn = ActiveLog::next(logs, &mut waiting)?;
        let confirmed = (turn.origin.epoch, turn.plan.cursor());
        Some(Self {
            confirmed,
            past,
            waiting,
            turn,
            renewal: RenewalTimer::new(renewal_ms, now),
            offers,
            unsent: 0,
            cosigned: None,
            contrary: None,
            refused: String::new(),
        })
    }

    /// The log whose turn it is, and how much of it the relay is known to hold.
    pub fn confirmed(&self) -> (Epoch, u64) {
        self.confirmed
    }

    pub fn backlog(&self, logs: &dyn LocalLogs) -> u64 {
        let present = match self.turn.past {
            Some(_) => logs.size().saturating_sub(logs.cursor().size),
            None => self.turn.plan.backlog(),
        };
        self.ended_backlog() + present
    }

    pub fn ended_backlog(&self) -> u64 {
        let turn = if self.turn.past.is_some() && !self.turn.over { self.turn.plan.backlog() } else { 0 };
        self.waiting.iter().map(|past| past.counts.size).sum::<u64>() + turn + self.unsent
    }

    pub fn on(&mut self, input: ExchangeInput, now: &Now, logs: &dyn LocalLogs) -> Vec<ExchangeOutput> {
        let mut outputs = Vec::new();
        let event = match input {
            ExchangeInput::Connected => {
                outputs.push(ExchangeOutput::End(ExchangeEnd::LineUp));
                outputs.push(ExchangeOutput::End(ExchangeEnd::Whole(self.past.clone())));
                UplinkEvent::Connected
            }
            ExchangeInput::Ack(ack) => match self.read(ack, logs) {
                Some(answer) => UplinkEvent::Answered(answer),
                None if self.turn.over => UplinkEvent::Tick,
                None => return outputs,
            },
            // An ended log does not grow; the present one is asked for its size when its turn comes.
            ExchangeInput::Grew(_) if self.turn.past.is_some() => return outputs,
            ExchangeInput::Grew(size) => UplinkEvent::Grew(size),
            ExchangeInput::Tick => match self.close(now) {
                Some(close) => return vec![ExchangeOutput::Close(close)],
                None => UplinkEvent::Tick,
            },
        };
        self.exchange_messages(event, now, logs, &mut outputs);
        outputs
    }

    /// Why the connection has to end although the relay answers.
    fn close(&self, now: &Now) -> Option<CloseReason> {
        if self.renewal.ends_connection(now) {
            return Some(CloseReason::Renewal);
        }
        let due = self.turn.past.is_none() && self.offers.is_some_and(|offers| offers.are_due(now.up_ms));
        due.then_some(CloseReason::Offers)
    }

    /// Lets the plan decide; then the next log's turn comes, where this one's is over.
    fn exchange_messages(
        &mut self,
        event: UplinkEvent,
        now: &Now,
        logs: &dyn LocalLogs,
        outputs: &mut Vec<ExchangeOutput>,
    ) {
        let mut open = self.act(event, now, logs, outputs);
        if let UplinkEvent::Answered(Answer::Holds(cursor)) = event {
            // Also where the cursor stays: another connection, or its file, may have brought it there.
            outputs.push(ExchangeOutput::End(ExchangeEnd::Held { epoch: self.turn.origin.epoch, cursor }));
            self.confirm(outputs);
        }
        while open && self.turn.is_over() {
            self.confirm(outputs);
            let Some(next) = ActiveLog::next(logs, &mut self.waiting) else {
                return outputs.push(ExchangeOutput::Close(CloseReason::NoKey));
            };
            self.turn = next;
            self.cosigned = None;
            open = self.act(UplinkEvent::Connected, now, logs, outputs);
        }
    }

    /// Whether the connection stays.
    fn act(
        &mut self,
        event: UplinkEvent,
        now: &Now,
        logs: &dyn LocalLogs,
        outputs: &mut Vec<ExchangeOutput>,
    ) -> bool {
        let before = self.turn.plan.cursor();
        let actions = self.turn.plan.on(event, now.up_ms);
        if let Some(offers) = self.offers.as_mut().filter(|_| self.turn.past.is_none()) {
            offers.watch(before, &actions, now.up_ms);
        }
        for action in actions {
            match action {
                UplinkAction::Hello => outputs.push(ExchangeOutput::Hello(self.greeting(logs))),
                UplinkAction::Health => outputs.push(ExchangeOutput::Health),
                UplinkAction::Send { from, entries_max } => {
                    let (epoch, ends) = (self.turn.origin.epoch, self.turn.ends());
                    outputs.push(ExchangeOutput::Send { epoch, from, entries_max, ends });
                }
                UplinkAction::Cursor(cursor) => self.keep(cursor, logs, outputs),
                UplinkAction::Disconnect => {
                    outputs.push(ExchangeOutput::Close(CloseReason::Unanswered));
                    return false;
                }
                UplinkAction::Alarm(alarm) => self.alarm(alarm, now, logs, outputs),
            }
        }
        true
    }

    fn greeting(&self, logs: &dyn LocalLogs) -> HelloAnswer {
        let stored = logs.cursor().stored.filter(|stored| stored.checkpoint.origin == self.turn.origin);
        HelloAnswer {
            epoch: self.turn.origin.epoch,
            key: self.turn.log.to_string(),
            size: self.turn.ends().unwrap_or_else(|| logs.size()),
            cursor: self.turn.plan.cursor(),
            cosigned: stored.map(|stored| stored.note),
        }
    }

    fn keep(&mut self, cursor: u64, logs: &dyn LocalLogs, outputs: &mut Vec<ExchangeOutput>) {
        let epoch = self.turn.origin.epoch;
        outputs.push(ExchangeOutput::End(ExchangeEnd::Held { epoch, cursor }));
        if self.turn.past.is_none() {
            let cosigned = self.cosigned.as_ref().filter(|c| c.checkpoint().size == cursor);
            outputs.push(match cosigned {
                Some(cosigned) if cursor > logs.cursor().size => {
                    ExchangeOutput::RaiseCursor(Box::new(cosigned.clone()))
                }
                _ => ExchangeOutput::LowerCursor(cursor),
            });
        }
        self.confirm(outputs);
    }

    /// Notifies those who wait for the relay, where it holds something else than was last reported.
    fn confirm(&mut self, outputs: &mut Vec<ExchangeOutput>) {
        let confirmed = (self.turn.origin.epoch, self.turn.plan.cursor());
        if std::mem::replace(&mut self.confirmed, confirmed) != confirmed {
            outputs.push(ExchangeOutput::Confirmed(confirmed.0, confirmed.1));
        }
    }

    /// An alarm with its evidence. A present log that cannot continue is ended: the next start begins another epoch.
    fn alarm(
        &mut self,
        alarm: UplinkAlarm,
        now: &Now,
        logs: &dyn LocalLogs,
        outputs: &mut Vec<ExchangeOutput>,
    ) {
        let epoch = self.turn.origin.epoch;
        let contrary = self.contrary.take();
        let note = match alarm {
            UplinkAlarm::BoxForgot { .. } | UplinkAlarm::OtherHistory { .. } => {
                contrary.as_ref().map(|c| (c.checkpoint().size, c.note().to_string()))
            }
            UplinkAlarm::RelayWentBack { .. } => {
                let stored =
                    logs.cursor().stored.filter(|stored| stored.checkpoint.origin == self.turn.origin);
                stored.map(|stored| (stored.checkpoint.size, stored.note))
            }
            UplinkAlarm::Refused { .. } | UplinkAlarm::PhotosRefused { .. } => None,
        };
        let refused = matches!(alarm, UplinkAlarm::Refused { .. });
        let message = if refused { std::mem::take(&mut self.refused) } else { String::new() };
        let note = note.map(|(size, note)| SignedNote { epoch, size, note });
        outputs.push(ExchangeOutput::Raise(alarm.cause(epoch, &message), note));
        if self.turn.past.is_some() && refused {
            self.unsent += self.turn.plan.backlog();
            self.offers.iter_mut().for_each(|offers| offers.refused(now.up_ms));
        }
        // An ended log that cannot be sent now must not hold up the present one.
        self.turn.over |= !matches!(alarm, UplinkAlarm::RelayWentBack { .. });
        if let Some(contrary) = contrary.filter(|_| self.turn.past.is_none()) {
            outputs.push(ExchangeOutput::EndEpoch(Box::new(contrary)));
        }
    }

    /// What the relay says, verified against the box's own log; `None` for what concerns another epoch or does not hold.
    fn read(&mut self, ack: Ack, logs: &dyn LocalLogs) -> Option<Answer> {
        if ack.epoch != self.turn.origin.epoch {
            return None;
        }
        match ack.answer {
            Said::Want { want } => Some(Answer::Wants(want)),
            Said::Refused { refused } => {
                tracing::error!(
                    from = refused.from,
                    code = refused.code,
                    text = refused.text,
                    "the relay refused a batch"
                );
                self.refused = refused.text.chars().take(REASON_CHARS_MAX).collect();
                Some(Answer::Refused)
            }
            Said::Busy { busy } => {
                tracing::info!(retry_s = busy.retry_s, "the relay is busy");
                Some(Answer::Busy(busy.retry_s))
            }
            Said::Checkpoint { checkpoint } => self.cosigned(&checkpoint, logs),
        }
    }

    fn cosigned(&mut self, note: &str, logs: &dyn LocalLogs) -> Option<Answer> {
        let cosigned = logs.verify(note, &self.turn.origin, &self.turn.log);
        let cosigned =
            cosigned.map_err(|error| tracing::warn!(%error, "an answer of the relay proves nothing")).ok()?;
        let (size, root) = (cosigned.checkpoint().size, cosigned.checkpoint().root);
        let own = logs.root_at(self.turn.origin.epoch, size);
        let own = own.map_err(|error| tracing::error!(%error, "the log cannot be read")).ok()?;
        if own.is_none() && self.turn.past.is_some() {
            // It has all that counts, and more; there is nothing to send.
            self.turn.over = true;
            return None;
        }
        if own != Some(root) {
            self.contrary = Some(cosigned);
            return Some(if own.is_none() { Answer::HoldsMore(size) } else { Answer::HoldsOther(size) });
        }
        self.cosigned = Some(cosigned);
        Some(Answer::Holds(self.turn.ends().map_or(size, |ends| size.min(ends))))
    }
}
