//! Phones that record while the box does not answer, and what they send when it does again.

mod refused_submissions;
mod time_place;
mod waiting_phones;

pub use self::refused_submissions::{
    RefusedSubmission, close_refused, find_refused, keep_refused, open_refused,
};
pub use self::time_place::{BoxContact, PhoneReading, PhoneTimes, TimePlace, place_in_time};
pub use self::waiting_phones::{WaitingNotice, WaitingPhones, WaitingTotal};
