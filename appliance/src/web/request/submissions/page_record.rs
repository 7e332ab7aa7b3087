//! One cleaning that came over two channels: from the item's own page, whose answer was lost, and from the phone's queue. Both carry
//! the key of the page.

use record::fold::LinePlace;
use record::kinds::{CleanedBy, CleaningRecorded, Event};
use record::tag::Tag;
use web::error::HttpError;

use crate::intake::{ClaimedCleaner, Command, command_digest, find_named_item};
use crate::web::commands::run::{CommandOutcome, by_key, find_earlier, read_event};
use crate::web::context::AppState;
use crate::web::log_reads::{StoredText, read_quick};
use crate::web::request::submissions::phone_submission::SubmissionJson;

async fn find_cleaning(
    state: &AppState,
    line: LinePlace,
    tag: Tag,
) -> Result<Option<CleaningRecorded>, HttpError> {
    let Some((_, Event::CleaningRecorded(body))) = read_event(state, line).await? else { return Ok(None) };
    let facility = state.store.snapshot();
    let first = find_named_item(&facility, tag).map(|item| item.tag);
    Ok(Some(*body).filter(|body| find_named_item(&facility, body.tag).map(|item| item.tag) == first))
}

/// What the page recorded, where a record of the phone says the same. Who cleaned may have been proven there: that is
/// nothing that a phone stores.
pub(crate) async fn find_sent_by_page(
    state: &AppState,
    document: &SubmissionJson,
    tag: Tag,
) -> Result<Option<CommandOutcome>, HttpError> {
    let Some((line, earlier)) = by_key(state, document.id()).await else { return Ok(None) };
    let Some(body) = find_cleaning(state, line, tag).await? else { return Ok(None) };
    let proven = match body.who {
        CleanedBy::Pin { staff, .. } => vec![ClaimedCleaner::Pin(staff)],
        CleanedBy::Badge { staff } => vec![ClaimedCleaner::Badge(staff)],
        CleanedBy::Entered { staff: Some(staff), .. } => {
            let name = read_quick(state, move |state, reader| {
                Ok(StoredText::of_staff(reader, &state.store.facility(), staff).readable())
            });
            name.await?.map(|name| ClaimedCleaner::Listed { staff, name }).into_iter().collect()
        }
        _ => Vec::new(),
    };
    let forms = document.page_forms(body.tag, proven).into_iter();
    let mut commands = forms.map(|form| Command::RecordCleaning(Box::new(form)));
    match commands.any(|command| command_digest(document.id(), &command) == Some(earlier)) {
        true => find_earlier(state, line).await.map(Some),
        false => Ok(None),
    }
}

pub(crate) async fn find_sent_by_queue(
    state: &AppState,
    submission: &str,
    tag: Tag,
) -> Result<Option<CommandOutcome>, HttpError> {
    let Some((line, _)) = by_key(state, submission).await else { return Ok(None) };
    match find_cleaning(state, line, tag).await?.filter(|body| body.queued.is_some()) {
        Some(_) => find_earlier(state, line).await.map(Some),
        None => Ok(None),
    }
}
