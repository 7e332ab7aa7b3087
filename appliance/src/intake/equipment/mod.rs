//! Equipment, its tags, places, categories and upkeep. Above `records` and `facility`.

pub(in crate::intake) mod custom_fields;
pub(in crate::intake) mod items;
pub(in crate::intake) mod lists;
pub(in crate::intake) mod tags;
pub(in crate::intake) mod upkeep;
