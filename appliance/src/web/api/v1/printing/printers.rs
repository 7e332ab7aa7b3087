//! Printers, for programs.

use api::ListJson;
use axum::extract::State;
use http::Method;
use serde_json::json;
use web::answer::{Created, Json, NoContent, WithHeaders, with_etag};
use web::argument::{IdempotencyKey, IfMatch, JsonBody, OtherVersion, Path};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};
use words::WordSet as _;

use crate::printing::{
    ChangedPrinter, ContentVersion, PrintService, PrinterRefusal, PrinterSettings, PrinterView,
};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::API_LOCALE;
use crate::web::api::v1::printing::labels::{JobAccepted, LOOK, accept_job, run_blocking};
use crate::web::api::v1::printing::print_bodies::PrinterJson;
use crate::web::context::AppState;
use crate::web::http_error::changed_since;
use crate::web::request::bodies::uploaded_file::IgnoredBody;
use crate::web::view_models::page::path_segment::path_segment;
use crate::web::view_models::printing::labels;
use crate::web::view_models::printing::printers::{printer_refused, unknown_printer};
use crate::web::words::PrintingWords;
use crate::web::{examples, refusals};

pub(crate) fn printer_routes() -> Vec<Route<AppState>> {
    use RouteKind::Api;
    let printer = Example::default().part("name", examples::PRINTER);
    let [added, changed] = ["Ward 3", examples::PRINTER]
        .map(|name| json!({ "name": name, "language": "escpos", "address": "tcp://127.0.0.1:2" }));
    vec![
        row(Method::GET, "/api/v1/printers", "printer.list", Api, list).summary("Printers, and how they are"),
        row(Method::POST, "/api/v1/printers", "printer.add", Api, add)
            .summary("Sets up a printer")
            .refusals(refusals::PRINTING)
            .example(Example::default().json(added)),
        row(Method::GET, "/api/v1/printers/{name}", "printer.show", Api, show)
            .summary("One printer")
            .example(printer.clone()),
        row(Method::PUT, "/api/v1/printers/{name}", "printer.change", Api, change)
            .summary("Changes a printer")
            .refusals(refusals::PRINTING)
            .example(printer.clone().json(changed)),
        row(Method::DELETE, "/api/v1/printers/{name}", "printer.remove", Api, remove)
            .summary("Removes a printer")
            .refusals(refusals::PRINTING)
            .example(printer.clone()),
        row(Method::POST, "/api/v1/printers/{name}/test", "printer.test", Api, test)
            .summary("Prints a printer’s test label")
            .refusals(refusals::PRINTING)
            .example(printer),
    ]
}

fn show_printer(printer: PrinterView) -> PrinterJson {
    PrinterJson::of(PrintingWords::in_locale(API_LOCALE), printer)
}

async fn list(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<ListJson<PrinterJson>>, HttpError> {
    let printers = run_blocking(&state, |printing| printing.look(LOOK)).await?;
    Ok(Json(ListJson::whole(printers.into_iter().map(show_printer).collect())))
}

async fn show(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<WithHeaders<Json<PrinterJson>>, HttpError> {
    let of = name.clone();
    let (version, printers) =
        run_blocking(&state, move |printing| (printing.printer_version(&of), printing.look(LOOK))).await?;
    let found = printers.into_iter().find(|printer| printer.name == name);
    with_etag(
        version,
        found.map(|printer| Json(show_printer(printer))).ok_or_else(|| unknown_printer(&name))?,
    )
}

async fn add(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    JsonBody(settings): JsonBody<PrinterSettings>,
) -> Result<Created<PrinterJson>, HttpError> {
    let added = run_blocking(&state, move |printing| printing.add(&settings)).await?;
    let added = added.map_err(printer_refused)?;
    Created::at(&format!("/api/v1/printers/{}", path_segment(&added.name)), show_printer(added))
}

async fn change(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    if_match: IfMatch,
    JsonBody(settings): JsonBody<PrinterSettings>,
) -> Result<WithHeaders<Json<PrinterJson>>, HttpError> {
    let of = name.clone();
    let changed =
        run_over(&state, of, if_match, move |printing, seen| printing.change_over(&name, &settings, seen));
    let ChangedPrinter { view, version } = changed.await?;
    with_etag(Some(version), Json(show_printer(view)))
}

/// Changes a printer over the version that the request names. What has no version gets its own refusal.
async fn run_over<T: Send + 'static>(
    state: &AppState,
    name: String,
    if_match: IfMatch,
    work: impl FnOnce(&PrintService, Option<ContentVersion>) -> Result<T, PrinterRefusal> + Send + 'static,
) -> Result<T, HttpError> {
    let done = run_blocking(state, move |printing| {
        let now = printing.printer_version(&name);
        let seen = match now {
            Some(_) => if_match.choose(now).map_err(|OtherVersion| PrinterRefusal::Changed(name.clone())),
            None => Ok(None),
        };
        seen.and_then(|seen| work(printing, seen))
            .map_err(|refusal| (refusal, printing.printer_version(&name)))
    });
    done.await?.map_err(|(refusal, now)| match refusal {
        PrinterRefusal::Changed(_) => changed_since(now),
        other => printer_refused(other),
    })
}

async fn remove(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    if_match: IfMatch,
) -> Result<NoContent, HttpError> {
    let of = name.clone();
    let removed = run_over(&state, of, if_match, move |printing, seen| printing.remove_over(&name, seen));
    removed.await.map(|()| NoContent)
}

async fn test(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    Path(name): Path<String>,
    IdempotencyKey(key): IdempotencyKey,
    _: IgnoredBody,
) -> Result<JobAccepted, HttpError> {
    let known = state.printing.printers().iter().any(|printer| printer.name == name);
    if !known {
        return Err(unknown_printer(&name));
    }
    accept_job(labels::print_test(&state, name, key).await?)
}
