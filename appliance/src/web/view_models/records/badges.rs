//! The badges of a person, as their page lists them.

use words::{S0, SafeHtml, fill_slots};

use crate::identity::StaffBadge;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::PeopleWords;

pub(crate) struct StaffBadgeRow {
    pub(crate) id: String,
    pub(crate) added: SafeHtml,
    pub(crate) used: String,
    pub(crate) revoked: Option<String>,
}

impl StaffBadgeRow {
    pub(crate) fn of(badge: StaffBadge, p: PeopleWords, wording: &PageWording) -> Self {
        let dates = wording.dates();
        let added = fill_slots(p.person_badge_added(S0), [dates.day_and_time(badge.added_ms).to_html()]);
        let used = match badge.used_ms {
            Some(ms) => p.person_badge_used(dates.day_with_year(ms).text),
            None => p.person_badge_unused(),
        };
        let revoked = badge.revoked_ms.map(|ms| p.person_badge_revoked(dates.day_and_time(ms).text));
        Self { id: badge.id, added, used, revoked }
    }
}
