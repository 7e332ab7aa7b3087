//! Boxes: the list, one of them, a new one.

pub(crate) mod add_box;
pub(crate) mod box_acts;
pub(crate) mod box_forks;
pub(crate) mod box_page;
pub(crate) mod boxes;
