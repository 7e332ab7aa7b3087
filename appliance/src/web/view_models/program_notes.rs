//! Tokens that are about to end.

use crate::identity::{ApiToken, TokenHand};
use crate::web::context::AppState;
use crate::web::view_models::snapshot::Snapshot;

pub(crate) const DAY_MS: i64 = 86_400_000;

/// What the box's page says of tokens: which end soon, and which came in the clear.
pub(crate) fn notes(state: &AppState, snapshot: &Snapshot) -> Vec<String> {
    /// A token that was revoked by itself is told of for so long.
    const TOLD_MS: i64 = 30 * DAY_MS;
    let (local, now_ms) = (&snapshot.local, snapshot.now.wall_ms);
    let tokens = state.identity.tokens.all();
    let note = |token: &ApiToken| match (token.ends_soon(now_ms), token.revoked_by, token.revoked_ms) {
        (Some(end_ms), _, _) => Some(format!(
            "The token of the program “{}” ends on {}. A facility admin makes a new one under Programs.",
            token.name,
            local.date(end_ms)
        )),
        (None, Some(TokenHand::Clear), Some(ms)) if now_ms - ms < TOLD_MS => Some(format!(
            "The token of the program “{}” was sent without HTTPS {} and was revoked. Give the program the HTTPS \
             address and a new token.",
            token.name,
            local.day_time(ms).text
        )),
        _ => None,
    };
    tokens.iter().filter_map(note).collect()
}
