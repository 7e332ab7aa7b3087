//! What root may want of a running box, over the administration socket.

use std::path::Path;
use std::sync::Arc;

use record::entry::{By, Via};
use record::ids::{Epoch, StaffId};
use record::kinds::{Event, Role};
use serde::{Deserialize, Serialize};
use service::admin_socket::{ADMIN_SOCKET, AdminAnswer, AdminSocket};
use service::clock::Clock;
use service::random::Random;

use crate::alarms::{ActiveAlarm, AlarmReader, AlarmStore, AlarmWorder};
use crate::command::{Given, give};
use crate::identity::{
    AccessCaller, AccessOutcome, AccessRow, AccessWanted, ApiToken, Identity, IdentityError, NewToken,
    PinForm, Scope, TokenHand, TokenLife, TokenRefusal, TokenState,
};
use crate::intake::{Command, Person, Request, Settings};
use crate::store::Store;
use crate::uplink::Uplink;

mod staff;

/// What can be wanted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wish {
    /// A new person, with a PIN when they are to sign in.
    StaffAdd {
        name: String,
        /// What they may do.
        role: Role,
        /// 4 to 8 digits, 6 to 8 for biomed and facility admins.
        pin: Option<String>,
    },
    /// Everybody who works here.
    StaffList,
    /// Another PIN.
    StaffPin {
        /// Whose: a name, or an id.
        staff: String,
        /// 4 to 8 digits, 6 to 8 for biomed and facility admins.
        pin: String,
    },
    /// No more waiting after wrong PINs.
    StaffUnlock {
        /// Whose: a name, or an id.
        staff: String,
    },
    /// A token for a program.
    TokenCreate {
        name: String,
        /// What it may do.
        scope: Scope,
        /// How long it lives.
        #[serde(default)]
        life: TokenLife,
    },
    /// All tokens, those that have ended included.
    TokenList,
    /// An end to a token.
    TokenRevoke {
        /// Its id, or its name.
        token: String,
    },
    /// The verifier keys of the log, this epoch's first, one a line.
    KeysExport,
    /// That a log which the relay holds, and that no key here vouches for, is this box's.
    LogTrust {
        /// Its name.
        log: String,
    },
    /// Take up a claim file.
    Claim {
        /// Its text.
        file: String,
    },
    /// Other settings of the facility.
    FacilitySet(Settings),
    /// All alarms.
    AlarmList,
    /// That somebody has seen an alarm.
    AlarmSeen { id: String },
}

/// What the socket acts on.
pub struct Hands {
    /// The log.
    pub store: Store,
    /// PINs and tokens.
    pub identity: Identity,
    /// For claims.
    pub uplink: Arc<Uplink>,
    /// What somebody must know.
    pub alarms: Arc<AlarmStore>,
    /// Words an alarm.
    pub alarm_words: AlarmWorder,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Opens the socket in the data folder.
///
/// # Errors
/// The socket cannot be made.
pub fn listen(data: &Path, hands: Hands) -> std::io::Result<AdminSocket> {
    let hands = Arc::new(hands);
    AdminSocket::open(data, move |wish: Wish| {
        let hands = Arc::clone(&hands);
        async move { act(wish, &hands).await.map_or_else(AdminAnswer::Error, AdminAnswer::Done) }
    })
}

async fn act(wish: Wish, hands: &Arc<Hands>) -> Result<String, String> {
    let command = |command| {
        let by = By { staff: None, via: Via::Socket, device: None };
        give(&hands.store, Arc::clone(&hands.random), Request { by, key: None, sent: None, command })
    };
    match wish {
        Wish::StaffAdd { name, role, pin } => {
            // Nobody is added whose PIN is then refused.
            pin.as_ref().map_or(Ok(()), |pin| PinForm::of(role).check(pin)).map_err(|e| e.to_string())?;
            let given = command(Command::AddStaff(Person { name, role })).await.map_err(|e| e.to_string())?;
            let staff = staff_of(&hands.store, &given)?;
            if let Some(pin) = pin {
                set_pin(hands, staff, role, pin).await?;
            }
            Ok(staff.to_string())
        }
        Wish::StaffPin { staff, pin } => {
            let found = staff::find(hands, &staff)?;
            set_pin(hands, found.id, found.role, pin).await.map(|()| found.id.to_string())
        }
        Wish::StaffList => staff::list(hands),
        Wish::StaffUnlock { staff } => {
            let found = staff::find(hands, &staff)?;
            let pins = Arc::clone(&hands.identity.pins);
            let unlocked = tokio::task::spawn_blocking(move || pins.unlock(found.id)).await;
            unlocked.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
            Ok(format!("{} can try again at once.", found.name))
        }
        Wish::TokenCreate { name, scope, life } => {
            let new = NewToken { name, scope, life, made_by: TokenHand::Socket, submission: None };
            let made = with_tokens(hands, move |identity, now_ms| identity.tokens.make(&new, now_ms)).await?;
            let (token, text) = made.map_err(|refusal| refusal.to_string())?;
            note(hands, AccessOutcome::TokenMade, Some(token.id));
            Ok(text)
        }
        Wish::TokenList => Ok(token_lines(&hands.identity.tokens.all(), hands.clock.now().wall_ms)),
        Wish::TokenRevoke { token } => {
            let revoked = with_tokens(hands, move |identity, now_ms| {
                identity.tokens.revoke(token.trim(), TokenHand::Socket, now_ms)
            });
            let token = revoked.await?.map_err(|refusal: TokenRefusal| refusal.to_string())?;
            note(hands, AccessOutcome::TokenRevoked, Some(token.id.clone()));
            Ok(format!("The token {} ({}) is revoked.", token.id, token.name))
        }
        Wish::KeysExport => {
            Ok(hands.store.verifier_keys().iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        }
        Wish::LogTrust { log } => trust_log(hands, &log).await,
        Wish::Claim { file } => {
            hands.uplink.take_up(&file).map_err(|e| e.to_string())?;
            Ok("Claim file accepted. The box is claimed as soon as it reaches the relay.".to_owned())
        }
        Wish::FacilitySet(settings) => {
            command(Command::ChangeFacility(Box::new(settings))).await.map_err(|e| e.to_string())?;
            note(hands, AccessOutcome::SettingsChanged, None);
            Ok("The settings are recorded.".to_owned())
        }
        Wish::AlarmList => Ok(alarm_lines(&hands.alarms.all(), hands.alarm_words)),
        Wish::AlarmSeen { id } => acknowledge(hands, id.trim().to_owned()).await,
    }
}

async fn acknowledge(hands: &Arc<Hands>, id: String) -> Result<String, String> {
    let (alarms, wanted) = (Arc::clone(&hands.alarms), id.clone());
    let seen = tokio::task::spawn_blocking(move || alarms.acknowledge(&wanted, AlarmReader::default())).await;
    if seen.map_err(|e| e.to_string())?.map_err(|e| e.to_string())? {
        note(hands, AccessOutcome::AlarmSeen, Some(id.clone()));
        return Ok(format!("The alarm {id} is acknowledged."));
    }
    Ok(format!("The alarm {id} was acknowledged before."))
}

async fn trust_log(hands: &Hands, log: &str) -> Result<String, String> {
    let no_name = |_| format!("“{log}” is not the name of a log, such as 2-00ab0102; “alarm list” shows it");
    let epoch: Epoch = log.trim().parse().map_err(no_name)?;
    let store = hands.store.clone();
    let trusted = tokio::task::spawn_blocking(move || store.trust_log(epoch)).await;
    trusted.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    note(hands, AccessOutcome::LogTrusted, Some(epoch.to_string()));
    hands.uplink.restart_box("a log that the relay holds was taken for this box's");
    Ok(format!("The log {epoch} is taken for this box’s. The box restarts and adopts it."))
}

/// One paragraph for each alarm: id, code, state, since when, words.
fn alarm_lines(alarms: &[ActiveAlarm], worder: AlarmWorder) -> String {
    let time = |ms: i64| {
        jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string()
    };
    let line = |alarm: &ActiveAlarm| {
        let over = alarm.over_ms.map_or_else(|| "stands".to_owned(), |ms| format!("over since {}", time(ms)));
        let seen = if alarm.seen.is_some() { "acknowledged" } else { "not acknowledged" };
        let (code, since) = (alarm.cause.code, time(alarm.first_ms));
        format!("{}  {code}  since {since}, {over}, {seen}\n  {}", alarm.id, worder(alarm))
    };
    match alarms {
        [] => "There are no alarms.".to_owned(),
        all => all.iter().map(line).collect::<Vec<_>>().join("\n"),
    }
}

/// Work on tokens, which waits for the disk.
async fn with_tokens<T: Send + 'static>(
    hands: &Arc<Hands>,
    work: impl FnOnce(&Identity, i64) -> Result<T, IdentityError> + Send + 'static,
) -> Result<T, String> {
    let (identity, now_ms) = (hands.identity.clone(), hands.clock.now().wall_ms);
    let done = tokio::task::spawn_blocking(move || work(&identity, now_ms)).await;
    done.map_err(|e| e.to_string())?.map_err(|e| e.to_string())
}

/// For the audit of access.
fn note(hands: &Hands, outcome: AccessOutcome, subject: Option<String>) {
    let now = hands.clock.now();
    let row = AccessRow {
        at_ms: now.wall_ms,
        route: ADMIN_SOCKET.to_owned(),
        caller: AccessCaller::Socket,
        network: String::new(),
        wanted: AccessWanted::Admin,
        outcome,
        subject,
        count: 1,
    };
    hands.identity.access.record(row, &now);
}

/// One line for each token: id, scope, state, its end, the day of its last use and from where, name.
fn token_lines(tokens: &[ApiToken], now_ms: i64) -> String {
    let day =
        |ms: i64| jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d").to_string();
    let line = |token: &ApiToken| {
        let state = match token.state(now_ms) {
            TokenState::Live => "live",
            TokenState::Expired => "expired",
            TokenState::Revoked => "revoked",
        };
        let ends = token.revoked_ms.or(token.expires_ms).map_or_else(|| "never".to_owned(), day);
        let used = token.used_day.map_or_else(|| "-".to_owned(), |n| day(n.saturating_mul(86_400_000)));
        let from = token.used_from.as_deref().unwrap_or("-");
        format!(
            "{:<8}  {:<6}  {state:<7}  {ends:<10}  {used:<10}  {from:<15}  {}",
            token.id,
            token.scope.word(),
            token.name
        )
    };
    let head = format!(
        "{:<8}  {:<6}  {:<7}  {:<10}  {:<10}  {:<15}  NAME",
        "ID", "SCOPE", "STATE", "ENDS", "USED", "FROM"
    );
    std::iter::once(head).chain(tokens.iter().map(line)).collect::<Vec<_>>().join("\n")
}

fn staff_of(store: &Store, given: &Given) -> Result<StaffId, String> {
    let reader = store.reader().map_err(|e| e.to_string())?;
    let entry = match given {
        Given::New(recorded) => recorded.first().map_or(Ok(None), |first| reader.entry(first.seq)),
        Given::Again(line) => reader.line(*line),
    };
    match entry.map_err(|e| e.to_string())?.map(|e| e.event()) {
        Some(Event::StaffAdded(added)) => Ok(added.staff),
        _ => Err("the person was recorded, but their entry cannot be read".to_owned()),
    }
}

async fn set_pin(hands: &Arc<Hands>, staff: StaffId, role: Role, pin: String) -> Result<(), String> {
    let pins = Arc::clone(&hands.identity.pins);
    let set = tokio::task::spawn_blocking(move || {
        let set = pins.set(staff, role, &pin)?;
        // Strangers may have used up what all new devices share, and theirs may be one.
        if set.is_ok() { pins.unlock(staff).map(|()| set) } else { Ok(set) }
    })
    .await;
    let set = set.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    set.map_err(|form| form.to_string())
}
