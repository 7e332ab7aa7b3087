//! Buttons that lead away from a scan page for a moment: signing in, another language and another protocol. What was
//! entered is preserved.

use http::HeaderValue;
use record::ids::ProtocolId;
use service::attempts::ClientNetwork;
use web::answer::WithHeaders;
use web::error::HttpError;
use words::Language;

use crate::web::answer::with_cookies;
use crate::web::commands::photo_upload::PhotoOutcome;
use crate::web::context::AppState;
use crate::web::pages::phone::scan::contact_time::find_timer;
use crate::web::pages::phone::scan::submit::ScanSubmission;
use crate::web::pages::phone::scan::view::ScanProblem;
use crate::web::pages::phone::tag_answer::TagAnswer;
use crate::web::request::client::browser::BrowserClient;
use crate::web::request::client::cookies;

const SIGN_IN: &str = "sign_in";
const LANGUAGE: &str = "language";
/// Those that lead to the page by another of the item's protocols.
const INSTEAD: &str = "instead";

impl ScanSubmission {
    /// Whether the pressed button records nothing.
    pub(super) fn leaves_page(&self) -> bool {
        [SIGN_IN, LANGUAGE, INSTEAD].iter().any(|name| self.form.get(name).is_some())
    }

    pub(super) async fn leave_page(
        mut self,
        state: &AppState,
        browser: &BrowserClient,
    ) -> Result<WithHeaders<TagAnswer>, HttpError> {
        let mut problems = Vec::new();
        match &self.photo {
            PhotoOutcome::Stored(hash) => self.token.photo = Some(*hash),
            PhotoOutcome::Refused(refusal) => problems.push(ScanProblem::Photo(*refusal)),
            PhotoOutcome::None | PhotoOutcome::Follows(_) | PhotoOutcome::NoRoom => {}
        }
        let language = Language::from_code(self.form.text(LANGUAGE));
        let cookies = language.map(|language| cookies::set_language(language, self.from.secure));
        let cookies: Vec<Option<HeaderValue>> = cookies.into_iter().flatten().collect();
        let from = ClientNetwork::of(self.from.remote);
        let instead: Option<ProtocolId> = self.form.get(INSTEAD).and_then(|id| id.parse().ok());
        let mut view = self.again(problems, self.stale);
        if instead.is_some() {
            // Its steps are others; those that were ticked when its own contact time was started were done.
            let timer = find_timer(state, self.tag, instead, &self.now);
            view.entered.ticked = timer.map(|timer| timer.ticks).unwrap_or_default();
            view.entered.protocol = instead;
        }
        let Some(draft) = view.store_draft(state, from, self.device.id()) else {
            return Ok(with_cookies(view.answer(state).await?, cookies));
        };
        let sign_in = self.form.get(SIGN_IN).and_then(|_| browser.sign_in_address_for(state, &draft));
        let cookies = cookies.into_iter().chain([self.device.set_cookie()]);
        // Where the box does not answer any more, the installed page opens by the same protocol.
        let followed = instead.map(|id| format!("{draft}&protocol={id}"));
        Ok(with_cookies(TagAnswer::to(&sign_in.or(followed).unwrap_or(draft))?, cookies))
    }
}
