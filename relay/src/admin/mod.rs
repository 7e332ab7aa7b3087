//! Bootstrap and administration: what an operator orders on the machine itself, over the running relay's socket or, when
//! it does not run, directly.

mod epochs;
mod error_words;
mod import;
mod jobs;
mod keys;
mod mails;

use std::path::Path;
use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::ids::{AccountId, BoxId, Epoch, FacilityId, RelayJobId, UserId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use service::admin_socket::{AdminAnswer, AdminSocket};
use service::clock::Clock;
use service::random::RandomSource;

use crate::accounts::credentials::password::PasswordError;
use crate::accounts::credentials::password_rules::{PasswordRules, WeakPassword};
use crate::accounts::credentials::token::{TokenLife, TokenScope};
use crate::accounts::credentials::{password, session};
use crate::accounts::members::people;
use crate::accounts::members::people::{ActingPerson, NewMember, PeopleError, PersonAct};
use crate::accounts::programs::{ProgramError, TokenOrder};
use crate::accounts::records::access_log::{AccessLog, AccessRecord, OPERATOR};
use crate::accounts::records::person_log::SafetyNotices;
use crate::accounts::slug::name_account;
use crate::accounts::{UserRole, email_address, known_address, programs, visible_name};
use crate::db::account::accounts;
use crate::db::facility::facilities;
use crate::db::fleet::claims::ClaimPlace;
use crate::db::person::members::MemberRow;
use crate::db::person::tokens::TokenRow;
use crate::db::person::{members, tokens};
use crate::db::{AccountScope, Db, DbError, PlatformReason, ScopedConnection};
use crate::fleet::{BoxAct, ClaimWishes, Fleet, FleetError};
use crate::keys::{AuthorityKind, KeyError, KeyRefusal, SealError};
use crate::mail::MailOutbox;
use crate::readiness::DrainSignal;
use error_words::{word_people_error, word_program_error, word_weak_password};

pub use epochs::EpochAct;
pub use import::OldAccount;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "kebab-case", deny_unknown_fields)]
pub enum AdminCommand {
    AccountCreate {
        name: String,
    },
    AdminCreate {
        account: AccountId,
        email: String,
        name: String,
        /// `account_admin`, `super_admin` or `auditor`.
        role: String,
        password: String,
    },
    FacilityCreate {
        account: AccountId,
        name: String,
        zone: String,
    },
    AdminList {
        account: AccountId,
    },
    /// Sign somebody out everywhere, keep them out, or let them in again.
    AdminChange {
        account: AccountId,
        email: String,
        act: PersonAct,
    },
    /// No second factors any more for somebody who lost theirs; they are signed out everywhere.
    AdminForgetFactors {
        account: AccountId,
        email: String,
    },
    /// Another password for somebody who forgot theirs; they are signed out everywhere.
    AdminSetPassword {
        account: AccountId,
        email: String,
        password: String,
    },
    /// People of the old web app, some of its facilities with them.
    ImportPeople {
        account: AccountId,
        old: OldAccount,
    },
    TokenCreate {
        account: AccountId,
        name: String,
        /// How long it opens something, as `accounts::token::TokenLife` writes it.
        life: String,
        /// What it may do, as `accounts::token::TokenScope` writes it.
        scope: String,
    },
    TokenList {
        account: AccountId,
    },
    /// An API token that opens nothing from now on.
    TokenRevoke {
        account: AccountId,
        /// Its id, or the name of only one.
        token: String,
    },
    ClaimFileCreate {
        account: AccountId,
        facility: FacilityId,
        replaces: Option<BoxId>,
        /// What else it says.
        wishes: ClaimWishes,
    },
    /// A box in quarantine that a person has looked at.
    BoxRelease {
        account: AccountId,
        #[serde(rename = "box")]
        box_id: BoxId,
    },
    BoxRevoke {
        account: AccountId,
        #[serde(rename = "box")]
        box_id: BoxId,
    },
    EpochList {
        account: AccountId,
        #[serde(rename = "box")]
        box_id: BoxId,
    },
    /// A log that no key of its box vouches for, and that a person has looked at.
    EpochDecide {
        account: AccountId,
        #[serde(rename = "box")]
        box_id: BoxId,
        epoch: Epoch,
        act: EpochAct,
    },
    JobsList,
    JobsRetry {
        job: RelayJobId,
    },
    /// Mails that did not leave, and addresses to which nothing is sent.
    MailList,
    /// Lets a mail that did not leave be sent now.
    MailSendAgain {
        mail: UserId,
    },
    /// Gives a mail up.
    MailDrop {
        mail: UserId,
    },
    /// Sends to an address again that bounced, or whose reader complained.
    MailLift {
        address: String,
    },
    /// The end of this process, announced first.
    Drain,
    KeyInit,
    KeyList,
    KeyRotate {
        kind: AuthorityKind,
    },
    KeyRevoke {
        kind: AuthorityKind,
        n: i64,
    },
    KeyExport {
        passphrase: String,
    },
    KeyExported {
        keys: Vec<String>,
    },
    /// What was sealed, base64.
    KeyImport {
        passphrase: String,
        sealed: String,
    },
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// A value that does not fit.
    #[error("{0}")]
    Value(String),
    #[error("there is no account {0}")]
    NoAccount(AccountId),
    /// The address has a user already.
    #[error("{0} signs in here already")]
    Known(String),
    #[error(transparent)]
    Password(#[from] PasswordError),
    #[error("{}", word_weak_password(.0))]
    Weak(#[from] WeakPassword),
    #[error("{}", word_people_error(.0))]
    People(#[from] PeopleError),
    #[error("{}", word_program_error(.0))]
    Program(#[from] ProgramError),
    #[error(transparent)]
    Fleet(#[from] FleetError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    KeyRefused(#[from] KeyRefusal),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Clone)]
pub struct AdminHandler {
    pub db: Db,
    pub fleet: Arc<Fleet>,
    pub rules: PasswordRules,
    pub mail: MailOutbox,
    /// Where people reach the relay.
    pub public_url: String,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn RandomSource>,
}

fn check_name(name: &str) -> Result<String, AdminError> {
    visible_name(name).ok_or_else(|| AdminError::Value("a name has 1 to 120 visible characters".into()))
}

fn read_zone(zone: &str) -> Result<String, AdminError> {
    let name = record::compliance::zone_name(zone);
    name.ok_or_else(|| AdminError::Value(format!("{zone:?} is no time zone; one is America/New_York")))
}

pub fn serve_admin_socket(
    data: &Path,
    office: AdminHandler,
    drain: DrainSignal,
) -> std::io::Result<AdminSocket> {
    let office = Arc::new(office);
    AdminSocket::open(data, move |order: AdminCommand| {
        let (office, drain) = (Arc::clone(&office), drain.clone());
        async move {
            if order == AdminCommand::Drain {
                drain.send();
                return AdminAnswer::Done(json!({"draining": true}));
            }
            let done = office.execute(order).await;
            done.map_or_else(|error| AdminAnswer::Error(error.to_string()), AdminAnswer::Done)
        }
    })
}

impl AdminHandler {
    /// Carries an order out. The answer is one JSON object.
    pub async fn execute(&self, order: AdminCommand) -> Result<Value, AdminError> {
        match order {
            AdminCommand::AccountCreate { name } => self.account(&name).await,
            AdminCommand::AdminCreate { account, email, name, role, password } => {
                self.user(account, (&email, &name, &role), password).await
            }
            AdminCommand::FacilityCreate { account, name, zone } => {
                self.facility(account, &name, &zone).await
            }
            AdminCommand::AdminList { account } => self.people(account).await,
            AdminCommand::AdminChange { account, email, act } => self.change(account, &email, act).await,
            AdminCommand::AdminSetPassword { account, email, password } => {
                self.set_password(account, &email, password).await
            }
            AdminCommand::AdminForgetFactors { account, email } => self.forget_factors(account, &email).await,
            AdminCommand::ImportPeople { account, old } => self.import_people(account, &old).await,
            AdminCommand::TokenCreate { account, name, life, scope } => {
                self.token(account, &name, &life, &scope).await
            }
            AdminCommand::TokenList { account } => self.tokens(account).await,
            AdminCommand::TokenRevoke { account, token } => self.revoke_token(account, &token).await,
            AdminCommand::ClaimFileCreate { account, facility, replaces, wishes } => {
                let scope = self.scope(account).await?;
                let place = ClaimPlace { facility, replaces };
                let file = crate::fleet::claim_file(&self.fleet, scope, place, wishes, OPERATOR).await?;
                Ok(json!({"claim_file": file}))
            }
            AdminCommand::BoxRelease { account, box_id } => {
                let scope = self.scope(account).await?;
                let act = BoxAct { scope, box_id, by: OPERATOR, reason: None };
                if !self.fleet.release(act).await? {
                    return Err(AdminError::Value(format!("there is no box {box_id} in quarantine")));
                }
                Ok(json!({"box": box_id, "quarantined": false}))
            }
            AdminCommand::BoxRevoke { account, box_id } => {
                let scope = self.scope(account).await?;
                let act = BoxAct { scope, box_id, by: OPERATOR, reason: None };
                if !self.fleet.revoke(act).await? {
                    return Err(AdminError::Value(format!("there is no box {box_id} in service")));
                }
                Ok(json!({"box": box_id, "revoked": true}))
            }
            AdminCommand::EpochList { account, box_id } => self.epochs(account, box_id).await,
            AdminCommand::EpochDecide { account, box_id, epoch, act } => {
                self.decide_epoch(account, LogOrigin { box_id, epoch }, act).await
            }
            // The socket of a process that serves takes it before it comes here.
            AdminCommand::Drain => Err(AdminError::Value("no relay runs here that could end".to_owned())),
            AdminCommand::JobsList => self.list_jobs().await,
            AdminCommand::JobsRetry { job } => self.retry_job(job).await,
            AdminCommand::MailList => self.list_mails().await,
            AdminCommand::MailSendAgain { mail } => self.send_mail_again(&mail.to_string()).await,
            AdminCommand::MailDrop { mail } => self.drop_mail(&mail.to_string()).await,
            AdminCommand::MailLift { address } => self.lift_suppression(&address).await,
            AdminCommand::KeyInit => self.init_keys().await,
            AdminCommand::KeyList => self.list_keys().await,
            AdminCommand::KeyRotate { kind } => self.rotate_key(kind).await,
            AdminCommand::KeyRevoke { kind, n } => self.revoke_key(kind, n).await,
            AdminCommand::KeyExport { passphrase } => self.export_keys(passphrase).await,
            AdminCommand::KeyExported { keys } => self.mark_exported(&keys).await,
            AdminCommand::KeyImport { passphrase, sealed } => self.import_keys(passphrase, &sealed).await,
        }
    }

    fn ulid(&self) -> UserId {
        UserId::new(self.clock.now_ms(), self.random.bytes())
    }

    async fn scope(&self, account: AccountId) -> Result<AccountScope, AdminError> {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await?;
        accounts::platform_find(&mut conn, account).await?.ok_or(AdminError::NoAccount(account))
    }

    async fn begin(&self, account: AccountId) -> Result<ScopedConnection, AdminError> {
        Ok(self.db.write(self.scope(account).await?).await?)
    }

    fn log(&self) -> AccessLog<'_> {
        AccessLog { clock: &*self.clock, random: &*self.random }
    }

    async fn audit(
        &self,
        tx: &mut ScopedConnection,
        act: &str,
        about: &str,
        facility: Option<FacilityId>,
    ) -> Result<(), AdminError> {
        Ok(self.log().write_act(tx, AccessRecord { who: OPERATOR, act, about, facility }).await?)
    }

    async fn account(&self, name: &str) -> Result<Value, AdminError> {
        let (name, now_ms) = (check_name(name)?, self.clock.now_ms());
        let account = AccountId::new(now_ms, self.random.bytes());
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        let scope = accounts::platform_create(&mut tx, account, &name, now_ms).await?;
        name_account(&mut tx, scope, &name, now_ms).await?;
        let mut tx = tx.enter(scope).await?;
        self.audit(&mut tx, "account create", &name, None).await?;
        tx.commit().await?;
        Ok(json!({"account": account, "name": name}))
    }

    async fn user(
        &self,
        account: AccountId,
        (email, name, role): (&str, &str, &str),
        password: String,
    ) -> Result<Value, AdminError> {
        let name = check_name(name)?;
        let role: UserRole = role.parse().map_err(|e: &str| AdminError::Value(e.to_owned()))?;
        let email = email_address(email)
            .ok_or_else(|| AdminError::Value("an e-mail address reads name@host.example".into()))?;
        let hash = self.hash_new_password(password, &[&name, &email]).await?;
        let scope = self.scope(account).await?;
        let tx = self.db.platform_write(PlatformReason::Operator).await?;
        let id = self.ulid();
        let new = NewMember {
            id,
            email: &email,
            name: &name,
            verified_ms: Some(self.clock.now_ms()),
            role,
            password_hash: &hash,
        };
        let (mut tx, was_known) = match people::add_member(tx, scope, &new, self.clock.now_ms()).await {
            Err(PeopleError::Known) => return Err(AdminError::Known(email)),
            added => added?,
        };
        let member = members::find_by_email(&mut tx, &email).await?;
        self.audit(&mut tx, "admin create", &email, None).await?;
        tx.commit().await?;
        let user = member.map(|row| row.user_id);
        // Whoever is of another account already signs in as there.
        Ok(json!({"user": user, "email": email, "role": role.to_string(), "password_stays": was_known}))
    }

    async fn facility(&self, account: AccountId, name: &str, zone: &str) -> Result<Value, AdminError> {
        let name = check_name(name)?;
        let zone = read_zone(zone)?;
        let mut tx = self.begin(account).await?;
        let now_ms = self.clock.now_ms();
        let facility = FacilityId::new(now_ms, self.random.bytes());
        facilities::insert_facility(&mut tx, facility, &name, &zone, now_ms).await?;
        self.audit(&mut tx, "facility create", &name, Some(facility)).await?;
        tx.commit().await?;
        Ok(json!({"facility": facility, "name": name, "zone": zone}))
    }

    async fn people(&self, account: AccountId) -> Result<Value, AdminError> {
        let (scope, alive) = (self.scope(account).await?, session::alive_since(self.clock.now_ms()));
        let rows = members::list_members(&mut self.db.read(scope).await?, alive).await?;
        Ok(json!({ "people": rows.into_iter().map(|row: MemberRow| {
            json!({
                "user": row.user_id, "email": row.email, "name": row.name, "role": row.role,
                "owner": row.is_owner, "disabled": row.disabled, "signed_in": row.signed_in_ms.map(stamp), "sessions": row.sessions,
            })
        }).collect::<Vec<_>>() }))
    }

    async fn change(&self, account: AccountId, email: &str, act: PersonAct) -> Result<Value, AdminError> {
        let email = known_address(email);
        let mut tx = self.begin(account).await?;
        let by = ActingPerson { who: OPERATOR, member: None, log: self.log() };
        people::change_member(&mut tx, by, &email, act).await?;
        tx.commit().await?;
        Ok(json!({ "email": email, "done": act.word() }))
    }

    async fn forget_factors(&self, account: AccountId, email: &str) -> Result<Value, AdminError> {
        let (email, scope) = (known_address(email), self.scope(account).await?);
        let tx = self.db.platform_write(PlatformReason::Operator).await?;
        let notices = SafetyNotices { log: self.log(), mail: &self.mail, public_url: &self.public_url };
        let tx = people::forget_factors(tx, scope, notices, &email).await?;
        tx.commit().await?;
        Ok(json!({ "email": email, "done": "admin forget-factors" }))
    }

    async fn set_password(
        &self,
        account: AccountId,
        email: &str,
        password: String,
    ) -> Result<Value, AdminError> {
        let email = known_address(email);
        let hash = self.hash_new_password(password, &[&email]).await?;
        let scope = self.scope(account).await?;
        let tx = self.db.platform_write(PlatformReason::Operator).await?;
        let tx = people::set_password(tx, (scope, self.log(), OPERATOR), &email, &hash).await?;
        tx.commit().await?;
        Ok(json!({ "email": email, "done": "admin set-password" }))
    }

    async fn token(
        &self,
        account: AccountId,
        name: &str,
        life: &str,
        scope: &str,
    ) -> Result<Value, AdminError> {
        let life: TokenLife = life.parse().map_err(|e: &str| AdminError::Value(e.to_owned()))?;
        let scope: TokenScope = scope.parse().map_err(|e: &str| AdminError::Value(e.to_owned()))?;
        let order = TokenOrder { name, life, scope, places: None, origins: &[], id: None };
        let mut tx = self.begin(account).await?;
        let minted = programs::create_token(&mut tx, (self.log(), OPERATOR), order).await?;
        let stored = tokens::find_token(&mut tx, &minted.id).await?;
        tx.commit().await?;
        let expires = stored.and_then(|row| row.expires_ms).map(stamp);
        Ok(json!({"token_id": minted.id, "name": name.trim(), "expires": expires, "token": minted.text}))
    }

    async fn tokens(&self, account: AccountId) -> Result<Value, AdminError> {
        let (scope, now_ms) = (self.scope(account).await?, self.clock.now_ms());
        let rows = tokens::list_tokens(&mut self.db.read(scope).await?, now_ms).await?;
        let listed = rows.into_iter().map(|row: TokenRow| {
            json!({
                "token_id": row.token_id, "name": row.name, "scope": row.scope, "made": stamp(row.made_ms),
                "made_by": row.made_by, "expires": row.expires_ms.map(stamp),
                "revoked": row.revoked_ms.map(stamp), "revoked_by": row.revoked_by,
                "used": row.used_day.and_then(|day: i64| stamp(day.saturating_mul(86_400_000)).split('T').next().map(str::to_owned)), "used_from": row.used_from,
            })
        });
        Ok(json!({ "tokens": listed.collect::<Vec<_>>() }))
    }

    async fn revoke_token(&self, account: AccountId, token: &str) -> Result<Value, AdminError> {
        let mut tx = self.begin(account).await?;
        let row = programs::revoke_token(&mut tx, (self.log(), OPERATOR), token).await?;
        tx.commit().await?;
        Ok(json!({"token_id": row.token_id, "name": row.name, "revoked": true}))
    }

    async fn hash_new_password(&self, password: String, own_words: &[&str]) -> Result<String, AdminError> {
        self.rules.judge(&password, own_words)?;
        let hash = tokio::task::spawn_blocking(move || password::create_hash(&password)).await;
        Ok(hash.map_err(|e| DbError::stored("password", e))??)
    }
}

/// RFC 3339 in UTC, to the second.
fn stamp(ms: i64) -> String {
    let time = jiff::Timestamp::from_second(ms.div_euclid(1_000)).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    time.to_string()
}
