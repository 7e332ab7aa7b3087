//! The simulated world: time, connections that lose, repeat, reorder and cut, and what happens to box, card and relay.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use appliance::store::ConfirmedSize;
use appliance::uplink::exchange::{ExchangeInput, LogExchange};
use record::entry::ClockState;
use record::ids::{BootId, Epoch};
use record::tree::Hash;
use service::clock::Now;

use crate::card::{Card, Run};
use crate::logs::{self, Content, Point};
use crate::relay_side::RelaySide;
use crate::{Mark, Planted};

/// Records of a simulated log; what a start writes may come after them.
const LOG: u64 = 40;
/// A log goes back to multiples of this, so that few states have to be signed.
const REWIND: u64 = 4;
const BEGIN_MS: i64 = 1_763_610_000_000;
const DAY_MS: i64 = 86_400_000;
const COPY: Content = 900;

#[derive(Clone, Copy)]
pub(crate) enum Up {
    Hello { epoch: Epoch, witness: Option<(u64, Hash)> },
    Batch { from: u64, to: &'static Point, partial: bool },
    Health { epoch: Epoch, cursor: u64 },
}

#[derive(Clone, Copy)]
pub(crate) enum Down {
    Cosigned(&'static Point),
    Want { epoch: Epoch, from: u64 },
    Refused { epoch: Epoch, from: u64 },
}

#[derive(Clone, Copy)]
pub(crate) enum Packet {
    Up(Up),
    Down(Down),
}

pub(crate) struct World {
    random: u64,
    pub(crate) planted: Planted,
    pub(crate) now_ms: u64,
    skew_ms: i64,
    /// When the certificate is to be renewed, and whether the relay does that.
    pub(crate) renewal_ms: i64,
    pub(crate) renews: bool,
    /// Deliveries by time; the number keeps them apart.
    wire: BinaryHeap<Reverse<(u64, u64)>>,
    packets: BTreeMap<u64, (u64, Packet)>,
    sent: u64,
    pub(crate) stormy: bool,
    pub(crate) connection: Option<u64>,
    pub(crate) connections: u64,
    pub(crate) card: Card,
    /// The cursor in memory: the file is behind it by up to 30 s.
    pub(crate) cursor: ConfirmedSize,
    pub(crate) exchange: Option<LogExchange>,
    pub(crate) confirmed: Option<(Epoch, u64)>,
    /// Since the start: connections, and whether the ended logs of both sides were compared.
    pub(crate) connected: u32,
    pub(crate) compared: bool,
    pub(crate) restarts: bool,
    backups: Vec<Card>,
    /// From first entries: which log goes before, and how much of it counts.
    pub(crate) begun: BTreeMap<Epoch, (Epoch, u64)>,
    pub(crate) adopts: BTreeMap<Hash, Run>,
    pub(crate) runs: Vec<Vec<&'static Point>>,
    pub(crate) keys: u8,
    pub(crate) content: Content,
    pub(crate) relay: RelaySide,
    backup: RelaySide,
    /// Recorded lines of which a copy survived everything.
    pub(crate) must: BTreeSet<Hash>,
    pub(crate) went_back: bool,
    pub(crate) cloned: bool,
    pub(crate) rewound: bool,
    /// The most that the relay may ever hold of an ended log, since it knows the end.
    pub(crate) ended: BTreeMap<Epoch, u64>,
    pub(crate) marks: BTreeSet<Mark>,
}

impl World {
    pub(crate) fn new(seed: u64, planted: Planted) -> Self {
        let present = logs::begin(1, 0);
        let mut world = Self {
            random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d,
            planted,
            now_ms: 0,
            skew_ms: 0,
            renewal_ms: 0,
            renews: true,
            wire: BinaryHeap::new(),
            packets: BTreeMap::new(),
            sent: 0,
            stormy: true,
            connection: None,
            connections: 0,
            card: Card::new(present),
            cursor: ConfirmedSize { size: 0, stored: None },
            exchange: None,
            confirmed: None,
            connected: 0,
            compared: false,
            restarts: false,
            backups: Vec::new(),
            begun: BTreeMap::new(),
            adopts: BTreeMap::new(),
            runs: Vec::new(),
            keys: 1,
            content: 0,
            relay: RelaySide::default(),
            backup: RelaySide::default(),
            must: [present.leaf].into(),
            went_back: false,
            cloned: false,
            rewound: false,
            ended: BTreeMap::new(),
            marks: BTreeSet::new(),
        };
        world.renewal_ms = BEGIN_MS + i64::try_from(world.below(600_000)).unwrap();
        world.renews = world.chance(70);
        world
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.random;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }

    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn now(&self) -> Now {
        Now {
            wall_ms: BEGIN_MS + i64::try_from(self.now_ms).unwrap() + self.skew_ms,
            boot: BootId::new(1, [1; 10]),
            up_ms: self.now_ms,
            state: ClockState::Uncertain,
        }
    }

    pub(crate) fn send(&mut self, connection: u64, packet: Packet) {
        if self.stormy && self.chance(10) {
            return;
        }
        let copies = if self.stormy && self.chance(10) { 2 } else { 1 };
        for _ in 0..copies {
            let delay =
                if self.stormy && self.chance(10) { self.below(20_000) } else { 20 + self.below(200) };
            self.sent += 1;
            self.packets.insert(self.sent, (connection, packet));
            self.wire.push(Reverse((self.now_ms + delay, self.sent)));
        }
    }

    /// One step: a delivery that is due, or time passes and something may happen.
    pub(crate) fn step(&mut self) {
        match self.wire.peek() {
            Some(Reverse((at, _))) if *at <= self.now_ms => self.deliver(),
            _ => {
                let until = self.wire.peek().map_or(u64::MAX, |Reverse((at, _))| *at);
                self.now_ms = (self.now_ms + 1_000).min(until.max(self.now_ms + 1));
                self.feed(ExchangeInput::Tick);
                if self.connection.is_none() && (!self.stormy || self.chance(30)) {
                    self.connect();
                }
                self.exchange_over_https();
                if self.stormy {
                    self.mischief();
                }
            }
        }
        self.check();
    }

    fn deliver(&mut self) {
        let Some(Reverse((_, number))) = self.wire.pop() else { return };
        let Some((connection, packet)) = self.packets.remove(&number) else { return };
        match packet {
            // The relay may still read what a dead connection sent.
            Packet::Up(up) => self.relay_hears(connection, up),
            Packet::Down(down) if self.connection == Some(connection) => self.box_hears(down),
            Packet::Down(_) => {}
        }
    }

    fn mischief(&mut self) {
        match self.below(100) {
            0..20 => self.record(),
            20..24 => self.cut(),
            24..26 => self.start(),
            26..28 => self.backup = self.relay.clone(),
            28 => self.relay_goes_back(),
            29 if self.chance(20) => self.lose_keys(),
            30 if self.chance(10) => self.continue_copy(),
            31 if self.chance(20) => self.forget(),
            32 if self.chance(30) => self.continue_ended_copy(),
            33 if self.chance(40) => self.backups.push(self.card.clone()),
            34 if self.chance(25) => self.restore(),
            35 if self.chance(4) => self.lose_log(),
            36 if self.chance(30) => self.set_clock(),
            37 if self.chance(20) => self.forget_ended(),
            _ => {}
        }
    }

    fn record(&mut self) {
        for _ in 0..self.below(6) {
            if self.card.present.size < LOG {
                self.write(self.content);
            }
        }
        self.feed(ExchangeInput::Grew(self.card.present.size));
    }

    pub(crate) fn write(&mut self, content: Content) {
        self.card.present = self.card.present.next(content);
        self.must.insert(self.card.present.leaf);
    }

    fn lose(&mut self) {
        let (own, theirs) = (self.card.lines(), self.relay_lines());
        self.must.retain(|line| own.contains(line) || theirs.contains(line));
    }

    /// What was cosigned since the relay's backup is lost there.
    fn relay_goes_back(&mut self) {
        self.relay = self.backup.clone();
        self.went_back = true;
        if self.chance(50) {
            self.cut();
        }
        self.lose();
    }

    /// The card continues in another machine: the keys are not on it.
    fn lose_keys(&mut self) {
        self.marks.insert(Mark::KeysLost);
        self.card.ended.iter_mut().for_each(|ended| ended.signs = false);
        if let Some(signed) = self.card.contradicted() {
            self.begin_epoch(Some((signed.size, signed.root)), false);
        } else {
            self.begin_epoch(Some((self.card.present.size, self.card.present.root())), false);
        }
        self.start();
    }

    /// The newest entries are lost, with the cursor or without; then the log continues differently.
    fn forget(&mut self) {
        let present = self.card.present;
        let Some(older) = present.at(present.size.saturating_sub(1 + self.below(8)) / REWIND * REWIND) else {
            return;
        };
        self.marks.insert(Mark::Forgot);
        self.card.present = older;
        if self.chance(50) {
            self.card.stored = None;
        }
        self.rewind();
    }

    fn rewind(&mut self) {
        self.rewound = true;
        self.content += 1;
        self.lose();
        self.start();
    }

    /// The card is an older one, with keys of its own epoch or without any.
    fn restore(&mut self) {
        let at = usize::try_from(self.below(self.backups.len().max(1) as u64)).unwrap();
        let Some(older) = self.backups.get(at).cloned() else { return };
        let epoch = older.present.epoch();
        if epoch != self.card.present.epoch() {
            self.card = older;
            self.marks.insert(Mark::RestoredWithoutKeys);
            self.lose();
            return self.lose_keys();
        }
        let Some(rounded) = older.present.at(older.present.size / REWIND * REWIND) else { return };
        self.card = Card { present: rounded, ..older };
        self.marks.insert(Mark::RestoredWithKeys);
        self.rewind();
    }

    fn forget_ended(&mut self) {
        let at = usize::try_from(self.below(self.card.ended.len().max(1) as u64)).unwrap();
        let Some(ended) = self.card.ended.get_mut(at) else { return };
        self.marks.insert(Mark::EndedForgot);
        (ended.here, ended.fetched) = (None, None);
        self.lose();
        self.start();
    }

    fn lose_log(&mut self) {
        self.marks.insert(Mark::LogLost);
        let before = self.card.present;
        self.card = Card::new(before);
        self.begin_epoch(None, true);
        self.card.ended.iter_mut().for_each(|ended| ended.here = None);
        self.lose();
        self.start();
    }

    fn set_clock(&mut self) {
        self.marks.insert(Mark::ClockSet);
        let skews = [0, -BEGIN_MS, -3 * DAY_MS / 24, 4 * DAY_MS, 900 * DAY_MS];
        self.skew_ms = skews[usize::try_from(self.below(5)).unwrap()];
    }

    fn continue_copy(&mut self) {
        let Some(at) = self.relay.held(self.card.present.epoch()) else { return };
        let Some(older) = at.at(at.size.saturating_sub(self.below(3))) else { return };
        self.cloned = true;
        let to = older.next(COPY).next(COPY);
        self.relay_hears(0, Up::Batch { from: older.size, to, partial: false });
    }

    /// A copy of the card from before a new epoch continues the ended log.
    fn continue_ended_copy(&mut self) {
        let mut ended = self.card.ended.iter().rev().map(crate::card::EndedLog::epoch);
        let Some(epoch) = ended.find(|epoch| self.ends(*epoch).is_some()) else { return };
        let Some(at) = self.relay.held(epoch).filter(|at| Some(at.size) >= self.ends(epoch)) else { return };
        self.marks.insert(Mark::EndedGrew);
        let to = at.next(COPY).next(COPY);
        self.relay_hears(0, Up::Batch { from: at.size, to, partial: false });
    }
}
