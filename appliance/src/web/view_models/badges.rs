//! The badges of a person, as their page lists them.

use words::{S0, SafeHtml, fill_slots};

use crate::identity::StaffBadge;
use crate::web::view_models::wording::PageWording;
use crate::web::words::PeopleWords;

/// One of them; nothing of what is on it.
pub(crate) struct StaffBadgeRow {
    /// Names it in addresses.
    pub(crate) id: String,
    /// Since when.
    pub(crate) added: SafeHtml,
    /// When it was used last.
    pub(crate) used: String,
    /// Why it proves nothing any more.
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
