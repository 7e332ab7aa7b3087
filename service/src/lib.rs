//! What every long-running process of ours needs, written once for box and relay: the seams to time and chance
//! ([`clock`], [`random`]), how often somebody may call or try ([`limit`], [`attempts`]), and who may hold a connection, and
//! for how long ([`listener`]).

pub mod attempts;
pub mod clock;
pub mod limit;
pub mod listener;
pub mod random;
