//! PINs of staff, as pages and programs take them away.

use record::entry::EntryAuthor;
use record::ids::StaffId;
use web::error::HttpError;

use crate::identity::IdentityError;
use crate::web::commands::badges::remove_badges;
use crate::web::commands::removals::{log_removals, removal_error};
use crate::web::context::{AppState, run_blocking};
use crate::web::http_error::worded;
use crate::web::words::PeopleWords;

pub(crate) async fn take_pin(state: &AppState, by: EntryAuthor, staff: StaffId) -> Result<(), HttpError> {
    run_blocking(state, move |state| remove_pin(state, by, staff).map_err(|error| removal_error(&error)))
        .await?;
    log_removals(state).await
}

/// Sessions are ended before and after it: none that began in between remains.
fn remove_pin(state: &AppState, by: EntryAuthor, staff: StaffId) -> Result<(), IdentityError> {
    state.identity.pins.expect_lasting()?;
    state.identity.sessions.end_all(staff)?;
    state.identity.pins.remove(staff, by)?;
    state.identity.sessions.end_all(staff).map(drop)
}

/// Takes away what somebody who has left could have signed in with: they cannot sign in whatever is stored here, so
/// this only tidies up.
pub(crate) async fn remove_access(
    state: &AppState,
    by: EntryAuthor,
    staff: StaffId,
) -> Result<(), HttpError> {
    if state.identity.pins.expect_lasting().is_err() {
        return Ok(());
    }
    let tidy = async {
        take_pin(state, by, staff).await?;
        remove_badges(state, by, staff).await
    };
    tidy.await.map_err(|error: HttpError| error.safe(worded(PeopleWords::person_left_recorded)))
}
