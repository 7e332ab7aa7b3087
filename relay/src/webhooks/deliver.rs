//! Sends what waits to its webhook, and writes down what became of it.

use http::{HeaderName, HeaderValue, StatusCode};
use service::clock::Clock;
use service::signature::{STANDARD_WEBHOOKS, SigningSecret};

use super::{WebhookLine, WebhookState, seal_place};
use crate::db::account::accounts;
use crate::db::delivery::webhook_deliveries;
use crate::db::delivery::webhook_deliveries::DeliveryTry;
use crate::db::delivery::webhooks;
use crate::db::delivery::webhooks::WebhookRow;
use crate::db::person::support_grants::list_admins;
use crate::db::{AccountScope, Db, DbError, ScopedConnection};
use crate::keys::{KeySet, SealedBytes, UnsealError};
use crate::mail::MailLetter;
use crate::outgoing::{OutgoingAnswer, OutgoingError, OutgoingRequest, OutgoingUrl};

const ANSWER_BYTES_STORED: usize = 2_048;
const FAILING_MS_MAX: i64 = 3 * 24 * 3_600_000;
const UNWELL_AFTER_MS: i64 = 5 * 60_000;
/// … is tried this seldom, whatever waits for it: it would hold up the account's other webhooks.
const UNWELL_REST_MS: i64 = 60_000;
/// What is said of a try that was not made.
const RESTING: &str = "the receiver failed just now, and is left alone for a minute";

#[derive(Debug)]
pub struct DeliveryWorker<'a> {
    pub db: &'a Db,
    pub clock: &'a dyn Clock,
    pub keys: &'a KeySet,
    pub line: &'a WebhookLine,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryTurn {
    /// It is tried again where nobody takes it.
    Further,
    Last,
}

#[derive(Debug)]
enum TryOutcome {
    Arrived(OutgoingAnswer),
    Gone(OutgoingAnswer),
    Refused(OutgoingAnswer),
    Unanswered(FailureReason),
}

/// Why something did not arrive.
#[derive(Debug, Clone)]
struct FailureReason {
    shown: String,
    logged: String,
}

impl FailureReason {
    fn open(error: &impl std::fmt::Display) -> Self {
        let logged = error.to_string();
        Self { shown: logged.clone(), logged }
    }
}

impl From<OutgoingError> for FailureReason {
    fn from(error: OutgoingError) -> Self {
        Self { shown: error.public_text(), logged: error.to_string() }
    }
}

impl TryOutcome {
    fn of(answered: Result<OutgoingAnswer, OutgoingError>) -> Self {
        match answered {
            Ok(answer) if answer.status.is_success() => Self::Arrived(answer),
            Ok(answer) if answer.status == StatusCode::GONE => Self::Gone(answer),
            Ok(answer) => Self::Refused(answer),
            Err(error) => Self::Unanswered(error.into()),
        }
    }

    fn answer(&self) -> Option<&OutgoingAnswer> {
        match self {
            Self::Arrived(answer) | Self::Gone(answer) | Self::Refused(answer) => Some(answer),
            Self::Unanswered(_) => None,
        }
    }

    /// Why it did not arrive.
    fn reason(&self) -> Option<FailureReason> {
        match self {
            Self::Arrived(_) => None,
            Self::Gone(answer) | Self::Refused(answer) => {
                Some(FailureReason::open(&format!("the receiver answered {}", answer.status.as_u16())))
            }
            Self::Unanswered(reason) => Some(reason.clone()),
        }
    }
}

impl DeliveryWorker<'_> {
    /// Sends a delivery that waits. Why it is to be tried again; `None`: it is over.
    pub async fn deliver(
        &self,
        scope: AccountScope,
        delivery: &str,
        turn: DeliveryTurn,
    ) -> Result<Option<String>, DbError> {
        let mut conn = self.db.read(scope).await?;
        let Some(row) = webhook_deliveries::find_delivery(&mut conn, delivery).await? else {
            return Ok(None);
        };
        let webhook = webhooks::find_webhook(&mut conn, &row.webhook).await?;
        let body = webhook_deliveries::find_body(&mut conn, delivery).await?;
        drop(conn);
        // A paused one's wait until it continues.
        let (Some(webhook), Some(body), "wait") = (webhook, body, row.state.as_str()) else {
            return Ok(None);
        };
        if WebhookState::read(&webhook.state) != WebhookState::On {
            return Ok(None);
        }
        if self.rests(&webhook) && turn == DeliveryTurn::Further {
            return Ok(Some(RESTING.to_owned()));
        }
        let outcome = self.send(scope, &webhook, delivery, &body).await;
        let mut tx = self.db.write(scope).await?;
        let again = self.settle(&mut tx, &webhook, delivery, &outcome, turn).await?;
        tx.commit().await?;
        Ok(again)
    }

    fn rests(&self, webhook: &WebhookRow) -> bool {
        let now_ms = self.clock.now_ms();
        let (Some(since_ms), Some(failed_ms)) = (webhook.failing_ms, webhook.failed_ms) else { return false };
        // A time that is in the future was written by a clock that was wrong.
        now_ms.saturating_sub(since_ms) > UNWELL_AFTER_MS
            && (0..UNWELL_REST_MS).contains(&now_ms.saturating_sub(failed_ms))
    }

    async fn send(
        &self,
        scope: AccountScope,
        webhook: &WebhookRow,
        delivery: &str,
        body: &str,
    ) -> TryOutcome {
        let request = match self.sign_request(scope, webhook, delivery, body) {
            Ok(request) => request,
            Err(reason) => return TryOutcome::Unanswered(reason),
        };
        TryOutcome::of(self.line.http.send(request).await)
    }

    fn sign_request(
        &self,
        scope: AccountScope,
        webhook: &WebhookRow,
        delivery: &str,
        body: &str,
    ) -> Result<OutgoingRequest, FailureReason> {
        let now_ms = self.clock.now_ms();
        let (time_s, secrets) = (now_ms.div_euclid(1_000), self.open_secrets(scope, webhook, now_ms));
        let secrets = secrets.map_err(|error| FailureReason::open(&error))?;
        let headers = STANDARD_WEBHOOKS.sign(&secrets, delivery, time_s, body.as_bytes());
        let url = OutgoingUrl::parse(&webhook.url).map_err(|error| FailureReason::open(&error))?;
        let json = HeaderValue::from_static("application/json");
        let mut request =
            OutgoingRequest::post(url, json, body.as_bytes().to_vec()).reading_first(ANSWER_BYTES_STORED);
        for (name, text) in headers {
            let value = HeaderValue::from_str(&text).map_err(|error| FailureReason::open(&error))?;
            request = request.header(HeaderName::from_static(name), value);
        }
        Ok(request)
    }

    /// The present secret, then the one before it while that is still good.
    fn open_secrets(
        &self,
        scope: AccountScope,
        webhook: &WebhookRow,
        now_ms: i64,
    ) -> Result<Vec<SigningSecret>, UnsealError> {
        let mut sealed = vec![SealedBytes { n: webhook.seal_n, bytes: webhook.secret.clone() }];
        if let (Some(n), Some(bytes), Some(until_ms)) =
            (webhook.old_seal_n, webhook.old_secret.clone(), webhook.old_until_ms)
            && now_ms < until_ms
        {
            sealed.push(SealedBytes { n, bytes });
        }
        let place = seal_place(scope, &webhook.webhook);
        sealed.iter().map(|one| self.keys.unseal_bytes(one, &place).map(SigningSecret::of_bytes)).collect()
    }

    /// Writes down what became of a try, and turns off what has failed for days.
    async fn settle(
        &self,
        tx: &mut ScopedConnection,
        webhook: &WebhookRow,
        delivery: &str,
        outcome: &TryOutcome,
        turn: DeliveryTurn,
    ) -> Result<Option<String>, DbError> {
        let now_ms = self.clock.now_ms();
        let is_gone = matches!(outcome, TryOutcome::Gone(_));
        let is_over = turn == DeliveryTurn::Last || is_gone;
        let tried = DeliveryTry {
            state: match outcome {
                TryOutcome::Arrived(_) => "sent",
                _ if is_over => "failed",
                _ => "wait",
            },
            status: outcome.answer().map(|answer| answer.status.as_u16().into()),
            answer: outcome.answer().map(|answer| read_answer(&answer.body)),
            error: outcome.reason().map(|reason| reason.shown),
        };
        webhook_deliveries::save_try(tx, delivery, tried, now_ms).await?;
        if matches!(outcome, TryOutcome::Arrived(_)) {
            webhooks::mark_arrived(tx, &webhook.webhook).await?;
            return Ok(None);
        }
        let since_ms = webhooks::mark_failing(tx, &webhook.webhook, now_ms).await?;
        if !is_gone && now_ms.saturating_sub(since_ms) < FAILING_MS_MAX {
            // Its row says that it failed: that is for the account's admins, and nothing for whoever runs the relay.
            let again = outcome.reason().filter(|_| turn == DeliveryTurn::Further);
            return Ok(again.map(|reason| reason.logged));
        }
        self.turn_off(tx, webhook, (!is_gone).then_some(since_ms)).await?;
        Ok(None)
    }

    /// Ends what is sent to a webhook until somebody resumes it: its account's admins are notified of it in the same
    /// transaction. `failing_ms`: since when nothing has arrived; `None`: the receiver is gone.
    async fn turn_off(
        &self,
        tx: &mut ScopedConnection,
        webhook: &WebhookRow,
        failing_ms: Option<i64>,
    ) -> Result<(), DbError> {
        webhook_deliveries::end_waiting(tx, &webhook.webhook).await?;
        // Another delivery may have been quicker.
        if !webhooks::set_state(tx, &webhook.webhook, WebhookState::Off.word()).await? {
            return Ok(());
        }
        let account = accounts::find_name(tx).await?;
        let host = OutgoingUrl::parse(&webhook.url).map(|url| url.host().to_owned()).unwrap_or_default();
        let link = format!("{}/app/webhooks/{}", self.line.public_url, webhook.webhook);
        let letter = MailLetter::webhook_off(&account, &host, failing_ms, link);
        let scope = tx.scope();
        for address in list_admins(tx).await? {
            self.line.mail.post(tx, Some(scope), &address, &letter).await?;
        }
        tracing::warn!(account = %scope.account(), webhook = webhook.webhook, "a webhook is off: nothing arrives there");
        Ok(())
    }
}

/// The beginning of an answer as text that the database and a page take.
fn read_answer(body: &[u8]) -> String {
    let beginning = &body[..body.len().min(ANSWER_BYTES_STORED)];
    let text = String::from_utf8_lossy(beginning);
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_an_answer_its_beginning_is_kept_as_text() {
        assert_eq!(read_answer(b"ok\x00\x1b[31m\r\n\tnext"), "ok[31m\n\tnext");
        assert_eq!(read_answer(&[b'a'; 10_000]).len(), ANSWER_BYTES_STORED);
        assert_eq!(read_answer(&[0xff, b'b']), "\u{fffd}b");
    }
}
