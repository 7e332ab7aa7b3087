//! Which files of photos stay as they are, and which photos go into new ones.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use record::tree::Hash;

use super::contents::PartLabel;
use crate::store::archive::PhotoFile;

/// Bytes of photos in one file: with what is around them still far below the 4 GB of FAT32, and little to write again where a stick
/// went bad.
pub(super) const PART_BYTES_MAX: u64 = 512 << 20;
/// Photos in one file: its label names each, and is to be read as a whole.
pub(super) const PART_PHOTOS_MAX: usize = 50_000;
const SMALL_BYTES: u64 = PART_BYTES_MAX / 8;
/// Small files at which they are written together: a daily backup makes one a day.
const SMALL_FILES_MAX: usize = 16;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct PartPlan {
    pub(super) stay: Vec<String>,
    pub(super) write: Vec<Vec<PhotoFile>>,
}

/// Plans it for the photos on the box, the oldest first. A file of which the box lacks more than half by now is left out, so that it
/// goes with the last backup that needs it; and so are many small ones, whose photos come into one.
pub(super) fn plan_parts(on_box: &[PhotoFile], parts: &[PartLabel]) -> PartPlan {
    let here: BTreeSet<Hash> = on_box.iter().map(|photo| photo.hash).collect();
    let mut staying: Vec<&PartLabel> = parts.iter().filter(|part| is_live(part, &here)).collect();
    // Of files with the same photos, which are retained while older backups need them, the fullest are enough.
    staying.sort_by_key(|part| Reverse(part.photos.len()));
    let mut covered = BTreeSet::new();
    staying.retain(|part| {
        let adds = part.photos.iter().any(|photo| here.contains(photo) && !covered.contains(photo));
        if adds {
            covered.extend(part.photos.iter().copied());
        }
        adds
    });
    if staying.iter().filter(|part| part.file.bytes < SMALL_BYTES).count() >= SMALL_FILES_MAX {
        staying.retain(|part| part.file.bytes >= SMALL_BYTES);
    }
    let held: BTreeSet<Hash> = staying.iter().flat_map(|part| part.photos.iter().copied()).collect();
    let mut plan = PartPlan {
        stay: staying.into_iter().map(|part| part.file.name.clone()).collect(),
        write: Vec::new(),
    };
    let mut bytes: u64 = 0;
    for photo in on_box.iter().filter(|photo| !held.contains(&photo.hash)) {
        let is_full = plan.write.last().is_none_or(|part: &Vec<PhotoFile>| part.len() >= PART_PHOTOS_MAX);
        if is_full || bytes.saturating_add(photo.bytes) > PART_BYTES_MAX {
            plan.write.push(Vec::new());
            bytes = 0;
        }
        bytes += photo.bytes;
        if let Some(newest) = plan.write.last_mut() {
            newest.push(*photo);
        }
    }
    plan
}

/// Whether the box still has half of the photos of a file.
fn is_live(part: &PartLabel, here: &BTreeSet<Hash>) -> bool {
    let live = part.photos.iter().filter(|photo| here.contains(photo)).count();
    live * 2 >= part.photos.len() && live > 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use record::ids::BoxId;

    use super::*;
    use crate::store::archive::{FORM, PartRef};

    fn photo(n: u32, bytes: u64) -> PhotoFile {
        PhotoFile { hash: Hash::of(&n.to_be_bytes()), bytes }
    }

    fn part(name: &str, bytes: u64, photos: &[PhotoFile]) -> PartLabel {
        PartLabel {
            form: FORM,
            box_id: BoxId::new(1, [1; 10]),
            verified_ms: 1,
            file: PartRef { name: name.to_owned(), bytes, sha256: Hash::of(name.as_bytes()) },
            key: String::new(),
            photos: photos.iter().map(|photo| photo.hash).collect(),
        }
    }

    proptest! {
        #[test]
        fn each_photo_is_in_exactly_one_file_that_fits(
            sizes in prop::collection::vec(1u64..=PART_BYTES_MAX, 0..60),
            split in prop::collection::vec((0usize..60, 0usize..60), 0..25),
        ) {
            let all: Vec<PhotoFile> = (0u32..).zip(&sizes).map(|(n, bytes)| photo(n, *bytes)).collect();
            let parts: Vec<PartLabel> = split.iter().enumerate().map(|(n, (from, to))| {
                let (from, to) = (*from.min(to), *from.max(to));
                let photos: Vec<_> = all.iter().skip(from).take(to - from).copied().collect();
                part(&n.to_string(), photos.iter().map(|p| p.bytes).sum(), &photos)
            }).collect();
            let plan = plan_parts(&all, &parts);
            for written in &plan.write {
                prop_assert!(!written.is_empty());
                prop_assert!(written.iter().map(|p| p.bytes).sum::<u64>() <= PART_BYTES_MAX);
            }
            let stay: BTreeSet<Hash> = parts.iter().filter(|p| plan.stay.contains(&p.file.name)).flat_map(|p| p.photos.clone()).collect();
            let written: Vec<Hash> = plan.write.iter().flatten().map(|p| p.hash).collect();
            prop_assert!(written.iter().all(|hash| !stay.contains(hash)), "written once more");
            prop_assert_eq!(written.iter().collect::<BTreeSet<_>>().len(), written.len());
            for photo in &all {
                prop_assert!(stay.contains(&photo.hash) || written.contains(&photo.hash));
            }
        }
    }

    #[test]
    fn a_file_most_of_whose_photos_left_the_box_is_left_out() {
        let photos: Vec<PhotoFile> = (0..4).map(|n| photo(n, 1_000)).collect();
        let old = part("old", PART_BYTES_MAX, &photos);
        assert_eq!(plan_parts(&photos[2..], std::slice::from_ref(&old)).stay, ["old"], "half of it");
        let plan = plan_parts(&photos[3..], &[old]);
        assert_eq!((plan.stay, plan.write), (vec![], vec![vec![photos[3]]]));
    }

    #[test]
    fn a_file_has_no_more_photos_than_its_label_can_name() {
        let most = u32::try_from(PART_PHOTOS_MAX).unwrap();
        let photos: Vec<PhotoFile> = (0..=most).map(|n| photo(n, 1)).collect();
        let written = plan_parts(&photos, &[]).write;
        assert_eq!(written.iter().map(Vec::len).collect::<Vec<_>>(), [PART_PHOTOS_MAX, 1]);
    }

    #[test]
    fn many_small_files_become_one() {
        let photos: Vec<PhotoFile> = (0..40).map(|n| photo(n, 1_000)).collect();
        let small = |n: usize| part(&n.to_string(), 2_000, &photos[n * 2..n * 2 + 2]);
        let mut parts: Vec<PartLabel> = (0..SMALL_FILES_MAX - 1).map(small).collect();
        parts.push(part("large", SMALL_BYTES, &photos[38..]));
        let plan = plan_parts(&photos, &parts);
        assert_eq!((plan.stay.len(), plan.write.len()), (SMALL_FILES_MAX, 1));
        parts.push(small(SMALL_FILES_MAX - 1));
        let plan = plan_parts(&photos, &parts);
        assert_eq!((plan.stay, plan.write.len()), (vec!["large".to_owned()], 1));
        assert_eq!(plan.write[0].len(), 38);
    }
}
