//! The listener's interface: who may connect, where each message goes, how its answer leaves.

use bytes::Bytes;
use record::topics::{DownTopic, UpTopic};

use super::{Ingest, IngestError, IngestReply};
use crate::db::access_log::audit::{NewAudit, insert_act};
use crate::db::fleet::boxes;
use crate::db::{AccountScope, DbError, PlatformReason};
use crate::mqtt::{Admission, BoxConnection, Inbox, PeerCertificate, Presence, PublishOutcome};

impl Ingest {
    async fn admitted(&self, certificate: &PeerCertificate) -> Result<Admission, DbError> {
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        let Some(home) = boxes::platform_home(&mut conn, certificate.box_id).await? else {
            return Ok(Admission::Unknown);
        };
        let mut conn = conn.enter(home.scope).await?;
        let good = boxes::find_certificate(&mut conn, certificate.box_id, &certificate.serial).await?;
        Ok(match good {
            _ if home.revoked => Admission::Revoked,
            Some(true) => Admission::Admitted,
            Some(false) => {
                drop(conn);
                self.note_return(home.scope, certificate).await?;
                Admission::Revoked
            }
            None => Admission::Unknown,
        })
    }

    /// Notes that the machine came that another one has replaced: what it records reaches nobody, and somebody should know.
    pub(crate) async fn note_return(
        &self,
        scope: AccountScope,
        certificate: &PeerCertificate,
    ) -> Result<(), DbError> {
        let (box_id, now_ms) = (certificate.box_id, self.clock.now_ms());
        let mut tx = self.db.write(scope).await?;
        if boxes::note_return(&mut tx, box_id, &certificate.serial, now_ms).await?
            && let Some(home) = boxes::find_home(&mut tx, box_id).await?
        {
            tracing::warn!(%box_id, serial = certificate.serial, "a machine that was replaced came back");
            let (who, about) = (format!("box {box_id}"), format!("{box_id}: {}", certificate.serial));
            let (facility, who, about) = (Some(home.facility), who.as_str(), about.as_str());
            let act = NewAudit { who, act: "box return", about, facility, outcome: "done", fold: None };
            insert_act(&mut tx, &act, now_ms).await?;
        }
        tx.commit().await
    }

    async fn present(&self, of: BoxConnection, presence: Presence) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        let Some(home) = boxes::platform_home(&mut conn, of.box_id).await? else { return Ok(()) };
        match presence {
            Presence::Connected => self.reports.note_connected(&home, of.box_id, of.connection, now_ms),
            Presence::Gone(_) => self.reports.note_ended(&home, of.box_id, of.connection, now_ms),
        }
        Ok(())
    }
}

impl Inbox for Ingest {
    async fn admit(&self, certificate: &PeerCertificate) -> Admission {
        self.admitted(certificate).await.unwrap_or_else(|error| {
            tracing::error!(%error, box_id = %certificate.box_id, "cannot tell whether a box may connect");
            Admission::Unavailable
        })
    }

    async fn publish(&self, from: BoxConnection, up: UpTopic, payload: Bytes) -> PublishOutcome {
        let reply: Result<IngestReply, IngestError> = match up {
            UpTopic::Batch => self.batch(from.box_id, payload).await,
            UpTopic::Hello => self.hello(from.box_id, &payload).await,
            UpTopic::Health => self.health(from.box_id, &payload).await,
            // The listener reports presence itself; the will is for outside brokers.
            UpTopic::Gone => return PublishOutcome::Done,
        };
        match reply {
            Ok(IngestReply { ack, disposition }) => {
                let bytes = ack.and_then(|ack| serde_json::to_vec(&ack).ok());
                if let Some(Err(error)) =
                    bytes.map(|bytes| self.publisher.send(from.box_id, DownTopic::Ack, bytes.into()))
                {
                    // The box asks again by hello or health.
                    tracing::info!(%error, box_id = %from.box_id, "an answer did not leave");
                }
                disposition
            }
            Err(error) => {
                tracing::error!(%error, box_id = %from.box_id, ?up, "cannot take what a box sent");
                match error {
                    IngestError::Nothing(_) => PublishOutcome::Busy,
                    IngestError::Unknown(_) => PublishOutcome::Unknown,
                }
            }
        }
    }

    async fn presence(&self, of: BoxConnection, presence: Presence) {
        if let Err(error) = self.present(of, presence).await {
            tracing::error!(%error, box_id = %of.box_id, "cannot keep whether a box is there");
        }
    }
}
