//! What several pages show and no page owns.

pub(crate) mod alarms;
pub(crate) mod equipment;
pub(crate) mod machine;
pub(crate) mod page;
pub(crate) mod printing;
pub(crate) mod records;
pub(crate) mod reports;
