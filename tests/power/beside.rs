//! Phones record while closed segments are compressed, erased texts leave them and the integrity check reads
//! everything, each on a thread of its own as in the running box; the power fails at any operation of any of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use appliance::store::{Store, WriteDecision};
use record::entry::{EntryAuthor, EntryDraft};
use record::kinds::Event;
use record::redact::PersonalText;
use record::tree::Hash;
use service::clock::FakeClock;
use service::random::SeededRandom;

use crate::check::check;
use crate::disk::{Frozen, MODES, Mode, SimDisk};
use crate::lives::now;
use crate::rng::Rng;
use crate::story::{Life, Model, Shared, TAGS, sizes};

fn cleaning(rng: &mut Rng) -> (EntryDraft, Hash) {
    let name = format!("Technician {}", "x".repeat(rng.below(900)));
    let text = PersonalText::new(&name, rng.next().to_be_bytes().repeat(2).try_into().unwrap()).unwrap();
    let hash = text.redactable().hash;
    let who = format!(r#"{{"proof":"typed","name":{{"redactable":"{hash}"}}}}"#);
    let body = format!(r#"{{"tag":"{}","steps":[1,2],"who":{who}}}"#, TAGS[0]);
    let event = Event::read("cleaning.recorded", &body);
    (EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts: vec![text] }, hash)
}

fn other(kind: &str, body: &str) -> EntryDraft {
    EntryDraft { by: EntryAuthor::BOX, idem: None, event: Event::read(kind, body), texts: Vec::new() }
}

fn record(store: &Store, sim: &SimDisk, count: usize, rng: &mut Rng) -> Result<Model, String> {
    let tokio =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|e| e.to_string())?;
    let mut model = Model::default();
    let reader = store.reader().map_err(|e| e.to_string())?;
    for seq in 0..reader.size() {
        let first = reader.entry(seq).map_err(|e| e.to_string())?.ok_or("no first entry")?;
        model.reported.push(first.leaf());
    }
    drop(reader);
    let mut texts = Vec::new();
    for i in 0..count {
        let draft = match i % 8 {
            _ if i == 0 => other("equipment.added", &format!(r#"{{"tag":"{}","name":"Pump"}}"#, TAGS[0])),
            7 => {
                let hash: Hash = texts.remove(rng.below(texts.len() / 2 + 1));
                model.erased.push(hash);
                other("text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#))
            }
            _ => {
                let (draft, hash) = cleaning(rng);
                texts.push(hash);
                draft
            }
        };
        let reported = model.reported.len() as u64;
        sim.note(reported, reported + 1);
        let done =
            tokio.block_on(store.submit(move |_| WriteDecision::Append { drafts: vec![draft], answer: () }));
        model.reported.extend(done.map_err(|e| e.to_string())?.recorded.iter().map(|one| one.leaf));
        sim.note(model.reported.len() as u64, model.reported.len() as u64);
    }
    model.tried = model.reported.iter().map(|leaf| vec![*leaf]).collect();
    model.ends = (0..=model.reported.len() as u64).collect();
    Ok(model)
}

fn look_through(store: &Store, over: &AtomicBool) -> Result<u64, String> {
    let mut rounds = 0;
    while !over.load(Ordering::Acquire) || rounds == 0 {
        let mut place = Some((0, 0));
        while let Some(at) = place {
            place = store.scrub_segment(at).map_err(|e| e.to_string())?.next;
        }
        store.scrub_runs().map_err(|e| e.to_string())?;
        rounds += 1;
    }
    Ok(rounds)
}

pub fn one(seed: u64) -> (u64, Vec<String>) {
    match lived(seed) {
        Ok(tried) => tried,
        Err(why) => (0, vec![format!("seed {seed}, without a cut: {why}")]),
    }
}

fn lived(seed: u64) -> Result<(u64, Vec<String>), String> {
    let mut rng = Rng::new(seed);
    let sim = SimDisk::new(Frozen::default(), None);
    let clock = Arc::new(FakeClock::new(now(9)));
    let opened = Store::open_on(Arc::new(sim.clone()), sizes(), clock, &SeededRandom::new(rng.next()));
    let (store, _) = opened.map_err(|e| e.to_string())?;
    sim.note(1, 1);
    sim.watch(12, rng.split());
    let over = AtomicBool::new(false);
    let (model, looked) = std::thread::scope(|scope| {
        let looks = scope.spawn(|| look_through(&store, &over));
        let model = record(&store, &sim, 120, &mut rng);
        over.store(true, Ordering::Release);
        (model, looks.join().unwrap_or_else(|_| Err("the integrity check panicked".to_owned())))
    });
    let (model, _) = (model?, looked?);
    let moments = sim.moments();
    let tokio =
        tokio::runtime::Builder::new_current_thread().enable_time().build().map_err(|e| e.to_string())?;
    tokio.block_on(store.stop()).map_err(|e| e.to_string())?;
    let mut failures = Vec::new();
    for (at, moment) in moments.iter().enumerate() {
        let mode = MODES[rng.below(MODES.len())];
        let disk = SimDisk::new(moment.disk.crashed(mode, &mut rng), None);
        let noise = matches!(mode, Mode::Garbage | Mode::Mixed);
        let shared = Shared::default();
        let recovered = Life::open(&disk, &shared, &mut rng)
            .map_err(|e| e.to_string())
            .and_then(|life| check(&life, &model, moment.reported, moment.tried, noise));
        if let Err(why) = recovered {
            failures.push(format!("seed {seed}, moment {at}, {mode:?}: {why}"));
        }
    }
    Ok((moments.len() as u64, failures))
}
