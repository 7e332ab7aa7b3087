//! What boxes send: checked, decided, stored in one transaction, answered.

mod base;
mod decide;
mod fold;
mod hello;
mod inbox;
mod links;
mod overlaps;
mod refold;
mod run_pages;
mod store;
#[cfg(test)]
mod tests;
mod vouched;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use record::batch::Unverified;
use record::checkpoint::{Checkpoint, Origin};
use record::ids::{BoxId, Epoch, UserId};
use record::messages::{Ack, Answer, Refused, VERSION};
use record::sign::{Note, Signer, Verifier};
use record::verify::{Refusal, Signed};

use crate::db::boxes::Home;
use crate::db::{AccountScope, Conn, Db, DbError, boxes, entries, epochs};
use crate::mqtt::{Disposition, Outbox};
pub use decide::{Held, Verdict, decide};
pub use refold::{chain, refold};
use service::clock::Clock;
use service::random::Random;
pub use vouched::{NotAdmitted, admit};

/// Why nothing can be said about what was sent.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// Nothing was stored.
    #[error("nothing was stored: {0}")]
    Nothing(#[from] DbError),
    /// The commit failed or its answer was lost.
    #[error("nobody knows whether it was stored: {0}")]
    Unknown(DbError),
}

/// What a box is told, and what its publish gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// `down/ack`, where there is something to say.
    pub ack: Option<Ack>,
    /// For PUBACK.
    pub disposition: Disposition,
}

/// Counters since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Entries stored.
    pub entries: AtomicU64,
    /// Batches stored.
    pub stored: AtomicU64,
    /// Batches that were held already.
    pub again: AtomicU64,
    /// Batches before which something is missing.
    pub wanted: AtomicU64,
    /// Batches refused.
    pub refused: AtomicU64,
    /// Forks, epoch clashes and losses of our own.
    pub evidence: AtomicU64,
}

impl Counters {
    fn add(counter: &AtomicU64, n: u64) {
        counter.fetch_add(n, Ordering::Relaxed);
    }
}

/// The room behind the MQTT listener.
pub struct Ingest {
    db: Db,
    /// Present cosigner first; earlier ones still vouch for what they signed.
    cosigner: Signer,
    cosigners: Vec<Verifier>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    outbox: Outbox,
    counters: Counters,
}

/// Two signed statements of one box of which only one can count, in the words of each side.
struct Contradiction {
    /// Of the evidence.
    kind: &'static str,
    /// For the operator.
    why: &'static str,
    /// For the box.
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

/// What a batch turned out to be before anything was compared.
enum Opened {
    /// With the log that it belongs to, and where that ended, if another one goes on from it.
    Signed(Box<Signed>, epochs::Held, Option<u64>),
    Refused {
        code: &'static str,
        text: String,
        epoch: Epoch,
        from: u64,
        form: bool,
    },
}

impl Ingest {
    /// For one database and one cosigning key; `earlier` keys still vouch for what they signed.
    pub fn new(
        db: Db,
        cosigner: Signer,
        earlier: Vec<Verifier>,
        (clock, random): (Arc<dyn Clock>, Arc<dyn Random>),
        outbox: Outbox,
    ) -> Self {
        let mut cosigners = vec![cosigner.verifier().clone()];
        cosigners.extend(earlier);
        let counters = Counters::default();
        Self { db, cosigner, cosigners, clock, random, outbox, counters }
    }

    /// Counters since the start.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    fn ulid(&self, now_ms: i64) -> String {
        UserId::new(now_ms, self.random.bytes()).to_string()
    }

    /// Takes a batch that a certificate says is from `box_id`.
    ///
    /// # Errors
    /// The database; see [`IngestError`].
    pub async fn batch(&self, box_id: BoxId, payload: Bytes) -> Result<Reply, IngestError> {
        let mut conn = self.db.read().await?;
        let Some(home) = boxes::platform_home(&mut conn, box_id).await? else { return Ok(revoked()) };
        if home.revoked {
            return Ok(revoked());
        }
        let known = epochs::of_box(&mut conn, home.scope, box_id).await?;
        drop(conn);
        let wire = payload.clone();
        let opened = tokio::task::spawn_blocking(move || open(&wire, box_id, known)).await;
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
        (origin, ends): (&Origin, Option<u64>),
        signed: Signed,
        payload: &[u8],
    ) -> Result<Reply, IngestError> {
        let mut tx = self.db.begin().await?;
        let held = epochs::take(&mut tx, scope, origin).await?;
        let held = held.ok_or_else(|| DbError::stored("log", "it is gone"))?;
        let home = boxes::take(&mut tx, scope, origin.box_id).await?.filter(|home| !home.revoked);
        let Some(home) = &home else { return Ok(revoked()) };
        if home.quarantined {
            drop(tx);
            let place = (origin.epoch, signed.first());
            return self
                .refuse(home, origin.box_id, place, ("quarantined", QUARANTINED), payload, false)
                .await;
        }
        let (first, end, size) = (signed.first(), signed.end(), held.frontier.size());
        let overlap = entries::leaves(&mut tx, home.scope, origin, (first, end.min(size))).await?;
        let root_at_end = match end.cmp(&size) {
            std::cmp::Ordering::Less => {
                Some(entries::frontier_at(&mut tx, home.scope, origin, end).await?.root())
            }
            std::cmp::Ordering::Equal => Some(held.frontier.root()),
            std::cmp::Ordering::Greater => None,
        };
        let witness = held.witness.as_deref().and_then(claimed).map(|c| (c.size, c.root));
        let note = signed.note().note().to_string();
        let ours = Held { frontier: &held.frontier, overlap: &overlap, root_at_end, witness, ends };
        match decide(Ok(signed), &ours) {
            Verdict::Store(batch) => self.store(tx, home, &held, &batch).await,
            Verdict::Again => {
                Counters::add(&self.counters.again, 1);
                Ok(done(holds(&held)))
            }
            Verdict::Want(want) => {
                Counters::add(&self.counters.wanted, 1);
                Ok(done(answer(origin.epoch, Answer::Want { want })))
            }
            Verdict::Fork { .. } | Verdict::Clash { .. } if !held.key_known => {
                drop(tx);
                // Whoever wrote it is not known to be the box: that hinders nobody else.
                let place = (origin.epoch, first);
                self.refuse(home, origin.box_id, place, (FORK.code, FORK.text), payload, false).await
            }
            Verdict::Fork { seq } => {
                drop(tx);
                let theirs = (note.as_str(), end);
                self.contradicted(home, &held, &FORK, (seq, first), theirs, payload).await
            }
            Verdict::Clash { ends } => {
                drop(tx);
                let theirs = (note.as_str(), end);
                self.contradicted(home, &held, &GROWTH, (Some(ends), first), theirs, payload).await
            }
            Verdict::Refuse(refusal) => {
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
        home: &Home,
        held: &epochs::Held,
        what: &Contradiction,
        (seq, first): (Option<u64>, u64),
        (theirs, end): (&str, u64),
        payload: &[u8],
    ) -> Result<Reply, IngestError> {
        let now_ms = self.clock.now_ms();
        let origin = &held.origin;
        let mut tx = self.db.begin().await?;
        let same_size = epochs::note_at(&mut tx, home.scope, origin, end).await?;
        let ours = same_size.or_else(|| held.witness.clone()).or_else(|| held.cosigned.clone());
        let ours = ours.unwrap_or_default();
        let from = seq.unwrap_or(first);
        let count = usize::try_from(end.saturating_sub(from)).unwrap_or(0);
        let lines = entries::lines(&mut tx, home.scope, origin, from, count).await?.join(&b'\n');
        let evidence =
            epochs::Evidence { kind: what.kind, seq, ours: &ours, theirs, our_lines: &lines, payload };
        epochs::keep_evidence(&mut tx, home.scope, origin, (&self.ulid(now_ms), &evidence), now_ms).await?;
        boxes::quarantine(&mut tx, home.scope, origin.box_id, what.why, now_ms).await?;
        tx.commit().await.map_err(IngestError::Unknown)?;
        Counters::add(&self.counters.evidence, 1);
        tracing::error!(box_id = %origin.box_id, epoch = %origin.epoch, ?seq, "{}: {}", what.kind, what.why);
        let refused = Refused { from: first, code: what.code.into(), text: what.text.into() };
        let ack = answer(origin.epoch, Answer::Refused { refused });
        Ok(Reply { ack: Some(ack), disposition: Disposition::Refused(crate::mqtt::Refusal::Content) })
    }

    /// Counts a batch that is not taken and keeps it for the operator.
    async fn refuse(
        &self,
        home: &Home,
        box_id: BoxId,
        (epoch, from): (Epoch, u64),
        (code, text): (&str, &str),
        payload: &[u8],
        form: bool,
    ) -> Result<Reply, IngestError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let id = self.ulid(now_ms);
        epochs::keep_refused(&mut tx, home.scope, box_id, &id, (code, text, payload), now_ms).await?;
        tx.commit().await.map_err(IngestError::Unknown)?;
        Counters::add(&self.counters.refused, 1);
        tracing::warn!(%box_id, code, text, "refused a batch");
        let refused = Refused { from, code: code.to_owned(), text: text.to_owned() };
        let ack = Some(answer(epoch, Answer::Refused { refused }));
        let why = if form { crate::mqtt::Refusal::Format } else { crate::mqtt::Refusal::Content };
        Ok(Reply { ack, disposition: Disposition::Refused(why) })
    }

    async fn commit(&self, tx: Conn) -> Result<(), IngestError> {
        tx.commit().await.map_err(IngestError::Unknown)
    }
}

/// Unpacks and checks against the keys of the box's logs. Costs a millisecond or two of CPU.
fn open(wire: &[u8], box_id: BoxId, known: Vec<epochs::Held>) -> Opened {
    let newest = known
        .iter()
        .rfind(|held| held.key_known)
        .map_or(Epoch { n: 1, key: [0; 4] }, |held| held.origin.epoch);
    let refused = |refusal: &Refusal, epoch: Epoch, from: u64| {
        let form = matches!(refusal, Refusal::Form(_));
        Opened::Refused { code: refusal.code(), text: refusal.to_string(), epoch, from, form }
    };
    let batch = match Unverified::unpack(wire) {
        Ok(batch) => batch,
        Err(form) => return refused(&form.into(), newest, 0),
    };
    let from = batch.first();
    let Some(origin) = claimed(batch.note()).map(|c| c.origin).filter(|o| o.box_id == box_id) else {
        let text = "the batch's checkpoint is not one of this box's logs".to_owned();
        return Opened::Refused { code: "signature", text, epoch: newest, from, form: false };
    };
    let ends = refold::end_of(&known, origin.epoch);
    let Some(held) = known.into_iter().find(|held| held.origin == origin) else {
        let text = format!("the relay has not heard of epoch {}: say hello first", origin.epoch);
        return Opened::Refused { code: "epoch", text, epoch: origin.epoch, from, form: false };
    };
    let signed = origin
        .verifier(&held.log_key)
        .map_err(Refusal::from)
        .and_then(|verifier| batch.open(&origin, &verifier));
    match signed {
        Ok(signed) => Opened::Signed(Box::new(signed), held, ends),
        Err(refusal) => refused(&refusal, origin.epoch, from),
    }
}

/// What a note claims to be; nothing of it is believed.
fn claimed(note: &str) -> Option<Checkpoint> {
    Checkpoint::parse(Note::parse(note).ok()?.text()).ok()
}

fn answer(epoch: Epoch, answer: Answer) -> Ack {
    Ack { v: VERSION, epoch, answer }
}

/// What is held of a log: the newest cosigned checkpoint, or the wish for its first entry.
fn holds(held: &epochs::Held) -> Ack {
    let said = match &held.cosigned {
        Some(checkpoint) => Answer::Checkpoint { checkpoint: checkpoint.clone() },
        None => Answer::Want { want: held.frontier.size() },
    };
    answer(held.origin.epoch, said)
}

fn done(ack: Ack) -> Reply {
    Reply { ack: Some(ack), disposition: Disposition::Done }
}

fn revoked() -> Reply {
    Reply { ack: None, disposition: Disposition::Refused(crate::mqtt::Refusal::Revoked) }
}
