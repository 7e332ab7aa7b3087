//! Pages and API by whole requests on a database that real batches filled.

mod access;
mod access_log;
mod adopted;
mod away;
mod both_databases;
mod box_table;
mod confirming;
mod entered_forms;
mod entrance;
mod facilities;
mod fake_provider;
mod fleet;
mod groups;
mod item_history;
#[path = "../../../../tests/src/kept_answers.rs"]
mod kept_answers;
mod links;
mod lock_out;
mod logo;
mod mailed_links;
mod many_facilities;
mod map;
mod numbers;
mod oidc;
mod old_app;
mod operations;
mod other_provider;
mod pages;
mod passkeys;
mod paused;
mod people;
mod platform;
#[path = "../../../../tests/src/postgres.rs"]
#[expect(dead_code, unreachable_pub, reason = "a part of the harness, which uses all of it")]
mod postgres;
mod programs;
mod programs_api;
mod provider_forms;
mod races;
mod region_log;
mod safety_mails;
mod second_factor;
mod shape;
mod signing_in;
mod table;
mod test_box;
mod ways_in;
mod webhooks;
mod wording;
mod world;
