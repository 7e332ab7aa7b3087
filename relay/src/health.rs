//! Health and metrics on a loopback listener: is it alive, can it serve, what has it counted, how much work waits.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use service::clock::Clock;

use crate::accounts::counters::StrangerCounters;
use crate::db::{Db, DbError, PlatformReason, facilities};
use crate::ingest::Ingest;
use crate::jobs::metrics::job_metrics;
use crate::mqtt::Outbox;

/// How long readiness waits for its turn to write.
const WRITER_WITHIN: Duration = Duration::from_secs(1);
/// How long metrics wait for the database.
const JOBS_WITHIN: Duration = Duration::from_secs(2);

/// What is asked.
#[derive(Clone)]
pub struct HealthContext {
    /// The database, which must answer.
    pub db: Db,
    /// Where this process takes batches.
    pub ingest: Option<Arc<Ingest>>,
    /// The way to boxes; its listener counts there.
    pub outbox: Outbox,
    /// What strangers tried at the pages and the API of this process.
    pub strangers: Arc<StrangerCounters>,
    /// Whether a certificate that was put in place of the one shown was not taken.
    pub certificate_refused: Arc<AtomicBool>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// The routes.
pub fn health_router(context: HealthContext) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(show_ready))
        .route("/metrics", get(show_metrics))
        .with_state(context)
}

async fn show_ready(State(context): State<HealthContext>) -> Response {
    match check_database(&context.db).await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(%error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// Whether the database can be read and would take a write.
async fn check_database(db: &Db) -> Result<(), DbError> {
    facilities::platform_any(&mut db.platform_read(PlatformReason::Health).await?).await?;
    let writing = async {
        facilities::platform_write_nothing(&mut db.platform_write(PlatformReason::Health).await?).await
    };
    // Others write, a rebuild for minutes: that is work and no fault.
    tokio::time::timeout(WRITER_WITHIN, writing).await.unwrap_or(Ok(()))
}

async fn show_metrics(State(context): State<HealthContext>) -> Response {
    let mut text = String::new();
    if let Some(ingest) = &context.ingest {
        let counters = ingest.counters();
        for (name, about, counter) in [
            ("entries", "Entries stored", &counters.entries),
            ("batches_stored", "Batches stored", &counters.stored),
            ("batches_again", "Batches that were held already", &counters.again),
            ("batches_wanted", "Batches before which something was missing", &counters.gaps),
            ("batches_refused", "Batches refused", &counters.refused),
            ("batches_busy", "Batches that were sent away until later", &counters.busy),
            ("evidence", "Forks, epoch clashes and losses of our own", &counters.evidence),
        ] {
            let value = counter.load(Ordering::Relaxed);
            let name = format!("cleantrack_{name}_total");
            // Writing into a String cannot fail.
            let _ = write!(text, "# HELP {name} {about}.\n# TYPE {name} counter\n{name} {value}\n");
        }
    }
    for (name, about, value) in context.strangers.read() {
        let name = format!("cleantrack_{name}_total");
        let _ = write!(text, "# HELP {name} {about}.\n# TYPE {name} counter\n{name} {value}\n");
    }
    for (name, value) in context.outbox.metrics().read() {
        let _ = writeln!(text, "cleantrack_mqtt_{name} {value}");
    }
    let refused = u8::from(context.certificate_refused.load(Ordering::Relaxed));
    let name = "cleantrack_certificate_refused";
    let about = "A new certificate of a listener was not taken, the one before is still shown";
    let _ = write!(text, "# HELP {name} {about}.\n# TYPE {name} gauge\n{name} {refused}\n");
    // What this process counted is shown all the same.
    match tokio::time::timeout(JOBS_WITHIN, job_metrics(&context.db, context.clock.now_ms())).await {
        Ok(Ok(jobs)) => text.push_str(&jobs),
        Ok(Err(error)) => tracing::warn!(%error, "cannot count jobs"),
        Err(_) => tracing::warn!("cannot count jobs: the database does not answer in time"),
    }
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_that_cannot_be_written_is_not_ready() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(1).await.unwrap();
        check_database(&db).await.unwrap();
        let held = db.platform_write(PlatformReason::Health).await.unwrap();
        check_database(&db).await.unwrap();
        drop(held);
        let Db::Sqlite { writer, readers } = &db else { panic!("not a file") };
        // A writer that can only read, as of a disk that takes no more.
        let db = Db::Sqlite { writer: readers.clone(), readers: readers.clone() };
        check_database(&db).await.unwrap_err();
        writer.close().await;
    }
}
