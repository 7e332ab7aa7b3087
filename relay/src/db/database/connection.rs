//! The only ways to a statement: [`ScopedConnection`] for one account, [`PlatformConnection`] for what is nobody's yet or everybody's.

#[cfg(feature = "postgres")]
use sqlx::Postgres;
use sqlx::pool::PoolConnection;
#[cfg(feature = "postgres")]
use sqlx::postgres::PgConnection;
use sqlx::sqlite::SqliteConnection;
use sqlx::{Sqlite, Transaction};

use record::ids::AccountId;

use super::error::DbError;
use super::keys::PersonNumber;
use super::pool::Db;
#[cfg(feature = "postgres")]
use super::statements::exec;

/// The account that statements may touch. It comes from a row that proves it (a session's, a token's, a box's, a job's), never
/// from a request's path or body: only this crate's statements make one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountScope {
    number: i64,
    account: AccountId,
}

impl AccountScope {
    pub(in crate::db) fn of(number: i64, account: AccountId) -> Self {
        Self { number, account }
    }

    /// Reads the two columns of a row.
    pub(in crate::db) fn read(number: i64, account: &str) -> Result<Self, DbError> {
        Ok(Self::of(number, account.parse().map_err(|e| DbError::stored("account id", e))?))
    }

    #[cfg(test)]
    pub(crate) fn made_up(n: u8) -> Self {
        Self::of(i64::from(n), AccountId::new(i64::from(n), [n; 10]))
    }

    pub fn account(self) -> AccountId {
        self.account
    }

    /// As it is in the first column of each key.
    pub(crate) fn key(self) -> i64 {
        self.number
    }
}

/// What may be read of an account: all of it, or what one of its members sees who is given some facilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ReadScope {
    account: AccountScope,
    viewer: Option<PersonNumber>,
    hides_names: bool,
}

impl ReadScope {
    /// Of a member who sees only the facilities that are given to them.
    pub(in crate::db) fn of_member(account: AccountScope, viewer: PersonNumber) -> Self {
        Self { account, viewer: Some(viewer), hides_names: false }
    }

    #[must_use]
    pub fn without_names(self) -> Self {
        Self { hides_names: true, ..self }
    }

    pub fn account(self) -> AccountScope {
        self.account
    }

    /// Whether it is less than the whole account.
    pub fn is_limited(self) -> bool {
        self.viewer.is_some()
    }
}

impl From<AccountScope> for ReadScope {
    fn from(account: AccountScope) -> Self {
        Self { account, viewer: None, hides_names: false }
    }
}

/// Why a statement may look past the wall between accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlatformReason {
    /// Whose is this address, session or token?
    SignIn,
    Box,
    Work,
    Operator,
    Health,
    Migration,
}

#[derive(Debug)]
enum Lane {
    Sqlite(PoolConnection<Sqlite>),
    SqliteTx(Transaction<'static, Sqlite>),
    /// A server's is a transaction for reading, too: what it may see is set for its length.
    #[cfg(feature = "postgres")]
    Postgres(Transaction<'static, Postgres>),
}

pub enum SqlExecutor<'a> {
    Sqlite(&'a mut SqliteConnection),
    #[cfg(feature = "postgres")]
    Postgres(&'a mut PgConnection),
}

impl Lane {
    fn executor(&mut self) -> SqlExecutor<'_> {
        match self {
            Self::Sqlite(c) => SqlExecutor::Sqlite(c),
            Self::SqliteTx(c) => SqlExecutor::Sqlite(c),
            #[cfg(feature = "postgres")]
            Self::Postgres(c) => SqlExecutor::Postgres(c),
        }
    }

    async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Sqlite(_) => {}
            Self::SqliteTx(tx) => tx.commit().await?,
            #[cfg(feature = "postgres")]
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

/// Where statements run that need no account: on either kind of connection.
pub trait SqlConnection {
    #[doc(hidden)]
    fn lane(&mut self) -> SqlExecutor<'_>;
}

/// Statements of one account, for reading or in a transaction. On a server row-level security holds them to it.
#[derive(Debug)]
pub struct ScopedConnection {
    lane: Lane,
    scope: ReadScope,
}

#[derive(Debug)]
pub struct PlatformConnection {
    lane: Lane,
}

impl SqlConnection for ScopedConnection {
    fn lane(&mut self) -> SqlExecutor<'_> {
        self.lane.executor()
    }
}

impl SqlConnection for PlatformConnection {
    fn lane(&mut self) -> SqlExecutor<'_> {
        self.lane.executor()
    }
}

impl ScopedConnection {
    pub fn scope(&self) -> AccountScope {
        self.scope.account
    }

    /// Whether some facilities of the account are not to be seen.
    pub fn is_limited(&self) -> bool {
        self.scope.is_limited()
    }

    pub fn hides_names(&self) -> bool {
        self.scope.hides_names
    }

    /// The member whose facilities alone are to be seen, as statements bind it; 0: all are.
    /// What it may read.
    pub fn reads(&self) -> ReadScope {
        self.scope
    }

    pub(in crate::db) fn viewer(&self) -> i64 {
        self.scope.viewer.map_or(0, PersonNumber::key)
    }

    pub(crate) fn lane(&mut self) -> SqlExecutor<'_> {
        self.lane.executor()
    }

    /// Goes on in the same transaction as another account's, for an act that is of several.
    #[cfg_attr(not(feature = "postgres"), expect(unused_mut, reason = "only a server has a wall"))]
    pub(crate) async fn enter_next(mut self, scope: AccountScope) -> Result<Self, DbError> {
        #[cfg(feature = "postgres")]
        if matches!(self.lane, Lane::Postgres(_)) {
            exec!(self, "SELECT set_config('app.account', $1, true)", scope.key().to_string())?;
        }
        Ok(Self { lane: self.lane, scope: scope.into() })
    }

    /// Commits a transaction; a connection that only reads has nothing to commit.
    pub async fn commit(self) -> Result<(), DbError> {
        self.lane.commit().await
    }
}

impl PlatformConnection {
    pub(crate) fn lane(&mut self) -> SqlExecutor<'_> {
        self.lane.executor()
    }

    /// Goes on in the same transaction as one account's, behind the wall again.
    #[cfg_attr(not(feature = "postgres"), expect(unused_mut, reason = "only a server has a wall"))]
    pub async fn enter(mut self, scope: AccountScope) -> Result<ScopedConnection, DbError> {
        #[cfg(feature = "postgres")]
        if matches!(self.lane, Lane::Postgres(_)) {
            let sql = "SELECT set_config('app.platform', 'off', true), set_config('app.account', $1, true)";
            exec!(self, sql, scope.key().to_string())?;
        }
        Ok(ScopedConnection { lane: self.lane, scope: scope.into() })
    }

    /// Commits a transaction; a connection that only reads has nothing to commit.
    pub async fn commit(self) -> Result<(), DbError> {
        self.lane.commit().await
    }
}

/// A transaction of either kind, for whoever ends what others began.
#[derive(Debug)]
pub enum WriteConnection {
    Scoped(ScopedConnection),
    Platform(PlatformConnection),
}

impl SqlConnection for WriteConnection {
    fn lane(&mut self) -> SqlExecutor<'_> {
        match self {
            Self::Scoped(tx) => tx.lane(),
            Self::Platform(tx) => tx.lane(),
        }
    }
}

impl WriteConnection {
    pub async fn commit(self) -> Result<(), DbError> {
        match self {
            Self::Scoped(tx) => tx.commit().await,
            Self::Platform(tx) => tx.commit().await,
        }
    }
}

impl From<ScopedConnection> for WriteConnection {
    fn from(tx: ScopedConnection) -> Self {
        Self::Scoped(tx)
    }
}

impl From<PlatformConnection> for WriteConnection {
    fn from(tx: PlatformConnection) -> Self {
        Self::Platform(tx)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Read,
    Write,
}

impl Db {
    pub async fn read(&self, scope: impl Into<ReadScope>) -> Result<ScopedConnection, DbError> {
        let scope = scope.into();
        Ok(ScopedConnection { lane: self.lane(Access::Read, Some(scope.account)).await?, scope })
    }

    /// A transaction of one account; dropped without [`ScopedConnection::commit`] it leaves nothing behind.
    pub async fn write(&self, scope: AccountScope) -> Result<ScopedConnection, DbError> {
        Ok(ScopedConnection { lane: self.lane(Access::Write, Some(scope)).await?, scope: scope.into() })
    }

    pub async fn platform_read(&self, reason: PlatformReason) -> Result<PlatformConnection, DbError> {
        tracing::trace!(?reason, "reads for the platform");
        Ok(PlatformConnection { lane: self.lane(Access::Read, None).await? })
    }

    /// A transaction past the wall between accounts.
    pub async fn platform_write(&self, reason: PlatformReason) -> Result<PlatformConnection, DbError> {
        tracing::trace!(?reason, "writes for the platform");
        Ok(PlatformConnection { lane: self.lane(Access::Write, None).await? })
    }

    #[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "only a server has a wall"))]
    async fn lane(&self, access: Access, scope: Option<AccountScope>) -> Result<Lane, DbError> {
        Ok(match self {
            Self::Sqlite { readers, .. } if access == Access::Read => Lane::Sqlite(readers.acquire().await?),
            Self::Sqlite { writer, .. } => Lane::SqliteTx(writer.begin_with("BEGIN IMMEDIATE").await?),
            #[cfg(feature = "postgres")]
            Self::Postgres(pool) => {
                let begin = if access == Access::Read { "BEGIN READ ONLY" } else { "BEGIN" };
                // A number and two words of our own: there is nothing in it that could be more than it is.
                let seen = match scope {
                    Some(scope) => format!("SET LOCAL app.account = '{}'", scope.key()),
                    None => "SET LOCAL app.platform = 'on'".to_owned(),
                };
                // One way to the server and back. It runs to its end although nobody may wait for it any more: of a transaction
                // that is given up while it begins sqlx knows nothing, and whoever had the connection next would be in it.
                let (pool, begin) = (pool.clone(), sqlx::AssertSqlSafe(format!("{begin}; {seen}")));
                let begun = tokio::spawn(async move { pool.begin_with(begin).await }).await;
                Lane::Postgres(begun.map_err(|_| sqlx::Error::WorkerCrashed)??)
            }
        })
    }
}
