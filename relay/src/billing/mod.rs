//! Billing: which plans there are (`plans`), how an account stands and what that stops (`state`), what an admin does about it (`office`),
//! what Stripe says (`events`), what is fetched of it (`sync`), and what time alone brings (`round`). Recording asks none of it: boxes
//! send, are answered and renewed whatever an account owes.

pub mod events;
mod notices;
pub mod office;
pub mod plans;
pub mod revenue;
pub mod round;
pub mod state;
pub mod sync;
#[cfg(test)]
pub(crate) mod test_billing;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use ::billing::{BillingError, BillingService};
use service::clock::Clock;
use service::random::RandomSource;

use self::events::WaitingEvents;
use self::plans::BillingPlan;
use crate::db::{Db, DbError};
use crate::mail::MailOutbox;

/// The page of an account's billing.
pub const PAGE: &str = "/app/billing";
/// The kind of the job that fetches how a customer stands; its key is the customer.
pub const EVENT_KIND: &str = "stripe-event";
/// The kind of the job that tells the meter what was counted for an account; its key is the account.
pub const READING_KIND: &str = "billing-reading";

/// What the settings say of billing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillingRules {
    pub plans: Vec<BillingPlan>,
    /// The lookup key of the price of an item and month; absent where items cost nothing.
    pub usage_price: Option<String>,
    /// What that price is, by currency, as pages show it.
    pub usage_month: BTreeMap<String, i64>,
    /// The meter's name in its events.
    pub meter: String,
    /// Whether it is about money, and no trial of Stripe's.
    pub is_live: bool,
}

impl BillingRules {
    pub fn find_plan(&self, id: &str) -> Option<&BillingPlan> {
        self.plans.iter().find(|plan| plan.id == id)
    }
}

/// The way to the service that takes money, and the rules. Cheap to clone.
#[derive(Debug, Clone)]
pub struct BillingLine {
    pub client: Arc<dyn BillingService>,
    pub rules: Arc<BillingRules>,
    pub events: Arc<WaitingEvents>,
}

impl BillingLine {
    pub fn new(client: Arc<dyn BillingService>, rules: Arc<BillingRules>) -> Self {
        Self { client, rules, events: Arc::default() }
    }
}

/// What billing works with in one request or job.
#[derive(Debug, Clone, Copy)]
pub struct BillingOffice<'a> {
    pub line: &'a BillingLine,
    pub db: &'a Db,
    pub clock: &'a dyn Clock,
    pub random: &'a dyn RandomSource,
    pub mail: &'a MailOutbox,
    /// What stands before the paths of pages.
    pub public_url: &'a str,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum OfficeError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error(transparent)]
    Service(#[from] BillingError),
    /// The plan's price is not there, or not in this currency.
    #[error("there is no price {0}")]
    NoPrice(String),
    /// Its metadata name another account, or the account has another one.
    #[error("the customer {0} is of no account here")]
    ForeignCustomer(String),
}

/// Seconds of the service as milliseconds.
fn to_ms(seconds: i64) -> i64 {
    seconds.saturating_mul(1_000)
}
