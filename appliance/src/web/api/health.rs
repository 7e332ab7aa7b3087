//! Whether the box can record, whether all of its log is here, and what is not as it should be; anybody may ask.

use axum::extract::State;
use http::Method;
use record::alarm::AlarmCode;
use record::ids::{BoxId, Epoch};
use schemars::JsonSchema;
use serde::Serialize;
use web::answer::{Json, OneOf};
use web::error::HttpError;
use web::route::{AnyCaller, Route, RouteKind, row};

use crate::alarms::sources::is_of_missing;
use crate::store::Recording;
use crate::uplink::UplinkTransport;
use crate::web::context::{AppState, RelayLinkState};
use crate::web::view_models::alarms::alarm_words::word_alarm_line;
use crate::web::view_models::alarms::list::AlarmJson;

pub(crate) fn health_routes() -> Vec<Route<AppState>> {
    vec![row(Method::GET, "/healthz", "health.show", RouteKind::Api, show).summary("How the box is")]
}

/// How the box is.
#[derive(Debug, Serialize, JsonSchema)]
struct Health {
    /// Whether it takes records.
    ok: bool,
    /// Whether all of its log is here.
    whole: bool,
    /// Alarms that nobody has acknowledged.
    unseen: usize,
    /// What is not as it should be.
    degraded: Vec<Degradation>,
    /// Which box.
    r#box: BoxId,
    /// The present epoch of its log.
    epoch: Epoch,
    /// Entries of that epoch.
    entries: u64,
    /// How many of them the relay has.
    at_relay: u64,
    /// The connection to the relay.
    relay: RelayWord,
    /// The way to the relay that is in use, or tried next; null before the box is claimed.
    way: Option<TransportWord>,
    /// Ways that did not lead to the relay when they were tried last.
    blocked: Vec<BlockedTransport>,
    /// Whether its storage was full, and the reserve for that is not restored yet.
    disk_was_full: bool,
    /// All alarms, those first that nobody has acknowledged.
    alarms: Vec<AlarmJson>,
    /// When all that is kept was last read and found right, milliseconds since 1970; null before the first time.
    all_checked_ms: Option<i64>,
    /// The alarms that nobody has acknowledged, in words.
    notes: Vec<String>,
}

/// Something that is not as it should be.
#[derive(Debug, Serialize, JsonSchema)]
struct Degradation {
    /// The alarm's code.
    code: AlarmCode,
    /// What it is about.
    subject: Option<String>,
}

/// The connection to the relay.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum RelayWord {
    /// The box was never claimed: it works alone.
    Alone,
    /// It is connected.
    Up,
    /// It is not connected.
    Down,
}

/// A way to the relay.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "WayWord")]
enum TransportWord {
    /// MQTT over TLS.
    Mqtt,
    /// HTTPS, by a proxy where one is set.
    Https,
}

impl TransportWord {
    fn of(way: UplinkTransport) -> Self {
        match way {
            UplinkTransport::Mqtt => Self::Mqtt,
            UplinkTransport::Https => Self::Https,
        }
    }
}

/// A way that does not lead to the relay.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "BlockedWay")]
struct BlockedTransport {
    /// Which.
    way: TransportWord,
    /// Where it ends, in one word.
    code: &'static str,
}

/// 200, or 503 while nothing can be recorded.
type HealthAnswer = OneOf<Json<Health>, Json<Health, 503>>;

async fn show(_: AnyCaller, State(state): State<AppState>) -> Result<HealthAnswer, HttpError> {
    let health = state.store.health();
    let relay = match *state.link.borrow() {
        RelayLinkState::Alone => RelayWord::Alone,
        RelayLinkState::Up { .. } => RelayWord::Up,
        RelayLinkState::Down { .. } => RelayWord::Down,
    };
    let transports = state.transports.borrow().clone();
    let blocked = transports.iter().flat_map(|report| &report.faults);
    let blocked =
        blocked.map(|(way, fault)| BlockedTransport { way: TransportWord::of(*way), code: fault.key() });
    let blocked: Vec<BlockedTransport> = blocked.collect();
    let all = state.alarms.all();
    let active: Vec<_> = all.iter().filter(|alarm| alarm.is_active()).collect();
    let unseen: Vec<_> = all.iter().filter(|alarm| alarm.seen.is_none()).collect();
    let ok = health.recording == Recording::Ready;
    let shown = Health {
        ok,
        whole: !active.iter().any(|alarm| is_of_missing(&alarm.cause)) && !state.knows_nothing_yet(),
        unseen: unseen.len(),
        degraded: active
            .iter()
            .map(|alarm| Degradation { code: alarm.cause.code, subject: alarm.reported().subject })
            .collect(),
        r#box: health.origin.box_id,
        epoch: health.origin.epoch,
        entries: health.size,
        at_relay: state.store.cursor_size(),
        relay,
        way: transports.map(|report| TransportWord::of(report.transport)),
        blocked,
        disk_was_full: !health.ballast,
        alarms: all.iter().map(AlarmJson::of).collect(),
        all_checked_ms: health.scrubbed.round_ms,
        notes: unseen.into_iter().map(word_alarm_line).collect(),
    };
    Ok(if ok { OneOf::First(Json(shown)) } else { OneOf::Second(Json(shown)) })
}
