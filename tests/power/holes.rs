//! A hole in the journal and no database: what is before it and after it counts, and nothing else is missing.

use std::ops::Range;

use crate::disk::{Frozen, SimDisk};
use crate::rng::Rng;
use crate::story::{Life, Model, Shared};

const PAGE: usize = 4096;

struct FileGroup {
    seqs: Range<u64>,
    bytes: Range<usize>,
}

fn groups(bytes: &[u8]) -> Vec<FileGroup> {
    let (mut found, mut at, mut from) = (Vec::new(), 0, PAGE);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let text = std::str::from_utf8(line).unwrap_or_default();
        // Zeros fill the rest of a page, before the next group.
        if let Some(trailer) = text.trim_start_matches('\0').strip_prefix("#g ") {
            let mut numbers = trailer.split(' ').map_while(|number| number.parse().ok());
            let end = (at + line.len()).next_multiple_of(PAGE);
            if let (Some(first), Some(next)) = (numbers.next(), numbers.next()) {
                found.push(FileGroup { seqs: first..next, bytes: from..end });
            }
            from = end;
        }
        at += line.len();
    }
    found
}

fn at_rest(rng: &mut Rng) -> (Frozen, Model) {
    let (model, disk) = (Shared::default(), SimDisk::new(Frozen::default(), None));
    let mut life = Life::start(&disk, &model, rng).unwrap();
    for _ in 0..24 {
        life.group(3, rng).unwrap();
    }
    life.core.stop().unwrap();
    drop(life);
    let model = model.lock().unwrap().clone();
    (disk.freeze(), model)
}

/// Makes a hole of one group, and looks for all the others. With the planted bug a reader of the journal
/// stops at the hole.
pub fn one(seed: u64, stops: bool) -> Result<(), String> {
    let mut rng = Rng::new(seed);
    let (mut disk, model) = at_rest(&mut rng);
    disk.lose("cleantrack.redb");
    let dir = disk.folders("log").pop().ok_or("no log")?;
    let files = disk.files(&dir);
    let nth = rng.below(files.len());
    let all = groups(&disk.bytes(&files[nth]));
    // Not the first group, which says whose log it is; and after a hole at the very end there is nothing.
    let within: Vec<&FileGroup> = all.iter().filter(|g| !g.seqs.is_empty() && g.seqs.start > 0).collect();
    let Some(hole) = within.get(rng.below(within.len().max(1))) else { return Ok(()) };
    if nth + 1 == files.len() && hole.seqs.end == model.reported.len() as u64 {
        return Ok(());
    }
    let noise: Vec<u8> = (0..PAGE).map(|_| rng.next() as u8).collect();
    let pages = hole.bytes.len() / PAGE;
    disk.damage(&files[nth], hole.bytes.start + rng.below(pages) * PAGE, &noise);
    if stops {
        let behind = disk.bytes(&files[nth]).len().saturating_sub(hole.bytes.end);
        disk.damage(&files[nth], hole.bytes.end, &vec![0; behind]);
        files[nth + 1..].iter().for_each(|file| disk.lose(file));
    }
    let sim = SimDisk::new(disk, None);
    let life = Life::open(&sim, &Shared::default(), &mut rng).map_err(|e| e.to_string())?;
    let reader = life.core.reader().map_err(|e| e.to_string())?;
    for (seq, leaf) in (0..).zip(&model.reported) {
        let counts = reader.lines_of(1, seq).map_err(|e| format!("entry {seq}: {e}"))?;
        let is_there = counts.iter().any(|(_, entry)| entry.leaf() == *leaf);
        if is_there == hole.seqs.contains(&seq) {
            let (hole, there) = (&hole.seqs, if is_there { "there" } else { "not there" });
            return Err(format!("entry {seq} is {there}, and the hole is {hole:?}: {:?}", life.report));
        }
    }
    let from = format!("entries from {} on", hole.seqs.start);
    let reported = life.report.new_epoch.as_ref().is_some_and(|why| why.contains(&from));
    if reported { Ok(()) } else { Err(format!("{:?} is missing, not told: {:?}", hole.seqs, life.report)) }
}
