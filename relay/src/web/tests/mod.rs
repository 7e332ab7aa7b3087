//! Pages and API by whole requests on a database that real batches filled.

mod access;
mod both_databases;
mod numbers;
mod pages;
#[path = "../../../../tests/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "a part of the harness, which uses all of it")]
mod postgres;
mod shape;
mod signing_in;
mod world;
