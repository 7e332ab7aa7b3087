//! The methods by which people may state that they cleaned: the class of the use decides how much proof that takes.

use record::fold::{Equipment, FacilitySettings, FacilityState};
use record::kinds::{CleanedBy, NameSource, ProofMethod, ProtocolPublished, SpauldingClass, WhoPolicy};

use crate::intake::{CommandRefusal, RefusalCause};

pub const PROOF_METHODS: [ProofMethod; 5] =
    [ProofMethod::None, ProofMethod::Typed, ProofMethod::List, ProofMethod::Badge, ProofMethod::Pin];

/// What a request makes of a proof of who cleaned that is weaker than the class of the use needs. It never is a reason not to
/// record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ProofDemand {
    /// It is recorded as it is: there is no user to whom a page could be shown.
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
    protocol.and_then(|p| p.class).map_or(item.facts.class, |class| class.max(item.facts.class))
}

/// What the facility allows for a class; none: it has said nothing of that.
pub fn methods_of_class(policy: &WhoPolicy, class: SpauldingClass) -> Option<&Vec<ProofMethod>> {
    let methods = match class {
        SpauldingClass::Noncritical => &policy.noncritical,
        SpauldingClass::Semicritical => &policy.semicritical,
        SpauldingClass::Critical => &policy.critical,
    };
    methods.as_ref().filter(|methods| methods.iter().any(|method| rank_method(method).is_some()))
}

/// The least proof that is enough for a class. Where the facility has said nothing, a typed name is, and none at all where
/// it takes cleanings without a name.
pub fn weakest_method(settings: &FacilitySettings, class: SpauldingClass) -> ProofMethod {
    let unsaid = if settings.allow_unattributed { ProofMethod::None } else { ProofMethod::Typed };
    let allowed = methods_of_class(&settings.who, class).into_iter().flatten();
    allowed.filter_map(rank_method).min().map_or(unsaid, |rank| PROOF_METHODS[rank].clone())
}

pub fn methods_from(weakest: &ProofMethod) -> Vec<ProofMethod> {
    PROOF_METHODS.into_iter().filter(|method| rank_method(method) >= rank_method(weakest)).collect()
}

fn rank_method(method: &ProofMethod) -> Option<usize> {
    PROOF_METHODS.iter().position(|known| known == method)
}

/// Whether a method proves as much as is needed. One that this program does not know proves nothing.
pub(in crate::intake) fn is_enough(method: &ProofMethod, needed: &ProofMethod) -> bool {
    rank_method(method).unwrap_or(0) >= rank_method(needed).unwrap_or(0)
}

/// What keeps a record that proves this much from being made as it is: a page asks first, and a user who declines says
/// why. Anything else is recorded and lacks who.
pub(in crate::intake) fn check_proof(
    demand: ProofDemand,
    method: &ProofMethod,
    needed: &ProofMethod,
    note: &str,
) -> Result<(), CommandRefusal> {
    match demand {
        _ if is_enough(method, needed) => Ok(()),
        ProofDemand::Required => Err(CommandRefusal::ProofMissing { needed: needed.clone() }),
        ProofDemand::Waived if note.trim().is_empty() => {
            Err(CommandRefusal::Needed { field: "notes", cause: RefusalCause::NoteReason })
        }
        ProofDemand::Any | ProofDemand::Waived => Ok(()),
    }
}

/// How much is proven of who an entry names.
pub(in crate::intake) fn way_of(who: &CleanedBy) -> ProofMethod {
    match who {
        CleanedBy::Unattributed => ProofMethod::None,
        CleanedBy::Entered { how: Some(NameSource::List), .. } | CleanedBy::Login { .. } => ProofMethod::List,
        CleanedBy::Entered { .. } => ProofMethod::Typed,
        CleanedBy::Badge { .. } => ProofMethod::Badge,
        CleanedBy::Pin { .. } => ProofMethod::Pin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_stronger_than_what_is_asked_is_enough() {
        for (n, needed) in PROOF_METHODS.iter().enumerate() {
            for (m, method) in PROOF_METHODS.iter().enumerate() {
                assert_eq!(is_enough(method, needed), m >= n, "{method:?} for {needed:?}");
            }
            assert_eq!(methods_from(needed).len(), PROOF_METHODS.len() - n);
        }
        assert!(!is_enough(&"retina".parse().unwrap(), &ProofMethod::Typed), "an unknown way proves nothing");
    }

    #[test]
    fn what_nobody_said_is_a_typed_name() {
        let mut settings = FacilitySettings { allow_unattributed: false, ..FacilitySettings::default() };
        assert_eq!(weakest_method(&settings, SpauldingClass::Critical), ProofMethod::Typed);
        settings.allow_unattributed = true;
        assert_eq!(weakest_method(&settings, SpauldingClass::Critical), ProofMethod::None);
        settings.who.critical = Some(vec![ProofMethod::Pin, ProofMethod::Badge]);
        assert_eq!(weakest_method(&settings, SpauldingClass::Critical), ProofMethod::Badge);
        assert_eq!(weakest_method(&settings, SpauldingClass::Semicritical), ProofMethod::None);
        // Taken back, or of words that only a newer program knows.
        for unread in [vec![], vec!["retina".parse().unwrap()]] {
            settings.who.critical = Some(unread);
            assert_eq!(weakest_method(&settings, SpauldingClass::Critical), ProofMethod::None);
        }
    }
}
