//! Whether a rebuilt database has every line that the one before it has: sets of lines are compared, not sizes. A line
//! may be in its epoch in the one and in a run in the other.

use std::ops::Range;
use std::sync::Arc;

use record::ids::Epoch;
use record::kinds::EntryRef;
use redb::Database;

use super::start_state::OpenDatabase;
use crate::adoption::adopt::CountedLines;
use crate::database::run_reader::RunReader;
use crate::index::places::RunState;
use crate::io::error::StoreError;
use crate::sources::{DatabaseSource, LogCopies};

/// Refuses a database that lacks lines which the old one has in the very history that both share, or by runs. Lines behind
/// the stated end of an epoch are kept beside the log instead.
///
/// # Errors
/// [`StoreError::Shorter`]; redb's.
pub(crate) fn refuse_shorter(
    copies: &LogCopies,
    old: &OpenDatabase,
    new: &Arc<Database>,
    ends: &[(Epoch, u64)],
) -> Result<(), StoreError> {
    let (had, has) = (CountedLines::of(&old.db, None)?, CountedLines::of(new, None)?);
    let now = DatabaseSource::new("the new database", || Some(new.clone()));
    let before = DatabaseSource::new("the database before", || Some(old.db.clone()));
    for (epoch, held) in &old.held.epochs {
        let Some(shorter) = now.stated(*epoch).filter(|now| now.size() < held.size()) else { continue };
        if before.shares(*epoch, &shorter) {
            let end = ends.iter().find(|(of, _)| of == epoch).map_or(held.size(), |(_, end)| *end);
            lacks_none((&had, &has), *epoch, shorter.size()..end.min(held.size()))?;
        }
    }
    let mut run_reader = RunReader::new(copies.disk.clone(), copies.box_id, Some(copies));
    for (_, run) in had.places().in_state(RunState::Counts) {
        let name = run.by.run;
        let counts = has.places().adopted(&name).is_some_and(|now| now.state == RunState::Counts);
        // One that is here whole is adopted again where nothing names it any more.
        if !counts && !run_reader.has(&name)? {
            lacks_none((&had, &has), name.epoch(), name.lines())?;
        }
    }
    Ok(())
}

/// Refuses where a line of these numbers counts in the one and not in the other.
fn lacks_none(
    (had, has): (&CountedLines, &CountedLines),
    epoch: Epoch,
    numbers: Range<u64>,
) -> Result<(), StoreError> {
    let to = numbers.end;
    for seq in numbers {
        for leaf in had.leaves(EntryRef { epoch, seq })? {
            if !has.has(epoch, seq, leaf)? {
                return Err(StoreError::Shorter { epoch, from: seq, to });
            }
        }
    }
    Ok(())
}
