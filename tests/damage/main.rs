//! The suite `damage`: each file of a data folder is damaged in each kind, after one epoch and after three, with and without starts
//! that are cut, with wrong clocks. The real program either records and reports what is wrong, or refuses and says what to do. Nothing
//! acknowledged is lost while one whole copy is there, and every loss is reported.

mod checks;
mod exports;
mod folders;
mod kinds;
mod table;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use harness::world::{CutPoint, CutStart, Ledger, Receipt, TheBox, cut_start, folder, until};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

use self::folders::{Prepared, Rest};
use self::kinds::DamageKind;
use self::table::{Expected, Row};

const AT_ONCE: usize = 4;

/// Starts that die of all that are cut. Fewer would mean that a start makes its calls in another way, and
/// that nothing is cut.
const DEATHS_MIN: usize = 100;

const fn at(calls: &'static str, file: &'static str, nth: u32) -> CutPoint {
    CutPoint { calls, file, nth }
}

const FLUSH: &str = "fdatasync";
const RENAME: &str = "?rename,?renameat,?renameat2";
const UNLINK: &str = "?unlink,?unlinkat";

/// Starts that are cut before the whole one, one case after the other: at the first thing that a start does,
/// in the middle, when everything is healed and nothing reported, and so often that the next start blames the
/// database.
const CUTS: &[&[CutPoint]] = &[
    &[at(UNLINK, "starting", 1)],
    &[at(FLUSH, "", 3)],
    &[at(FLUSH, "", 6)],
    &[at(RENAME, "evidence/alarms.json", 1)],
    &[at(FLUSH, "", 10)],
    &[at(RENAME, "", 2), at(UNLINK, "starting", 1)],
    &[at(FLUSH, "", 14)],
    &[at(RENAME, "", 3)],
    &[at(FLUSH, "", 5), at(FLUSH, "", 8), at(RENAME, "", 2)],
];

const DAYS_4: i64 = 4 * 86_400;

/// By how many seconds clocks of cut starts are off: each reading takes the next. The start after them has a
/// right one.
const CLOCKS: &[&[i64]] = &[&[0], &[DAYS_4], &[-DAYS_4], &[0, DAYS_4, -DAYS_4]];

/// What cut starts may repair beyond what one start would: they blame the database.
const BY_CUT_STARTS: &[&str] = &["db-salvage", "log-healed"];

/// Raised by a start whose clock is four days ahead: for so long nothing was saved elsewhere.
const BY_CLOCK_AHEAD: &str = "backup-old";
const BY_CLOCK_BEHIND: &str = "clock-unsure";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FolderKind {
    One,
    Three,
    Forked,
}

#[derive(Clone, Copy)]
struct Case {
    folder: FolderKind,
    row: Row,
    kind: DamageKind,
    cuts: &'static [CutPoint],
    /// The clock of the cut starts: an index into [`CLOCKS`].
    clock: usize,
}

impl Case {
    fn name(&self) -> String {
        let database = if self.row.no_database { " without a database" } else { "" };
        let Row { file, added, .. } = self.row;
        let (folder, kind, cuts, clock) = (self.folder, self.kind, self.cuts, CLOCKS[self.clock]);
        format!("{folder:?}, {file} {kind:?}{database} {added:?}, cut at {cuts:?}, clock off by {clock:?} s")
    }

    async fn try_out(self, prepared: &Prepared) -> Result<usize, String> {
        let rest = match self.folder {
            FolderKind::One => &prepared.one,
            FolderKind::Three => &prepared.three,
            FolderKind::Forked => &prepared.forked,
        };
        let dir = folder();
        let data = dir.path().join("box");
        let mut r#box = prepared.twin(rest, &data);
        self.row.added.iter().for_each(|added| prepared.add(rest, *added, &data));
        let file = prepared.file(rest, &data, self.row.file);
        self.kind.spoil(&file, || prepared.other(rest, self.row.file, &data));
        if self.row.no_database {
            DamageKind::Noise.spoil(&data.join("cleantrack.redb"), || unreachable!());
        }
        let mut deaths = 0;
        for moment in self.cuts {
            let command = prepared.clocks[self.clock].of(r#box.command(&["serve"]));
            match cut_start(&command, &data, *moment).await {
                CutStart::Died => deaths += 1,
                CutStart::GotThrough => {}
                CutStart::Ended(message) => self.refuses(&message)?,
            }
        }
        // What counts without a database is found by each start again: the second must come to the same.
        for _ in 0..if self.row.no_database { 2 } else { 1 } {
            if let Err(error) = r#box.try_start().await {
                self.refuses(&error.to_string())?;
                continue;
            }
            if let Expected::Refuses(words) = self.row.expected {
                return Err(format!("it starts, without “{words}”"));
            }
            let mut promised = rest.receipts.clone();
            if self.row.brings {
                promised.extend(prepared.of_copy.clone());
            }
            let held = self.holds((rest, &promised), &r#box, deaths).await;
            let log = if held.is_err() { r#box.log() } else { String::new() };
            r#box.kill().await;
            held.map_err(|why| format!("{why}\n{log}"))?;
        }
        Ok(deaths)
    }

    fn refuses(&self, message: &str) -> Result<(), String> {
        match self.row.expected {
            Expected::Refuses(words) if message.contains(words) && !message.contains("panicked") => Ok(()),
            expected => Err(format!("{expected:?}, but it does not start: {message}")),
        }
    }

    async fn holds(
        &self,
        (rest, promised): (&Rest, &BTreeMap<String, Receipt>),
        r#box: &TheBox,
        deaths: usize,
    ) -> Result<(), String> {
        let mut found = checks::look((rest, promised), r#box).await;
        if let Expected::Has(tells) = self.row.expected
            && tells.contains(&table::UPLINK)
        {
            // The connection is tried while phones are served.
            let uplink = until("that the line is off", async || {
                let reported = checks::reported(rest, &r#box.health().await?);
                reported.contains(table::UPLINK).then_some(reported)
            });
            found.reported.extend(uplink.await.unwrap_or_default());
        }
        let by_cut =
            |reported: &str| deaths > 0 && BY_CUT_STARTS.iter().any(|code| reported.starts_with(code));
        let by_clock = |reported: &str| match reported {
            BY_CLOCK_AHEAD => CLOCKS[self.clock].contains(&DAYS_4),
            // Where the newest entry was written by a clock that was ahead, the log continues from there and
            // reports it.
            BY_CLOCK_BEHIND => CLOCKS[self.clock].iter().any(|off| *off != 0),
            _ => false,
        };
        let right = match self.row.expected {
            Expected::Has(tells) => {
                let surplus =
                    |reported: &str| !tells.contains(&reported) && !by_cut(reported) && !by_clock(reported);
                let differs = tells.iter().any(|code| !found.reported.contains(*code))
                    || found.reported.iter().any(|reported| surplus(reported));
                !differs && found.lost == 0 && found.refused.is_none()
            }
            Expected::Lacks(tells) => {
                found.lost > 0 && tells.iter().any(|reported| found.reported.contains(*reported))
            }
            Expected::Refuses(_) => false,
        };
        if right && found.wrong.is_empty() {
            Ok(())
        } else {
            Err(format!("{:?}: {found:?}", self.row.expected))
        }
    }
}

/// Every file in a folder meets every kind of damage once; and the table names no file that is in no folder.
fn complete(rest: &Rest, rows: &[Row]) {
    let mut met: BTreeMap<(&str, DamageKind), usize> = BTreeMap::new();
    for row in rows.iter().filter(|row| !row.no_database && row.added.is_empty()) {
        row.kinds.iter().for_each(|kind| *met.entry((row.file, *kind)).or_default() += 1);
    }
    for file in rest.files() {
        for kind in kinds::ALL {
            assert!(met.contains_key(&(file.as_str(), kind)), "the table does not know {file} {kind:?}");
        }
    }
    for ((file, kind), rows) in met {
        assert_eq!(rows, 1, "the table has {file} {kind:?} more than once");
        assert!(rest.has(file) || table::NOT_AT_REST.contains(&file), "no folder has {file}");
    }
}

fn is_long() -> bool {
    std::env::var_os("DAMAGE_LONG").is_some()
}

struct Tried {
    row: Row,
    /// The only kind that is tried without a cut start; all of them where this is `None`.
    only: Option<usize>,
    cut: usize,
}

/// The rows of a folder. Each start repairs files beside the log by itself, whatever the previous start
/// did: for these, starts are cut for one kind of damage per row. Where they are the same however many epochs there
/// are, each kind is tried after one epoch, and after three one of each row, in rotation; with `DAMAGE_LONG` each.
fn tried_rows(folder: FolderKind) -> Vec<Tried> {
    fn every_kind(row: Row) -> Tried {
        Tried { row, only: None, cut: row.kinds.len() }
    }
    if folder == FolderKind::Forked {
        return table::forked_rows().into_iter().map(every_kind).collect();
    }
    let three = folder == FolderKind::Three;
    let ([beside, others], [added, added_to_this]) = (table::rows(three), table::added_rows(three));
    let is_thinned = three && !is_long();
    let same = (0..).zip(beside.into_iter().chain(added));
    let same =
        same.map(|(nth, row)| Tried { row, only: is_thinned.then_some(nth % row.kinds.len()), cut: 1 });
    let added_to_this = added_to_this.into_iter().map(|row| Tried { row, only: None, cut: 1 });
    same.chain(added_to_this).chain(others.into_iter().map(every_kind)).collect()
}

/// Each damage without a cut start; with some, the first of a row, and all of them only with `DAMAGE_LONG`.
fn cases() -> Vec<Case> {
    let (mut all, mut turn) = (Vec::new(), CUTS.iter().cycle().zip((0..CLOCKS.len()).cycle()).peekable());
    for folder in [FolderKind::One, FolderKind::Three, FolderKind::Forked] {
        for Tried { row, only, cut } in tried_rows(folder) {
            for (at, kind) in row.kinds.iter().enumerate() {
                if only.is_none_or(|only| only == at) {
                    all.push(Case { folder, row, kind: *kind, cuts: &[], clock: 0 });
                }
                if let Some((cuts, clock)) = turn.next_if(|_| at < cut).filter(|_| is_long() || at % 6 == 0) {
                    all.push(Case { folder, row, kind: *kind, cuts, clock });
                }
            }
        }
    }
    if let Ok(expected) = std::env::var("DAMAGE_CASES") {
        all.retain(|case| case.name().contains(&expected));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_whole_copy_is_enough_and_every_loss_is_told() {
    let (prepared, places) = (Arc::new(Prepared::new(CLOCKS).await), Arc::new(Semaphore::new(AT_ONCE)));
    complete(&prepared.one, &table::rows(false).concat());
    complete(&prepared.three, &table::rows(true).concat());
    let trying = async {
        let mut tried = JoinSet::new();
        for case in cases() {
            let (prepared, places) = (Arc::clone(&prepared), Arc::clone(&places));
            tried.spawn_local(async move {
                let _place = places.acquire().await.unwrap();
                // A check that panics does not name its case.
                let held = tokio::task::spawn_local(async move { case.try_out(&prepared).await }).await;
                let held = held.unwrap_or_else(|panicked| Err(panicked.to_string()));
                held.map_err(|why| format!("{}: {why}", case.name()))
            });
        }
        tried.join_all().await
    };
    let tried = LocalSet::new().run_until(trying).await;
    let (all, deaths) = (tried.len(), tried.iter().flatten().sum::<usize>());
    eprintln!("{all} cases, {deaths} starts died");
    let wrong: Vec<String> = tried.into_iter().filter_map(Result::err).collect();
    assert!(wrong.is_empty(), "{} of {all} cases:\n{}", wrong.len(), wrong.join("\n"));
    assert!(deaths >= DEATHS_MIN || std::env::var_os("DAMAGE_CASES").is_some(), "only {deaths} starts died");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_printer_of_the_settings_that_does_not_fit_keeps_nobody_out() {
    let dir = folder();
    let mut r#box = TheBox::new(Path::new(env!("CARGO_BIN_EXE_demo")), &dir.path().join("box"));
    r#box.add_settings(
        "[[printers]]\nname = \"Desk\"\nlanguage = \"parchment\"\naddress = \"tcp://127.0.0.1:9\"\n",
    );
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    r#box.phone("phone", &ledger).record(0).await;
    let alarms = r#box.order(&["alarm", "list"]).await;
    assert!(alarms.contains("side-room") && alarms.contains("“Desk”"), "{alarms}");
    let id = alarms.split_whitespace().next().unwrap();
    r#box.order(&["alarm", "seen", id]).await;
    assert_eq!(r#box.health().await.unwrap()["unseen"], 0);
    r#box.kill().await;
    r#box.start().await;
    let health = r#box.health().await.unwrap();
    let known = (&health["alarms"][0]["id"], &health["unseen"]);
    assert_eq!(known, (&Value::from(id), &Value::from(0)), "it was seen and stands: {health}");
    r#box.kill().await;
}
