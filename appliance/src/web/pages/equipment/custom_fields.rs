//! Own fields of an item in its form: an input for each that its category has, and lines of text for others.

use std::collections::BTreeMap;

use record::entry::Digest16;
use record::fold::FacilityState;
use record::kinds::{CategoryField, CivilDay, FieldType};
use web::argument::{FormFields, PlainForm};
use web::error::HttpError;
use web::form::FormValues;

use crate::intake::CommandRefusal;
use crate::web::entered_lines::{read_lines, write_lines};
use crate::web::request::fields::field_error::Wrong;

const CUSTOM: &str = "custom";
/// Before the digest of a field's key, in the name of its input.
const OWN: &str = "own-";
const YES: &str = "-yes";

pub(in crate::web::pages::equipment) struct CustomFieldInput {
    pub(in crate::web::pages::equipment) name: String,
    pub(in crate::web::pages::equipment) label: String,
    pub(in crate::web::pages::equipment) value: String,
    pub(in crate::web::pages::equipment) is_required: bool,
    pub(in crate::web::pages::equipment) shape: CustomFieldShape,
    pub(in crate::web::pages::equipment) error: Option<String>,
}

pub(in crate::web::pages::equipment) enum CustomFieldShape {
    Text,
    Number,
    Date,
    Choice(Vec<String>),
    Tick { otherwise: &'static str },
}

fn input_name(key: &str) -> String {
    format!("{OWN}{}", Digest16::of(key.as_bytes()))
}

fn fields_of<'a>(facility: &'a FacilityState, category: &str) -> &'a [CategoryField] {
    let category = facility.categories.get(&Digest16::of(category.as_bytes()));
    category.map(|category| category.fields.as_slice()).unwrap_or_default()
}

/// The name of a line, where it has no more than a name and a value.
fn line_name(line: &str) -> Option<(String, String)> {
    let mut parts = read_lines(line).into_iter().next().filter(|parts| parts.len() <= 2)?;
    parts.resize(2, String::new());
    let value = parts.pop().unwrap_or_default();
    parts.pop().map(|name| (name, value))
}

/// A line without a bar that names no own field: read as a name without a value, it would be lost unnoticed.
pub(in crate::web::pages::equipment) fn find_unnamed<'a>(
    facility: &FacilityState,
    text: &'a str,
    is_there: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    let fields = || facility.categories.values().flat_map(|category| &category.fields);
    let is_known = |name: &str| is_there(name) || fields().any(|field| field.key == name);
    text.lines().map(str::trim).find(|line| match read_lines(line).first().map(Vec::as_slice) {
        Some([name]) => !is_known(name),
        _ => false,
    })
}

/// The lines that are of no field, as they were entered, and the values of the others.
fn split_lines(text: &str, is_field: impl Fn(&str) -> bool) -> (Vec<&str>, BTreeMap<String, String>) {
    let (mut others, mut values) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        match line_name(line).filter(|(name, _)| is_field(name)) {
            Some((name, value)) => drop(values.insert(name, value)),
            None => others.push(line),
        }
    }
    (others, values)
}

pub(in crate::web::pages::equipment) fn list_inputs(
    facility: &FacilityState,
    values: &FormValues,
    problems: &[Wrong],
) -> (Vec<CustomFieldInput>, FormValues) {
    let fields = fields_of(facility, values.text("category"));
    let (others, mut own) = split_lines(values.text(CUSTOM), |name| fields.iter().any(|f| f.key == name));
    let mut value = |key: &str| own.remove(key).unwrap_or_default();
    let inputs = fields.iter().map(|field| fill_input(field, value(&field.key), problems)).collect();
    (inputs, values.clone().with(CUSTOM, others.join("\n")))
}

fn fill_input(field: &CategoryField, value: String, problems: &[Wrong]) -> CustomFieldInput {
    let name = input_name(&field.key);
    CustomFieldInput {
        error: problems.iter().find(|wrong| wrong.at == name).map(|wrong| wrong.words.clone()),
        shape: shape_of(field, &value),
        label: field.label.clone(),
        is_required: field.required,
        name,
        value,
    }
}

fn shape_of(field: &CategoryField, value: &str) -> CustomFieldShape {
    match field.field_type {
        FieldType::Number => CustomFieldShape::Number,
        // A browser's date input shows nothing else, and would drop it.
        FieldType::Date if value.is_empty() || value.parse::<CivilDay>().is_ok() => CustomFieldShape::Date,
        FieldType::Choice => {
            let mut choices = field.choices.clone();
            let is_known = value.is_empty() || choices.iter().any(|choice| choice == value);
            choices.extend((!is_known).then(|| value.to_owned()));
            CustomFieldShape::Choice(choices)
        }
        FieldType::Yes if ["", "yes", "no"].contains(&value) => {
            CustomFieldShape::Tick { otherwise: if field.required || value == "no" { "no" } else { "" } }
        }
        _ => CustomFieldShape::Text,
    }
}

pub(in crate::web::pages::equipment) fn join_inputs(
    facility: &FacilityState,
    form: &FormFields,
) -> Result<FormFields, HttpError> {
    let known = facility.categories.values().flat_map(|category| &category.fields);
    let keys: BTreeMap<String, &str> =
        known.map(|field| (input_name(&field.key), field.key.as_str())).collect();
    let sent = form.iter().filter_map(|(name, value)| Some((name, *keys.get(name)?, value)));
    let is_ticked = |name: &str| !form.text(&format!("{name}{YES}")).is_empty();
    let own: Vec<[&str; 2]> =
        sent.map(|(name, key, value)| [key, if is_ticked(name) { "yes" } else { value.trim() }]).collect();
    let (others, _) = split_lines(form.text(CUSTOM), |name| own.iter().any(|[key, _]| *key == name));
    let own = write_lines(own.iter().copied());
    let lines: Vec<&str> = own.lines().chain(others).collect();
    let mut joined = FormFields::default();
    for (name, value) in form.iter().filter(|(name, _)| !name.starts_with(OWN) && *name != CUSTOM) {
        joined.push::<PlainForm>(name.to_owned(), value.as_bytes().to_vec())?;
    }
    if form.get(CUSTOM).is_some() || !lines.is_empty() {
        joined.push::<PlainForm>(CUSTOM.to_owned(), lines.join("\n").into_bytes())?;
    }
    Ok(joined)
}

pub(in crate::web::pages::equipment) fn find_input(
    facility: &FacilityState,
    values: &FormValues,
    refusal: &CommandRefusal,
) -> Option<String> {
    let CommandRefusal::OwnField { label, .. } = refusal else { return None };
    let fields = fields_of(facility, values.text("category"));
    fields.iter().find(|field| field.label == *label).map(|field| input_name(&field.key))
}
