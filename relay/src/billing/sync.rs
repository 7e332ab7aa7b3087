//! How a customer stands, fetched and written: whatever made somebody ask, in whatever order and however often, the end is the
//! service's own state.

use ::billing::{BilledCharge, BilledInvoice, BilledSubscription};

use super::notices::{BillingMail, post_mail};
use super::plans::BillingPlan;
use super::state::TRIAL_MS;
use super::{BillingError, BillingOffice, OfficeError, READING_KIND, to_ms};
use crate::db::account::accounts::platform_find;
use crate::db::billing::accounts::{
    BillingRow, adopt_customer, begin_trial, find_billing, lock_billing, platform_of_customer, save_billing,
};
use crate::db::billing::events::{NewEventRow, platform_end_event, platform_list_new};
use crate::db::billing::invoices::{InvoiceRow, save_invoice};
use crate::db::billing::usage::{close_period, find_peak};
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection, WriteConnection};

const DAY_MS: i64 = 24 * 3_600_000;
/// What is older is no news to anybody.
const NEWS_MS: i64 = 3 * DAY_MS;
const REFUND: &str = "charge.refunded";

/// All that was fetched of a customer.
struct Fetched {
    subscription: Option<BilledSubscription>,
    invoices: Vec<BilledInvoice>,
    charges: Vec<BilledCharge>,
    events: Vec<NewEventRow>,
}

/// The subscription that counts: the newest that is paid, else the newest that is not over, or else the newest.
pub(super) fn choose_subscription(all: Vec<BilledSubscription>) -> Option<BilledSubscription> {
    all.into_iter().max_by_key(|one| (one.is_live(), !one.is_over(), one.created_s, one.id.clone()))
}

/// Of a customer that is gone there is nothing.
pub(super) fn none_if_missing<T>(listed: Result<Vec<T>, BillingError>) -> Result<Vec<T>, BillingError> {
    match listed {
        Err(error) if error.is_missing() => Ok(Vec::new()),
        listed => listed,
    }
}

/// When what was paid for ended, of a subscription that ended or is not paid.
fn find_end_ms(subscription: &BilledSubscription, invoices: &[BilledInvoice]) -> Option<i64> {
    let is_own = |one: &&BilledInvoice| one.subscription.as_ref().is_none_or(|of| *of == subscription.id);
    let owed_s =
        invoices.iter().filter(|one| one.status == "open").filter(is_own).map(|one| one.made_s).min();
    match subscription.status.as_str() {
        "canceled" | "incomplete_expired" => subscription.ended_s.or(subscription.period_end_s),
        "unpaid" | "past_due" | "paused" => owed_s.or(subscription.period_start_s),
        _ => None,
    }
    .map(to_ms)
}

/// The account's row as it follows from what was fetched.
fn derive_row(before: &BillingRow, fetched: &Fetched, plans: &[BillingPlan], now_ms: i64) -> BillingRow {
    let open = || fetched.invoices.iter().filter(|one| one.status == "open");
    let owed = BillingRow {
        customer: before.customer.clone(),
        currency: before.currency.clone(),
        trial_end_ms: before.trial_end_ms,
        due: open().map(|one| one.due).sum(),
        next_try_ms: open().filter_map(|one| one.next_try_s).min().map(to_ms),
        fetched_ms: Some(now_ms),
        ..BillingRow::default()
    };
    let Some(found) = &fetched.subscription else { return owed };
    let plan = plans.iter().find(|plan| plan.price.is_some() && plan.price == found.lookup_key);
    BillingRow {
        subscription: Some(found.id.clone()),
        status: Some(found.status.clone()),
        // A price that gave its lookup key to a newer one is that of the plan all the same; of one that no plan of the settings has,
        // it is the price.
        plan: plan
            .map(|plan| plan.id.clone())
            .or_else(|| found.lookup_key.clone())
            .or_else(|| before.plan.clone().filter(|_| before.subscription.as_ref() == Some(&found.id))),
        month_amount: found.month,
        currency: Some(found.currency.clone()).filter(|currency| !currency.is_empty()).or(owed.currency),
        period_start_ms: found.period_start_s.map(to_ms),
        period_end_ms: found.period_end_s.map(to_ms),
        trial_end_ms: found.trial_end_s.map_or(before.trial_end_ms, to_ms),
        cancel_at_ms: found.cancel_at_s.map(to_ms),
        over_ms: find_end_ms(found, &fetched.invoices),
        ..owed
    }
}

fn invoice_row(invoice: &BilledInvoice) -> InvoiceRow {
    InvoiceRow {
        invoice: invoice.id.clone(),
        number: invoice.number.clone(),
        status: invoice.status.clone(),
        currency: invoice.currency.clone(),
        total: invoice.total,
        due: invoice.due,
        made_ms: to_ms(invoice.made_s),
        paid_ms: invoice.paid_s.map(to_ms),
        next_try_ms: invoice.next_try_s.map(to_ms),
        tries: invoice.tries,
        url: invoice.url.clone(),
        pdf: invoice.pdf.clone(),
    }
}

/// What people are told of an invoice, where that is news.
fn invoice_mail<'i>(
    invoice: &'i BilledInvoice,
    subscription: Option<&BilledSubscription>,
    now_ms: i64,
) -> Option<BillingMail<'i>> {
    // While a bank debit is under way its invoice was tried, and is open.
    let has_failed = subscription
        .is_none_or(|one| matches!(one.status.as_str(), "past_due" | "unpaid" | "incomplete" | "canceled"));
    let amount = (invoice.due, invoice.currency.as_str());
    let number = invoice.number.as_deref().unwrap_or(&invoice.id);
    let is_news = |at_s: i64| now_ms.saturating_sub(to_ms(at_s)) < NEWS_MS;
    match invoice.status.as_str() {
        "open" if invoice.tries > 0 && has_failed => Some(BillingMail::PaymentFailed {
            invoice: &invoice.id,
            amount,
            next_ms: invoice.next_try_s.map(to_ms),
        }),
        "open" if invoice.tries == 0 && invoice.due > 0 && is_news(invoice.made_s) => {
            Some(BillingMail::InvoiceReady { invoice: &invoice.id, number, amount })
        }
        "paid" if invoice.total > 0 && invoice.paid_s.is_some_and(is_news) => {
            let amount = (invoice.total, invoice.currency.as_str());
            Some(BillingMail::PaymentOk { invoice: &invoice.id, number, amount })
        }
        _ => None,
    }
}

impl BillingOffice<'_> {
    /// Whose a customer is: by our own table, else as its metadata say, where that account has no other one.
    async fn find_owner(&self, customer: &str) -> Result<AccountScope, OfficeError> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        if let Some(scope) = platform_of_customer(&mut conn, customer).await? {
            return Ok(scope);
        }
        drop(conn);
        let foreign = || OfficeError::ForeignCustomer(customer.to_owned());
        let found = self.line.client.fetch_customer(customer).await?.ok_or_else(foreign)?;
        let account = found.account.as_deref().and_then(|id| id.parse().ok()).ok_or_else(foreign)?;
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let scope = platform_find(&mut conn, account).await?.ok_or_else(foreign)?;
        drop(conn);
        let mut tx = self.db.write(scope).await?;
        begin_trial(&mut tx, self.clock.now_ms().saturating_add(TRIAL_MS)).await?;
        if !adopt_customer(&mut tx, customer).await? {
            return Err(foreign());
        }
        tx.commit().await?;
        Ok(scope)
    }

    async fn fetch(&self, customer: &str) -> Result<Fetched, OfficeError> {
        // Before anything is fetched: what comes later is fetched for once more.
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let events = platform_list_new(&mut conn, customer).await?;
        drop(conn);
        let client = &self.line.client;
        let subscriptions = none_if_missing(client.list_subscriptions_of(customer).await)?;
        let invoices = none_if_missing(client.list_invoices_of(customer).await)?;
        let mut charges = Vec::new();
        for charge in
            events.iter().filter(|event| event.word == REFUND).filter_map(|event| event.object.as_deref())
        {
            let found = match client.fetch_charge(charge).await {
                // Nobody is kept from what was paid because one thing may not be read.
                Err(BillingError::Final { status, code, .. }) => {
                    tracing::error!(charge, status, code, "a refund is not read, and nobody is told of it");
                    continue;
                }
                found => found?,
            };
            charges.extend(found.filter(|found| found.customer.as_deref() == Some(customer)));
        }
        Ok(Fetched { subscription: choose_subscription(subscriptions), invoices, charges, events })
    }

    /// Fetches how a customer stands and writes it, with the mails that follow; what is returned is not committed.
    pub async fn sync_customer(&self, customer: &str) -> Result<WriteConnection, OfficeError> {
        let scope = match self.find_owner(customer).await {
            Err(OfficeError::ForeignCustomer(_)) => return self.ignore_events(customer).await,
            found => found?,
        };
        let fetched = self.fetch(customer).await?;
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.write(scope).await?;
        lock_billing(&mut tx).await?;
        let before = find_billing(&mut tx).await?.unwrap_or_default();
        let row = derive_row(&before, &fetched, &self.line.rules.plans, now_ms);
        save_billing(&mut tx, &row).await?;
        for invoice in &fetched.invoices {
            save_invoice(&mut tx, &invoice_row(invoice)).await?;
        }
        self.close_past_period(&mut tx, &before, &row).await?;
        self.post_news(&mut tx, &before, &row, &fetched).await?;
        for event in &fetched.events {
            platform_end_event(&mut tx, &event.event, "done").await?;
        }
        Ok(tx.into())
    }

    async fn post_news(
        &self,
        tx: &mut ScopedConnection,
        before: &BillingRow,
        row: &BillingRow,
        fetched: &Fetched,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut mails: Vec<BillingMail<'_>> = fetched
            .invoices
            .iter()
            .filter_map(|invoice| invoice_mail(invoice, fetched.subscription.as_ref(), now_ms))
            .collect();
        mails.extend(fetched.charges.iter().filter(|charge| charge.refunded > 0).map(|charge| {
            BillingMail::Refunded { charge: &charge.id, amount: (charge.refunded, &charge.currency) }
        }));
        if let (Some(subscription), Some(was), Some(is)) = (&row.subscription, &before.plan, &row.plan)
            && was != is
        {
            let plans = &self.line.rules.plans;
            let name = plans.iter().find(|plan| plan.id == *is).map_or(is.as_str(), |plan| &plan.name);
            mails.push(BillingMail::PlanChanged { subscription, plan: name, fetched_ms: now_ms });
        }
        let ends_ms = row.cancel_at_ms.or(row.over_ms.filter(|_| row.status.as_deref() == Some("canceled")));
        if let (Some(subscription), Some(until_ms)) = (&row.subscription, ends_ms)
            && now_ms.saturating_sub(until_ms) < NEWS_MS
        {
            mails.push(BillingMail::Cancelled { subscription, until_ms });
        }
        for mail in mails {
            post_mail(self, tx, &mail).await?;
        }
        Ok(())
    }

    /// Keeps the highest day of a period that ended since the last look, and tells the meter of it before the invoice is final: the last
    /// day may be that one.
    async fn close_past_period(
        &self,
        tx: &mut ScopedConnection,
        before: &BillingRow,
        row: &BillingRow,
    ) -> Result<(), DbError> {
        let (Some(start_ms), Some(end_ms)) = (before.period_start_ms, before.period_end_ms) else {
            return Ok(());
        };
        if row.period_end_ms == Some(end_ms) || end_ms > self.clock.now_ms() {
            return Ok(());
        }
        let last_day = end_ms.div_euclid(DAY_MS);
        if let Some(peak) = find_peak(tx, start_ms.div_euclid(DAY_MS), last_day + 1).await? {
            close_period(tx, end_ms, peak).await?;
        }
        if self.write_reading(tx, before, last_day, &format!("{last_day}-last")).await? {
            let scope = tx.scope();
            self.put_job(tx, Some(scope), READING_KIND, &scope.account().to_string()).await?;
        }
        Ok(())
    }

    /// What is said of a customer of nobody here is done with.
    async fn ignore_events(&self, customer: &str) -> Result<WriteConnection, OfficeError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        for event in platform_list_new(&mut tx, customer).await? {
            tracing::warn!(
                customer,
                event = event.event,
                word = event.word,
                "it is about a customer of no account here"
            );
            platform_end_event(&mut tx, &event.event, "ignored").await?;
        }
        Ok(tx.into())
    }
}
