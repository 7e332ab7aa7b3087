//! The box: turns what people at a facility do into entries of a signed log.
//!
//! A phone's form comes in by [`listen`] and [`web`], becomes a command, and [`intake`] decides it, purely; [`command`]
//! carries it to [`store`], whose one writer thread makes it durable before anybody is told. [`uplink`] sends the log to
//! the relay when there is a line. [`printing`] drives the label printers with a ledger of its own, `prints` writes each job's end into the log, [`photo`] opens photos in
//! a process of its own, [`sweep`] keeps them within their share of the card, [`scrub`] looks through everything that is
//! kept once a week, [`identity`] knows PINs, sessions and tokens, [`alarms`] what somebody must know, [`admin`] is root's way in. [`clock`] says
//! what vouches for the time; [`settings`] is the only room that reads settings.

#![allow(missing_docs, reason = "no library for others: a comment says what a name cannot")]

pub mod admin;
pub mod alarms;
pub mod clock;
pub mod command;
pub mod identity;
pub mod intake;
pub mod listen;
pub mod photo;
pub mod printing;
mod prints;
pub mod scrub;
pub mod serve;
pub mod settings;
pub mod store;
pub mod sweep;
pub mod uplink;
pub mod web;

use std::ffi::OsString;
use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use record::kinds::Role;
use service::admin_socket;
use service::admin_socket::{AdminAnswer, AskError};
use service::exit::Exit;
use service::random::{Random, SystemRandom};
use service::settings::{Loaded, SettingsError};

use crate::admin::Wish;
use crate::identity::{Scope, TokenLife};
use crate::settings::BoxSettings;

/// How this program is called, so that it can call itself for a photo.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// Arguments before the subcommand; a program that holds more than the box needs some.
    pub prefix: Vec<OsString>,
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
    command: Option<Command>,
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
enum Command {
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
    /// Claim this box with a claim file; `-` reads standard input
    Claim {
        /// The file
        file: PathBuf,
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
        #[arg(long, value_parser = role)]
        role: Role,
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
        scope: Scope,
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
    Set {
        /// The facility's name
        #[arg(long)]
        name: Option<String>,
        /// IANA time zone
        #[arg(long)]
        zone: Option<String>,
        /// Scheme and host that labels carry, such as HTTP://10.0.0.5
        #[arg(long)]
        label_host: Option<String>,
        /// Whether cleanings without a name are allowed
        #[arg(long)]
        allow_unattributed: Option<bool>,
        /// Whom technicians call
        #[arg(long)]
        contact: Option<String>,
        /// Minutes for which an entered PIN proves records, 0 to 60
        #[arg(long)]
        pin_proof_min: Option<u32>,
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
    fn wish(self) -> Wish {
        match self {
            Self::List => Wish::AlarmList,
            Self::Seen { id } => Wish::AlarmSeen { id },
        }
    }
}

impl TokenCommand {
    fn wish(self) -> Wish {
        match self {
            Self::List => Wish::TokenList,
            Self::Create { name, named, scope, days, never } => {
                let life = if never { TokenLife::Never } else { TokenLife::Days(days) };
                // Clap takes exactly one of the two.
                Wish::TokenCreate { name: name.or(named).unwrap_or_default(), scope, life }
            }
            Self::Revoke { token } => Wish::TokenRevoke { token },
        }
    }
}

fn role(text: &str) -> Result<Role, String> {
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
    #[error("{0}")]
    Said(String),
    #[error("standard input or a file cannot be read: {0}")]
    Read(std::io::Error),
}

impl RunError {
    fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Serve(serve::ServeError::Settings(_)) => Exit::Settings,
            _ => Exit::Failure,
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

/// The command line, for what documents it.
pub fn command_line() -> clap::Command {
    Cli::command().after_help(service::settings::text::help::<BoxSettings>())
}

/// Runs the box's program with these arguments, its own name left out.
pub fn run(program: &Program, arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let name = OsString::from("cleantrack-appliance");
    let given = command_line().try_get_matches_from(std::iter::once(name).chain(arguments));
    let cli = match given.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(wrong) => return Exit::of_command_line(&wrong).into(),
    };
    if matches!(cli.command, Some(Command::Photo)) {
        return photo::child_main();
    }
    match carry_out(program, cli) {
        Ok(exit) => exit.into(),
        Err(error) => {
            complain(&error.to_string());
            error.exit().into()
        }
    }
}

#[expect(clippy::print_stderr, reason = "a command's own error belongs on standard error")]
fn complain(words: &str) {
    eprintln!("cleantrack-appliance: {words}");
}

#[expect(clippy::print_stdout, reason = "a command's result belongs on standard output")]
fn show(words: &str) {
    println!("{words}");
}

fn carry_out(program: &Program, cli: Cli) -> Result<Exit, RunError> {
    let environment = service::settings::environment()?;
    let loaded = BoxSettings::load(cli.global.config.as_deref(), &environment, cli.global.data)?;
    if cli.global.check {
        return check(&loaded);
    }
    let settings = loaded.settings;
    let wish = match cli.command {
        None | Some(Command::Serve) => return Ok(serve::serve(program, settings)?),
        Some(Command::Rebuild) => return rebuild(&settings),
        Some(Command::Log(LogCommand::Import { folder })) => return import_log(&settings, &folder),
        Some(Command::Staff(StaffCommand::Add { name, role, pin })) => {
            Wish::StaffAdd { name, role, pin: pin.then(secret_line).transpose()? }
        }
        Some(Command::Staff(StaffCommand::Pin { staff })) => Wish::StaffPin { staff, pin: secret_line()? },
        Some(Command::Staff(StaffCommand::List)) => Wish::StaffList,
        Some(Command::Staff(StaffCommand::Unlock { staff })) => Wish::StaffUnlock { staff },
        Some(Command::Token(command)) => command.wish(),
        Some(Command::Alarm(command)) => command.wish(),
        Some(Command::Keys(KeysCommand::Export)) => Wish::KeysExport,
        Some(Command::Log(LogCommand::Trust { log })) => Wish::LogTrust { log },
        Some(Command::Facility(FacilityCommand::Set {
            name,
            zone,
            label_host,
            allow_unattributed,
            contact,
            pin_proof_min,
        })) => Wish::FacilitySet(intake::Settings {
            name,
            zone,
            label_host,
            allow_unattributed,
            contact,
            undo_min: None,
            pin_proof_min,
            seen: None,
        }),
        Some(Command::Claim { file }) => Wish::Claim { file: read_file(&file)? },
        // `run` has done it: it needs no settings.
        Some(Command::Photo) => return Ok(Exit::Success),
    };
    match admin_socket::ask::<_, String>(settings.data()?, &wish)? {
        AdminAnswer::Done(words) => {
            show(&words);
            Ok(Exit::Success)
        }
        AdminAnswer::Error(why) => Err(RunError::Said(why)),
    }
}

fn check(loaded: &Loaded<BoxSettings>) -> Result<Exit, RunError> {
    let settings = &loaded.settings;
    show(&format!(
        "Settings are valid. Data in {}, HTTP on {}, HTTPS on {}, {} printers.\n\n{}",
        settings.data()?.display(),
        settings.http.listen,
        settings.https.listen,
        settings.printers.len(),
        service::settings::text::list(loaded)?
    ));
    Ok(Exit::Success)
}

fn rebuild(settings: &BoxSettings) -> Result<Exit, RunError> {
    let random: Arc<dyn Random> = Arc::new(SystemRandom);
    let clock = Arc::new(clock::system_clock(service::clock::boot_id(random.bytes())));
    let report = store::rebuild(store::StoreConfig::new(settings.data()?), clock, random)
        .map_err(RunError::Rebuild)?;
    show(&format!(
        "The database was rebuilt. It has {} of this box’s present log.",
        counted(report.size, "entry", "entries")
    ));
    for range in &report.missing {
        let to = range.to.map_or_else(|| "on".to_owned(), |to| format!("to {}", to.saturating_sub(1)));
        show(&format!(
            "Missing: entries from {} {to} of log {} are in no copy on this box.",
            range.from, range.epoch
        ));
    }
    Ok(Exit::Success)
}

fn import_log(settings: &BoxSettings, folder: &std::path::Path) -> Result<Exit, RunError> {
    let random = SystemRandom;
    let clock = clock::system_clock(service::clock::boot_id((&random as &dyn Random).bytes()));
    let store = store::StoreConfig::new(settings.data()?);
    let read = store::import_log(&store, folder, &clock, &random)?;
    show(&format!(
        "Read {} of {}. Those that do not count yet will count from the next start on.",
        counted(read.lines, "entry", "entries"),
        counted(read.logs as u64, "log", "logs")
    ));
    Ok(Exit::Success)
}

/// `1 entry`, `2 entries`.
fn counted(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
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

    fn token(words: &[&str]) -> Result<Wish, clap::error::ErrorKind> {
        let cli = Cli::try_parse_from([&["cleantrack-appliance", "token"], words].concat());
        match cli.map_err(|e| e.kind())?.command {
            Some(Command::Token(command)) => Ok(command.wish()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn tokens_are_asked_for_by_name_scope_and_days() {
        let made = |words: &[&str]| match token(words) {
            Ok(Wish::TokenCreate { name, scope, life }) => Ok((name, scope, life)),
            Ok(other) => panic!("{other:?}"),
            Err(kind) => Err(kind),
        };
        let year = TokenLife::default();
        assert_eq!(made(&["create", "night export"]), Ok(("night export".into(), Scope::Read, year)));
        let old = ["create", "--name", "suite", "--scope", "write"];
        assert_eq!(made(&old), Ok(("suite".into(), Scope::Write, year)));
        let record = ["create", "x", "--scope", "record", "--days", "30"];
        assert_eq!(made(&record), Ok(("x".into(), Scope::Record, TokenLife::Days(30))));
        assert_eq!(made(&["create", "x", "--never"]), Ok(("x".into(), Scope::Read, TokenLife::Never)));
        for wrong in
            [&["create"][..], &["create", "x", "--name", "y"], &["create", "x", "--days", "3", "--never"]]
        {
            assert!(made(wrong).is_err(), "{wrong:?}");
        }
        assert!(matches!(token(&["list"]), Ok(Wish::TokenList)));
        assert!(matches!(token(&["revoke", "cmms"]), Ok(Wish::TokenRevoke { token }) if token == "cmms"));
    }
}
