//! The one transaction that takes a verified batch: entries, texts, fold, tallies, frontier, cosignature.

use record::adoption::adopted_run;
use record::checkpoint::{Origin, SignedCheckpoint};
use record::entry::Entry;
use record::fold::LinePlace;
use record::kinds::{EntryRef, Prev};
use record::redact::TextLine;
use record::verify::{Batch, Verified};

use super::fold::Fold;
use super::{Counters, Ingest, IngestError, Reply, answer, done};
use crate::db::adoptions::Adoption;
use crate::db::boxes::Home;
use crate::db::entries::{NODE_LEVEL_MIN, Node};
use crate::db::epochs::{Evidence, Grown, Held};
use crate::db::{Conn, DbError, adoptions, boxes, entries, epochs, facilities};
use record::messages::Answer;

/// How a batch of this epoch enters the facility's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It is the newest: fold it now.
    Fold,
    /// It is stored; the state is rebuilt later, in the order of the epochs.
    Later,
    /// It is stored and stays apart.
    Apart,
}

impl Ingest {
    pub(super) async fn store(
        &self,
        mut tx: Conn,
        home: &Home,
        held: &Held,
        batch: &Verified<Batch>,
    ) -> Result<Reply, IngestError> {
        let now_ms = self.clock.now_ms();
        let (scope, origin) = (home.scope, held.origin);
        let facility = facilities::lock(&mut tx, scope, home.facility).await?;
        let way = self.way(&mut tx, home, held, batch, now_ms).await?;
        append(&mut tx, home, held, batch).await?;
        // Lines that were sent before the entry that adopts them count from here on.
        let brings = self.note_adoptions(&mut tx, home, &origin, batch).await?;
        let way = if brings && way == Way::Fold { Way::Later } else { way };
        if way == Way::Fold && !facility.refold {
            let mut fold = Fold::new(scope, home.facility);
            fold.take(&mut tx, &origin, None, batch.entries().iter().map(|(entry, _)| entry)).await?;
            fold.store(&mut tx, &origin).await?;
            // A box whose clock runs ahead does not make the relay know the future.
            let known_ms = fold.last_ms().min(now_ms).max(facility.known_ms);
            facilities::known(&mut tx, scope, home.facility, known_ms).await?;
            fold.roll_up(&mut tx, facilities::as_of_ms(now_ms, known_ms)).await?;
        } else if way == Way::Later {
            facilities::set_refold(&mut tx, scope, home.facility, true).await?;
        }
        let cosigned = self.cosign(batch.note(), now_ms);
        let size = batch.frontier().size();
        let ahead = held.witness.as_deref().filter(|w| super::claimed(w).is_some_and(|c| c.size > size));
        let grown = Grown { frontier: batch.frontier(), cosigned: &cosigned, witness: ahead };
        epochs::grown(&mut tx, scope, &origin, grown, now_ms).await?;
        boxes::heard(&mut tx, scope, origin.box_id, now_ms).await?;
        self.commit(tx).await?;
        Counters::add(&self.counters.stored, 1);
        Counters::add(&self.counters.entries, batch.entries().len() as u64);
        self.changes.changed(scope.account(), home.facility);
        Ok(done(answer(origin.epoch, Answer::Checkpoint { checkpoint: cosigned })))
    }

    /// Signs only after everything is in the transaction; it leaves only after the commit.
    fn cosign(&self, note: &SignedCheckpoint, now_ms: i64) -> String {
        note.cosigned(&self.cosigner, u64::try_from(now_ms / 1_000).unwrap_or(0)).to_string()
    }

    /// Keeps which runs the entries adopt; whether one of those is here already.
    async fn note_adoptions(
        &self,
        tx: &mut Conn,
        home: &Home,
        origin: &Origin,
        batch: &Batch,
    ) -> Result<bool, DbError> {
        let place = |entry: &Entry| {
            let of = EntryRef { epoch: origin.epoch, seq: entry.seq() };
            adopted_run(entry).map(|run| (run, LinePlace { of, run: None }))
        };
        let adoptions: Vec<Adoption> = batch.entries().iter().filter_map(|(entry, _)| place(entry)).collect();
        adoptions::note(tx, home.scope, origin.box_id, &adoptions).await
    }

    /// Where this epoch stands among the box's others; the first entry of an epoch says what it goes on from.
    async fn way(
        &self,
        tx: &mut Conn,
        home: &Home,
        held: &Held,
        batch: &Batch,
        now_ms: i64,
    ) -> Result<Way, DbError> {
        let origin = held.origin;
        let all = epochs::of_box(tx, home.scope, origin.box_id).await?;
        let others: Vec<&Held> = all.iter().filter(|h| h.origin != origin && h.frontier.size() > 0).collect();
        let first = batch.entries().first().filter(|(entry, _)| entry.seq() == 0);
        if held.apart {
            return Ok(Way::Apart);
        }
        if let Some((entry, _)) = first {
            let event = entry.event();
            let (prev, after) = (event.mentions().prev, event.mentions().after);
            let follows = prev.map(|p| p.epoch).or(after);
            let clash = others.iter().find(|h| h.follows() == follows);
            let on_branch = others.iter().any(|h| h.apart && Some(h.origin.epoch) == follows);
            let apart = clash.is_some() || on_branch;
            epochs::began(tx, home.scope, &origin, (prev.as_ref(), after), apart).await?;
            if let Some(other) = clash {
                self.clash(tx, home, (&origin, other), batch, now_ms).await?;
            }
            if apart {
                return Ok(Way::Apart);
            }
            if goes_back(prev, &others) || after.is_some() {
                return Ok(Way::Later);
            }
        }
        let is_newest = others.iter().all(|h| h.origin.epoch.n < origin.epoch.n);
        Ok(if is_newest { Way::Fold } else { Way::Later })
    }

    /// Two epochs go on from the same one: both are kept, nothing is merged, the box is looked at by a person.
    async fn clash(
        &self,
        tx: &mut Conn,
        home: &Home,
        (origin, other): (&Origin, &Held),
        batch: &Batch,
        now_ms: i64,
    ) -> Result<(), DbError> {
        let theirs = batch.note().note().to_string();
        let evidence = Evidence {
            kind: "epoch clash",
            seq: Some(0),
            ours: other.cosigned.as_deref().unwrap_or_default(),
            theirs: &theirs,
            our_lines: &[],
            payload: &[],
        };
        let id = self.ulid(now_ms);
        epochs::keep_evidence(tx, home.scope, origin, (&id, &evidence), now_ms).await?;
        let why = "two epochs go on from the same one: is there a copy of its card?";
        boxes::quarantine(tx, home.scope, origin.box_id, why, now_ms).await?;
        Counters::add(&self.counters.evidence, 1);
        tracing::error!(box_id = %origin.box_id, epoch = %origin.epoch, other = %other.origin.epoch, "epoch clash");
        Ok(())
    }
}

/// Whether entries that were folded already do not count any more, or some that count are not here yet.
fn goes_back(prev: Option<Prev>, others: &[&Held]) -> bool {
    let size = |prev: Prev| others.iter().find(|h| h.origin.epoch == prev.epoch).map(|h| h.frontier.size());
    prev.is_some_and(|prev| size(prev) != Some(prev.size))
}

async fn append(conn: &mut Conn, home: &Home, held: &Held, batch: &Batch) -> Result<(), DbError> {
    let mut frontier = held.frontier.clone();
    let mut nodes: Vec<Node> = Vec::new();
    for (_, leaf) in batch.entries() {
        frontier.push_with(*leaf, |level, at, node| {
            if level >= NODE_LEVEL_MIN {
                nodes.push((level, at, node));
            }
        });
    }
    let first = batch.entries().first().map_or(0, |(entry, _)| entry.seq());
    let of_cleaning = |text: &TextLine| {
        let at = usize::try_from(text.seq().saturating_sub(first)).unwrap_or(usize::MAX);
        batch.entries().get(at).is_some_and(|(entry, _)| &*entry.head().kind == "cleaning.recorded")
    };
    let texts: Vec<(&TextLine, bool)> = batch.texts().iter().map(|t| (t, !of_cleaning(t))).collect();
    entries::append(conn, home.scope, &held.origin, batch.entries(), &texts, &nodes).await
}

#[cfg(test)]
mod tests {
    use record::ids::{BoxId, Epoch};
    use record::tree::{Frontier, Hash};

    use super::*;

    fn held(n: u32, size: u64, prev: Option<(u32, u64)>) -> Held {
        let epoch = |n| Epoch { n, key: [0; 4] };
        let mut frontier = Frontier::default();
        (0..size).for_each(|_| frontier.push(Hash([1; 32])));
        let prev = prev.map(|(n, size)| Prev { epoch: epoch(n), size, root: Hash([0; 32]) });
        let origin = Origin { box_id: BoxId::new(1, [1; 10]), epoch: epoch(n) };
        let (log_key, apart) = ([0; 32], false);
        let after = None;
        Held { origin, log_key, frontier, prev, after, apart, cosigned: None, witness: None }
    }

    #[test]
    fn a_new_epoch_may_cut_the_one_before() {
        let before = held(1, 10, None);
        let prev = |size| held(2, 1, Some((1, size))).prev;
        assert!(!goes_back(prev(10), &[&before]));
        assert!(goes_back(prev(8), &[&before]), "two entries do not count any more");
        assert!(goes_back(prev(12), &[&before]), "two entries are not here yet");
        assert!(goes_back(prev(12), &[]), "none is here");
        assert!(!goes_back(None, &[]));
    }

    #[test]
    fn epochs_count_up_to_where_the_next_goes_on() {
        let logs = [held(1, 10, None), held(2, 5, Some((1, 8))), held(3, 4, Some((2, 9)))];
        let counts: Vec<u64> = super::super::chain(&logs).into_iter().map(|(_, size)| size).collect();
        assert_eq!(counts, [8, 5, 4]);
        let after = Held { prev: None, after: Some(logs[1].origin.epoch), ..held(3, 4, None) };
        let counts: Vec<u64> = super::super::chain(&[logs[0].clone(), logs[1].clone(), after])
            .into_iter()
            .map(|(_, size)| size)
            .collect();
        assert_eq!(counts, [8, 0, 4], "an end that nobody states counts nothing");
    }
}
