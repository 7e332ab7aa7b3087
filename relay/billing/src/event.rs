//! The envelope of what Stripe sends: who it is about, and never how that is. State is asked for.

use serde::Deserialize;
use serde_json::Value;

const TEXT_CHARS_MAX: usize = 255;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeEvent {
    pub id: String,
    /// Stripe's word for what happened, such as `invoice.payment_failed`.
    pub word: String,
    /// Absent of those that name it in words.
    pub created_s: Option<i64>,
    pub api_version: Option<String>,
    pub livemode: bool,
    /// The id of what it happened to.
    pub object: Option<String>,
    pub customer: Option<String>,
}

#[derive(Deserialize)]
struct Envelope {
    id: String,
    #[serde(rename = "type")]
    word: String,
    created: Value,
    #[serde(default)]
    api_version: Option<String>,
    livemode: bool,
    /// Absent of thin events (<https://docs.stripe.com/event-destinations#thin-events>), which name what they are about.
    #[serde(default)]
    data: Option<EventData>,
    #[serde(default)]
    related_object: Option<EventObject>,
}

#[derive(Deserialize)]
struct EventData {
    object: EventObject,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EventObject {
    id: Value,
    object: Value,
    customer: Value,
}

/// An id as it stands, or within the object in its place.
fn id_of(value: &Value) -> Option<String> {
    let text = value.as_str().or_else(|| value["id"].as_str())?;
    (!text.is_empty() && text.len() <= TEXT_CHARS_MAX).then(|| text.to_owned())
}

impl StripeEvent {
    /// Reads a body of any API version; `None` where it is no event.
    pub fn read(body: &[u8]) -> Option<Self> {
        let Envelope { id, word, created, api_version, livemode, data, related_object } =
            serde_json::from_slice(body).ok()?;
        let object = match (data, related_object) {
            (Some(data), _) => data.object,
            (None, Some(object)) => object,
            (None, None) if created.is_string() => EventObject::default(),
            (None, None) => return None,
        };
        if [&id, &word].into_iter().any(|text| text.is_empty() || text.len() > TEXT_CHARS_MAX) {
            return None;
        }
        let own = id_of(&object.id);
        let customer = match object.object.as_str() {
            Some("customer") => own.clone(),
            _ => id_of(&object.customer),
        };
        let api_version = api_version.filter(|version| version.len() <= TEXT_CHARS_MAX);
        Some(Self { id, word, created_s: created.as_i64(), api_version, livemode, object: own, customer })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(object: &str, rest: &str) -> Option<StripeEvent> {
        let body = format!(
            r#"{{"id":"evt_1","object":"event","type":"a.b","created":5,"livemode":false{rest},"data":{{"object":{object}}}}}"#
        );
        StripeEvent::read(body.as_bytes())
    }

    #[test]
    fn events_of_any_version_say_whom_they_are_about() {
        for (object, rest, customer) in [
            (r#"{"id":"in_1","object":"invoice","customer":"cus_1"}"#, "", Some("cus_1")),
            (r#"{"id":"cus_1","object":"customer"}"#, r#","api_version":"2020-08-27""#, Some("cus_1")),
            (
                r#"{"id":"sub_1","object":"subscription","customer":{"id":"cus_1","later":[]}}"#,
                "",
                Some("cus_1"),
            ),
            (
                r#"{"id":"ch_1","object":"charge","customer":null}"#,
                r#","api_version":"2031-01-01.rose""#,
                None,
            ),
            // The shapes of three versions: the invoice of a subscription has moved, whose it is has not.
            (
                r#"{"id":"sub_1","object":"subscription","customer":"cus_1","plan":{"id":"pro"},"current_period_end":9}"#,
                r#","api_version":"2020-08-27""#,
                Some("cus_1"),
            ),
            (
                r#"{"id":"in_1","object":"invoice","customer":"cus_1","subscription":"sub_1","paid":false}"#,
                r#","api_version":"2024-06-20""#,
                Some("cus_1"),
            ),
            (
                r#"{"id":"in_1","object":"invoice","customer":"cus_1","parent":{"subscription_details":{"subscription":"sub_1"}}}"#,
                r#","api_version":"2025-03-31.basil""#,
                Some("cus_1"),
            ),
            (r#"{"later":{"id":1}}"#, r#","api_version":null"#, None),
        ] {
            assert_eq!(read(object, rest).unwrap().customer.as_deref(), customer, "{object}");
        }
    }

    #[test]
    fn a_thin_event_names_what_it_is_about() {
        let body = r#"{"id":"evt_1","object":"v2.core.event","type":"v1.billing.meter.error_report_triggered","livemode":false,
            "created":"2026-11-30T06:00:00.000Z","related_object":{"id":"mtr_1","type":"billing.meter","url":"/v1/billing/meters/mtr_1"}}"#;
        let event = StripeEvent::read(body.as_bytes()).unwrap();
        assert_eq!((event.object.as_deref(), event.customer, event.created_s), (Some("mtr_1"), None, None));
    }

    #[test]
    fn what_is_no_event_is_none() {
        for body in [
            "",
            "[]",
            "{}",
            r#"{"id":"evt_1","type":"a","created":5,"livemode":false}"#,
            r#"{"id":"evt_1","type":"a","livemode":false,"data":{"object":{}}}"#,
        ] {
            assert_eq!(StripeEvent::read(body.as_bytes()), None, "{body}");
        }
        assert_eq!(read(r#""text""#, ""), None);
        let long = format!(
            r#"{{"id":"{}","type":"a","created":1,"livemode":true,"data":{{"object":{{}}}}}}"#,
            "x".repeat(300)
        );
        assert_eq!(StripeEvent::read(long.as_bytes()), None);
    }
}
