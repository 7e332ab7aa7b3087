//! `POST /box/v1/claim` and `/renew`: the two calls of a box without a client certificate.

use ::web::answer::{Json, WithHeaders};
use ::web::argument::JsonBody;
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use record::claim::{ClaimAnswer, ClaimConflict, ClaimRequest, RenewRequest};

use super::ClaimApi;
use crate::fleet::ClaimRefusal;

const UNCHANGED: &str = "Nothing was changed.";
/// When to come again, seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("20");

type Certificate = WithHeaders<Json<ClaimAnswer>>;

pub(crate) async fn claim_box(
    _: AnyCaller,
    State(api): State<ClaimApi>,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> Result<Certificate, HttpError> {
    claim_answer(api.fleet.claim(&request).await)
}

pub(crate) async fn renew_certificate(
    _: AnyCaller,
    State(api): State<ClaimApi>,
    JsonBody(request): JsonBody<RenewRequest>,
) -> Result<Certificate, HttpError> {
    claim_answer(api.fleet.renew(&request).await)
}

fn claim_answer(result: Result<ClaimAnswer, ClaimRefusal>) -> Result<Certificate, HttpError> {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    result
        .map(|answer| WithHeaders(no_store.into_iter().collect(), Json(answer)))
        .map_err(|refused| claim_error(&refused))
}

fn claim_error(refused: &ClaimRefusal) -> HttpError {
    let (status, code) = match refused {
        ClaimRefusal::Form(_) => (StatusCode::UNPROCESSABLE_ENTITY, "form"),
        ClaimRefusal::Unknown => (StatusCode::FORBIDDEN, "claim-unknown"),
        ClaimRefusal::NotIts => (StatusCode::FORBIDDEN, "renewal-refused"),
        ClaimRefusal::Used => (StatusCode::CONFLICT, ClaimConflict::CodeUsed.code()),
        ClaimRefusal::Known => (StatusCode::CONFLICT, ClaimConflict::BoxKnown.code()),
        ClaimRefusal::Waits(_) => (StatusCode::CONFLICT, ClaimConflict::LogWaits.code()),
        ClaimRefusal::Occupied(_) => (StatusCode::CONFLICT, ClaimConflict::BoxAlive.code()),
        ClaimRefusal::Expired => (StatusCode::GONE, "claim-expired"),
        ClaimRefusal::Unavailable(cause) => {
            let words = "The relay cannot look at this now; the box tries again automatically";
            let busy = HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", words);
            let busy = busy.safe(UNCHANGED).header(header::RETRY_AFTER, RETRY_AFTER);
            return HttpError { cause: Some(cause.to_string()), ..busy };
        }
        ClaimRefusal::Key(_) => return HttpError::internal(refused),
    };
    tracing::warn!(%refused, "a claim or renewal was refused");
    HttpError::new(status, code, refused.to_string()).safe(UNCHANGED)
}
