//! What does not fit between box and relay: kept over a restart, said in words, gone when it is over.

use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use record::ids::Epoch;
use serde::{Deserialize, Serialize};

use super::plan::Alarm;

/// Alarms that are kept; an older one of another kind gives way.
const RAISED_MAX: usize = 8;
/// Notes that the relay signed and that are kept as evidence.
const NOTES_MAX: usize = 64;
/// Bytes of the list: a few alarms with a sentence each.
const LIST_BYTES_MAX: u64 = 64 * 1024;
const LIST: &str = "alarms.json";

/// An alarm with what belongs to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raised {
    /// Of which log.
    pub epoch: Epoch,
    /// When it was seen first, milliseconds since 1970 as the box believed.
    pub at_ms: i64,
    /// What.
    pub alarm: Alarm,
    /// The relay's own words, where it gave some.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub said: String,
}

impl Raised {
    /// What happened, what is safe, what to do next.
    pub fn words(&self) -> String {
        match &self.alarm {
            Alarm::RelayWentBack { had, has } => format!(
                "The relay has lost entries: it had {had} and holds {has}. Nothing is lost here; this box sends them \
                 again by itself. Tell whoever runs the relay."
            ),
            Alarm::BoxForgot { relay, own } => format!(
                "This box’s card has forgotten entries: the relay holds {relay}, this box had {own}. Recording goes on \
                 in a new epoch, and the missing entries come back from the relay by themselves. Have the card replaced."
            ),
            Alarm::OtherHistory { at } => format!(
                "The relay holds another history of this box’s log from before entry {at}. Everything that was recorded \
                 here is kept, and recording goes on in a new epoch. Find out whether a copy of this box’s card is in use."
            ),
            Alarm::Refused { from } => format!(
                "The relay does not take entries from number {from} on{}. Everything stays recorded here and is sent \
                 again every ten minutes. Ask whoever runs the relay.",
                if self.said.is_empty() { String::new() } else { format!(" (it says: {})", self.said) }
            ),
            Alarm::KeyGone { from, to } => format!(
                "Entries {from} to {to} of log {} cannot be sent: its signing key is not on this card. They stay recorded \
                 here. Export the log, and tell whoever runs the relay.",
                self.epoch
            ),
        }
    }

    /// Whether it is over once the log that could not go on is whole again.
    pub(super) fn ends_with_refill(&self) -> bool {
        matches!(self.alarm, Alarm::BoxForgot { .. } | Alarm::OtherHistory { .. })
    }

    /// Whether the relay's cosignature over the first `cursor` entries of `epoch` ends it.
    pub(super) fn is_over(&self, epoch: Epoch, cursor: u64) -> bool {
        self.epoch == epoch
            && match self.alarm {
                Alarm::RelayWentBack { had, .. } => cursor >= had,
                Alarm::Refused { from } => cursor > from,
                Alarm::KeyGone { to, .. } => cursor >= to,
                Alarm::BoxForgot { .. } | Alarm::OtherHistory { .. } => false,
            }
    }
}

/// The data folder's `evidence/`: the alarms that stand, and the notes behind them.
#[derive(Debug)]
pub(super) struct Alarms {
    dir: PathBuf,
    raised: Vec<Raised>,
}

impl Alarms {
    /// Reads what stood when the box ended. A list that cannot be read is begun anew: what is true is found out again.
    pub(super) fn open(data: &Path) -> Self {
        let dir = data.join("evidence");
        let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&dir);
        if let Err(error) = made {
            tracing::warn!(%error, "alarms are not kept over a restart");
        }
        let list = dir.join(LIST);
        let fits = std::fs::metadata(&list).is_ok_and(|m| m.len() <= LIST_BYTES_MAX);
        let read = fits.then(|| std::fs::read(&list).ok()).flatten();
        let raised = read.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
        Self { dir, raised }
    }

    /// Those that stand, the newest last.
    pub(super) fn raised(&self) -> &[Raised] {
        &self.raised
    }

    /// Raises one; the same one of the same log keeps its first time. `note` is what the relay signed.
    pub(super) fn raise(&mut self, new: Raised, note: Option<(&str, u64)>) {
        if let Some((note, size)) = note {
            self.keep_note(new.epoch, size, note);
        }
        let same = |r: &Raised| {
            r.epoch == new.epoch && std::mem::discriminant(&r.alarm) == std::mem::discriminant(&new.alarm)
        };
        let at_ms = self.raised.iter().find(|r| same(r)).map_or(new.at_ms, |r| r.at_ms);
        self.raised.retain(|r| !same(r));
        self.raised.push(Raised { at_ms, ..new });
        if self.raised.len() > RAISED_MAX {
            self.raised.remove(0);
        }
        self.keep();
    }

    /// Takes away those that are over; whether there were any.
    pub(super) fn clear(&mut self, over: impl Fn(&Raised) -> bool) -> bool {
        let before = self.raised.len();
        self.raised.retain(|r| !over(r));
        let changed = self.raised.len() != before;
        if changed {
            self.keep();
        }
        changed
    }

    fn keep(&self) {
        // Ids, numbers and words: JSON takes them all.
        let bytes = serde_json::to_vec(&self.raised).unwrap_or_default();
        if let Err(error) = put(&self.dir, LIST, &bytes) {
            tracing::warn!(%error, "an alarm is not kept over a restart");
        }
    }

    fn keep_note(&self, epoch: Epoch, size: u64, note: &str) {
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

    fn raised(n: u32, alarm: Alarm) -> Raised {
        Raised { epoch: Epoch { n, key: [1; 4] }, at_ms: 5, alarm, said: String::new() }
    }

    #[test]
    fn they_outlive_a_restart_with_their_evidence_and_end_when_they_are_over() {
        let data = tempfile::tempdir().unwrap();
        let mut alarms = Alarms::open(data.path());
        let back = raised(1, Alarm::RelayWentBack { had: 9, has: 4 });
        alarms.raise(back.clone(), Some(("what it signed", 9)));
        alarms.raise(Raised { at_ms: 77, ..raised(1, Alarm::Refused { from: 4 }) }, None);
        alarms.raise(Raised { at_ms: 99, ..back.clone() }, None);
        let mut again = Alarms::open(data.path());
        assert_eq!(again.raised().len(), 2);
        assert_eq!(again.raised()[1], back, "it was first seen then");
        let note = data.path().join("evidence/relay-1-01010101-000000000009.note");
        assert_eq!(std::fs::read_to_string(note).unwrap(), "what it signed");
        let of = again.raised()[0].epoch;
        assert!(!again.clear(|r| r.is_over(of, 4)));
        assert!(again.clear(|r| r.is_over(of, 5)), "the refused batch went through");
        assert!(again.clear(|r| r.is_over(of, 9)));
        assert!(Alarms::open(data.path()).raised().is_empty());
    }

    #[test]
    fn a_spoilt_list_is_begun_anew() {
        let data = tempfile::tempdir().unwrap();
        Alarms::open(data.path()).raise(raised(1, Alarm::Refused { from: 4 }), None);
        std::fs::write(data.path().join("evidence").join(LIST), b"[{").unwrap();
        assert!(Alarms::open(data.path()).raised().is_empty());
    }

    #[test]
    fn words_say_what_is_safe_and_what_to_do() {
        let all = [
            Alarm::RelayWentBack { had: 9, has: 4 },
            Alarm::BoxForgot { relay: 9, own: 4 },
            Alarm::OtherHistory { at: 9 },
            Alarm::Refused { from: 4 },
            Alarm::KeyGone { from: 4, to: 9 },
        ];
        for alarm in all {
            let words = raised(1, alarm).words();
            assert!(words.contains("here") || words.contains("come back"), "what is safe: {words}");
            assert!(["Tell", "Have", "Find", "Ask", "tell"].iter().any(|w| words.contains(w)), "{words}");
        }
    }
}
