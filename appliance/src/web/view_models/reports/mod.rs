//! Reports of this box: what they hold, and the turn in which they are made.

pub(crate) mod collect;
pub(crate) mod made;
pub(crate) mod request;
