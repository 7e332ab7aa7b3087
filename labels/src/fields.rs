//! What one label says: the values of its fields.

use std::collections::BTreeMap;

use crate::field::Field;
use crate::label_error::LabelError;

/// The values of one label. A field that was not given is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields(BTreeMap<Field, String>);

impl Fields {
    /// None given.
    pub fn new() -> Self {
        Self::default()
    }

    /// With one more value; an empty one removes the field.
    #[must_use]
    pub fn with(mut self, field: Field, value: impl Into<String>) -> Self {
        self.set(field, value);
        self
    }

    /// Sets a field's value; an empty one removes the field.
    pub fn set(&mut self, field: Field, value: impl Into<String>) {
        let value = value.into();
        if value.trim().is_empty() {
            self.0.remove(&field);
        } else {
            self.0.insert(field, value);
        }
    }

    /// A field's value; empty when it was not given.
    pub fn get(&self, field: Field) -> &str {
        self.0.get(&field).map_or("", String::as_str)
    }

    /// The fields that were given.
    pub fn provided(&self) -> impl Iterator<Item = (Field, &str)> {
        self.0.iter().map(|(field, value)| (*field, value.as_str()))
    }

    /// With a protocol's steps, numbered.
    #[must_use]
    pub fn with_steps<'a>(self, steps: impl IntoIterator<Item = &'a str>) -> Self {
        let numbered: Vec<String> = (1..).zip(steps).map(|(n, step)| format!("{n}. {step}")).collect();
        self.with(Field::Steps, numbered.join("\n"))
    }

    /// With its place in a batch. In a long one its number alone: a label has space for seven characters.
    #[must_use]
    pub fn with_position(self, n: u32, of: u32) -> Self {
        let position = if of < 1_000 { format!("{n}/{of}") } else { n.to_string() };
        self.with(Field::Position, position)
    }

    /// The asset number in the place of a name that cannot be printed.
    ///
    /// # Errors
    /// [`LabelError::NoAssetNumber`].
    pub fn without_name(mut self) -> Result<Self, LabelError> {
        let asset = self.0.remove(&Field::AssetNumber).ok_or(LabelError::NoAssetNumber)?;
        self.set(Field::Name, asset);
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_is_not_given() {
        let fields = Fields::new().with(Field::Name, "a").with(Field::Serial, "  ").with(Field::Name, "");
        assert_eq!(fields, Fields::new());
        assert_eq!(fields.get(Field::Name), "");
    }

    #[test]
    fn the_asset_number_can_stand_for_the_name() {
        let fields = Fields::new().with(Field::Name, "超声").with(Field::AssetNumber, "BM-1");
        let instead = fields.without_name().unwrap();
        assert_eq!((instead.get(Field::Name), instead.get(Field::AssetNumber)), ("BM-1", ""));
        assert_eq!(Fields::new().with(Field::Name, "超声").without_name(), Err(LabelError::NoAssetNumber));
    }

    #[test]
    fn a_position_has_seven_characters_at_most() {
        for (n, of, position) in
            [(42, 300, "42/300"), (999, 999, "999/999"), (1_000, 1_000, "1000"), (7, 5_000, "7")]
        {
            assert_eq!(Fields::new().with_position(n, of).get(Field::Position), position);
        }
    }

    #[test]
    fn steps_are_numbered() {
        let fields = Fields::new().with_steps(["Wipe", "Wait"]);
        assert_eq!(fields.get(Field::Steps), "1. Wipe\n2. Wait");
    }
}
