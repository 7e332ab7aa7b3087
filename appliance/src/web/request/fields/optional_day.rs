//! A day that a form asks for and that may be left out.

use std::str::FromStr;

use record::kinds::CivilDay;

pub(crate) fn read_optional_day(entered: &str) -> Result<Option<CivilDay>, <CivilDay as FromStr>::Err> {
    match entered.trim() {
        "" => Ok(None),
        day => day.parse().map(Some),
    }
}
