//! What a facility says of an item: each fact stands here once, and log, state, forms, pages and programs take it from here.

use std::collections::BTreeMap;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::body_values::{EquipmentLoan, PhotoPolicy, SpauldingClass};
use crate::values::ids::ProtocolId;

/// What is known of an item: in the state of a facility, and as programs are told it. All of it is there: a row that lacks a
/// member is damaged, or of other code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EquipmentFacts {
    /// What people call it.
    pub name: String,
    /// The hospital's own number.
    pub asset_number: String,
    /// The maker's number.
    pub serial: String,
    /// Who made it.
    pub maker: String,
    /// Which model.
    pub model: String,
    /// What sort of thing.
    pub category: String,
    /// Where it is.
    pub location: String,
    /// What its use can do to a patient; a use may raise it.
    pub class: SpauldingClass,
    /// Whether a cleaning needs a photo.
    pub photo: PhotoPolicy,
    /// Where photos are optional, one cleaning in this many is asked for one; null: none.
    pub photo_one_in: Option<u32>,
    /// Whether it is used once: it takes no protocol.
    pub single_use: bool,
    /// That it is lent or rented, with its last day; null where it is not.
    pub loan: Option<EquipmentLoan>,
    /// How to clean it, the usual protocol first: a scan offers that one.
    pub protocols: Vec<ProtocolId>,
    /// The facility's own fields.
    pub custom: BTreeMap<String, String>,
}

/// Facts that are to be other ones: what is absent stays, an empty text clears. A program that names another member is
/// refused; a log that does was written by a newer version, and the member is passed over.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(default, deny_unknown_fields)]
pub struct EquipmentPatch {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The hospital's own number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asset_number: Option<String>,
    /// The maker's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Who made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maker: Option<String>,
    /// Which model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// What sort of thing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Where it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// What its use can do to a patient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub class: Option<SpauldingClass>,
    /// Whether a cleaning needs a photo.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoPolicy>,
    /// How to clean it, the usual protocol first; at most 20.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub protocols: Option<Vec<ProtocolId>>,
    /// The facility's own fields: an empty value removes one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, String>,
    /// That it is lent or rented, and until when; without a day it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loan: Option<EquipmentLoan>,
    /// Whether it is used once: it takes no protocol.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub single_use: Option<bool>,
    /// Where photos are optional, one cleaning in this many is asked for one, 2 to 100; 0: none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo_one_in: Option<u32>,
}

/// A fact that is a line of text.
#[derive(Debug, Clone, Copy)]
pub struct TextFact {
    /// As log, forms and programs name it.
    pub name: &'static str,
    /// Its text.
    pub of: fn(&EquipmentFacts) -> &String,
    of_mut: fn(&mut EquipmentFacts) -> &mut String,
    /// Its other text; absent: it stays.
    pub patch: fn(&EquipmentPatch) -> &Option<String>,
    /// The same, to be set.
    pub patch_mut: fn(&mut EquipmentPatch) -> &mut Option<String>,
}

/// Every fact that is a line of text, in the order of forms and pages; the name is first.
pub const TEXT_FACTS: &[TextFact] = &[
    TextFact {
        name: "name",
        of: |facts| &facts.name,
        of_mut: |facts| &mut facts.name,
        patch: |patch| &patch.name,
        patch_mut: |patch| &mut patch.name,
    },
    TextFact {
        name: "location",
        of: |facts| &facts.location,
        of_mut: |facts| &mut facts.location,
        patch: |patch| &patch.location,
        patch_mut: |patch| &mut patch.location,
    },
    TextFact {
        name: "asset_number",
        of: |facts| &facts.asset_number,
        of_mut: |facts| &mut facts.asset_number,
        patch: |patch| &patch.asset_number,
        patch_mut: |patch| &mut patch.asset_number,
    },
    TextFact {
        name: "serial",
        of: |facts| &facts.serial,
        of_mut: |facts| &mut facts.serial,
        patch: |patch| &patch.serial,
        patch_mut: |patch| &mut patch.serial,
    },
    TextFact {
        name: "maker",
        of: |facts| &facts.maker,
        of_mut: |facts| &mut facts.maker,
        patch: |patch| &patch.maker,
        patch_mut: |patch| &mut patch.maker,
    },
    TextFact {
        name: "model",
        of: |facts| &facts.model,
        of_mut: |facts| &mut facts.model,
        patch: |patch| &patch.model,
        patch_mut: |patch| &mut patch.model,
    },
    TextFact {
        name: "category",
        of: |facts| &facts.category,
        of_mut: |facts| &mut facts.category,
        patch: |patch| &patch.category,
        patch_mut: |patch| &mut patch.category,
    },
];

impl EquipmentPatch {
    /// Leaves out what is the same in another one, but for own fields.
    pub fn leave_out(&mut self, same: &Self) {
        fn clear_same<T: PartialEq>(member: &mut Option<T>, same: &Option<T>) {
            if member == same {
                *member = None;
            }
        }
        for fact in TEXT_FACTS {
            clear_same((fact.patch_mut)(self), (fact.patch)(same));
        }
        clear_same(&mut self.class, &same.class);
        clear_same(&mut self.photo, &same.photo);
        clear_same(&mut self.protocols, &same.protocols);
        clear_same(&mut self.loan, &same.loan);
        clear_same(&mut self.single_use, &same.single_use);
        clear_same(&mut self.photo_one_in, &same.photo_one_in);
    }
}

impl EquipmentFacts {
    /// Takes over each member of `patch` that is there and for whose name `takes` says yes; `custom/NAME` names an own field.
    pub fn apply(&mut self, patch: &EquipmentPatch, mut takes: impl FnMut(&str) -> bool) {
        for fact in TEXT_FACTS {
            set_fact((fact.patch)(patch).as_ref(), (fact.of_mut)(self), || takes(fact.name));
        }
        set_fact(patch.class.as_ref(), &mut self.class, || takes("class"));
        set_fact(patch.photo.as_ref(), &mut self.photo, || takes("photo"));
        set_fact(patch.protocols.as_ref(), &mut self.protocols, || takes("protocols"));
        let loan = patch.loan.clone().map(Some);
        set_fact(loan.as_ref(), &mut self.loan, || takes("loan"));
        set_fact(patch.single_use.as_ref(), &mut self.single_use, || takes("single_use"));
        let one_in = patch.photo_one_in.map(Some);
        set_fact(one_in.as_ref(), &mut self.photo_one_in, || takes("photo_one_in"));
        for (name, value) in &patch.custom {
            if takes(&format!("custom/{name}")) {
                self.custom.insert(name.clone(), value.clone());
            }
        }
        self.clear_empty();
    }

    /// What a log states to be nothing is nothing: a loan without a day, one photo in 0, an own field without a value.
    pub(crate) fn clear_empty(&mut self) {
        self.loan = self.loan.take().filter(|loan| loan.until.0.is_some());
        self.photo_one_in = self.photo_one_in.filter(|&n| n > 0);
        self.custom.retain(|_, value| !value.is_empty());
    }
}

fn set_fact<T: Clone>(value: Option<&T>, field: &mut T, takes: impl FnOnce() -> bool) {
    if let Some(value) = value
        && takes()
    {
        field.clone_from(value);
    }
}

/// As a line of the log: what is empty is not written.
pub(super) fn write_facts<S: Serializer>(facts: &EquipmentFacts, serializer: S) -> Result<S::Ok, S::Error> {
    // Every member is named: one that is forgotten would be lost.
    let EquipmentFacts {
        name,
        asset_number,
        serial,
        maker,
        model,
        category,
        location,
        class,
        photo,
        photo_one_in,
        single_use,
        loan,
        protocols,
        custom,
    } = facts.clone();
    let text = |text: String| Some(text).filter(|text| !text.is_empty());
    let patch = EquipmentPatch {
        name: Some(name),
        asset_number: text(asset_number),
        serial: text(serial),
        maker: text(maker),
        model: text(model),
        category: text(category),
        location: text(location),
        class: Some(class),
        photo: Some(photo),
        protocols: Some(protocols).filter(|protocols| !protocols.is_empty()),
        custom,
        loan,
        single_use: Some(single_use).filter(|is| *is),
        photo_one_in,
    };
    patch.serialize(serializer)
}

/// Of a line of the log, in which what is absent is empty.
pub(super) fn read_facts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<EquipmentFacts, D::Error> {
    let patch = EquipmentPatch::deserialize(deserializer)?;
    Ok(EquipmentFacts {
        loan: patch.loan,
        photo_one_in: patch.photo_one_in,
        custom: patch.custom,
        class: patch.class.unwrap_or_default(),
        photo: patch.photo.unwrap_or_default(),
        single_use: patch.single_use.unwrap_or_default(),
        protocols: patch.protocols.unwrap_or_default(),
        name: patch.name.ok_or_else(|| D::Error::missing_field("name"))?,
        asset_number: patch.asset_number.unwrap_or_default(),
        serial: patch.serial.unwrap_or_default(),
        maker: patch.maker.unwrap_or_default(),
        model: patch.model.unwrap_or_default(),
        category: patch.category.unwrap_or_default(),
        location: patch.location.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::kinds::{EquipmentAdded, EquipmentChanged};
    use crate::values::tag::Tag;

    fn full() -> Value {
        json!({
            "name": "Pump", "asset_number": "BM-1", "serial": "S", "maker": "M", "model": "T", "category": "C",
            "location": "ICU", "class": "critical", "photo": "optional", "photo_one_in": 5, "single_use": true,
            "loan": { "until": "2026-12-31", "owner": "Acme" }, "protocols": ["01KAFJWQ400000000000000003"],
            "custom": { "Side": "left" }
        })
    }

    fn names(of: &Value) -> Vec<String> {
        let mut names: Vec<String> = of.as_object().unwrap().keys().cloned().collect();
        names.sort();
        names
    }

    #[test]
    fn every_fact_is_written_into_the_log_patched_and_left_out() {
        let facts: EquipmentFacts = serde_json::from_value(full()).unwrap();
        let tag = Tag::from_random([7; 5]);
        let mut expected = names(&serde_json::to_value(&facts).unwrap());
        let patch: EquipmentPatch = serde_json::from_value(full()).unwrap();
        assert_eq!(names(&serde_json::to_value(&patch).unwrap()), expected);
        let mut made = EquipmentFacts::default();
        made.apply(&patch, |_| true);
        assert_eq!(made, facts);
        let mut none = patch.clone();
        none.leave_out(&patch);
        assert_eq!(none, EquipmentPatch { custom: patch.custom.clone(), ..EquipmentPatch::default() });
        let added = EquipmentAdded { tag, facts };
        let line = serde_json::to_value(&added).unwrap();
        expected.push("tag".to_owned());
        expected.sort();
        assert_eq!(names(&line), expected);
        assert_eq!(serde_json::from_value::<EquipmentAdded>(line).unwrap(), added);
    }

    #[test]
    fn a_row_of_state_that_lacks_a_fact_is_not_read() {
        for name in names(&full()) {
            let mut row = full();
            row.as_object_mut().unwrap().remove(&name);
            let read = serde_json::from_value::<EquipmentFacts>(row);
            assert_eq!(read.is_ok(), ["loan", "photo_one_in"].contains(&name.as_str()), "{name}");
        }
        let line: EquipmentAdded =
            serde_json::from_value(json!({ "tag": "7QK3M9X2W", "name": "Pump" })).unwrap();
        assert_eq!(line.facts, EquipmentFacts { name: "Pump".into(), ..EquipmentFacts::default() });
        assert!(serde_json::from_value::<EquipmentAdded>(json!({ "tag": "7QK3M9X2W" })).is_err());
    }

    #[test]
    fn a_log_may_name_what_this_version_does_not_know_and_a_program_may_not() {
        let line = json!({ "tag": "7QK3M9X2W", "serial": "S", "colour": "red" });
        let changed: EquipmentChanged = serde_json::from_value(line).unwrap();
        assert_eq!(changed.patch, EquipmentPatch { serial: Some("S".into()), ..EquipmentPatch::default() });
        let refused = serde_json::from_value::<EquipmentPatch>(json!({ "serial": "S", "colour": "red" }));
        assert!(refused.unwrap_err().to_string().contains("unknown field `colour`"));
    }
}
