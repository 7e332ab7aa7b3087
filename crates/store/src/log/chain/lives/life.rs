//! What happens to the box: records, damage, restarts, a relay; and what must hold at the end.

use super::*;

impl World {
    fn present(&self) -> BTreeSet<u32> {
        let disk = &self.disk;
        let dbs =
            disk.db.iter().chain(&disk.salvage).filter(|db| db.shut != 255).flat_map(|db| db.epochs.values());
        let beside = disk
            .displaced
            .iter()
            .map(|(_, lines)| lines)
            .chain(disk.fetched.values())
            .chain(disk.runs.values());
        let all = disk.log.values().chain(dbs).chain(beside).chain(self.relay.values());
        all.flat_map(acts).collect()
    }

    /// Does something in which the power may go; whatever happens, no last copy of anything is destroyed by it.
    fn guarded(&mut self, what: &str, act: impl FnOnce(&mut Self) -> Step) {
        let before = self.present();
        if self.chance(35) {
            self.budget = Some(u32::try_from(self.below(12)).unwrap());
        }
        let cut = act(self).is_err();
        self.budget = None;
        let after = self.present();
        if let Some(act) = before.difference(&after).next() {
            panic!("{what} destroyed the last copy of act {act}");
        }
        if cut {
            self.crashed();
        }
    }

    /// The database's durable copy is behind by what was not made durable.
    fn crashed(&mut self) {
        self.running = None;
        let lag = std::mem::take(&mut self.lag).min(3);
        if let Some(lines) = self.disk.db.as_mut().and_then(|db| db.epochs.values_mut().next_back()) {
            for _ in 0..lag {
                lines.pop_last();
            }
        }
    }

    fn damage(&mut self) {
        self.running = None;
        self.lag = 0;
        let epochs: Vec<Epoch> = self.disk.log.keys().copied().collect();
        if epochs.is_empty() {
            return;
        }
        let which = epochs[usize::try_from(self.below(epochs.len() as u64)).unwrap()];
        match self.below(12) {
            0..3 => {
                let len = self.disk.log[&which].len() as u64;
                let (from, count) = (self.below(len.max(1)), 1 + self.below(3));
                let lines = self.disk.log.get_mut(&which).expect("it has a folder");
                lines.retain(|seq, _| *seq < from || *seq >= from + count);
                self.happened.insert("damaged");
            }
            3 => {
                self.disk.log.remove(&which);
                self.happened.insert("folder gone");
            }
            4 => self.disk.db = None,
            5 | 6 => {
                let shut = [1, 1, 2, 3, 255][usize::try_from(self.below(5)).unwrap()];
                if let Some(db) = &mut self.disk.db {
                    db.shut = shut;
                }
            }
            7 => {
                let n = 1 + u32::try_from(self.below(4)).unwrap();
                self.disk.keys.remove(&n);
                self.happened.insert("key gone");
            }
            8 => {
                self.disk.log.clear();
                if self.chance(70) {
                    self.disk.db = None;
                    self.disk.salvage.clear();
                    self.disk.displaced.clear();
                    self.disk.runs.clear();
                    self.disk.fetched.clear();
                }
                if self.chance(50) {
                    self.disk.body.clear();
                }
                self.happened.insert("log gone");
            }
            9 => {
                let odd = self.disk.db.as_mut().and_then(|db| db.epochs.values_mut().next_back());
                if let Some(lines) = odd {
                    let len = lines.len() as u64;
                    lines.retain(|seq, _| *seq + 3 < len || seq % 2 == 0);
                }
            }
            _ => {
                let Some(backup) = self.backups.last().cloned() else { return };
                self.disk = backup;
                if self.chance(50) {
                    self.disk.keys.clear();
                    self.disk.body.clear();
                }
                self.happened.insert("went back");
            }
        }
    }

    /// The line to the relay is up for a while.
    fn sync(&mut self) -> Step {
        let Some(here) = self.running.take() else { return Ok(()) };
        let mut restart = false;
        for (at, Here { link, tree }) in here.iter().enumerate() {
            let epoch = link.epoch;
            let open = at + 1 == here.len();
            let held = self.relay.get(&epoch).cloned().unwrap_or_default();
            let own = self.disk.log.get(&epoch).cloned().unwrap_or_default();
            let body = held.last_key_value().map(|(last, row)| LogExtent { size: last + 1, root: row.root });
            let prefix = held.iter().all(|(seq, row)| *seq < tree.size() && own.get(seq) == Some(row));
            match (link.end, body) {
                (EpochEnd::Open, Some(body)) if !prefix => {
                    self.disk.body.insert(epoch, body);
                    restart = true;
                }
                (EpochEnd::Unknown, Some(_)) => {
                    // Lines that only the relay holds are kept, and the next start adopts them.
                    restart |= self.keep_missing(epoch, &held, &here)?;
                }
                (EpochEnd::Counts(end), Some(_)) if link.missing(LogExtent::of(tree)).is_some() => {
                    // Cut in the middle, or all of it.
                    let upto = if self.chance(30) { self.below(end.size + 1) } else { end.size };
                    let fetched: Lines = held.range(..upto).map(|(seq, row)| (*seq, row.clone())).collect();
                    self.happened.insert("fetched");
                    // Only all of it is worth a restart.
                    restart |= fetched.len() as u64 == end.size;
                    self.disk.fetched.insert(epoch, fetched);
                }
                _ if prefix && self.disk.keys.get(&epoch.n) == Some(&(epoch.key, true)) => {
                    let send = own.range(..tree.size()).map(|(seq, row)| (*seq, row.clone()));
                    self.relay.entry(epoch).or_default().extend(send);
                    if open && tree.size() > 0 && self.chance(60) {
                        self.disk.body.insert(epoch, LogExtent::of(tree));
                    }
                }
                _ => {}
            }
            self.step()?;
        }
        self.running = (!restart).then_some(here);
        Ok(())
    }

    fn keep_missing(&mut self, epoch: Epoch, held: &Lines, here: &[Here]) -> Step<bool> {
        self.running =
            Some(here.iter().map(|Here { link, tree }| Here { link: *link, tree: tree.clone() }).collect());
        let counted = self.counted_lines().0;
        self.running = None;
        let mut lines = held.clone();
        lines.retain(|seq, row| !counted.contains_key(&(epoch, *seq, line(*seq, &row.body).leaf())));
        let some = !lines.is_empty();
        self.displace(epoch, lines)?;
        Ok(some)
    }

    pub(super) fn life(&mut self) {
        let alone = self.chance(35);
        // On some cards the database is what is lost first.
        let bare = self.chance(25);
        for _ in 0..10 + self.below(40) {
            if self.running.is_none() {
                self.guarded("start", Self::start);
                continue;
            }
            if bare && self.chance(40) {
                self.disk.db = None;
            }
            match self.below(100) {
                0..=42 => {
                    let act = self.acts;
                    self.acts += 1;
                    let mut reported = false;
                    self.guarded("append", |world| {
                        world.append(LineContent::Act(act))?;
                        reported = true;
                        Ok(())
                    });
                    if reported {
                        self.acked.insert(act);
                    }
                }
                43..=64 if !alone => self.guarded("sync", Self::sync),
                43..=74 => {
                    self.running = None;
                    if self.chance(40) {
                        self.crashed();
                    }
                }
                75..=84 => self.backups.push(self.disk.clone()),
                _ => {
                    self.damage();
                    while self.chance(40) {
                        self.damage();
                    }
                }
            }
        }
        self.calm(alone);
    }

    /// Everything that can be read is read, and the relay is there: then whatever any copy holds counts.
    fn calm(&mut self, alone: bool) {
        for db in self.disk.db.iter_mut().chain(&mut self.disk.salvage).filter(|db| db.shut != 255) {
            db.shut = 0;
        }
        self.running = None;
        let copies: Vec<(Epoch, Lines)> = self.all_copies();
        let mut size = None;
        for round in 0..40 {
            if self.running.is_none() {
                assert!(self.start().is_ok(), "no cut was asked for");
            }
            if !alone {
                assert!(self.sync().is_ok(), "no cut was asked for");
            }
            let open = self
                .running
                .as_ref()
                .and_then(|here| here.last())
                .map(|open| (open.link.epoch, open.tree.size()));
            if round == 30 {
                size = open;
            }
            assert!(round != 39 || open == size, "it never comes to rest: {size:?}, {open:?}");
        }
        assert!(self.running.is_some(), "it never stays up");
        let counted = self.counted();
        for (epoch, lines) in if alone { Vec::new() } else { self.owed_by_relay() } {
            for act in acts(&lines).filter(|act| self.acked.contains(act)) {
                assert!(
                    counted.contains(&act),
                    "act {act} of {epoch} is at the relay, and the chain leads to it"
                );
            }
        }
        let chain: Vec<Epoch> = self.running.iter().flatten().map(|here| here.link.epoch).collect();
        for (epoch, lines) in copies {
            for (seq, row) in lines {
                let LineContent::Act(act) = row.body else { continue };
                // Not of an epoch that nothing leads to.
                if !self.acked.contains(&act) || !chain.contains(&epoch) {
                    continue;
                }
                let ends: Vec<_> = self.running.iter().flatten().map(|h| (h.link, h.tree.size())).collect();
                assert!(
                    counted.contains(&act),
                    "act {act}, {seq} of {epoch}, is held and does not count: {ends:?}"
                );
            }
        }
    }

    /// What the relay holds of the epochs that the newest one leads to, as each one states it of the one before.
    fn owed_by_relay(&self) -> Vec<(Epoch, Lines)> {
        let mut all = Vec::new();
        let mut epoch = self.running.as_ref().and_then(|here| here.last()).map(|open| open.link.epoch);
        while let Some(of) = epoch {
            let own = self.copies(of).into_iter().find_map(|(_, lines)| lines.get(&0));
            let first = own.or_else(|| self.relay.get(&of)?.get(&0));
            epoch = match first.map(|first| &first.body) {
                Some(LineContent::Started(Some(prev), _)) => {
                    let held = self.relay.get(&prev.epoch);
                    let last = prev.size.checked_sub(1).and_then(|last| held?.get(&last));
                    if last.is_some_and(|last| last.root == prev.root) {
                        let counts = held.into_iter().flat_map(|held| held.range(..prev.size));
                        all.push((prev.epoch, counts.map(|(seq, row)| (*seq, row.clone())).collect()));
                    }
                    Some(prev.epoch)
                }
                Some(LineContent::Started(None, after)) => *after,
                Some(LineContent::Act(_) | LineContent::Adopted(_)) | None => None,
            };
        }
        all
    }

    fn all_copies(&self) -> Vec<(Epoch, Lines)> {
        let disk = &self.disk;
        let mut all: Vec<(Epoch, Lines)> = disk.log.iter().map(|(e, l)| (*e, l.clone())).collect();
        let dbs = disk.db.iter().chain(&disk.salvage).filter(|db| db.shut != 255);
        all.extend(dbs.flat_map(|db| db.epochs.iter().map(|(e, l)| (*e, l.clone()))));
        all.extend(disk.displaced.iter().cloned());
        all.extend(disk.runs.iter().map(|(run, lines)| (run.epoch, lines.clone())));
        all
    }
}
