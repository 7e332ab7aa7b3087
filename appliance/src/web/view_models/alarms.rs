//! Alarms as pages and API show them.

use record::alarm::AlarmCode;
use record::fold::Facility;
use record::ids::Epoch;
use schemars::JsonSchema;
use serde::Serialize;
use web::error::HttpError;

use crate::alarms::words::AlarmWords;
use crate::alarms::{Acknowledgement, ActiveAlarm};
use crate::store::Reader;
use crate::web::context::AppState;
use crate::web::log_reads::{read_quick, staff_name};
use crate::web::view_models::formats::{Local, Moment};

/// An alarm on the box's page.
pub(crate) struct AlarmCard {
    pub(crate) id: String,
    pub(crate) words: AlarmWords,
    pub(crate) since: Moment,
    pub(crate) over: Option<Moment>,
    /// When it was acknowledged, and by whom.
    pub(crate) seen: Option<(Moment, String)>,
}

/// All alarms for the box's page.
pub(crate) async fn cards(state: &AppState, local: &Local) -> Result<Vec<AlarmCard>, HttpError> {
    let local = local.clone();
    let cards = read_quick(state, move |state, reader| {
        let all = state.alarms.all();
        let facility = state.store.snapshot();
        let card = |alarm: &ActiveAlarm| AlarmCard {
            id: alarm.id.clone(),
            words: alarm.words(),
            since: local.day_time(alarm.first_ms),
            over: alarm.over_ms.map(|ms| local.day_time(ms)),
            seen: alarm
                .seen
                .as_ref()
                .map(|seen| (local.day_time(seen.at_ms), seen_by(state, reader, &facility, seen))),
        };
        Ok(all.iter().map(card).collect())
    });
    cards.await
}

pub(crate) fn seen_by(
    state: &AppState,
    reader: &Reader,
    facility: &Facility,
    seen: &Acknowledgement,
) -> String {
    match (seen.by.staff, &seen.by.token) {
        (Some(staff), _) => staff_name(reader, facility, staff),
        (None, Some(id)) => {
            let token = state.identity.tokens.all().into_iter().find(|token| token.id == *id);
            format!("the program {}", token.map_or_else(|| id.clone(), |token| token.name))
        }
        (None, None) => "the box’s command line".to_owned(),
    }
}

/// An alarm as programs read it.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Alarm")]
pub(crate) struct AlarmJson {
    /// Names it in addresses: eight hex digits.
    id: String,
    /// What it is, in one word that never changes.
    code: AlarmCode,
    /// Of which log; null where it is about none.
    epoch: Option<Epoch>,
    /// The first entry that it is about.
    from: Option<u64>,
    /// The entry behind the last one that it is about; null with `from` where it goes on to the end.
    to: Option<u64>,
    /// What else it is about, such as a printer's name.
    subject: Option<String>,
    /// Since when, milliseconds since 1970.
    first_ms: i64,
    /// When what it tells of was over, milliseconds since 1970; null while it stands.
    over_ms: Option<i64>,
    /// When somebody acknowledged it, milliseconds since 1970; null where nobody has.
    seen_ms: Option<i64>,
    /// What happened, in a few words.
    title: String,
    /// What happened and what to do.
    words: String,
}

impl AlarmJson {
    pub(crate) fn of(alarm: &ActiveAlarm) -> Self {
        let (cause, words) = (&alarm.cause, alarm.words());
        Self {
            id: alarm.id.clone(),
            code: cause.code,
            epoch: cause.epoch,
            from: cause.from,
            to: cause.to,
            subject: cause.subject.clone(),
            first_ms: alarm.first_ms,
            over_ms: alarm.over_ms,
            seen_ms: alarm.seen.as_ref().map(|seen| seen.at_ms),
            words: words.line(),
            title: words.title,
        }
    }
}
