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

const fn room(place: &'static str, may: &'static [&'static str], reason: &'static str) -> ModuleRule {
    ModuleRule { place, may, reason }
}

/// Crates that the table is about. In the pure crates the compiler's own order is enough.
const RULED_CRATES: &[&str] = &["appliance", "relay"];

const ALL: &[&str] = &["*"];

/// ARCHITECTURE.md's modules. A new one gets a row in the commit that makes it.
pub const MODULES: &[ModuleRule] = &[
    room("appliance/clock", &[], "what vouches for the machine's clock"),
    room("appliance/settings", &[], "settings are read before anything runs"),
    room("appliance/intake", &["clock"], "it is pure: command and state in, entries or a refusal out"),
    room("appliance/store", &[], "another name for the crate `store`"),
    room("appliance/anchors", &["intake", "store"], "when true time goes into the log"),
    room("appliance/alarms", &["clock", "store"], "what somebody must know; it knows no page and no line"),
    room(
        "appliance/listen",
        &[],
        "connections, not what is said over them: another name for `service::listener`",
    ),
    room("appliance/disk_space", &[], "one rule for whoever judges the disk"),
    room("appliance/photo", &["disk_space"], "bytes in, a clean picture out"),
    room(
        "appliance/scrub",
        &["clock", "store"],
        "it looks through what is kept; it knows no page and no line",
    ),
    room(
        "appliance/sweep",
        &["anchors", "phones", "photo", "store"],
        "which photos leave the card; it knows no page and no line",
    ),
    room(
        "appliance/panel",
        &["disk_space", "settings", "setup"],
        "lights and a button: it knows causes, and not where they come from",
    ),
    room("appliance/identity", &["clock", "store"], "who somebody is, not what they want"),
    room(
        "appliance/phones",
        &["clock", "store"],
        "what phones say and what is kept of it in `state.redb`; it knows no page and no log",
    ),
    room(
        "appliance/packs",
        &["store"],
        "what packs hold, and which were brought; it knows no page and no log",
    ),
    room(
        "appliance/backup",
        &["alarms", "clock", "identity", "photo", "settings", "store"],
        "what is kept, into a file and back; it knows no page and no line",
    ),
    room(
        "appliance/backup_commands",
        &[
            "admin", "alarms", "backup", "clock", "command", "identity", "intake", "photo", "settings",
            "store", "uplink",
        ],
        "the command line's part of backups: it knows no page",
    ),
    room("appliance/printing", &["clock", "store"], "labels and printers, not the log and not the pages"),
    room("appliance/setup", &[], "how far the set-up is, for those who show it and those who change it"),
    room("appliance/provision", &["settings", "setup"], "first boot: it knows no log and no page"),
    room(
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
    room(
        "appliance/bundle",
        &["alarms", "clock", "doctor", "identity", "setup"],
        "what a support bundle holds; it knows no page and no record",
    ),
    room("appliance/field_commands", ALL, "commands that put the rooms together without a running box"),
    room(
        "appliance/command",
        &["anchors", "clock", "intake", "store"],
        "the one way from a command to the log",
    ),
    room(
        "appliance/prints",
        &["clock", "command", "intake", "printing", "store"],
        "what was printed goes to the log, and nothing else",
    ),
    room(
        "appliance/uplink",
        &["alarms", "anchors", "clock", "command", "identity", "intake", "photo", "store"],
        "the line to the relay knows no page and no printer",
    ),
    room(
        "appliance/uplink/exchange",
        &["alarms", "clock", "store", "uplink/plan"],
        "it decides and touches nothing: the store's logs come through its trait",
    ),
    room("appliance/uplink/plan", &["clock"], "it decides and touches nothing"),
    room("appliance/uplink/transport/choice", &[], "it decides and touches nothing"),
    room(
        "appliance/web",
        &[
            "alarms", "anchors", "backup", "bundle", "clock", "command", "doctor", "identity", "intake",
            "listen", "packs", "panel", "phones", "photo", "printing", "settings", "setup", "store",
            "uplink",
        ],
        "pages and API",
    ),
    room(
        "appliance/admin",
        &[
            "alarms", "anchors", "backup", "bundle", "clock", "command", "doctor", "identity", "intake",
            "photo", "printing", "store", "uplink",
        ],
        "the administration socket knows no page",
    ),
    room("appliance/serve", ALL, "it puts the rooms together"),
    room("relay/limit", &["web"], "it counts who asks, whatever they ask"),
    room("relay/settings", &["db", "fleet", "leftovers", "mail"], "settings are read before anything runs"),
    room("relay/box_api", &["db", "fleet", "ingest", "mqtt", "objects"], "what boxes ask by HTTPS; no page"),
    room("relay/objects", &["db", "ownership"], "photos by hash"),
    room("relay/mqtt", &[], "the listener knows no database and no page: `Inbox` is its way in"),
    room("relay/mqtt/acl", &[], "it decides and touches nothing"),
    room("relay/db", &["accounts", "ownership"], "all SQL, and nothing of those who ask"),
    room("relay/ingest", &["db", "keys", "mqtt", "projections"], "no page, no bill"),
    room("relay/keys", &["db", "mqtt", "ownership"], "which keys there are, and no box that knows them"),
    room("relay/ingest/decide", &[], "the protocol's table decides and touches nothing"),
    room("relay/projections", &["db"], "a fold over what is stored, whoever stored it"),
    room(
        "relay/jobs",
        &["accounts", "audit", "db", "keys", "mail", "objects", "projections", "webhooks"],
        "work outside the request that asks for it; it knows no page",
    ),
    room("relay/jobs/kinds", &["mail", "webhooks"], "what jobs there are"),
    room(
        "relay/audit",
        &["accounts", "db", "objects", "projections"],
        "it reads what is stored and checks it again",
    ),
    room(
        "relay/backup",
        &["db", "leftovers", "objects", "ownership"],
        "a relay in a folder; it knows no page and no key",
    ),
    room("relay/leftovers", &["keys"], "files under names of their way; it knows nothing of what is in them"),
    room("relay/ownership", &[], "whose a file is, whatever is in it"),
    room(
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
            "objects",
            "ownership",
            "settings",
        ],
        "it looks and judges; it knows no page",
    ),
    room("relay/accounts", &["db", "keys", "mail", "outgoing"], "who somebody is, not what they want"),
    room("relay/outgoing", &[], "it asks other hosts, whoever wants to know what"),
    room("relay/mail", &["db", "wording"], "what leaves by mail; it knows nobody's rights and no page"),
    room(
        "relay/webhooks",
        &["accounts", "db", "keys", "mail", "outgoing"],
        "what is sent to accounts' own receivers; it knows no page and no box",
    ),
    room("relay/wording", &[], "words, whoever shows them"),
    room("relay/forwarded", &["web"], "who asks, behind a balancer"),
    room("relay/fleet", &["db", "keys", "mqtt", "projections"], "boxes, not pages"),
    room("relay/readiness", &["db", "keys", "objects"], "whether requests should come here"),
    room(
        "relay/error_reports",
        &["outgoing"],
        "errors leave the machine; it knows nothing that they are about",
    ),
    room(
        "relay/health",
        &["accounts", "db", "ingest", "jobs", "mqtt", "readiness"],
        "what an operator's monitor asks",
    ),
    room("relay/listen", &["fleet", "mqtt", "web"], "connections, and who is at the other end"),
    room(
        "relay/web",
        &[
            "accounts",
            "db",
            "fleet",
            "keys",
            "mail",
            "objects",
            "outgoing",
            "projections",
            "readiness",
            "webhooks",
            "wording",
        ],
        "no SQL and no MQTT",
    ),
    room(
        "relay/admin",
        &["accounts", "db", "fleet", "ingest", "keys", "mail", "mqtt", "projections", "readiness"],
        "the administration socket knows no page",
    ),
    room("relay/cli", &["accounts", "keys"], "words on a command line"),
    room("relay/serve", ALL, "it puts the rooms together"),
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
    only("store", &["appliance/store"], "rooms say whether they may use it by importing `crate::store`"),
    only("rumqttc", &["appliance/uplink", "relay/mqtt"], "one place for MQTT on each side"),
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
        ],
        "labels are drawn where they are printed; pages name their templates, fields and sheets",
    ),
    only(
        "ring",
        &["relay/accounts/oidc/jws", "relay/accounts/webauthn"],
        "signatures of providers and of passkeys, each in one place",
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
fn a_room_without_a_row_is_found() {
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
fn the_pure_rooms_stay_pure() {
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
