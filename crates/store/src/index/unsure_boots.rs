//! Boots whose clock no time server kept, by what was cleaned and used in them.

use std::ops::Bound;

use record::entry::{Entry, EntryTime};
use record::ids::BootId;
use redb::ReadTransaction;

use super::places::RUNS_FROM;
use super::tables::{self, BootKey};

/// When the last cleaning and the last use of each boot was written, the one that is last in the chain first; of boots
/// that are meant. What runs brought is from other cards, and may be younger.
pub(crate) fn last_of_unsure_boots(
    stored: &ReadTransaction,
    is_meant: &dyn Fn(BootId) -> bool,
) -> Result<Vec<EntryTime>, redb::Error> {
    let (entries, chain_end) = (stored.open_table(tables::ENTRIES)?, tables::entry_key(RUNS_FROM, 0));
    let mut found = Vec::new();
    for definition in [tables::UNSURE, tables::UNSURE_USES] {
        let table = stored.open_table(definition)?;
        let mut from = [0; 34];
        while let Some(row) = table.range::<&BootKey>((Bound::Excluded(&from), Bound::Unbounded))?.next() {
            from = *row?.0.value();
            let Some(boot) = tables::boot_key_boot(&from) else { continue };
            let (first, end) = (tables::boot_key(boot, 0), tables::boot_key(boot, chain_end));
            from = tables::boot_key(boot, u64::MAX);
            if !is_meant(boot) {
                continue;
            }
            let Some(last) = table.range::<&BootKey>(&first..&end)?.next_back().transpose()? else {
                continue;
            };
            let key = tables::boot_key_entry(last.0.value());
            let Some(bytes) = entries.get(key)? else { continue };
            let entry = std::str::from_utf8(bytes.value()).ok().and_then(|text| Entry::view(text).ok());
            // One that was sent again is at the place of its first time, and belongs to that boot.
            found.extend(entry.map(|entry| (key, entry.head().at)).filter(|(_, at)| at.boot == boot));
        }
    }
    found.sort_by_key(|(key, _)| std::cmp::Reverse(*key));
    Ok(found.into_iter().map(|(_, at)| at).collect())
}
