//! `POST /box/v1/claim` and `/renew`: the two calls of a box without a client certificate.

use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use record::claim::{ClaimRequest, RenewRequest};
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{Fleet, Refused};

/// A request with its certificate request is 2 KB.
const BODY_BYTES_MAX: usize = 16 * 1024;

/// The routes, for the public listener.
pub fn doors(fleet: Arc<Fleet>) -> Router {
    Router::new()
        .route("/box/v1/claim", post(claim))
        .route("/box/v1/renew", post(renew))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(fleet)
}

async fn claim(State(fleet): State<Arc<Fleet>>, body: Bytes) -> Response {
    match read::<ClaimRequest>(&body) {
        Ok(request) => answer(fleet.claim(&request).await),
        Err(refused) => answer::<()>(Err(refused)),
    }
}

async fn renew(State(fleet): State<Arc<Fleet>>, body: Bytes) -> Response {
    match read::<RenewRequest>(&body) {
        Ok(request) => answer(fleet.renew(&request).await),
        Err(refused) => answer::<()>(Err(refused)),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused::Form("it is not the JSON that this call takes"))
}

fn answer<T: serde::Serialize>(result: Result<T, Refused>) -> Response {
    let refused = match result {
        Ok(answer) => return ([(header::CACHE_CONTROL, "no-store")], Json(answer)).into_response(),
        Err(refused) => refused,
    };
    let (status, code) = match &refused {
        Refused::Form(_) => (StatusCode::UNPROCESSABLE_ENTITY, "form"),
        Refused::Unknown => (StatusCode::FORBIDDEN, "claim-unknown"),
        Refused::NotIts => (StatusCode::FORBIDDEN, "renewal-refused"),
        Refused::Taken(_) => (StatusCode::CONFLICT, "claim-taken"),
        Refused::Expired => (StatusCode::GONE, "claim-expired"),
        Refused::Away(_) => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        Refused::Key(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
    };
    let detail = if status.is_server_error() {
        tracing::error!(error = %refused, "a claim or renewal failed");
        "The relay could not look at this now. Nothing was changed; the box tries again by itself.".to_owned()
    } else {
        tracing::warn!(%refused, "a claim or renewal was refused");
        refused.to_string()
    };
    let problem = json!({
        "type": format!("/problems/{code}"), "title": code, "status": status.as_u16(), "detail": detail,
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], problem.to_string()).into_response()
}
