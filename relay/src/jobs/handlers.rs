//! What each kind of job does at the relay.

use std::sync::Arc;

use record::ids::FacilityId;
use service::clock::Clock;

use super::JobError;
use super::kinds::JobKind;
use super::queue::{AfterRun, ClaimedJob, JobResult};
use super::runner::JobHandlers;
use super::upkeep::{drop_projections, erase_texts, merge_segments};
use crate::accounts::retention::ForgetRounds;
use crate::audit::head_note::{HeadNote, chain_name, chain_origin};
use crate::db::OwnedFacility;
use crate::db::access_log::audit_heads;
use crate::db::delivery::mails;
use crate::db::log::segments::{TAIL_MAX, platform_with_tails};
use crate::db::operation::jobs;
use crate::db::projection::projections;
use crate::db::{AccountScope, Db, DbError, PlatformReason};
use crate::keys::{AuthorityKind, SharedKeySet};
use crate::mail::send_waiting;
use crate::mail::transport::{MailFailure, MailTransport};
use crate::objects::NoteStore;
use crate::projections::{close_windows, rebuild_facility};
use crate::webhooks::{CollectOutcome, DeliveryTurn, DeliveryWorker, WebhookLine, collect_events};

/// How many times as long as it took a facility rests after it was folded …
const REST_TIMES: i64 = 8;
const REST_MS_MAX: i64 = 1_800_000;
const DONE_MS: i64 = 14 * 24 * 3_600_000;

#[derive(Debug)]
pub struct RelayHandlers {
    db: Db,
    clock: Arc<dyn Clock>,
    forgetting: ForgetRounds,
    mail: Option<MailTransport>,
    keys: SharedKeySet,
    notes: NoteStore,
    webhooks: WebhookLine,
}

impl RelayHandlers {
    /// Of a process that starts now. `mail`: the way on which mails leave; `keys`: what it signs with; `notes`: where it leaves notes over
    /// access logs; `webhooks`: with what it sends to those.
    pub async fn begin(
        db: Db,
        clock: Arc<dyn Clock>,
        mail: Option<MailTransport>,
        keys: impl Into<SharedKeySet>,
        notes: NoteStore,
        webhooks: WebhookLine,
    ) -> Result<Self, DbError> {
        let forgetting =
            ForgetRounds::begin(&mut db.platform_read(PlatformReason::Work).await?, clock.now()).await?;
        Ok(Self { db, clock, forgetting, mail, keys: keys.into(), notes, webhooks })
    }

    async fn forget(&self) -> Result<JobResult, JobError> {
        let (mut tx, now) = (self.db.platform_write(PlatformReason::Work).await?, self.clock.now());
        match self.forgetting.round(&mut tx, now).await? {
            Some(_) => {
                jobs::platform_forget_done(&mut tx, now.wall_ms.saturating_sub(DONE_MS)).await?;
            }
            None => tracing::warn!(
                "nothing is forgotten: the clock reads over 30 days after the newest thing that is known"
            ),
        }
        let period_ms = JobKind::Forget.period_ms().unwrap_or(0);
        Ok(JobResult { tx: tx.into(), after: AfterRun::NextRun(now.wall_ms.saturating_add(period_ms)) })
    }

    async fn windows(&self, scope: AccountScope, facility: FacilityId) -> Result<JobResult, JobError> {
        let mut tx = self.db.write(scope).await?;
        close_windows(&mut tx, facility, self.clock.now_ms()).await?;
        Ok(JobResult { tx: tx.into(), after: AfterRun::Over })
    }

    /// A mail that left and one that never will are settled; what may be otherwise next time is tried again.
    async fn send_mail(&self, job: &ClaimedJob) -> Result<JobResult, JobError> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let waiting = mails::platform_find_waiting(&mut conn, &job.key).await?;
        drop(conn);
        let failed = match (waiting, &self.mail) {
            (None, _) => None,
            (Some(_), None) => return Err(JobError::Mail("this process has no way for it".to_owned())),
            (Some(row), Some(transport)) => match send_waiting(transport, &job.key, &row).await {
                Ok(()) => None,
                // Out of tries it is a dead job, which an operator sees and tries again.
                Err(MailFailure::Passing(reason)) => return Err(JobError::Mail(reason)),
                Err(MailFailure::Final(reason)) => Some(reason),
            },
        };
        if let Some(reason) = &failed {
            tracing::error!(mail = %job.key, %reason, "a mail will not leave");
        }
        let mut tx = self.db.platform_write(PlatformReason::Work).await?.into();
        mails::settle_mail(&mut tx, &job.key, failed.as_deref(), self.clock.now_ms()).await?;
        Ok(JobResult { tx, after: AfterRun::Over })
    }

    /// What is not delivered is tried again; the result of each try is in the row that the account's admins see.
    async fn send_to_webhook(&self, job: &ClaimedJob) -> Result<JobResult, JobError> {
        let scope = account_of(job)?;
        let keys = self.keys.now();
        let worker = DeliveryWorker { db: &self.db, clock: &*self.clock, keys: &keys, line: &self.webhooks };
        let turn = match job.tries < job.kind.tries_max() {
            true => DeliveryTurn::Further,
            false => DeliveryTurn::Last,
        };
        match worker.deliver(scope, &job.key, turn).await? {
            None => self.over(scope).await,
            Some(reason) => Err(JobError::Webhook(reason)),
        }
    }

    async fn collect_for_webhooks(&self, scope: AccountScope) -> Result<JobResult, JobError> {
        let (mut tx, now_ms) = (self.db.write(scope).await?, self.clock.now_ms());
        let after = match collect_events(&mut tx, &*self.webhooks.random, now_ms).await? {
            CollectOutcome::All => AfterRun::Over,
            CollectOutcome::More => AfterRun::NextRun(now_ms),
        };
        Ok(JobResult { tx: tx.into(), after })
    }

    /// What was done is committed already.
    async fn over(&self, scope: AccountScope) -> Result<JobResult, JobError> {
        Ok(JobResult { tx: self.db.write(scope).await?.into(), after: AfterRun::Over })
    }

    /// Logs to which little is added would never have segments enough.
    async fn merge_rest(&self) -> Result<JobResult, JobError> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await?;
        let scopes = platform_with_tails(&mut conn, 2).await?;
        drop(conn);
        for scope in scopes {
            merge_segments(&self.db, scope, 2).await?;
        }
        let next_ms = self.clock.now_ms().saturating_add(JobKind::MergeRest.period_ms().unwrap_or(0));
        let tx = self.db.platform_write(PlatformReason::Work).await?.into();
        Ok(JobResult { tx, after: AfterRun::NextRun(next_ms) })
    }

    /// A head moves on meanwhile, and is signed as it was; the next day's note covers the rest.
    async fn sign_access(&self) -> Result<JobResult, JobError> {
        let now_ms = self.clock.now_ms();
        let chains =
            audit_heads::platform_unsigned(&mut self.db.platform_read(PlatformReason::Work).await?).await?;
        let keys = self.keys.now();
        let signer = keys.current_signer(AuthorityKind::Cosign).ok_or(JobError::NoKey)?;
        let time_s = u64::try_from(now_ms / 1_000).unwrap_or(0);
        let mut signed = Vec::new();
        for chain in &chains {
            let Some(head) = chain.head else { continue };
            let note = HeadNote { origin: chain_origin(chain.owner), n: head.n, hash: head.hash };
            let note = note.sign(signer, time_s).map_err(|e| DbError::stored("head of the access log", e))?;
            // First where nobody who may write to the database alone takes it away.
            self.notes.put(&chain_name(chain.owner), head.n, &note.to_string()).await?;
            signed.push((chain, head.n, note.to_string()));
        }
        // Only now: while a disk is slow, nobody waits for the database.
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        for (chain, n, note) in signed {
            audit_heads::platform_insert_note(&mut tx, chain, n, &note, now_ms).await?;
        }
        let next_ms = now_ms.saturating_add(JobKind::SignAccess.period_ms().unwrap_or(0));
        Ok(JobResult { tx: tx.into(), after: AfterRun::NextRun(next_ms) })
    }

    /// A projection is made in transactions of its own, beside the live one; here only that it is over is written down. A box that
    /// brings run after run must not have a worker all the time.
    async fn rebuild(&self, scope: AccountScope, facility: FacilityId) -> Result<JobResult, JobError> {
        if !projections::awaits_rebuild(&mut self.db.read(scope).await?, facility).await? {
            return self.over(scope).await;
        }
        let began_ms = self.clock.now_ms();
        rebuild_facility(&self.db, OwnedFacility { scope, facility }, &*self.clock).await?;
        let ended_ms = self.clock.now_ms();
        let rest_ms = ended_ms.saturating_sub(began_ms).saturating_mul(REST_TIMES).clamp(0, REST_MS_MAX);
        let tx = self.db.write(scope).await?.into();
        Ok(JobResult { tx, after: AfterRun::Rest(ended_ms.saturating_add(rest_ms)) })
    }
}

fn account_of(job: &ClaimedJob) -> Result<AccountScope, JobError> {
    job.account.ok_or(JobError::NoAccount)
}

fn facility_of(job: &ClaimedJob) -> Result<(AccountScope, FacilityId), JobError> {
    let facility = job.key.parse().map_err(|e| DbError::stored("facility id", e))?;
    Ok((account_of(job)?, facility))
}

impl JobHandlers for RelayHandlers {
    async fn run(&self, job: &ClaimedJob) -> Result<JobResult, JobError> {
        match job.kind {
            JobKind::Forget => self.forget().await,
            JobKind::Windows => {
                let (scope, facility) = facility_of(job)?;
                self.windows(scope, facility).await
            }
            JobKind::Rebuild => {
                let (scope, facility) = facility_of(job)?;
                self.rebuild(scope, facility).await
            }
            JobKind::Merge => {
                let scope = account_of(job)?;
                merge_segments(&self.db, scope, TAIL_MAX).await?;
                self.over(scope).await
            }
            JobKind::Mail => Box::pin(self.send_mail(job)).await,
            JobKind::Webhook => Box::pin(self.send_to_webhook(job)).await,
            JobKind::WebhookCollect => self.collect_for_webhooks(account_of(job)?).await,
            JobKind::MergeRest => self.merge_rest().await,
            JobKind::SignAccess => self.sign_access().await,
            JobKind::Erase => {
                let scope = account_of(job)?;
                erase_texts(&self.db, scope).await?;
                self.over(scope).await
            }
            JobKind::Drop => {
                let scope = account_of(job)?;
                drop_projections(&self.db, scope).await?;
                self.over(scope).await
            }
        }
    }
}
