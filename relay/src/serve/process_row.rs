//! What this process says of itself in the database, for whoever runs several of them.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::ids::UserId;
use service::clock::Clock;
use service::random::RandomSource;
use tokio::time::{MissedTickBehavior, interval};

use crate::cli::ProcessRole;
use crate::db::operation::processes::{ProcessRow, own_host, platform_delete, platform_save};
use crate::db::{Db, DbError, PlatformReason};
use crate::readiness::ProcessReadiness;

/// How often it reports that it is alive, and by that whether the database takes a write.
const SEEN_EVERY: Duration = Duration::from_secs(10);

#[derive(Debug)]
struct ServedFile {
    path: PathBuf,
    identity: Option<(u64, u64)>,
}

impl ServedFile {
    fn of(address: &str) -> Option<Self> {
        let path = PathBuf::from(address.strip_prefix("sqlite:")?);
        Some(Self { identity: identify_file(&path), path })
    }

    fn check(&self) -> Result<(), DbError> {
        match identify_file(&self.path) == self.identity {
            true => Ok(()),
            false => Err(DbError::Moved { file: self.path.clone() }),
        }
    }
}

fn identify_file(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

pub(super) struct LocalProcess {
    db: Db,
    file: Option<ServedFile>,
    row: ProcessRow,
    clock: Arc<dyn Clock>,
}

impl LocalProcess {
    /// `address`: of the database.
    pub(super) fn new(
        db: Db,
        address: &str,
        role: ProcessRole,
        clock: Arc<dyn Clock>,
        random: &dyn RandomSource,
    ) -> Self {
        let now_ms = clock.now_ms();
        let row = ProcessRow {
            process: UserId::new(now_ms, random.bytes()).to_string(),
            host: own_host(),
            pid: i64::from(std::process::id()),
            roles: format!("{role:?}").to_lowercase(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            started_ms: now_ms,
            seen_ms: now_ms,
        };
        Self { db, file: ServedFile::of(address), row, clock }
    }

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
        tx.commit().await?;
        self.file.as_ref().map_or(Ok(()), ServedFile::check)
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_was_moved_or_replaced_is_seen() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("relay.db");
        std::fs::write(&path, "one").unwrap();
        let served = ServedFile::of(&format!("sqlite:{}", path.display())).unwrap();
        served.check().unwrap();
        std::fs::rename(&path, dir.path().join("aside.db")).unwrap();
        assert!(matches!(served.check(), Err(DbError::Moved { .. })));
        std::fs::write(&path, "another").unwrap();
        assert!(matches!(served.check(), Err(DbError::Moved { .. })));
        assert!(ServedFile::of("postgres://h/d").is_none());
    }
}
