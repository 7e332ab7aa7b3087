//! What Resend says of mails that left (<https://resend.com/docs/webhooks/event-types>): read leniently, kept once by its id, and never
//! believed about the order.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use super::state::MailState;
use crate::db::delivery::suppressions::{NewMailEvent, SuppressionRow};
use crate::db::delivery::{mails, suppressions};
use crate::db::{DbError, SqlConnection};

/// After so many mails that came back, though a later one might have arrived …
const RETURNED_MAX: i64 = 5;
/// … within such a time, nothing is sent to an address any more.
const RETURNED_WITHIN_MS: i64 = 30 * 24 * 3_600_000;
const REASON_CHARS_MAX: usize = 300;
const WORD_CHARS_MAX: usize = 60;
const TAG: &str = "mail";

/// A message that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderEvent {
    /// How its mail stands by it; absent of something else, or of a later day than this program.
    state: Option<MailState>,
    /// Of a mail that came back: a later one may arrive.
    passing: bool,
    /// As it came, for whoever looks at what was ignored.
    name: String,
    mail: String,
    provider_id: String,
    reason: Option<String>,
    at_ms: Option<i64>,
}

#[derive(Deserialize)]
struct EventBody {
    #[serde(rename = "type")]
    name: String,
    #[serde(default)]
    created_at: Value,
    #[serde(default)]
    data: Value,
}

fn text_of(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Tags are documented as a list of names and values (<https://resend.com/docs/dashboard/webhooks/body-parameters>); an object is read too.
fn find_tag(tags: &Value) -> &str {
    let listed = tags.as_array().into_iter().flatten().find(|tag| text_of(&tag["name"]) == TAG);
    listed.map_or_else(|| text_of(&tags[TAG]), |tag| text_of(&tag["value"]))
}

impl ProviderEvent {
    /// Reads a body; `None` where it is no message of Resend.
    pub fn read(body: &[u8]) -> Option<Self> {
        let EventBody { name, created_at, data } = serde_json::from_slice(body).ok()?;
        let bounce = &data["bounce"];
        let state = match name.as_str() {
            "email.sent" => Some(MailState::Sent),
            "email.delivery_delayed" => Some(MailState::Delayed),
            "email.delivered" => Some(MailState::Delivered),
            "email.bounced" => Some(MailState::Bounced),
            "email.complained" => Some(MailState::Complained),
            "email.failed" => Some(MailState::Failed),
            // Resend itself sends nothing to the address.
            "email.suppressed" => Some(MailState::Suppressed),
            _ => None,
        };
        let reasons = [&bounce["message"], &data["failed"]["reason"], &data["suppressed"]["message"]];
        let reason = reasons.into_iter().map(text_of).find(|reason| !reason.is_empty());
        Some(Self {
            state,
            passing: text_of(&bounce["type"]) != "Permanent",
            name: shorten_text(&name, WORD_CHARS_MAX),
            mail: find_tag(&data["tags"]).to_owned(),
            provider_id: text_of(&data["email_id"]).to_owned(),
            reason: reason.map(|reason| shorten_text(reason, REASON_CHARS_MAX)),
            at_ms: text_of(&created_at).parse().ok().map(Timestamp::as_millisecond),
        })
    }
}

fn shorten_text(text: &str, chars_max: usize) -> String {
    text.chars().filter(|c| !c.is_control()).take(chars_max).collect()
}

/// Keeps a message and does what follows from it, in the caller's transaction. One that came before does nothing.
pub async fn apply_event(
    tx: &mut impl SqlConnection,
    id: &str,
    event: &ProviderEvent,
    now_ms: i64,
) -> Result<(), DbError> {
    let found = mails::platform_find_addressed(tx, &event.mail, &event.provider_id).await?;
    let mail = found.as_ref().map(|(mail, _)| mail.as_str());
    let new = NewMailEvent {
        event: id,
        mail,
        word: event.state.map_or(event.name.as_str(), |state| state.stored().word),
        at_ms: event.at_ms.unwrap_or(now_ms).min(now_ms),
    };
    if !suppressions::platform_insert_event(tx, &new, now_ms).await? {
        return Ok(());
    }
    let (Some((mail, address)), Some(state)) = (&found, event.state) else { return Ok(()) };
    mails::raise_state(tx, mail, state.stored(), event.reason.as_deref(), now_ms).await?;
    let kind = match state {
        MailState::Complained => "complaint",
        MailState::Suppressed => "provider",
        MailState::Bounced if !event.passing => "bounce",
        MailState::Bounced => {
            let lifted_ms = suppressions::platform_lifted_ms(tx, address).await?.unwrap_or(i64::MIN);
            let since_ms = now_ms.saturating_sub(RETURNED_WITHIN_MS).max(lifted_ms);
            if suppressions::platform_count_returned(tx, address, since_ms).await? < RETURNED_MAX {
                return Ok(());
            }
            "bounce"
        }
        _ => return Ok(()),
    };
    let row = SuppressionRow { address: address.clone(), kind: kind.to_owned(), since_ms: now_ms };
    suppressions::platform_suppress(tx, &row).await
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_message_is_read_and_what_is_new_is_kept_as_such() {
        for (name, state) in [
            ("email.sent", Some(MailState::Sent)),
            ("email.delivery_delayed", Some(MailState::Delayed)),
            ("email.delivered", Some(MailState::Delivered)),
            ("email.complained", Some(MailState::Complained)),
            ("email.failed", Some(MailState::Failed)),
            ("email.suppressed", Some(MailState::Suppressed)),
            ("email.opened", None),
            ("contact.created", None),
        ] {
            let body = json!({ "type": name, "created_at": "2026-11-20T14:02:00.000Z", "data": {
                "email_id": "e-1", "to": ["ana@linden.example"], "tags": { "mail": "01ABC" }, "later": [1] } });
            let event = ProviderEvent::read(body.to_string().as_bytes()).unwrap();
            assert_eq!(
                (event.state, event.mail.as_str(), event.provider_id.as_str()),
                (state, "01ABC", "e-1")
            );
            assert_eq!(event.at_ms, Some(1_795_183_320_000));
        }
        let listed = json!({ "type": "email.sent", "data": { "tags": [
            { "name": "kind", "value": "reset" }, { "name": "mail", "value": "01ABD" } ] } });
        let event = ProviderEvent::read(listed.to_string().as_bytes()).unwrap();
        assert_eq!((event.mail.as_str(), event.at_ms), ("01ABD", None));
    }

    #[test]
    fn whether_an_address_is_gone_for_good_is_told_by_the_bounce() {
        for (kind, passing) in
            [("Permanent", false), ("Transient", true), ("Undetermined", true), ("Later", true)]
        {
            let body = json!({ "type": "email.bounced", "data": { "bounce": {
                "type": kind, "subType": "General", "message": "no\r\nsuch user" } } });
            let event = ProviderEvent::read(body.to_string().as_bytes()).unwrap();
            assert_eq!((event.state, event.passing), (Some(MailState::Bounced), passing), "{kind}");
            assert_eq!(event.reason.as_deref(), Some("nosuch user"));
        }
    }

    #[test]
    fn what_is_no_message_is_none() {
        for body in ["", "{}", "[]", "text", r#"{"type":1}"#] {
            assert_eq!(ProviderEvent::read(body.as_bytes()), None, "{body}");
        }
    }
}
