//! The suite `tidy`: rules of this project that the compiler does not know, each with the fix in its message.
//!
//! One test reads the whole repository and reports every violation together. Each rule also has a test that plants
//! the fault it must find.

mod billing;
mod callers;
mod circles;
mod definitions;
mod folders;
mod functions;
mod imports;
mod invariants;
mod licences;
mod modules;
mod names;
mod ratchet;
mod routes;
mod sources;
mod statements;
mod text;
mod units;
mod vendor;
mod workspace;

use std::fmt;

use sources::Sources;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    place: String,
    what: String,
}

impl Fault {
    fn new(place: impl Into<String>, what: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.what)
    }
}

#[test]
fn the_repository_is_tidy() {
    let sources = Sources::of_repository();
    let metadata = workspace::metadata(&[]);
    let mut faults = Vec::new();
    let tenant_tables = statements::tenant_tables(&sources);
    for file in sources.rust() {
        faults.extend(text::opening(file));
        faults.extend(functions::check(file, sources.is_test(&file.path), functions::LONG));
        faults.extend(imports::check(file, modules::MODULES, modules::ONLY, &sources));
        faults.extend(callers::check(file, callers::CALLER_RULES, &sources));
        faults.extend(routes::check(file, &sources));
        faults.extend(statements::check(file, &tenant_tables));
    }
    for krate in circles::CRATES {
        faults.extend(circles::check(krate, &sources));
    }
    faults.extend(functions::exceptions_are_needed(&sources, functions::LONG));
    for file in &sources.files {
        faults.extend(text::length(file));
        faults.extend(text::words(file));
        faults.extend(text::documents(file, &|path| sources.exists(path)));
    }
    faults.extend(folders::check(&sources));
    faults.extend(names::check(&sources));
    faults.extend(names::count_closures(&sources));
    faults.extend(modules::every_module_has_a_row(&sources));
    faults.extend(invariants::check(&sources));
    faults.extend(vendor::check(&sources));
    faults.extend(billing::check(&sources));
    faults.extend(billing::crates("appliance", &workspace::tree(&["--package=cleantrack-appliance"])));
    faults.extend(workspace::arrows(&metadata));
    faults.extend(workspace::pure_dependencies(&metadata));
    faults.extend(workspace::lints(&sources));
    faults.extend(workspace::listed_tests(&sources));
    faults.extend(workspace::built_once(&workspace::demo_and_suites()));
    faults.extend(workspace::lock(&sources.text("Cargo.lock")));
    let host = workspace::host();
    let of_host = workspace::metadata(&["--filter-platform", &host]);
    faults.extend(licences::check(&of_host, &sources.text("deny.toml")));
    faults.sort();
    faults.dedup();
    let messages: Vec<String> = faults.iter().map(ToString::to_string).collect();
    assert!(messages.is_empty(), "{} violations:\n{}", messages.len(), messages.join("\n"));
}
