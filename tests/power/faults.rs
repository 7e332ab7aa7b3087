//! Calls that fail, and disks that are full: whatever was acknowledged survives, and what was refused was not recorded.

use std::io::ErrorKind;
use std::sync::{Arc, Mutex};

use crate::check::check;
use crate::disk::{Fault, Frozen, Mode, SimDisk};
use crate::rng::Rng;
use crate::story::{Life, Model, Shared};

#[derive(Default, Debug)]
pub struct Seen {
    pub ended: bool,
    pub refused: bool,
}

/// One call fails in a running box; the process ends if it must; another continues from the page cache; the
/// power goes.
pub fn one(seed: u64, fault: Fault) -> Result<Seen, String> {
    let mut rng = Rng::new(seed);
    let model = Shared::default();
    let disk = SimDisk::new(Frozen::default(), None);
    let mut seen = Seen::default();
    let mut life = Life::start(&disk, &model, &mut rng).map_err(|e| e.to_string())?;
    life.group(3, &mut rng)?;
    disk.fail(fault);
    for _ in 0..12 {
        if life.step(&mut rng).is_err() {
            seen.ended = true;
            break;
        }
    }
    seen.ended = seen.ended || life.core.stop().is_err();
    drop(life);
    seen.refused = !known(&model).refused.is_empty();
    // A restart without a reboot: the cache may hold what the disk does not.
    let disk = SimDisk::new(disk.freeze(), None);
    let grown = known(&model);
    let (reported, tried) = (grown.reported.len() as u64, grown.tried.len() as u64);
    let mut life = Life::start(&disk, &model, &mut rng).map_err(|e| format!("no start after it: {e}"))?;
    check(&life, &grown, reported, tried, false).map_err(|e| format!("after the restart: {e}"))?;
    life.group(3, &mut rng)?;
    drop(life);
    let grown = known(&model);
    let (reported, tried) = (grown.reported.len() as u64, grown.tried.len() as u64);
    let disk = SimDisk::new(disk.freeze().crashed(Mode::Nothing, &mut rng), None);
    let model = Arc::new(Mutex::new(grown.clone()));
    let life = Life::start(&disk, &model, &mut rng).map_err(|e| format!("no start after the cut: {e}"))?;
    check(&life, &grown, reported, tried, false).map_err(|e| format!("after the power cut: {e}"))?;
    Ok(seen)
}

fn known(model: &Shared) -> Model {
    model.lock().unwrap().clone()
}

pub fn all() -> Vec<Fault> {
    let mut all = Vec::new();
    for for_ever in [false, true] {
        for nth in (0..24).chain((24..400).step_by(11)) {
            all.push(Fault { flush: true, nth, for_ever, kind: ErrorKind::Other });
            all.push(Fault { flush: false, nth, for_ever, kind: ErrorKind::Other });
            all.push(Fault { flush: false, nth, for_ever, kind: ErrorKind::StorageFull });
        }
    }
    all
}
