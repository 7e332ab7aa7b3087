//! Places and categories: the lists from which people pick, and what the items of a category have of their own.

use std::collections::BTreeSet;

use record::entry::Digest16;
use record::fold::{Equipment, EquipmentCategory, FacilityLocation, FacilityState, RowVersion, ServiceState};
use record::kinds::{
    CategoryDefaults, CategoryField, CategorySet, EquipmentChanged, EquipmentPatch, FieldType, LocationSet,
};
use record::limits::{COMMAND_ENTRIES_MAX, OWN_FIELD_CHOICES_MAX, OWN_FIELD_KEY_CHARS_MAX, OWN_FIELDS_MAX};

use super::items::check_facts;
use crate::intake::facility::settings::check_schedule;
use crate::intake::{
    CategoryChange, CommandRefusal, Drafts, ListedOver, LocationChange, RefusalCause, RenameRefusal,
    StateView, require_seen, text,
};

/// Places of one facility: more are no pick list any more.
const LOCATIONS_MAX: usize = 2_000;
const CATEGORIES_MAX: usize = 500;
const DEPTH_MAX: usize = 8;
/// Items that get another name for their place or category at once, so that all of it is one command.
const RENAMED_MAX: usize = COMMAND_ENTRIES_MAX - 2;

/// What a row was called so far, where it gets another name.
fn find_former(renamed_from: Option<&str>, name: &str) -> Option<String> {
    renamed_from.map(str::trim).filter(|former| *former != name).map(str::to_owned)
}

/// Whether a row may get another name, and which one it is: it is on the list, and no other one that is offered has the new
/// name. One that was taken off the list may come back under it.
fn check_rename<'a, T>(
    former: Option<&'a T>,
    other: Option<&T>,
    is_retired: impl FnOnce(&T) -> bool,
    taken: RefusalCause,
) -> Result<&'a T, CommandRefusal> {
    match (former, other) {
        (None, _) => {
            let cause = RefusalCause::Rename(RenameRefusal::Unknown);
            Err(CommandRefusal::Range { field: "renamed_from", cause })
        }
        (Some(_), Some(other)) if !is_retired(other) => {
            Err(CommandRefusal::Range { field: "name", cause: taken })
        }
        (Some(row), _) => Ok(row),
    }
}

fn rename_at_items<'a>(
    items: impl Iterator<Item = (&'a Equipment, EquipmentPatch)>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let items: Vec<_> = items.take(RENAMED_MAX + 1).collect();
    if items.len() > RENAMED_MAX {
        let cause = RefusalCause::Rename(RenameRefusal::ItemCount);
        return Err(CommandRefusal::Range { field: "name", cause });
    }
    for (item, patch) in items {
        drafts.push(EquipmentChanged { tag: item.tag, patch: check_facts(&patch, view)? }, Vec::new());
    }
    Ok(())
}

fn present_items(facility: &FacilityState) -> impl Iterator<Item = &Equipment> {
    let items = facility.equipment.values().map(AsRef::as_ref);
    items.filter(|item: &&Equipment| item.service != ServiceState::Retired)
}

/// The place of an item as it is after another name for a place: that itself, or a spot in it that is on no list.
fn renamed_place(facility: &FacilityState, location: &str, former: &str, name: &str) -> Option<String> {
    let spot = location.strip_prefix(former)?;
    let is_spot =
        spot.starts_with(',') && !facility.locations.contains_key(&Digest16::of(location.as_bytes()));
    (spot.is_empty() || is_spot).then(|| format!("{name}{spot}"))
}

/// Gives a place another name, with what is in it. The new one is said last: its version is that of the whole.
fn rename_location(
    former: &FacilityLocation,
    name: &str,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let renamed = present_items(facility).filter_map(|item| {
        let location = renamed_place(facility, &item.facts.location, &former.name, name)?;
        Some((item, EquipmentPatch { location: Some(location), ..EquipmentPatch::default() }))
    });
    rename_at_items(renamed, view, drafts)?;
    let inside: Vec<_> = facility.locations.values().filter(|place| place.within == former.name).collect();
    if drafts.made.len() + inside.len() + 2 > COMMAND_ENTRIES_MAX {
        let cause = RefusalCause::Rename(RenameRefusal::ItemCount);
        return Err(CommandRefusal::Range { field: "name", cause });
    }
    for place in inside {
        drafts.push(LocationSet { within: name.to_owned(), ..say_place(place) }, Vec::new());
    }
    drafts.push(LocationSet { retired: true, ..say_place(former) }, Vec::new());
    Ok(())
}

fn say_place(place: &FacilityLocation) -> LocationSet {
    LocationSet {
        name: place.name.clone(),
        within: place.within.clone(),
        order: place.order,
        retired: place.retired,
    }
}

fn rename_category(
    former: &EquipmentCategory,
    name: &str,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let of_it = present_items(view.facility()).filter(|item| item.facts.category == former.name);
    let renamed = of_it
        .map(|item| (item, EquipmentPatch { category: Some(name.to_owned()), ..EquipmentPatch::default() }));
    rename_at_items(renamed, view, drafts)?;
    let left = CategorySet {
        name: former.name.clone(),
        fields: former.fields.clone(),
        defaults: Some(former.defaults.clone()).filter(|defaults| *defaults != CategoryDefaults::default()),
        retired: true,
    };
    drafts.push(left, Vec::new());
    Ok(())
}

/// Whether a row of a list may be set: a new one is not there yet, and another one has the version that the change is based on.
fn check_over(
    over: ListedOver,
    present: Option<RowVersion>,
    taken: RefusalCause,
) -> Result<(), CommandRefusal> {
    match (over, present) {
        (ListedOver::New, Some(_)) => Err(CommandRefusal::Range { field: "name", cause: taken }),
        (ListedOver::New, None) => Ok(()),
        (ListedOver::Present(seen), now) => require_seen(seen, now.unwrap_or_default()),
    }
}

/// Adds a place, or gives one other facts.
pub(in crate::intake) fn set_location(
    change: &LocationChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let name = text::check_name("name", &change.name, RefusalCause::LocationName)?;
    let former = find_former(change.renamed_from.as_deref(), &name);
    let present = find_location(facility, &name);
    let renamed = former.map(|former| {
        let former = find_location(facility, &former);
        check_rename(former, present, |place| place.retired, RefusalCause::LocationTaken)
    });
    let renamed = renamed.transpose()?;
    let over = renamed.or(present).map(|place| place.changed);
    check_over(change.over, over, RefusalCause::LocationTaken)?;
    if present.is_none() && facility.locations.len() >= LOCATIONS_MAX {
        return Err(CommandRefusal::Range { field: "name", cause: RefusalCause::LocationCount });
    }
    let within = text::check_line("within", &change.within)?;
    if is_inside_place(facility, &within, &name)
        || renamed.is_some_and(|former| is_inside_place(facility, &within, &former.name))
    {
        return Err(CommandRefusal::Range { field: "within", cause: RefusalCause::LocationWithin });
    }
    if let Some(former) = renamed {
        rename_location(former, &name, view, drafts)?;
    }
    drafts.push(LocationSet { name, within, order: change.order, retired: change.retired }, Vec::new());
    Ok(())
}

fn find_location<'a>(facility: &'a FacilityState, name: &str) -> Option<&'a FacilityLocation> {
    facility.locations.get(&Digest16::of(name.as_bytes()))
}

fn is_inside_place(facility: &FacilityState, place: &str, other: &str) -> bool {
    !place.is_empty() && !is_outside(facility, place, other)
}

/// Whether a place is there and not inside of another one.
fn is_outside(facility: &FacilityState, place: &str, other: &str) -> bool {
    let mut place = place.to_owned();
    for _ in 0..DEPTH_MAX {
        if place == other {
            return false;
        }
        match facility.locations.get(&Digest16::of(place.as_bytes())) {
            None => return false,
            Some(row) if row.within.is_empty() => return true,
            Some(row) => place.clone_from(&row.within),
        }
    }
    false
}

/// Adds a category, or gives one other fields and defaults.
pub(in crate::intake) fn set_category(
    change: &CategoryChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let name = text::check_name("name", &change.name, RefusalCause::CategoryName)?;
    let former = find_former(change.renamed_from.as_deref(), &name);
    let present = find_category(facility, &name);
    let renamed = former.map(|former| {
        let former = find_category(facility, &former);
        check_rename(former, present, |row| row.retired, RefusalCause::CategoryTaken)
    });
    let renamed = renamed.transpose()?;
    let over = renamed.or(present).map(|row| row.changed);
    check_over(change.over, over, RefusalCause::CategoryTaken)?;
    if present.is_none() && facility.categories.len() >= CATEGORIES_MAX {
        return Err(CommandRefusal::Range { field: "name", cause: RefusalCause::CategoryCount });
    }
    let defaults = check_defaults(&change.defaults, view)?;
    let fields = check_fields(&change.fields)?;
    if let Some(former) = renamed {
        rename_category(former, &name, view, drafts)?;
    }
    let set = CategorySet {
        name,
        fields,
        defaults: Some(defaults).filter(|defaults| *defaults != CategoryDefaults::default()),
        retired: change.retired,
    };
    drafts.push(set, Vec::new());
    Ok(())
}

fn find_category<'a>(facility: &'a FacilityState, name: &str) -> Option<&'a EquipmentCategory> {
    facility.categories.get(&Digest16::of(name.as_bytes())).map(AsRef::as_ref)
}

fn check_defaults(
    defaults: &CategoryDefaults,
    view: &dyn StateView,
) -> Result<CategoryDefaults, CommandRefusal> {
    let known = &view.facility().protocols;
    if let Some(unknown) = defaults.protocols.iter().find(|id| !known.contains_key(id)) {
        return Err(CommandRefusal::UnknownProtocol(*unknown));
    }
    if defaults.protocols.len() > 20 {
        return Err(CommandRefusal::Range { field: "protocol", cause: RefusalCause::ProtocolCount });
    }
    defaults.schedule.as_ref().map_or(Ok(()), check_schedule)?;
    Ok(CategoryDefaults { name: text::check_line("default_name", &defaults.name)?, ..defaults.clone() })
}

fn check_fields(fields: &[CategoryField]) -> Result<Vec<CategoryField>, CommandRefusal> {
    if fields.len() > OWN_FIELDS_MAX {
        return Err(refuse_fields(RefusalCause::OwnFieldCount));
    }
    let mut keys = BTreeSet::new();
    let mut checked = Vec::with_capacity(fields.len());
    for field in fields {
        let key = text::check_short("fields", &field.key, OWN_FIELD_KEY_CHARS_MAX)?;
        let label = text::check_line("fields", &field.label)?;
        if key.is_empty() {
            return Err(refuse_fields(RefusalCause::OwnFieldName));
        }
        if !keys.insert(key.clone()) {
            return Err(refuse_fields(RefusalCause::OwnFieldTwice));
        }
        if !FieldType::ALL.contains(&field.field_type) {
            return Err(refuse_fields(RefusalCause::OwnFieldType));
        }
        let is_choice = field.field_type == FieldType::Choice;
        let choices =
            field.choices.iter().map(|c| text::check_name("fields", c, RefusalCause::CustomFieldChoices));
        let choices: Vec<String> = choices.collect::<Result<_, _>>()?;
        // Commas separate choices where people enter them.
        let has_comma = choices.iter().any(|choice| choice.contains(','));
        if is_choice == choices.is_empty() || choices.len() > OWN_FIELD_CHOICES_MAX || has_comma {
            return Err(refuse_fields(RefusalCause::CustomFieldChoices));
        }
        let label = if label.is_empty() { key.clone() } else { label };
        checked.push(CategoryField { key, label, choices, ..field.clone() });
    }
    Ok(checked)
}

fn refuse_fields(cause: RefusalCause) -> CommandRefusal {
    CommandRefusal::Range { field: "fields", cause }
}
