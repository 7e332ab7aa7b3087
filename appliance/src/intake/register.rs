//! Places and categories: the lists from which people pick, and what the items of a category have of their own.

use std::collections::{BTreeMap, BTreeSet};

use record::entry::Digest16;
use record::fold::{EquipmentCategory, FacilityState, RowVersion};
use record::kinds::{CategoryDefaults, CategoryField, CategorySet, CivilDay, FieldType, LocationSet};
use record::limits::{OWN_FIELD_CHOICES_MAX, OWN_FIELD_KEY_CHARS_MAX, OWN_FIELDS_MAX};

use super::facility::check_schedule;
use super::{
    CategoryChange, CommandRefusal, Drafts, ListedOver, LocationChange, OwnFieldRule, RefusalCause,
    StateView, require_seen, text,
};

/// Places of one facility: more are no pick list any more.
const LOCATIONS_MAX: usize = 2_000;
const CATEGORIES_MAX: usize = 500;
/// Places inside of places.
const DEPTH_MAX: usize = 8;

/// Whether a row of a list may be set: a new one is not there yet, and another one is what it was made over.
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
pub(super) fn set_location(
    change: &LocationChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let name = text::check_name("name", &change.name, RefusalCause::LocationName)?;
    let present = facility.locations.get(&Digest16::of(name.as_bytes()));
    check_over(change.over, present.map(|place| place.changed), RefusalCause::LocationTaken)?;
    if present.is_none() && facility.locations.len() >= LOCATIONS_MAX {
        return Err(CommandRefusal::Range { field: "name", cause: RefusalCause::LocationCount });
    }
    let within = text::check_line("within", &change.within)?;
    if !within.is_empty() && !is_outside(facility, &within, &name) {
        return Err(CommandRefusal::Range { field: "within", cause: RefusalCause::LocationWithin });
    }
    drafts.push(LocationSet { name, within, order: change.order, retired: change.retired }, Vec::new());
    Ok(())
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
pub(super) fn set_category(
    change: &CategoryChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let facility = view.facility();
    let name = text::check_name("name", &change.name, RefusalCause::CategoryName)?;
    let present = facility.categories.get(&Digest16::of(name.as_bytes()));
    check_over(change.over, present.map(|row| row.changed), RefusalCause::CategoryTaken)?;
    if present.is_none() && facility.categories.len() >= CATEGORIES_MAX {
        return Err(CommandRefusal::Range { field: "name", cause: RefusalCause::CategoryCount });
    }
    let defaults = check_defaults(&change.defaults, view)?;
    let set = CategorySet {
        name,
        fields: check_fields(&change.fields)?,
        defaults: Some(defaults).filter(|defaults| *defaults != CategoryDefaults::default()),
        retired: change.retired,
    };
    drafts.push(set, Vec::new());
    Ok(())
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
    let refuse = |cause| Err(CommandRefusal::Range { field: "fields", cause });
    if fields.len() > OWN_FIELDS_MAX {
        return refuse(RefusalCause::OwnFieldCount);
    }
    let mut keys = BTreeSet::new();
    let mut checked = Vec::with_capacity(fields.len());
    for field in fields {
        let key = text::check_short("fields", &field.key, OWN_FIELD_KEY_CHARS_MAX)?;
        let label = text::check_line("fields", &field.label)?;
        if key.is_empty() {
            return refuse(RefusalCause::OwnFieldName);
        }
        if !keys.insert(key.clone()) {
            return refuse(RefusalCause::OwnFieldTwice);
        }
        if !FieldType::ALL.contains(&field.field_type) {
            return refuse(RefusalCause::OwnFieldType);
        }
        let is_choice = field.field_type == FieldType::Choice;
        let choices =
            field.choices.iter().map(|c| text::check_name("fields", c, RefusalCause::OwnFieldChoices));
        let choices: Vec<String> = choices.collect::<Result<_, _>>()?;
        // Commas stand between choices where people enter them.
        let has_comma = choices.iter().any(|choice| choice.contains(','));
        if is_choice == choices.is_empty() || choices.len() > OWN_FIELD_CHOICES_MAX || has_comma {
            return refuse(RefusalCause::OwnFieldChoices);
        }
        let label = if label.is_empty() { key.clone() } else { label };
        checked.push(CategoryField { key, label, choices, ..field.clone() });
    }
    Ok(checked)
}

/// Own fields of an item, as they will be, against those of its category. Of an item that is there only what is said anew
/// is looked at: a field that its category got since is asked for when somebody enters the item anew.
pub(super) fn check_own_fields(
    category: Option<&EquipmentCategory>,
    custom: &BTreeMap<String, String>,
    is_looked_at: impl Fn(&str) -> bool,
) -> Result<(), CommandRefusal> {
    for field in category.map(|category| category.fields.as_slice()).unwrap_or_default() {
        if !is_looked_at(&field.key) {
            continue;
        }
        let value = custom.get(&field.key).map(String::as_str).unwrap_or_default();
        if let Some(rule) = broken_rule(field, value) {
            return Err(CommandRefusal::OwnField { label: field.label.clone(), rule });
        }
    }
    Ok(())
}

fn broken_rule(field: &CategoryField, value: &str) -> Option<OwnFieldRule> {
    if value.is_empty() {
        return field.required.then_some(OwnFieldRule::Needed);
    }
    match field.field_type {
        FieldType::Number => value.parse::<i64>().is_err().then_some(OwnFieldRule::Number),
        FieldType::Date => value.parse::<CivilDay>().is_err().then_some(OwnFieldRule::Day),
        FieldType::Choice => {
            let is_one = field.choices.iter().any(|choice| choice == value);
            (!is_one).then(|| OwnFieldRule::Choice(field.choices.join(", ")))
        }
        FieldType::Yes => (!["yes", "no"].contains(&value)).then_some(OwnFieldRule::Yes),
        FieldType::Text | FieldType::Other(_) => None,
    }
}
