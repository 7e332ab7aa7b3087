//! The log of access: who did what to people, programs and boxes, who signed in, and what was denied to whom.
//!
//! A row is written in the transaction of its act, as the last thing in it. What is denied or repeated is one row a minute that counts,
//! and attempts of strangers without an account are one row an hour for all of them together: nobody can fill the database by trying.
//! The rows of an account are a chain: `relay verify` finds what somebody changed or removed.

use std::fmt;

use record::ids::FacilityId;
use service::clock::Clock;
use service::random::RandomSource;

use crate::accounts::credentials::token::is_id;
use crate::db::access_log::audit::{NewAudit, insert_act, platform_insert};
use crate::db::{DbError, PlatformConnection, ScopedConnection};

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
pub const RETENTION_MS: i64 = 400 * 24 * HOUR_MS;
/// What the operator is called, who orders on the machine itself.
pub const OPERATOR: &str = "operator";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccessOutcome {
    Done,
    Denied,
}

impl AccessOutcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Denied => "denied",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DenialReason {
    /// Their role does not hold the permission.
    NeedsAdmin,
    /// The form is not of a page of their session.
    ForeignForm,
    TokenRevoked,
    TokenExpired,
    TokenScope,
    /// There is nothing of that name that they see: it may be another account's.
    NotFound,
}

impl DenialReason {
    pub const ALL: [Self; 6] = [
        Self::NeedsAdmin,
        Self::ForeignForm,
        Self::TokenRevoked,
        Self::TokenExpired,
        Self::TokenScope,
        Self::NotFound,
    ];

    pub fn key(self) -> &'static str {
        match self {
            Self::NeedsAdmin => "needs-admin",
            Self::ForeignForm => "foreign-form",
            Self::TokenRevoked => "token-revoked",
            Self::TokenExpired => "token-expired",
            Self::TokenScope => "token-scope",
            Self::NotFound => "not-found",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessActor {
    /// Whoever orders on the machine itself.
    Operator,
    Program {
        token_id: String,
        name: String,
    },
    Person(String),
}

impl AccessActor {
    /// Of what the database has, in rows of earlier versions too; what cannot be read is shown as it is.
    pub fn of_key(key: &str) -> Self {
        let program = key.strip_prefix("program ").and_then(Self::read_program);
        match program {
            Some(program) => program,
            None if key == OPERATOR => Self::Operator,
            None => Self::Person(key.to_owned()),
        }
    }

    /// `ID NAME`; in rows of earlier versions `NAME (ID)`. A name has any number of words, and an id has its form.
    fn read_program(key: &str) -> Option<Self> {
        let present = key.split_once(' ');
        let earlier =
            key.strip_suffix(')').and_then(|key| key.rsplit_once(" (")).map(|(name, id)| (id, name));
        let (id, name) = [present, earlier].into_iter().flatten().find(|(id, _)| is_id(id))?;
        Some(Self::Program { token_id: id.to_owned(), name: name.to_owned() })
    }
}

impl fmt::Display for AccessActor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator => f.write_str(OPERATOR),
            Self::Program { token_id, name } => write!(f, "program {token_id} {name}"),
            Self::Person(email) => f.write_str(email),
        }
    }
}

/// Where somebody signed in from, or tried to; and of how many devices they signed out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionDetail {
    KnownDevice,
    NewDevice(String),
    ThisDevice,
    OtherDevice,
    EveryDevice,
}

impl SessionDetail {
    pub fn of_key(key: &str) -> Option<Self> {
        match key.split_once(' ') {
            None if key == "known-device" => Some(Self::KnownDevice),
            None if key == "this-device" => Some(Self::ThisDevice),
            None if key == "other-device" => Some(Self::OtherDevice),
            None if key == "every-device" => Some(Self::EveryDevice),
            Some(("new-device", network)) => Some(Self::NewDevice(network.to_owned())),
            _ => None,
        }
    }
}

impl fmt::Display for SessionDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KnownDevice => f.write_str("known-device"),
            Self::NewDevice(network) => write!(f, "new-device {network}"),
            Self::ThisDevice => f.write_str("this-device"),
            Self::OtherDevice => f.write_str("other-device"),
            Self::EveryDevice => f.write_str("every-device"),
        }
    }
}

#[derive(Debug, Clone, Copy)]
pub struct AccessRecord<'a> {
    /// An [`AccessActor`] as the database has it.
    pub who: &'a str,
    /// A command, or method and route.
    pub act: &'a str,
    /// Of what; or the key of why it was denied. Never a secret.
    pub about: &'a str,
    /// Where, of what is one facility's: whoever sees only some facilities sees the rows of those.
    pub facility: Option<FacilityId>,
}

#[derive(Debug, Clone, Copy)]
pub struct AccessLog<'a> {
    pub clock: &'a dyn Clock,
    pub random: &'a dyn RandomSource,
}

impl AccessLog<'_> {
    pub async fn write_act(
        &self,
        tx: &mut ScopedConnection,
        record: AccessRecord<'_>,
    ) -> Result<(), DbError> {
        insert_act(tx, &access_row(None, record, AccessOutcome::Done), self.clock.now_ms()).await
    }

    /// What may come again and again: one row a minute for the same of the same.
    pub async fn write_repeated(
        &self,
        tx: &mut ScopedConnection,
        record: AccessRecord<'_>,
        outcome: AccessOutcome,
    ) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let minute = now_ms.div_euclid(MINUTE_MS);
        let AccessRecord { who, act, about, facility } = record;
        let place = facility.map(|facility| facility.to_string()).unwrap_or_default();
        let fold = format!("{minute}\n{}\n{who}\n{act}\n{about}\n{place}", outcome.word());
        insert_act(tx, &access_row(Some(&fold), record, outcome), now_ms).await
    }

    /// What somebody tried who has no account: one row an hour for all of them.
    pub async fn write_stranger(&self, tx: &mut PlatformConnection, act: &str) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let fold = format!("{}\n{act}", now_ms.div_euclid(HOUR_MS));
        let record = AccessRecord { who: "strangers", act, about: "", facility: None };
        platform_insert(tx, &access_row(Some(&fold), record, AccessOutcome::Denied), now_ms).await
    }
}

fn access_row<'a>(fold: Option<&'a str>, record: AccessRecord<'a>, outcome: AccessOutcome) -> NewAudit<'a> {
    let AccessRecord { who, act, about, facility } = record;
    NewAudit { who, act, about, facility, outcome: outcome.word(), fold }
}
