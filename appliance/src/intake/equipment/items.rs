//! Equipment and its facts.

use std::collections::BTreeMap;

use record::entry::Digest16;
use record::fold::{Equipment, EquipmentCategory, RowVersion, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{
    CivilDay, EquipmentAdded, EquipmentChanged, EquipmentFacts, EquipmentLoan, EquipmentPatch,
    EquipmentResumed, EquipmentRetired, EquipmentSuspended, PhotoPolicy, Schedule, ScheduleSet, TEXT_FACTS,
};

use super::custom_fields::check_own_fields;
use super::tags::{push_alias, take_free_tag};
use crate::intake::facility::settings::check_schedule;
use crate::intake::records::problem::close_of_item;
use crate::intake::{
    CommandRefusal, Drafts, ItemRefusal, NewAlias, NewEquipment, ProblemClosing, RefusalCause, StateView,
    facility_day, text,
};

const CUSTOM_MAX: usize = 30;
const NAME_NEEDED: RefusalCause = RefusalCause::EquipmentName;

pub(in crate::intake) fn retire_item(
    item: &Equipment,
    reason: &str,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let (reason, texts) = drafts.optional_text("reason", reason)?;
    drafts.push(EquipmentRetired { tag: item.tag, reason }, texts);
    Ok(())
}

/// Takes an item out of use until somebody puts it back. Of one that is out already, a request that states a version
/// changes why and until when.
pub(in crate::intake) fn suspend_item(
    item: &Equipment,
    reason: &str,
    back: Option<CivilDay>,
    seen: Option<RowVersion>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let again = item.service == ServiceState::Out;
    if again && seen.is_none() {
        return Err(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::OutOfService)));
    }
    let present = item.out.last().filter(|_| again).and_then(|out| out.back);
    let today = facility_day(view.facility(), view.now().wall_ms);
    // A day that stays may be over.
    if back != present && back.zip(today).is_some_and(|(back, today)| back < today) {
        return Err(CommandRefusal::BACK_DAY);
    }
    let (reason, texts) = drafts.optional_text("reason", reason)?;
    let suspended = EquipmentSuspended { tag: item.tag, reason, problem: None, load: None, back, again };
    drafts.push(suspended, texts);
    Ok(())
}

/// Puts a suspended item back into use.
pub(in crate::intake) fn resume_item(
    item: &Equipment,
    closing: &ProblemClosing,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    if item.service == ServiceState::In {
        return Err(CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::InService)));
    }
    close_of_item(item, closing.outcome.as_ref(), view, drafts)?;
    let (text, texts) = drafts.optional_text("notes", &closing.text)?;
    drafts.push(EquipmentResumed { tag: item.tag, text, checked: None }, texts);
    Ok(())
}

/// Other facts and another schedule are one act: the drafts are recorded together, or none is.
pub(in crate::intake) fn decide_change(
    item: &Equipment,
    fields: &EquipmentPatch,
    new_schedule: Option<&Schedule>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let patch = check_facts(fields, view)?;
    new_schedule.map_or(Ok(()), check_schedule)?;
    let mut changed = item.facts.clone();
    changed.apply(&patch, |_| true);
    check_together(&changed)?;
    let is_other = changed.category != item.facts.category;
    check_own_fields(find_category(view, &changed.category), &changed.custom, |key| {
        is_other || patch.custom.contains_key(key)
    })?;
    let gone = unfollowed_protocols(item, patch.protocols.as_deref());
    // A schedule alone is no other fact.
    if new_schedule.is_none() || *fields != EquipmentPatch::default() {
        drafts.push(EquipmentChanged { tag: item.tag, patch }, Vec::new());
    }
    // What the item is no longer cleaned by can no longer be due.
    let ended = gone.into_iter().map(|protocol| (Some(protocol), Schedule::Never));
    let from = view.now().wall_ms;
    for (protocol, schedule) in ended.chain(new_schedule.map(|new| (None, new.clone()))) {
        drafts.push(ScheduleSet { tag: item.tag, protocol, schedule, from }, Vec::new());
    }
    Ok(())
}

pub(in crate::intake) fn decide_add(
    new: &NewEquipment,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let tag = take_free_tag(new.tag, view, drafts)?;
    let patch = check_facts(&new.fields, view)?;
    if patch.name.is_none() {
        return Err(CommandRefusal::Needed { field: "name", cause: NAME_NEEDED });
    }
    let mut facts = EquipmentFacts::default();
    facts.apply(&patch, |_| true);
    check_together(&facts)?;
    check_own_fields(find_category(view, &facts.category), &facts.custom, |_| true)?;
    drafts.push(EquipmentAdded { tag, facts }, Vec::new());
    if let Some(code) = &new.code {
        push_alias(&NewAlias { code: code.clone(), equipment: tag, confirmed: false }, view, drafts)?;
    }
    if let Some(requested) = &new.schedule {
        check_schedule(requested)?;
        let from = view.now().wall_ms;
        drafts.push(ScheduleSet { tag, protocol: None, schedule: requested.clone(), from }, Vec::new());
    }
    Ok(())
}

pub(in crate::intake) fn check_facts(
    patch: &EquipmentPatch,
    view: &dyn StateView,
) -> Result<EquipmentPatch, CommandRefusal> {
    let mut checked = patch.clone();
    for fact in TEXT_FACTS {
        if let Some(entered) = (fact.patch_mut)(&mut checked) {
            *entered = match fact.name {
                "name" => text::check_name("name", entered, NAME_NEEDED)?,
                field => text::check_line(field, entered)?,
            };
        }
    }
    patch.protocols.as_ref().map_or(Ok(()), |protocols| check_protocols(protocols, view))?;
    checked.loan = patch.loan.as_ref().map(check_loan).transpose()?;
    checked.custom = check_custom(&patch.custom)?;
    Ok(checked)
}

/// The owner of a loaner states until when it is here: without a day nothing could show that it is to go back.
fn check_loan(loan: &EquipmentLoan) -> Result<EquipmentLoan, CommandRefusal> {
    let owner = text::check_line("loan_owner", &loan.owner)?;
    if loan.until.0.is_none() && !owner.is_empty() {
        return Err(CommandRefusal::Needed {
            field: "loan_until",
            cause: RefusalCause::Item(ItemRefusal::LoanDay),
        });
    }
    Ok(EquipmentLoan { until: loan.until, owner })
}

fn check_together(facts: &EquipmentFacts) -> Result<(), CommandRefusal> {
    if facts.single_use && !facts.protocols.is_empty() {
        return Err(CommandRefusal::Range { field: "single_use", cause: RefusalCause::SingleUse });
    }
    if let Some(drawn) = facts.photo_one_in
        && (!(2..=100).contains(&drawn) || facts.photo != PhotoPolicy::Optional)
    {
        return Err(CommandRefusal::Range { field: "photo_one_in", cause: RefusalCause::PhotoSampling });
    }
    Ok(())
}

fn find_category<'a>(view: &'a dyn StateView, name: &str) -> Option<&'a EquipmentCategory> {
    let key = Digest16::of(name.as_bytes());
    view.facility().categories.get(&key).map(AsRef::as_ref)
}

/// Protocols with a schedule of their own that the item will no longer have.
fn unfollowed_protocols(item: &Equipment, requested: Option<&[ProtocolId]>) -> Vec<ProtocolId> {
    let Some(requested) = requested else { return Vec::new() };
    let own = item.schedules().into_iter().filter_map(|(protocol, _)| protocol);
    own.filter(|protocol| !requested.contains(protocol)).collect()
}

fn check_protocols(requested: &[ProtocolId], view: &dyn StateView) -> Result<(), CommandRefusal> {
    if requested.len() > 20 {
        return Err(CommandRefusal::Range { field: "protocol", cause: RefusalCause::ProtocolCount });
    }
    match requested.iter().find(|id| !view.facility().protocols.contains_key(id)) {
        Some(unknown) => Err(CommandRefusal::UnknownProtocol(*unknown)),
        None => Ok(()),
    }
}

fn check_custom(requested: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, CommandRefusal> {
    if requested.len() > CUSTOM_MAX {
        return Err(CommandRefusal::Range { field: "custom", cause: RefusalCause::CustomFieldCount });
    }
    requested
        .iter()
        .map(|(name, value)| {
            Ok((
                text::check_name("custom", name, RefusalCause::CustomFieldName)?,
                text::check_line("custom", value)?,
            ))
        })
        .collect()
}
