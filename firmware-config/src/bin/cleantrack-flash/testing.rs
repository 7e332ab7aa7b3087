//! In-memory cards with chosen failures, and small images of a box.

use std::io::{self, Cursor};

use firmware_config::{CLAIM_FILE_NAME, ClaimFile};

use crate::card::{CardDevice, CardIdentity};
use crate::image::BLOCK;
use crate::partitions::{SECTOR, find_boot_partition};
use crate::progress::{FlashPhase, FlashProgress};
use crate::volume::{BootFiles as _, CardVolume, VolumeUse};

/// Of a test's image: as on a real one, and as small as FAT16 may be.
pub(crate) const FAT_START: usize = 8_192;
pub(crate) const FAT_SECTORS: usize = 9_000;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CardStep {
    Write(u64, Vec<u8>),
    Sync,
}

pub(crate) struct MemoryCard {
    pub(crate) bytes: Vec<u8>,
    pub(crate) steps: Vec<CardStep>,
    pub(crate) marks: Vec<String>,
    pub(crate) blank: bool,
    pub(crate) needs_larger_card: bool,
    /// From this byte on writes fail, with this error number.
    pub(crate) write_fault: Option<(u64, i32)>,
    /// A byte that reads back changed.
    pub(crate) flipped: Option<usize>,
    pub(crate) when_dropped: Option<fn(&mut MemoryCard)>,
}

impl MemoryCard {
    pub(crate) fn new(bytes: usize) -> Self {
        Self::of(vec![0; bytes])
    }

    pub(crate) fn used(bytes: usize) -> Self {
        Self::of(vec![0xa5; bytes])
    }

    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            steps: Vec::new(),
            marks: vec!["serial 1".to_owned()],
            blank: false,
            needs_larger_card: false,
            write_fault: None,
            flipped: None,
            when_dropped: None,
        }
    }
}

impl CardDevice for MemoryCard {
    fn identity(&mut self) -> io::Result<CardIdentity> {
        Ok(CardIdentity { bytes: self.bytes.len() as u64, marks: self.marks.clone() })
    }

    fn read_at(&mut self, at: u64, into: &mut [u8]) -> io::Result<()> {
        let at = usize::try_from(at).unwrap();
        let found = self.bytes.get(at..at + into.len()).ok_or(io::ErrorKind::UnexpectedEof)?;
        into.copy_from_slice(found);
        if let Some(flipped) = self.flipped.filter(|byte| (at..at + into.len()).contains(byte)) {
            into[flipped - at] ^= 1;
        }
        Ok(())
    }

    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        if let Some((_, errno)) = self.write_fault.filter(|(from, _)| at + bytes.len() as u64 > *from) {
            return Err(io::Error::from_raw_os_error(errno));
        }
        self.steps.push(CardStep::Write(at, bytes.to_vec()));
        let at = usize::try_from(at).unwrap();
        self.bytes.get_mut(at..at + bytes.len()).ok_or(io::ErrorKind::WriteZero)?.copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        self.steps.push(CardStep::Sync);
        Ok(())
    }

    fn drop_cache(&mut self) -> io::Result<()> {
        if let Some(happens) = self.when_dropped.take() {
            happens(self);
        }
        Ok(())
    }

    fn is_blank(&self) -> bool {
        self.blank
    }

    fn needs_larger_card(&self) -> bool {
        self.needs_larger_card
    }
}

#[derive(Default)]
pub(crate) struct NotedProgress {
    pub(crate) phases: Vec<(FlashPhase, Option<u64>)>,
    pub(crate) last: u64,
}

impl FlashProgress for NotedProgress {
    fn begin_phase(&mut self, phase: FlashPhase, total: Option<u64>) {
        self.phases.push((phase, total));
    }

    fn advance_to(&mut self, bytes: u64) {
        self.last = bytes;
    }

    fn end_phases(&mut self) {}
}

/// Bytes that do not repeat soon, and still compress.
pub(crate) fn patterned(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend((state & 0x0f0f_ff0f_0fff_0f0f).to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

/// As the image's build packs: with size and check sum.
pub(crate) fn pack_zstd(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3).unwrap();
    encoder.include_checksum(true).unwrap();
    encoder.set_pledged_src_size(Some(bytes.len() as u64)).unwrap();
    io::Write::write_all(&mut encoder, bytes).unwrap();
    encoder.finish().unwrap()
}

/// As on a box's card, with another partition after the FAT partition.
pub(crate) fn first_sector(start: u32, sectors: u32) -> [u8; SECTOR] {
    let mut sector = [0; SECTOR];
    sector[440..444].copy_from_slice(&0xc1ea_0001_u32.to_le_bytes());
    for (at, active, kind, start, sectors) in
        [(446, 0x80, 0x0c, start, sectors), (462, 0, 0x83, start + sectors, 2_048)]
    {
        sector[at] = active;
        sector[at + 4] = kind;
        sector[at + 8..at + 12].copy_from_slice(&start.to_le_bytes());
        sector[at + 12..at + 16].copy_from_slice(&sectors.to_le_bytes());
    }
    sector[510..].copy_from_slice(&[0x55, 0xaa]);
    sector
}

pub(crate) fn boot_volume(sectors: usize, label: &[u8; 11]) -> Vec<u8> {
    let mut disk = Cursor::new(vec![0; sectors * SECTOR]);
    let options = fatfs::FormatVolumeOptions::new().bytes_per_cluster(512).volume_label(*label);
    fatfs::format_volume(&mut disk, options).unwrap();
    let fat = fatfs::FileSystem::new(&mut disk, fatfs::FsOptions::new()).unwrap();
    let mut loader = fat.root_dir().create_file("u-boot.bin").unwrap();
    io::Write::write_all(&mut loader, &patterned(60_000)).unwrap();
    drop(loader);
    fat.unmount().unwrap();
    disk.into_inner()
}

/// A small box's card: table, boot state, FAT, and a slot with bytes and zeros.
pub(crate) fn box_image() -> Vec<u8> {
    let mut image = vec![0; FAT_START * SECTOR];
    image[..SECTOR].copy_from_slice(&first_sector(8_192, 9_000));
    let state = b"ct_a_left=3\nct_b_left=0\nct_order=AB\nct_trial=none\nct_v=1\nct_z=end\n";
    for sector in [2_048, 2_176] {
        image[sector * SECTOR..sector * SECTOR + state.len()].copy_from_slice(state);
    }
    image.extend(boot_volume(FAT_SECTORS, b"CT-BOOT    "));
    image.extend(patterned(1_048_576));
    image.resize(image.len().next_multiple_of(BLOCK) + BLOCK, 0);
    image
}

pub(crate) const CLAIM: &str = "version = 1\nhostname = \"or-3\"\n\n[wifi]\nssid = \"Hospital IoT\"\n\
    passphrase = \"correct horse\"\ncountry = \"US\"\n";

pub(crate) fn card_claim() -> String {
    ClaimFile::parse(CLAIM.as_bytes()).unwrap().with_hashed_key().to_toml()
}

pub(crate) fn claim_on(card: &mut dyn CardDevice) -> Option<String> {
    let partition = find_boot_partition(card).ok()?;
    let mut volume = CardVolume::open(card, partition, VolumeUse::Look).ok()?;
    let bytes = volume.read_file(CLAIM_FILE_NAME, 100_000).unwrap()?;
    Some(String::from_utf8(bytes).unwrap())
}
