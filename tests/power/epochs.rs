//! A box in its third epoch at rest: damage to any copy of any epoch, starts that are cut, then a whole start. What one
//! undamaged copy holds is all there, and every loss is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};

use record::ids::Epoch;
use record::tree::Hash;

use crate::disk::{Frozen, SimDisk};
use crate::lives::cut_mode;
use crate::rng::Rng;
use crate::rot::Outcome;
use crate::story::{Life, Shared};

pub struct Rest {
    disk: Frozen,
    reported: Vec<(Epoch, Vec<Hash>)>,
}

/// A bug that this suite must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plant {
    /// A database that was set aside is thrown away before it is read.
    SalvageThrownAway,
}

pub fn three(seed: u64) -> Rest {
    at_rest(3, &mut Rng::new(seed))
}

/// A card that ends two epochs, the second without its key: the next start begins the third.
pub fn before_third(rng: &mut Rng) -> (Frozen, Vec<(Epoch, Vec<Hash>)>) {
    let Rest { mut disk, reported } = at_rest(2, rng);
    disk.lose("keys/log-2.key");
    (disk, reported)
}

fn at_rest(epochs: u32, rng: &mut Rng) -> Rest {
    let mut disk = Frozen::default();
    let mut reported = Vec::new();
    for n in 1..=epochs {
        let model = Shared::default();
        let sim = SimDisk::new(disk, None);
        let mut life = Life::start(&sim, &model, rng).unwrap();
        for _ in 0..14 {
            life.step(rng).unwrap();
        }
        life.core.stop().unwrap();
        life.core.tidy().unwrap();
        let epoch = life.core.reader().unwrap().epoch();
        assert_eq!(epoch.n, n);
        reported.push((epoch, model.lock().unwrap().reported.clone()));
        drop(life);
        disk = sim.freeze();
        if n < epochs {
            disk.lose(&format!("keys/log-{n}.key"));
        }
    }
    Rest { disk, reported }
}

#[derive(Default, Clone, Copy)]
struct Touched {
    journal: bool,
    database: bool,
    newest_file: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Copies {
    Any,
    Journal,
}

fn damage(disk: &mut Frozen, of: Copies, rng: &mut Rng, touched: &mut Touched) -> String {
    let dirs = disk.folders("log");
    let database = of == Copies::Any && rng.chance(3);
    let dir = &dirs[rng.below(dirs.len())];
    let files = if database { vec!["cleantrack.redb".to_owned()] } else { disk.files(dir) };
    let Some(path) = files.get(rng.below(files.len().max(1))).cloned() else { return "nothing".to_owned() };
    let bytes = disk.bytes(&path);
    if bytes.is_empty() {
        return "nothing".to_owned();
    }
    touched.journal |= !database;
    touched.database |= database;
    let used = bytes.iter().rposition(|&b| b != 0).map_or(1, |last| last + 1);
    let at = rng.below(used);
    match rng.below(8) {
        0 => {
            touched.newest_file |= !database && disk.files(&dirs[dirs.len() - 1]).last() == Some(&path);
            disk.lose(&path);
            format!("{path} lost")
        }
        1 if !database => {
            touched.newest_file |= dirs.last() == Some(dir);
            files.iter().for_each(|file| disk.lose(file));
            format!("{dir} lost")
        }
        6 | 7 => {
            disk.lose_page(&path, at);
            format!("{path}, a page at {at} that cannot be read")
        }
        2 => {
            disk.damage(&path, at / 512 * 512, &[0; 512]);
            format!("{path}, a sector of zeros at {at}")
        }
        3 | 4 => {
            let noise: Vec<u8> = (0..4096).map(|_| rng.next() as u8).collect();
            disk.damage(&path, at / 4096 * 4096, &noise);
            format!("{path}, a page of noise at {at}")
        }
        _ => {
            disk.damage(&path, at, &[bytes[at] ^ (1 << rng.below(8))]);
            format!("{path}, a bit at {at}")
        }
    }
}

fn cut_start(disk: Frozen, rng: &mut Rng) -> Frozen {
    let sim = SimDisk::new(disk.clone(), None);
    sim.watch_one(rng.split());
    let model = Shared::default();
    // Whatever the result, or a panic of redb: this start does not get through.
    let _ = catch_unwind(AssertUnwindSafe(|| drop(Life::open(&sim, &model, rng))));
    match sim.moments().first() {
        Some(moment) => moment.disk.crashed(cut_mode(rng), rng),
        None => disk,
    }
}

fn throw_away(disk: &mut Frozen, plant: Option<Plant>) {
    if plant == Some(Plant::SalvageThrownAway) {
        disk.files("salvage").iter().for_each(|file| disk.lose(file));
    }
}

/// Damages the card, cuts starts, starts it, and looks for everything that was acknowledged.
pub fn image(rest: &Rest, plant: Option<Plant>, rng: &mut Rng) -> Result<Outcome, String> {
    let mut disk = rest.disk.clone();
    let mut touched = Touched::default();
    let mut how = Vec::new();
    // A copy that was set aside is missed only where the journal lacks something after a boot loop: that is
    // where planted bugs are looked for.
    let (of, damages, starts) = match plant {
        Some(Plant::SalvageThrownAway) => (Copies::Journal, 1 + rng.below(2), 4 + rng.below(4)),
        None => (Copies::Any, rng.below(3), rng.below(4)),
    };
    for _ in 0..damages {
        how.push(damage(&mut disk, of, rng, &mut touched));
    }
    for _ in 0..starts {
        disk = cut_start(disk, rng);
        throw_away(&mut disk, plant);
        how.push("a start that was cut".to_owned());
    }
    let outcome = match catch_unwind(AssertUnwindSafe(|| started(disk, (rest, &touched), rng))) {
        Ok(outcome) => outcome.map_err(|why| format!("{how:?}: {why}"))?,
        // redb panics over a page that no start reads: nobody was answered, and the journal is whole.
        Err(_) if touched.database => return Ok(Outcome::Reported),
        Err(_) => return Err(format!("{how:?}: it panicked")),
    };
    if outcome == Outcome::Reported && !(touched.journal && touched.database) {
        return Err(format!("{how:?}: one copy was whole, and something is missing"));
    }
    Ok(outcome)
}

fn damaged_blocks(life: &Life, rest: &Rest) -> bool {
    rest.reported.iter().any(|(epoch, reported): &(Epoch, Vec<Hash>)| {
        let reader = life.core.reader_of(*epoch);
        let mut seqs = (0u64..).zip(reported).map(|(seq, _)| seq);
        reader.is_ok_and(|reader| seqs.any(|seq| reader.entry(seq).is_err()))
    })
}

fn started(disk: Frozen, (rest, touched): (&Rest, &Touched), rng: &mut Rng) -> Result<Outcome, String> {
    let model = Shared::default();
    let sim = SimDisk::new(disk, None);
    // redb may panic over a damaged page: the process ends, and a later start works without the file.
    let mut life = None;
    for _ in 0..4 {
        let tried = catch_unwind(AssertUnwindSafe(|| Life::open(&sim, &model, rng)));
        if let Ok(started) = tried {
            life = Some(started.map_err(|e| e.to_string())?);
            break;
        }
    }
    let mut life = life.ok_or("the box never starts again")?;
    if damaged_blocks(&life, rest) {
        // Found by reading, and reported: the next start rebuilds the database.
        life.core.idle().map_err(|e| e.to_string())?;
        drop(life);
        life = Life::open(&sim, &model, rng).map_err(|e| e.to_string())?;
    }
    let report = &life.report;
    let began = life.core.reader().map_err(|e| e.to_string())?.epoch().n > 3;
    // Damage in the very last group looks like a group that was torn while being written, and a missing
    // newest file like one that was never begun, unless the database knows better.
    let tail = touched.database && (touched.newest_file || (touched.journal && report.cut_files > 0));
    let is_reported = began || !report.missing.is_empty() || !report.unread_copies.is_empty() || tail;
    for (epoch, reported) in &rest.reported {
        let reader = match life.core.reader() {
            Ok(reader) => reader,
            Err(_) if is_reported => return Ok(Outcome::Reported),
            Err(e) => return Err(format!("epoch {epoch}: {e}: {:?}", life.report)),
        };
        for (seq, leaf) in (0u64..).zip(reported) {
            match reader.lines_of(epoch.n, seq) {
                Ok(lines) if lines.iter().any(|(_, entry)| entry.leaf() == *leaf) => {}
                Ok(_) | Err(_) if is_reported => return Ok(Outcome::Reported),
                Ok(lines) if lines.is_empty() => {
                    return Err(format!("entry {seq} of epoch {epoch} is missing: {:?}", life.report));
                }
                Ok(_) => return Err(format!("entry {seq} of epoch {epoch} was changed: {:?}", life.report)),
                Err(e) => return Err(format!("entry {seq} of epoch {epoch}: {e}: {:?}", life.report)),
            }
        }
    }
    Ok(Outcome::Whole)
}
