//! What an admin does: subscribing on Stripe's page, and looking after it on Stripe's portal. Nothing is believed of the way back: what
//! came of it is fetched.

use ::billing::{BilledCustomer, BilledSubscription, NewCheckout, NewCustomer, PriceChange};

use super::plans::BillingPlan;
use super::state::TRIAL_MS;
use super::sync::{choose_subscription, none_if_missing};
use super::{BillingError, BillingOffice, EVENT_KIND, OfficeError, PAGE};
use crate::db::account::accounts::{find_name, owner_email};
use crate::db::billing::accounts::{BillingRow, adopt_customer, begin_trial, find_billing, forget_customer};
use crate::db::operation::jobs::{NewJobRow, platform_enqueue};
use crate::db::{AccountScope, DbError, PlatformReason, SqlConnection};
use record::ids::RelayJobId;

const HOUR_MS: i64 = 3_600_000;
/// Stripe takes no end of a trial that is nearer than two days.
const TRIAL_MS_MIN: i64 = 48 * HOUR_MS;
/// The lane of jobs that wait for the service: `jobs::kind::JobLane::Billing`.
const LANE: i64 = 6;

/// What became of a wish for a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PlanStep {
    /// The address of Stripe's page on which it is subscribed to.
    Checkout(String),
    Changed,
}

impl BillingOffice<'_> {
    /// The account's row; it is made where there is none.
    pub async fn open_billing(&self, scope: AccountScope) -> Result<BillingRow, DbError> {
        if let Some(row) = find_billing(&mut self.db.read(scope).await?).await? {
            return Ok(row);
        }
        let mut tx = self.db.write(scope).await?;
        begin_trial(&mut tx, self.clock.now_ms().saturating_add(TRIAL_MS)).await?;
        let row = find_billing(&mut tx).await?.unwrap_or_default();
        tx.commit().await?;
        Ok(row)
    }

    /// The account gets a plan: on Stripe's page, or, where it has a subscription, by another price of that one.
    pub async fn choose_plan(
        &self,
        scope: AccountScope,
        plan: &BillingPlan,
        currency: &str,
        email: &str,
    ) -> Result<PlanStep, OfficeError> {
        let row = self.open_billing(scope).await?;
        let customer = self.require_customer(scope, &row, email).await?;
        let all = none_if_missing(self.line.client.list_subscriptions_of(&customer).await)?;
        match choose_subscription(all).filter(BilledSubscription::is_live) {
            Some(live) => {
                let changed = self.change_price(&row, &live, plan).await;
                // Whatever came of it.
                self.sync_soon(&customer).await?;
                changed.map(|()| PlanStep::Changed)
            }
            None => self.begin_checkout(scope, &row, customer, plan, currency).await,
        }
    }

    async fn change_price(
        &self,
        row: &BillingRow,
        live: &BilledSubscription,
        plan: &BillingPlan,
    ) -> Result<(), OfficeError> {
        if live.lookup_key == plan.price {
            return Ok(());
        }
        let item = live.fixed_item.clone().ok_or_else(|| OfficeError::NoPrice(live.id.clone()))?;
        let price = self.find_price(plan.price.as_deref().unwrap_or_default(), &live.currency).await?;
        let change = PriceChange { subscription: live.id.clone(), item, price };
        // Until the next fetch it is the same act.
        let key = format!("plan-{}-{}-{}", live.id, plan.id, row.fetched_ms.unwrap_or(0));
        Ok(self.line.client.change_price(&change, &key).await?)
    }

    async fn begin_checkout(
        &self,
        scope: AccountScope,
        row: &BillingRow,
        customer: String,
        plan: &BillingPlan,
        currency: &str,
    ) -> Result<PlanStep, OfficeError> {
        // What was once paid in one currency is never paid in another.
        let currency = row.currency.as_deref().unwrap_or(currency);
        let price = self.find_price(plan.price.as_deref().unwrap_or_default(), currency).await?;
        let metered_price = match self.line.rules.usage_price.as_deref() {
            Some(key) => Some(self.find_price(key, currency).await?),
            None => None,
        };
        let account = scope.account();
        let hour = self.clock.now_ms().div_euclid(HOUR_MS);
        // A trial that is nearly over is a little longer: it was said that nothing is paid before its end.
        let has_trial = row.subscription.is_none() && row.trial_end_ms > (hour + 1) * HOUR_MS;
        let trial_end_ms = has_trial.then_some(row.trial_end_ms.max((hour + 1) * HOUR_MS + TRIAL_MS_MIN));
        let trial_end_s = trial_end_ms.map(|end_ms| end_ms.div_euclid(1_000));
        let (trial, fetched_ms) = (trial_end_s.unwrap_or(0), row.fetched_ms.unwrap_or(0));
        let key = format!("checkout-{account}-{}-{currency}-{trial}-{fetched_ms}-{hour}", plan.id);
        let page = format!("{}{PAGE}", self.public_url);
        let new = NewCheckout {
            account: account.to_string(),
            customer,
            price,
            metered_price,
            currency: currency.to_owned(),
            trial_end_s,
            success_url: format!("{page}?done=subscribed"),
            cancel_url: page,
        };
        let session = self.line.client.create_checkout(&new, &key).await?;
        let url = session.url.ok_or_else(|| OfficeError::NoPrice(plan.id.clone()))?;
        Ok(PlanStep::Checkout(url))
    }

    /// The account's customer, one that is there.
    async fn require_customer(
        &self,
        scope: AccountScope,
        row: &BillingRow,
        email: &str,
    ) -> Result<String, OfficeError> {
        let Some(customer) = &row.customer else { return self.make_customer(scope, email).await };
        let found = self.line.client.fetch_customer(customer).await?;
        if found.is_some_and(|found| !found.deleted) {
            return Ok(customer.clone());
        }
        let mut tx = self.db.write(scope).await?;
        forget_customer(&mut tx, customer).await?;
        tx.commit().await?;
        self.make_customer(scope, email).await
    }

    /// The address of Stripe's portal for the account's customer.
    pub async fn open_portal(&self, customer: &str) -> Result<String, OfficeError> {
        let back = format!("{}{PAGE}?done=changed", self.public_url);
        Ok(self.line.client.create_portal(customer, &back).await?)
    }

    async fn find_price(&self, lookup_key: &str, currency: &str) -> Result<String, OfficeError> {
        let found = self.line.client.find_price(lookup_key).await?;
        let found = found.filter(|price| price.amounts.contains_key(currency));
        found.map(|price| price.id).ok_or_else(|| OfficeError::NoPrice(format!("{lookup_key} in {currency}")))
    }

    /// The account's customer there: the one that is, or a new one. Whether one was made although no answer came is looked up before
    /// anybody is told, and the same key again makes no second one.
    async fn make_customer(&self, scope: AccountScope, email: &str) -> Result<String, OfficeError> {
        let account = scope.account().to_string();
        let customer = match self.find_customer(&account).await? {
            Some(found) => found,
            None => {
                let mut conn = self.db.read(scope).await?;
                let account_name = find_name(&mut conn).await?;
                // Whichever admin presses: under one key it is one question.
                let email = owner_email(&mut conn).await?.unwrap_or_else(|| email.to_owned());
                drop(conn);
                let new = NewCustomer { account: account.clone(), account_name, email };
                let key = format!("customer-{account}-{}", self.clock.now_ms().div_euclid(HOUR_MS));
                match self.line.client.create_customer(&new, &key).await {
                    Err(BillingError::MayHaveHappened(why)) => {
                        let found = self.find_customer(&account).await?;
                        found.ok_or(BillingError::MayHaveHappened(why))?
                    }
                    made => made?,
                }
            }
        };
        self.keep_customer(scope, &customer).await?;
        Ok(customer.id)
    }

    /// Stripe lets accounts of some countries search for nothing: then none is found.
    async fn find_customer(&self, account: &str) -> Result<Option<BilledCustomer>, OfficeError> {
        match self.line.client.find_customer(account).await {
            Ok(found) => Ok(found.filter(|found| !found.deleted)),
            Err(BillingError::Final { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    async fn keep_customer(&self, scope: AccountScope, customer: &BilledCustomer) -> Result<(), OfficeError> {
        let mut tx = self.db.write(scope).await?;
        begin_trial(&mut tx, self.clock.now_ms().saturating_add(TRIAL_MS)).await?;
        if !adopt_customer(&mut tx, &customer.id).await? {
            return Err(OfficeError::ForeignCustomer(customer.id.clone()));
        }
        Ok(tx.commit().await?)
    }

    /// Has a customer fetched.
    pub async fn sync_soon(&self, customer: &str) -> Result<(), DbError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        self.ask_for_sync(&mut tx, customer).await?;
        tx.commit().await
    }

    /// Puts in the job that fetches how a customer stands, in the caller's transaction.
    pub async fn ask_for_sync(&self, tx: &mut impl SqlConnection, customer: &str) -> Result<(), DbError> {
        self.put_job(tx, None, EVENT_KIND, customer).await
    }

    pub(super) async fn put_job(
        &self,
        tx: &mut impl SqlConnection,
        account: Option<AccountScope>,
        kind: &str,
        key: &str,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let job = RelayJobId::new(now_ms, self.random.bytes());
        let new = NewJobRow { job, account, kind, key, body: "{}", lane: LANE, run_ms: now_ms, now_ms };
        platform_enqueue(tx, &new).await
    }
}
