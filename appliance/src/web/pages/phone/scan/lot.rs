//! The lot of the disinfectant: asked for where the protocol names one, and put in as it was in the phone's last record.

use http::{HeaderMap, HeaderValue};
use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::ProtocolPublished;
use record::tree::Hash;

use crate::intake::CleaningForm;
use crate::web::request::cookies;
use crate::web::view_models::protocols::find_protocol;

/// Of the digest of the names; a phone has seen few disinfectants.
const KEY_CHARS: usize = 12;

/// The field of a scan page.
#[derive(Debug, Clone)]
pub(crate) struct LotField {
    pub(crate) value: String,
    pub(crate) wrong: Option<String>,
}

impl LotField {
    /// None where the protocol names no disinfectant.
    pub(crate) fn of(
        protocol: Option<&ProtocolPublished>,
        value: &str,
        wrong: Option<String>,
    ) -> Option<Self> {
        let names_agent = protocol.is_some_and(|protocol| !protocol.agents.is_empty());
        names_agent.then(|| Self { value: value.to_owned(), wrong })
    }

    /// What is put in is seen before it is recorded.
    pub(crate) fn is_open(&self) -> bool {
        !self.value.is_empty() || self.wrong.is_some()
    }
}

/// What the disinfectants of a protocol go by: protocols with the same ones share their lot.
fn digest_agents(facility: &FacilityState, item: &Equipment, protocol: Option<ProtocolId>) -> Option<String> {
    let protocol = find_protocol(facility, item, protocol).filter(|protocol| !protocol.agents.is_empty())?;
    let names: Vec<&str> = protocol.agents.iter().map(|agent| agent.name.as_str()).collect();
    Some(Hash::of(names.join("\n").as_bytes()).to_string().chars().take(KEY_CHARS).collect())
}

/// The lot of the phone's last record, where that was with the same disinfectant.
pub(crate) fn find_lot(
    headers: &HeaderMap,
    facility: &FacilityState,
    item: &Equipment,
    protocol: Option<ProtocolId>,
) -> String {
    let agents = digest_agents(facility, item, protocol);
    agents.map_or_else(String::new, |agents| cookies::remembered_lot(headers, &agents))
}

/// Keeps the lot of a record on its phone; one without a lot takes that of its disinfectant off.
pub(super) fn remember_lot(facility: &FacilityState, form: &CleaningForm) -> Option<HeaderValue> {
    let item = facility.equipment.get(&form.tag)?;
    cookies::set_lot(&digest_agents(facility, item, form.protocol)?, form.lot.trim())
}
