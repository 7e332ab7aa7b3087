//! What an item's history contains and when it is due, in words: box and relay show the same. No IO, no clock.

mod cleaning;
mod contact;
mod fields;
mod flag;
mod line;
mod schedule;
#[cfg(test)]
mod tests;

mod messages {
    include!(concat!(env!("OUT_DIR"), "/words.rs"));
}

pub use self::cleaning::{word_certainty, word_due_cause, word_trigger};
pub use self::contact::word_contact;
pub use self::flag::word_flag;
pub use self::line::{HistoryEntry, HistoryWording, rows_named, word_key, word_problem};
pub use self::messages::{HISTORY_WORDS, HistoryWords, ScheduleWords};
pub use self::schedule::{word_schedule, word_schedule_inside};
