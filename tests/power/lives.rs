//! Random lives of a box on a simulated card, with a relay: the card goes back, copies and keys are lost, starts are cut,
//! phones send again. What any copy holds counts in the end, once, at box and relay, and the box is at rest.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use appliance::store::{Store, WriteDecision};
use record::adoption::LineId;
use record::entry::{ClockState, Digest16, Entry, EntryAuthor, EntryDraft, IdempotencyRecord};
use record::fold::{FacilityState, LinePlace, RowKey};
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::tag::Tag;
use record::tree::Hash;
use service::clock::Now;
use service::random::SeededRandom;

use crate::clocks::LeapingClock;
use crate::disk::{self, Frozen, MODES, Mode, Moment, SimDisk};
use crate::oracle;
use crate::relay::{Lines, Relay, lines};
use crate::rng::Rng;
use crate::story::sizes;

const TAG: &str = "ABCDEFGH3";
pub(crate) const ROUNDS_MAX: u32 = 24;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Ended logs are never compared with the relay's.
    NotCompared,
    BranchPassedOver,
    RunsNotSent,
    /// A card from an earlier epoch continues from its own end.
    NotRebased,
    DisplacedThrownAway,
    SalvageUndrained,
    SalvageNeverAsked,
    EndedNeverHealed,
    RunsFlushedLate,
    PrevNotFollowed,
    /// A box that lost its log signs another one with the same key.
    KeyUsedAgain,
    /// A line counts once for each run that brings it.
    CountedTwice,
    /// What the relay has beyond the log is recorded again, at the present time.
    WrittenAgain,
    /// Lines that the relay cannot have in their own place are not adopted.
    OwedPassedOver,
    NotTransitive,
    RunsNotHealed,
    /// A run of a first entry alone is not sent: nothing else says what came before it.
    LinkNotSent,
}

impl Plant {
    fn of_disk(self) -> Option<disk::Plant> {
        match self {
            Self::SalvageNeverAsked => Some(disk::Plant::SalvageNeverAsked),
            Self::EndedNeverHealed => Some(disk::Plant::EndedNeverHealed),
            Self::RunsFlushedLate => Some(disk::Plant::RunsFlushedLate),
            _ => None,
        }
    }
}

/// A moment of a boot. No two boots of a life share one: what two branches record differs, as anywhere else.
pub(crate) fn now(boot: u64) -> Now {
    let mut id = [0; 10];
    id[..8].copy_from_slice(&boot.to_be_bytes());
    Now { wall_ms: 1_763_610_000_000, boot: BootId::new(1, id), up_ms: 1_000, state: ClockState::Synced }
}

pub(crate) fn counted(store: &Store) -> Lines {
    let mut all = Lines::new();
    for epoch in store.epochs() {
        if let Ok(reader) = store.reader_of(epoch) {
            let entries: Vec<Entry> = reader.entries(0..u64::MAX).map(Result::unwrap).collect();
            all.extend(lines(epoch, &entries));
        }
    }
    let reader = store.reader().unwrap();
    for run in store.adopted_runs().counting {
        for seq in run.lines() {
            let place = LinePlace { of: EntryRef { epoch: run.epoch(), seq }, run: Some(run) };
            all.extend(
                reader
                    .line(place)
                    .unwrap()
                    .iter()
                    .flat_map(|entry| lines(run.epoch(), std::slice::from_ref(entry))),
            );
        }
    }
    all
}

pub(crate) struct Backup {
    pub(crate) card: Frozen,
    pub(crate) lines: Lines,
}

pub(crate) struct Cut {
    pub(crate) moment: Moment,
    pub(crate) relay: Arc<Relay>,
}

pub(crate) type Marks = BTreeMap<&'static str, u64>;

pub(crate) struct World {
    pub(crate) card: Frozen,
    pub(crate) running: Option<(SimDisk, Store)>,
    pub(crate) compared: bool,
    pub(crate) relay: Relay,
    pub(crate) backups: Vec<Backup>,
    /// Lines of which a copy survived everything.
    pub(crate) must: Lines,
    pub(crate) keys: Vec<u64>,
    pub(crate) firsts: BTreeMap<Epoch, Hash>,
    /// Each operation is kept as a moment from here on, with the relay as it was when the process began.
    pub(crate) cuts: Option<Vec<Cut>>,
    pub(crate) relay_then: Arc<Relay>,
    pub(crate) forks_often: bool,
    pub(crate) loops_often: bool,
    pub(crate) cut_starts: u64,
    pub(crate) rng: Rng,
    pub(crate) tokio: tokio::runtime::Runtime,
    pub(crate) reported: Vec<String>,
    pub(crate) marks: Marks,
    pub(crate) plant: Option<Plant>,
}

impl World {
    pub(crate) fn new(seed: u64, plant: Option<Plant>) -> Self {
        let relay = Relay::new();
        Self {
            plant,
            card: Frozen::default(),
            running: None,
            compared: false,
            relay_then: Arc::new(relay.clone()),
            relay,
            backups: Vec::new(),
            must: Lines::new(),
            keys: Vec::new(),
            firsts: BTreeMap::new(),
            cuts: None,
            // Two branches that both continue are rare in a life of everything.
            forks_often: seed % 4 == 3,
            // So are starts that are cut until only one copy has a line.
            loops_often: seed % 8 == 5,
            cut_starts: 0,
            rng: Rng::new(seed),
            tokio: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            reported: Vec::new(),
            marks: Marks::new(),
        }
    }

    pub(crate) fn mark(&mut self, what: &'static str) {
        *self.marks.entry(what).or_default() += 1;
    }

    pub(crate) fn of_image(seed: u64, card: Frozen, relay: Relay, must: Lines) -> Self {
        Self { card, relay, must, ..Self::new(seed, None) }
    }

    pub(crate) fn sim(&mut self) -> SimDisk {
        if self.plant == Some(Plant::DisplacedThrownAway) {
            self.card.files("displaced").iter().for_each(|file| self.card.lose(file));
        }
        if self.plant == Some(Plant::SalvageUndrained) {
            self.card.files("salvage").iter().for_each(|file| self.card.lose(file));
        }
        SimDisk::new(self.card.clone(), self.plant.and_then(Plant::of_disk))
    }

    pub(crate) fn seed(&mut self) -> u64 {
        if self.plant == Some(Plant::KeyUsedAgain) { 1 } else { self.rng.next() }
    }

    pub(crate) fn store(&mut self) -> Result<Store, String> {
        if let Some((_, store)) = &self.running {
            return Ok(store.clone());
        }
        let now = now(self.rng.next());
        let sim = self.sim();
        if self.cuts.is_some() {
            sim.watch(1, self.rng.split());
            self.relay_then = Arc::new(self.relay.clone());
        }
        let clock = Arc::new(LeapingClock::new(now, &mut self.rng));
        let random = SeededRandom::new(self.seed());
        let opened = Store::open_on(Arc::new(sim.clone()), sizes(), clock, &random);
        let (store, report) = opened.map_err(|e| format!("it does not start: {e}"))?;
        let here = counted(&store);
        for line in here.iter().filter(|line| line.seq == 0) {
            if *self.firsts.entry(line.epoch).or_insert(line.leaf) != line.leaf {
                return Err(format!("two histories under the key of {}", line.epoch));
            }
        }
        let lacks: Vec<_> =
            self.must.difference(&here).map(|line| format!("{}.{}", line.epoch.n, line.seq)).collect();
        self.reported.push(format!("start: {} lines count, {lacks:?} lack: {report:?}", here.len()));
        self.compared = false;
        self.running = Some((sim, store.clone()));
        Ok(store)
    }

    pub(crate) fn collect_cuts(&mut self) {
        if let (Some(cuts), Some((sim, _))) = (&mut self.cuts, &self.running) {
            let relay = &self.relay_then;
            cuts.extend(sim.moments().into_iter().map(|moment| Cut { moment, relay: relay.clone() }));
        }
    }

    pub(crate) fn end(&mut self, mode: Option<Mode>) {
        self.collect_cuts();
        let Some((sim, store)) = self.running.take() else { return };
        match mode {
            None => {
                self.tokio.block_on(store.stop()).unwrap();
                drop(store);
                if let Some(cuts) = &mut self.cuts {
                    let relay = Arc::new(self.relay.clone());
                    cuts.extend(sim.moments().into_iter().map(|moment| Cut { moment, relay: relay.clone() }));
                }
                self.card = sim.freeze();
            }
            Some(mode) => {
                self.card = sim.freeze().crashed(mode, &mut self.rng);
                let _ = self.tokio.block_on(store.stop());
            }
        }
    }

    pub(crate) fn record(&mut self) -> Result<(), String> {
        let store = self.store()?;
        for _ in 0..=self.rng.below(6) {
            let again = !self.keys.is_empty() && self.rng.chance(5);
            let key = if again { self.keys[self.rng.below(self.keys.len())] } else { self.rng.next() };
            let idem = IdempotencyRecord { key: Digest16::of(&key.to_be_bytes()), req: Digest16([1; 16]) };
            let body = format!(r#"{{"tag":"{TAG}","steps":[1,2],"who":{{"proof":"none"}}}}"#);
            // Values do not commute: which one wins depends on the order, and on the time of each line.
            let place = format!(r#"{{"tag":"{TAG}","location":"Bay {}"}}"#, self.rng.below(99));
            let event = match store.facility().equipment.is_empty() {
                true => Event::read("equipment.added", &format!(r#"{{"tag":"{TAG}","name":"Pump"}}"#)),
                false if self.rng.chance(5) => Event::read("equipment.changed", &place),
                false => Event::read("cleaning.recorded", &body),
            };
            let cleaning = matches!(event, Event::CleaningRecorded(_));
            let draft =
                EntryDraft { by: EntryAuthor::BOX, idem: cleaning.then_some(idem), event, texts: Vec::new() };
            let epoch = store.origin().epoch;
            let done = self.tokio.block_on(store.submit(move |view| match view.by_key(&idem.key) {
                Some((line, _)) if cleaning => WriteDecision::Answer(Some(line)),
                _ => WriteDecision::Append { drafts: vec![draft], answer: None },
            }));
            let done = done.map_err(|e| format!("it does not record: {e}"))?;
            let reader = store.reader().map_err(|e| e.to_string())?;
            // Who sent it before gets that very record, whatever else has its number.
            if let Some(line) = done.answer
                && let Ok(reported) = reader.line(line)
                && reported.and_then(|reported| reported.head().idem) != Some(idem)
            {
                return Err(format!("what was sent again leads to {line:?}, which is something else"));
            }
            for one in &done.recorded {
                let found = reader.entry(one.seq).map_err(|e| e.to_string())?;
                if found.map(|found| found.leaf()) != Some(one.leaf) {
                    return Err(format!("entry {} was acknowledged, and the next look lacks it", one.seq));
                }
            }
            drop(reader);
            self.must.extend(done.recorded.iter().map(|one| LineId { epoch, seq: one.seq, leaf: one.leaf }));
            if cleaning && !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        Ok(())
    }

    pub(crate) fn restart(&mut self) -> Result<Store, String> {
        self.end(None);
        self.store()
    }

    fn step(&mut self) -> Result<(), String> {
        let step = self.rng.below(23);
        self.reported.push(format!("step {step}"));
        match step {
            20 | 21 if self.forks_often => self.fork(),
            20 => self.boot_loop(),
            21 | 22 if self.loops_often => self.boot_loop(),
            0..8 => self.record(),
            8..11 => self.sync(),
            11 => {
                self.end(None);
                Ok(())
            }
            12 => {
                self.end(Some(Mode::Kill));
                Ok(())
            }
            13 | 14 => self.keep_backup(),
            15 => self.go_back(),
            16 | 17 => {
                self.lose_copy()?;
                self.look_through()
            }
            18 => {
                self.cut_start();
                Ok(())
            }
            _ if self.rng.chance(3) => self.lose_log(),
            _ => Ok(()),
        }
    }

    pub(crate) fn check(&mut self) -> Result<(), String> {
        self.sync()?;
        let store = self.restart()?;
        let (size, origin) = (store.size(), store.origin());
        let here = counted(&store);
        if let Some(lost) = self.must.difference(&here).next() {
            let all = self.must.difference(&here).count();
            return Err(format!("{all} lines that a copy held do not count at the box, such as {lost:?}"));
        }
        let newest = self.relay.newest(&origin).map(|(cosigned, _)| cosigned.checkpoint().origin);
        if newest != Some(origin) {
            return Err(format!("the relay goes on from {newest:?}, and the box from {origin}"));
        }
        let relay = self.relay.counted(&origin, self.plant)?;
        if !relay.lacking.is_empty() {
            return Err(format!("the relay lacks {:?}", relay.lacking));
        }
        let there: Lines = relay.order.iter().copied().collect();
        if there.len() != relay.order.len() {
            return Err("the relay counts a line twice".to_owned());
        }
        if there != here {
            let (own, theirs) = (here.difference(&there).count(), there.difference(&here).count());
            return Err(format!("{own} lines count at the box only, {theirs} at the relay only"));
        }
        self.compare_with_model(&store, &relay.order)?;
        let store = self.restart()?;
        if store.size() != size || store.origin() != origin {
            return Err("the box is not at rest".to_owned());
        }
        Ok(())
    }
}

impl World {
    /// The model reaches the same result from the relay's bytes as both sides from theirs: the same lines in the
    /// same order, the same facility and cleanings.
    fn compare_with_model(&mut self, store: &Store, order: &[LineId]) -> Result<(), String> {
        let origin = store.origin();
        let model = self.relay.holdings(&origin).outcome(origin.epoch)?;
        if !model.lacking.is_empty() {
            return Err(format!("by the model the relay lacks {:?}", model.lacking));
        }
        let expected: Vec<LineId> = model.order.iter().map(|line| line.id).collect();
        if order != expected {
            let at = order.iter().zip(&expected).take_while(|(one, other)| one == other).count();
            let (ours, theirs) = (order.get(at), expected.get(at));
            return Err(format!("line {at} of the order is {ours:?}, and by the model {theirs:?}"));
        }
        let (facility, cleanings) = oracle::fold(&model.order);
        if *store.facility() != facility {
            return Err(differing(&store.facility(), &facility));
        }
        let reader = store.reader().map_err(|e| e.to_string())?;
        for cleaning in &cleanings {
            let held = reader.cleaning_at(cleaning.place()).map_err(|e| e.to_string())?;
            if held.as_ref() != Some(cleaning) {
                return Err(format!("a cleaning is {held:?}, and by the model {cleaning:?}"));
            }
        }
        let counted = store.facility().activity.get(&TAG.parse::<Tag>().unwrap()).map_or(0, |a| a.cleanings);
        if counted != cleanings.len() as u64 {
            return Err(format!("{counted} cleanings count, and by the model {}", cleanings.len()));
        }
        let mut places = BTreeSet::new();
        if expected.iter().any(|line| line.seq > 0 && !places.insert((line.epoch, line.seq))) {
            self.mark("both branches of a fork count");
        }
        if model.order.iter().any(|line| line.was_adopted()) {
            self.mark("a run counts");
        }
        Ok(())
    }
}

fn differing(one: &FacilityState, other: &FacilityState) -> String {
    let tag = TAG.parse::<Tag>().unwrap();
    for key in [RowKey::Equipment(tag), RowKey::Activity(tag)] {
        let (one, other) = (one.row(key), other.row(key));
        if one != other {
            return format!("a row of the facility is {one:?}, and by the model {other:?}");
        }
    }
    format!("the facility is {one:?}, and by the model {other:?}")
}

/// What a power cut or a kill does; noise in a page that is being written is a damage of its own.
pub(crate) fn cut_mode(rng: &mut Rng) -> Mode {
    let modes: Vec<Mode> = MODES.into_iter().filter(|m| !matches!(m, Mode::Garbage | Mode::Mixed)).collect();
    modes[rng.below(modes.len())]
}

pub fn life(seed: u64, plant: Option<Plant>) -> Result<Marks, String> {
    let mut world = World::new(seed, plant);
    let steps = 12 + world.rng.below(40);
    let mut lived = || -> Result<(), String> {
        for _ in 0..steps {
            world.step()?;
        }
        world.check()
    };
    let lived = lived();
    let lived = lived.map_err(|why| format!("seed {seed}: {why}\n{}", world.reported.join("\n")));
    world.end(None);
    lived.map(|()| world.marks)
}
