//! What is asked with, and what is answered. Amounts are whole numbers of a currency's smallest unit; a currency is three small letters;
//! times are seconds since 1970, as Stripe has them.

use std::collections::BTreeMap;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    pub account: String,
    pub account_name: String,
    pub email: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledCustomer {
    pub id: String,
    /// The account that its metadata name.
    pub account: Option<String>,
    pub deleted: bool,
}

/// A subscription that is to be begun on Stripe's own page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCheckout {
    pub account: String,
    pub customer: String,
    pub price: String,
    /// The price of what is metered, if it is.
    pub metered_price: Option<String>,
    pub currency: String,
    /// Until when nothing is paid; Stripe takes none that is less than two days away.
    pub trial_end_s: Option<i64>,
    pub success_url: String,
    pub cancel_url: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutSession {
    pub id: String,
    pub url: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledSubscription {
    pub id: String,
    pub customer: String,
    /// Stripe's word, also one that no list of ours has.
    pub status: String,
    pub currency: String,
    pub created_s: i64,
    /// The lookup key of the price that is paid whatever is used: the price may have lost it to a newer one.
    pub lookup_key: Option<String>,
    /// The item with that price.
    pub fixed_item: Option<String>,
    /// What a month of it costs after coupons, without what is metered.
    pub month: i64,
    pub period_start_s: Option<i64>,
    pub period_end_s: Option<i64>,
    pub trial_end_s: Option<i64>,
    pub cancel_at_s: Option<i64>,
    pub ended_s: Option<i64>,
}

impl BilledSubscription {
    /// Whether it is over for good.
    pub fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "canceled" | "incomplete_expired")
    }

    /// Whether it is paid, or will be: also one whose status no list of ours has.
    pub fn is_live(&self) -> bool {
        !self.is_over() && !matches!(self.status.as_str(), "incomplete" | "unpaid" | "paused")
    }
}

/// Another price for an item of a subscription.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceChange {
    pub subscription: String,
    pub item: String,
    pub price: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledInvoice {
    pub id: String,
    pub number: Option<String>,
    pub subscription: Option<String>,
    pub status: String,
    pub currency: String,
    pub total: i64,
    pub due: i64,
    pub made_s: i64,
    pub paid_s: Option<i64>,
    /// When payment is tried again.
    pub next_try_s: Option<i64>,
    /// How often it was tried.
    pub tries: i64,
    /// Stripe's page of it, and the file.
    pub url: Option<String>,
    pub pdf: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledCharge {
    pub id: String,
    pub customer: Option<String>,
    pub currency: String,
    pub refunded: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BilledPrice {
    pub id: String,
    /// Per unit, by currency.
    pub amounts: BTreeMap<String, i64>,
}

/// A part of a list; `has_more` where it goes on behind the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListPart<T> {
    pub rows: Vec<T>,
    pub has_more: bool,
}

/// How many items were in service: within a period the last reading counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeterReading {
    pub meter: String,
    pub customer: String,
    /// The same reading is told once under it.
    pub identifier: String,
    pub value: i64,
    pub time_s: i64,
}
