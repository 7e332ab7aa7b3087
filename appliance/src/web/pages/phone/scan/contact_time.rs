//! The contact time of an item, and how much of it is left: the scan page's script asks, because its own clock stops while a
//! phone sleeps.

use axum::extract::State;
use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use service::clock::Now;
use web::answer::Json;
use web::argument::{LenientQuery, Path};
use web::error::HttpError;

use crate::phones::{ContactState, ContactTimer};
use crate::web::access::phone::PhoneCaller;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::view_models::equipment::items::find_item;
use crate::web::view_models::equipment::protocols::find_protocol;

pub(super) fn with_item<T>(
    state: &AppState,
    tag: Tag,
    look: impl FnOnce(&FacilityState, &Equipment) -> T,
) -> Result<T, HttpError> {
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    Ok(look(&facility, item))
}

pub(super) fn find_timer(
    state: &AppState,
    tag: Tag,
    requested: Option<ProtocolId>,
    now: &Now,
) -> Option<ContactTimer> {
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag)?;
    let followed = find_protocol(&facility, item, requested, now.wall_ms).map(|protocol| protocol.protocol);
    state.contact_timers.find(tag, followed, &facility, now)
}

/// How long a cleaning by that protocol of the item has to stay wet, seconds; 0: it has no contact time.
pub(super) fn find_required_s(
    facility: &FacilityState,
    item: &Equipment,
    requested: Option<ProtocolId>,
    timer: Option<&ContactTimer>,
    now: &Now,
) -> u32 {
    let protocol = find_protocol(facility, item, requested, now.wall_ms);
    let contact_s = protocol.and_then(|protocol| protocol.contact_s).unwrap_or(0);
    let followed = protocol.map(|protocol| protocol.protocol);
    timer.map_or(contact_s, |timer| timer.required_for(followed, contact_s, now))
}

/// When a contact time is over, milliseconds since the boot of the box.
pub(super) fn wet_end_ms(timer: Option<&ContactTimer>, now: &Now, required_s: u32) -> Option<u64> {
    let timer = timer.filter(|timer| timer.boot == now.boot && required_s > 0)?;
    Some(timer.started_up_ms.saturating_add(u64::from(required_s) * 1_000))
}

pub(super) fn find_wet_end_ms(
    state: &AppState,
    tag: Tag,
    requested: Option<ProtocolId>,
    now: &Now,
) -> Result<Option<u64>, HttpError> {
    let timer = find_timer(state, tag, requested, now);
    let required_s = with_item(state, tag, |facility, item| {
        find_required_s(facility, item, requested, timer.as_ref(), now)
    })?;
    Ok(wet_end_ms(timer.as_ref(), now, required_s))
}

#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct ContactTimeParams {
    /// Which of the item's protocols; absent: the one that is offered first.
    protocol: Option<String>,
}

/// How a contact time stands.
#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ContactStateName {
    /// None was started by this protocol, or it was used up.
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
    let now = state.known_now();
    let facility = state.store.snapshot();
    let item = facility.equipment.get(&tag).ok_or_else(not_found)?;
    let requested = params.protocol.and_then(|id| id.parse().ok());
    let timer = find_timer(&state, tag, requested, &now);
    let required_s = find_required_s(&facility, item, requested, timer.as_ref(), &now);
    let (left_ms, state) = match timer.map(|timer| timer.state(&now, required_s)) {
        None => (0, ContactStateName::None),
        Some(ContactState::Running { left_ms }) => (left_ms, ContactStateName::Running),
        Some(ContactState::Over { .. }) => (0, ContactStateName::Over),
        Some(ContactState::Finished { .. }) => (0, ContactStateName::Finished),
        Some(ContactState::Rebooted) => (0, ContactStateName::Rebooted),
    };
    Ok(Json(ContactTimeBody { left_ms, state }))
}
