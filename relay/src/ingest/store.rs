//! The one transaction that takes a verified batch: its segment, frontier and cosignature. What pages read follows in steps.

use bytes::Bytes;
use record::adoption::adopted_run;
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::entry::Entry;
use record::fold::LinePlace;
use record::kinds::{EntryRef, Prev};
use record::redact::TextLine;
use record::verify::{Batch, VerifiedBatch};

use super::{Ingest, IngestCounters, IngestError, IngestReply, ack_with, directives, done_reply, vouched};
use crate::db::OwnedFacility;
use crate::db::facility::facilities;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::fleet::{box_keys, boxes};
use crate::db::log::entries::{NODE_LEVEL_MIN, StoredNode};
use crate::db::log::epochs::{LogGrowth, NewEvidence, StoredLog};
use crate::db::log::{entries, epochs, log_keys, texts};
use crate::db::projection::adoptions;
use crate::db::projection::adoptions::Adoption;
use crate::db::{DbError, ScopedConnection};
use crate::keys::AuthorityKind;
use crate::projections::facility_now::refresh_box;
use record::messages::Answer;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BatchUse {
    /// It is the newest: the next step folds it.
    Fold,
    /// It is stored; the projection is rebuilt, in the order of the epochs.
    Later,
    Apart,
    /// It is stored, and nothing of it counts or is asked for until a person has said that it is the box's.
    Waits,
    /// It would wait, and more do already than a person would look at.
    Crowd,
}

/// Logs of one box that may wait for a person: each is a card whose keys were all lost, or somebody's who has the box's
/// certificate.
const WAITING_MAX: usize = 64;
/// Entries of each of them: enough for a day of a box that lost its keys, which keeps the rest itself.
const WAITING_ENTRIES_MAX: u64 = 2_048;

const CROWD: &str = "the relay holds many logs of this box already that nothing says are its own: whoever runs it has to admit or \
                     forget some; everything stays recorded at the box";

impl Ingest {
    pub(super) async fn store(
        &self,
        mut tx: ScopedConnection,
        home: &BoxOwner,
        held: &StoredLog,
        batch: &VerifiedBatch<Batch>,
    ) -> Result<IngestReply, IngestError> {
        let now_ms = self.clock.now_ms();
        let origin = held.origin;
        let batch_use = self.decide_use(&mut tx, home, held, batch, now_ms).await?;
        if batch_use == BatchUse::Crowd {
            drop(tx);
            return self
                .refuse(home, origin.box_id, (origin.epoch, 0), ("crowd", CROWD), &Bytes::new(), false)
                .await;
        }
        append_batch(&mut tx, held, batch, batch_use).await?;
        if batch_use != BatchUse::Waits {
            directives::note_outcomes(&mut tx, &origin, batch).await?;
        }
        // Lines that were sent before the entry that adopts them count from here on.
        let brings = self.note_adoptions(&mut tx, &origin, batch, batch_use != BatchUse::Waits).await?;
        let batch_use = if brings && batch_use == BatchUse::Fold { BatchUse::Later } else { batch_use };
        if batch_use == BatchUse::Later {
            facilities::request_rebuild(&mut tx, home.facility).await?;
        }
        let applied = box_keys::find_applied(&mut tx, origin.box_id).await?;
        let cosigned = self.cosign(batch.note(), applied.cosign_n, now_ms)?;
        let size = batch.frontier().size();
        let ahead =
            held.witness.as_deref().filter(|w| super::claimed_checkpoint(w).is_some_and(|c| c.size > size));
        let grown = LogGrowth { frontier: batch.frontier(), cosigned: &cosigned, witness: ahead };
        epochs::save_growth(&mut tx, &origin, grown, now_ms).await?;
        if batch_use == BatchUse::Waits {
            refresh_box(&mut tx, home.facility, now_ms).await?;
        }
        self.commit(tx).await?;
        self.reports.note_seen(home, origin.box_id, now_ms);
        self.steps.request(OwnedFacility { scope: home.scope, facility: home.facility });
        IngestCounters::add(&self.counters.stored, 1);
        IngestCounters::add(&self.counters.entries, batch.entries().len() as u64);
        Ok(done_reply(ack_with(origin.epoch, Answer::Checkpoint { checkpoint: cosigned })))
    }

    /// Signs only after everything is in the transaction; it leaves only after the commit.
    /// With the newest key that the box knows.
    fn cosign(&self, note: &SignedCheckpoint, cosign_n: i64, now_ms: i64) -> Result<String, DbError> {
        let keyring = self.keys.now();
        let signer = keyring.signer_for(AuthorityKind::Cosign, cosign_n);
        let signer = signer.ok_or_else(|| DbError::stored("cosigning key", "none of this process signs"))?;
        Ok(note.cosigned(signer, u64::try_from(now_ms / 1_000).unwrap_or(0)).to_string())
    }

    /// Keeps which runs the entries adopt; whether one of those that are asked for is here already.
    async fn note_adoptions(
        &self,
        tx: &mut ScopedConnection,
        origin: &LogOrigin,
        batch: &Batch,
        asks: bool,
    ) -> Result<bool, DbError> {
        let adoptions = batch.entries().iter().filter_map(|(entry, _)| {
            let of = EntryRef { epoch: origin.epoch, seq: entry.seq() };
            adopted_run(entry).map(|run| (run, LinePlace { of, run: None }))
        });
        let adoptions: Vec<Adoption> = adoptions.collect();
        adoptions::save_adoption(tx, origin.box_id, &adoptions, asks).await
    }

    /// Where this epoch is among the box's others; the first entry of an epoch says what it continues.
    async fn decide_use(
        &self,
        tx: &mut ScopedConnection,
        home: &BoxOwner,
        held: &StoredLog,
        batch: &Batch,
        now_ms: i64,
    ) -> Result<BatchUse, DbError> {
        let origin = held.origin;
        if held.apart && held.key_known {
            return Ok(BatchUse::Apart);
        }
        if held.apart {
            let entries = held.frontier.size().saturating_add(batch.entries().len() as u64);
            return Ok(if entries > WAITING_ENTRIES_MAX { BatchUse::Crowd } else { BatchUse::Waits });
        }
        let all = epochs::of_box(tx, origin.box_id).await?;
        if let Some((first, _)) = batch.entries().first().filter(|(entry, _)| entry.seq() == 0) {
            return self.begin(tx, home, (held, &all), (first, batch), now_ms).await;
        }
        Ok(if is_newest(&all, &origin) { BatchUse::Fold } else { BatchUse::Later })
    }

    async fn begin(
        &self,
        tx: &mut ScopedConnection,
        home: &BoxOwner,
        (held, all): (&StoredLog, &[StoredLog]),
        (first, batch): (&Entry, &Batch),
        now_ms: i64,
    ) -> Result<BatchUse, DbError> {
        let origin = held.origin;
        let event = first.event();
        let (prev, after) = (event.mentions().prev, event.mentions().after);
        let follows = prev.map(|p| p.epoch).or(after);
        let vouched = vouched::look_for_key(tx, all, (&origin, first)).await?;
        if !held.key_known && !vouched.contains(&origin.epoch) {
            if all.iter().filter(|held| held.waits()).count() >= WAITING_MAX {
                return Ok(BatchUse::Crowd);
            }
            epochs::save_epoch_start(tx, &origin, (prev.as_ref(), after), true).await?;
            tracing::error!(box_id = %origin.box_id, epoch = %origin.epoch, "no key of this box vouches for a log under its \
                name: nothing of it counts until it is admitted (`box epoch admit`) or forgotten");
            return Ok(BatchUse::Waits);
        }
        let rival = vouched::find_rival(all, &origin, follows);
        let apart = rival.is_some() || vouched::is_on_branch(all, follows);
        log_keys::set_known(tx, &origin, apart).await?;
        epochs::save_epoch_start(tx, &origin, (prev.as_ref(), after), apart).await?;
        if let Some(rival) = rival {
            self.clash(tx, home, (&origin, rival), batch, now_ms).await?;
        }
        let joined = vouched::join_logs(tx, home.facility, origin.box_id, &vouched).await?;
        if apart {
            return Ok(BatchUse::Apart);
        }
        let later = joined || after.is_some() || goes_back(prev, all) || !is_newest(all, &origin);
        Ok(if later { BatchUse::Later } else { BatchUse::Fold })
    }

    /// Two epochs continue the same one: both are kept, nothing is merged, a person has to look at the box.
    async fn clash(
        &self,
        tx: &mut ScopedConnection,
        home: &BoxOwner,
        (origin, other): (&LogOrigin, &StoredLog),
        batch: &Batch,
        now_ms: i64,
    ) -> Result<(), DbError> {
        let theirs = batch.note().note().to_string();
        let evidence = NewEvidence {
            kind: "epoch clash",
            seq: Some(0),
            ours: other.cosigned.as_deref().unwrap_or_default(),
            theirs: &theirs,
            our_lines: &[],
            payload: &[],
        };
        let id = self.ulid(now_ms);
        epochs::keep_evidence(tx, origin, (&id, &evidence), now_ms).await?;
        let why = "two epochs go on from the same one: is there a copy of its card?";
        boxes::quarantine_box(tx, origin.box_id, why, now_ms).await?;
        refresh_box(tx, home.facility, now_ms).await?;
        IngestCounters::add(&self.counters.evidence, 1);
        tracing::error!(box_id = %origin.box_id, epoch = %origin.epoch, other = %other.origin.epoch, "epoch clash");
        Ok(())
    }
}

/// Whether no log of the box counts that has a higher number.
fn is_newest(all: &[StoredLog], origin: &LogOrigin) -> bool {
    all.iter()
        .filter(|held: &&StoredLog| !held.apart && held.frontier.size() > 0 && held.origin != *origin)
        .all(|held| held.origin.epoch.n < origin.epoch.n)
}

/// Whether entries that were folded already do not count any more, or some that count are not here yet.
fn goes_back(prev: Option<Prev>, all: &[StoredLog]) -> bool {
    prev.is_some_and(|prev| {
        let before = all.iter().find(|held| held.key_known && held.origin.epoch == prev.epoch);
        before.map(|held| held.frontier.size()).filter(|size| *size > 0) != Some(prev.size)
    })
}

async fn append_batch(
    conn: &mut ScopedConnection,
    held: &StoredLog,
    batch: &Batch,
    batch_use: BatchUse,
) -> Result<(), DbError> {
    let mut frontier = held.frontier.clone();
    let mut nodes: Vec<StoredNode> = Vec::new();
    for (_, leaf) in batch.entries() {
        frontier.push_with(*leaf, |level, at, node| {
            if level >= NODE_LEVEL_MIN {
                nodes.push((level, at, node));
            }
        });
    }
    let first = batch.entries().first().map_or(0, |(entry, _)| entry.seq());
    // Of a log that waits nothing is looked up.
    let texts = batch
        .texts()
        .iter()
        .map(|text| (text, batch_use != BatchUse::Waits && is_looked_up(batch, first, text)));
    let texts: Vec<(&TextLine, bool)> = texts.collect();
    entries::append_entries(conn, &held.origin, batch.entries(), &texts, &nodes).await
}

fn is_looked_up(batch: &Batch, first: u64, text: &TextLine) -> bool {
    let at = usize::try_from(text.seq().saturating_sub(first)).unwrap_or(usize::MAX);
    batch.entries().get(at).is_some_and(|(entry, _)| texts::is_looked_up(entry))
}

#[cfg(test)]
mod tests {
    use record::ids::{BoxId, Epoch};
    use record::tree::{Frontier, Hash};

    use super::*;
    use crate::db::LogNumber;

    fn held(n: u32, size: u64, prev: Option<(u32, u64)>) -> StoredLog {
        let mut frontier = Frontier::default();
        (0..size).for_each(|_| frontier.push(Hash([1; 32])));
        let prev = prev.map(|(n, size)| Prev { epoch: Epoch { n, key: [0; 4] }, size, root: Hash([0; 32]) });
        let origin = LogOrigin { box_id: BoxId::new(1, [1; 10]), epoch: Epoch { n, key: [0; 4] } };
        let (log_key, key_known, apart) = ([0; 32], true, false);
        let after = None;
        let number = LogNumber::NONE;
        StoredLog {
            number,
            origin,
            log_key,
            key_known,
            frontier,
            prev,
            after,
            apart,
            cosigned: None,
            witness: None,
        }
    }

    #[test]
    fn a_new_epoch_may_cut_the_one_before() {
        let before = held(1, 10, None);
        let prev = |size| held(2, 1, Some((1, size))).prev;
        let made_up = StoredLog { key_known: false, ..before.clone() };
        let before = [before];
        assert!(!goes_back(prev(10), &before));
        assert!(goes_back(prev(8), &before), "two entries do not count any more");
        assert!(goes_back(prev(12), &before), "two entries are not here yet");
        assert!(goes_back(prev(10), &[made_up]), "none of the box's is here");
        assert!(goes_back(prev(12), &[]), "none is here");
        assert!(!goes_back(None, &[]));
    }

    #[test]
    fn a_log_that_stands_apart_is_no_newer_one() {
        let (own, newer) = (held(2, 1, None), held(3, 1, None));
        assert!(is_newest(&[held(1, 9, None), own.clone()], &own.origin));
        assert!(!is_newest(&[own.clone(), newer.clone()], &own.origin));
        assert!(is_newest(&[own.clone(), StoredLog { apart: true, ..newer }], &own.origin));
        assert!(is_newest(&[own.clone(), held(3, 0, None)], &own.origin), "it has not begun");
    }

    #[test]
    fn epochs_count_up_to_where_the_next_goes_on() {
        let logs = [held(1, 10, None), held(2, 5, Some((1, 8))), held(3, 4, Some((2, 9)))];
        let counts: Vec<u64> =
            crate::projections::log_chain(&logs).into_iter().map(|(_, size)| size).collect();
        assert_eq!(counts, [8, 5, 4]);
        let after = StoredLog { prev: None, after: Some(logs[1].origin.epoch), ..held(3, 4, None) };
        let counts: Vec<u64> = crate::projections::log_chain(&[logs[0].clone(), logs[1].clone(), after])
            .into_iter()
            .map(|(_, size)| size)
            .collect();
        assert_eq!(counts, [8, 0, 4], "an end that nobody states counts nothing");
    }
}
