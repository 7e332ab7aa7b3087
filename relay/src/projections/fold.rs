//! Folds entries into a facility's rows, index and tallies, within one transaction.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use record::anchor::corrected_ms;
use record::checkpoint::LogOrigin;
use record::entry::{ClockState, Digest16, Entry, EntryTime, IdempotencyRecord};
use record::fold::{
    AdoptedBy, CleaningRecord, FacilityState, FoldChanges, FoldEffect, HistoryLookup, LinePlace, RowKey,
    UseRecord, rows_touched,
};
use record::ids::BootId;
use record::kinds::{CleanedBy, EntryRef, Event};
use record::redact::TextLine;
use record::run::RunName;
use record::tag::Tag;
use record::tree::Hash;

use super::rollup;
use crate::db::LogNumber;
use crate::db::ProjectionNumber;
use crate::db::log::texts;
use crate::db::projection::cleanings::{EnteredText, IndexedCleaning, IndexedNote, IndexedUse, MovedUse};
use crate::db::projection::command_keys::KeyPlace;
use crate::db::projection::repeats::Repeat;
use crate::db::projection::{cleanings, command_keys, repeats, state};
use crate::db::{DbError, ScopedConnection};

#[derive(Debug, Clone, Copy)]
pub(super) struct FoldedLog {
    pub(super) number: LogNumber,
    pub(super) origin: LogOrigin,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct AdoptedLog {
    pub(super) run: RunName,
    pub(super) by: EntryRef,
    pub(super) at: EntryTime,
}

/// The cleanings and uses that entries refer to: read ahead, and those of the entries themselves.
#[derive(Default)]
struct Known {
    cleanings: BTreeMap<LinePlace, IndexedCleaning>,
    /// Uses whose time follows from what is said of their boot.
    unsure_uses: BTreeMap<LinePlace, (LogNumber, UseRecord)>,
    keys: BTreeMap<Digest16, (Digest16, LinePlace)>,
    again: BTreeMap<LinePlace, LinePlace>,
    /// Where runs are in the order of counting.
    places: BTreeMap<RunName, i64>,
    /// Numbers of which every line that counts was read.
    read: BTreeSet<EntryRef>,
}

impl Known {
    /// Where a line is that an entry names: of several branches the near one, the chain's, the first that counts.
    fn place(&self, of: EntryRef, near: Option<RunName>) -> Option<LinePlace> {
        let named = [near, None].map(|run| LinePlace { of, run });
        let from = LinePlace { of, run: None };
        let (cleanings, again) = (self.cleanings.range(from..), self.again.range(from..));
        let cleanings = cleanings.map(|(place, _)| place).take_while(|place| place.of == of);
        let again = again.map(|(place, _)| place).take_while(|place| place.of == of);
        let mut named = named.into_iter();
        let found = named.find(|place| self.cleanings.contains_key(place) || self.again.contains_key(place));
        found.or_else(|| {
            cleanings
                .chain(again)
                .min_by_key(|place| {
                    place.run.and_then(|run| self.places.get(&run).copied()).unwrap_or(i64::MAX)
                })
                .copied()
        })
    }

    fn note_place(&mut self, line: LinePlace, place: Option<i64>) {
        self.places.extend(line.run.zip(place));
    }
}

impl HistoryLookup for Known {
    type Error = Infallible;
    fn cleaning(&self, of: EntryRef, near: Option<RunName>) -> Result<Option<CleaningRecord>, Infallible> {
        let place = self.place(of, near).map(|place| *self.again.get(&place).unwrap_or(&place));
        Ok(place.and_then(|place| self.cleanings.get(&place)).map(|known| known.cleaning.clone()))
    }
    fn unsure(&self, boot: BootId) -> Result<Vec<CleaningRecord>, Infallible> {
        Ok(self
            .cleanings
            .values()
            .map(|known| &known.cleaning)
            .filter(|c: &&CleaningRecord| c.at.boot == boot && c.at.clock != ClockState::Synced)
            .cloned()
            .collect())
    }
    fn unsure_uses(&self, boot: BootId) -> Result<Vec<UseRecord>, Infallible> {
        Ok(self.unsure_uses.values().map(|(_, used)| *used).filter(|used| used.at.boot == boot).collect())
    }
    fn first_of_key(
        &self,
        idem: &IdempotencyRecord,
        line: LinePlace,
    ) -> Result<Option<LinePlace>, Infallible> {
        let held = self.keys.get(&idem.key).filter(|(req, first)| *req == idem.req && *first != line);
        Ok(held.map(|(_, first)| *first))
    }
}

fn key_of(entry: &Entry, event: &Event) -> Option<IdempotencyRecord> {
    let records = matches!(event, Event::CleaningRecorded(_) | Event::UseRecorded(_));
    entry.head().idem.filter(|_| records)
}

/// The texts that were typed for a cleaning and are not erased.
#[derive(Debug, Default)]
struct EnteredTexts {
    who: Option<EnteredText>,
    note: Option<EnteredText>,
}

/// The hashes of who and note, where a cleaning was recorded with them.
fn entered_hashes(event: &Event) -> [Option<Hash>; 2] {
    let Event::CleaningRecorded(cleaning) = event else { return [None, None] };
    let who = match cleaning.who {
        CleanedBy::Entered { name, .. } => Some(name.hash),
        _ => None,
    };
    [who, cleaning.note.map(|note| note.hash)]
}

fn texts_of(event: &Event, entered: &BTreeMap<Hash, String>) -> EnteredTexts {
    let [who, note] = entered_hashes(event).map(|hash| find_text(hash?, entered));
    EnteredTexts { who, note }
}

fn find_text(hash: Hash, entered: &BTreeMap<Hash, String>) -> Option<EnteredText> {
    entered.get(&hash).map(|text| EnteredText { hash, text: text.clone() })
}

async fn load_entered_texts(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    new: &[(&Entry, Event)],
) -> Result<BTreeMap<Hash, String>, DbError> {
    let mut named: Vec<(u64, Vec<Hash>)> = Vec::new();
    for (entry, event) in new {
        let hashes: Vec<Hash> = entered_hashes(event).into_iter().flatten().collect();
        named.extend((!hashes.is_empty()).then(|| (entry.seq(), hashes)));
    }
    let mut entered = BTreeMap::new();
    for line in texts::named_texts(conn, origin, &named).await?.into_iter().flatten() {
        let text = TextLine::parse(line.as_bytes()).map_err(|e| DbError::stored("text", e))?;
        entered.insert(text.hash(), text.text().to_owned());
    }
    Ok(entered)
}

const ROWS_MAX: usize = 8_192;

/// A facility's state as far as some entries touch it.
pub(super) struct FacilityProjection {
    projection: ProjectionNumber,
    /// The run that contains the entries, where no log has them.
    held_in: Option<RunName>,
    rows: FacilityState,
    looked_for: BTreeSet<RowKey>,
    known: Known,
    changed: BTreeSet<RowKey>,
    cleaned: BTreeSet<LinePlace>,
    uses: Vec<IndexedUse>,
    moved_uses: Vec<MovedUse>,
    notes: Vec<IndexedNote>,
    keys: Vec<KeyPlace>,
    repeats: Vec<Repeat>,
    erased: Vec<Hash>,
    touched: BTreeMap<Tag, i64>,
    all_from_ms: Option<i64>,
    /// When the last entry was written, corrected.
    last_ms: i64,
}

impl FacilityProjection {
    pub(super) fn new(projection: ProjectionNumber) -> Self {
        Self {
            projection,
            held_in: None,
            rows: FacilityState::default(),
            looked_for: BTreeSet::new(),
            known: Known::default(),
            changed: BTreeSet::new(),
            cleaned: BTreeSet::new(),
            uses: Vec::new(),
            moved_uses: Vec::new(),
            notes: Vec::new(),
            keys: Vec::new(),
            repeats: Vec::new(),
            erased: Vec::new(),
            touched: BTreeMap::new(),
            all_from_ms: None,
            last_ms: 0,
        }
    }

    /// For entries that come behind those which are stored, whose rows this still has: nobody else may have changed them.
    /// `run`: where they are, if no log has them.
    pub(super) fn go_on(&mut self, run: Option<RunName>) {
        self.held_in = run;
        self.known = Known::default();
        self.touched.clear();
        self.all_from_ms = None;
        if self.looked_for.len() > ROWS_MAX {
            self.rows = FacilityState::default();
            self.looked_for.clear();
        }
    }

    /// When the last entry was written, corrected, milliseconds since 1970.
    pub(super) fn last_ms(&self) -> i64 {
        self.last_ms
    }

    /// Reads ahead what the entries need, then folds them in. `adopted`: a run brought them all.
    pub(super) async fn take(
        &mut self,
        conn: &mut ScopedConnection,
        log: &FoldedLog,
        adopted: Option<AdoptedLog>,
        new: &[&Entry],
    ) -> Result<(), DbError> {
        let origin = &log.origin;
        let new: Vec<(&Entry, Event)> = new.iter().map(|entry| (*entry, entry.event())).collect();
        self.read_ahead(conn, origin, adopted, &new).await?;
        let entered = load_entered_texts(conn, origin, &new).await?;
        for (entry, event) in &new {
            let of = EntryRef { epoch: origin.epoch, seq: entry.seq() };
            let Ok(changes) = match adopted {
                None => self.rows.apply(origin.epoch, entry, event, &self.known),
                Some(AdoptedLog { run, by, at }) => {
                    let at_ms = corrected_ms(&at, self.rows.boots.get(&at.boot).copied());
                    let by = AdoptedBy { run, by, at_ms };
                    self.rows.apply_adopted(origin.epoch, entry, event, &self.known, by)
                }
            };
            for passed in &changes.passed {
                tracing::info!(epoch = %of.epoch, seq = of.seq, %passed, "an adopted line changes nothing");
            }
            let line = LinePlace { of, run: adopted.map(|adopted| adopted.run) };
            let counts = changes.effects.iter().any(|effect| matches!(effect, FoldEffect::Cleaned(_)));
            let repeats = matches!(event, Event::CleaningRecorded(_)) && !counts;
            self.keep_key(line, key_of(entry, event), repeats);
            self.note(log, entry, event, &entered, changes);
        }
        Ok(())
    }

    /// The first line that counts under a key answers for it; a later one that `repeats` it leads to it.
    fn keep_key(&mut self, line: LinePlace, idem: Option<IdempotencyRecord>, repeats: bool) {
        let Some(idem) = idem else { return };
        let (req, first) = *self.known.keys.entry(idem.key).or_insert_with(|| {
            self.keys.push((idem, line));
            (idem.req, line)
        });
        if repeats && req == idem.req && first != line {
            self.known.again.insert(line, first);
            self.repeats.push((line, first));
        }
    }

    /// Reads where the keys of these entries were used first, and what was recorded there.
    async fn read_keys(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        idems: &[IdempotencyRecord],
    ) -> Result<Vec<IndexedCleaning>, DbError> {
        let keys: Vec<Digest16> = idems.iter().map(|idem| idem.key).collect();
        let mut found = Vec::new();
        for (idem, first) in command_keys::first_of(conn, self.projection, origin.box_id, &keys).await? {
            self.known.keys.entry(idem.key).or_insert((idem.req, first));
            found.extend(self.find(conn, origin, first.of).await?);
        }
        Ok(found)
    }

    async fn read_ahead(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        adopted: Option<AdoptedLog>,
        new: &[(&Entry, Event)],
    ) -> Result<(), DbError> {
        let mut keys = BTreeSet::from([RowKey::Settings]);
        keys.extend(adopted.map(|adopted| RowKey::Boot(adopted.at.boot)));
        let idems: Vec<IdempotencyRecord> =
            new.iter().filter_map(|(entry, event)| key_of(entry, event)).collect();
        for known in self.read_keys(conn, origin, &idems).await? {
            keys.extend([RowKey::Activity(known.cleaning.tag), RowKey::Equipment(known.cleaning.tag)]);
            self.known.cleanings.entry(known.cleaning.place()).or_insert(known);
        }
        for (entry, event) in new {
            keys.extend(rows_touched(entry, event));
            let mentions = event.mentions();
            let mut found = Vec::new();
            if let Some(of) = mentions.cleaning {
                found.extend(self.find(conn, origin, of).await?);
            }
            if let Some(boot) = mentions.boot {
                found.extend(cleanings::uncertain_of_boot(conn, self.projection, boot).await?);
                let uses = cleanings::uncertain_uses_of_boot(conn, self.projection, boot).await?;
                for (log, used) in uses {
                    keys.extend([RowKey::Activity(used.tag), RowKey::Equipment(used.tag)]);
                    self.known.unsure_uses.insert(used.place(), (log, used));
                }
            }
            for known in found {
                keys.extend([RowKey::Activity(known.cleaning.tag), RowKey::Equipment(known.cleaning.tag)]);
                self.known.cleanings.entry(known.cleaning.place()).or_insert(known);
            }
        }
        keys.retain(|key| !self.looked_for.contains(key));
        state::load_state(conn, self.projection, &keys, &mut self.rows).await?;
        self.looked_for.append(&mut keys);
        Ok(())
    }

    /// The cleanings that lines of a number recorded, or that they record once more.
    async fn find(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        of: EntryRef,
    ) -> Result<Vec<IndexedCleaning>, DbError> {
        if !self.known.read.insert(of) {
            return Ok(Vec::new());
        }
        let mut found = self.recorded_at(conn, origin, of).await?;
        for ((line, first), place) in repeats::find_repeat(conn, self.projection, origin.box_id, of).await? {
            self.known.note_place(line, place);
            self.known.again.insert(line, first);
            found.extend(self.recorded_at(conn, origin, first.of).await?);
        }
        Ok(found)
    }

    async fn recorded_at(
        &mut self,
        conn: &mut ScopedConnection,
        origin: &LogOrigin,
        of: EntryRef,
    ) -> Result<Vec<IndexedCleaning>, DbError> {
        let place = (self.projection, origin.box_id);
        let mut found = Vec::new();
        for (cleaning, place) in cleanings::find_cleaning(conn, place, of).await? {
            self.known.note_place(cleaning.cleaning.place(), place);
            found.push(cleaning);
        }
        Ok(found)
    }

    fn note(
        &mut self,
        log: &FoldedLog,
        entry: &Entry,
        event: &Event,
        entered: &BTreeMap<Hash, String>,
        changes: FoldChanges,
    ) {
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
                FoldEffect::Cleaned(cleaning) => self.cleaned(log, cleaning, texts_of(event, entered)),
                FoldEffect::Recleaned(cleaning) => self.cleaned(log, cleaning, EnteredTexts::default()),
                FoldEffect::Used { used, ended_ms } => {
                    self.touch(used.tag, ended_ms);
                    self.uses.push(IndexedUse { log: log.number, used, ended_ms });
                    if used.is_unsure() {
                        self.known.unsure_uses.insert(used.place(), (log.number, used));
                    }
                }
                FoldEffect::UseMoved { used, before_ms, ended_ms } => {
                    let known = self.known.unsure_uses.get(&used.place());
                    let log = known.map_or(log.number, |(log, _)| *log);
                    self.touch(used.tag, before_ms.min(ended_ms));
                    self.moved_uses.push(MovedUse { log, used, before_ms, ended_ms });
                }
                FoldEffect::Erased(hash) => self.erased.push(hash),
                FoldEffect::Windows(tag) => self.touch(tag, now_ms),
                FoldEffect::Noted { tag, of, at_ms } => {
                    self.notes.push(IndexedNote { tag, log: log.number, of, at_ms });
                }
                FoldEffect::AllWindows => {
                    self.all_from_ms = Some(self.all_from_ms.map_or(now_ms, |from| from.min(now_ms)));
                }
            }
        }
    }

    fn cleaned(&mut self, log: &FoldedLog, cleaning: CleaningRecord, texts: EnteredTexts) {
        let place = cleaning.place();
        let before = self.known.cleanings.remove(&place);
        let before_ms = before.as_ref().map_or(cleaning.performed_ms, |known| known.cleaning.performed_ms);
        self.touch(cleaning.tag, cleaning.performed_ms.min(before_ms));
        self.cleaned.insert(place);
        let known = match before {
            Some(known) => IndexedCleaning { cleaning, ..known },
            None => IndexedCleaning { log: log.number, cleaning, who: texts.who, note: texts.note },
        };
        self.known.cleanings.insert(place, known);
    }

    fn touch(&mut self, tag: Tag, from_ms: i64) {
        let from = self.touched.entry(tag).or_insert(from_ms);
        *from = from_ms.min(*from);
    }

    pub(super) async fn store(
        &mut self,
        conn: &mut ScopedConnection,
        log: &FoldedLog,
    ) -> Result<(), DbError> {
        let (projection, box_id) = (self.projection, log.origin.box_id);
        state::save_state(conn, projection, &self.changed, &self.rows).await?;
        let cleaned: Vec<&IndexedCleaning> =
            self.cleaned.iter().filter_map(|place| self.known.cleanings.get(place)).collect();
        cleanings::save_cleanings(conn, projection, &cleaned, self.held_in).await?;
        cleanings::put_uses(conn, projection, &self.uses, self.held_in).await?;
        cleanings::move_uses(conn, projection, &self.moved_uses).await?;
        cleanings::put_notes(conn, projection, &self.notes, self.held_in).await?;
        command_keys::save_keys(conn, projection, box_id, &self.keys).await?;
        repeats::save_repeat(conn, projection, box_id, &self.repeats).await?;
        for hash in &self.erased {
            texts::erase_text(conn, box_id, *hash).await?;
            cleanings::clear_text(conn, projection, *hash).await?;
        }
        self.changed.clear();
        self.cleaned.clear();
        self.uses.clear();
        self.moved_uses.clear();
        self.notes.clear();
        self.keys.clear();
        self.repeats.clear();
        self.erased.clear();
        Ok(())
    }

    /// Brings tallies and states of the touched items to `as_of_ms`.
    pub(super) async fn roll_up(mut self, conn: &mut ScopedConnection, as_of_ms: i64) -> Result<(), DbError> {
        if let Some(from_ms) = self.all_from_ms {
            self.rows = state::load_all(conn, self.projection).await?;
            let tags: Vec<Tag> = self.rows.equipment.keys().copied().collect();
            tags.into_iter().for_each(|tag| self.touch(tag, from_ms));
        }
        rollup::refresh_rollup(conn, self.projection, &self.rows, &self.touched, as_of_ms).await
    }
}
