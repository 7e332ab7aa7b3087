//! Who asks: staff by their session, programs by their token; and what the audit keeps of it.

pub(crate) mod pin;
pub(crate) mod program;
pub(crate) mod staff_session;
pub(crate) mod trace;
