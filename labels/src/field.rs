//! The closed list of fields that a label can have.

use serde::{Deserialize, Serialize};

macro_rules! fields {
    ($($(#[doc = $doc:literal])* $variant:ident $name:literal),+ $(,)?) => {
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
        }
    };
}

fields! {
    /// What the code opens; ends with the tag.
    Url "url",
    /// The tag's symbols without spaces; printed in groups of three.
    Tag "tag",
    /// The equipment's name.
    Name "name",
    /// The hospital's own number.
    AssetNumber "asset_number",
    /// The maker's number.
    Serial "serial",
    /// Who made it.
    Maker "maker",
    /// The maker's name for its kind.
    Model "model",
    /// The hospital's name for its kind.
    Category "category",
    /// Where the item is.
    Location "location",
    /// The hospital, clinic or lab.
    Facility "facility",
    /// How it is cleaned.
    Protocol "protocol",
    /// Which version of that.
    ProtocolVersion "protocol_version",
    /// The protocol's steps, one a line.
    Steps "steps",
    /// The disinfectant.
    Agent "agent",
    /// How long the surface stays wet.
    ContactTime "contact_time",
    /// What the person wears.
    Ppe "ppe",
    /// Reference to the manufacturer's instructions.
    Ifu "ifu",
    /// The load's number.
    Load "load",
    /// The lot of its agent.
    LoadLot "load_lot",
    /// When its agent expires.
    LoadExpires "load_expires",
    /// The machine that ran it.
    Machine "machine",
    /// When it was cleaned.
    CleanedAt "cleaned_at",
    /// Who cleaned it.
    CleanedBy "cleaned_by",
    /// When the cleaning's time is over, by the protocol.
    CleanUntil "clean_until",
    /// When the loan or the state ends.
    Until "until",
    /// Why.
    Reason "reason",
    /// A person's name.
    Person "person",
    /// What the person does.
    Role "role",
    /// The person's number.
    StaffId "staff_id",
    /// Which label of how many, as `42/300`.
    Position "position",
    /// The day of printing.
    Date "date",
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

/// A name that is no field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{self:?}")]
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
        assert_eq!("colour".parse::<Field>(), Err(UnknownField("colour".into())));
        assert!(Field::known().contains("asset_number, serial"));
        assert_eq!("x".repeat(500).parse::<Field>(), Err(UnknownField("x".repeat(40))));
    }
}
