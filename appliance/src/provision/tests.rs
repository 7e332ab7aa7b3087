//! First boots on folders: whole, cut at every step, with mistakes, and a second time.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use firmware_config::CLAIM_FILE_NAME;
use service::random::SeededRandom;

use super::*;
use crate::setup::{SetupCode, SetupPart};

const CLAIM: &str = "version = 1\nhostname = \"ward-7\"\ntime_zone = \"America/Chicago\"\nsetup_code = \"installer-code\"\n\
    label_host = \"HTTP://10.1.2.3\"\n[wifi]\nssid = \"Ward \\\"7\\\"\"\npassphrase = \"open sesame 1\"\ncountry = \"US\"\n\
    [network]\naddress = \"10.1.2.3/24\"\ngateway = \"10.1.2.1\"\ndns = [\"10.1.2.1\"]\nntp = [\"ntp.lan\"]\n\
    proxy = \"http://box:proxy-secret@proxy.lan:3128\"\n";
const SECRETS: [&str; 3] = ["open sesame 1", "proxy-secret", "installer-code"];

struct CutAfter(usize);

impl StepGate for CutAfter {
    fn pass_step(&mut self) -> Result<(), ProvisionError> {
        self.0 = self.0.checked_sub(1).ok_or(ProvisionError::Cut)?;
        Ok(())
    }
}

/// A card and a data partition.
struct Machine {
    card: tempfile::TempDir,
    data: tempfile::TempDir,
}

impl Machine {
    fn new() -> Self {
        Self { card: tempfile::tempdir().unwrap(), data: tempfile::tempdir().unwrap() }
    }

    fn with_claim(text: &str) -> Self {
        let machine = Self::new();
        machine.put_claim(text);
        machine
    }

    fn put_claim(&self, text: &str) {
        std::fs::write(self.card.path().join(CLAIM_FILE_NAME), text).unwrap();
    }

    fn boot_with(&self, card: &Path, gate: &mut dyn StepGate) -> Result<ProvisionOutcome, ProvisionError> {
        let paths = ProvisionPaths {
            card: card.to_owned(),
            data: self.data.path().to_owned(),
            root: self.data.path().to_owned(),
        };
        provision_box(
            &paths,
            &SeededRandom::new(4),
            |state, code| format!("{:?} {code:?}\n", state.stage),
            gate,
        )
    }

    fn boot(&self) -> ProvisionOutcome {
        self.boot_with(self.card.path(), &mut OpenGate).unwrap()
    }

    fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.data.path().join("etc").join(name)).unwrap_or_default()
    }

    fn state(&self) -> SetupState {
        read_state(Some(&self.data.path().join("etc/cleantrack")))
    }

    fn has_claim(&self) -> bool {
        self.card.path().join(CLAIM_FILE_NAME).exists()
    }

    /// Each file below `etc` with its mode; a link with its target.
    fn tree(&self) -> BTreeMap<String, (u32, String)> {
        let mut found = BTreeMap::new();
        list_tree(&self.data.path().join("etc"), "", &mut found);
        let data = self.data.path().display().to_string();
        found.values_mut().for_each(|(_, text)| *text = text.replace(&data, "DATA"));
        found
    }
}

fn list_tree(folder: &Path, name: &str, found: &mut BTreeMap<String, (u32, String)>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = format!("{name}/{}", entry.file_name().to_string_lossy());
        let meta = entry.path().symlink_metadata().unwrap();
        if meta.is_dir() {
            list_tree(&entry.path(), &path, found);
        } else if meta.is_symlink() {
            found.insert(path, (0, std::fs::read_link(entry.path()).unwrap().display().to_string()));
        } else {
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.insert(path, (meta.permissions().mode() & 0o777, text));
        }
    }
}

#[test]
fn a_claim_file_becomes_files_and_is_wiped() {
    let machine = Machine::with_claim(CLAIM);
    let ProvisionOutcome::Applied(state) = machine.boot() else { panic!("not applied") };
    assert_eq!((state.stage, state.notes.len()), (SetupStage::Done, 0));
    assert!(state.parts.contains(&SetupPart::Wifi) && !state.parts.contains(&SetupPart::Relay), "{state:?}");
    assert_eq!(machine.read("hostname"), "ward-7\n");
    assert_eq!(machine.read("timezone"), "America/Chicago\n");
    let tree = machine.tree();
    assert_eq!(tree["/localtime"].1, "/usr/share/zoneinfo/America/Chicago");
    for (path, mode) in
        [("/wpa_supplicant-wlan0.conf", 0o600), ("/cleantrack/proxy-password", 0o600), ("/hostname", 0o644)]
    {
        assert_eq!(tree[path].0, mode, "{path}");
    }
    assert!(machine.read("network/20-wireless.network").contains("Address=10.1.2.3/24"));
    assert!(machine.read("network/10-wired.network").contains("DHCP=yes"));
    assert!(machine.read("timesyncd.conf.d/10-claim.conf").contains("NTP=ntp.lan"));
    let settings = machine.read("cleantrack/appliance.toml");
    assert!(settings.contains("proxy_user = \"box\"") && settings.contains("ward-7.local"), "{settings}");
    assert!(!machine.has_claim() && machine.card.path().join("cleantrack-provisioned.txt").exists());
    let digest = digest_claim(CLAIM.as_bytes());
    assert_eq!(tree["/cleantrack/applied"], (0o600, format!("{digest}\n")));
    for (path, (mode, text)) in &tree {
        assert!(*mode == 0o600 || !text.contains(&digest), "{path}: short secrets are guessed from a digest");
        let open = SECRETS.iter().filter(|secret| text.contains(*secret) && *mode != 0o600);
        assert_eq!(open.count(), 0, "{path}: {text}");
        assert!(!text.contains("open sesame 1"), "{path} has the passphrase");
    }
    assert_eq!(machine.boot(), ProvisionOutcome::Unchanged, "and nothing at the next boot");
    assert_eq!(machine.tree(), tree);
}

#[test]
fn cut_at_any_step_it_ends_right() {
    let whole = Machine::with_claim(CLAIM);
    whole.boot();
    let (expected, report) =
        (whole.tree(), std::fs::read(whole.card.path().join("cleantrack-provisioned.txt")).unwrap());
    let mut cuts = 0;
    for steps in 0.. {
        let machine = Machine::with_claim(CLAIM);
        match machine.boot_with(machine.card.path(), &mut CutAfter(steps)) {
            Ok(_) => break,
            Err(ProvisionError::Cut) => cuts += 1,
            Err(other) => panic!("{other}"),
        }
        let is_whole = std::fs::read_to_string(machine.card.path().join(CLAIM_FILE_NAME))
            .is_ok_and(|text| text == CLAIM);
        assert!(
            is_whole || machine.state().stage == SetupStage::Done,
            "after {steps} steps the secrets are nowhere"
        );
        // A second cut a little later, then a boot that is left alone.
        let _ = machine.boot_with(machine.card.path(), &mut CutAfter(steps % 3));
        machine.boot();
        machine.boot();
        let tree: BTreeMap<_, _> =
            machine.tree().into_iter().filter(|(path, _)| !path.ends_with(".new")).collect();
        assert_eq!(tree, expected, "after {steps} steps");
        assert!(!machine.has_claim(), "after {steps} steps");
        assert_eq!(
            std::fs::read(machine.card.path().join("cleantrack-provisioned.txt")).unwrap(),
            report,
            "after {steps} steps"
        );
    }
    assert!(cuts > 25, "{cuts} steps");
}

#[test]
fn without_a_claim_file_the_box_is_a_network_of_its_own_once() {
    let machine = Machine::new();
    assert_eq!(machine.boot(), ProvisionOutcome::AccessPoint);
    assert!(machine.tree().contains_key("/access-point"));
    assert!(machine.read("cleantrack/appliance.toml").contains("access_point = true"));
    let code = machine.read("cleantrack/setup-code");
    let report = std::fs::read_to_string(machine.card.path().join("cleantrack-provisioned.txt")).unwrap();
    assert!(report.contains(code.trim()) && report.ends_with("\r\n"), "{report}");
    assert_eq!(machine.boot(), ProvisionOutcome::Unchanged);
    assert_eq!(machine.read("cleantrack/setup-code"), code);
    let service = machine.data.path().join("appliance");
    std::fs::create_dir(&service).unwrap();
    SetupCode::find(Some(&machine.data.path().join("etc/cleantrack")), &service)
        .use_up(&SeededRandom::new(5))
        .unwrap();
    machine.put_claim("version = 1\nhostname = \"ward-6\"\n");
    assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
    assert_eq!(machine.read("cleantrack/setup-code"), code, "what was used up has no successor by itself");
    let report = std::fs::read_to_string(machine.card.path().join("cleantrack-provisioned.txt")).unwrap();
    assert!(!report.contains(code.trim()), "{report}");
    machine.put_claim(CLAIM);
    assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
    assert!(!machine.tree().contains_key("/access-point"));
    assert!(!machine.read("cleantrack/appliance.toml").contains("access_point"));
    assert_eq!(machine.read("cleantrack/setup-code"), "installer-code\n");
    let report = std::fs::read_to_string(machine.card.path().join("cleantrack-provisioned.txt")).unwrap();
    assert!(!report.contains("installer-code") && !report.contains(code.trim()), "{report}");
}

#[test]
fn a_card_with_another_code_opens_a_box_whose_list_of_used_codes_is_damaged() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    let service = machine.data.path().join("appliance");
    std::fs::create_dir(&service).unwrap();
    let code = SetupCode::find(Some(&machine.data.path().join("etc/cleantrack")), &service);
    code.use_up(&SeededRandom::new(5)).unwrap();
    std::fs::write(service.join("setup-code-used"), "noise\n").unwrap();
    let request = service.join("setup-request");
    std::fs::create_dir(&request).unwrap();
    std::fs::write(request.join(CLAIM_FILE_NAME), "version = 1\nsetup_code = \"page-code\"\n").unwrap();
    machine.boot_with(&request, &mut OpenGate).unwrap();
    assert_eq!(code.read(), None, "what came by the page is no card");
    machine.put_claim("version = 1\nsetup_code = \"another-code\"\n");
    machine.boot();
    assert_eq!(code.read().as_deref(), Some("another-code"));
    machine.put_claim("version = 1\nsetup_code = \"page-code\"\n");
    machine.boot();
    assert_eq!(code.read(), None, "the code that was there then counts as used");
}

#[test]
fn the_boxs_own_wi_fi_is_open_only_until_it_is_set_up() {
    let machine = Machine::new();
    machine.boot();
    assert_eq!(machine.tree()["/access-point"], (0o644, String::new()), "open");
    let request = machine.data.path().join("appliance/setup-request");
    std::fs::create_dir_all(&request).unwrap();
    let take = |text: &str| {
        std::fs::write(request.join(CLAIM_FILE_NAME), format!("version = 1\n{text}")).unwrap();
        machine.boot_with(&request, &mut OpenGate).unwrap();
        let state = machine.state();
        (state.access_point, state.has_passphrase, machine.tree())
    };
    let own = "[access_point]\npassphrase = \"7QK3M-9X2WA\"\n";
    // What comes after it leaves it as it is, and so does a file with mistakes.
    for text in [own, "hostname = \"ward-6\"\n", "colour = 1\n"] {
        let (is_network, has_passphrase, tree) = take(text);
        assert!(is_network && has_passphrase, "{text}");
        let expected = (0o600, "7QK3M-9X2WA\n".to_owned());
        assert_eq!(tree["/access-point"], expected, "{text}");
        assert_eq!(tree["/cleantrack/access-point-passphrase"], expected, "{text}");
        assert!(tree["/cleantrack/appliance.toml"].1.contains("access_point = true"), "{text}");
        let open = tree.values().filter(|(mode, text)| *mode != 0o600 && text.contains("7QK3M"));
        assert_eq!(open.count(), 0, "{text}");
    }
    let wifi = "[wifi]\nssid = \"Ward\"\npassphrase = \"another one\"\ncountry = \"US\"\n";
    let (is_network, has_passphrase, tree) = take(wifi);
    assert!(!is_network && !has_passphrase && tree.contains_key("/wpa_supplicant-wlan0.conf"));
    for gone in ["/access-point", "/cleantrack/access-point-passphrase"] {
        assert!(!tree.contains_key(gone), "{gone}");
    }
    assert!(!tree["/cleantrack/settled.toml"].1.contains("7QK3M"));
    let (is_network, _, tree) = take(own);
    assert!(is_network && tree["/access-point"].0 == 0o600);
    for gone in ["/wpa_supplicant-wlan0.conf", "/network/20-wireless.network"] {
        assert!(!tree.contains_key(gone), "one radio: {gone}");
    }
}

#[test]
fn a_box_that_was_set_up_by_cable_is_no_wi_fi_any_more() {
    let machine = Machine::new();
    machine.boot();
    let request = machine.data.path().join("appliance/setup-request");
    std::fs::create_dir_all(&request).unwrap();
    std::fs::write(request.join(CLAIM_FILE_NAME), "version = 1\n").unwrap();
    machine.boot_with(&request, &mut OpenGate).unwrap();
    assert!(!machine.tree().contains_key("/access-point") && !machine.state().access_point);
}

#[test]
fn mistakes_are_all_told_and_nothing_is_applied() {
    let machine = Machine::with_claim("version = 1\r\nhostname = \"a b\"\r\n[wifi]\r\nssid = \"\"\r\n");
    let ProvisionOutcome::Refused(state) = machine.boot() else { panic!("taken") };
    let lines: Vec<_> = state.rows.iter().map(|row| row.line).collect();
    assert_eq!(lines, [Some(2), Some(4), None], "{:?}", state.rows);
    assert!(state.access_point && machine.has_claim(), "it is the installer's to correct");
    assert!(machine.card.path().join("cleantrack-mistakes.txt").exists());
    assert_eq!(machine.state(), state);
    machine.put_claim(CLAIM);
    assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
    assert!(!machine.card.path().join("cleantrack-mistakes.txt").exists());
    machine.put_claim("version = 1\ncolour = 1\n");
    let ProvisionOutcome::Refused(state) = machine.boot() else { panic!("taken") };
    assert!(!state.access_point && machine.read("hostname") == "ward-7\n", "a box in use stays as it is");
}

#[test]
fn a_second_claim_file_changes_only_what_it_names() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    let before = machine.tree();
    machine.put_claim("version = 1\n[network]\nntp = [\"time.lan\"]\n");
    machine.boot();
    let after = machine.tree();
    let changed: Vec<&str> = after
        .iter()
        .filter(|(path, file)| before.get(*path) != Some(file))
        .map(|(path, _)| path.as_str())
        .collect();
    let expected = [
        "/cleantrack/applied",
        "/cleantrack/settled.toml",
        "/cleantrack/setup.json",
        "/timesyncd.conf.d/10-claim.conf",
    ];
    assert_eq!(changed, expected);
    machine
        .put_claim("version = 1\n[wifi]\nssid = \"Other\"\npassphrase = \"another one\"\ncountry = \"US\"\n");
    machine.boot();
    assert!(
        machine.read("network/20-wireless.network").contains("DHCP=yes"),
        "another Wi-Fi, another address"
    );
    assert_eq!(
        (machine.read("hostname"), machine.state().host_name.as_deref()),
        ("ward-7\n".into(), Some("ward-7"))
    );
}

#[test]
fn damaged_settings_are_made_again_at_the_next_start() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    let before = machine.tree();
    let settings = machine.data.path().join("etc/cleantrack/appliance.toml");
    let unfit = b"[uplink]\nproxy_user = \"box\"\n";
    for damage in [&b"noise"[..], b"colour = 1\n", b"\xff\x00", b"", unfit] {
        std::fs::write(&settings, damage).unwrap();
        assert_eq!(machine.boot(), ProvisionOutcome::Unchanged);
        let aside = settings.with_extension("toml.bad");
        assert_eq!(std::fs::read(&aside).unwrap(), damage);
        std::fs::remove_file(&aside).unwrap();
        assert_eq!(machine.state().notes, [SetupNote::SettingsMade], "it is said");
        let mut after = machine.tree();
        after.insert("/cleantrack/setup.json".into(), before["/cleantrack/setup.json"].clone());
        assert_eq!(after, before);
    }
    std::fs::write(&settings, "noise").unwrap();
    std::fs::write(machine.data.path().join("etc/cleantrack/settled.toml"), "noise").unwrap();
    machine.boot();
    let text = machine.read("cleantrack/appliance.toml");
    assert!(files::read_settings(&text).is_some() && text.contains("[setup]"), "{text}");
    assert!(text.contains("ward-7.local"), "its name outlives both: {text}");
    for (path, file) in &before {
        let is_other =
            ["/appliance.toml", "/settled.toml", "/setup.json"].iter().all(|end| !path.ends_with(end));
        assert!(!is_other || machine.tree().get(path) == Some(file), "{path}");
    }
}

#[test]
fn a_closed_network_is_known_for_one_where_the_state_is_damaged_too() {
    let machine = Machine::with_claim("version = 1\n[access_point]\npassphrase = \"7QK3M-9X2WA\"\n");
    machine.boot();
    let before = machine.tree();
    for name in ["appliance.toml", "setup.json"] {
        std::fs::write(machine.data.path().join("etc/cleantrack").join(name), "noise").unwrap();
    }
    machine.boot();
    assert!(machine.state().access_point && machine.state().has_passphrase);
    assert_eq!(machine.tree().get("/access-point"), before.get("/access-point"));
}

#[test]
fn that_settings_were_made_again_is_said_after_the_card_was_wiped_too() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    std::fs::write(machine.data.path().join("etc/cleantrack/appliance.toml"), "noise").unwrap();
    machine.put_claim(CLAIM);
    machine.boot();
    assert_eq!(machine.state().notes, [SetupNote::SettingsMade]);
    assert!(!machine.has_claim());
}

#[test]
fn settings_that_are_damaged_before_the_first_boot_leave_it_its_wi_fi() {
    let machine = Machine::new();
    let settings = machine.data.path().join("etc/cleantrack/appliance.toml");
    std::fs::create_dir_all(settings.parent().unwrap()).unwrap();
    std::fs::write(&settings, "noise").unwrap();
    assert_eq!(machine.boot(), ProvisionOutcome::AccessPoint);
    assert!(machine.tree().contains_key("/access-point") && machine.state().access_point);
    let text = machine.read("cleantrack/appliance.toml");
    assert!(files::read_settings(&text).is_some() && text.contains("access_point = true"), "{text}");
    assert_eq!(machine.boot(), ProvisionOutcome::Unchanged);
}

#[test]
fn what_a_claim_file_does_not_name_stays_where_nobody_knows_what_was_settled() {
    let own = "version = 1\n[access_point]\npassphrase = \"7QK3M-9X2WA\"\n";
    for first in [CLAIM, own] {
        let machine = Machine::with_claim(first);
        machine.boot();
        let before = machine.tree();
        std::fs::write(machine.data.path().join("etc/cleantrack/settled.toml"), "noise").unwrap();
        // Twice: the first one does not count as all that there is.
        for (entered, zone) in [("us/mountain", "America/Denver"), ("US/Arizona", "America/Phoenix")] {
            machine.put_claim(&format!("version = 1\ntime_zone = \"{entered}\"\n"));
            assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
            assert_eq!(machine.tree()["/localtime"].1, format!("/usr/share/zoneinfo/{zone}"));
            assert_eq!(machine.state().time_zone.as_deref(), Some(zone));
            assert_eq!(machine.read("timezone"), format!("{zone}\n"));
            let after = machine.tree();
            let is_other = |path: &&String| {
                ["zone", "/localtime", "/applied", "/settled.toml", "/setup.json"]
                    .iter()
                    .all(|end| !path.ends_with(end))
            };
            for path in before.keys().filter(is_other) {
                assert_eq!(after.get(path), before.get(path), "{path}");
            }
            assert_eq!(machine.state().access_point, first == own);
        }
        machine.put_claim(
            "version = 1\n[wifi]\nssid = \"Other\"\npassphrase = \"another one\"\ncountry = \"US\"\n",
        );
        machine.boot();
        assert!(machine.read("wpa_supplicant-wlan0.conf").contains("ssid=4f74686572"));
        assert!(!machine.tree().contains_key("/access-point") && !machine.state().access_point);
    }
}

#[test]
fn a_proxy_stays_where_nobody_knows_what_was_settled_until_another_is_named() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    std::fs::write(machine.data.path().join("etc/cleantrack/settled.toml"), "noise").unwrap();
    let ca = "ca = \"-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----\\n\"\n";
    machine.put_claim(&format!("version = 1\n[network]\n{ca}"));
    assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
    let text = machine.read("cleantrack/appliance.toml");
    for part in ["proxy-ca.pem", "\"http://proxy.lan:3128\"", "proxy_user = \"box\"", "proxy-password"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    machine.put_claim("version = 1\n[network]\nproxy = \"http://other.lan:8080\"\n");
    assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
    let text = machine.read("cleantrack/appliance.toml");
    assert!(text.contains("\"http://other.lan:8080\"") && text.contains("proxy-ca.pem"), "{text}");
    assert!(!text.contains("proxy_user") && !text.contains("proxy-password"), "{text}");
}

#[test]
fn an_address_is_that_of_the_wifi_where_nobody_knows_what_was_settled() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    std::fs::write(machine.data.path().join("etc/cleantrack/settled.toml"), "noise").unwrap();
    let (wpa, wired) = (machine.read("wpa_supplicant-wlan0.conf"), machine.read("network/10-wired.network"));
    machine.put_claim("version = 1\n[network]\naddress = \"10.9.9.9/24\"\ngateway = \"10.9.9.1\"\n");
    machine.boot();
    let text = machine.read("network/20-wireless.network");
    assert!(text.contains("Address=10.9.9.9/24\n") && text.contains("Gateway=10.9.9.1\n"), "{text}");
    assert!(!text.contains("DNS=10.1.2.1"), "{text}");
    // Name servers alone leave the address.
    machine.put_claim("version = 1\n[network]\ndns = [\"10.9.9.3\"]\n");
    machine.boot();
    let text = machine.read("network/20-wireless.network");
    for line in ["Address=10.9.9.9/24", "Gateway=10.9.9.1", "DNS=10.9.9.3"] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    assert_eq!(machine.read("wpa_supplicant-wlan0.conf"), wpa);
    assert_eq!(machine.read("network/10-wired.network"), wired);
    // Who leaves the Wi-Fi leaves its address there.
    machine.put_claim(
        "version = 1\n[access_point]\npassphrase = \"7QK3M-9X2WA\"\n[network]\ndns = [\"10.9.9.4\"]\n",
    );
    machine.boot();
    let text = machine.read("network/10-wired.network");
    assert!(text.contains("DHCP=yes\nDNS=10.9.9.4\n") && !text.contains("10.9.9.9"), "{text}");
    assert!(!machine.tree().contains_key("/network/20-wireless.network"));
}

#[test]
fn an_address_of_the_cable_stays_with_other_name_servers() {
    let machine = Machine::with_claim(
        "version = 1\n[network]\naddress = \"10.1.2.3/24\"\ngateway = \"10.1.2.1\"\ndns = [\"10.1.2.1\"]\n",
    );
    machine.boot();
    std::fs::write(machine.data.path().join("etc/cleantrack/settled.toml"), "noise").unwrap();
    machine.put_claim("version = 1\n[network]\ndns = [\"10.1.2.2\"]\n");
    machine.boot();
    let text = machine.read("network/10-wired.network");
    for line in ["Address=10.1.2.3/24", "Gateway=10.1.2.1", "DNS=10.1.2.2"] {
        assert!(text.lines().any(|one| one == line), "{line}: {text}");
    }
    assert!(!text.contains("DNS=10.1.2.1"), "{text}");
}

#[test]
fn what_a_person_set_of_backups_stays_where_nobody_knows_what_was_settled() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    let etc = machine.data.path().join("etc/cleantrack");
    let made = machine.read("cleantrack/appliance.toml");
    let stick = "to = \"/run/cleantrack/stick\"\n";
    assert!(made.contains(stick), "{made}");
    std::fs::write(etc.join("settled.toml"), "noise").unwrap();
    for own in ["keep = 30\n", "keep = 30\nto = \"/srv/backups\"\n"] {
        std::fs::write(etc.join("appliance.toml"), made.replace(stick, own)).unwrap();
        machine.put_claim(&format!("version = 1\nhostname = \"ward-{}\"\n", own.len()));
        assert!(matches!(machine.boot(), ProvisionOutcome::Applied(_)));
        let backup = files::read_settings(&machine.read("cleantrack/appliance.toml")).unwrap().backup;
        let to = if own.contains("srv") { "/srv/backups" } else { "/run/cleantrack/stick" };
        assert_eq!((backup.keep, backup.to.as_deref()), (30, Some(Path::new(to))));
    }
}

#[test]
fn a_card_that_takes_nothing_stops_nobody() {
    let machine = Machine::with_claim(CLAIM);
    // A folder in the report's place, and a claim file that cannot be opened for writing but as a link to nowhere.
    std::fs::create_dir_all(machine.card.path().join("cleantrack-provisioned.txt/in-the-way")).unwrap();
    let ProvisionOutcome::Applied(state) = machine.boot() else { panic!("not applied") };
    assert_eq!(state.notes, [SetupNote::NoReport]);
    assert!(!machine.has_claim());
    let odd = Machine::new();
    std::os::unix::fs::symlink("/dev/zero", odd.card.path().join(CLAIM_FILE_NAME)).unwrap();
    assert_eq!(odd.boot(), ProvisionOutcome::AccessPoint, "no link is followed");
    let long = Machine::with_claim(&"# long\n".repeat(1_500_000));
    let ProvisionOutcome::Refused(state) = long.boot() else { panic!("taken") };
    assert_eq!(state.rows[0].code, "too-long");
}

#[test]
fn what_the_page_asks_for_is_applied_and_wiped_and_trusted_with_nothing() {
    let machine = Machine::with_claim(CLAIM);
    machine.boot();
    let request = machine.data.path().join("appliance/setup-request");
    std::fs::create_dir_all(&request).unwrap();
    let put = |text: &str| std::fs::write(request.join(CLAIM_FILE_NAME), text).unwrap();
    put("version = 1\nhostname = \"ward-8\"\n");
    let ProvisionOutcome::Applied(state) = machine.boot_with(&request, &mut OpenGate).unwrap() else {
        panic!("not applied")
    };
    assert_eq!((state.origin, machine.read("hostname").as_str()), (Some(SetupOrigin::Page), "ward-8\n"));
    assert_eq!(std::fs::read_dir(&request).unwrap().count(), 0, "no report, no claim file");
    put("version = 1\nhostname = \"a b\"\n");
    assert!(matches!(machine.boot_with(&request, &mut OpenGate).unwrap(), ProvisionOutcome::Refused(_)));
    assert_eq!(std::fs::read_dir(&request).unwrap().count(), 0, "what has mistakes is wiped too");
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join(CLAIM_FILE_NAME), "version = 1\nhostname = \"foreign\"\n").unwrap();
    std::fs::remove_dir(&request).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), &request).unwrap();
    assert_eq!(machine.boot_with(&request, &mut OpenGate).unwrap(), ProvisionOutcome::Unchanged);
    assert!(elsewhere.path().join(CLAIM_FILE_NAME).exists() && machine.read("hostname") == "ward-8\n");
}
