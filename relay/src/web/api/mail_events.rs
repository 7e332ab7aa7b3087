//! What Resend says of mails that left, signed as Svix signs.

use ::web::answer::NoContent;
use ::web::argument::SignedBody;
use ::web::error::HttpError;
use ::web::route::{SenderCaller, SenderSecrets, SignedSender};
use axum::extract::State;
use axum::http::StatusCode;
use service::signature::{SVIX, SignatureScheme, SigningSecret};

use crate::db::PlatformReason;
use crate::mail::events::{ProviderEvent, apply_event};
use crate::web::WebContext;

pub(crate) const PATH: &str = "/webhooks/resend";
/// One that concerns no mail of this relay.
pub(crate) const EXAMPLE: &str =
    r#"{"type":"email.delivered","created_at":"2026-11-20T14:02:00Z","data":{"email_id":"e-1"}}"#;
const BODY_BYTES_MAX: usize = 256 * 1024;
const ID_BYTES_MAX: usize = 200;

#[derive(Debug)]
pub(crate) struct ResendSender;

impl SignedSender for ResendSender {
    const NAME: &'static str = "resend";
    const SCHEME: SignatureScheme = SVIX;
}

impl SenderSecrets<ResendSender> for WebContext {
    fn signing_secrets(&self) -> Vec<SigningSecret> {
        self.settings.resend_secrets.clone()
    }

    fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1_000)
    }
}

/// `POST /webhooks/resend`: kept and applied in one transaction before it is answered; the same message again does nothing.
pub(crate) async fn take_event(
    sender: SenderCaller<ResendSender>,
    State(web): State<WebContext>,
    body: SignedBody<BODY_BYTES_MAX>,
) -> Result<NoContent, HttpError> {
    let message = body.open(sender)?;
    let id = message.id.filter(|id| id.len() <= ID_BYTES_MAX);
    let (Some(id), Some(event)) = (id, ProviderEvent::read(&message.body)) else {
        return Err(HttpError::new(StatusCode::BAD_REQUEST, "event", "This is no message of Resend"));
    };
    let mut tx = web.db.platform_write(PlatformReason::Work).await?;
    apply_event(&mut tx, &id, &event, web.now_ms()).await?;
    tx.commit().await?;
    Ok(NoContent)
}
