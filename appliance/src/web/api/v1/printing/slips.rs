//! Slips of text, for programs.

use axum::extract::State;
use http::Method;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;
use web::argument::{IdempotencyKey, JsonBody};
use web::error::HttpError;
use web::route::{Example, Route, RouteKind, row};

use crate::printing::{JobKind, PrintRefusal, SlipContent};
use crate::web::access::permissions::Write;
use crate::web::access::program::ProgramCaller;
use crate::web::api::v1::printing::labels::{JobAccepted, accept_job};
use crate::web::context::AppState;
use crate::web::http_error::invalid_parameter;
use crate::web::log_reads::read_quick;
use crate::web::view_models::page::snapshot::Snapshot;
use crate::web::view_models::page::wording::PageWording;
use crate::web::view_models::printing::labels::refusal_error;
use crate::web::view_models::printing::printers::unknown_printer;
use crate::web::view_models::printing::slips::{
    SlipOrder, StripSources, compose_receipt_strip, compose_self_test, compose_setup_slip, is_slip_printer,
    slip_words, submit_slip,
};
use crate::web::view_models::records::receipts::find_receipt;
use crate::web::{examples, refusals};

pub(crate) fn slip_routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::POST, "/api/v1/slips", "slip.add", RouteKind::Api, print_slip)
            .summary("Prints a slip of text: the set-up slip, a receipt’s strip, a printer’s self-test")
            .refusals(refusals::PRINTING)
            .example(Example::default().json(json!({ "kind": "self_test", "printer": examples::PRINTER }))),
    ]
}

/// Which slip.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SlipKind {
    /// The box's address, its set-up code and how far its setting up is.
    SetupSlip,
    /// One cleaning's receipt.
    ReceiptStrip,
    /// A receipt printer's columns and letters.
    SelfTest,
}

/// A slip to print.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSlip {
    /// Which slip.
    kind: SlipKind,
    /// On which printer; the first that prints such slips where it is absent.
    #[serde(default)]
    printer: Option<String>,
    /// Of a receipt’s strip: the receipt.
    #[serde(default)]
    receipt: Option<String>,
}

async fn print_slip(
    _: ProgramCaller<Write>,
    State(state): State<AppState>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(slip): JsonBody<NewSlip>,
) -> Result<JobAccepted, HttpError> {
    let NewSlip { kind, printer, receipt } = slip;
    let (kind, content) = match kind {
        SlipKind::SetupSlip => (JobKind::SetupSlip, setup_content(&state)),
        SlipKind::ReceiptStrip => {
            let receipt = receipt.ok_or_else(missing_receipt)?;
            (JobKind::ReceiptStrip, strip_content(&state, receipt).await?)
        }
        SlipKind::SelfTest => (JobKind::SelfTest, test_content(&state, printer.as_deref())?),
    };
    accept_job(submit_slip(&state, SlipOrder { key, printer, kind, content }).await?)
}

fn missing_receipt() -> HttpError {
    invalid_parameter("receipt", "A receipt’s strip needs the receipt.")
}

fn setup_content(state: &AppState) -> SlipContent {
    let snapshot = Snapshot::now(state);
    let wording = PageWording::new(slip_words(&snapshot), &snapshot.local);
    compose_setup_slip(state, &snapshot, &wording, slip_words(&snapshot))
}

async fn strip_content(state: &AppState, receipt: String) -> Result<SlipContent, HttpError> {
    read_quick(state, move |state, reader| {
        let found = find_receipt(state, reader, &receipt)?;
        let facility = state.store.snapshot();
        let snapshot = Snapshot::of(state, &facility);
        let (wording, words) =
            (PageWording::new(slip_words(&snapshot), &snapshot.local), slip_words(&snapshot));
        let sources = StripSources { facility: &facility, reader, wording: &wording, words };
        Ok(compose_receipt_strip(&sources, &found))
    })
    .await
}

fn test_content(state: &AppState, printer: Option<&str>) -> Result<SlipContent, HttpError> {
    let printers = state.printing.printers();
    let found = match printer {
        Some(name) => {
            let found = printers.iter().find(|printer| printer.name == name);
            found.ok_or_else(|| unknown_printer(name))?
        }
        None => {
            let found = printers.iter().find(|printer| is_slip_printer(printer));
            found.ok_or_else(|| refusal_error(PrintRefusal::NoSlipPrinter))?
        }
    };
    Ok(compose_self_test(slip_words(&Snapshot::now(state)), found))
}
