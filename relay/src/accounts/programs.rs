//! Programs and their tokens: made, revoked, and recognised by what they show.

use std::net::IpAddr;

use service::attempts::ClientNetwork;

use super::credentials::token;
use super::credentials::token::{MintedToken, TokenLife, TokenScope};
use super::records::access_log::{AccessLog, AccessRecord};
use super::{ApiProgram, visible_name};
use crate::db::person::tokens;
use crate::db::person::tokens::{NewToken, ShownToken, TokenRow};
use crate::db::{Db, DbError, PlatformReason, ScopedConnection};

pub const TOKENS_MAX: i64 = 100;
const DAY_MS: i64 = 86_400_000;

/// Why a token was not made or revoked.
#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub enum ProgramError {
    /// A name that cannot be read.
    Name,
    Repeated,
    TooMany,
    #[error("this account has no token {0:?} that could be revoked")]
    NoSuch(String),
    #[error("{0} tokens are called that; name one by its id: {1}")]
    Several(usize, String),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndedToken {
    Expired(ApiProgram),
    Revoked(ApiProgram),
}

#[derive(Debug, Clone, Copy)]
pub struct TokenOrder<'a> {
    pub name: &'a str,
    pub life: TokenLife,
    pub scope: TokenScope,
    /// Facilities and regions that it sees, by id; `None` is all.
    pub places: Option<&'a [String]>,
    pub origins: &'a [String],
    pub id: Option<&'a str>,
}

/// Makes a token, in a transaction of the caller's, with its row in the access log. With an id
/// that the form brought, sending that again makes no second token; without one it is made here.
pub async fn create_token(
    tx: &mut ScopedConnection,
    (log, who): (AccessLog<'_>, &str),
    order: TokenOrder<'_>,
) -> Result<MintedToken, ProgramError> {
    let name = visible_name(order.name).ok_or(ProgramError::Name)?;
    let now_ms = log.clock.now_ms();
    if tokens::count_tokens(tx, now_ms).await? >= TOKENS_MAX {
        return Err(ProgramError::TooMany);
    }
    let id = order.id.map_or_else(|| token::new_id(log.random.bytes()), str::to_owned);
    if tokens::find_token(tx, &id).await?.is_some() {
        return Err(ProgramError::Repeated);
    }
    let minted = MintedToken::new(id, log.random.bytes());
    let token = NewToken {
        token_id: &minted.id,
        name: &name,
        digest: token::token_digest(&minted.text),
        scope: order.scope.key(),
        made_by: who,
        expires_ms: order.life.expires_ms(now_ms),
        places: order.places,
        origins: order.origins,
    };
    tokens::insert_token(tx, &token, now_ms).await?;
    let about = format!("{name} ({})", minted.id);
    log.write_act(tx, AccessRecord { who, act: "token create", about: &about, facility: None }).await?;
    Ok(minted)
}

/// Revokes the token with this id, or else the only one with this name: every process asks the database at each request,
/// so it opens nothing from the next one on.
pub async fn revoke_token(
    tx: &mut ScopedConnection,
    (log, who): (AccessLog<'_>, &str),
    id_or_name: &str,
) -> Result<TokenRow, ProgramError> {
    let token = match tokens::find_token(tx, &id_or_name.to_ascii_uppercase()).await? {
        Some(token) => token,
        None => {
            let ids = tokens::tokens_named(tx, id_or_name.trim()).await?;
            match ids.as_slice() {
                [] => return Err(ProgramError::NoSuch(id_or_name.to_owned())),
                [id] => tokens::find_token(tx, id)
                    .await?
                    .ok_or_else(|| ProgramError::NoSuch(id_or_name.to_owned()))?,
                several => return Err(ProgramError::Several(several.len(), several.join(", "))),
            }
        }
    };
    if !tokens::revoke_token(tx, &token.token_id, (who, log.clock.now_ms())).await? {
        return Err(ProgramError::NoSuch(id_or_name.to_owned()));
    }
    let about = format!("{} ({})", token.name, token.token_id);
    log.write_act(tx, AccessRecord { who, act: "token revoke", about: &about, facility: None }).await?;
    Ok(token)
}

/// Whose token this is. `None` is nobody's.
pub async fn find_program(
    db: &Db,
    text: &str,
    peer: IpAddr,
    now_ms: i64,
) -> Result<Option<Result<ApiProgram, EndedToken>>, DbError> {
    let found = tokens::platform_by_digest(
        &mut db.platform_read(PlatformReason::SignIn).await?,
        token::token_digest(text),
    )
    .await?;
    let Some(shown) = found else { return Ok(None) };
    let (account, reads) = (shown.account()?, shown.reads()?);
    let scope = shown.scope.parse().map_err(|e| DbError::stored("token scope", e))?;
    let ShownToken { token_id, name, .. } = shown;
    let program = ApiProgram { account, reads, scope, token_id, name };
    if shown.revoked_ms.is_some() {
        return Ok(Some(Err(EndedToken::Revoked(program))));
    }
    if shown.expires_ms.is_some_and(|at| at <= now_ms) {
        return Ok(Some(Err(EndedToken::Expired(program))));
    }
    let today = now_ms.div_euclid(DAY_MS);
    if shown.used_day != Some(today)
        && let Err(error) = keep_use(db, &program, (today, peer)).await
    {
        // What it reads matters more than the note that it did.
        tracing::warn!(%error, "cannot keep that a token was used today");
    }
    Ok(Some(Ok(program)))
}

async fn keep_use(db: &Db, program: &ApiProgram, (day, peer): (i64, IpAddr)) -> Result<(), DbError> {
    let mut tx = db.write(program.account).await?;
    tokens::touch_token(&mut tx, &program.token_id, (day, &ClientNetwork::of(peer).to_string())).await?;
    tx.commit().await
}
