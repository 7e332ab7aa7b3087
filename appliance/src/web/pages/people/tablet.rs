//! Staff say of the browser in front of them whether many people use it, one after the other.

use axum::extract::State;
use web::answer::{FormReply, WithHeaders};
use web::error::{ErrorText, HttpError};

use crate::identity::BrowserUse;
use crate::web::access::permissions::View;
use crate::web::access::staff::StaffCaller;
use crate::web::answer::{go_to, with_cookies};
use crate::web::context::AppState;
use crate::web::http_error::invalid_parameter;
use crate::web::request::bodies::form::StaffForm;
use crate::web::request::client::cookies;

pub(crate) async fn mark_tablet(
    signed: StaffCaller<View>,
    State(state): State<AppState>,
    StaffForm(form): StaffForm,
) -> Result<WithHeaders<FormReply>, HttpError> {
    let (usage, forgotten) = match form.text("use") {
        "shared" => (BrowserUse::Shared, cookies::clear_name()),
        "own" => (BrowserUse::Own, None),
        _ => return Err(invalid_parameter("use", ErrorText::default())),
    };
    let secret = signed.secret().to_owned();
    let set = tokio::task::spawn_blocking(move || state.identity.sessions.set_browser(&secret, usage)).await;
    set.map_err(|e| HttpError::internal(&e))?.map_err(|e| HttpError::internal(&e))?;
    let marks = cookies::set_use(usage).into_iter().chain([forgotten]);
    go_to("/staff/me").map(|reply| with_cookies(reply, marks))
}
