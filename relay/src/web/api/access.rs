//! Who sends messages of other services.

use ::web::error::HttpError;
use ::web::route::{Access, Caller, SenderCaller, SenderSecrets, SignedSender};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use service::signature::{SignatureScheme, SigningSecret};

use crate::web::WebContext;
use crate::web::http_error::not_found;

#[derive(Debug)]
pub(crate) struct StripeSender;

impl SignedSender for StripeSender {
    const NAME: &'static str = "stripe";
    const SCHEME: SignatureScheme = SignatureScheme::Stripe;
}

impl SenderSecrets<StripeSender> for WebContext {
    fn signing_secrets(&self) -> Vec<SigningSecret> {
        self.settings.stripe_secrets.clone()
    }

    fn now_s(&self) -> i64 {
        self.now_ms().div_euclid(1_000)
    }
}

/// Stripe, where billing is on; else there is no such path.
#[derive(Debug)]
pub(crate) struct StripeCaller(SenderCaller<StripeSender>);

impl Caller for StripeCaller {
    const ACCESS: Access = <SenderCaller<StripeSender> as Caller>::ACCESS;
}

impl FromRequestParts<WebContext> for StripeCaller {
    type Rejection = HttpError;
    async fn from_request_parts(parts: &mut Parts, web: &WebContext) -> Result<Self, HttpError> {
        if web.billing.is_none() {
            return Err(not_found());
        }
        SenderCaller::from_request_parts(parts, web).await.map(Self)
    }
}

impl StripeCaller {
    pub(crate) fn sender(self) -> SenderCaller<StripeSender> {
        self.0
    }
}
