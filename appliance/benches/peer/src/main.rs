//! What the box is held against: the shortest program that stores the same form and says so once it is on the disk. axum and SQLite in
//! WAL, one row a record, one commit for all that wait. It checks, signs and shows nothing.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::{Form, Path as Segment, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::post;
use rusqlite::{Connection, params};
use tokio::sync::oneshot;

type Failed = Box<dyn std::error::Error>;

/// Records that one commit takes.
const AT_ONCE: usize = 256;
const WAITING_MAX: usize = 1_024;

#[derive(Debug, Default)]
struct CleaningForm {
    protocol: String,
    steps: String,
    cleaned_by: String,
    notes: String,
}

struct NewCleaning {
    tag: String,
    key: Option<String>,
    form: CleaningForm,
    stored: oneshot::Sender<i64>,
}

fn open_table(dir: &Path) -> Result<Connection, Failed> {
    let db = Connection::open(dir.join("peer.sqlite"))?;
    db.pragma_update(None, "journal_mode", "WAL")?;
    db.pragma_update(None, "synchronous", "FULL")?;
    db.pragma_update(None, "cache_size", -16_384)?;
    db.execute_batch(
        "CREATE TABLE cleanings (id INTEGER PRIMARY KEY, tag TEXT NOT NULL, at_ms INTEGER NOT NULL, key TEXT, protocol TEXT NOT NULL,
         steps TEXT NOT NULL, cleaned_by TEXT NOT NULL, notes TEXT NOT NULL);
         CREATE UNIQUE INDEX cleanings_key ON cleanings (key);
         CREATE INDEX cleanings_item ON cleanings (tag, at_ms);",
    )?;
    Ok(db)
}

fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Stores what waits, as one transaction each time, until nobody sends any more.
fn store_cleanings(mut db: Connection, waiting: &Receiver<NewCleaning>) -> Result<(), Failed> {
    while let Ok(first) = waiting.recv() {
        let others = std::iter::from_fn(|| waiting.try_recv().ok()).take(AT_ONCE - 1);
        let mut stored = Vec::with_capacity(AT_ONCE);
        let transaction = db.transaction()?;
        {
            let mut insert = transaction.prepare_cached(
                "INSERT INTO cleanings (tag, at_ms, key, protocol, steps, cleaned_by, notes) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
                 ON CONFLICT (key) DO UPDATE SET key = excluded.key RETURNING id",
            )?;
            for NewCleaning { tag, key, form, stored: answer } in std::iter::once(first).chain(others) {
                let at_ms = now_ms();
                let CleaningForm { protocol, steps, cleaned_by, notes } = form;
                let values = params![tag, at_ms, key, protocol, steps, cleaned_by, notes];
                stored.push((answer, insert.query_row(values, |row| row.get(0))?));
            }
        }
        transaction.commit()?;
        for (answer, id) in stored {
            // Whoever went away asks again.
            let _ = answer.send(id);
        }
    }
    Ok(())
}

async fn record_cleaning(
    State(queue): State<Arc<SyncSender<NewCleaning>>>,
    Segment(tag): Segment<String>,
    headers: HeaderMap,
    Form(fields): Form<Vec<(String, String)>>,
) -> Response {
    let mut form = CleaningForm::default();
    for (name, value) in fields {
        match name.as_str() {
            "protocol" => form.protocol = value,
            "step" => form.steps.push_str(&value),
            "cleaned_by" => form.cleaned_by = value,
            "notes" => form.notes = value,
            _ => {}
        }
    }
    let key = headers.get("idempotency-key").and_then(|key| key.to_str().ok()).map(str::to_owned);
    let (stored, id) = oneshot::channel();
    if queue.try_send(NewCleaning { tag, key, form, stored }).is_err() {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    }
    match id.await {
        Ok(id) => Redirect::to(&format!("/r/{id}")).into_response(),
        Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

fn main() -> Result<(), Failed> {
    let dir = std::env::args_os().nth(1).ok_or("cleantrack-peer FOLDER")?;
    let db = open_table(Path::new(&dir))?;
    let (queue, waiting) = sync_channel(WAITING_MAX);
    let writer = std::thread::spawn(move || store_cleanings(db, &waiting).map_err(|e| e.to_string()));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        let routes = axum::Router::new().route("/t/{tag}", post(record_cleaning)).with_state(Arc::new(queue));
        axum::serve(listener, routes).await?;
        Ok::<_, Failed>(())
    })?;
    writer.join().map_err(|_| "its writer panicked")??;
    Ok(())
}
