//! The suite `crash`: box and relay killed under load and at chosen system calls, the folder shared, the disk full or read-only,
//! the clock wrong, a photo half sent, a contact time half over.

mod clocks;
mod contact_times;
mod disk_full;
mod failed_flush;
mod first_start;
mod kills;
#[path = "../src/marked_photos.rs"]
mod marked_photos;
mod metadata;
mod read_only;

use std::path::Path;

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}
