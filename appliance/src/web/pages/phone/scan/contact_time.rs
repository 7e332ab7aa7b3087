//! How much of an item's contact time is left: asked by the scan page's script, whose own clock stops while a phone sleeps.

use axum::extract::State;
use record::kinds::ProtocolPublished;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use web::answer::Json;
use web::argument::{LenientQuery, Path};
use web::error::HttpError;

use crate::phones::ContactState;
use crate::web::access::phone::PhoneCaller;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::view_models::items::find_item;
use crate::web::view_models::protocols::find_protocol;

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ContactTimeParams {
    /// Which of the item's protocols; absent: its first.
    protocol: Option<String>,
}

/// How a contact time stands.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ContactStateName {
    /// None was started, or it was used up.
    None,
    /// The surface must stay wet.
    Running,
    /// It was wet long enough.
    Over,
    /// It was wet long enough, and may dry.
    Finished,
    /// The box was started anew meanwhile: it has to be started again.
    Rebooted,
}

/// The contact time of an item.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
pub(crate) struct ContactTimeBody {
    /// Milliseconds that are left; 0 where none runs.
    left_ms: u64,
    /// How it stands.
    state: ContactStateName,
}

pub(crate) async fn show_contact_time(
    _: PhoneCaller,
    State(state): State<AppState>,
    Path(text): Path<String>,
    LenientQuery(params): LenientQuery<ContactTimeParams>,
) -> Result<Json<ContactTimeBody>, HttpError> {
    let tag = find_item(&state, &text)?.tag;
    let now = state.clock.now();
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    let requested = params.protocol.and_then(|id| id.parse().ok());
    let protocol = find_protocol(&facility, item, requested);
    let contact_s = protocol.and_then(|p: &ProtocolPublished| p.contact_s).unwrap_or(0);
    let timer = state.contact_timers.find(tag, &facility, &now);
    let body = |left_ms, state| ContactTimeBody { left_ms, state };
    Ok(Json(match timer.map(|timer| timer.state(&now, contact_s)) {
        None => body(0, ContactStateName::None),
        Some(ContactState::Running { left_ms }) => body(left_ms, ContactStateName::Running),
        Some(ContactState::Over { .. }) => body(0, ContactStateName::Over),
        Some(ContactState::Finished { .. }) => body(0, ContactStateName::Finished),
        Some(ContactState::Rebooted) => body(0, ContactStateName::Rebooted),
    }))
}
