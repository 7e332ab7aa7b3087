//! `POST /box/v1/claim` and `/renew`: the two calls of a box without a client certificate.

use ::web::answer::{Json, WithHeaders};
use ::web::argument::JsonBody;
use ::web::error::HttpError;
use ::web::route::Anyone;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use record::claim::{ClaimAnswer, ClaimRequest, RenewRequest};

use super::ClaimApi;
use crate::fleet::Refused;

const UNCHANGED: &str = "Nothing was changed.";
/// When to come again, seconds.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("20");

type Certificate = WithHeaders<Json<ClaimAnswer>>;

pub(crate) async fn claim_box(
    _: Anyone,
    State(api): State<ClaimApi>,
    JsonBody(request): JsonBody<ClaimRequest>,
) -> Result<Certificate, HttpError> {
    answer(api.fleet.claim(&request).await)
}

pub(crate) async fn renew_certificate(
    _: Anyone,
    State(api): State<ClaimApi>,
    JsonBody(request): JsonBody<RenewRequest>,
) -> Result<Certificate, HttpError> {
    answer(api.fleet.renew(&request).await)
}

fn answer(result: Result<ClaimAnswer, Refused>) -> Result<Certificate, HttpError> {
    let no_store = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    result
        .map(|answer| WithHeaders(no_store.into_iter().collect(), Json(answer)))
        .map_err(|refused| claim_error(&refused))
}

fn claim_error(refused: &Refused) -> HttpError {
    let (status, code) = match refused {
        Refused::Form(_) => (StatusCode::UNPROCESSABLE_ENTITY, "form"),
        Refused::Unknown => (StatusCode::FORBIDDEN, "claim-unknown"),
        Refused::NotIts => (StatusCode::FORBIDDEN, "renewal-refused"),
        Refused::Taken(_) => (StatusCode::CONFLICT, "claim-taken"),
        Refused::Expired => (StatusCode::GONE, "claim-expired"),
        Refused::Away(cause) => {
            let words = "The relay cannot look at this now; the box tries again automatically";
            let busy = HttpError::new(StatusCode::SERVICE_UNAVAILABLE, "busy", words);
            let busy = busy.safe(UNCHANGED).header(header::RETRY_AFTER, RETRY_AFTER);
            return HttpError { cause: Some(cause.to_string()), ..busy };
        }
        Refused::Key(_) => return HttpError::internal(refused),
    };
    tracing::warn!(%refused, "a claim or renewal was refused");
    HttpError::new(status, code, refused.to_string()).safe(UNCHANGED)
}
