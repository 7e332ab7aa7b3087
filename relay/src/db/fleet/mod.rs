//! Boxes: how they came, their states, what they were asked, and which keys they know.

pub mod authority;
pub mod box_details;
pub mod box_keys;
pub mod box_now;
pub mod boxes;
pub mod claims;
pub mod directives;
pub mod evidence;
