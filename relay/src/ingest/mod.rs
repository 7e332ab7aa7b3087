//! What boxes send: checked, decided, stored in one transaction, answered.

mod decide;
mod directives;
mod hello;
mod inbox;
mod pace;
mod reports;
mod store;
#[cfg(test)]
mod tests;
mod vouched;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use record::batch::UnverifiedBatch;
use record::checkpoint::{Checkpoint, LogOrigin};
use record::ids::{BoxId, Epoch, UserId};
use record::messages::{Ack, Answer, BatchRefused, BusyRelay, VERSION};
use record::sign::SignedNote;
use record::verify::{BatchRefusal, SignedBatch};

use crate::db::fleet::boxes;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::log::{entries, epochs, log_keys};
use crate::db::{AccountScope, Db, DbError, PlatformReason, ScopedConnection};
use crate::keys::SharedKeySet;
use crate::mqtt::{BoxPublisher, PublishOutcome};
use crate::projections::facility_now::refresh_box;
use crate::projections::{StepOutcome, StepQueue, end_of, step_facility};
pub use decide::{BatchVerdict, HeldLog, decide_batch};
use pace::{BoxMessage, BoxPace};
pub use reports::FLUSH_EVERY;
use service::clock::Clock;
use service::random::RandomSource;
pub use vouched::{NotAdmitted, admit_log};

#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    #[error("nothing was stored: {0}")]
    Nothing(#[from] DbError),
    #[error("nobody knows whether it was stored: {0}")]
    Unknown(DbError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IngestReply {
    pub ack: Option<Ack>,
    pub disposition: PublishOutcome,
}

#[derive(Debug, Default)]
pub struct IngestCounters {
    pub entries: AtomicU64,
    pub stored: AtomicU64,
    pub again: AtomicU64,
    pub gaps: AtomicU64,
    pub refused: AtomicU64,
    /// Batches that were sent away until later.
    pub busy: AtomicU64,
    /// Messages of boxes that send more than any box has to, of which nothing was done.
    pub paced: AtomicU64,
    pub evidence: AtomicU64,
}

impl IngestCounters {
    fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

/// The module behind the MQTT listener.
pub struct Ingest {
    db: Db,
    keys: SharedKeySet,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    publisher: BoxPublisher,
    counters: IngestCounters,
    steps: Arc<StepQueue>,
    reports: reports::BoxReports,
    pace: Option<BoxPace>,
}

/// Two signed statements of one box of which only one can count, in the words of each side.
struct Contradiction {
    kind: &'static str,
    why: &'static str,
    code: &'static str,
    text: &'static str,
}

const FORK: Contradiction = Contradiction {
    kind: "fork",
    why: "two signed histories of one log",
    code: "fork",
    text: "the relay holds other entries, signed by this box, under the same numbers; it keeps both and takes nothing \
           more of this box until the operator has looked; everything stays recorded at the box",
};

const GROWTH: Contradiction = Contradiction {
    kind: "epoch clash",
    why: "a log that had ended goes on: is there a copy of its card?",
    code: "epoch-clash",
    text: "another log of this box goes on from an earlier entry, so a copy of its card may be in use; the relay keeps \
           what was sent and takes nothing more of this box until the operator has looked; everything stays recorded at \
           the box",
};

const QUARANTINED: &str = "the relay holds evidence that this log contradicts itself and takes nothing more of it until \
                           the operator has looked; everything stays recorded at the box";

/// When a box comes again that the relay had no time for: at the least …
const RETRY_S_MIN: u32 = 5;
/// … and with so much between the first and the last of many.
const RETRY_S_SPREAD: u32 = 16;

/// What a batch turned out to be before anything was compared.
enum Opened {
    /// With the log that it belongs to, and where that ended, if another one continues it.
    Signed(Box<SignedBatch>, epochs::StoredLog, Option<u64>),
    Refused {
        code: &'static str,
        text: String,
        epoch: Epoch,
        from: u64,
        form: bool,
    },
}

impl Ingest {
    /// For one database and the keys that cosign; earlier ones still vouch for what they signed.
    pub fn new(
        db: Db,
        keys: impl Into<SharedKeySet>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn RandomSource>),
        publisher: BoxPublisher,
    ) -> Self {
        let counters = IngestCounters::default();
        let (steps, reports) = (Arc::default(), reports::BoxReports::default());
        Self { db, keys: keys.into(), clock, random, publisher, counters, steps, reports, pace: None }
    }

    /// From now on a box that sends more than any box has to is asked to wait.
    pub fn with_pace(self) -> Self {
        Self { pace: Some(BoxPace::new()), ..self }
    }

    /// Takes one message of a box; else the seconds until there is one again.
    fn take_turn(&self, box_id: BoxId, message: BoxMessage) -> Result<(), u32> {
        let Some(pace) = &self.pace else { return Ok(()) };
        let turn = pace.take(box_id, message, self.clock.now().up_ms);
        if turn.is_err() {
            IngestCounters::add(&self.counters.paced, 1);
        }
        turn
    }

    /// Facilities with entries that were stored and wait to be folded.
    pub fn steps(&self) -> &Arc<StepQueue> {
        &self.steps
    }

    /// Folds what this process stored and nobody folded yet: before it ends, and where no worker steps.
    ///
    /// # Errors
    /// The database, or a line that cannot be read: the rest waits for whoever looks next.
    pub async fn fold_waiting(&self) -> Result<(), DbError> {
        while let Some(place) = self.steps.take() {
            while let StepOutcome::More(_) = step_facility(&self.db, place, &*self.clock).await? {}
        }
        Ok(())
    }

    pub fn counters(&self) -> &IngestCounters {
        &self.counters
    }

    fn ulid(&self, now_ms: i64) -> String {
        UserId::new(now_ms, self.random.bytes()).to_string()
    }

    /// Takes a batch that a certificate says is from `box_id`. Where no connection or lock is free in time, the answer says when the
    /// box is to come again, and its connection stays.
    pub async fn batch(&self, box_id: BoxId, payload: Bytes) -> Result<IngestReply, IngestError> {
        if let Err(wait_s) = self.take_turn(box_id, BoxMessage::Batch) {
            return Ok(self.pause_batch(box_id, payload, wait_s).await);
        }
        match self.take_batch(box_id, payload.clone()).await {
            Err(IngestError::Nothing(error)) if error.is_busy() => {
                let Some(epoch) = find_epoch(payload).await else { return Err(error.into()) };
                IngestCounters::add(&self.counters.busy, 1);
                tracing::warn!(%box_id, %error, "a batch waits: the database is busy");
                let [spread] = self.random.bytes();
                Ok(busy_reply(Some(epoch), RETRY_S_MIN + u32::from(spread) % RETRY_S_SPREAD))
            }
            reply => {
                let is_refused =
                    reply.as_ref().is_ok_and(|r| matches!(r.disposition, PublishOutcome::Refused(_)));
                if let (true, Some(pace)) = (is_refused, &self.pace) {
                    pace.note_refusal(box_id, self.clock.now().up_ms);
                }
                reply
            }
        }
    }

    /// A batch of which nothing is done; the box is informed how long to wait, unless it has just been informed.
    async fn pause_batch(&self, box_id: BoxId, payload: Bytes, wait_s: u32) -> IngestReply {
        let up_ms = self.clock.now().up_ms;
        let epoch = match self.pace.as_ref().is_some_and(|pace| pace.takes_notice(box_id, up_ms)) {
            true => find_epoch(payload).await,
            false => None,
        };
        if epoch.is_some() {
            tracing::warn!(%box_id, wait_s, "a box sends batches faster than any box has to: it waits");
        }
        busy_reply(epoch, wait_s)
    }

    async fn take_batch(&self, box_id: BoxId, payload: Bytes) -> Result<IngestReply, IngestError> {
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        let Some(home) = boxes::platform_home(&mut conn, box_id).await? else { return Ok(revoked_reply()) };
        if home.revoked {
            return Ok(revoked_reply());
        }
        let mut conn = conn.enter(home.scope).await?;
        let known = epochs::of_box(&mut conn, box_id).await?;
        drop(conn);
        let wire = payload.clone();
        let opened = tokio::task::spawn_blocking(move || open_batch(&wire, box_id, known)).await;
        let opened = opened.map_err(|e| DbError::stored("batch", e))?;
        match opened {
            Opened::Refused { code, text, epoch, from, form } => {
                self.refuse(&home, box_id, (epoch, from), (code, &text), &payload, form).await
            }
            Opened::Signed(signed, held, ends) => {
                self.against(home.scope, (&held.origin, ends), *signed, &payload).await
            }
        }
    }

    /// Compares a signed batch with what is held and does what was decided. Whether the box may speak is asked within the
    /// transaction: it may have been revoked or quarantined while the batch was checked.
    async fn against(
        &self,
        scope: AccountScope,
        (origin, ends): (&LogOrigin, Option<u64>),
        signed: SignedBatch,
        payload: &Bytes,
    ) -> Result<IngestReply, IngestError> {
        let mut tx = self.db.write(scope).await?;
        let held = epochs::lock_log(&mut tx, origin).await?;
        let held = held.ok_or_else(|| DbError::stored("log", "it is gone"))?;
        let home = boxes::lock_box(&mut tx, origin.box_id).await?.filter(|home| !home.revoked);
        let Some(home) = &home else { return Ok(revoked_reply()) };
        // The machine that has its key was replaced, by another process perhaps, while its connection was open.
        if log_keys::is_replaced(&mut tx, origin).await? {
            return Ok(revoked_reply());
        }
        if home.quarantined {
            drop(tx);
            let place = (origin.epoch, signed.first());
            return self
                .refuse(home, origin.box_id, place, ("quarantined", QUARANTINED), payload, false)
                .await;
        }
        let (first, end, size) = (signed.first(), signed.end(), held.frontier.size());
        let overlap = entries::load_leaves(&mut tx, origin, (first, end.min(size))).await?;
        let root_at_end = match end.cmp(&size) {
            std::cmp::Ordering::Less => Some(entries::frontier_at(&mut tx, origin, end).await?.root()),
            std::cmp::Ordering::Equal => Some(held.frontier.root()),
            std::cmp::Ordering::Greater => None,
        };
        let witness = held.witness.as_deref().and_then(claimed_checkpoint).map(|c| (c.size, c.root));
        let note = signed.note().note().to_string();
        let ours = HeldLog { frontier: &held.frontier, overlap: &overlap, root_at_end, witness, ends };
        match decide_batch(Ok(signed), &ours) {
            BatchVerdict::Store(batch) => self.store(tx, home, &held, &batch).await,
            BatchVerdict::Again => {
                IngestCounters::add(&self.counters.again, 1);
                Ok(done_reply(ack_cosigned(&held)))
            }
            BatchVerdict::Want(want) => {
                IngestCounters::add(&self.counters.gaps, 1);
                Ok(done_reply(ack_with(origin.epoch, Answer::Want { want })))
            }
            BatchVerdict::Fork { .. } | BatchVerdict::Clash { .. } if !held.key_known => {
                drop(tx);
                // Whoever wrote it is not known to be the box: that hinders nobody else.
                let place = (origin.epoch, first);
                self.refuse(home, origin.box_id, place, (FORK.code, FORK.text), payload, false).await
            }
            BatchVerdict::Fork { seq } => {
                drop(tx);
                let theirs = (note.as_str(), end);
                self.contradicted(home, &held, &FORK, (seq, first), theirs, payload).await
            }
            BatchVerdict::Clash { ends } => {
                drop(tx);
                let theirs = (note.as_str(), end);
                self.contradicted(home, &held, &GROWTH, (Some(ends), first), theirs, payload).await
            }
            BatchVerdict::Refuse(refusal) => {
                drop(tx);
                let place = (origin.epoch, first);
                let why = (refusal.code(), refusal.to_string());
                self.refuse(home, origin.box_id, place, (why.0, &why.1), payload, false).await
            }
        }
    }

    /// Keeps both sides of a contradiction and takes nothing more of the box.
    async fn contradicted(
        &self,
        home: &BoxOwner,
        held: &epochs::StoredLog,
        what: &Contradiction,
        (seq, first): (Option<u64>, u64),
        (theirs, end): (&str, u64),
        payload: &Bytes,
    ) -> Result<IngestReply, IngestError> {
        let now_ms = self.clock.now_ms();
        let origin = &held.origin;
        let mut tx = self.db.write(home.scope).await?;
        let same_size = epochs::note_at(&mut tx, origin, end).await?;
        let ours = same_size.or_else(|| held.witness.clone()).or_else(|| held.cosigned.clone());
        let ours = ours.unwrap_or_default();
        let from = seq.unwrap_or(first);
        let count = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
        let lines = entries::load_lines(&mut tx, origin, from, count).await?.join(&b'\n');
        let (kind, batch) = (what.kind, drop_texts(payload).await);
        let evidence =
            epochs::NewEvidence { kind, seq, ours: &ours, theirs, our_lines: &lines, payload: &batch };
        epochs::keep_evidence(&mut tx, origin, (&self.ulid(now_ms), &evidence), now_ms).await?;
        boxes::quarantine_box(&mut tx, origin.box_id, what.why, now_ms).await?;
        refresh_box(&mut tx, home.facility, now_ms).await?;
        tx.commit().await.map_err(IngestError::Unknown)?;
        IngestCounters::add(&self.counters.evidence, 1);
        tracing::error!(box_id = %origin.box_id, epoch = %origin.epoch, ?seq, "{}: {}", what.kind, what.why);
        let refused = BatchRefused { from: first, code: what.code.into(), text: what.text.into() };
        let ack = ack_with(origin.epoch, Answer::Refused { refused });
        Ok(IngestReply {
            ack: Some(ack),
            disposition: PublishOutcome::Refused(crate::mqtt::PublishRefusal::Content),
        })
    }

    /// Counts a batch that is not taken and keeps it for the operator.
    async fn refuse(
        &self,
        home: &BoxOwner,
        box_id: BoxId,
        (epoch, from): (Epoch, u64),
        (code, text): (&str, &str),
        payload: &Bytes,
        form: bool,
    ) -> Result<IngestReply, IngestError> {
        let now_ms = self.clock.now_ms();
        let payload = drop_texts(payload).await;
        let mut tx = self.db.write(home.scope).await?;
        let id = self.ulid(now_ms);
        epochs::keep_refused(&mut tx, box_id, &id, (code, text, &payload), now_ms).await?;
        tx.commit().await.map_err(IngestError::Unknown)?;
        IngestCounters::add(&self.counters.refused, 1);
        tracing::warn!(%box_id, code, text, "refused a batch");
        let refused = BatchRefused { from, code: code.to_owned(), text: text.to_owned() };
        let ack = Some(ack_with(epoch, Answer::Refused { refused }));
        let why =
            if form { crate::mqtt::PublishRefusal::Format } else { crate::mqtt::PublishRefusal::Content };
        Ok(IngestReply { ack, disposition: PublishOutcome::Refused(why) })
    }

    async fn commit(&self, tx: ScopedConnection) -> Result<(), IngestError> {
        tx.commit().await.map_err(IngestError::Unknown)
    }
}

/// What is kept of a batch that is not stored: names and notes of people could not be erased there. Nothing of one that is no batch,
/// since it cannot be said what it holds.
async fn drop_texts(wire: &Bytes) -> Vec<u8> {
    let wire = wire.clone();
    let dropping = tokio::task::spawn_blocking(move || {
        UnverifiedBatch::unpack(&wire).and_then(|batch| batch.pack_without_texts())
    });
    dropping.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// Unpacks and checks against the keys of the box's logs. Costs a millisecond or two of CPU.
fn open_batch(wire: &[u8], box_id: BoxId, known: Vec<epochs::StoredLog>) -> Opened {
    let newest = known
        .iter()
        .rfind(|held| held.key_known)
        .map_or(Epoch { n: 1, key: [0; 4] }, |held| held.origin.epoch);
    let batch = match UnverifiedBatch::unpack(wire) {
        Ok(batch) => batch,
        Err(form) => return refuse_opening(&form.into(), newest, 0),
    };
    let from = batch.first();
    let Some(origin) = claimed_checkpoint(batch.note()).map(|c| c.origin).filter(|o| o.box_id == box_id)
    else {
        let text = "the batch's checkpoint is not one of this box's logs".to_owned();
        return Opened::Refused { code: "signature", text, epoch: newest, from, form: false };
    };
    let ends = end_of(&known, origin.epoch);
    let Some(held) = known.into_iter().find(|held| held.origin == origin) else {
        let text = format!("the relay has not heard of epoch {}: say hello first", origin.epoch);
        return Opened::Refused { code: "epoch", text, epoch: origin.epoch, from, form: false };
    };
    let signed = origin
        .verifier(&held.log_key)
        .map_err(BatchRefusal::from)
        .and_then(|verifier| batch.open(&origin, &verifier));
    match signed {
        Ok(signed) => Opened::Signed(Box::new(signed), held, ends),
        Err(refusal) => refuse_opening(&refusal, origin.epoch, from),
    }
}

fn refuse_opening(refusal: &BatchRefusal, epoch: Epoch, from: u64) -> Opened {
    let form = matches!(refusal, BatchRefusal::Form(_));
    Opened::Refused { code: refusal.code(), text: refusal.to_string(), epoch, from, form }
}

/// Which epoch a batch claims to be of; nothing of it is believed.
async fn find_epoch(wire: Bytes) -> Option<Epoch> {
    let batch = tokio::task::spawn_blocking(move || UnverifiedBatch::unpack(&wire)).await.ok()?.ok()?;
    claimed_checkpoint(batch.note()).map(|checkpoint| checkpoint.origin.epoch)
}

/// Nothing was done, and the same bytes may do in so many seconds.
fn busy_reply(epoch: Option<Epoch>, retry_s: u32) -> IngestReply {
    let ack = epoch.map(|epoch| ack_with(epoch, Answer::Busy { busy: BusyRelay { retry_s } }));
    IngestReply { ack, disposition: PublishOutcome::Busy }
}

fn claimed_checkpoint(note: &str) -> Option<Checkpoint> {
    Checkpoint::parse(SignedNote::parse(note).ok()?.text()).ok()
}

fn ack_with(epoch: Epoch, answer: Answer) -> Ack {
    Ack { v: VERSION, epoch, answer, zone: None }
}

/// What is held of a log: the newest cosigned checkpoint, or the request for its first entry.
fn ack_cosigned(held: &epochs::StoredLog) -> Ack {
    let message = match &held.cosigned {
        Some(checkpoint) => Answer::Checkpoint { checkpoint: checkpoint.clone() },
        None => Answer::Want { want: held.frontier.size() },
    };
    ack_with(held.origin.epoch, message)
}

fn done_reply(ack: Ack) -> IngestReply {
    IngestReply { ack: Some(ack), disposition: PublishOutcome::Done }
}

fn revoked_reply() -> IngestReply {
    IngestReply { ack: None, disposition: PublishOutcome::Refused(crate::mqtt::PublishRefusal::Revoked) }
}
