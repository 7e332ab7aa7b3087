//! What binds the box to its relay: the claim, the relay's signed directives and the evidence of both. Above `transport`.

pub(in crate::uplink) mod authorities;
pub mod claim;
pub(in crate::uplink) mod directive_state;
pub(in crate::uplink) mod directives;
pub(in crate::uplink) mod evidence;
pub(in crate::uplink) mod relay_time;
