//! The words of pages: a type for each area of messages, as the build script makes them. Pages in English only have none yet.

include!(concat!(env!("OUT_DIR"), "/words.rs"));
