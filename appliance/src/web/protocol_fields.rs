//! The fields in which people choose by which protocols an item is cleaned, on every form that asks for it.

use record::fold::FacilityState;
use record::ids::ProtocolId;
use web::form::{FormField, FormOption, FormValues};

/// The one that a scan offers first among those that are alike for the item’s class.
pub(crate) const FIRST_PROTOCOL: FormField = FormField::pick("protocol");
pub(crate) const FURTHER_PROTOCOLS: FormField = FormField::picks("further");

pub(crate) fn fill_protocols(values: FormValues, protocols: &[ProtocolId]) -> FormValues {
    let mut texts = protocols.iter().map(ToString::to_string);
    let first = texts.next().unwrap_or_default();
    let further: Vec<String> = texts.collect();
    values.with(FIRST_PROTOCOL.name, first).with(FURTHER_PROTOCOLS.name, further.join(" "))
}

/// The protocols that a form says, in their order, each once.
///
/// # Errors
/// The name of the field that has something else.
pub(crate) fn read_protocols(values: &FormValues) -> Result<Vec<ProtocolId>, &'static str> {
    let mut protocols = Vec::new();
    for field in [FIRST_PROTOCOL.name, FURTHER_PROTOCOLS.name] {
        for text in values.text(field).split_whitespace() {
            let id = text.parse::<ProtocolId>().map_err(|_| field)?;
            if !protocols.contains(&id) {
                protocols.push(id);
            }
        }
    }
    Ok(protocols)
}

/// The lists of both fields: the protocols that are offered, and those that are chosen already. `none` means no protocol.
pub(crate) fn protocol_picks(
    facility: &FacilityState,
    chosen: &FormValues,
    none: String,
) -> Vec<(&'static str, Vec<FormOption>)> {
    let chosen = read_protocols(chosen).unwrap_or_default();
    let mut options: Vec<FormOption> = facility
        .protocols
        .iter()
        .filter(|(id, protocol)| !protocol.retired || chosen.contains(*id))
        .map(|(id, protocol)| FormOption::entered(id.to_string(), protocol.name.clone()))
        .collect();
    options.sort_by(|a, b| a.words.cmp(&b.words));
    let further = options.clone();
    options.insert(0, FormOption::new("", none));
    vec![(FIRST_PROTOCOL.name, options), (FURTHER_PROTOCOLS.name, further)]
}
