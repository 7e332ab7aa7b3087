//! What is on a card: partitions, boot state, label, claim file, and what the box left there about its first start.

use std::path::Path;

use firmware_config::{
    CLAIM_FILE_BYTES_MAX, CLAIM_FILE_NAME, ClaimFile, MISTAKES_FILE_NAME, PROVISIONED_FILE_NAME, WifiKey,
};

use crate::card::CardDevice;
use crate::drives::DriveTree;
use crate::error::FlashError;
use crate::image::{ImageReader, WholeImage};
use crate::partitions::{
    CardPartition, SECTOR_BYTES, check_partition_ends, find_boot_partition, parse_table, read_boot_state,
    read_table,
};
use crate::place::CardPlace;
use crate::sizes::describe_bytes;
use crate::volume::{BootFiles, BootFolder, CardVolume, VolumeUse};

/// A box's report on its first start is short.
const REPORT_BYTES_MAX: usize = 16 * 1024;
/// The name that Windows produces where it hides extensions.
const HIDDEN_ENDING: &str = "cleantrack.toml.txt";

#[derive(Debug, Default)]
pub(crate) struct CardReport {
    pub(crate) lines: Vec<String>,
    /// The first thing that a box could not use.
    pub(crate) fault: Option<FlashError>,
    pub(crate) claim: Option<String>,
}

impl CardReport {
    fn add(&mut self, line: impl Into<String>) {
        self.lines.push(line.into());
    }

    fn blame(&mut self, fault: FlashError) {
        self.add(fault.to_string());
        self.fault.get_or_insert(fault);
    }
}

pub(crate) fn inspect_place(path: &Path, tree: &DriveTree) -> Result<CardReport, FlashError> {
    let place = CardPlace::of(path, tree)?;
    let mut report = CardReport::default();
    match &place {
        CardPlace::Drive(drive) => report.add(drive.to_string()),
        CardPlace::File(path) | CardPlace::Folder(path) => report.add(path.display().to_string()),
    }
    if let CardPlace::File(path) = &place
        && inspect_packed(path, &mut report)
    {
        return Ok(report);
    }
    match (place.open_to_read(tree)?, place) {
        (Some(mut card), _) => inspect_card(card.as_mut(), &mut report)?,
        (None, CardPlace::Folder(path)) => inspect_files(&mut BootFolder::open(&path)?, &mut report)?,
        (None, _) => {}
    }
    Ok(report)
}

/// Whether a box could start from it: whatever else is packed arrives whole as well.
fn is_card_image(image: &WholeImage) -> bool {
    let table = parse_table(&image.first_sector);
    image.bytes.is_multiple_of(SECTOR_BYTES)
        && table.is_some_and(|table| table.partitions.iter().any(CardPartition::is_fat))
}

/// Reads a packed image whole, to check that it arrived as it was built. `false` for what is not packed,
/// which is inspected as a card.
fn inspect_packed(path: &Path, report: &mut CardReport) -> bool {
    let read = match ImageReader::open(path, None) {
        Ok(image) if image.is_packed() => image.read_through(),
        Err(error @ FlashError::ImageDamaged { .. }) => Err(error),
        _ => return false,
    };
    match read {
        Ok(image) => {
            match is_card_image(&image) {
                true => report.add(format!("packed image: whole, {} unpacked", describe_bytes(image.bytes))),
                false => report.blame(FlashError::NoBootPartition),
            }
            report.add(format!("SHA-256 {}", image.summary.file_sum));
        }
        Err(error) => report.blame(error),
    }
    true
}

pub(crate) fn inspect_card(card: &mut dyn CardDevice, report: &mut CardReport) -> Result<(), FlashError> {
    let Some(table) = read_table(card)? else {
        report.blame(FlashError::NoBootPartition);
        return Ok(());
    };
    report.add(format!("partitions (MBR, disk id {:08x}):", table.disk_id));
    table.partitions.iter().for_each(|partition| report.add(format!("  {partition}")));
    if let Err(error) = check_partition_ends(card) {
        report.blame(error);
    }
    match read_boot_state(card) {
        Some(state) => report.add(format!("boot state: {state}")),
        None => report.add("boot state: none that is whole; the box makes a new one"),
    }
    let partition = match find_boot_partition(card) {
        Ok(partition) => partition,
        Err(error) => {
            report.blame(error);
            return Ok(());
        }
    };
    let mut volume = match CardVolume::open(card, partition, VolumeUse::Look) {
        Ok(volume) => volume,
        Err(error) => {
            report.blame(error);
            return Ok(());
        }
    };
    report.add(format!("start partition: {}, {}", volume.label()?, describe_bytes(partition.bytes)));
    if volume.is_dirty()? {
        report.blame(FlashError::FatDirty);
    }
    inspect_files(&mut volume, report)
}

fn without_controls(line: &str) -> String {
    line.chars().filter(|c| !c.is_control()).collect::<String>()
}

fn inspect_files(files: &mut dyn BootFiles, report: &mut CardReport) -> Result<(), FlashError> {
    match files.read_file(CLAIM_FILE_NAME, CLAIM_FILE_BYTES_MAX + 1)? {
        None => report.add(format!("claim file: none ({CLAIM_FILE_NAME})")),
        Some(bytes) => match ClaimFile::parse(&bytes) {
            Ok(file) => {
                report.add("claim file: good");
                describe_claim(&file).into_iter().for_each(|line| report.add(format!("  {line}")));
                report.claim = Some(file.to_toml());
            }
            Err(error) => report.blame(FlashError::Claim { path: CLAIM_FILE_NAME.into(), error }),
        },
    }
    if files.read_file(HIDDEN_ENDING, 1)?.is_some() {
        report.add(format!("{HIDDEN_ENDING}: the box does not read it; rename it to {CLAIM_FILE_NAME}"));
    }
    for name in [PROVISIONED_FILE_NAME, MISTAKES_FILE_NAME] {
        if let Some(bytes) = files.read_file(name, REPORT_BYTES_MAX)? {
            report.add(format!("{name}:"));
            let text = String::from_utf8_lossy(&bytes);
            // Characters that a terminal would take for commands are left out.
            text.lines().for_each(|line| report.add(format!("  {}", without_controls(line))));
        }
    }
    Ok(())
}

pub(crate) fn describe_claim(file: &ClaimFile) -> Vec<String> {
    let mut lines = Vec::new();
    match &file.relay {
        Some(relay) => {
            lines.push(format!("relay {}, facility {}", relay.relay_url, relay.facility));
            lines.push(format!("its code is taken until {}", relay.expires));
            if relay.expires < jiff::Timestamp::now() {
                lines.push("THAT IS OVER: download a new claim file from the relay".to_owned());
            }
        }
        None => lines.push("no relay: the box runs alone".to_owned()),
    }
    match &file.wifi {
        Some(wifi) => {
            let key = match wifi.key {
                WifiKey::Open => "open",
                WifiKey::Passphrase(_) => "with its passphrase in clear",
                WifiKey::Hashed(_) => "with its hashed key",
            };
            lines.push(format!("Wi-Fi “{}”, {key}, country {}", wifi.ssid, wifi.country));
        }
        None => lines.push("no Wi-Fi: the box needs a cable".to_owned()),
    }
    let network = &file.network;
    match network.address {
        Some(address) => {
            let gateway = network.gateway.map(|gateway| format!(", gateway {gateway}"));
            lines.push(format!("address {address}{}", gateway.unwrap_or_default()));
        }
        None => lines.push("address by DHCP".to_owned()),
    }
    let listed = [
        ("name servers", network.dns.iter().map(ToString::to_string).collect::<Vec<_>>()),
        ("time servers", network.ntp.clone()),
    ];
    let filled = listed.into_iter().filter(|(_, values)| !values.is_empty());
    lines.extend(filled.map(|(name, values)| format!("{name} {}", values.join(", "))));
    if let Some(proxy) = &network.proxy {
        // Behind the user and the password.
        let host = proxy.reveal().rsplit(['@', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        lines.push(format!("proxy {host}"));
    }
    if network.ca.is_some() {
        lines.push("with the authority of a proxy that looks into TLS".to_owned());
    }
    let texts =
        [("host name", &file.hostname), ("time zone", &file.time_zone), ("label host", &file.label_host)];
    for (name, value) in texts {
        lines.extend(value.iter().map(|value| format!("{name} {value}")));
    }
    if file.access_point.is_some() {
        lines.push("is a Wi-Fi of its own, with a passphrase".to_owned());
    }
    if file.setup_code.is_some() {
        lines.push("with a set-up code".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MemoryCard, box_image, card_claim};
    use crate::writer::add_claim;

    fn report_of(card: &mut MemoryCard) -> CardReport {
        let mut report = CardReport::default();
        inspect_card(card, &mut report).unwrap();
        report
    }

    #[test]
    fn a_card_before_and_after_its_claim() {
        let mut card = MemoryCard::of(box_image());
        let report = report_of(&mut card);
        let text = report.lines.join("\n");
        assert!(report.fault.is_none(), "{text}");
        for part in ["disk id c1ea0001", "starts from slot A", "CT-BOOT", "claim file: none"] {
            assert!(text.contains(part), "{part}: {text}");
        }
        add_claim(&mut card, &card_claim()).unwrap();
        let text = report_of(&mut card).lines.join("\n");
        for part in
            ["claim file: good", "runs alone", "“Hospital IoT”, with its hashed key", "host name or-3"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn mistakes_and_what_the_box_left() {
        let folder = tempfile::tempdir().unwrap();
        let save = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        save("u-boot.bin", "x");
        save(CLAIM_FILE_NAME, "version = 1\nhostnam = \"x\"\n");
        save(HIDDEN_ENDING, "version = 1");
        save(MISTAKES_FILE_NAME, "line 2: \u{1b}[31mhostnam\n");
        let tree = DriveTree { sys: "none".into(), proc: "none".into(), dev: "none".into() };
        let report = inspect_place(folder.path(), &tree).unwrap();
        let text = report.lines.join("\n");
        assert!(matches!(report.fault, Some(FlashError::Claim { .. })), "{text}");
        for part in
            ["did you mean `hostname`", "rename it", "cleantrack-mistakes.txt:\n  line 2: [31mhostnam"]
        {
            assert!(text.contains(part), "{part}: {text}");
        }
    }

    #[test]
    fn no_secret_is_shown() {
        let text = "version = 1\nsetup_code = \"PEAR-4711\"\n[network]\nproxy = \"http://box:APPLE@proxy:3128\"\n\
            address = \"10.0.0.2/24\"\ngateway = \"10.0.0.1\"\ndns = [\"10.0.0.1\"]\nntp = [\"ntp.example\"]\n";
        let lines = describe_claim(&ClaimFile::parse(text.as_bytes()).unwrap()).join("\n");
        for part in ["proxy proxy:3128", "10.0.0.2/24, gateway 10.0.0.1", "ntp.example", "with a set-up code"]
        {
            assert!(lines.contains(part), "{part}: {lines}");
        }
        assert!(!lines.contains("APPLE") && !lines.contains("PEAR"), "{lines}");
    }

    #[test]
    fn what_is_no_card_is_blamed() {
        let report = report_of(&mut MemoryCard::used(1_000_000));
        assert!(matches!(report.fault, Some(FlashError::NoBootPartition)));
        let mut broken = MemoryCard::of(box_image());
        broken.bytes[crate::testing::FAT_START * 512..][..512].fill(0);
        assert!(matches!(report_of(&mut broken).fault, Some(FlashError::FatDamaged(_))));
    }
}
