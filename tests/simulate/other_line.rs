//! What goes beside the session, over HTTPS: missing entries come back, ended logs are compared, runs go both ways.

use std::convert::Infallible;

use appliance::uplink::exchange::compare::{self, LogDifferences};
use record::ids::Epoch;

use crate::card::Fetched;
use crate::logs::Point;
use crate::world::World;
use crate::{Mark, Planted};

/// Entries that the relay gives at once.
const PAGE: u64 = 12;
/// What is not what was signed.
const WRONG: u32 = u32::MAX - 1;

impl World {
    pub(crate) fn other_line(&mut self) {
        if self.connection.is_none() || !self.chance(20) || self.stormy && self.chance(30) {
            return;
        }
        if self.refill() {
            return;
        }
        match self.compared {
            false => self.compare(),
            true => self.exchange_runs(),
        }
    }

    /// Whether something is fetched, or takes its place.
    fn refill(&mut self) -> bool {
        let past = self.card.past();
        let waits = self.planted == Planted::WaitsForTheNewest;
        let lacks = |epoch| {
            let size = past.iter().find(|past| past.origin.epoch == epoch).map_or(0, |past| past.counts.size);
            self.relay.size(epoch) < size && !waits
        };
        let Some(expected) = compare::past_to_fetch(&past, lacks) else {
            let fetched = past.iter().any(|past| past.fetched);
            if fetched {
                self.start();
            }
            return fetched;
        };
        let epoch = expected.origin.epoch;
        let Some(theirs) = self.relay.held(epoch).and_then(|at| at.at(expected.counts.size)) else {
            return false;
        };
        let lies = self.stormy && self.chance(20);
        let ended = self.card.ended.iter_mut().find(|ended| ended.epoch() == epoch).unwrap();
        let begin = match ended.fetched {
            Some(fetched) if self.planted != Planted::FetchesAnew => fetched.to.size,
            _ => ended.here.map_or(0, |here| common(here, here.size, theirs)),
        };
        let to = theirs.at(theirs.size.min(begin + PAGE)).unwrap();
        let wrong = lies || ended.fetched.is_some_and(|fetched| fetched.wrong);
        ended.fetched = Some(Fetched { to, wrong });
        if to.size == theirs.size {
            let signed = !wrong && to.root() == expected.counts.root;
            if !signed {
                self.marks.insert(Mark::RefillRefused);
                // Nothing of it is taken.
                ended.fetched = None;
                if self.planted == Planted::RefillsBlindly {
                    ended.fetched = Some(Fetched { to: to.next(WRONG), wrong: true });
                    self.start();
                }
            }
            return signed;
        }
        true
    }

    fn compare(&mut self) {
        let (past, present) = (self.card.past(), self.card.present.epoch());
        let mut adopts = false;
        for past in &past {
            let epoch = past.origin.epoch;
            let ended = self.card.ended.iter().find(|ended| ended.epoch() == epoch);
            let here = ended.and_then(|ended| ended.here);
            let theirs = self.relay.held(epoch);
            let alike =
                || here.zip(theirs).map_or(0, |(here, theirs)| common(here, past.counts.size, theirs));
            let common = compare::is_comparable(past).then(alike);
            let counts = theirs.and_then(|theirs| theirs.at(past.counts.size));
            let leads = theirs.is_some_and(|theirs| compare::may_lead(past, theirs.size))
                && counts.is_some_and(|counts| counts.root() == past.counts.root);
            let differences = LogDifferences::of(past, theirs.map(|at| at.size), common, leads);
            if let Some((theirs, from)) = theirs.zip(differences.fetch_from) {
                adopts |= self.keep_missing_lines(theirs, from);
            }
            if let Some((here, owed)) = here.zip(differences.owed) {
                let lines = here.states().filter(|state| state.size > owed.start && state.size <= owed.end);
                adopts |= self.owe(lines.collect());
            }
        }
        let all = self.relay.logs.iter().filter(|(epoch, _)| compare::is_elsewhere(**epoch, present, &past));
        let elsewhere: Vec<_> = all.filter_map(|(_, stored)| stored.at).collect();
        for theirs in elsewhere {
            adopts |= self.keep_missing_lines(theirs, 0);
        }
        self.compared = true;
        if adopts {
            self.start();
        }
    }

    fn keep_missing_lines(&mut self, theirs: &'static Point, from: u64) -> bool {
        if self.planted == Planted::PassesOverLines {
            return false;
        }
        let counted = self.card.counted();
        let lines = theirs.states().take_while(|state| state.size > from);
        let lines: Vec<_> = lines.filter(|line| !counted.contains(&line.leaf)).collect();
        let some = !lines.is_empty();
        self.card.waiting.extend(lines);
        some
    }

    fn owe(&mut self, lines: Vec<&'static Point>) -> bool {
        let same = |run: &usize| {
            let all = &self.card.runs[run];
            all.len() == lines.len() && all.iter().zip(&lines).all(|(a, b)| std::ptr::eq(*a, *b))
        };
        if self.planted == Planted::OwesNothing || self.card.owed.iter().any(same) {
            return false;
        }
        self.card.owing.push(lines);
        true
    }

    /// The relay takes what an entry names that it has; this box takes what an entry names that counts here.
    fn exchange_runs(&mut self) {
        let present: Epoch = self.card.present.epoch();
        if self.adopts.is_empty() || self.confirmed.is_none_or(|(epoch, _)| epoch != present) {
            return;
        }
        let counted = self.card.counted();
        let named = self.adopts.iter().filter(|(line, _)| counted.contains(*line)).map(|(_, run)| *run);
        let lacking = named.filter(|run| !self.card.runs.contains_key(run));
        let come: Vec<_> = lacking.filter(|run| self.relay.runs.contains(run)).collect();
        for run in &come {
            self.marks.insert(Mark::RunCame);
            self.card.runs.insert(*run, self.runs[*run].clone());
        }
        if self.planted != Planted::KeepsRuns {
            for run in self.relay_lacks() {
                if self.card.runs.contains_key(&run) {
                    self.marks.insert(Mark::RunSent);
                    self.relay.runs.insert(run);
                }
            }
        }
        if !come.is_empty() {
            self.start();
        }
    }
}

/// How many lines both hold alike from the first on, of the first `size` here.
fn common(here: &'static Point, size: u64, theirs: &'static Point) -> u64 {
    let leaf = |of: &'static Point, seq: u64| of.at(seq + 1).map(|state| state.leaf);
    let is_same = |seq| Ok::<_, Infallible>(leaf(here, seq) == leaf(theirs, seq));
    match compare::common_size(here.size.min(size).min(theirs.size), is_same) {
        Ok(common) => common,
        Err(never) => match never {},
    }
}
