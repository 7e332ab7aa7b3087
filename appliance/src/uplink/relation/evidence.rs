//! The notes that the relay signed, kept as evidence of what does not fit between box and relay.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use record::ids::Epoch;

const NOTES_MAX: usize = 64;
const BEGIN: &str = "relay-";
const END: &str = ".note";

/// The data folder's `evidence/`.
#[derive(Debug)]
pub(in crate::uplink) struct EvidenceNotes {
    dir: PathBuf,
}

impl EvidenceNotes {
    pub(in crate::uplink) fn new(data: &Path) -> Self {
        Self { dir: data.join("evidence") }
    }

    /// Stores what the relay signed over `size` entries; the first note over as many stays.
    pub(in crate::uplink) fn keep(&self, epoch: Epoch, size: u64, note: &str) {
        let name = format!("{BEGIN}{epoch}-{size:012}{END}");
        if self.dir.join(&name).exists() {
            return;
        }
        let notes = self.count_notes();
        if notes >= NOTES_MAX {
            tracing::warn!("no more notes of the relay are kept as evidence: there are {notes}");
            return;
        }
        if let Err(error) = save_evidence(&self.dir, &name, note.as_bytes()) {
            tracing::error!(%error, name, "a note that the relay signed is not kept as evidence");
        }
    }

    /// The store has other files beside them, one for each log that has ended.
    fn count_notes(&self) -> usize {
        let Ok(all) = std::fs::read_dir(&self.dir) else { return 0 };
        let names = all.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        names.filter(|name| name.starts_with(BEGIN) && name.ends_with(END)).count()
    }
}

/// Puts a file in place whole and durable, or not at all.
fn save_evidence(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let new = dir.join(format!("{name}.new"));
    let mut options = std::fs::OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, dir.join(name))?;
    std::fs::File::open(dir)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF: Epoch = Epoch { n: 1, key: [1; 4] };

    #[test]
    fn a_note_is_kept_once() {
        let data = tempfile::tempdir().unwrap();
        let notes = EvidenceNotes::new(data.path());
        notes.keep(OF, 9, "what it signed");
        notes.keep(OF, 9, "what it signed later");
        let note = data.path().join("evidence/relay-1-01010101-000000000009.note");
        assert_eq!(std::fs::read_to_string(note).unwrap(), "what it signed");
    }

    #[test]
    fn there_are_never_more_than_a_few_whatever_lies_beside_them() {
        let data = tempfile::tempdir().unwrap();
        let notes = EvidenceNotes::new(data.path());
        let dir = data.path().join("evidence");
        std::fs::create_dir(&dir).unwrap();
        for n in 0..=NOTES_MAX {
            std::fs::write(dir.join(format!("signed-{n}-01010101.note")), "of an ended log").unwrap();
        }
        for size in 0..=NOTES_MAX as u64 {
            notes.keep(OF, size, "what it signed");
        }
        assert_eq!(notes.count_notes(), NOTES_MAX);
    }
}
