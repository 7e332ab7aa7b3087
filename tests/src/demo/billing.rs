//! What stands in for Stripe while the demo runs: in this process, on a port that the folder remembers.

use service::random::{RandomSource, SystemRandom};

use super::Part;
use super::output::{BillingOutput, SavedDemo};
use crate::ports::take_port;
use crate::stripe::{FakeStripe, WebhookTarget};

/// Starts it where the demo takes money; what it knew it has forgotten after a restart, as no money was ever in it.
pub(super) async fn start_stripe(stored: &mut SavedDemo) -> Result<Option<FakeStripe>, String> {
    if !cfg!(feature = "billing") {
        return Ok(None);
    }
    let known = stored.billing.as_ref().and_then(|billing| billing.stripe.rsplit(':').next()?.parse().ok());
    let port = match known {
        Some(port) => port,
        None => take_port()?,
    };
    let stripe = FakeStripe::start(port).await.map_err(|e| format!("what stands in for Stripe: {e}"))?;
    let secret = match stored.billing.take() {
        Some(billing) => billing.webhook_secret,
        None => {
            let random: &dyn RandomSource = &SystemRandom;
            let bytes = random.bytes::<32>();
            format!("whsec_{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
        }
    };
    stored.billing = Some(BillingOutput { stripe: stripe.url(), webhook_secret: secret });
    Ok(Some(stripe))
}

/// Sends what it says to the relay, from now on.
pub(super) fn deliver_messages(
    stripe: Option<&FakeStripe>,
    stored: &SavedDemo,
    relay: Option<&Part>,
) -> Result<(), String> {
    let (Some(stripe), Some(relay), Some(billing)) = (stripe, relay, &stored.billing) else { return Ok(()) };
    let ca = relay.running.message()["ca"].as_str().unwrap_or_default().to_owned();
    let pem = std::fs::read(&ca).map_err(|e| format!("{ca}: {e}"))?;
    let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(|e| format!("{ca}: {e}"))?;
    let client = reqwest::Client::builder().tls_certs_only(roots).build().map_err(|e| e.to_string())?;
    let url = format!("https://localhost:{}/billing/webhooks/stripe/", stored.ports[2]);
    stripe.deliver(WebhookTarget { url, secret: billing.webhook_secret.clone(), client });
    Ok(())
}
