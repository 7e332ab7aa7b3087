//! By which ways people may say that they cleaned: the class of the use decides how much proof that takes.

use record::fold::{Equipment, FacilitySettings, FacilityState};
use record::kinds::{CleanedBy, NameSource, ProofWay, ProtocolPublished, SpauldingClass, WhoPolicy};

use crate::intake::{CommandRefusal, RefusalCause};

pub const PROOF_WAYS: [ProofWay; 5] =
    [ProofWay::None, ProofWay::Typed, ProofWay::List, ProofWay::Badge, ProofWay::Pin];

/// What a request makes of a proof of who cleaned that is weaker than the class of the use needs. It never is a reason not to
/// record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProofDemand {
    /// It is recorded as it is: nobody is there who could be shown a page.
    #[default]
    Any,
    Required,
    Waived,
}

/// What an item that is cleaned by a protocol can do to a patient: the strictest of what both say, of what it was used for since
/// it was cleaned before, and of what was said of this use. `done_ms`: when it is cleaned; absent: now.
pub fn use_class(
    facility: &FacilityState,
    item: &Equipment,
    protocol: Option<&ProtocolPublished>,
    done_ms: Option<i64>,
    stated: Option<SpauldingClass>,
) -> SpauldingClass {
    raised_class(facility, item, protocol, done_ms, stated).unwrap_or_else(|| stated_class(item, protocol))
}

/// The class of the uses that a cleaning answers for or that was said of them, where that is above what item and protocol say.
pub(crate) fn raised_class(
    facility: &FacilityState,
    item: &Equipment,
    protocol: Option<&ProtocolPublished>,
    done_ms: Option<i64>,
    stated: Option<SpauldingClass>,
) -> Option<SpauldingClass> {
    let activity = facility.activity.get(&item.tag);
    let uses = activity.and_then(|activity| activity.class_of_uses(done_ms.unwrap_or(i64::MAX)));
    uses.into_iter().chain(stated).max().filter(|class| *class > stated_class(item, protocol))
}

/// What an item and its protocol say of the class of each use: the stricter of both.
pub fn stated_class(item: &Equipment, protocol: Option<&ProtocolPublished>) -> SpauldingClass {
    protocol.and_then(|p| p.class).map_or(item.class, |class| class.max(item.class))
}

/// What the facility allows for a class; none: it has said nothing of that.
pub fn ways_of_class(policy: &WhoPolicy, class: SpauldingClass) -> Option<&Vec<ProofWay>> {
    let ways = match class {
        SpauldingClass::Noncritical => &policy.noncritical,
        SpauldingClass::Semicritical => &policy.semicritical,
        SpauldingClass::Critical => &policy.critical,
    };
    ways.as_ref().filter(|ways| ways.iter().any(|way| rank_way(way).is_some()))
}

/// The least proof that is enough for a class. Where the facility has said nothing, a typed name is, and none at all where
/// it takes cleanings without a name.
pub fn weakest_way(settings: &FacilitySettings, class: SpauldingClass) -> ProofWay {
    let unsaid = if settings.allow_unattributed { ProofWay::None } else { ProofWay::Typed };
    let allowed = ways_of_class(&settings.who, class).into_iter().flatten();
    allowed.filter_map(rank_way).min().map_or(unsaid, |rank| PROOF_WAYS[rank].clone())
}

pub fn ways_from(weakest: &ProofWay) -> Vec<ProofWay> {
    PROOF_WAYS.into_iter().filter(|way| rank_way(way) >= rank_way(weakest)).collect()
}

fn rank_way(way: &ProofWay) -> Option<usize> {
    PROOF_WAYS.iter().position(|known| known == way)
}

/// Whether a way proves as much as is needed. One that this program does not know proves nothing.
pub(in crate::intake) fn is_enough(way: &ProofWay, needed: &ProofWay) -> bool {
    rank_way(way).unwrap_or(0) >= rank_way(needed).unwrap_or(0)
}

/// What keeps a record that proves this much from being made as it is: a page asks first, and whoever declines says why.
/// Anything else is recorded and lacks who.
pub(in crate::intake) fn check_proof(
    demand: ProofDemand,
    way: &ProofWay,
    needed: &ProofWay,
    note: &str,
) -> Result<(), CommandRefusal> {
    match demand {
        _ if is_enough(way, needed) => Ok(()),
        ProofDemand::Required => Err(CommandRefusal::ProofMissing { needed: needed.clone() }),
        ProofDemand::Waived if note.trim().is_empty() => {
            Err(CommandRefusal::Needed { field: "notes", cause: RefusalCause::Reason })
        }
        ProofDemand::Any | ProofDemand::Waived => Ok(()),
    }
}

/// How much is proven of who an entry names.
pub(in crate::intake) fn way_of(who: &CleanedBy) -> ProofWay {
    match who {
        CleanedBy::Unattributed => ProofWay::None,
        CleanedBy::Entered { how: Some(NameSource::List), .. } | CleanedBy::Login { .. } => ProofWay::List,
        CleanedBy::Entered { .. } => ProofWay::Typed,
        CleanedBy::Badge { .. } => ProofWay::Badge,
        CleanedBy::Pin { .. } => ProofWay::Pin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_stronger_than_what_is_asked_is_enough() {
        for (n, needed) in PROOF_WAYS.iter().enumerate() {
            for (m, way) in PROOF_WAYS.iter().enumerate() {
                assert_eq!(is_enough(way, needed), m >= n, "{way:?} for {needed:?}");
            }
            assert_eq!(ways_from(needed).len(), PROOF_WAYS.len() - n);
        }
        assert!(!is_enough(&"retina".parse().unwrap(), &ProofWay::Typed), "an unknown way proves nothing");
    }

    #[test]
    fn what_nobody_said_is_a_typed_name() {
        let mut settings = FacilitySettings { allow_unattributed: false, ..FacilitySettings::default() };
        assert_eq!(weakest_way(&settings, SpauldingClass::Critical), ProofWay::Typed);
        settings.allow_unattributed = true;
        assert_eq!(weakest_way(&settings, SpauldingClass::Critical), ProofWay::None);
        settings.who.critical = Some(vec![ProofWay::Pin, ProofWay::Badge]);
        assert_eq!(weakest_way(&settings, SpauldingClass::Critical), ProofWay::Badge);
        assert_eq!(weakest_way(&settings, SpauldingClass::Semicritical), ProofWay::None);
        // Taken back, or of words that only a newer program knows.
        for unread in [vec![], vec!["retina".parse().unwrap()]] {
            settings.who.critical = Some(unread);
            assert_eq!(weakest_way(&settings, SpauldingClass::Critical), ProofWay::None);
        }
    }
}
