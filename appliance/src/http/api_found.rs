//! The API of looking for printers: what is plugged in or announces itself, and a host that a person names.

use std::time::Duration;

use axum::extract::Request;
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use super::AppState;
use super::api::{MayRead, MayWrite};
use super::form::read_json;
use super::labels::sentence;
use super::problem::Problem;
use crate::print::DeviceTree;
use crate::print::discover::{self, Doors, Target};

/// How long printers are listened for: those that are awake answer within a second.
pub(super) const LISTEN: Duration = Duration::from_millis(2_500);
/// Looks at the network at one time; further ones are told to wait.
pub(super) static LOOKS: Semaphore = Semaphore::const_new(2);

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/printers/found", get(found)).route("/api/v1/printers/probe", post(probe))
}

pub(super) fn busy() -> Problem {
    Problem::new(StatusCode::TOO_MANY_REQUESTS, "busy", "The box is looking for printers already")
        .detail("Others asked for it a moment ago.")
        .safe("Nothing was changed.")
        .next("Try again in ten seconds.")
}

/// What is plugged in or announces itself. A network that cannot be listened to takes nothing from the printers on USB.
async fn found(_: MayRead) -> Result<Json<Value>, Problem> {
    let _look = LOOKS.try_acquire().map_err(|_| busy())?;
    let usb = tokio::task::spawn_blocking(|| discover::usb(&DeviceTree::default()));
    let (usb, announced) = tokio::join!(usb, discover::announced(LISTEN));
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
    let items = discover::probe(&target, Doors::default()).await;
    let items = items.map_err(|e| refused("no-such-host", &format!("the host cannot be found: {e}")))?;
    Ok(Json(json!({ "items": items, "next": null })))
}
