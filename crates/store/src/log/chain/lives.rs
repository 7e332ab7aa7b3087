//! Random lives of a box whose disk loses data, is damaged, goes back and is interrupted at any step: what one copy
//! holds counts in the end, nothing else does, and no key signs two histories. The healer is real; the disk is vectors.
//! What lost its place is adopted by reference (FORMAT.md, sections 10 and 11); whole stores live in the suite `power`.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

use record::ids::Epoch;
use record::kinds::Prev;
use record::tree::{Frontier, Hash};

use self::copy::Copy;
use super::*;

#[derive(Debug, Clone, PartialEq, Eq)]
enum LineContent {
    Started(Option<Prev>, Option<Epoch>),
    Adopted(Run),
    Act(u32),
}

/// Lines of an epoch that have no place in the log: what they are is their name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    epoch: Epoch,
    from: u64,
    leaves: Vec<Hash>,
}

type LineName = (Epoch, u64, Hash);

/// A line as a copy holds it, with the root behind it as it was when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StoredLine {
    body: LineContent,
    root: Hash,
}

type Lines = BTreeMap<u64, StoredLine>;

fn line(seq: u64, body: &LineContent) -> LogLine {
    LogLine { entry: format!("{{{seq} {body:?}}}").into_bytes(), texts: Vec::new() }
}

fn acts(lines: &Lines) -> impl Iterator<Item = u32> + '_ {
    lines.values().filter_map(|row| match row.body {
        LineContent::Act(act) => Some(act),
        LineContent::Started(..) | LineContent::Adopted(_) => None,
    })
}

/// The lines of a piece, taken back from a copy that has them: the model keeps what the bytes mean beside them.
fn meaning(piece: &LogPiece, copies: &[&Lines]) -> Vec<(u64, LineContent)> {
    let lines = (piece.first..).zip(&piece.lines).map(|(seq, bytes)| {
        let mut bodies = copies.iter().filter_map(|lines| lines.get(&seq)).map(|row| row.body.clone());
        (seq, bodies.find(|body| line(seq, body) == *bytes).expect("a line from nowhere"))
    });
    lines.collect()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plant {
    None,
    SalvageNeverAsked,
    OnlyNewestHealed,
    PrevNotFollowed,
    KeyUsedAgain,
    /// Lines are kept beside the log only after the log was written without them.
    DisplacedLate,
    /// What was set aside goes before it was read to its end.
    SalvageUndrained,
}

#[derive(Debug, Clone, Default)]
struct Db {
    epochs: BTreeMap<Epoch, Lines>,
    /// Starts that it does not open for; 255: never.
    shut: u8,
}

#[derive(Debug, Clone, Default)]
struct Disk {
    /// By number: the key, and whether it is one already.
    keys: BTreeMap<u32, ([u8; 4], bool)>,
    log: BTreeMap<Epoch, Lines>,
    db: Option<Db>,
    salvage: Vec<Db>,
    displaced: Vec<(Epoch, Lines)>,
    runs: BTreeMap<Run, Lines>,
    fetched: BTreeMap<Epoch, Lines>,
    body: BTreeMap<Epoch, LogExtent>,
}

struct Cut;
type Step<T = ()> = Result<T, Cut>;

/// An epoch of the running box: what counts and is here, and its stated end.
struct Here {
    link: ChainLink,
    tree: Frontier,
}

struct World {
    disk: Disk,
    relay: BTreeMap<Epoch, Lines>,
    running: Option<Vec<Here>>,
    acked: BTreeSet<u32>,
    acts: u32,
    random: u64,
    budget: Option<u32>,
    plant: Plant,
    backups: Vec<Disk>,
    first_entries: BTreeMap<Epoch, LineContent>,
    happened: BTreeSet<&'static str>,
    lag: usize,
}

impl World {
    fn new(seed: u64, plant: Plant) -> Self {
        Self {
            disk: Disk::default(),
            relay: BTreeMap::new(),
            running: None,
            acked: BTreeSet::new(),
            acts: 0,
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            budget: None,
            plant,
            backups: Vec::new(),
            first_entries: BTreeMap::new(),
            happened: BTreeSet::new(),
            lag: 0,
        }
    }

    fn below(&mut self, n: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// After each durable step: the power may go.
    fn step(&mut self) -> Step {
        match &mut self.budget {
            Some(0) => {
                self.budget = None;
                self.happened.insert("cut inside a step");
                Err(Cut)
            }
            Some(left) => {
                *left -= 1;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// All copies of an epoch, in the order in which they are asked.
    fn copies(&self, epoch: Epoch) -> Vec<(&'static str, &Lines)> {
        let mut all = Vec::new();
        all.extend(self.disk.log.get(&epoch).map(|lines| ("journal", lines)));
        all.extend(self.disk.fetched.get(&epoch).map(|lines| ("fetched", lines)));
        all.extend(
            self.disk.displaced.iter().filter(|(of, _)| *of == epoch).map(|(_, lines)| ("displaced", lines)),
        );
        let runs = self.disk.runs.iter().filter(|(run, _)| run.epoch == epoch);
        all.extend(runs.map(|(_, lines)| ("runs", lines)));
        let salvage = self.disk.salvage.iter().rev().filter(|_| self.plant != Plant::SalvageNeverAsked);
        for db in self.disk.db.iter().chain(salvage).filter(|db| db.shut == 0) {
            all.extend(db.epochs.get(&epoch).map(|lines| ("database", lines)));
        }
        all
    }

    fn sources(&self, epoch: Epoch) -> Vec<Box<dyn LineSource + '_>> {
        let journal = Copy { lines: self.disk.log.get(&epoch), name: "journal", loose: false, own: true };
        let mut all: Vec<Box<dyn LineSource + '_>> = vec![Box::new(journal)];
        for (name, lines) in self.copies(epoch).into_iter().filter(|(name, _)| *name != "journal") {
            let own = name != "fetched";
            all.push(Box::new(Copy {
                lines: Some(lines),
                name,
                loose: matches!(name, "displaced" | "runs"),
                own,
            }));
        }
        all
    }

    /// What the sources give of an epoch, with the trees on the way.
    fn assembled(&self, epoch: Epoch, end: Option<LogExtent>) -> (AssembledLog, Lines) {
        let copies: Vec<&Lines> = self.copies(epoch).into_iter().map(|(_, lines)| lines).collect();
        let mut sources = self.sources(epoch);
        let assembled = assemble_log(epoch, end, &mut sources).unwrap();
        let mut lines = Lines::new();
        let tree = assembled
            .each(epoch, &mut sources, u64::MAX, &mut |_, before, piece| {
                let mut running = before.clone();
                for ((seq, body), bytes) in meaning(&piece, &copies).into_iter().zip(&piece.lines) {
                    running.push(bytes.leaf());
                    lines.insert(seq, StoredLine { body, root: running.root() });
                }
                Ok(())
            })
            .unwrap();
        assert_eq!(tree, assembled.frontier, "the second way is not the first");
        (assembled, lines)
    }

    fn names(&self) -> Vec<Epoch> {
        let mut all: BTreeSet<Epoch> =
            self.disk.log.iter().filter(|(_, l)| !l.is_empty()).map(|(e, _)| *e).collect();
        let salvage = self.disk.salvage.iter().filter(|_| self.plant != Plant::SalvageNeverAsked);
        for db in self.disk.db.iter().chain(salvage).filter(|db| db.shut == 0) {
            all.extend(db.epochs.iter().filter(|(_, l)| !l.is_empty()).map(|(e, _)| *e));
        }
        all.into_iter().collect()
    }

    fn link(&self, epoch: Epoch) -> Option<EpochLink> {
        let first = self.copies(epoch).into_iter().find_map(|(_, lines)| lines.get(&0))?;
        Some(match first.body {
            LineContent::Started(Some(prev), _) => EpochLink::Prev(prev),
            LineContent::Started(None, Some(after)) => EpochLink::After(after),
            _ => EpochLink::First,
        })
    }

    /// Keeps lines beside the log that no other copy has for good.
    fn displace(&mut self, epoch: Epoch, lines: Lines) -> Step {
        if lines.is_empty() || self.disk.displaced.contains(&(epoch, lines.clone())) {
            return Ok(());
        }
        self.happened.insert("displaced");
        self.disk.displaced.push((epoch, lines));
        self.step()
    }

    /// T3: what would be dropped is kept first.
    fn fill(&mut self, epoch: Epoch, to: Lines) -> Step {
        let old = self.disk.log.get(&epoch).cloned().unwrap_or_default();
        if old == to {
            return Ok(());
        }
        self.happened.insert("healed");
        let mut dropped = old;
        dropped.retain(|seq, row| to.get(seq).is_none_or(|now| now.body != row.body));
        if self.plant != Plant::DisplacedLate {
            self.displace(epoch, dropped.clone())?;
        }
        self.disk.log.insert(epoch, to);
        self.step()?;
        if self.plant == Plant::DisplacedLate { self.displace(epoch, dropped) } else { Ok(()) }
    }

    fn write(&mut self, epoch: Epoch, tree: &mut Frontier, body: LineContent) -> Step {
        let seq = tree.size();
        tree.push(line(seq, &body).leaf());
        if seq == 0 {
            let key = self.disk.keys.get(&epoch.n).is_some_and(|(_, is_key)| *is_key);
            let before = self.first_entries.insert(epoch, body.clone());
            assert!(
                before.is_none_or(|before| before == body || !key),
                "two histories under the key of {epoch}"
            );
        }
        let row = StoredLine { body, root: tree.root() };
        self.disk.log.entry(epoch).or_default().insert(seq, row.clone());
        self.step()?;
        if let Some(db) = &mut self.disk.db {
            db.epochs.entry(epoch).or_default().insert(seq, row);
            self.lag += 1;
        }
        Ok(())
    }

    /// T7.
    fn begin(&mut self, prev: Option<Prev>, after: Option<Epoch>) -> Step<Here> {
        let keys = self.disk.keys.iter().filter(|(_, (_, is_key))| *is_key).map(|(n, _)| *n);
        let body =
            self.disk.body.keys().chain(prev.as_ref().map(|prev| &prev.epoch)).chain(&after).map(|e| e.n);
        let top = self.names().into_iter().map(|e| e.n).chain(keys).chain(body).max().unwrap_or(0);
        let n = top + 1;
        let key = match self.disk.keys.get(&n) {
            Some((key, _)) => *key,
            None => u32::try_from(self.below(1 << 32)).unwrap().to_be_bytes(),
        };
        let epoch = Epoch { n, key };
        self.disk.keys.insert(n, (key, false));
        self.step()?;
        self.disk.log.remove(&epoch);
        let mut tree = Frontier::default();
        self.write(epoch, &mut tree, LineContent::Started(prev, after))?;
        self.disk.keys.insert(n, (key, true));
        self.step()?;
        self.happened.insert("begun");
        Ok(Here { link: ChainLink { epoch, end: EpochEnd::Open }, tree })
    }
}

mod adopt;
mod copy;
mod life;
mod start;

thread_local! {
    static LOUD: Cell<bool> = const { Cell::new(true) };
}

/// Lives that are tried: `CHAIN_SEEDS` asks for another number, `POWER_LONG` for 50 times as many.
#[expect(clippy::disallowed_methods, reason = "whoever runs the suite says how long")]
fn seeds() -> u64 {
    let requested = std::env::var("CHAIN_SEEDS").ok().and_then(|n| n.parse().ok());
    requested.unwrap_or(4_000) * if std::env::var("POWER_LONG").is_ok() { 50 } else { 1 }
}

fn live(seed: u64, plant: Plant) -> Result<BTreeSet<&'static str>, String> {
    let lived = std::panic::catch_unwind(|| {
        let mut world = World::new(seed, plant);
        world.life();
        world.happened
    });
    lived.map_err(|why| {
        let text = why.downcast_ref::<String>().cloned();
        text.or_else(|| why.downcast_ref::<&str>().map(|s| (*s).to_owned())).unwrap_or_default()
    })
}

/// The panics of lives that are expected to fail are not shown.
fn quiet() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if LOUD.with(Cell::get) {
                before(info);
            }
        }));
    });
}

#[test]
fn whatever_a_copy_holds_counts_in_the_end() {
    let mut happened: BTreeMap<&'static str, u64> = BTreeMap::new();
    for seed in 0..seeds() {
        match live(seed, Plant::None) {
            Ok(marks) => marks.into_iter().for_each(|mark| *happened.entry(mark).or_default() += 1),
            Err(why) => panic!("seed {seed}: {why}"),
        }
    }
    for mark in [
        "begun",
        "cut inside a step",
        "damaged",
        "folder gone",
        "log gone",
        "key gone",
        "key without a log",
        "drained",
        "went back",
        "displaced",
        "healed",
        "fetched",
        "ended by a hole",
        "ended by the relay",
        "run written",
        "adopted",
    ] {
        assert!(happened.contains_key(mark), "it never happened: {mark}");
    }
}

#[test]
fn planted_bugs_are_found() {
    use Plant as P;
    quiet();
    let plants = [
        P::SalvageNeverAsked,
        P::OnlyNewestHealed,
        P::PrevNotFollowed,
        P::KeyUsedAgain,
        P::DisplacedLate,
        P::SalvageUndrained,
    ];
    for plant in plants {
        LOUD.with(|loud| loud.set(false));
        let found = (0..20_000).find(|seed| live(*seed, plant).is_err());
        LOUD.with(|loud| loud.set(true));
        assert!(found.is_some(), "{plant:?} was not found");
    }
}
