//! “I am someone else”: what is deleted of the previous user of a phone.

use http::HeaderValue;
use record::ids::DeviceId;
use web::error::HttpError;

use crate::identity::{AccessOutcome, AccessTarget};
use crate::web::access::staff_session::StaffSession;
use crate::web::access_note::{AccessNote, AccessNotes};
use crate::web::context::AppState;
use crate::web::pages::phone::scan::draft::ScanDrafts;
use crate::web::request::client::cookies;

/// Ends the session on this device, and deletes what it stores of the previous user. Returns the cookies that do so.
pub(crate) async fn forget_person(
    state: &AppState,
    phone: &[DeviceId],
    signed: Option<&StaffSession>,
    notes: &AccessNotes,
) -> Result<[Option<HeaderValue>; 2], HttpError> {
    state.contact_timers.forget_names(phone);
    state.stored::<ScanDrafts>().forget_person(phone);
    let Some(signed) = signed else { return Ok([None, cookies::clear_name()]) };
    let (sessions, secret) = (state.identity.sessions.clone(), signed.secret().to_owned());
    let ended = tokio::task::spawn_blocking(move || sessions.end(&secret)).await;
    ended.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    notes.add([AccessNote::new(AccessOutcome::SessionEnded, AccessTarget::SignOut).by(signed.staff())]);
    Ok([cookies::clear_session(), cookies::clear_name()])
}
