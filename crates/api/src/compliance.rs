//! Met and closed due windows.

use record::compliance::WindowTally;
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Serialize;

/// How many due windows closed in some days, and how many of them were met.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CompliancePeriod {
    /// Days up to today.
    days: usize,
    /// Windows that were met.
    met: u32,
    /// Windows that closed.
    closed: u32,
    /// Per cent with one decimal, floored; null where no window closed.
    rate: Option<f64>,
}

impl CompliancePeriod {
    /// Of the days up to today.
    pub fn of(days: usize, tally: WindowTally) -> Self {
        Self { days, met: tally.met, closed: tally.closed, rate: rate_percent(tally) }
    }
}

/// Per cent with one decimal, floored; none where no window closed.
fn rate_percent(tally: WindowTally) -> Option<f64> {
    tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0)
}

/// Windows of one day.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ComplianceDay {
    /// Of the facility's zone.
    day: String,
    /// Windows that were met.
    met: u32,
    /// Windows that closed.
    closed: u32,
    /// Per cent with one decimal, floored; null where no window closed.
    rate: Option<f64>,
}

impl ComplianceDay {
    /// Of a day, as ISO 8601 writes it.
    pub fn of(day: String, tally: WindowTally) -> Self {
        Self { day, met: tally.met, closed: tally.closed, rate: rate_percent(tally) }
    }
}

/// The windows of an item.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ItemCompliance {
    /// Its tag.
    pub tag: Tag,
    /// Its name.
    pub equipment: String,
    /// Over 30 days.
    pub last_30_days: CompliancePeriod,
}
