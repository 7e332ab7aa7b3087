//! The protocol of an item.

use record::fold::{Equipment, FacilityState};
use record::ids::ProtocolId;
use record::kinds::ProtocolPublished;

/// The protocol that a scan of the item offers: the one that is asked for, if it is the item's, else its first.
pub(crate) fn find_protocol<'a>(
    facility: &'a FacilityState,
    item: &Equipment,
    requested: Option<ProtocolId>,
) -> Option<&'a ProtocolPublished> {
    let requested = requested.filter(|id| item.protocols.contains(id));
    let shown = requested.or_else(|| item.protocols.first().copied());
    shown.and_then(|id| facility.protocols.get(&id)).map(|p| &p.newest)
}
