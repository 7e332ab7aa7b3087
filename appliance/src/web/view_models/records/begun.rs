//! Cleanings that were begun and never recorded, for the staff.

use record::fold::FacilityState;
use record::tag::Tag;
use web::error::HttpError;
use words::Moment;

use crate::phones::BegunCleaning;
use crate::store::LogReader;
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::view_models::page::wording::PageWording;

const ROWS_MAX: usize = 50;
const CLEANINGS_MAX: usize = 20;

pub(crate) struct BegunRow {
    pub(crate) tag: Tag,
    pub(crate) name: String,
    pub(crate) started: Moment,
    /// The name that was typed; empty: none.
    pub(crate) by: String,
}

/// Whether it was recorded later after all.
fn is_recorded(reader: &LogReader, begun: &BegunCleaning) -> Result<bool, HttpError> {
    let of_time = reader.cleanings_of(begun.tag, begun.performed_ms(), None, CLEANINGS_MAX);
    Ok(of_time.map_err(store_error)?.iter().any(|cleaning| cleaning.voided.is_none()))
}

pub(crate) fn list_begun(state: &AppState, reader: &LogReader) -> Result<Vec<BegunCleaning>, HttpError> {
    let mut begun = Vec::new();
    for one in state.contact_timers.begun() {
        if begun.len() < ROWS_MAX && !is_recorded(reader, &one)? {
            begun.push(one);
        }
    }
    Ok(begun)
}

pub(crate) fn word_begun(facility: &FacilityState, wording: &PageWording, begun: BegunCleaning) -> BegunRow {
    let item = facility.equipment.get(&begun.tag);
    BegunRow {
        tag: begun.tag,
        name: item.map_or_else(|| begun.tag.grouped(), |item| item.facts.name.clone()),
        started: wording.dates().day_and_time(begun.started_ms),
        by: begun.by,
    }
}
