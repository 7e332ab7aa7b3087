//! Failures of a box in its lives: older cards, lost and rotten files, forks, starts that are cut.

use std::sync::Arc;

use appliance::store::Store;
use service::random::SeededRandom;

use crate::clocks::LeapingClock;
use crate::disk::{Frozen, Mode, Moment, SimDisk};
use crate::lives::{Backup, Plant, World, counted, cut_mode, now};
use crate::story::sizes;

impl World {
    pub(crate) fn keep_backup(&mut self) -> Result<(), String> {
        let store = self.store()?;
        let lines = counted(&store);
        self.end(None);
        self.backups.push(Backup { card: self.card.clone(), lines });
        Ok(())
    }

    /// The card is replaced by an older backup. What that lacks is elsewhere, or gone.
    pub(crate) fn go_back(&mut self) -> Result<(), String> {
        if self.backups.is_empty() {
            return Ok(());
        }
        let at = self.rng.below(self.backups.len());
        self.go_back_to(at)
    }

    pub(crate) fn go_back_to(&mut self, at: usize) -> Result<(), String> {
        let origin = self.store()?.origin();
        self.end(Some(Mode::Kill));
        self.card = self.backups[at].card.clone();
        self.must = self.relay.lines(&origin);
        self.must.extend(self.backups[at].lines.iter().copied());
        Ok(())
    }

    pub(crate) fn lose_copy(&mut self) -> Result<(), String> {
        self.store()?;
        self.end(None);
        match self.rng.below(6) {
            4 | 5 => self.rot(),
            0 => {
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
            _ => self.lose_keys(),
        }
        Ok(())
    }

    /// One file of the journal, or beside it, is damaged in one place or truncated there.
    pub(crate) fn rot(&mut self) {
        let beside = ["runs", "displaced", "fetched", "salvage", "evidence"].map(str::to_owned);
        let dirs = self.card.folders("log").into_iter().chain(beside);
        let mut files: Vec<String> = dirs.flat_map(|dir| self.card.files(&dir)).collect();
        files.extend(["cursor".to_owned(), "untold".to_owned()]);
        files.retain(|file| !self.card.bytes(file).is_empty());
        let Some(file) = files.get(self.rng.below(files.len().max(1))).cloned() else { return };
        let bytes = self.card.bytes(&file);
        let used = bytes.iter().rposition(|byte| *byte != 0).map_or(1, |last| last + 1);
        let at = self.rng.below(used);
        self.reported.push(format!("{file} rots at {at}"));
        match self.rng.below(3) {
            0 => self.card.damage(&file, at, &[bytes[at] ^ (1 << self.rng.below(8))]),
            1 => {
                let noise: Vec<u8> = (0..4096).map(|_| self.rng.next() as u8).collect();
                self.card.damage(&file, at / 4096 * 4096, &noise);
            }
            _ => self.card.damage(&file, at, &vec![0; used - at]),
        }
        self.mark(if file.starts_with("log/") {
            "the journal rots"
        } else {
            "something beside the log rots"
        });
    }

    pub(crate) fn lose_keys(&mut self) {
        let keys = self.card.files("keys");
        for file in keys.iter().filter(|file| file.ends_with(".key")) {
            self.card.lose(file);
        }
    }

    /// A copy of the card is put back and continues beside what the relay has by now, in the same epoch or in
    /// a new one.
    pub(crate) fn fork(&mut self) -> Result<(), String> {
        self.keep_backup()?;
        let at = self.backups.len() - 1;
        self.record()?;
        if self.rng.chance(2) {
            self.store()?;
            self.end(None);
            self.lose_keys();
            self.record()?;
        }
        self.sync()?;
        self.go_back_to(at)?;
        self.record()?;
        if self.rng.chance(2) {
            self.end(None);
            self.lose_keys();
            self.record()?;
        }
        Ok(())
    }

    /// A part of the journal is lost and every start is cut: only the database has that part, and no start
    /// trusts the database any more.
    pub(crate) fn boot_loop(&mut self) -> Result<(), String> {
        self.store()?;
        self.end(None);
        let dirs = self.card.folders("log");
        let dir = dirs[self.rng.below(dirs.len())].clone();
        let files = self.card.files(&dir);
        if let Some(file) = files.get(self.rng.below(files.len().max(1))) {
            self.card.lose(file);
        }
        for _ in 0..2 + self.rng.below(4) {
            self.cut_start();
        }
        self.look_through()
    }

    /// The weekly check: what one copy lost is restored from the others before those are lost too.
    pub(crate) fn look_through(&mut self) -> Result<(), String> {
        let store = self.store()?;
        let mut place = Some((0, 0));
        while let Some(at) = place {
            place = store.scrub_segment(at).map_err(|e| e.to_string())?.next;
        }
        store.scrub_runs().map_err(|e| e.to_string())
    }

    pub(crate) fn lose_log(&mut self) -> Result<(), String> {
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
        if self.plant == Some(Plant::KeyUsedAgain) {
            // The box begins as it once did, and so comes to the same key.
            self.card = Frozen::default();
        }
        self.must = self.relay.lines(&origin);
        Ok(())
    }

    pub(crate) fn cut_start(&mut self) {
        self.end(None);
        let sim = self.sim();
        sim.watch_one(self.rng.split());
        let before = std::mem::take(&mut self.card);
        let moments = self.start_on(&sim);
        self.card = match moments.first() {
            Some(moment) => moment.disk.crashed(cut_mode(&mut self.rng), &mut self.rng),
            None => before,
        };
    }

    pub(crate) fn start_on(&mut self, sim: &SimDisk) -> Vec<Moment> {
        let random = SeededRandom::new(self.seed());
        self.cut_starts += 1;
        let clock = Arc::new(LeapingClock::new(now(self.cut_starts), &mut self.rng));
        let opened = Store::open_on(Arc::new(sim.clone()), sizes(), clock, &random);
        let moments = sim.moments();
        if let Ok((store, _)) = opened {
            let _ = self.tokio.block_on(store.stop());
        }
        moments
    }
}
