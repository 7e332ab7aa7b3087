//! What the machine reports below `/sys` and `/proc`: power, heat, memory, its storage and how worn that is.

use std::path::{Path, PathBuf};

use super::facts::{MemoryFact, PowerFact, StorageFacts, WearFact};
use crate::disk_space::DiskSpace;

/// Bytes of a file of the kernel's that are looked at.
const READ_BYTES_MAX: usize = 256 * 1024;
/// Bits of the Raspberry Pi firmware's word: the voltage is too low now, and was since the start.
const LOW_NOW: u32 = 1;
const LOW_BEFORE: u32 = 1 << 16;
/// A storage that has used more of its life than it was made for.
const WEAR_EXCEEDED: u64 = 11;
/// Its reserve of good blocks is nearly gone.
const RESERVE_URGENT: u64 = 3;

/// Where the machine's own files are: `/`, and a folder in tests.
#[derive(Debug, Clone)]
pub struct MachineRoot {
    path: PathBuf,
}

impl MachineRoot {
    pub fn of_system() -> Self {
        Self::at(Path::new("/"))
    }

    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// A folder of this machine: below the root, unless it is named from where the program runs.
    fn find_folder(&self, folder: &Path) -> PathBuf {
        folder.strip_prefix("/").map_or_else(|_| folder.to_owned(), |below| self.path.join(below))
    }

    /// A file's text; nothing where it cannot be read.
    pub fn read_text(&self, name: &str) -> Option<String> {
        use std::io::Read as _;
        let file = std::fs::File::open(self.join(name)).ok()?;
        let mut bytes = Vec::new();
        file.take(READ_BYTES_MAX as u64).read_to_end(&mut bytes).ok()?;
        Some(String::from_utf8_lossy(&bytes).trim_matches(['\0', '\n', ' ']).to_owned())
    }

    pub(super) fn read_number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.read_text(name)?.parse().ok()
    }

    pub(super) fn list_names(&self, folder: &str) -> Vec<String> {
        let entries = std::fs::read_dir(self.join(folder)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.sort();
        names
    }
}

/// The supply's voltage: as the Raspberry Pi's firmware or the kernel's sensor reports it.
pub fn read_power(root: &MachineRoot) -> PowerFact {
    if let Some(word) = find_throttled(root) {
        return match word {
            word if word & LOW_NOW != 0 => PowerFact::Low,
            word if word & LOW_BEFORE != 0 => PowerFact::WasLow,
            _ => PowerFact::Good,
        };
    }
    let sensors = root.list_names("sys/class/hwmon");
    let sensor = sensors.iter().find(|name: &&String| {
        root.read_text(&format!("sys/class/hwmon/{name}/name")).as_deref() == Some("rpi_volt")
    });
    match sensor.and_then(|name| root.read_number(&format!("sys/class/hwmon/{name}/in0_lcrit_alarm"))) {
        Some(0_u32) => PowerFact::Good,
        Some(_) => PowerFact::Low,
        None => PowerFact::Unknown,
    }
}

/// The firmware's word, wherever this board's tree has it.
fn find_throttled(root: &MachineRoot) -> Option<u32> {
    const DEVICES: &str = "sys/devices/platform";
    let chips = root.list_names(DEVICES).into_iter().filter(|name| name.starts_with("soc"));
    let folders = chips.flat_map(|chip| {
        let below = root.list_names(&format!("{DEVICES}/{chip}"));
        let firmware = below.into_iter().filter(|name| name.ends_with("firmware"));
        firmware.map(|name| format!("{DEVICES}/{chip}/{name}")).collect::<Vec<_>>()
    });
    folders.into_iter().find_map(|folder| {
        let text = root.read_text(&format!("{folder}/get_throttled"))?;
        u32::from_str_radix(text.trim_start_matches("0x"), 16).ok()
    })
}

/// The hottest part, in whole degrees Celsius.
pub fn read_temperature(root: &MachineRoot) -> Option<i64> {
    const ZONES: &str = "sys/class/thermal";
    let zones = root.list_names(ZONES).into_iter().filter(|name| name.starts_with("thermal_zone"));
    let thousandths = zones.filter_map(|zone| root.read_number::<i64>(&format!("{ZONES}/{zone}/temp")));
    thousandths.max().map(|most| most / 1_000)
}

pub fn read_memory(root: &MachineRoot) -> Option<MemoryFact> {
    let text = root.read_text("proc/meminfo")?;
    let total_kb = read_kilobytes(&text, "MemTotal:")?;
    let available_kb = read_kilobytes(&text, "MemAvailable:")?;
    Some(MemoryFact { total_kb, available_kb })
}

fn read_kilobytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

pub fn read_storage(root: &MachineRoot, folder: &Path) -> StorageFacts {
    let mounts = root.read_text("proc/self/mountinfo").unwrap_or_default();
    StorageFacts {
        space: DiskSpace::read(&root.find_folder(folder)).ok(),
        is_read_only: is_mounted_read_only(&mounts, folder),
        errors: count_errors(root),
    }
}

/// By the kernel's list: the fifth word of a line is where it is mounted, the sixth its options, and after a hyphen, a
/// kind and a device come the options of its file system.
fn is_mounted_read_only(mounts: &str, folder: &Path) -> bool {
    let lines = mounts.lines().filter_map(|line| {
        let words: Vec<&str> = line.split(' ').collect();
        let place = unescape_octal(words.get(4)?);
        let of_file_system =
            words.iter().skip_while(|word| **word != "-").nth(3).copied().unwrap_or_default();
        let is_ro = [*words.get(5)?, of_file_system].iter().any(|all| all.split(',').any(|one| one == "ro"));
        folder.starts_with(&place).then_some((place.len(), is_ro))
    });
    // Of several at one place the last one covers the others.
    lines.max_by_key(|(len, _)| *len).is_some_and(|(_, is_ro)| is_ro)
}

/// The kernel writes blanks and the like as three octal digits.
fn unescape_octal(text: &str) -> String {
    let mut parts = text.split('\\');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let code = part.get(..3).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(code) => {
                whole.push(char::from(code));
                whole.push_str(part.get(3..).unwrap_or_default());
            }
            None => whole.push_str(part),
        }
    }
    whole
}

fn count_errors(root: &MachineRoot) -> u64 {
    const DISKS: &str = "sys/fs/ext4";
    let counts = root.list_names(DISKS).into_iter();
    counts.filter_map(|disk| root.read_number::<u64>(&format!("{DISKS}/{disk}/errors_count"))).sum()
}

/// Of the storages that report wear, the worst one: eMMC does, SD cards do not.
pub fn read_wear(root: &MachineRoot) -> Option<WearFact> {
    const BLOCKS: &str = "sys/block";
    let storages = root.list_names(BLOCKS).into_iter().filter(|name| name.starts_with("mmcblk"));
    let facts = storages.filter_map(|name| read_one_wear(root, &format!("{BLOCKS}/{name}/device")));
    facts.max_by_key(|fact| (fact.is_at_end, fact.used_percent))
}

/// Two kinds of cells in tenths of their life, each a hex number of which 0 says nothing.
fn read_one_wear(root: &MachineRoot, device: &str) -> Option<WearFact> {
    let life = root.read_text(&format!("{device}/life_time"))?;
    let tenths = life.split_whitespace().filter_map(read_hex).filter(|tenths| *tenths > 0).max()?;
    let reserve = root.read_text(&format!("{device}/pre_eol_info")).as_deref().and_then(read_hex);
    Some(WearFact {
        used_percent: tenths.min(10) * 10,
        is_at_end: tenths >= WEAR_EXCEEDED || reserve.is_some_and(|reserve| reserve >= RESERVE_URGENT),
    })
}

fn read_hex(text: &str) -> Option<u64> {
    u64::from_str_radix(text.trim().trim_start_matches("0x"), 16).ok()
}
