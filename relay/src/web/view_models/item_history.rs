//! The history of an item, newest first: cleanings, uses, and whatever else entries say of it.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use history::{HistoryEntry, HistoryWording, rows_named, word_certainty};
use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::fold::FacilityState;
use record::ids::FacilityId;
use record::kinds::{CleanedBy, EntryRef, Event, UseRecorded};
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::Hash;
use words::{S0, SafeHtml, fill_slots};

use crate::db::log::{photos, texts};
use crate::db::projection::history as history_rows;
use crate::db::projection::history::{HistoryCursor, HistoryScope, NoteRow};
use crate::db::projection::{projections, state};
use crate::db::{DbError, ScopedConnection};
use crate::web::view_models::cleanings::{
    CleaningView, load_cleaning_views, look_for_photos, person_name, proof_path, read_entries, staff_name,
    word_cleaner,
};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{EquipmentWords, PageWords};

const PAGE: usize = 50;

pub(crate) enum HistoryEvent {
    Cleaned(Box<CleaningView>),
    Used(NoteRow),
    Noted(NoteRow),
}

impl HistoryEvent {
    fn cursor(&self) -> HistoryCursor {
        match self {
            Self::Cleaned(cleaning_view) => cleaning_view.cursor(),
            Self::Used(note) | Self::Noted(note) => HistoryCursor {
                performed_ms: note.at_ms,
                box_id: note.box_id.clone(),
                epoch: note.epoch.clone(),
                seq: note.seq,
                run: note.held_in.clone(),
            },
        }
    }
}

/// The newest lines after a place, and where the next older ones begin.
pub(crate) struct HistoryPage {
    pub(crate) events: Vec<HistoryEvent>,
    pub(crate) older: Option<HistoryCursor>,
}

impl HistoryPage {
    pub(crate) async fn load(
        conn: &mut ScopedConnection,
        facility: FacilityId,
        tag: Tag,
        after: &HistoryCursor,
    ) -> Result<Self, DbError> {
        let limit = i64::try_from(PAGE + 1).unwrap_or(i64::MAX);
        let of = HistoryScope::Item(facility, tag);
        let rows = history_rows::load_cleanings(conn, of, after, limit).await?;
        let cleanings = load_cleaning_views(conn, rows).await?;
        let uses = history_rows::load_uses(conn, facility, tag, after, limit).await?;
        let notes = history_rows::load_notes(conn, facility, tag, after, limit).await?;
        let cleaned = cleanings.into_iter().map(|cleaning| HistoryEvent::Cleaned(Box::new(cleaning)));
        let others =
            uses.into_iter().map(HistoryEvent::Used).chain(notes.into_iter().map(HistoryEvent::Noted));
        let mut events: Vec<HistoryEvent> = cleaned.chain(others).collect();
        events.sort_by_cached_key(|event| Reverse(event.cursor()));
        let is_last = events.len() <= PAGE;
        events.truncate(PAGE);
        let older = events.last().filter(|_| !is_last).map(HistoryEvent::cursor);
        for event in &mut events {
            if let HistoryEvent::Cleaned(cleaning_view) = event {
                look_for_photos(conn, std::slice::from_mut(&mut **cleaning_view)).await?;
            }
        }
        Ok(Self { events, older })
    }

    pub(crate) fn cleanings(&self) -> Vec<&CleaningView> {
        let cleaned = self.events.iter().filter_map(|event| match event {
            HistoryEvent::Cleaned(cleaning_view) => Some(&**cleaning_view),
            HistoryEvent::Used(_) | HistoryEvent::Noted(_) => None,
        });
        cleaned.collect()
    }

    pub(crate) async fn rows(
        &self,
        conn: &mut ScopedConnection,
        look: HistoryLook<'_>,
    ) -> Result<Vec<HistoryRow>, DbError> {
        let entries = self.entries(conn).await?;
        let keys: BTreeSet<_> =
            entries.iter().flatten().flat_map(|entry| rows_named(&entry.event())).collect();
        let mut named = FacilityState::default();
        let projection = projections::find_live(conn, look.facility).await?;
        state::load_state(conn, projection, &keys, &mut named).await?;
        let mut rows = Vec::with_capacity(self.events.len());
        for (event, entry) in self.events.iter().zip(entries) {
            match event {
                HistoryEvent::Cleaned(cleaning_view) => {
                    rows.push(look.cleaning_row(conn, &named, cleaning_view, entry.as_ref()).await?);
                }
                HistoryEvent::Used(note) => {
                    let line = look.used(&named, entry.as_ref(), note.at_ms);
                    rows.push(look.note_row(conn, note, entry.as_ref(), line).await?);
                }
                HistoryEvent::Noted(note) => {
                    let line = entry.as_ref().and_then(|entry| look.lines(&named).line(&entry.event()));
                    if let Some(line) = line {
                        rows.push(look.note_row(conn, note, entry.as_ref(), line).await?);
                    }
                }
            }
        }
        Ok(rows)
    }

    async fn entries(&self, conn: &mut ScopedConnection) -> Result<Vec<Option<Entry>>, DbError> {
        let places = self.events.iter().map(|event| match event {
            HistoryEvent::Cleaned(cleaning_view) => Ok(cleaning_view.address()),
            HistoryEvent::Used(note) | HistoryEvent::Noted(note) => note.address(),
        });
        let places: Vec<_> = places.collect::<Result<_, DbError>>()?;
        read_entries(conn, &places).await
    }
}

#[derive(Clone, Copy)]
pub(crate) struct HistoryLook<'a> {
    pub(crate) facility: FacilityId,
    pub(crate) tag: Tag,
    pub(crate) item: &'a str,
    pub(crate) wall: &'a LocalTime,
}

impl HistoryLook<'_> {
    fn lines<'b>(&'b self, named: &'b FacilityState) -> HistoryWording<'b> {
        HistoryWording { w: self.wall.words(), dates: self.wall.dates(), facility: named, tag: self.tag }
    }

    /// A use. Where its entry is not here, its time alone is known.
    fn used(self, named: &FacilityState, entry: Option<&Entry>, ended_ms: i64) -> HistoryEntry {
        let body = match entry.map(Entry::event) {
            Some(Event::UseRecorded(body)) => *body,
            _ => UseRecorded {
                tag: self.tag,
                performed: None,
                ended: None,
                ago_s: None,
                class: None,
                sticker: false,
            },
        };
        self.lines(named).used(&body, ended_ms)
    }

    async fn cleaning_row(
        self,
        conn: &mut ScopedConnection,
        named: &FacilityState,
        cleaning_view: &CleaningView,
        entry: Option<&Entry>,
    ) -> Result<HistoryRow, DbError> {
        let Self { wall, .. } = self;
        let (w, page) = (wall.words::<EquipmentWords>(), wall.words::<PageWords>());
        let cleaning = &cleaning_view.cleaning;
        let mut parts = vec![cleaning_view.who(page)];
        if cleaning.stated.is_some() {
            parts.push(w.history_written(wall.day_plain(cleaning.recorded_ms)));
        }
        if let Some(adopted) = cleaning.adopted {
            parts.push(w.history_adopted(wall.day_plain(adopted.at_ms)));
        }
        let mut facts = match entry.map(Entry::event) {
            Some(Event::CleaningRecorded(body)) => self.lines(named).cleaning_facts(&body),
            _ => Vec::new(),
        };
        facts.extend(word_certainty(wall.words(), cleaning_view.certainty));
        let number = wall.number(cleaning.of.seq);
        let voided = match cleaning.voided {
            Some(of) => Some(load_void(conn, cleaning_view, of, wall).await?),
            None => None,
        };
        Ok(HistoryRow {
            done: cleaning.voided.is_none() && cleaning.is_complete(),
            title: w.history_cleaned(),
            badges: cleaning_view.badges(page),
            when: fill_slots(w.history_when(parts.join("; "), S0), [wall.day_clock(cleaning.performed_ms)]),
            voided,
            note: cleaning_view.note.as_ref().map(|note| w.history_note(note)),
            facts,
            photos: photo_links(w, &cleaning_view.photo_paths(), &cleaning_view.item(), &number),
            proof: cleaning_view.proof(),
            number,
        })
    }

    async fn note_row(
        self,
        conn: &mut ScopedConnection,
        note: &NoteRow,
        entry: Option<&Entry>,
        line: HistoryEntry,
    ) -> Result<HistoryRow, DbError> {
        let Self { wall, .. } = self;
        let (w, page) = (wall.words::<EquipmentWords>(), wall.words::<PageWords>());
        let text = match line.text {
            Some(hash) => Some(match texts::by_hash(conn, hash).await? {
                Some(text) => w.history_note(text),
                None => w.history_text_erased(),
            }),
            None => None,
        };
        let paths = self.photo_paths(conn, &line.photos).await?;
        let coming = (paths.len() < line.photos.len()).then(|| page.cleaning_photo_coming());
        let when = wall.day_clock(note.at_ms);
        let number = wall.number(note.seq);
        Ok(HistoryRow {
            done: false,
            title: line.title,
            badges: coming.map(|words| StatusBadge::new(BadgeTone::Plain, words)).into_iter().collect(),
            when: match self.who(conn, line.who, entry).await? {
                Some(who) => fill_slots(w.history_when(who, S0), [when]),
                None => when,
            },
            voided: None,
            note: text,
            facts: line.facts,
            photos: photo_links(w, &paths, self.item, &number),
            proof: proof_path(&note.box_id, &note.epoch, note.seq, &note.held_in),
            number,
        })
    }

    async fn photo_paths(self, conn: &mut ScopedConnection, photos: &[Hash]) -> Result<Vec<String>, DbError> {
        let mut paths = Vec::new();
        for photo in photos {
            if photos::is_here(conn, *photo).await? {
                paths.push(format!("/photos/{photo}"));
            }
        }
        Ok(paths)
    }

    /// Who did it: as the entry says it, or else who made the entry.
    async fn who(
        self,
        conn: &mut ScopedConnection,
        stated: Option<CleanedBy>,
        entry: Option<&Entry>,
    ) -> Result<Option<String>, DbError> {
        let page: PageWords = self.wall.words();
        let of_staff = match stated {
            Some(CleanedBy::Pin { staff, .. } | CleanedBy::Badge { staff } | CleanedBy::Login { staff }) => {
                Some(staff)
            }
            Some(CleanedBy::Entered { .. } | CleanedBy::Unattributed) => None,
            None => entry.and_then(|entry| entry.head().by.staff),
        };
        let name = match (of_staff, stated) {
            (Some(staff), _) => staff_name(conn, self.facility, staff).await?,
            (None, Some(CleanedBy::Entered { name, .. })) => person_name(conn, name.hash).await?,
            (None, _) => None,
        };
        Ok(match stated {
            Some(who) => Some(word_cleaner(page, who, name)),
            None => of_staff.map(|_| name.unwrap_or_else(|| page.cleaned_by_erased())),
        })
    }
}

pub(crate) struct HistoryRow {
    pub(crate) done: bool,
    pub(crate) title: String,
    pub(crate) badges: Vec<StatusBadge>,
    /// When, and what else there is to say of it.
    pub(crate) when: SafeHtml,
    pub(crate) voided: Option<String>,
    pub(crate) note: Option<String>,
    /// What else there is to say of it, a line each.
    pub(crate) facts: Vec<String>,
    pub(crate) photos: Vec<PhotoLink>,
    pub(crate) proof: String,
    pub(crate) number: String,
}

pub(crate) struct PhotoLink {
    pub(crate) href: String,
    pub(crate) words: String,
    pub(crate) of: String,
}

fn photo_links(w: EquipmentWords, paths: &[String], item: &str, entry: &str) -> Vec<PhotoLink> {
    (1..)
        .zip(paths)
        .map(|(number, href): (usize, &String)| PhotoLink {
            href: href.clone(),
            words: match paths.len() {
                1 => w.history_photo(),
                _ => w.history_photo_numbered(number),
            },
            of: w.history_photo_of(entry, item),
        })
        .collect()
}

/// The line that voided a cleaning: under its number another branch may have another one.
async fn voiding_line(
    conn: &mut ScopedConnection,
    cleaning_view: &CleaningView,
    of: EntryRef,
) -> Result<Option<Vec<u8>>, DbError> {
    let origin = LogOrigin { box_id: cleaning_view.box_id, epoch: of.epoch };
    let own = crate::db::log::entries::load_line(conn, &origin, of.seq).await?;
    let brought = crate::db::log::runs::line_at(conn, cleaning_view.box_id, of)
        .await?
        .into_iter()
        .map(|(_, line)| line);
    for line in own.into_iter().chain(brought) {
        let entry = Entry::parse(&line).map_err(|e| DbError::stored("entry", e))?;
        if matches!(entry.event(), Event::CleaningVoided(_)) {
            return Ok(Some(line));
        }
    }
    Ok(None)
}

async fn load_void(
    conn: &mut ScopedConnection,
    cleaning_view: &CleaningView,
    of: EntryRef,
    wall: &LocalTime,
) -> Result<String, DbError> {
    let w: EquipmentWords = wall.words();
    let Some(line) = voiding_line(conn, cleaning_view, of).await? else {
        return Ok(w.history_voided());
    };
    let entry = Entry::parse(&line).map_err(|e| DbError::stored("entry", e))?;
    let by = match entry.head().by.staff {
        Some(staff) => staff_name(conn, cleaning_view.facility, staff).await?,
        None => None,
    };
    let origin = LogOrigin { box_id: cleaning_view.box_id, epoch: of.epoch };
    let beside = crate::db::log::texts::texts_beside(conn, &origin, &[line]).await?;
    let reason = beside.iter().flatten().next().and_then(|line| TextLine::parse(line.as_bytes()).ok());
    let reason = reason.map(|reason| reason.text().trim_end_matches('.').to_owned());
    let when = wall.day_plain(entry.head().at.wall);
    Ok(match (by, reason) {
        (None, None) => w.history_voided_when(when),
        (Some(by), None) => w.history_voided_when_by(by, when),
        (None, Some(reason)) => w.history_voided_when_why(reason, when),
        (Some(by), Some(reason)) => w.history_voided_when_by_why(by, reason, when),
    })
}
