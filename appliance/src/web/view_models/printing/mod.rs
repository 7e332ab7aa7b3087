//! Labels, slips and printers. Above `page`, `records` and `equipment`.

pub(crate) mod discovery;
pub(crate) mod jobs;
pub(crate) mod label_faults;
pub(crate) mod label_fields;
pub(crate) mod labels;
pub(crate) mod print_papers;
pub(crate) mod print_refusals;
pub(crate) mod printer_causes;
pub(crate) mod printers;
pub(crate) mod sheets;
pub(crate) mod slips;
pub(crate) mod template_words;
pub(crate) mod templates;
