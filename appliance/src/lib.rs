//! The box: turns what people at a facility do into entries of a signed log.
//!
//! A phone's form comes in by [`listen`] and [`web`], becomes a command, and [`intake`] decides it, purely; [`command`] carries it to
//! [`store`], whose one writer thread makes it durable before the caller gets an answer. [`uplink`] sends the log to the relay when
//! there is a connection. [`printing`] drives the label printers with a ledger of its own, `prints` writes each job's end into the
//! log, [`photo`] opens photos in a process of its own, [`sweep`] keeps them within their share of the card, [`scrub`] checks
//! everything that is stored once a week, [`backup`] puts it into encrypted files and back, [`identity`] holds PINs, sessions and
//! tokens, [`alarms`] what somebody must know, [`panel`] shows it by lights, [`phones`] places what phones kept back in time,
//! [`packs`] holds drafts of protocols until somebody adopts them, [`admin`] is root's interface, `wording` has the words of both. [`clock`] says what vouches for the
//! time; [`settings`] is the only module that reads settings.

pub mod admin;
pub mod alarms;
pub mod anchors;
mod background;
pub mod backup;
mod backup_commands;
pub mod bundle;
pub mod clock;
pub mod command;
#[cfg(test)]
mod counted_disk;
pub mod disk_space;
pub mod doctor;
mod field_commands;
pub mod identity;
pub mod intake;
pub mod listen;
pub mod packs;
pub mod panel;
pub mod phones;
pub mod photo;
pub mod printing;
mod prints;
pub mod provision;
pub mod scrub;
pub mod serve;
pub mod settings;
pub mod setup;
pub mod store;
pub mod sweep;
pub mod uplink;
pub mod web;
mod wording;

use std::ffi::OsString;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use record::kinds::{CompetencyPolicy, ProblemPolicy, QueuedPolicy, StaffRole};
use service::admin_socket;
use service::admin_socket::{AdminAnswer, AskError};
use service::exit::ProgramExit;
use service::random::{RandomSource, SystemRandom};
use service::settings::{LoadedSettings, SettingsError};
use service::zone_data::{ZONE_FOLDER, take_newer_zones};

use crate::admin::AdminCommand;
use crate::backup::count_noun;
use crate::field_commands::{DoctorFormat, FieldSettings};
use crate::identity::{ApiTokenScope, TokenLife};
use crate::settings::BoxSettings;

/// How this program is called, so that it can call itself for a photo.
#[derive(Debug, Clone)]
pub struct ProgramSetup {
    /// Arguments before the subcommand; a program that holds more than the box needs some.
    pub prefix: Vec<OsString>,
    /// Where zone data lie that may be newer than the bundled ones.
    pub zones: PathBuf,
}

impl Default for ProgramSetup {
    fn default() -> Self {
        Self { prefix: Vec::new(), zones: ZONE_FOLDER.into() }
    }
}

#[derive(Debug, Parser)]
#[command(
    name = "cleantrack-appliance",
    version,
    about = "The CleanTrack box: scan server, signed log, label printer"
)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Option<CliCommand>,
}

#[derive(Debug, Args)]
struct Global {
    /// Settings (TOML); every key can also come from the environment, see below
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// Data folder
    #[arg(long, global = true)]
    data: Option<PathBuf>,
    /// Check the settings, print what would run, and exit
    #[arg(long, global = true)]
    check: bool,
}

#[derive(Debug, Subcommand)]
enum CliCommand {
    /// Run the box (the default)
    Serve,
    /// Rebuild the database from the journal (box stopped)
    Rebuild,
    /// People at the facility
    #[command(subcommand)]
    Staff(StaffCommand),
    /// Tokens for programs
    #[command(subcommand)]
    Token(TokenCommand),
    /// Keys of the log
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Work on the log that the box does not do automatically
    #[command(subcommand)]
    Log(LogCommand),
    /// Settings of the facility
    #[command(subcommand)]
    Facility(FacilityCommand),
    /// Alarms
    #[command(subcommand)]
    Alarm(AlarmCommand),
    /// Backups of a running box, and the folder they are in
    #[command(subcommand)]
    Backup(BackupCommand),
    /// Restore a backup into an empty data folder (no box running on it); the key is read from standard input
    Restore {
        /// The backup’s file, whose name ends in .age; the files of its photos lie beside it
        file: PathBuf,
        /// Only read all of it, and change nothing
        #[arg(long)]
        test: bool,
        /// Read the key from this file instead of standard input
        #[arg(long, value_name = "FILE")]
        key_file: Option<PathBuf>,
        /// Restore all records even where files with photos are missing or damaged
        #[arg(long)]
        without_photos: bool,
    },
    /// Claim this box with a claim file; `-` reads standard input
    Claim {
        /// The file
        file: PathBuf,
    },
    /// Look at clock, storage, power, network, relay, printers and log; ends with 0 good, 1 soon, 2 now
    Doctor {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a support bundle: how the box is, without records, names, photos and keys
    Bundle {
        /// The file; by default one named after the day, here
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Print the code of the set-up page, which lets one facility admin in while nobody else can sign in
    SetupCode {
        /// Make a new one first: one that was used opens nothing any more
        #[arg(long)]
        new: bool,
    },
    /// Turn the card's claim file into the machine's settings (the image's first boot; as root)
    Provision {
        /// The folder with cleantrack.toml: the card's FAT partition
        #[arg(long, value_name = "DIR")]
        card: PathBuf,
    },
    #[command(name = photo::CHILD_SUBCOMMAND, hide = true)]
    Photo,
}

#[derive(Debug, Subcommand)]
enum StaffCommand {
    /// Add a person; their PIN, if they are to sign in, is read from standard input
    Add {
        /// Their name
        #[arg(long)]
        name: String,
        /// technician, biomed, facility_admin or auditor
        #[arg(long, value_parser = parse_role)]
        role: StaffRole,
        /// Read a PIN of 4 to 8 digits (6 to 8 for biomed and facility_admin) from standard input
        #[arg(long)]
        pin: bool,
    },
    /// List everybody who works here: id, name, role, whether they have a PIN, until when they are locked after wrong ones
    List,
    /// Set a person's PIN, read from standard input
    Pin {
        /// Their name or id
        #[arg(value_name = "NAME|ID")]
        staff: String,
    },
    /// Unlock a person after wrong PINs
    Unlock {
        /// Their name or id
        #[arg(value_name = "NAME|ID")]
        staff: String,
    },
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Show all tokens: id, scope, state, end, last use and name
    List,
    /// Create an API token; shown once
    Create {
        /// What it is for
        #[arg(required_unless_present = "named")]
        name: Option<String>,
        /// The same as the name without a flag
        #[arg(long = "name", value_name = "NAME", conflicts_with = "name")]
        named: Option<String>,
        /// read, record (also report cleanings) or write (all that programs may do)
        #[arg(long, default_value = "read")]
        scope: ApiTokenScope,
        /// Days until it ends, 1 to 730
        #[arg(long, default_value_t = 365)]
        days: u16,
        /// It ends only when it is revoked
        #[arg(long, conflicts_with = "days")]
        never: bool,
    },
    /// Revoke a token, at once and permanently
    Revoke {
        /// Its id, or its name where no other token has it
        token: String,
    },
}

#[derive(Debug, Subcommand)]
enum KeysCommand {
    /// Print the verifier keys, this epoch's first
    Export,
}

#[derive(Debug, Subcommand)]
enum LogCommand {
    /// Import records that this box lost from a copy of its data folder (box stopped)
    Import {
        /// The copy: the folder that has `log` in it
        folder: PathBuf,
    },
    /// Confirm that a log which an alarm names is this box's
    Trust {
        /// Its name, as the alarm gives it
        log: String,
    },
}

#[derive(Debug, Subcommand)]
enum FacilityCommand {
    /// Change settings; those left out stay as they are
    Set(FacilityArguments),
}

#[derive(Debug, Args)]
struct FacilityArguments {
    /// The facility's name
    #[arg(long)]
    name: Option<String>,
    /// IANA time zone
    #[arg(long)]
    zone: Option<String>,
    /// Scheme and host that labels carry, such as HTTP://10.0.0.5
    #[arg(long)]
    label_host: Option<String>,
    /// Take a label host that the box has no address for, or other than the one on printed labels
    #[arg(long, requires = "label_host")]
    confirm_label_host: bool,
    /// Whether cleanings without a name are allowed
    #[arg(long)]
    allow_unattributed: Option<bool>,
    /// Whom technicians call
    #[arg(long)]
    contact: Option<String>,
    /// Minutes for which an entered PIN proves records, 0 to 60
    #[arg(long)]
    pin_proof_min: Option<u32>,
    /// Minutes in which a record can be undone, 0 to 1440
    #[arg(long)]
    undo_min: Option<u32>,
    /// Whether a reported problem takes its item out of service: tell (never), proven or anyone
    #[arg(long)]
    problem: Option<ProblemPolicy>,
    /// A cleaning by somebody who is not signed off: off, warn or refuse
    #[arg(long)]
    competency: Option<CompetencyPolicy>,
    /// Contact time that a phone measured away from the box: count or incomplete
    #[arg(long)]
    queued: Option<QueuedPolicy>,
    #[arg(long, help = format!("Language and country of printed things: {}", intake::FACILITY_LOCALES.join(", ")))]
    locale: Option<String>,
}

#[derive(Debug, Subcommand)]
enum BackupCommand {
    /// Make a backup now, and wait until it was read back
    Now,
    /// List the verified backups in the folder, of every box
    List {
        /// The folder, where it is not that of the settings
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Read the files in the folder and compare them with what was written
    Verify {
        /// One backup and its photos; otherwise all
        name: Option<String>,
        /// The folder, where it is not that of the settings
        #[arg(long, value_name = "DIR")]
        from: Option<PathBuf>,
    },
    /// Create the key that opens backups; shown once
    Key {
        /// Also where there is one, which then opens only what was made with it
        #[arg(long)]
        replace: bool,
    },
}

#[derive(Debug, Subcommand)]
enum AlarmCommand {
    /// List all alarms: id, code, state, what happened, what is safe, what to do
    List,
    /// Acknowledge one: it is no longer shown above the pages
    Seen {
        /// Its id
        id: String,
    },
}

impl AlarmCommand {
    fn admin_command(self) -> AdminCommand {
        match self {
            Self::List => AdminCommand::AlarmList,
            Self::Seen { id } => AdminCommand::AlarmSeen { id },
        }
    }
}

impl From<FacilityArguments> for intake::SettingsChange {
    fn from(entered: FacilityArguments) -> Self {
        Self {
            name: entered.name,
            zone: entered.zone,
            label_host: entered.label_host,
            allow_unattributed: entered.allow_unattributed,
            contact: entered.contact,
            pin_proof_min: entered.pin_proof_min,
            undo_min: entered.undo_min,
            problem: entered.problem,
            competency: entered.competency,
            queued: entered.queued,
            locale: entered.locale,
            ..Self::default()
        }
    }
}

impl FacilityCommand {
    fn admin_command(self) -> AdminCommand {
        let Self::Set(entered) = self;
        let agreed = entered.confirm_label_host;
        AdminCommand::FacilitySet { settings: Box::new(entered.into()), agreed }
    }
}

impl TokenCommand {
    fn admin_command(self) -> AdminCommand {
        match self {
            Self::List => AdminCommand::TokenList,
            Self::Create { name, named, scope, days, never } => {
                let life = if never { TokenLife::Never } else { TokenLife::Days(days) };
                // Clap takes exactly one of the two.
                AdminCommand::TokenCreate { name: name.or(named).unwrap_or_default(), scope, life }
            }
            Self::Revoke { token } => AdminCommand::TokenRevoke { token },
        }
    }
}

fn parse_role(text: &str) -> Result<StaffRole, String> {
    let known = "a role is technician, biomed, facility_admin or auditor";
    serde_json::from_value(serde_json::Value::String(text.to_owned())).map_err(|_| known.to_owned())
}

/// Why the program ended without doing what it was asked.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error("no box is running on {}. Start it first; this command speaks to the running box", .0.display())]
    NotRunning(PathBuf),
    #[error(transparent)]
    Ask(AskError),
    #[error(transparent)]
    Serve(#[from] serve::ServeError),
    #[error("the database was not rebuilt: {0}")]
    Rebuild(store::StoreError),
    #[error(transparent)]
    Import(#[from] store::ImportError),
    #[error(transparent)]
    Field(#[from] field_commands::FieldError),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    Key(#[from] backup::KeyTextError),
    #[error(transparent)]
    Restore(#[from] backup::RestoreError),
    #[error("standard input or a file cannot be read: {0}")]
    Read(std::io::Error),
}

impl RunError {
    fn exit(&self) -> ProgramExit {
        match self {
            Self::Settings(_)
            | Self::Serve(serve::ServeError::Settings(_) | serve::ServeError::Sockets(_)) => {
                ProgramExit::Settings
            }
            _ => ProgramExit::Failure,
        }
    }
}

impl From<AskError> for RunError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::NotRunning { data } => Self::NotRunning(data),
            other => Self::Ask(other),
        }
    }
}

pub fn command_line() -> clap::Command {
    Cli::command().after_help(service::settings::text::settings_help::<BoxSettings>())
}

pub fn run_program(program: &ProgramSetup, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let name = OsString::from("cleantrack-appliance");
    let provided = command_line().try_get_matches_from(std::iter::once(name).chain(arguments));
    let cli = match provided.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(wrong) => return ProgramExit::of_command_line(&wrong).into(),
    };
    if matches!(cli.command, Some(CliCommand::Photo)) {
        return photo::child_main();
    }
    take_newer_zones(&program.zones);
    match run_field_command(&cli).unwrap_or_else(|| execute_cli(program, cli).map(ExitCode::from)) {
        Ok(exit) => exit,
        Err(error) => {
            print_error(&error.to_string());
            error.exit().into()
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command's own error belongs on standard error")]
fn print_error(words: &str) {
    eprintln!("cleantrack-appliance: {words}");
}

/// Whoever reads may have read enough: what a command did stands in its exit status.
fn print_result(words: &str) {
    let _ = writeln!(std::io::stdout(), "{words}");
}

/// Commands that work where the settings are wrong or the box does not run.
fn run_field_command(cli: &Cli) -> Option<Result<ExitCode, RunError>> {
    match cli.command.as_ref()? {
        CliCommand::Doctor { json } => {
            let format = if *json { DoctorFormat::Json } else { DoctorFormat::Words };
            Some(Ok(field_commands::run_doctor(&field_settings(cli), format)))
        }
        CliCommand::Bundle { out } => {
            let written = field_commands::write_bundle(&field_settings(cli), out.clone());
            Some(written.map(ExitCode::from).map_err(RunError::from))
        }
        CliCommand::Provision { card } => {
            let data = cli.global.data.as_deref();
            let missing = SettingsError::Value("no data partition: give --data DIR");
            let provisioned = data.ok_or(RunError::Settings(missing)).and_then(|data| {
                service::logging::start_logging("info");
                Ok(field_commands::run_provision(card, data)?)
            });
            Some(provisioned.map(ExitCode::from))
        }
        _ => None,
    }
}

/// The settings, or what is wrong with them, and the data folder whatever is.
fn field_settings(cli: &Cli) -> FieldSettings {
    let loaded = service::settings::read_variables().and_then(|environment| {
        BoxSettings::load(cli.global.config.as_deref(), &environment, cli.global.data.clone())
    });
    let settings = loaded.map(|loaded| loaded.settings).map_err(|error| error.to_string());
    let of_settings = settings.as_ref().ok().and_then(|settings| settings.data.clone());
    FieldSettings { data: of_settings.or_else(|| cli.global.data.clone()), settings }
}

fn execute_cli(program: &ProgramSetup, cli: Cli) -> Result<ProgramExit, RunError> {
    let environment = service::settings::read_variables()?;
    let loaded = BoxSettings::load(cli.global.config.as_deref(), &environment, cli.global.data)?;
    if cli.global.check {
        return check_settings(&loaded);
    }
    let settings = loaded.settings;
    let admin_command = match cli.command {
        None | Some(CliCommand::Serve) => return Ok(serve::serve_box(program, settings, &environment)?),
        Some(CliCommand::Rebuild) => return rebuild_database(&settings),
        Some(CliCommand::Log(LogCommand::Import { folder })) => return import_log(&settings, &folder),
        Some(CliCommand::Staff(StaffCommand::Add { name, role, pin })) => {
            AdminCommand::StaffAdd { name, role, pin: pin.then(secret_line).transpose()? }
        }
        Some(CliCommand::Staff(StaffCommand::Pin { staff })) => {
            AdminCommand::StaffPin { staff, pin: secret_line()? }
        }
        Some(CliCommand::Staff(StaffCommand::List)) => AdminCommand::StaffList,
        Some(CliCommand::Staff(StaffCommand::Unlock { staff })) => AdminCommand::StaffUnlock { staff },
        Some(CliCommand::Token(command)) => command.admin_command(),
        Some(CliCommand::Alarm(command)) => command.admin_command(),
        Some(CliCommand::Keys(KeysCommand::Export)) => AdminCommand::KeysExport,
        Some(CliCommand::Log(LogCommand::Trust { log })) => AdminCommand::LogTrust { log },
        Some(CliCommand::Facility(command)) => command.admin_command(),
        Some(CliCommand::Claim { file }) => AdminCommand::Claim { file: read_file(&file)? },
        Some(CliCommand::Backup(command)) => return backup_commands::run_backup_command(&settings, command),
        Some(CliCommand::Restore { file, test, key_file, without_photos }) => {
            let order = backup_commands::RestoreOrder { file, test, key_file, without_photos };
            return backup_commands::run_restore(&settings, &order);
        }
        Some(CliCommand::SetupCode { new: true }) => {
            return Ok(field_commands::renew_code(&settings, settings.data()?)?);
        }
        Some(CliCommand::SetupCode { new: false }) => {
            return Ok(field_commands::show_code(&settings, settings.data()?)?);
        }
        // They were done before: they need no settings.
        Some(
            CliCommand::Photo
            | CliCommand::Doctor { .. }
            | CliCommand::Bundle { .. }
            | CliCommand::Provision { .. },
        ) => return Ok(ProgramExit::Success),
    };
    match admin_socket::send_admin_command::<_, String>(settings.data()?, &admin_command)? {
        AdminAnswer::Done(words) => {
            print_result(&words);
            Ok(ProgramExit::Success)
        }
        AdminAnswer::Error(why) => Err(RunError::Refused(why)),
    }
}

fn check_settings(loaded: &LoadedSettings<BoxSettings>) -> Result<ProgramExit, RunError> {
    let settings = &loaded.settings;
    print_result(&format!(
        "Settings are valid. Data in {}, HTTP on {}, HTTPS on {}, {} printers.\n\n{}",
        settings.data()?.display(),
        settings.http.listen,
        settings.https.listen,
        settings.printers.len(),
        service::settings::text::list_settings(loaded)?
    ));
    Ok(ProgramExit::Success)
}

fn rebuild_database(settings: &BoxSettings) -> Result<ProgramExit, RunError> {
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let clock = Arc::new(clock::system_clock(service::clock::boot_id(random.bytes())));
    let report = store::rebuild_database(store::box_store(settings.data()?), clock, random)
        .map_err(RunError::Rebuild)?;
    print_result(&format!(
        "The database was rebuilt. It has {} of this box’s present log.",
        count_noun(report.size, "entry", "entries")
    ));
    for range in &report.missing {
        let to = range.to.map_or_else(|| "on".to_owned(), |to| format!("to {}", to.saturating_sub(1)));
        print_result(&format!(
            "Missing: entries from {} {to} of log {} are in no copy on this box.",
            range.from, range.epoch
        ));
    }
    Ok(ProgramExit::Success)
}

fn import_log(settings: &BoxSettings, folder: &std::path::Path) -> Result<ProgramExit, RunError> {
    let random = SystemRandom;
    let clock = clock::system_clock(service::clock::boot_id((&random as &dyn RandomSource).bytes()));
    let store = store::StoreConfig::new(settings.data()?);
    let read = store::import_log(&store, folder, &clock, &random)?;
    print_result(&format!(
        "Read {} of {}. Those that do not count yet will count from the next start on.",
        count_noun(read.lines, "entry", "entries"),
        count_noun(read.logs as u64, "log", "logs")
    ));
    Ok(ProgramExit::Success)
}

/// A secret comes by standard input, where no list of processes shows it.
fn secret_line() -> Result<String, RunError> {
    let mut line = String::new();
    std::io::stdin().lock().take(256).read_to_string(&mut line).map_err(RunError::Read)?;
    Ok(line.trim().to_owned())
}

fn read_file(path: &std::path::Path) -> Result<String, RunError> {
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().take(128 * 1024).read_to_string(&mut text).map_err(RunError::Read)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(RunError::Read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(words: &[&str]) -> Result<AdminCommand, clap::error::ErrorKind> {
        let cli = Cli::try_parse_from([&["cleantrack-appliance", "token"], words].concat());
        match cli.map_err(|e| e.kind())?.command {
            Some(CliCommand::Token(command)) => Ok(command.admin_command()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_are_asked_for_by_name_scope_and_days() {
        let made = |words: &[&str]| match token(words) {
            Ok(AdminCommand::TokenCreate { name, scope, life }) => Ok((name, scope, life)),
            Ok(other) => panic!("{other:?}"),
            Err(kind) => Err(kind),
        };
        let year = TokenLife::default();
        assert_eq!(made(&["create", "night export"]), Ok(("night export".into(), ApiTokenScope::Read, year)));
        let old = ["create", "--name", "suite", "--scope", "write"];
        assert_eq!(made(&old), Ok(("suite".into(), ApiTokenScope::Write, year)));
        let record = ["create", "x", "--scope", "record", "--days", "30"];
        assert_eq!(made(&record), Ok(("x".into(), ApiTokenScope::Record, TokenLife::Days(30))));
        assert_eq!(
            made(&["create", "x", "--never"]),
            Ok(("x".into(), ApiTokenScope::Read, TokenLife::Never))
        );
        for wrong in
            [&["create"][..], &["create", "x", "--name", "y"], &["create", "x", "--days", "3", "--never"]]
        {
            assert!(made(wrong).is_err(), "{wrong:?}");
        }
        assert!(matches!(token(&["list"]), Ok(AdminCommand::TokenList)));
        assert!(
            matches!(token(&["revoke", "cmms"]), Ok(AdminCommand::TokenRevoke { token }) if token == "cmms")
        );
    }
}
