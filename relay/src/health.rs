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
use crate::db::Db;
use crate::ingest::Ingest;
use crate::jobs::metrics::job_metrics;
use crate::mqtt::BoxPublisher;
use crate::readiness::{ProcessReadiness, ready_text};

/// How long metrics wait for the database.
const JOBS_WITHIN: Duration = Duration::from_secs(2);

#[derive(Clone)]
pub struct HealthContext {
    /// The database, whose jobs are reported in metrics.
    pub db: Db,
    /// Whether requests should come here.
    pub readiness: ProcessReadiness,
    pub ingest: Option<Arc<Ingest>>,
    /// The way to boxes; its listener counts there.
    pub publisher: BoxPublisher,
    /// What strangers tried at the pages and the API of this process.
    pub strangers: Arc<StrangerCounters>,
    /// Whether a certificate that was put in place of the one shown was not taken.
    pub certificate_refused: Arc<AtomicBool>,
    pub clock: Arc<dyn Clock>,
}

pub fn health_router(context: HealthContext) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(show_ready))
        .route("/metrics", get(show_metrics))
        .with_state(context)
}

async fn show_ready(State(context): State<HealthContext>) -> Response {
    match context.readiness.check().await {
        Ok(notes) => ready_text(&notes).into_response(),
        Err(fault) => (StatusCode::SERVICE_UNAVAILABLE, format!("{fault}\n")).into_response(),
    }
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
            ("messages_paced", "Messages of boxes that send more than any box has to", &counters.paced),
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
    for (name, value) in context.publisher.metrics().read() {
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
