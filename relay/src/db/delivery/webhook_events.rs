//! What happened and is not in a delivery yet: rows that are written in the transaction of what happened, and what is read of them
//! later. Nothing is written for an account without a webhook for it.

use record::fold::{CleaningRecord, Equipment};
use record::ids::FacilityId;
use record::tag::Tag;

use crate::db::LogNumber;
use crate::db::ProjectionNumber;
use crate::db::account::accounts::read_scopes;
use crate::db::projection::cleanings::{CleaningColumns, CleaningReader};
use crate::db::projection::rollups::ItemState;
use crate::db::to_i64;
use crate::db::{
    AccountScope, DbError, PlatformConnection, ScopedConnection, SqlExecutor, all, exec, impl_from_row, opt,
};

pub const CLEANING_RECORDED: &str = "cleaning.recorded";
pub const ITEM_OVERDUE: &str = "item.overdue";
pub const BOX_STATE: &str = "box.state";
pub const ALERT_CHANGED: &str = "alert.changed";
pub const REPORT_READY: &str = "report.ready";

/// The words in which statements ask whether the account `$1` has a webhook for an event.
fn has_webhook(event: &str) -> String {
    format!(
        "EXISTS (SELECT 1 FROM webhooks w WHERE w.account = $1 AND w.state = 'on' \
         AND ' ' || w.events || ' ' LIKE '% {event} %')"
    )
}

/// Raised by a step, taken by whoever gathers: the earlier line counts.
const EARLIER: &str = "ON CONFLICT (account, log) DO UPDATE SET from_seq = CASE WHEN excluded.from_seq < webhook_marks.from_seq \
                       THEN excluded.from_seq ELSE webhook_marks.from_seq END";

pub async fn mark_folded(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    log: LogNumber,
    from: u64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "INSERT INTO webhook_marks (account, log, from_seq) SELECT $1, $2, $3 WHERE {} \
         AND EXISTS (SELECT 1 FROM projections p WHERE p.account = $1 AND p.projection = $4 AND p.state = 'live') {EARLIER}",
        has_webhook(CLEANING_RECORDED)
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), account, log.key(), to_i64(from), projection.key()).map(drop)
}

/// Notes what a projection has that the live one had not, before it takes its place.
pub async fn mark_swapped(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    live: ProjectionNumber,
    built: ProjectionNumber,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "INSERT INTO webhook_marks (account, log, from_seq) SELECT p.account, p.log, COALESCE(o.next_seq, 0) FROM positions p \
         LEFT JOIN positions o ON o.account = p.account AND o.projection = $2 AND o.log = p.log \
         WHERE p.account = $1 AND p.projection = $3 AND p.next_seq > COALESCE(o.next_seq, 0) AND {} {EARLIER}",
        has_webhook(CLEANING_RECORDED)
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), account, live.key(), built.key())?;
    let sql = format!(
        "INSERT INTO webhook_events (account, event, facility, thing, at_ms, word) \
         SELECT n.account, '{ITEM_OVERDUE}', $4, n.tag, n.since_ms, '' FROM items n \
         LEFT JOIN items o ON o.account = n.account AND o.projection = $2 AND o.tag = n.tag AND o.state = 'overdue' \
         WHERE n.account = $1 AND n.projection = $3 AND n.state = 'overdue' AND n.since_ms IS NOT NULL AND o.tag IS NULL \
         AND {} ON CONFLICT DO NOTHING",
        has_webhook(ITEM_OVERDUE)
    );
    let sql = sqlx::AssertSqlSafe(sql);
    exec!(conn, sql, account, live.key(), built.key(), facility.to_string()).map(drop)
}

/// Notes items of the live projection that are overdue and were not, before their states are written.
pub async fn note_overdue(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    states: &[ItemState],
) -> Result<(), DbError> {
    let overdue = states.iter().filter(|item| item.state == "overdue");
    let overdue: Vec<(Tag, i64)> = overdue.filter_map(|item| Some((item.tag, item.since_ms?))).collect();
    if overdue.is_empty() {
        return Ok(());
    }
    let account = conn.scope().key();
    let sql = format!(
        "SELECT p.facility FROM projections p WHERE p.account = $1 AND p.projection = $2 AND p.state = 'live' AND {}",
        has_webhook(ITEM_OVERDUE)
    );
    let found = opt!(conn, (String,), sqlx::AssertSqlSafe(sql), account, projection.key())?;
    let Some((facility,)) = found else { return Ok(()) };
    for (tag, since_ms) in overdue {
        let sql = "INSERT INTO webhook_events (account, event, facility, thing, at_ms, word) SELECT $1, $2, $3, $4, $5, '' \
                   WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.account = $1 AND i.projection = $6 AND i.tag = $4 \
                   AND i.state = 'overdue') ON CONFLICT DO NOTHING";
        exec!(
            conn,
            sql,
            account,
            ITEM_OVERDUE,
            facility.clone(),
            tag.to_string(),
            since_ms,
            projection.key()
        )?;
    }
    Ok(())
}

/// Notes that a box's state has changed.
pub async fn note_box(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    box_id: &str,
    state: &'static str,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "INSERT INTO webhook_events (account, event, facility, thing, at_ms, word) SELECT $1, '{BOX_STATE}', $2, $3, $4, $5 \
         WHERE {} ON CONFLICT DO NOTHING",
        has_webhook(BOX_STATE)
    );
    let sql = sqlx::AssertSqlSafe(sql);
    exec!(conn, sql, account, facility.to_string(), box_id.to_owned(), now_ms, state).map(drop)
}

/// Whether somebody is told by webhook what becomes of alerts.
pub async fn are_alerts_sent(conn: &mut ScopedConnection) -> Result<bool, DbError> {
    let account = conn.scope().key();
    let sql = format!("SELECT account FROM accounts WHERE account = $1 AND {}", has_webhook(ALERT_CHANGED));
    Ok(opt!(conn, (i64,), sqlx::AssertSqlSafe(sql), account)?.is_some())
}

/// Notes what became of an alert.
pub async fn note_alert(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    alert: &str,
    change: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "INSERT INTO webhook_events (account, event, facility, thing, at_ms, word) SELECT $1, '{ALERT_CHANGED}', $2, $3, $4, $5 \
         WHERE {} ON CONFLICT DO NOTHING",
        has_webhook(ALERT_CHANGED)
    );
    let (alert, change) = (alert.to_owned(), change.to_owned());
    exec!(conn, sqlx::AssertSqlSafe(sql), account, facility.to_string(), alert, now_ms, change).map(drop)
}

/// Notes that a report can be fetched. `facility`: its own; empty where it has several, which no webhook of some facilities gets.
pub async fn note_report(
    conn: &mut ScopedConnection,
    facility: &str,
    report: &str,
    now_ms: i64,
) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = format!(
        "INSERT INTO webhook_events (account, event, facility, thing, at_ms, word) SELECT $1, '{REPORT_READY}', $2, $3, $4, '' \
         WHERE {} ON CONFLICT DO NOTHING",
        has_webhook(REPORT_READY)
    );
    exec!(conn, sqlx::AssertSqlSafe(sql), account, facility.to_owned(), report.to_owned(), now_ms).map(drop)
}

pub async fn platform_with_events(conn: &mut PlatformConnection) -> Result<Vec<AccountScope>, DbError> {
    let sql = "SELECT a.account, a.id FROM accounts a WHERE a.account IN \
               (SELECT m.account FROM webhook_marks m UNION SELECT e.account FROM webhook_events e) ORDER BY a.account";
    read_scopes(&all!(conn, (i64, String), sql)?)
}

/// Lines of a log that were folded and not gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LogMark {
    log: i64,
    from: i64,
}

/// Takes marks, so that a step that folds more makes another one. One that a step holds now is left.
pub async fn take_marks(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<LogMark>, DbError> {
    let account = conn.scope().key();
    let sql = match conn.lane() {
        SqlExecutor::Sqlite(_) => {
            "DELETE FROM webhook_marks WHERE account = $1 AND log IN \
             (SELECT m.log FROM webhook_marks m WHERE m.account = $1 ORDER BY m.log LIMIT $2) RETURNING log, from_seq"
        }
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            "DELETE FROM webhook_marks WHERE account = $1 AND log IN \
             (SELECT m.log FROM webhook_marks m WHERE m.account = $1 ORDER BY m.log LIMIT $2 FOR UPDATE SKIP LOCKED) \
             RETURNING log, from_seq"
        }
    };
    let rows = all!(conn, (i64, i64), sql, account, limit)?;
    Ok(rows.into_iter().map(|(log, from)| LogMark { log, from }).collect())
}

/// Puts a mark back of which only the lines before `from` were read, or none.
pub async fn put_back_mark(
    conn: &mut ScopedConnection,
    mark: LogMark,
    from: Option<u64>,
) -> Result<(), DbError> {
    let (account, from) = (conn.scope().key(), from.map_or(mark.from, to_i64));
    let sql = format!("INSERT INTO webhook_marks (account, log, from_seq) VALUES ($1, $2, $3) {EARLIER}");
    exec!(conn, sqlx::AssertSqlSafe(sql), account, mark.log, from).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MarkedCleaning {
    pub facility: String,
    pub box_id: String,
    /// The item's name, where it is known.
    pub equipment: Option<String>,
    pub cleaning: CleaningRecord,
}

#[derive(Debug)]
struct MarkedRow {
    facility: String,
    box_id: String,
    item: Option<String>,
    epoch: String,
    seq: i64,
    tag: String,
    performed_ms: i64,
    recorded_ms: i64,
    protocol: Option<String>,
    body: Vec<u8>,
}

impl_from_row!(MarkedRow {
    facility,
    box_id,
    item,
    epoch,
    seq,
    tag,
    performed_ms,
    recorded_ms,
    protocol,
    body
});

impl MarkedRow {
    fn read(self, reader: &mut CleaningReader) -> Result<MarkedCleaning, DbError> {
        let equipment = item_name(self.item.as_deref())?;
        let Self { facility, box_id, epoch, seq, tag, performed_ms, recorded_ms, protocol, body, .. } = self;
        let columns = CleaningColumns { epoch, seq, tag, performed_ms, recorded_ms, protocol, body };
        Ok(MarkedCleaning { facility, box_id, equipment, cleaning: reader.read(&columns)? })
    }
}

fn item_name(body: Option<&str>) -> Result<Option<String>, DbError> {
    let item = body.map(serde_json::from_str::<Equipment>).transpose();
    Ok(item.map_err(|e| DbError::stored("item", e))?.map(|item| item.facts.name))
}

/// The cleanings of a log from a mark on, the first so many.
pub async fn load_marked(
    conn: &mut ScopedConnection,
    mark: LogMark,
    limit: i64,
) -> Result<Vec<MarkedCleaning>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT l.facility, l.box AS box_id, s.body AS item, l.epoch, c.seq, c.tag, c.performed_ms, c.recorded_ms, c.protocol, \
               c.body FROM logs l JOIN facilities f ON f.account = l.account AND f.facility = l.facility \
               JOIN cleanings c ON c.account = l.account AND c.projection = f.projection AND c.log = l.log \
               LEFT JOIN state_rows s ON s.account = c.account AND s.projection = c.projection AND s.room = 'equipment' \
               AND s.id = c.tag \
               WHERE l.account = $1 AND l.log = $2 AND c.seq >= $3 AND c.run = '' ORDER BY c.seq LIMIT $4";
    let rows = all!(conn, MarkedRow, sql, account, mark.log, mark.from, limit)?;
    let mut reader = CleaningReader::new()?;
    rows.into_iter().map(|row| row.read(&mut reader)).collect()
}

/// Something else that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotedEvent {
    pub event: String,
    pub facility: String,
    /// The tag of an item, the id of a box, of an alert or of a report.
    pub thing: String,
    pub at_ms: i64,
    pub word: String,
}

impl_from_row!(NotedEvent { event, facility, thing, at_ms, word });

/// Takes the first so many of them, the oldest first.
pub async fn take_events(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<NotedEvent>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT event, facility, thing, at_ms, word FROM webhook_events WHERE account = $1 \
               ORDER BY at_ms, event, facility, thing LIMIT $2";
    let noted = all!(conn, NotedEvent, sql, account, limit)?;
    for one in &noted {
        let sql = "DELETE FROM webhook_events WHERE account = $1 AND event = $2 AND facility = $3 AND thing = $4 AND at_ms = $5";
        let (event, facility, thing) = (one.event.clone(), one.facility.clone(), one.thing.clone());
        exec!(conn, sql, account, event, facility, thing, one.at_ms)?;
    }
    Ok(noted)
}

pub async fn find_name(
    conn: &mut ScopedConnection,
    facility: &str,
    tag: &str,
) -> Result<Option<String>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT s.body FROM facilities f JOIN state_rows s ON s.account = f.account AND s.projection = f.projection \
               AND s.room = 'equipment' AND s.id = $3 WHERE f.account = $1 AND f.facility = $2";
    let row = opt!(conn, (String,), sql, account, facility.to_owned(), tag.to_owned())?;
    item_name(row.as_ref().map(|(body,)| body.as_str()))
}
