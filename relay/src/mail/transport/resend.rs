//! To Resend (<https://resend.com/docs/api-reference/emails/send-email>), under an idempotency key of our own: the same mail again is
//! the same mail there for 24 hours. The pace is ours too, below what an account may ask in a second.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use lettre::message::Mailbox;
use reqwest::{Client, Url};
use serde::Deserialize;
use serde_json::json;

use crate::outgoing::guarded::build_tls;

use super::pace::SendPace;
use super::{
    FailureKind, LOGO_FILE, LOGO_ID, MailFailure, OutgoingMail, ProviderAccess, TakenMail, TransportFault,
};

const CONNECT_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
const ANSWER_BYTES_MAX: usize = 64 * 1024;
const ID_CHARS_MAX: usize = 100;
/// Where an answer says that it was too much, and not for how long.
const BUSY_MS: i64 = 60_000;
/// A day's or a month's mails are used up.
const QUOTA_MS: i64 = 3_600_000;

#[derive(Clone)]
pub(super) struct ResendClient {
    http: Client,
    url: Url,
    key: HeaderValue,
    pace: Arc<SendPace>,
}

impl fmt::Debug for ResendClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResendClient({})", self.url)
    }
}

#[derive(Deserialize)]
struct SentEmail {
    id: String,
}

#[derive(Deserialize)]
struct ResendError {
    name: String,
    #[serde(default)]
    message: String,
}

/// Whether a request to it stays on this machine, where nobody listens.
fn is_loopback(url: &Url) -> bool {
    url.host_str().is_some_and(|host| matches!(host, "127.0.0.1" | "[::1]" | "localhost"))
}

fn read_url(text: &str) -> Result<Url, TransportFault> {
    let url = Url::parse(text).map_err(|_| TransportFault::Address)?;
    let is_safe = url.scheme() == "https" || (url.scheme() == "http" && is_loopback(&url));
    if !is_safe || !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
        return Err(TransportFault::Address);
    }
    let base = url.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/emails")).map_err(|_| TransportFault::Address)
}

impl ResendClient {
    pub(super) fn new(access: &ProviderAccess) -> Result<Self, TransportFault> {
        let url = read_url(&access.resend_url)?;
        let secret = access.secret.as_deref().ok_or(TransportFault::NoSecret)?;
        let mut key =
            HeaderValue::from_str(&format!("Bearer {secret}")).map_err(|_| TransportFault::NoSecret)?;
        key.set_sensitive(true);
        let tls = build_tls(access.roots.as_deref()).map_err(|_| TransportFault::Roots)?;
        let http = Client::builder()
            .tls_backend_preconfigured(tls)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .user_agent("CleanTrack")
            .build()
            .map_err(|_| TransportFault::Roots)?;
        let pace = SendPace::new(access.pace);
        Ok(Self { http, url, key, pace: Arc::new(pace) })
    }

    pub(super) async fn send(
        &self,
        from: &Mailbox,
        mail: &OutgoingMail<'_>,
        headers: Vec<(&'static str, String)>,
    ) -> Result<TakenMail, MailFailure> {
        self.pace.wait().await;
        let mut body = json!({
            "from": from.to_string(),
            "to": [mail.address],
            "subject": mail.text.subject,
            "html": mail.text.html,
            "text": mail.text.text,
            "headers": headers.into_iter().collect::<BTreeMap<_, _>>(),
            // By these its events name the mail, whether or not the answer arrives.
            "tags": [{ "name": "mail", "value": mail.mail }, { "name": "kind", "value": mail.kind }],
        });
        if let Some(png) = mail.brand.and_then(|brand| brand.logo.as_ref()) {
            // <https://resend.com/docs/dashboard/emails/embed-inline-images>
            let content = STANDARD.encode(png);
            body["attachments"] =
                json!([{ "filename": LOGO_FILE, "content": content, "content_id": LOGO_ID }]);
        }
        let request = self
            .http
            .post(self.url.clone())
            .header(header::AUTHORIZATION, self.key.clone())
            .header(header::CONTENT_TYPE, "application/json")
            .header("Idempotency-Key", format!("ct-{}", mail.mail))
            .body(body.to_string());
        let mut answer = request.send().await.map_err(|error| describe_loss(&error))?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = Vec::new();
        while let Some(part) = answer.chunk().await.map_err(|error| describe_loss(&error))? {
            body.extend_from_slice(&part);
            if body.len() > ANSWER_BYTES_MAX {
                return Err(MailFailure::of_relay(FailureKind::Unclear, "the answer has no end"));
            }
        }
        let judged = judge_answer(status, &headers, &body);
        if let Err(MailFailure { kind: FailureKind::Busy { wait_ms }, .. }) = &judged {
            self.pace.pause(Duration::from_millis(wait_ms.unsigned_abs())).await;
        }
        judged
    }

    pub(super) fn pace(&self) -> &SendPace {
        &self.pace
    }
}

/// A connection that did not come about sent nothing; of any other nobody knows. Without the address, which an error may repeat.
fn describe_loss(error: &reqwest::Error) -> MailFailure {
    let mut deepest: &dyn std::error::Error = error;
    while let Some(source) = deepest.source() {
        deepest = source;
    }
    let kind = if error.is_connect() { FailureKind::Passing } else { FailureKind::Unclear };
    MailFailure::new(kind, "the provider did not answer", deepest)
}

/// Milliseconds of what Resend writes in seconds; an hour at most, for somebody between may have written it.
fn read_retry_after(headers: &HeaderMap) -> Option<i64> {
    let seconds: i64 = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(seconds.clamp(1, 3_600) * 1_000)
}

/// <https://resend.com/docs/api-reference/errors>. Of this mail alone it speaks where it names the receiver; what is said of the key, the
/// sender or the address that was asked concerns every mail, which then waits until a person has mended it.
fn judge_answer(status: StatusCode, headers: &HeaderMap, body: &[u8]) -> Result<TakenMail, MailFailure> {
    if status.is_success() {
        let sent: Option<SentEmail> = serde_json::from_slice(body).ok();
        return match sent.filter(|sent| sent.id.len() <= ID_CHARS_MAX) {
            Some(sent) => Ok(TakenMail { provider_id: Some(sent.id) }),
            // The same key brings the first answer again, where it was Resend that took it.
            None => Err(MailFailure::of_relay(FailureKind::Unclear, "the answer is none of Resend's")),
        };
    }
    let error: Option<ResendError> = serde_json::from_slice(body).ok();
    let name = error.as_ref().map_or("", |error| error.name.as_str());
    let answer = error.as_ref().map_or("no reason that can be read", |error| error.message.as_str());
    let kind = match (status.as_u16(), name) {
        (429, "daily_quota_exceeded" | "monthly_quota_exceeded") => FailureKind::Busy { wait_ms: QUOTA_MS },
        (429, _) => FailureKind::Busy { wait_ms: read_retry_after(headers).unwrap_or(BUSY_MS) },
        (400 | 422, "invalid_to_address") => FailureKind::Final,
        (400 | 422, "validation_error") if answer.contains("`to`") => FailureKind::Final,
        // Also a key that was used with other words: the mail may be the one that left.
        (500..=599 | 409, _) => FailureKind::Unclear,
        _ => FailureKind::Passing,
    };
    let known: String = name.chars().filter(|c| c.is_ascii_lowercase() || *c == '_').take(60).collect();
    Err(MailFailure::new(kind, format!("the provider answered {} {known}", status.as_u16()), answer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_means_one_thing_for_the_mail() {
        use FailureKind::{Busy, Final, Passing, Unclear};
        let judge = |status: u16, name: &str, message: &str, retry_after: Option<&'static str>| {
            let headers = retry_after.map(|value| (header::RETRY_AFTER, HeaderValue::from_static(value)));
            let body = json!({ "statusCode": status, "name": name, "message": message }).to_string();
            let status = StatusCode::from_u16(status).unwrap();
            judge_answer(status, &headers.into_iter().collect(), body.as_bytes()).unwrap_err()
        };
        for (status, name, message, kind) in [
            (401, "missing_api_key", "", Passing),
            (403, "validation_error", "The relay.example domain is not verified", Passing),
            (400, "validation_error", "API key is invalid", Passing),
            (422, "validation_error", "Invalid `from` field", Passing),
            (422, "validation_error", "Invalid `to` field", Final),
            (422, "invalid_to_address", "", Final),
            (422, "a_name_of_later", "", Passing),
            (500, "application_error", "", Unclear),
            (503, "", "", Unclear),
            (409, "concurrent_idempotent_requests", "", Unclear),
            (409, "invalid_idempotent_request", "", Unclear),
            (429, "daily_quota_exceeded", "", Busy { wait_ms: QUOTA_MS }),
        ] {
            assert_eq!(judge(status, name, message, Some("1")).kind, kind, "{status} {name} {message}");
        }
        for (retry_after, wait_ms) in [
            (Some("7"), 7_000),
            (Some("86400"), 3_600_000),
            (Some("Wed, 21 Oct 2026"), BUSY_MS),
            (None, BUSY_MS),
        ] {
            let judged = judge(429, "rate_limit_exceeded", "ana@linden.example", retry_after);
            assert_eq!(judged.kind, Busy { wait_ms }, "{retry_after:?}");
            assert!(!judged.to_string().contains("ana") && judged.answer.contains("ana"), "{judged:?}");
        }
        let text = judge_answer(StatusCode::BAD_REQUEST, &HeaderMap::new(), b"<html>");
        assert_eq!(text.unwrap_err().kind, Passing);
        let taken = judge_answer(StatusCode::OK, &HeaderMap::new(), br#"{"id":"e-1","later":[]}"#);
        assert_eq!(taken, Ok(TakenMail { provider_id: Some("e-1".to_owned()) }));
        let text = judge_answer(StatusCode::OK, &HeaderMap::new(), b"<html>");
        assert_eq!(text.unwrap_err().kind, Unclear, "somebody else may have answered");
    }
}
