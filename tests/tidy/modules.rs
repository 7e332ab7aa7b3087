//! The table of modules: which may import which inside a crate, and which outside crates only some of them may name.

use std::collections::BTreeSet;

use crate::Fault;
use crate::imports::{module_of, place, rule_of};
use crate::sources::Sources;

/// A module and the others of its crate that it may import. Its own parts it may import always.
pub struct ModuleRule {
    pub place: &'static str,
    pub may: &'static [&'static str],
    pub reason: &'static str,
}

/// A path that only these modules (and tests) may name.
pub struct UseRule {
    pub path: &'static str,
    pub modules: &'static [&'static str],
    pub reason: &'static str,
}

const fn module(place: &'static str, may: &'static [&'static str], reason: &'static str) -> ModuleRule {
    ModuleRule { place, may, reason }
}

/// Crates that the table is about. In the pure crates the compiler's own order is enough.
const RULED_CRATES: &[&str] = &["appliance", "relay"];

const ALL: &[&str] = &["*"];

/// ARCHITECTURE.md's modules. A new one gets a row in the commit that makes it.
pub const MODULES: &[ModuleRule] = &[
    module("appliance/clock", &[], "what vouches for the machine's clock"),
    module("appliance/settings", &[], "settings are read before anything runs"),
    module("appliance/intake", &["clock"], "it is pure: command and state in, entries or a refusal out"),
    module("appliance/store", &[], "another name for the crate `store`"),
    module("appliance/anchors", &["intake", "store"], "when true time goes into the log"),
    module("appliance/alarms", &["clock", "store"], "what somebody must know; it knows no page and no line"),
    module(
        "appliance/listen",
        &[],
        "connections, not what is said over them: another name for `service::listener`",
    ),
    module("appliance/disk_space", &[], "one rule for whoever judges the disk"),
    module("appliance/photo", &["disk_space"], "bytes in, a clean picture out"),
    module(
        "appliance/scrub",
        &["clock", "store"],
        "it looks through what is kept; it knows no page and no line",
    ),
    module(
        "appliance/sweep",
        &["anchors", "phones", "photo", "store"],
        "which photos leave the card; it knows no page and no line",
    ),
    module(
        "appliance/panel",
        &["disk_space", "settings", "setup"],
        "lights and a button: it knows causes, and not where they come from",
    ),
    module("appliance/identity", &["clock", "store"], "who somebody is, not what they want"),
    module(
        "appliance/phones",
        &["clock", "store"],
        "what phones say and what is kept of it in `state.redb`; it knows no page and no log",
    ),
    module(
        "appliance/packs",
        &["store"],
        "what packs hold, and which were brought; it knows no page and no log",
    ),
    module(
        "appliance/background",
        &[],
        "a thread that phones go before: it knows nothing of what is done on it",
    ),
    module(
        "appliance/backup",
        &["alarms", "background", "clock", "identity", "photo", "settings", "store"],
        "what is kept, into a file and back; it knows no page and no line",
    ),
    module(
        "appliance/backup_commands",
        &[
            "admin", "alarms", "backup", "clock", "command", "identity", "intake", "photo", "settings",
            "store", "uplink",
        ],
        "the command line's part of backups: it knows no page",
    ),
    module("appliance/printing", &["clock", "store"], "labels and printers, not the log and not the pages"),
    module("appliance/setup", &[], "how far the set-up is, for those who show it and those who change it"),
    module("appliance/provision", &["settings", "setup"], "first boot: it knows no log and no page"),
    module(
        "appliance/doctor",
        &[
            "alarms",
            "clock",
            "disk_space",
            "identity",
            "printing",
            "setup",
            "store",
            "uplink",
            "uplink/transport/choice",
        ],
        "it looks and judges; it knows no sentence and no page",
    ),
    module(
        "appliance/bundle",
        &["alarms", "clock", "doctor", "identity", "setup"],
        "what a support bundle holds; it knows no page and no record",
    ),
    module("appliance/field_commands", ALL, "commands that put the parts together without a running box"),
    module(
        "appliance/command",
        &["anchors", "clock", "intake", "store"],
        "the one way from a command to the log",
    ),
    module(
        "appliance/prints",
        &["clock", "command", "intake", "printing", "store"],
        "what was printed goes to the log, and nothing else",
    ),
    module(
        "appliance/uplink",
        &["alarms", "anchors", "background", "clock", "command", "identity", "intake", "photo", "store"],
        "the line to the relay knows no page and no printer",
    ),
    module(
        "appliance/uplink/exchange",
        &["alarms", "clock", "store", "uplink/plan"],
        "it decides and touches nothing: the store's logs come through its trait",
    ),
    module("appliance/uplink/plan", &["clock"], "it decides and touches nothing"),
    module("appliance/uplink/transport/choice", &[], "it decides and touches nothing"),
    module(
        "appliance/web",
        &[
            "alarms",
            "anchors",
            "background",
            "backup",
            "bundle",
            "clock",
            "command",
            "doctor",
            "identity",
            "intake",
            "listen",
            "packs",
            "panel",
            "phones",
            "photo",
            "printing",
            "settings",
            "setup",
            "store",
            "uplink",
            "wording",
        ],
        "pages and API",
    ),
    module("appliance/wording", &["alarms", "command", "identity", "intake"], "words, whoever shows them"),
    module(
        "appliance/admin",
        &[
            "alarms", "anchors", "backup", "bundle", "clock", "command", "doctor", "identity", "intake",
            "photo", "printing", "store", "uplink", "wording",
        ],
        "the administration socket knows no page",
    ),
    module("appliance/serve", ALL, "it puts the parts together"),
    module("relay/limit", &["web"], "it counts who asks, whatever they ask"),
    module(
        "relay/settings",
        &["billing", "db", "fleet", "leftovers", "mail"],
        "settings are read before anything runs",
    ),
    module(
        "relay/box_api",
        &["db", "fleet", "ingest", "mqtt", "objects"],
        "what boxes ask by HTTPS; no page",
    ),
    module("relay/objects", &["db"], "photos by hash"),
    module("relay/mqtt", &[], "the listener knows no database and no page: `Inbox` is its way in"),
    module("relay/mqtt/acl", &[], "it decides and touches nothing"),
    module("relay/db", &["accounts"], "all SQL, and nothing of those who ask"),
    module("relay/ingest", &["db", "keys", "mqtt", "projections"], "no page, no bill"),
    module("relay/keys", &["db", "mqtt"], "which keys there are, and no box that knows them"),
    module("relay/ingest/decide", &[], "the protocol's table decides and touches nothing"),
    module("relay/projections", &["db"], "a fold over what is stored, whoever stored it"),
    module(
        "relay/jobs",
        &[
            "accounts",
            "alerts",
            "audit",
            "billing",
            "db",
            "keys",
            "mail",
            "objects",
            "projections",
            "reports",
            "webhooks",
        ],
        "work outside the request that asks for it; it knows no page",
    ),
    module(
        "relay/jobs/kinds",
        &["alerts", "audit", "billing", "db", "jobs", "keys", "mail", "projections", "reports", "webhooks"],
        "what jobs there are, and what each does",
    ),
    module(
        "relay/audit",
        &["accounts", "db", "objects", "projections"],
        "it reads what is stored and checks it again",
    ),
    module(
        "relay/backup",
        &["db", "leftovers", "objects"],
        "a relay in a folder; it knows no page and no key",
    ),
    module(
        "relay/leftovers",
        &["keys"],
        "files under names of their way; it knows nothing of what is in them",
    ),
    module(
        "relay/doctor",
        &[
            "accounts",
            "audit",
            "backup",
            "db",
            "error_reports",
            "jobs/kinds",
            "keys",
            "leftovers",
            "mail",
            "objects",
            "outgoing",
            "settings",
        ],
        "it looks and judges; it knows no page",
    ),
    module(
        "relay/accounts",
        &["billing", "db", "keys", "mail", "outgoing"],
        "who somebody is, not what they want",
    ),
    module(
        "relay/billing",
        &["db", "mail"],
        "what accounts pay; it knows no page, and nothing that boxes do",
    ),
    module("relay/outgoing", &[], "it asks other hosts, whoever wants to know what"),
    module(
        "relay/mail",
        &["db", "outgoing", "wording"],
        "what leaves by mail; it knows nobody's rights and no page",
    ),
    module(
        "relay/webhooks",
        &["accounts", "db", "keys", "mail", "outgoing", "wording"],
        "what is sent to accounts' own receivers; it knows no page and no box",
    ),
    module(
        "relay/alerts",
        &["accounts", "db", "mail", "projections"],
        "what somebody must know; it knows no page",
    ),
    module(
        "relay/reports",
        &["accounts", "db", "keys", "objects"],
        "what is made of records for people to keep; it knows no page and no job",
    ),
    module("relay/wording", &[], "words, whoever shows them"),
    module("relay/forwarded", &["web"], "who asks, behind a balancer"),
    module("relay/fleet", &["db", "keys", "mqtt", "projections"], "boxes, not pages"),
    module("relay/readiness", &["db", "keys", "objects"], "whether requests should come here"),
    module(
        "relay/error_reports",
        &["outgoing"],
        "errors leave the machine; it knows nothing that they are about",
    ),
    module(
        "relay/health",
        &["accounts", "db", "ingest", "jobs", "mqtt", "readiness"],
        "what an operator's monitor asks",
    ),
    module("relay/listen", &["fleet", "mqtt", "web"], "connections, and who is at the other end"),
    module(
        "relay/web",
        &[
            "accounts",
            "alerts",
            "billing",
            "db",
            "fleet",
            "keys",
            "mail",
            "objects",
            "outgoing",
            "projections",
            "readiness",
            "reports",
            "webhooks",
            "wording",
        ],
        "no SQL and no MQTT",
    ),
    module(
        "relay/admin",
        &["accounts", "db", "fleet", "ingest", "keys", "mail", "mqtt", "projections", "readiness", "wording"],
        "the administration socket knows no page",
    ),
    module("relay/cli", &["accounts", "keys"], "words on a command line"),
    module("relay/orders", &["accounts", "admin", "cli", "fleet", "keys"], "a command line as orders"),
    module("relay/serve", ALL, "it puts the parts together"),
];

const fn only(path: &'static str, modules: &'static [&'static str], reason: &'static str) -> UseRule {
    UseRule { path, modules, reason }
}

/// As systemd expects of a service's log.
const ENVIRONMENT: &[&str] = &["service/settings", "service/logging"];
/// Cargo names a build script's folder by a variable.
const ENVIRONMENT_AND_BUILD: &[&str] = &["service/settings", "service/logging", "words/build"];
const FROM_SETTINGS: &str = "the environment comes through `service::settings`";

pub const ONLY: &[UseRule] = &[
    only("sqlx", &["relay/db"], "one place for all SQL"),
    only(
        "redb",
        &[
            "store",
            "appliance/printing",
            "appliance/identity",
            "appliance/scrub",
            "appliance/sweep",
            "appliance/uplink/photos",
            "appliance/uplink/refused",
            "appliance/alarms",
            "appliance/packs",
            "appliance/phones",
        ],
        "the log's database is the store's; the others keep tables of their own in state.redb",
    ),
    only(
        "store",
        &["appliance/store", "verify"],
        "modules say whether they may use it by importing `crate::store`",
    ),
    only("rumqttc", &["appliance/uplink/transport", "relay/mqtt"], "one place for MQTT on each side"),
    only(
        "axum",
        &[
            "appliance/web",
            "appliance/serve",
            "relay/box_api",
            "relay/health",
            "relay/forwarded",
            "relay/limit",
            "relay/listen",
            "relay/serve",
            "relay/web",
            "service/listener",
            "web",
        ],
        "only pages, API and their listeners know HTTP",
    ),
    only(
        "axum::routing",
        &["web/route/row", "web/table/mount", "relay/health"],
        "add a row to the table: it says who may come",
    ),
    only(
        "labels",
        &[
            "appliance/printing",
            "appliance/web",
            "appliance/serve",
            "relay/web/api/old/qr_code",
            "relay/web/pages/facilities/label_sheets",
            "relay/web/view_models/label_faults",
            "report/pdf/font",
        ],
        "labels are drawn where they are printed; pages name their templates, fields and sheets",
    ),
    only(
        "ring",
        &["relay/accounts/oidc/jws", "relay/accounts/webauthn"],
        "signatures of providers and of passkeys, each in one place",
    ),
    only(
        "billing",
        &["relay/billing", "relay/serve", "relay/web/api/stripe_events"],
        "what Stripe is asked for, in one place",
    ),
    only("simple_dns", &["relay/outgoing/texts"], "one place for questions to name servers"),
    only("escpos", &["appliance/printing"], "text goes to receipt printers in one place"),
    only("rppal", &["appliance/panel"], "one place for GPIO"),
    only("gpiocdev", &["appliance/panel"], "one place for GPIO"),
    only("fluent_bundle", &["words"], "messages have typed functions, and their numbers a locale"),
    only("icu_decimal", &["words"], "numbers are written by locale in one place"),
    only("age", &["appliance/backup", "relay/keys/seal"], "what is encrypted at rest is a backup"),
    only("argon2", &["appliance/identity", "relay/accounts"], "passwords and PINs in one place"),
    only("std::env::var", ENVIRONMENT, FROM_SETTINGS),
    only("std::env::var_os", ENVIRONMENT_AND_BUILD, FROM_SETTINGS),
    only("std::env::vars", ENVIRONMENT, FROM_SETTINGS),
    only("std::env::vars_os", ENVIRONMENT, FROM_SETTINGS),
];

pub fn every_module_has_a_row(sources: &Sources) -> Vec<Fault> {
    let modules = sources.rust().filter(|f| RULED_CRATES.contains(&f.top()) && !sources.is_test(&f.path));
    let places: BTreeSet<String> = modules
        .filter_map(|f| module_of(&f.path).map(|m| place(f.top(), &m[..m.len().min(1)])))
        .filter(|place| place.contains('/') && rule_of(place, MODULES).is_none())
        .collect();
    places
        .into_iter()
        .map(|place| {
            Fault::new(place, "this module has no row in tests/tidy/modules.rs: add what it may import")
        })
        .collect()
}

#[test]
fn a_module_without_a_row_is_found() {
    use crate::sources::File;
    let sources = Sources::planted(vec![
        File::planted("relay/src/kitchen/sink.rs", ""),
        File::planted("relay/src/db/items.rs", ""),
        File::planted("relay/src/lib.rs", ""),
        File::planted("record/src/anything.rs", ""),
    ]);
    let faults = every_module_has_a_row(&sources);
    assert_eq!(faults.iter().map(|f| f.place.as_str()).collect::<Vec<_>>(), ["relay/kitchen"]);
}

#[test]
fn the_pure_modules_stay_pure() {
    use crate::imports::check;
    use crate::sources::File;
    let sources = Sources::planted(Vec::new());
    for (path, text) in [
        ("appliance/src/intake/mod.rs", "use crate::store::Store;"),
        ("appliance/src/uplink/exchange/mod.rs", "use super::link;"),
        ("appliance/src/uplink/plan.rs", "use super::link;"),
        ("appliance/src/printing/model/plan.rs", "use crate::web::AppState;"),
        ("relay/src/ingest/mod.rs", "use crate::web::WebState;"),
        ("relay/src/web/home.rs", "use sqlx::Row;"),
        ("appliance/src/intake/mod.rs", "fn a() { std::env::var(\"A\"); }"),
    ] {
        let found = check(&File::planted(path, text), MODULES, ONLY, &sources);
        assert_eq!(found.len(), 1, "{path}: {text}: {found:?}");
    }
}
