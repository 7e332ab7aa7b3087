//! Every row of a table tried rightly and wrongly, and every answer held against its description (feature `test`).
//!
//! A program supplies a [`FixtureWorld`], and asserts that each of these finds nothing:
//! [`find_access_faults`], [`find_writing_reads`], [`find_fuzz_faults`], [`find_compression_faults`]. Its own tests send what they send through a
//! [`TestClient`], which fails on any answer that the row does not describe.

pub(crate) mod answer;
mod client;
mod compression;
mod fixture;
mod fuzz;
mod fuzz_body;
mod fuzz_case;
mod fuzz_further;
mod fuzz_json;
mod fuzz_multipart;
mod listing;
mod matrix;
pub(crate) mod unpack;
mod validate;

pub use crate::test::answer::TestAnswer;
pub use crate::test::client::TestClient;
pub use crate::test::compression::find_compression_faults;
pub use crate::test::fixture::{FixtureCaller, FixtureWorld};
pub use crate::test::fuzz::find_fuzz_faults;
pub use crate::test::matrix::{find_access_faults, find_writing_reads};
pub use crate::test::validate::AnswerChecker;
