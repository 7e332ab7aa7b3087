//! Errors as whoever asked reads them.

use ::web::answer::Page;
use ::web::error::{ErrorText, FaultWords, HttpError, RequestFault};
use ::web::present::ErrorPresenter;
use askama::Template;
use axum::extract::Request;
use axum::http::StatusCode;
use words::{Language, Locale};

use crate::web::WebContext;
use crate::web::access::CallerSlot;
use crate::web::entered_form::EnteredForm;
use crate::web::http_error::{fault_words, link_of};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::words::{ErrorWords, TextReader, find_reader, open_words, set_reader};

#[derive(Template)]
#[template(path = "problem.html")]
struct ErrorPage<'a> {
    shell: PageLayout,
    title: String,
    detail: String,
    safe: String,
    next: String,
    next_href: &'a str,
    /// What was entered into a form that was refused, and where all of it can be sent once more.
    entered: Option<EnteredView<'a>>,
    /// Under which the log has the cause: a sentence.
    id: Option<String>,
}

struct EnteredView<'a> {
    w: ErrorWords,
    lines: String,
    repeats_to: Option<&'a str>,
    fields: Vec<(&'a str, &'a str)>,
}

impl<'a> EnteredView<'a> {
    fn of(form: &'a EnteredForm, error: &HttpError, csrf: Option<&str>) -> Self {
        let (w, lines, fields) = (open_words(), form.lines(), form.fields().collect());
        // Another session has another secret.
        let repeats = error.status == StatusCode::SERVICE_UNAVAILABLE;
        let repeats_to = form.repeats_to(csrf).filter(|_| repeats);
        Self { w, lines, repeats_to, fields }
    }
}

impl ErrorPresenter for WebContext {
    /// Says who it was once the row's caller is known.
    type Visit = CallerSlot;

    fn begin_visit(&self, request: &mut Request) -> CallerSlot {
        request.extensions().get::<CallerSlot>().cloned().unwrap_or_default()
    }

    fn word_fault(&self, _: &CallerSlot, fault: &RequestFault) -> FaultWords {
        fault_words(fault)
    }

    fn problem_locale(&self, _: &CallerSlot, error: &HttpError) -> Locale {
        let locale = find_reader().locale;
        if error.is_in_every_locale() { locale } else { locale.in_language(Language::English) }
    }

    fn request_id(&self, visit: &CallerSlot) -> Option<String> {
        visit.request_id()
    }

    fn new_error_id(&self) -> [u8; 4] {
        self.random.bytes()
    }

    async fn draw_page(&self, visit: CallerSlot, error: &HttpError, id: &str) -> Result<Page, askama::Error> {
        let (next_href, next) = link_of(error);
        let reader = find_reader();
        if !error.is_in_every_locale() {
            // A page is in one language.
            set_reader(TextReader { locale: reader.locale.in_language(Language::English), ..reader });
        }
        let locale = find_reader().locale;
        let default_text = |text: &ErrorText| text.in_locale(locale).into_owned();
        let title = default_text(&error.title);
        let visitor = visit.get().and_then(|caller| caller.visitor.as_ref());
        let shell = match visitor {
            Some(visitor) => PageLayout::signed_in(title.clone(), NavSection::None, visitor),
            None => PageLayout::open(title.clone()),
        };
        let csrf = visitor.map(|visitor| visitor.token.csrf());
        let page = ErrorPage {
            shell,
            title,
            detail: default_text(&error.detail),
            safe: default_text(&error.safe),
            next: default_text(&next),
            next_href: &next_href,
            entered: visit.entered().map(|form| EnteredView::of(form, error, csrf.as_deref())),
            id: error.status.is_server_error().then(|| open_words::<ErrorWords>().error_request(id)),
        };
        page.render().map(Page::of_html)
    }
}
