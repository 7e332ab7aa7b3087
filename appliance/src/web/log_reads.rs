//! Reads of the log for pages: through one bounded door, with a deadline.

use record::fold::Facility;
use record::tree::Hash;
use web::error::HttpError;

use crate::store::{ReadLane, Reader};
use crate::web::context::AppState;
use crate::web::http_error::read_error;

/// Reads the log and all history on a thread of the store: pages never read on the threads that answer phones.
pub(crate) async fn read<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    let asked = state.clone();
    state.store.read(lane, move |reader| work(&asked, reader)).await.map_err(read_error)?
}

/// Reads a few rows.
pub(crate) async fn read_quick<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    read(state, ReadLane::Quick, work).await
}

/// Reads a list.
pub(crate) async fn read_long<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    read(state, ReadLane::Long, work).await
}

/// As [`read`], for work that has a thread of its own to wait on.
pub(crate) fn read_waiting<T: Send + 'static>(
    state: &AppState,
    lane: ReadLane,
    work: impl FnOnce(&AppState, &Reader) -> Result<T, HttpError> + Send + 'static,
) -> Result<T, HttpError> {
    tokio::runtime::Handle::current().block_on(read(state, lane, work))
}

/// A text behind its hash; one that was erased says so.
pub(crate) fn text(reader: &Reader, hash: Hash) -> String {
    match reader.text(&hash) {
        Ok(Some(text)) => text,
        Ok(None) => "erased".to_owned(),
        Err(error) => {
            tracing::warn!(%error, "a text could not be read");
            "unreadable".to_owned()
        }
    }
}

/// The name of a person at the facility.
pub(crate) fn staff_name(reader: &Reader, facility: &Facility, staff: record::ids::StaffId) -> String {
    facility.staff.get(&staff).map_or_else(|| "somebody unknown".to_owned(), |s| text(reader, s.name))
}
