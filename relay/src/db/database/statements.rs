//! Statements for either database: the macros that run them, and the texts of those of many rows.

/// Rows of multi-row statements, the largest first: few texts of fixed size keep the statement cache small, and few
/// statements a batch keep it quick (each is a way to the database's thread and back).
pub(crate) const ROWS_OF_BULK: [usize; 5] = [256, 64, 16, 4, 1];

/// Runs a statement and gives how many rows it touched: `exec!(conn, "SQL with $1 $2", a, b)`.
macro_rules! exec {
    ($conn:expr, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::SqlExecutor::Sqlite(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
            #[cfg(feature = "postgres")]
            $crate::db::SqlExecutor::Postgres(c) => {
                sqlx::query($sql)$(.bind($bind))*.execute(c).await.map(|done| done.rows_affected())
            }
        }
        .map_err($crate::db::DbError::from)
    };
}

/// Rows as a type with [`impl_from_row`], or a tuple: `fetch!(conn, fetch_all, (String, i64), "SQL", a, b)`.
macro_rules! fetch {
    ($conn:expr, $how:ident, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        match $conn.lane() {
            $crate::db::SqlExecutor::Sqlite(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
            #[cfg(feature = "postgres")]
            $crate::db::SqlExecutor::Postgres(c) => sqlx::query_as::<_, $row>($sql)$(.bind($bind))*.$how(c).await,
        }
        .map_err($crate::db::DbError::from)
    };
}

macro_rules! all {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::fetch!($conn, fetch_all, $row, $sql $(, $bind)*)
    };
}

macro_rules! opt {
    ($conn:expr, $row:ty, $sql:expr $(, $bind:expr)* $(,)?) => {
        $crate::db::fetch!($conn, fetch_optional, $row, $sql $(, $bind)*)
    };
}

/// Many rows by statements of fixed size: `bulk!(conn, "INSERT INTO t (a, b)", 2, " ON CONFLICT …", rows, |r| r.a, r.b)`.
macro_rules! bulk {
    ($conn:expr, $head:expr, $columns:expr, $tail:expr, $rows:expr, |$row:pat_param| $($bind:expr),+ $(,)?) => {{
        let mut rest = &$rows[..];
        let mut done: Result<(), $crate::db::DbError> = Ok(());
        for size in $crate::db::ROWS_OF_BULK {
            while rest.len() >= size && done.is_ok() {
                let (chunk, after) = rest.split_at(size);
                rest = after;
                let ran = match $conn.lane() {
                    $crate::db::SqlExecutor::Sqlite(c) => {
                        let text = $crate::db::bulk_text($head, ($columns, size), $tail, true);
                        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(c).await.map(drop)
                    }
                    #[cfg(feature = "postgres")]
                    $crate::db::SqlExecutor::Postgres(c) => {
                        let text = $crate::db::bulk_text($head, ($columns, size), $tail, false);
                        let mut query = sqlx::query(sqlx::AssertSqlSafe(text));
                        for $row in chunk {
                            query = query$(.bind($bind))+;
                        }
                        query.execute(c).await.map(drop)
                    }
                };
                done = ran.map_err($crate::db::DbError::from);
            }
        }
        done
    }};
}

/// Rows of `$of` for each of `$keys` (pairs of a text and a `$second`), in fixed-size statements: `$select` reads from
/// `k(a, b)`, first in a CROSS JOIN so that SQLite goes by keys, not a scan, with `@1@` and `@2@` as account and facility.
macro_rules! by_keys {
    ($conn:expr, $row:ty, $select:expr, ($account:expr, $facility:expr), $keys:expr, $second:expr) => {{
        let mut rest = &$keys[..];
        let mut found: Result<Vec<$row>, $crate::db::DbError> = Ok(Vec::new());
        while let (Some((_, last)), true) = (rest.last(), found.is_ok()) {
            let size = $crate::db::keys_at_once(rest.len());
            let (chunk, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            // What is left over asks for a key that nothing has.
            let over = std::iter::repeat_n((String::new(), last.clone()), size - chunk.len());
            let keys = chunk.iter().cloned().chain(over);
            let rows: Result<Vec<$row>, sqlx::Error> = match $conn.lane() {
                $crate::db::SqlExecutor::Sqlite(c) => {
                    let text = $crate::db::keys_text($select, $second, size, true);
                    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text));
                    for (a, b) in keys {
                        query = query.bind(a).bind(b);
                    }
                    query.bind($account).bind($facility).fetch_all(c).await
                }
                #[cfg(feature = "postgres")]
                $crate::db::SqlExecutor::Postgres(c) => {
                    let text = $crate::db::keys_text($select, $second, size, false);
                    let mut query = sqlx::query_as(sqlx::AssertSqlSafe(text));
                    for (a, b) in keys {
                        query = query.bind(a).bind(b);
                    }
                    query.bind($account).bind($facility).fetch_all(c).await
                }
            };
            match (rows, &mut found) {
                (Ok(rows), Ok(all)) => all.extend(rows),
                (Err(error), _) => found = Err(error.into()),
                _ => {}
            }
        }
        found
    }};
}

/// How a row is read from either database, by its columns' names: `impl_from_row!(Row { column, other })`. Written out because
/// sqlx's derive compiles the whole of sqlx, SQLite included, a second time for the compiler's own use.
macro_rules! impl_from_row {
    ($row:ident { $($column:ident),+ $(,)? }) => {
        impl sqlx::FromRow<'_, sqlx::sqlite::SqliteRow> for $row {
            fn from_row(row: &sqlx::sqlite::SqliteRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: sqlx::Row::try_get(row, stringify!($column))?),+ })
            }
        }

        #[cfg(feature = "postgres")]
        impl sqlx::FromRow<'_, sqlx::postgres::PgRow> for $row {
            fn from_row(row: &sqlx::postgres::PgRow) -> Result<Self, sqlx::Error> {
                Ok(Self { $($column: sqlx::Row::try_get(row, stringify!($column))?),+ })
            }
        }
    };
}

pub(crate) use {all, bulk, by_keys, exec, fetch, impl_from_row, opt};

/// The `n`th place for a value, from 1. SQLite takes `$1` for a name, which it looks up among all others for each bind: a
/// fifth of the time of an ingest. Its own sign for the next place costs nothing.
fn bind_place(n: usize, sqlite: bool) -> String {
    if sqlite { "?".to_owned() } else { format!("${n}") }
}

pub(crate) fn bulk_text(head: &str, (columns, rows): (usize, usize), tail: &str, sqlite: bool) -> String {
    let mut text = format!("{head} VALUES ");
    for row in 0..rows {
        let places: Vec<String> = (1..=columns).map(|c| bind_place(row * columns + c, sqlite)).collect();
        text.push_str(if row == 0 { "(" } else { ",(" });
        text.push_str(&places.join(","));
        text.push(')');
    }
    text + tail
}

/// Keys that one question asks for where `left` are left: the least size that holds them, else the largest.
pub(crate) fn keys_at_once(left: usize) -> usize {
    let fits = ROWS_OF_BULK.into_iter().rev().find(|size| *size >= left);
    fits.unwrap_or(ROWS_OF_BULK[0])
}

/// The text of a question by keys; the second of each is of this SQL type.
pub(crate) fn keys_text(select: &str, second: &str, keys: usize, sqlite: bool) -> String {
    let values = (0..keys).map(|k| {
        let (a, b) = (bind_place(2 * k + 1, sqlite), bind_place(2 * k + 2, sqlite));
        format!("({a},CAST({b} AS {second}))")
    });
    let values: Vec<String> = values.collect();
    let [account, facility] = [1, 2].map(|n| bind_place(2 * keys + n, sqlite));
    let select = select.replace("@1@", &account).replace("@2@", &facility);
    format!("WITH k(a, b) AS (VALUES {}) {select}", values.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_in_few_questions() {
        assert_eq!([1, 2, 4, 5, 100, 256, 1_000].map(keys_at_once), [1, 4, 4, 16, 256, 256, 256]);
    }

    #[test]
    fn places_are_counted_as_each_database_does() {
        assert_eq!(
            bulk_text("INSERT INTO t (a, b)", (2, 2), " X", true),
            "INSERT INTO t (a, b) VALUES (?,?),(?,?) X"
        );
        assert_eq!(bulk_text("I", (1, 2), "", false), "I VALUES ($1),($2)");
        let text = keys_text("SELECT @1@ @2@ FROM k", "BIGINT", 1, false);
        assert_eq!(text, "WITH k(a, b) AS (VALUES ($1,CAST($2 AS BIGINT))) SELECT $3 $4 FROM k");
    }
}
