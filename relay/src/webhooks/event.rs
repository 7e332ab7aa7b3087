//! What there is to be sent, and its payload: ids, tags, names of equipment, times and flags; never what people wrote.

use serde_json::{Value, json};

use crate::db::delivery::alerts::ListedAlert;
use crate::db::delivery::reports::StoredReport;
use crate::db::delivery::webhook_events::{
    ALERT_CHANGED, BOX_STATE, CLEANING_RECORDED, ITEM_OVERDUE, MarkedCleaning, NotedEvent, REPORT_READY,
};

/// Something that happens. What is added here is offered on the page, and gathered by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WebhookEvent {
    CleaningRecorded,
    ItemOverdue,
    /// The state of boxes has changed.
    BoxState,
    /// An alert was opened, acknowledged, escalated or closed.
    AlertChanged,
    /// A report can be fetched.
    ReportReady,
    Test,
}

impl WebhookEvent {
    pub const OFFERED: [Self; 5] =
        [Self::CleaningRecorded, Self::ItemOverdue, Self::BoxState, Self::AlertChanged, Self::ReportReady];

    /// As it is in the database and in what is sent.
    pub const fn word(self) -> &'static str {
        match self {
            Self::CleaningRecorded => CLEANING_RECORDED,
            Self::ItemOverdue => ITEM_OVERDUE,
            Self::BoxState => BOX_STATE,
            Self::AlertChanged => ALERT_CHANGED,
            Self::ReportReady => REPORT_READY,
            Self::Test => "test",
        }
    }

    pub fn find_offered(word: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|event| event.word() == word)
    }

    const fn list_member(self) -> Option<&'static str> {
        match self {
            Self::CleaningRecorded => Some("cleanings"),
            Self::ItemOverdue => Some("items"),
            Self::BoxState => Some("boxes"),
            Self::AlertChanged => Some("alerts"),
            Self::ReportReady => Some("reports"),
            Self::Test => None,
        }
    }

    /// What is sent: JSON as text.
    pub fn payload(self, things: &[&Value], now_ms: i64) -> String {
        let data = match self.list_member() {
            Some(member) => json!({ member: things }),
            None => json!({}),
        };
        json!({ "type": self.word(), "timestamp": stamp_time(now_ms), "data": data }).to_string()
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct CollectedThing {
    pub(super) event: WebhookEvent,
    pub(super) facility: String,
    pub(super) json: Value,
}

impl CollectedThing {
    pub(super) fn of_cleaning(marked: &MarkedCleaning) -> Self {
        let MarkedCleaning { facility, box_id, equipment, cleaning } = marked;
        let json = json!({
            "id": format!("{}.{}", cleaning.of.epoch, cleaning.of.seq),
            "box": box_id,
            "epoch": cleaning.of.epoch.to_string(),
            "seq": cleaning.of.seq,
            "facility": facility,
            "tag": cleaning.tag.to_string(),
            "equipment": equipment,
            "protocol": cleaning.protocol.map(|id| id.to_string()),
            "performed_at": stamp_time(cleaning.performed_ms),
            "recorded_at": stamp_time(cleaning.recorded_ms),
            "complete": cleaning.incomplete.is_empty(),
            "missing": cleaning.incomplete.iter().map(|part| part.word()).collect::<Vec<_>>(),
            "flags": &cleaning.flags,
            "voided": cleaning.voided.is_some(),
        });
        Self { event: WebhookEvent::CleaningRecorded, facility: facility.clone(), json }
    }

    /// `name`: of the item, where it is known.
    pub(super) fn of_item(noted: &NotedEvent, name: Option<&str>) -> Self {
        let json = json!({
            "facility": noted.facility,
            "tag": noted.thing,
            "equipment": name,
            "since": stamp_time(noted.at_ms),
        });
        Self { event: WebhookEvent::ItemOverdue, facility: noted.facility.clone(), json }
    }

    pub(super) fn of_box(noted: &NotedEvent) -> Self {
        let json = json!({
            "facility": noted.facility,
            "box": noted.thing,
            "state": noted.word,
            "since": stamp_time(noted.at_ms),
        });
        Self { event: WebhookEvent::BoxState, facility: noted.facility.clone(), json }
    }

    /// `alert`: as it is now.
    pub(super) fn of_alert(noted: &NotedEvent, alert: &ListedAlert) -> Self {
        let facts: Value = serde_json::from_str(&alert.row.facts).unwrap_or_default();
        let json = json!({
            "alert": noted.thing,
            "facility": noted.facility,
            "facility_name": alert.facility_name,
            "change": noted.word,
            "at": stamp_time(noted.at_ms),
            "kind": alert.row.kind,
            "subject": alert.row.subject,
            "severity": alert.row.severity,
            "state": alert.row.state,
            "since": stamp_time(alert.row.since_ms),
            "facts": facts,
        });
        Self { event: WebhookEvent::AlertChanged, facility: noted.facility.clone(), json }
    }

    /// Only whoever asked for it opens its path.
    pub(super) fn of_report(noted: &NotedEvent, stored: &StoredReport) -> Self {
        let order: Value = serde_json::from_str(&stored.body).unwrap_or_default();
        let root = if stored.owner.starts_with("token:") { "/api/v1/reports" } else { "/app/reports" };
        let json = json!({
            "id": stored.report,
            "format": stored.format,
            "facilities": order["facilities"],
            "from": order["query"]["from"],
            "to": order["query"]["to"],
            "bytes": stored.bytes,
            "path": format!("{root}/{}", stored.report),
        });
        Self { event: WebhookEvent::ReportReady, facility: noted.facility.clone(), json }
    }
}

/// RFC 3339 in UTC with milliseconds, as the API writes it.
fn stamp_time(ms: i64) -> String {
    let time = jiff::Timestamp::from_millisecond(ms).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_offered_event_is_found_by_its_word_and_lists_things() {
        for event in WebhookEvent::OFFERED {
            assert_eq!(WebhookEvent::find_offered(event.word()), Some(event));
            assert!(event.list_member().is_some());
            assert!(!event.word().contains(' '), "they stand in one column with blanks between them");
        }
        assert_eq!(WebhookEvent::find_offered("test"), None, "it is sent to whoever presses the button");
    }

    #[test]
    fn a_payload_has_type_time_and_data() {
        let things = [&json!({ "tag": "7QK3M9X2W" })];
        let text = WebhookEvent::ItemOverdue.payload(&things, 1_795_204_920_000);
        let read: Value = serde_json::from_str(&text).unwrap();
        let expected = json!({
            "type": "item.overdue",
            "timestamp": "2026-11-20T20:02:00.000Z",
            "data": { "items": [{ "tag": "7QK3M9X2W" }] },
        });
        assert_eq!(read, expected);
        let test: Value = serde_json::from_str(&WebhookEvent::Test.payload(&[], 0)).unwrap();
        assert_eq!(test["data"], json!({}));
    }
}
