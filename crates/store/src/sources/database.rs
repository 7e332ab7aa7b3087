//! A database as a source: its entries, as far as its own tree confirms them.

use std::cell::OnceCell;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use record::entry::Entry;
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::run::{RunName, RunNamer};
use record::tree::{Frontier, Hash, TreeNodes, frontier_at, leaf_hash, node_hash};
use redb::{Database, ReadTransaction, ReadableDatabase as _, ReadableTable};

use crate::index::places;
use crate::index::places::{Places, RunState};
use crate::index::tables;
use crate::index::tables::{BLOCK, TextKey};
use crate::log::chain::{LineSource, LogLine, LogPiece, SourcePage};
use crate::log::segment::GroupWriter;

/// How the database is got at: the one that is in use may be closed and opened again meanwhile.
type Handle<'a> = Box<dyn Fn() -> Option<Arc<Database>> + 'a>;

/// A database, live or set aside. Whatever redb does over damaged pages, nothing comes of it but fewer lines.
pub(crate) struct DatabaseSource<'a> {
    name: String,
    handle: Handle<'a>,
    /// Its epochs and runs, once they were asked for: nothing writes a copy, nor the one in use while runs are healed.
    places: OnceCell<Option<Places>>,
}

/// Numbers that are tried at most behind one that cannot be read.
const STEPS_MAX: u64 = 4096;

type Found<T> = Result<T, redb::Error>;

impl<'a> DatabaseSource<'a> {
    pub(crate) fn new(name: impl Into<String>, handle: impl Fn() -> Option<Arc<Database>> + 'a) -> Self {
        Self { name: name.into(), handle: Box::new(handle), places: OnceCell::new() }
    }

    /// Reads with a snapshot of its own: none is held for long.
    fn read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Found<Option<T>>) -> Option<T> {
        self.try_read(read).flatten()
    }

    /// As [`DatabaseSource::read`]; the outer `None`: it cannot be read.
    fn try_read<T>(&self, read: impl FnOnce(&ReadTransaction) -> Found<T>) -> Option<T> {
        let db = (self.handle)()?;
        catch_unwind(AssertUnwindSafe(|| read(&db.begin_read()?))).ok()?.ok()
    }

    /// Epochs that it says it has, and how much of each; `None` where that cannot be read.
    pub(crate) fn epochs(&self) -> Option<Vec<(Epoch, Frontier)>> {
        self.read(|txn| Ok(tables::read_epochs(&txn.open_table(tables::EPOCHS)?).ok()))
    }

    pub(crate) fn stated(&self, epoch: Epoch) -> Option<Frontier> {
        self.read(|txn| stated(txn, epoch))
    }

    pub(crate) fn run_keys(&self, name: &RunName) -> Option<Vec<u64>> {
        let places = self.places.get_or_init(|| self.read(read_places)).as_ref()?;
        self.read(|txn| {
            let entries = txn.open_table(tables::ENTRIES)?;
            let mut namer = RunNamer::new(name.epoch(), name.lines().start);
            let mut keys = Vec::new();
            for seq in name.lines() {
                let of = EntryRef { epoch: name.epoch(), seq };
                let mut found = None;
                for key in places.keys(of, Some(*name)) {
                    if let Some(line) = entries.get(key)? {
                        found = Some((key, leaf_hash(line.value())));
                        break;
                    }
                }
                let Some((key, leaf)) = found else { return Ok(None) };
                namer.push(leaf);
                keys.push(key);
            }
            Ok((namer.root() == name.root()).then_some(keys))
        })
    }

    pub(crate) fn places_of_runs(&self, epoch: Epoch) -> Vec<(RunName, u32)> {
        let places = self.places.get_or_init(|| self.read(read_places)).as_ref();
        let adopted = places.into_iter().flat_map(Places::runs);
        let counting = adopted.filter(|adopted| adopted.state == RunState::Counts);
        let runs = counting.map(|adopted| adopted.by.run);
        let of_it = runs.filter(|run| run.epoch() == epoch);
        of_it.filter_map(|run| Some((run, places?.place_of(&run)?))).collect()
    }

    /// Lines that a run brought, from the first one at or behind `from`.
    pub(crate) fn lines_in_place(&self, place: u32, from: u64) -> Option<LogPiece> {
        self.read(|txn| {
            let all = tables::entry_key(place, from)..tables::entry_key(place + 1, 0);
            for row in txn.open_table(tables::ENTRIES)?.range(all)? {
                let (key, _) = row?;
                let (_, seq) = tables::split_key(key.value());
                // What does not read back is stepped over.
                if let Some(piece) = read_lines(txn, place, seq, seq.saturating_add(BLOCK))? {
                    return Ok(Some(piece));
                }
            }
            Ok(None)
        })
    }

    pub(crate) fn line_of(&self, key: u64) -> Option<LogLine> {
        self.read(|txn| {
            let entries = txn.open_table(tables::ENTRIES)?;
            let row = entries.get(key)?;
            let entry = row.and_then(|row| Entry::view(std::str::from_utf8(row.value()).ok()?).ok());
            let Some(entry) = entry else { return Ok(None) };
            let texts = texts_beside(&txn.open_table(tables::TEXTS)?, key, &entry)?;
            Ok(Some(LogLine { entry: entry.bytes().to_vec(), texts }))
        })
    }

    /// The tree over its first `size` entries, as it keeps it.
    fn tree_at(&self, epoch: Epoch, size: u64) -> Option<Frontier> {
        self.read(|txn| {
            let Some(frontier) = stated(txn, epoch)?.filter(|f| f.size() >= size) else { return Ok(None) };
            frontier_at(&StoredTree { txn, epoch, frontier }, size).map(Some).map_err(TreeError::into_redb)
        })
    }

    pub(crate) fn shares(&self, epoch: Epoch, tree: &Frontier) -> bool {
        self.tree_at(epoch, tree.size()).as_ref() == Some(tree)
    }

    /// Entries from `from` to the end of their block, after the block was compared with the tree.
    fn block(&self, epoch: Epoch, from: u64) -> Option<LogPiece> {
        self.read(|txn| {
            let Some(frontier) = stated(txn, epoch)?.filter(|f| f.size() > from) else { return Ok(None) };
            let block = from / BLOCK;
            let (entries, nodes) = (txn.open_table(tables::ENTRIES)?, txn.open_table(tables::NODES)?);
            let whole = tables::check_block(&entries, &nodes, (epoch.n, &frontier), block)?.is_some();
            let end = ((block + 1) * BLOCK).min(frontier.size());
            if whole { read_lines(txn, epoch.n, from, end) } else { Ok(None) }
        })
    }

    /// Entries from `from` on that read back at least as entries of their places, one after the other.
    fn unchecked(&self, epoch: Epoch, from: u64) -> Option<LogPiece> {
        self.read(|txn| read_lines(txn, epoch.n, from, from - from % BLOCK + BLOCK))
    }

    /// Whether it says that its entries of this number are those of another epoch: a branch may have the same number.
    fn has_other(&self, epoch: Epoch) -> bool {
        let stated = self.read(|txn| {
            let table = txn.open_table(tables::EPOCHS)?;
            let row = table.get(epoch.n)?;
            Ok(row.and_then(|row| tables::split_epoch(epoch.n, row.value())).map(|(of, _)| of))
        });
        stated.is_some_and(|stated| stated != epoch)
    }

    /// The seq of the first entry at or behind `from` that can be read: what a damaged page of the tree holds is stepped over,
    /// number by number, for as long as the database says that there is more.
    fn next_seq(&self, epoch: Epoch, from: u64) -> Option<u64> {
        let size = self.stated(epoch).map_or(0, |stated| stated.size());
        let steps = from..size.max(from + 1).min(from.saturating_add(STEPS_MAX));
        for at in steps {
            let next = self.try_read(|txn| {
                let table = txn.open_table(tables::ENTRIES)?;
                let range = tables::entry_key(epoch.n, at)..tables::entry_key(epoch.n + 1, 0);
                let first = table.range(range)?.next().transpose()?;
                Ok(first.map(|(key, _)| tables::split_key(key.value()).1))
            });
            match next {
                // A damaged page may say anything about what is behind it.
                Some(Some(seq)) if seq >= size && at < size => {}
                Some(Some(seq)) => return Some(seq),
                Some(None) if at >= size => return None,
                Some(None) | None => {}
            }
        }
        None
    }
}

fn read_places(txn: &ReadTransaction) -> Found<Option<Places>> {
    let Ok(runs) = places::adopted_runs(&txn.open_table(tables::ADOPTED)?) else { return Ok(None) };
    let epochs = tables::read_epochs(&txn.open_table(tables::EPOCHS)?).unwrap_or_default();
    Ok(Some(Places::new(epochs.into_iter().map(|(epoch, _)| epoch).collect(), runs)))
}

fn stated(txn: &ReadTransaction, epoch: Epoch) -> Found<Option<Frontier>> {
    let table = txn.open_table(tables::EPOCHS)?;
    let row = table.get(epoch.n)?;
    let found = row.and_then(|row| tables::split_epoch(epoch.n, row.value()));
    Ok(found.filter(|(of, _)| *of == epoch).map(|(_, frontier)| frontier))
}

/// Entries with their texts under the number of an epoch, or the place of a run, up to the first that does not read back.
fn read_lines(txn: &ReadTransaction, n: u32, from: u64, end: u64) -> Found<Option<LogPiece>> {
    let (entries, texts) = (txn.open_table(tables::ENTRIES)?, txn.open_table(tables::TEXTS)?);
    let mut piece = LogPiece { first: from, lines: Vec::new() };
    for row in entries.range(tables::entry_key(n, from)..tables::entry_key(n, end))? {
        let Ok((key, value)) = row else { break };
        let entry = std::str::from_utf8(value.value()).ok().and_then(|text| Entry::view(text).ok());
        let Some(entry) = entry.filter(|e| e.seq() == piece.next()) else { break };
        if key.value() != tables::entry_key(n, entry.seq()) {
            break;
        }
        let texts = texts_beside(&texts, key.value(), &entry)?;
        piece.lines.push(LogLine { entry: entry.bytes().to_vec(), texts });
    }
    Ok(Some(piece).filter(|piece| !piece.lines.is_empty()))
}

fn texts_beside(
    table: &impl ReadableTable<&'static TextKey, &'static [u8]>,
    key: u64,
    entry: &Entry,
) -> Found<Vec<u8>> {
    let mut beside = GroupWriter::default();
    for hash in entry.redactables() {
        let text = table.get(&tables::text_key(key, &hash))?;
        let text = text.and_then(|t| tables::split_text(t.value()));
        if let Some((_, line)) = text.filter(|(of, line)| *of == key && line.hash() == hash) {
            beside.text(&line);
        }
    }
    Ok(beside.bytes().to_vec())
}

impl LineSource for DatabaseSource<'_> {
    fn name(&self) -> String {
        self.name.clone()
    }

    fn is_own(&self) -> bool {
        true
    }

    fn follow(&mut self, epoch: Epoch, after: &Frontier) -> io::Result<Option<LogPiece>> {
        let shared = self.shares(epoch, after);
        Ok(if shared { self.block(epoch, after.size()) } else { None })
    }

    fn page(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        if self.has_other(epoch) {
            return Ok(None);
        }
        let mut at = from;
        while let Some(seq) = self.next_seq(epoch, at) {
            if let Some(piece) = self.block(epoch, seq) {
                return Ok(Some(SourcePage { piece, loose: false }));
            }
            if let Some(piece) = self.unchecked(epoch, seq) {
                return Ok(Some(SourcePage { piece, loose: true }));
            }
            at = seq + 1;
        }
        Ok(None)
    }

    fn goes_beyond(&mut self, epoch: Epoch, frontier: &Frontier) -> io::Result<bool> {
        if self.stated(epoch).is_none_or(|f| f.size() <= frontier.size()) {
            return Ok(false);
        }
        // Of another history only where what it holds before is undamaged and leads elsewhere.
        let last = frontier.size().saturating_sub(1);
        Ok(self.shares(epoch, frontier) || self.block(epoch, last).is_none())
    }

    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        Ok(self.epochs().unwrap_or_default().into_iter().map(|(epoch, f)| (epoch, f.size())).collect())
    }
}

#[derive(Debug)]
enum TreeError {
    Redb(redb::Error),
    Absent,
}

impl TreeError {
    fn into_redb(self) -> redb::Error {
        match self {
            Self::Redb(e) => e,
            Self::Absent => redb::Error::Corrupted("a node of the tree is missing".to_owned()),
        }
    }
}

impl<E: Into<redb::Error>> From<E> for TreeError {
    fn from(e: E) -> Self {
        Self::Redb(e.into())
    }
}

struct StoredTree<'t> {
    txn: &'t ReadTransaction,
    epoch: Epoch,
    frontier: Frontier,
}

impl StoredTree<'_> {
    fn leaf(&self, seq: u64) -> Result<Hash, TreeError> {
        let table = self.txn.open_table(tables::ENTRIES)?;
        let row = table.get(tables::entry_key(self.epoch.n, seq))?;
        row.map(|row| leaf_hash(row.value())).ok_or(TreeError::Absent)
    }
}

impl TreeNodes for StoredTree<'_> {
    type Error = TreeError;

    fn node(&self, level: u32, index: u64) -> Result<Hash, TreeError> {
        if (index + 1) << level > self.frontier.size() {
            return Err(TreeError::Absent);
        }
        match (level, level % 8) {
            (0, _) => self.leaf(index),
            (_, 0) => {
                let table = self.txn.open_table(tables::NODES)?;
                let node = table.get(tables::node_key(self.epoch.n, level, index))?;
                node.map(|node| Hash(*node.value())).ok_or(TreeError::Absent)
            }
            _ => Ok(node_hash(&self.node(level - 1, index * 2)?, &self.node(level - 1, index * 2 + 1)?)),
        }
    }
}
