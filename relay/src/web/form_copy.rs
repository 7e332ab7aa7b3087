//! Holds what a form says that is refused for no fault of its sender: nothing changes on the relay now, it is busy or its database
//! away, or their session is over or another one. The page of the error says it again, so that nobody enters it twice.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use ::web::argument::FormRules as _;
use ::web::error::HttpError;
use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt as _;

use crate::accounts::credentials::session::SessionToken;
use crate::web::access::CallerSlot;
use crate::web::entered_form::EnteredForm;
use crate::web::form::MemberFormRules;
use crate::web::http_error;

/// Bytes of a form that is said again: the longest names people and places.
const FORM_BYTES_MAX: usize = MemberFormRules::BYTES_MAX;
/// How long the rest of a form is waited for that was refused before it was read.
const REST_WITHIN: Duration = Duration::from_secs(5);

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

    #[tokio::test]
    async fn a_body_that_was_read_in_part_or_not_at_all_is_there_whole() {
        let body = || {
            Body::from_stream(futures_util::stream::iter(
                ["name=", "North", "&x=1"].map(|part| Ok::<_, std::io::Error>(Bytes::from(part))),
            ))
        };
        let mut copied = CopiedBody::of(body());
        assert_eq!(copied.frame().await.unwrap().unwrap().into_data().unwrap(), "name=");
        assert_eq!(copied.clone().read_whole().await.unwrap(), b"name=North&x=1");
        assert_eq!(CopiedBody::of(body()).read_whole().await.unwrap(), b"name=North&x=1");
        let long = CopiedBody::of(Body::from(vec![b'a'; FORM_BYTES_MAX + 1]));
        assert_eq!(long.read_whole().await, None);
    }
}
