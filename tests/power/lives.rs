//! Random lives of a box on a simulated card, with a relay: the card goes back, copies and keys are lost, starts are cut,
//! phones send again. What any copy holds counts in the end, once, at box and relay, and the box is at rest.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use appliance::clock::{BentClock, Now};
use appliance::random::SeededRandom;
use appliance::store::{Decision, Past, RefillError, Store};
use appliance::uplink::exchange::compare::{self, Differences};
use appliance::uplink::exchange::{Exchange, Input, Output};
use appliance::uplink::stored::StoredLogs;
use record::adoption::LineId;
use record::entry::{By, ClockState, Digest16, Draft, Entry, Idem};
use record::fold::LinePlace;
use record::ids::{BootId, Epoch};
use record::kinds::{EntryRef, Event};
use record::tag::Tag;

use crate::disk::{Frozen, MODES, Mode, SimDisk};
use crate::relay::{Lines, Relay, lines};
use crate::rng::Rng;
use crate::story::sizes;

const TAG: &str = "ABCDEFGH3";
/// Rounds after which both sides must agree.
const ROUNDS_MAX: u32 = 24;

/// A bug that the lives must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// Ended logs are never compared with the relay's.
    NotCompared,
    /// Of an ended log only what lies behind the end that counts is fetched, not what another branch has before it.
    BranchPassedOver,
    /// Runs are never exchanged.
    RunsNotSent,
    /// A card from an earlier epoch goes on from where it stands.
    NotRebased,
    /// What was displaced is thrown away before it is adopted.
    DisplacedThrownAway,
}

fn now(boot: u8) -> Now {
    Now {
        wall_ms: 1_763_610_000_000,
        boot: BootId::new(1, [boot; 10]),
        up_ms: 1_000,
        state: ClockState::Synced,
    }
}

/// What counts at a box.
fn counted(store: &Store) -> Lines {
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

/// A copy of the card, and what counted on it.
struct Backup {
    card: Frozen,
    lines: Lines,
}

struct World {
    card: Frozen,
    running: Option<(SimDisk, Store)>,
    compared: bool,
    relay: Relay,
    backups: Vec<Backup>,
    /// Lines that some copy holds which nothing took away.
    must: Lines,
    /// Keys of cleanings that phones were answered for.
    keys: Vec<u64>,
    rng: Rng,
    tokio: tokio::runtime::Runtime,
    told: Vec<String>,
    plant: Option<Plant>,
}

impl World {
    fn new(seed: u64, plant: Option<Plant>) -> Self {
        Self {
            plant,
            card: Frozen::default(),
            running: None,
            compared: false,
            relay: Relay::new(),
            backups: Vec::new(),
            must: Lines::new(),
            keys: Vec::new(),
            rng: Rng::new(seed),
            tokio: tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap(),
            told: Vec::new(),
        }
    }

    fn store(&mut self) -> Result<Store, String> {
        if let Some((_, store)) = &self.running {
            return Ok(store.clone());
        }
        let now = now((self.rng.next() % 251) as u8);
        if self.plant == Some(Plant::DisplacedThrownAway) {
            self.card.files("displaced").iter().for_each(|file| self.card.lose(file));
        }
        let sim = SimDisk::new(self.card.clone(), None);
        let random = SeededRandom::new(self.rng.next());
        let opened = Store::open_on(Arc::new(sim.clone()), sizes(), Arc::new(BentClock::new(now)), &random);
        let (store, report) = opened.map_err(|e| format!("it does not start: {e}"))?;
        let here = counted(&store);
        let lacks: Vec<_> =
            self.must.difference(&here).map(|line| format!("{}.{}", line.epoch.n, line.seq)).collect();
        self.told.push(format!("start: {} lines count, {lacks:?} lack: {report:?}", here.len()));
        self.compared = false;
        self.running = Some((sim, store.clone()));
        Ok(store)
    }

    /// Ends the process: in order, killed, or with the power.
    fn end(&mut self, mode: Option<Mode>) {
        let Some((sim, store)) = self.running.take() else { return };
        match mode {
            None => {
                self.tokio.block_on(store.stop()).unwrap();
                drop(store);
                self.card = sim.freeze();
            }
            Some(mode) => {
                self.card = sim.freeze().crashed(mode, &mut self.rng);
                let _ = self.tokio.block_on(store.stop());
            }
        }
    }

    fn record(&mut self) -> Result<(), String> {
        let store = self.store()?;
        for _ in 0..=self.rng.below(6) {
            let again = !self.keys.is_empty() && self.rng.chance(5);
            let key = if again { self.keys[self.rng.below(self.keys.len())] } else { self.rng.next() };
            let idem = Idem { key: Digest16::of(&key.to_be_bytes()), req: Digest16([1; 16]) };
            let body = format!(r#"{{"tag":"{TAG}","steps":[1,2],"who":{{"proof":"none"}}}}"#);
            let event = match store.facility().equipment.is_empty() {
                true => Event::read("equipment.added", &format!(r#"{{"tag":"{TAG}","name":"Pump"}}"#)),
                false => Event::read("cleaning.recorded", &body),
            };
            let cleaning = matches!(event, Event::CleaningRecorded(_));
            let draft = Draft { by: By::BOX, idem: cleaning.then_some(idem), event, texts: Vec::new() };
            let epoch = store.origin().epoch;
            let done = self.tokio.block_on(store.submit(move |view| match view.by_key(&idem.key) {
                Some(_) if cleaning => Decision::Answer(()),
                _ => Decision::Append { drafts: vec![draft], answer: () },
            }));
            let done = done.map_err(|e| format!("it does not record: {e}"))?;
            let line = |one: &appliance::store::Recorded| LineId { epoch, seq: one.seq, leaf: one.leaf };
            self.must.extend(done.recorded.iter().map(line));
            if cleaning && !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        Ok(())
    }

    fn restart(&mut self) -> Result<Store, String> {
        self.end(None);
        self.store()
    }

    /// What the uplink does with one connection, until nothing is left to do.
    fn sync(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS_MAX {
            let store = self.store()?;
            if !self.sync_once(&store)? {
                return Ok(());
            }
            self.restart()?;
        }
        Err("box and relay never come to an end".to_owned())
    }

    /// One connection, carried by the real exchange until nothing more is said; whether the log's epoch is over.
    fn talk(&mut self, store: &Store) -> Result<bool, String> {
        let cosigners = [self.relay.verifier()];
        let logs = StoredLogs { store, cosigners: &cosigners };
        let (past, now) = (store.past().map_err(|e| e.to_string())?, now(9));
        let mut exchange = Exchange::new(i64::MAX, past, &now, &logs).ok_or("no key")?;
        let mut inputs = VecDeque::from([Input::Connected]);
        while let Some(input) = inputs.pop_front() {
            for output in exchange.on(input, &now, &logs) {
                match output {
                    Output::Hello(greeting) => {
                        inputs.push_back(Input::Ack(self.relay.answer(greeting.epoch)))
                    }
                    Output::Send { epoch, from, entries_max, ends } => {
                        let size = ends.unwrap_or_else(|| store.size());
                        self.relay.take(store, epoch, size.min(from + entries_max as u64));
                        inputs.push_back(Input::Ack(self.relay.answer(epoch)));
                    }
                    Output::RaiseCursor(cosigned) => {
                        store.raise_cursor(&cosigned).map_err(|e| e.to_string())?
                    }
                    Output::LowerCursor(cursor) => store.lower_cursor(cursor),
                    Output::EndEpoch(contrary) => {
                        store.end_epoch(&contrary).map_err(|e| e.to_string())?;
                        return Ok(true);
                    }
                    Output::Close(why) => return Err(why.to_string()),
                    Output::Health | Output::Confirmed(..) | Output::Raise(..) | Output::End(_) => {}
                }
            }
        }
        Ok(false)
    }

    /// Whether the next start has something to do.
    fn sync_once(&mut self, store: &Store) -> Result<bool, String> {
        let (origin, past) = (store.origin(), store.past().map_err(|e| e.to_string())?);
        if let Some((cosigned, key)) = self.relay.newest(&origin) {
            let newest = cosigned.checkpoint().origin;
            let leads_there = !compare::is_elsewhere(newest.epoch, origin.epoch, &past);
            if !leads_there && self.plant != Some(Plant::NotRebased) {
                self.told.push(format!("the relay goes on from {newest}"));
                return store.rebase_on(&cosigned, &key, 0).map_err(|e| e.to_string());
            }
        }
        if self.talk(store)? {
            return Ok(true);
        }
        let mut came = false;
        while let Some(past) = self.wanted(store)? {
            if !self.refill(store, &past)? {
                break;
            }
            came = true;
        }
        if came {
            return Ok(true);
        }
        let compares = self.plant != Some(Plant::NotCompared);
        if compares && !std::mem::replace(&mut self.compared, true) && self.compare(store)? {
            return Ok(true);
        }
        if self.plant == Some(Plant::RunsNotSent) { Ok(false) } else { self.exchange(store) }
    }

    fn wanted(&self, store: &Store) -> Result<Option<Past>, String> {
        let all = store.past().map_err(|e| e.to_string())?;
        let lacks = |epoch| {
            let size = all.iter().find(|past| past.origin.epoch == epoch).map_or(0, |past| past.counts.size);
            self.relay.epochs.get(&epoch).is_none_or(|held| held.tree.size() < size)
        };
        Ok(compare::wanted(&all, lacks).cloned())
    }

    fn refill(&self, store: &Store, past: &Past) -> Result<bool, String> {
        let held = &self.relay.epochs[&past.origin.epoch];
        let mut more = |from: u64| {
            let from = usize::try_from(from).unwrap();
            let end = held.entries.len().min(from + 7);
            Ok((held.entries[from.min(end)..end].to_vec(), held.texts.clone()))
        };
        let from = store.fetched_size(past.origin.epoch).map_err(|e| e.to_string())?;
        let from = from.unwrap_or_else(|| self.common(store, past));
        match store.refill(past, from, &mut more) {
            Ok(()) => Ok(true),
            Err(RefillError::Wrong(_)) if from > 0 => match store.refill(past, 0, &mut more) {
                Ok(()) => Ok(true),
                Err(RefillError::Wrong(_)) => Ok(false),
                Err(e) => Err(e.to_string()),
            },
            Err(RefillError::Wrong(_)) => Ok(false),
            Err(e) => Err(e.to_string()),
        }
    }

    fn common(&self, store: &Store, past: &Past) -> u64 {
        let Some(held) = self.relay.epochs.get(&past.origin.epoch) else { return 0 };
        let Ok(reader) = store.reader_of(past.origin.epoch) else { return 0 };
        let own = reader.entries(0..past.counts.size).map(|entry| entry.unwrap().leaf());
        own.zip(held.entries.iter().map(Entry::leaf)).take_while(|(own, theirs)| own == theirs).count() as u64
    }

    fn compare(&self, store: &Store) -> Result<bool, String> {
        let mut adopts = false;
        let past = store.past().map_err(|e| e.to_string())?;
        let present = store.origin().epoch;
        for past in &past {
            let epoch = past.origin.epoch;
            let held = self.relay.epochs.get(&epoch).map(|held| held.tree.size());
            let common = compare::is_comparable(past).then(|| match self.plant {
                Some(Plant::BranchPassedOver) => past.counts.size,
                _ => self.common(store, past),
            });
            let differences = Differences::of(past, held, common);
            if let Some(from) = differences.fetch_from {
                adopts |= self.fetch_from(store, epoch, from)?;
            }
            if let Some(owed) = differences.owed {
                adopts |= store.owe_lines(epoch, owed.start, owed.end).map_err(|e| e.to_string())?;
            }
        }
        for epoch in self.relay.epochs.keys().filter(|epoch| compare::is_elsewhere(**epoch, present, &past)) {
            adopts |= self.fetch_from(store, *epoch, 0)?;
        }
        Ok(adopts)
    }

    fn fetch_from(&self, store: &Store, epoch: Epoch, from: u64) -> Result<bool, String> {
        let Some(held) = self.relay.epochs.get(&epoch) else { return Ok(false) };
        let beyond = held.entries.get(usize::try_from(from).unwrap()..).unwrap_or(&[]);
        let kept = store.keep_missing_lines(epoch, beyond, &held.texts).map_err(|e| e.to_string())?;
        Ok(kept > 0)
    }

    fn exchange(&mut self, store: &Store) -> Result<bool, String> {
        let adopted = store.adopted_runs();
        let mut came = false;
        for run in &adopted.lacking {
            if let Some(file) = self.relay.runs.get(run) {
                came |= store.keep_run(run, file).map_err(|e| e.to_string())?;
            }
        }
        loop {
            let lacking = self.relay.counted(&store.origin()).map(|counted| counted.lacking);
            // Without the base that a run brings nothing can be followed yet: then each that is adopted here is sent.
            let lacking = lacking.unwrap_or_else(|_| adopted.counting.iter().copied().collect());
            let mut sent = false;
            for run in
                lacking.iter().filter(|run| !self.relay.runs.contains_key(run)).copied().collect::<Vec<_>>()
            {
                if let Some(file) = store.run_file(&run).map_err(|e| e.to_string())? {
                    self.relay.runs.insert(run, file);
                    sent = true;
                }
            }
            if !sent {
                return Ok(came);
            }
        }
    }

    fn keep_backup(&mut self) -> Result<(), String> {
        let store = self.store()?;
        let lines = counted(&store);
        self.end(None);
        self.backups.push(Backup { card: self.card.clone(), lines });
        Ok(())
    }

    /// The card is one from before. What it had forgotten is elsewhere, or gone.
    fn go_back(&mut self) -> Result<(), String> {
        let store = self.store()?;
        let origin = store.origin();
        if self.backups.is_empty() {
            return Ok(());
        }
        let at = self.rng.below(self.backups.len());
        self.end(Some(Mode::Kill));
        self.card = self.backups[at].card.clone();
        self.must = self.relay.lines(&origin);
        self.must.extend(self.backups[at].lines.iter().copied());
        Ok(())
    }

    /// One of the copies on the card goes, and nothing that only it holds.
    fn lose_copy(&mut self) -> Result<(), String> {
        self.store()?;
        self.end(None);
        match self.rng.below(4) {
            0 => {
                // What was set aside holds nothing more by now.
                self.card.lose("cleantrack.redb");
            }
            1 => {
                let dirs = self.card.folders("log");
                let dir = dirs[self.rng.below(dirs.len())].clone();
                for file in self.card.files(&dir) {
                    self.card.lose(&file);
                }
            }
            2 => {
                for file in self.card.files("runs") {
                    self.card.lose(&file);
                }
            }
            _ => {
                let keys = self.card.files("keys");
                for file in keys.iter().filter(|file| file.ends_with(".key")) {
                    self.card.lose(file);
                }
            }
        }
        Ok(())
    }

    /// The weekly look through: what one copy lost comes from the others before those may be lost too.
    fn look_through(&mut self) -> Result<(), String> {
        let store = self.store()?;
        let mut place = Some((0, 0));
        while let Some(at) = place {
            place = store.scrub_segment(at).map_err(|e| e.to_string())?.next;
        }
        store.scrub_runs().map_err(|e| e.to_string())
    }

    /// The log goes with everything that has it, and its key stays.
    fn lose_log(&mut self) -> Result<(), String> {
        let origin = self.store()?.origin();
        self.end(None);
        let dirs = ["log", "runs", "salvage", "displaced", "fetched"];
        let inside = self.card.folders("log");
        let all = dirs.iter().map(|dir| (*dir).to_owned()).chain(inside);
        for file in all.flat_map(|dir| self.card.files(&dir)).collect::<Vec<_>>() {
            self.card.lose(&file);
        }
        for file in ["cleantrack.redb", "cursor"] {
            self.card.lose(file);
        }
        self.must = self.relay.lines(&origin);
        Ok(())
    }

    fn cut_start(&mut self) {
        self.end(None);
        let sim = SimDisk::new(self.card.clone(), None);
        sim.watch(1 + self.rng.below(12), self.rng.split());
        let before = std::mem::take(&mut self.card);
        let random = SeededRandom::new(self.rng.next());
        let opened =
            Store::open_on(Arc::new(sim.clone()), sizes(), Arc::new(BentClock::new(now(9))), &random);
        let moments = sim.moments();
        if let Ok((store, _)) = opened {
            let _ = self.tokio.block_on(store.stop());
        }
        let modes: Vec<Mode> =
            MODES.into_iter().filter(|m| !matches!(m, Mode::Garbage | Mode::Mixed)).collect();
        self.card = match moments.get(self.rng.below(moments.len().max(1))) {
            Some(moment) => moment.disk.crashed(modes[self.rng.below(modes.len())], &mut self.rng),
            None => before,
        };
    }

    fn step(&mut self) -> Result<(), String> {
        let step = self.rng.below(20);
        self.told.push(format!("step {step}"));
        match step {
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

    fn check(&mut self) -> Result<(), String> {
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
        let relay = self.relay.counted(&origin)?;
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
        let reader = store.reader().unwrap();
        let mut keys = BTreeSet::new();
        for line in &here {
            let found = reader.lines_of(line.epoch.n, line.seq).unwrap();
            let entry = found.into_iter().map(|(_, entry)| entry).find(|entry| entry.leaf() == line.leaf);
            let entry = entry.ok_or("a line that counts cannot be read")?;
            if matches!(entry.event(), Event::CleaningRecorded(_)) {
                keys.extend(entry.head().idem.map(|idem| idem.key));
            }
        }
        let tag: Tag = TAG.parse().unwrap();
        let cleanings = store.facility().activity.get(&tag).map_or(0, |activity| activity.cleanings);
        if cleanings != keys.len() as u64 {
            return Err(format!("{cleanings} cleanings count, by {} keys", keys.len()));
        }
        drop(reader);
        let store = self.restart()?;
        if store.size() != size || store.origin() != origin {
            return Err("the box is not at rest".to_owned());
        }
        Ok(())
    }
}

/// One life; what went wrong, with how it came to that.
pub fn life(seed: u64, plant: Option<Plant>) -> Result<(), String> {
    let mut world = World::new(seed, plant);
    let steps = 12 + world.rng.below(40);
    let mut lived = || -> Result<(), String> {
        for _ in 0..steps {
            world.step()?;
        }
        world.check()
    };
    let lived = lived();
    let lived = lived.map_err(|why| format!("seed {seed}: {why}\n{}", world.told.join("\n")));
    world.end(None);
    lived
}
