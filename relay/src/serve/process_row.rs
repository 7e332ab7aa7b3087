//! What this process says of itself in the database, for whoever runs several of them.

use std::sync::Arc;
use std::time::Duration;

use record::ids::UserId;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::time::{MissedTickBehavior, interval};

use crate::cli::ProcessRole;
use crate::db::processes::{ProcessRow, platform_delete, platform_save};
use crate::db::{Db, DbError, PlatformReason};
use crate::readiness::ProcessReadiness;

/// How often it says that it lives, and by that whether the database takes a write.
const SEEN_EVERY: Duration = Duration::from_secs(10);

/// A row of this process.
pub(super) struct OwnProcess {
    db: Db,
    row: ProcessRow,
    clock: Arc<dyn Clock>,
}

impl OwnProcess {
    pub(super) fn new(db: Db, role: ProcessRole, clock: Arc<dyn Clock>, random: &dyn RandomSource) -> Self {
        let now_ms = clock.now_ms();
        let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
        let row = ProcessRow {
            process: UserId::new(now_ms, random.bytes()).to_string(),
            host,
            pid: i64::from(std::process::id()),
            roles: format!("{role:?}").to_lowercase(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: now_ms,
            seen_ms: now_ms,
        };
        Self { db, row, clock }
    }

    /// Says that it lives, until it is stopped.
    pub(super) async fn run_reports(self: Arc<Self>, readiness: Option<ProcessReadiness>) {
        let mut ticks = interval(SEEN_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let saved = self.save().await;
            if let Some(readiness) = &readiness {
                readiness.note_write(saved.as_ref().map(|_| ()));
            }
            if let Err(error) = saved {
                tracing::warn!(%error, "cannot write down that this process lives");
            }
        }
    }

    async fn save(&self) -> Result<(), DbError> {
        let mut tx = self.db.platform_write(PlatformReason::Work).await?;
        platform_save(&mut tx, &ProcessRow { seen_ms: self.clock.now_ms(), ..self.row.clone() }).await?;
        tx.commit().await
    }

    /// Takes the row away: it ends in order.
    pub(super) async fn end(&self) {
        let deleted = async {
            let mut tx = self.db.platform_write(PlatformReason::Work).await?;
            platform_delete(&mut tx, &self.row.process).await?;
            tx.commit().await
        };
        if let Err(error) = deleted.await {
            tracing::warn!(%error, "cannot write down that this process ends");
        }
    }
}
