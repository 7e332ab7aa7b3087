//! Drives of a machine that is made of files: what is listed, what is refused, and what naming a size lifts.

use std::os::unix::fs::symlink;

use super::*;

struct FakeMachine {
    folder: tempfile::TempDir,
}

impl FakeMachine {
    fn new() -> Self {
        let machine = Self { folder: tempfile::tempdir().unwrap() };
        machine.write("proc/self/mountinfo", "22 1 259:2 / / rw - ext4 /dev/nvme0n1p2 rw\n");
        machine.write("proc/swaps", "Filename Type Size Used Priority\n");
        fs::create_dir_all(machine.path("sys/block")).unwrap();
        fs::create_dir_all(machine.path("dev")).unwrap();
        machine
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn tree(&self) -> DriveTree {
        let real = fs::canonicalize(self.folder.path()).unwrap();
        DriveTree { sys: real.join("sys"), proc: real.join("proc"), dev: real.join("dev") }
    }

    /// With partitions 1 and 2; its numbers are `<major>:0` to `<major>:2`.
    fn add(&self, name: &str, bus: &str, major: u32, bytes: u64) {
        let device = format!("sys/devices/{bus}/block/{name}");
        let between = if name.ends_with(|c: char| c.is_ascii_digit()) { "p" } else { "" };
        self.write(&format!("{device}/size"), &format!("{}\n", bytes / SECTOR));
        self.write(&format!("{device}/removable"), "0\n");
        self.write(&format!("{device}/ro"), "0\n");
        self.write(&format!("{device}/dev"), &format!("{major}:0\n"));
        self.write(&format!("{device}/device/model"), &format!("Model of {name}  \n"));
        for part in 1..=2 {
            let part_name = format!("{device}/{name}{between}{part}");
            self.write(&format!("{part_name}/partition"), &format!("{part}\n"));
            self.write(&format!("{part_name}/dev"), &format!("{major}:{part}\n"));
            fs::create_dir_all(self.path(&format!("{part_name}/holders"))).unwrap();
        }
        symlink(self.path(&device), self.path(&format!("sys/block/{name}"))).unwrap();
        self.write(&format!("dev/{name}"), "");
        self.write(&format!("dev/{name}{between}1"), "");
    }

    fn mount(&self, lines: &str) {
        let text = fs::read_to_string(self.path("proc/self/mountinfo")).unwrap();
        self.write("proc/self/mountinfo", &format!("{text}{lines}\n"));
    }

    fn require(&self, name: &str, force_bytes: Option<u64>) -> Result<CardDrive, FlashError> {
        let tree = self.tree();
        require_drive(&tree, &tree.dev.join(name), force_bytes)
    }

    fn refusal(&self, name: &str) -> DriveRefusal {
        match self.require(name, None) {
            Err(FlashError::Refused { refusal, .. }) => refusal,
            other => panic!("{name}: {other:?}"),
        }
    }
}

const USB: &str = "pci0000:00/0000:00:14.0/usb1/1-2/1-2:1.0/host6/target6:0:0/6:0:0:0";
const MMC: &str = "pci0000:00/0000:00:1c.0/mmc_host/mmc0/mmc0:aaaa";
const NVME: &str = "pci0000:00/0000:00:1d.0/nvme/nvme0";

fn usual_machine() -> FakeMachine {
    let machine = FakeMachine::new();
    machine.add("nvme0n1", NVME, 259, 512_110_190_592);
    machine.add("sdb", USB, 8, 31_914_983_424);
    machine.add("mmcblk0", MMC, 179, 15_931_539_456);
    machine.add("loop0", "virtual", 7, 1_048_576);
    machine.add("mmcblk0boot0", MMC, 180, 4_194_304);
    machine
}

#[test]
fn readers_come_first_and_show_their_model() {
    let drives = list_drives(&usual_machine().tree()).unwrap();
    let names: Vec<&str> = drives.iter().map(|drive| drive.name.as_str()).collect();
    assert_eq!(names, ["mmcblk0", "sdb", "nvme0n1"]);
    assert_eq!(drives[1].bus, DriveBus::Usb);
    assert_eq!(drives[1].refusal(None), None);
    let text = drives[1].to_string();
    assert!(text.ends_with("sdb  31.9 GB  USB  Model of sdb"), "{text}");
    assert!(matches!(drives[2].refusal(None), Some(DriveRefusal::System { .. })));
}

#[test]
fn drives_in_use_are_refused_for_ever() {
    for (change, refusal) in [
        ("mount", DriveRefusal::Mounted { at: "/media/my card".into() }),
        ("btrfs", DriveRefusal::Mounted { at: "/mnt".into() }),
        ("boot", DriveRefusal::System { at: "/boot/firmware".into() }),
        ("swap", DriveRefusal::Swap { part: "/dev/sdb2".into() }),
        ("held", DriveRefusal::Held { holder: "md0".into() }),
        ("whole", DriveRefusal::Held { holder: "dm-0".into() }),
        ("locked", DriveRefusal::ReadOnly),
        ("empty", DriveRefusal::Empty),
    ] {
        let machine = usual_machine();
        let device = format!("sys/devices/{USB}/block/sdb");
        match change {
            "mount" => machine.mount("30 22 8:1 / /media/my\\040card rw - vfat /dev/sdb1 rw"),
            "btrfs" => machine.mount("30 22 0:41 / /mnt rw shared:9 - btrfs /dev/sdb2 rw"),
            "boot" => machine.mount("30 22 8:1 / /boot/firmware rw - vfat /dev/sdb1 rw"),
            "swap" => machine.write("proc/swaps", "Filename\n/dev/sdb2 partition 1 0 -2\n"),
            "held" => machine.write(&format!("{device}/sdb2/holders/md0"), ""),
            "whole" => machine.write(&format!("{device}/holders/dm-0"), ""),
            "locked" => machine.write(&format!("{device}/ro"), "1\n"),
            _ => machine.write(&format!("{device}/size"), "0\n"),
        }
        assert_eq!(machine.refusal("sdb"), refusal, "{change}");
        assert!(machine.require("sdb", Some(31_914_983_424)).is_err(), "{change}");
    }
}

#[test]
fn only_its_very_size_lifts_a_drive_that_is_no_reader() {
    let machine = usual_machine();
    machine.add("sda", "pci0000:00/ata1/host0", 65, 1_000_204_886_016);
    machine.add("sdc", USB, 66, 2_000_398_934_016);
    for (name, bytes) in [("sda", 1_000_204_886_016), ("sdc", 2_000_398_934_016)] {
        assert!(machine.require(name, None).is_err());
        assert!(machine.require(name, Some(bytes - 512)).is_err());
        assert!(machine.require(name, Some(bytes)).is_ok());
    }
    assert_eq!(machine.refusal("sda"), DriveRefusal::BuiltIn { bytes: 1_000_204_886_016 });
    assert_eq!(machine.refusal("sdc"), DriveRefusal::TooLarge { bytes: 2_000_398_934_016 });
    // A system disk stays refused.
    assert!(machine.require("nvme0n1", Some(512_110_190_592)).is_err());
}

#[test]
fn partitions_links_and_strangers() {
    let machine = usual_machine();
    let tree = machine.tree();
    let whole = tree.dev.join("mmcblk0").display().to_string();
    assert_eq!(machine.refusal("mmcblk0p1"), DriveRefusal::Partition { whole });
    fs::create_dir_all(tree.dev.join("disk")).unwrap();
    symlink(tree.dev.join("sdb"), tree.dev.join("disk/reader")).unwrap();
    assert_eq!(machine.require("disk/reader", None).unwrap().name, "sdb");
    for path in ["dev/sdz", "dev/../proc/swaps", "dev"] {
        let found = find_drive(&tree, &machine.path(path));
        assert!(matches!(found, Err(FlashError::NoDrive(_))), "{path}: {found:?}");
    }
    // Without a list of mounts nothing may be written.
    fs::remove_file(tree.proc.join("self/mountinfo")).unwrap();
    assert!(matches!(machine.require("sdb", None), Err(FlashError::FileUnreadable { .. })));
    let nowhere = DriveTree { sys: tree.sys.join("none"), ..tree };
    assert!(matches!(list_drives(&nowhere), Err(FlashError::SystemUnsupported)));
}

#[test]
fn another_card_in_the_same_reader_has_other_marks() {
    let machine = usual_machine();
    let tree = machine.tree();
    let marks = DriveMarks::of(&machine.require("sdb", None).unwrap(), &tree);
    machine.write(&format!("sys/devices/{USB}/block/sdb/diskseq"), "11\n");
    let before = marks.read();
    assert_eq!(before, marks.read());
    machine.write(&format!("sys/devices/{USB}/block/sdb/diskseq"), "12\n");
    assert_ne!(before, marks.read());
}
