//! What a sender signs: taken as it was signed, and refused, each in its own status, with nothing stored.

use std::error::Error;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderMap, Request};
use service::listener::UploadError;
use web::test::FixtureWorld as _;

use super::program::{EVENT, EVENT_BYTES_MAX, NOW_S};
use super::world::{SampleWorld, sign_event};

fn post(headers: HeaderMap, body: impl Into<Body>) -> Request<Body> {
    let mut request = Request::post("/webhooks/events").body(body.into()).unwrap();
    request.headers_mut().extend(headers);
    request
}

/// A body without a length, in pieces, whose end does not come.
fn unfinished(error: impl Error + Send + Sync + 'static) -> Body {
    let pieces = EVENT.chunks(5).map(|piece| Ok(Bytes::from_static(piece)));
    Body::from_stream(stream::iter(pieces.chain([Err(error)])))
}

#[tokio::test]
async fn a_message_is_taken_under_either_secret_and_each_time_that_it_comes() {
    let world = SampleWorld::open();
    let pieces: Vec<Result<Bytes, UploadError>> = EVENT.chunks(5).map(|piece| Ok(piece.into())).collect();
    let longest = [b' '; EVENT_BYTES_MAX];
    for (headers, body) in [
        (sign_event(b"old", NOW_S, EVENT), Body::from(EVENT)),
        (sign_event(b"new", NOW_S, EVENT), Body::from(EVENT)),
        // A replay within the window of time is for the handler, by the id, to know again.
        (sign_event(b"new", NOW_S, EVENT), Body::from(EVENT)),
        (sign_event(b"new", NOW_S - 300, EVENT), Body::from_stream(stream::iter(pieces))),
        (sign_event(b"new", NOW_S, &longest), Body::from(longest.to_vec())),
    ] {
        let before = world.records().await;
        let answer = world.client().send(post(headers, body)).await;
        assert_eq!((answer.status.as_u16(), world.records().await), (204, before + 1));
    }
}

#[tokio::test]
async fn what_is_wrong_is_refused_in_its_own_status_and_nothing_is_stored() {
    let world = SampleWorld::open();
    let too_long = [b' '; EVENT_BYTES_MAX + 1];
    let right = || sign_event(b"new", NOW_S, EVENT);
    for (headers, body, status, code) in [
        (HeaderMap::new(), Body::from(EVENT), 401, "signature-missing"),
        (sign_event(b"other", NOW_S, EVENT), Body::from(EVENT), 401, "signature-wrong"),
        (right(), Body::from("{}"), 401, "signature-wrong"),
        (sign_event(b"new", NOW_S - 301, EVENT), Body::from(EVENT), 403, "signature-time"),
        (sign_event(b"new", NOW_S + 301, EVENT), Body::from(EVENT), 403, "signature-time"),
        (sign_event(b"new", NOW_S, &too_long), Body::from(too_long.to_vec()), 413, "too-long"),
        (right(), unfinished(UploadError::TooSlow), 408, "too-slow"),
        (right(), unfinished(std::io::Error::other("reset")), 400, "form"),
    ] {
        let answer = world.client().send(post(headers, body)).await;
        let outcome = answer.outcome.unwrap();
        assert_eq!((outcome.status.as_u16(), outcome.code), (status, code));
        assert_eq!(world.records().await, 0, "{code}");
    }
}
