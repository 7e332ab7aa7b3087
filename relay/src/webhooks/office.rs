//! What an account's admin does with webhooks: each act is recorded in the access log.

use std::sync::Arc;

use record::ids::UserId;
use service::random::RandomSource;
use service::signature::SigningSecret;

use super::event::WebhookEvent;
use super::slack::{is_slack, payload_for};
use super::{WebhookState, enqueue_delivery, post_delivery, seal_place};
use crate::accounts::AccountUser;
use crate::accounts::records::access_log::{AccessLog, AccessRecord};
use crate::db::account::accounts::lock_account;
use crate::db::delivery::webhook_deliveries;
use crate::db::delivery::webhook_deliveries::DeliveryRow;
use crate::db::delivery::webhooks;
use crate::db::delivery::webhooks::{NewWebhook, WebhookRow};
use crate::db::facility::facilities::list_facilities;
use crate::db::{Db, DbError, ScopedConnection};
use crate::keys::{KeySet, SealedBytes, UnsealError};
use crate::outgoing::OutgoingUrl;

pub const WEBHOOKS_MAX: usize = 10;
const LISTED_MAX: i64 = 100;
/// While so many wait, nobody asks for more by hand.
pub const BY_HAND_MAX: i64 = 20;
/// How long, after another secret came, the one before it still signs beside it.
const OLD_SECRET_MS: i64 = 24 * 3_600_000;

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum WebhookFault {
    Unknown,
    Url,
    Events,
    /// Slack takes alerts only.
    Slack,
    Places,
    TooMany,
    Repeated,
    NotOn,
    Crowded,
    #[error(transparent)]
    Seal(#[from] UnsealError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, Copy)]
pub struct WebhookForm<'a> {
    pub id: &'a str,
    pub url: &'a str,
    /// Words of events, and ids of facilities, with blanks between them; no facility is all.
    pub events: &'a str,
    pub places: &'a str,
}

/// A webhook whose secret is shown now, and never again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MintedWebhook {
    pub id: String,
    pub secret: SigningSecret,
}

#[derive(Debug)]
pub struct WebhookOffice<'a> {
    pub db: &'a Db,
    pub keys: Arc<KeySet>,
    pub log: AccessLog<'a>,
    pub visitor: &'a AccountUser,
}

impl WebhookOffice<'_> {
    fn now_ms(&self) -> i64 {
        self.log.clock.now_ms()
    }

    fn random(&self) -> &dyn RandomSource {
        self.log.random
    }

    /// An id for a form, so that sending it twice adds one webhook.
    pub fn new_id(&self) -> String {
        UserId::new(self.now_ms(), self.random().bytes()).to_string()
    }

    pub async fn list(&self) -> Result<Vec<WebhookRow>, DbError> {
        webhooks::list_webhooks(&mut self.db.read(self.visitor.scope).await?).await
    }

    pub async fn find(
        &self,
        webhook: &str,
    ) -> Result<(WebhookRow, Vec<String>, Vec<DeliveryRow>), WebhookFault> {
        let mut conn = self.db.read(self.visitor.scope).await?;
        let row = webhooks::find_webhook(&mut conn, webhook).await?.ok_or(WebhookFault::Unknown)?;
        let places = webhooks::list_places(&mut conn).await?.remove(webhook).unwrap_or_default();
        Ok((row, places, webhook_deliveries::list_newest(&mut conn, webhook, LISTED_MAX).await?))
    }

    pub async fn find_delivery(
        &self,
        webhook: &str,
        delivery: &str,
    ) -> Result<(WebhookRow, DeliveryRow), WebhookFault> {
        let mut conn = self.db.read(self.visitor.scope).await?;
        let row = webhooks::find_webhook(&mut conn, webhook).await?.ok_or(WebhookFault::Unknown)?;
        let sent = webhook_deliveries::find_delivery(&mut conn, delivery).await?;
        let sent = sent.filter(|sent| sent.webhook == webhook).ok_or(WebhookFault::Unknown)?;
        Ok((row, sent))
    }

    fn seal(&self, webhook: &str, secret: &SigningSecret) -> Result<SealedBytes, UnsealError> {
        self.keys.seal_bytes(secret.bytes(), &seal_place(self.visitor.scope, webhook), self.random())
    }

    pub async fn add(&self, form: &WebhookForm<'_>) -> Result<MintedWebhook, WebhookFault> {
        let url = OutgoingUrl::parse(form.url.trim()).map_err(|_| WebhookFault::Url)?;
        let events = read_events(form.events).ok_or(WebhookFault::Events)?;
        if is_slack(form.url.trim()) && events != WebhookEvent::AlertChanged.word() {
            return Err(WebhookFault::Slack);
        }
        let id = form.id.parse::<UserId>().map_or_else(|_| self.new_id(), |id| id.to_string());
        let places: Vec<String> = form.places.split_whitespace().map(str::to_owned).collect();
        let secret = SigningSecret::new(self.random());
        let sealed = self.seal(&id, &secret)?;
        let mut tx = self.db.write(self.visitor.scope).await?;
        // Two at once would both find space.
        lock_account(&mut tx).await?;
        let known = list_facilities(&mut tx).await?;
        if !places.iter().all(|place| known.iter().any(|row| row.facility == *place)) {
            return Err(WebhookFault::Places);
        }
        let rows = webhooks::list_webhooks(&mut tx).await?;
        if rows.iter().any(|row| row.webhook == id) {
            return Err(WebhookFault::Repeated);
        }
        if rows.len() >= WEBHOOKS_MAX {
            return Err(WebhookFault::TooMany);
        }
        let new = NewWebhook {
            webhook: &id,
            url: url.as_str(),
            events: &events,
            places: Some(places.as_slice()).filter(|places| !places.is_empty()),
            seal_n: sealed.n,
            secret: &sealed.bytes,
            made_by: &self.visitor.email,
        };
        webhooks::insert_webhook(&mut tx, &new, self.now_ms()).await?;
        self.note(tx, "webhook add", &id, &url).await?;
        Ok(MintedWebhook { id, secret })
    }

    /// Makes another secret; the one before it signs too for a day.
    pub async fn rotate(&self, webhook: &str) -> Result<MintedWebhook, WebhookFault> {
        let secret = SigningSecret::new(self.random());
        let sealed = self.seal(webhook, &secret)?;
        let (mut tx, url) = self.begin(webhook).await?;
        let until_ms = self.now_ms().saturating_add(OLD_SECRET_MS);
        webhooks::replace_secret(&mut tx, webhook, sealed.n, sealed.bytes, until_ms).await?;
        self.note(tx, "webhook rotate", webhook, &url).await?;
        Ok(MintedWebhook { id: webhook.to_owned(), secret })
    }

    async fn begin(&self, webhook: &str) -> Result<(ScopedConnection, OutgoingUrl), WebhookFault> {
        let mut tx = self.db.write(self.visitor.scope).await?;
        let row = webhooks::find_webhook(&mut tx, webhook).await?.ok_or(WebhookFault::Unknown)?;
        let url = OutgoingUrl::parse(&row.url).map_err(|e| DbError::stored("address", e))?;
        Ok((tx, url))
    }

    /// Sends nothing more until it is resumed; what happens meanwhile is not sent later.
    pub async fn pause(&self, webhook: &str) -> Result<(), WebhookFault> {
        let (mut tx, url) = self.begin(webhook).await?;
        if webhooks::set_state(&mut tx, webhook, WebhookState::Paused.word()).await? {
            self.note(tx, "webhook pause", webhook, &url).await?;
        }
        Ok(())
    }

    /// Sends again, and first what waited.
    pub async fn resume(&self, webhook: &str) -> Result<(), WebhookFault> {
        let (mut tx, url) = self.begin(webhook).await?;
        if webhooks::set_state(&mut tx, webhook, WebhookState::On.word()).await? {
            for delivery in webhook_deliveries::list_waiting(&mut tx, webhook).await? {
                enqueue_delivery(&mut tx, &delivery, self.random(), self.now_ms()).await?;
            }
            self.note(tx, "webhook resume", webhook, &url).await?;
        }
        Ok(())
    }

    pub async fn remove(&self, webhook: &str) -> Result<(), WebhookFault> {
        let (mut tx, url) = self.begin(webhook).await?;
        webhooks::delete_webhook(&mut tx, webhook).await?;
        self.note(tx, "webhook remove", webhook, &url).await
    }

    pub async fn send_test(&self, webhook: &str) -> Result<(), WebhookFault> {
        let (mut tx, url) = self.begin(webhook).await?;
        self.require_on(&mut tx, webhook).await?;
        let body = payload_for(url.as_str(), WebhookEvent::Test, &[], self.now_ms());
        let (random, now_ms) = (self.random(), self.now_ms());
        post_delivery(&mut tx, webhook, WebhookEvent::Test, &body, random, now_ms).await?;
        self.note(tx, "webhook send", webhook, &url).await
    }

    pub async fn send_again(&self, webhook: &str, delivery: &str) -> Result<(), WebhookFault> {
        let (mut tx, url) = self.begin(webhook).await?;
        self.require_on(&mut tx, webhook).await?;
        let row = webhook_deliveries::find_delivery(&mut tx, delivery).await?;
        row.filter(|row| row.webhook == webhook).ok_or(WebhookFault::Unknown)?;
        webhook_deliveries::wait_again(&mut tx, delivery).await?;
        enqueue_delivery(&mut tx, delivery, self.random(), self.now_ms()).await?;
        self.note(tx, "webhook send", webhook, &url).await
    }

    async fn require_on(&self, tx: &mut ScopedConnection, webhook: &str) -> Result<(), WebhookFault> {
        let row = webhooks::find_webhook(tx, webhook).await?.ok_or(WebhookFault::Unknown)?;
        match WebhookState::read(&row.state) {
            WebhookState::On if webhook_deliveries::count_waiting(tx, webhook).await? >= BY_HAND_MAX => {
                Err(WebhookFault::Crowded)
            }
            WebhookState::On => Ok(()),
            WebhookState::Paused | WebhookState::Off => Err(WebhookFault::NotOn),
        }
    }

    /// Writes down what was done, and ends the transaction. The path of an address may be a secret.
    async fn note(
        &self,
        mut tx: ScopedConnection,
        act: &str,
        webhook: &str,
        url: &OutgoingUrl,
    ) -> Result<(), WebhookFault> {
        let about = format!("{} ({webhook})", url.host());
        let record = AccessRecord { who: &self.visitor.email, act, about: &about, facility: None };
        self.log.write_act(&mut tx, record).await?;
        Ok(tx.commit().await?)
    }
}

/// The words of chosen events as a row has them; `None` where none is, or one that there is not.
fn read_events(chosen: &str) -> Option<String> {
    let mut events: Vec<WebhookEvent> =
        chosen.split_whitespace().map(WebhookEvent::find_offered).collect::<Option<_>>()?;
    events.sort_unstable();
    events.dedup();
    let words: Vec<&str> = events.into_iter().map(WebhookEvent::word).collect();
    Some(words.join(" ")).filter(|words| !words.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_chosen_from_those_that_there_are() {
        let read = read_events("item.overdue cleaning.recorded item.overdue");
        assert_eq!(read.as_deref(), Some("cleaning.recorded item.overdue"));
        for none in ["", " ", "test", "cleaning.recorded alert.opened"] {
            assert_eq!(read_events(none), None, "{none:?}");
        }
    }
}
