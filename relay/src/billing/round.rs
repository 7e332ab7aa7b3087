//! What time alone brings: trials and graces that end, limits that are reached, items counted and told, and the nightly look whether
//! the service has what these tables have.

use std::collections::BTreeMap;

use ::billing::{BilledSubscription, MeterReading};

use super::notices::{BillingMail, post_mail};
use super::plans::{LimitUse, PlanLimit};
use super::state::{BillingState, GRACE_MS, TRIAL_MS, plan_of};
use super::sync::choose_subscription;
use super::{BillingError, BillingOffice, OfficeError};
use crate::db::billing::accounts::{
    BillingRow, count_limited, find_billing, platform_begin_trials, platform_end_untold_trials,
    platform_list_stale, platform_list_statuses, platform_of_customer,
};
use crate::db::billing::events::{
    DifferenceRow, platform_drop_settled, platform_forget_events, platform_save_difference,
};
use crate::db::billing::revenue::platform_save_month;
use crate::db::billing::usage::{
    ReadingRow, find_peak, insert_reading, list_unsent, mark_sent, platform_count_days, platform_forget_usage,
};
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection};

const DAY_MS: i64 = 24 * 3_600_000;
const TRIAL_WARNING_MS: i64 = 3 * DAY_MS;
const EVENT_MS_MAX: i64 = 90 * DAY_MS;
/// Stripe takes readings of the last 35 days.
const READING_MS: i64 = 35 * DAY_MS;
/// Counts are there for the figures of a year, and for whoever asks why.
const USAGE_MS: i64 = 800 * DAY_MS;
const UNANSWERED_MAX: usize = 3;

/// A month counted from year 0.
pub fn month_of(now_ms: i64) -> i64 {
    let day = jiff::Timestamp::from_millisecond(now_ms).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

impl BillingOffice<'_> {
    /// Once an hour: of every account what time changed. One that fails keeps no other one waiting.
    pub async fn run_round(&self) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        platform_begin_trials(&mut tx, now_ms.saturating_add(TRIAL_MS)).await?;
        platform_end_untold_trials(&mut tx, now_ms.saturating_sub(GRACE_MS), now_ms).await?;
        platform_count_days(&mut tx).await?;
        platform_save_month(&mut tx, month_of(now_ms)).await?;
        platform_forget_events(&mut tx, now_ms.saturating_sub(EVENT_MS_MAX)).await?;
        platform_forget_usage(&mut tx, (now_ms - USAGE_MS) / 1_000, (now_ms - USAGE_MS) / DAY_MS).await?;
        for customer in platform_list_stale(&mut tx, now_ms.saturating_sub(DAY_MS), now_ms).await? {
            self.ask_for_sync(&mut tx, &customer).await?;
        }
        tx.commit().await?;
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let accounts = platform_list_statuses(&mut conn).await?;
        drop(conn);
        let accounts: Vec<AccountScope> =
            accounts.iter().filter_map(|account| account.scope().ok()).collect();
        for scope in &accounts {
            if let Err(error) = self.look_at_account(*scope).await {
                tracing::error!(account = scope.key(), %error, "an account's billing was not looked at; it is within an hour");
            }
        }
        let mut unanswered = 0;
        for scope in accounts {
            match self.send_readings(scope).await {
                Ok(()) => unanswered = 0,
                Err(error) => {
                    unanswered += 1;
                    tracing::error!(account = scope.key(), %error, "the meter is not told; it is within an hour");
                }
            }
            // Nobody answers: it would be the same with all others.
            if unanswered == UNANSWERED_MAX {
                break;
            }
        }
        Ok(())
    }

    async fn look_at_account(&self, scope: AccountScope) -> Result<(), DbError> {
        self.post_reminders(scope).await?;
        self.plan_reading(scope).await
    }

    async fn post_reminders(&self, scope: AccountScope) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.write(scope).await?;
        let row = find_billing(&mut tx).await?;
        let never = row.as_ref().is_none_or(|row| row.status.is_none());
        let mut mails = match BillingState::of_row(row.as_ref(), now_ms) {
            BillingState::Trial { until_ms } if never && until_ms - now_ms <= TRIAL_WARNING_MS => {
                vec![BillingMail::TrialEnding { until_ms }]
            }
            BillingState::Trial { until_ms } if !never && until_ms - now_ms <= TRIAL_WARNING_MS => {
                let row = row.as_ref();
                let amount = row.and_then(|row| Some((row.month_amount, row.currency.as_deref()?)));
                amount.map(|amount| BillingMail::FirstPayment { until_ms, amount }).into_iter().collect()
            }
            BillingState::Grace { until_ms } if never => vec![BillingMail::TrialEnded { grace_ms: until_ms }],
            // Of one that ended long before anybody looked nobody is told.
            BillingState::ReadOnly { since_ms } if now_ms - since_ms < GRACE_MS => {
                vec![BillingMail::GraceOver { since_ms }]
            }
            _ => Vec::new(),
        };
        mails.extend(self.limit_mails(&mut tx, row.as_ref()).await?);
        for mail in mails {
            post_mail(self, &mut tx, &mail).await?;
        }
        tx.commit().await
    }

    async fn limit_mails(
        &self,
        tx: &mut ScopedConnection,
        row: Option<&BillingRow>,
    ) -> Result<Vec<BillingMail<'static>>, DbError> {
        let counts = count_limited(tx, self.clock.now_ms()).await?;
        let plan = plan_of(&self.line.rules, row);
        let mails = PlanLimit::ALL.into_iter().filter_map(|what| {
            let count = match what {
                PlanLimit::Facilities => counts.facilities,
                PlanLimit::People => counts.people,
            };
            let limit = plan?.limit(what)?;
            // Whoever may have one has one.
            match LimitUse::of(count, Some(limit).filter(|limit| *limit > 1)) {
                LimitUse::Near => Some(BillingMail::LimitNear { what, count, limit }),
                LimitUse::Reached => Some(BillingMail::LimitOver { what, limit }),
                LimitUse::Plenty => None,
            }
        });
        Ok(mails.collect())
    }

    /// Writes down once a day how many items were in service on the highest day of the period.
    async fn plan_reading(&self, scope: AccountScope) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.write(scope).await?;
        let Some(row) = find_billing(&mut tx).await? else { return Ok(()) };
        let is_paid = matches!(row.status.as_deref(), Some("active" | "past_due" | "trialing"));
        // Of a period that is over nothing more is counted: the next one is fetched first.
        if is_paid && row.period_end_ms.is_some_and(|end_ms| now_ms < end_ms) {
            let day = now_ms.div_euclid(DAY_MS);
            self.write_reading(&mut tx, &row, day, &day.to_string()).await?;
        }
        tx.commit().await
    }

    /// Writes down the highest day of the row's period up to a day.
    pub(super) async fn write_reading(
        &self,
        tx: &mut ScopedConnection,
        row: &BillingRow,
        last_day: i64,
        name: &str,
    ) -> Result<bool, DbError> {
        let (Some(start_ms), Some(end_ms)) = (row.period_start_ms, row.period_end_ms) else {
            return Ok(false);
        };
        let peak = find_peak(tx, start_ms.div_euclid(DAY_MS), last_day + 1).await?;
        let (Some(value), true) = (peak, self.line.rules.usage_price.is_some()) else { return Ok(false) };
        let at_ms = self.clock.now_ms().clamp(start_ms, end_ms.max(start_ms + 1) - 1);
        let event = format!("u-{}-{name}", tx.scope().account());
        insert_reading(tx, &ReadingRow { event, value, time_s: at_ms.div_euclid(1_000) }).await
    }

    /// Tells the meter what was written down and not taken yet, each as it was written: the same again changes nothing there.
    pub async fn send_readings(&self, scope: AccountScope) -> Result<(), OfficeError> {
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.read(scope).await?;
        let customer = find_billing(&mut conn).await?.and_then(|row| row.customer);
        let unsent = list_unsent(&mut conn, (now_ms - READING_MS) / 1_000).await?;
        drop(conn);
        let Some(customer) = customer else { return Ok(()) };
        for ReadingRow { event, value, time_s } in unsent {
            let (meter, customer) = (self.line.rules.meter.clone(), customer.clone());
            let reading = MeterReading { meter, customer, identifier: event, value, time_s };
            match self.line.client.send_reading(&reading).await {
                // What is refused keeps no other one back; somebody has to look.
                Err(BillingError::Final { status, code, .. }) => {
                    tracing::error!(account = scope.key(), status, code, "the meter refused a reading");
                    continue;
                }
                sent => sent?,
            }
            let mut tx = self.db.write(scope).await?;
            mark_sent(&mut tx, &reading.identifier, now_ms).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    /// Once a night: looks through all that the service has, keeps where it differs, and lets what differs be fetched. Nothing is
    /// written there.
    pub async fn reconcile(&self) -> Result<(), OfficeError> {
        let looked_ms = self.clock.now_ms();
        let (mut after, mut all) = (None, BTreeMap::<String, Vec<BilledSubscription>>::new());
        loop {
            let part = self.line.client.list_subscriptions(after.as_deref()).await?;
            let last = part.rows.last().map(|row| row.id.clone());
            for subscription in part.rows {
                all.entry(subscription.customer.clone()).or_default().push(subscription);
            }
            match last.filter(|last| part.has_more && after.as_ref() != Some(last)) {
                Some(last) => after = Some(last),
                None => break,
            }
        }
        for theirs in all.into_values().filter_map(choose_subscription) {
            if let Err(error) = self.compare(&theirs, looked_ms).await {
                tracing::error!(customer = theirs.customer, %error, "a subscription was not looked at");
            }
        }
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        platform_drop_settled(&mut tx, looked_ms).await?;
        Ok(tx.commit().await?)
    }

    async fn compare(&self, theirs: &BilledSubscription, looked_ms: i64) -> Result<(), OfficeError> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let owner = platform_of_customer(&mut conn, &theirs.customer).await?;
        drop(conn);
        let ours = match owner {
            Some(scope) => find_billing(&mut self.db.read(scope).await?).await?,
            None => None,
        };
        let is_same = ours.as_ref().is_some_and(|row| {
            row.subscription.as_ref() == Some(&theirs.id) && row.status.as_ref() == Some(&theirs.status)
        });
        if is_same {
            return Ok(());
        }
        let ours = ours.map_or_else(String::new, |row| describe_subscription(row.subscription, row.status));
        let row = DifferenceRow {
            subscription: theirs.id.clone(),
            customer: theirs.customer.clone(),
            ours,
            theirs: describe_subscription(Some(theirs.id.clone()), Some(theirs.status.clone())),
            since_ms: looked_ms,
            seen_ms: looked_ms,
        };
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        platform_save_difference(&mut tx, &row).await?;
        self.ask_for_sync(&mut tx, &theirs.customer).await?;
        Ok(tx.commit().await?)
    }
}

fn describe_subscription(subscription: Option<String>, status: Option<String>) -> String {
    [subscription, status].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_counted_on() {
        let (december, january) = (1_798_761_599_999, 1_798_761_600_000);
        assert_eq!(month_of(january) - month_of(december), 1);
        assert_eq!(month_of(january), 2027 * 12);
    }
}
