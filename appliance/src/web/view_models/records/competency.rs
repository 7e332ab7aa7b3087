//! Sign-offs in words: whether somebody may clean by a protocol, and until when.

use record::fold::CompetencyGrant;

use crate::web::view_models::page::wording::PageWording;
use crate::web::words::PeopleWords;

const ENDING_DAYS: i32 = 30;

pub(crate) struct GrantBadge {
    pub(crate) words: String,
    pub(crate) class: &'static str,
}

pub(crate) fn word_grant(
    w: PeopleWords,
    wording: &PageWording,
    grant: Option<&CompetencyGrant>,
) -> GrantBadge {
    let Some(grant) = grant.filter(|grant| !grant.ended) else {
        return GrantBadge { words: w.sign_off_none(), class: "" };
    };
    let Some(until) = grant.until else { return GrantBadge { words: w.sign_off_holds(), class: "ok" } };
    let day = wording.dates().numbered_day(until.number());
    match wording.local().today().map(|today| until.number() - today.number()) {
        Some(left) if left < 0 => GrantBadge { words: w.sign_off_over(day), class: "late" },
        Some(left) if left <= ENDING_DAYS => GrantBadge { words: w.sign_off_until(day), class: "due" },
        _ => GrantBadge { words: w.sign_off_until(day), class: "ok" },
    }
}
