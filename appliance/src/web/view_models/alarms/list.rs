//! Alarms as pages and API show them.

use record::alarm::AlarmCode;
use record::fold::FacilityState;
use record::ids::Epoch;
use schemars::JsonSchema;
use serde::Serialize;
use web::error::HttpError;
use words::{S0, S1, S2, S3, SafeHtml, fill_slots};

use crate::alarms::{ActiveAlarm, AlarmAcknowledgement};
use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::view_models::alarms::alarm_words::{AlarmSentences, AlarmText};
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::FacilityWords;

pub(crate) struct AlarmCard {
    pub(crate) id: String,
    pub(crate) words: AlarmText,
    pub(crate) is_seen: bool,
    pub(crate) dates: SafeHtml,
}

pub(crate) async fn alarm_cards(
    state: &AppState,
    wording: PageWording,
    w: FacilityWords,
    sentences: AlarmSentences,
) -> Result<Vec<AlarmCard>, HttpError> {
    let cards = read_quick(state, move |state, reader| {
        let all = state.alarms.all();
        let facility = state.store.snapshot();
        let cards = all.iter().map(|alarm| {
            let seen = alarm.seen.as_ref();
            let seen =
                seen.map(|seen| (seen.at_ms, word_reader(state, reader, &facility, seen, &wording, w)));
            AlarmCard {
                id: alarm.id.clone(),
                words: AlarmText::of(sentences, alarm),
                is_seen: alarm.seen.is_some(),
                dates: word_dates(w, &wording, alarm, seen),
            }
        });
        Ok(cards.collect())
    });
    cards.await
}

fn word_dates(
    w: FacilityWords,
    wording: &PageWording,
    alarm: &ActiveAlarm,
    seen: Option<(i64, SafeHtml)>,
) -> SafeHtml {
    let (id, since) = (alarm.id.as_str(), word_moment(wording, alarm.first_ms));
    match (alarm.over_ms.map(|ms| word_moment(wording, ms)), seen) {
        (None, None) => fill_slots(w.box_alarm_since(id, S0), [since]),
        (Some(over), None) => fill_slots(w.box_alarm_since_over(id, S1, S0), [since, over]),
        (None, Some((ms, who))) => {
            fill_slots(w.box_alarm_since_seen(id, S1, S0, S2), [since, word_moment(wording, ms), who])
        }
        (Some(over), Some((ms, who))) => {
            let parts = [since, over, word_moment(wording, ms), who];
            fill_slots(w.box_alarm_since_over_seen(id, S1, S2, S0, S3), parts)
        }
    }
}

fn word_moment(wording: &PageWording, ms: i64) -> SafeHtml {
    wording.dates().day_and_time(ms).to_html()
}

fn word_reader(
    state: &AppState,
    reader: &LogReader,
    facility: &FacilityState,
    seen: &AlarmAcknowledgement,
    wording: &PageWording,
    w: FacilityWords,
) -> SafeHtml {
    match (seen.by.staff, &seen.by.token) {
        (Some(staff), _) => StoredText::of_staff(reader, facility, staff).to_html(wording.words()),
        (None, Some(id)) => {
            let token = state.identity.tokens.all().into_iter().find(|token| token.id == *id);
            let name = token.map_or_else(|| id.clone(), |token| token.name);
            fill_slots(w.box_seen_program(S0), [SafeHtml::entered(&name)])
        }
        (None, None) => fill_slots(w.box_seen_command_line(), []),
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
        let (cause, words) = (&alarm.cause, AlarmText::of(AlarmSentences::english(), alarm));
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
