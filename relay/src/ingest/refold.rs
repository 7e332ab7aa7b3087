//! Rebuilds everything that is a fold over a facility's entries, in the order of its epochs.

use record::checkpoint::Origin;
use record::entry::Entry;
use record::ids::{Epoch, FacilityId};

use super::fold::Fold;
use crate::db::epochs::Held;
use crate::db::{AccountScope, Conn, DbError, entries, epochs, facilities, state};

/// Entries that are held in memory at a time.
const PAGE: usize = 512;

/// How many entries of each epoch of one box count, in the order in which they are folded: up to where the next epoch
/// goes on. An epoch that stays apart counts nothing.
pub fn chain(held: &[Held]) -> Vec<(Origin, u64)> {
    let counts = |this: &Held| {
        let size = this.frontier.size();
        (this.origin, end_of(held, this.origin.epoch).map_or(size, |end| end.min(size)))
    };
    // Numbers rise along a chain, and `held` is in the order of numbers.
    held.iter().filter(|h| !h.apart).map(counts).collect()
}

/// Where an epoch ended, if another one that does not stay apart goes on from it.
pub(super) fn end_of(held: &[Held], epoch: Epoch) -> Option<u64> {
    held.iter()
        .filter(|h| !h.apart)
        .find_map(|h| h.prev.filter(|prev| prev.epoch == epoch))
        .map(|prev| prev.size)
}

/// Empties and folds anew. Runs in the caller's transaction, so nobody sees it half done.
///
/// # Errors
/// The database, or a stored line that is no entry.
pub async fn refold(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let known_ms = facilities::lock(conn, scope, facility).await?.known_ms;
    state::clear(conn, scope, facility).await?;
    for box_id in epochs::boxes_of(conn, scope, facility).await? {
        for (origin, size) in chain(&epochs::of_box(conn, scope, box_id).await?) {
            fold_epoch(conn, scope, facility, &origin, size).await?;
        }
    }
    let mut whole = Fold::new(scope, facility);
    whole.touch_all();
    whole.roll_up(conn, facilities::as_of_ms(now_ms, known_ms)).await?;
    facilities::set_refold(conn, scope, facility, false).await
}

async fn fold_epoch(
    conn: &mut Conn,
    scope: AccountScope,
    facility: FacilityId,
    origin: &Origin,
    size: u64,
) -> Result<(), DbError> {
    let mut from = 0;
    while from < size {
        let left = usize::try_from(size - from).unwrap_or(usize::MAX);
        let lines = entries::lines(conn, scope, origin, from, left.min(PAGE)).await?;
        let page: Vec<Entry> = lines
            .iter()
            .map(|line| Entry::parse(line).map_err(|e| DbError::stored("entry", e)))
            .collect::<Result<_, _>>()?;
        if page.is_empty() {
            return Err(DbError::stored("log", "entries are missing"));
        }
        from += page.len() as u64;
        let mut fold = Fold::new(scope, facility);
        fold.take(conn, origin, page.iter()).await?;
        fold.store(conn, origin).await?;
    }
    Ok(())
}
