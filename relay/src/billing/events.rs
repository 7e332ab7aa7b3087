//! Messages of Stripe: each is kept once, and says only that somebody's state is to be fetched.

use ::billing::StripeEvent;

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

impl BillingOffice<'_> {
    /// Keeps a message with the job that follows from it, in one transaction.
    pub async fn take_event(&self, event: &StripeEvent, body: &str) -> Result<TakenEvent, DbError> {
        let taken = if event.livemode != self.line.rules.is_live {
            TakenEvent::WrongMode
        } else if WORDS.contains(&event.word.as_str()) && event.customer.is_some() {
            TakenEvent::Queued
        } else {
            TakenEvent::Ignored
        };
        let now_ms = self.clock.now_ms();
        let new = NewStripeEvent {
            event: &event.id,
            word: &event.word,
            created_ms: event.created_s.map_or(now_ms, to_ms),
            api_version: event.api_version.as_deref(),
            livemode: event.livemode,
            customer: event.customer.as_deref(),
            object: event.object.as_deref(),
            body,
            state: if taken == TakenEvent::Queued { "new" } else { "ignored" },
        };
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        let is_new = platform_insert_event(&mut tx, &new, now_ms).await?;
        if let (TakenEvent::Queued, Some(customer)) = (taken, &event.customer) {
            // Of one that came before, too: somebody may send it again because nothing was fetched.
            self.ask_for_sync(&mut tx, customer).await?;
        }
        tx.commit().await?;
        if !is_new {
            return Ok(TakenEvent::Again);
        }
        if taken == TakenEvent::WrongMode {
            tracing::error!(event = %event.id, livemode = event.livemode, "an event of the other mode is ignored");
        } else if event.word == METER_FAULT {
            tracing::error!(event = %event.id, "the meter refused readings: look at it in Stripe's dashboard");
        }
        Ok(taken)
    }
}
