//! Names of the files of a box in a folder for backups, and the small labels beside them.

use std::io::{self, Read as _};

use record::ids::BoxId;
use record::tree::Hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::contents::{BackupLabel, PartLabel, PartRef};
use super::medium::BackupMedium;

/// What the name of a backup ends in.
const SEALED: &str = ".age";
/// What the name of its label ends in.
const LABEL: &str = ".json";
/// What the name of a file ends in that is not whole yet.
pub(super) const NEW: &str = ".new";
/// Bytes of a label: that of 200,000 photos.
const LABEL_BYTES_MAX: u64 = 16 << 20;
/// Backups that one day may have.
const DAY_BACKUPS_MAX: u32 = 1_000;

fn box_prefix(box_id: BoxId) -> String {
    format!("cleantrack-{box_id}-")
}

/// The name of the label of a file.
pub(super) fn label_name(name: &str) -> String {
    format!("{}{LABEL}", name.strip_suffix(SEALED).unwrap_or(name))
}

/// Whether a label's file is the one beside it, and a file of ours: what a label names may be removed one day, and anybody can
/// write labels.
fn is_label_of(label: &str, name: &str) -> bool {
    name.starts_with("cleantrack-")
        && name.ends_with(SEALED)
        && !name.contains(['/', '\\', '\0'])
        && label_name(name) == label
}

/// The name of photos whose file has this hash.
pub(super) fn part_name(box_id: BoxId, sha256: &Hash) -> String {
    format!("{}photos-{}{SEALED}", box_prefix(box_id), &sha256.to_string()[..16])
}

/// The next name of a day (`2026-11-23`) that none of these files has.
pub(super) fn backup_name(box_id: BoxId, day: &str, names: &[String]) -> String {
    let name = |n: u32| format!("{}{day}-{n}{SEALED}", box_prefix(box_id));
    (1..DAY_BACKUPS_MAX).map(name).find(|name| !names.contains(name)).unwrap_or_else(|| name(DAY_BACKUPS_MAX))
}

/// What lies in a folder of one box.
#[derive(Debug, Default)]
pub(super) struct FoundFiles {
    /// Backups that were read back when they were made, the newest first.
    pub(super) backups: Vec<BackupLabel>,
    /// Files of photos.
    pub(super) parts: Vec<PartLabel>,
    /// What was never whole.
    pub(super) unfinished: Vec<String>,
    /// All names.
    pub(super) names: Vec<String>,
}

impl FoundFiles {
    /// Looks at the labels. One that cannot be read, or whose file is not there at its length, counts as none.
    pub(super) fn look(medium: &dyn BackupMedium, box_id: BoxId) -> io::Result<Self> {
        let (names, prefix) = (medium.list()?, box_prefix(box_id));
        let mut found = Self::default();
        for name in names.iter().filter(|name| name.starts_with(&prefix)) {
            if name.ends_with(NEW) {
                found.unfinished.push(name.clone());
            } else if name.ends_with(LABEL) && name.contains("-photos-") {
                found.parts.extend(
                    read_label::<PartLabel>(medium, name)?
                        .filter(|part| part.box_id == box_id && is_label_of(name, &part.file.name)),
                );
            } else if name.ends_with(LABEL) {
                let backup = read_label::<BackupLabel>(medium, name)?;
                found.backups.extend(
                    backup.filter(|backup| backup.box_id == box_id && is_label_of(name, &backup.file.name)),
                );
            }
        }
        let mut whole = Vec::new();
        for backup in std::mem::take(&mut found.backups) {
            if found.has_file(medium, &backup.file)? {
                whole.push(backup);
            }
        }
        whole.sort_by(|one, other| (other.taken_ms, &other.file.name).cmp(&(one.taken_ms, &one.file.name)));
        found.backups = whole;
        for part in std::mem::take(&mut found.parts) {
            if found.has_file(medium, &part.file)? {
                found.parts.push(part);
            }
        }
        found.names = names;
        Ok(found)
    }

    /// Whether a labelled file is there at its length. A label alone was never finished.
    fn has_file(&mut self, medium: &dyn BackupMedium, file: &PartRef) -> io::Result<bool> {
        let length = medium.length(&file.name)?;
        if length.is_none() {
            self.unfinished.push(label_name(&file.name));
        }
        Ok(length == Some(file.bytes))
    }
}

/// The backups of a folder, of whatever box, the newest first.
pub(super) fn list_labels(medium: &dyn BackupMedium) -> io::Result<Vec<BackupLabel>> {
    let mut all: Vec<BackupLabel> = read_labels(medium, &|name| !name.contains("-photos-"))?;
    all.sort_by_key(|backup| std::cmp::Reverse(backup.taken_ms));
    Ok(all)
}

/// The files of photos of a folder, of whatever box.
pub(super) fn list_part_labels(medium: &dyn BackupMedium) -> io::Result<Vec<PartLabel>> {
    read_labels(medium, &|name| name.contains("-photos-"))
}

fn read_labels<T: DeserializeOwned>(
    medium: &dyn BackupMedium,
    is_chosen: &dyn Fn(&str) -> bool,
) -> io::Result<Vec<T>> {
    let mut all = Vec::new();
    for name in medium.list()? {
        if name.starts_with("cleantrack-") && name.ends_with(LABEL) && is_chosen(&name) {
            all.extend(read_label(medium, &name)?);
        }
    }
    Ok(all)
}

/// Writes a label, whole or not at all: it and a line with its hash.
pub(super) fn write_label<T: Serialize>(medium: &dyn BackupMedium, of: &str, label: &T) -> io::Result<()> {
    let (name, json) = (label_name(of), serde_json::to_string(label)?);
    let new = format!("{name}{NEW}");
    medium.remove(&new)?;
    let mut file = medium.create(&new)?;
    file.write_all(format!("{json}\n{}\n", Hash::of(json.as_bytes())).as_bytes())?;
    file.sync_written()?;
    drop(file);
    medium.rename(&new, &name)
}

/// Reads a label; `None` where it is not what was written.
pub(super) fn read_label<T: DeserializeOwned>(
    medium: &dyn BackupMedium,
    name: &str,
) -> io::Result<Option<T>> {
    let mut text = String::new();
    match medium.open(name)?.take(LABEL_BYTES_MAX).read_to_string(&mut text) {
        Err(e) if e.kind() == io::ErrorKind::InvalidData => return Ok(None),
        read => read?,
    };
    let Some((json, sum)) = text.split_once('\n') else { return Ok(None) };
    let holds = sum.trim_end() == Hash::of(json.as_bytes()).to_string();
    Ok(serde_json::from_str(json).ok().filter(|_| holds))
}

#[cfg(test)]
mod tests {
    use super::super::contents::FORM;
    use super::super::medium::FolderMedium;
    use super::*;

    #[test]
    fn a_day_has_several_backups() {
        let box_id = BoxId::new(5, [1; 10]);
        let first = backup_name(box_id, "2026-11-23", &[]);
        assert!(first.ends_with("-2026-11-23-1.age") && first.starts_with("cleantrack-"), "{first}");
        assert!(backup_name(box_id, "2026-11-23", &[first]).ends_with("-2026-11-23-2.age"));
    }

    #[test]
    fn a_label_that_is_not_what_was_written_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let (medium, box_id) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]));
        let name = part_name(box_id, &Hash::of(b"x"));
        let label = PartLabel {
            form: FORM,
            box_id,
            verified_ms: 9,
            file: PartRef { name: name.clone(), bytes: 3, sha256: Hash::of(b"x") },
            key: "age1".to_owned(),
            photos: vec![Hash::of(b"one")],
        };
        write_label(&medium, &name, &label).unwrap();
        let found = || FoundFiles::look(&medium, box_id).unwrap().parts.len();
        assert_eq!(found(), 0, "without its file");
        std::fs::write(dir.path().join(&name), b"ab").unwrap();
        assert_eq!(found(), 0, "a file of another length");
        std::fs::write(dir.path().join(&name), b"abc").unwrap();
        assert_eq!(found(), 1);
        assert_eq!(FoundFiles::look(&medium, BoxId::new(6, [1; 10])).unwrap().parts, [], "another box's");
        let path = dir.path().join(label_name(&name));
        let whole = std::fs::read(&path).unwrap();
        for at in 0..whole.len() - 1 {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            assert_eq!(found(), 0, "byte {at}");
        }
    }

    #[test]
    fn a_label_speaks_of_the_file_beside_it_alone() {
        let label = "cleantrack-01K-photos-ab.json";
        assert!(is_label_of(label, "cleantrack-01K-photos-ab.age"));
        for name in
            ["/etc/passwd", "../keys/relay.age", "cleantrack-01K-photos-cd.age", "cleantrack-../x.age", ""]
        {
            assert!(!is_label_of(label, name), "{name}");
        }
        let dir = tempfile::tempdir().unwrap();
        let (outside, inside) = (dir.path().join("box.id"), dir.path().join("stick"));
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(&outside, "x").unwrap();
        std::os::unix::fs::symlink(&outside, inside.join("link")).unwrap();
        let medium = FolderMedium::new(&inside);
        for name in ["../box.id", outside.to_str().unwrap(), "", ".", "..", "a/b"] {
            assert!(medium.remove(name).is_err() && medium.length(name).is_err(), "{name}");
            assert!(medium.open(name).is_err() && medium.create(name).is_err(), "{name}");
        }
        assert!(medium.open("link").is_err(), "no link leads out");
        assert!(outside.exists());
    }
}
