//! Printing: templates, the station, labels and slips.

pub(in crate::web::tests) mod designs;
pub(in crate::web::tests) mod labels_of_items;
pub(in crate::web::tests) mod slips;
pub(in crate::web::tests) mod station;
pub(in crate::web::tests) mod station_printers;
pub(in crate::web::tests) mod station_sheets;
