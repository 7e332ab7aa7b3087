//! Folds entries into a facility's rows, index and tallies, within one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use record::anchor::corrected_ms;
use record::checkpoint::Origin;
use record::entry::{ClockState, Entry};
use record::fold::{Changes, Cleaning, Effect, Facility, History, RowKey, reads};
use record::ids::{BootId, FacilityId};
use record::kinds::{EntryRef, Event};
use record::tag::Tag;
use record::tree::Hash;

use crate::db::cleanings::{Of, Use};
use crate::db::{AccountScope, Conn, DbError, cleanings, entries, state};
use crate::rollup;

/// The cleanings that entries refer to: read ahead, and those of the entries themselves.
#[derive(Default)]
struct Known(BTreeMap<EntryRef, Of>);

impl History for Known {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef) -> Result<Option<Cleaning>, Infallible> {
        Ok(self.0.get(&of).map(|(_, cleaning)| cleaning.clone()))
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<Cleaning>, Infallible> {
        let of_boot = |c: &&Cleaning| c.at.boot == boot && c.at.clock != ClockState::Synced;
        Ok(self.0.values().map(|(_, c)| c).filter(of_boot).cloned().collect())
    }
}

/// A facility's state as far as some entries touch it.
pub(crate) struct Fold {
    scope: AccountScope,
    facility: FacilityId,
    rows: Facility,
    known: Known,
    changed: BTreeSet<RowKey>,
    cleaned: BTreeSet<EntryRef>,
    uses: Vec<Use>,
    erased: Vec<Hash>,
    /// Items whose windows can be others than before, and from when on.
    touched: BTreeMap<Tag, i64>,
    /// From when on the windows of every item can be others.
    all_from_ms: Option<i64>,
    /// When the last entry was written, corrected.
    last_ms: i64,
}

impl Fold {
    /// For entries of one facility.
    pub(crate) fn new(scope: AccountScope, facility: FacilityId) -> Self {
        Self {
            scope,
            facility,
            rows: Facility::default(),
            known: Known::default(),
            changed: BTreeSet::new(),
            cleaned: BTreeSet::new(),
            uses: Vec::new(),
            erased: Vec::new(),
            touched: BTreeMap::new(),
            all_from_ms: None,
            last_ms: 0,
        }
    }

    /// When the last entry was written, corrected, milliseconds since 1970.
    pub(crate) fn last_ms(&self) -> i64 {
        self.last_ms
    }

    /// Reads ahead what the entries need, then folds them in.
    pub(crate) async fn take<'e>(
        &mut self,
        conn: &mut Conn,
        origin: &Origin,
        new: impl Iterator<Item = &'e Entry>,
    ) -> Result<(), DbError> {
        let new: Vec<(&Entry, Event)> = new.map(|entry| (entry, entry.event())).collect();
        self.read_ahead(conn, &new).await?;
        for (entry, event) in &new {
            let Ok(changes) = self.rows.apply(origin.epoch, entry, event, &self.known);
            self.note(origin, entry, event, changes);
        }
        Ok(())
    }

    async fn read_ahead(&mut self, conn: &mut Conn, new: &[(&Entry, Event)]) -> Result<(), DbError> {
        let mut keys = BTreeSet::from([RowKey::Settings]);
        for (entry, event) in new {
            keys.extend(reads(entry, event));
            let mentions = event.mentions();
            let mut found = Vec::new();
            if let Some(of) = mentions.cleaning {
                found.extend(self.find(conn, of).await?);
            }
            if let Some(boot) = mentions.boot {
                found.extend(cleanings::unsure(conn, self.scope, self.facility, boot).await?);
            }
            for (box_id, cleaning) in found {
                keys.extend([RowKey::Activity(cleaning.tag), RowKey::Equipment(cleaning.tag)]);
                self.known.0.entry(cleaning.of).or_insert((box_id, cleaning));
            }
        }
        state::load(conn, self.scope, self.facility, &keys, &mut self.rows).await
    }

    async fn find(&self, conn: &mut Conn, of: EntryRef) -> Result<Vec<Of>, DbError> {
        if self.known.0.contains_key(&of) {
            return Ok(Vec::new());
        }
        Ok(cleanings::get(conn, self.scope, self.facility, of).await?.into_iter().collect())
    }

    fn note(&mut self, origin: &Origin, entry: &Entry, event: &Event, changes: Changes) {
        let at = &entry.head().at;
        let now_ms = corrected_ms(at, self.rows.boots.get(&at.boot).copied());
        self.last_ms = now_ms;
        for key in changes.rows {
            self.changed.insert(key);
            if let RowKey::Equipment(tag) | RowKey::Activity(tag) = key {
                self.touch(tag, now_ms);
            }
        }
        if let Event::ScheduleSet(b) = event {
            self.touch(b.tag, b.from);
        }
        for effect in changes.effects {
            match effect {
                Effect::Cleaned(cleaning) | Effect::Recleaned(cleaning) => self.cleaned(origin, cleaning),
                Effect::Used { tag, of, performed_ms } => {
                    self.touch(tag, performed_ms);
                    self.uses.push(Use { tag, box_id: origin.box_id, of, performed_ms });
                }
                Effect::Erased(hash) => self.erased.push(hash),
                Effect::Windows(tag) => self.touch(tag, now_ms),
                Effect::AllWindows => {
                    self.all_from_ms = Some(self.all_from_ms.map_or(now_ms, |from| from.min(now_ms)));
                }
            }
        }
    }

    fn cleaned(&mut self, origin: &Origin, cleaning: Cleaning) {
        let before = self.known.0.get(&cleaning.of).map(|(box_id, c)| (*box_id, c.performed_ms));
        let (box_id, before_ms) = before.unwrap_or((origin.box_id, cleaning.performed_ms));
        self.touch(cleaning.tag, cleaning.performed_ms.min(before_ms));
        self.cleaned.insert(cleaning.of);
        self.known.0.insert(cleaning.of, (box_id, cleaning));
    }

    fn touch(&mut self, tag: Tag, from_ms: i64) {
        let from = self.touched.entry(tag).or_insert(from_ms);
        *from = from_ms.min(*from);
    }

    /// Writes everything that changed.
    pub(crate) async fn store(&mut self, conn: &mut Conn, origin: &Origin) -> Result<(), DbError> {
        let (scope, facility) = (self.scope, self.facility);
        state::store(conn, scope, facility, &self.changed, &self.rows).await?;
        let cleaned: Vec<&Of> = self.cleaned.iter().filter_map(|of| self.known.0.get(of)).collect();
        cleanings::put(conn, scope, facility, &cleaned).await?;
        cleanings::put_uses(conn, scope, facility, &self.uses).await?;
        for hash in &self.erased {
            entries::erase_text(conn, scope, origin.box_id, *hash).await?;
        }
        self.changed.clear();
        self.cleaned.clear();
        self.uses.clear();
        self.erased.clear();
        Ok(())
    }

    /// Counts the windows of every item, from the beginning.
    pub(crate) fn touch_all(&mut self) {
        self.all_from_ms = Some(0);
    }

    /// Brings tallies and states of the touched items to `as_of_ms`.
    pub(crate) async fn roll_up(mut self, conn: &mut Conn, as_of_ms: i64) -> Result<(), DbError> {
        if let Some(from_ms) = self.all_from_ms {
            self.rows = state::load_all(conn, self.scope, self.facility).await?;
            let tags: Vec<Tag> = self.rows.equipment.keys().copied().collect();
            tags.into_iter().for_each(|tag| self.touch(tag, from_ms));
        }
        rollup::refresh(conn, self.scope, self.facility, &self.rows, &self.touched, as_of_ms).await
    }
}
