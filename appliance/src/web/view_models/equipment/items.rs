//! An item of equipment by its tag.

use record::fold::Equipment;
use record::tag::Tag;
use web::error::HttpError;

use crate::intake::find_named_item;
use crate::web::context::AppState;
use crate::web::http_error::not_found;

pub(crate) fn item_name(state: &AppState, text: &str) -> Result<(Tag, String), HttpError> {
    find_item(state, text).map(|item| (item.tag, item.facts.name))
}

/// The item whose own page an address names: one that was merged has a page of its own by its first tag.
pub(crate) fn find_own_item(state: &AppState, text: &str) -> Result<Equipment, HttpError> {
    let tag = Tag::read(text).map_err(|_| not_found())?;
    let facility = state.store.snapshot();
    let own = facility.equipment.get(&tag).map(AsRef::as_ref);
    own.or_else(|| find_named_item(&facility, tag)).cloned().ok_or_else(not_found)
}

pub(crate) fn find_item(state: &AppState, text: &str) -> Result<Equipment, HttpError> {
    let tag = Tag::read(text).map_err(|_| not_found())?;
    find_named_item(&state.store.snapshot(), tag).cloned().ok_or_else(not_found)
}
