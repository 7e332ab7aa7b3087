//! Names that the old app gave: they are codes of items, so that its scripts and printed addresses keep working.

use record::fold::FacilityState;
use record::tag::Tag;
use web::error::HttpError;

use crate::web::context::AppState;
use crate::web::http_error::not_found;

fn find_old(facility: &FacilityState, noun: &str, name: &str) -> Option<Tag> {
    facility.resolve_code(&format!("old:{noun}:{name}")).map(|item| item.tag)
}

/// The tag that an `{id}` names: a tag itself, or an item's number in the old app.
pub(super) fn read_old_id(state: &AppState, id: &str) -> Result<Tag, HttpError> {
    let is_number = !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
    let old = find_old(&state.store.snapshot(), "equipment", id).filter(|_| is_number);
    old.or_else(|| Tag::read(id).ok()).ok_or_else(not_found)
}

/// Whether the facility had this number in the old app: then one of its items has that as a code.
pub(super) fn is_old_facility(facility: &FacilityState, number: &str) -> bool {
    find_old(facility, "facility", number).is_some()
}

pub(super) fn find_old_token(facility: &FacilityState, token: &str) -> Option<Tag> {
    find_old(facility, "token", token)
}
