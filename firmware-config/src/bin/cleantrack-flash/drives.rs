//! The machine's drives as Linux lists them, and why one is not written to.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{DriveRefusal, FlashError};
use crate::sizes::describe_bytes;

const SECTOR: u64 = 512;
/// No box needs a larger card, and larger drives are often external disks with files.
const CARD_BYTES_MAX: u64 = 256_060_514_304;
const VIRTUAL: [&str; 8] = ["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd"];
const SYSTEM_MOUNTS: [&str; 6] = ["/", "/boot", "/boot/efi", "/boot/firmware", "/usr", "/var"];

/// Where the kernel lists drives; a test has a folder of its own.
#[derive(Debug, Clone)]
pub(crate) struct DriveTree {
    pub(crate) sys: PathBuf,
    pub(crate) proc: PathBuf,
    pub(crate) dev: PathBuf,
}

impl DriveTree {
    pub(crate) fn of_machine() -> Self {
        Self { sys: "/sys".into(), proc: "/proc".into(), dev: "/dev".into() }
    }
}

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

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CardDrive {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) model: String,
    pub(crate) bus: DriveBus,
    /// All reasons not to write to it.
    pub(crate) refusals: Vec<DriveRefusal>,
}

impl CardDrive {
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

    /// Empty where the kernel knows nothing.
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

struct MountLine {
    number: String,
    source: String,
    at: String,
}

fn read_mounts(tree: &DriveTree) -> Result<Vec<MountLine>, FlashError> {
    let path = tree.proc.join("self/mountinfo");
    // Without it no drive is known to be unused.
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

struct DrivePart {
    name: String,
    number: String,
    holders: Vec<String>,
}

fn read_part(folder: &Path, name: &str) -> DrivePart {
    DrivePart {
        name: name.to_owned(),
        number: read_line(&folder.join("dev")),
        holders: names_in(&folder.join("holders")),
    }
}

fn parts_of(block: &Path, name: &str) -> Vec<DrivePart> {
    let inner = names_in(block).into_iter().filter(|part| block.join(part).join("partition").exists());
    let mut parts = vec![read_part(block, name)];
    parts.extend(inner.map(|part| read_part(&block.join(&part), &part)));
    parts
}

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
    // Reasons that must never be lifted come first.
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

/// A path such as `/dev/sdb`, or a link to it below `/dev/disk`.
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
