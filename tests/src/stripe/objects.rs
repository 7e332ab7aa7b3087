//! Objects of Stripe, as far as anything here reads them, in the shapes of its API of 2026.

use serde_json::{Value, json};

/// Plans by lookup key: the amount of a month in US cents; the last is of an item and metered.
pub(super) const PRICES: [(&str, i64); 4] = [
    ("ct_starter_month_usd", 10_000),
    ("ct_pro_month_usd", 20_000),
    ("ct_enterprise_month_usd", 30_000),
    ("ct_item_month_usd", 50),
];
const METERED: &str = "ct_item_month_usd";
pub(super) const MONTH_S: i64 = 30 * 86_400;

#[derive(Debug, Clone)]
pub(super) struct FakeCustomer {
    pub(super) id: String,
    pub(super) email: String,
    pub(super) account: String,
    pub(super) made_s: i64,
}

impl FakeCustomer {
    pub(super) fn to_json(&self) -> Value {
        json!({
            "id": self.id, "object": "customer", "email": self.email, "created": self.made_s, "livemode": false,
            "metadata": { "account_id": self.account },
        })
    }
}

/// A page of Checkout on which nobody has paid yet.
#[derive(Debug, Clone)]
pub(super) struct FakeSession {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) account: String,
    pub(super) lookup_key: String,
    pub(super) currency: String,
    pub(super) trial_end_s: Option<i64>,
    pub(super) success_url: String,
    pub(super) cancel_url: String,
    pub(super) is_paid: bool,
}

impl FakeSession {
    pub(super) fn to_json(&self, address: &str) -> Value {
        json!({
            "id": self.id, "object": "checkout.session", "customer": self.customer, "client_reference_id": self.account,
            "mode": "subscription", "livemode": false, "status": if self.is_paid { "complete" } else { "open" },
            "url": format!("{address}/checkout/{}", self.id),
        })
    }
}

#[derive(Debug, Clone)]
pub(super) struct FakeSubscription {
    pub(super) id: String,
    pub(super) customer: String,
    pub(super) status: String,
    pub(super) lookup_key: String,
    pub(super) currency: String,
    pub(super) made_s: i64,
    pub(super) period_start_s: i64,
    pub(super) trial_end_s: Option<i64>,
    pub(super) cancels: bool,
    pub(super) ended_s: Option<i64>,
}

/// A price's amount in a currency: what other currencies cost is made up.
pub(super) fn amount_of(lookup_key: &str, currency: &str) -> i64 {
    let cents = PRICES.iter().find(|(key, _)| *key == lookup_key).map_or(0, |(_, cents)| *cents);
    if currency == "inr" { cents * 85 } else { cents }
}

pub(super) fn price_json(lookup_key: &str) -> Value {
    let cents = amount_of(lookup_key, "usd");
    let usage = if lookup_key == METERED { "metered" } else { "licensed" };
    let options: serde_json::Map<String, Value> = ["usd", "eur", "gbp", "inr"]
        .into_iter()
        .map(|currency| (currency.to_owned(), json!({ "unit_amount": amount_of(lookup_key, currency) })))
        .collect();
    json!({
        "id": format!("price_{lookup_key}"), "object": "price", "active": true, "currency": "usd", "unit_amount": cents,
        "lookup_key": lookup_key, "livemode": false, "currency_options": options,
        "recurring": { "interval": "month", "interval_count": 1, "usage_type": usage },
    })
}

impl FakeSubscription {
    pub(super) fn period_end_s(&self) -> i64 {
        self.trial_end_s.filter(|_| self.status == "trialing").unwrap_or(self.period_start_s + MONTH_S)
    }

    pub(super) fn fixed_item(&self) -> String {
        format!("si_{}", self.id)
    }

    pub(super) fn amount(&self) -> i64 {
        amount_of(&self.lookup_key, &self.currency)
    }

    pub(super) fn to_json(&self) -> Value {
        let item = |lookup_key: &str, quantity: Value| {
            let mut price = price_json(lookup_key);
            price["unit_amount"] = json!(amount_of(lookup_key, &self.currency));
            price["currency"] = json!(self.currency);
            json!({
                "id": if lookup_key == METERED { format!("si_{}_metered", self.id) } else { self.fixed_item() }, "object": "subscription_item", "price": price, "quantity": quantity,
                "current_period_start": self.period_start_s, "current_period_end": self.period_end_s(),
            })
        };
        json!({
            "id": self.id, "object": "subscription", "customer": self.customer, "status": self.status, "livemode": false,
            "currency": self.currency, "created": self.made_s, "trial_end": self.trial_end_s, "discounts": [],
            "cancel_at_period_end": self.cancels, "cancel_at": self.cancels.then(|| self.period_end_s()),
            "ended_at": self.ended_s,
            "items": { "object": "list", "has_more": false,
                       "data": [item(&self.lookup_key, json!(1)), item(METERED, Value::Null)] },
        })
    }
}

#[derive(Debug, Clone)]
pub(super) struct FakeInvoice {
    pub(super) id: String,
    pub(super) number: u64,
    pub(super) customer: String,
    pub(super) subscription: String,
    pub(super) amount: i64,
    pub(super) currency: String,
    pub(super) made_s: i64,
    pub(super) paid_s: Option<i64>,
    pub(super) tries: i64,
}

impl FakeInvoice {
    pub(super) fn to_json(&self, address: &str) -> Value {
        let is_open = self.paid_s.is_none();
        json!({
            "id": self.id, "object": "invoice", "number": format!("CT-{:04}", self.number), "customer": self.customer,
            "livemode": false, "status": if is_open { "open" } else { "paid" }, "currency": self.currency, "total": self.amount,
            "amount_due": self.amount, "created": self.made_s, "period_start": self.made_s, "period_end": self.made_s,
            "attempt_count": self.tries, "next_payment_attempt": is_open.then_some(self.made_s + 86_400),
            "status_transitions": { "paid_at": self.paid_s },
            "parent": { "type": "subscription_details", "subscription_details": { "subscription": self.subscription } },
            "hosted_invoice_url": format!("{address}/invoice/{}", self.id), "invoice_pdf": null,
        })
    }
}
