//! The facility's own label templates and its logo over HTTP, for programs.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::{CONTENT_TYPE, LOCATION};
use serde_json::{Value, json};

use crate::printing::{DesignRefusal, LOGO_BYTES_MAX, Printing, TEMPLATE_BYTES_MAX, TemplateView};
use crate::web::access::program::{MayRead, MayWrite};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::read_bytes;
use crate::web::view_models::templates::{picture, refused};

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/templates", get(list))
        .route("/api/v1/templates/{name}", get(file).put(keep).delete(remove))
        .route("/api/v1/logo", get(logo).put(logo_keep).delete(logo_remove))
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
    let location = crate::web::answer::header_value(&format!("/api/v1/templates/{}", view.name));
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
