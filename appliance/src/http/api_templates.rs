//! The facility's own label templates and its logo over HTTP, for programs.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

use super::api::{MayRead, MayWrite};
use super::form::read_bytes;
use super::labels::sentence;
use super::problem::Problem;
use super::{AppState, guard};
use crate::print::{DesignRefusal, LOGO_BYTES_MAX, LogoView, Printing, TEMPLATE_BYTES_MAX, TemplateView};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/templates", get(list))
        .route("/api/v1/templates/{name}", get(file).put(keep).delete(remove))
        .route("/api/v1/logo", get(logo).put(logo_keep).delete(logo_remove))
}

/// Why a template or a logo is not taken, as people and programs are told it.
pub(super) fn refused(refusal: &DesignRefusal) -> Problem {
    let (status, code, field) = match refusal {
        DesignRefusal::Template(_) => (StatusCode::UNPROCESSABLE_ENTITY, "template", "template"),
        DesignRefusal::OtherName { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "template", "name"),
        DesignRefusal::BuiltIn(_) => (StatusCode::CONFLICT, "built-in", "name"),
        DesignRefusal::TooMany => (StatusCode::CONFLICT, "templates", "name"),
        DesignRefusal::Unknown(_) => (StatusCode::NOT_FOUND, "not-found", "name"),
        DesignRefusal::Logo(_) => (StatusCode::UNPROCESSABLE_ENTITY, "logo", "logo"),
        DesignRefusal::NoLogo => (StatusCode::NOT_FOUND, "not-found", "logo"),
        DesignRefusal::Ledger(_) => return Problem::internal(refusal).safe("Nothing was changed."),
    };
    let title = if field == "logo" { "That is no logo for labels" } else { "That is no template for labels" };
    Problem::new(status, code, title)
        .detail(sentence(&refusal.to_string()))
        .field(field)
        .safe("Nothing was changed.")
        .next("Correct it and send it again.")
}

/// Work that waits for the disk or unpacks a picture, away from the threads that answer phones.
async fn aside<T: Send + 'static>(
    state: &AppState,
    work: impl FnOnce(&Printing) -> Result<T, DesignRefusal> + Send + 'static,
) -> Result<T, Problem> {
    let printing = state.printing.clone();
    let done = tokio::task::spawn_blocking(move || work(&printing)).await;
    done.map_err(|e| Problem::internal(&e))?.map_err(|refusal| refused(&refusal))
}

async fn list(State(state): State<AppState>, _: MayRead) -> Json<Value> {
    Json(json!({ "items": state.printing.templates(), "next": null }))
}

async fn file(
    State(state): State<AppState>,
    _: MayRead,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    match state.printing.template_file(&name) {
        Some(file) => Ok(([(CONTENT_TYPE, "application/toml")], file.to_string()).into_response()),
        None => Err(refused(&DesignRefusal::Unknown(name.chars().take(60).collect()))),
    }
}

async fn keep(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let file = read_bytes(request, TEMPLATE_BYTES_MAX, "template").await?;
    let (view, new): (TemplateView, bool) =
        aside(&state, move |printing| printing.keep_template(Some(&name), &file)).await?;
    let location = guard::header_value(&format!("/api/v1/templates/{}", view.name));
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, [(LOCATION, location)], Json(view)).into_response())
}

async fn remove(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    aside(&state, move |printing| printing.remove_template(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn logo(State(state): State<AppState>, _: MayRead) -> Result<Response, Problem> {
    state.printing.logo().as_ref().map(picture).ok_or_else(|| refused(&DesignRefusal::NoLogo))
}

/// The logo as it was given.
pub(super) fn picture(logo: &LogoView) -> Response {
    ([(CONTENT_TYPE, logo.kind)], logo.file.to_vec()).into_response()
}

async fn logo_keep(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let file = read_bytes(request, LOGO_BYTES_MAX, "logo").await?;
    let (logo, new) = aside(&state, move |printing| printing.keep_logo(&file)).await?;
    let ((width, height), bytes) = (logo.size, logo.file.len());
    let status = if new { StatusCode::CREATED } else { StatusCode::OK };
    let body = json!({ "width": width, "height": height, "bytes": bytes, "type": logo.kind });
    Ok((status, Json(body)).into_response())
}

async fn logo_remove(State(state): State<AppState>, _: MayWrite) -> Result<StatusCode, Problem> {
    aside(&state, Printing::remove_logo).await?;
    Ok(StatusCode::NO_CONTENT)
}
