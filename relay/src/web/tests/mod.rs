//! Pages and API by whole requests on a database that real batches filled.

mod access;
mod administration;
mod authentication;
mod both_databases;
mod box_table;
mod facility;
mod fake_provider;
#[path = "../../../../tests/src/kept_answers.rs"]
mod kept_answers;
mod languages;
mod links;
mod pages;
#[path = "../../../../tests/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "a part of the harness, which uses all of it")]
mod postgres;
mod program;
mod table;
mod test_box;
pub(super) mod wording;
mod world;
