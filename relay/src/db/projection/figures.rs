//! What the figures of a facility are counted from.

use std::collections::BTreeMap;

use record::figures::{CLEANINGS_MAX, ItemUtilisation};
use record::fold::Equipment;
use record::ids::FacilityId;
use record::tag::Tag;

use crate::db::{DbError, ScopedConnection, all};

/// How long recording the newest cleanings took, those that were measured, milliseconds.
pub async fn load_took(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    from_ms: i64,
) -> Result<Vec<u32>, DbError> {
    let account = conn.scope().key();
    let sql = "SELECT c.took_ms FROM facilities f JOIN cleanings c ON c.account = f.account AND c.projection = f.projection \
               WHERE f.account = $1 AND f.facility = $2 AND c.performed_ms >= $3 AND c.took_ms IS NOT NULL AND NOT c.voided \
               ORDER BY c.performed_ms DESC LIMIT $4";
    let limit = i64::try_from(CLEANINGS_MAX).unwrap_or(i64::MAX);
    let rows = all!(conn, (i64,), sql, account, facility.to_string(), from_ms, limit)?;
    Ok(rows.into_iter().filter_map(|(took_ms,)| u32::try_from(took_ms).ok()).collect())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedItem {
    pub tag: Tag,
    pub name: String,
    pub utilisation: ItemUtilisation,
}

/// The items that were cleaned most since a moment, with their uses.
pub async fn load_most_cleaned(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    from_ms: i64,
    limit: i64,
) -> Result<Vec<UsedItem>, DbError> {
    let (account, facility) = (conn.scope().key(), facility.to_string());
    let sql = "SELECT c.tag, COUNT(*), s.body FROM facilities f JOIN cleanings c ON c.account = f.account AND c.projection = f.projection \
               LEFT JOIN state_rows s ON s.account = c.account AND s.projection = c.projection AND s.room = 'equipment' \
               AND s.id = c.tag WHERE f.account = $1 AND f.facility = $2 AND c.performed_ms >= $3 AND NOT c.voided \
               GROUP BY c.tag, s.body ORDER BY 2 DESC, c.tag LIMIT $4";
    let rows = all!(conn, (String, i64, Option<String>), sql, account, facility.clone(), from_ms, limit)?;
    let sql = "SELECT u.tag, COUNT(*) FROM facilities f JOIN uses u ON u.account = f.account AND u.projection = f.projection \
               WHERE f.account = $1 AND f.facility = $2 AND u.ended_ms >= $3 GROUP BY u.tag";
    let uses: BTreeMap<String, i64> =
        all!(conn, (String, i64), sql, account, facility, from_ms)?.into_iter().collect();
    let count = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
    rows.into_iter()
        .map(|(tag, cleanings, body)| {
            let item = body.as_deref().map(serde_json::from_str::<Equipment>).transpose();
            let item = item.map_err(|e| DbError::stored("equipment", e))?;
            let used = uses.get(&tag).copied().unwrap_or(0);
            Ok(UsedItem {
                tag: tag.parse().map_err(|_| DbError::stored("tag", tag))?,
                name: item.map(|item| item.facts.name).unwrap_or_default(),
                utilisation: ItemUtilisation { cleanings: count(cleanings), uses: count(used) },
            })
        })
        .collect()
}
