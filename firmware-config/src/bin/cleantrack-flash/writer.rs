//! Writes an image to a card, in an order that leaves an interrupted card unable to start rather than partly working.
//!
//! The first block, which holds the partition table, is emptied; all others are written and read back; then the claim file is
//! put into the FAT partition; then the first block follows, and of that the first sector last. A card that starts is a
//! card that is whole, with its claim file.

use std::io;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use firmware_config::CLAIM_FILE_NAME;
use sha2::{Digest as _, Sha256};

use crate::card::{CardDevice, CardIdentity, read_fault, write_fault};
use crate::error::FlashError;
use crate::image::{BLOCK, BLOCK_BYTES, BlockSum, ImageReader, ImageSummary};
use crate::partitions::{SECTOR, SECTOR_BYTES, find_boot_partition};
use crate::progress::{FlashPhase, FlashProgress};
use crate::volume::{BootFiles as _, CardVolume, VolumeUse, replace_claim};

/// What a box's data partition needs at least.
const SPARE_BYTES: u64 = 1024 * 1024 * 1024;
const BLOCKS_AHEAD: usize = 3;
/// Written between two syncs, so that the speed shown is the card's and not the page cache's.
const SYNC_EVERY: u64 = 64 * 1024 * 1024;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WriteReport {
    pub(crate) bytes: u64,
    pub(crate) image: ImageSummary,
}

struct ImageBlock {
    bytes: Vec<u8>,
    sum: BlockSum,
}

/// The blocks after the first one as they must read back, and the first one itself.
struct WrittenBlocks {
    first: Vec<u8>,
    sums: Vec<(u64, usize, BlockSum)>,
    bytes: u64,
}

/// Reads back everything.
pub(crate) fn write_card(
    card: &mut dyn CardDevice,
    image: ImageReader,
    claim: Option<&str>,
    progress: &mut dyn FlashProgress,
) -> Result<WriteReport, FlashError> {
    let identity = card.identity().map_err(read_fault(0))?;
    let total = image.total;
    let spare = if card.needs_larger_card() { SPARE_BYTES } else { 0 };
    require_size(&identity, total.unwrap_or(BLOCK_BYTES) + spare)?;
    if !card.is_blank() {
        card.write_at(0, &vec![0; BLOCK]).map_err(write_fault(0))?;
        card.sync().map_err(write_fault(0))?;
    }
    progress.begin_phase(FlashPhase::Writing, total);
    let (mut written, summary) = std::thread::scope(|scope| {
        let (sender, blocks) = sync_channel(BLOCKS_AHEAD);
        let reader = scope.spawn(move || send_blocks(image, &sender));
        let written = write_blocks(card, &identity, spare, blocks, progress);
        let summary = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        match (written, summary) {
            // The blocks ended because the image is damaged. Of a new file nothing is kept.
            (_, Err(e)) if card.is_blank() => Err(e),
            (_, Err(e)) => Err(FlashError::CardUnfinished { source: Box::new(e) }),
            (Err(e), Ok(_)) => Err(e),
            (Ok(written), Ok(summary)) => Ok((written, summary)),
        }
    })?;
    progress.begin_phase(FlashPhase::Checking, Some(written.bytes));
    check_blocks(card, &identity, &written, progress)?;
    progress.begin_phase(FlashPhase::Finishing, None);
    if let Some(claim) = claim {
        add_claim(&mut PendingCard { card: &mut *card, first: &mut written.first }, claim)?;
    }
    write_first(card, &written.first)?;
    progress.end_phases();
    Ok(WriteReport { bytes: written.bytes, image: summary })
}

fn require_size(identity: &CardIdentity, needed: u64) -> Result<(), FlashError> {
    let found = identity.bytes;
    if found < needed { Err(FlashError::CardTooSmall { found, needed }) } else { Ok(()) }
}

fn send_blocks(mut image: ImageReader, blocks: &SyncSender<ImageBlock>) -> Result<ImageSummary, FlashError> {
    loop {
        let mut bytes = Vec::new();
        image.read_block(&mut bytes)?;
        if bytes.is_empty() {
            return image.finish();
        }
        let sum = Sha256::digest(&bytes).into();
        if blocks.send(ImageBlock { bytes, sum }).is_err() {
            // The writer stopped, and has the error.
            return Ok(ImageSummary { file_bytes: 0, file_sum: String::new() });
        }
    }
}

fn write_blocks(
    card: &mut dyn CardDevice,
    identity: &CardIdentity,
    spare: u64,
    blocks: Receiver<ImageBlock>,
    progress: &mut dyn FlashProgress,
) -> Result<WrittenBlocks, FlashError> {
    let mut written = WrittenBlocks { first: Vec::new(), sums: Vec::new(), bytes: 0 };
    let mut unsynced = 0;
    for block in blocks {
        let (at, length) = (written.bytes, block.bytes.len());
        written.bytes += length as u64;
        require_size(identity, written.bytes + spare)?;
        if at == 0 {
            written.first = block.bytes;
        } else {
            if !reads_zeros(card, at, &block.bytes) {
                card.write_at(at, &block.bytes).map_err(write_fault(at))?;
            }
            written.sums.push((at, length, block.sum));
            unsynced += length as u64;
        }
        if unsynced >= SYNC_EVERY {
            card.sync().map_err(write_fault(at))?;
            unsynced = 0;
        }
        progress.advance_to(written.bytes);
    }
    card.sync().map_err(write_fault(written.bytes))?;
    Ok(written)
}

/// Whether zeros need not be written where the card already reads zeros: a card reads several times as fast as it writes.
fn reads_zeros(card: &mut dyn CardDevice, at: u64, bytes: &[u8]) -> bool {
    if card.is_blank() || !is_empty(bytes) {
        return false;
    }
    let mut found = vec![1; bytes.len()];
    card.read_at(at, &mut found).is_ok() && is_empty(&found)
}

fn is_empty(bytes: &[u8]) -> bool {
    bytes.iter().all(|&byte| byte == 0)
}

fn check_blocks(
    card: &mut dyn CardDevice,
    identity: &CardIdentity,
    written: &WrittenBlocks,
    progress: &mut dyn FlashProgress,
) -> Result<(), FlashError> {
    card.drop_cache().map_err(read_fault(0))?;
    if card.identity().map_err(read_fault(0))? != *identity {
        return Err(FlashError::CardSwapped);
    }
    if !card.is_blank() {
        let mut first = vec![1; BLOCK];
        card.read_at(0, &mut first).map_err(read_fault(0))?;
        if !is_empty(&first) {
            return Err(FlashError::CardSwapped);
        }
    }
    let mut block = vec![0; BLOCK];
    for (at, length, sum) in &written.sums {
        let bytes = block.get_mut(..*length).unwrap_or_default();
        card.read_at(*at, bytes).map_err(read_fault(*at))?;
        if BlockSum::from(Sha256::digest(&*bytes)) != *sum {
            return Err(FlashError::CardDiffers { at: *at });
        }
        progress.advance_to(at + *length as u64);
    }
    Ok(())
}

/// A card whose first block is still in memory.
struct PendingCard<'a> {
    card: &'a mut dyn CardDevice,
    first: &'a mut Vec<u8>,
}

impl PendingCard<'_> {
    /// How much of a range is in the first block, and where.
    fn split(&self, at: u64, length: usize) -> (usize, usize) {
        let from = usize::try_from(at).unwrap_or(usize::MAX).min(self.first.len());
        (from, (self.first.len() - from).min(length))
    }
}

impl CardDevice for PendingCard<'_> {
    fn identity(&mut self) -> io::Result<CardIdentity> {
        self.card.identity()
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let (from, length) = self.split(at, into.len());
        let (front, back) = into.split_at_mut(length);
        front.copy_from_slice(self.first.get(from..from + length).unwrap_or_default());
        if back.is_empty() { Ok(()) } else { self.card.read_at(at + length as u64, back) }
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        let (from, length) = self.split(at, bytes.len());
        let (front, back) = bytes.split_at(length);
        self.first.get_mut(from..from + length).unwrap_or_default().copy_from_slice(front);
        if back.is_empty() { Ok(()) } else { self.card.write_at(at + length as u64, back) }
    }

    fn sync(&mut self) -> io::Result<()> {
        self.card.sync()
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        self.card.drop_cache()
    }

    fn is_blank(&self) -> bool {
        self.card.is_blank()
    }

    fn needs_larger_card(&self) -> bool {
        self.card.needs_larger_card()
    }
}

pub(crate) fn add_claim(card: &mut dyn CardDevice, claim: &str) -> Result<(), FlashError> {
    let partition = find_boot_partition(card)?;
    let mut volume = CardVolume::open(card, partition, VolumeUse::Change)?;
    replace_claim(&mut volume, claim)?;
    volume.close()?;
    let at = partition.start;
    card.sync().map_err(write_fault(at))?;
    card.drop_cache().map_err(read_fault(at))?;
    let mut volume = CardVolume::open(card, partition, VolumeUse::Look)?;
    match volume.read_file(CLAIM_FILE_NAME, claim.len() + 1)? {
        Some(found) if found == claim.as_bytes() => Ok(()),
        _ => Err(FlashError::CardDiffers { at }),
    }
}

/// Last: with its first sector a card can start.
fn write_first(card: &mut dyn CardDevice, first: &[u8]) -> Result<(), FlashError> {
    let (sector, rest) = first.split_at(first.len().min(SECTOR));
    card.write_at(SECTOR_BYTES, rest).map_err(write_fault(SECTOR_BYTES))?;
    card.sync().map_err(write_fault(SECTOR_BYTES))?;
    card.write_at(0, sector).map_err(write_fault(0))?;
    card.sync().map_err(write_fault(0))?;
    card.drop_cache().map_err(read_fault(0))?;
    let mut found = vec![0; first.len()];
    card.read_at(0, &mut found).map_err(read_fault(0))?;
    if found == first { Ok(()) } else { Err(FlashError::CardDiffers { at: 0 }) }
}

#[cfg(test)]
mod tests;
