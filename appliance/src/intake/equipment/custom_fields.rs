//! Fields of a category’s own, as an item fills them in.

use std::collections::BTreeMap;

use record::fold::EquipmentCategory;
use record::kinds::{CategoryField, CivilDay, FieldType};

use crate::intake::{CommandRefusal, CustomFieldRule};

/// Own fields of an item, as they will be, against those of its category. Of an existing item only the fields in the
/// request are checked: a field that its category got since is required when somebody enters the item again.
pub(in crate::intake) fn check_own_fields(
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

fn broken_rule(field: &CategoryField, value: &str) -> Option<CustomFieldRule> {
    if value.is_empty() {
        return field.required.then_some(CustomFieldRule::Needed);
    }
    match field.field_type {
        FieldType::Number => value.parse::<i64>().is_err().then_some(CustomFieldRule::Number),
        FieldType::Date => value.parse::<CivilDay>().is_err().then_some(CustomFieldRule::Day),
        FieldType::Choice => {
            let is_one = field.choices.iter().any(|choice| choice == value);
            (!is_one).then(|| CustomFieldRule::Choice(field.choices.join(", ")))
        }
        FieldType::Yes => (!["yes", "no"].contains(&value)).then_some(CustomFieldRule::Yes),
        FieldType::Text | FieldType::Other(_) => None,
    }
}
