//! Cards that are written whole, interrupted at every step, failing, swapped, too small, and that misreport their data.

use std::path::PathBuf;

use super::*;
use crate::exit::FlashExit;
use crate::partitions::parse_table;
use crate::testing::{
    CardStep, FAT_START, MemoryCard, NotedProgress, box_image, card_claim, claim_on, pack_zstd,
};

struct SavedImage {
    _folder: tempfile::TempDir,
    path: PathBuf,
    bytes: Vec<u8>,
}

fn saved_image() -> SavedImage {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("box.img.zst");
    let bytes = box_image();
    std::fs::write(&path, pack_zstd(&bytes)).unwrap();
    SavedImage { _folder: folder, path, bytes }
}

impl SavedImage {
    fn write(&self, card: &mut MemoryCard) -> Result<WriteReport, FlashError> {
        let image = ImageReader::open(&self.path, None)?;
        write_card(card, image, Some(&card_claim()), &mut NotedProgress::default())
    }

    /// A used card that is somewhat larger than the image.
    fn card(&self) -> MemoryCard {
        MemoryCard::used(self.bytes.len() + 5_000_000)
    }
}

fn can_start(card: &[u8]) -> bool {
    parse_table(&card[..512]).is_some()
}

#[test]
fn a_card_is_the_image_and_its_claim_file() {
    let image = saved_image();
    for blank in [false, true] {
        let mut card = image.card();
        card.blank = blank;
        if blank {
            card.bytes.fill(0);
        }
        let mut progress = NotedProgress::default();
        let open = ImageReader::open(&image.path, None).unwrap();
        let report = write_card(&mut card, open, Some(&card_claim()), &mut progress).unwrap();
        assert_eq!(report.bytes, image.bytes.len() as u64);
        assert_eq!(progress.last, report.bytes);
        let phases: Vec<FlashPhase> = progress.phases.iter().map(|(phase, _)| *phase).collect();
        assert_eq!(phases, [FlashPhase::Writing, FlashPhase::Checking, FlashPhase::Finishing]);
        assert_eq!(claim_on(&mut card), Some(card_claim()));
        // All but the FAT partition is the image itself, and nothing after it changed.
        let fat = FAT_START * 512..(FAT_START + crate::testing::FAT_SECTORS) * 512;
        assert!(card.bytes[..fat.start] == image.bytes[..fat.start]);
        assert!(card.bytes[fat.end..image.bytes.len()] == image.bytes[fat.end..]);
        let behind = if blank { 0 } else { 0xa5 };
        assert!(card.bytes[image.bytes.len()..].iter().all(|&byte| byte == behind));
    }
}

#[test]
fn zeros_are_not_written_where_zeros_are() {
    let image = saved_image();
    let mut card = MemoryCard::new(image.bytes.len());
    image.write(&mut card).unwrap();
    let last = (image.bytes.len() - BLOCK) as u64;
    assert!(!card.steps.iter().any(|step| matches!(step, CardStep::Write(at, _) if *at == last)));
    let mut card = image.card();
    image.write(&mut card).unwrap();
    assert!(card.steps.iter().any(|step| matches!(step, CardStep::Write(at, _) if *at == last)));
}

/// Which of the writes since the last sync reach the card is chance: the first, the last, every other one.
#[test]
fn a_card_that_is_cut_off_anywhere_cannot_start() {
    let image = saved_image();
    let mut whole = image.card();
    image.write(&mut whole).unwrap();
    // Another box's card from before, which could start.
    let before = {
        let mut old = box_image();
        old.resize(whole.bytes.len(), 0x5a);
        old
    };
    let mut durable = before;
    let mut waiting: Vec<(u64, Vec<u8>)> = Vec::new();
    let mut began = false;
    for step in &whole.steps {
        match step {
            CardStep::Write(at, bytes) => waiting.push((*at, bytes.clone())),
            CardStep::Sync => {
                let choices: [fn(usize) -> bool; 4] = [|n| n % 2 == 0, |n| n % 2 == 1, |n| n == 0, |_| true];
                for chosen in choices {
                    let mut cut = durable.clone();
                    for (_, (at, bytes)) in waiting.iter().enumerate().filter(|(n, _)| chosen(*n)) {
                        let at = usize::try_from(*at).unwrap();
                        cut[at..at + bytes.len()].copy_from_slice(bytes);
                    }
                    let is_whole = cut[..image.bytes.len()] == whole.bytes[..image.bytes.len()];
                    assert!(!began || !can_start(&cut) || is_whole, "a card that is half written can start");
                    if is_whole {
                        assert_eq!(claim_on(&mut MemoryCard::of(cut)), Some(card_claim()));
                    }
                }
                for (at, bytes) in waiting.drain(..) {
                    let at = usize::try_from(at).unwrap();
                    durable[at..at + bytes.len()].copy_from_slice(&bytes);
                }
                began = true;
            }
        }
    }
    assert!(waiting.is_empty() && durable[..image.bytes.len()] == whole.bytes[..image.bytes.len()]);
}

#[test]
fn a_dying_card_names_where_and_cannot_start() {
    let image = saved_image();
    for from in (0..image.bytes.len() as u64).step_by(BLOCK) {
        for (errno, removed) in [(5, false), (19, true)] {
            let mut card = image.card();
            card.write_fault = Some((from, errno));
            let error = image.write(&mut card).unwrap_err();
            assert_eq!(matches!(error, FlashError::CardRemoved { .. }), removed, "{from}: {error}");
            assert_eq!(matches!(error, FlashError::CardUnwritable { .. }), !removed, "{from}: {error}");
            assert!(!can_start(&card.bytes), "{from}");
        }
    }
}

#[test]
fn a_byte_that_reads_back_otherwise_is_found() {
    let image = saved_image();
    for at in [0, 511, 1_048_577, BLOCK + 5, BLOCK + 3_000_000, 2 * BLOCK + 1, image.bytes.len() - 1] {
        let mut card = image.card();
        card.flipped = Some(at);
        let error = image.write(&mut card).unwrap_err();
        let expected = match at {
            // The first block is compared when it is already emptied.
            0..BLOCK => matches!(error, FlashError::CardSwapped | FlashError::CardDiffers { at: 0 }),
            _ => {
                matches!(error, FlashError::CardDiffers { at: found } if found == (at / BLOCK * BLOCK) as u64)
            }
        };
        assert!(expected, "{at}: {error}");
        assert!(!can_start(&card.bytes), "{at}");
    }
}

#[test]
fn another_card_in_the_reader_is_noticed() {
    let image = saved_image();
    let swaps: [fn(&mut MemoryCard); 3] = [
        |card| card.marks = vec!["serial 2".to_owned()],
        |card| card.bytes.truncate(card.bytes.len() - 512),
        |card| card.bytes[77] = 1,
    ];
    for swap in swaps {
        let mut card = image.card();
        card.when_dropped = Some(swap);
        assert!(matches!(image.write(&mut card), Err(FlashError::CardSwapped)));
    }
}

#[test]
fn a_card_that_is_too_small_is_not_touched() {
    let image = saved_image();
    let mut short = MemoryCard::used(image.bytes.len() - 512);
    assert!(matches!(image.write(&mut short), Err(FlashError::CardTooSmall { .. })));
    let mut without_spare = image.card();
    without_spare.needs_larger_card = true;
    let error = image.write(&mut without_spare).unwrap_err();
    assert!(
        matches!(error, FlashError::CardTooSmall { needed, .. } if needed == image.bytes.len() as u64 + SPARE_BYTES)
    );
    assert!(short.steps.is_empty() && without_spare.steps.is_empty());
    // An image that does not state its size shows it on the way.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("stream.zst");
    let packed = zstd::stream::encode_all(&image.bytes[..], 1).unwrap();
    std::fs::write(&path, packed).unwrap();
    let open = ImageReader::open(&path, None).unwrap();
    assert_eq!(open.total, None);
    let outcome = write_card(&mut short, open, None, &mut NotedProgress::default());
    assert!(matches!(outcome, Err(FlashError::CardTooSmall { .. })));
    assert!(!can_start(&short.bytes));
}

#[test]
fn a_damaged_image_leaves_a_card_that_cannot_start() {
    let image = saved_image();
    let packed = std::fs::read(&image.path).unwrap();
    std::fs::write(&image.path, &packed[..packed.len() - 100]).unwrap();
    let mut card = image.card();
    let error = image.write(&mut card).unwrap_err();
    assert_eq!(error.exit(), FlashExit::Input);
    assert_eq!(
        error.to_string(),
        format!(
            "{} is damaged: it ends too early. Download it again. \
             The card was written in part: it cannot start until it is written again, whole",
            image.path.display()
        )
    );
    assert!(!can_start(&card.bytes));
    std::fs::write(&image.path, &packed).unwrap();
    let open = ImageReader::open(&image.path, Some(&"0".repeat(64))).unwrap();
    let outcome = write_card(&mut card, open, None, &mut NotedProgress::default());
    let Err(FlashError::CardUnfinished { source }) = &outcome else { panic!("{outcome:?}") };
    assert!(matches!(**source, FlashError::ImageDigest { .. }), "{source}");
    assert!(!can_start(&card.bytes));
}

#[test]
fn an_image_of_something_else_gets_no_claim_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("other.img");
    std::fs::write(&path, vec![7; BLOCK + 512]).unwrap();
    let mut card = MemoryCard::used(2 * BLOCK);
    let open = ImageReader::open(&path, None).unwrap();
    let outcome = write_card(&mut card, open, Some("version = 1"), &mut NotedProgress::default());
    assert!(matches!(outcome, Err(FlashError::NoBootPartition)));
    let open = ImageReader::open(&path, None).unwrap();
    assert!(write_card(&mut card, open, None, &mut NotedProgress::default()).is_ok());
    assert!(card.bytes[..BLOCK + 512].iter().all(|&byte| byte == 7));
}

/// The FAT as another program sees it.
#[test]
fn fsck_finds_nothing_to_repair() {
    let image = saved_image();
    let mut card = image.card();
    image.write(&mut card).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fat.img");
    let fat = FAT_START * 512..(FAT_START + crate::testing::FAT_SECTORS) * 512;
    std::fs::write(&path, &card.bytes[fat]).unwrap();
    // Part of dosfstools, which nothing else here needs.
    let Ok(output) = std::process::Command::new("fsck.vfat").arg("-n").arg(&path).output() else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
