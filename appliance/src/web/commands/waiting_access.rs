//! PINs that strangers enter, and tokens that end: the reminders that result.

use std::collections::BTreeMap;

use crate::alarms::reminders::{ReminderCode, ReminderTable};
use crate::anchors::{known_now_ms, sure_now_ms};
use crate::web::context::AppState;

/// A token is reported once more this long before its end: a week.
const LAST_MS: i64 = 7 * 86_400_000;

pub fn remind_of_access(state: &AppState) {
    let Some(table) = state.alarms.reminders() else { return };
    let (now, facility) = (state.clock.now(), state.store.facility());
    if let Some(sure_ms) = sure_now_ms(&now, &facility)
        && let Err(error) = state.identity.tokens.forget_ended(sure_ms)
    {
        tracing::error!(%error, "tokens that ended long ago are not forgotten yet");
    }
    let now_ms = known_now_ms(&now, &facility);
    replace_reminders(table, ReminderCode::TokenEnds, &ending_tokens(state, now_ms), now_ms);
    match state.identity.pins.alarms(now_ms) {
        Ok(alarms) => {
            let facility = state.store.snapshot();
            let here =
                alarms.into_iter().filter(|(staff, _)| facility.staff.get(staff).is_some_and(|s| !s.left));
            let open = here.map(|(staff, wrong)| (staff.to_string(), wrong.count)).collect();
            replace_reminders(table, ReminderCode::PinTries, &open, now_ms);
        }
        Err(error) => tracing::error!(%error, "it could not be read whose PIN strangers enter"),
    }
}

fn replace_reminders(table: &ReminderTable, code: ReminderCode, open: &BTreeMap<String, u32>, now_ms: i64) {
    if let Err(error) = table.replace_open(code, open, now_ms) {
        tracing::error!(%error, ?code, "what waits for somebody was not written down");
    }
}

/// Counted by how often each was reported: the second report is a new reminder.
fn ending_tokens(state: &AppState, now_ms: i64) -> BTreeMap<String, u32> {
    let tokens = state.identity.tokens.all();
    let ending = tokens.iter().filter_map(|token| Some((token, token.ends_soon(now_ms)?)));
    ending.map(|(token, end_ms)| (token.id.clone(), 1 + u32::from(end_ms - now_ms <= LAST_MS))).collect()
}
