//! CT-BOOT drives that are good, foreign, dirty, full or broken, and folders in place of one.

use proptest::prelude::*;

use super::*;
use crate::partitions::find_boot_partition;
use crate::testing::{FAT_SECTORS, FAT_START, MemoryCard, boot_volume, box_image, first_sector};

const FAT_BYTES: usize = FAT_START * 512;

fn open_change(card: &mut MemoryCard) -> Result<CardVolume<'_>, FlashError> {
    let partition = find_boot_partition(card)?;
    CardVolume::open(card, partition, VolumeUse::Change)
}

#[test]
fn files_are_written_replaced_and_removed() {
    let mut card = MemoryCard::of(box_image());
    for text in ["first".to_owned(), "second, longer ".repeat(900)] {
        let mut volume = open_change(&mut card).unwrap();
        volume.write_file("cleantrack.toml", text.as_bytes()).unwrap();
        volume.close().unwrap();
        let mut volume = open_change(&mut card).unwrap();
        assert_eq!(volume.read_file("cleantrack.toml", 100_000).unwrap(), Some(text.into_bytes()));
        assert_eq!(volume.read_file("CLEANTRACK.TOML", 3).unwrap().map(|bytes| bytes.len()), Some(3));
        assert_eq!(volume.read_file("cleantrack.toml.new", 3).unwrap(), None);
    }
    let mut volume = open_change(&mut card).unwrap();
    volume.remove_file("cleantrack.toml").unwrap();
    volume.remove_file("cleantrack.toml").unwrap();
    assert_eq!(volume.read_file("cleantrack.toml", 9).unwrap(), None);
    assert!(!volume.is_dirty().unwrap());
}

#[test]
fn what_is_no_boxs_drive_is_left_alone() {
    let mut image = box_image();
    image[FAT_BYTES..FAT_BYTES + FAT_SECTORS * 512]
        .copy_from_slice(&boot_volume(FAT_SECTORS, b"BOOTFS     "));
    let mut card = MemoryCard::of(image);
    let error = open_change(&mut card).err().unwrap();
    assert!(error.to_string().contains("`BOOTFS`"), "{error}");
    assert!(card.steps.is_empty());
    let mut card = MemoryCard::used(20 * 1024 * 1024);
    assert!(matches!(open_change(&mut card), Err(FlashError::NoBootPartition)));
    card.bytes[..512].copy_from_slice(&first_sector(8_192, 9_000));
    assert!(matches!(open_change(&mut card), Err(FlashError::FatDamaged(_))));
}

#[test]
fn a_dirty_drive_is_repaired_first() {
    let mut image = box_image();
    // The flag in FAT16's boot sector that a system sets while it has the drive mounted.
    image[FAT_BYTES + 0x25] |= 1;
    let mut card = MemoryCard::of(image);
    assert!(matches!(open_change(&mut card), Err(FlashError::FatDirty)));
    let partition = find_boot_partition(&mut card).unwrap();
    assert!(CardVolume::open(&mut card, partition, VolumeUse::Look).unwrap().is_dirty().unwrap());
    assert!(card.steps.is_empty());
}

#[test]
fn a_full_drive_keeps_its_old_file() {
    let mut card = MemoryCard::of(box_image());
    let mut volume = open_change(&mut card).unwrap();
    volume.write_file("cleantrack.toml", b"old").unwrap();
    let mut nth = 0;
    while volume.write_file(&format!("filler-{nth}"), &[7; 50_000]).is_ok() {
        nth += 1;
    }
    let error = volume.write_file("cleantrack.toml", &[8; 60_000]).unwrap_err();
    assert!(matches!(error, FlashError::FatFull { .. }), "{error}");
    assert_eq!(volume.read_file("cleantrack.toml", 9).unwrap(), Some(b"old".to_vec()));
}

#[test]
fn a_card_that_fails_under_it_says_so() {
    for (errno, removed) in [(5, false), (123, true)] {
        let mut card = MemoryCard::of(box_image());
        card.write_fault = Some((0, errno));
        let mut volume = open_change(&mut card).unwrap();
        let error = volume.write_file("cleantrack.toml", b"new").unwrap_err();
        assert_eq!(matches!(error, FlashError::CardRemoved { .. }), removed, "{error}");
        assert_eq!(matches!(error, FlashError::CardUnwritable { .. }), !removed, "{error}");
    }
}

#[test]
fn a_folder_that_a_computer_shows() {
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(BootFolder::open(folder.path()), Err(FlashError::FolderUnknown { .. })));
    fs::write(folder.path().join("u-boot.bin"), "x").unwrap();
    let mut files = BootFolder::open(folder.path()).unwrap();
    assert_eq!(files.read_file("cleantrack.toml", 9).unwrap(), None);
    for text in [b"one", b"two"] {
        files.write_file("cleantrack.toml", text).unwrap();
        assert_eq!(files.read_file("cleantrack.toml", 9).unwrap(), Some(text.to_vec()));
    }
    files.remove_file("cleantrack.toml").unwrap();
    files.remove_file("cleantrack.toml").unwrap();
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    // A folder where the file should be: nothing is left behind.
    fs::create_dir(folder.path().join("cleantrack.toml")).unwrap();
    fs::write(folder.path().join("cleantrack.toml/x"), "").unwrap();
    assert!(matches!(files.write_file("cleantrack.toml", b"x"), Err(FlashError::FileUnwritable { .. })));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever is in the boot sector, the tables and the first folder, the operation ends in time.
    #[test]
    fn broken_drives_are_answered(changes in proptest::collection::vec((0usize..40_000, any::<u8>()), 1..40)) {
        static IMAGE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut image = IMAGE.get_or_init(box_image)[..FAT_BYTES + FAT_SECTORS * 512].to_vec();
        for (at, byte) in changes {
            image[FAT_BYTES + at] = byte;
        }
        let mut card = MemoryCard::of(image);
        let partition = find_boot_partition(&mut card).unwrap();
        if let Ok(mut volume) = CardVolume::open(&mut card, partition, VolumeUse::Look) {
            let _ = volume.label();
            let _ = volume.is_dirty();
            let _ = volume.read_file("u-boot.bin", 100_000);
            let _ = volume.read_file("cleantrack.toml", 100_000);
        }
        if let Ok(mut volume) = open_change(&mut card) {
            let _ = volume.write_file("cleantrack.toml", b"x");
        }
    }
}
