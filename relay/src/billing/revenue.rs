//! What all accounts pay, and how that moved this month, by currency: sums of different currencies are none.

use std::collections::BTreeMap;

use super::state::BillingState;
use crate::db::billing::revenue::RevenueRow;

/// Accounts that a figure is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RevenueGroup {
    Paying,
    New,
    Expansion,
    Contraction,
    Churned,
    Trial,
    /// Whose trial ended, and who never subscribed.
    Unconverted,
    PastDue,
    ReadOnly,
}

impl RevenueGroup {
    pub const ALL: [Self; 9] = [
        Self::Paying,
        Self::New,
        Self::Expansion,
        Self::Contraction,
        Self::Churned,
        Self::Trial,
        Self::Unconverted,
        Self::PastDue,
        Self::ReadOnly,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Paying => "paying",
            Self::New => "new",
            Self::Expansion => "expansion",
            Self::Contraction => "contraction",
            Self::Churned => "churned",
            Self::Trial => "trial",
            Self::Unconverted => "unconverted",
            Self::PastDue => "past-due",
            Self::ReadOnly => "read-only",
        }
    }

    pub fn find_group(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.key() == key)
    }

    pub fn has(self, row: &RevenueRow, now_ms: i64) -> bool {
        let state = BillingState::of(row.status.as_deref(), row.trial_end_ms, row.over_ms, now_ms);
        match self {
            Self::Paying => row.amount > 0,
            Self::New => row.earlier == 0 && row.amount > 0,
            Self::Expansion => row.earlier > 0 && row.amount > row.earlier,
            Self::Contraction => row.amount > 0 && row.amount < row.earlier,
            Self::Churned => row.earlier > 0 && row.amount == 0,
            Self::Trial => matches!(state, BillingState::Trial { .. }),
            Self::Unconverted => row.status.is_none() && row.trial_end_ms <= now_ms,
            Self::PastDue => state == BillingState::PastDue,
            Self::ReadOnly => state.is_read_only(),
        }
    }

    /// What it moves of a month's sum.
    fn amount_of(self, row: &RevenueRow) -> i64 {
        match self {
            Self::Expansion | Self::Contraction | Self::Churned => row.amount - row.earlier,
            Self::PastDue => row.due,
            _ => row.amount,
        }
    }
}

/// A figure: how many accounts, and how much by currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueFigure {
    pub group: RevenueGroup,
    pub accounts: usize,
    pub amounts: BTreeMap<String, i64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevenueReport {
    pub figures: Vec<RevenueFigure>,
    /// What items cost in the last period that is over, of whoever pays.
    pub usage: BTreeMap<String, i64>,
    /// Accounts that paid at the end of the month before; of these the churned are counted.
    pub earlier_accounts: usize,
    /// The same as a share of the month's sum, in tenths of a per cent; by currency, absent where nothing was paid.
    pub churn_tenths: BTreeMap<String, i64>,
    /// Of accounts whose trial is over so many in a thousand pay; absent where none is over.
    pub converted_tenths: Option<i64>,
}

fn tenths_of(part: i64, whole: i64) -> Option<i64> {
    (whole > 0).then(|| part.saturating_mul(1_000).saturating_add(whole / 2) / whole)
}

impl RevenueReport {
    /// `item_prices`: what an item costs a month, by currency.
    pub fn of(rows: &[RevenueRow], item_prices: &BTreeMap<String, i64>, now_ms: i64) -> Self {
        let figures: Vec<RevenueFigure> = RevenueGroup::ALL
            .into_iter()
            .map(|group| {
                let own: Vec<&RevenueRow> = rows.iter().filter(|row| group.has(row, now_ms)).collect();
                let amounts = sum_by_currency(own.iter().map(|row| (*row, group.amount_of(row))));
                RevenueFigure { group, accounts: own.len(), amounts }
            })
            .collect();
        let earlier = sum_by_currency(rows.iter().map(|row| (row, row.earlier)));
        let lost = rows.iter().filter(|row| RevenueGroup::Churned.has(row, now_ms));
        let lost = sum_by_currency(lost.map(|row| (row, row.earlier)));
        let churn_tenths = earlier.iter().filter_map(|(currency, whole)| {
            let part = lost.get(currency).copied().unwrap_or(0);
            Some((currency.clone(), tenths_of(part, *whole)?))
        });
        let usage = rows.iter().filter(|row| row.amount > 0).map(|row| {
            let price = row.currency.as_ref().and_then(|currency| item_prices.get(currency)).copied();
            (row, row.usage.unwrap_or(0).saturating_mul(price.unwrap_or(0)))
        });
        let tried =
            rows.iter().filter(|row| row.trial_end_ms <= now_ms && row.status.as_deref() != Some("trialing"));
        let (tried, paying) = tried.fold((0, 0), |(tried, paying), row| {
            (tried + 1, paying + i64::from(RevenueGroup::Paying.has(row, now_ms)))
        });
        Self {
            usage: sum_by_currency(usage),
            earlier_accounts: rows.iter().filter(|row| row.earlier > 0).count(),
            churn_tenths: churn_tenths.collect(),
            converted_tenths: tenths_of(paying, tried),
            figures,
        }
    }
}

fn sum_by_currency<'r>(amounts: impl Iterator<Item = (&'r RevenueRow, i64)>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (row, amount) in amounts {
        if let Some(currency) = row.currency.as_ref().filter(|_| amount != 0) {
            *sums.entry(currency.clone()).or_insert(0) += amount;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_MS: i64 = 1_795_204_920_000;

    fn row(status: Option<&str>, currency: &str, amount: i64, earlier: i64) -> RevenueRow {
        RevenueRow {
            account_id: String::new(),
            name: String::new(),
            status: status.map(str::to_owned),
            plan: None,
            currency: Some(currency.to_owned()),
            amount,
            earlier,
            due: 0,
            trial_end_ms: NOW_MS - 1,
            over_ms: Some(NOW_MS),
            usage: Some(10),
        }
    }

    #[test]
    fn each_currency_is_reckoned_by_itself() {
        let rows = [
            row(Some("active"), "usd", 20_000, 20_000),
            row(Some("active"), "usd", 30_000, 10_000),
            row(Some("active"), "inr", 850_000, 0),
            row(Some("past_due"), "usd", 10_000, 20_000),
            row(Some("canceled"), "usd", 0, 10_000),
            row(None, "usd", 0, 0),
        ];
        let prices = BTreeMap::from([("usd".to_owned(), 50), ("inr".to_owned(), 4_000)]);
        let report = RevenueReport::of(&rows, &prices, NOW_MS);
        let figure = |group: RevenueGroup| {
            let found = report.figures.iter().find(|figure| figure.group == group).unwrap();
            (found.accounts, found.amounts.clone().into_iter().collect::<Vec<_>>())
        };
        let usd = |amount: i64| ("usd".to_owned(), amount);
        assert_eq!(figure(RevenueGroup::Paying), (4, vec![("inr".to_owned(), 850_000), usd(60_000)]));
        assert_eq!(figure(RevenueGroup::New), (1, vec![("inr".to_owned(), 850_000)]));
        assert_eq!(figure(RevenueGroup::Expansion), (1, vec![usd(20_000)]));
        assert_eq!(figure(RevenueGroup::Contraction), (1, vec![usd(-10_000)]));
        assert_eq!(figure(RevenueGroup::Churned), (1, vec![usd(-10_000)]));
        assert_eq!(figure(RevenueGroup::Unconverted).0, 1);
        assert_eq!(report.usage, BTreeMap::from([("inr".to_owned(), 40_000), usd(1_500)]));
        assert_eq!(report.churn_tenths, BTreeMap::from([("usd".to_owned(), 167)]), "10,000 of 60,000");
        assert_eq!((report.earlier_accounts, report.converted_tenths), (4, Some(667)), "4 of 6");
    }

    #[test]
    fn each_group_is_known_by_its_name() {
        for group in RevenueGroup::ALL {
            assert_eq!(RevenueGroup::find_group(group.key()), Some(group));
        }
        assert_eq!(RevenueGroup::find_group("x"), None);
    }
}
