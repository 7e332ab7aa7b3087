//! What a request says: readers of its parts beside those of the crate `web`, each with its bounds.

pub(crate) mod bodies;
pub(crate) mod client;
pub(crate) mod fields;
pub(crate) mod limits;
pub(crate) mod lists;
pub(crate) mod submissions;
