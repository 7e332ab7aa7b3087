//! Pages, and what a form answers: a page elsewhere, or itself once more.

use axum::response::{IntoResponse, Response};
use http::header::{CONTENT_LANGUAGE, CONTENT_TYPE, RETRY_AFTER, VARY};
use http::{HeaderValue, StatusCode};
use memchr::{memchr_iter, memmem};
use words::Locale;

use super::redirect::SeeOther;
use crate::error::HttpError;
use crate::route::{Answer, AnswerBody, Operation};

/// The `Content-Type` of a page.
pub const HTML_MEDIA: &str = "text/html; charset=utf-8";

/// A drawn page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    html: String,
    locale: Option<Locale>,
}

impl Page {
    /// HTML that was drawn before, whole. The indentation of templates, which no reader sees, leaves it.
    pub fn of_html(html: String) -> Self {
        Self { html: squeeze_indentation(html), locale: None }
    }

    /// Draws a template.
    ///
    /// # Errors
    /// A template that cannot be drawn is the program's failure (500).
    pub fn draw(template: &impl askama::Template) -> Result<Self, HttpError> {
        template.render().map(Self::of_html).map_err(|error| HttpError::internal(&error))
    }

    /// The same page, which other readers get in other languages: marks that, and its own language.
    pub fn in_locale(self, locale: Locale) -> Self {
        Self { locale: Some(locale), ..self }
    }
}

impl IntoResponse for Page {
    fn into_response(self) -> Response {
        let mut answer = ([(CONTENT_TYPE, HTML_MEDIA)], self.html).into_response();
        if let Some(locale) = self.locale {
            let headers = answer.headers_mut();
            headers.insert(CONTENT_LANGUAGE, HeaderValue::from_static(locale.html_lang()));
            headers.insert(VARY, HeaderValue::from_static("Accept-Language, Cookie"));
        }
        answer
    }
}

impl Answer for Page {
    fn describe(operation: &mut Operation<'_>) {
        operation.add_answer(StatusCode::OK, Some("text/html"), AnswerBody::Page);
    }
}

/// Removes the spaces at the start of a line that begins with a tag: a template has one element a line, and
/// what a list repeats a hundred times costs more to pack than to remove. Values are safe: in them `<` is
/// escaped, so only the end of a text field may follow what somebody entered.
fn squeeze_indentation(html: String) -> String {
    // Every space in such an element is shown.
    if memmem::find(html.as_bytes(), b"<pre").is_some() {
        return html;
    }
    let mut squeezed = String::with_capacity(html.len());
    let mut copied = 0;
    for line_end in memchr_iter(b'\n', html.as_bytes()) {
        let after = &html[line_end + 1..];
        let spaces = after.bytes().take_while(|byte| *byte == b' ').count();
        if spaces > 0 && after[spaces..].starts_with('<') && !after[spaces..].starts_with("</textarea") {
            squeezed.push_str(&html[copied..=line_end]);
            copied = line_end + 1 + spaces;
        }
    }
    squeezed.push_str(&html[copied..]);
    squeezed
}

/// Why a form's page comes once more, with all that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormRecall {
    /// Fields do not fit (422).
    Invalid,
    /// Somebody changed the same thing meanwhile (409).
    Conflicting,
    /// Too many were sent, such as tries to sign in (429).
    TooMany {
        /// Seconds until the next may come, for `Retry-After`.
        wait_s: u64,
    },
}

impl FormRecall {
    const STATUSES: [StatusCode; 3] =
        [StatusCode::UNPROCESSABLE_ENTITY, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS];

    /// The status of the page.
    pub fn status(self) -> StatusCode {
        match self {
            Self::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Conflicting => StatusCode::CONFLICT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
        }
    }
}

/// What a form answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormReply {
    /// It was done; the browser is redirected (303).
    Done(SeeOther),
    /// It was not done; its page once more.
    Again(FormRecall, Page),
}

impl IntoResponse for FormReply {
    fn into_response(self) -> Response {
        match self {
            Self::Done(to) => to.into_response(),
            Self::Again(recall, page) => {
                let mut answer = (recall.status(), page).into_response();
                if let FormRecall::TooMany { wait_s } = recall {
                    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from(wait_s));
                }
                answer
            }
        }
    }
}

impl Answer for FormReply {
    fn describe(operation: &mut Operation<'_>) {
        SeeOther::describe(operation);
        for status in FormRecall::STATUSES {
            operation.add_answer(status, Some("text/html"), AnswerBody::Page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn squeezed(html: &str) -> String {
        squeeze_indentation(html.to_owned())
    }

    fn too_many_page() -> Page {
        Page::of_html("<p>Too many".to_owned())
    }

    #[test]
    fn a_form_that_comes_too_often_says_for_how_long() {
        for (recall, header) in [
            (FormRecall::TooMany { wait_s: 42 }, Some("42")),
            (FormRecall::Invalid, None),
            (FormRecall::Conflicting, None),
        ] {
            let answer = FormReply::Again(recall, too_many_page()).into_response();
            assert_eq!(answer.status(), recall.status());
            assert!(FormRecall::STATUSES.contains(&recall.status()), "{recall:?}");
            let found = answer.headers().get(RETRY_AFTER).map(|value| value.to_str().unwrap());
            assert_eq!(found, header, "{recall:?}");
        }
    }

    #[test]
    fn indentation_before_a_tag_leaves() {
        assert_eq!(
            squeezed("<ul>\n    <li>\n      <b>a</b>\n\n    </li>\n</ul>\n"),
            "<ul>\n<li>\n<b>a</b>\n\n</li>\n</ul>\n"
        );
        assert_eq!(squeezed(""), "");
        assert_eq!(squeezed("a b"), "a b");
    }

    #[test]
    fn what_somebody_typed_stays_as_it_is() {
        for typed in [
            "<p>first\n   second</p>",
            "<input value=\"first\n   &lt;b&gt;\n\n \">",
            "<textarea>\n\n  first\n    \n  </textarea>",
            "<pre>\n   <b>wide</b>\n   <i>text</i></pre>",
        ] {
            assert_eq!(squeezed(typed), typed);
        }
    }
}
