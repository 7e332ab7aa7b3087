//! The log itself: lines, the texts beside them, and the hashes from which roots and proofs are made.

use std::collections::BTreeMap;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::redact::TextLine;
use record::tree::{Frontier, Hash, TreeNodes, inclusion_proof, leaf_hash};

use super::epochs::read_hash;
use super::{segments, texts};
use crate::db::to_i64;
use crate::db::{AccountScope, DbError, ScopedConnection, bulk, opt};

/// Subtrees below this level (256 leaves) are hashed from the lines when they are needed.
pub const NODE_LEVEL_MIN: u32 = 8;

pub type StoredNode = (u32, u64, Hash);

fn log_key(scope: AccountScope, origin: &LogOrigin) -> (i64, String, String) {
    (scope.key(), origin.box_id.to_string(), origin.epoch.to_string())
}

/// Appends what a batch brings, and roots of subtrees. `by_hash` says which texts are looked up by their hash.
pub async fn append_entries(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    entries: &[(Entry, Hash)],
    beside: &[(&TextLine, bool)],
    nodes: &[StoredNode],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let Some((first, _)) = entries.first() else { return Ok(()) };
    let lines: Vec<&[u8]> = entries.iter().map(|(entry, _)| entry.bytes()).collect();
    let beside = texts::keep_names(conn, origin.box_id, beside).await?;
    segments::append_segment(conn, origin, first.seq(), &lines, &beside).await?;
    let (account, box_id, epoch) = log_key(scope, origin);
    let head = "INSERT INTO nodes (account, box, epoch, level, place, hash)";
    bulk!(
        conn,
        head,
        6,
        "",
        nodes,
        |(level, at, node)| account,
        box_id.as_str(),
        epoch.as_str(),
        i64::from(*level),
        to_i64(*at),
        &node.0[..]
    )
}

/// Lines `from..`, at most `limit`, ascending.
pub async fn load_lines(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    from: u64,
    limit: usize,
) -> Result<Vec<Vec<u8>>, DbError> {
    let mut lines = Vec::new();
    for segment in segments::load_segments(conn, origin, from..from.saturating_add(limit as u64)).await? {
        let before = usize::try_from(from.saturating_sub(segment.numbers.start)).unwrap_or(usize::MAX);
        let left = limit - lines.len();
        lines.extend(segment.lines()?.into_iter().skip(before).take(left));
    }
    Ok(lines)
}

pub async fn load_line(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    seq: u64,
) -> Result<Option<Vec<u8>>, DbError> {
    Ok(load_lines(conn, origin, seq, 1).await?.pop())
}

/// Leaf hashes of entries `from..to`.
pub async fn load_leaves(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    (from, to): (u64, u64),
) -> Result<Vec<Hash>, DbError> {
    let count = usize::try_from(to.saturating_sub(from)).unwrap_or(0);
    if count == 0 {
        return Ok(Vec::new());
    }
    let lines = load_lines(conn, origin, from, count).await?;
    Ok(lines.iter().map(|line| leaf_hash(line)).collect())
}

/// Subtree hashes that were read ahead, for `record::tree`, which asks without waiting.
struct Ahead(BTreeMap<(u32, u64), Hash>);

impl TreeNodes for Ahead {
    type Error = DbError;
    fn node(&self, level: u32, index: u64) -> Result<Hash, DbError> {
        self.0.get(&(level, index)).copied().ok_or_else(|| DbError::stored("tree", "a subtree is missing"))
    }
}

impl Ahead {
    /// Adds the subtrees of the block of 256 leaves around `seq`, up to `size`.
    async fn block(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        (seq, size): (u64, u64),
    ) -> Result<(), DbError> {
        let start = seq >> NODE_LEVEL_MIN << NODE_LEVEL_MIN;
        let end = (start + (1 << NODE_LEVEL_MIN)).min(size);
        let mut nodes: Vec<Hash> = load_leaves(conn, origin, (start, end)).await?;
        for level in 0..=NODE_LEVEL_MIN {
            let first = start >> level;
            self.0.extend((first..).zip(&nodes).map(|(index, node)| ((level, index), *node)));
            nodes = nodes.chunks_exact(2).map(|pair| record::tree::node_hash(&pair[0], &pair[1])).collect();
        }
        Ok(())
    }

    /// Adds the kept subtrees that a path from `seq` or the edge at `size` can need: siblings and the right edge.
    async fn stored(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        (seq, size): (u64, u64),
    ) -> Result<(), DbError> {
        let scope = conn.scope();
        let (account, box_id, epoch) = log_key(scope, origin);
        let sql = "SELECT hash FROM nodes WHERE account = $1 AND box = $2 AND epoch = $3 AND level = $4 AND place = $5";
        for level in NODE_LEVEL_MIN..64 {
            let whole = size >> level;
            if whole == 0 {
                break;
            }
            for at in [(seq >> level) ^ 1, whole - 1].into_iter().filter(|at| *at < whole) {
                let (account, box_id, epoch) = (account, box_id.as_str(), epoch.as_str());
                let row = opt!(conn, (Vec<u8>,), sql, account, box_id, epoch, i64::from(level), to_i64(at))?;
                if let Some((node,)) = row {
                    self.0.insert((level, at), read_hash(&node)?);
                }
            }
        }
        Ok(())
    }
}

/// The frontier of the first `size` entries, from kept subtrees and at most 255 lines. `size` is at most what is held.
pub async fn frontier_at(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    size: u64,
) -> Result<Frontier, DbError> {
    let mut ahead = Ahead(BTreeMap::new());
    ahead.block(conn, origin, (size, size)).await?;
    ahead.stored(conn, origin, (size, size)).await?;
    record::tree::frontier_at(&ahead, size)
}

/// The hashes that lead from several entries to the root of the first `size` entries. The numbers ascend and are below `size`, which is
/// at most what is held.
pub async fn nodes_of(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    numbers: &[u64],
    size: u64,
) -> Result<impl TreeNodes<Error = DbError> + use<>, DbError> {
    let mut ahead = Ahead(BTreeMap::new());
    let blocks: std::collections::BTreeSet<u64> = numbers.iter().map(|seq| seq >> NODE_LEVEL_MIN).collect();
    for block in blocks {
        let seq = block << NODE_LEVEL_MIN;
        ahead.block(conn, origin, (seq, size)).await?;
        ahead.stored(conn, origin, (seq, size)).await?;
    }
    ahead.block(conn, origin, (size, size)).await?;
    Ok(ahead)
}

/// The path from entry `seq` to the root of the first `size` entries. `seq < size`, and `size` at most what is held.
pub async fn build_proof(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    (seq, size): (u64, u64),
) -> Result<Vec<Hash>, DbError> {
    let mut ahead = Ahead(BTreeMap::new());
    ahead.block(conn, origin, (seq, size)).await?;
    ahead.block(conn, origin, (size, size)).await?;
    ahead.stored(conn, origin, (seq, size)).await?;
    inclusion_proof(&ahead, seq, size)
}
