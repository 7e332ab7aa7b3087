//! The lot of the disinfectant: asked for where the protocol names one, and prefilled with that of the phone's last record.

use http::{HeaderMap, HeaderValue};
use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::tree::Hash;

use crate::intake::CleaningForm;
use crate::web::pages::phone::scan::about::EnteredAbout;
use crate::web::request::client::cookies;
use crate::web::view_models::equipment::protocols::find_protocol;

/// Of the digest of the names; a phone has seen few disinfectants.
const KEY_CHARS: usize = 12;

/// What the disinfectants of a protocol go by: protocols with the same ones share their lot.
fn digest_agents(
    facility: &FacilityState,
    item: &Equipment,
    protocol: Option<ProtocolId>,
    now_ms: i64,
) -> Option<String> {
    let protocol = find_protocol(facility, item, protocol, now_ms);
    let protocol = protocol.filter(|protocol| !protocol.agents.is_empty())?;
    let names: Vec<&str> = protocol.agents.iter().map(|agent| agent.name.as_str()).collect();
    Some(Hash::of(names.join("\n").as_bytes()).to_string().chars().take(KEY_CHARS).collect())
}

/// The separator of a lot and its last day in the phone's cookie: no lot contains it.
const DAY_BEHIND: char = '\n';

pub(crate) fn find_lot(
    headers: &HeaderMap,
    facility: &FacilityState,
    item: &Equipment,
    protocol: Option<ProtocolId>,
    now_ms: i64,
) -> EnteredAbout {
    let agents = digest_agents(facility, item, protocol, now_ms);
    let remembered = agents.map(|agents| cookies::remembered_lot(headers, &agents)).unwrap_or_default();
    let (lot, lot_expires) = remembered.split_once(DAY_BEHIND).unwrap_or((&remembered, ""));
    EnteredAbout { lot: lot.to_owned(), lot_expires: lot_expires.to_owned(), ..EnteredAbout::default() }
}

pub(super) fn remember_lot(
    facility: &FacilityState,
    form: &CleaningForm,
    now_ms: i64,
) -> Option<HeaderValue> {
    let item = facility.equipment.get(&form.tag)?;
    let agents = digest_agents(facility, item, form.protocol, now_ms)?;
    let lot = form.lot.trim();
    match form.lot_expires.filter(|_| !lot.is_empty()) {
        Some(day) => cookies::set_lot(&agents, &format!("{lot}{DAY_BEHIND}{day}")),
        None => cookies::set_lot(&agents, lot),
    }
}
