//! What changed of a person’s access lately, as the log has it.

use record::entry::{CommandSource, Entry};
use record::fold::FacilityState;
use record::ids::StaffId;
use record::kinds::{AccessChange, Event};
use web::error::HttpError;
use words::{S0, S1, S2, SafeHtml, fill_slots};

use crate::store::LogReader;
use crate::web::access::staff_session::StaffSession;
use crate::web::commands::run::entry_by;
use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::view_models::page::entry_times::WrittenTime;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::{PageWords, PeopleWords};

/// A line for each change on record, newest first.
pub(super) async fn list_access_changes(
    state: &AppState,
    signed: &StaffSession,
    staff: StaffId,
) -> Result<Vec<SafeHtml>, HttpError> {
    let (page_words, w): (PageWords, PeopleWords) = signed.words();
    let lines = read_quick(state, move |state, reader| {
        let facility = state.store.snapshot();
        let local = Snapshot::of(state, &facility).local;
        let wording = PageWording::new(page_words, &local);
        let look = AccessLook { w, wording: &wording, facility: &facility, reader };
        let Some(member) = facility.staff.get(&staff) else { return Ok(Vec::new()) };
        let mut lines = Vec::new();
        for of in member.access.iter().rev() {
            // An entry lost in a gap is listed again once the gap is filled.
            lines.extend(entry_by(reader, *of)?.and_then(|(entry, event)| look.line(&entry, &event)));
        }
        Ok(lines)
    });
    lines.await
}

struct AccessLook<'a> {
    w: PeopleWords,
    wording: &'a PageWording,
    facility: &'a FacilityState,
    reader: &'a LogReader,
}

impl AccessLook<'_> {
    fn line(&self, entry: &Entry, event: &Event) -> Option<SafeHtml> {
        let Event::AccessChanged(change) = event else { return None };
        let written = WrittenTime::of(self.facility, &entry.head().at);
        let when = self.wording.marked_time(written.ms, written.certainty).to_html();
        let (what, who) = (self.w.access_change(&change_key(&change.what)), self.author(entry));
        Some(match change.name.as_str() {
            "" => fill_slots(self.w.person_access_line(what, S0, S1), [when, who]),
            name => {
                let line = self.w.person_access_token(S0, what, S1, S2);
                fill_slots(line, [SafeHtml::entered(name), when, who])
            }
        })
    }

    fn author(&self, entry: &Entry) -> SafeHtml {
        let by = entry.head().by;
        match (by.staff, by.via) {
            (Some(staff), _) => {
                StoredText::of_staff(self.reader, self.facility, staff).to_html(self.wording.words())
            }
            (None, CommandSource::Socket) => fill_slots(self.w.program_command_line(), []),
            (None, _) => fill_slots(self.w.access_change_box(), []),
        }
    }
}

fn change_key(what: &AccessChange) -> String {
    match what {
        AccessChange::Other(_) => "other".to_owned(),
        known => known.as_str().replace(' ', "-"),
    }
}
