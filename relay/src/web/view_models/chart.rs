//! Geometry of the two small charts: bars by day and a trend line, as numbers for an SVG.

use jiff::civil::Date;
use record::compliance::{ComplianceRate, WindowTally};
use words::Number;

use crate::web::view_models::formats::LocalTime;
use crate::web::words::PageWords;

/// The scale of the bars begins here, per cent, and the page says so.
const FLOOR: f64 = 50.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 600.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 132.0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ChartDay {
    pub(crate) date: Date,
    pub(crate) tally: WindowTally,
}

fn rate_percent(tally: WindowTally) -> Option<f64> {
    tally.rate().map(|rate| f64::from(rate.per_mille()) / 10.0)
}

fn one_decimal(percent: f64) -> Number {
    Number::from_tenths((percent * 10.0).round() as i64)
}

/// A bar, or the dash of a day without data.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartBar {
    pub(crate) x: String,
    pub(crate) middle: String,
    pub(crate) y: String,
    pub(crate) above: String,
    /// Height; empty for a day without data.
    pub(crate) height: String,
    /// Whole per cent, on low days.
    pub(crate) number: Option<u32>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartTick {
    pub(crate) x: String,
    /// `middle` or `end`.
    pub(crate) anchor: &'static str,
    pub(crate) text: String,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ChartBars {
    /// The days, oldest first.
    pub(crate) bars: Vec<ChartBar>,
    pub(crate) ticks: Vec<ChartTick>,
    pub(crate) width: String,
    /// What the chart shows, for those who do not see it.
    pub(crate) label: String,
}

impl ChartBars {
    /// Of consecutive days, oldest first.
    pub(crate) fn of(days: &[ChartDay], wall: &LocalTime) -> Self {
        let words: PageWords = wall.words();
        let slot = (RIGHT - LEFT) / f64::from(u32::try_from(days.len().max(1)).unwrap_or(1));
        let width = slot * 0.68;
        let mut bars = Vec::with_capacity(days.len());
        let mut ticks = Vec::new();
        let mut x = LEFT + (slot - width) / 2.0;
        for (at, day) in days.iter().enumerate() {
            bars.push(chart_bar(day, x, width));
            let last = at + 1 == days.len();
            if last || (at % 10 == 0 && at + 5 < days.len()) {
                let text = if last { words.chart_today() } else { wall.axis_day(day.date) };
                let (x, anchor) = if last { (RIGHT, "end") } else { (x + width / 2.0, "middle") };
                ticks.push(ChartTick { x: format!("{x:.1}"), anchor, text });
            }
            x += slot;
        }
        Self { bars, ticks, width: format!("{width:.1}"), label: chart_label(days, wall) }
    }
}

fn chart_bar(day: &ChartDay, x: f64, width: f64) -> ChartBar {
    let middle = format!("{:.1}", x + width / 2.0);
    let Some(percent) = rate_percent(day.tally) else {
        let base = format!("{:.1}", BOTTOM - 4.0);
        return ChartBar {
            x: format!("{x:.1}"),
            middle,
            y: base.clone(),
            above: base,
            height: String::new(),
            number: None,
        };
    };
    // Two units at least, so that a day at the floor is seen as a day with data.
    let height = ((percent - FLOOR).max(0.0) / (100.0 - FLOOR) * (BOTTOM - TOP)).max(2.0);
    let y = BOTTOM - height;
    let low = day.tally.rate().filter(|rate| rate.is_low());
    let number = low.map(|rate| u32::from(rate.per_mille() / 10));
    ChartBar {
        x: format!("{x:.1}"),
        middle,
        y: format!("{y:.1}"),
        above: format!("{:.1}", y - 3.0),
        height: format!("{height:.1}"),
        number,
    }
}

fn chart_label(days: &[ChartDay], wall: &LocalTime) -> String {
    let words: PageWords = wall.words();
    let known: Vec<(Date, f64)> =
        days.iter().filter_map(|d| Some((d.date, rate_percent(d.tally)?))).collect();
    let (Some(first), Some(last)) = (known.first(), known.last()) else {
        return words.chart_no_data();
    };
    let low = known.iter().map(|(_, p)| *p).fold(f64::INFINITY, f64::min);
    let high = known.iter().map(|(_, p)| *p).fold(0.0, f64::max);
    let silent = days.len() - known.len();
    let [high, low, now] = [high, low, last.1].map(|percent| format!("{percent:.0}"));
    words.chart_days(wall.axis_day(first.0), high, wall.axis_day(last.0), low, now, silent)
}

/// A trend line of 120 by 32 units whose scale runs from 80 to 100 per cent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct SparklineChart {
    pub(crate) path: String,
    pub(crate) x: String,
    pub(crate) y: String,
    /// Whether it is drawn in amber.
    pub(crate) low: bool,
    /// What it shows, for those who do not see it.
    pub(crate) label: String,
}

impl SparklineChart {
    /// Days per point of the line: single days jump too much to show where things go.
    const STEP: usize = 3;

    /// Of consecutive days, oldest first; `None` where there is nothing to draw a line through.
    pub(crate) fn of(days: &[ChartDay], whole: WindowTally, wall: &LocalTime) -> Option<Self> {
        let points: Vec<f64> = days
            .chunks(Self::STEP)
            .filter_map(|days| rate_percent(days.iter().map(|d| d.tally).sum()))
            .collect();
        let last = *points.last().filter(|_| points.len() > 1)?;
        let step = 112.0 / f64::from(u32::try_from(points.len() - 1).ok()?);
        fn height_of(p: f64) -> f64 {
            29.0 - (p.clamp(80.0, 100.0) - 80.0) / 20.0 * 26.0
        }
        let mut path = String::new();
        let mut x = 4.0;
        for (at, point) in points.iter().enumerate() {
            let command = if at == 0 { 'M' } else { ' ' };
            path.push_str(&format!("{command}{x:.1} {:.1}", height_of(*point)));
            x += step;
        }
        let low = whole.rate().is_some_and(ComplianceRate::is_low);
        let [first, last_shown] = [points[0], last].map(one_decimal);
        let label = wall.words::<PageWords>().trend_line(first, last_shown);
        Some(Self { path, x: "116.0".to_owned(), y: format!("{:.1}", height_of(last)), low, label })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn wall() -> LocalTime {
        LocalTime::new(1_795_204_920_000, "America/Chicago")
    }

    fn days(tallies: &[(u32, u32)]) -> Vec<ChartDay> {
        let days = (0..).zip(tallies).map(|(at, &(met, closed))| ChartDay {
            date: date(2026, 10, 22).checked_add(jiff::Span::new().days(at)).unwrap(),
            tally: WindowTally { met, closed },
        });
        days.collect()
    }

    #[test]
    fn bars_stand_on_the_floor_of_their_scale() {
        let chart = ChartBars::of(&days(&[(10, 10), (3, 4), (1, 10), (0, 0)]), &wall());
        let shown: Vec<_> = chart.bars.iter().map(|b| (b.y.as_str(), b.height.as_str(), b.number)).collect();
        assert_eq!(
            shown,
            [
                ("12.0", "120.0", None),
                ("72.0", "60.0", Some(75)),
                ("130.0", "2.0", Some(10)),
                ("128.0", "", None)
            ]
        );
        assert_eq!(
            chart.label,
            "Compliance by day from Oct 22 to Oct 24, between 10 and 100 percent, the last 10. No data for 1 day"
        );
    }

    #[test]
    fn a_line_needs_two_points() {
        assert_eq!(SparklineChart::of(&days(&[(1, 1), (0, 0)]), WindowTally::default(), &wall()), None);
        let week = days(&[(1, 1), (1, 1), (1, 1), (8, 10)]);
        let spark = SparklineChart::of(&week, WindowTally { met: 11, closed: 13 }, &wall()).unwrap();
        assert_eq!((spark.path.as_str(), spark.y.as_str(), spark.low), ("M4.0 3.0 116.0 29.0", "29.0", true));
        assert_eq!(spark.label, "Thirty days, from 100.0 to 80.0 percent");
    }

    #[test]
    fn thirty_days_have_four_dates_below() {
        let chart = ChartBars::of(&days(&[(1, 1); 30]), &wall());
        let words: Vec<_> = chart.ticks.iter().map(|t| t.text.as_str()).collect();
        assert_eq!(words, ["Oct 22", "Nov 1", "Nov 11", "Today"]);
    }
}
