//! What only Linux can do here: a card in a reader as this program's own, and reads past the machine's memory.

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{drop_cache, hide_input, open_drive, open_drive_to_read, show_input};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::other::{drop_cache, hide_input, open_drive, open_drive_to_read, show_input};

#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
mod other;
