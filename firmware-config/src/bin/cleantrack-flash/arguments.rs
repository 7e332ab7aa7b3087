//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::exit::EXIT_HELP;

/// Writes cards for CleanTrack boxes: the image, the claim file, and a check of both.
#[derive(Debug, Parser)]
#[command(name = "cleantrack-flash", version, after_long_help = EXIT_HELP)]
pub(crate) struct FlashArguments {
    #[command(subcommand)]
    pub(crate) command: FlashCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum FlashCommand {
    /// Show card readers, and why other drives are not written to.
    List,
    /// Write an image to a card and check it; with a claim file the box is ready.
    Write(WriteArguments),
    /// Write one card after another from a list, and mark each that is done.
    Batch(BatchArguments),
    /// Show what is on a card: partitions, boot state, claim file, what the box left there.
    Inspect {
        /// A card in a reader (/dev/sdb), an image in a file, packed or not, or the folder of the drive CT-BOOT.
        place: PathBuf,
    },
    /// Put a claim file onto a card that was written before.
    Inject(InjectArguments),
    /// Check a claim file, add the building's network to it, and save it.
    Claim(ClaimArguments),
    /// Print the list of an image that Raspberry Pi Imager reads.
    Manifest(ManifestArguments),
}

/// What an installer adds to a claim file. Passwords are never options: they would be seen in the list of programs.
#[derive(Debug, Args, Default)]
pub(crate) struct NetworkArguments {
    /// Name of the Wi-Fi; its passphrase is asked for, or read from standard input.
    #[arg(long)]
    pub(crate) ssid: Option<String>,
    /// The Wi-Fi does not show its name.
    #[arg(long, requires = "ssid")]
    pub(crate) hidden: bool,
    /// The box is a Wi-Fi of its own; its passphrase is asked for, or read from standard input.
    #[arg(long, conflicts_with_all = ["ssid", "hidden", "country"])]
    pub(crate) access_point: bool,
    /// Whose radio rules hold, in two letters, such as US.
    #[arg(long)]
    pub(crate) country: Option<String>,
    /// The box's name in the building's network.
    #[arg(long)]
    pub(crate) hostname: Option<String>,
    /// IANA time zone, such as Europe/Berlin.
    #[arg(long)]
    pub(crate) time_zone: Option<String>,
    /// Scheme and host of labels, such as HTTP://10.0.0.5.
    #[arg(long)]
    pub(crate) label_host: Option<String>,
    /// The box's own address with its prefix, such as 10.1.2.3/24; without it, DHCP.
    #[arg(long)]
    pub(crate) address: Option<String>,
    /// Beside --address.
    #[arg(long)]
    pub(crate) gateway: Option<String>,
    /// Name servers, with commas between them.
    #[arg(long)]
    pub(crate) dns: Option<String>,
    /// Time servers, with commas between them.
    #[arg(long)]
    pub(crate) ntp: Option<String>,
    /// http://host:port. One with a password goes into the claim file or the list of cards.
    #[arg(long)]
    pub(crate) proxy: Option<String>,
    /// PEM file of the authority of a proxy that looks into TLS.
    #[arg(long)]
    pub(crate) ca: Option<PathBuf>,
}

/// A drive that is no small removable card must be meant.
#[derive(Debug, Args, Default)]
pub(crate) struct ForceArguments {
    /// Write to a drive that is built in or very large, if it holds exactly this many bytes. Never to a disk in use.
    #[arg(long)]
    pub(crate) force_bytes: Option<u64>,
}

#[derive(Debug, Args)]
pub(crate) struct WriteArguments {
    /// The image, .img or .img.zst.
    pub(crate) image: PathBuf,
    /// The card, such as /dev/sdb; without it the readers are shown to choose from.
    #[arg(long, conflicts_with = "file")]
    pub(crate) device: Option<PathBuf>,
    /// Write to this file instead of a card.
    #[arg(long)]
    pub(crate) file: Option<PathBuf>,
    /// Replace the file if it is there.
    #[arg(long, requires = "file")]
    pub(crate) overwrite: bool,
    /// The claim file from the relay's page “Add a box”.
    #[arg(long)]
    pub(crate) claim: Option<PathBuf>,
    /// SHA-256 that the image must have; without it, what SHA256SUMS beside it says.
    #[arg(long)]
    pub(crate) sha256: Option<String>,
    /// Do not ask before the card is written over.
    #[arg(long)]
    pub(crate) yes: bool,
    #[command(flatten)]
    pub(crate) force: ForceArguments,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Debug, Args)]
pub(crate) struct BatchArguments {
    /// The image, .img or .img.zst.
    pub(crate) image: PathBuf,
    /// A CSV with a row for each card. Columns: claim (path of a claim file), hostname, time_zone, label_host, setup_code,
    /// ssid, passphrase, psk, hidden, country, access_point_passphrase, address, gateway, dns, proxy, ca, ntp, code; for
    /// people: room, note, box.
    pub(crate) list: PathBuf,
    /// The card reader, such as /dev/sdb.
    #[arg(long, conflicts_with = "folder", required_unless_present = "folder")]
    pub(crate) device: Option<PathBuf>,
    /// Write files into this folder instead of cards.
    #[arg(long)]
    pub(crate) folder: Option<PathBuf>,
    /// SHA-256 that the image must have; without it, what SHA256SUMS beside it says.
    #[arg(long)]
    pub(crate) sha256: Option<String>,
    #[command(flatten)]
    pub(crate) force: ForceArguments,
}

#[derive(Debug, Args)]
pub(crate) struct InjectArguments {
    /// The claim file.
    pub(crate) claim: PathBuf,
    /// A card in a reader (/dev/sdb), an image in a file, or the folder of the drive CT-BOOT.
    pub(crate) place: PathBuf,
    #[command(flatten)]
    pub(crate) force: ForceArguments,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ClaimArguments {
    /// The claim file from the relay; without it, one for a box that runs alone.
    pub(crate) claim: Option<PathBuf>,
    /// Where to save it, with the passphrase hashed; without it, it is only checked and shown.
    #[arg(long)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) network: NetworkArguments,
}

#[derive(Debug, Args)]
pub(crate) struct ManifestArguments {
    /// The image, .img or .img.zst.
    pub(crate) image: PathBuf,
    /// Where people download it.
    #[arg(long)]
    pub(crate) url: String,
    /// Where its icon is (PNG, 40 by 40).
    #[arg(long)]
    pub(crate) icon: String,
    /// What it is called.
    #[arg(long, default_value = "CleanTrack box")]
    pub(crate) name: String,
    /// Such as 2026-11-23.
    #[arg(long)]
    pub(crate) release_date: jiff::civil::Date,
}
