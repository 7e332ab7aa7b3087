//! Phones that have held records for long: the reminders that result.

use record::entry::CommandSource;
use web::error::HttpError;

use crate::alarms::reminders::{OpenReminder, ReminderCode};
use crate::phones::{OVERDUE_MAX, RecordingPhones, WaitingPhones};
use crate::web::commands::reminders::list_reminders;
use crate::web::context::AppState;
use crate::web::log_reads::read_long;

/// Alarms about phones that have not connected since the box was started: each holds what it held before.
pub(crate) fn list_silent_phones(state: &AppState) -> Vec<OpenReminder> {
    let (phones, up_ms) = (state.stored::<WaitingPhones>(), state.clock.now().up_ms);
    let mut rows = list_reminders(state);
    rows.retain(|row| {
        let device = Some(&row.subject).filter(|_| row.code == ReminderCode::PhoneWaits);
        device
            .and_then(|device| device.parse().ok())
            .is_some_and(|device| phones.find(device, up_ms).is_none())
    });
    rows
}

/// Reads from the log which phones made records, as far as it was not read yet.
///
/// # Errors
/// It could not be read now; the next call continues there.
pub async fn learn_phones(state: &AppState) -> Result<(), HttpError> {
    let known = state.stored::<RecordingPhones>();
    loop {
        let range = known.next_range(state.store.size());
        if range.is_empty() {
            return Ok(());
        }
        let read = range.end;
        let found = read_long(state, move |_, reader| {
            let mut found = Vec::new();
            for entry in reader.entries(range) {
                let entry = entry.map_err(|error| HttpError::internal(&error))?;
                let (seq, by) = (entry.head().seq, entry.head().by);
                found
                    .extend(by.device.filter(|_| by.via == CommandSource::Phone).map(|device| (device, seq)));
            }
            Ok(found)
        });
        known.note_read(read, found.await?);
    }
}

pub fn remind_of_phones(state: &AppState) {
    let Some(table) = state.alarms.reminders() else { return };
    let now = state.clock.now();
    let overdue = state.stored::<WaitingPhones>().overdue(now.up_ms).into_iter();
    let silent = list_silent_phones(state).into_iter().map(|row| (row.subject, row.count));
    let all = overdue.map(|(device, records)| (device.to_string(), records)).chain(silent);
    let open = all.take(OVERDUE_MAX).collect();
    if let Err(error) = table.replace_open(ReminderCode::PhoneWaits, &open, now.wall_ms) {
        tracing::error!(%error, "phones that hold records were not written down");
    }
}
