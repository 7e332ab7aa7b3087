//! The refusal that every handler answers with.

use std::any::Any;
use std::borrow::Cow;

use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode};
use service::signature::SignatureFault;

use super::fault::RequestFault;
use super::text::ErrorText;

/// A link on from an error: an address of this program, and the link's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorLink {
    /// Path, and query where there is one.
    pub to: String,
    /// The link's words.
    pub words: ErrorText,
}

/// Why a request did not do what it should.
///
/// It travels as an extension of an empty answer, so that middleware sees it before it is worded;
/// [`crate::present::present_errors`] makes a page or a problem document of it.
#[derive(Debug, Clone)]
pub struct HttpError {
    /// 4xx or 5xx.
    pub status: StatusCode,
    /// One word for programs, the last part of the problem's `type`; it never changes.
    pub code: &'static str,
    /// What this crate refused. The texts below that are empty are the program's words for it.
    pub fault: Option<RequestFault>,
    /// What happened, in a few words.
    pub title: ErrorText,
    /// What happened, whole.
    pub detail: ErrorText,
    /// Which field, parameter or header it is about.
    pub field: Option<Cow<'static, str>>,
    /// What became of the data.
    pub safe: ErrorText,
    /// What to do now.
    pub next: ErrorText,
    /// Where that can be done, the best first.
    pub links: Vec<ErrorLink>,
    /// Where a browser is sent (303) in place of a page, such as to sign in.
    pub page_location: Option<String>,
    /// Headers of the answer, such as `Retry-After`.
    pub headers: HeaderMap,
    /// The cause, for the log only.
    pub cause: Option<String>,
    /// What the program's own middleware reads of it, such as a row for the audit of access.
    pub notes: Extensions,
}

impl HttpError {
    /// With a title; the other texts are empty.
    pub fn new(status: StatusCode, code: &'static str, title: impl Into<ErrorText>) -> Self {
        Self {
            status,
            code,
            fault: None,
            title: title.into(),
            detail: ErrorText::default(),
            field: None,
            safe: ErrorText::default(),
            next: ErrorText::default(),
            links: Vec::new(),
            page_location: None,
            headers: HeaderMap::new(),
            cause: None,
            notes: Extensions::new(),
        }
    }

    /// The program's own failure: the cause and what caused that go to the log under the answer's id.
    pub fn internal(cause: &(dyn std::error::Error + 'static)) -> Self {
        let chain = std::iter::successors(Some(cause), |error| error.source());
        let chain: Vec<String> = chain.map(ToString::to_string).collect();
        Self { cause: Some(chain.join(": ")), ..RequestFault::Failed.into() }
    }

    /// What happened, whole.
    pub fn detail(self, words: impl Into<ErrorText>) -> Self {
        Self { detail: words.into(), ..self }
    }

    /// Which field, parameter or header it is about.
    pub fn field(self, name: impl Into<Cow<'static, str>>) -> Self {
        Self { field: Some(name.into()), ..self }
    }

    /// What became of the data.
    pub fn safe(self, words: impl Into<ErrorText>) -> Self {
        Self { safe: words.into(), ..self }
    }

    /// What to do now.
    pub fn next(self, words: impl Into<ErrorText>) -> Self {
        Self { next: words.into(), ..self }
    }

    /// One more link.
    pub fn link(mut self, to: impl Into<String>, words: impl Into<ErrorText>) -> Self {
        self.links.push(ErrorLink { to: to.into(), words: words.into() });
        self
    }

    /// Sends browsers to this address in place of a page.
    pub fn page_location(self, to: impl Into<String>) -> Self {
        Self { page_location: Some(to.into()), ..self }
    }

    /// A header of the answer.
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.append(name, value);
        self
    }

    /// Whether every text that people read of it is a message: else its page is in English, so that no page has two languages.
    pub fn is_in_every_locale(&self) -> bool {
        let texts = [&self.title, &self.detail, &self.safe, &self.next];
        texts.into_iter().chain(self.links.iter().map(|link| &link.words)).all(ErrorText::is_in_every_locale)
    }

    /// A value for the program's own middleware.
    pub fn note<T: Clone + Send + Sync + 'static>(mut self, value: T) -> Self {
        self.notes.insert(value);
        self
    }
}

impl From<RequestFault> for HttpError {
    fn from(fault: RequestFault) -> Self {
        let answer = fault.answer();
        let field = answer.field.map(Cow::Owned);
        Self { field, fault: Some(fault), ..Self::new(answer.status, answer.code, ErrorText::default()) }
    }
}

impl From<SignatureFault> for HttpError {
    fn from(fault: SignatureFault) -> Self {
        let (status, code) = fault.answer();
        let next = "Send it again at the present time, signed by a secret that both sides have";
        Self::new(status, code, "The signature is not accepted")
            .detail(fault.to_string())
            .safe("Nothing was taken from this message")
            .next(next)
    }
}

impl IntoResponse for HttpError {
    fn into_response(mut self) -> Response {
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = self.status;
        *answer.headers_mut() = std::mem::take(&mut self.headers);
        *answer.extensions_mut() = std::mem::take(&mut self.notes);
        answer.extensions_mut().insert(self);
        answer
    }
}

/// The answer for a handler that panicked, as the layer that catches panics takes it: one bug must not stop a program.
#[expect(clippy::needless_pass_by_value, reason = "the layer that catches panics hands it over")]
pub fn answer_panic(panic: Box<dyn Any + Send + 'static>) -> Response {
    let words = panic.downcast_ref::<String>().map(String::as_str);
    let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("without words");
    let cause = Some(format!("a handler panicked: {words}"));
    HttpError { cause, ..RequestFault::Panicked.into() }.into_response()
}
