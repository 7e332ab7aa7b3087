//! Pages of an account's facilities in the order and by the filter that somebody chose.

use record::ids::{FacilityId, UserId};

use super::facility_now::{COLUMNS, FacilityRowNow, JOINS};
use crate::db::database::visible_rows::seen_rows;
use crate::db::fleet::box_now::URGENCY;
use crate::db::{DbError, ScopedConnection, all};

/// By what facilities are sorted; names come after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FacilityOrder {
    /// Most overdue first, and of those with as many the ones whose box is offline.
    #[default]
    Overdue,
    Name,
    /// Lowest 30 days first.
    Month,
    /// Lowest 7 days first.
    Week,
    Today,
    Box,
}

/// A rate in thousandths, behind all rates where no window closed.
fn rate_key(period: &str) -> String {
    format!("CASE WHEN {period}_closed = 0 THEN 1001 ELSE {period}_met * 1000 / {period}_closed END")
}

impl FacilityOrder {
    /// The two numbers that sort, as SQL over `facility_now`; `$2` is the present moment.
    fn keys(self) -> [String; 2] {
        match self {
            Self::Overdue => {
                ["-overdue".to_owned(), "CASE box_state WHEN 'silent' THEN 0 ELSE 1 END".to_owned()]
            }
            Self::Name => ["0".to_owned(), "0".to_owned()],
            Self::Month => [rate_key("month"), "0".to_owned()],
            Self::Week => [rate_key("week"), "0".to_owned()],
            Self::Today => [
                format!("CASE WHEN day_ends_ms <= $2 THEN 1001 ELSE {} END", rate_key("today")),
                "0".to_owned(),
            ],
            Self::Box => [URGENCY.replace("CASE state", "CASE box_state"), "0".to_owned()],
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FacilityFilter {
    #[default]
    All,
    Overdue,
    Offline,
}

impl FacilityFilter {
    fn condition(self) -> &'static str {
        match self {
            Self::All => "1 = 1",
            Self::Overdue => "overdue > 0",
            Self::Offline => "box_state = 'silent'",
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacilityCursor {
    first_key: i64,
    second_key: i64,
    facility: FacilityId,
}

impl FacilityCursor {
    pub fn behind(row: &FacilityRowNow) -> Result<Self, DbError> {
        let facility = row.facility.parse().map_err(|e| DbError::stored("facility id", e))?;
        Ok(Self { first_key: row.first_key, second_key: row.second_key, facility })
    }

    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (first, second, facility) = (parts.next()?, parts.next()?, parts.next()?);
        let cursor = Self {
            first_key: first.parse().ok()?,
            second_key: second.parse().ok()?,
            facility: facility.parse().ok()?,
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for FacilityCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}", self.first_key, self.second_key, self.facility)
    }
}

#[derive(Debug, Clone, Default)]
pub struct FacilityQuery {
    pub order: FacilityOrder,
    pub filter: FacilityFilter,
    pub region: Option<UserId>,
    pub after: Option<FacilityCursor>,
}

pub async fn load_page(
    conn: &mut ScopedConnection,
    query: &FacilityQuery,
    limit: i64,
    now_ms: i64,
) -> Result<Vec<FacilityRowNow>, DbError> {
    let scope = conn.scope();
    let [first, second] = query.order.keys();
    let place = format!("CAST({first} AS BIGINT), CAST({second} AS BIGINT), sort_name, facility");
    // The keys are those of when the page before was drawn: then none is left out that has moved up since.
    let sql = format!(
        "SELECT {COLUMNS}, p.first_key, p.second_key FROM (SELECT account, facility, sort_name, \
         CAST({first} AS BIGINT) AS first_key, CAST({second} AS BIGINT) AS second_key FROM facility_now \
         WHERE account = $1 AND $2 > 0 AND NOT closed AND {filter} AND {seen} AND ($8 = '' OR facility IN \
         (SELECT f.facility FROM facilities f WHERE f.account = $1 AND f.region = $8)) AND ($3 = '' OR ({place}) > ($4, $5, \
         (SELECT k.sort_name FROM facility_now k WHERE k.account = $1 AND k.facility = $3), $3)) \
         ORDER BY 4, 5, 3, 2 LIMIT $6) p JOIN facility_now n ON n.account = p.account AND n.facility = p.facility {JOINS} \
         ORDER BY p.first_key, p.second_key, p.sort_name, p.facility",
        filter = query.filter.condition(),
        seen = seen_rows("facility_now", "$7"),
    );
    let viewer = conn.viewer();
    let after = query.after.as_ref();
    let id = after.map(|after| after.facility.to_string()).unwrap_or_default();
    let keys = after.map_or((0, 0), |after| (after.first_key, after.second_key));
    all!(
        conn,
        FacilityRowNow,
        sqlx::AssertSqlSafe(sql),
        scope.key(),
        now_ms,
        id,
        keys.0,
        keys.1,
        limit,
        viewer,
        query.region.map(|region| region.to_string()).unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let facility = FacilityId::new(1, [1; 10]);
        let cursor = FacilityCursor { first_key: -12, second_key: 1, facility };
        assert_eq!(FacilityCursor::read(&cursor.to_string()), Some(cursor));
        for text in ["", "1.2", "1.2.x", "a.2.01ARZ3NDEKTSV4RRFFQ69G5FAV", "1.2.01ARZ3NDEKTSV4RRFFQ69G5FAV.4"]
        {
            assert_eq!(FacilityCursor::read(text), None, "{text}");
        }
    }
}
