//! The lines of an epoch that count in the chain, and where they are: in its log, or in runs.

use std::ops::Range;

use record::adoption::{LeafRange, assemble_base};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch};
use record::kinds::Prev;
use record::run::RunName;
use record::tree::leaf_hash;

use crate::db::log::{entries, runs};
use crate::db::{DbError, ScopedConnection};

/// Entries that are held in memory at a time: those of a sealed segment, which is read whole.
pub(super) const PAGE: usize = 1_024;

/// Lines of an epoch that count in the chain, and where they are: in its log, or in a run.
#[derive(Debug, Clone)]
pub(super) struct BasePart {
    pub(super) epoch: Epoch,
    pub(super) run: Option<RunName>,
    pub(super) lines: Range<u64>,
}

/// Lines of one part from number `from` on.
pub(super) async fn load_base_page(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (part, from): (&BasePart, u64),
) -> Result<Vec<Entry>, DbError> {
    let lines = raw_page(conn, box_id, (part, from)).await?;
    (from..).zip(&lines).map(|(seq, line)| read_entry(seq, line)).collect()
}

pub(super) fn read_entry(seq: u64, line: &[u8]) -> Result<Entry, DbError> {
    let entry = Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
    (entry.seq() == seq).then_some(entry).ok_or_else(|| DbError::stored("log", "entries are missing"))
}

async fn raw_page(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    (part, from): (&BasePart, u64),
) -> Result<Vec<Vec<u8>>, DbError> {
    let limit = usize::try_from(part.lines.end - from).unwrap_or(usize::MAX).min(PAGE);
    match part.run {
        None => entries::load_lines(conn, &LogOrigin { box_id, epoch: part.epoch }, from, limit).await,
        Some(run) => runs::load_lines(conn, box_id, (run, from), limit).await,
    }
}

/// The leaves of a part, 32 bytes a line; the lines themselves are released page by page.
async fn load_base_leaves(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    part: &BasePart,
) -> Result<LeafRange, DbError> {
    let mut range = LeafRange { from: part.lines.start, leaves: Vec::new() };
    loop {
        let from = range.from + range.leaves.len() as u64;
        let lines =
            if from < part.lines.end { raw_page(conn, box_id, (part, from)).await? } else { Vec::new() };
        if lines.is_empty() {
            return Ok(range);
        }
        range.leaves.extend(lines.iter().map(|line| leaf_hash(line)));
    }
}

/// The branch that the successor names, from the log and from runs; `None` where the log alone leads there, or nothing does.
pub(super) async fn assemble_log_base(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    size: u64,
    prev: Prev,
) -> Result<Option<Vec<BasePart>>, DbError> {
    if size == prev.size && entries::frontier_at(conn, origin, size).await?.root() == prev.root {
        return Ok(None);
    }
    let (epoch, box_id) = (origin.epoch, origin.box_id);
    let mut held = vec![BasePart { epoch, run: None, lines: 0..size }];
    for run in runs::of_epoch(conn, box_id, epoch).await? {
        let numbers = run.lines();
        let lines = numbers.start..numbers.end.min(prev.size);
        held.extend((!lines.is_empty()).then_some(BasePart { epoch, run: Some(run), lines }));
    }
    let mut sources = Vec::with_capacity(held.len());
    for part in &held {
        sources.push(load_base_leaves(conn, box_id, part).await?);
    }
    let found = tokio::task::spawn_blocking(move || assemble_base(&sources, prev.size, prev.root)).await;
    let parts = found.map_err(|e| DbError::stored("base", e))?;
    if parts.is_none() {
        let (size, root) = (prev.size, prev.root);
        tracing::info!(%origin, size, %root, "what is here does not lead to where the next log goes on");
    }
    Ok(parts.map(|parts| {
        parts
            .into_iter()
            .map(|part: record::adoption::BasePart| BasePart {
                lines: part.lines,
                ..held[part.source].clone()
            })
            .collect()
    }))
}
