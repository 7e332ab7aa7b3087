//! What the entry of a sign-off says beside its day.

use record::ids::StaffId;
use record::kinds::{EntryRef, Event};
use web::error::HttpError;

use crate::store::LogReader;
use crate::web::commands::run::entry_by;
use crate::web::log_reads::StoredText;

pub(crate) fn read_grant(
    reader: &LogReader,
    of: EntryRef,
) -> Result<(Option<StaffId>, Option<StoredText>), HttpError> {
    let Some((entry, event)) = entry_by(reader, of)? else { return Ok((None, None)) };
    let text = match event {
        Event::CompetencyGranted(granted) => granted.text,
        Event::CompetencyEnded(ended) => ended.reason,
        _ => None,
    };
    Ok((entry.head().by.staff, text.map(|text| StoredText::read(reader, text.hash))))
}
