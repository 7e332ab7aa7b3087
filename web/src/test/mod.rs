//! Every row of a table tried rightly and wrongly, and every answer held against its description (feature `test`).
//!
//! A program supplies a [`FixtureWorld`], and asserts that each of these finds nothing:
//! [`find_access_faults`], [`find_fuzz_faults`], [`find_compression_faults`]. Its own tests send what they send through a
//! [`TestClient`], which fails on any answer that the row does not describe.

mod client;
mod compression;
mod fixture;
mod fuzz;
mod fuzz_body;
mod matrix;
mod validate;

pub use self::client::{TestAnswer, TestClient};
pub use self::compression::find_compression_faults;
pub use self::fixture::{FixtureCaller, FixtureWorld};
pub use self::fuzz::find_fuzz_faults;
pub use self::matrix::find_access_faults;
pub use self::validate::AnswerChecker;
