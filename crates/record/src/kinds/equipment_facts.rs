//! What a facility says of an item: each fact stands here once, and log, state, forms, pages and programs take it from here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::body_values::{EquipmentLoan, PhotoPolicy, SpauldingClass};
use crate::values::ids::ProtocolId;

/// What is known of an item: in the state of a facility, and as programs are told it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EquipmentFacts {
    /// What people call it.
    pub name: String,
    /// The hospital's own number.
    #[serde(default)]
    pub asset_number: String,
    /// The maker's number.
    #[serde(default)]
    pub serial: String,
    /// Who made it.
    #[serde(default)]
    pub maker: String,
    /// Which model.
    #[serde(default)]
    pub model: String,
    /// What sort of thing.
    #[serde(default)]
    pub category: String,
    /// Where it is.
    #[serde(default)]
    pub location: String,
    /// What its use can do to a patient; a use may raise it.
    #[serde(default)]
    pub class: SpauldingClass,
    /// Whether a cleaning needs a photo.
    #[serde(default)]
    pub photo: PhotoPolicy,
    /// Where photos are optional, one cleaning in this many is asked for one; null: none.
    #[serde(default)]
    pub photo_one_in: Option<u32>,
    /// Whether it is used once: it takes no protocol.
    #[serde(default)]
    pub single_use: bool,
    /// That it is lent or rented, with its last day; null where it is not.
    #[serde(default)]
    pub loan: Option<EquipmentLoan>,
    /// How to clean it, the usual protocol first: a scan offers that one.
    #[serde(default)]
    pub protocols: Vec<ProtocolId>,
    /// The facility's own fields.
    #[serde(default)]
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
    let EquipmentFacts { class, photo, photo_one_in, single_use, loan, protocols, custom, .. } =
        facts.clone();
    let mut patch = EquipmentPatch {
        class: Some(class),
        photo: Some(photo),
        protocols: Some(protocols).filter(|protocols| !protocols.is_empty()),
        custom,
        loan,
        single_use: Some(single_use).filter(|is| *is),
        photo_one_in,
        ..EquipmentPatch::default()
    };
    for fact in TEXT_FACTS {
        let text = Some((fact.of)(facts).clone());
        *(fact.patch_mut)(&mut patch) = text.filter(|text| fact.name == "name" || !text.is_empty());
    }
    patch.serialize(serializer)
}
