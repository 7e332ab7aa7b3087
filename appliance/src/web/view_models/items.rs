//! An item of equipment by its tag.

use record::tag::Tag;
use web::error::HttpError;

use crate::web::context::AppState;
use crate::web::http_error::not_found;

/// The item's name, by any of its tags.
pub(crate) fn item_name(state: &AppState, text: &str) -> Result<(Tag, String), HttpError> {
    let tag = Tag::read(text).map_err(|_| not_found())?;
    let facility = state.store.snapshot();
    let item = facility.resolve(tag).ok_or_else(not_found)?;
    Ok((item.tag, item.name.clone()))
}
