//! What holds at every moment, and what holds after the faults have ended.

use std::collections::BTreeSet;

use appliance::store::PastLog;
use appliance::uplink::exchange::causes::ExchangeEnd;
use record::tree::Hash;

use crate::card::EndedLog;
use crate::logs::Point;
use crate::world::World;

/// Steps without faults in which everything must arrive.
const CALM: u32 = 4_000;

impl World {
    pub(crate) fn check(&mut self) {
        for epoch in self.card.ended.iter().map(EndedLog::epoch).collect::<Vec<_>>() {
            let held = self.relay.size(epoch);
            match self.ends(epoch) {
                Some(ends) => {
                    let most = *self.ended.entry(epoch).or_insert(ends.max(held));
                    assert!(held <= most, "a log that ended at {ends} grew from {most} to {held}");
                }
                None => drop(self.ended.remove(&epoch)),
            }
        }
        let present = self.card.present;
        assert!(self.cursor.size <= present.size, "the cursor passed the log");
        let Some(held) = self.relay.held(present.epoch()) else { return };
        if !self.cloned && !self.rewound {
            assert!(held.leads_to(present), "the relay holds what the box never wrote");
            assert!(
                self.went_back || self.cursor.size <= held.size,
                "the cursor passed what the relay holds"
            );
        }
    }

    /// Whether what the box counts of an ended log continues this state.
    fn continues(&self, held: &'static Point) -> bool {
        let ended = self.card.ended.iter().find(|ended| ended.epoch() == held.epoch());
        ended.and_then(EndedLog::counted).is_some_and(|base| held.leads_to(base))
    }

    /// Whether the session has nothing left to send: each log is in its place at the relay, or cannot be.
    fn is_sent(&self) -> bool {
        let present = self.card.present;
        let held = self.relay.held(present.epoch());
        let offered = |past: &&PastLog| past.whole && past.signs && !past.goes_by_run && past.counts.size > 0;
        let there = |past: &PastLog| {
            let held = self.relay.held(past.origin.epoch);
            // Of two branches the relay keeps its own: the other becomes a run.
            held.is_some_and(|held| held.size >= past.counts.size || !self.continues(held))
        };
        held.is_some_and(|held| std::ptr::eq(held, present))
            && self.cursor.size == present.size
            && self.card.past().iter().filter(offered).all(there)
    }

    /// Whether an ended log has all that any side can provide.
    fn is_healed(&self, past: &PastLog) -> bool {
        let held = self.relay.held(past.origin.epoch).and_then(|at| at.at(past.counts.size));
        past.whole || !past.stated || held.is_none_or(|held| held.root() != past.counts.root)
    }

    /// Lines of logs that neither side can make whole again, and what they adopt: neither side sends them to
    /// the other.
    fn beyond_help(&self) -> BTreeSet<Hash> {
        let partial = self.card.ended.iter().filter(|ended| ended.counts.is_some() && !ended.is_whole());
        let sides = partial.flat_map(|ended| [ended.here, self.relay.held(ended.epoch())]);
        let mut lines: BTreeSet<Hash> =
            sides.flatten().flat_map(Point::states).map(|state| state.leaf).collect();
        // A line of a run may adopt another run.
        let mut before = 0;
        while lines.len() > before {
            before = lines.len();
            for (_, run) in self.adopts.iter().filter(|(line, _)| lines.contains(*line)).collect::<Vec<_>>() {
                lines.extend(self.runs[*run].iter().map(|line| line.leaf));
            }
        }
        lines
    }

    /// What differs although nothing more happens.
    fn is_unequal(&self) -> Option<String> {
        let past = self.card.past();
        if let Some(past) = past.iter().find(|past| !self.is_healed(past)) {
            return Some(format!("{} is not whole", past.origin.epoch));
        }
        let (here, there) = (self.card.counted(), self.relay_lines());
        let beyond_help = self.beyond_help();
        let lost = self.must.iter().filter(|l| !here.contains(*l) && !beyond_help.contains(*l)).count();
        if lost > 0 {
            return Some(format!("{lost} lines that somebody held do not count at the box"));
        }
        let missing = here.iter().filter(|l| !there.contains(*l) && !beyond_help.contains(*l)).count();
        if missing > 0 {
            return Some(format!("{missing} lines that count at the box are not at the relay"));
        }
        if self.relay_lacks().iter().any(|run| self.card.runs.contains_key(run)) {
            return Some("the relay lacks runs".to_owned());
        }
        let epoch = self.card.present.epoch();
        let over = [ExchangeEnd::Held { epoch, cursor: self.cursor.size }, ExchangeEnd::Whole(past)];
        let standing = self.card.alarms.iter().find(|cause| over.iter().any(|over| over.ends(cause)));
        standing.map(|cause| format!("{cause:?} stands and is over"))
    }

    /// No more faults: all logs arrive. Then the box starts once more, because ended logs are compared once
    /// for each start, and both sides hold the same.
    pub(crate) fn calm(&mut self) {
        self.stormy = false;
        self.until("stuck", |world| (!world.is_sent()).then(|| "not all is sent".to_owned()));
        self.start();
        self.until("unequal", |world| {
            let waits = !world.compared || !world.is_sent();
            if waits { Some("not all is sent or compared".to_owned()) } else { world.is_unequal() }
        });
    }

    fn until(&mut self, what: &str, open: impl Fn(&Self) -> Option<String>) {
        for _ in 0..CALM {
            let forked = self.relay.logs.values().any(|stored| stored.quarantined);
            if forked || self.cloned || open(self).is_none() {
                return;
            }
            self.step();
        }
        let present = self.card.present;
        let past = self.card.past();
        let past =
            past.iter().map(|p| (p.origin.epoch, p.counts.size, p.size, p.whole, p.signs, p.goes_by_run));
        let logs = self.relay.logs.keys().map(|epoch| (*epoch, self.relay.size(*epoch)));
        panic!(
            "{what}: {}; box {} {}, cursor {}, past {:?}; relay {:?}; {:?}",
            open(self).unwrap_or_default(),
            present.epoch(),
            present.size,
            self.cursor.size,
            past.collect::<Vec<_>>(),
            logs.collect::<Vec<_>>(),
            self.card.alarms,
        );
    }
}
