//! A facility with the account that it is of.

use record::ids::FacilityId;

use super::connection::AccountScope;
use super::error::DbError;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OwnedFacility {
    pub scope: AccountScope,
    pub facility: FacilityId,
}

impl OwnedFacility {
    /// Reads the columns of a row: number and id of the account, id of the facility.
    pub(in crate::db) fn read(number: i64, account: &str, facility: &str) -> Result<Self, DbError> {
        let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
        Ok(Self { scope: AccountScope::read(number, account)?, facility })
    }
}
