//! The generator for build scripts: reads folders of Fluent files, refuses what would else show when a page is drawn, and
//! writes one type for each area with a function for each message.
//!
//! A folder of messages holds `<language>/<area>.ftl` and, by subject, `<language>/<subject>/<area>.ftl`: the area is the
//! file's name either way. An area has a file in `en`, and in each other language either a complete one or none. The build
//! fails, and every fault is named at once, when
//! - a file does not parse, or is stored where no language or area is
//! - two files of a language are one area
//! - a key occurs twice, or is not two or more small words with hyphens (`page-words`): a function has its name
//! - a file lacks a message that English has, or has one more
//! - a message has other variables than in English, or counts with one here and not there, or compares with other words
//! - a message contains `<`, `&` or two blanks: markup comes in through slots
//! - a message names another message, a term that its file has not, or a function that is not `NUMBER($variable)`
//!
//! A variable that a selector counts (`[one]`, `[0]`) or that `NUMBER` writes takes a number, one that is compared with
//! words takes a text, any other takes both and slots. Arguments are in the order of their variables' names, so that a
//! sentence can be reworded without a call that changes its meaning.
//!
//! Messages whose key begins with `form-`, `mail-`, `refusal-`, `alert-kind-` or `alert-means-` may go without a call: forms find them by
//! the names of their fields, mails and alerts by their kind, refusals by their cause, and a test of each looks for those that nothing finds.

mod areas;
mod file;
mod generate;
mod source;

pub use self::generate::{generate_source, generate_words};
