//! What a form held that was refused for no fault of its sender: nothing changes on the relay now, it is busy or its database away, or
//! their session is over or another one. The page of the error says it again, so that nobody enters it twice.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::web::argument::{FormFields, FormRules as _};
use ::web::error::HttpError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::accounts::session::SessionToken;
use crate::web::access::CallerSlot;
use crate::web::form::FORM_TOKEN;
use crate::web::http_error;
use crate::web::pages::confirm;
use crate::web::pages::member_form::MemberFormRules;

/// Bytes of a form that is said again: the longest names people and places.
const FORM_BYTES_MAX: usize = MemberFormRules::BYTES_MAX;
/// How long the rest of a form is waited for that was refused before it was read.
const REST_WITHIN: Duration = Duration::from_secs(5);
/// Fields that are said to nobody again: each that hides what is entered, as a test holds.
const SECRET_FIELDS: [&str; 9] = [
    confirm::CODE,
    confirm::PASSKEY,
    confirm::PASSWORD,
    "client_secret",
    "code",
    "passkey",
    "passphrase",
    "password",
    "present",
];
/// Fields that a page writes into its form, and that a person only chose.
const PAGE_FIELDS: [&str; 18] = [
    FORM_TOKEN,
    "account",
    "act",
    "all",
    "everywhere",
    "here",
    "id",
    "listed_name",
    "listed_page",
    "next",
    "offer",
    "opened",
    "provider",
    "role",
    "seen",
    "switch",
    "to",
    "username",
];
/// Acts that are a press and nothing else, whatever their form says of what they are about.
const BARE_ACTS: [&str; 7] =
    ["delete", "domain-prove", "domain-remove", "enforce", "group-remove", "leave", "remove"];

/// A form that was refused.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct EnteredForm {
    /// Path and query that it was sent to.
    to: String,
    fields: FormFields,
}

impl fmt::Debug for EnteredForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // There may be a password in it.
        f.debug_struct("EnteredForm").field("to", &self.to).finish_non_exhaustive()
    }
}

impl EnteredForm {
    fn read(to: String, body: &[u8]) -> Option<Self> {
        let fields = FormFields::parse_urlencoded::<MemberFormRules>(body).ok()?;
        let form = Self { to, fields };
        let is_bare = BARE_ACTS.contains(&form.fields.text("act"));
        (!is_bare && !form.lines().is_empty()).then_some(form)
    }

    /// What somebody entered or chose, a line each.
    pub(crate) fn lines(&self) -> String {
        let entered = self.fields.iter().filter(|(name, value)| {
            // A box with a name of two parts is ticked, and its value is for the program.
            !value.trim().is_empty() && !PAGE_FIELDS.contains(name) && !is_secret(name) && !name.contains('.')
        });
        entered.map(|(_, value)| value).collect::<Vec<_>>().join("\n")
    }

    /// Where all of it can be sent once more; nowhere, where a part of it must be entered again, or it is not of the session with
    /// this secret. Where nobody could look whose session it is, the next answer says so.
    pub(crate) fn repeats_to(&self, csrf: Option<&str>) -> Option<&str> {
        let has_secret = self.fields.iter().any(|(name, value)| is_secret(name) && !value.is_empty());
        let is_own = csrf.is_none_or(|csrf| self.fields.text(FORM_TOKEN) == csrf);
        (!has_secret && is_own).then_some(self.to.as_str())
    }

    /// Every field with its value.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter()
    }
}

fn is_secret(name: &str) -> bool {
    SECRET_FIELDS.contains(&name)
}

/// Holds what a form says until it is known that nobody needs it.
pub(crate) async fn hold_entered(request: Request, next: Next) -> Response {
    let slot = request.extensions().get::<CallerSlot>().cloned();
    let Some(slot) = slot.filter(|_| is_short_form(&request)) else {
        return next.run(request).await;
    };
    let to = request.uri().path_and_query().map(ToString::to_string).unwrap_or_default();
    let had_session = has_session(request.headers());
    let (head, body) = request.into_parts();
    let copied = CopiedBody::of(body);
    let mut answer = next.run(Request::from_parts(head, Body::new(copied.clone()))).await;
    let Some(error) = answer.extensions_mut().get_mut::<HttpError>() else { return answer };
    let is_held = match error.status {
        StatusCode::SERVICE_UNAVAILABLE => true,
        // Of a page of our own, or it would not have come here.
        StatusCode::FORBIDDEN => error.code == http_error::FOREIGN,
        StatusCode::UNAUTHORIZED => had_session,
        _ => false,
    };
    if !is_held {
        return answer;
    }
    if let Some(form) = copied.read_whole().await.and_then(|body| EnteredForm::read(to, &body)) {
        // The page says what was entered; its link leads to where the browser would have been sent.
        if let (Some(location), Some(link)) = (error.page_location.take(), error.links.first_mut()) {
            link.to = location;
        }
        slot.hold_entered(form);
    }
    answer
}

/// Whether it is a form that says how long it is, and is no longer than most.
fn is_short_form(request: &Request) -> bool {
    let headers = request.headers();
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    let media = media.and_then(|media| media.split(';').next()).map_or("", str::trim);
    let is_form = media.eq_ignore_ascii_case("application/x-www-form-urlencoded");
    let length = request.body().size_hint().exact();
    request.method() == Method::POST
        && is_form
        && length.is_some_and(|length| length <= FORM_BYTES_MAX as u64)
}

fn has_session(headers: &HeaderMap) -> bool {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.any(|cookies| SessionToken::read(cookies).is_some())
}

/// The body of a request, of which stays what was read.
#[derive(Clone)]
struct CopiedBody(Arc<Mutex<BodyCopy>>);

struct BodyCopy {
    body: Body,
    bytes: Vec<u8>,
}

impl CopiedBody {
    fn of(body: Body) -> Self {
        Self(Arc::new(Mutex::new(BodyCopy { body, bytes: Vec::new() })))
    }

    fn lock(&self) -> MutexGuard<'_, BodyCopy> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// All of it, with what nobody has read yet; nothing where that does not come in time, or is too long.
    async fn read_whole(mut self) -> Option<Vec<u8>> {
        let rest = async {
            while !self.is_end_stream() && self.lock().bytes.len() <= FORM_BYTES_MAX {
                match self.frame().await {
                    Some(Ok(_)) => {}
                    Some(Err(_)) => return None,
                    None => break,
                }
            }
            Some(())
        };
        tokio::time::timeout(REST_WITHIN, rest).await.ok()??;
        let bytes = std::mem::take(&mut self.lock().bytes);
        (bytes.len() <= FORM_BYTES_MAX).then_some(bytes)
    }
}

impl HttpBody for CopiedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut copy = self.lock();
        let frame = ready!(Pin::new(&mut copy.body).poll_frame(context));
        if let Some(Ok(frame)) = &frame
            && let Some(data) = frame.data_ref()
            && copy.bytes.len() <= FORM_BYTES_MAX
        {
            copy.bytes.extend_from_slice(data);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.lock().body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.lock().body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(body: &str) -> Option<EnteredForm> {
        EnteredForm::read("/app/x".to_owned(), body.as_bytes())
    }

    #[test]
    fn what_a_person_entered_is_said_and_nothing_else() {
        let form =
            entered("csrf=a&seen=b&act=save&name=North+Wing&places.01J=none&note=a%0Ab&empty=").unwrap();
        assert_eq!(form.lines(), "North Wing\na\nb");
        assert_eq!((form.repeats_to(None), form.repeats_to(Some("a"))), (Some("/app/x"), Some("/app/x")));
        assert_eq!(form.repeats_to(Some("b")), None, "of another session");
        assert_eq!(form.fields().count(), 7, "all of it is sent once more");
        let secret = entered("email=a%40b.example&password=plum&code=123456").unwrap();
        assert_eq!((secret.lines().as_str(), secret.repeats_to(None)), ("a@b.example", None));
        let confirming =
            entered("name=Ana&confirm-password=plum&confirm-code=123456&confirm-passkey=%7B%7D").unwrap();
        assert_eq!((confirming.lines().as_str(), confirming.repeats_to(None)), ("Ana", None));
        assert_eq!(format!("{confirming:?}"), "EnteredForm { to: \"/app/x\", .. }");
        for pressed in
            ["csrf=a&act=remove&password=plum", "act=group-remove&group=nurses", "account=01J&next=/app"]
        {
            assert_eq!(entered(pressed), None, "nothing of it was entered to be read again");
        }
        assert_eq!(entered("a=%zz"), None);
    }

    #[test]
    fn each_field_that_hides_what_is_entered_is_a_secret() {
        let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let mut found = 0;
        for template in std::fs::read_dir(templates).unwrap() {
            let text = std::fs::read_to_string(template.unwrap().path()).unwrap();
            for input in text.split("<input ").skip(1).map(|rest| rest.split('>').next().unwrap()) {
                if input.contains("type=\"password\"") || input.contains("one-time-code") {
                    let name = input.split("name=\"").nth(1).unwrap().split('"').next().unwrap();
                    assert!(is_secret(name), "{name}");
                    found += 1;
                }
            }
        }
        assert!(found >= 4, "{found}");
        // Pages whose fields are data: what hides in them is named beside the kind.
        let pages = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/pages");
        for page in std::fs::read_dir(pages).unwrap() {
            let text = std::fs::read_to_string(page.unwrap().path()).unwrap();
            for field in text.split("WayField {").skip(1).map(|rest| rest.split('}').next().unwrap()) {
                if !field.contains("\"password\"") && !field.contains("one-time-code") {
                    continue;
                }
                let name = field.split("name: ").nth(1).unwrap().split(',').next().unwrap().trim();
                let is_listed = ["PASSWORD", "CODE"].contains(&name) || is_secret(name.trim_matches('"'));
                assert!(is_listed, "{name}");
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_was_read_in_part_or_not_at_all_is_there_whole() {
        let chunks = || ["name=", "North", "&x=1"].map(|part| Ok::<_, std::io::Error>(Bytes::from(part)));
        let body = || Body::from_stream(futures_util::stream::iter(chunks()));
        let mut copied = CopiedBody::of(body());
        assert_eq!(copied.frame().await.unwrap().unwrap().into_data().unwrap(), "name=");
        assert_eq!(copied.clone().read_whole().await.unwrap(), b"name=North&x=1");
        assert_eq!(CopiedBody::of(body()).read_whole().await.unwrap(), b"name=North&x=1");
        let long = CopiedBody::of(Body::from(vec![b'a'; FORM_BYTES_MAX + 1]));
        assert_eq!(long.read_whole().await, None);
    }
}
