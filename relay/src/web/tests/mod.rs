//! Pages and API by whole requests on a database that real batches filled.

mod access;
mod numbers;
mod pages;
mod signing_in;
mod world;
