//! Staff, what each may do, and who may clean by which protocol.

pub(in crate::intake) mod access;
pub(in crate::intake) mod attribution;
pub(in crate::intake) mod competency;
pub(in crate::intake) mod permissions;
pub(in crate::intake) mod staff;
