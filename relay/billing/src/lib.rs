//! What is asked of a service that takes money, and what it answers. [`BillingService`] has the questions, in plain types; with the feature
//! `stripe` the client of Stripe answers them. Nothing here knows the relay, its tables or its pages.

mod error;
mod event;
mod objects;
#[cfg(feature = "stripe")]
mod stripe;

use std::fmt;

use futures_util::future::BoxFuture;

pub use crate::error::BillingError;
pub use crate::event::StripeEvent;
pub use crate::objects::{
    BilledCharge, BilledCustomer, BilledInvoice, BilledPrice, BilledSubscription, CheckoutSession, ListPart,
    MeterReading, NewCheckout, NewCustomer, PriceChange,
};
#[cfg(feature = "stripe")]
pub use crate::stripe::{StripeAccess, StripeClient};

/// The name under which a customer's metadata has the account.
pub const ACCOUNT_KEY: &str = "account_id";

pub type BillingFuture<'a, T> = BoxFuture<'a, Result<T, BillingError>>;

/// What changes something there takes a key: the same key is the same act, however often it is asked for within a day.
pub trait BillingService: fmt::Debug + Send + Sync {
    fn create_customer<'a>(&'a self, new: &'a NewCustomer, key: &'a str)
    -> BillingFuture<'a, BilledCustomer>;
    /// The customer whose metadata name the account. What was made within the last minute may not be found.
    fn find_customer<'a>(&'a self, account: &'a str) -> BillingFuture<'a, Option<BilledCustomer>>;
    /// `None`: there is none of this id in this account of the service.
    fn fetch_customer<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Option<BilledCustomer>>;
    fn create_checkout<'a>(
        &'a self,
        new: &'a NewCheckout,
        key: &'a str,
    ) -> BillingFuture<'a, CheckoutSession>;
    /// What is paid already is set off on the next invoice.
    fn change_price<'a>(&'a self, change: &'a PriceChange, key: &'a str) -> BillingFuture<'a, ()>;
    /// The address of a page on which the customer changes cards and address, pays what is owed, and ends it all.
    fn create_portal<'a>(&'a self, customer: &'a str, return_url: &'a str) -> BillingFuture<'a, String>;
    /// All that the customer ever had, the newest first.
    fn list_subscriptions_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledSubscription>>;
    /// The last 24, the newest first.
    fn list_invoices_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledInvoice>>;
    /// A hundred of all customers' subscriptions, whatever their status, behind the one of this id.
    fn list_subscriptions<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> BillingFuture<'a, ListPart<BilledSubscription>>;
    fn fetch_charge<'a>(&'a self, charge: &'a str) -> BillingFuture<'a, Option<BilledCharge>>;
    fn find_price<'a>(&'a self, lookup_key: &'a str) -> BillingFuture<'a, Option<BilledPrice>>;
    /// The reading's identifier is the key.
    fn send_reading<'a>(&'a self, reading: &'a MeterReading) -> BillingFuture<'a, ()>;
}
