//! What accounts have sent to them when something happens, as Standard Webhooks describe it: `event` says what there is, `state`
//! whether it is sent, `collect` makes deliveries of what happened, `deliver` sends them, `office` is what an admin does with them.

mod collect;
mod deliver;
mod event;
mod office;
mod slack;
mod state;

use std::sync::Arc;

use record::ids::{RelayJobId, UserId};
use service::random::RandomSource;

pub use collect::{CollectOutcome, collect_events};
pub use deliver::{DeliveryTurn, DeliveryWorker};
pub use event::WebhookEvent;
pub use office::{BY_HAND_MAX, MintedWebhook, WEBHOOKS_MAX, WebhookFault, WebhookForm, WebhookOffice};
pub use state::WebhookState;

use crate::db::delivery::webhook_deliveries;
use crate::db::delivery::webhook_deliveries::NewDelivery;
use crate::db::operation::jobs::{NewJobRow, platform_enqueue};
use crate::db::{AccountScope, DbError, ScopedConnection};
use crate::mail::MailOutbox;
use crate::outgoing::OutgoingHttp;

/// The kind of the job that sends one delivery; its key is the delivery's id.
pub const JOB_KIND: &str = "webhook";
/// The kind of the job that makes deliveries of what happened in an account.
pub const COLLECT_KIND: &str = "webhook-collect";
/// Deliveries of a webhook that wait: beyond these the oldest have failed.
const WAITING_MAX: i64 = 1_000;
const LANE: i64 = 3;

#[derive(Debug, Clone)]
pub struct WebhookLine {
    pub http: Arc<dyn OutgoingHttp>,
    pub random: Arc<dyn RandomSource>,
    /// Where the account's admins are notified that a webhook is off.
    pub mail: MailOutbox,
    pub public_url: String,
}

/// Where a sealed secret belongs: in a row of another account it opens nothing.
pub(crate) fn seal_place(scope: AccountScope, webhook: &str) -> String {
    format!("webhook {} {webhook}", scope.account())
}

/// Puts a delivery in, with the job that sends it, in the caller's transaction.
async fn post_delivery(
    tx: &mut ScopedConnection,
    webhook: &str,
    event: WebhookEvent,
    body: &str,
    random: &dyn RandomSource,
    now_ms: i64,
) -> Result<(), DbError> {
    let delivery = format!("msg_{}", UserId::new(now_ms, random.bytes()));
    let new = NewDelivery { delivery: &delivery, webhook, event: event.word(), body };
    webhook_deliveries::insert_delivery(tx, &new, now_ms).await?;
    webhook_deliveries::end_surplus(tx, webhook, WAITING_MAX).await?;
    enqueue_delivery(tx, &delivery, random, now_ms).await
}

async fn enqueue_delivery(
    tx: &mut ScopedConnection,
    delivery: &str,
    random: &dyn RandomSource,
    now_ms: i64,
) -> Result<(), DbError> {
    let job = NewJobRow {
        job: RelayJobId::new(now_ms, random.bytes()),
        account: Some(tx.scope()),
        kind: JOB_KIND,
        key: delivery,
        body: "{}",
        lane: LANE,
        run_ms: now_ms,
        now_ms,
    };
    platform_enqueue(tx, &job).await
}
