//! The suite `images`: what the boot script and the boot state's tool do on every state of a card, against a model,
//! and how the box's own network is.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const SECTOR: usize = 512;
const FIRST_COPY: usize = 2048;
const SECOND_COPY: usize = 2176;
const TRIES_MAX: u8 = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SlotName {
    A,
    B,
}

impl SlotName {
    fn other_slot(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct BootState {
    first: SlotName,
    a_left: u8,
    b_left: u8,
    trial: Option<SlotName>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StartOutcome {
    Started(SlotName),
    Reset,
}

impl BootState {
    /// Of a card whose state cannot be read.
    const NEW: Self = Self { first: SlotName::A, a_left: TRIES_MAX, b_left: TRIES_MAX, trial: None };

    fn tries_left(&mut self, slot: SlotName) -> &mut u8 {
        match slot {
            SlotName::A => &mut self.a_left,
            SlotName::B => &mut self.b_left,
        }
    }

    /// The model: what one start from here does when the slots of `loads` can be loaded and start.
    fn next_start(mut self, loads: &[SlotName]) -> (StartOutcome, Self) {
        if self.a_left == 0 && self.b_left == 0 {
            (self.a_left, self.b_left) = (1, 1);
        }
        let first_left = *self.tries_left(self.first);
        let slot = if first_left > 0 { self.first } else { self.first.other_slot() };
        *self.tries_left(slot) -= 1;
        if loads.contains(&slot) {
            return (StartOutcome::Started(slot), self);
        }
        *self.tries_left(slot) = 0;
        (StartOutcome::Reset, self)
    }

    fn state_text(self) -> String {
        let order = if self.first == SlotName::A { "AB" } else { "BA" };
        let trial = self.trial.map_or("none".to_owned(), |slot| format!("{slot:?}"));
        let Self { a_left, b_left, .. } = self;
        format!(
            "ct_a_left={a_left}\nct_b_left={b_left}\nct_order={order}\nct_trial={trial}\nct_v=1\nct_z=end\n"
        )
    }

    fn all_states() -> Vec<Self> {
        let mut all = Vec::new();
        for first in [SlotName::A, SlotName::B] {
            for (a_left, b_left) in (0..=TRIES_MAX).flat_map(|a| (0..=TRIES_MAX).map(move |b| (a, b))) {
                let trial = [None, Some(SlotName::A), Some(SlotName::B)][usize::from(a_left + b_left) % 3];
                all.push(Self { first, a_left, b_left, trial });
            }
        }
        all
    }
}

/// A card's gap before its first partition, as a file.
struct CardFile {
    folder: TempDir,
}

impl CardFile {
    fn with_copies(first: &str, second: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut bytes = vec![0; (SECOND_COPY + 1) * SECTOR];
        for (at, text) in [(FIRST_COPY, first), (SECOND_COPY, second)] {
            bytes[at * SECTOR..][..text.len()].copy_from_slice(text.as_bytes());
        }
        std::fs::write(folder.path().join("disk"), bytes).unwrap();
        Self { folder }
    }

    fn with_state(state: BootState) -> Self {
        Self::with_copies(&state.state_text(), &state.state_text())
    }

    fn disk_path(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    fn read_copies(&self) -> [String; 2] {
        let bytes = std::fs::read(self.disk_path()).unwrap();
        [FIRST_COPY, SECOND_COPY].map(|at| {
            let text = String::from_utf8_lossy(&bytes[at * SECTOR..][..SECTOR]).into_owned();
            text.trim_end_matches('\0').to_owned()
        })
    }

    fn run_script(&self, loads: &[SlotName], faults: &str) -> (StartOutcome, String) {
        let images = images_folder();
        let commands = std::fs::read_to_string(images.join("../tests/images/u-boot.sh")).unwrap();
        let script = std::fs::read_to_string(images.join("boot/boot.cmd")).unwrap();
        let slots: String = loads.iter().map(|slot| format!("{slot:?}")).collect();
        let variables = format!(
            "disk={}\nmemory={}\nloads='{slots}'\nstarts='{slots}'\ndevtype=mmc\n{faults}\n",
            self.disk_path().display(),
            self.folder.path().join("memory").display(),
        );
        let ran =
            Command::new("sh").args(["-c", &format!("{commands}\n{variables}\n{script}")]).output().unwrap();
        let output = String::from_utf8_lossy(&ran.stdout).into_owned();
        let errors = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success() && errors.is_empty(), "{output}{errors}");
        let last = output.lines().last().unwrap_or_default();
        let outcome = match last.split(' ').take(2).collect::<Vec<_>>()[..] {
            ["started", "A"] => StartOutcome::Started(SlotName::A),
            ["started", "B"] => StartOutcome::Started(SlotName::B),
            ["reset"] => StartOutcome::Reset,
            _ => panic!("{output}"),
        };
        (outcome, output)
    }

    fn run_tool(&self, arguments: &[&str]) -> (bool, String) {
        let tool = images_folder().join("root/usr/lib/cleantrack/boot-state");
        let ran = Command::new("sh").arg(tool).arg(self.disk_path()).args(arguments).output().unwrap();
        (ran.status.success(), String::from_utf8_lossy(&ran.stdout).into_owned())
    }
}

fn images_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../images")
}

const EITHER: &[&[SlotName]] = &[&[], &[SlotName::A], &[SlotName::B], &[SlotName::A, SlotName::B]];

#[test]
fn each_state_starts_the_slot_of_the_model_and_leaves_its_state() {
    for state in BootState::all_states() {
        for loads in EITHER {
            let card = CardFile::with_state(state);
            let (outcome, output) = card.run_script(loads, "");
            let (expected, after) = state.next_start(loads);
            assert_eq!(outcome, expected, "{state:?} {loads:?}: {output}");
            assert_eq!(card.read_copies(), [after.state_text(), after.state_text()], "{state:?} {loads:?}");
        }
    }
}

#[test]
fn the_kernel_learns_its_slot_and_its_console() {
    let card = CardFile::with_state(BootState::NEW);
    let (_, output) = card.run_script(&[SlotName::A], "");
    for word in ["ct.slot=A", "console=ttyS1,115200", " ro ", "systemd.volatile=state", "panic=10"] {
        assert!(output.lines().last().unwrap().contains(word), "{word}: {output}");
    }
    let (_, output) = card.run_script(&[SlotName::A], "devtype=virtio");
    assert!(output.lines().last().unwrap().contains("console=ttyAMA0,115200"), "{output}");
}

#[test]
fn a_torn_copy_is_passed_over_and_two_of_them_start_anew() {
    let state = BootState { first: SlotName::B, a_left: 1, b_left: 2, trial: Some(SlotName::B) };
    let whole = state.state_text();
    let torn = [
        String::new(),
        whole[..20].to_owned(),
        whole[..whole.len() - 6].to_owned(),
        whole.replace("ct_a_left=1\n", ""),
        whole.replace("ct_b_left=2", "ct_b_left=9"),
        whole.replace("=BA", "=AA"),
        whole.replace("ct_v=1", "ct_v=2"),
        "\u{fffd}\u{fffd}\u{fffd}=\u{fffd}\n".repeat(30),
    ];
    for copy in &torn {
        for (first, second) in [(&whole, copy), (copy, &whole)] {
            let card = CardFile::with_copies(first, second);
            assert_eq!(card.run_tool(&["show"]), (true, whole.clone()), "{first:?} {second:?}");
            let (outcome, after) = state.next_start(&[SlotName::B]);
            assert_eq!(card.run_script(&[SlotName::B], "").0, outcome, "{first:?} {second:?}");
            assert_eq!(card.read_copies(), [after.state_text(), after.state_text()]);
        }
        let card = CardFile::with_copies(copy, copy);
        assert_eq!(card.run_tool(&["show"]), (true, BootState::NEW.state_text()), "{copy:?}");
        let (outcome, after) = BootState::NEW.next_start(&[SlotName::A]);
        assert_eq!(card.run_script(&[SlotName::A], "").0, outcome, "{copy:?}");
        assert_eq!(card.read_copies()[0], after.state_text());
    }
}

#[test]
fn a_card_that_cannot_be_read_or_written_starts_all_the_same() {
    let state = BootState { first: SlotName::A, a_left: 2, b_left: 0, trial: None };
    let card = CardFile::with_state(state);
    assert_eq!(card.run_script(&[SlotName::A], "unreadable=800").0, StartOutcome::Started(SlotName::A));
    let card = CardFile::with_state(state);
    assert_eq!(card.run_script(&[SlotName::A], "unwritable=yes").0, StartOutcome::Started(SlotName::A));
    assert_eq!(card.read_copies(), [state.state_text(), state.state_text()]);
}

#[test]
fn from_each_state_one_good_slot_is_enough() {
    for state in BootState::all_states() {
        for good in [SlotName::A, SlotName::B] {
            let card = CardFile::with_state(state);
            let mut resets = 0;
            for _ in 0..6 {
                let (outcome, _) = card.run_script(&[good], "");
                resets = if outcome == StartOutcome::Started(good) { 0 } else { resets + 1 };
                assert!(resets < 3, "{state:?} {good:?}: three starts in a row led nowhere");
            }
        }
    }
}

#[test]
fn a_slot_that_answered_goes_first_with_all_its_tries() {
    for state in BootState::all_states() {
        for slot in [SlotName::A, SlotName::B] {
            let card = CardFile::with_state(state);
            assert!(card.run_tool(&["good", &format!("{slot:?}")]).0);
            let mut after = BootState { first: slot, trial: None, ..state };
            *after.tries_left(slot) = TRIES_MAX;
            assert_eq!(card.read_copies(), [after.state_text(), after.state_text()], "{state:?}");
        }
    }
}

#[test]
fn something_new_that_never_answers_gives_way_after_two_starts() {
    let card = CardFile::with_state(BootState { b_left: 0, ..BootState::NEW });
    assert!(card.run_tool(&["try", "B"]).0);
    assert!(card.read_copies()[0].contains("ct_trial=B\n"), "{:?}", card.read_copies());
    let starts: Vec<_> = (0..3).map(|_| card.run_script(&[SlotName::A, SlotName::B], "").0).collect();
    assert_eq!(starts, [SlotName::B, SlotName::B, SlotName::A].map(StartOutcome::Started));
}

#[test]
fn the_tool_takes_nothing_else_and_then_writes_nothing() {
    let card = CardFile::with_state(BootState::NEW);
    for arguments in [&["good"][..], &["good", "C"], &["try", ""], &["erase", "A"], &[]] {
        assert!(!card.run_tool(arguments).0, "{arguments:?}");
    }
    assert_eq!(card.read_copies(), [BootState::NEW.state_text(), BootState::NEW.state_text()]);
}

/// Scripts of the image, of its build and of its test, with the shell that each names.
fn list_scripts(folder: &Path, scripts: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            list_scripts(&path, scripts);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        let first = text.lines().next().unwrap_or_default();
        let shell = match first.strip_prefix("#!") {
            Some(program) => program.rsplit(['/', ' ']).next().unwrap_or_default(),
            None if path.extension().is_some_and(|e| e == "sh") => "bash",
            None => continue,
        };
        scripts.push((path, shell.to_owned()));
    }
}

/// Most of them run on a box or take minutes of emulation; each at least parses in its shell, or in Python.
#[test]
fn each_script_is_one_that_its_language_reads() {
    let mut scripts = Vec::new();
    list_scripts(&images_folder(), &mut scripts);
    list_scripts(&images_folder().join("../cross"), &mut scripts);
    assert!(scripts.len() > 15, "{scripts:?}");
    for (path, shell) in scripts {
        let read_only: &[&str] = match shell.as_str() {
            "sh" | "bash" => &["-n"],
            "python3" => &["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"],
            _ => panic!("{}: {shell}", path.display()),
        };
        let ran = Command::new(&shell).args(read_only).arg(&path).output().unwrap();
        assert!(ran.status.success(), "{}: {}", path.display(), String::from_utf8_lossy(&ran.stderr));
    }
}

/// Runs the test's own proxy on a client's request; its answer, and what it noted.
fn run_proxy(request: &str) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let (log, sent) = (folder.path().join("log"), folder.path().join("sent"));
    std::fs::write(&sent, request).unwrap();
    let proxy = Command::new(images_folder().join("connect-proxy"))
        .args([log.as_os_str(), "box:secret".as_ref(), "10.0.2.2".as_ref(), "1".as_ref()])
        .stdin(std::fs::File::open(&sent).unwrap())
        .output()
        .unwrap();
    (String::from_utf8(proxy.stdout).unwrap(), std::fs::read_to_string(&log).unwrap())
}

#[test]
fn the_test_s_proxy_lets_nobody_out_who_should_stay_in() {
    let password = "Proxy-Authorization: Basic Ym94OnNlY3JldA==\r\n";
    for (request, status) in [
        ("CONNECT 10.0.2.2:1 HTTP/1.1\r\n\r\n".to_owned(), "407"),
        (format!("GET http://10.0.2.2:1/ HTTP/1.1\r\n{password}\r\n"), "405"),
        (format!("CONNECT 10.0.2.2:2 HTTP/1.1\r\n{password}\r\n"), "403"),
        (format!("CONNECT 10.0.2.3:1 HTTP/1.1\r\n{password}\r\n"), "403"),
        (format!("CONNECT 10.0.2.2:1 HTTP/1.1\r\n{password}\r\n"), "502"),
    ] {
        let (answer, log) = run_proxy(&request);
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}: {answer}");
        assert!(log.starts_with(status), "{request}: {log}");
    }
}

/// The build writes the first state itself; the initrd and the units name the layout's numbers.
/// wpa_supplicant's settings of the box's own network where the data partition's `access-point` holds this,
/// with their mode.
fn access_point_settings(access_point: &str) -> (u32, String) {
    let root = tempfile::tempdir().unwrap();
    for folder in ["sys/class/net/wlan0", "data/etc", "run/cleantrack"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    std::fs::write(root.path().join("sys/class/net/wlan0/address"), "d8:3a:dd:00:4b:7f\n").unwrap();
    std::fs::write(root.path().join("data/etc/access-point"), access_point).unwrap();
    let script = images_folder().join("root/usr/lib/cleantrack/access-point-settings");
    let ran = Command::new("sh").arg(script).arg(root.path()).output().unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let written = root.path().join("run/cleantrack/access-point.conf");
    let mode = std::fs::metadata(&written).unwrap().permissions().mode() & 0o777;
    (mode, std::fs::read_to_string(written).unwrap())
}

fn image_script(name: &str) -> PathBuf {
    images_folder().join("root/usr/lib/cleantrack").join(name)
}

#[test]
fn what_is_saved_of_a_dirty_card_leaves_no_secret() {
    let card = tempfile::tempdir().unwrap();
    let secret = "passphrase = \"open sesame 1\"\n".repeat(300);
    let (saved, named) = (["FSCK0000.REC", "fsck0001.rec"], ["cleantrack.toml", "fsck.rec", "fsck0000.txt"]);
    for name in saved.iter().chain(&named) {
        std::fs::write(card.path().join(name), &secret).unwrap();
    }
    // A second hard link to the same file shows what becomes of its content.
    let bytes = card.path().join("bytes");
    std::fs::hard_link(card.path().join(saved[0]), &bytes).unwrap();
    for _ in 0..2 {
        let ran = Command::new("sh").arg(image_script("wipe-salvaged")).arg(card.path()).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{}", String::from_utf8_lossy(&ran.stderr));
    }
    assert_eq!(std::fs::read(&bytes).unwrap(), vec![0; secret.len()]);
    for name in saved {
        assert!(!card.path().join(name).exists(), "{name}");
    }
    for name in named {
        assert_eq!(std::fs::read_to_string(card.path().join(name)).unwrap(), secret, "{name}");
    }
}

#[test]
fn a_cut_while_the_card_is_wiped_has_the_next_start_look_again() {
    let script = std::fs::read_to_string(image_script("provision-card")).unwrap();
    for part in ["[ -e /data/etc/cleantrack/wiping ]", "[ ! -e /data/etc/cleantrack/setup.json ]"] {
        assert!(script.contains(part), "{part}");
    }
    let pattern = script.split("grep -qiE '").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let matches = |name: &str| {
        let ran =
            Command::new("sh").args(["-c", "echo \"$1\" | grep -qiE \"$2\"", "sh", name, pattern]).status();
        ran.unwrap().success()
    };
    for name in ["cleantrack.toml", "CLEANTRACK.TOML", "FSCK0000.REC", "fsck0012.rec"] {
        assert!(matches(name), "{name}");
    }
    for name in ["cleantrack-provisioned.txt", "fsck0000.rec.txt", "config.txt", "start4.elf"] {
        assert!(!matches(name), "{name}");
    }
    let order = ["fsck.vfat -a", "wipe-salvaged $card", "take_up $card", "sync", "umount $card"];
    let mut rest = script.split_once("take_up_card() {").unwrap().1;
    for step in order {
        rest = rest.split_once(step).unwrap_or_else(|| panic!("{step} comes too early")).1;
    }
    let main = script.split_once("\nif [ -z \"$folder\" ]; then\n").unwrap().1;
    let steps: Vec<&str> = main.split_once("\nelse\n").unwrap().0.lines().map(str::trim).collect();
    assert_eq!(steps, ["take_up_card", "mend_settings", "apply"]);
    let mend = script.split_once("\nmend_settings() {\n").unwrap().1.split_once("\n}\n").unwrap().0;
    let mut rest = mend;
    for part in ["/usr/bin/cleantrack-appliance --config $settings --data ", " --check ", "take_up $card"] {
        rest = rest.split_once(part).unwrap_or_else(|| panic!("{part}: {mend}")).1;
    }
}

#[test]
fn the_boxs_own_network_is_open_only_without_a_passphrase() {
    let (_, open) = access_point_settings("");
    assert!(open.contains("ssid=\"CleanTrack-4B7F\"") && open.contains("\tkey_mgmt=NONE\n"), "{open}");
    assert!(!open.contains("psk"), "{open}");
    for passphrase in ["7QK3M-9X2WA-4DTBE", " a \"b\" $(reboot) `c` \\ # ", "key_mgmt=NONE"] {
        let (mode, closed) = access_point_settings(&format!("{passphrase}\n"));
        assert_eq!(mode, 0o600);
        let lines: Vec<&str> = closed.lines().map(str::trim_start).collect();
        assert!(lines.contains(&"key_mgmt=WPA-PSK") && lines.contains(&"proto=RSN"), "{closed}");
        assert!(lines.contains(&&*format!("psk=\"{passphrase}\"")), "{closed}");
        assert!(!lines.contains(&"key_mgmt=NONE") && lines.len() == 12, "{closed}");
    }
}

#[test]
fn the_layout_is_the_same_wherever_it_stands() {
    let images = images_folder();
    let read = |name: &str| std::fs::read_to_string(images.join(name)).unwrap();
    let layout = read("layout.sh");
    let number = |key: &str| -> usize {
        let line = layout.lines().find_map(|line| line.strip_prefix(&format!("{key}=")));
        line.unwrap().parse().unwrap()
    };
    assert_eq!((number("state_first"), number("state_second")), (FIRST_COPY, SECOND_COPY));
    for (name, at) in [("800", FIRST_COPY), ("880", SECOND_COPY)] {
        assert_eq!(usize::from_str_radix(name, 16).unwrap(), at);
        assert!(read("boot/boot.cmd").contains(&format!("write ${{ct_at}} {name} 1")));
    }
    assert!(SECOND_COPY < number("fat_start"));
    assert_eq!(number("fat_start") + number("fat_sectors"), number("slot_a_start"));
    assert_eq!(number("slot_a_start") + number("slot_sectors"), number("slot_b_start"));
    assert_eq!(number("slot_b_start") + number("slot_sectors"), number("data_start"));
    let fresh = BootState { b_left: 0, ..BootState::NEW }.state_text().replace('\n', "\\n");
    assert!(read("assemble").contains(&fresh), "a new card's state");
}
