//! Words a fault: a page for people, `application/problem+json` for programs.

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde::Serialize;

use crate::web::http_error::{Fault, form_urlencoded};
use crate::web::layout::{Shell, page, see_other};

impl Fault {
    /// For a program: RFC 9457.
    pub(crate) fn problem(&self) -> Response<Body> {
        let words = self.words();
        let (field, expects) = match self {
            Self::Parameter { field, expects } => (Some(*field), Some(*expects)),
            _ => (None, None),
        };
        let problem = Problem {
            r#type: format!("/problems/{}", words.code),
            title: words.title,
            status: self.status().as_u16(),
            detail: expects.unwrap_or(words.detail),
            field,
            safe: words.safe,
            next: words.next_api,
            id: self.number(),
        };
        // Strings and a number: there is nothing in it that JSON could refuse.
        let mut answer = Response::new(Body::from(serde_json::to_vec(&problem).unwrap_or_default()));
        let kind = HeaderValue::from_static("application/problem+json");
        answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        if matches!(self, Self::NoToken | Self::TokenExpired | Self::TokenRevoked) {
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        self.stamped(answer)
    }

    /// For a person.
    pub(crate) fn page(&self) -> Response<Body> {
        if let Self::SignIn(next) = self {
            let next: String = form_urlencoded(next);
            return see_other(&format!("/login?next={next}")).unwrap_or_default();
        }
        let words = self.words();
        let template = ProblemPage {
            shell: Shell::open(words.title),
            title: words.title,
            detail: words.detail,
            safe: words.safe,
            next: words.next,
            next_href: words.next_href,
            id: self.number(),
        };
        // A template of constants: it renders or the build is broken.
        self.stamped(page(self.status(), &template).unwrap_or_default())
    }

    fn stamped(&self, mut answer: Response<Body>) -> Response<Body> {
        *answer.status_mut() = self.status();
        let headers = answer.headers_mut();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if matches!(self, Self::Busy | Self::Away(_)) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        answer
    }
}

/// Words the fault in an answer, or an answer that axum refused by itself.
pub(crate) fn render(path: &str, mut answer: Response<Body>) -> Response<Body> {
    let fault = answer.extensions_mut().remove::<Fault>();
    let worded = answer.headers().contains_key(header::CACHE_CONTROL);
    let failed = answer.status().is_client_error() || answer.status().is_server_error();
    let fault = match fault {
        Some(fault) => fault,
        None if failed && !worded => Fault::of_status(answer.status()),
        None => return answer,
    };
    let mut made = if path.starts_with("/api/") { fault.problem() } else { fault.page() };
    if let Some(allow) = answer.headers_mut().remove(header::ALLOW) {
        made.headers_mut().insert(header::ALLOW, allow);
    }
    made
}

#[derive(Serialize)]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    status: u16,
    detail: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    safe: &'a str,
    next: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    shell: Shell,
    title: &'a str,
    detail: &'a str,
    safe: &'a str,
    next: &'a str,
    next_href: &'a str,
    id: Option<&'a str>,
}
