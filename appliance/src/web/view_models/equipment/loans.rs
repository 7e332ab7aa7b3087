//! Loaners, and what pages of an item say after its last day.

use record::fold::Equipment;
use words::WordSet as _;

use crate::web::view_models::page::wording::PageWording;
use crate::web::words::ProblemWords;

pub(crate) fn word_last_day(wording: &PageWording, item: &Equipment) -> Option<String> {
    let until = item.facts.loan.as_ref()?.until.0?;
    let noon_ms = wording.local().read_entered(&until.to_string(), "12:00")?;
    Some(wording.dates().day_with_year(noon_ms).text)
}

pub(crate) fn word_overdue(wording: &PageWording, item: &Equipment) -> Option<String> {
    let until = item.facts.loan.as_ref()?.until.0?;
    let today = wording.local().today()?;
    let day = word_last_day(wording, item).filter(|_| today > until)?;
    Some(ProblemWords::in_locale(wording.locale()).loan_overdue(day))
}
