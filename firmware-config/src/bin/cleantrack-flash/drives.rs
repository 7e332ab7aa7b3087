//! The machine's drives as Linux lists them, and why one is not written to.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::FlashError;
use crate::sizes::describe_bytes;

/// The kernel counts in these, whatever the drive does.
const SECTOR: u64 = 512;
/// No box needs a larger card, and an external disk with somebody's files often is one.
const CARD_BYTES_MAX: u64 = 256_060_514_304;
/// Block devices that are no drives.
const VIRTUAL: [&str; 8] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"];
/// Where a system lives.
const SYSTEM_MOUNTS: [&str; 6] = ["/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var"];

/// Where the kernel tells of drives; a folder of a test's own stands for it there.
#[derive(Debug, Clone)]
pub(crate) struct DriveTree {
    pub(crate) sys: PathBuf,
    pub(crate) proc: PathBuf,
    pub(crate) dev: PathBuf,
}

impl DriveTree {
    /// The machine's own.
    pub(crate) fn of_machine() -> Self {
        Self { sys: "/sys".into(), proc: "/proc".into(), dev: "/dev".into() }
    }
}

/// How a drive is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DriveBus {
    Usb,
    /// A card slot of the machine.
    Mmc,
    Other,
}

impl fmt::Display for DriveBus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Usb => "USB",
            Self::Mmc => "card slot",
            Self::Other => "built in",
        })
    }
}

/// Why a drive is not written to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DriveRefusal {
    #[error("this machine runs from it ({at})")]
    System { at: String },
    #[error("it is mounted at {at}: unmount it first, or use `inject` with that folder")]
    Mounted { at: String },
    #[error("this machine swaps to {part}")]
    Swap { part: String },
    #[error("{holder} is made of it (LVM, RAID or encryption)")]
    Held { holder: String },
    #[error("it is write-protected: look at the card's little slide")]
    ReadOnly,
    #[error("there is no card in it")]
    Empty,
    #[error("it is no card reader: it is built in. If it is meant, add --force-bytes {bytes}")]
    BuiltIn { bytes: u64 },
    #[error("it holds {}, more than any card for a box. If it is meant, add --force-bytes {bytes}", describe_bytes(*bytes))]
    TooLarge { bytes: u64 },
    #[error("it is a partition: name the whole drive, {whole}")]
    Partition { whole: String },
}

impl DriveRefusal {
    /// Whether naming the drive's very size lifts it.
    fn is_lifted(&self, force_bytes: Option<u64>) -> bool {
        match self {
            Self::BuiltIn { bytes } | Self::TooLarge { bytes } => force_bytes == Some(*bytes),
            _ => false,
        }
    }
}

/// One drive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardDrive {
    /// Such as `sdb`.
    pub(crate) name: String,
    /// Such as `/dev/sdb`.
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) model: String,
    pub(crate) bus: DriveBus,
    /// All reasons not to write to it.
    pub(crate) refusals: Vec<DriveRefusal>,
}

impl CardDrive {
    /// The first reason that stands against writing to it.
    pub(crate) fn refusal(&self, force_bytes: Option<u64>) -> Option<&DriveRefusal> {
        self.refusals.iter().find(|refusal| !refusal.is_lifted(force_bytes))
    }
}

impl fmt::Display for CardDrive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, size) = (self.path.display(), describe_bytes(self.bytes));
        write!(f, "{path}  {size}  {}  {}", self.bus, self.model)
    }
}

/// By what the card in a drive is known again.
#[cfg(target_os = "linux")]
#[derive(Debug, Clone)]
pub(crate) struct DriveMarks {
    files: Vec<PathBuf>,
}

#[cfg(target_os = "linux")]
impl DriveMarks {
    pub(crate) fn of(drive: &CardDrive, tree: &DriveTree) -> Self {
        let block = tree.sys.join("block").join(&drive.name);
        Self {
            files: ["device/serial", "device/cid", "diskseq", "size"].map(|file| block.join(file)).to_vec(),
        }
    }

    /// What the kernel says now; nothing where it says nothing.
    pub(crate) fn read(&self) -> Vec<String> {
        self.files.iter().map(|file| read_line(file)).collect()
    }
}

fn read_line(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default().trim().to_owned()
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    names
}

/// A line of mountinfo: which device is mounted where.
struct MountLine {
    number: String,
    source: String,
    at: String,
}

fn read_mounts(tree: &DriveTree) -> Result<Vec<MountLine>, FlashError> {
    let path = tree.proc.join("self/mountinfo");
    // Without it no drive is known to be free.
    let text = fs::read_to_string(&path)
        .map_err(|source| FlashError::FileUnreadable { path: path.clone(), source })?;
    let mut mounts = Vec::new();
    for line in text.lines() {
        let (front, back) = line.split_once(" - ").unwrap_or((line, ""));
        let mut fields = front.split(' ');
        let (Some(number), Some(at)) = (fields.nth(2), fields.nth(1)) else { continue };
        let source = back.split(' ').nth(1).unwrap_or_default();
        mounts.push(MountLine {
            number: number.to_owned(),
            source: source.to_owned(),
            at: at.replace("\\040", " "),
        });
    }
    Ok(mounts)
}

fn read_swaps(tree: &DriveTree) -> BTreeSet<String> {
    let text = fs::read_to_string(tree.proc.join("swaps")).unwrap_or_default();
    let first = text.lines().skip(1).filter_map(|line| line.split_whitespace().next());
    first.map(ToOwned::to_owned).collect()
}

/// A drive or one of its partitions.
struct DrivePart {
    name: String,
    number: String,
    holders: Vec<String>,
}

fn parts_of(block: &Path, name: &str) -> Vec<DrivePart> {
    let of = |folder: &Path, name: &str| DrivePart {
        name: name.to_owned(),
        number: read_line(&folder.join("dev")),
        holders: names_in(&folder.join("holders")),
    };
    let inner = names_in(block).into_iter().filter(|part| block.join(part).join("partition").exists());
    let mut parts = vec![of(block, name)];
    parts.extend(inner.map(|part| of(&block.join(&part), &part)));
    parts
}

/// What of the machine uses a drive.
fn uses_of(parts: &[DrivePart], tree: &DriveTree, mounts: &[MountLine]) -> Vec<DriveRefusal> {
    let swaps = read_swaps(tree);
    let mut refusals = Vec::new();
    for part in parts {
        let path = format!("/dev/{}", part.name);
        // Btrfs shows a number of its own; its source names the device.
        let own = mounts.iter().filter(|mount| mount.number == part.number || mount.source == path);
        for mount in own {
            let at = mount.at.clone();
            let is_system = SYSTEM_MOUNTS.contains(&at.as_str());
            refusals.push(if is_system { DriveRefusal::System { at } } else { DriveRefusal::Mounted { at } });
        }
        if swaps.contains(&path) {
            refusals.push(DriveRefusal::Swap { part: path });
        }
        refusals.extend(part.holders.iter().map(|holder| DriveRefusal::Held { holder: holder.clone() }));
    }
    // What must never be lifted comes first.
    refusals.sort_by_key(|refusal| !matches!(refusal, DriveRefusal::System { .. }));
    refusals
}

fn model_of(block: &Path) -> String {
    let device = block.join("device");
    let texts = ["vendor", "model", "name"].map(|file| read_line(&device.join(file)));
    let texts: Vec<&str> = texts.iter().map(String::as_str).filter(|text| !text.is_empty()).collect();
    texts.join(" ")
}

fn bus_of(block: &Path) -> DriveBus {
    let Ok(real) = fs::canonicalize(block) else { return DriveBus::Other };
    let mut names = real.iter().filter_map(|part| part.to_str());
    names
        .find_map(|part| match part {
            part if part.starts_with("usb") => Some(DriveBus::Usb),
            part if part.starts_with("mmc_host") => Some(DriveBus::Mmc),
            _ => None,
        })
        .unwrap_or(DriveBus::Other)
}

fn read_drive(tree: &DriveTree, name: &str, mounts: &[MountLine]) -> CardDrive {
    let block = tree.sys.join("block").join(name);
    let bytes = read_line(&block.join("size")).parse::<u64>().unwrap_or(0).saturating_mul(SECTOR);
    let bus = bus_of(&block);
    let mut refusals = uses_of(&parts_of(&block, name), tree, mounts);
    if bytes == 0 {
        refusals.push(DriveRefusal::Empty);
    }
    if read_line(&block.join("ro")) == "1" {
        refusals.push(DriveRefusal::ReadOnly);
    }
    // Card slots of laptops are not marked as removable, nor are many USB adapters.
    if read_line(&block.join("removable")) != "1" && bus == DriveBus::Other {
        refusals.push(DriveRefusal::BuiltIn { bytes });
    }
    if bytes > CARD_BYTES_MAX {
        refusals.push(DriveRefusal::TooLarge { bytes });
    }
    let path = tree.dev.join(name);
    CardDrive { name: name.to_owned(), path, bytes, model: model_of(&block), bus, refusals }
}

/// Every drive of the machine, card readers first.
pub(crate) fn list_drives(tree: &DriveTree) -> Result<Vec<CardDrive>, FlashError> {
    if !tree.sys.join("block").exists() {
        return Err(FlashError::SystemUnsupported);
    }
    let mounts = read_mounts(tree)?;
    let names = names_in(&tree.sys.join("block")).into_iter().filter(|name| {
        let hidden = name.contains("boot") || name.contains("rpmb");
        !hidden && !VIRTUAL.iter().any(|kind| name.starts_with(kind))
    });
    let mut drives: Vec<CardDrive> = names.map(|name| read_drive(tree, &name, &mounts)).collect();
    drives.sort_by_key(|drive| drive.bus == DriveBus::Other);
    Ok(drives)
}

/// The drive of this path, such as `/dev/sdb` or a link to it below `/dev/disk`.
pub(crate) fn find_drive(tree: &DriveTree, path: &Path) -> Result<CardDrive, FlashError> {
    let shown = path.display().to_string();
    if !tree.sys.join("block").exists() {
        return Err(FlashError::SystemUnsupported);
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let inside = real
        .strip_prefix(&tree.dev)
        .ok()
        .and_then(Path::to_str)
        .filter(|name| !name.is_empty() && !name.contains('/'));
    let Some(name) = inside else { return Err(FlashError::NoDrive(shown)) };
    if tree.sys.join("block").join(name).exists() {
        return Ok(read_drive(tree, name, &read_mounts(tree)?));
    }
    let drives = names_in(&tree.sys.join("block"));
    let whole = drives.iter().find(|drive| tree.sys.join("block").join(drive).join(name).exists());
    match whole {
        Some(whole) => {
            let whole = tree.dev.join(whole).display().to_string();
            Err(FlashError::Refused { name: shown, refusal: DriveRefusal::Partition { whole } })
        }
        None => Err(FlashError::NoDrive(shown)),
    }
}

/// The same, if it may be written to.
pub(crate) fn require_drive(
    tree: &DriveTree,
    path: &Path,
    force_bytes: Option<u64>,
) -> Result<CardDrive, FlashError> {
    let drive = find_drive(tree, path)?;
    match drive.refusal(force_bytes) {
        None => Ok(drive),
        Some(refusal) => {
            Err(FlashError::Refused { name: path.display().to_string(), refusal: refusal.clone() })
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
