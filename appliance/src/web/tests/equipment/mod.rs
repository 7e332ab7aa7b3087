//! Equipment, its register and its history.

pub(in crate::web::tests) mod checks;
pub(in crate::web::tests) mod codes;
pub(in crate::web::tests) mod coming_versions;
pub(in crate::web::tests) mod editing;
pub(in crate::web::tests) mod if_match;
pub(in crate::web::tests) mod item_facts;
pub(in crate::web::tests) mod item_history;
pub(in crate::web::tests) mod loans;
pub(in crate::web::tests) mod merges;
pub(in crate::web::tests) mod problem_languages;
pub(in crate::web::tests) mod problems;
pub(in crate::web::tests) mod register;
pub(in crate::web::tests) mod renames;
pub(in crate::web::tests) mod upkeep;
pub(in crate::web::tests) mod uses;
pub(in crate::web::tests) mod walked_forms;
