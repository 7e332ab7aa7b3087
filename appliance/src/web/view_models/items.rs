//! An item of equipment by its tag.

use record::fold::Equipment;
use record::tag::Tag;
use web::error::HttpError;

use crate::intake::find_named_item;
use crate::web::context::AppState;
use crate::web::http_error::not_found;

/// The item's name, by any of its tags.
pub(crate) fn item_name(state: &AppState, text: &str) -> Result<(Tag, String), HttpError> {
    find_item(state, text).map(|item| (item.tag, item.name))
}

/// The item that an address names.
pub(crate) fn find_item(state: &AppState, text: &str) -> Result<Equipment, HttpError> {
    let tag = Tag::read(text).map_err(|_| not_found())?;
    find_named_item(&state.store.snapshot(), tag).cloned().ok_or_else(not_found)
}
