//! redb's tables: what each key and value is, and how an entry reference becomes a key.

use record::anchor::StatedTime;
use record::entry::Entry;
use record::fold::{AdoptedBy, CleaningRecord};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::{PersonalText, TextLine};
use record::tag::Tag;
use record::tree::{Frontier, Hash, leaf_hash};
use redb::{ReadableTable, TableDefinition, WriteTransaction};

use crate::io::error::StoreError;

/// The schema that this program writes; a database of an older one is rebuilt from the journal.
pub(crate) const SCHEMA: u32 = 15;

/// Entries' exact bytes by [`entry_key`].
pub(crate) const ENTRIES: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("entries");
/// Hashes of perfect subtrees of 256, 65,536 … entries by [`node_key`]; smaller ones follow from the entries.
pub(crate) const NODES: TableDefinition<'static, u64, &[u8; 32]> = TableDefinition::new("nodes");
/// Texts by [`text_key`]: entry key, salt, text.
pub(crate) const TEXTS: TableDefinition<'static, &TextKey, &[u8]> = TableDefinition::new("texts");
pub(crate) const ROWS: TableDefinition<'static, &str, &str> = TableDefinition::new("rows");
/// Cleanings by entry key: two times where the entry says the rest, a whole row where it was changed later.
pub(crate) const CLEANINGS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("cleanings");
pub(crate) const BY_ITEM: TableDefinition<'static, &ItemKey, ()> = TableDefinition::new("cleanings_by_item");
pub(crate) const UNSURE: TableDefinition<'static, &BootKey, ()> = TableDefinition::new("cleanings_unsure");
pub(crate) const UNSURE_USES: TableDefinition<'static, &BootKey, ()> = TableDefinition::new("uses_unsure");
pub(crate) const USES: TableDefinition<'static, &ItemKey, ()> = TableDefinition::new("uses");
/// What entries say of an item apart from that, by [`item_key`].
pub(crate) const NOTES: TableDefinition<'static, &ItemKey, ()> = TableDefinition::new("item_notes");
/// Idempotency keys of a run of entries, sorted, by the run: key, which of the run's entries, digest of the request.
pub(crate) const KEY_RUNS: TableDefinition<'static, u64, &[u8]> = TableDefinition::new("idempotency");
/// How many entries a run of keys covers, and the first bytes of each of its keys, sorted.
pub(crate) const KEY_FILTERS: TableDefinition<'static, u64, &[u8]> =
    TableDefinition::new("idempotency_filters");
/// Lines that recorded a cleaning or a use once more, by entry key: the entry key of the first that did, under the same
/// idempotency key and for the same request.
pub(crate) const REPEATS: TableDefinition<'static, u64, u64> = TableDefinition::new("repeats");
/// Erased texts whose line may still be in the journal, with the entry key that names them.
pub(crate) const ERASE: TableDefinition<'static, &[u8; 32], u64> = TableDefinition::new("erase");
/// Hashes of all texts that were ever erased: a copy that comes back must not bring one back with it.
pub(crate) const ERASED: TableDefinition<'static, &[u8; 32], ()> = TableDefinition::new("erased");
/// Each epoch's name and frontier by its number; the last is the one that is written.
pub(crate) const EPOCHS: TableDefinition<'static, u32, &[u8]> = TableDefinition::new("epochs");
/// Runs that entries adopted, by place: an [`AdoptedRun`] as JSON.
pub(crate) const ADOPTED: TableDefinition<'static, u32, &str> = TableDefinition::new("adopted_runs");
/// The files of each ended epoch's journal when all of it was read last, as JSON.
pub(crate) const CLOSED_FILES: TableDefinition<'static, &str, &str> = TableDefinition::new("closed_files");
pub(crate) const META: TableDefinition<'static, &str, u32> = TableDefinition::new("meta");

/// Which run of [`RUN_BITS`], half of the salted hash.
pub(crate) type TextKey = [u8; 24];
/// Tag, time (ordered as unsigned), entry key.
pub(crate) type ItemKey = [u8; 25];
pub(crate) type BootKey = [u8; 34];

/// Sixteen bits of epoch, 48 of seq: both are far from their ends in any box's life.
const SEQ_BITS: u32 = 48;

pub(crate) fn entry_key(epoch_n: u32, seq: u64) -> u64 {
    u64::from(epoch_n) << SEQ_BITS | seq
}

/// The epoch's number and the seq of a key.
pub(crate) fn split_key(key: u64) -> (u32, u64) {
    (u32::try_from(key >> SEQ_BITS).unwrap_or(u32::MAX), key & ((1 << SEQ_BITS) - 1))
}

/// The key of a kept node; `level` is a multiple of 8, so that level and index fit beside the epoch.
pub(crate) fn node_key(epoch_n: u32, level: u32, index: u64) -> u64 {
    u64::from(epoch_n) << SEQ_BITS | u64::from(level / 8) << 40 | index
}

pub(crate) fn item_key(tag: Tag, performed_ms: i64, entry: u64) -> ItemKey {
    let mut key = [0; 25];
    key[..9].copy_from_slice(tag.as_str().as_bytes());
    key[9..17].copy_from_slice(&(performed_ms.cast_unsigned() ^ 1 << 63).to_be_bytes());
    key[17..].copy_from_slice(&entry.to_be_bytes());
    key
}

/// Time and entry key of an [`item_key`].
pub(crate) fn split_item_key(key: &ItemKey) -> (i64, u64) {
    let (time, entry) = (u64::from_be_bytes(copy_eight(key, 9)), u64::from_be_bytes(copy_eight(key, 17)));
    ((time ^ 1 << 63).cast_signed(), entry)
}

fn copy_eight(bytes: &[u8], from: usize) -> [u8; 8] {
    let mut eight = [0; 8];
    eight.copy_from_slice(&bytes[from..from + 8]);
    eight
}

/// The key of an unsure cleaning or use.
pub(crate) fn boot_key(boot: BootId, entry: u64) -> BootKey {
    let mut key = [0; 34];
    key[..26].copy_from_slice(boot.to_string().as_bytes());
    key[26..].copy_from_slice(&entry.to_be_bytes());
    key
}

/// The boot of a [`boot_key`]; `None` where it is damaged.
pub(crate) fn boot_key_boot(key: &BootKey) -> Option<BootId> {
    std::str::from_utf8(&key[..26]).ok()?.parse().ok()
}

pub(crate) fn boot_key_entry(key: &BootKey) -> u64 {
    let mut eight = [0; 8];
    eight.copy_from_slice(&key[26..]);
    u64::from_be_bytes(eight)
}

/// Entries of a run, as bits of seq: texts and idempotency keys are ordered by their hashes only inside of one.
pub(crate) const RUN_BITS: u32 = 13;

/// The key of a text stored beside an entry: texts are ordered by their hash only among the neighbours of a run. By
/// hash alone each new one would touch a page of its own, and write 4 KiB; by runs, one of the newest run's few.
pub(crate) fn text_key(entry: u64, hash: &Hash) -> TextKey {
    let mut key = [0; 24];
    key[..8].copy_from_slice(&(entry >> RUN_BITS).to_be_bytes());
    key[8..].copy_from_slice(&hash.0[..16]);
    key
}

/// Texts by their hash alone, with their keys and their entries': one look into each run, the newest first.
pub(crate) fn find_texts<'t>(
    texts: &'t impl ReadableTable<&'static TextKey, &'static [u8]>,
    hash: &'t Hash,
) -> impl Iterator<Item = Result<(TextKey, u64, TextLine), redb::Error>> + 't {
    let mut before = Some([u8::MAX; 24]);
    std::iter::from_fn(move || find_text_before(texts, hash, &mut before).transpose())
}

fn find_text_before(
    texts: &impl ReadableTable<&'static TextKey, &'static [u8]>,
    hash: &Hash,
    before: &mut Option<TextKey>,
) -> Result<Option<(TextKey, u64, TextLine)>, redb::Error> {
    while let Some(end) = *before {
        let Some((newest, _)) = texts.range::<&TextKey>(..&end)?.next_back().transpose()? else { break };
        let mut key = *newest.value();
        let mut next = [0; 24];
        next[..8].copy_from_slice(&key[..8]);
        *before = Some(next);
        key[8..].copy_from_slice(&hash.0[..16]);
        if let Some((entry, line)) = texts.get(&key)?.and_then(|row| split_text(row.value()))
            && line.hash() == *hash
        {
            return Ok(Some((key, entry, line)));
        }
    }
    *before = None;
    Ok(None)
}

/// The newest text of a hash.
///
/// # Errors
/// redb's.
pub(crate) fn find_text(
    texts: &impl ReadableTable<&'static TextKey, &'static [u8]>,
    hash: &Hash,
) -> Result<Option<(TextKey, u64, TextLine)>, redb::Error> {
    find_texts(texts, hash).next().transpose()
}

pub(crate) fn text_value(entry: u64, line: &TextLine) -> Vec<u8> {
    [&entry.to_be_bytes()[..], line.salt(), line.text().as_bytes()].concat()
}

/// Entry key and line of a text's value; `None` when it is damaged.
pub(crate) fn split_text(value: &[u8]) -> Option<(u64, TextLine)> {
    let (entry, rest) = value.split_first_chunk::<8>()?;
    let (salt, text) = rest.split_first_chunk::<16>()?;
    let entry = u64::from_be_bytes(*entry);
    let text = PersonalText::new(std::str::from_utf8(text).ok()?, *salt).ok()?;
    Some((entry, text.beside(split_key(entry).1)))
}

/// The value of an epoch: its key's hash, then the frontier.
pub(crate) fn epoch_value(epoch: Epoch, frontier: &Frontier) -> Vec<u8> {
    let mut value = Vec::with_capacity(12 + 32 * frontier.nodes().len());
    value.extend_from_slice(&epoch.key);
    value.extend_from_slice(&frontier.size().to_be_bytes());
    frontier.nodes().iter().for_each(|n| value.extend_from_slice(&n.0));
    value
}

/// Name and frontier of an epoch's value; `None` when it is damaged.
pub(crate) fn split_epoch(n: u32, value: &[u8]) -> Option<(Epoch, Frontier)> {
    let (key, rest) = value.split_first_chunk::<4>()?;
    let (size, nodes) = rest.split_first_chunk::<8>()?;
    let (nodes, rest) = nodes.as_chunks::<32>();
    let nodes = nodes.iter().map(|n| Hash(*n)).collect();
    let frontier = Frontier::from_parts(u64::from_be_bytes(*size), nodes).filter(|_| rest.is_empty())?;
    Some((Epoch { n, key: *key }, frontier))
}

/// The value of a cleaning that is listed as its entry says.
pub(crate) fn plain_cleaning(cleaning: &CleaningRecord) -> [u8; 16] {
    let mut value = [0; 16];
    value[..8].copy_from_slice(&cleaning.performed_ms.to_be_bytes());
    value[8..].copy_from_slice(&cleaning.recorded_ms.to_be_bytes());
    value
}

pub(crate) fn read_cleaning(
    (of, adopted): (EntryRef, Option<AdoptedBy>),
    value: &[u8],
    entry: Option<&[u8]>,
) -> Option<CleaningRecord> {
    let Ok(times) = <&[u8; 16]>::try_from(value) else { return serde_json::from_slice(value).ok() };
    let entry = Entry::view(std::str::from_utf8(entry?).ok()?).ok()?;
    let Event::CleaningRecorded(body) = entry.event() else { return None };
    Some(CleaningRecord {
        of,
        tag: body.tag,
        performed_ms: i64::from_be_bytes(copy_eight(times, 0)),
        recorded_ms: i64::from_be_bytes(copy_eight(times, 8)),
        stated: StatedTime::of_cleaning(&body, &entry.head().at),
        at: entry.head().at,
        who: body.who,
        protocol: body.protocol.map(|p| p.id),
        took_ms: body.took_ms,
        incomplete: body.incomplete,
        photos: body.photos,
        voided: None,
        flags: body.flags,
        checked: None,
        adopted,
    })
}

/// Writes the schema down, and once more with all bits turned: one wrong bit must not make a box's own database that of a
/// newer program, which nobody may touch.
///
/// # Errors
/// redb's.
pub(crate) fn put_schema(txn: &WriteTransaction, schema: u32) -> Result<(), redb::Error> {
    let mut meta = txn.open_table(META)?;
    meta.insert("schema", schema)?;
    meta.insert("schema, bits turned", !schema)?;
    Ok(())
}

/// The schema, where both numbers say the same.
///
/// # Errors
/// redb's.
pub(crate) fn read_schema(
    meta: &impl ReadableTable<&'static str, u32>,
) -> Result<Option<u32>, redb::StorageError> {
    let schema = meta.get("schema")?.map(|row| row.value());
    let turned = meta.get("schema, bits turned")?.map(|row| row.value());
    Ok(schema.filter(|schema| turned == Some(!schema)))
}

/// Makes every table that is not there.
///
/// # Errors
/// redb's.
pub(crate) fn make_all(txn: &WriteTransaction) -> Result<(), redb::Error> {
    macro_rules! make {
        ($($table:ident)*) => {$( drop(txn.open_table($table)?); )*};
    }
    make!(ENTRIES NODES TEXTS ROWS CLEANINGS BY_ITEM UNSURE UNSURE_USES USES NOTES KEY_RUNS KEY_FILTERS REPEATS ERASE ERASED EPOCHS ADOPTED CLOSED_FILES META);
    Ok(())
}

/// Entries whose subtree is kept as one node: what is read is checked against it, all of them for one.
pub const BLOCK: u64 = 256;

/// The leaves of one block, recomputed from the entries and compared with the kept node, or for the last, unfinished
/// block with the log's frontier; `None` when they do not lead there.
///
/// # Errors
/// redb's.
pub(crate) fn check_block(
    entries: &impl ReadableTable<u64, &'static [u8]>,
    nodes: &impl ReadableTable<u64, &'static [u8; 32]>,
    (epoch_n, frontier): (u32, &Frontier),
    block: u64,
) -> Result<Option<Vec<Hash>>, redb::Error> {
    let (first, end) = (block * BLOCK, ((block + 1) * BLOCK).min(frontier.size()));
    let mut leaves = Vec::with_capacity(usize::try_from(BLOCK).unwrap_or(0));
    for row in entries.range(entry_key(epoch_n, first)..entry_key(epoch_n, end))? {
        leaves.push(leaf_hash(row?.1.value()));
    }
    let mut part = Frontier::default();
    leaves.iter().for_each(|leaf| part.push(*leaf));
    let holds = if leaves.len() as u64 != end - first {
        false
    } else if leaves.len() as u64 == BLOCK {
        nodes.get(node_key(epoch_n, 8, block))?.is_some_and(|stored| *stored.value() == part.root().0)
    } else {
        frontier.nodes().ends_with(part.nodes())
    };
    Ok(holds.then_some(leaves))
}

/// The epochs that the database knows, oldest first.
///
/// # Errors
/// redb's; damage.
pub(crate) fn read_epochs(
    table: &impl ReadableTable<u32, &'static [u8]>,
) -> Result<Vec<(Epoch, Frontier)>, StoreError> {
    let mut all = Vec::new();
    for row in table.iter().map_err(StoreError::db("reading its epochs"))? {
        let (n, value) = row.map_err(StoreError::db("reading its epochs"))?;
        let (n, value) = (n.value(), value.value());
        all.push(split_epoch(n, value).ok_or_else(|| StoreError::Damaged {
            epoch: n.to_string(),
            seq: 0,
            why: "the database's own note of the epoch cannot be read".to_owned(),
        })?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_order_and_split() {
        let tag: Tag = "ABCDEFGH3".parse().unwrap();
        let keys = [item_key(tag, -5, 9), item_key(tag, 0, 3), item_key(tag, 7, 1), item_key(tag, 7, 2)];
        assert!(keys.is_sorted());
        assert_eq!(split_item_key(&keys[0]), (-5, 9));
        assert_eq!(split_key(entry_key(3, 1 << 40)), (3, 1 << 40));
        assert!(entry_key(1, u64::from(u32::MAX)) < entry_key(2, 0));
        assert_ne!(node_key(1, 8, 5), node_key(1, 16, 5));
        let boot = BootId::new(7, [1; 10]);
        assert_eq!(boot_key_entry(&boot_key(boot, 77)), 77);
    }

    #[test]
    fn a_text_is_found_by_its_hash_in_whichever_run_it_stands() {
        let db =
            redb::Database::builder().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
        let txn = db.begin_write().unwrap();
        let mut table = txn.open_table(TEXTS).unwrap();
        let line = |seq: u64| PersonalText::new(&format!("name {seq}"), [7; 16]).unwrap().beside(seq);
        let keys = [(1, 3), (1, 5_000), (1, 9_000), (1, 100_000), (2, 4)];
        for (epoch, seq) in keys {
            let key = entry_key(epoch, seq);
            table.insert(&text_key(key, &line(seq).hash()), &text_value(key, &line(seq))[..]).unwrap();
        }
        for (epoch, seq) in keys {
            let (key, entry, found) = find_text(&table, &line(seq).hash()).unwrap().unwrap();
            assert_eq!((entry, found), (entry_key(epoch, seq), line(seq)));
            table.remove(&key).unwrap();
            assert_eq!(find_text(&table, &line(seq).hash()).unwrap(), None);
        }
        assert!(keys.map(|(epoch, seq)| text_key(entry_key(epoch, seq), &Hash([0; 32]))).is_sorted());
    }

    #[test]
    fn values_round_trip_and_damage_is_seen() {
        let line = PersonalText::new("Zoë", [3; 16]).unwrap().beside(12);
        let value = text_value(entry_key(2, 12), &line);
        assert_eq!(split_text(&value), Some((entry_key(2, 12), line)));
        assert_eq!(split_text(&value[..20]), None);
        let mut frontier = Frontier::default();
        (0..5u8).for_each(|i| frontier.push(Hash([i; 32])));
        let epoch = Epoch { n: 9, key: [1, 2, 3, 4] };
        let value = epoch_value(epoch, &frontier);
        assert_eq!(split_epoch(9, &value), Some((epoch, frontier)));
        assert_eq!(split_epoch(9, &value[..40]), None);
    }
}
