//! The listener's interface: who may connect, where each message goes, how its answer leaves.

use bytes::Bytes;
use record::topics::{DownTopic, UpTopic};

use super::{Ingest, IngestError, IngestReply};
use crate::db::fleet::boxes;
use crate::db::{DbError, PlatformReason};
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
            Some(false) => Admission::Revoked,
            None => Admission::Unknown,
        })
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
