//! What the uplink does between a box and its relay: the real exchange runs, missing entries come back, ended logs are
//! compared, runs go in both directions.

use std::collections::{BTreeSet, VecDeque};
use std::io::Read as _;

use appliance::store::{PastLog, RefillError, Store, WriteDecision};
use appliance::uplink::exchange::compare::{self, LogDifferences};
use appliance::uplink::exchange::{ExchangeInput, ExchangeOutput, LogExchange};
use appliance::uplink::logs::stored::StoredLogs;
use record::entry::{Entry, EntryAuthor, EntryDraft};
use record::ids::Epoch;
use record::run::RunName;
use record::tree::Frontier;

use crate::lives::{Plant, ROUNDS_MAX, World, now};

impl World {
    pub(crate) fn sync(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS_MAX {
            let store = self.store()?;
            if !self.sync_once(&store)? {
                return Ok(());
            }
            self.restart()?;
        }
        Err("box and relay never come to an end".to_owned())
    }

    /// One connection, driven by the real exchange to its end; whether the log's epoch is over.
    fn talk(&mut self, store: &Store) -> Result<bool, String> {
        let cosigners = [self.relay.verifier()];
        let logs = StoredLogs { store, cosigners: &cosigners };
        let (past, now) = (store.past().map_err(|e| e.to_string())?, now(9));
        let mut exchange = LogExchange::new(i64::MAX, past, &now, &logs).ok_or("no key")?;
        let mut inputs = VecDeque::from([ExchangeInput::Connected]);
        while let Some(input) = inputs.pop_front() {
            for output in exchange.on(input, &now, &logs) {
                match output {
                    ExchangeOutput::Hello(greeting) => {
                        inputs.push_back(ExchangeInput::Ack(self.relay.answer(greeting.epoch)))
                    }
                    ExchangeOutput::Send { epoch, from, entries_max, ends } => {
                        let size = ends.unwrap_or_else(|| store.size());
                        self.relay.take(store, epoch, size.min(from + entries_max as u64));
                        inputs.push_back(ExchangeInput::Ack(self.relay.answer(epoch)));
                    }
                    ExchangeOutput::RaiseCursor(cosigned) => {
                        store.raise_cursor(&cosigned).map_err(|e| e.to_string())?
                    }
                    ExchangeOutput::LowerCursor(cursor) => store.lower_cursor(cursor),
                    ExchangeOutput::EndEpoch(contrary) => {
                        store.end_epoch(&contrary).map_err(|e| e.to_string())?;
                        return Ok(true);
                    }
                    ExchangeOutput::Close(why) => return Err(why.to_string()),
                    ExchangeOutput::Health
                    | ExchangeOutput::Confirmed(..)
                    | ExchangeOutput::Raise(..)
                    | ExchangeOutput::End(_) => {}
                }
            }
        }
        Ok(false)
    }

    fn sync_once(&mut self, store: &Store) -> Result<bool, String> {
        let (origin, past) = (store.origin(), store.past().map_err(|e| e.to_string())?);
        if let Some((cosigned, key)) = self.relay.newest(&origin) {
            let newest = cosigned.checkpoint().origin;
            let leads_there = !compare::is_elsewhere(newest.epoch, origin.epoch, &past);
            if !leads_there && self.plant != Some(Plant::NotRebased) {
                self.reported.push(format!("the relay goes on from {newest}"));
                return store.rebase_on(&cosigned, &key, 0).map_err(|e| e.to_string());
            }
        }
        if self.talk(store)? {
            return Ok(true);
        }
        let mut came = false;
        while let Some(past) = self.expected(store)? {
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

    fn expected(&self, store: &Store) -> Result<Option<PastLog>, String> {
        let mut all = store.past().map_err(|e| e.to_string())?;
        all.retain(|past| self.plant != Some(Plant::PrevNotFollowed) || past.size > 0);
        Ok(compare::past_to_fetch(&all, |epoch| {
            let size = all.iter().find(|past| past.origin.epoch == epoch).map_or(0, |past| past.counts.size);
            self.relay.epochs.get(&epoch).is_none_or(|held| held.tree.size() < size)
        })
        .cloned())
    }

    fn refill(&self, store: &Store, past: &PastLog) -> Result<bool, String> {
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

    fn common(&self, store: &Store, past: &PastLog) -> u64 {
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
            let theirs = self.relay.epochs.get(&epoch).map_or(&[][..], |held| &held.entries);
            let leads = held.is_some_and(|held| compare::may_lead(past, held)) && leads(theirs, past);
            let differences = LogDifferences::of(past, held, common, leads);
            if let Some(from) = differences.fetch_from {
                adopts |= self.fetch_from(store, epoch, from)?;
            }
            if let Some(owed) = differences.owed.filter(|_| self.plant != Some(Plant::OwedPassedOver)) {
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
        if self.plant == Some(Plant::WrittenAgain) {
            return self.write_again(store, beyond);
        }
        let keep = || {
            let mut missing = store.missing_lines(epoch)?;
            missing.take(beyond, &held.texts)?;
            missing.finish()
        };
        Ok(keep().map_err(|e: appliance::store::StoreError| e.to_string())? > 0)
    }

    /// What adoption by reference replaced: the same is recorded again, at the present time.
    fn write_again(&self, store: &Store, entries: &[Entry]) -> Result<bool, String> {
        for entry in entries {
            let Some(idem) = entry.head().idem else { continue };
            let draft = EntryDraft {
                by: EntryAuthor::BOX,
                idem: Some(idem),
                event: entry.event(),
                texts: Vec::new(),
            };
            let done = self.tokio.block_on(store.submit(move |view| match view.by_key(&idem.key) {
                Some(_) => WriteDecision::Answer(()),
                None => WriteDecision::Append { drafts: vec![draft], answer: () },
            }));
            done.map_err(|e| e.to_string())?;
        }
        Ok(false)
    }

    fn exchange(&mut self, store: &Store) -> Result<bool, String> {
        let adopted = store.adopted_runs();
        let mut came = false;
        for run in &adopted.lacking {
            let comes = self.plant != Some(Plant::RunsNotHealed);
            if let Some(file) = self.relay.runs.get(run).filter(|_| comes) {
                let keep = || {
                    let mut incoming = store.receive_run(run)?;
                    file.chunks(700).try_for_each(|piece| incoming.take(piece))?;
                    incoming.finish()
                };
                came |= keep().map_err(|e: appliance::store::StoreError| e.to_string())?;
            }
        }
        loop {
            let lacking = self.relay.counted(&store.origin(), self.plant).map(|counted| counted.lacking);
            // Without the base that a run brings nothing can be followed yet: then each that is adopted here
            // is sent.
            let lacking = lacking.unwrap_or_else(|_| adopted.counting.iter().copied().collect());
            let mut sent = false;
            let lacking: BTreeSet<RunName> = lacking
                .into_iter()
                .filter(|run| self.plant != Some(Plant::LinkNotSent) || run.lines() != (0..1))
                .collect();
            for run in
                lacking.iter().filter(|run| !self.relay.runs.contains_key(run)).copied().collect::<Vec<_>>()
            {
                if let Some(mut whole) = store.open_run(&run).map_err(|e| e.to_string())? {
                    let mut file = Vec::new();
                    whole.read_to_end(&mut file).map_err(|e| e.to_string())?;
                    self.relay.runs.insert(run, file);
                    sent = true;
                }
            }
            if !sent {
                return Ok(came);
            }
        }
    }
}

fn leads(entries: &[Entry], past: &PastLog) -> bool {
    let mut tree = Frontier::default();
    entries.iter().take(usize::try_from(past.counts.size).unwrap()).for_each(|entry| tree.push(entry.leaf()));
    tree.root() == past.counts.root
}
