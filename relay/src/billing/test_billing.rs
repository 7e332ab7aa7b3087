//! A service that takes money, in memory: what it has is set, and it answers as it is told.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use ::billing::{
    BilledCharge, BilledCustomer, BilledInvoice, BilledPrice, BilledSubscription, BillingError,
    BillingFuture, BillingService, CheckoutSession, ListPart, MeterReading, NewCheckout, NewCustomer,
    PriceChange,
};

use super::plans::usual_plans;
use super::{BillingLine, BillingRules};

#[derive(Debug, Default)]
pub(crate) struct ServiceState {
    pub(crate) customers: Vec<BilledCustomer>,
    pub(crate) subscriptions: Vec<BilledSubscription>,
    pub(crate) invoices: BTreeMap<String, Vec<BilledInvoice>>,
    pub(crate) charges: Vec<BilledCharge>,
    pub(crate) checkouts: BTreeMap<String, NewCheckout>,
    pub(crate) readings: Vec<MeterReading>,
    /// What was asked under which key.
    pub(crate) changes: BTreeMap<String, PriceChange>,
    /// What every question is answered with, where it is set.
    pub(crate) fault: Option<BillingError>,
    /// Customers are made all the same.
    pub(crate) acts_before_fault: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct TestBilling(Arc<Mutex<ServiceState>>);

impl TestBilling {
    pub(crate) fn line(&self) -> BillingLine {
        let rules = BillingRules {
            plans: usual_plans(),
            usage_price: Some("ct_item_month_usd".to_owned()),
            usage_month: BTreeMap::from([("usd".to_owned(), 50)]),
            meter: "cleantrack_items".to_owned(),
            is_live: false,
        };
        BillingLine::new(Arc::new(self.clone()), Arc::new(rules))
    }

    /// The same, where the trial limits nothing.
    pub(crate) fn unlimited_line(&self) -> BillingLine {
        let BillingLine { client, rules, .. } = self.line();
        let mut rules = (*rules).clone();
        for plan in &mut rules.plans {
            (plan.facilities, plan.people) = (None, None);
        }
        BillingLine::new(client, Arc::new(rules))
    }

    pub(crate) fn set<T>(&self, act: impl FnOnce(&mut ServiceState) -> T) -> T {
        act(&mut self.0.lock().unwrap())
    }

    fn answer<'a, T: Send + 'a>(&self, act: impl FnOnce(&mut ServiceState) -> T) -> BillingFuture<'a, T> {
        let answer = self.set(|state| match state.fault.clone() {
            Some(fault) => Err(fault),
            None => Ok(act(state)),
        });
        Box::pin(std::future::ready(answer))
    }
}

pub(crate) fn subscription(id: &str, customer: &str, status: &str, created_s: i64) -> BilledSubscription {
    BilledSubscription {
        id: id.to_owned(),
        customer: customer.to_owned(),
        status: status.to_owned(),
        currency: "usd".to_owned(),
        created_s,
        lookup_key: Some("ct_pro_month_usd".to_owned()),
        fixed_item: Some("si_1".to_owned()),
        month: 20_000,
        period_start_s: Some(created_s),
        period_end_s: Some(created_s + 30 * 86_400),
        trial_end_s: None,
        cancel_at_s: None,
        ended_s: (status == "canceled").then_some(created_s + 100),
    }
}

pub(crate) fn invoice(id: &str, status: &str, tries: i64, made_s: i64) -> BilledInvoice {
    BilledInvoice {
        id: id.to_owned(),
        number: Some(format!("CT-{id}")),
        subscription: None,
        status: status.to_owned(),
        currency: "usd".to_owned(),
        total: 20_000,
        due: 20_000,
        made_s,
        paid_s: (status == "paid").then_some(made_s),
        next_try_s: (status == "open" && tries > 0).then_some(made_s + 86_400),
        tries,
        url: Some("https://invoice.example/1".to_owned()),
        pdf: None,
    }
}

impl BillingService for TestBilling {
    fn create_customer<'a>(&'a self, new: &'a NewCustomer, _: &'a str) -> BillingFuture<'a, BilledCustomer> {
        let make = |state: &mut ServiceState| {
            let id = format!("cus_{}", state.customers.len() + 1);
            let made = BilledCustomer { id, account: Some(new.account.clone()), deleted: false };
            state.customers.push(made.clone());
            made
        };
        self.set(|state| {
            if state.acts_before_fault {
                make(state);
                state.acts_before_fault = false;
                let cut = BillingError::MayHaveHappened("cut".to_owned());
                return Box::pin(std::future::ready(Err(cut))) as BillingFuture<'a, BilledCustomer>;
            }
            let answer = state.fault.clone().map_or_else(|| Ok(make(state)), Err);
            Box::pin(std::future::ready(answer))
        })
    }

    fn find_customer<'a>(&'a self, account: &'a str) -> BillingFuture<'a, Option<BilledCustomer>> {
        self.answer(|state| {
            state.customers.iter().find(|one| one.account.as_deref() == Some(account)).cloned()
        })
    }

    fn fetch_customer<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Option<BilledCustomer>> {
        self.answer(|state| state.customers.iter().find(|one| one.id == customer).cloned())
    }

    fn create_checkout<'a>(
        &'a self,
        new: &'a NewCheckout,
        key: &'a str,
    ) -> BillingFuture<'a, CheckoutSession> {
        self.answer(|state| {
            state.checkouts.insert(key.to_owned(), new.clone());
            CheckoutSession { id: "cs_1".to_owned(), url: Some("https://checkout.example/1".to_owned()) }
        })
    }

    fn change_price<'a>(&'a self, change: &'a PriceChange, key: &'a str) -> BillingFuture<'a, ()> {
        self.answer(|state| {
            state.changes.insert(key.to_owned(), change.clone());
            let changed = state.subscriptions.iter_mut().filter(|one| one.id == change.subscription);
            changed.for_each(|one| one.lookup_key = change.price.strip_prefix("price_").map(str::to_owned));
        })
    }

    fn create_portal<'a>(&'a self, customer: &'a str, _: &'a str) -> BillingFuture<'a, String> {
        self.answer(|_| format!("https://portal.example/{customer}"))
    }

    fn list_subscriptions_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledSubscription>> {
        self.answer(|state| {
            state.subscriptions.iter().filter(|one| one.customer == customer).cloned().collect()
        })
    }

    fn list_invoices_of<'a>(&'a self, customer: &'a str) -> BillingFuture<'a, Vec<BilledInvoice>> {
        self.answer(|state| state.invoices.get(customer).cloned().unwrap_or_default())
    }

    fn list_subscriptions<'a>(
        &'a self,
        after: Option<&'a str>,
    ) -> BillingFuture<'a, ListPart<BilledSubscription>> {
        // Two at a time.
        self.answer(|state| {
            let all = &state.subscriptions;
            let from =
                after.and_then(|after| all.iter().position(|one| one.id == after)).map_or(0, |at| at + 1);
            let rows: Vec<BilledSubscription> = all.iter().skip(from).take(2).cloned().collect();
            ListPart { has_more: from + rows.len() < all.len(), rows }
        })
    }

    fn fetch_charge<'a>(&'a self, charge: &'a str) -> BillingFuture<'a, Option<BilledCharge>> {
        self.answer(|state| state.charges.iter().find(|one| one.id == charge).cloned())
    }

    fn find_price<'a>(&'a self, lookup_key: &'a str) -> BillingFuture<'a, Option<BilledPrice>> {
        self.answer(|_| {
            let amounts = BTreeMap::from([("usd".to_owned(), 20_000)]);
            Some(BilledPrice { id: format!("price_{lookup_key}"), amounts })
        })
    }

    fn send_reading<'a>(&'a self, reading: &'a MeterReading) -> BillingFuture<'a, ()> {
        self.answer(|state| state.readings.push(reading.clone()))
    }
}
