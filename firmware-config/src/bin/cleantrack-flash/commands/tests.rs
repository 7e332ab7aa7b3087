//! Commands as people type them, on files, folders and a machine without readers.

use clap::{CommandFactory as _, Parser as _};

use super::*;
use crate::arguments::FlashArguments;
use crate::console::ScriptedConsole;
use crate::exit::FlashExit;
use crate::testing::{CLAIM, FAT_SECTORS, FAT_START, box_image, card_claim, claim_on, pack_zstd};

struct InstallerDesk {
    folder: tempfile::TempDir,
}

impl InstallerDesk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("box.img.zst"), pack_zstd(&box_image())).unwrap();
        std::fs::write(folder.path().join("claim.toml"), CLAIM).unwrap();
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// `@name` is a file of the folder.
    fn run(&self, line: &str, answers: &[&str]) -> (Result<(), FlashError>, ScriptedConsole) {
        let words = line.split(' ').map(|word| match word.strip_prefix('@') {
            Some(name) => self.path(name).display().to_string(),
            None => word.to_owned(),
        });
        let arguments =
            FlashArguments::try_parse_from(["cleantrack-flash".to_owned()].into_iter().chain(words));
        let mut console = ScriptedConsole::answering(answers);
        let nowhere = self.path("nowhere");
        let tree = DriveTree { sys: nowhere.clone(), proc: nowhere.clone(), dev: nowhere };
        let outcome = run_command(arguments.unwrap().command, &tree, &mut console);
        (outcome, console)
    }
}

#[test]
fn the_command_line_is_sound() {
    FlashArguments::command().debug_assert();
    let help = FlashArguments::command().render_long_help().to_string();
    for status in ["64", "65", "73", "74", "75"] {
        assert!(help.contains(&format!("\n  {status}  ")), "{help}");
    }
    for line in ["write", "write a --device b --file c", "write a --overwrite", "batch a b", "inject a", "x"]
    {
        let parsed = FlashArguments::try_parse_from(["cleantrack-flash"].into_iter().chain(line.split(' ')));
        assert!(parsed.is_err(), "{line}");
    }
}

#[test]
fn from_an_image_to_a_card_with_its_claim_file() {
    let desk = InstallerDesk::new();
    let line =
        "write @box.img.zst --file @card.img --claim @claim.toml --hostname or-9 --ssid Cellar --country DE";
    let (outcome, console) = desk.run(line, &["other words"]);
    assert!(outcome.is_ok(), "{outcome:?} {}", console.shown());
    let claim = claim_on(&mut FileCard::open(&desk.path("card.img")).unwrap()).unwrap();
    let key = firmware_config::hash_passphrase("Cellar", "other words");
    assert!(claim.contains("or-9") && claim.contains(key.reveal()) && claim.contains("\"DE\""), "{claim}");
    let (outcome, console) = desk.run("inspect @card.img", &[]);
    assert!(outcome.is_ok() && console.shown().contains("Wi-Fi “Cellar”"), "{}", console.shown());
    let (outcome, _) = desk.run(line, &["other words"]);
    assert_eq!(outcome.unwrap_err().exit(), FlashExit::Refused);
    let (outcome, _) = desk.run(&format!("{line} --overwrite"), &["other words"]);
    assert!(outcome.is_ok());
}

#[test]
fn a_box_that_is_a_wi_fi_of_its_own_gets_its_passphrase_from_the_console() {
    let desk = InstallerDesk::new();
    let line = "write @box.img.zst --file @card.img --claim @claim.toml --access-point";
    let (outcome, console) = desk.run(line, &["seven words"]);
    assert!(outcome.is_ok(), "{outcome:?} {}", console.shown());
    assert!(!console.shown().contains("seven words"), "{}", console.shown());
    let text = claim_on(&mut FileCard::open(&desk.path("card.img")).unwrap()).unwrap();
    let claim = firmware_config::ClaimFile::parse(text.as_bytes()).unwrap();
    let passphrase = claim.access_point.as_ref().map(|own| own.passphrase.reveal());
    assert_eq!((passphrase, claim.wifi), (Some("seven words"), None));
    let (outcome, console) = desk.run("inspect @card.img", &[]);
    assert!(outcome.is_ok() && console.shown().contains("is a Wi-Fi of its own"), "{}", console.shown());
    assert!(!console.shown().contains("seven words"), "{}", console.shown());
    for wrong in ["", "short", "pässwörtlich"] {
        let (outcome, _) = desk.run(&format!("{line} --overwrite"), &[wrong]);
        let error = outcome.unwrap_err();
        assert_eq!(error.exit(), FlashExit::Input, "{wrong}: {error}");
        assert!(error.to_string().contains("access_point.passphrase must have 8 to 63"), "{wrong}: {error}");
    }
    let both = ["cleantrack-flash", "claim", "--access-point", "--ssid", "X"];
    assert!(FlashArguments::try_parse_from(both).is_err(), "there is one radio");
}

#[test]
fn wrong_input_is_found_before_a_card_is_made() {
    let desk = InstallerDesk::new();
    std::fs::write(desk.path("bad.toml"), "version = 1\nhostnam = 1\n[wifi]\nssid = \"\"\n").unwrap();
    for (line, exit, says) in [
        ("write @box.img.zst --file @card.img --claim @bad.toml", FlashExit::Input, "line 4"),
        ("write @box.img.zst --file @card.img --claim @none.toml", FlashExit::Failure, "cannot be read"),
        ("write @claim.toml --file @card.img", FlashExit::Input, "neither zstd"),
        ("write @box.img.zst --file @card.img --gateway 10.0.0.1", FlashExit::Input, "network.gateway needs"),
        ("write @box.img.zst --file @card.img --ssid X", FlashExit::Stopped, "nobody answers"),
        ("write @box.img.zst --file @card.img --access-point", FlashExit::Stopped, "nobody answers"),
        ("write @box.img.zst --device @card.img --yes", FlashExit::Failure, "Raspberry Pi Imager"),
        ("inject @bad.toml @folder", FlashExit::Input, "did you mean `hostname`"),
    ] {
        let (outcome, _) = desk.run(line, &[]);
        let error = outcome.unwrap_err();
        assert_eq!(error.exit(), exit, "{line}: {error}");
        assert!(error.to_string().contains(says), "{line}: {error}");
        assert!(!desk.path("card.img").exists(), "{line}");
    }
}

#[test]
fn a_claim_file_goes_into_a_file_and_into_a_folder() {
    let desk = InstallerDesk::new();
    std::fs::write(desk.path("old.img"), box_image()).unwrap();
    let (outcome, _) = desk.run("inject @claim.toml @old.img", &[]);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(claim_on(&mut FileCard::open(&desk.path("old.img")).unwrap()), Some(card_claim()));
    std::fs::create_dir(desk.path("drive")).unwrap();
    let (outcome, _) = desk.run("inject @claim.toml @drive", &[]);
    assert!(matches!(outcome, Err(FlashError::FolderUnknown { .. })));
    std::fs::write(desk.path("drive/u-boot.bin"), "x").unwrap();
    std::fs::write(desk.path("drive/cleantrack-mistakes.txt"), "line 3 …").unwrap();
    let (outcome, _) = desk.run("inject @claim.toml @drive", &[]);
    assert!(outcome.is_ok(), "{outcome:?}");
    assert!(!desk.path("drive/cleantrack-mistakes.txt").exists(), "what it said is over");
    assert_eq!(std::fs::read_to_string(desk.path("drive/cleantrack.toml")).unwrap(), card_claim());
    let (outcome, console) = desk.run("inspect @drive", &[]);
    assert!(outcome.is_ok() && console.shown().contains("claim file: good"), "{}", console.shown());
}

#[test]
fn a_damaged_image_leaves_no_half_written_file() {
    let desk = InstallerDesk::new();
    let packed = pack_zstd(&box_image());
    std::fs::write(desk.path("cut.img.zst"), &packed[..packed.len() / 2]).unwrap();
    let (outcome, _) = desk.run("write @cut.img.zst --file @card.img", &[]);
    assert!(matches!(outcome, Err(FlashError::ImageDamaged { .. })), "{outcome:?}");
    assert!(!desk.path("card.img").exists());
    // Writing the whole image is not blocked by a leftover partial file.
    let (outcome, _) = desk.run("write @box.img.zst --file @card.img", &[]);
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[test]
fn a_packed_image_is_inspected_as_it_lies_there() {
    let desk = InstallerDesk::new();
    let (outcome, console) = desk.run("inspect @box.img.zst", &[]);
    let shown = console.shown();
    assert!(outcome.is_ok() && shown.contains("packed image: whole, "), "{outcome:?} {shown}");
    let packed = pack_zstd(&box_image());
    std::fs::write(desk.path("cut.img.zst"), &packed[..packed.len() / 2]).unwrap();
    let (outcome, console) = desk.run("inspect @cut.img.zst", &[]);
    let error = outcome.unwrap_err();
    assert_eq!(error.exit(), FlashExit::Input);
    let words = "cut.img.zst is damaged: it ends too early. Download it again";
    assert!(error.to_string().ends_with(words) && console.shown().contains(words), "{error}");
}

#[test]
fn what_is_packed_and_no_cards_image_is_not_called_one() {
    let desk = InstallerDesk::new();
    let odd = [&box_image()[..], b"x"].concat();
    for (what, bytes) in
        [("nothing", &b""[..]), ("a text", &b"notes"[..]), ("no table", &[0; 1_024][..]), ("odd", &odd[..])]
    {
        std::fs::write(desk.path("other.zst"), pack_zstd(bytes)).unwrap();
        let (outcome, console) = desk.run("inspect @other.zst", &[]);
        let shown = console.shown();
        assert!(matches!(outcome, Err(FlashError::NoBootPartition)), "{what}: {outcome:?} {shown}");
        assert!(!shown.contains("packed image") && shown.contains("SHA-256"), "{what}: {shown}");
    }
}

#[test]
fn an_image_that_was_cut_short_is_no_card() {
    let desk = InstallerDesk::new();
    let whole = box_image();
    // Behind the FAT partition, within the slot.
    let end = (FAT_START + FAT_SECTORS + 100) * 512;
    std::fs::write(desk.path("cut.img"), &whole[..end]).unwrap();
    for line in ["inspect @cut.img", "inject @claim.toml @cut.img"] {
        let (outcome, _) = desk.run(line, &[]);
        let error = outcome.unwrap_err();
        assert!(matches!(error, FlashError::CardCut { .. }), "{line}: {error}");
        assert_eq!(error.exit(), FlashExit::Card);
    }
    assert!(std::fs::read(desk.path("cut.img")).unwrap() == whole[..end], "it was left as it is");
}

#[test]
fn a_claim_file_is_checked_shown_and_saved() {
    let desk = InstallerDesk::new();
    let (outcome, console) =
        desk.run("claim @claim.toml --time-zone Europe/Berlin --output @ready.toml", &[]);
    assert!(outcome.is_ok() && console.shown().contains("time zone Europe/Berlin"), "{}", console.shown());
    let text = std::fs::read_to_string(desk.path("ready.toml")).unwrap();
    assert!(!text.contains("horse") && text.contains("Europe/Berlin"), "{text}");
    let (outcome, console) = desk.run("claim --hostname or-1", &[]);
    assert!(outcome.is_ok() && console.shown().contains("no relay"), "{}", console.shown());
}

#[test]
fn a_list_of_cards_becomes_files() {
    let desk = InstallerDesk::new();
    std::fs::write(desk.path("cards.csv"), "hostname,claim\nor-1,claim.toml\nor-2,claim.toml\n").unwrap();
    // With a folder nobody has to change cards.
    let (outcome, console) = desk.run("batch @box.img.zst @cards.csv --folder @", &[]);
    assert!(outcome.is_ok(), "{outcome:?} {}", console.shown());
    assert!(!console.shown().contains("put it into"), "{}", console.shown());
    for name in ["or-1", "or-2"] {
        let claim = claim_on(&mut FileCard::open(&desk.path(&format!("{name}.img"))).unwrap()).unwrap();
        assert!(claim.contains(name), "{claim}");
    }
    let (outcome, console) = desk.run("batch @box.img.zst @cards.csv --folder @", &[]);
    assert!(outcome.is_ok() && console.shown().contains("2 of 2 cards are done already"));
    std::fs::write(desk.path("more.csv"), "hostname,claim\nor-3,claim.toml\n").unwrap();
    let (outcome, _) = desk.run("batch @box.img.zst @more.csv --folder @none", &[]);
    assert!(matches!(outcome, Err(FlashError::FileUnwritable { .. })), "{outcome:?}");
}

#[test]
fn an_images_list_for_imager() {
    let desk = InstallerDesk::new();
    let line = "manifest @box.img.zst --url https://e.org/b.zst --icon https://e.org/i.png --release-date 2026-11-23";
    let (outcome, console) = desk.run(line, &[]);
    assert!(outcome.is_ok() && console.lines[0].contains("\"extract_sha256\""), "{}", console.shown());
}

#[cfg(target_os = "linux")]
mod with_readers {
    use super::*;

    fn machine(desk: &InstallerDesk, sectors: u64) -> DriveTree {
        let block = desk.path("sys/block/sdb");
        for (name, text) in
            [("size", sectors.to_string()), ("removable", "1".to_owned()), ("dev", "8:16".to_owned())]
        {
            std::fs::create_dir_all(&block).unwrap();
            std::fs::write(block.join(name), text).unwrap();
        }
        std::fs::create_dir_all(desk.path("proc/self")).unwrap();
        std::fs::write(desk.path("proc/self/mountinfo"), "").unwrap();
        std::fs::create_dir_all(desk.path("dev")).unwrap();
        let card = std::fs::File::create(desk.path("dev/sdb")).unwrap();
        card.set_len(sectors * 512).unwrap();
        let real = std::fs::canonicalize(desk.folder.path()).unwrap();
        DriveTree { sys: real.join("sys"), proc: real.join("proc"), dev: real.join("dev") }
    }

    fn run(
        desk: &InstallerDesk,
        tree: &DriveTree,
        line: &str,
        answers: &[&str],
    ) -> (Result<(), FlashError>, ScriptedConsole) {
        let words =
            line.split(' ').map(|word| word.replace('@', &format!("{}/", desk.folder.path().display())));
        let arguments =
            FlashArguments::try_parse_from(["cleantrack-flash".to_owned()].into_iter().chain(words));
        let mut console = ScriptedConsole::answering(answers);
        let outcome = run_command(arguments.unwrap().command, tree, &mut console);
        (outcome, console)
    }

    #[test]
    fn a_reader_is_shown_chosen_confirmed_and_written() {
        let desk = InstallerDesk::new();
        let tree = machine(&desk, 4 * 1024 * 1024);
        let (outcome, console) = run(&desk, &tree, "list", &[]);
        assert!(outcome.is_ok() && console.shown().contains("2.1 GB"), "{}", console.shown());
        let write = "write @box.img.zst --claim @claim.toml";
        for (answers, exit) in [
            (&["2"][..], FlashExit::Stopped),
            (&["1", "no"], FlashExit::Stopped),
            (&["1"], FlashExit::Stopped),
            (&[], FlashExit::Stopped),
        ] {
            let (outcome, _) = run(&desk, &tree, write, answers);
            assert_eq!(outcome.unwrap_err().exit(), exit);
            assert!(claim_on(&mut FileCard::open(&tree.dev.join("sdb")).unwrap()).is_none());
        }
        let (outcome, console) = run(&desk, &tree, write, &["1", "yes"]);
        assert!(outcome.is_ok(), "{outcome:?} {}", console.shown());
        assert_eq!(claim_on(&mut FileCard::open(&tree.dev.join("sdb")).unwrap()), Some(card_claim()));
        let (outcome, console) = run(&desk, &tree, "inspect @dev/sdb", &[]);
        assert!(outcome.is_ok() && console.shown().contains("claim file: good"), "{}", console.shown());
        let (outcome, _) = run(&desk, &tree, "inject @claim.toml @dev/sdb --hostname or-8", &[]);
        assert!(outcome.is_ok(), "{outcome:?}");
        // The same card again in a batch.
        std::fs::write(desk.path("cards.csv"), "hostname,claim\nor-1,claim.toml\nor-2,claim.toml\n").unwrap();
        let (outcome, console) =
            run(&desk, &tree, "batch @box.img.zst @cards.csv --device @dev/sdb", &["", "", "q"]);
        assert!(matches!(outcome, Err(FlashError::BatchStopped { done: 1, all: 2 })), "{outcome:?}");
        assert!(console.shown().contains("is that of or-1"), "{}", console.shown());
    }

    #[test]
    fn a_small_card_and_a_mounted_one_stay_as_they_are() {
        let desk = InstallerDesk::new();
        let tree = machine(&desk, 100_000);
        let (outcome, _) = run(&desk, &tree, "write @box.img.zst --device @dev/sdb --yes", &[]);
        assert!(matches!(outcome, Err(FlashError::CardTooSmall { .. })), "{outcome:?}");
        std::fs::write(tree.proc.join("self/mountinfo"), "30 22 8:16 / /media/x rw - vfat /dev/sdb rw\n")
            .unwrap();
        for line in ["write @box.img.zst --device @dev/sdb --yes", "inject @claim.toml @dev/sdb"] {
            let (outcome, _) = run(&desk, &tree, line, &[]);
            assert_eq!(outcome.unwrap_err().exit(), FlashExit::Refused, "{line}");
        }
        let (outcome, console) = run(&desk, &tree, "list", &[]);
        assert!(outcome.is_ok() && console.shown().contains("mounted at /media/x"), "{}", console.shown());
        assert!(std::fs::read(tree.dev.join("sdb")).unwrap().iter().all(|&byte| byte == 0));
    }
}
