//! Whether the relay lives and can serve, for whoever stands before it: a status and a word, no details.

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::db::DbError;
use crate::web::Web;

fn word(status: StatusCode, word: &'static str) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, "no-store")];
    (status, headers, word).into_response()
}

/// `GET /healthz`.
pub(crate) async fn alive() -> Response {
    word(StatusCode::OK, "ok\n")
}

/// `GET /readyz`.
pub(crate) async fn ready(State(web): State<Web>) -> Response {
    let asked = async { crate::db::facilities::platform_any(&mut web.db.read().await?).await.map(drop) };
    let asked: Result<(), DbError> = asked.await;
    match asked {
        Ok(()) => word(StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            word(StatusCode::SERVICE_UNAVAILABLE, "not ready\n")
        }
    }
}
