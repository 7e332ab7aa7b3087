//! The response to a phone whose submission is recorded, now or before.

use record::receipt::Receipt;
use web::answer::WithHeaders;
use web::error::HttpError;

use crate::intake::{ClaimedCleaner, CleaningForm};
use crate::web::answer::with_cookies;
use crate::web::commands::photo_follow::attach_late_photo;
use crate::web::commands::photo_upload::PhotoOutcome;
use crate::web::commands::run::{CommandOutcome, by_key, find_earlier};
use crate::web::context::AppState;
use crate::web::pages::phone::scan::lot::remember_lot;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::client::device::RequestDevice;

/// A phone that resends what was recorded gets its receipt, even while the tag's item is unknown; others get `answer`.
pub(super) async fn recorded_before(
    state: &AppState,
    key: Option<String>,
    answer: TagAnswer,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let earlier = match key {
        Some(key) => find_repeated(state, &key).await,
        None => None,
    };
    let answer = match earlier {
        Some(done) => TagAnswer::to(&format!("/r/{}", Receipt::of(done.line.of, done.leaf)))?,
        None => answer,
    };
    Ok(with_cookies(answer, []))
}

async fn find_repeated(state: &AppState, key: &str) -> Option<CommandOutcome> {
    let (line, _) = by_key(state, key).await?;
    find_earlier(state, line).await.ok()
}

pub(super) fn recorded_answer(
    state: &AppState,
    device: &RequestDevice,
    done: CommandOutcome,
    form: &CleaningForm,
    photo: PhotoOutcome,
) -> Result<WithHeaders<TagAnswer>, HttpError> {
    let message = if matches!(photo, PhotoOutcome::NoRoom) { "?photo=no-room" } else { "" };
    if let PhotoOutcome::Follows(photo) = photo {
        attach_late_photo(state, done, photo);
    }
    let answer = TagAnswer::to(&format!("/r/{}{message}", Receipt::of(done.line.of, done.leaf)))?;
    let name = match &form.who {
        ClaimedCleaner::Entered(name) | ClaimedCleaner::Listed { name, .. } => {
            Some(name.trim()).filter(|n| !n.is_empty())
        }
        _ => None,
    };
    let lot = remember_lot(&state.store.snapshot(), form, state.known_now_ms());
    Ok(with_cookies(answer, [device.set_cookie(), name.and_then(|name| device.set_name(name)), lot]))
}
