//! Commands for a person at the box: first boot, doctor, support bundle. They work where the box itself does not run.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use service::admin_socket::{AdminAnswer, AskError, send_admin_command};
use service::clock::{Clock, boot_id};
use service::exit::ProgramExit;
use service::random::{RandomSource, SystemRandom};

use crate::admin::AdminCommand;
use crate::bundle::collect::{collect_machine_files, hide_users};
use crate::bundle::{BundleFile, bundle_name, pack_bundle};
use crate::clock::system_clock;
use crate::doctor::facts::{DoctorFacts, NetworkFacts, ProgramFacts};
use crate::doctor::folder::{read_alarms, read_folder};
use crate::doctor::look::look_at_machine;
use crate::doctor::machine::MachineRoot;
use crate::doctor::network::probe_network;
use crate::doctor::{DoctorLine, DoctorReport, judge_facts};
use crate::provision::{OpenGate, ProvisionError, ProvisionPaths, provision_box};
use crate::serve::route_sources;
use crate::settings::BoxSettings;
use crate::setup::{CodeState, SetupCode, SetupCodeError, read_state};
use crate::uplink::relation::claim::ClaimStore;
use crate::{print_result, web};

const JOURNAL_LINES: &str = "--lines=20000";

/// Why a command did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FieldError {
    #[error(transparent)]
    Provision(#[from] ProvisionError),
    #[error("{} cannot be written: {source}", path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("there is no set-up code: the box makes one at its first start; read it as root")]
    CodeAbsent,
    #[error("the set-up code was used, and opens nothing any more: `setup-code --new` makes a new one")]
    CodeUsed,
    #[error(transparent)]
    Code(#[from] SetupCodeError),
}

/// What doctor and bundle know before they look: the settings, or why there are none.
pub(crate) struct FieldSettings {
    pub(crate) settings: Result<BoxSettings, String>,
    pub(crate) data: Option<PathBuf>,
}

impl FieldSettings {
    fn setup_folder(&self) -> Option<&Path> {
        self.settings.as_ref().ok().and_then(|settings| settings.setup.folder.as_deref())
    }
}

fn machine_clock() -> Arc<dyn Clock> {
    let random: &dyn RandomSource = &SystemRandom;
    Arc::new(system_clock(boot_id(random.bytes())))
}

/// First boot, and what the set-up page asks for.
///
/// # Errors
/// The data partition cannot be written.
pub(crate) fn run_provision(card: &Path, data: &Path) -> Result<ProgramExit, FieldError> {
    let paths = ProvisionPaths { card: card.to_owned(), data: data.to_owned(), root: PathBuf::from("/") };
    let outcome = provision_box(&paths, &SystemRandom, web::word_card_report, &mut OpenGate)?;
    print_result(&web::word_provision(&outcome));
    // A claim file with mistakes is an installer's to correct: the boot continues.
    Ok(ProgramExit::Success)
}

/// The code of the set-up page.
///
/// # Errors
/// There is none, or it cannot be read.
pub(crate) fn show_code(settings: &BoxSettings, data: &Path) -> Result<ProgramExit, FieldError> {
    match SetupCode::find(settings.setup.folder.as_deref(), data).state() {
        CodeState::Valid(code) => print_result(&code),
        CodeState::Used => return Err(FieldError::CodeUsed),
        CodeState::Absent => return Err(FieldError::CodeAbsent),
    }
    Ok(ProgramExit::Success)
}

/// Makes a new code and prints it.
///
/// # Errors
/// It cannot be written.
pub(crate) fn renew_code(settings: &BoxSettings, data: &Path) -> Result<ProgramExit, FieldError> {
    let code = SetupCode::find(settings.setup.folder.as_deref(), data);
    print_result(&code.renew(&SystemRandom)?);
    Ok(ProgramExit::Success)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DoctorFormat {
    Words,
    Json,
}

/// Looks at everything; ends with 0, 1 or 2.
pub(crate) fn run_doctor(field: &FieldSettings, format: DoctorFormat) -> ExitCode {
    let report = examine_all(field);
    match format {
        DoctorFormat::Words => print_result(web::word_doctor_report(&report).trim_end()),
        DoctorFormat::Json => print_result(&write_json(&report)),
    }
    ExitCode::from(report.status())
}

#[derive(Serialize)]
struct JsonLine<'a> {
    #[serde(flatten)]
    line: &'a DoctorLine,
    words: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    safe: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

#[derive(Serialize)]
struct JsonReport<'a> {
    state: crate::doctor::CheckState,
    status: u8,
    lines: Vec<JsonLine<'a>>,
}

fn write_json(report: &DoctorReport) -> String {
    let lines = report.lines.iter().map(|line| {
        let text = web::word_doctor_line(line);
        let (safe, next) = text.advice.map(|advice| (advice.safe, advice.next)).unzip();
        JsonLine { line, words: text.what, safe, next }
    });
    let report = JsonReport { state: report.state(), status: report.status(), lines: lines.collect() };
    serde_json::to_string_pretty(&report).unwrap_or_default()
}

fn examine_all(field: &FieldSettings) -> DoctorReport {
    let (root, clock) = (MachineRoot::of_system(), machine_clock());
    let now = clock.now();
    let data = field.data.clone().unwrap_or_else(|| PathBuf::from("/"));
    let program = match &field.data {
        None => ProgramFacts::NeverStarted,
        Some(data) => ask_box(data),
    };
    judge_facts(&DoctorFacts {
        now_ms: now.wall_ms,
        machine: look_at_machine(&root, &data, &now),
        network: field.settings.as_ref().ok().and_then(|settings| probe_all(settings, &data, &clock)),
        program,
        settings_wrong: field.settings.as_ref().err().cloned(),
        setup: read_state(field.setup_folder()),
    })
}

fn probe_all(settings: &BoxSettings, data: &Path, clock: &Arc<dyn Clock>) -> Option<NetworkFacts> {
    // Another crate of this process may have installed it first; both mean the same provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    let route = route_sources(&settings.uplink).load().unwrap_or_default();
    Some(runtime.block_on(probe_network(&ClaimStore::new(&data.join("keys")), &route, clock)))
}

/// By its socket where it runs, else by its folder.
fn ask_box(data: &Path) -> ProgramFacts {
    match ask_report(data, &AdminCommand::Doctor) {
        Ok(facts) => ProgramFacts::Running(facts),
        Err(AskFailure::NotRunning) => read_folder(data),
        Err(AskFailure::Silent(why)) => ProgramFacts::Hanging { why },
    }
}

/// Why a box did not answer.
enum AskFailure {
    NotRunning,
    Silent(String),
}

fn ask_report<R: DeserializeOwned>(data: &Path, command: &AdminCommand) -> Result<R, AskFailure> {
    match send_admin_command::<_, String>(data, command) {
        Ok(AdminAnswer::Done(text)) => {
            serde_json::from_str(&text).map_err(|error| AskFailure::Silent(error.to_string()))
        }
        Ok(AdminAnswer::Error(why)) => Err(AskFailure::Silent(why)),
        Err(AskError::NotRunning { .. }) => Err(AskFailure::NotRunning),
        Err(AskError::Socket { source, .. }) if source.kind() == std::io::ErrorKind::PermissionDenied => {
            Err(AskFailure::NotRunning)
        }
        Err(error) => Err(AskFailure::Silent(error.to_string())),
    }
}

/// Writes the support bundle; where the box does not run, what its folder and the system's journal hold.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_bundle(field: &FieldSettings, out: Option<PathBuf>) -> Result<ProgramExit, FieldError> {
    let data = field.data.clone().unwrap_or_else(|| PathBuf::from("/nonexistent"));
    let mut files =
        collect_machine_files(&MachineRoot::of_system(), &data, &read_state(field.setup_folder()));
    match ask_report::<Vec<BundleFile>>(&data, &AdminCommand::Bundle) {
        Ok(of_box) => files.extend(of_box),
        Err(_) => files.extend(stopped_files(field, &data)),
    }
    files.push(BundleFile::new("doctor.txt", web::word_doctor_report(&examine_all(field))));
    files.extend(read_journal().map(|text| BundleFile::new("journal.txt", text)));
    let path = out.unwrap_or_else(|| PathBuf::from(bundle_name("box", machine_clock().now().wall_ms)));
    let written = pack_bundle(&files).and_then(|packed| std::fs::write(&path, packed));
    written.map_err(|source| FieldError::Write { path: path.clone(), source })?;
    print_result(&path.display().to_string());
    Ok(ProgramExit::Success)
}

fn stopped_files(field: &FieldSettings, data: &Path) -> Vec<BundleFile> {
    let alarms = read_alarms(data);
    let lines: Vec<String> = alarms.iter().map(web::word_alarm_line).collect();
    let settings = match &field.settings {
        Ok(settings) => toml::to_string_pretty(settings).unwrap_or_default(),
        Err(why) => why.clone(),
    };
    vec![
        BundleFile::new("alarms.txt", lines.join("\n")),
        BundleFile::new("settings.txt", hide_users(&settings)),
    ]
}

/// Where there is a journal that may be read; names and texts were never logged.
fn read_journal() -> Option<String> {
    let unit = ["--unit=cleantrack-appliance", JOURNAL_LINES, "--no-pager", "--output=short-iso", "--quiet"];
    let output = Command::new("journalctl").args(unit).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.success() && !text.trim().is_empty()).then_some(text)
}
