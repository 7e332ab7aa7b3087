//! The journal: segments, the chain of entries in them, and which copy of a line counts.

pub(crate) mod chain;
pub(crate) mod chunker;
pub(crate) mod displaced;
pub(crate) mod gap_filler;
pub(crate) mod journal;
pub(crate) mod linked;
pub(crate) mod own_texts;
pub(crate) mod rewriter;
pub(crate) mod scan;
pub(crate) mod segment;
pub(crate) mod survey;
pub(crate) mod tail;
