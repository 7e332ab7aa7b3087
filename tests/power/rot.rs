//! Damage at rest: a bit, a sector or a page changes while the box is off. The other copy is whole: it is
//! healed from there, never believed.

use record::ids::Epoch;

use crate::disk::{Frozen, SimDisk};
use crate::rng::Rng;
use crate::story::{Life, Model, Shared};

#[derive(Debug, PartialEq, Eq, Clone, Copy)]
pub enum Outcome {
    Whole,
    Reported,
}

/// A box whose history has several segments, sealed ones among them, stopped cleanly.
pub fn box_at_rest(seed: u64) -> (Frozen, Model) {
    let mut rng = Rng::new(seed);
    let model = Shared::default();
    let disk = SimDisk::new(Frozen::default(), None);
    let mut life = Life::start(&disk, &model, &mut rng).unwrap();
    for _ in 0..30 {
        life.step(&mut rng).unwrap();
    }
    life.core.stop().unwrap();
    life.core.tidy().unwrap();
    drop(life);
    let model = model.lock().unwrap().clone();
    (disk.freeze(), model)
}

pub fn damage(rest: &Frozen, model: &Model, database: bool, rng: &mut Rng) -> Result<(), String> {
    let mut rest = rest.clone();
    let files = if database {
        vec!["cleantrack.redb".to_owned()]
    } else {
        rest.folders("log").iter().flat_map(|dir| rest.files(dir)).collect()
    };
    let path = &files[rng.below(files.len())];
    let bytes = rest.bytes(path);
    let used = bytes.iter().rposition(|&b| b != 0).map_or(1, |last| last + 1);
    let at = rng.below(used);
    let what = match rng.below(5) {
        0 if !database => {
            rest.lose(path);
            "lost"
        }
        1 => {
            rest.damage(path, at / 512 * 512, &[0; 512]);
            "a sector of zeros"
        }
        3 => {
            rest.lose_page(path, at);
            "a page that cannot be read"
        }
        2 => {
            let noise: Vec<u8> = (0..4096).map(|_| rng.next() as u8).collect();
            rest.damage(path, at / 4096 * 4096, &noise);
            "a page of noise"
        }
        _ => {
            rest.damage(path, at, &[bytes[at] ^ (1 << rng.below(8))]);
            "a bit"
        }
    };
    // Noise and single bits leave something where the end of the log was.
    let may_end = matches!(what, "lost" | "a sector of zeros" | "a page that cannot be read");
    start(&rest, model, may_end, rng).map_err(|why| format!("{path}, {what} at {at}: {why}"))
}

fn start(rest: &Frozen, model: &Model, may_end: bool, rng: &mut Rng) -> Result<(), String> {
    let shared = Shared::default();
    let disk = SimDisk::new(rest.clone(), None);
    // redb may panic over a damaged page: the process ends, and a later start works without the file.
    let mut life = None;
    for _ in 0..4 {
        let tried =
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| Life::open(&disk, &shared, rng)));
        if let Ok(started) = tried {
            life = Some(started.map_err(|e| e.to_string())?);
            break;
        }
    }
    let mut life = life.ok_or("the box never starts again")?;
    let folders = rest.folders("log");
    let name = folders.first().and_then(|dir| dir.rsplit('/').next()).ok_or("no log")?;
    let epoch: Epoch = name.parse().map_err(|e| format!("{name}: {e}"))?;
    let reader_of = |life: &Life| {
        let reader = life.core.reader().and_then(|reader| reader.of_epoch(epoch));
        reader.map_err(|e| e.to_string())
    };
    let reader = reader_of(&life)?;
    let is_damaged = (0..reader.size()).any(|seq| reader.entry(seq).is_err());
    drop(reader);
    if is_damaged {
        // Found by reading, and reported: the next start rebuilds the database.
        life.core.idle().map_err(|e| e.to_string())?;
        drop(life);
        life = Life::open(&disk, &shared, rng).map_err(|e| e.to_string())?;
    }
    let reader = reader_of(&life)?;
    // Where its end is gone there may have been more of the log, and its key signs no more; all that was
    // acknowledged still counts.
    if life.report.new_epoch.is_some() && !may_end {
        return Err(format!("a new epoch was begun beside a whole copy: {:?}", life.report));
    }
    for (seq, leaf) in (0..reader.size()).zip(&model.reported) {
        match reader.entry(seq) {
            Ok(Some(entry)) if entry.leaf() == *leaf => {}
            Ok(Some(entry)) => return Err(format!("entry {seq} was changed: {}", entry.as_str())),
            Ok(None) => return Err(format!("entry {seq} is missing")),
            Err(e) => return Err(format!("entry {seq}: {e}")),
        }
    }
    if reader.size() < model.reported.len() as u64 {
        return Err(format!("{} of {} entries, and nothing was told", reader.size(), model.reported.len()));
    }
    Ok(())
}
