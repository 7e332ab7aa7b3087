//! The API of looking for printers: what is plugged in or announces itself, and a host that a person names.

use axum::extract::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::printing::discovery::{Doors, Target};
use crate::printing::{DeviceTree, discovery};
use crate::web::access::program::{MayRead, MayWrite};
use crate::web::context::AppState;
use crate::web::http_error::Problem;
use crate::web::request::form::read_json;
use crate::web::view_models::discovery::{LISTEN, LOOKS, busy};
use crate::web::view_models::labels::sentence;

pub(crate) fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/printers/found", get(found)).route("/api/v1/printers/probe", post(probe))
}

/// What is plugged in or announces itself. A network that cannot be listened to takes nothing from the printers on USB.
async fn found(_: MayRead) -> Result<Json<Value>, Problem> {
    let _look = LOOKS.try_acquire().map_err(|_| busy())?;
    let usb = tokio::task::spawn_blocking(|| discovery::usb(&DeviceTree::default()));
    let (usb, announced) = tokio::join!(usb, discovery::announced(LISTEN));
    let mut items = usb.map_err(|e| Problem::internal(&e))?;
    let trouble = match announced {
        Ok(more) => {
            items.extend(more);
            None
        }
        Err(e) => Some(sentence(&format!("the network could not be listened to: {e}"))),
    };
    Ok(Json(json!({ "items": items, "next": null, "trouble": trouble })))
}

/// Whom to ask.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    /// A host, or a network such as `10.0.0.0/24`.
    host: String,
}

/// Knocks at the ports of printers of one host, or of a network of at most 254.
async fn probe(_: MayWrite, request: Request) -> Result<Json<Value>, Problem> {
    let asked: Asked = read_json(request).await?;
    let refused = |code: &'static str, why: &str| {
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, "Nobody was asked")
            .detail(sentence(why))
            .safe("Nothing was changed.")
            .next("Correct the host and send it again.")
            .field("host")
    };
    let target: Target = asked.host.parse().map_err(|e| refused("host", &format!("{e}")))?;
    let _look = LOOKS.try_acquire().map_err(|_| busy())?;
    let items = discovery::probe(&target, Doors::default()).await;
    let items = items.map_err(|e| refused("no-such-host", &format!("the host cannot be found: {e}")))?;
    Ok(Json(json!({ "items": items, "next": null })))
}
