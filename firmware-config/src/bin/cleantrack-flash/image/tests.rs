//! Images that are whole, cut, changed, packed otherwise, or in several frames.

use super::*;
use crate::testing::{pack_zstd, patterned};

fn read_all(path: &Path, expected: Option<&str>) -> Result<(Vec<u8>, ImageSummary), FlashError> {
    let mut image = ImageReader::open(path, expected)?;
    let (mut all, mut block) = (Vec::new(), Vec::new());
    loop {
        image.read_block(&mut block)?;
        if block.is_empty() {
            return Ok((all, image.finish()?));
        }
        all.extend_from_slice(&block);
    }
}

fn fault_of(path: &Path) -> ImageFault {
    match read_all(path, None) {
        Err(FlashError::ImageDamaged { fault, .. }) => fault,
        other => panic!("{:?}", other.map(|(_, summary)| summary)),
    }
}

fn saved(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("box.img.zst");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn raw_and_packed_give_the_same_bytes() {
    let bytes = patterned(9 * 1024 * 1024 + 512);
    let packed = pack_zstd(&bytes);
    for file in [bytes.clone(), packed.clone()] {
        let (_folder, path) = saved(&file);
        assert_eq!(ImageReader::open(&path, None).unwrap().total, Some(bytes.len() as u64));
        let (all, summary) = read_all(&path, None).unwrap();
        assert!(all == bytes);
        assert_eq!(summary.file_bytes, file.len() as u64);
        assert_eq!(summary.file_sum, sum_text(&Sha256::digest(&file)));
    }
}

#[test]
fn frames_and_what_may_stand_between_them() {
    let (one, two) = (patterned(70_000), patterned(1_536));
    let mut file = pack_zstd(&one);
    // A skippable frame of three bytes.
    file.extend([0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
    file.extend(pack_zstd(&two));
    let (_folder, path) = saved(&file);
    assert!(read_all(&path, None).unwrap().0 == [one, two].concat());
    let (_folder, path) = saved(&file[..file.len() - 5]);
    assert_eq!(fault_of(&path), ImageFault::Cut);
    file.extend(b"behind it");
    let (_folder, path) = saved(&file);
    assert_eq!(fault_of(&path), ImageFault::Followed);
}

#[test]
fn a_changed_byte_is_found() {
    let packed = pack_zstd(&patterned(300_000));
    for at in (4..packed.len()).step_by(packed.len() / 40) {
        let mut changed = packed.clone();
        changed[at] ^= 0x10;
        let (_folder, path) = saved(&changed);
        let outcome = read_all(&path, None);
        let unharmed = outcome.as_ref().is_ok_and(|(all, _)| *all == patterned(300_000));
        assert!(outcome.is_err() || unharmed, "byte {at} was changed unnoticed");
    }
}

#[test]
fn damage_has_a_cause_in_plain_words() {
    let packed = pack_zstd(&patterned(300_000));
    for at in (4..packed.len()).step_by(packed.len() / 40) {
        let (_folder, path) = saved(&packed[..at]);
        assert_eq!(fault_of(&path), ImageFault::Cut, "{at}");
    }
    let mut other_sum = packed;
    *other_sum.last_mut().unwrap() ^= 1;
    let (_folder, path) = saved(&other_sum);
    assert_eq!(fault_of(&path), ImageFault::OtherSum);
    // A frame whose first block has the reserved type.
    let garbled = [&ZSTD_MAGIC[..], &[0, 0x38, 0b111, 0, 0]].concat();
    let (_folder, path) = saved(&garbled);
    let error = read_all(&path, None).map(drop).unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("{} is damaged: what is packed in it cannot be unpacked. Download it again", path.display())
    );
}

#[test]
fn the_listed_sum_and_the_named_one() {
    let packed = pack_zstd(&patterned(4_096));
    let right = sum_text(&Sha256::digest(&packed));
    let (folder, path) = saved(&packed);
    assert!(read_all(&path, Some(&right.to_uppercase())).is_ok());
    assert!(matches!(read_all(&path, Some(&"0".repeat(64))), Err(FlashError::ImageDigest { .. })));
    for (line, fits) in [
        (format!("{right}  box.img.zst\n"), true),
        (format!("{}  other.img\n{right} *box.img.zst\r\n", "1".repeat(64)), true),
        (format!("{}  box.img.zst\n", "1".repeat(64)), false),
        ("broken".to_owned(), true),
    ] {
        std::fs::write(folder.path().join(SUMS_FILE), &line).unwrap();
        assert_eq!(read_all(&path, None).is_ok(), fits, "{line}");
    }
}

#[test]
fn other_formats_are_named() {
    for (bytes, why) in [
        (&b"\xfd7zXZ\0rest"[..], "xz"),
        (b"\x1f\x8brest of it", "gzip"),
        (b"PK\x03\x04rest", "ZIP"),
        (b"", "neither"),
        (b"seven", "neither"),
    ] {
        let (_folder, path) = saved(bytes);
        let error = ImageReader::open(&path, None).err().unwrap();
        assert!(
            matches!(error, FlashError::ImageUnknown { .. }) && error.to_string().contains(why),
            "{error}"
        );
    }
    let (_folder, path) = saved(&ZSTD_MAGIC);
    assert!(matches!(ImageReader::open(&path, None), Err(FlashError::ImageDamaged { .. })));
    let folder = tempfile::tempdir().unwrap();
    let lost = ImageReader::open(&folder.path().join("none"), None);
    assert!(matches!(lost, Err(FlashError::FileUnreadable { .. })));
}
