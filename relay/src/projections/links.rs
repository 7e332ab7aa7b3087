//! Epochs of a box's chain that are here as runs only: their key is gone, so no batch of theirs ever came. A `log.started` in
//! a run says what its epoch continued from.

use std::collections::BTreeSet;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::tree::Frontier;

use crate::db::LogNumber;
use crate::db::log::epochs::StoredLog;
use crate::db::log::runs;
use crate::db::{DbError, ScopedConnection};

/// Such epochs in one chain: each is a card that lost its key and its log.
const LINKS_MAX: usize = 256;

/// The box's own logs with those that others continue from and that are here as runs only, in the order of their numbers.
pub(super) async fn complete_link(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    mut held: Vec<StoredLog>,
) -> Result<Vec<StoredLog>, DbError> {
    held.retain(|held| held.key_known);
    let mut looked: BTreeSet<Epoch> = BTreeSet::new();
    while let Some(epoch) = next_missing(&held, &looked) {
        looked.insert(epoch);
        if let Some(first) = first_line(conn, box_id, epoch).await? {
            link_log(&mut held, LogOrigin { box_id, epoch }, &first);
        }
    }
    held.sort_by_key(|held| (held.origin.epoch.n, held.origin.epoch.to_string()));
    Ok(held)
}

/// An epoch that another one continues and that has no line of its own here.
fn next_missing(held: &[StoredLog], looked: &BTreeSet<Epoch>) -> Option<Epoch> {
    let followed = held.iter().filter(|held| !held.apart).filter_map(StoredLog::follows);
    let mut followed = followed.filter(|epoch| looked.len() < LINKS_MAX && !looked.contains(epoch));
    followed.find(|epoch| {
        !held.iter().any(|held| held.origin.epoch == *epoch && (held.frontier.size() > 0 || held.apart))
    })
}

async fn first_line(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    epoch: Epoch,
) -> Result<Option<Entry>, DbError> {
    for run in runs::of_epoch(conn, box_id, epoch).await? {
        if run.lines().start == 0 {
            let lines = runs::load_lines(conn, box_id, (run, 0), 1).await?;
            let entry = lines.first().map(|line| Entry::parse(line)).transpose();
            return entry.map_err(|e| DbError::stored("entry", e));
        }
    }
    Ok(None)
}

fn link_log(held: &mut Vec<StoredLog>, origin: LogOrigin, first: &Entry) {
    let event = first.event();
    let (prev, after) = (event.mentions().prev, event.mentions().after);
    let follows = prev.map(|prev| prev.epoch).or(after);
    // Two that continue from the same one are no chain: what is here as a log decides.
    let is_taken = held.iter().any(|held| !held.apart && follows.is_some() && held.follows() == follows);
    let (prev, after) = if is_taken { (None, None) } else { (prev, after) };
    match held.iter_mut().find(|held| held.origin == origin) {
        Some(known) => (known.prev, known.after) = (prev, after),
        None => held.push(StoredLog {
            number: LogNumber::NONE,
            origin,
            log_key: [0; 32],
            key_known: true,
            frontier: Frontier::default(),
            prev,
            after,
            apart: false,
            cosigned: None,
            witness: None,
        }),
    }
}
