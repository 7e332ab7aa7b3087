//! Tokens that came over plain HTTP.

use crate::identity::{ApiToken, TokenHand};
use crate::web::context::AppState;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::words::FacilityWords;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// What the box's page says of tokens: which came over plain HTTP. Those that end are alarms.
pub(crate) fn program_notes(
    state: &AppState,
    snapshot: &Snapshot,
    wording: &PageWording,
    w: FacilityWords,
) -> Vec<String> {
    const NAMED_MS: i64 = 30 * DAY_MS;
    let (dates, now_ms) = (wording.dates(), snapshot.now.wall_ms);
    let tokens = state.identity.tokens.all();
    tokens
        .iter()
        .filter_map(|token: &ApiToken| match (token.revoked_by, token.revoked_ms) {
            (Some(TokenHand::Clear), Some(ms)) if now_ms - ms < NAMED_MS => {
                Some(w.note_token_clear(&token.name, dates.day_and_time(ms).text))
            }
            _ => None,
        })
        .collect()
}
