//! The relay: what many boxes recorded, checked, kept and shown.
//!
//! `mqtt` hears boxes and knows nothing of what they say; `ingest` checks, decides and stores in one transaction through
//! `db`, which alone speaks SQL, and cosigns; `projections` folds what was stored into what pages read, and keeps the numbers of the dashboards by `record::compliance`; `jobs` is work outside the request that asks for it;
//! `keys` is what boxes know this relay by, `fleet` how they come to it and get certificates; `objects` keeps photos; `outgoing` asks other hosts, and none of the relay's own network; `box_api` is what boxes ask by HTTPS; `accounts` says who may see
//! what, `alerts` what somebody must know, `billing` what accounts pay, `mail` is what leaves by mail, `reports` makes those of cleanings; `web` shows it, pages and API, `limit` bounds strangers; `health` reports whether all of it works. `serve` opens what a process needs, `admin`
//! carries out an operator's orders, `audit` checks and rebuilds, `backup` puts the relay into a folder and takes it from one, `leftovers` finds
//! what interrupted work left, `doctor` says how everything is. Each query carries the account that it is for.

pub mod accounts;
pub mod admin;
pub mod alerts;
pub mod audit;
pub mod backup;
pub mod billing;
pub mod box_api;
mod cli;
pub mod db;
pub mod doctor;
pub mod error_reports;
pub mod fleet;
mod forwarded;
pub mod health;
pub mod ingest;
pub mod jobs;
pub mod keys;
pub mod leftovers;
mod limit;
pub mod listen;
pub mod mail;
pub mod mqtt;
pub mod objects;
mod orders;
pub mod outgoing;
pub mod projections;
pub mod readiness;
mod reports;
mod serve;
pub mod settings;
pub mod web;
pub mod webhooks;
mod wording;

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use accounts::credentials::password_rules::{LeakedListError, write_leaked_list};
use accounts::members::import::read_dump;
use admin::{AdminCommand, OldAccount};
use audit::access_chain::{ChainProofs, VerifyError, verify_access_logs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::{CommandFactory as _, FromArgMatches as _};
use cli::{Cli, Command};
use doctor::{DoctorDepth, DoctorFormat, DoctorSeams};
use keys::KeyNeeds;
use objects::NoteStore;
use orders::{order_of, read_passphrase};
use outgoing::texts::SystemTexts;
use serve::RelayContext;
use service::admin_socket;
use service::admin_socket::{AdminAnswer, AskError};
use service::clock::{Clock, SystemClock};
use service::exit::ProgramExit;
use service::random::{RandomSource, SystemRandom};
use service::settings::{LoadedSettings, SettingsError};
use service::zone_data::{ZONE_FOLDER, take_newer_zones};
use settings::{RelaySettings, SettingsInput};

pub use serve::ServeError;

/// Why a command ended without success.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Admin(#[from] admin::AdminError),
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    Leaked(#[from] LeakedListError),
    #[error(transparent)]
    Verify(#[from] VerifyError),
    #[error(transparent)]
    Dump(#[from] accounts::members::import::DumpError),
    #[error("not everything is good")]
    Unwell(u8),
    #[error("cannot ask the running relay: {0}")]
    Ask(#[from] AskError),
    #[error("{0}")]
    Refused(String),
    #[error("cannot {what}: {source}")]
    Io { what: &'static str, source: std::io::Error },
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        Self::Serve(error.into())
    }
}

impl From<db::DbError> for Failure {
    fn from(error: db::DbError) -> Self {
        Self::Serve(error.into())
    }
}

fn io_failure(what: &'static str) -> impl Fn(std::io::Error) -> Failure {
    move |source| Failure::Io { what, source }
}

pub fn command_line() -> clap::Command {
    Cli::command().after_help(service::settings::text::settings_help::<RelaySettings>())
}

/// How long a process that is over waits for what its threads still do.
const LAST_TASKS_WITHIN: std::time::Duration = std::time::Duration::from_millis(500);

/// Runs the program `cleantrack-relay` with these arguments, the first of which is its name.
pub fn run_program(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    run_with_clock(args, Arc::new(SystemClock::default()))
}

/// As [`run_program`], by another clock: for history that the relay's own code records.
pub fn run_with_clock(args: impl IntoIterator<Item = OsString>, clock: Arc<dyn Clock>) -> ExitCode {
    // Database, photos and keys are nobody else's to read, whoever makes their files.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    let provided = command_line().try_get_matches_from(args);
    let cli = match provided.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(error) => return ProgramExit::of_command_line(&error).into(),
    };
    take_newer_zones(Path::new(ZONE_FOLDER));
    // A process of its own: whoever installed a provider first, it is the same one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(io_failure("start the runtime"))
        .and_then(|runtime| {
            let outcome = runtime.block_on(run_command(cli, clock));
            // A name server or a disk that does not answer keeps no process from its end.
            runtime.shutdown_timeout(LAST_TASKS_WITHIN);
            outcome
        });
    match outcome {
        Ok(()) => ProgramExit::Success.into(),
        Err(Failure::Unwell(status)) => status.into(),
        Err(failure) => {
            let _ = writeln!(std::io::stderr(), "cleantrack-relay: {failure}");
            match failure {
                Failure::Serve(error) if error.needs_person() => ProgramExit::Settings.into(),
                _ => ProgramExit::Failure.into(),
            }
        }
    }
}

async fn run_command(cli: Cli, clock: Arc<dyn Clock>) -> Result<(), Failure> {
    let common = cli.common;
    let provided = SettingsInput { data: common.data, database: common.database, objects: common.objects };
    let loaded =
        RelaySettings::load(common.config.as_deref(), &service::settings::read_variables()?, provided);
    if let Some(Command::Doctor { deep, json }) = cli.command {
        let depth = if deep { DoctorDepth::Deep } else { DoctorDepth::Shallow };
        let format = if json { DoctorFormat::Json } else { DoctorFormat::Text };
        return run_doctor(loaded, depth, format, clock).await;
    }
    let loaded = loaded?;
    let settings = &loaded.settings;
    let provided = settings.database.as_deref();
    if provided.is_some_and(|address| !db::is_address(address)) {
        return Err(settings::NO_DATABASE.into());
    }
    let command = cli.command.unwrap_or_default();
    if let Command::Serve { mqtt, .. } = &command {
        cli::own_listener(mqtt)?;
    }
    if common.check {
        return check_settings(&loaded, &command);
    }
    match command {
        Command::Serve { role, .. } => {
            service::logging::start_logging(&settings.log);
            Ok(serve::serve_relay(settings, role, clock).await?)
        }
        Command::Migrate => {
            let context = RelayContext::open(settings, KeyNeeds::NONE, clock).await?;
            context.db.close().await;
            print_line(&format!("schema {}", db::SCHEMA_VERSION))
        }
        Command::Verify => verify_logs(settings, clock).await,
        Command::Rebuild => {
            require_database(settings)?;
            let context = RelayContext::open(settings, KeyNeeds::NONE, clock).await?;
            let report = audit::rebuild_rows(&context.db, &*context.clock).await?;
            print_line(&format!("rebuilt {} facilities", report.rebuilt))?;
            if report.faults.is_empty() { Ok(()) } else { Err(Failure::Refused(report.faults.join("\n"))) }
        }
        Command::Passwords(cli::PasswordsCommand::Index { from, to }) => {
            let count = write_leaked_list(&from, &to)?;
            print_line(&format!("{count} passwords in {}", to.display()))
        }
        Command::Import(order) => import_people(settings, order, clock).await,
        Command::Mail(cli::MailCommand::Test { to }) => {
            let tried = Box::pin(doctor::send_test_mail(settings, &to, clock.now_ms(), &SystemRandom)).await;
            print_answer(&tried.map_err(Failure::Refused)?)
        }
        Command::Backup(order) => run_backup(settings, common.config, order, &clock).await,
        Command::Keys(cli::KeyCommand::Export { file, passphrase_file }) => {
            let passphrase = read_passphrase(passphrase_file.as_deref())?;
            export_keys(settings, &file, passphrase, clock).await
        }
        order => print_answer(&execute_offline(settings, order_of(order)?, clock).await?),
    }
}

/// What a start would find in the settings, and in the files that they name.
fn check_settings(loaded: &LoadedSettings<RelaySettings>, command: &Command) -> Result<(), Failure> {
    let settings = &loaded.settings;
    // A file with the address is read only here and by whoever opens it.
    if !db::is_address(&settings.database()?) {
        return Err(settings::NO_DATABASE.into());
    }
    let roles = match command {
        Command::Serve { role, .. } => {
            serve::check_public(settings, *role)?;
            format!("{role:?}").to_lowercase()
        }
        _ => "nothing".to_owned(),
    };
    let (https, mqtt) = (settings.https.listen, settings.mqtt.listen);
    let all = service::settings::text::list_settings(loaded)?;
    print_line(&format!("settings are good; would run: {roles}; https {https}, mqtt {mqtt}\n\n{all}"))
}

/// A line of JSON for each part of a dump.
async fn import_people(
    settings: &RelaySettings,
    order: cli::ImportCommand,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    let cli::ImportCommand::Django { dump, account, from, zone } = order;
    let file = std::fs::File::open(&dump).map_err(io_failure("open the dump"))?;
    let read = read_dump(file, from.as_deref())?;
    for old in OldAccount::parts_of(&read, &zone) {
        let order = AdminCommand::ImportPeople { account, old };
        print_answer(&execute_offline(settings, order, Arc::clone(&clock)).await?)?;
    }
    match read.left_out.as_slice() {
        [] => Ok(()),
        left => print_line(&serde_json::json!({ "left_out": left }).to_string()),
    }
}

async fn run_doctor(
    loaded: Result<LoadedSettings<RelaySettings>, SettingsError>,
    depth: DoctorDepth,
    format: DoctorFormat,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    let settings = loaded.as_ref().map(|loaded| &loaded.settings);
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let texts = Arc::new(SystemTexts::new(Arc::clone(&random)));
    let seams = DoctorSeams { clock, random, texts, space: doctor::measure_space };
    let report = doctor::examine_relay(settings, &seams, depth).await;
    print_line(&report.show(format))?;
    match report.exit_status() {
        0 => Ok(()),
        status => Err(Failure::Unwell(status)),
    }
}

async fn run_backup(
    settings: &RelaySettings,
    config: Option<PathBuf>,
    order: cli::BackupCommand,
    clock: &Arc<dyn Clock>,
) -> Result<(), Failure> {
    let (database, policy) = (settings.database()?, settings.tls_policy());
    let parts = backup::RelayParts { database, policy, photos: settings.objects()?, config };
    match order {
        cli::BackupCommand::Make { folder } => {
            let made = backup::make_backup(&parts, &folder, &**clock).await?;
            let mut words = describe_made(&made);
            // The backup is there, whatever can be seen beside it.
            let remarks = backup::list_remarks(service::ownership::parent_of(&folder), clock.now_ms());
            describe_remarks(&mut words, &remarks.unwrap_or_default());
            print_line(&words.to_string())?;
            require_photos(&made)
        }
        cli::BackupCommand::Nightly { folder, newest } => {
            let log_faults = find_log_faults(settings, Arc::clone(clock)).await;
            let dated = backup::make_dated_backup(&parts, &folder, newest, log_faults, &**clock).await?;
            let mut words = describe_made(&dated.report);
            words["removed"] = serde_json::json!(dated.removed);
            words["log_faults"] = serde_json::json!(dated.log_faults);
            describe_remarks(&mut words, &dated.remarks);
            print_line(&words.to_string())?;
            require_whole(&dated)
        }
        cli::BackupCommand::Restore { folder } => {
            // A process that serves it would continue with the moved file, and nobody would see what is written there.
            let _lock = serve::lock_own_database(settings)?;
            let restored = backup::restore_backup(&parts, &folder, &**clock).await?;
            let mut words = describe_backup("restored", &restored);
            words["missing_photos"] = restored.missing_photos.into();
            if restored.missing_photos > 0 {
                words["photos_then"] = format!(
                    "{} photos that the backup should hold are not in it as they were, and did not come back; everything else did. Look for \
                     them in the folder `photos` of another backup and copy them to the folder of photos: `doctor --deep` lists them. Their \
                     boxes may still have them",
                    restored.missing_photos
                )
                .into();
            }
            words["then"] = "put the keys back (`keys import FILE`), run `verify`, then start the relay: boxes send what is missing. \
                             Everybody signs in again, and who was invited is invited again. Boxes, people, tokens and keys that were \
                             revoked after the backup are not revoked now, and old passwords and second factors count again: revoke them \
                             again"
                .into();
            print_line(&words.to_string())
        }
    }
}

fn describe_made(made: &backup::BackupReport) -> serde_json::Value {
    let mut words = describe_backup("made", made);
    words["missing_photos"] = made.missing_photos.into();
    if !made.photos.damaged.is_empty() {
        words["photos_then"] = "damaged photos were not taken as they are: copy good ones from an older backup’s folder `photos` to the \
                                folder of photos, and delete no backup that has them"
            .into();
    }
    words["recovered_photos"] = serde_json::json!(made.recovered);
    if !made.is_noted {
        words["then"] = "the backup is whole, but the database could not note it: look at its disk".into();
    } else if !made.keys_exported {
        words["then"] = "its keys are not in it, and have not been exported: run `keys export FILE`".into();
    }
    words
}

/// Names what is beside a backup and counts for nothing, with what to do.
fn describe_remarks(words: &mut serde_json::Value, remarks: &backup::FolderRemarks) {
    let backup::FolderRemarks { ahead, unfinished } = remarks;
    if !ahead.is_empty() {
        words["ahead"] = serde_json::json!({
            "folders": ahead,
            "then": "they are dated in the future: the clock was ahead when they were made. They take no other's place and are never \
                     deleted. Delete them once the newest right ones are enough, and look whether the clock is right now",
        });
    }
    if !unfinished.is_empty() {
        words["unfinished"] = serde_json::json!({
            "folders": unfinished,
            "then": "backups that came to no end, or are being made now: they are of no use to anybody. Delete those that nobody makes",
        });
    }
}

/// What does not hold of the logs that are about to be backed up, be it that they cannot be looked at.
async fn find_log_faults(settings: &RelaySettings, clock: Arc<dyn Clock>) -> Vec<String> {
    // Opening a database that is not there would make it; whoever makes the backup says that there is none.
    if require_database(settings).is_err() {
        return Vec::new();
    }
    let looked = async {
        let db = db::Db::open_with(&settings.database()?, settings.tls_policy()).await?;
        let (folder, random) = (settings.data()?.join("keys"), Arc::new(SystemRandom));
        let keys = keys::AuthorityKeys::open(&db, folder, settings.host(), KeyNeeds::NONE, clock, random);
        let cosigners = keys.await.map_err(ServeError::from)?.now().cosigners();
        let found = audit::verify_logs(&db, &cosigners).await?;
        db.close().await;
        Ok::<Vec<String>, Failure>(found.faults)
    };
    looked.await.unwrap_or_else(|error| vec![format!("the logs could not be verified: {error}")])
}

/// A dated backup that has photos or logs as they should not be is there, deleted no older one, and is no success.
fn require_whole(dated: &backup::DatedBackup) -> Result<(), Failure> {
    let backup::BackupReport { photos, recovered, missing_photos, .. } = &dated.report;
    let mut faults = Vec::new();
    for backup::RecoveredPhoto { photo, from, .. } in recovered {
        faults.push(format!(
            "{} is damaged in the folder of photos, or not there. This backup has the good copy, from {}: copy it from the folder `photos` \
             there to the folder of photos",
            photo.display(),
            from.display()
        ));
    }
    let lost = photos.damaged.iter().filter(|photo| !recovered.iter().any(|found| found.photo == **photo));
    for photo in lost {
        faults.push(format!(
            "{} is damaged in the folder of photos, and no older backup here has it whole: look in other backups; its box may still have it",
            photo.display()
        ));
    }
    if *missing_photos > 0 {
        faults.push(format!(
            "{missing_photos} photos that the database names are not in the folder of photos, nor in any backup here: run `doctor --deep`, \
             which lists them"
        ));
    }
    if !dated.log_faults.is_empty() {
        faults.push(format!(
            "{}\nrun `verify`; an older backup may hold these logs whole: restore it elsewhere and run `verify` there",
            dated.log_faults.join("\n")
        ));
    }
    if !dated.foreign.is_empty() {
        faults.push(format!(
            "this database knows nothing of {}: look whether it is the one that should be served, and not an empty one in its place. Where it \
             is, move those away",
            dated.foreign.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
        ));
    }
    if faults.is_empty() {
        return Ok(());
    }
    let made = dated.report.folder.display();
    faults.push(format!("{made} was made; no older backup is deleted until these are mended"));
    Err(Failure::Refused(faults.join("\n")))
}

/// A backup without photos that the database names is there, and is no success.
fn require_photos(made: &backup::BackupReport) -> Result<(), Failure> {
    match made.missing_photos {
        0 => Ok(()),
        n => Err(Failure::Refused(format!(
            "{n} photos that the database names are not in the folder of photos, nor in this backup: run `doctor --deep`, which lists them"
        ))),
    }
}

fn describe_backup(act: &str, report: &backup::BackupReport) -> serde_json::Value {
    let backup::BackupReport { folder, bytes, sha256, photos, .. } = report;
    serde_json::json!({
        act: folder, "bytes": bytes, "sha256": sha256.to_string(), "photos": photos.totals.count, "damaged_photos": photos.damaged,
    })
}

/// Whoever asks about a relay asks about one that is there: a mistyped folder is no new relay.
fn require_database(settings: &RelaySettings) -> Result<(), Failure> {
    let address = settings.database()?;
    let file = address.strip_prefix("sqlite:").map(Path::new);
    match file.filter(|file| std::fs::metadata(file).map_or(0, |found| found.len()) == 0) {
        None => Ok(()),
        Some(file) => Err(Failure::Refused(format!(
            "there is no database at {}: look at `data` and `database` in the settings. `serve`, `account create` and `keys init` begin one",
            file.display()
        ))),
    }
}

async fn verify_logs(settings: &RelaySettings, clock: Arc<dyn Clock>) -> Result<(), Failure> {
    require_database(settings)?;
    let context = RelayContext::open(settings, KeyNeeds::NONE, clock).await?;
    let notes = NoteStore::in_folder(&settings.objects()?).map_err(VerifyError::Notes)?;
    let keys = context.keys.now().cosigners();
    let found = audit::verify_logs(&context.db, &keys).await?;
    print_line(&format!("{} logs, {} entries", found.logs, found.entries))?;
    let proofs = ChainProofs { keys: &keys, notes: &notes, now_ms: context.clock.now_ms() };
    let access = verify_access_logs(&context.db, proofs).await?;
    print_line(&format!("{} access logs, {} rows", access.chains, access.rows))?;
    let faults =
        [found.faults, access.faults, db::operation::backups::check_database(&settings.database()?).await?]
            .concat();
    if faults.is_empty() { Ok(()) } else { Err(Failure::Refused(faults.join("\n"))) }
}

/// Every key that is here goes into the file; one that the database knows and that is not among them makes it no success.
async fn export_keys(
    settings: &RelaySettings,
    file: &Path,
    passphrase: String,
    clock: Arc<dyn Clock>,
) -> Result<(), Failure> {
    let order = AdminCommand::KeyExport { passphrase };
    let done = execute_offline(settings, order, Arc::clone(&clock)).await?;
    save_sealed(file, &done)?;
    let names = done.get("keys").cloned().unwrap_or_default();
    let keys: Vec<String> = serde_json::from_value(names).unwrap_or_default();
    let order = AdminCommand::KeyExported { keys: keys.clone() };
    execute_offline(settings, order, Arc::clone(&clock)).await?;
    let listed = execute_offline(settings, AdminCommand::KeyList, clock).await?;
    let missing = list_unsealed(&listed, &keys);
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(format!(
        "these keys are not in {}: {}. The others are, and nothing else was changed. Their private halves are not in this relay's folder of \
         keys, or are damaged there: run `keys import FILE` with an export that has them (a damaged file must be moved to another folder \
         first), or export where they are. For one that is lost for good run `keys revoke KIND NUMBER`. Then export again, to another file",
        file.display(),
        missing.join(", ")
    )))
}

/// The keys of `keys list` that are not among those that were sealed. Revoked ones are no loss: they sign nothing.
fn list_unsealed(listed: &serde_json::Value, sealed: &[String]) -> Vec<String> {
    let keys = listed.get("keys").and_then(serde_json::Value::as_array).into_iter().flatten();
    let in_use = keys.filter(|key| key["state"] != "revoked");
    let names = in_use.map(|key| format!("{} {}", key["kind"].as_str().unwrap_or_default(), key["n"]));
    names.filter(|name| !sealed.contains(name)).collect()
}

/// A new file, flushed: one that is there is never written over.
fn save_sealed(file: &Path, done: &serde_json::Value) -> Result<(), Failure> {
    let sealed = done.get("sealed").and_then(serde_json::Value::as_str).unwrap_or_default();
    let sealed = STANDARD.decode(sealed);
    let sealed = sealed.map_err(|_| Failure::Refused("the relay gave no sealed keys".to_owned()))?;
    let parent = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Its name is there when all of it is: nobody stores an empty file for keys.
    let mut partial = tempfile::NamedTempFile::new_in(parent).map_err(io_failure("make the file of keys"))?;
    let written = partial.write_all(&sealed).and_then(|()| partial.as_file().sync_all());
    written.map_err(io_failure("write the file of keys"))?;
    let named = partial.persist_noclobber(file).map_err(|error| error.error);
    named.map_err(io_failure("name the file of keys"))?;
    let flushed = std::fs::File::open(parent).and_then(|folder| folder.sync_all());
    flushed.map_err(io_failure("flush the folder of the file of keys"))?;
    print_line(&format!("sealed in {}; without the passphrase it opens nothing", file.display()))
}

/// By the running relay, which knows its own addresses and connections; directly where none runs.
async fn execute_offline(
    settings: &RelaySettings,
    order: AdminCommand,
    clock: Arc<dyn Clock>,
) -> Result<serde_json::Value, Failure> {
    match admin_socket::send_admin_command(settings.data()?, &order) {
        Ok(AdminAnswer::Done(done)) => Ok(done),
        Ok(AdminAnswer::Error(why)) => Err(Failure::Refused(why)),
        Err(error @ (AskError::Socket { .. } | AskError::Answer(_))) => Err(error.into()),
        Err(AskError::NotRunning { .. }) => {
            if !matches!(order, AdminCommand::AccountCreate { .. } | AdminCommand::KeyInit) {
                require_database(settings)?;
            }
            let context = RelayContext::open(settings, KeyNeeds::NONE, clock).await?;
            if let Some(urls) = serve::configured_urls(settings) {
                context.fleet.open_at(urls);
            }
            let done = context.office().execute(order).await?;
            context.db.close().await;
            Ok(done)
        }
    }
}

fn print_answer(done: &serde_json::Value) -> Result<(), Failure> {
    match done.get("claim_file").and_then(serde_json::Value::as_str) {
        Some(file) => print_line(file.trim_end()),
        None => print_line(&done.to_string()),
    }
}

fn print_line(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(io_failure("write to standard output"))
}
