//! Answers as far as they are read. All but ids may be absent, as it is of some API version or other.

use std::collections::BTreeMap;

use miniserde::Deserialize;

use crate::{ACCOUNT_KEY, BilledCharge, BilledCustomer, BilledInvoice, BilledPrice, BilledSubscription};

#[derive(Deserialize)]
pub(super) struct ListReply<T> {
    pub(super) data: Vec<T>,
    pub(super) has_more: Option<bool>,
}

#[derive(Deserialize)]
pub(super) struct CustomerReply {
    id: String,
    deleted: Option<bool>,
    metadata: Option<BTreeMap<String, String>>,
}

impl From<CustomerReply> for BilledCustomer {
    fn from(reply: CustomerReply) -> Self {
        let account = reply.metadata.and_then(|mut metadata| metadata.remove(ACCOUNT_KEY));
        Self { id: reply.id, account, deleted: reply.deleted.unwrap_or(false) }
    }
}

#[derive(Deserialize)]
pub(super) struct SessionReply {
    pub(super) id: String,
    pub(super) url: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct PortalReply {
    pub(super) url: String,
}

#[derive(Deserialize)]
pub(super) struct MeterReply {
    #[serde(rename = "identifier")]
    _identifier: String,
}

#[derive(Deserialize)]
pub(super) struct ChargeReply {
    id: String,
    customer: Option<String>,
    currency: String,
    amount_refunded: Option<i64>,
}

impl From<ChargeReply> for BilledCharge {
    fn from(reply: ChargeReply) -> Self {
        let ChargeReply { id, customer, currency, amount_refunded } = reply;
        Self { id, customer, currency, refunded: amount_refunded.unwrap_or(0) }
    }
}

#[derive(Deserialize)]
pub(super) struct SubscriptionReply {
    id: String,
    customer: String,
    status: String,
    currency: Option<String>,
    created: Option<i64>,
    items: Option<ListReply<ItemReply>>,
    discounts: Option<Vec<DiscountReply>>,
    /// Of API versions before 2025-03-31; later each item has its own.
    current_period_start: Option<i64>,
    current_period_end: Option<i64>,
    trial_end: Option<i64>,
    cancel_at: Option<i64>,
    cancel_at_period_end: Option<bool>,
    ended_at: Option<i64>,
}

#[derive(Deserialize)]
struct ItemReply {
    id: Option<String>,
    price: Option<ItemPriceReply>,
    quantity: Option<i64>,
    current_period_start: Option<i64>,
    current_period_end: Option<i64>,
}

#[derive(Deserialize)]
struct ItemPriceReply {
    lookup_key: Option<String>,
    unit_amount: Option<i64>,
    recurring: Option<RecurringReply>,
}

#[derive(Deserialize)]
struct RecurringReply {
    interval: Option<String>,
    interval_count: Option<i64>,
    usage_type: Option<String>,
}

#[derive(Deserialize)]
struct DiscountReply {
    source: Option<DiscountSourceReply>,
}

#[derive(Deserialize)]
struct DiscountSourceReply {
    coupon: Option<CouponReply>,
}

#[derive(Deserialize)]
struct CouponReply {
    percent_off: Option<f64>,
    amount_off: Option<i64>,
    duration: Option<String>,
}

impl ItemPriceReply {
    fn is_metered(&self) -> bool {
        self.recurring.as_ref().is_some_and(|recurring| recurring.usage_type.as_deref() == Some("metered"))
    }

    /// What so many of it cost in a month, of twelve that a year has.
    fn month_of(&self, quantity: i64) -> i64 {
        let whole = self.unit_amount.unwrap_or(0).saturating_mul(quantity);
        let (interval, count) = self.recurring.as_ref().map_or((None, 1), |recurring| {
            (recurring.interval.as_deref(), recurring.interval_count.unwrap_or(1).max(1))
        });
        match interval {
            Some("year") => whole / (12 * count),
            Some("week") => whole.saturating_mul(52) / (12 * count),
            Some("day") => whole.saturating_mul(365) / (12 * count),
            _ => whole / count,
        }
    }
}

impl CouponReply {
    /// What is left of an amount. A coupon of one invoice says nothing of the months behind it.
    fn take_off(&self, amount: i64) -> i64 {
        if self.duration.as_deref() == Some("once") {
            return amount;
        }
        let percent = self.percent_off.unwrap_or(0.0).clamp(0.0, 100.0);
        let left = amount as f64 * (100.0 - percent) / 100.0;
        (left.round() as i64 - self.amount_off.unwrap_or(0)).max(0)
    }
}

impl From<SubscriptionReply> for BilledSubscription {
    fn from(reply: SubscriptionReply) -> Self {
        let items = reply.items.map(|items| items.data).unwrap_or_default();
        let fixed: Vec<_> = items
            .iter()
            .filter_map(|item| Some((item, item.price.as_ref()?)))
            .filter(|(_, price)| !price.is_metered())
            .collect();
        let whole = fixed.iter().map(|(item, price)| price.month_of(item.quantity.unwrap_or(1))).sum();
        let coupons = reply.discounts.iter().flatten().filter_map(|one| one.source.as_ref()?.coupon.as_ref());
        let ends = items.iter().filter_map(|item| item.current_period_end);
        let period_end_s = ends.max().or(reply.current_period_end);
        let at_period_end = reply.cancel_at_period_end.unwrap_or(false);
        Self {
            lookup_key: fixed.iter().find_map(|(_, price)| price.lookup_key.clone()),
            fixed_item: fixed.first().and_then(|(item, _)| item.id.clone()),
            month: coupons.fold(whole, |left, coupon| coupon.take_off(left)),
            period_start_s: items
                .iter()
                .filter_map(|item| item.current_period_start)
                .max()
                .or(reply.current_period_start),
            period_end_s,
            trial_end_s: reply.trial_end,
            cancel_at_s: reply.cancel_at.or(period_end_s.filter(|_| at_period_end)),
            ended_s: reply.ended_at,
            id: reply.id,
            customer: reply.customer,
            status: reply.status,
            currency: reply.currency.unwrap_or_default(),
            created_s: reply.created.unwrap_or(0),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct InvoiceReply {
    /// Absent of a preview.
    id: Option<String>,
    number: Option<String>,
    subscription: Option<String>,
    parent: Option<ParentReply>,
    status: Option<String>,
    currency: String,
    total: Option<i64>,
    amount_due: Option<i64>,
    amount_remaining: Option<i64>,
    created: Option<i64>,
    next_payment_attempt: Option<i64>,
    attempt_count: Option<i64>,
    status_transitions: Option<TransitionsReply>,
    hosted_invoice_url: Option<String>,
    invoice_pdf: Option<String>,
}

#[derive(Deserialize)]
struct TransitionsReply {
    paid_at: Option<i64>,
}

#[derive(Deserialize)]
struct ParentReply {
    subscription_details: Option<ParentSubscriptionReply>,
}

#[derive(Deserialize)]
struct ParentSubscriptionReply {
    subscription: Option<String>,
}

impl InvoiceReply {
    pub(super) fn into_invoice(self) -> Option<BilledInvoice> {
        let by_parent = self.parent.and_then(|parent| parent.subscription_details?.subscription);
        Some(BilledInvoice {
            id: self.id?,
            number: self.number,
            subscription: by_parent.or(self.subscription),
            status: self.status.unwrap_or_default(),
            currency: self.currency,
            total: self.total.unwrap_or(0),
            due: self.amount_remaining.or(self.amount_due).unwrap_or(0),
            made_s: self.created.unwrap_or(0),
            paid_s: self.status_transitions.and_then(|times| times.paid_at),
            next_try_s: self.next_payment_attempt,
            tries: self.attempt_count.unwrap_or(0),
            url: self.hosted_invoice_url,
            pdf: self.invoice_pdf,
        })
    }
}

#[derive(Deserialize)]
pub(super) struct PriceReply {
    id: String,
    currency: Option<String>,
    unit_amount: Option<i64>,
    currency_options: Option<BTreeMap<String, CurrencyReply>>,
}

#[derive(Deserialize)]
struct CurrencyReply {
    unit_amount: Option<i64>,
}

impl From<PriceReply> for BilledPrice {
    fn from(reply: PriceReply) -> Self {
        let own = reply.currency.zip(reply.unit_amount);
        let options = reply.currency_options.unwrap_or_default().into_iter();
        let options = options.filter_map(|(currency, option)| Some((currency, option.unit_amount?)));
        Self { id: reply.id, amounts: own.into_iter().chain(options).collect() }
    }
}
