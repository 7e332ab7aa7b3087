//! Alerts as Slack takes them: an incoming webhook gets a JSON object with `text`, and no other member of ours
//! (<https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks>).

use serde_json::{Value, json};

use super::event::WebhookEvent;
use crate::outgoing::OutgoingUrl;
use crate::wording::{AlertsWords, WebhooksWords, open_words};

const HOST: &str = "hooks.slack.com";

pub(super) fn is_slack(url: &str) -> bool {
    OutgoingUrl::parse(url).is_ok_and(|url| url.host() == HOST)
}

/// What is sent to an address: to Slack a line an alert, to any other receiver what the event has.
pub(super) fn payload_for(url: &str, event: WebhookEvent, things: &[&Value], now_ms: i64) -> String {
    if !is_slack(url) {
        return event.payload(things, now_ms);
    }
    let lines: Vec<String> = match event {
        WebhookEvent::Test => vec![open_words::<WebhooksWords>().webhook_event_test()],
        _ => things.iter().map(|alert| word_alert(alert)).collect(),
    };
    json!({ "text": lines.join("\n") }).to_string()
}

/// What people named is text there: `&`, `<` and `>` would be links and mentions.
fn word_alert(alert: &Value) -> String {
    let w: AlertsWords = open_words();
    let text = |member: &Value| {
        let text = member.as_str().unwrap_or_default();
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
    };
    let kind = w.catalog().format(&format!("alert-kind-{}", text(&alert["kind"])), &[]);
    let change = w.alert_event(alert["change"].as_str().unwrap_or_default());
    let about = ["name", "code"].map(|member| text(&alert["facts"][member]));
    let about: Vec<&str> = about.iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    let subject = if about.is_empty() { String::new() } else { format!(" ({})", about.join(", ")) };
    format!("{}: {kind}{subject}. {change}", text(&alert["facility_name"]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_is_a_line_in_which_nothing_is_a_mention() {
        let alert = json!({
            "facility_name": "Linden <!channel> & Co", "kind": "overdue", "change": "opened", "facts": { "name": "Pump 3" },
        });
        let slack = "https://hooks.slack.com/services/T0/B0/X";
        let sent = |url: &str, event, things: &[&Value]| payload_for(url, event, things, 0);
        let read = sent(slack, WebhookEvent::AlertChanged, &[&alert, &alert]);
        let read: Value = serde_json::from_str(&read).unwrap();
        let line = "Linden &lt;!channel&gt; &amp; Co: Overdue for cleaning (Pump 3). Opened";
        assert_eq!(read, json!({ "text": format!("{line}\n{line}") }));
        assert!(sent(slack, WebhookEvent::Test, &[]).starts_with(r#"{"text":"#));
        let other = sent("https://hooks.slack.com.example/services/T0/B0/X", WebhookEvent::Test, &[]);
        assert!(other.contains(r#""type":"test""#), "{other}");
    }
}
