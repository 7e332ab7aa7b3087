//! The relay's own work: jobs, processes, backups, and what its operator looks at and switches.

pub mod announcements;
pub mod backups;
pub mod believed_times;
pub mod checks;
pub mod jobs;
pub mod processes;
pub mod records;
pub mod switches;
