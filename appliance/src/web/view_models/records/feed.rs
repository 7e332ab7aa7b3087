//! The newest cleanings in one line each: read and worded once for each size of the log, language and minute.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use record::tag::Tag;
use web::error::HttpError;
use words::{Locale, Moment, WordSet as _};

use crate::store::{LogReader, StoreSnapshot};
use crate::web::context::AppState;
use crate::web::http_error::store_error;
use crate::web::log_reads::read_quick;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::records::history::{feed_words, thumbnail_path};
use crate::web::words::{FacilityWords, PageWords};

const LINES: usize = 8;

pub(crate) struct FeedRow {
    pub(crate) tag: Tag,
    pub(crate) name: String,
    pub(crate) photo: Option<String>,
    pub(crate) words: String,
    pub(crate) at: Moment,
}

/// A feed holds for one state of the log, for a minute, and for the photos that were there.
struct CleaningFeed {
    seen: Arc<StoreSnapshot>,
    minute: i64,
    photo_changes: u64,
    lines: Arc<[FeedRow]>,
}

#[derive(Default)]
pub(crate) struct CleaningFeeds(Mutex<BTreeMap<Locale, CleaningFeed>>);

impl CleaningFeeds {
    fn feeds(&self) -> MutexGuard<'_, BTreeMap<Locale, CleaningFeed>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(crate) async fn newest_cleanings(
    state: &AppState,
    seen: &Arc<StoreSnapshot>,
    locale: Locale,
) -> Result<Arc<[FeedRow]>, HttpError> {
    let minute = Snapshot::of(state, seen).now_ms().div_euclid(60_000);
    let photo_changes = state.photos.changes();
    let feeds = state.stored::<CleaningFeeds>();
    if let Some(feed) = feeds.feeds().get(&locale)
        && Arc::ptr_eq(&feed.seen, seen)
        && (feed.minute, feed.photo_changes) == (minute, photo_changes)
    {
        return Ok(feed.lines.clone());
    }
    let facility = seen.clone();
    let lines = read_quick(state, move |state, reader| read_lines(state, reader, &facility, locale));
    let lines: Arc<[FeedRow]> = lines.await?.into();
    let feed = CleaningFeed { seen: seen.clone(), minute, photo_changes, lines: lines.clone() };
    feeds.feeds().insert(locale, feed);
    Ok(lines)
}

fn read_lines(
    state: &AppState,
    reader: &LogReader,
    facility: &StoreSnapshot,
    locale: Locale,
) -> Result<Vec<FeedRow>, HttpError> {
    let wording = PageWording::new(PageWords::in_locale(locale), &Snapshot::of(state, facility).local);
    let recent = reader.cleanings(None, LINES).map_err(store_error)?;
    let lines = recent.iter().map(|cleaning| FeedRow {
        tag: cleaning.tag,
        name: facility
            .equipment
            .get(&cleaning.tag)
            .map_or_else(|| cleaning.tag.grouped(), |item| item.facts.name.clone()),
        photo: thumbnail_path(state, cleaning),
        words: feed_words(reader, facility, cleaning, &wording, FacilityWords::in_locale(locale)),
        at: wording.dates().day_and_time(cleaning.performed_ms),
    });
    Ok(lines.collect())
}
