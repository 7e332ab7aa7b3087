//! A text that was erased is in no byte of the card any more. Pages that a database has given up keep their bytes until it needs
//! them again, so of it only its tables count.

use record::redact::TextLine;
use record::tree::Hash;

use crate::disk::{Frozen, SimDisk};
use crate::rng::Rng;
use crate::story::{Life, Shared};

fn message(bytes: Vec<u8>) -> Vec<u8> {
    if bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
        zstd::decode_all(&bytes[..]).unwrap_or(bytes)
    } else {
        bytes
    }
}

fn files(card: &Frozen) -> Vec<String> {
    let mut waiting = vec![String::new()];
    let mut all = Vec::new();
    while let Some(dir) = waiting.pop() {
        all.extend(card.files(&dir));
        waiting.extend(card.folders(&dir));
    }
    all
}

fn texts(life: &Life) -> Vec<TextLine> {
    let reader = life.core.reader().unwrap();
    (0..reader.size()).flat_map(|seq| reader.texts_of(seq).unwrap()).collect()
}

/// A box records, erases and is stopped; how many texts were erased, and the first file that still contains
/// one.
pub fn one(seed: u64) -> (usize, Result<(), String>) {
    let mut rng = Rng::new(seed);
    let (model, disk) = (Shared::default(), SimDisk::new(Frozen::default(), None));
    let mut life = Life::start(&disk, &model, &mut rng).unwrap();
    let mut reported: Vec<TextLine> = Vec::new();
    for _ in 0..40 {
        life.group(4, &mut rng).unwrap();
        reported.extend(texts(&life));
    }
    reported.sort_by_key(TextLine::hash);
    reported.dedup_by_key(|text| text.hash());
    life.core.stop().unwrap();
    life.core.tidy().unwrap();
    drop(life);
    let card = disk.freeze();
    let erased: Vec<Hash> = model.lock().unwrap().erased.clone();
    // Names are unique; reasons repeat.
    let is_name = |text: &&TextLine| text.text().starts_with("Technician");
    let gone: Vec<&TextLine> =
        reported.iter().filter(|text| erased.contains(&text.hash())).filter(is_name).collect();
    for path in files(&card).into_iter().filter(|path| !path.ends_with(".redb")) {
        let bytes = message(card.bytes(&path));
        let finds = |needle: &str| bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
        if let Some(text) = gone.iter().find(|text| finds(text.text())) {
            return (gone.len(), Err(format!("{path} still says a text of entry {}", text.seq())));
        }
    }
    (gone.len(), Ok(()))
}
