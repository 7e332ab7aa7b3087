//! Phones that record while the box does not answer, and what they send when it does again.

mod time_place;

pub use self::time_place::{BoxContact, PhoneReading, PhoneTimes, TimePlace, place_in_time};
