//! What somebody has put into a scan page.

use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use web::argument::FormFields;

use crate::web::pages::phone::scan::about::EnteredAbout;
use crate::web::view_models::equipment::protocols::{find_protocol, may_tick_at_once, required_steps};

#[derive(Debug, Clone, Default)]
pub(crate) struct ScanFormData {
    /// Which of the item's protocols; none: the one that is offered first.
    pub(crate) protocol: Option<ProtocolId>,
    pub(crate) ticked: Vec<u16>,
    pub(crate) who: String,
    pub(crate) notes: String,
    pub(crate) about: EnteredAbout,
}

impl ScanFormData {
    pub(crate) fn of(form: &FormFields, ticked: Vec<u16>) -> Self {
        Self {
            protocol: requested_protocol(form),
            ticked,
            who: form.text("cleaned_by").to_owned(),
            notes: form.text("notes").to_owned(),
            about: EnteredAbout::of(form),
        }
    }
}

pub(crate) fn requested_protocol(form: &FormFields) -> Option<ProtocolId> {
    form.get("protocol").and_then(|id| id.parse().ok())
}

/// The steps that a form says were done: those that were ticked, and the required ones where all were ticked by one press.
pub(crate) fn ticked_steps(
    form: &FormFields,
    facility: &FacilityState,
    item: &Equipment,
    now_ms: i64,
) -> Vec<u16> {
    let mut ticked: Vec<u16> = form.all("step").filter_map(|n| n.parse().ok()).collect();
    let all_at_once = form.get("all").is_some() || form.get("tick").is_some();
    let protocol = find_protocol(facility, item, requested_protocol(form), now_ms);
    if let Some(protocol) = protocol.filter(|protocol| all_at_once && may_tick_at_once(protocol, item)) {
        ticked.extend(required_steps(protocol));
        ticked.sort_unstable();
        ticked.dedup();
    }
    ticked
}
