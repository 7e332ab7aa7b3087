//! A card's partition table: MBR, which is all that a Raspberry Pi's boot ROM reads.

use std::fmt;

use crate::card::{CardDevice, read_fault};
use crate::error::FlashError;
use crate::sizes::describe_bytes;

pub(crate) const SECTOR: usize = 512;
pub(crate) const SECTOR_BYTES: u64 = SECTOR as u64;
/// The two copies of the boot state, one sector of text each.
const BOOT_STATES: [u64; 2] = [2_048, 2_176];
const BOOT_STATE_END: &str = "ct_z=end\n";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CardPartition {
    pub(crate) number: usize,
    pub(crate) kind: u8,
    pub(crate) is_active: bool,
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

impl CardPartition {
    /// FAT16 and FAT32 as the boot ROM takes them.
    pub(crate) fn is_fat(&self) -> bool {
        [0x01, 0x04, 0x06, 0x0b, 0x0c, 0x0e].contains(&self.kind)
    }
}

impl fmt::Display for CardPartition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            _ if self.is_fat() => "FAT",
            0x83 => "Linux",
            0xda => "data, not made yet",
            _ => "other",
        };
        let active = if self.is_active { ", starts from it" } else { "" };
        let (start, bytes) = (self.start / SECTOR_BYTES, describe_bytes(self.bytes));
        write!(f, "{}  {kind} (type {:02x}{active})  {bytes} from sector {start}", self.number, self.kind)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PartitionTable {
    pub(crate) disk_id: u32,
    pub(crate) partitions: Vec<CardPartition>,
}

fn number_at(sector: &[u8], at: usize) -> u32 {
    let bytes = sector.get(at..at + 4).and_then(|bytes| bytes.try_into().ok());
    u32::from_le_bytes(bytes.unwrap_or_default())
}

fn read_partition(sector: &[u8], number: usize) -> CardPartition {
    let at = 430 + 16 * number;
    CardPartition {
        number,
        kind: sector.get(at + 4).copied().unwrap_or(0),
        is_active: sector.get(at) == Some(&0x80),
        start: u64::from(number_at(sector, at + 8)) * SECTOR_BYTES,
        bytes: u64::from(number_at(sector, at + 12)) * SECTOR_BYTES,
    }
}

pub(crate) fn parse_table(sector: &[u8]) -> Option<PartitionTable> {
    if sector.get(510..512) != Some(&[0x55, 0xaa]) {
        return None;
    }
    let partitions: Vec<CardPartition> = (1..=4)
        .map(|number| read_partition(sector, number))
        .filter(|partition| partition.kind != 0 && partition.bytes > 0)
        .collect();
    (!partitions.is_empty()).then(|| PartitionTable { disk_id: number_at(sector, 440), partitions })
}

pub(crate) fn read_table(card: &mut dyn CardDevice) -> Result<Option<PartitionTable>, FlashError> {
    let mut sector = [0; SECTOR];
    match card.read_at(0, &mut sector) {
        Ok(()) => Ok(parse_table(&sector)),
        Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => Ok(None),
        Err(e) => Err(read_fault(0)(e)),
    }
}

pub(crate) fn find_boot_partition(card: &mut dyn CardDevice) -> Result<CardPartition, FlashError> {
    let table = read_table(card)?.ok_or(FlashError::NoBootPartition)?;
    table.partitions.into_iter().find(CardPartition::is_fat).ok_or(FlashError::NoBootPartition)
}

/// A card that ends before its partitions do starts no box: the image was cut short, or the card is smaller.
pub(crate) fn check_partition_ends(card: &mut dyn CardDevice) -> Result<(), FlashError> {
    let Some(table) = read_table(card)? else { return Ok(()) };
    let found = card.identity().map_err(read_fault(0))?.bytes;
    let ends = table.partitions.iter().map(|partition| partition.start.saturating_add(partition.bytes));
    let needed = ends.max().unwrap_or(0);
    if found < needed { Err(FlashError::CardCut { found, needed }) } else { Ok(()) }
}

/// Which slot starts next, from the first intact copy of the boot state.
pub(crate) fn read_boot_state(card: &mut dyn CardDevice) -> Option<String> {
    BOOT_STATES.into_iter().find_map(|sector| {
        let mut bytes = [0; SECTOR];
        card.read_at(sector * SECTOR_BYTES, &mut bytes).ok()?;
        describe_boot_state(&bytes)
    })
}

fn describe_boot_state(sector: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(sector).ok()?.trim_end_matches('\0');
    let whole = text.ends_with(BOOT_STATE_END) && find_value(text, "ct_v") == Some("1");
    let order = find_value(text, "ct_order").filter(|order| whole && ["AB", "BA"].contains(order))?;
    let (a, b) = (find_value(text, "ct_a_left")?, find_value(text, "ct_b_left")?);
    let trial = match find_value(text, "ct_trial")? {
        "none" => "no update on trial".to_owned(),
        slot => format!("slot {slot} on trial"),
    };
    Some(format!("starts from slot {}, tries left: A {a}, B {b}; {trial}", &order[..1]))
}

fn find_value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MemoryCard, first_sector};

    #[test]
    fn the_boxs_own_table() {
        let table = parse_table(&first_sector(8_192, 262_144)).unwrap();
        assert_eq!(table.disk_id, 0xc1ea_0001);
        assert_eq!(table.partitions.len(), 2);
        let text = table.partitions[0].to_string();
        assert_eq!(text, "1  FAT (type 0c, starts from it)  134.2 MB from sector 8192");
        assert!(!table.partitions[1].is_fat());
    }

    #[test]
    fn no_table() {
        assert_eq!(parse_table(&[0; SECTOR]), None);
        assert_eq!(parse_table(&[0x55, 0xaa]), None);
        let mut empty = [0; SECTOR];
        empty[510..].copy_from_slice(&[0x55, 0xaa]);
        assert_eq!(parse_table(&empty), None);
        let mut small = MemoryCard::new(100);
        assert!(matches!(find_boot_partition(&mut small), Err(FlashError::NoBootPartition)));
    }

    #[test]
    fn the_first_whole_copy_of_the_boot_state_counts() {
        let mut card = MemoryCard::new(2 * 1024 * 1024);
        assert_eq!(read_boot_state(&mut card), None);
        let state = b"ct_a_left=3\nct_b_left=0\nct_order=AB\nct_trial=none\nct_v=1\nct_z=end\n";
        let second = 2_176 * SECTOR;
        card.bytes[second..second + state.len()].copy_from_slice(state);
        let text = "starts from slot A, tries left: A 3, B 0; no update on trial";
        assert_eq!(read_boot_state(&mut card).as_deref(), Some(text));
        let cut = b"ct_a_left=1\nct_b_left=2\nct_order=BA\nct_trial=B\nct_v=1\nct_z=";
        let first = 2_048 * SECTOR;
        card.bytes[first..first + cut.len()].copy_from_slice(cut);
        assert_eq!(read_boot_state(&mut card).as_deref(), Some(text));
        card.bytes[first + cut.len()..first + cut.len() + 4].copy_from_slice(b"end\n");
        let text = "starts from slot B, tries left: A 1, B 2; slot B on trial";
        assert_eq!(read_boot_state(&mut card).as_deref(), Some(text));
    }
}
