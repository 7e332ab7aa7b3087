//! Takes a run that a box sends: checked whole before anything is written, its lines written in short transactions, and known
//! in a last one. Nothing of that holds up other boxes, whatever the file unpacks to.

use std::io::Cursor;

use bytes::Bytes;
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::fold::LinePlace;
use record::ids::{BoxId, UserId};
use record::kinds::EntryRef;
use record::run::{RunBlocks, RunError, RunLine, RunName, RunReader};
use record::sign::VerifierKey;

use super::BoxApi;
use super::errors::BoxFault;
use super::run_limits::RunExcess;
use crate::db::facility::facilities;
use crate::db::fleet::boxes;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::log::runs::NewRun;
use crate::db::log::{epochs, run_drops, runs};
use crate::db::projection::adoptions;
use crate::db::projection::adoptions::Adoption;

/// Lines, and bytes, that are written in one transaction: others wait for one no longer than for a few batches.
const LINES_AT_ONCE: usize = 2_048;
const BYTES_AT_ONCE: u64 = 4 << 20;

/// Lines of one run that adopt others: each is a piece that a box had lost, and costs a fold of its own.
const RUN_ADOPTING_LINES_MAX: usize = 1_000;

/// What a run's file holds, every line of which was checked.
pub(super) struct CheckedRun {
    notes: Vec<String>,
    adoptions: Vec<Adoption>,
    blocks: RunBlocks,
    pub(super) bytes: u64,
}

impl CheckedRun {
    pub(super) fn read(
        file: &[u8],
        box_id: BoxId,
        run: RunName,
        plain_bytes_max: u64,
    ) -> Result<Self, BoxFault> {
        let mut reader = RunReader::open(file, box_id, run)?;
        let (mut adoptions, mut blocks) = (Vec::new(), RunBlocks::default());
        while let Some(lines) = reader.next_group()? {
            lines.iter().for_each(|line| blocks.push(line.leaf));
            adoptions.extend(lines.iter().filter_map(|line| read_adoption(run, line)));
            if adoptions.len() > RUN_ADOPTING_LINES_MAX {
                return Err(BoxFault::Excess(RunExcess::Adopting));
            }
            if reader.plain_bytes() > plain_bytes_max {
                return Err(BoxFault::Excess(RunExcess::OneRun));
            }
        }
        let (notes, bytes) = (reader.notes().to_vec(), reader.plain_bytes());
        Ok(Self { notes, adoptions, blocks, bytes })
    }

    /// Leaves only the notes whose signature is valid; a key that this relay does not know proves nothing.
    pub(super) fn keep_signed(&mut self, origin: &LogOrigin, log: Option<&VerifierKey>) {
        let notes = &mut self.notes;
        notes.retain(|note| log.is_some_and(|log| SignedCheckpoint::verify(note, origin, log).is_ok()));
    }
}

fn read_adoption(run: RunName, line: &RunLine) -> Option<Adoption> {
    let of = EntryRef { epoch: run.epoch(), seq: line.entry.seq() };
    let nested = record::adoption::adopted_run(&line.entry)?;
    Some((nested, LinePlace { of, run: Some(run) }))
}

#[derive(Debug, Clone, Copy)]
pub(super) struct RunHome {
    pub(super) home: BoxOwner,
    pub(super) box_id: BoxId,
    pub(super) run: RunName,
}

impl RunHome {
    /// Stores a checked run: its lines first, and then that it is here, which causes the facility to be folded again.
    pub(super) async fn keep(&self, api: &BoxApi, checked: CheckedRun, file: Bytes) -> Result<(), BoxFault> {
        self.write_lines(api, file).await?;
        let Self { home: BoxOwner { facility, .. }, box_id, run } = *self;
        let mut tx = api.db.write(self.home.scope).await?;
        // It may have been quarantined or revoked while the lines were written. First the box, then its facility, as ingest.
        let home = boxes::lock_box(&mut tx, box_id).await?.filter(|home| !home.revoked);
        let home = home.ok_or(BoxFault::NotInService)?;
        if home.quarantined {
            return Err(BoxFault::Quarantined);
        }
        facilities::lock_facility(&mut tx, facility).await?;
        if !api.limits.fits(boxes::run_totals(&mut tx, box_id).await?, run, checked.bytes) {
            return Err(BoxFault::Excess(RunExcess::AllRuns));
        }
        if runs::lines_here(&mut tx, box_id, run).await? != run.count() {
            return Err(BoxFault::Unavailable("lines of a run that came are not all here".to_owned()));
        }
        let new = NewRun { run, notes: &checked.notes, bytes: checked.bytes, blocks: &checked.blocks };
        let adopting = checked.adoptions.len();
        if runs::insert_run(&mut tx, (box_id, facility), &new, api.clock.now_ms()).await? {
            boxes::add_run(&mut tx, box_id, (run.count(), checked.bytes)).await?;
            adoptions::save_adoption(&mut tx, box_id, &checked.adoptions, true).await?;
            adoptions::mark_arrived(&mut tx, box_id, run).await?;
            facilities::request_rebuild(&mut tx, facility).await?;
        }
        tx.commit().await?;
        let (lines, bytes) = (run.count(), checked.bytes);
        tracing::info!(%box_id, %run, lines, bytes, adopting, "took a run that an entry adopts");
        Ok(())
    }

    async fn write_lines(&self, api: &BoxApi, file: Bytes) -> Result<(), BoxFault> {
        let Self { box_id, run, .. } = *self;
        let mut reader = RunReader::open(Cursor::new(file), box_id, run)?;
        self.drop_lines(api).await?;
        loop {
            let read = tokio::task::spawn_blocking(move || {
                let lines = next_lines(&mut reader);
                (reader, lines)
            });
            let (back, lines) = read.await.map_err(|e| BoxFault::Unavailable(e.to_string()))?;
            reader = back;
            let lines = lines?;
            if lines.is_empty() {
                return Ok(());
            }
            let mut tx = api.db.write(self.home.scope).await?;
            runs::append_lines(&mut tx, box_id, run, &lines).await?;
            tx.commit().await?;
        }
    }

    /// Drops what an upload of this run left behind that was cut short, a few lines at a time.
    async fn drop_lines(&self, api: &BoxApi) -> Result<(), BoxFault> {
        loop {
            let mut tx = api.db.write(self.home.scope).await?;
            let dropped = run_drops::drop_unfinished(&mut tx, self.box_id, self.run, LINES_AT_ONCE).await?;
            tx.commit().await?;
            if dropped < LINES_AT_ONCE {
                return Ok(());
            }
        }
    }

    /// Does not request the run again, and reports it where refused batches are reported; once.
    pub(super) async fn refuse(&self, api: &BoxApi, excess: RunExcess) -> Result<(), BoxFault> {
        let Self { box_id, run, .. } = *self;
        let now_ms = api.clock.now_ms();
        self.drop_lines(api).await?;
        let mut tx = api.db.write(self.home.scope).await?;
        if adoptions::save_refusal(&mut tx, box_id, run).await? {
            let id = UserId::new(now_ms, api.random.bytes()).to_string();
            let reported = (excess.code(), excess.words(), run.to_string());
            epochs::keep_refused(
                &mut tx,
                box_id,
                &id,
                (reported.0, reported.1, reported.2.as_bytes()),
                now_ms,
            )
            .await?;
            tracing::warn!(%box_id, %run, code = reported.0, "refused a run: {}", reported.1);
        }
        tx.commit().await?;
        Ok(())
    }
}

/// As many groups as one transaction takes; none at the end.
fn next_lines(reader: &mut RunReader<Cursor<Bytes>>) -> Result<Vec<RunLine>, RunError> {
    let (mut lines, before) = (Vec::new(), reader.plain_bytes());
    while lines.len() < LINES_AT_ONCE && reader.plain_bytes() - before < BYTES_AT_ONCE {
        let Some(group) = reader.next_group()? else { break };
        lines.extend(group);
    }
    Ok(lines)
}
