//! How an account stands, and what that stops. It is a function of what was fetched and of the clock.

use super::BillingRules;
use super::plans::{BillingPlan, LimitUse, PlanLimit, TRIAL};
use crate::db::billing::accounts::{AccountCounts, BillingRow};

const DAY_MS: i64 = 24 * 3_600_000;
/// How long nothing has to be paid.
pub const TRIAL_MS: i64 = 14 * DAY_MS;
/// How long all works after what was paid for, or the trial, ended.
pub const GRACE_MS: i64 = 14 * DAY_MS;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BillingState {
    Trial {
        until_ms: i64,
    },
    Active,
    /// A payment failed and is tried again: all works.
    PastDue,
    /// Nothing is paid any more: all works until then.
    Grace {
        until_ms: i64,
    },
    /// Nothing is added since then.
    ReadOnly {
        since_ms: i64,
    },
}

/// What is not done for an account that only reads. Nothing of what boxes ask is among it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddingAct {
    Facility,
    Box,
    Person,
    /// A program changes something.
    ProgramWrite,
}

impl BillingState {
    /// `status`: the service's word. A word that nobody knows here harms nobody.
    pub fn of(status: Option<&str>, trial_end_ms: i64, over_ms: Option<i64>, now_ms: i64) -> Self {
        let ended_ms = match status {
            Some("trialing") => return Self::Trial { until_ms: trial_end_ms },
            Some("past_due") => return Self::PastDue,
            None | Some("incomplete" | "incomplete_expired") => trial_end_ms,
            Some("unpaid" | "canceled" | "paused") => over_ms.unwrap_or(trial_end_ms).max(trial_end_ms),
            Some(_) => return Self::Active,
        };
        let until_ms = ended_ms.saturating_add(GRACE_MS);
        if now_ms < ended_ms {
            if ended_ms == trial_end_ms { Self::Trial { until_ms: ended_ms } } else { Self::Active }
        } else if now_ms < until_ms {
            Self::Grace { until_ms }
        } else {
            Self::ReadOnly { since_ms: until_ms }
        }
    }

    /// Of an account without a row the trial has not begun to be counted.
    pub fn of_row(row: Option<&BillingRow>, now_ms: i64) -> Self {
        match row {
            Some(row) => Self::of(row.status.as_deref(), row.trial_end_ms, row.over_ms, now_ms),
            None => Self::Trial { until_ms: now_ms.saturating_add(TRIAL_MS) },
        }
    }

    /// As the words of pages name it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Trial { .. } => "trial",
            Self::Active => "active",
            Self::PastDue => "past-due",
            Self::Grace { .. } => "grace",
            Self::ReadOnly { .. } => "read-only",
        }
    }

    pub const fn is_read_only(self) -> bool {
        matches!(self, Self::ReadOnly { .. })
    }
}

/// Why one more is not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AddingRefusal {
    ReadOnly,
    Limit(PlanLimit, u32),
}

/// The plan that an account has; `None` of a price that no plan of the settings has, which then limits nothing.
pub fn plan_of<'r>(rules: &'r BillingRules, row: Option<&BillingRow>) -> Option<&'r BillingPlan> {
    let id = match row {
        Some(row) if row.subscription.is_some() => row.plan.as_deref()?,
        _ => TRIAL,
    };
    rules.find_plan(id)
}

/// Whether one more can be added by a person.
pub fn judge_adding(
    rules: &BillingRules,
    row: Option<&BillingRow>,
    counts: AccountCounts,
    act: AddingAct,
    now_ms: i64,
) -> Result<(), AddingRefusal> {
    if BillingState::of_row(row, now_ms).is_read_only() {
        return Err(AddingRefusal::ReadOnly);
    }
    let (what, count) = match act {
        AddingAct::Facility => (PlanLimit::Facilities, counts.facilities),
        AddingAct::Person => (PlanLimit::People, counts.people),
        AddingAct::Box | AddingAct::ProgramWrite => return Ok(()),
    };
    let limit = plan_of(rules, row).and_then(|plan| plan.limit(what));
    match (LimitUse::of(count, limit), limit) {
        (LimitUse::Reached, Some(limit)) => Err(AddingRefusal::Limit(what, limit)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::billing::plans::usual_plans;

    const NOW_MS: i64 = 1_795_204_920_000;

    fn rules() -> BillingRules {
        BillingRules {
            plans: usual_plans(),
            usage_price: None,
            usage_month: BTreeMap::new(),
            meter: String::new(),
            is_live: false,
        }
    }

    #[test]
    fn each_status_is_a_state() {
        let (past_ms, long_ago_ms) = (NOW_MS - DAY_MS, NOW_MS - 15 * DAY_MS);
        let grace = BillingState::Grace { until_ms: past_ms + GRACE_MS };
        let read_only = BillingState::ReadOnly { since_ms: long_ago_ms + GRACE_MS };
        for (status, trial_end_ms, over_ms, state) in [
            (None, NOW_MS + 1, None, BillingState::Trial { until_ms: NOW_MS + 1 }),
            (None, past_ms, None, grace),
            (None, long_ago_ms, None, read_only),
            (Some("trialing"), long_ago_ms, None, BillingState::Trial { until_ms: long_ago_ms }),
            (Some("active"), long_ago_ms, None, BillingState::Active),
            (Some("past_due"), long_ago_ms, Some(long_ago_ms), BillingState::PastDue),
            (Some("incomplete"), past_ms, None, grace),
            (Some("incomplete_expired"), long_ago_ms, None, read_only),
            (Some("unpaid"), long_ago_ms, Some(past_ms), grace),
            (Some("canceled"), long_ago_ms, Some(long_ago_ms), read_only),
            (Some("canceled"), long_ago_ms, Some(NOW_MS + 5), BillingState::Active),
            (Some("canceled"), NOW_MS + 5, Some(past_ms), BillingState::Trial { until_ms: NOW_MS + 5 }),
            (Some("paused"), long_ago_ms, Some(past_ms), grace),
            (Some("hibernating"), long_ago_ms, Some(long_ago_ms), BillingState::Active),
        ] {
            assert_eq!(BillingState::of(status, trial_end_ms, over_ms, NOW_MS), state, "{status:?}");
        }
        let edge = |now_ms| BillingState::of(None, NOW_MS, None, now_ms).is_read_only();
        assert_eq!((edge(NOW_MS + GRACE_MS - 1), edge(NOW_MS + GRACE_MS)), (false, true));
    }

    #[test]
    fn a_limit_stops_one_more_and_nothing_else() {
        let counts = AccountCounts { facilities: 5, people: 9 };
        let judge = |row: Option<&BillingRow>, act| judge_adding(&rules(), row, counts, act, NOW_MS);
        let reached = Err(AddingRefusal::Limit(PlanLimit::Facilities, 5));
        assert_eq!(judge(None, AddingAct::Facility), reached);
        assert_eq!(judge(None, AddingAct::Person), Ok(()));
        assert_eq!(judge(None, AddingAct::Box), Ok(()));
        let of_plan = |plan: &str| BillingRow {
            subscription: Some("sub_1".to_owned()),
            status: Some("active".to_owned()),
            plan: Some(plan.to_owned()),
            ..BillingRow::default()
        };
        assert_eq!(judge(Some(&of_plan("enterprise")), AddingAct::Facility), Ok(()));
        assert_eq!(judge(Some(&of_plan("of-another-day")), AddingAct::Facility), Ok(()));
        let of_no_plan = BillingRow { plan: None, ..of_plan("") };
        assert_eq!(judge(Some(&of_no_plan), AddingAct::Facility), Ok(()), "a price that lost its lookup key");
    }

    #[test]
    fn an_account_that_only_reads_adds_nothing() {
        let row = BillingRow { trial_end_ms: 0, ..BillingRow::default() };
        for act in [AddingAct::Facility, AddingAct::Box, AddingAct::Person, AddingAct::ProgramWrite] {
            let judged = judge_adding(&rules(), Some(&row), AccountCounts::default(), act, NOW_MS);
            assert_eq!(judged, Err(AddingRefusal::ReadOnly), "{act:?}");
        }
    }
}
