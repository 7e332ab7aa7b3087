//! Plans: what each costs and how much it lets an account have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// The plan of whoever has not subscribed to one.
pub const TRIAL: &str = "trial";
/// Of so much of a limit people are told.
const NEAR_PERCENT: i64 = 80;

/// A plan, as the settings have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BillingPlan {
    pub id: String,
    /// As people read it.
    pub name: String,
    /// The lookup key of its price; absent of the trial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<String>,
    /// Facilities and people; without a limit where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facilities: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<u32>,
    /// What a month costs, by currency, in its smallest unit: what pages show and in which currencies it can be had.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub month: BTreeMap<String, i64>,
}

/// What plans limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanLimit {
    Facilities,
    People,
}

impl PlanLimit {
    pub const ALL: [Self; 2] = [Self::Facilities, Self::People];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Facilities => "facilities",
            Self::People => "people",
        }
    }
}

/// How much of a limit is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitUse {
    Plenty,
    /// Four fifths or more.
    Near,
    /// All of it: one more is not added.
    Reached,
}

impl LimitUse {
    pub fn of(count: i64, limit: Option<u32>) -> Self {
        let Some(limit) = limit.map(i64::from) else { return Self::Plenty };
        if count >= limit {
            Self::Reached
        } else if count * 100 >= limit * NEAR_PERCENT {
            Self::Near
        } else {
            Self::Plenty
        }
    }
}

impl BillingPlan {
    pub fn limit(&self, what: PlanLimit) -> Option<u32> {
        match what {
            PlanLimit::Facilities => self.facilities,
            PlanLimit::People => self.people,
        }
    }

    fn new(id: &str, price: Option<&str>, month: i64, limits: Option<(u32, u32)>) -> Self {
        let name = format!("{}{}", id[..1].to_uppercase(), &id[1..]);
        let month = price.map(|_| ("usd".to_owned(), month)).into_iter().collect();
        let (facilities, people) = limits.unzip();
        Self { id: id.to_owned(), name, price: price.map(str::to_owned), facilities, people, month }
    }
}

/// Those of whoever sets none.
pub fn usual_plans() -> Vec<BillingPlan> {
    vec![
        BillingPlan::new(TRIAL, None, 0, Some((5, 10))),
        BillingPlan::new("starter", Some("ct_starter_month_usd"), 10_000, Some((1, 10))),
        BillingPlan::new("pro", Some("ct_pro_month_usd"), 20_000, Some((5, 50))),
        BillingPlan::new("enterprise", Some("ct_enterprise_month_usd"), 30_000, None),
    ]
}

/// Why plans cannot be used.
pub fn check_plans(plans: &[BillingPlan]) -> Result<(), &'static str> {
    let ids: std::collections::BTreeSet<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
    if ids.len() != plans.len() || plans.iter().any(|plan| plan.id.is_empty() || plan.name.is_empty()) {
        return Err("each of billing.plans needs an id of its own and a name");
    }
    if !ids.contains(TRIAL) {
        return Err("one of billing.plans has the id trial: it is the plan of whoever has not subscribed");
    }
    let is_currency = |text: &String| text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_lowercase());
    let paid = plans.iter().filter(|plan| plan.id != TRIAL);
    if paid.clone().any(|plan| plan.price.is_none() || plan.month.is_empty()) {
        return Err("each of billing.plans but trial needs price, a lookup key of Stripe, and month");
    }
    if paid.flat_map(|plan| &plan.month).any(|(currency, amount)| !is_currency(currency) || *amount < 0) {
        return Err(
            "month in billing.plans has amounts by currency, such as { usd = 10000 } for 100 dollars",
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_told_of_a_limit_before_it_is_reached() {
        for (count, limit, used) in [
            (3, Some(5), LimitUse::Plenty),
            (4, Some(5), LimitUse::Near),
            (5, Some(5), LimitUse::Reached),
            (9, Some(5), LimitUse::Reached),
            (39, Some(50), LimitUse::Plenty),
            (40, Some(50), LimitUse::Near),
            (0, Some(1), LimitUse::Plenty),
            (1_000_000, None, LimitUse::Plenty),
        ] {
            assert_eq!(LimitUse::of(count, limit), used, "{count} of {limit:?}");
        }
    }

    #[test]
    fn the_usual_plans_are_plans_and_others_are_refused() {
        let plans = usual_plans();
        assert_eq!(check_plans(&plans), Ok(()));
        assert_eq!(plans[3].name, "Enterprise");
        assert!(check_plans(&plans[1..]).is_err(), "no trial");
        assert!(check_plans(&[plans.clone(), plans.clone()].concat()).is_err(), "twice");
        let mut other = plans.clone();
        other[1].month = BTreeMap::from([("USD".to_owned(), 1)]);
        assert!(check_plans(&other).is_err());
        other[1].price = None;
        assert!(check_plans(&other).is_err());
    }
}
