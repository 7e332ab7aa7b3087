//! Alerts as rows, and what became of each.

use record::ids::{AlertId, FacilityId};

use crate::db::database::visible_rows::seen_rows;
use crate::db::facility::facilities::DueFacility;
use crate::db::{DbError, PlatformConnection, ScopedConnection, all, bulk, exec, impl_from_row, opt};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertRow {
    pub alert: String,
    pub facility: String,
    /// As `alerts::AlertKind` writes it.
    pub kind: String,
    pub subject: String,
    pub severity: i64,
    /// As `alerts::AlertState` writes it.
    pub state: String,
    pub since_ms: i64,
    pub opened_ms: Option<i64>,
    /// JSON of `alerts::AlertFacts`.
    pub facts: String,
    pub level: i64,
    pub notify_ms: Option<i64>,
    pub notified_ms: Option<i64>,
    pub notified: String,
    pub acknowledged_by: Option<String>,
    pub acknowledged_ms: Option<i64>,
    pub snoozed_until_ms: Option<i64>,
    pub closed_ms: Option<i64>,
    pub closed_by: Option<String>,
}

impl_from_row!(AlertRow {
    alert,
    facility,
    kind,
    subject,
    severity,
    state,
    since_ms,
    opened_ms,
    facts,
    level,
    notify_ms,
    notified_ms,
    notified,
    acknowledged_by,
    acknowledged_ms,
    snoozed_until_ms,
    closed_ms,
    closed_by
});

const COLUMNS: &str = "alert, facility, kind, subject, severity, state, since_ms, opened_ms, facts, level, notify_ms, notified_ms, notified, \
     acknowledged_by, acknowledged_ms, snoozed_until_ms, closed_ms, closed_by";

/// Facilities whose alerts are to be looked at by now, those first that wait longest. One that a clock which was ahead put off is
/// looked at, too.
pub async fn platform_due(
    conn: &mut PlatformConnection,
    now_ms: i64,
    limit: i64,
) -> Result<Vec<DueFacility>, DbError> {
    const LATEST_MS: i64 = 2 * 3_600_000;
    let sql = "SELECT n.account, a.id AS account_id, n.facility FROM facility_now n JOIN accounts a ON a.account = n.account \
               WHERE n.alerts_ms <= $1 OR n.alerts_ms > $2 ORDER BY n.alerts_ms, n.account, n.facility LIMIT $3";
    all!(conn, DueFacility, sql, now_ms, now_ms.saturating_add(LATEST_MS), limit)
}

/// What a facility has open, what was closed there since a time, and what is still to be told of what was closed before.
pub async fn load_current(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    closed_since_ms: i64,
) -> Result<Vec<AlertRow>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alerts WHERE account = $1 AND facility = $2 AND state <> 'closed' UNION \
         SELECT {COLUMNS} FROM alerts WHERE account = $1 AND facility = $2 AND state = 'closed' \
         AND closed_ms >= $3 UNION \
         SELECT {COLUMNS} FROM alerts WHERE account = $1 AND facility = $2 AND state = 'closed' AND notify_ms IS NOT NULL"
    );
    let (account, facility) = (conn.scope().key(), facility.to_string());
    all!(conn, AlertRow, sqlx::AssertSqlSafe(sql), account, facility, closed_since_ms)
}

/// An alert and what became of it now, the earliest first.
#[derive(Debug, Clone, Copy)]
pub struct ChangedAlert<'a> {
    pub row: &'a AlertRow,
    pub events: &'a [AlertEvent],
}

/// Writes rows, of new alerts or over those of their ids, and behind each what became of it.
pub async fn save_alerts(conn: &mut ScopedConnection, alerts: &[ChangedAlert<'_>]) -> Result<(), DbError> {
    let account = conn.scope().key();
    let head = format!("INSERT INTO alerts (account, {COLUMNS})");
    let tail = " ON CONFLICT (account, alert) DO UPDATE SET severity = excluded.severity, state = excluded.state, \
                since_ms = excluded.since_ms, opened_ms = excluded.opened_ms, facts = excluded.facts, level = excluded.level, \
                notify_ms = excluded.notify_ms, notified_ms = excluded.notified_ms, notified = excluded.notified, \
                acknowledged_by = excluded.acknowledged_by, acknowledged_ms = excluded.acknowledged_ms, \
                snoozed_until_ms = excluded.snoozed_until_ms, closed_ms = excluded.closed_ms, closed_by = excluded.closed_by";
    bulk!(
        conn,
        &head,
        19,
        tail,
        alerts,
        |ChangedAlert { row: r, .. }| account,
        r.alert.as_str(),
        r.facility.as_str(),
        r.kind.as_str(),
        r.subject.as_str(),
        r.severity,
        r.state.as_str(),
        r.since_ms,
        r.opened_ms,
        r.facts.as_str(),
        r.level,
        r.notify_ms,
        r.notified_ms,
        r.notified.as_str(),
        r.acknowledged_by.as_deref(),
        r.acknowledged_ms,
        r.snoozed_until_ms,
        r.closed_ms,
        r.closed_by.as_deref()
    )?;
    let became = |of: &ChangedAlert<'_>| {
        let alert = of.row.alert.clone();
        of.events.iter().map(move |event| (alert.clone(), event.clone())).collect::<Vec<_>>()
    };
    let events: Vec<(String, AlertEvent)> = alerts.iter().flat_map(became).collect();
    bulk!(
        conn,
        "INSERT INTO alert_events (account, alert, at_ms, word, who, note)",
        6,
        "",
        events,
        |(alert, event)| account,
        alert.as_str(),
        event.at_ms,
        event.word.as_str(),
        event.who.as_deref(),
        event.note.as_str()
    )
}

/// Forgets alerts that were closed before a time, with what became of them.
pub async fn platform_forget_old(conn: &mut PlatformConnection, before_ms: i64) -> Result<u64, DbError> {
    let events = "DELETE FROM alert_events WHERE EXISTS (SELECT 1 FROM alerts x WHERE x.account = alert_events.account \
                  AND x.alert = alert_events.alert AND x.state = 'closed' AND x.closed_ms < $1)";
    exec!(conn, events, before_ms)?;
    exec!(conn, "DELETE FROM alerts WHERE state = 'closed' AND closed_ms < $1", before_ms)
}

/// Takes out one that never opened.
pub async fn delete_pending(conn: &mut ScopedConnection, alert: &str) -> Result<(), DbError> {
    let account = conn.scope().key();
    let sql = "DELETE FROM alerts WHERE account = $1 AND alert = $2 AND state = 'pending'";
    exec!(conn, sql, account, alert.to_owned()).map(drop)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertEvent {
    pub at_ms: i64,
    /// As `alerts::AlertChange` writes it.
    pub word: String,
    pub who: Option<String>,
    pub note: String,
}

impl_from_row!(AlertEvent { at_ms, word, who, note });

/// What became of an alert, the newest first so many.
pub async fn list_events(
    conn: &mut ScopedConnection,
    alert: AlertId,
    limit: i64,
) -> Result<Vec<AlertEvent>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT at_ms, word, who, note FROM alert_events WHERE account = $1 AND alert = $2 ORDER BY event DESC LIMIT $3";
    all!(conn, AlertEvent, sql, account, alert.to_string(), limit)
}

/// An alert that somebody sees, with the name of its facility.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAlert {
    pub facility_name: String,
    pub zone: String,
    pub row: AlertRow,
}

#[derive(Debug)]
struct FacilityNameRow {
    facility: String,
    name: String,
    zone: String,
}

impl_from_row!(FacilityNameRow { facility, name, zone });

/// What is looked for; what is empty or absent is not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AlertFilter {
    pub facility: String,
    /// Whether those that are closed are listed, and not those that are not.
    pub closed: bool,
    /// Behind this one.
    pub after: String,
}

/// Alerts that the viewer sees and that opened, the newest first, behind one of them.
pub async fn list_alerts(
    conn: &mut ScopedConnection,
    filter: &AlertFilter,
    limit: i64,
) -> Result<Vec<ListedAlert>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alerts WHERE account = $1 AND {} AND ($3 = '' OR facility = $3) AND state <> 'pending' \
         AND (state = 'closed') = $4 AND ($5 = '' OR alert < $5) ORDER BY alert DESC LIMIT $6",
        seen_rows("alerts", "$2")
    );
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let AlertFilter { facility, closed, after } = filter.clone();
    let rows =
        all!(conn, AlertRow, sqlx::AssertSqlSafe(sql), account, viewer, facility, closed, after, limit)?;
    name_facilities(conn, rows).await
}

pub async fn find_alert(conn: &mut ScopedConnection, alert: AlertId) -> Result<Option<ListedAlert>, DbError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM alerts WHERE account = $1 AND {} AND alert = $3 AND state <> 'pending'",
        seen_rows("alerts", "$2")
    );
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let row = opt!(conn, AlertRow, sqlx::AssertSqlSafe(sql), account, viewer, alert.to_string())?;
    Ok(name_facilities(conn, Vec::from_iter(row)).await?.pop())
}

async fn name_facilities(
    conn: &mut ScopedConnection,
    rows: Vec<AlertRow>,
) -> Result<Vec<ListedAlert>, DbError> {
    let account = conn.scope().key();
    let mut listed: Vec<ListedAlert> = Vec::with_capacity(rows.len());
    let mut known: Vec<FacilityNameRow> = Vec::new();
    for row in rows {
        if !known.iter().any(|one| one.facility == row.facility) {
            let sql = "SELECT facility, name, zone FROM facility_now WHERE account = $1 AND facility = $2";
            known.extend(opt!(conn, FacilityNameRow, sql, account, row.facility.clone())?);
        }
        if let Some(of) = known.iter().find(|one| one.facility == row.facility) {
            listed.push(ListedAlert { facility_name: of.name.clone(), zone: of.zone.clone(), row });
        }
    }
    Ok(listed)
}

/// What a facility has open of one kind, for its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSum {
    pub facility: String,
    pub name: String,
    pub region: Option<String>,
    pub severity: i64,
    pub kind: String,
    pub alerts: i64,
    pub since_ms: i64,
}

impl_from_row!(OpenSum { facility, name, region, severity, kind, alerts, since_ms });

/// What all facilities of an account have open, the gravest and oldest first.
pub async fn sum_open(conn: &mut ScopedConnection) -> Result<Vec<OpenSum>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT x.facility, n.name, f.region, MAX(x.severity) AS severity, x.kind, COUNT(*) AS alerts, \
               MIN(x.since_ms) AS since_ms FROM alerts x \
               JOIN facility_now n ON n.account = x.account AND n.facility = x.facility \
               JOIN facilities f ON f.account = x.account AND f.facility = x.facility \
               WHERE x.account = $1 AND x.state IN ('open', 'acknowledged') AND NOT n.closed \
               GROUP BY x.facility, n.name, f.region, x.kind ORDER BY 4 DESC, 7, x.facility, x.kind";
    all!(conn, OpenSum, sql, account)
}
