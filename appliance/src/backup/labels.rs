//! Names of the files of a box in a folder for backups, and the small labels beside them.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::io::{self, Read as _};

use record::ids::BoxId;
use record::tree::Hash;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::cause::CrowdedFolder;
use super::contents::{BackupLabel, PartLabel};
use super::label_key::LabelKey;
use super::medium::{BackupMedium, FolderMedium, PREFIX, box_part};
use crate::store::archive::PartRef;

const SEALED: &str = ".age";
const LABEL: &str = ".json";
/// What the name of a file ends in that is not whole yet.
pub(super) const NEW: &str = ".new";
/// Bytes of a label: that of as many photos as one file has.
const LABEL_BYTES_MAX: u64 = 4 << 20;
/// Labels of one box in a folder, and bytes of all of them together: more than those of a box that retains as many
/// backups as the settings let it, and half a million photos.
const LABELS_MAX: usize = 2_000;
const LABELS_BYTES_MAX: u64 = 32 << 20;
pub(super) const LISTED_MAX: usize = 200;
/// Of the beginning of a key, which anybody may have written.
const KEY_CHARS_MAX: usize = 40;
const DAY_BACKUPS_MAX: u32 = 1_000;

fn box_prefix(box_id: BoxId) -> String {
    format!("{PREFIX}{box_id}-")
}

pub(super) fn label_name(name: &str) -> String {
    format!("{}{LABEL}", name.strip_suffix(SEALED).unwrap_or(name))
}

/// Whether a label's file is the one beside it, and a file of ours: what a label names may be removed one day, and anybody can
/// write labels.
fn is_label_of(label: &str, name: &str) -> bool {
    name.starts_with(PREFIX)
        && name.ends_with(SEALED)
        && !name.contains(['/', '\\', '\0'])
        && label_name(name) == label
}

pub(super) fn part_name(box_id: BoxId, sha256: &Hash) -> String {
    format!("{}photos-{}{SEALED}", box_prefix(box_id), &sha256.to_string()[..16])
}

/// The next name of a day (`2026-11-23`) that none of these files has.
pub(super) fn backup_name(box_id: BoxId, day: &str, names: &[String]) -> String {
    let mut all = (1..DAY_BACKUPS_MAX).map(|n| format_name(box_id, day, n));
    all.find(|name| !names.contains(name)).unwrap_or_else(|| format_name(box_id, day, DAY_BACKUPS_MAX))
}

fn format_name(box_id: BoxId, day: &str, n: u32) -> String {
    format!("{}{day}-{n}{SEALED}", box_prefix(box_id))
}

/// The files of one box in a folder.
#[derive(Debug, Default)]
pub(super) struct FoundFiles {
    /// Backups that were read back when they were made, the one that was written last first.
    pub(super) backups: Vec<BackupLabel>,
    pub(super) parts: Vec<PartLabel>,
    /// Backups under this box's name that another key sealed: as it was before that key was lost, or anybody.
    pub(super) foreign: Vec<BackupLabel>,
    pub(super) foreign_parts: Vec<PartLabel>,
    /// What was never whole.
    pub(super) unfinished: Vec<String>,
    pub(super) names: Vec<String>,
}

impl FoundFiles {
    /// Looks at the labels. One that this box did not write, or whose file is not there at its length, counts as none.
    pub(super) fn look(medium: &dyn BackupMedium, box_id: BoxId, key: LabelKey) -> io::Result<Self> {
        let names = medium.list(&box_prefix(box_id))?;
        let (mut found, mut labels) = (Self::default(), LabelSorter::new(medium, box_id, key));
        for name in &names {
            if name.ends_with(NEW) {
                found.unfinished.push(name.clone());
            } else if name.ends_with(LABEL) && name.contains("-photos-") {
                labels.sort_label(name, &mut found.parts, &mut found.foreign_parts)?;
            } else if name.ends_with(LABEL) {
                labels.sort_label(name, &mut found.backups, &mut found.foreign)?;
            }
        }
        let mut whole = Vec::new();
        for backup in std::mem::take(&mut found.backups) {
            if found.has_file(medium, &backup.file)? {
                whole.push(backup);
            }
        }
        // Not by date: with a clock that was once far ahead, what was written then would push out all that comes after.
        whole.sort_by(|one, other| other.write_order().cmp(&one.write_order()));
        found.backups = whole;
        for part in std::mem::take(&mut found.parts) {
            if found.has_file(medium, &part.file)? {
                found.parts.push(part);
            }
        }
        found.names = names;
        Ok(found)
    }

    /// The number of the backup that is written next, by a box whose last one had this number: it may be on another stick.
    pub(super) fn number_after(&self, last_number: u64) -> u64 {
        let found = self.backups.first().map_or(0, |last| last.number);
        found.max(last_number).saturating_add(1)
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

pub(super) struct BackupListing {
    /// Box by box, of each the one first that was written last, as far as [`LISTED_MAX`] goes.
    pub(super) newest: Vec<ListedBackup>,
    pub(super) older: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ListedBackup {
    pub(super) box_id: BoxId,
    pub(super) number: u64,
    pub(super) taken_ms: i64,
    pub(super) bytes: u64,
    pub(super) entries: u64,
    pub(super) photos: u64,
    pub(super) key: String,
    pub(super) name: String,
}

/// Lines of one box, as [`BackupLabel::write_order`] has them, the last one first.
type BoxLines = BTreeMap<Reverse<(u64, i64, String)>, ListedBackup>;

/// Leaves out the oldest line of the box that has most of them: how many backups one box has hides those of no other.
fn drop_oldest(boxes: &mut BTreeMap<BoxId, BoxLines>) {
    if let Some(most) = boxes.values_mut().max_by_key(|lines| lines.len()) {
        most.pop_last();
    }
    boxes.retain(|_, lines| !lines.is_empty());
}

/// The newest backups of a folder, of whatever box, as their labels say. However many labels a stick has, and however long they are,
/// of no more than [`LISTED_MAX`] a line is held.
pub(super) fn list_newest(medium: &FolderMedium) -> io::Result<BackupListing> {
    let (mut boxes, mut count, mut older) = (BTreeMap::<BoxId, BoxLines>::new(), 0, 0);
    let mut readers = BTreeMap::<String, LabelReader<'_>>::new();
    medium.walk_names(PREFIX, &mut |label_name| {
        if !label_name.ends_with(LABEL) || label_name.contains("-photos-") {
            return Ok(());
        }
        let of = box_part(&label_name).to_owned();
        let reader = readers.entry(of).or_insert_with(|| LabelReader::new(medium, None));
        let Some(label) = reader.read_known::<BackupLabel>(&label_name)? else { return Ok(()) };
        if !is_label_of(&label_name, &label.file.name) {
            return Ok(());
        }
        let listed = ListedBackup {
            box_id: label.box_id,
            number: label.number,
            taken_ms: label.taken_ms,
            bytes: label.file.bytes,
            entries: label.entries,
            photos: label.photos,
            key: label.key.chars().take(KEY_CHARS_MAX).collect(),
            name: label.file.name,
        };
        let order = Reverse((listed.number, listed.taken_ms, listed.name.clone()));
        boxes.entry(listed.box_id).or_default().insert(order, listed);
        count += 1;
        if count > LISTED_MAX {
            drop_oldest(&mut boxes);
            count -= 1;
            older += 1;
        }
        Ok(())
    })?;
    Ok(BackupListing { newest: boxes.into_values().flat_map(BTreeMap::into_values).collect(), older })
}

/// The backups of a folder, box by box, of each the one first that was written last, as their labels say: whether a box wrote them
/// knows that box alone.
pub(super) fn list_labels(medium: &dyn BackupMedium) -> io::Result<Vec<BackupLabel>> {
    let mut all: Vec<BackupLabel> = read_labels(medium, &|name| !name.contains("-photos-"))?;
    all.sort_by(|one, other| {
        one.box_id.cmp(&other.box_id).then_with(|| other.write_order().cmp(&one.write_order()))
    });
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
    let (mut all, mut labels, mut of) = (Vec::new(), LabelReader::new(medium, None), String::new());
    for name in medium.list(PREFIX)? {
        // They are sorted, so those of one box are adjacent.
        if box_part(&name) != of {
            labels = LabelReader::new(medium, None);
            of = box_part(&name).to_owned();
        }
        if name.ends_with(LABEL) && is_chosen(&name) {
            all.extend(labels.read_known(&name)?);
        }
    }
    Ok(all)
}

/// Writes a label, whole or not at all: it, a line with its hash for whoever looks for damage, and one that only this box can write.
pub(super) fn write_label<T: Serialize>(
    medium: &dyn BackupMedium,
    of: &str,
    label: &T,
    key: LabelKey,
) -> io::Result<()> {
    let (name, json) = (label_name(of), serde_json::to_string(label)?);
    let new = format!("{name}{NEW}");
    medium.remove(&new)?;
    let mut file = medium.create(&new)?;
    let text = format!("{json}\n{}\n{}\n", Hash::of(json.as_bytes()), key.seal_label(&json));
    file.write_all(text.as_bytes())?;
    file.sync_written()?;
    drop(file);
    medium.rename(&new, &name)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum LabelFault {
    /// No box writes one of that length.
    #[error("it is longer than any that a box writes")]
    TooLong,
    #[error("it is damaged")]
    Damaged,
    #[error("this box did not write it")]
    Foreign,
}

/// Reads labels, and never more of them than a folder of ours has.
struct LabelReader<'a> {
    medium: &'a dyn BackupMedium,
    /// Whose labels count; absent: everybody's.
    key: Option<LabelKey>,
    labels: usize,
    bytes: u64,
}

impl<'a> LabelReader<'a> {
    fn new(medium: &'a dyn BackupMedium, key: Option<LabelKey>) -> Self {
        Self { medium, key, labels: 0, bytes: 0 }
    }

    /// The label; `None` where it counts for nothing.
    fn read_known<T: DeserializeOwned>(&mut self, name: &str) -> io::Result<Option<T>> {
        let read = self.read_label(name)?;
        Ok(read.inspect_err(|why| tracing::warn!(name, %why, "a label of a backup counts for nothing")).ok())
    }

    /// Reads one.
    ///
    /// # Errors
    /// The medium's; [`CrowdedFolder`].
    fn read_label<T: DeserializeOwned>(&mut self, name: &str) -> io::Result<Result<T, LabelFault>> {
        self.labels += 1;
        if self.labels > LABELS_MAX {
            return Err(CrowdedFolder::Labels(LABELS_MAX).into());
        }
        let file = match self.medium.open(name) {
            Err(e) if is_no_file(&e) => return Ok(Err(LabelFault::Damaged)),
            opened => opened?,
        };
        let mut bytes = Vec::new();
        let count = file.take(LABEL_BYTES_MAX + 1).read_to_end(&mut bytes)? as u64;
        self.bytes += count;
        if self.bytes > LABELS_BYTES_MAX {
            return Err(CrowdedFolder::LabelBytes(LABELS_BYTES_MAX).into());
        }
        if count > LABEL_BYTES_MAX {
            return Ok(Err(LabelFault::TooLong));
        }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(Err(LabelFault::Damaged)) };
        let mut lines = text.lines();
        let (Some(json), Some(sum), Some(seal)) = (lines.next(), lines.next(), lines.next()) else {
            return Ok(Err(LabelFault::Damaged));
        };
        if sum != Hash::of(json.as_bytes()).to_string() {
            return Ok(Err(LabelFault::Damaged));
        }
        if self.key.is_some_and(|key| key.seal_label(json) != seal) {
            return Ok(Err(LabelFault::Foreign));
        }
        Ok(serde_json::from_str(json).map_err(|_| LabelFault::Damaged))
    }
}

trait FileLabel: DeserializeOwned {
    fn is_named(&self, box_id: BoxId, label: &str) -> bool;
}

impl FileLabel for BackupLabel {
    fn is_named(&self, box_id: BoxId, label: &str) -> bool {
        self.box_id == box_id && is_label_of(label, &self.file.name)
    }
}

impl FileLabel for PartLabel {
    fn is_named(&self, box_id: BoxId, label: &str) -> bool {
        self.box_id == box_id && is_label_of(label, &self.file.name)
    }
}

/// Distinguishes labels that this box wrote from those that only bear its name.
struct LabelSorter<'a> {
    box_id: BoxId,
    own: LabelReader<'a>,
    any: LabelReader<'a>,
}

impl<'a> LabelSorter<'a> {
    fn new(medium: &'a dyn BackupMedium, box_id: BoxId, key: LabelKey) -> Self {
        Self { box_id, own: LabelReader::new(medium, Some(key)), any: LabelReader::new(medium, None) }
    }

    fn sort_label<T: FileLabel>(
        &mut self,
        name: &str,
        own: &mut Vec<T>,
        foreign: &mut Vec<T>,
    ) -> io::Result<()> {
        let (label, into) = match self.own.read_label::<T>(name)? {
            Ok(label) => (Some(label), own),
            Err(LabelFault::Foreign) => (self.any.read_known(name)?, foreign),
            Err(why) => {
                tracing::warn!(name, %why, "a label of a backup counts for nothing");
                (None, own)
            }
        };
        into.extend(label.filter(|label| label.is_named(self.box_id, name)));
        Ok(())
    }
}

/// Whether a folder or a link is in its place.
fn is_no_file(error: &io::Error) -> bool {
    let link = rustix::io::Errno::LOOP.raw_os_error();
    error.kind() == io::ErrorKind::InvalidData || error.raw_os_error() == Some(link)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::medium::FILES_MAX;
    use crate::store::archive::FORM;

    fn label_key(seed: u64) -> LabelKey {
        let dir = tempfile::tempdir().unwrap();
        let disk = crate::store::system_disk::SystemDisk::take(dir.path()).unwrap();
        crate::store::disk::Disk::make_dir(&disk, "keys").unwrap();
        LabelKey::open(&disk, &service::random::SeededRandom::new(seed)).unwrap()
    }

    fn label_of(box_id: BoxId) -> PartLabel {
        let name = part_name(box_id, &Hash::of(b"x"));
        PartLabel {
            form: FORM,
            box_id,
            verified_ms: 9,
            file: PartRef { name, bytes: 3, sha256: Hash::of(b"x") },
            key: "age1".to_owned(),
            photos: vec![Hash::of(b"one")],
        }
    }

    #[test]
    fn a_label_that_another_box_wrote_or_somebody_counts_as_none() {
        let dir = tempfile::tempdir().unwrap();
        let (medium, box_id) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]));
        let (label, own) = (label_of(box_id), label_key(1));
        std::fs::write(dir.path().join(&label.file.name), b"abc").unwrap();
        let path = dir.path().join(label_name(&label.file.name));
        write_label(&medium, &label.file.name, &label, label_key(2)).unwrap();
        assert_eq!(FoundFiles::look(&medium, box_id, own).unwrap().parts, []);
        let name = label_name(&label.file.name);
        let read = |key| LabelReader::new(&medium, key).read_label::<PartLabel>(&name).unwrap();
        assert_eq!((read(Some(own)), read(None)), (Err(LabelFault::Foreign), Ok(label.clone())));
        // Its hash alone is what anybody can compute.
        let json = serde_json::to_string(&label).unwrap();
        std::fs::write(&path, format!("{json}\n{}\n", Hash::of(json.as_bytes()))).unwrap();
        assert_eq!(read(Some(own)), Err(LabelFault::Damaged));
        // The seal of one label is none of another.
        write_label(&medium, &label.file.name, &label, own).unwrap();
        assert_eq!(read(Some(own)), Ok(label.clone()));
        let seal = own.seal_label(&json);
        let json = json.replace(&Hash::of(b"one").to_string(), &Hash::of(b"two").to_string());
        std::fs::write(&path, format!("{json}\n{}\n{seal}\n", Hash::of(json.as_bytes()))).unwrap();
        assert_eq!(read(Some(own)), Err(LabelFault::Foreign));
    }

    #[test]
    fn labels_without_a_number_count_and_go_by_their_date() {
        let dir = tempfile::tempdir().unwrap();
        let (medium, box_id, key) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]), label_key(1));
        for (day, number, taken_ms) in
            [("2026-11-09", None, 9), ("2026-11-10", None, 10), ("1970-01-01", Some(1), 1)]
        {
            let file = PartRef { name: backup_name(box_id, day, &[]), bytes: 3, sha256: Hash::of(b"abc") };
            let (name, parts) = (file.name.clone(), vec!["cleantrack-photos".to_owned()]);
            let label = BackupLabel {
                form: FORM,
                box_id,
                number: number.unwrap_or(0),
                taken_ms,
                verified_ms: taken_ms,
                file,
                key: "age1".to_owned(),
                entries: 1,
                photos: 0,
                parts,
            };
            let mut label = serde_json::to_value(label).unwrap();
            if number.is_none() {
                label.as_object_mut().unwrap().remove("number").unwrap();
            }
            std::fs::write(dir.path().join(&name), b"abc").unwrap();
            write_label(&medium, &name, &label, key).unwrap();
        }
        let found = FoundFiles::look(&medium, box_id, key).unwrap();
        let dates: Vec<i64> = found.backups.iter().map(|backup| backup.taken_ms).collect();
        assert_eq!((dates, found.number_after(0)), (vec![1, 10, 9], 2));
    }

    #[test]
    fn no_more_is_read_than_a_folder_of_ours_has() {
        let dir = tempfile::tempdir().unwrap();
        let (medium, box_id, key) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]), label_key(1));
        let crowd = || {
            let crowded = FoundFiles::look(&medium, box_id, key).unwrap_err();
            *crowded.get_ref().unwrap().downcast_ref::<CrowdedFolder>().unwrap()
        };
        let file = |n: usize| dir.path().join(format!("{}{n}.json", box_prefix(box_id)));
        // What is no label at all is none that fails a backup.
        std::fs::create_dir(file(9)).unwrap();
        std::os::unix::fs::symlink("/dev/zero", file(8)).unwrap();
        assert!(FoundFiles::look(&medium, box_id, key).unwrap().backups.is_empty());
        std::fs::remove_dir(file(9)).unwrap();
        std::fs::remove_file(file(8)).unwrap();
        let length = LABEL_BYTES_MAX + 1;
        std::fs::write(file(0), vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
        assert!(FoundFiles::look(&medium, box_id, key).unwrap().backups.is_empty());
        let name = file(0).file_name().unwrap().to_str().unwrap().to_owned();
        let read = LabelReader::new(&medium, Some(key)).read_label::<BackupLabel>(&name).unwrap();
        assert_eq!(read, Err(LabelFault::TooLong));
        for n in 1..=LABELS_BYTES_MAX / length {
            std::fs::hard_link(file(0), file(usize::try_from(n).unwrap())).unwrap();
        }
        assert_eq!(crowd(), CrowdedFolder::LabelBytes(LABELS_BYTES_MAX));
        std::fs::write(file(0), "").unwrap();
        for n in 1..=LABELS_MAX {
            let _ = std::fs::remove_file(file(n));
            std::fs::hard_link(file(0), file(n)).unwrap();
        }
        assert_eq!(crowd(), CrowdedFolder::Labels(LABELS_MAX));
        assert!(list_labels(&medium).is_err() && list_part_labels(&medium).unwrap().is_empty());
    }

    #[test]
    fn what_others_keep_in_the_folder_fills_it_for_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let (medium, box_id) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]));
        let file = dir.path().join("holiday.jpg");
        std::fs::write(&file, "").unwrap();
        for n in 0..FILES_MAX {
            std::fs::hard_link(&file, dir.path().join(format!("holiday-{n}.jpg"))).unwrap();
        }
        for box_id in [box_id, BoxId::new(6, [1; 10])] {
            for n in 0..LABELS_MAX {
                let name = format!("{}{n}.json", box_prefix(box_id));
                std::fs::hard_link(&file, dir.path().join(name)).unwrap();
            }
        }
        assert_eq!(list_labels(&medium).unwrap(), []);
        assert_eq!(FoundFiles::look(&medium, box_id, label_key(1)).unwrap().names.len(), LABELS_MAX);
        let name = format!("{}one-more.json", box_prefix(box_id));
        std::fs::hard_link(&file, dir.path().join(name)).unwrap();
        assert!(list_labels(&medium).is_err() && FoundFiles::look(&medium, box_id, label_key(1)).is_err());
    }

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
        let (medium, box_id, key) = (FolderMedium::new(dir.path()), BoxId::new(5, [1; 10]), label_key(1));
        let label = label_of(box_id);
        let name = label.file.name.clone();
        write_label(&medium, &name, &label, key).unwrap();
        let found = || FoundFiles::look(&medium, box_id, key).unwrap().parts.len();
        assert_eq!(found(), 0, "without its file");
        std::fs::write(dir.path().join(&name), b"ab").unwrap();
        assert_eq!(found(), 0, "a file of another length");
        std::fs::write(dir.path().join(&name), b"abc").unwrap();
        assert_eq!(found(), 1);
        assert_eq!(
            FoundFiles::look(&medium, BoxId::new(6, [1; 10]), key).unwrap().parts,
            [],
            "another box's"
        );
        let path = dir.path().join(label_name(&name));
        let whole = std::fs::read(&path).unwrap();
        // Without the last line end it is the same lines.
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
