//! Mails of billing: each goes to the account's admins once, whatever is fetched how often.

use super::plans::PlanLimit;
use super::{BillingOffice, PAGE};
use crate::db::account::accounts::find_name;
use crate::db::billing::accounts::mark_posted;
use crate::db::person::support_grants::list_admins;
use crate::db::{DbError, ScopedConnection};
use crate::mail::MailLetter;

const DAY_MS: i64 = 24 * 3_600_000;

/// An amount in a currency's smallest unit.
type Amount<'a> = (i64, &'a str);

pub(super) enum BillingMail<'a> {
    PaymentFailed { invoice: &'a str, amount: Amount<'a>, next_ms: Option<i64> },
    PaymentOk { invoice: &'a str, number: &'a str, amount: Amount<'a> },
    InvoiceReady { invoice: &'a str, number: &'a str, amount: Amount<'a> },
    Refunded { charge: &'a str, amount: Amount<'a> },
    PlanChanged { subscription: &'a str, plan: &'a str, fetched_ms: i64 },
    Cancelled { subscription: &'a str, until_ms: i64 },
    TrialEnding { until_ms: i64 },
    FirstPayment { until_ms: i64, amount: Amount<'a> },
    TrialEnded { grace_ms: i64 },
    GraceOver { since_ms: i64 },
    LimitNear { what: PlanLimit, count: i64, limit: u32 },
    LimitOver { what: PlanLimit, limit: u32 },
}

impl BillingMail<'_> {
    /// Under which it goes once.
    fn about(&self) -> String {
        match self {
            Self::PaymentFailed { invoice, .. }
            | Self::PaymentOk { invoice, .. }
            | Self::InvoiceReady { invoice, .. } => (*invoice).to_owned(),
            Self::Refunded { charge, amount: (refunded, _) } => format!("{charge} {refunded}"),
            // Changed back on another day it is another change.
            Self::PlanChanged { subscription, plan, fetched_ms } => {
                format!("{subscription} {plan} {}", fetched_ms.div_euclid(DAY_MS))
            }
            Self::Cancelled { subscription, until_ms } => {
                format!("{subscription} {}", until_ms.div_euclid(DAY_MS))
            }
            Self::TrialEnding { until_ms } | Self::FirstPayment { until_ms, .. } => until_ms.to_string(),
            Self::TrialEnded { grace_ms } => grace_ms.to_string(),
            Self::GraceOver { since_ms } => since_ms.to_string(),
            Self::LimitNear { what, limit, .. } | Self::LimitOver { what, limit } => {
                format!("{} {limit}", what.key())
            }
        }
    }

    fn letter(&self, account: &str, link: String) -> MailLetter {
        match *self {
            Self::PaymentFailed { amount: (amount, currency), next_ms, .. } => {
                MailLetter::payment_failed(account, amount, currency, next_ms, link)
            }
            Self::PaymentOk { number, amount: (amount, currency), .. } => {
                MailLetter::payment_ok(account, number, amount, currency, link)
            }
            Self::InvoiceReady { number, amount: (amount, currency), .. } => {
                MailLetter::invoice_ready(account, number, amount, currency, link)
            }
            Self::Refunded { amount: (amount, currency), .. } => {
                MailLetter::refunded(account, amount, currency, link)
            }
            Self::PlanChanged { plan, .. } => MailLetter::plan_changed(account, plan, link),
            Self::Cancelled { until_ms, .. } => MailLetter::cancelled(account, until_ms, link),
            Self::TrialEnding { until_ms } => MailLetter::trial_ending(account, until_ms, link),
            Self::FirstPayment { until_ms, amount: (amount, currency) } => {
                MailLetter::first_payment(account, until_ms, amount, currency, link)
            }
            Self::TrialEnded { grace_ms } => MailLetter::trial_ended(account, grace_ms, link),
            Self::GraceOver { .. } => MailLetter::grace_over(account, link),
            Self::LimitNear { what, count, limit } => {
                MailLetter::limit_near(account, what.key(), count, limit, link)
            }
            Self::LimitOver { what, limit } => MailLetter::limit_over(account, what.key(), limit, link),
        }
    }
}

/// Posts a mail to each admin in the caller's transaction, where it was not posted before.
pub(super) async fn post_mail(
    office: &BillingOffice<'_>,
    tx: &mut ScopedConnection,
    mail: &BillingMail<'_>,
) -> Result<(), DbError> {
    let account = find_name(tx).await?;
    let letter = mail.letter(&account, format!("{}{PAGE}", office.public_url));
    if !mark_posted(tx, letter.kind(), &mail.about(), office.clock.now_ms()).await? {
        return Ok(());
    }
    let scope = tx.scope();
    for address in list_admins(tx).await? {
        office.mail.post(tx, Some(scope), &address, &letter).await?;
    }
    Ok(())
}
