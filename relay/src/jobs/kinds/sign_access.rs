//! Signs the heads of the access logs once a day.

use super::{ClaimedJob, HOUR_MS, JobError, JobKind, JobLane, JobResult, RelayHandlers};
use crate::audit::head_note::{HeadNote, chain_name, chain_origin};
use crate::db::access_log::audit_heads;
use crate::db::{DbError, PlatformReason};
use crate::keys::AuthorityKind;

pub static SIGN_ACCESS: JobKind = JobKind {
    period_ms: Some(24 * HOUR_MS),
    ..JobKind::new("sign-access", JobLane::Bulk, |relay, job| Box::pin(sign_access(relay, job)))
};

/// A head moves on meanwhile, and is signed as it was; the next day's note covers the rest.
async fn sign_access(relay: &RelayHandlers, job: &ClaimedJob) -> Result<JobResult, JobError> {
    let now_ms = relay.clock.now_ms();
    let chains =
        audit_heads::platform_unsigned(&mut relay.db.platform_read(PlatformReason::Work).await?).await?;
    let keys = relay.keys.now();
    let signer = keys.current_signer(AuthorityKind::Cosign).ok_or(JobError::NoKey)?;
    let time_s = u64::try_from(now_ms / 1_000).unwrap_or(0);
    let mut signed = Vec::new();
    for chain in &chains {
        let Some(head) = chain.head else { continue };
        let note = HeadNote { origin: chain_origin(chain.owner), n: head.n, hash: head.hash };
        let note = note.sign(signer, time_s).map_err(|e| DbError::stored("head of the access log", e))?;
        // First where nobody who may write to the database alone takes it away.
        relay.notes.put(&chain_name(chain.owner), head.n, &note.to_string()).await?;
        signed.push((chain, head.n, note.to_string()));
    }
    // Only now: while a disk is slow, nobody waits for the database.
    let mut tx = relay.db.platform_write(PlatformReason::Work).await?;
    for (chain, n, note) in signed {
        audit_heads::platform_insert_note(&mut tx, chain, n, &note, now_ms).await?;
    }
    Ok(JobResult::next_period(tx.into(), job, now_ms))
}
