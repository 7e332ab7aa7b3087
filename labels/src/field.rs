//! The closed list of fields that a label can have.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal $label:literal),+ $(,)?) => {
        /// One field of a label.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Field {
            $($(#[doc = $doc])* $variant),+
        }

        impl Field {
            /// Every field, in the order of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in templates.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }

            /// Its name in a sentence for a person.
            fn label(self) -> &'static str {
                match self { $(Self::$variant => $label),+ }
            }
        }
    };
}

fields! {
    /// What the code opens; ends with the tag.
    Url "url" "label address",
    /// The tag's symbols without spaces; printed in groups of three.
    Tag "tag" "tag",
    /// The equipment's name.
    Name "name" "name",
    /// The hospital's own number.
    AssetNumber "asset_number" "asset number",
    /// The maker's number.
    Serial "serial" "serial number",
    /// Who made it.
    Maker "maker" "manufacturer",
    /// The maker's name for its kind.
    Model "model" "model",
    /// The hospital's name for its kind.
    Category "category" "category",
    /// Where the item is.
    Location "location" "location",
    /// The hospital, clinic or lab.
    Facility "facility" "facility",
    /// How it is cleaned.
    Protocol "protocol" "protocol",
    /// Which version of that.
    ProtocolVersion "protocol_version" "protocol version",
    /// The protocol's steps, one a line.
    Steps "steps" "steps",
    /// The disinfectant.
    Agent "agent" "disinfectant",
    /// How long the surface stays wet.
    ContactTime "contact_time" "contact time",
    /// What the person wears.
    Ppe "ppe" "protective equipment",
    /// Reference to the manufacturer's instructions.
    Ifu "ifu" "reference to the instructions",
    /// The load's number.
    Load "load" "load",
    /// The lot of its agent.
    LoadLot "load_lot" "lot of the load",
    /// When its agent expires.
    LoadExpires "load_expires" "expiry of the load",
    /// The machine that ran it.
    Machine "machine" "machine",
    /// When it was cleaned.
    CleanedAt "cleaned_at" "time of cleaning",
    /// Who cleaned it.
    CleanedBy "cleaned_by" "person who cleaned",
    /// When the cleaning's time is over, by the protocol.
    CleanUntil "clean_until" "time until which it is clean",
    /// When the loan or the state ends.
    Until "until" "end",
    /// Why.
    Reason "reason" "reason",
    /// A person's name.
    Person "person" "person",
    /// What the person does.
    Role "role" "role",
    /// The person's number.
    StaffId "staff_id" "staff number",
    /// Which label of how many, as `42/300`.
    Position "position" "position",
    /// The day of printing.
    Date "date" "date",
}

impl Field {
    /// Whether its value may have several lines.
    pub fn has_lines(self) -> bool {
        self == Self::Steps
    }

    /// All names, for a message.
    pub fn known() -> String {
        Self::ALL.iter().map(|f| f.name()).collect::<Vec<_>>().join(", ")
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.label())
    }
}

/// A name that is no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a field of a label; known: {known}", known = Field::known())]
pub struct UnknownField(pub String);

impl std::str::FromStr for Field {
    type Err = UnknownField;
    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let known = Self::ALL.iter().copied().find(|f| f.name() == name);
        known.ok_or_else(|| UnknownField(name.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_closed_and_round_trip() {
        for field in Field::ALL {
            assert_eq!(field.name().parse(), Ok(*field));
        }
        let refusal = "colour".parse::<Field>().unwrap_err().to_string();
        assert!(refusal.contains("\"colour\"") && refusal.contains("asset_number, serial"), "{refusal}");
        assert_eq!("x".repeat(500).parse::<Field>(), Err(UnknownField("x".repeat(40))));
    }
}
