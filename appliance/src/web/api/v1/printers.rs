//! Printers, for programs.

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};

use crate::printing::{PrinterRefusal, PrinterSettings, PrinterView};
use crate::web::access::program::{MayRead, MayWrite};
use crate::web::api::v1::labels::{LOOK, accepted, aside};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::{nothing, read_json};
use crate::web::request::idempotency::idempotency_key;
use crate::web::view_models::labels;
use crate::web::view_models::printers::printer_refused;

pub(crate) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/printers", get(printers_list).post(printers_add))
        .route("/api/v1/printers/{name}", get(printers_one).put(printers_change).delete(printers_remove))
        .route("/api/v1/printers/{name}/test", post(printers_test))
}

pub(crate) async fn printers_list(State(state): State<AppState>, _: MayRead) -> Result<Json<Value>, Problem> {
    let printers = aside(&state, |printing| printing.look(LOOK)).await?;
    Ok(Json(json!({ "items": printers, "next": null })))
}

pub(crate) async fn printers_one(
    State(state): State<AppState>,
    _: MayRead,
    Path(name): Path<String>,
) -> Result<Json<PrinterView>, Problem> {
    let printers = aside(&state, |printing| printing.look(LOOK)).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    found.map(Json).ok_or_else(|| printer_refused(&PrinterRefusal::Unknown(name.chars().take(60).collect())))
}

pub(crate) async fn printers_add(
    State(state): State<AppState>,
    _: MayWrite,
    request: Request,
) -> Result<Response, Problem> {
    let settings: PrinterSettings = read_json(request).await?;
    let added = aside(&state, move |printing| printing.add(&settings)).await?;
    let added = added.map_err(|refusal| printer_refused(&refusal))?;
    Ok((StatusCode::CREATED, Json(added)).into_response())
}

pub(crate) async fn printers_change(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
    request: Request,
) -> Result<Json<PrinterView>, Problem> {
    let settings: PrinterSettings = read_json(request).await?;
    let changed = aside(&state, move |printing| printing.change(&name, &settings)).await?;
    changed.map(Json).map_err(|refusal| printer_refused(&refusal))
}

pub(crate) async fn printers_remove(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
) -> Result<StatusCode, Problem> {
    let removed = aside(&state, move |printing| printing.remove(&name)).await?;
    removed.map(|()| StatusCode::NO_CONTENT).map_err(|refusal| printer_refused(&refusal))
}

pub(crate) async fn printers_test(
    State(state): State<AppState>,
    _: MayWrite,
    Path(name): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let key = idempotency_key(request.headers());
    nothing(request).await?;
    let known = state.printing.printers().iter().any(|printer| printer.name == name);
    if !known {
        return Err(printer_refused(&PrinterRefusal::Unknown(name.chars().take(60).collect())));
    }
    Ok(accepted(labels::test(&state, name, key).await?))
}
