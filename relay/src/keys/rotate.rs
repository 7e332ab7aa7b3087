//! One key after another: the next is announced, becomes the current one when the boxes know it, and the one before stays for what it
//! signed. A key that was leaked is revoked.

use super::authority::{AuthorityKey, AuthorityKind, KeyState};
use super::folder::KeyError;
use super::open::{AuthorityKeys, list_keys};
use crate::db::fleet::authority::StateChange;
use crate::db::fleet::box_keys::AppliedKeys;
use crate::db::fleet::{authority, box_keys};
use crate::db::operation::{believed_times, processes};
use crate::db::{DbError, PlatformConnection, PlatformReason};

const DAY_MS: i64 = 86_400_000;
/// How long boxes that are away may hold up that a next signing key becomes the current one. They are signed for with theirs after it too.
const ANNOUNCED_MS: i64 = 30 * DAY_MS;
/// Where several processes serve, a person brings the next key to the folders of the others within this.
const FOLDERS_MS: i64 = DAY_MS;
/// A process that has not reported for as long that it is alive serves no more; machines' clocks differ by less.
const SEEN_MS: i64 = 60 * 60_000;
const SEAL_ANNOUNCED_MS: i64 = DAY_MS;
/// The listeners show a certificate of the current authority, which a box that does not know it would not take. No certificate of a box
/// lives longer than this.
const AUTHORITY_ANNOUNCED_MS: i64 = 730 * DAY_MS;
/// How long a retired authority's certificates are taken: the longest validity of a box's.
const AUTHORITY_RETIRED_MS: i64 = 730 * DAY_MS;

/// Why a key was not rotated or revoked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyRefusal {
    #[error(
        "the {kind} key {n} is announced already and boxes still learn of it; `cleantrack-relay keys revoke {kind} {n}` takes it back"
    )]
    Announced { kind: AuthorityKind, n: i64 },
    #[error("there is no {kind} key {n}; `cleantrack-relay keys list` shows all")]
    Unknown { kind: AuthorityKind, n: i64 },
    #[error("the {kind} key {n} is revoked already")]
    Revoked { kind: AuthorityKind, n: i64 },
    #[error(
        "the {kind} key {n} is the only one: make the next with `cleantrack-relay keys rotate {kind}`, then revoke this one"
    )]
    Only { kind: AuthorityKind, n: i64 },
    #[error(
        "the {kind} key {n} stays the current one: the private half of the next one, {next}, is not in this process's folder, or is damaged \
         there. Bring it with `cleantrack-relay keys import FILE`, or run this where it is; where it is lost, run \
         `cleantrack-relay keys revoke {kind} {next}` and `cleantrack-relay keys rotate {kind}`, then revoke this one"
    )]
    NextMissing { kind: AuthorityKind, n: i64, next: i64 },
    #[error(
        "the {kind} key {n} stays the current one: this process's folder holds no other {kind} key that could take its place. Bring the keys \
         with `cleantrack-relay keys import FILE`, or run this where they are"
    )]
    NoneHere { kind: AuthorityKind, n: i64 },
    #[error(
        "the {kind} key {n} stays as it is: it is the last {kind} key whose private half is in this process's folder, and without it no relay \
         starts from there. Bring the current key with `cleantrack-relay keys import FILE`, or run this where it is; where the current key \
         is lost, revoke that one, and this one takes its place"
    )]
    Last { kind: AuthorityKind, n: i64 },
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Db(#[from] DbError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevokedKey {
    pub key: AuthorityKey,
    /// Boxes in service that know no later key of the kind.
    pub boxes_behind: i64,
}

impl AuthorityKeys {
    /// Makes the next key of a kind. Its private half is in this process's folder before it is announced.
    ///
    /// # Errors
    /// One is announced already; this folder lacks the current one, so that nobody would find the next there; the database or the folder.
    pub async fn rotate(&self, kind: AuthorityKind) -> Result<AuthorityKey, KeyRefusal> {
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        authority::platform_lock(&mut tx).await?;
        let keys = list_keys(&mut tx).await?;
        let of_kind = keys.iter().filter(|key| key.kind == kind);
        if let Some(next) = of_kind.clone().find(|key| key.state == KeyState::Next) {
            return Err(KeyRefusal::Announced { kind, n: next.n });
        }
        let Some(last) = of_kind.map(|key| key.n).max() else {
            return Err(KeyError::None { folder: self.folder.dir().to_owned() }.into());
        };
        self.require_current(kind)?;
        let key = self.make_key(kind, last + 1, KeyState::Next)?;
        authority::platform_insert(&mut tx, &key.row()).await?;
        tx.commit().await?;
        self.settle().await?;
        let keyring = self.now();
        Ok(keyring.keys().iter().find(|of| (of.kind, of.n) == (kind, key.n)).cloned().unwrap_or(key))
    }

    /// Lets next keys become current whose time has come: all boxes know them, or those that do not were away for long. Whether any did.
    /// Only those that are in this folder: without its current keys no process starts, and another one may have the others.
    pub async fn settle(&self) -> Result<bool, KeyError> {
        // Asked often, and nearly always for nothing.
        let known = list_keys(&mut self.db.platform_read(PlatformReason::Operator).await?).await?;
        if known.iter().all(|key| key.state != KeyState::Next) {
            return Ok(false);
        }
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        authority::platform_lock(&mut tx).await?;
        let keys = list_keys(&mut tx).await?;
        let seen_ms = now_ms.saturating_sub(SEEN_MS);
        let others =
            processes::platform_count_others(&mut tx, seen_ms, &processes::own_host(), std::process::id())
                .await?;
        // One minute of a clock that is years ahead would lock out each box that does not know the key.
        let is_clock_right = believed_times::platform_is_believable(&mut tx, now_ms).await?;
        let mut is_changed = false;
        for next in keys.iter().filter(|key| key.state == KeyState::Next) {
            let wait_ms = match next.kind {
                AuthorityKind::Ca => AUTHORITY_ANNOUNCED_MS,
                AuthorityKind::Cosign | AuthorityKind::Directive => ANNOUNCED_MS,
                AuthorityKind::Seal => SEAL_ANNOUNCED_MS,
            };
            let is_over = is_clock_right && now_ms.saturating_sub(next.from_ms) >= wait_ms;
            let may_be_elsewhere = others > 0 && now_ms.saturating_sub(next.from_ms) < FOLDERS_MS;
            let is_known = next.kind != AuthorityKind::Seal
                && !may_be_elsewhere
                && count_behind(&mut tx, next).await? == 0;
            if (is_over || is_known) && self.is_held(next) {
                make_current(&mut tx, &keys, next, now_ms).await?;
                tracing::info!(kind = %next.kind, n = next.n, "a key is the current one from now on");
                is_changed = true;
            }
        }
        tx.commit().await?;
        self.reload().await?;
        Ok(is_changed)
    }

    /// Revokes a key that was leaked or lost. Where it is the current one, the next takes its place at once; where it is lost and there
    /// is no next one, the newest of those before it.
    ///
    /// # Errors
    /// There is no such key, or no other that this folder holds; the database or the folder.
    pub async fn revoke(&self, kind: AuthorityKind, n: i64) -> Result<RevokedKey, KeyRefusal> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.platform_write(PlatformReason::Operator).await?;
        authority::platform_lock(&mut tx).await?;
        let keys = list_keys(&mut tx).await?;
        let key = keys.iter().find(|key| (key.kind, key.n) == (kind, n));
        let key = key.ok_or(KeyRefusal::Unknown { kind, n })?;
        if key.is_revoked() {
            return Err(KeyRefusal::Revoked { kind, n });
        }
        let mut revoked = key.clone();
        if key.state == KeyState::Current {
            let successor = self.find_successor(&keys, key)?;
            make_current(&mut tx, &keys, successor, now_ms).await?;
            revoked.state = KeyState::Retired;
        } else if self.is_last_held(&keys, key) {
            return Err(KeyRefusal::Last { kind, n });
        }
        set_state(&mut tx, &revoked, KeyState::Revoked, Some(now_ms)).await?;
        (revoked.state, revoked.until_ms) = (KeyState::Revoked, Some(now_ms));
        let later = AuthorityKey { n: n + 1, ..key.clone() };
        let boxes_behind = count_behind(&mut tx, &later).await?;
        tx.commit().await?;
        self.reload().await?;
        tracing::warn!(%kind, n, boxes_behind, "a key was revoked");
        Ok(RevokedKey { key: revoked, boxes_behind })
    }

    fn find_successor<'a>(
        &self,
        keys: &'a [AuthorityKey],
        current: &AuthorityKey,
    ) -> Result<&'a AuthorityKey, KeyRefusal> {
        let (kind, n) = (current.kind, current.n);
        let newest_first: Vec<&'a AuthorityKey> = keys.iter().rev().filter(|key| key.kind == kind).collect();
        let next = newest_first.iter().copied().find(|key| key.state == KeyState::Next);
        if let Some(next) = next
            && self.is_held(next)
        {
            return Ok(next);
        }
        if !self.is_held(current) {
            return newest_first
                .into_iter()
                .find(|key: &&'a AuthorityKey| key.state == KeyState::Retired && self.is_held(key))
                .ok_or(KeyRefusal::NoneHere { kind, n });
        }
        Err(match next {
            Some(next) => KeyRefusal::NextMissing { kind, n, next: next.n },
            None => KeyRefusal::Only { kind, n },
        })
    }

    /// Whether nothing of the kind would be left in this folder that may sign, where now there is something.
    fn is_last_held(&self, keys: &[AuthorityKey], key: &AuthorityKey) -> bool {
        let mut others = keys.iter().filter(|of| of.kind == key.kind && of.n != key.n && !of.is_revoked());
        self.is_held(key) && !others.any(|other| self.is_held(other))
    }
}

/// Boxes in service that do not know a key.
async fn count_behind(tx: &mut PlatformConnection, key: &AuthorityKey) -> Result<i64, DbError> {
    let these = AppliedKeys { ca_n: key.n, cosign_n: key.n, directive_n: key.n };
    let (all, known) = box_keys::platform_count_known(tx, these).await?;
    // No box is informed of a sealing key.
    Ok(known.get(key.kind as usize).map_or(0, |known| all - known))
}

async fn make_current(
    tx: &mut PlatformConnection,
    keys: &[AuthorityKey],
    next: &AuthorityKey,
    now_ms: i64,
) -> Result<(), DbError> {
    let before = keys.iter().find(|key| key.kind == next.kind && key.state == KeyState::Current);
    if let Some(before) = before {
        let until_ms = match next.kind {
            AuthorityKind::Ca => now_ms.saturating_add(AUTHORITY_RETIRED_MS),
            AuthorityKind::Cosign | AuthorityKind::Directive | AuthorityKind::Seal => now_ms,
        };
        set_state(tx, before, KeyState::Retired, Some(until_ms)).await?;
    }
    set_state(tx, next, KeyState::Current, None).await
}

async fn set_state(
    tx: &mut PlatformConnection,
    key: &AuthorityKey,
    state: KeyState,
    until_ms: Option<i64>,
) -> Result<(), DbError> {
    let (kind, before, after) = (key.kind.word(), key.state.word(), state.word());
    let change = StateChange { kind, n: key.n, before, after, until_ms };
    authority::platform_set_state(tx, change).await.map(drop)
}
