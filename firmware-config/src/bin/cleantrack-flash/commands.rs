//! What each subcommand does.

use std::path::{Path, PathBuf};

use crate::arguments::{
    BatchArguments, ClaimArguments, FlashCommand, InjectArguments, ManifestArguments, NetworkArguments,
    WriteArguments,
};
use crate::batch::{BatchPlace, BatchStation, write_batch};
use crate::batch_list::{BatchCard, BatchList};
use crate::card::CardDevice;
use crate::console::OperatorConsole;
use crate::drives::{CardDrive, DriveTree, list_drives, require_drive};
use crate::edits::{ClaimEdits, card_text, read_claim};
use crate::error::FlashError;
use crate::file_card::{FileCard, FileReplacement};
use crate::image::ImageReader;
use crate::inspect::{describe_claim, inspect_place};
use crate::manifest::{ManifestFacts, write_manifest};
use crate::place::inject_claim;
use crate::progress::{FlashProgress, ProgressLine};
use crate::sizes::describe_bytes;
use crate::system::open_drive;
use crate::volume::{read_bounded, write_whole};
use crate::writer::write_card;

/// Longer than any chain of certificates.
const CA_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn run_command(
    command: FlashCommand,
    tree: &DriveTree,
    console: &mut dyn OperatorConsole,
) -> Result<(), FlashError> {
    match command {
        FlashCommand::List => show_drives(tree, console),
        FlashCommand::Write(arguments) => write_image(&arguments, tree, console),
        FlashCommand::Batch(arguments) => run_batch(arguments, tree, console),
        FlashCommand::Inspect { place } => {
            let report = inspect_place(&place, tree)?;
            report.lines.iter().for_each(|line| console.print_line(line));
            report.fault.map_or(Ok(()), Err)
        }
        FlashCommand::Inject(arguments) => inject_file(&arguments, tree, console),
        FlashCommand::Claim(arguments) => save_claim(&arguments, console),
        FlashCommand::Manifest(arguments) => print_manifest(arguments, console),
    }
}

fn show_drives(tree: &DriveTree, console: &mut dyn OperatorConsole) -> Result<(), FlashError> {
    let drives = list_drives(tree)?;
    for drive in &drives {
        console.print_line(&match drive.refusal(None) {
            None => format!("{drive}"),
            Some(refusal) => format!("{drive}\n    not written to: {refusal}"),
        });
    }
    if drives.iter().all(|drive| drive.refusal(None).is_some()) {
        console.print_note("No card that may be written is there.");
    }
    Ok(())
}

fn read_edits(
    arguments: &NetworkArguments,
    console: &mut dyn OperatorConsole,
) -> Result<ClaimEdits, FlashError> {
    let mut edits = ClaimEdits::default();
    for (name, value) in [
        ("hostname", &arguments.hostname),
        ("time_zone", &arguments.time_zone),
        ("label_host", &arguments.label_host),
        ("ssid", &arguments.ssid),
        ("country", &arguments.country),
        ("address", &arguments.address),
        ("gateway", &arguments.gateway),
        ("dns", &arguments.dns),
        ("ntp", &arguments.ntp),
        ("proxy", &arguments.proxy),
    ] {
        if let Some(text) = value {
            edits.add(name, text);
        }
    }
    if let Some(path) = &arguments.ca {
        let bytes = read_bounded(path, CA_BYTES_MAX)?.ok_or_else(|| FlashError::FileUnreadable {
            path: path.clone(),
            source: std::io::ErrorKind::NotFound.into(),
        })?;
        edits.add("ca", &String::from_utf8_lossy(&bytes));
    }
    if let Some(ssid) = &arguments.ssid {
        let question = format!("Passphrase of the Wi-Fi “{ssid}” (empty: it is open): ");
        let passphrase = console.read_secret(&question).ok_or(FlashError::NoAnswer)?;
        if !passphrase.is_empty() {
            edits.add("passphrase", &passphrase);
        }
        if arguments.hidden {
            edits.add("hidden", "yes");
        }
    }
    if arguments.access_point {
        let question = "Passphrase of the box’s own Wi-Fi (8 to 63 characters): ";
        let passphrase = console.read_secret(question).ok_or(FlashError::NoAnswer)?;
        edits.add("access_point_passphrase", &passphrase);
    }
    Ok(edits)
}

fn choose_drive(
    arguments: &WriteArguments,
    tree: &DriveTree,
    console: &mut dyn OperatorConsole,
) -> Result<CardDrive, FlashError> {
    let force = arguments.force.force_bytes;
    if let Some(path) = &arguments.device {
        return require_drive(tree, path, force);
    }
    let drives: Vec<CardDrive> =
        list_drives(tree)?.into_iter().filter(|drive| drive.refusal(force).is_none()).collect();
    if drives.is_empty() {
        return Err(FlashError::NoReader);
    }
    for (nth, drive) in drives.iter().enumerate() {
        console.print_note(&format!("{}  {drive}", nth + 1));
    }
    let answer = console.read_answer("Which one? Its number: ").ok_or(FlashError::NoAnswer)?;
    let nth = answer.trim().parse::<usize>().ok().and_then(|nth| nth.checked_sub(1));
    nth.and_then(|nth| drives.into_iter().nth(nth)).ok_or(FlashError::Declined)
}

fn confirm_drive(drive: &CardDrive, console: &mut dyn OperatorConsole) -> Result<(), FlashError> {
    let size = describe_bytes(drive.bytes);
    let question = format!(
        "Everything on {} ({size}, {}) will be lost. Write? yes/no: ",
        drive.path.display(),
        drive.model
    );
    match console.read_answer(&question).map(|answer| answer.trim().to_lowercase()).as_deref() {
        Some("yes" | "y") => Ok(()),
        Some(_) => Err(FlashError::Declined),
        None => Err(FlashError::NoAnswer),
    }
}

fn write_image(
    arguments: &WriteArguments,
    tree: &DriveTree,
    console: &mut dyn OperatorConsole,
) -> Result<(), FlashError> {
    // Everything that can be wrong is found before a card is touched.
    let image = ImageReader::open(&arguments.image, arguments.sha256.as_deref())?;
    let edits = read_edits(&arguments.network, console)?;
    let claim = card_text(arguments.claim.as_deref(), &edits)?;
    let mut card: Box<dyn CardDevice> = match &arguments.file {
        Some(path) => {
            let replacement =
                if arguments.overwrite { FileReplacement::Allowed } else { FileReplacement::Refused };
            Box::new(FileCard::create(path, replacement)?)
        }
        None => {
            let drive = choose_drive(arguments, tree, console)?;
            if !arguments.yes {
                confirm_drive(&drive, console)?;
            }
            // Something may have mounted it since.
            open_drive(&require_drive(tree, &drive.path, arguments.force.force_bytes)?, tree)?
        }
    };
    let mut progress = ProgressLine::new();
    let written = write_card(card.as_mut(), image, claim.as_deref(), &mut progress);
    if let (Err(_), Some(path)) = (&written, &arguments.file) {
        remove_half(path, console);
    }
    let report = written?;
    let with = if claim.is_some() {
        "The claim file is on it: eject the card, put it into the box and plug the box in."
    } else {
        "It has no claim file: add one with `cleantrack-flash inject`, or set the box up by its own Wi-Fi."
    };
    let (size, sum) = (describe_bytes(report.bytes), report.image.file_sum);
    console.print_note(&format!("{size} written and read back, of the image with the SHA-256 {sum}. {with}"));
    Ok(())
}

/// A partial image would block the next attempt. What is no regular file is left alone.
fn remove_half(path: &Path, console: &mut dyn OperatorConsole) {
    if path.is_file()
        && let Err(error) = std::fs::remove_file(path)
    {
        console
            .print_note(&format!("{} is half an image and could not be removed: {error}.", path.display()));
    }
}

fn inject_file(
    arguments: &InjectArguments,
    tree: &DriveTree,
    console: &mut dyn OperatorConsole,
) -> Result<(), FlashError> {
    let edits = read_edits(&arguments.network, console)?;
    let Some(claim) = card_text(Some(&arguments.claim), &edits)? else { return Ok(()) };
    inject_claim(&arguments.place, &claim, tree, arguments.force.force_bytes)?;
    console.print_note("The claim file is on the card. Eject it, put it into the box and plug the box in.");
    Ok(())
}

fn save_claim(arguments: &ClaimArguments, console: &mut dyn OperatorConsole) -> Result<(), FlashError> {
    let edits = read_edits(&arguments.network, console)?;
    let file = match &arguments.claim {
        Some(path) => read_claim(path)?,
        None => firmware_config::ClaimFile::default(),
    };
    let file = edits.apply(&file).map_err(FlashError::Edits)?;
    describe_claim(&file).iter().for_each(|line| console.print_line(line));
    match &arguments.output {
        Some(path) => write_whole(path, file.to_toml().as_bytes()),
        None => Ok(()),
    }
}

fn print_manifest(arguments: ManifestArguments, console: &mut dyn OperatorConsole) -> Result<(), FlashError> {
    let facts = ManifestFacts {
        url: arguments.url,
        icon: arguments.icon,
        name: arguments.name,
        release_date: arguments.release_date.to_string(),
    };
    let text = write_manifest(&arguments.image, facts, &mut ProgressLine::new())?;
    console.print_line(&text);
    Ok(())
}

struct MachineStation<'a> {
    tree: &'a DriveTree,
    arguments: BatchArguments,
}

impl BatchStation for MachineStation<'_> {
    fn open_card(&mut self, card: &BatchCard) -> Result<Box<dyn CardDevice>, FlashError> {
        if let Some(folder) = &self.arguments.folder {
            let path = folder.join(format!("{}.img", card.name.replace(' ', "-")));
            return Ok(Box::new(FileCard::create(&path, FileReplacement::Allowed)?));
        }
        let path: PathBuf = self.arguments.device.clone().unwrap_or_default();
        let drive = require_drive(self.tree, &path, self.arguments.force.force_bytes)?;
        open_drive(&drive, self.tree)
    }

    fn open_image(&mut self) -> Result<ImageReader, FlashError> {
        ImageReader::open(&self.arguments.image, self.arguments.sha256.as_deref())
    }

    fn begin_progress(&mut self) -> Box<dyn FlashProgress> {
        Box::new(ProgressLine::new())
    }

    fn place(&self) -> BatchPlace {
        match (&self.arguments.folder, &self.arguments.device) {
            (Some(_), _) => BatchPlace::Folder,
            (None, Some(device)) => BatchPlace::Reader(device.display().to_string()),
            (None, None) => BatchPlace::Reader("the reader".to_owned()),
        }
    }
}

fn run_batch(
    arguments: BatchArguments,
    tree: &DriveTree,
    console: &mut dyn OperatorConsole,
) -> Result<(), FlashError> {
    let mut list = BatchList::read(&arguments.list)?;
    let mut station = MachineStation { tree, arguments };
    drop(station.open_image()?);
    let done = list.count_done();
    if done > 0 {
        console.print_note(&format!("{done} of {} cards are done already.", list.cards.len()));
    }
    write_batch(&mut list, &mut station, console)?;
    console.print_note(&format!("All {} cards are done.", list.cards.len()));
    Ok(())
}

#[cfg(test)]
mod tests;
