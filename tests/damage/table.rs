//! What the program does about each file in a data folder, whatever happens to it: the table that the suite walks over.

use crate::kinds::DamageKind;
use crate::kinds::DamageKind::{Cut, Empty, Folder, Gone, Noise, Swapped, TooLong, Untouched};

#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// It records and has everything, and raises these alarms, each until somebody has seen it.
    Has(&'static [&'static str]),
    /// It records, and reports what no copy has any more by some of these.
    Lacks(&'static [&'static str]),
    Refuses(&'static str),
}

/// A real file that a box at rest need not have, put there before anything happens; or one that is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Added {
    Fetched,
    /// Lines that a copy of the folder recorded and this box has not: kept beside the log, not yet adopted.
    Displaced,
    Run,
    Owed,
    Salvage,
    Trusted,
    Offered,
    /// What the relay continues from, which is what this box has.
    Rebase,
    Nothing(&'static str),
}

#[derive(Clone, Copy)]
pub struct Row {
    pub file: &'static str,
    pub kinds: &'static [DamageKind],
    pub expected: Expected,
    /// Whether the log's database is unreadable too.
    pub no_database: bool,
    pub added: &'static [Added],
    pub brings: bool,
}

const fn row(file: &'static str, kinds: &'static [DamageKind], expected: Expected) -> Row {
    Row { file, kinds, expected, no_database: false, added: &[], brings: false }
}

const fn has(file: &'static str, kinds: &'static [DamageKind], tells: &'static [&'static str]) -> Row {
    row(file, kinds, Expected::Has(tells))
}

const fn refuses(file: &'static str, kinds: &'static [DamageKind], words: &'static str) -> Row {
    row(file, kinds, Expected::Refuses(words))
}

const fn alone(file: &'static str, kinds: &'static [DamageKind], tells: &'static [&'static str]) -> Row {
    Row { no_database: true, ..row(file, kinds, Expected::Has(tells)) }
}

const fn lacks(file: &'static str, kinds: &'static [DamageKind], tells: &'static [&'static str]) -> Row {
    Row { no_database: true, ..row(file, kinds, Expected::Lacks(tells)) }
}

const fn with(added: &'static [Added], row: Row) -> Row {
    Row { added, ..row }
}

const fn brings(row: Row) -> Row {
    Row { brings: true, ..row }
}

const ALL: &[DamageKind] = &crate::kinds::ALL;
/// Damages that leave a file other than the box wrote it.
const BAD: &[DamageKind] = &[Empty, Cut, Noise, TooLong, Folder];

pub const UPLINK: &str = "side-room uplink";

const HTTPS: &[&str] = &["side-room https"];
const NO_UPLINK: &[&str] = &[UPLINK];
const STATE: &[&str] = &["side-room state"];
const SALVAGE: &[&str] = &["db-salvage", "db-salvage salvage/1.redb"];

/// What a box may leave behind or make, and a folder at rest need not have.
pub const NOT_AT_REST: &[&str] =
    &["admin.sock", "starting", "untold", "evidence/E1.ends", "fetched", "displaced", "runs", "salvage"];

const DATABASES: &[Row] = &[
    has("cleantrack.redb", &[Gone], &["db-salvage"]),
    has("cleantrack.redb", &[Empty, Cut, Noise, TooLong, Swapped, Folder], SALVAGE),
    has("state.redb", ALL, STATE),
];

const BESIDE: &[Row] = &[
    has("cursor", BAD, &["hint-bad cursor"]),
    // The relay's next answer brings it again; another box's is signed by nobody whom this one knows.
    has("cursor", &[Gone, Swapped], &[]),
    has("keys/https-ca.key", ALL, HTTPS),
    has("keys/https-ca.pem", &[Empty, Cut, Noise, TooLong, Swapped, Folder], HTTPS),
    has("keys/https-ca.pem", &[Gone], &["side-room https-renewed"]),
    // What the authority can renew by itself is no news.
    has("keys/https.pem", ALL, &[]),
    has("keys/relay.json", ALL, NO_UPLINK),
    has("keys/box.key", ALL, NO_UPLINK),
    has("keys/claim.used", ALL, &[]),
    // Photos are checked once a week, and only then reported.
    has("photos/XX/photo.jpg", ALL, &[]),
    has("photos/XX/photo.t.jpg", ALL, &[]),
    has("ballast", ALL, &[]),
    // Without it backups count from now: a date is lost, and no backup.
    has("backup/state.json", ALL, &[]),
    // A box without an admin makes another code, and one with an admin needs none.
    has("setup-code", ALL, &[]),
    has("admin.sock", &[Gone, Empty, Cut, Noise, TooLong, Swapped], &[]),
    has("admin.sock", &[Folder], &["side-room admin"]),
    // The log itself says whose it is.
    has("keys/box.id", &[Gone], &[]),
    refuses("keys/box.id", BAD, "keys/box.id"),
    refuses("keys/box.id", &[Swapped], "one of them is another box's"),
    // Not there at rest, or folders.
    has("starting", &[Empty, Noise, TooLong, Folder], &["hint-bad starting"]),
    has("untold", &[Empty, Noise, TooLong, Folder], &["hint-bad untold"]),
    has("evidence/E1.ends", &[Empty, Noise, TooLong, Folder], &["hint-bad evidence/E1.ends"]),
    has("evidence", &[Noise], &["hint-bad evidence"]),
    has("fetched", &[Noise], &["hint-bad fetched"]),
    has("displaced", &[Noise], &["hint-bad displaced"]),
    has("runs", &[Noise], &["hint-bad runs"]),
    has("salvage", &[Noise], &["hint-bad salvage"]),
    has("photos", &[Gone], &[]),
    has("photos", &[Noise], &["hint-bad photos"]),
    has("photos/incoming", &[Noise], &["hint-bad photos/incoming"]),
    refuses("keys", &[Noise], "keys could not be used"),
];

/// One epoch: its journal and the database, either of which heals the other, and its key.
const ONE: &[Row] = &[
    has("keys/log-1.pub", BAD, &["hint-bad keys/log-1.pub"]),
    // Its private half is here.
    has("keys/log-1.pub", &[Gone, Swapped], &[]),
    has("keys/log-1.key", &[Gone, Swapped], &["log-epoch E2"]),
    // An invalid key is as good as a missing one.
    has("keys/log-1.key", BAD, &["hint-bad keys/log-1.key", "log-epoch E2"]),
    // A backup has no keys.
    has("keys", &[Gone], &["log-epoch E2"]),
    has("log/E1/000000000000.jsonl", &[Gone, Empty, Cut, Noise], &["log-epoch E2", "log-healed"]),
    // What follows the end of the log was never acknowledged.
    has("log/E1/000000000000.jsonl", &[TooLong], &[]),
    has("log/E1/000000000000.jsonl", &[Swapped], &["log-apart E2", "log-epoch E2", "log-healed"]),
    has(
        "log/E1/000000000000.jsonl",
        &[Folder],
        &["hint-bad log/E1/000000000000.jsonl", "log-epoch E2", "log-healed"],
    ),
    has("log/E1", &[Gone], &["log-epoch E2", "log-healed"]),
    // How far the log went is unknown, and its key signs nothing twice.
    has("log/E1", &[Noise], &["hint-bad log/E1", "log-epoch E2", "log-healed"]),
    has("log", &[Gone], &["log-epoch E2", "log-healed"]),
    has("log", &[Noise], &["hint-bad log", "log-epoch E2", "log-healed"]),
    alone("log/E1/000000000000.jsonl", &[TooLong], SALVAGE),
    lacks(
        "log/E1/000000000000.jsonl",
        &[Gone, Empty, Cut, Noise, Swapped, Folder],
        &["log-missing E1", "log-forgot E1"],
    ),
];

/// Three epochs: the keys of the first two are gone, and the relay has only a part of each.
const THREE: &[Row] = &[
    has("evidence/alarms.json", BAD, &["hint-bad evidence/alarms.json"]),
    // Its counter keeps a relay from causing one restart after the other.
    has(
        "evidence/relay-restarts",
        &[Empty, Cut, Noise, TooLong, Swapped, Folder],
        &["hint-bad evidence/relay-restarts"],
    ),
    has("evidence/relay-restarts", &[Gone], &[]),
    has("evidence/alarms.json", &[Gone, Swapped], &[]),
    // The proof of an epoch without a key; its entries count all the same.
    has("evidence/signed-E1.note", &[Gone], &[]),
    has(
        "evidence/signed-E1.note",
        &[Empty, Cut, Noise, TooLong, Swapped, Folder],
        &["hint-bad evidence/signed-E1.note"],
    ),
    has("keys/log-1.pub", BAD, &["hint-bad keys/log-1.pub"]),
    has("keys/log-1.pub", &[Gone, Swapped], &[]),
    has("keys/log-2.pub", BAD, &["hint-bad keys/log-2.pub"]),
    has("keys/log-2.pub", &[Gone, Swapped], &[]),
    has("keys/log-3.pub", BAD, &["hint-bad keys/log-3.pub"]),
    has("keys/log-3.pub", &[Gone, Swapped], &[]),
    has("keys/log-3.key", &[Gone, Swapped], &["log-epoch E4"]),
    has("keys/log-3.key", BAD, &["hint-bad keys/log-3.key", "log-epoch E4"]),
    has("keys", &[Gone], &["log-epoch E4"]),
    // The database has what counts of an ended epoch, and its journal is healed from there.
    has("log/E1/000000000000.jsonl.zst", &[Gone, Empty, Cut, Noise, Swapped], &["log-healed"]),
    has("log/E1/000000000000.jsonl.zst", &[TooLong], &[]),
    has(
        "log/E1/000000000000.jsonl.zst",
        &[Folder],
        &["hint-bad log/E1/000000000000.jsonl.zst", "log-healed"],
    ),
    has("log/E2/000000000000.jsonl.zst", &[Gone, Empty, Cut, Noise, Swapped], &["log-healed"]),
    has("log/E2/000000000000.jsonl.zst", &[TooLong], &[]),
    has(
        "log/E2/000000000000.jsonl.zst",
        &[Folder],
        &["hint-bad log/E2/000000000000.jsonl.zst", "log-healed"],
    ),
    has("log/E3/000000000000.jsonl", &[Gone, Empty, Cut, Noise], &["log-epoch E4", "log-healed"]),
    has("log/E3/000000000000.jsonl", &[TooLong], &[]),
    has("log/E3/000000000000.jsonl", &[Swapped], &["log-apart E2", "log-epoch E4", "log-healed"]),
    has(
        "log/E3/000000000000.jsonl",
        &[Folder],
        &["hint-bad log/E3/000000000000.jsonl", "log-epoch E4", "log-healed"],
    ),
    has("log/E1", &[Gone], &["log-healed"]),
    has("log/E2", &[Noise], &["hint-bad log/E2", "log-healed"]),
    has("log/E3", &[Gone], &["log-epoch E4", "log-healed"]),
    has("log", &[Gone], &["log-epoch E4", "log-healed"]),
    has("log", &[Noise], &["hint-bad log", "log-epoch E4", "log-healed"]),
    // Every line of them is in its epoch's journal too.
    has("runs/E1", &[Gone, Empty, Cut, Noise, TooLong, Swapped], &[]),
    has("runs/E1", &[Folder], &["hint-bad runs/E1"]),
    has("runs/E2", &[Gone, Empty, Cut, Noise, TooLong, Swapped], &[]),
    has("runs/E2", &[Folder], &["hint-bad runs/E2"]),
    alone("log/E1/000000000000.jsonl.zst", &[TooLong], SALVAGE),
    alone(
        "log/E1/000000000000.jsonl.zst",
        &[Swapped],
        &["db-salvage", "db-salvage salvage/1.redb", "log-healed"],
    ),
    lacks("log/E1/000000000000.jsonl.zst", &[Gone, Empty, Cut, Noise, Folder], &["log-missing E1"]),
    // All of it is in the run that went to the relay.
    alone(
        "log/E2/000000000000.jsonl.zst",
        &[Gone, Empty, Cut, Noise, Swapped],
        &["db-salvage", "db-salvage salvage/1.redb", "log-healed"],
    ),
    alone("log/E2/000000000000.jsonl.zst", &[TooLong], SALVAGE),
    alone(
        "log/E2/000000000000.jsonl.zst",
        &[Folder],
        &["db-salvage", "db-salvage salvage/1.redb", "hint-bad log/E2/000000000000.jsonl.zst", "log-healed"],
    ),
    alone("log/E3/000000000000.jsonl", &[TooLong], SALVAGE),
    lacks(
        "log/E3/000000000000.jsonl",
        &[Gone, Empty, Cut, Noise, Swapped, Folder],
        &["log-missing E3", "log-forgot E3"],
    ),
];

const FETCHED: &[Added] = &[Added::Fetched];
const DISPLACED: &[Added] = &[Added::Displaced];
const RUN: &[Added] = &[Added::Run];
const OWED: &[Added] = &[Added::Owed];
const SET_ASIDE: &[Added] = &[Added::Salvage];
/// What a copy brought counts by a run.
const ADOPTED: &[&str] = &["log-adopted E1"];
const ADOPTED_AHEAD: &[&str] = &["log-adopted E1", "log-epoch E2"];

/// Real files where a box at rest need not have any, however many epochs it has.
const ADDED: &[Row] = &[
    with(FETCHED, has("fetched/E1.jsonl", &[Untouched, Gone, Empty, Cut, Noise, TooLong], &[])),
    with(FETCHED, has("fetched/E1.jsonl", &[Folder], &["hint-bad fetched/E1.jsonl"])),
    with(DISPLACED, has("displaced/E1-1.jsonl", &[Gone], &[])),
    with(DISPLACED, has("displaced/E1-1.jsonl", &[Folder], &["hint-bad displaced/E1-1.jsonl"])),
    with(RUN, has("runs/new", &[Gone], &[])),
    with(RUN, has("runs/new", &[Folder], &["hint-bad runs/E1"])),
    with(SET_ASIDE, has("salvage/1.redb", &[Untouched, Gone], &[])),
    with(SET_ASIDE, has("salvage/1.redb", BAD, &["db-salvage salvage/1.redb"])),
    with(&[Added::Trusted], has("keys/trusted", ALL, &[])),
    with(&[Added::Offered], has("evidence/offered-keys", ALL, &[])),
    with(&[Added::Rebase], has("evidence/rebase", &[Untouched, Gone], &[])),
    with(&[Added::Rebase], has("evidence/rebase", BAD, &["hint-bad evidence/rebase"])),
];

/// Lines after the end of the current epoch: its key has signed them, and signs nothing else under their numbers.
const ADDED_ONE: &[Row] = &[
    brings(with(DISPLACED, has("displaced/E1-1.jsonl", &[Untouched], ADOPTED_AHEAD))),
    brings(with(
        DISPLACED,
        has(
            "displaced/E1-1.jsonl",
            &[TooLong],
            &["hint-bad displaced/E1-1.jsonl", "log-adopted E1", "log-epoch E2"],
        ),
    )),
    brings(with(RUN, has("runs/new", &[Untouched], ADOPTED_AHEAD))),
    // What follows its end is stored separately, and reported.
    brings(with(RUN, has("runs/new", &[TooLong], &["hint-bad runs/E1", "log-adopted E1", "log-epoch E2"]))),
];

const ADDED_THREE: &[Row] = &[
    brings(with(DISPLACED, has("displaced/E1-1.jsonl", &[Untouched], ADOPTED))),
    brings(with(
        DISPLACED,
        has("displaced/E1-1.jsonl", &[TooLong], &["hint-bad displaced/E1-1.jsonl", "log-adopted E1"]),
    )),
    brings(with(RUN, has("runs/new", &[Untouched], ADOPTED))),
    brings(with(RUN, has("runs/new", &[TooLong], &["hint-bad runs/E1", "log-adopted E1"]))),
    with(OWED, has("runs/E1.owed", &[Untouched, Gone, Empty, Cut, Noise, TooLong], &[])),
    // A subject has 64 characters: a run's name is longer.
    with(OWED, has("runs/E1.owed", &[Folder], &["hint-bad runs/E1"])),
    with(FETCHED, alone("log/E1/000000000000.jsonl.zst", &[Gone], SALVAGE)),
    with(
        &[Added::Fetched, Added::Nothing("log/E1/000000000000.jsonl.zst")],
        lacks("fetched/E1.jsonl", &[Empty, Noise, Folder], &["log-missing E1"]),
    ),
    with(
        &[Added::Nothing("log/E2/000000000000.jsonl.zst")],
        lacks("runs/E2", &[Gone, Empty, Cut, Noise, Folder], &["log-missing E2"]),
    ),
];

/// One epoch, with a run that alone has what the copy acknowledged, beside the database.
const FORKED: &[Row] = &[
    // The database has its lines; once a week the run is checked and put together again.
    has("runs/E1", &[Untouched, Gone, Empty, Cut, Noise, TooLong], &[]),
    has("runs/E1", &[Folder], &["hint-bad runs/E1"]),
    alone("runs/E1", &[Untouched], SALVAGE),
    lacks("runs/E1", &[Gone, Empty, Cut, Noise, Folder], &["log-missing E1"]),
    with(OWED, has("runs/E1.owed", &[Untouched, Gone, Empty, Cut, Noise, TooLong], &[])),
    with(OWED, has("runs/E1.owed", &[Folder], &["hint-bad runs/E1"])),
];

/// Rows about files that a box at rest need not have: those of a folder with one epoch as with three, and
/// those of one of the two.
pub fn added_rows(three: bool) -> [Vec<Row>; 2] {
    [ADDED.to_vec(), if three { ADDED_THREE } else { ADDED_ONE }.to_vec()]
}

pub fn forked_rows() -> Vec<Row> {
    FORKED.to_vec()
}

/// The rows of a folder with one epoch, or with three: those of files beside the log, and the others.
pub fn rows(three: bool) -> [Vec<Row>; 2] {
    let of_log = if three { THREE } else { ONE };
    [BESIDE.to_vec(), [DATABASES, of_log].concat()]
}
