//! Commands of root to a running box, over the administration socket.

use std::path::Path;
use std::sync::Arc;

use record::entry::{CommandSource, EntryAuthor};
use record::ids::{Epoch, StaffId};
use record::kinds::{AccessChange, AccessChanged, Event, StaffRole};
use serde::{Deserialize, Serialize};
use service::admin_socket::{ADMIN_SOCKET, AdminAnswer, AdminSocket};
use service::clock::Clock;
use service::random::RandomSource;

use self::backups::ExistingKey;
use crate::alarms::{ActiveAlarm, AlarmReader, AlarmStore, AlarmWorder};
use crate::anchors::known_now_ms;
use crate::backup::{BackupService, RestoreTest};
use crate::bundle::BundleFile;
use crate::command::{ExecuteOutcome, execute_command};
use crate::doctor::facts::ServiceFacts;
use crate::identity::{
    AccessCaller, AccessOutcome, AccessRow, AccessTarget, ApiToken, ApiTokenScope, IdentityError,
    IdentityStores, NewToken, PinForm, TokenHand, TokenLife, TokenState, own_addresses,
};
use crate::intake::{Command, CommandRequest, NewStaff, SettingsChange, weigh_label_host};
use crate::store::Store;
use crate::uplink::Uplink;
use crate::wording::refusals::{word_acknowledge_error, word_command_error, word_command_token_refusal};

mod backups;
mod staff;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AdminCommand {
    /// A new person, with a PIN when they are to sign in.
    StaffAdd {
        name: String,
        role: StaffRole,
        /// 4 to 8 digits, 6 to 8 for biomed and facility admins.
        pin: Option<String>,
    },
    StaffList,
    StaffPin {
        staff: String,
        /// 4 to 8 digits, 6 to 8 for biomed and facility admins.
        pin: String,
    },
    /// No more waiting after wrong PINs.
    StaffUnlock {
        staff: String,
    },
    TokenCreate {
        name: String,
        scope: ApiTokenScope,
        #[serde(default)]
        life: TokenLife,
    },
    TokenList,
    TokenRevoke {
        token: String,
    },
    /// The verifier keys of the log, this epoch's first, one per line.
    KeysExport,
    /// That a log which the relay holds, and that no key here vouches for, is this box's.
    LogTrust {
        log: String,
    },
    Claim {
        file: String,
    },
    FacilitySet {
        settings: Box<SettingsChange>,
        /// Whether another label host is meant, whatever it costs.
        #[serde(default)]
        agreed: bool,
    },
    AlarmList,
    AlarmSeen {
        id: String,
    },
    /// What the running box says of itself, for the doctor: JSON.
    Doctor,
    Bundle,
    BackupNow,
    /// How the job with this number ended; nothing while it runs.
    BackupResult {
        number: u64,
    },
    BackupKey {
        replace: bool,
    },
    /// That a backup was read to its end by the command line.
    BackupTested(RestoreTest),
}

#[derive(Clone)]
pub struct BoxReports {
    pub facts: Arc<dyn Fn() -> ServiceFacts + Send + Sync>,
    pub files: Arc<dyn Fn() -> Vec<BundleFile> + Send + Sync>,
}

pub struct AdminContext {
    pub store: Store,
    pub identity: IdentityStores,
    pub uplink: Arc<Uplink>,
    pub alarms: Arc<AlarmStore>,
    pub alarm_words: AlarmWorder,
    pub reports: BoxReports,
    pub backups: BackupService,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
}

/// Opens the socket in the data folder.
///
/// # Errors
/// The socket cannot be made.
pub fn serve_admin_socket(data: &Path, context: AdminContext) -> std::io::Result<AdminSocket> {
    let context = Arc::new(context);
    AdminSocket::open(data, move |admin_command: AdminCommand| {
        let context = Arc::clone(&context);
        async move {
            run_command(admin_command, &context).await.map_or_else(AdminAnswer::Error, AdminAnswer::Done)
        }
    })
}

async fn run_command(admin_command: AdminCommand, context: &Arc<AdminContext>) -> Result<String, String> {
    match admin_command {
        AdminCommand::StaffAdd { name, role, pin } => {
            // No person is added whose PIN is then refused.
            pin.as_ref().map_or(Ok(()), |pin| PinForm::of(role).check(pin)).map_err(|e| e.to_string())?;
            let added = execute_here(context, Command::AddStaff(NewStaff::named(name, role))).await;
            let staff = staff_of(&context.store, &added?)?;
            if let Some(pin) = pin {
                set_pin(context, staff, role, pin).await?;
            }
            Ok(staff.to_string())
        }
        AdminCommand::StaffPin { staff, pin } => {
            let found = staff::find_member(context, &staff)?;
            set_pin(context, found.id, found.role, pin).await.map(|()| found.id.to_string())
        }
        AdminCommand::StaffList => staff::list_members(context),
        AdminCommand::StaffUnlock { staff } => {
            let found = staff::find_member(context, &staff)?;
            let pins = Arc::clone(&context.identity.pins);
            let unlocked = tokio::task::spawn_blocking(move || pins.unlock(found.id)).await;
            unlocked.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            Ok(format!("{} can try again at once.", found.name))
        }
        AdminCommand::TokenCreate { name, scope, life } => {
            make_token(context, NewToken { name, scope, life, made_by: TokenHand::Socket, submission: None })
                .await
        }
        AdminCommand::TokenList => Ok(token_lines(&context.identity.tokens.all(), known_now(context))),
        AdminCommand::TokenRevoke { token } => revoke_token(context, token).await,
        AdminCommand::KeysExport => Ok(list_keys(&context.store)),
        AdminCommand::LogTrust { log } => trust_log(context, &log).await,
        AdminCommand::Claim { file } => {
            context.uplink.take_up(&file).map_err(|e| e.to_string())?;
            Ok("Claim file accepted. The box is claimed as soon as it reaches the relay.".to_owned())
        }
        AdminCommand::FacilitySet { settings, agreed } => {
            let there = context.store.facility().settings.clone();
            let host = settings.label_host.as_deref().filter(|_| !agreed).unwrap_or_default();
            if let Some(change) = weigh_label_host(&there, host, &own_addresses()) {
                return Err(format!(
                    "{change}Nothing was changed: add --confirm-label-host if you want {host} all the same"
                ));
            }
            let changed = execute_here(context, Command::ChangeFacility(settings)).await;
            changed?;
            note_access(context, AccessOutcome::SettingsChanged, None);
            Ok("The settings are recorded.".to_owned())
        }
        AdminCommand::AlarmList => Ok(alarm_lines(&context.alarms.all(), context.alarm_words)),
        AdminCommand::AlarmSeen { id } => acknowledge_alarm(context, id.trim().to_owned()).await,
        AdminCommand::Doctor => write_report(Arc::clone(&context.reports.facts)).await,
        AdminCommand::Bundle => write_report(Arc::clone(&context.reports.files)).await,
        AdminCommand::BackupNow => backups::begin_backup(context).await,
        AdminCommand::BackupResult { number } => backups::word_result(context, number),
        AdminCommand::BackupKey { replace } => {
            backups::make_key(context, if replace { ExistingKey::Replaced } else { ExistingKey::Stays }).await
        }
        AdminCommand::BackupTested(test) => backups::note_test(context, test).await,
    }
}

async fn execute_here(context: &AdminContext, command: Command) -> Result<ExecuteOutcome, String> {
    let by = EntryAuthor { staff: None, via: CommandSource::Socket, device: None };
    let request = CommandRequest { by, key: None, sent: None, command };
    let executed = execute_command(&context.store, Arc::clone(&context.random), request).await;
    executed.map_err(|error| word_command_error(&error))
}

/// Logs a change of who may sign in, and how: written before the change grants access, and after it revokes access.
async fn log_access(context: &AdminContext, change: AccessChanged) -> Result<(), String> {
    execute_here(context, Command::ChangeAccess(Box::new(change))).await.map(drop)
}

/// The verifier keys of the log, one per line.
fn list_keys(store: &Store) -> String {
    store.verifier_keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// A report as JSON; making it waits for the disk.
async fn write_report<R: Serialize + 'static>(
    report: Arc<dyn Fn() -> R + Send + Sync>,
) -> Result<String, String> {
    let written = tokio::task::spawn_blocking(move || serde_json::to_string(&report())).await;
    written.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

/// Creates a token; one that could not be logged is revoked before its text is handed out.
async fn make_token(context: &Arc<AdminContext>, new: NewToken) -> Result<String, String> {
    let made = with_tokens(context, move |identity, now_ms| identity.tokens.make(&new, now_ms)).await?;
    let (token, text) = made.map_err(|refusal| word_command_token_refusal(&refusal))?;
    if let Err(error) = log_access(context, token.log_change(AccessChange::TokenMade)).await {
        let id = token.id;
        with_tokens(context, move |identity: &IdentityStores, now_ms| {
            identity.tokens.revoke(&id, TokenHand::Socket, now_ms).map(drop)
        })
        .await?;
        return Err(error);
    }
    note_access(context, AccessOutcome::TokenMade, Some(token.id));
    Ok(text)
}

async fn revoke_token(context: &Arc<AdminContext>, token: String) -> Result<String, String> {
    let revoked = with_tokens(context, move |identity, now_ms| {
        identity.tokens.revoke(token.trim(), TokenHand::Socket, now_ms)
    });
    let token = revoked.await?.map_err(|refusal| word_command_token_refusal(&refusal))?;
    note_access(context, AccessOutcome::TokenRevoked, Some(token.id.clone()));
    let logged = log_access(context, token.log_change(AccessChange::TokenRevoked)).await;
    logged.map_err(|error| format!("The token {} is revoked. The log does not say so: {error}", token.id))?;
    Ok(format!("The token {} ({}) is revoked.", token.id, token.name))
}

async fn acknowledge_alarm(context: &Arc<AdminContext>, id: String) -> Result<String, String> {
    let (alarms, target) = (Arc::clone(&context.alarms), id.clone());
    let seen = tokio::task::spawn_blocking(move || alarms.acknowledge(&target, AlarmReader::default())).await;
    if seen.map_err(|e| e.to_string())?.map_err(|error| word_acknowledge_error(&error))? {
        note_access(context, AccessOutcome::AlarmSeen, Some(id.clone()));
        return Ok(format!("The alarm {id} is acknowledged."));
    }
    Ok(format!("The alarm {id} was acknowledged before."))
}

async fn trust_log(context: &AdminContext, log: &str) -> Result<String, String> {
    let epoch: Epoch = log.trim().parse().map_err(|_| {
        format!("“{log}” is not the name of a log, such as 2-00ab0102; “alarm list” shows it")
    })?;
    let store = context.store.clone();
    let trusted = tokio::task::spawn_blocking(move || store.trust_log(epoch)).await;
    trusted.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    note_access(context, AccessOutcome::LogTrusted, Some(epoch.to_string()));
    context.uplink.restart_box("a log that the relay holds was taken for this box's");
    Ok(format!("The log {epoch} is taken for this box’s. The box restarts and adopts it."))
}

/// One paragraph for each alarm: id, code, state, since when, words.
fn alarm_lines(alarms: &[ActiveAlarm], worder: AlarmWorder) -> String {
    match alarms {
        [] => "There are no alarms.".to_owned(),
        all => all
            .iter()
            .map(|alarm: &ActiveAlarm| {
                let over = alarm
                    .over_ms
                    .map_or_else(|| "stands".to_owned(), |ms| format!("over since {}", format_minute(ms)));
                let seen = if alarm.seen.is_some() { "acknowledged" } else { "not acknowledged" };
                let (code, since) = (alarm.cause.code, format_minute(alarm.first_ms));
                format!("{}  {code}  since {since}, {over}, {seen}\n  {}", alarm.id, worder(alarm))
            })
            .collect::<Vec<_>>()
            .join("\n"),
    }
}

fn format_minute(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn known_now(context: &AdminContext) -> i64 {
    known_now_ms(&context.clock.now(), &context.store.facility())
}

async fn with_tokens<T: Send + 'static>(
    context: &Arc<AdminContext>,
    work: impl FnOnce(&IdentityStores, i64) -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, String> {
    let (identity, now_ms) = (context.identity.clone(), known_now(context));
    let done = tokio::task::spawn_blocking(move || work(&identity, now_ms)).await;
    done.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

fn note_access(context: &AdminContext, outcome: AccessOutcome, subject: Option<String>) {
    let now = context.clock.now();
    let row = AccessRow {
        at_ms: now.wall_ms,
        route: ADMIN_SOCKET.to_owned(),
        caller: AccessCaller::Socket,
        network: String::new(),
        target: AccessTarget::Admin,
        outcome,
        subject,
        count: 1,
    };
    context.identity.access.record(row, &now);
}

/// One line for each token: id, scope, state, its end, the day of its last use and from where, name.
fn token_lines(tokens: &[ApiToken], now_ms: i64) -> String {
    let head = format!(
        "{:<8}  {:<6}  {:<7}  {:<10}  {:<10}  {:<15}  NAME",
        "ID", "SCOPE", "STATE", "ENDS", "USED", "FROM"
    );
    let lines = tokens.iter().map(|token| format_token(token, now_ms));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

fn format_token(token: &ApiToken, now_ms: i64) -> String {
    let state = match token.state(now_ms) {
        TokenState::Live => "live",
        TokenState::Expired => "expired",
        TokenState::Revoked => "revoked",
    };
    let ends = token.revoked_ms.or(token.expires_ms).map_or_else(|| "never".to_owned(), format_day);
    let used = token.used_day.map_or_else(|| "-".to_owned(), |n| format_day(n.saturating_mul(86_400_000)));
    let from = token.used_from.as_deref().unwrap_or("-");
    format!(
        "{:<8}  {:<6}  {state:<7}  {ends:<10}  {used:<10}  {from:<15}  {}",
        token.id,
        token.scope.word(),
        token.name
    )
}

fn format_day(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d").to_string()
}

fn staff_of(store: &Store, outcome: &ExecuteOutcome) -> Result<StaffId, String> {
    let reader = store.reader().map_err(|e| e.to_string())?;
    let entry = match outcome {
        ExecuteOutcome::New(recorded) => recorded.first().map_or(Ok(None), |first| reader.entry(first.seq)),
        ExecuteOutcome::Again(line) => reader.line(*line),
    };
    match entry.map_err(|e| e.to_string())?.map(|e| e.event()) {
        Some(Event::StaffAdded(added)) => Ok(added.staff),
        _ => Err("the person was recorded, but their entry cannot be read".to_owned()),
    }
}

async fn set_pin(
    context: &Arc<AdminContext>,
    staff: StaffId,
    role: StaffRole,
    pin: String,
) -> Result<(), String> {
    PinForm::of(role).check(&pin).map_err(|form| form.to_string())?;
    let change = AccessChanged::new(AccessChange::PinSet, Some(staff));
    log_access(context, change).await?;
    let pins = Arc::clone(&context.identity.pins);
    let set = tokio::task::spawn_blocking(move || {
        let set = pins.set(staff, role, &pin)?;
        // Strangers may have used up what all new devices share, and theirs may be one.
        if set.is_ok() { pins.unlock(staff).map(|()| set) } else { Ok(set) }
    })
    .await;
    let unknown = "it is not known whether the PIN was set: sign in with it, or set it again";
    let set = set.map_err(|e| e.to_string())?.map_err(|e| format!("{e}; {unknown}"))?;
    set.map_err(|form| form.to_string())
}
