//! An item of equipment by its tag.

use record::tag::Tag;

use crate::web::context::AppState;
use crate::web::http_error::Problem;

/// The item's name, by any of its tags.
pub(crate) fn named(state: &AppState, text: &str) -> Result<(Tag, String), Problem> {
    let tag = Tag::read(text).map_err(|_| Problem::not_found())?;
    let facility = state.store.snapshot();
    let item = facility.resolve(tag).ok_or_else(Problem::not_found)?;
    Ok((item.tag, item.name.clone()))
}
