//! Links that come by mail: how long they work, and how many one may ask for.

use std::net::IpAddr;

use record::tree::Hash;
use service::attempts::{AttemptPolicy, AttemptWait, ClientNetwork};
use service::limit::RateLimiter;

use crate::db::person::buckets;
use crate::db::{DbError, PlatformConnection, ScopedConnection, SqlConnection};
pub use crate::mail::LinkSecret;

/// How long a new account waits to be confirmed.
pub const SIGN_UP_MS: i64 = 24 * 3_600_000;
/// How long a new password may be set.
pub const RESET_MS: i64 = 30 * 60_000;
/// How long a link replaces a password.
pub const SIGN_IN_MS: i64 = 15 * 60_000;
pub const INVITATION_MS: i64 = 7 * 24 * 3_600_000;

const OF_ADDRESS: AttemptPolicy = AttemptPolicy { size: 3, refill_ms: 20 * 60_000 };
const OF_NETWORK: AttemptPolicy = AttemptPolicy { size: 30, refill_ms: 2 * 60_000 };
/// Invitations of an account: fifty at once, and then one each four minutes.
const OF_ACCOUNT: AttemptPolicy = AttemptPolicy { size: 50, refill_ms: 4 * 60_000 };
/// An owner is notified of somebody new: ten times at once, and then once an hour.
const OF_COLLEAGUES: AttemptPolicy = AttemptPolicy { size: 10, refill_ms: 60 * 60_000 };
const NETWORKS_MAX: usize = 10_000;

/// Counts the mails that strangers ask for. Networks are counted by each process, addresses in the database by all together.
#[derive(Debug)]
pub struct MailLimits {
    networks: RateLimiter<ClientNetwork>,
}

impl Default for MailLimits {
    fn default() -> Self {
        Self { networks: OF_NETWORK.network_limiter(NETWORKS_MAX) }
    }
}

impl MailLimits {
    /// Counts a mail of a kind to an address, in lower case, in the caller's transaction, whether somebody has the address or not.
    pub async fn count(
        &self,
        tx: &mut PlatformConnection,
        kind: &'static str,
        email: &str,
        peer: IpAddr,
        now_ms: i64,
    ) -> Result<Result<(), AttemptWait>, DbError> {
        let network = ClientNetwork::of(peer);
        if let Err(seconds) = self.networks.take(network, now_ms.max(0).cast_unsigned()) {
            return Ok(Err(AttemptWait::after_seconds(seconds, now_ms)));
        }
        // Each kind by itself: nobody keeps somebody from a new password by making accounts for them.
        let taken = take_mail(tx, &address_name(kind, email), &OF_ADDRESS, now_ms).await?;
        if taken.is_err() {
            self.networks.refund(&network);
        }
        Ok(taken)
    }
}

fn address_name(kind: &str, email: &str) -> String {
    format!("mail/{kind}/{}", Hash::of(email.as_bytes()))
}

/// Counts an invitation by its address and by the account, in the caller's transaction. Each account by itself: nobody keeps others from
/// inviting somebody, or learns that they did.
pub async fn count_invitation(
    tx: &mut ScopedConnection,
    email: &str,
    now_ms: i64,
) -> Result<Result<(), AttemptWait>, DbError> {
    let account = format!("invitations/{}", tx.scope().account());
    if let Err(wait) = take_mail(tx, &account, &OF_ACCOUNT, now_ms).await? {
        return Ok(Err(wait));
    }
    let of_address = format!("{}/{}", address_name("invitation", email), tx.scope().account());
    take_mail(tx, &of_address, &OF_ADDRESS, now_ms).await
}

/// Counts that an account's owner is notified of somebody new, in the caller's transaction. Returns whether they are.
pub(in crate::accounts) async fn count_colleague(
    tx: &mut ScopedConnection,
    now_ms: i64,
) -> Result<bool, DbError> {
    let name = format!("mail/colleague/{}", tx.scope().account());
    Ok(take_mail(tx, &name, &OF_COLLEAGUES, now_ms).await?.is_ok())
}

async fn take_mail(
    tx: &mut impl SqlConnection,
    name: &str,
    policy: &AttemptPolicy,
    now_ms: i64,
) -> Result<Result<(), AttemptWait>, DbError> {
    let held = buckets::hold_bucket(tx, name, now_ms).await?;
    match held.take(policy, now_ms) {
        Ok(after) => buckets::put_bucket(tx, name, after).await.map(Ok),
        Err(wait) => Ok(Err(wait)),
    }
}
