//! What several pages and the API show in the same way.

pub(crate) mod alerts;
pub(crate) mod box_alarms;
pub(crate) mod box_state;
pub(crate) mod chart;
pub(crate) mod cleanings;
pub(crate) mod facility_state;
pub(crate) mod formats;
pub(crate) mod item_history;
pub(crate) mod label_faults;
pub(crate) mod map;
pub(crate) mod page_turns;
pub(crate) mod reports;
