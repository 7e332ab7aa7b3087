//! The listener's seam: who may connect, where each message goes, how its answer leaves.

use bytes::Bytes;
use record::topics::{Down, Up};

use super::{Ingest, IngestError, Reply};
use crate::db::{DbError, boxes};
use crate::mqtt::{Admission, Disposition, Inbox, Origin, PeerCertificate, Presence};

impl Ingest {
    async fn admitted(&self, certificate: &PeerCertificate) -> Result<Admission, DbError> {
        let mut conn = self.db.read().await?;
        let Some(home) = boxes::platform_home(&mut conn, certificate.box_id).await? else {
            return Ok(Admission::Unknown);
        };
        let good = boxes::certificate(&mut conn, home.scope, certificate.box_id, &certificate.serial).await?;
        Ok(match good {
            _ if home.revoked => Admission::Revoked,
            Some(true) => Admission::Admitted,
            Some(false) => Admission::Revoked,
            None => Admission::Unknown,
        })
    }

    async fn present(&self, of: Origin, presence: Presence) -> Result<(), DbError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.begin().await?;
        let Some(home) = boxes::platform_home(&mut tx, of.box_id).await? else { return Ok(()) };
        match presence {
            Presence::Connected => {
                boxes::connected(&mut tx, home.scope, of.box_id, of.connection, now_ms).await?;
            }
            Presence::Gone(_) => {
                boxes::gone(&mut tx, home.scope, of.box_id, of.connection, now_ms).await?;
            }
        }
        tx.commit().await?;
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

    async fn publish(&self, from: Origin, up: Up, payload: Bytes) -> Disposition {
        let reply: Result<Reply, IngestError> = match up {
            Up::Batch => self.batch(from.box_id, payload).await,
            Up::Hello => self.hello(from.box_id, &payload).await,
            Up::Health => self.health(from.box_id, &payload).await,
            // The listener tells presence itself; the will is for outside brokers.
            Up::Gone => return Disposition::Done,
        };
        match reply {
            Ok(Reply { ack, disposition }) => {
                let bytes = ack.and_then(|ack| serde_json::to_vec(&ack).ok());
                if let Some(Err(error)) =
                    bytes.map(|bytes| self.outbox.send(from.box_id, Down::Ack, bytes.into()))
                {
                    // The box asks again by hello or health.
                    tracing::info!(%error, box_id = %from.box_id, "an answer did not leave");
                }
                disposition
            }
            Err(error) => {
                tracing::error!(%error, box_id = %from.box_id, ?up, "cannot take what a box sent");
                match error {
                    IngestError::Nothing(_) => Disposition::Busy,
                    IngestError::Unknown(_) => Disposition::Unknown,
                }
            }
        }
    }

    async fn presence(&self, of: Origin, presence: Presence) {
        if let Err(error) = self.present(of, presence).await {
            tracing::error!(%error, box_id = %of.box_id, "cannot keep whether a box is there");
        }
    }
}
