//! The tables of phones, each opened by itself.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use super::{ContactTimers, LabelScans};
use crate::store::StateDb;

#[derive(Debug, Clone, Default)]
pub(crate) struct PhoneTables {
    pub(crate) contact_timers: Arc<ContactTimers>,
    pub(crate) label_scans: Arc<LabelScans>,
}

impl PhoneTables {
    /// Where a table cannot be used, its rows are in memory alone.
    pub(crate) fn open(db: StateDb) -> Self {
        Self {
            contact_timers: open_table("contact_timers", || ContactTimers::open(db.clone())),
            label_scans: open_table("label_scans", || LabelScans::open(db)),
        }
    }

    /// Writes what is not on the disk yet.
    pub(crate) fn save(&self) -> Result<(), redb::Error> {
        self.contact_timers.save().and(self.label_scans.save())
    }
}

fn open_table<T: Default>(name: &str, open: impl FnOnce() -> Result<T, redb::Error>) -> Arc<T> {
    // A damaged page can make redb panic.
    let why = match catch_unwind(AssertUnwindSafe(open)) {
        Ok(Ok(table)) => return Arc::new(table),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "a table could not be read".to_owned(),
    };
    tracing::error!(why, name, "what is in this table does not outlive this start");
    Arc::default()
}
