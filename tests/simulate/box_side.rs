//! The box of the simulated world: carries what the real exchange decides, and starts as the store does.

use std::collections::BTreeSet;

use appliance::store::{ConfirmedSize, StoredCheckpoint};
use appliance::uplink::exchange::causes::ExchangeEnd;
use appliance::uplink::exchange::{ExchangeInput, ExchangeOutput, HelloAnswer, LogExchange};
use record::alarm::AlarmCode;
use record::checkpoint::CosignedCheckpoint;
use record::ids::Epoch;
use record::messages::{Ack, Answer, BatchRefused, VERSION};
use record::tree::Hash;

use crate::card::{CardLogs, EndedLog};
use crate::logs::{self, Point};
use crate::world::{Down, Packet, Up, World};
use crate::{Mark, Planted};

/// Small, so that several are needed for one log.
const BATCH: usize = 8;
/// Written by a start that adopts a run.
const ADOPTS: u32 = 1_000;

impl World {
    pub(crate) fn cut(&mut self) {
        (self.connection, self.exchange) = (None, None);
    }

    pub(crate) fn connect(&mut self) {
        self.connections += 1;
        self.connection = Some(self.connections);
        let mut now = self.now();
        if now.wall_ms >= self.renewal_ms && self.renews {
            self.marks.insert(Mark::Renewed);
            self.renewal_ms = now.wall_ms + 480 * 86_400_000;
        }
        let hidden = match self.planted {
            Planted::ForgetsOldLogs => true,
            Planted::OffersOnce => self.connected > 0,
            _ => false,
        };
        self.connected += 1;
        let past = if hidden { Vec::new() } else { self.card.past() };
        if self.planted == Planted::RenewsInALoop {
            now.wall_ms = i64::MIN;
        }
        let logs = CardLogs { card: &self.card, cursor: &self.cursor };
        self.exchange = LogExchange::new(self.renewal_ms, past, &now, &logs);
        self.confirmed = self.exchange.as_ref().map(LogExchange::confirmed);
        self.feed(ExchangeInput::Connected);
    }

    pub(crate) fn feed(&mut self, input: ExchangeInput) {
        let Some(mut exchange) = self.exchange.take() else { return };
        let logs = CardLogs { card: &self.card, cursor: &self.cursor };
        let outputs = exchange.on(input, &self.now(), &logs);
        self.exchange = Some(exchange);
        let silent = self.planted == Planted::TellsOnlyMoves
            && !outputs.iter().any(|output| {
                matches!(output, ExchangeOutput::RaiseCursor(_) | ExchangeOutput::LowerCursor(_))
            });
        let present = self.card.present.epoch();
        let tells = |output: &ExchangeOutput| match output {
            ExchangeOutput::Confirmed(epoch, _) | ExchangeOutput::End(ExchangeEnd::Held { epoch, .. }) => {
                *epoch == present
            }
            _ => false,
        };
        for output in outputs.into_iter().filter(|output| !silent || !tells(output)) {
            self.execute(output);
        }
        if std::mem::take(&mut self.restarts) {
            self.start();
        }
    }

    fn execute(&mut self, output: ExchangeOutput) {
        match output {
            ExchangeOutput::Hello(greeting) => self.hello(&greeting),
            ExchangeOutput::Health => {
                self.up(Up::Health { epoch: self.card.present.epoch(), cursor: self.cursor.size })
            }
            ExchangeOutput::Send { epoch, from, entries_max, ends } => {
                self.send_batch(epoch, from, entries_max, ends)
            }
            ExchangeOutput::RaiseCursor(cosigned) => self.raise_cursor(&cosigned),
            ExchangeOutput::LowerCursor(cursor) => self.cursor.size = self.cursor.size.min(cursor),
            ExchangeOutput::Confirmed(epoch, cursor) => {
                if epoch != self.card.present.epoch() {
                    self.marks.insert(Mark::OldLogDrained);
                }
                self.confirmed = Some((epoch, cursor));
            }
            ExchangeOutput::Raise(cause, note) => {
                self.marks.insert(match cause.code {
                    AlarmCode::RelayWentBack => Mark::RelayWentBack,
                    AlarmCode::LogForgot => Mark::BoxForgot,
                    AlarmCode::RelayOther => Mark::OtherHistory,
                    _ => Mark::Refused,
                });
                if cause.code == AlarmCode::RelayOther {
                    assert!(self.cloned || self.rewound, "an honest box was told of another history");
                }
                let evidence = note.is_some() || cause.code == AlarmCode::RelayRefused;
                assert!(evidence, "{} without evidence", cause.code);
                self.card.alarms.push(cause);
            }
            ExchangeOutput::End(over) if self.planted != Planted::AlarmsStay => {
                self.card.alarms.retain(|cause| !over.ends(cause));
            }
            ExchangeOutput::End(_) => {}
            ExchangeOutput::EndEpoch(contrary) => {
                if self.planted != Planted::EpochNotEnded {
                    self.card.contrary = Some(*contrary.checkpoint());
                }
                self.restarts = true;
            }
            ExchangeOutput::Close(why) => {
                self.marks.insert(why.into());
                self.cut();
            }
        }
    }

    fn hello(&mut self, greeting: &HelloAnswer) {
        let stored = self.cursor.stored.as_ref().map(|stored| &stored.checkpoint);
        let witness = greeting.cosigned.as_ref().and(stored).map(|stored| (stored.size, stored.root));
        self.up(Up::Hello { epoch: greeting.epoch, witness });
    }

    fn send_batch(&mut self, epoch: Epoch, from: u64, entries_max: usize, ends: Option<u64>) {
        let ended = self.card.ended.iter().find(|ended| ended.epoch() == epoch);
        let here = ended.map_or(Some(self.card.present), |ended| ended.here);
        let Some(here) = here else { return };
        let last = ends.unwrap_or(here.size);
        let Some(to) = here.at(last.min(from + entries_max.min(BATCH) as u64)) else { return };
        let partial = self.stormy && self.chance(2);
        self.up(Up::Batch { from, to, partial });
    }

    /// As the store does: what does not hold is refused, and the file is written now and then.
    fn raise_cursor(&mut self, cosigned: &CosignedCheckpoint) {
        let checkpoint = *cosigned.checkpoint();
        let present = self.card.present;
        let own = present.at(checkpoint.size).map(Point::root);
        assert!(
            checkpoint.origin == present.key.origin && own == Some(checkpoint.root),
            "a cursor of others"
        );
        self.cursor.size = checkpoint.size;
        let had = self.cursor.stored.as_ref().filter(|stored| stored.checkpoint.origin == checkpoint.origin);
        if had.is_none_or(|stored| stored.checkpoint.size <= checkpoint.size) {
            self.cursor.stored = Some(StoredCheckpoint { checkpoint, note: cosigned.note().to_string() });
            if self.chance(50) {
                self.card.stored = self.cursor.stored.clone();
            }
        }
    }

    fn up(&mut self, up: Up) {
        if let Some(connection) = self.connection {
            self.send(connection, Packet::Up(up));
        }
    }

    pub(crate) fn box_hears(&mut self, down: Down) {
        let lower = match down {
            Down::Cosigned(at) => at.size < self.cursor.size,
            Down::Want { from, .. } => from < self.cursor.size,
            Down::Refused { .. } => false,
        };
        if lower && self.planted == Planted::NeverLowers {
            return;
        }
        let (epoch, answer) = match down {
            Down::Cosigned(at) => (at.epoch(), Answer::Checkpoint { checkpoint: at.note().to_owned() }),
            Down::Want { epoch, from } => (epoch, Answer::Want { want: from }),
            Down::Refused { epoch, from } => {
                let refused = BatchRefused { from, code: "root".to_owned(), text: "torn".to_owned() };
                (epoch, Answer::Refused { refused })
            }
        };
        self.feed(ExchangeInput::Ack(Ack { v: VERSION, epoch, answer, zone: None }));
    }

    pub(crate) fn start(&mut self) {
        self.marks.insert(Mark::BoxStarted);
        self.cut();
        (self.compared, self.connected, self.restarts) = (false, 0, false);
        for at in 0..self.card.ended.len() {
            self.place_fetched(at);
        }
        if let Some(signed) = self.card.contradicted() {
            self.begin_epoch(Some((signed.size, signed.root)), true);
        }
        let stored = self.card.stored.clone();
        let of_present =
            stored.iter().filter(|stored| stored.checkpoint.origin == self.card.present.key.origin);
        let size = of_present.map(|stored| stored.checkpoint.size).sum::<u64>();
        let off = u64::from(self.planted == Planted::CursorOffByOne);
        self.cursor = ConfirmedSize { size: size + off, stored };
        self.adopt();
    }

    /// What was fetched takes its place; what was there and is not part of it is adopted.
    fn place_fetched(&mut self, at: usize) {
        let card = &mut self.card;
        let ended = &mut card.ended[at];
        let Some((fetched, (size, root))) = ended.fetched.zip(ended.counts) else { return };
        if fetched.to.size < size {
            return;
        }
        assert!(
            !fetched.wrong && fetched.to.root() == root,
            "what came back does not lead to the signed root"
        );
        let before = ended.here.replace(fetched.to);
        ended.fetched = None;
        let lines = before.into_iter().flat_map(Point::states);
        card.waiting.extend(lines.filter(|line| !line.leads_to(fetched.to)));
        self.marks.insert(Mark::Refilled);
    }

    /// The present log ends here, and another begins under a new key.
    pub(crate) fn begin_epoch(&mut self, counts: Option<(u64, Hash)>, signs: bool) {
        self.marks.insert(Mark::NewEpoch);
        let before = self.card.present;
        let card = &mut self.card;
        let present = logs::begin(card.last_epoch() + 1, self.keys);
        self.keys += 1;
        card.ended.push(EndedLog { key: before.key, here: Some(before), counts, signs, fetched: None });
        (card.present, card.contrary) = (present, None);
        self.begun.insert(present.epoch(), (before.epoch(), counts.map_or(0, |(size, _)| size)));
        self.must.insert(present.leaf);
    }

    /// Waiting lines, and runs whose entry is gone, are adopted by the present log.
    fn adopt(&mut self) {
        let counted = self.card.counted();
        let mut seen = BTreeSet::new();
        let waiting = std::mem::take(&mut self.card.waiting).into_iter();
        let lines: Vec<_> =
            waiting.filter(|line| !counted.contains(&line.leaf) && seen.insert(line.leaf)).collect();
        let mut new: Vec<_> = std::mem::take(&mut self.card.owing).into_iter().map(|l| (l, true)).collect();
        if !lines.is_empty() {
            new.push((lines, false));
        }
        let named: BTreeSet<_> = counted.iter().filter_map(|line| self.adopts.get(line)).copied().collect();
        let loose: Vec<_> = self.card.runs.keys().filter(|run| !named.contains(run)).copied().collect();
        for run in loose {
            self.write_adoption(run);
        }
        for (lines, owed) in new {
            self.marks.insert(if owed { Mark::Owed } else { Mark::Adopted });
            let run = self.runs.len();
            self.runs.push(lines.clone());
            self.card.runs.insert(run, lines);
            if owed {
                self.card.owed.insert(run);
            }
            self.write_adoption(run);
        }
    }

    fn write_adoption(&mut self, run: usize) {
        self.write(ADOPTS + u32::try_from(run).unwrap());
        self.adopts.insert(self.card.present.leaf, run);
    }
}
