//! The relay's requests on their way to a box, and what the box's log says became of them.

use bytes::Bytes;
use record::checkpoint::{CosignedCheckpoint, LogOrigin, SignedCheckpoint};
use record::ids::BoxId;
use record::kinds::{EntryRef, Event};
use record::topics::DownTopic;
use record::verify::Batch;

use super::Ingest;
use crate::db::fleet::directives::DirectiveOutcome;
use crate::db::fleet::{box_keys, boxes, directives};
use crate::db::log::epochs;
use crate::db::log::epochs::StoredLog;
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection};
use crate::keys::AuthorityKind;

/// How long after it was sent one is sent again to a box that stays connected and says nothing of it.
const AGAIN_MS: i64 = 600_000;
/// How long after its revocation a box's connection is looked for: many rounds, and a clock that was set between.
const REVOKED_FOR_MS: i64 = 600_000;

impl Ingest {
    /// Sends a box, in their order, what waits behind the last one that it says it has decided. It ignores what it knows.
    pub(super) async fn send_directives(
        &self,
        scope: AccountScope,
        box_id: BoxId,
        decided: u64,
    ) -> Result<(), DbError> {
        let waiting = directives::list_notes(&mut self.db.read(scope).await?, box_id, decided).await?;
        for (number, note) in waiting {
            if let Err(error) = self.publisher.send(box_id, DownTopic::Directive, Bytes::from(note)) {
                tracing::info!(%error, %box_id, number, "a directive did not leave; it is sent again");
                return Ok(());
            }
            let mut tx = self.db.write(scope).await?;
            directives::set_sent(&mut tx, box_id, number, self.clock.now_ms()).await?;
            tx.commit().await?;
        }
        Ok(())
    }

    pub async fn send_waiting(&self) -> Result<(), DbError> {
        let before_ms = self.clock.now_ms().saturating_sub(AGAIN_MS);
        let waiting =
            directives::platform_waiting(&mut self.db.platform_read(PlatformReason::Work).await?, before_ms)
                .await?;
        for (scope, box_id) in waiting {
            if self.publisher.connection(box_id).is_some() {
                let decided = directives::last_outcome(&mut self.db.read(scope).await?, box_id).await?;
                self.send_directives(scope, box_id, decided).await?;
            }
        }
        Ok(())
    }

    /// Ends connections by certificates that another process revoked: one that says nothing would otherwise stay open.
    pub async fn end_revoked(&self) -> Result<(), DbError> {
        let since_ms = self.clock.now_ms().saturating_sub(REVOKED_FOR_MS);
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        for (box_id, serial) in boxes::platform_revoked_since(&mut conn, since_ms).await? {
            if self.publisher.disconnect_by(box_id, &serial) {
                tracing::info!(%box_id, "a box that was revoked is disconnected");
            }
        }
        Ok(())
    }

    /// A cosignature that the box does not believe, such as of a key that was revoked, gets one beside it that it does.
    pub(super) async fn renew_cosignature(
        &self,
        tx: &mut ScopedConnection,
        held: &mut StoredLog,
    ) -> Result<(), DbError> {
        let (Some(note), Some(log)) = (&held.cosigned, held.own_key()) else { return Ok(()) };
        let applied = box_keys::find_applied(tx, held.origin.box_id).await?;
        let keyring = self.keys.now();
        let believed = keyring.believed_cosigners(applied.cosign_n);
        if CosignedCheckpoint::verify(note, &held.origin, &log, &believed).is_ok() {
            return Ok(());
        }
        let signer = keyring.signer_for(AuthorityKind::Cosign, applied.cosign_n);
        let (Some(signer), Ok(signed)) = (signer, SignedCheckpoint::verify(note, &held.origin, &log)) else {
            return Ok(());
        };
        let time_s = u64::try_from(self.clock.now_ms() / 1_000).unwrap_or(0);
        let renewed = signed.cosigned(signer, time_s).to_string();
        epochs::save_renewed(tx, &held.origin, &renewed).await?;
        held.cosigned = Some(renewed);
        Ok(())
    }
}

pub(super) async fn note_outcomes(
    tx: &mut ScopedConnection,
    origin: &LogOrigin,
    batch: &Batch,
) -> Result<(), DbError> {
    for (entry, _) in batch.entries() {
        let of = EntryRef { epoch: origin.epoch, seq: entry.seq() };
        let event = entry.event();
        let outcome = match &event {
            Event::DirectiveApplied(body) => {
                DirectiveOutcome { number: body.number, hash: body.hash, of, refused: None }
            }
            Event::DirectiveRefused(body) => {
                DirectiveOutcome { number: body.number, hash: body.hash, of, refused: Some(&body.reason) }
            }
            _ => continue,
        };
        if let Some(brings) = directives::save_outcome(tx, origin.box_id, &outcome).await? {
            boxes::lock_box(tx, origin.box_id).await?;
            box_keys::save_applied(tx, origin.box_id, brings).await?;
        }
    }
    Ok(())
}
