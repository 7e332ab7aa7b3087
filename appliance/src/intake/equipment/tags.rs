//! Tags and codes that open items, and items that turn out to be one.

use record::code::{ScannedCode, ScannedCodeError};
use record::entry::Digest16;
use record::fold::{CodeAlias, Equipment, FacilityState, ServiceState};
use record::kinds::{AliasAdded, AliasRemoved, EquipmentMerged, TagAssigned, TagEnd, TagReason, TagRevoked};
use record::tag::Tag;

use crate::intake::{
    CodeQuestion, CommandRefusal, Drafts, EquipmentMerge, ItemRefusal, NewAlias, NewTag, RefusalCause,
    StateView, find_item, in_use, require_seen,
};

const CODES_MAX: usize = 20;

/// The item that a tag names. Its first tag does so for good, also when the label with it opens nothing any more.
pub fn find_named_item(facility: &FacilityState, tag: Tag) -> Option<&Equipment> {
    facility.resolve(tag).or_else(|| {
        let item = facility.equipment.get(&tag)?;
        // Merges go in no circle.
        item.merged.map_or(Some(item), |into| find_named_item(facility, into))
    })
}

/// Reads a scanned or typed text as a code. Nine symbols with their check symbol are a tag only where an item of this facility has or
/// had it, or in an address that its labels carry or carried.
pub fn read_code(facility: &FacilityState, scanned: &str) -> Result<ScannedCode, ScannedCodeError> {
    let carried = |host: &str| {
        let addresses = facility.hosts.values().map(|carried| carried.host.as_str());
        let mut hosts = addresses.map(|address| address.split_once("://").map_or(address, |(_, host)| host));
        hosts.any(|carried| carried.trim_end_matches('/').eq_ignore_ascii_case(host))
    };
    ScannedCode::read(scanned, |tag, host| !is_free_tag(facility, tag) || host.is_some_and(carried))
}

/// The tags whose labels open an item, in the order in which it got them.
pub fn open_tags(facility: &FacilityState, item: &Equipment) -> Vec<Tag> {
    let own = facility.aliases.iter().filter(|(tag, alias)| alias.equipment == item.tag && **tag != item.tag);
    let mut further: Vec<(i64, Tag)> = own.map(|(tag, alias)| (alias.set_ms, *tag)).collect();
    further.sort();
    let all = std::iter::once(item.tag).chain(further.into_iter().map(|(_, tag)| tag));
    all.filter(|tag| facility.aliases.get(tag).is_none_or(|alias| !alias.revoked)).collect()
}

pub(in crate::intake) fn take_free_tag(
    named: Option<Tag>,
    view: &dyn StateView,
    drafts: &Drafts<'_>,
) -> Result<Tag, CommandRefusal> {
    let facility = view.facility();
    match named {
        Some(tag) if is_free_tag(facility, tag) => Ok(tag),
        Some(tag) => Err(CommandRefusal::TagTaken(tag)),
        // 40 random bits: a second try is rare, a third one practically unheard of.
        None => (0..8)
            .map(|_| Tag::from_random(drafts.random.bytes()))
            .find(|tag| is_free_tag(facility, *tag))
            .ok_or(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::NoFreeTag))),
    }
}

fn is_free_tag(facility: &FacilityState, tag: Tag) -> bool {
    // A tag names one item for life, so one that ever named something is taken.
    !facility.equipment.contains_key(&tag) && !facility.aliases.contains_key(&tag)
}

/// The log may hold any value; a person or program gives one that is known.
fn require_known<T: PartialEq>(why: &T, known: &[T]) -> Result<(), CommandRefusal> {
    match known.contains(why) {
        true => Ok(()),
        false => Err(CommandRefusal::Needed { field: "why", cause: RefusalCause::Reason }),
    }
}

/// Gives an item one more tag; one in whose place it comes is revoked in the same act.
pub(in crate::intake) fn assign_tag(
    new: &NewTag,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = in_use(view, new.equipment)?;
    require_known(&new.why, TagReason::ALL)?;
    if let Some(lost) = new.replaces.filter(|lost| !open_tags(view.facility(), item).contains(lost)) {
        return Err(CommandRefusal::UnknownTag(lost));
    }
    let tag = take_free_tag(new.tag, view, drafts)?;
    drafts.push(TagAssigned { tag, equipment: item.tag, why: Some(new.why.clone()) }, Vec::new());
    if let Some(lost) = new.replaces {
        let revoked = TagRevoked { tag: lost, why: Some(TagEnd::Lost), instead: Some(tag) };
        drafts.push(revoked, Vec::new());
    }
    Ok(())
}

/// Makes a tag open nothing any more, where another one opens its item.
pub(in crate::intake) fn revoke_tag(
    tag: Tag,
    why: &TagEnd,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    require_known(why, TagEnd::ALL)?;
    let facility = view.facility();
    let item = facility.resolve(tag).ok_or(CommandRefusal::UnknownTag(tag))?;
    let instead = open_tags(facility, item).into_iter().rev().find(|other| *other != tag);
    let instead = instead.ok_or(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OnlyTag)))?;
    drafts.push(TagRevoked { tag, why: Some(why.clone()), instead: Some(instead) }, Vec::new());
    Ok(())
}

/// Retires an item that is the same thing as another one, which its tags and codes open from then on.
pub(in crate::intake) fn merge_items(
    merge: &EquipmentMerge,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let from = find_item(view, merge.from)?;
    require_seen(merge.seen, from.changed)?;
    let into = in_use(view, merge.into)?;
    // One that was merged before is found as the one that it became: so there are no circles.
    if from.tag == into.tag {
        return Err(CommandRefusal::Range {
            field: "item",
            cause: RefusalCause::Item(ItemRefusal::MergedWithItself),
        });
    }
    let (reason, texts) = drafts.optional_text("reason", &merge.reason)?;
    drafts.push(EquipmentMerged { from: from.tag, into: into.tag, reason }, texts);
    Ok(())
}

/// Makes a code open an item too.
pub(in crate::intake) fn add_alias(
    new: &NewAlias,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let item = in_use(view, new.equipment)?;
    let facility = view.facility();
    if facility
        .codes
        .values()
        .filter(|alias: &&CodeAlias| alias.equipment == item.tag && !alias.removed)
        .count()
        >= CODES_MAX
    {
        return Err(CommandRefusal::Range {
            field: "code",
            cause: RefusalCause::Item(ItemRefusal::CodeCount),
        });
    }
    push_alias(&NewAlias { equipment: item.tag, ..new.clone() }, view, drafts)
}

/// A code becomes one of the item with this first tag. What a person may not have meant is asked first.
pub(in crate::intake) fn push_alias(
    new: &NewAlias,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let code = read_code(facility, &new.code).map_err(CommandRefusal::Code)?;
    for alias in facility.codes_like(&new.code) {
        let Some(holder) = find_named_item(facility, alias.equipment) else { continue };
        let name = holder.facts.name.clone();
        if holder.tag == new.equipment {
            return Err(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OwnCode)));
        }
        match holder.service {
            ServiceState::Retired if new.confirmed => {
                drafts.push(AliasRemoved { code: alias.code.clone() }, Vec::new());
            }
            ServiceState::Retired => {
                return Err(CommandRefusal::CodeUnconfirmed(CodeQuestion::OfRetiredItem { name }));
            }
            _ => return Err(CommandRefusal::CodeTaken { code: alias.code.clone(), name }),
        }
    }
    if code.may_be_trade_item() && !new.confirmed {
        return Err(CommandRefusal::CodeUnconfirmed(CodeQuestion::TradeItemNumber));
    }
    drafts.push(AliasAdded { code: code.to_string(), equipment: new.equipment }, Vec::new());
    Ok(())
}

pub(in crate::intake) fn remove_alias(
    code: Digest16,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let alias = view.facility().codes.get(&code).filter(|alias| !alias.removed);
    let alias = alias.ok_or(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::NoCode)))?;
    drafts.push(AliasRemoved { code: alias.code.clone() }, Vec::new());
    Ok(())
}
