//! The store is a crate of its own, so that it is built for speed and the box's pages are not; the other rooms know it by this name.

pub use ::store::*;
