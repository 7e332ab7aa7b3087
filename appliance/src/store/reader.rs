//! A snapshot for those who read: entries with their hashes checked, texts, history, and the tree for proofs.

use std::cell::RefCell;
use std::ops::Range;
use std::sync::Arc;
use std::time::{Duration, Instant};

use record::entry::Entry;
use record::fold::Cleaning;
use record::ids::Epoch;
use record::kinds::EntryRef;
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::{Frontier, Hash, Nodes, node_hash};
use redb::ReadTransaction;

use super::error::StoreError;
use super::shared::Shared;
use super::tables::{self, BLOCK};

/// A snapshot that is held longer makes the database grow by every commit meanwhile.
const READER_LIFE: Duration = Duration::from_secs(2);

/// A snapshot of one epoch's log and of all history. Lives two seconds; ask for ranges.
pub struct Reader {
    txn: ReadTransaction,
    shared: Arc<Shared>,
    epoch: Epoch,
    frontier: Frontier,
    opened: Instant,
    /// The block that was checked last, with its leaves.
    checked: RefCell<Option<(u64, Vec<Hash>)>>,
}

impl std::fmt::Debug for Reader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader")
            .field("epoch", &self.epoch)
            .field("size", &self.size())
            .finish_non_exhaustive()
    }
}

fn db<E: Into<redb::Error>>(e: E) -> StoreError {
    StoreError::Database { what: "reading", source: e.into() }
}

impl Reader {
    pub(super) fn open(shared: Arc<Shared>, epoch: Epoch) -> Result<Self, StoreError> {
        use redb::ReadableDatabase as _;
        let txn = shared.db()?.begin_read().map_err(db)?;
        let row = txn.open_table(tables::EPOCHS).map_err(db)?;
        let row = row.get(epoch.n).map_err(db)?;
        let found = row.and_then(|row| tables::split_epoch(epoch.n, row.value()));
        let frontier = match found {
            Some((found, frontier)) if found == epoch => frontier,
            _ => return Err(StoreError::NoEntry { seq: 0, size: 0 }),
        };
        let checked = RefCell::new(None);
        Ok(Self { txn, shared, epoch, frontier, opened: Instant::now(), checked })
    }

    /// Which epoch's entries it reads.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Entries of the epoch in this snapshot.
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// The root at [`Reader::size`].
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    fn alive(&self) -> Result<(), StoreError> {
        if Instant::now().duration_since(self.opened) > READER_LIFE {
            return Err(StoreError::ReaderExpired);
        }
        Ok(())
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

    fn unchecked(&self, seq: u64) -> Result<Entry, StoreError> {
        let table = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let row = table.get(tables::entry_key(self.epoch.n, seq)).map_err(db)?;
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
        let entries = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let nodes = self.txn.open_table(tables::NODES).map_err(db)?;
        let checked =
            tables::check_block(&entries, &nodes, (self.epoch.n, &self.frontier), block).map_err(db)?;
        checked.ok_or_else(|| self.damaged(block * BLOCK, "its block does not lead to the log's root"))
    }

    fn kept(&self, level: u32, index: u64) -> Result<Hash, StoreError> {
        let table = self.txn.open_table(tables::NODES).map_err(db)?;
        let node = table.get(tables::node_key(self.epoch.n, level, index)).map_err(db)?;
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
        let hashes = entry.redactables();
        if hashes.is_empty() {
            return Ok(Vec::new());
        }
        let table = self.txn.open_table(tables::TEXTS).map_err(db)?;
        let key = tables::entry_key(self.epoch.n, entry.seq());
        let mut lines = Vec::new();
        for hash in hashes {
            let row = table.get(&tables::text_key(key, &hash)).map_err(db)?;
            let line = row.and_then(|row| tables::split_text(row.value()));
            // A later entry may name an earlier one's text; the line stands beside the first.
            lines.extend(line.filter(|(of, line)| *of == key && line.hash() == hash).map(|(_, line)| line));
        }
        Ok(lines)
    }

    /// A text by its salted hash; `None` when it was erased or never there.
    ///
    /// # Errors
    /// The database's.
    pub fn text(&self, hash: &Hash) -> Result<Option<String>, StoreError> {
        let table = self.txn.open_table(tables::TEXTS).map_err(db)?;
        let found = tables::find_text(&table, hash).map_err(db)?;
        Ok(found.map(|(_, _, line)| line.text().to_owned()))
    }

    /// The cleaning that an entry recorded, or that it recorded once more.
    ///
    /// # Errors
    /// The database's.
    pub fn cleaning(&self, of: EntryRef) -> Result<Option<Cleaning>, StoreError> {
        if self.shared.chain().epoch(of.epoch.n) != Some(of.epoch) {
            return Ok(None);
        }
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(db)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let found = tables::cleaning(&cleanings, &entries, of).map_err(db)?;
        if found.is_some() {
            return Ok(found);
        }
        // A phone may have sent it again: the first place under the key counts, and this one leads to it.
        let line = entries.get(tables::entry_key(of.epoch.n, of.seq)).map_err(db)?;
        let Some(idem) = line.and_then(|line| tables::idem_of(line.value())) else { return Ok(None) };
        let keys = self.txn.open_table(tables::IDEM).map_err(db)?;
        let first = keys.get(&idem.key.0).map_err(db)?.map(|row| tables::split_idem(row.value()));
        let first = first.filter(|(_, req)| *req == idem.req);
        let first =
            first.and_then(|(key, _)| self.shared.chain().entry_ref(key)).filter(|first| *first != of);
        first.map_or(Ok(None), |first| tables::cleaning(&cleanings, &entries, first).map_err(db))
    }

    /// Cleanings of an item whose time lies in `performed_ms`, newest first, `limit` at most.
    ///
    /// # Errors
    /// The database's.
    pub fn cleanings_of(
        &self,
        tag: Tag,
        performed_ms: Range<i64>,
        limit: usize,
    ) -> Result<Vec<Cleaning>, StoreError> {
        let index = self.txn.open_table(tables::BY_ITEM).map_err(db)?;
        let from = tables::item_key(tag, performed_ms.start, 0);
        let to = tables::item_key(tag, performed_ms.end, 0);
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(db)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let mut found = Vec::new();
        if performed_ms.is_empty() {
            return Ok(found);
        }
        for row in index.range::<&tables::ItemKey>(&from..&to).map_err(db)?.rev().take(limit) {
            self.alive()?;
            let (_, key) = tables::split_item_key(row.map_err(db)?.0.value());
            let Some(of) = self.shared.chain().entry_ref(key) else { continue };
            found.extend(tables::cleaning(&cleanings, &entries, of).map_err(db)?);
        }
        Ok(found)
    }

    /// Cleanings of all epochs in the order in which they were recorded, newest first, those before the cursor.
    ///
    /// # Errors
    /// The database's.
    pub fn cleanings(&self, before: Option<EntryRef>, limit: usize) -> Result<Vec<Cleaning>, StoreError> {
        let cleanings = self.txn.open_table(tables::CLEANINGS).map_err(db)?;
        let entries = self.txn.open_table(tables::ENTRIES).map_err(db)?;
        let end = before.map_or(u64::MAX, |of| tables::entry_key(of.epoch.n, of.seq));
        let mut found = Vec::new();
        for row in cleanings.range(..end).map_err(db)?.rev().take(limit) {
            self.alive()?;
            let (key, value) = row.map_err(db)?;
            let Some(of) = self.shared.chain().entry_ref(key.value()) else { continue };
            let entry = entries.get(key.value()).map_err(db)?;
            found.extend(tables::read_cleaning(of, value.value(), entry.as_ref().map(|e| e.value())));
        }
        Ok(found)
    }

    /// Uses of an item in a range of time: milliseconds since 1970 and which entry, ascending.
    ///
    /// # Errors
    /// The database's.
    pub fn uses_of(&self, tag: Tag, performed_ms: Range<i64>) -> Result<Vec<(i64, EntryRef)>, StoreError> {
        let index = self.txn.open_table(tables::USES).map_err(db)?;
        let mut found = Vec::new();
        if performed_ms.is_empty() {
            return Ok(found);
        }
        let from = tables::item_key(tag, performed_ms.start, 0);
        let to = tables::item_key(tag, performed_ms.end, 0);
        for row in index.range::<&tables::ItemKey>(&from..&to).map_err(db)? {
            self.alive()?;
            let (at_ms, key) = tables::split_item_key(row.map_err(db)?.0.value());
            found.extend(self.shared.chain().entry_ref(key).map(|of| (at_ms, of)));
        }
        Ok(found)
    }
}

impl Nodes for Reader {
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
            (_, 0) => self.kept(level, index),
            _ => Ok(node_hash(&self.node(level - 1, index * 2)?, &self.node(level - 1, index * 2 + 1)?)),
        }
    }
}
