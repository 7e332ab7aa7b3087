//! Stripe's API by async-stripe: its client and typed requests, and structs of our own for answers, so that a word or a member of another
//! API version never fails a call. One try a call: whoever asks tries again, under the same key.

mod replies;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use futures_util::FutureExt as _;
use miniserde::Deserialize;
use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_billing::billing_meter_event::CreateBillingMeterEvent;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::invoice::ListInvoice;
use stripe_billing::subscription::{
    ListSubscription, ListSubscriptionStatus, UpdateSubscription, UpdateSubscriptionItems,
};
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionCustomerUpdate, CreateCheckoutSessionCustomerUpdateAddress,
    CreateCheckoutSessionCustomerUpdateName, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionSubscriptionData, CreateCheckoutSessionTaxIdCollection,
};

use stripe_core::charge::RetrieveCharge;
use stripe_core::customer::{CreateCustomer, RetrieveCustomer, SearchCustomer};
use stripe_product::price::ListPrice;

use self::replies::{
    ChargeReply, CustomerReply, InvoiceReply, ListReply, MeterReply, PortalReply, PriceReply, SessionReply,
    SubscriptionReply,
};
use crate::{
    ACCOUNT_KEY, BilledCharge, BilledCustomer, BilledInvoice, BilledPrice, BilledSubscription, BillingError,
    BillingFuture, BillingService, CheckoutSession, ListPart, MeterReading, NewCheckout, NewCustomer,
    PriceChange,
};

/// How long an answer may take.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);
const INVOICES: i64 = 24;
const SUBSCRIPTIONS_A_PART: i64 = 100;
/// Members that come as ids, unless they are asked for: what coupons take off.
const COUPONS: &str = "data.discounts.source.coupon";
const CURRENCIES: &str = "data.currency_options";

/// Where Stripe is, and how it knows who asks.
#[derive(Clone)]
pub struct StripeAccess {
    pub key: String,
    /// Stripe's own where there is none.
    pub url: Option<String>,
}

impl fmt::Debug for StripeAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StripeAccess").field("url", &self.url).finish_non_exhaustive()
    }
}

#[derive(Clone)]
pub struct StripeClient {
    client: Client,
}

impl fmt::Debug for StripeClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StripeClient")
    }
}

impl StripeClient {
    /// # Errors
    /// [`BillingError::NotSent`] where key or address cannot be such.
    pub fn open(access: &StripeAccess) -> Result<Self, BillingError> {
        Self::open_with(access, ANSWER_WITHIN)
    }

    fn open_with(access: &StripeAccess, answer_within: Duration) -> Result<Self, BillingError> {
        let builder = ClientBuilder::new(access.key.as_str()).timeout(answer_within);
        let builder = match &access.url {
            // Paths are put behind it as it is.
            Some(url) => builder.url(format!("{}/", url.trim_end_matches('/'))),
            None => builder,
        };
        let built = builder.build().map_err(|e| BillingError::NotSent(e.to_string()));
        built.map(|client| Self { client })
    }

    async fn ask<T: Deserialize>(
        &self,
        request: &impl StripeRequest,
        key: Option<&str>,
    ) -> Result<T, BillingError> {
        let strategy = match key {
            Some(key) => {
                let key = IdempotencyKey::new(key).map_err(|e| BillingError::NotSent(e.to_string()))?;
                RequestStrategy::Idempotent(key)
            }
            None => RequestStrategy::Once,
        };
        let request = request.build().customize::<T>().request_strategy(strategy);
        request.send(&self.client).await.map_err(read_error)
    }
}

/// Of an error that is no JSON the status is lost, and an answer that was not understood was given behind the act.
fn read_error(error: StripeError) -> BillingError {
    match error {
        StripeError::Stripe(_, 409 | 429) => BillingError::Busy,
        StripeError::Stripe(error, status @ 400..500) if status != 424 => {
            let code =
                error.code.map_or_else(|| error.type_.as_str().to_owned(), |code| code.as_str().to_owned());
            BillingError::Final { status, code, message: error.message.unwrap_or_default() }
        }
        StripeError::Stripe(_, status) => BillingError::MayHaveHappened(format!("status {status}")),
        StripeError::ConfigError(why) => BillingError::NotSent(why),
        other => BillingError::MayHaveHappened(other.to_string()),
    }
}

/// An answer that there is no such thing is one.
fn absent_if_missing<T>(answer: Result<T, BillingError>) -> Result<Option<T>, BillingError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.is_missing() => Ok(None),
        Err(error) => Err(error),
    }
}

fn checkout_request(new: &NewCheckout) -> CreateCheckoutSession {
    let mut fixed = CreateCheckoutSessionLineItems::new();
    (fixed.price, fixed.quantity) = (Some(new.price.clone()), Some(1));
    let metered = new.metered_price.clone().map(|price| {
        let mut item = CreateCheckoutSessionLineItems::new();
        item.price = Some(price);
        item
    });
    let metadata = HashMap::from([(ACCOUNT_KEY.to_owned(), new.account.clone())]);
    let mut subscription = CreateCheckoutSessionSubscriptionData::new();
    (subscription.metadata, subscription.trial_end) = (Some(metadata.clone()), new.trial_end_s);
    // Stripe asks for both where it collects tax ids of a customer that is there already.
    let mut update = CreateCheckoutSessionCustomerUpdate::new();
    update.name = Some(CreateCheckoutSessionCustomerUpdateName::Auto);
    update.address = Some(CreateCheckoutSessionCustomerUpdateAddress::Auto);
    let Ok(currency) = new.currency.parse::<stripe_types::Currency>();
    CreateCheckoutSession::new()
        .currency(currency)
        .mode(CheckoutSessionMode::Subscription)
        .customer(new.customer.as_str())
        .customer_update(update)
        .client_reference_id(new.account.as_str())
        .metadata(metadata)
        .line_items([fixed].into_iter().chain(metered).collect::<Vec<_>>())
        .subscription_data(subscription)
        .tax_id_collection(CreateCheckoutSessionTaxIdCollection::new(true))
        .allow_promotion_codes(true)
        .success_url(new.success_url.as_str())
        .cancel_url(new.cancel_url.as_str())
}

impl BillingService for StripeClient {
    fn create_customer<'a>(
        &'a self,
        new: &'a NewCustomer,
        key: &'a str,
    ) -> BillingFuture<'a, BilledCustomer> {
        async move {
            let metadata = [(ACCOUNT_KEY, &new.account), ("account_name", &new.account_name)];
            let metadata: HashMap<String, String> =
                metadata.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect();
            let request = CreateCustomer::new()
                .name(new.account_name.as_str())
                .email(new.email.as_str())
                .metadata(metadata);
            self.ask::<CustomerReply>(&request, Some(key)).await.map(BilledCustomer::from)
        }
        .boxed()
    }

    fn find_customer<'a>(&'a self, account: &'a str) -> BillingFuture<'a, Option<BilledCustomer>> {
        async move {
            let request = SearchCustomer::new(format!("metadata['{ACCOUNT_KEY}']:'{account}'")).limit(1);
            let found: ListReply<CustomerReply> = self.ask(&request, None).await?;
            Ok(found.data.into_iter().next().map(BilledCustomer::from))
        }
        .boxed()
    }

    fn fetch_customer<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Option<BilledCustomer>> {
        async move {
            let answer = self.ask::<CustomerReply>(&RetrieveCustomer::new(customer), None).await;
            Ok(absent_if_missing(answer)?.map(BilledCustomer::from))
        }
        .boxed()
    }

    fn create_checkout<'a>(
        &'a self,
        new: &'a NewCheckout,
        key: &'a str,
    ) -> BillingFuture<'a, CheckoutSession> {
        async move {
            let reply: SessionReply = self.ask(&checkout_request(new), Some(key)).await?;
            Ok(CheckoutSession { id: reply.id, url: reply.url })
        }
        .boxed()
    }

    fn change_price<'a>(&'a self, change: &'a PriceChange, key: &'a str) -> BillingFuture<'a, ()> {
        async move {
            let mut item = UpdateSubscriptionItems::new();
            (item.id, item.price) = (Some(change.item.clone()), Some(change.price.clone()));
            let request = UpdateSubscription::new(change.subscription.as_str()).items(vec![item]);
            self.ask::<SubscriptionReply>(&request, Some(key)).await.map(drop)
        }
        .boxed()
    }

    fn create_portal<'a>(&'a self, customer: &'a str, return_url: &'a str) -> BillingFuture<'a, String> {
        async move {
            let request = CreateBillingPortalSession::new().customer(customer).return_url(return_url);
            Ok(self.ask::<PortalReply>(&request, None).await?.url)
        }
        .boxed()
    }

    fn list_subscriptions_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledSubscription>> {
        async move {
            let request = ListSubscription::new()
                .customer(customer)
                .status(ListSubscriptionStatus::All)
                .limit(SUBSCRIPTIONS_A_PART)
                .expand([COUPONS.to_owned()]);
            let listed: ListReply<SubscriptionReply> = self.ask(&request, None).await?;
            Ok(listed.data.into_iter().map(BilledSubscription::from).collect())
        }
        .boxed()
    }

    fn list_invoices_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledInvoice>> {
        async move {
            let listed: ListReply<InvoiceReply> =
                self.ask(&ListInvoice::new().customer(customer).limit(INVOICES), None).await?;
            Ok(listed.data.into_iter().filter_map(InvoiceReply::into_invoice).collect())
        }
        .boxed()
    }

    fn list_subscriptions<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> BillingFuture<'a, ListPart<BilledSubscription>> {
        async move {
            let mut request = ListSubscription::new()
                .status(ListSubscriptionStatus::All)
                .limit(SUBSCRIPTIONS_A_PART)
                .expand([COUPONS.to_owned()]);
            if let Some(after) = after {
                request = request.starting_after(after);
            }
            let listed: ListReply<SubscriptionReply> = self.ask(&request, None).await?;
            let rows = listed.data.into_iter().map(BilledSubscription::from).collect();
            Ok(ListPart { rows, has_more: listed.has_more.unwrap_or(false) })
        }
        .boxed()
    }

    fn fetch_charge<'a>(&'a self, charge: &'a str) -> BillingFuture<'a, Option<BilledCharge>> {
        async move {
            let answer = self.ask::<ChargeReply>(&RetrieveCharge::new(charge), None).await;
            Ok(absent_if_missing(answer)?.map(BilledCharge::from))
        }
        .boxed()
    }

    fn find_price<'a>(&'a self, lookup_key: &'a str) -> BillingFuture<'a, Option<BilledPrice>> {
        async move {
            let request = ListPrice::new()
                .lookup_keys([lookup_key.to_owned()])
                .active(true)
                .limit(1)
                .expand([CURRENCIES.to_owned()]);
            let listed: ListReply<PriceReply> = self.ask(&request, None).await?;
            Ok(listed.data.into_iter().next().map(BilledPrice::from))
        }
        .boxed()
    }

    fn send_reading<'a>(&'a self, reading: &'a MeterReading) -> BillingFuture<'a, ()> {
        async move {
            let payload = [
                ("stripe_customer_id".to_owned(), reading.customer.clone()),
                ("value".to_owned(), reading.value.to_string()),
            ];
            let request = CreateBillingMeterEvent::new(reading.meter.as_str(), HashMap::from(payload))
                .identifier(reading.identifier.as_str())
                .timestamp(reading.time_s);
            self.ask::<MeterReply>(&request, Some(&reading.identifier)).await.map(drop)
        }
        .boxed()
    }
}
