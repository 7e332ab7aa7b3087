//! What only Linux can do here: exclusive access to a card in a reader, and reads past the page cache.

#[cfg(target_os = "linux")]
pub(crate) use self::linux::{drop_cache, hide_input, open_drive, open_drive_to_read, show_input};
#[cfg(not(target_os = "linux"))]
pub(crate) use self::other::{drop_cache, hide_input, open_drive, open_drive_to_read, show_input};

#[cfg(target_os = "linux")]
mod linux;

#[cfg(not(target_os = "linux"))]
mod other;
