//! Opens billing, where the settings name a key.

use std::sync::Arc;

use service::settings::SettingsError;

use crate::billing::{BillingLine, BillingService};
use crate::settings::RelaySettings;

pub(super) fn open_billing(settings: &RelaySettings) -> Result<Option<BillingLine>, SettingsError> {
    let Some(key) = settings.stripe_key()? else { return Ok(None) };
    let rules = Arc::new(settings.billing_rules(&key));
    Ok(Some(BillingLine::new(open_client(settings, key)?, rules)))
}

#[cfg(feature = "billing")]
fn open_client(settings: &RelaySettings, key: String) -> Result<Arc<dyn BillingService>, SettingsError> {
    let access = ::billing::StripeAccess { key, url: settings.billing.url.clone() };
    match ::billing::StripeClient::open(&access) {
        Ok(client) => Ok(Arc::new(client)),
        Err(_) => Err(SettingsError::Value("billing.key_file or billing.url is nothing that can be sent to")),
    }
}

#[cfg(not(feature = "billing"))]
fn open_client(_: &RelaySettings, _: String) -> Result<Arc<dyn BillingService>, SettingsError> {
    Err(SettingsError::Value(
        "billing.key_file is set, and this relay was built without billing: leave it out, or take the one that has it",
    ))
}
