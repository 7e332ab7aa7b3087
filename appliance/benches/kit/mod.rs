//! What the benches of the box share: a facility of real size, a running box, phones, floors, and a table with goals.

pub(crate) mod box_process;
pub(crate) mod card;
pub(crate) mod facility;
pub(crate) mod floor;
pub(crate) mod peer;
pub(crate) mod phones;
pub(crate) mod staff;

use std::time::{Duration, Instant};

pub(crate) type Failed = Box<dyn std::error::Error>;

pub(crate) const SPAN: Duration = Duration::from_secs(3);
/// Measurements of each pair of figure and floor, of which the median counts: the machine is shared.
pub(crate) const ROUNDS: usize = 3;

#[derive(Debug, Clone)]
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    pub(crate) count: u64,
    took_us: Vec<u32>,
}

impl Measured {
    pub(crate) fn new(mut took_us: Vec<u32>, span: Duration) -> Self {
        took_us.sort_unstable();
        let count = took_us.len() as u64;
        Self { per_second: float(count) / span.as_secs_f64(), count, took_us }
    }

    pub(crate) fn at(&self, per_mille: usize) -> f64 {
        let place = (self.took_us.len() * per_mille / 1_000).min(self.took_us.len().saturating_sub(1));
        self.took_us.get(place).map_or(0.0, |us| f64::from(*us) / 1_000.0)
    }
}

pub(crate) fn float(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::INFINITY, f64::from)
}

pub(crate) fn micros(since: Instant) -> u32 {
    u32::try_from(Instant::now().duration_since(since).as_micros()).unwrap_or(u32::MAX)
}

pub(crate) fn cpu_ms() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap_or(0)).as_secs_f64() * 1e3
}

pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtLeast(f64),
    AtMost(f64),
}

impl Goal {
    fn holds(self, figure: f64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {least}"),
            Self::AtMost(most) => format!("at most {most}"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Table {
    failed: bool,
}

impl Table {
    pub(crate) fn row(&self, what: &str, figure: f64, unit: &str, goal: Goal, how: &str) {
        let met = if goal.holds(figure) { "met" } else { "MISSED" };
        println!("| {what} | {figure:.3} {unit} | {} {unit}: {met} | {how} |", goal.words());
    }

    pub(crate) fn bound(
        &mut self,
        what: &str,
        figure: f64,
        unit: &str,
        (goal, bound): (Goal, Goal),
        how: &str,
    ) {
        self.row(what, figure, unit, goal, how);
        if !bound.holds(figure) {
            println!("{what}: {figure:.3} {unit} is beyond {} {unit}: the run fails", bound.words());
            self.failed = true;
        }
    }

    pub(crate) fn status(&self) -> std::process::ExitCode {
        u8::from(self.failed).into()
    }
}

pub(crate) fn heading(what: &str) {
    println!("\n## {what}\n\n| what | figure | goal | how |\n| --- | --- | --- | --- |");
}
