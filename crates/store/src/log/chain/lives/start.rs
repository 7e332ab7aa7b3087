//! What a start of the box does to its disk, step by step.

use super::*;

impl World {
    pub(super) fn start(&mut self) -> Step {
        self.running = None;
        self.step()?;
        self.set_aside()?;
        let begun: Vec<(u32, [u8; 4])> = self
            .disk
            .keys
            .iter()
            .filter(|(_, (_, is_key))| !is_key)
            .map(|(n, (key, _))| (*n, *key))
            .collect();
        for (n, key) in begun {
            if self.disk.log.get(&Epoch { n, key }).is_some_and(|lines| !lines.is_empty()) {
                self.disk.keys.insert(n, (key, true));
                self.step()?;
            }
        }
        let open = self.newest()?;
        let names = self.names();
        let chain = follow_back(open.link.epoch, &names, |epoch| {
            let forgotten = self.plant == Plant::PrevNotFollowed && !self.disk.log.contains_key(&epoch);
            Ok::<_, Cut>(if forgotten { Some(EpochLink::First) } else { self.link(epoch) })
        })?;
        let mut here = Vec::new();
        for link in chain {
            if link.end == EpochEnd::Open {
                here.push(Here { link, tree: open.tree.clone() });
                continue;
            }
            let tree = if link.end == EpochEnd::Unknown {
                // Nobody says how much of it counts: nothing does in its place, and what is here of it is adopted.
                let copies = self.copies(link.epoch).into_iter().filter(|(name, _)| *name != "runs");
                for lines in copies.map(|(_, lines)| lines.clone()).collect::<Vec<_>>() {
                    self.displace(link.epoch, lines)?;
                }
                Frontier::default()
            } else if self.plant == Plant::OnlyNewestHealed {
                let lines = self.disk.log.get(&link.epoch).cloned().unwrap_or_default();
                prefix(&lines, link.end)
            } else {
                let (assembled, lines) = self.assembled(link.epoch, link.end.stated());
                self.fill(link.epoch, lines)?;
                let fetched = self.disk.fetched.get(&link.epoch).map(BTreeMap::len);
                let short = fetched.zip(link.end.stated()).is_some_and(|(len, end)| (len as u64) < end.size);
                if assembled.whole || !short {
                    self.disk.fetched.remove(&link.epoch);
                    self.step()?;
                }
                if link.missing(LogExtent::of(&assembled.frontier)).is_some() {
                    // What is behind the hole counts by itself until the hole is filled.
                    let copies = self.copies(link.epoch).into_iter();
                    let copies = copies.filter(|(name, _)| !matches!(*name, "runs" | "fetched"));
                    for mut lines in copies.map(|(_, lines)| lines.clone()).collect::<Vec<_>>() {
                        lines.retain(|seq, _| *seq >= assembled.frontier.size());
                        self.displace(link.epoch, lines)?;
                    }
                }
                assembled.frontier
            };
            here.push(Here { link, tree });
        }
        self.follow(&here)?;
        self.drain()?;
        self.running = Some(here);
        self.adopt()
    }

    /// A database that does not open this time is set aside; the others that were can be read or not.
    fn set_aside(&mut self) -> Step {
        if let Some(db) = self.disk.db.take_if(|db| db.shut > 0) {
            if self.plant == Plant::SalvageNeverAsked {
                self.disk.salvage.clear();
            }
            self.disk.salvage.push(db);
            self.step()?;
        }
        for db in self.disk.salvage.iter_mut().filter(|db| db.shut != 255) {
            db.shut = db.shut.saturating_sub(1);
        }
        Ok(())
    }

    fn mine(&self, epoch: Epoch) -> bool {
        self.disk.keys.get(&epoch.n) == Some(&(epoch.key, true))
    }

    /// Heals the newest epoch and does what the verdict says.
    fn newest(&mut self) -> Step<Here> {
        let newest = self.names().into_iter().max_by_key(|epoch| (epoch.n, self.mine(*epoch)));
        let found = newest.map(|epoch| (epoch, self.assembled(epoch, None)));
        let key = self
            .disk
            .keys
            .iter()
            .filter(|(_, (_, is_key))| *is_key)
            .map(|(n, (key, _))| (*n, *key))
            .next_back();
        let key = key.map(|(n, key)| Epoch { n, key });
        let chain_state = ChainState {
            newest: found.as_ref().map(|(epoch, (assembled, lines))| {
                let body = self.disk.body.get(epoch).copied();
                NewestEpoch {
                    epoch: *epoch,
                    own: LogExtent::of(&assembled.frontier),
                    whole: assembled.whole,
                    relay: body.filter(|body| {
                        let own = body.size.checked_sub(1).and_then(|last| lines.get(&last));
                        own.map(|k| k.root) != Some(body.root)
                    }),
                    key: self.mine(*epoch),
                    signed_beyond: None,
                }
            }),
            key,
            cosigned: self.disk.body.iter().next_back().map(|(epoch, extent)| (*epoch, *extent)),
            rebase: None,
        };
        let verdict = decide_chain(&chain_state);
        match (&verdict, found) {
            (ChainVerdict::First, _) => self.begin(None, None),
            (ChainVerdict::Resume, Some((epoch, (assembled, lines)))) => {
                self.fill(epoch, lines)?;
                Ok(Here { link: ChainLink { epoch, end: EpochEnd::Open }, tree: assembled.frontier })
            }
            (ChainVerdict::Begin { prev, after, .. }, found) => {
                let lost = chain_state
                    .key
                    .filter(|key| chain_state.newest.is_none_or(|newest| newest.epoch.n < key.n));
                if let Some(key) = lost {
                    self.happened.insert("key without a log");
                    if self.plant == Plant::KeyUsedAgain {
                        let mut tree = Frontier::default();
                        self.write(key, &mut tree, LineContent::Started(None, None))?;
                        return Ok(Here { link: ChainLink { epoch: key, end: EpochEnd::Open }, tree });
                    }
                }
                if let Some((epoch, (assembled, _))) = found {
                    let end = prev.filter(|p| p.epoch == epoch).map_or(assembled.frontier.size(), |p| p.size);
                    let by_relay = chain_state.newest.is_some_and(|newest| newest.relay.is_some());
                    self.happened.insert(if by_relay { "ended by the relay" } else { "ended by a hole" });
                    let copies: Vec<Lines> =
                        self.copies(epoch).into_iter().map(|(_, lines)| lines.clone()).collect();
                    for mut lines in copies {
                        lines.retain(|seq, _| *seq >= end);
                        self.displace(epoch, lines)?;
                    }
                }
                self.begin(*prev, *after)
            }
            (ChainVerdict::Resume, None) => unreachable!("nothing to go on with"),
        }
    }

    /// The database becomes what counts; what only the old one has is kept first.
    fn follow(&mut self, here: &[Here]) -> Step {
        let mut want: BTreeMap<Epoch, Lines> = BTreeMap::new();
        for Here { link, tree } in here {
            let lines = self.disk.log.get(&link.epoch).cloned().unwrap_or_default();
            let counts: Lines = lines.into_iter().filter(|(seq, _)| *seq < tree.size()).collect();
            want.insert(link.epoch, counts);
        }
        if self.disk.db.as_ref().is_some_and(|db| db.epochs == want) {
            return Ok(());
        }
        if let Some(old) = self.disk.db.clone() {
            self.keep_strays(&old)?;
        }
        self.disk.db = Some(Db { epochs: want, shut: 0 });
        self.lag = 0;
        self.step()
    }

    fn keep_strays(&mut self, db: &Db) -> Step {
        for (epoch, lines) in &db.epochs {
            let journal = self.disk.log.get(epoch);
            let mut has = |seq: u64, bytes: &LogLine| {
                let there = journal.and_then(|lines| lines.get(&seq));
                Ok(there.is_some_and(|row| line(seq, &row.body) == *bytes))
            };
            let mut row = Lines::new();
            let mut take = |piece: LogPiece| {
                let known = meaning(&piece, &[lines]);
                row.extend(
                    known.into_iter().map(|(seq, body)| (seq, StoredLine { body, root: Hash::default() })),
                );
                Ok(())
            };
            let mut source = Copy { lines: Some(lines), name: "database", loose: false, own: true };
            stray_lines(*epoch, 0, &mut source, &mut has, &mut take).unwrap();
            self.displace(*epoch, row)?;
        }
        Ok(())
    }

    fn drain(&mut self) -> Step {
        let mut at = 0;
        while let Some(db) = self.disk.salvage.get(at).cloned() {
            if self.plant == Plant::SalvageNeverAsked || db.shut > 0 {
                at += 1;
                continue;
            }
            if self.plant != Plant::SalvageUndrained {
                self.keep_strays(&db)?;
            }
            self.disk.salvage.remove(at);
            self.happened.insert("drained");
            self.step()?;
        }
        Ok(())
    }

    pub(super) fn append(&mut self, body: LineContent) -> Step {
        let Some(open) = self.running.as_mut().and_then(|here| here.last_mut()) else { return Ok(()) };
        let (epoch, mut tree) = (open.link.epoch, open.tree.clone());
        self.write(epoch, &mut tree, body)?;
        if let Some(open) = self.running.as_mut().and_then(|here| here.last_mut()) {
            open.tree = tree;
        }
        if self.chance(20) {
            self.lag = 0;
        }
        Ok(())
    }
}

/// The tree over what a journal has from its first line on.
fn prefix(lines: &Lines, end: EpochEnd) -> Frontier {
    let mut tree = Frontier::default();
    while let Some(row) = lines.get(&tree.size()) {
        if end.stated().is_some_and(|end| tree.size() >= end.size) {
            break;
        }
        tree.push(line(tree.size(), &row.body).leaf());
    }
    tree
}
