//! The API of looking for printers: what is plugged in or announces itself, and a host that a person names.

use axum::extract::State;
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use web::answer::Json;
use web::argument::JsonBody;
use web::error::HttpError;
use web::route::{Example, Kind, Route, row};

use crate::printing::discovery::{Doors, Found, Target};
use crate::printing::{DeviceTree, discovery};
use crate::web::access::permissions::{Read, View, Write};
use crate::web::access::program::{Program, StaffOrProgram};
use crate::web::api::list::List;
use crate::web::context::AppState;
use crate::web::http_error::new_error;
use crate::web::view_models::discovery::{LISTEN, begin_look};
use crate::web::view_models::labels::sentence;

pub(crate) fn routes() -> Vec<Route<AppState>> {
    vec![
        row(Method::GET, "/api/v1/printers/found", "printer.find", Kind::Api, find)
            .summary("Printers that are plugged in or announce themselves")
            .refusals(&[StatusCode::TOO_MANY_REQUESTS]),
        row(Method::POST, "/api/v1/printers/probe", "printer.probe", Kind::Api, probe)
            .summary("Asks one host, or a network of at most 254, for printers")
            .refusals(&[StatusCode::TOO_MANY_REQUESTS])
            .example(Example::default().json(json!({ "host": "127.0.0.1" }))),
    ]
}

/// Printers that are plugged in or announce themselves.
#[derive(Debug, Serialize, JsonSchema)]
struct PrintersFound {
    /// What was found.
    items: Vec<Found>,
    /// Always null: the list is whole.
    next: Option<String>,
    /// Why the network could not be listened to; null where it could.
    trouble: Option<String>,
}

/// A network that cannot be listened to takes nothing from the printers on USB.
async fn find(
    _: StaffOrProgram<View, Read>,
    State(state): State<AppState>,
) -> Result<Json<PrintersFound>, HttpError> {
    let _look = begin_look(&state)?;
    let usb = tokio::task::spawn_blocking(|| discovery::usb(&DeviceTree::default()));
    let (usb, announced) = tokio::join!(usb, discovery::announced(LISTEN));
    let mut items = usb.map_err(|e| HttpError::internal(&e))?;
    let trouble = match announced {
        Ok(more) => {
            items.extend(more);
            None
        }
        Err(e) => Some(sentence(&format!("the network could not be listened to: {e}"))),
    };
    Ok(Json(PrintersFound { items, next: None, trouble }))
}

/// Whom to ask.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProbeBody {
    /// A host, or a network such as `10.0.0.0/24`.
    host: String,
}

/// Knocks at the ports of printers of one host, or of a network of at most 254.
async fn probe(
    _: Program<Write>,
    State(state): State<AppState>,
    JsonBody(body): JsonBody<ProbeBody>,
) -> Result<Json<List<Found>>, HttpError> {
    let refused = |code: &'static str, why: &str| {
        new_error(StatusCode::UNPROCESSABLE_ENTITY, code, "Nobody was asked")
            .detail(sentence(why))
            .safe("Nothing was changed.")
            .next("Correct the host and send it again.")
            .field("host")
    };
    let target: Target = body.host.parse().map_err(|e| refused("host", &format!("{e}")))?;
    let _look = begin_look(&state)?;
    let items = discovery::probe(&target, Doors::default()).await;
    let items = items.map_err(|e| refused("no-such-host", &format!("the host cannot be found: {e}")))?;
    Ok(Json(List::whole(items)))
}
