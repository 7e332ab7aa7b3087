//! What does not fit between box and relay: as alarms, and the notes that the relay signed kept as evidence.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use record::alarm::AlarmCode;
use record::ids::Epoch;

use super::plan::Alarm;
use crate::alarms::AlarmCause;

/// Notes that the relay signed and that are kept.
const NOTES_MAX: usize = 64;

impl Alarm {
    /// As it is kept and shown; `said` are the relay's own words, where it gave some.
    pub(super) fn cause(self, epoch: Epoch, said: &str) -> AlarmCause {
        match self {
            Self::RelayWentBack { had, has } => {
                AlarmCause::new(AlarmCode::RelayWentBack).of(epoch).from(has).to(had)
            }
            Self::BoxForgot { relay, own } => {
                AlarmCause::new(AlarmCode::LogForgot).of(epoch).from(own).to(relay)
            }
            Self::OtherHistory { at } => AlarmCause::new(AlarmCode::RelayOther).of(epoch).to(at),
            Self::Refused { from } => {
                AlarmCause::new(AlarmCode::RelayRefused).of(epoch).from(from).detail(said)
            }
            Self::PhotosRefused { count } => AlarmCause::new(AlarmCode::PhotosRefused).to(count),
        }
    }
}

/// Whether the relay's cosignature over the first `cursor` entries of `epoch` ends it.
pub(super) fn is_over(cause: &AlarmCause, epoch: Epoch, cursor: u64) -> bool {
    let (from, to) = (cause.from.unwrap_or(0), cause.to.unwrap_or(0));
    cause.epoch == Some(epoch)
        && match cause.code {
            AlarmCode::RelayWentBack => cursor >= to,
            AlarmCode::RelayRefused => cursor > from,
            _ => false,
        }
}

/// The data folder's `evidence/`.
#[derive(Debug)]
pub(super) struct EvidenceNotes {
    dir: PathBuf,
}

impl EvidenceNotes {
    pub(super) fn new(data: &Path) -> Self {
        Self { dir: data.join("evidence") }
    }

    /// Keeps what the relay signed over `size` entries; the first note over as many stays.
    pub(super) fn keep(&self, epoch: Epoch, size: u64, note: &str) {
        let name = format!("relay-{epoch}-{size:012}.note");
        if self.dir.join(&name).exists() {
            return;
        }
        let notes = std::fs::read_dir(&self.dir).map_or(0, Iterator::count);
        if notes >= NOTES_MAX {
            tracing::warn!("no more notes of the relay are kept as evidence: there are {notes}");
            return;
        }
        if let Err(error) = put(&self.dir, &name, note.as_bytes()) {
            tracing::error!(%error, name, "a note that the relay signed is not kept as evidence");
        }
    }
}

/// Puts a file in place whole and durable, or not at all.
fn put(dir: &Path, name: &str, bytes: &[u8]) -> std::io::Result<()> {
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
    fn each_ends_with_what_it_tells_of() {
        let over = |alarm: Alarm, epoch: Epoch, cursor| is_over(&alarm.cause(OF, ""), epoch, cursor);
        let refused = Alarm::Refused { from: 4 };
        assert!(!over(refused, OF, 4));
        assert!(over(refused, OF, 5), "the refused batch went through");
        assert!(!over(refused, Epoch { n: 2, ..OF }, 5), "of another log");
        let back = Alarm::RelayWentBack { had: 9, has: 4 };
        assert!(!over(back, OF, 8) && over(back, OF, 9));
        for lasting in [Alarm::BoxForgot { relay: 9, own: 4 }, Alarm::OtherHistory { at: 9 }] {
            assert!(!over(lasting, OF, 100), "only the entries themselves end it");
        }
        assert!(!over(Alarm::PhotosRefused { count: 3 }, OF, 100));
    }
}
