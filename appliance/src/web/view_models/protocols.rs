//! The protocol of an item.

use record::fold::{Equipment, Facility};
use record::ids::ProtocolId;
use record::kinds::ProtocolPublished;

/// The protocol that a scan of the item offers: the one that is asked for, if it is the item's, else its first.
pub(crate) fn protocol<'a>(
    facility: &'a Facility,
    item: &Equipment,
    asked: Option<ProtocolId>,
) -> Option<&'a ProtocolPublished> {
    let asked = asked.filter(|id| item.protocols.contains(id));
    let shown = asked.or_else(|| item.protocols.first().copied());
    shown.and_then(|id| facility.protocols.get(&id)).map(AsRef::as_ref)
}
