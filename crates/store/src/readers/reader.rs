//! A snapshot for those who read: entries with their hashes checked, texts, history, and the tree for proofs.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, btree_map};
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use record::entry::Entry;
use record::fold::LinePlace;
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::redact::TextLine;
use record::sign::SignedNote;
use record::tree::{Frontier, Hash, TreeNodes, node_hash, root_at};
use redb::ReadTransaction;

use crate::index::tables;
use crate::index::tables::BLOCK;
use crate::io::error::StoreError;
use crate::shared::shared_state::StoreShared;

/// A snapshot that is held longer makes the database grow by every commit meanwhile.
const READER_LIFE: Duration = Duration::from_secs(2);

#[cfg(any(test, feature = "test"))]
thread_local! {
    static OPENED_HERE: Cell<u64> = const { Cell::new(0) };
}

#[cfg(any(test, feature = "test"))]
pub fn readers_opened_here() -> u64 {
    OPENED_HERE.with(Cell::get)
}

/// A snapshot of one epoch's log and of all history. Lives two seconds; ask for ranges.
pub struct LogReader {
    pub(crate) txn: Arc<ReadTransaction>,
    pub(crate) shared: Arc<StoreShared>,
    epoch: Epoch,
    frontier: Frontier,
    opened: Cell<Instant>,
    expired: Cell<bool>,
    /// The same snapshot for entries of other epochs.
    others: RefCell<BTreeMap<u32, LogReader>>,
    /// The block that was checked last, with its leaves.
    checked: RefCell<Option<(u64, Vec<Hash>)>>,
}

impl std::fmt::Debug for LogReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("epoch", &self.epoch)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

pub(crate) fn database_error<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "reading", source: e.into() }
}

impl LogReader {
    pub(crate) fn open(shared: Arc<StoreShared>, epoch: Epoch) -> Result<Self, StoreError> {
        use redb::ReadableDatabase as _;
        #[cfg(any(test, feature = "test"))]
        OPENED_HERE.with(|opened| opened.set(opened.get() + 1));
        let txn = shared.settled_db()?.begin_read().map_err(database_error)?;
        Self::on(Arc::new(txn), shared, epoch, Instant::now())
    }

    /// The same snapshot, for another epoch's entries.
    ///
    /// # Errors
    /// The database's; [`StoreError::NoEntry`] for an epoch that is not here.
    pub fn of_epoch(&self, epoch: Epoch) -> Result<Self, StoreError> {
        Self::on(self.txn.clone(), self.shared.clone(), epoch, self.opened.get())
    }

    fn on(
        txn: Arc<ReadTransaction>,
        shared: Arc<StoreShared>,
        epoch: Epoch,
        opened: Instant,
    ) -> Result<Self, StoreError> {
        let row = txn.open_table(tables::EPOCHS).map_err(database_error)?;
        let row = row.get(epoch.n).map_err(database_error)?;
        let found = row.and_then(|row| tables::split_epoch(epoch.n, row.value()));
        let frontier = match found {
            Some((found, frontier)) if found == epoch => frontier,
            _ => return Err(StoreError::NoEntry { seq: 0, size: 0 }),
        };
        let checked = RefCell::new(None);
        Ok(Self {
            txn,
            shared,
            epoch,
            frontier,
            opened: Cell::new(opened),
            expired: Cell::new(false),
            others: RefCell::default(),
            checked,
        })
    }

    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Entries of the epoch in this snapshot.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root at [`LogReader::size`].
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    pub(crate) fn alive(&self) -> Result<(), StoreError> {
        if Instant::now().duration_since(self.opened.get()) > READER_LIFE {
            self.expired.set(true);
            return Err(StoreError::ReaderExpired);
        }
        Ok(())
    }

    /// Whether something was not read because the snapshot had lived too long.
    pub(crate) fn has_expired(&self) -> bool {
        self.expired.get() || self.others.borrow().values().any(Self::has_expired)
    }

    #[cfg(test)]
    pub(crate) fn outlive(&self) {
        if let Some(before) = self.opened.get().checked_sub(READER_LIFE * 2) {
            self.opened.set(before);
        }
    }

    /// A checkpoint of this epoch at `size`: signed now, or where its key is not here the last one that was signed, if it is of that
    /// size.
    ///
    /// # Errors
    /// [`StoreError::NoEntry`] past its end; the database's.
    pub fn checkpoint(&self, size: u64) -> Result<Option<SignedNote>, StoreError> {
        if size > self.size() {
            return Err(StoreError::NoEntry { seq: size.saturating_sub(1), size: self.size() });
        }
        let root = root_at(self, size)?;
        if self.epoch == self.shared.epoch() {
            return self.shared.sign(size, root).map(Some);
        }
        if let Some(signed) = self.shared.sign_of(self.epoch, size, root) {
            return signed.map(Some);
        }
        let ended = self.ended_note()?.filter(|ended| ended.checkpoint().size == size);
        Ok(ended.map(|ended| ended.note().clone()))
    }

    fn damaged(&self, seq: u64, why: &str) -> StoreError {
        self.shared.found_damage(seq);
        StoreError::Damaged { epoch: self.epoch.to_string(), seq, why: why.to_owned() }
    }

    /// One entry, its hash checked against the tree; `None` past the end.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when the database gives other bytes than were written.
    pub fn entry(&self, seq: u64) -> Result<Option<Entry>, StoreError> {
        if seq >= self.size() {
            return Ok(None);
        }
        let leaf = self.leaf(seq)?;
        let entry = self.unchecked(seq)?;
        if entry.leaf() != leaf {
            return Err(self.damaged(seq, "it changed while it was read"));
        }
        Ok(Some(entry))
    }

    /// Entries in ascending order, each checked; ends at the snapshot's size.
    pub fn entries(&self, range: Range<u64>) -> impl Iterator<Item = Result<Entry, StoreError>> + '_ {
        let end = range.end.min(self.size());
        (range.start..end).map_while(|seq| self.entry(seq).transpose())
    }

    /// One entry of any epoch that this box holds: the one in the chain, checked, or else one that a run brought. `None`
    /// where there is none.
    ///
    /// # Errors
    /// As [`LogReader::entry`].
    pub fn entry_at(&self, of: EntryRef) -> Result<Option<Entry>, StoreError> {
        let places = self.shared.places();
        for line in places.keys(of, None).filter_map(|key| places.line(key)) {
            if let Some(entry) = self.line(line)? {
                return Ok(Some(entry));
            }
        }
        Ok(None)
    }

    /// The entry of a line: one in the chain is checked against its tree; one that a run brought is as the database has
    /// it, and its proof shows whether that is right.
    ///
    /// # Errors
    /// As [`LogReader::entry`].
    pub fn line(&self, line: LinePlace) -> Result<Option<Entry>, StoreError> {
        let of = line.of;
        if line.run.is_some() {
            let Some(key) = self.shared.places().key(line) else { return Ok(None) };
            self.alive()?;
            let table = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
            let Some(row) = table.get(key).map_err(database_error)? else { return Ok(None) };
            let entry = std::str::from_utf8(row.value()).ok().and_then(|text| Entry::view(text).ok());
            let entry = entry.filter(|entry| entry.seq() == of.seq);
            return entry.map(Some).ok_or_else(|| self.damaged(of.seq, "it cannot be read"));
        }
        if of.epoch == self.epoch {
            return self.entry(of.seq);
        }
        let mut others = self.others.borrow_mut();
        match others.entry(of.epoch.n) {
            btree_map::Entry::Occupied(reader) => reader.get().entry(of.seq),
            btree_map::Entry::Vacant(place) => match self.of_epoch(of.epoch) {
                Ok(reader) => place.insert(reader).entry(of.seq),
                // Nothing of it is in the chain.
                Err(StoreError::NoEntry { .. }) => Ok(None),
                Err(e) => Err(e),
            },
        }
    }

    fn unchecked(&self, seq: u64) -> Result<Entry, StoreError> {
        self.alive()?;
        let table = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let row = table.get(tables::entry_key(self.epoch.n, seq)).map_err(database_error)?;
        let row = row.ok_or_else(|| self.damaged(seq, "it is missing"))?;
        std::str::from_utf8(row.value())
            .ok()
            .and_then(|text| Entry::view(text).ok())
            .filter(|entry| entry.seq() == seq)
            .ok_or_else(|| self.damaged(seq, "it cannot be read"))
    }

    /// The hash of an entry, after its whole block was recomputed and compared with the kept node.
    fn leaf(&self, seq: u64) -> Result<Hash, StoreError> {
        let block = seq / BLOCK;
        let place = usize::try_from(seq % BLOCK).unwrap_or(0);
        if let Some((of, leaves)) = &*self.checked.borrow()
            && *of == block
        {
            return Ok(leaves[place]);
        }
        let leaves = self.check_block(block)?;
        let leaf = leaves[place];
        *self.checked.borrow_mut() = Some((block, leaves));
        Ok(leaf)
    }

    fn check_block(&self, block: u64) -> Result<Vec<Hash>, StoreError> {
        self.alive()?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(database_error)?;
        let nodes = self.txn.open_table(tables::NODES).map_err(database_error)?;
        let checked = tables::check_block(&entries, &nodes, (self.epoch.n, &self.frontier), block)
            .map_err(database_error)?;
        checked.ok_or_else(|| self.damaged(block * BLOCK, "its block does not lead to the log's root"))
    }

    fn stored(&self, level: u32, index: u64) -> Result<Hash, StoreError> {
        let table = self.txn.open_table(tables::NODES).map_err(database_error)?;
        let node = table.get(tables::node_key(self.epoch.n, level, index)).map_err(database_error)?;
        node.map(|n| Hash(*n.value()))
            .ok_or_else(|| self.damaged(index << level, "a node of the tree is missing"))
    }

    /// The texts that an entry names and that were not erased.
    ///
    /// # Errors
    /// The database's; damage.
    pub fn texts_of(&self, seq: u64) -> Result<Vec<TextLine>, StoreError> {
        if seq >= self.size() {
            return Ok(Vec::new());
        }
        self.texts_named(&self.unchecked(seq)?)
    }

    /// The texts that this entry names and that were not erased.
    ///
    /// # Errors
    /// The database's; damage.
    pub fn texts_named(&self, entry: &Entry) -> Result<Vec<TextLine>, StoreError> {
        self.texts_at(tables::entry_key(self.epoch.n, entry.seq()), entry)
    }

    /// As [`LogReader::texts_named`], of the entry of a line.
    ///
    /// # Errors
    /// The database's; damage.
    pub fn texts_of_line(&self, line: LinePlace, entry: &Entry) -> Result<Vec<TextLine>, StoreError> {
        let key = self.shared.places().key(line);
        key.map_or(Ok(Vec::new()), |key| self.texts_at(key, entry))
    }

    fn texts_at(&self, key: u64, entry: &Entry) -> Result<Vec<TextLine>, StoreError> {
        let hashes = entry.redactables();
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.txn.open_table(tables::TEXTS).map_err(database_error)?;
        let mut lines = Vec::new();
        for hash in hashes {
            let row = table.get(&tables::text_key(key, &hash)).map_err(database_error)?;
            let line = row.and_then(|row| tables::split_text(row.value()));
            // A later entry may name an earlier one's text; the line is beside the first.
            lines.extend(line.filter(|(of, line)| *of == key && line.hash() == hash).map(|(_, line)| line));
        }
        Ok(lines)
    }

    /// A text by its salted hash; `None` when it was erased or never there.
    ///
    /// # Errors
    /// The database's.
    pub fn text(&self, hash: &Hash) -> Result<Option<String>, StoreError> {
        self.alive()?;
        let table = self.txn.open_table(tables::TEXTS).map_err(database_error)?;
        let found = tables::find_text(&table, hash).map_err(database_error)?;
        Ok(found.map(|(_, _, line)| line.text().to_owned()))
    }
}

pub(crate) fn count_ended_entries(shared: &Arc<StoreShared>) -> u64 {
    let places = shared.places();
    let ended = places.epochs.iter().filter(|epoch| **epoch != shared.epoch());
    // One that cannot be read counts as empty: the number is only shown on pages.
    ended.map(|epoch| LogReader::open(shared.clone(), *epoch).map_or(0, |reader| reader.size())).sum()
}

impl TreeNodes for LogReader {
    type Error = StoreError;

    fn node(&self, level: u32, index: u64) -> Result<Hash, StoreError> {
        let end = index.checked_add(1).and_then(|i| i.checked_shl(level)).unwrap_or(u64::MAX);
        if level > 40 || end > self.size() {
            return Err(StoreError::NoEntry { seq: end.saturating_sub(1), size: self.size() });
        }
        match (level, level % 8) {
            (0, _) => self.leaf(index),
            (1..8, _) => {
                let mut part = Frontier::default();
                for seq in index << level..end {
                    part.push(self.leaf(seq)?);
                }
                Ok(part.root())
            }
            (_, 0) => self.stored(level, index),
            _ => Ok(node_hash(&self.node(level - 1, index * 2)?, &self.node(level - 1, index * 2 + 1)?)),
        }
    }
}
