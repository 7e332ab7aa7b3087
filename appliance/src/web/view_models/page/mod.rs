//! What every page needs: time, wording and the state of the box. Below all other view models.

pub(crate) mod entry_times;
pub(crate) mod facts;
pub(crate) mod formats;
pub(crate) mod missing;
pub(crate) mod path_segment;
pub(crate) mod snapshot;
pub(crate) mod wording;
