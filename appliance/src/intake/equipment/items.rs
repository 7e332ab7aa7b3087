//! Equipment and its facts.

use std::collections::BTreeMap;

use record::entry::Digest16;
use record::fold::{Equipment, EquipmentCategory, RowVersion, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{
    CivilDay, EquipmentAdded, EquipmentChanged, EquipmentLoan, EquipmentResumed, EquipmentRetired,
    EquipmentSuspended, PhotoPolicy, Schedule, ScheduleSet,
};
use record::tag::Tag;

use super::custom_fields::check_own_fields;
use super::tags::{push_alias, take_free_tag};
use crate::intake::facility::settings::check_schedule;
use crate::intake::records::problem::close_of_item;
use crate::intake::{
    CommandRefusal, Drafts, EquipmentFields, ItemRefusal, NewAlias, NewEquipment, ProblemClosing,
    RefusalCause, StateView, facility_day, text,
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
    fields: &EquipmentFields,
    new_schedule: Option<&Schedule>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let event = changed_fields(item.tag, fields, view)?;
    new_schedule.map_or(Ok(()), check_schedule)?;
    check_together(&ItemRules::of_changed(item, &event))?;
    check_changed_fields(item, &event, view)?;
    let gone = unfollowed_protocols(item, event.protocols.as_deref());
    // A schedule alone is no other fact.
    if new_schedule.is_none() || *fields != EquipmentFields::default() {
        drafts.push(event, Vec::new());
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
    let fields = check_fields(&new.fields, view)?;
    check_together(&ItemRules::of_new(&fields))?;
    check_own_fields(find_category(view, fields.category.as_deref()), &fields.custom, |_| true)?;
    let name = fields.name.ok_or(CommandRefusal::Needed { field: "name", cause: NAME_NEEDED })?;
    drafts.push(
        EquipmentAdded {
            tag,
            name,
            asset_number: fields.asset_number.unwrap_or_default(),
            serial: fields.serial.unwrap_or_default(),
            maker: fields.maker.unwrap_or_default(),
            model: fields.model.unwrap_or_default(),
            category: fields.category.unwrap_or_default(),
            location: fields.location.unwrap_or_default(),
            class: fields.class.unwrap_or_default(),
            photo: fields.photo.unwrap_or_default(),
            protocols: fields.protocols.unwrap_or_default(),
            custom: fields.custom.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            loan: fields.loan.filter(|loan| loan.until.0.is_some()),
            single_use: fields.single_use.unwrap_or_default(),
            photo_one_in: fields.photo_one_in.filter(|n| *n > 0),
        },
        Vec::new(),
    );
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

pub(in crate::intake) fn changed_fields(
    tag: Tag,
    fields: &EquipmentFields,
    view: &dyn StateView,
) -> Result<EquipmentChanged, CommandRefusal> {
    let f = check_fields(fields, view)?;
    Ok(EquipmentChanged {
        tag,
        name: f.name,
        asset_number: f.asset_number,
        serial: f.serial,
        maker: f.maker,
        model: f.model,
        category: f.category,
        location: f.location,
        class: f.class,
        photo: f.photo,
        protocols: f.protocols,
        custom: f.custom,
        loan: f.loan,
        single_use: f.single_use,
        photo_one_in: f.photo_one_in,
    })
}

fn check_fields(fields: &EquipmentFields, view: &dyn StateView) -> Result<EquipmentFields, CommandRefusal> {
    Ok(EquipmentFields {
        name: fields.name.as_deref().map(|t| text::check_name("name", t, NAME_NEEDED)).transpose()?,
        asset_number: check_entered_line("asset_number", fields.asset_number.as_deref())?,
        serial: check_entered_line("serial", fields.serial.as_deref())?,
        maker: check_entered_line("maker", fields.maker.as_deref())?,
        model: check_entered_line("model", fields.model.as_deref())?,
        category: check_entered_line("category", fields.category.as_deref())?,
        location: check_entered_line("location", fields.location.as_deref())?,
        class: fields.class,
        photo: fields.photo,
        photo_one_in: fields.photo_one_in,
        single_use: fields.single_use,
        protocols: fields.protocols.as_ref().map(|p| check_protocols(p, view)).transpose()?,
        loan: fields.loan.as_ref().map(check_loan).transpose()?,
        custom: check_custom(&fields.custom)?,
    })
}

fn check_entered_line(field: &'static str, entered: Option<&str>) -> Result<Option<String>, CommandRefusal> {
    entered.map(|t| text::check_line(field, t)).transpose()
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

struct ItemRules<'a> {
    single_use: bool,
    protocols: &'a [ProtocolId],
    photo: PhotoPolicy,
    photo_one_in: u32,
}

impl<'a> ItemRules<'a> {
    fn of_new(fields: &'a EquipmentFields) -> Self {
        Self {
            single_use: fields.single_use.unwrap_or_default(),
            protocols: fields.protocols.as_deref().unwrap_or_default(),
            photo: fields.photo.unwrap_or_default(),
            photo_one_in: fields.photo_one_in.unwrap_or_default(),
        }
    }

    fn of_changed(item: &'a Equipment, event: &'a EquipmentChanged) -> Self {
        Self {
            single_use: event.single_use.unwrap_or(item.single_use),
            protocols: event.protocols.as_deref().unwrap_or(&item.protocols),
            photo: event.photo.unwrap_or(item.photo),
            photo_one_in: event.photo_one_in.or(item.photo_one_in).unwrap_or_default(),
        }
    }
}

fn check_together(rules: &ItemRules<'_>) -> Result<(), CommandRefusal> {
    if rules.single_use && !rules.protocols.is_empty() {
        return Err(CommandRefusal::Range { field: "single_use", cause: RefusalCause::SingleUse });
    }
    let drawn = rules.photo_one_in;
    if drawn != 0 && (!(2..=100).contains(&drawn) || rules.photo != PhotoPolicy::Optional) {
        return Err(CommandRefusal::Range { field: "photo_one_in", cause: RefusalCause::PhotoSampling });
    }
    Ok(())
}

fn find_category<'a>(view: &'a dyn StateView, name: Option<&str>) -> Option<&'a EquipmentCategory> {
    let key = Digest16::of(name?.as_bytes());
    view.facility().categories.get(&key).map(AsRef::as_ref)
}

fn check_changed_fields(
    item: &Equipment,
    event: &EquipmentChanged,
    view: &dyn StateView,
) -> Result<(), CommandRefusal> {
    let category = find_category(view, event.category.as_deref().or(Some(item.category.as_str())));
    let is_other = event.category.as_ref().is_some_and(|category| *category != item.category);
    let mut custom = item.custom.clone();
    custom.extend(event.custom.clone());
    check_own_fields(category, &custom, |key| is_other || event.custom.contains_key(key))
}

/// Protocols with a schedule of their own that the item will no longer have.
fn unfollowed_protocols(item: &Equipment, requested: Option<&[ProtocolId]>) -> Vec<ProtocolId> {
    let Some(requested) = requested else { return Vec::new() };
    let own = item.schedules().into_iter().filter_map(|(protocol, _)| protocol);
    own.filter(|protocol| !requested.contains(protocol)).collect()
}

fn check_protocols(
    requested: &[ProtocolId],
    view: &dyn StateView,
) -> Result<Vec<ProtocolId>, CommandRefusal> {
    if requested.len() > 20 {
        return Err(CommandRefusal::Range { field: "protocol", cause: RefusalCause::ProtocolCount });
    }
    match requested.iter().find(|id| !view.facility().protocols.contains_key(id)) {
        Some(unknown) => Err(CommandRefusal::UnknownProtocol(*unknown)),
        None => Ok(requested.to_vec()),
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
