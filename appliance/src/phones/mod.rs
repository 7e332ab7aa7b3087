//! What phones began at the box, and what they recorded while it did not answer.

mod contact_timers;
mod label_scans;
mod photo_asks;
mod recording_phones;
mod refused_records;
mod refused_submissions;
mod tables;
mod time_place;
mod waiting_phones;

pub use self::contact_timers::{BegunCleaning, ContactState, ContactTimer, ContactTimers, count_cleanings};
pub use self::label_scans::LabelScans;
pub use self::photo_asks::PhotoAsks;
pub use self::recording_phones::RecordingPhones;
pub use self::refused_records::{RefusedPage, RefusedRecords};
pub use self::refused_submissions::{
    REFUSED_READER, RefusedProblem, RefusedSubmission, SubmissionFault, SubmissionSender, refused_photos,
};
pub(crate) use self::tables::PhoneTables;
pub use self::time_place::{BoxContact, PhoneReading, PhoneTimes, TimePlace, place_copied, place_in_time};
pub use self::waiting_phones::{
    NoticeSender, OVERDUE_MAX, PhoneClosing, WaitingNotice, WaitingPhone, WaitingPhones, WaitingTotal,
};
