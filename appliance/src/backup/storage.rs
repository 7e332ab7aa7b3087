//! On which disks a folder is. A file system's device number does not show it: each subvolume, each overlay and each
//! partition of one disk has another.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Depth of nested devices: an image in a file of an encrypted partition needs four.
const DEPTH_MAX: u32 = 8;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum StorageName {
    Memory,
    /// A file system, by its number; subvolumes have one together.
    System(String),
    /// A disk, by its folder of `/sys`; partitions have one together.
    Disk(PathBuf),
}

#[derive(Debug, PartialEq, Eq)]
struct MountRow {
    device: String,
    point: PathBuf,
    kind: String,
    source: PathBuf,
    upper: Option<PathBuf>,
}

/// The machine's mounts and disks.
#[derive(Debug)]
pub(super) struct StorageView {
    mounts: Vec<MountRow>,
    sys: PathBuf,
}

impl StorageView {
    /// As they are now; where nothing is said of them, nothing is known.
    pub(super) fn read() -> Self {
        let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
        Self::parse(&mounts, Path::new("/sys"))
    }

    fn parse(mounts: &str, sys: &Path) -> Self {
        Self { mounts: mounts.lines().filter_map(parse_mount).collect(), sys: sys.to_owned() }
    }

    /// Whether a folder is lost together with another: both are on one disk, or it is in memory.
    pub(super) fn is_lost_with(&self, folder: &Path, with: &Path) -> bool {
        let [folder, with] =
            [folder, with].map(|path| path.canonicalize().unwrap_or_else(|_| path.to_owned()));
        self.shares_disk(&folder, &with)
    }

    fn shares_disk(&self, folder: &Path, with: &Path) -> bool {
        let names = self.names_of(folder);
        names.contains(&StorageName::Memory) || !names.is_disjoint(&self.names_of(with))
    }

    fn names_of(&self, folder: &Path) -> BTreeSet<StorageName> {
        let mut all = BTreeSet::new();
        self.add_folder(folder, DEPTH_MAX, &mut all);
        all
    }

    /// The last mount of a place hides those before it.
    fn mount_of(&self, path: &Path) -> Option<&MountRow> {
        let over = self.mounts.iter().filter(|row| path.starts_with(&row.point));
        over.max_by_key(|row| row.point.components().count())
    }

    fn add_folder(&self, path: &Path, depth: u32, all: &mut BTreeSet<StorageName>) {
        let Some((row, depth)) = self.mount_of(path).zip(depth.checked_sub(1)) else { return };
        if row.kind == "tmpfs" || row.kind == "ramfs" {
            all.insert(StorageName::Memory);
            return;
        }
        all.insert(StorageName::System(row.device.clone()));
        if let Some(upper) = &row.upper {
            self.add_folder(upper, depth, all);
        }
        if let Some(device) = row.block_device() {
            self.add_device(&device, depth, all);
        }
    }

    /// A disk, those that it is made of, and the one on which its file is.
    fn add_device(&self, device: &str, depth: u32, all: &mut BTreeSet<StorageName>) {
        let Some(depth) = depth.checked_sub(1) else { return };
        let Ok(place) = self.sys.join("dev/block").join(device).canonicalize() else { return };
        let disk = match place.parent().filter(|_| place.join("partition").exists()) {
            Some(whole) => whole.to_owned(),
            None => place,
        };
        for part in std::fs::read_dir(disk.join("slaves")).into_iter().flatten().flatten() {
            if let Ok(device) = std::fs::read_to_string(part.path().join("dev")) {
                self.add_device(device.trim(), depth, all);
            }
        }
        if let Ok(file) = std::fs::read_to_string(disk.join("loop/backing_file")) {
            self.add_folder(Path::new(file.trim_end()), depth, all);
        }
        all.insert(StorageName::Disk(disk));
    }
}

impl MountRow {
    /// The device below it. A file system that numbers its subvolumes itself says only its name.
    fn block_device(&self) -> Option<String> {
        if !self.device.starts_with("0:") {
            return Some(self.device.clone());
        }
        let device = self.source.starts_with("/dev").then(|| std::fs::metadata(&self.source).ok())??.rdev();
        Some(format!("{}:{}", rustix::fs::major(device), rustix::fs::minor(device)))
    }
}

/// `36 35 98:0 /root /point options optional… - kind source superoptions`.
fn parse_mount(line: &str) -> Option<MountRow> {
    let (place, system) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(2);
    let (device, point) = (place.next()?, place.nth(1)?);
    let mut system = system.split(' ');
    let (kind, source, options) = (system.next()?, system.next()?, system.next().unwrap_or_default());
    let upper = options.split(',').find_map(|option| option.strip_prefix("upperdir="));
    Some(MountRow {
        device: device.to_owned(),
        point: decode_path(point),
        kind: kind.to_owned(),
        source: decode_path(source),
        upper: upper.map(decode_path),
    })
}

/// Spaces and the like are written there as `\040`.
fn decode_path(text: &str) -> PathBuf {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        let octal =
            after.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    PathBuf::from(std::ffi::OsString::from(String::from_utf8_lossy(&bytes).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine: a card of two partitions, a stick, a disk that is encrypted, and an image in a file of the card.
    struct Machine {
        sys: tempfile::TempDir,
        mounts: String,
    }

    impl Machine {
        fn new() -> Self {
            let machine = Self { sys: tempfile::tempdir().unwrap(), mounts: String::new() };
            machine.disk("179:0", "mmcblk0");
            machine.partition("179:1", "mmcblk0/mmcblk0p1");
            machine.partition("179:4", "mmcblk0/mmcblk0p4");
            machine.disk("8:0", "sda");
            machine.partition("8:1", "sda/sda1");
            machine.disk("253:0", "dm-0");
            std::fs::create_dir_all(machine.device("dm-0").join("slaves/mmcblk0p4")).unwrap();
            std::fs::write(machine.device("dm-0").join("slaves/mmcblk0p4/dev"), "179:4\n").unwrap();
            machine.disk("7:0", "loop0");
            std::fs::create_dir_all(machine.device("loop0").join("loop")).unwrap();
            std::fs::write(machine.device("loop0").join("loop/backing_file"), "/data/stick.img\n").unwrap();
            machine
        }

        fn device(&self, path: &str) -> PathBuf {
            self.sys.path().join("devices").join(path)
        }

        fn disk(&self, number: &str, path: &str) {
            let (device, links) = (self.device(path), self.sys.path().join("dev/block"));
            std::fs::create_dir_all(&device).unwrap();
            std::fs::create_dir_all(&links).unwrap();
            std::os::unix::fs::symlink(device, links.join(number)).unwrap();
        }

        fn partition(&self, number: &str, path: &str) {
            self.disk(number, path);
            std::fs::write(self.device(path).join("partition"), "1\n").unwrap();
        }

        fn mount(mut self, device: &str, point: &str, system: &str) -> Self {
            self.mounts += &format!("36 35 {device} / {point} rw,noatime shared:1 - {system}\n");
            self
        }

        /// Whether a backup below `point` is lost with `/data`.
        fn is_lost(&self, point: &str) -> bool {
            StorageView::parse(&self.mounts, self.sys.path())
                .shares_disk(Path::new(point), Path::new("/data"))
        }
    }

    fn image() -> Machine {
        let machine = Machine::new().mount("179:2", "/", "ext4 /dev/mmcblk0p2 ro");
        machine.mount("179:4", "/data", "ext4 /dev/mmcblk0p4 rw").mount("0:21", "/run", "tmpfs tmpfs rw")
    }

    #[test]
    fn a_stick_is_another_disk_and_a_partition_of_the_card_is_not() {
        let machine = image().mount("8:1", "/run/stick", "vfat /dev/sda1 rw");
        assert!(!machine.is_lost("/run/stick") && !machine.is_lost("/run/stick/backups"));
        let machine = machine.mount("179:1", "/boot", "vfat /dev/mmcblk0p1 rw");
        assert!(machine.is_lost("/boot/backups") && machine.is_lost("/data/backups"));
        assert!(machine.is_lost("/run/elsewhere"), "memory");
        let pulled = image();
        assert!(pulled.is_lost("/run/stick"));
    }

    #[test]
    fn what_is_bound_to_another_place_lies_where_it_lies() {
        assert!(image().mount("179:4", "/mnt/backups", "ext4 /dev/mmcblk0p4 rw").is_lost("/mnt/backups"));
        assert!(!image().mount("8:1", "/srv/b", "vfat /dev/sda1 rw").is_lost("/srv/b"));
    }

    #[test]
    fn subvolumes_of_a_file_system_are_lost_together() {
        let machine = Machine::new().mount("0:30", "/data", "btrfs /dev/none rw,subvol=/data");
        let machine = machine.mount("0:30", "/backups", "btrfs /dev/none rw,subvol=/backups");
        assert!(machine.is_lost("/backups"));
        assert!(!machine.mount("0:31", "/other", "btrfs /dev/none2 rw,subvol=/").is_lost("/other"));
    }

    #[test]
    fn an_overlay_lies_where_it_puts_what_is_written() {
        let on_card = "overlay overlay rw,lowerdir=/usr,upperdir=/data/upper,workdir=/data/work";
        assert!(image().mount("0:40", "/srv", on_card).is_lost("/srv/backups"));
        let on_stick = "overlay overlay rw,lowerdir=/usr,upperdir=/run/stick/u,workdir=/run/stick/w";
        let machine = image().mount("8:1", "/run/stick", "ext4 /dev/sda1 rw").mount("0:40", "/srv", on_stick);
        assert!(!machine.is_lost("/srv/backups"));
        // One over itself comes to an end.
        let itself = "overlay overlay rw,lowerdir=/usr,upperdir=/srv/u,workdir=/srv/w";
        assert!(!image().mount("0:40", "/srv", itself).is_lost("/srv/backups"));
    }

    #[test]
    fn what_is_encrypted_or_in_a_file_lies_on_the_disk_below() {
        assert!(image().mount("253:0", "/mnt/safe", "ext4 /dev/mapper/safe rw").is_lost("/mnt/safe"));
        assert!(image().mount("7:0", "/mnt/image", "vfat /dev/loop0 rw").is_lost("/mnt/image"));
    }

    #[test]
    fn lines_are_read_as_the_kernel_writes_them() {
        let line = r"36 35 8:1 /a /mnt/my\040stick rw,noatime master:1 shared:2 - vfat /dev/sda1 rw,utf8";
        let row = parse_mount(line).unwrap();
        assert_eq!((row.device.as_str(), row.kind.as_str()), ("8:1", "vfat"));
        assert_eq!((row.point, row.source), ("/mnt/my stick".into(), "/dev/sda1".into()));
        for wrong in ["", "36 35 8:1", "36 35 8:1 / /x rw - vfat", r"\9"] {
            assert_eq!(parse_mount(wrong), None, "{wrong}");
        }
        assert_eq!(decode_path(r"a\1"), Path::new(r"a\1"));
        let here = StorageView::read();
        assert!(here.is_lost_with(Path::new("/proc/self"), Path::new("/proc/self")), "one with itself");
    }
}
