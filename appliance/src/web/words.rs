//! The words of pages: a type for each area of messages, as the build script makes them. What is in English only has none yet.

include!(concat!(env!("OUT_DIR"), "/words.rs"));
