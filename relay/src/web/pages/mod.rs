//! The pages, one a file.

pub(crate) mod access_export;
pub(crate) mod access_log;
pub(crate) mod account;
pub(crate) mod add_box;
pub(crate) mod boxes;
pub(crate) mod browser;
pub(crate) mod compare;
pub(crate) mod confirm;
pub(crate) mod equipment;
pub(crate) mod equipment_list;
pub(crate) mod facilities;
pub(crate) mod facility;
pub(crate) mod factors;
pub(crate) mod gaps;
pub(crate) mod label_sheets;
pub(crate) mod me;
pub(crate) mod member_form;
pub(crate) mod people;
pub(crate) mod platform;
pub(crate) mod programs;
pub(crate) mod regions;
pub(crate) mod second_step;
pub(crate) mod sign_in;
pub(crate) mod way_page;
pub(crate) mod ways_in;
