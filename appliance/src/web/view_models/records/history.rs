//! The history of an item, newest first: what was done to it, as its entries say it.

use history::{HistoryWording, HistoryWords, word_flag};
use record::entry::Entry;
use record::fold::{CleaningRecord, FacilityState, SpotCheck};
use record::kinds::{CheckResult, CivilDay, CleaningFlag, EntryRef, Event, UseRecorded};
use record::receipt::Receipt;
use record::tag::Tag;
use record::tree::Hash;
use web::error::HttpError;
use words::{Moment, S0, SafeHtml, WordSet as _, fill_slots};

use crate::store::{HistoryPlace, ItemNote, ItemUse, LogReader, StoreSnapshot};
use crate::web::commands::run;
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::log_reads::StoredText;
use crate::web::request::lists::page_cursor::HistoryScope;
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::view_models::page::snapshot::missing_words;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::photos::thumbnail_address;
use crate::web::words::{EquipmentWords, FacilityWords};

const LINES: usize = 50;

pub(crate) enum ItemEvent {
    Cleaned(Box<CleaningRecord>),
    Used(ItemUse),
    Noted(ItemNote),
}

/// The newest things that were done to an item, from a place in its history on, and where the next older ones begin.
pub(crate) fn item_history(
    reader: &LogReader,
    tag: Tag,
    upto: Option<HistoryPlace>,
) -> Result<(Vec<ItemEvent>, Option<HistoryPlace>), HttpError> {
    let cleanings = reader.cleanings_of(tag, i64::MIN..i64::MAX, upto, LINES + 1).map_err(store_error)?;
    let uses = reader.uses_of(tag, i64::MIN..i64::MAX, upto, LINES + 1).map_err(store_error)?;
    let cleaned = cleanings.into_iter().map(|c| (reader.place_of(&c), ItemEvent::Cleaned(Box::new(c))));
    let used = uses.into_iter().map(|used| (HistoryPlace::of_use(&used), ItemEvent::Used(used)));
    let notes = reader.notes_of(tag, i64::MIN..i64::MAX, upto, LINES + 1).map_err(store_error)?;
    let noted = notes.into_iter().map(|note| (HistoryPlace::of_note(&note), ItemEvent::Noted(note)));
    let mut all: Vec<(HistoryPlace, ItemEvent)> = cleaned.chain(used).chain(noted).collect();
    all.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    HistoryScope(Some(tag)).check(reader, upto, all.first().map(|(place, _)| *place))?;
    let older = all.get(LINES).map(|(place, _)| *place);
    Ok((all.into_iter().take(LINES).map(|(_, done)| done).collect(), older))
}

impl ItemEvent {
    fn at_ms(&self) -> i64 {
        match self {
            Self::Cleaned(cleaning) => cleaning.performed_ms,
            Self::Used(used) => used.ended_ms,
            Self::Noted(note) => note.at_ms,
        }
    }
}

pub(crate) fn list_cleanings(events: &[ItemEvent]) -> Vec<&CleaningRecord> {
    let cleanings = events.iter().filter_map(|event| match event {
        ItemEvent::Cleaned(cleaning) => Some(&**cleaning),
        ItemEvent::Used(_) | ItemEvent::Noted(_) => None,
    });
    cleanings.collect()
}

#[derive(Debug, Clone)]
pub(crate) struct HistoryPhoto {
    pub(crate) thumbnail: String,
    pub(crate) whole: Option<String>,
}

impl HistoryPhoto {
    pub(crate) fn of(state: &AppState, photo: Hash) -> Option<Self> {
        let thumbnail = state.photos.has_thumbnail(photo).then(|| thumbnail_address(photo))?;
        let whole = state.photos.can_show(photo).then(|| format!("/photos/{photo}.jpg"));
        Some(Self { thumbnail, whole })
    }
}

pub(crate) struct HistoryRow {
    pub(crate) class: &'static str,
    pub(crate) title: String,
    pub(crate) struck: bool,
    pub(crate) tags: Vec<(&'static str, String)>,
    pub(crate) words: Option<SafeHtml>,
    pub(crate) at: Moment,
    pub(crate) photos: Vec<HistoryPhoto>,
    pub(crate) note: Option<String>,
    pub(crate) facts: Vec<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) entry: String,
    pub(crate) can_void: bool,
    pub(crate) can_check: bool,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct HistoryRights {
    pub(crate) change: bool,
    pub(crate) record: bool,
}

#[derive(Clone, Copy)]
pub(crate) struct HistoryLook<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) wording: &'a PageWording,
    pub(crate) words: EquipmentWords,
    pub(crate) reader: &'a LogReader,
}

impl<'a> HistoryLook<'a> {
    fn lines(self, tag: Tag) -> HistoryWording<'a> {
        let w = HistoryWords::in_locale(self.wording.locale());
        HistoryWording { w, dates: self.wording.dates(), facility: self.facility, tag }
    }

    pub(crate) fn word_why_out(self, why: Hash) -> SafeHtml {
        let why = StoredText::read(self.reader, why).to_html(self.wording.words());
        fill_slots(self.words.item_why_out(S0), [why])
    }

    pub(crate) fn word_expected_back(self, day: CivilDay) -> String {
        self.words.item_expected_back(self.wording.dates().numbered_day(day.number()))
    }

    /// What paper says of a page that has not all of a history: how much it has, and from when to when.
    pub(crate) fn word_part(self, events: &[ItemEvent], cleanings: u64) -> Option<String> {
        let dates = self.wording.dates();
        let days = [events.first()?, events.last()?].map(|event| dates.day_with_year(event.at_ms()).text);
        let [newest, oldest] = days;
        let shown = list_cleanings(events).len();
        Some(self.words.history_part(cleanings, oldest, shown, newest))
    }

    pub(crate) fn used(self, tag: Tag, used: ItemUse) -> HistoryRow {
        let entry = self.reader.line(used.line).ok().flatten();
        let body = match entry.as_ref().map(Entry::event) {
            Some(Event::UseRecorded(body)) => *body,
            _ => UseRecorded { tag, performed: None, ended: None, ago_s: None, class: None, sticker: false },
        };
        let line = self.lines(tag).used(&body, used.ended_ms);
        let (mut facts, number) = (line.facts, self.wording.number(used.line.of.seq));
        facts.extend(entry.and_then(|entry| self.wording.certainty(self.facility, &entry.head().at)));
        facts.push(self.words.history_entry(&number));
        HistoryRow {
            class: "",
            title: line.title,
            struck: false,
            tags: Vec::new(),
            words: None,
            at: self.wording.dates().day_and_time(used.ended_ms),
            photos: Vec::new(),
            note: None,
            facts,
            receipt: None,
            entry: number,
            can_void: false,
            can_check: false,
        }
    }

    pub(crate) fn noted(self, tag: Tag, note: ItemNote) -> Option<HistoryRow> {
        let Self { state, facility, wording, words: w, reader } = self;
        let entry = reader.line(note.line).ok().flatten()?;
        let line = self.lines(tag).line(&entry.event())?;
        let photos: Vec<_> = line.photos.iter().filter_map(|photo| HistoryPhoto::of(state, *photo)).collect();
        let (mut facts, absent) = (line.facts, line.photos.len() - photos.len());
        facts.extend((absent > 0).then(|| w.history_photos_absent(absent)));
        facts.extend(wording.certainty(facility, &entry.head().at));
        let written = WrittenTime::of_believed(facility, &entry.head().at, note.at_ms);
        let number = wording.number(note.line.of.seq);
        facts.push(w.history_entry(&number));
        Some(HistoryRow {
            class: "",
            title: line.title,
            struck: false,
            tags: Vec::new(),
            words: match line.who {
                Some(who) => Some(wording.cleaner(reader, facility, &who)),
                None => self.author_name(&entry).map(|name| SafeHtml::entered(&name)),
            },
            at: wording.dates().day_and_time(written.ms),
            photos,
            note: line.text.map(|hash| StoredText::read(reader, hash).word(wording.words())),
            facts,
            receipt: None,
            entry: number,
            can_void: false,
            can_check: false,
        })
    }

    fn author_name(self, entry: &Entry) -> Option<String> {
        let staff = entry.head().by.staff?;
        Some(StoredText::of_staff(self.reader, self.facility, staff).word(self.wording.words()))
    }

    /// A cleaning as history shows it: its entry is read again, so what is shown is what was signed.
    pub(crate) fn cleaned(self, cleaning: &CleaningRecord, may: HistoryRights) -> HistoryRow {
        let Self { state, facility, wording, words: w, reader } = self;
        let entry = reader.line(cleaning.place()).ok().flatten();
        let (mut facts, mut tags, mut note) = (Vec::new(), Vec::new(), None);
        if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(record::entry::Entry::event) {
            note = body.note.map(|note| StoredText::read(reader, note.hash).word(wording.words()));
            facts = self.lines(cleaning.tag).cleaning_facts(&body);
        }
        if !cleaning.incomplete.is_empty() {
            let missing = missing_words(wording.words(), &cleaning.incomplete);
            tags.push(("due", w.history_incomplete(missing)));
        }
        tags.extend(cleaning.checked.as_ref().map(|check| self.word_check(check)));
        let lines = HistoryWords::in_locale(wording.locale());
        // How late it is is shown there already.
        let remarks = cleaning.flags.iter().filter(|flag| **flag != CleaningFlag::Late);
        tags.extend(remarks.map(|flag| ("", word_flag(lines, flag))));
        let late_ms = cleaning.recorded_ms - cleaning.performed_ms;
        if cleaning.stated.is_some() && late_ms > 60_000 {
            tags.push(("due", w.history_late()));
            let written = wording.dates().day_and_time(cleaning.recorded_ms).text;
            facts.push(w.history_late_written(wording.about(late_ms), written));
        }
        facts.extend(wording.certainty(facility, &cleaning.at));
        let mut by = wording.cleaner_text(reader, facility, &cleaning.who);
        if let Some(of) = cleaning.voided {
            tags.push(("", w.history_voided()));
            by = self.void_words(of, by);
        }
        HistoryRow {
            class: if cleaning.voided.is_none() && cleaning.is_complete() { "done" } else { "" },
            title: w.history_cleaned(),
            struck: cleaning.voided.is_some(),
            tags,
            words: Some(fill_slots(by, [])),
            at: wording.dates().day_and_time(cleaning.performed_ms),
            photos: cleaning
                .photos
                .iter()
                .find_map(|hash| HistoryPhoto::of(state, *hash))
                .into_iter()
                .collect(),
            note,
            facts,
            receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
            entry: wording.number(cleaning.of.seq),
            can_void: may.change && cleaning.voided.is_none(),
            can_check: may.record && cleaning.voided.is_none(),
        }
    }

    fn word_check(self, check: &SpotCheck) -> (&'static str, String) {
        match &check.result {
            CheckResult::Good => ("ok", self.words.history_checked_good()),
            CheckResult::Again => ("late", self.words.history_checked_again()),
            CheckResult::Other(word) => ("", self.words.history_checked(word.as_str())),
        }
    }

    fn void_words(self, of: EntryRef, cleaned_by: String) -> String {
        let Self { facility, wording, words: w, reader, .. } = self;
        let Ok(Some((entry, Event::CleaningVoided(body)))) = run::entry_by(reader, of) else {
            return w.history_was_voided(cleaned_by);
        };
        let when = wording.written_time(facility, &entry.head().at);
        let by = self.author_name(&entry).unwrap_or_else(|| w.history_same_phone());
        let why = StoredText::of_void(reader, body.reason.hash, wording.locale()).word(wording.words());
        w.history_voided_by(by, when, cleaned_by, why)
    }
}

/// Where the thumbnail of the first photo is, if one can be shown: lists never show whole photos.
pub(crate) fn thumbnail_path(state: &AppState, cleaning: &record::fold::CleaningRecord) -> Option<String> {
    let here = cleaning.photos.iter().find(|hash| state.photos.has_thumbnail(**hash))?;
    Some(thumbnail_address(*here))
}

pub(crate) fn feed_words(
    reader: &LogReader,
    facility: &FacilityState,
    cleaning: &CleaningRecord,
    wording: &PageWording,
    w: FacilityWords,
) -> String {
    let who = wording.cleaner_text(reader, facility, &cleaning.who);
    let words = if cleaning.voided.is_some() {
        w.feed_voided(who)
    } else if !cleaning.is_complete() {
        w.feed_incomplete(who)
    } else {
        who
    };
    wording.marked(words, WrittenTime::of(facility, &cleaning.at).certainty)
}
