//! Errors as whoever asked reads them.

use ::web::answer::Page;
use ::web::error::{FaultWords, HttpError, RequestFault};
use ::web::present::ErrorPresenter;
use askama::Template;
use axum::extract::Request;

use crate::web::Web;
use crate::web::access::CallerSlot;
use crate::web::http_error::{fault_words, link_of};
use crate::web::layout::{Section, Shell};

#[derive(Template)]
#[template(path = "problem.html")]
struct ErrorPage<'a> {
    shell: Shell,
    title: String,
    detail: String,
    safe: String,
    next: &'a str,
    next_href: &'a str,
    /// Under which the log has the cause.
    id: Option<&'a str>,
}

impl ErrorPresenter for Web {
    /// Says who it was once the row's caller is known.
    type Visit = CallerSlot;

    fn begin_visit(&self, request: &mut Request) -> CallerSlot {
        request.extensions().get::<CallerSlot>().cloned().unwrap_or_default()
    }

    fn word_fault(&self, _: &CallerSlot, fault: &RequestFault) -> FaultWords {
        fault_words(fault)
    }

    fn new_error_id(&self) -> [u8; 4] {
        self.random.bytes()
    }

    async fn draw_page(&self, visit: CallerSlot, error: &HttpError, id: &str) -> Result<Page, askama::Error> {
        let (next_href, next) = link_of(error);
        let visitor = visit.get().and_then(|caller| caller.visitor.as_ref());
        let shell = match visitor {
            Some(visitor) => Shell::signed_in(error.title.to_string(), Section::None, visitor),
            None => Shell::open(error.title.to_string()),
        };
        let page = ErrorPage {
            shell,
            title: error.title.to_string(),
            detail: error.detail.to_string(),
            safe: error.safe.to_string(),
            next: &next,
            next_href: &next_href,
            id: error.status.is_server_error().then_some(id),
        };
        page.render().map(Page::of_html)
    }
}
