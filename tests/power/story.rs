//! A box's life: what is recorded, what was acknowledged, and what must therefore be on the disk.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use appliance::store::{
    CommandView, DurableEntry, LogWriter, StartReport, StoreError, StoreSizes, SubmitError, WriteJob,
};
use record::entry::{ClockState, Digest16, Entry, EntryAuthor, EntryDraft, IdempotencyRecord};
use record::ids::{BootId, Epoch};
use record::kinds::Event;
use record::redact::PersonalText;
use record::tree::Hash;
use service::clock::{FakeClock, Now};
use service::random::SeededRandom;

use crate::disk::SimDisk;
use crate::rng::Rng;

pub const TAGS: [&str; 2] = ["ABCDEFGH3", "7QK3M9X2W"];

#[derive(Clone, Default)]
pub struct Model {
    pub tried: Vec<Vec<Hash>>,
    pub reported: Vec<Hash>,
    /// Seqs at which a command's entries end: a command is found whole or not at all.
    pub ends: Vec<u64>,
    pub erased: Vec<Hash>,
    pub refused: Vec<String>,
    /// Logs that had ended before this one, with what was acknowledged in each.
    pub ended: Vec<(Epoch, Vec<Hash>)>,
}

pub type Shared = Arc<Mutex<Model>>;

struct ReportedJob {
    model: Shared,
    disk: SimDisk,
    drafts: Vec<EntryDraft>,
    recorded: u64,
}

impl ReportedJob {
    fn is_known(&self, draft: &EntryDraft, view: &CommandView<'_>) -> bool {
        let found = draft.idem.and_then(|idem| view.by_key(&idem.key));
        let looks_at_group = !self.disk.passes_over_open_group();
        found.is_some_and(|(line, _)| {
            line.of.epoch != view.epoch() || line.of.seq < self.recorded || looks_at_group
        })
    }
}

fn with<T>(model: &Shared, f: impl FnOnce(&mut Model) -> T) -> T {
    f(&mut model.lock().unwrap_or_else(PoisonError::into_inner))
}

impl WriteJob for ReportedJob {
    fn decide(&mut self, view: &CommandView<'_>) -> Vec<EntryDraft> {
        let mut drafts = std::mem::take(&mut self.drafts);
        drafts.retain(|draft| !self.is_known(draft, view));
        with(&self.model, |model| {
            for (draft, seq) in drafts.iter().zip(view.size()..) {
                let entry = Entry::compose(seq, view.now().entry_time(), draft.by, draft.idem, &draft.event);
                let place = usize::try_from(seq).unwrap();
                model.tried.resize(model.tried.len().max(place + 1), Vec::new());
                model.tried[place].push(entry.unwrap().leaf());
                if let Event::TextErased(body) = &draft.event {
                    model.erased.push(body.hash);
                }
            }
            model.ends.push(view.size() + drafts.len() as u64);
            self.disk.note(model.reported.len() as u64, model.tried.len() as u64);
        });
        drafts
    }

    fn finish(self: Box<Self>, result: Result<Vec<DurableEntry>, SubmitError>) {
        with(&self.model, |model| match result {
            Ok(recorded) => {
                for one in recorded {
                    let place = usize::try_from(one.seq).unwrap();
                    model.reported.resize(model.reported.len().max(place + 1), Hash::default());
                    model.reported[place] = one.leaf;
                }
                self.disk.note(model.reported.len() as u64, model.tried.len() as u64);
            }
            Err(e) => model.refused.push(e.to_string()),
        });
    }
}

/// Sizes at which everything happens often: rolls, seals, spills, durable commits.
pub fn sizes() -> StoreSizes {
    StoreSizes {
        segment: 48 << 10,
        ahead: 16 << 10,
        ahead_low: 8 << 10,
        ballast: 0,
        durable_entries: 24,
        cache: 256 << 10,
        state_tables: &[],
    }
}

pub struct Life {
    pub core: LogWriter,
    pub report: StartReport,
    disk: SimDisk,
    model: Shared,
    clock: Arc<FakeClock>,
    sent: Vec<EntryDraft>,
}

fn clock(boot: u64) -> Arc<FakeClock> {
    let random = [(boot % 251) as u8; 10];
    let now = Now {
        wall_ms: 1_763_610_000_000,
        boot: BootId::new(1, random),
        up_ms: 1_000,
        state: ClockState::Synced,
    };
    Arc::new(FakeClock::new(now))
}

impl Life {
    pub fn start(disk: &SimDisk, model: &Shared, rng: &mut Rng) -> Result<Self, StoreError> {
        let life = Self::open(disk, model, rng)?;
        life.learn();
        Ok(life)
    }

    pub fn open(disk: &SimDisk, model: &Shared, rng: &mut Rng) -> Result<Self, StoreError> {
        let clock = clock(rng.next());
        disk.starting(true);
        let opened =
            LogWriter::open(Arc::new(disk.clone()), sizes(), clock.clone(), &SeededRandom::new(rng.next()));
        disk.starting(false);
        let (core, report) = opened?;
        // In every second life the database has what was recorded only once somebody reads it.
        if core.size() % 2 == 0 {
            core.follow_late();
        }
        Ok(Self { core, report, disk: disk.clone(), model: model.clone(), clock, sent: Vec::new() })
    }

    /// The log continues with what the start found: unacknowledged entries may be there or not.
    fn learn(&self) {
        let reader = self.core.reader().unwrap();
        with(&self.model, |model| {
            let size = usize::try_from(reader.size()).unwrap();
            for place in model.reported.len()..size {
                let leaf = reader.entry(place as u64).unwrap().unwrap().leaf();
                model.reported.push(leaf);
                if model.tried.len() <= place {
                    model.tried.push(vec![leaf]);
                }
            }
            model.ends.push(reader.size());
            self.disk.note(model.reported.len() as u64, model.tried.len() as u64);
        });
    }

    /// `Err` when the store says that the process must end.
    pub fn step(&mut self, rng: &mut Rng) -> Result<(), String> {
        self.clock.advance(std::time::Duration::from_secs(rng.next() % 2_000));
        match rng.below(12) {
            0 => self.core.make_durable().map_err(|e| e.to_string()),
            1 => self.core.idle().map(drop).map_err(|e| e.to_string()),
            2 => {
                // A failure here is tried again later.
                let _ = self.core.tidy();
                Ok(())
            }
            3 => self.group(40, rng),
            _ => self.group(3, rng),
        }
    }

    pub fn group(&mut self, most: usize, rng: &mut Rng) -> Result<(), String> {
        let mut jobs: VecDeque<Box<dyn WriteJob>> = VecDeque::new();
        for _ in 0..=rng.below(most) {
            let drafts = (0..=rng.below(3)).map(|_| self.draft(rng)).collect::<Result<_, _>>()?;
            jobs.push_back(self.command(drafts));
            // A phone that got no answer sends the same again.
            if rng.chance(4)
                && let Some(again) = self.sent.get(rng.below(self.sent.len().max(1)))
            {
                jobs.push_back(self.command(vec![again.clone()]));
            }
        }
        while !jobs.is_empty() {
            self.core.group(&mut jobs).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    fn command(&self, drafts: Vec<EntryDraft>) -> Box<dyn WriteJob> {
        let (model, disk, recorded) = (self.model.clone(), self.disk.clone(), self.core.size());
        Box::new(ReportedJob { model, disk, drafts, recorded })
    }

    fn draft(&mut self, rng: &mut Rng) -> Result<EntryDraft, String> {
        let tag = TAGS[rng.below(TAGS.len())];
        let epoch = self.core.epoch();
        let mut texts = Vec::new();
        let mut idem = None;
        let mut text = |of: String, rng: &mut Rng| {
            let text =
                PersonalText::new(&of, rng.next().to_be_bytes().repeat(2).try_into().unwrap()).unwrap();
            let hash = text.redactable().hash;
            texts.push(text);
            hash
        };
        let (kind, body) = match rng.below(16) {
            0..2 => ("equipment.added", format!(r#"{{"tag":"{tag}","name":"Pump {}"}}"#, rng.below(9))),
            2 => ("equipment.changed", format!(r#"{{"tag":"{tag}","location":"Bay {}"}}"#, rng.below(99))),
            3 => ("use.recorded", format!(r#"{{"tag":"{tag}"}}"#)),
            4 => {
                let reason = text("mistaken".to_owned(), rng);
                let seq = rng.below(usize::try_from(self.core.size()).unwrap());
                let body =
                    format!(r#"{{"epoch":"{epoch}","seq":{seq},"reason":{{"redactable":"{reason}"}}}}"#);
                ("cleaning.voided", body)
            }
            5 => match self.some_text(rng) {
                Some(hash) => ("text.erased", format!(r#"{{"hash":"{hash}","reason":"asked"}}"#)),
                None => ("use.recorded", format!(r#"{{"tag":"{tag}"}}"#)),
            },
            _ => {
                let name =
                    text(format!("Technician {:016x} {}", rng.next(), "x".repeat(rng.below(280))), rng);
                idem = Some(IdempotencyRecord {
                    key: Digest16::of(&rng.next().to_be_bytes()),
                    req: Digest16([1; 16]),
                });
                let who = format!(r#"{{"proof":"typed","name":{{"redactable":"{name}"}}}}"#);
                ("cleaning.recorded", format!(r#"{{"tag":"{tag}","steps":[1,2],"who":{who}}}"#))
            }
        };
        let draft = EntryDraft { by: EntryAuthor::BOX, idem, event: Event::read(kind, &body), texts };
        self.sent.extend(idem.map(|_| draft.clone()));
        Ok(draft)
    }

    fn some_text(&self, rng: &mut Rng) -> Option<Hash> {
        let reader = self.core.reader().ok()?;
        let seq = rng.below(usize::try_from(reader.size()).ok()?) as u64;
        Some(reader.texts_of(seq).ok()?.first()?.hash())
    }
}
