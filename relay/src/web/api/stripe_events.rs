//! What Stripe says, signed as it signs.

use ::billing::StripeEvent;
use ::web::answer::Json;
use ::web::argument::SignedBody;
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::billing::events::TakenEvent;
use crate::web::WebContext;
use crate::web::api::access::StripeCaller;
use crate::web::http_error::not_found;

/// Of some customer of this relay.
pub(crate) const EXAMPLE: &str = r#"{"id":"evt_1","object":"event","type":"customer.subscription.updated","created":1795204920,"livemode":false,"data":{"object":{"id":"sub_1","object":"subscription","customer":"cus_1"}}}"#;
const BODY_BYTES_MAX: usize = 256 * 1024;

/// That a message is kept.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct EventReceipt {
    received: bool,
}

/// Kept, with the job that fetches what it is about, before it is answered; the same message again does nothing.
pub(crate) async fn take_event(
    sender: StripeCaller,
    State(web): State<WebContext>,
    body: SignedBody<BODY_BYTES_MAX>,
) -> Result<Json<EventReceipt>, HttpError> {
    // 400 as Stripe's own documents have it.
    let message =
        body.open(sender.sender()).map_err(|error| HttpError { status: StatusCode::BAD_REQUEST, ..error })?;
    let event = StripeEvent::read(&message.body).zip(std::str::from_utf8(&message.body).ok());
    let Some((event, text)) = event else {
        return Err(HttpError::new(StatusCode::BAD_REQUEST, "event", "This is no event of Stripe"));
    };
    let office = web.billing_office().ok_or_else(not_found)?;
    if office.take_event(event, text).await? == TakenEvent::WrongMode {
        let mut tx = web.db.platform_write(crate::db::PlatformReason::Work).await?;
        web.log().write_stranger(&mut tx, "stripe event of the other mode").await?;
        tx.commit().await?;
    }
    Ok(Json(EventReceipt { received: true }))
}
