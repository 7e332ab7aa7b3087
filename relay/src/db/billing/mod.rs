//! What billing keeps: how accounts stand, what came from the service that takes money, what was counted for it.

pub mod accounts;
pub mod events;
pub mod invoices;
pub mod revenue;
pub mod usage;
