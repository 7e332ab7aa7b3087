//! The protocol of an item, and a protocol in the words of a language.

use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::{ProtocolPublished, SpauldingClass, Step};
use words::Language;

use crate::intake::{offered_protocols, stated_class};

/// The protocol of a scan of the item at a time: the one that is asked for, if it is offered, else the one that is offered first.
pub(crate) fn find_protocol<'a>(
    facility: &'a FacilityState,
    item: &Equipment,
    requested: Option<ProtocolId>,
    at_ms: i64,
) -> Option<&'a ProtocolPublished> {
    let offered = offered_protocols(facility, item, at_ms);
    let requested = offered.iter().find(|offered| Some(offered.protocol) == requested);
    requested.or(offered.first()).copied()
}

/// Whether all steps may be ticked by one press: as the protocol says, else for what touches intact skin alone by what both say.
/// One step is ticked by one press anyway.
pub(crate) fn may_tick_at_once(protocol: &ProtocolPublished, item: &Equipment) -> bool {
    let class = stated_class(item, Some(protocol));
    required_steps(protocol).nth(1).is_some()
        && protocol.one_press.unwrap_or(class == SpauldingClass::Noncritical)
}

/// The numbers of the steps that a cleaning by it cannot leave out.
pub(crate) fn required_steps(protocol: &ProtocolPublished) -> impl Iterator<Item = u16> {
    (1..).zip(&protocol.steps).filter(|(_, step)| step.required).map(|(n, _)| n)
}

/// A protocol as people read it in a language: translated as far as it says something in that.
pub(crate) fn translate_protocol(protocol: &ProtocolPublished, language: Language) -> ProtocolPublished {
    let mut translated = protocol.clone();
    let Some(words) = translated.words.remove(language.code()) else { return translated };
    if !words.name.is_empty() {
        translated.name = words.name;
    }
    if !words.ppe.is_empty() {
        translated.ppe = words.ppe;
    }
    // Steps are ticked by their numbers: another number of them would be other steps.
    if words.steps.len() == protocol.steps.len() {
        let steps = words.steps.into_iter().zip(&protocol.steps);
        translated.steps = steps.map(|(text, step)| Step { text, required: step.required }).collect();
    }
    translated
}
