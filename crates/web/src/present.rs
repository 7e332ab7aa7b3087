//! Errors as the one who called reads them: a problem document for programs, a page for people.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::header::{ACCEPT, CONTENT_LENGTH, CONTENT_TYPE, LOCATION};
use http::{HeaderMap, HeaderValue, StatusCode};
use words::Locale;

use crate::answer::Page;
use crate::error::{
    ErrorText, FaultWords, HttpError, OldProblemDocument, PROBLEM_MEDIA, ProblemDocument, RequestFault,
};
use crate::route::{RouteKind, RouteMark};

/// What a program adds to its errors: words, the page, and the id of each occurrence.
pub trait ErrorPresenter: Clone + Send + Sync + 'static {
    /// What of a request is known once its handler has it, such as the language, or a slot which a caller's check fills
    /// with the area that the person is in.
    type Visit: Send + 'static;

    /// Takes down what is needed later; may put a slot into the request's extensions.
    fn begin_visit(&self, request: &mut Request) -> Self::Visit;

    /// The program's words for what this crate refused.
    fn word_fault(&self, visit: &Self::Visit, fault: &RequestFault) -> FaultWords;

    /// In which locale a program reads the problem document: English, where it does not ask for another one.
    fn problem_locale(&self, _: &Self::Visit, _: &HttpError) -> Locale {
        Locale::EnUs
    }

    /// What the request is called already, where something before has named it: the answer's id then.
    fn request_id(&self, _: &Self::Visit) -> Option<String> {
        None
    }

    /// Four random bytes, shown as the answer's id where the request has no name.
    fn new_error_id(&self) -> [u8; 4];

    /// The page of an error, which has all its words, in the layout of the area that the person is in and, where
    /// [`HttpError::is_in_every_locale`], in their language. The id is the request’s, or eight hex digits.
    fn draw_page(
        &self,
        visit: Self::Visit,
        error: &HttpError,
        id: &str,
    ) -> impl Future<Output = Result<Page, askama::Error>> + Send;
}

/// Stays in the extensions of an answer that was made of an error, for log, metrics and tests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorOutcome {
    /// The error's status; of a browser that is sent to sign in it is 401, the answer's is 303.
    pub status: StatusCode,
    /// The error's code.
    pub code: &'static str,
}

/// The outermost layer but for those that a program sets around it: words each [`HttpError`] that comes back.
pub async fn present_errors<P: ErrorPresenter>(
    State(presenter): State<P>,
    mut request: Request,
    next: Next,
) -> Response {
    let reader = Reader::of(&request);
    let visit = presenter.begin_visit(&mut request);
    let mut answer = next.run(request).await;
    match answer.extensions_mut().remove::<HttpError>() {
        Some(error) => present_error(&presenter, visit, error, reader, answer).await,
        None => answer,
    }
}

struct Reader {
    accepts_json_only: bool,
    /// For paths without a row: whether it is below the API.
    is_below_api: bool,
}

impl Reader {
    fn of(request: &Request) -> Self {
        let path = request.uri().path();
        let is_json = accepts_media(request.headers(), "application/json")
            || accepts_media(request.headers(), PROBLEM_MEDIA);
        Self {
            accepts_json_only: is_json && !accepts_media(request.headers(), "text/html"),
            is_below_api: path.starts_with("/api/") || path.starts_with("/box/"),
        }
    }

    fn reads_json(&self, kind: Option<RouteKind>) -> bool {
        match kind {
            Some(
                RouteKind::Api | RouteKind::Old | RouteKind::Webhook | RouteKind::Live | RouteKind::Operator,
            ) => true,
            Some(RouteKind::Page | RouteKind::Form | RouteKind::Asset) => self.accepts_json_only,
            None => self.is_below_api || self.accepts_json_only,
        }
    }
}

fn accepts_media(headers: &HeaderMap, media: &str) -> bool {
    let values = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split([',', ';'])).any(|one| one.trim() == media)
}

async fn present_error<P: ErrorPresenter>(
    presenter: &P,
    visit: P::Visit,
    mut error: HttpError,
    reader: Reader,
    answer: Response,
) -> Response {
    let mark = answer.extensions().get::<RouteMark>().copied();
    let id: String = presenter
        .request_id(&visit)
        .unwrap_or_else(|| presenter.new_error_id().iter().map(|byte| format!("{byte:02x}")).collect());
    if let Some(cause) = &error.cause {
        let row = mark.and_then(|mark| mark.name).unwrap_or("none");
        tracing::error!(id, row, cause, "a request failed");
    }
    let page_location = error.page_location.take();
    let outcome = ErrorOutcome { status: error.status, code: error.code };
    if let Some(fault) = &error.fault {
        let words = presenter.word_fault(&visit, fault);
        add_words(&mut error, words);
    }
    let kind = mark.map(|mark| mark.kind);
    let locale = presenter.problem_locale(&visit, &error);
    let mut made = match page_location {
        _ if reader.reads_json(kind) => write_problem(&error, kind, &id, locale),
        Some(location) => {
            write_redirect(&location).unwrap_or_else(|| write_problem(&error, kind, &id, locale))
        }
        None => match presenter.draw_page(visit, &error, &id).await {
            Ok(page) => (error.status, page).into_response(),
            Err(failure) => {
                tracing::error!(id, %failure, "the page of an error could not be drawn");
                write_problem(&error, kind, &id, locale)
            }
        },
    };
    // Headers and extensions stay: those of the handler's layers, and the program's notes.
    let (mut head, _) = answer.into_parts();
    head.headers.remove(CONTENT_TYPE);
    head.headers.remove(CONTENT_LENGTH);
    made.headers_mut().extend(head.headers);
    *made.extensions_mut() = head.extensions;
    made.extensions_mut().insert(outcome);
    made
}

fn add_words(error: &mut HttpError, words: FaultWords) {
    let HttpError { title, detail, safe, next, .. } = error;
    for (own, other) in [(title, words.title), (detail, words.detail), (safe, words.safe), (next, words.next)]
    {
        if own.is_empty() {
            *own = other;
        }
    }
}

fn write_text(locale: Locale, text: &ErrorText) -> String {
    text.in_locale(locale).into_owned()
}

fn write_problem(error: &HttpError, kind: Option<RouteKind>, id: &str, locale: Locale) -> Response {
    let problem = ProblemDocument {
        r#type: format!("/problems/{}", error.code),
        title: write_text(locale, &error.title),
        status: error.status.as_u16(),
        detail: write_text(locale, &error.detail),
        field: error.field.as_deref().map(str::to_owned),
        safe: write_text(locale, &error.safe),
        next: write_text(locale, &error.next),
        id: id.to_owned(),
    };
    let body = if kind == Some(RouteKind::Old) {
        let message = problem.title.clone();
        serde_json::to_vec(&OldProblemDocument { problem, success: false, message })
    } else {
        serde_json::to_vec(&problem)
    };
    // Texts and a number: serialization cannot fail.
    (error.status, [(CONTENT_TYPE, PROBLEM_MEDIA)], body.unwrap_or_default()).into_response()
}

fn write_redirect(location: &str) -> Option<Response> {
    let location = HeaderValue::from_str(location).ok()?;
    Some((StatusCode::SEE_OTHER, [(LOCATION, location)]).into_response())
}
