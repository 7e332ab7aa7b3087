//! Where a list continues: the key of its next row in 26 symbols. There is no offset: however far a page is, it
//! reads its own rows and no others.

use std::fmt;

use record::fold::{CleaningRecord, Equipment};
use record::kinds::Event;
use record::tag::Tag;
use ulid::Ulid;
use web::error::HttpError;

use crate::store::{HistoryPlace, LogReader};
use crate::web::http_error::{invalid_parameter, store_error, worded};
use crate::web::words::ErrorWords;

/// The sixteen bytes of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageCursor([u8; 16]);

impl fmt::Display for PageCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Ulid(u128::from_be_bytes(self.0)))
    }
}

/// It fits no list, or not this one.
pub(crate) fn bad_cursor() -> HttpError {
    invalid_parameter("cursor", worded(ErrorWords::error_parameter_cursor))
        .next(worded(ErrorWords::error_parameter_cursor_next))
}

impl PageCursor {
    pub(crate) fn read(text: &str) -> Result<Self, HttpError> {
        let read = text.parse::<Ulid>().ok().filter(|read| read.to_string() == text);
        read.map(|read| Self(read.0.to_be_bytes())).ok_or_else(bad_cursor)
    }

    /// Items are listed newest first, and by tag where two were added at once. The last symbol of a tag follows from the
    /// others.
    pub(crate) fn of_item(item: &Equipment) -> Self {
        let mut bytes = [0; 16];
        // Inverted, so that what sorts first was added last.
        bytes[..8].copy_from_slice(&(!item.added_ms.cast_unsigned() ^ 1 << 63).to_be_bytes());
        bytes[8..].copy_from_slice(&item.tag.as_str().as_bytes()[..8]);
        Self(bytes)
    }

    pub(crate) fn bytes(self) -> [u8; 16] {
        self.0
    }
}

impl From<HistoryPlace> for PageCursor {
    fn from(place: HistoryPlace) -> Self {
        Self(place.to_bytes())
    }
}

/// A history: of one item in the order of time, or of everything in the order of the log.
#[derive(Debug, Clone, Copy)]
pub(crate) struct HistoryScope(pub(crate) Option<Tag>);

impl HistoryScope {
    pub(crate) fn place(self, reader: &LogReader, cleaning: &CleaningRecord) -> HistoryPlace {
        match self.0 {
            Some(_) => reader.place_of(cleaning),
            None => reader.place_in_log(cleaning),
        }
    }

    pub(crate) fn read(self, cursor: Option<&str>) -> Result<Option<HistoryPlace>, HttpError> {
        let Some(text) = cursor else { return Ok(None) };
        let place = HistoryPlace::from_bytes(PageCursor::read(text)?.bytes());
        if place.is_in_log() == self.0.is_none() { Ok(Some(place)) } else { Err(bad_cursor()) }
    }

    /// Refuses a cursor of another history. `first` is the row that was found from there on: nearly always the very one that
    /// the cursor names. It is another one after a clock was corrected; then the entry says whose it is.
    pub(crate) fn check(
        self,
        reader: &LogReader,
        cursor: Option<HistoryPlace>,
        first: Option<HistoryPlace>,
    ) -> Result<(), HttpError> {
        let Some(cursor) = cursor.filter(|cursor| first != Some(*cursor)) else { return Ok(()) };
        match reader.event_at(cursor).map_err(store_error)? {
            Some(Event::CleaningRecorded(body)) if self.0.is_none_or(|own| own == body.tag) => Ok(()),
            Some(Event::UseRecorded(body)) if self.0 == Some(body.tag) => Ok(()),
            _ => Err(bad_cursor()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_has_one_spelling_and_anything_else_is_refused() {
        let of = record::kinds::EntryRef { epoch: "3-00ab0102".parse().unwrap(), seq: 7 };
        for place in [HistoryPlace::new(-5, of), HistoryPlace::new(i64::MAX, of), HistoryPlace::in_log(of)] {
            let text = PageCursor::from(place).to_string();
            assert_eq!(text.len(), 26);
            let read = PageCursor::read(&text).unwrap();
            assert_eq!(HistoryPlace::from_bytes(read.bytes()), place);
            assert!(PageCursor::read(&text.to_lowercase()).is_err() || text == text.to_lowercase());
        }
        for wrong in [
            "",
            "0",
            "900000",
            "-1",
            "8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
            "\u{fffd}",
            &"0".repeat(27),
            "3-00ab0102.7",
        ] {
            let problem = PageCursor::read(wrong).unwrap_err();
            assert_eq!((problem.status.as_u16(), problem.field.as_deref()), (400, Some("cursor")), "{wrong}");
        }
    }

    #[test]
    fn places_sort_as_their_bytes_do() {
        let of = |n: u32, seq| record::kinds::EntryRef { epoch: record::ids::Epoch { n, key: [1; 4] }, seq };
        let places = [
            HistoryPlace::in_log(of(1, 9)),
            HistoryPlace::new(-5, of(2, 1)),
            HistoryPlace::new(0, of(1, 3)),
            HistoryPlace::new(0, of(2, 0)),
            HistoryPlace::new(7, of(1, 0)),
        ];
        assert!(places.is_sorted());
        assert!(places.map(HistoryPlace::to_bytes).is_sorted());
        assert!(places.iter().all(|place| place.older() < *place));
    }
}
