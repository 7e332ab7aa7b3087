//! Equipment and its tags.

use std::collections::BTreeMap;

use record::fold::{Equipment, RowVersion, Service};
use record::ids::ProtocolId;
use record::kinds::{
    EquipmentAdded, EquipmentChanged, EquipmentResumed, EquipmentRetired, EquipmentSuspended, Schedule,
    ScheduleSet, TagAssigned, TagRevoked,
};
use record::tag::Tag;

use super::facility::schedule;
use super::{
    Command, Drafts, EquipmentFields, NewEquipment, Refusal, RefusalCause, View, item, require_seen, text,
};

/// Custom fields of one item.
const CUSTOM_MAX: usize = 30;
const NAME_NEEDED: RefusalCause = RefusalCause::EquipmentName;

pub(super) fn decide(command: &Command, view: &dyn View, drafts: &mut Drafts<'_>) -> Result<(), Refusal> {
    match command {
        Command::AddEquipment(new) => add(new, view, drafts),
        Command::ChangeEquipment { tag, fields, schedule, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            change(item, fields, schedule.as_ref(), view, drafts)
        }
        Command::RetireEquipment { tag, reason, seen } => {
            let tag = in_use_over(view, *tag, *seen)?.tag;
            let (reason, texts) = drafts.optional_text("reason", reason)?;
            drafts.push(EquipmentRetired { tag, reason }, texts);
            Ok(())
        }
        Command::SuspendEquipment { tag, reason, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            if item.service == Service::Out {
                return Err(Refusal::AlreadySo(RefusalCause::OutOfService));
            }
            let (reason, texts) = drafts.optional_text("reason", reason)?;
            drafts.push(EquipmentSuspended { tag: item.tag, reason }, texts);
            Ok(())
        }
        Command::ResumeEquipment { tag, seen } => {
            let item = in_use_over(view, *tag, *seen)?;
            if item.service == Service::In {
                return Err(Refusal::AlreadySo(RefusalCause::InService));
            }
            drafts.push(EquipmentResumed { tag: item.tag }, Vec::new());
            Ok(())
        }
        Command::AssignTag { tag, equipment } => {
            free(view, *tag)?;
            let equipment = in_use(view, *equipment)?.tag;
            drafts.push(TagAssigned { tag: *tag, equipment }, Vec::new());
            Ok(())
        }
        Command::RevokeTag { tag } => {
            item(view, *tag)?;
            drafts.push(TagRevoked { tag: *tag }, Vec::new());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Other facts and another schedule are one act: the drafts are recorded together, or none is.
fn change(
    item: &Equipment,
    fields: &EquipmentFields,
    new_schedule: Option<&Schedule>,
    view: &dyn View,
    drafts: &mut Drafts<'_>,
) -> Result<(), Refusal> {
    let event = changed(item.tag, fields, view)?;
    new_schedule.map_or(Ok(()), schedule)?;
    let gone = unfollowed(item, event.protocols.as_deref());
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

/// An item that is not retired.
fn in_use(view: &dyn View, tag: Tag) -> Result<&Equipment, Refusal> {
    let item = item(view, tag)?;
    if item.service == Service::Retired {
        Err(Refusal::Retired { name: item.name.clone() })
    } else {
        Ok(item)
    }
}

/// The same in the version over which its change was made.
fn in_use_over(view: &dyn View, tag: Tag, seen: Option<RowVersion>) -> Result<&Equipment, Refusal> {
    let item = in_use(view, tag)?;
    require_seen(seen, item.changed)?;
    Ok(item)
}

/// A tag names one item for life, so one that ever named something is taken.
fn free(view: &dyn View, tag: Tag) -> Result<(), Refusal> {
    let facility = view.facility();
    let taken = facility.equipment.contains_key(&tag) || facility.aliases.contains_key(&tag);
    if taken { Err(Refusal::TagTaken(tag)) } else { Ok(()) }
}

fn add(new: &NewEquipment, view: &dyn View, drafts: &mut Drafts<'_>) -> Result<(), Refusal> {
    let tag = match new.tag {
        Some(tag) => tag,
        // 40 random bits: a second try is rare, a third one practically unheard of.
        None => (0..8)
            .map(|_| Tag::from_random(drafts.random.bytes()))
            .find(|tag| free(view, *tag).is_ok())
            .ok_or(Refusal::AlreadySo(RefusalCause::NoFreeTag))?,
    };
    free(view, tag)?;
    let fields = checked(&new.fields, view)?;
    let name = fields.name.ok_or(Refusal::Needed { field: "name", cause: NAME_NEEDED })?;
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
        },
        Vec::new(),
    );
    if let Some(wanted) = &new.schedule {
        schedule(wanted)?;
        let from = view.now().wall_ms;
        drafts.push(ScheduleSet { tag, protocol: None, schedule: wanted.clone(), from }, Vec::new());
    }
    Ok(())
}

fn changed(tag: Tag, fields: &EquipmentFields, view: &dyn View) -> Result<EquipmentChanged, Refusal> {
    let f = checked(fields, view)?;
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
    })
}

fn checked(fields: &EquipmentFields, view: &dyn View) -> Result<EquipmentFields, Refusal> {
    let line = |field, typed: &Option<String>| typed.as_deref().map(|t| text::line(field, t)).transpose();
    Ok(EquipmentFields {
        name: fields.name.as_deref().map(|t| text::name("name", t, NAME_NEEDED)).transpose()?,
        asset_number: line("asset_number", &fields.asset_number)?,
        serial: line("serial", &fields.serial)?,
        maker: line("maker", &fields.maker)?,
        model: line("model", &fields.model)?,
        category: line("category", &fields.category)?,
        location: line("location", &fields.location)?,
        class: fields.class,
        photo: fields.photo,
        protocols: fields.protocols.as_ref().map(|p| protocols(p, view)).transpose()?,
        custom: custom(&fields.custom)?,
    })
}

/// Protocols with a schedule of their own that the item will no longer have.
fn unfollowed(item: &Equipment, wanted: Option<&[ProtocolId]>) -> Vec<ProtocolId> {
    let Some(wanted) = wanted else { return Vec::new() };
    let own = item.schedules().into_iter().filter_map(|(protocol, _)| protocol);
    own.filter(|protocol| !wanted.contains(protocol)).collect()
}

fn protocols(wanted: &[ProtocolId], view: &dyn View) -> Result<Vec<ProtocolId>, Refusal> {
    if wanted.len() > 20 {
        return Err(Refusal::Range { field: "protocol", cause: RefusalCause::ProtocolCount });
    }
    match wanted.iter().find(|id| !view.facility().protocols.contains_key(id)) {
        Some(unknown) => Err(Refusal::UnknownProtocol(*unknown)),
        None => Ok(wanted.to_vec()),
    }
}

fn custom(wanted: &BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Refusal> {
    if wanted.len() > CUSTOM_MAX {
        return Err(Refusal::Range { field: "custom", cause: RefusalCause::CustomFieldCount });
    }
    wanted
        .iter()
        .map(|(name, value)| {
            Ok((text::name("custom", name, RefusalCause::CustomFieldName)?, text::line("custom", value)?))
        })
        .collect()
}
