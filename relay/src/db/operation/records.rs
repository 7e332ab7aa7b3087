//! Every table, row by row, for whoever runs the platform and has to see why something is as it is. Nothing is changed, and nothing secret
//! is shown: no bytes, no hashes, and none of the columns of [`HIDDEN`].

use crate::db::{AccountScope, DbError, PlatformConnection, SqlExecutor, all};

pub const TABLES: [&str; 105] = [
    "account_logos",
    "account_slugs",
    "accounts",
    "adoptions",
    "alert_events",
    "alert_hours",
    "alert_rules",
    "alerts",
    "announcements",
    "api_tokens",
    "attempt_buckets",
    "audit",
    "audit_heads",
    "audit_notes",
    "authority",
    "backups",
    "believed_times",
    "billing",
    "billing_differences",
    "billing_mails",
    "box_keys",
    "box_now",
    "box_positions",
    "boxes",
    "certificates",
    "checkpoints",
    "claims",
    "clean_days",
    "cleanings",
    "command_keys",
    "credentials",
    "directives",
    "erased_texts",
    "evidence",
    "facilities",
    "facility_days",
    "facility_now",
    "facility_places",
    "factors",
    "idempotency",
    "identities",
    "invitations",
    "invoices",
    "item_days",
    "item_notes",
    "items",
    "jobs",
    "jobs_done",
    "known_devices",
    "lacking_runs",
    "logs",
    "mail_events",
    "mail_links",
    "mail_marks",
    "mail_preferences",
    "mail_words",
    "mails",
    "member_places",
    "members",
    "names",
    "nodes",
    "oidc_domains",
    "oidc_flows",
    "oidc_group_roles",
    "oidc_providers",
    "old_id_heads",
    "old_ids",
    "passkey_ceremonies",
    "passkeys",
    "people",
    "photos",
    "positions",
    "processes",
    "projections",
    "refused",
    "regions",
    "repeated_lines",
    "report_schedules",
    "reports",
    "revenue_months",
    "run_lines",
    "run_places",
    "run_texts",
    "runs",
    "schema_steps",
    "second_steps",
    "segments",
    "sessions",
    "state_rows",
    "stripe_events",
    "support_grants",
    "support_sessions",
    "suppressions",
    "switches",
    "token_origins",
    "usage_closed",
    "usage_days",
    "usage_sent",
    "uses",
    "webhook_bodies",
    "webhook_deliveries",
    "webhook_events",
    "webhook_marks",
    "webhook_places",
    "webhooks",
];

/// Tables with a row for each record: they are searched only where somebody names one.
const LARGE: [&str; 14] = [
    "segments",
    "nodes",
    "names",
    "cleanings",
    "clean_days",
    "item_days",
    "item_notes",
    "uses",
    "run_lines",
    "run_texts",
    "repeated_lines",
    "command_keys",
    "checkpoints",
    "audit",
];

/// Columns that are shown of no table: what opens something, and what people wrote.
const HIDDEN: [&str; 16] = [
    "pdf",
    "password_hash",
    "secret",
    "token",
    "digest",
    "hash",
    "body",
    "answer",
    "payload",
    "picture",
    "line",
    "lines",
    "texts",
    "text",
    "json",
    "url",
];

/// Columns with a number by which rows name each other.
const NUMBERS: [&str; 8] = ["account", "person", "projection", "log", "owner", "home", "backup", "n"];

/// Columns with a text by which rows are named.
const IDS: [&str; 32] = [
    "id",
    "facility",
    "box",
    "epoch",
    "run",
    "tag",
    "region",
    "place",
    "job",
    "key",
    "kind",
    "mail",
    "invitation",
    "factor",
    "token_id",
    "grant_id",
    "announcement",
    "process",
    "evidence_id",
    "refused_id",
    "provider",
    "issuer",
    "thing",
    "email",
    "address",
    "webhook",
    "delivery",
    "report",
    "schedule",
    "customer",
    "subscription",
    "invoice",
];

const ROWS_MAX: i64 = 20;
const BETWEEN: &str = "\u{1f}";

#[derive(Debug, Clone, Copy)]
pub struct RecordSearch<'a> {
    /// A number, an id, or an e-mail address.
    pub value: &'a str,
    pub scope: Option<AccountScope>,
}

/// A row: each column's name, and what it has, where that is shown.
pub type RecordRow = Vec<(String, String)>;

/// Whether a table is searched only by its name.
pub fn is_large(table: &str) -> bool {
    LARGE.contains(&table)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ColumnKind {
    Number,
    Text,
    Bytes,
    Other,
}

async fn platform_list_columns(
    conn: &mut PlatformConnection,
    table: &str,
) -> Result<Vec<(String, ColumnKind)>, DbError> {
    let sql = match conn.lane() {
        SqlExecutor::Sqlite(_) => "SELECT name, type FROM pragma_table_info($1) ORDER BY cid",
        #[cfg(feature = "postgres")]
        SqlExecutor::Postgres(_) => {
            "SELECT CAST(column_name AS TEXT), CAST(data_type AS TEXT) FROM information_schema.columns \
             WHERE table_schema = current_schema() AND table_name = $1 ORDER BY ordinal_position"
        }
    };
    let rows = all!(conn, (String, String), sql, table.to_owned())?;
    fn column_kind(word: &str) -> ColumnKind {
        match word.to_lowercase().as_str() {
            "bigint" | "integer" => ColumnKind::Number,
            "text" => ColumnKind::Text,
            "blob" | "bytea" => ColumnKind::Bytes,
            _ => ColumnKind::Other,
        }
    }
    Ok(rows
        .into_iter()
        .map(|(name, word)| {
            let kind = column_kind(&word);
            (name, kind)
        })
        .collect())
}

pub async fn platform_find_rows(
    conn: &mut PlatformConnection,
    table: &'static str,
    search: RecordSearch<'_>,
) -> Result<Vec<RecordRow>, DbError> {
    let columns = platform_list_columns(conn, table).await?;
    let number: Option<i64> = search.value.parse().ok();
    let named = columns.iter().filter(|(name, kind)| match number {
        Some(_) => *kind == ColumnKind::Number && NUMBERS.contains(&name.as_str()),
        None => *kind == ColumnKind::Text && IDS.contains(&name.as_str()),
    });
    let named: Vec<String> = named.map(|(name, _)| format!("{name} = $2")).collect();
    if named.is_empty() {
        return Ok(Vec::new());
    }
    let of_account = columns.iter().any(|(name, _)| name == "account") && table != "accounts";
    // Bound in every case, so that a statement has the same places.
    let walls = match (of_account, search.scope) {
        (true, None) => "(account IS NULL OR account = $3)",
        (true, Some(_)) => "account = $3",
        // A table of no account's is not searched a second time beside that of an account.
        (false, None) => "$3 = 0",
        (false, Some(_)) => return Ok(Vec::new()),
    };
    let values: Vec<String> = columns
        .iter()
        .map(|(name, kind): &(String, ColumnKind)| {
            if *kind == ColumnKind::Bytes || HIDDEN.contains(&name.as_str()) {
                format!("CASE WHEN {name} IS NULL THEN '' ELSE '…' END")
            } else {
                format!("COALESCE(CAST({name} AS TEXT), '')")
            }
        })
        .collect();
    let sql = format!(
        "SELECT {} FROM {table} WHERE ({}) AND {walls} LIMIT {ROWS_MAX}",
        values.join(" || CAST($1 AS TEXT) || "),
        named.join(" OR "),
    );
    let account = search.scope.map_or(0, AccountScope::key);
    let sql = sqlx::AssertSqlSafe(sql);
    let rows = match number {
        Some(number) => all!(conn, (String,), sql, BETWEEN, number, account)?,
        None => all!(conn, (String,), sql, BETWEEN, search.value.to_owned(), account)?,
    };
    Ok(rows.into_iter().map(|(line,)| read_row(&columns, &line)).collect())
}

fn read_row(columns: &[(String, ColumnKind)], line: &str) -> RecordRow {
    let names = columns.iter().map(|(name, _)| name.clone());
    names.zip(line.split(BETWEEN).map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, PlatformReason};

    #[tokio::test]
    async fn every_table_of_the_schema_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("relay.db").display())).await.unwrap();
        db.migrate(1).await.unwrap();
        let mut conn = db.platform_read(PlatformReason::Operator).await.unwrap();
        let sql =
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
        let tables = all!(conn, (String,), sql).unwrap();
        let tables: Vec<String> = tables.into_iter().map(|(name,)| name).collect();
        assert_eq!(tables, TABLES, "`TABLES` lists them by name");
        assert!(LARGE.iter().all(|table| TABLES.contains(table)));
        for table in TABLES {
            for value in ["1", "x"] {
                let search = RecordSearch { value, scope: None };
                platform_find_rows(&mut conn, table, search).await.unwrap();
            }
        }
    }
}
