//! Messages of Stripe: each is kept once, and says only that somebody's state is to be fetched.

use std::collections::BTreeSet;
use std::mem::take;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::billing::StripeEvent;
use tokio::sync::oneshot;
use tokio::sync::oneshot::error::TryRecvError;

use super::{BillingOffice, to_ms};
use crate::db::billing::events::{NewStripeEvent, platform_insert_event};
use crate::db::{DbError, PlatformReason};

/// Those after which a customer's state is fetched.
const WORDS: [&str; 16] = [
    "charge.dispute.created",
    "charge.refunded",
    "checkout.session.completed",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "invoice.created",
    "invoice.finalized",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "v1.billing.meter.error_report_triggered",
];
/// That readings of the meter were refused: nobody's state changes by it, and somebody has to look.
const METER_FAULT: &str = "v1.billing.meter.error_report_triggered";

/// The state of one whose customer is yet to be fetched.
const QUEUED: &str = "new";

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TakenEvent {
    /// Its customer is fetched.
    Queued,
    Ignored,
    /// Of the other mode: of money where only a trial is set up, or the other way round.
    WrongMode,
    /// It came before.
    Again,
}

/// Messages that wait for their turn to be kept.
#[derive(Debug, Default)]
pub struct WaitingEvents {
    waiting: Mutex<Vec<WaitingEvent>>,
    turn: tokio::sync::Mutex<()>,
}

impl WaitingEvents {
    fn lock(&self) -> MutexGuard<'_, Vec<WaitingEvent>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug)]
struct WaitingEvent {
    event: NewStripeEvent,
    is_new: oneshot::Sender<bool>,
}

impl BillingOffice<'_> {
    /// Keeps a message with the job that follows from it, in one transaction.
    pub async fn take_event(&self, event: StripeEvent, body: &str) -> Result<TakenEvent, DbError> {
        let taken = if event.livemode != self.line.rules.is_live {
            TakenEvent::WrongMode
        } else if WORDS.contains(&event.word.as_str()) && event.customer.is_some() {
            TakenEvent::Queued
        } else {
            TakenEvent::Ignored
        };
        let now_ms = self.clock.now_ms();
        let new = NewStripeEvent {
            created_ms: event.created_s.map_or(now_ms, to_ms),
            event: event.id.clone(),
            word: event.word.clone(),
            api_version: event.api_version,
            livemode: event.livemode,
            customer: event.customer,
            object: event.object,
            body: body.to_owned(),
            state: if taken == TakenEvent::Queued { QUEUED } else { "ignored" },
            got_ms: now_ms,
        };
        if !self.keep_event(new).await? {
            return Ok(TakenEvent::Again);
        }
        if taken == TakenEvent::WrongMode {
            tracing::error!(event = %event.id, livemode = event.livemode, "an event of the other mode is ignored");
        } else if event.word == METER_FAULT {
            tracing::error!(event = %event.id, "the meter refused readings: look at it in Stripe's dashboard");
        }
        Ok(taken)
    }

    /// Stripe sends hundreds at once, and a transaction each is what that costs: all who came while one ran are kept by the next.
    async fn keep_event(&self, event: NewStripeEvent) -> Result<bool, DbError> {
        let (is_new, mut answer) = oneshot::channel();
        let events = &self.line.events;
        events.lock().push(WaitingEvent { event: event.clone(), is_new });
        let _turn = events.turn.lock().await;
        // An answer is taken once.
        let mut outcome = answer.try_recv();
        if outcome == Err(TryRecvError::Empty) {
            let (group, senders): (Vec<_>, Vec<_>) =
                take(&mut *events.lock()).into_iter().map(|one| (one.event, one.is_new)).unzip();
            match self.keep_events(group).await {
                // Who asked may be gone.
                Ok(answers) => senders.into_iter().zip(answers).for_each(|(sender, is_new)| {
                    sender.send(is_new).ok();
                }),
                Err(error) => tracing::warn!(%error, "messages of Stripe are kept one by one"),
            }
            outcome = answer.try_recv();
        }
        match outcome {
            Ok(is_new) => Ok(is_new),
            // Alone, so that one that cannot be kept refuses no other.
            Err(_) => Ok(self.keep_events(vec![event]).await?.contains(&true)),
        }
    }

    async fn keep_events(&self, events: Vec<NewStripeEvent>) -> Result<Vec<bool>, DbError> {
        // Of one that came before, too: somebody may send it again because nothing was fetched.
        let customers: BTreeSet<String> =
            events.iter().filter(|new| new.state == QUEUED).filter_map(|new| new.customer.clone()).collect();
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        let mut are_new = Vec::with_capacity(events.len());
        for new in events {
            are_new.push(platform_insert_event(&mut tx, new).await?);
        }
        for customer in customers {
            self.ask_for_sync(&mut tx, &customer).await?;
        }
        tx.commit().await?;
        Ok(are_new)
    }
}
