//! The paths of the app before this one, for the scripts that still call them: lists and things as they knew them, with whole numbers as
//! ids. What only the box can do is answered with where it is done.

mod at_the_box;
pub(crate) mod cleanings;
pub(crate) mod equipment;
pub(crate) mod facilities;
mod numbers;
pub(crate) mod qr_code;
