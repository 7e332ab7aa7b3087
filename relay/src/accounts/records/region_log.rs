//! Facilities that change their region: that each leaves one and joins another is an act of its own, for whoever asks later who let whom
//! see it.

use record::ids::FacilityId;

use super::access_log::{AccessLog, AccessRecord};
use crate::db::{DbError, ScopedConnection};

/// A facility that changes its region, with the names of both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegionMove<'a> {
    pub facility: FacilityId,
    pub from: Option<&'a str>,
    /// What it joins; none where it is in no region from now on.
    pub into: Option<&'a str>,
}

impl AccessLog<'_> {
    /// The acts of a facility that changes its region, in the transaction that does so.
    pub async fn write_move(
        &self,
        tx: &mut ScopedConnection,
        who: &str,
        moved: RegionMove<'_>,
    ) -> Result<(), DbError> {
        for (act, name) in [("region leave", moved.from), ("region join", moved.into)] {
            if let Some(about) = name {
                let record = AccessRecord { who, act, about, facility: Some(moved.facility) };
                self.write_act(tx, record).await?;
            }
        }
        Ok(())
    }
}
