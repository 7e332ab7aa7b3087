//! Facilities and their equipment.

pub(crate) mod account;
pub(crate) mod compare;
pub(crate) mod equipment;
pub(crate) mod equipment_list;
pub(crate) mod facility;
pub(crate) mod facility_list;
pub(crate) mod figures;
pub(crate) mod gaps;
pub(crate) mod label_sheets;
pub(crate) mod map;
pub(crate) mod regions;
pub(crate) mod report;
