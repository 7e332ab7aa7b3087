//! A scan page as the answer to a request.

use http::StatusCode;
use record::ids::DeviceId;
use service::attempts::ClientNetwork;
use web::answer::Page;
use web::error::HttpError;

use crate::web::commands::photo_upload::PHOTO_AGAIN_S;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::log_reads::read_quick;
use crate::web::pages::phone::scan::draft::{ScanDraft, ScanDrafts};
use crate::web::pages::phone::scan::page::ScanPageBuilder;
use crate::web::pages::phone::scan::view::{ScanProblem, ScanView};
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::submissions::submission::new_submission;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;

impl ScanView {
    pub(super) async fn answer(self, state: &AppState) -> Result<TagAnswer, HttpError> {
        let of_photo = self.problems.iter().find_map(|problem| match problem {
            ScanProblem::Photo(refusal) => Some(refusal.status),
            ScanProblem::Rule(_) | ScanProblem::Proof(_) => None,
        });
        let status = match of_photo {
            Some(status) => status,
            None if self.problems.is_empty() => StatusCode::OK,
            None => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let page_words = self.words.0;
        let template = read_quick(state, move |state, reader| {
            let facility = state.store.snapshot();
            let snapshot = Snapshot::of(state, &facility);
            let wording = PageWording::new(page_words, &snapshot.local);
            let item = facility.equipment.get(&self.token.tag).ok_or_else(not_found)?;
            let making = ScanPageBuilder {
                timer: state.contact_timers.find_any(self.token.tag, &facility, &snapshot.now),
                view: self,
                wording: &wording,
                state,
                facility: &facility,
                reader,
                snapshot: &snapshot,
                item,
            };
            Ok(making.page())
        });
        let page = Page::draw(&template.await?)?.in_locale(page_words.catalog().locale());
        let answer = TagAnswer::shown(status, page);
        let is_later = status == StatusCode::SERVICE_UNAVAILABLE;
        Ok(if is_later { answer.retry_after_s(PHOTO_AGAIN_S) } else { answer })
    }

    /// The page under an address of its own: it can be loaded again, without starting anything again.
    pub(super) async fn keep(
        self,
        state: &AppState,
        from: ClientNetwork,
        device: DeviceId,
    ) -> Result<TagAnswer, HttpError> {
        match self.store_draft(state, from, device) {
            Some(address) => TagAnswer::to(&format!("{address}#wet")),
            None => self.answer(state).await,
        }
    }

    pub(super) fn store_draft(
        &self,
        state: &AppState,
        from: ClientNetwork,
        device: DeviceId,
    ) -> Option<String> {
        let (tag, id) = (self.token.tag, new_submission(state));
        let (entered, submission) = (self.entered.clone(), self.submission.clone());
        let draft = ScanDraft { token: self.token, entered, submission, device: Some(device) };
        let is_stored = self.problems.is_empty() && state.stored::<ScanDrafts>().keep(&id, from, draft);
        let anyway = if self.anyway { "&anyway=1" } else { "" };
        is_stored.then(|| format!("/t/{tag}?draft={id}{anyway}"))
    }
}
