//! The history of an item, newest first: what was done to it, as its entries say it.

use record::entry::ClockState;
use record::fold::{Cleaning, Facility};
use record::kinds::{EntryRef, Event};
use record::receipt::Receipt;
use record::tag::Tag;
use web::error::HttpError;

use crate::store::{HistoryPlace, ItemUse, Reader, StoreSnapshot};
use crate::web::commands::run;
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::log_reads::{staff_name, text};
use crate::web::request::page_cursor::HistoryScope;
use crate::web::view_models::formats::{Moment, about, count, english_words, span};
use crate::web::view_models::photos::thumbnail_address;
use crate::web::view_models::snapshot::{Snapshot, missing_words, who_words};

/// Lines of history on a page.
const LINES: usize = 50;

/// One thing that was done to an item.
pub(crate) enum ItemEvent {
    Cleaned(Box<Cleaning>),
    Used(ItemUse),
}

/// The newest things that were done to an item, from a place in its history on, and where the next older ones begin.
pub(crate) fn history(
    reader: &Reader,
    tag: Tag,
    upto: Option<HistoryPlace>,
) -> Result<(Vec<ItemEvent>, Option<HistoryPlace>), HttpError> {
    let cleanings = reader.cleanings_of(tag, i64::MIN..i64::MAX, upto, LINES + 1).map_err(store_error)?;
    let uses = reader.uses_of(tag, i64::MIN..i64::MAX, upto, LINES + 1).map_err(store_error)?;
    let cleaned = cleanings.into_iter().map(|c| (reader.place_of(&c), ItemEvent::Cleaned(Box::new(c))));
    let used = uses.into_iter().map(|used| (HistoryPlace::of_use(&used), ItemEvent::Used(used)));
    let mut all: Vec<(HistoryPlace, ItemEvent)> = cleaned.chain(used).collect();
    all.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    HistoryScope(Some(tag)).check(reader, upto, all.first().map(|(place, _)| *place))?;
    let older = all.get(LINES).map(|(place, _)| *place);
    Ok((all.into_iter().take(LINES).map(|(_, done)| done).collect(), older))
}

/// One line of an item's history.
pub(crate) struct Happening {
    pub(crate) class: &'static str,
    pub(crate) title: String,
    pub(crate) struck: bool,
    pub(crate) tags: Vec<(&'static str, String)>,
    pub(crate) words: String,
    pub(crate) at: Moment,
    /// Its thumbnail.
    pub(crate) photo: Option<String>,
    pub(crate) whole_photo: Option<String>,
    pub(crate) facts: Vec<String>,
    pub(crate) receipt: Option<String>,
    pub(crate) entry: String,
    pub(crate) can_void: bool,
}

/// What a history is told from.
#[derive(Clone, Copy)]
pub(crate) struct HistoryLook<'a> {
    pub(crate) state: &'a AppState,
    pub(crate) facility: &'a StoreSnapshot,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) reader: &'a Reader,
}

impl HistoryLook<'_> {
    pub(crate) fn used(self, used: ItemUse) -> Happening {
        Happening {
            class: "",
            title: "Used".to_owned(),
            struck: false,
            tags: Vec::new(),
            words: String::new(),
            at: self.snapshot.local.day_time(used.performed_ms),
            photo: None,
            whole_photo: None,
            facts: Vec::new(),
            receipt: None,
            entry: count(used.of.seq),
            can_void: false,
        }
    }

    /// A cleaning as it stands in history: its entry is read again, so what is shown is what was signed.
    pub(crate) fn cleaned(self, cleaning: &Cleaning, may_change: bool) -> Happening {
        let Self { state, facility, snapshot, reader } = self;
        let entry = reader.line(cleaning.place()).ok().flatten();
        let (mut facts, mut tags) = (Vec::new(), Vec::new());
        let (local, words) = (&snapshot.local, english_words());
        if let Some(Event::CleaningRecorded(body)) = entry.as_ref().map(record::entry::Entry::event) {
            facts.extend(body.note.map(|note| text(reader, note.hash)));
            facts.extend(body.contact.and_then(|c| match (c.measured_s, c.required_s) {
                (Some(wet), Some(of)) => Some(format!("Wet {} of {}", span(words, wet), span(words, of))),
                (Some(wet), None) => Some(format!("Wet {}", span(words, wet))),
                _ => None,
            }));
        }
        if !cleaning.incomplete.is_empty() {
            tags.push(("due", format!("Incomplete: {}", missing_words(words, &cleaning.incomplete))));
        }
        let late_ms = cleaning.recorded_ms - cleaning.performed_ms;
        if cleaning.stated && late_ms > 60_000 {
            tags.push(("due", "Late entry".to_owned()));
            facts.push(format!(
                "Written {}, {} after it was done",
                local.day_time(cleaning.recorded_ms).text,
                about(words, late_ms)
            ));
        }
        if cleaning.at.clock == ClockState::Uncertain && !facility.boots.contains_key(&cleaning.at.boot) {
            facts.push("The clock was not set: the time is an estimate".to_owned());
        }
        let mut by = who_words(reader, facility, &cleaning.who);
        if let Some(of) = cleaning.voided {
            tags.push(("", "Voided".to_owned()));
            by = format!("{by}. {}", self.void_words(of));
        }
        Happening {
            class: if cleaning.voided.is_none() && cleaning.is_complete() { "done" } else { "" },
            title: "Cleaned".to_owned(),
            struck: cleaning.voided.is_some(),
            tags,
            words: by,
            at: local.day_time(cleaning.performed_ms),
            photo: thumbnail(state, cleaning),
            whole_photo: whole_photo(state, cleaning),
            facts,
            receipt: entry.map(|entry| Receipt::of(cleaning.of, entry.leaf()).to_string()),
            entry: count(cleaning.of.seq),
            can_void: may_change && cleaning.voided.is_none(),
        }
    }

    fn void_words(self, of: EntryRef) -> String {
        let Self { facility, snapshot, reader, .. } = self;
        let Ok(Some((entry, Event::CleaningVoided(body)))) = run::entry_by(reader, of) else {
            return "Voided".to_owned();
        };
        let when = snapshot.local.day_time(entry.head().at.wall).text;
        let who = entry
            .head()
            .by
            .staff
            .map_or_else(|| "the phone that recorded it".to_owned(), |id| staff_name(reader, facility, id));
        format!("Voided {when} by {who}: {}. Both entries stay", text(reader, body.reason.hash))
    }
}

/// Where the thumbnail of the first photo is, if one can be shown: lists never show whole photos.
pub(crate) fn thumbnail(state: &AppState, cleaning: &record::fold::Cleaning) -> Option<String> {
    let here = cleaning.photos.iter().find(|hash| state.photos.has_thumbnail(**hash))?;
    Some(thumbnail_address(*here))
}

/// Where the first photo itself is, if it is still on the box.
fn whole_photo(state: &AppState, cleaning: &record::fold::Cleaning) -> Option<String> {
    let first = cleaning.photos.iter().find(|hash| state.photos.has_thumbnail(**hash))?;
    state.photos.is_here(*first).then(|| format!("/photos/{first}.jpg"))
}

/// Reads a name for pages that show a cleaning in one line.
pub(crate) fn feed_words(reader: &Reader, facility: &Facility, cleaning: &Cleaning) -> String {
    let who = who_words(reader, facility, &cleaning.who);
    if cleaning.voided.is_some() {
        format!("{who}. Voided")
    } else if !cleaning.is_complete() {
        format!("{who}. Incomplete, does not count")
    } else {
        who
    }
}
