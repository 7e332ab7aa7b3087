//! The API of looking for printers: what is plugged in or announces itself, and a host that a person names.

use ::labels::wording::show_text;
use api::ListJson;
use axum::extract::State;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::Json;
use web::argument::JsonBody;
use web::error::{ErrorText, HttpError};
use web::route::{Example, Route, RouteKind, row};
use words::WordSet as _;

use crate::printing::discovery::{ProbePorts, ProbeTarget, TargetError};
use crate::printing::{DeviceTree, discovery};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{ProgramCaller, StaffOrProgram};
use crate::web::api::API_LOCALE;
use crate::web::api::v1::printing::print_bodies::FoundJson;
use crate::web::context::AppState;
use crate::web::http_error::{new_error, worded};
use crate::web::view_models::printing::discovery::{LISTEN, begin_look};
use crate::web::words::PrintingWords;

pub(crate) fn discovery_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/printers/found", "printer.find", RouteKind::Api, find)
            .summary("Printers that are plugged in or announce themselves")
            .refusals(&[StatusCode::TOO_MANY_REQUESTS]),
        row(Method::POST, "/api/v1/printers/probe", "printer.probe", RouteKind::Api, probe)
            .summary("Asks one host, or a network of at most 254, for printers")
            .refusals(&[StatusCode::TOO_MANY_REQUESTS])
            .example(Example::default().json(json!({ "host": "127.0.0.1" }))),
    ]
}

/// Printers that are plugged in or announce themselves.
#[derive(Debug, Serialize, JsonSchema)]
struct PrintersFound {
    /// What was found.
    items: Vec<FoundJson>,
    /// Always null: the list is whole.
    next: Option<String>,
    /// Why the network could not be listened to; null where it could.
    trouble: Option<String>,
}

async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<PrintersFound>, HttpError> {
    let w = PrintingWords::in_locale(API_LOCALE);
    let _look = begin_look(&state)?;
    let usb = tokio::task::spawn_blocking(|| discovery::find_usb(&DeviceTree::default()));
    let (usb, announced) = tokio::join!(usb, discovery::collect_announcements(LISTEN));
    let mut found = usb.map_err(|e| HttpError::internal(&e))?;
    let trouble = match announced {
        Ok(more) => {
            found.extend(more);
            None
        }
        Err(e) => Some(w.printers_not_listened(e.to_string())),
    };
    let items = found.into_iter().map(|found| FoundJson::of(w, found)).collect();
    Ok(Json(PrintersFound { items, next: None, trouble }))
}

/// Whom to ask.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeBody {
    /// A host, or a network such as `10.0.0.0/24`.
    host: String,
}

/// Probes the printer ports of one host, or of a network of at most 254.
async fn probe(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    JsonBody(body): JsonBody<ProbeBody>,
) -> Result<Json<ListJson<FoundJson>>, HttpError> {
    let target = body.host.parse::<ProbeTarget>();
    let target = target.map_err(|TargetError(text)| {
        not_probed("host", worded(move |w: PrintingWords| w.printers_not_a_host(show_text(&text))))
    })?;
    let _look = begin_look(&state)?;
    let items = discovery::probe_target(&target, ProbePorts::default()).await;
    let items = items.map_err(|e| {
        not_probed("no-such-host", worded(move |w: PrintingWords| w.printers_no_host(e.to_string())))
    })?;
    let w = PrintingWords::in_locale(API_LOCALE);
    Ok(Json(ListJson::whole(items.into_iter().map(|found| FoundJson::of(w, found)).collect())))
}

fn not_probed(code: &'static str, why: ErrorText) -> HttpError {
    new_error(StatusCode::UNPROCESSABLE_ENTITY, code, worded(PrintingWords::printers_nobody_asked))
        .detail(why)
        .safe(worded(PrintingWords::printers_unchanged))
        .next(worded(PrintingWords::printers_nobody_asked_next))
        .field("host")
}
