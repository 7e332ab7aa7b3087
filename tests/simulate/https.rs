//! What goes over HTTPS beside the session: missing entries are restored, ended logs are compared, runs go in both directions.

use std::convert::Infallible;

use appliance::uplink::exchange::compare::{self, LogDifferences};
use record::ids::Epoch;
use record::tree::Hash;

use crate::card::Fetched;
use crate::logs::Point;
use crate::world::World;
use crate::{Mark, Planted};

/// Entries that the relay returns at once.
const PAGE: u64 = 12;
const WRONG: u32 = u32::MAX - 1;

impl World {
    pub(crate) fn exchange_over_https(&mut self) {
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
        let Some(expected) = compare::past_to_fetch(&past, |epoch| {
            let size = past.iter().find(|past| past.origin.epoch == epoch).map_or(0, |past| past.counts.size);
            self.relay.size(epoch) < size && !waits
        }) else {
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
        let is_forged = self.stormy && self.chance(20);
        let ended = self.card.ended.iter_mut().find(|ended| ended.epoch() == epoch).unwrap();
        let begin = match ended.fetched {
            Some(fetched) if self.planted != Planted::FetchesAnew => fetched.to.size,
            _ => ended.here.map_or(0, |here| common(here, here.size, theirs)),
        };
        let to = theirs.at(theirs.size.min(begin + PAGE)).unwrap();
        let wrong = is_forged || ended.fetched.is_some_and(|fetched| fetched.wrong);
        ended.fetched = Some(Fetched { to, wrong });
        if to.size == theirs.size {
            let signed = !wrong && to.root() == expected.counts.root;
            if !signed {
                self.marks.insert(Mark::RefillRefused);
                // Nothing of it is kept.
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
        if self.planted == Planted::OwesNothing
            || self.card.owed.iter().any(|run| {
                let all = &self.card.runs[run];
                all.len() == lines.len() && all.iter().zip(&lines).all(|(a, b)| std::ptr::eq(*a, *b))
            })
        {
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

/// How many of the first `size` lines here both hold alike.
fn common(here: &'static Point, size: u64, theirs: &'static Point) -> u64 {
    fn leaf(of: &'static Point, seq: u64) -> Option<Hash> {
        of.at(seq + 1).map(|state| state.leaf)
    }
    match compare::common_size(here.size.min(size).min(theirs.size), |seq| {
        Ok::<_, Infallible>(leaf(here, seq) == leaf(theirs, seq))
    }) {
        Ok(common) => common,
        Err(never) => match never {},
    }
}
