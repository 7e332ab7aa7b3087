//! Cleanings, uses and other lines about an item, newest first and page by page: each page costs its own rows, whatever is before it.

use std::collections::BTreeMap;

use record::checkpoint::LogOrigin;
use record::fold::CleaningRecord;
use record::ids::{BoxId, Epoch, FacilityId};
use record::run::RunName;
use record::tag::Tag;

use super::cleanings::{CleaningColumns, CleaningReader, utc_day};
use crate::db::database::visible_rows::seen_facilities;
use crate::db::log::run_names::run_of;
use crate::db::log::runs;
use crate::db::log::segments::{SegmentLines, load_segment_lines};
use crate::db::{DbError, ScopedConnection, all, impl_from_row, opt};

/// Where a page of a history begins: after this line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryCursor {
    pub performed_ms: i64,
    pub box_id: String,
    pub epoch: String,
    pub seq: i64,
    /// The run that contains it; empty where its log has it.
    pub run: String,
}

impl HistoryCursor {
    pub fn start() -> Self {
        Self {
            performed_ms: i64::MAX,
            box_id: String::new(),
            epoch: String::new(),
            seq: 0,
            run: String::new(),
        }
    }

    /// Reads what `Display` wrote.
    pub fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('.');
        let (performed_ms, box_id, epoch, seq) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (box_id, epoch): (BoxId, Epoch) = (box_id.parse().ok()?, epoch.parse().ok()?);
        let cursor = Self {
            performed_ms: performed_ms.parse().ok()?,
            box_id: box_id.to_string(),
            epoch: epoch.to_string(),
            seq: seq.parse().ok().filter(|&seq| seq >= 0)?,
            run: match parts.next() {
                Some(run) => run.parse::<RunName>().ok()?.to_string(),
                None => String::new(),
            },
        };
        parts.next().is_none().then_some(cursor)
    }
}

impl std::fmt::Display for HistoryCursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}.{}.{}", self.performed_ms, self.box_id, self.epoch, self.seq)?;
        match self.run.as_str() {
            "" => Ok(()),
            run => write!(f, ".{run}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleaningRow {
    pub box_id: String,
    pub facility: String,
    pub cleaning: CleaningRecord,
    /// JSON of `record::fold::Equipment`.
    pub equipment: Option<String>,
    /// Who, where that was typed and is not erased.
    pub who: Option<String>,
    /// What was different, where it is not erased.
    pub note: Option<String>,
    /// The run that contains it; empty where its log has it.
    pub held_in: String,
}

struct FoundRow {
    box_id: String,
    epoch: String,
    seq: i64,
    facility: String,
    tag: String,
    performed_ms: i64,
    recorded_ms: i64,
    protocol: Option<String>,
    body: Vec<u8>,
    equipment: Option<String>,
    who: Option<String>,
    note: Option<String>,
    held_in: String,
}

impl_from_row!(FoundRow {
    box_id,
    epoch,
    seq,
    facility,
    tag,
    performed_ms,
    recorded_ms,
    protocol,
    body,
    equipment,
    who,
    note,
    held_in
});

impl FoundRow {
    fn read(self, reader: &mut CleaningReader) -> Result<CleaningRow, DbError> {
        let Self { epoch, seq, tag, performed_ms, recorded_ms, protocol, body, .. } = self;
        let columns = CleaningColumns { epoch, seq, tag, performed_ms, recorded_ms, protocol, body };
        Ok(CleaningRow {
            box_id: self.box_id,
            facility: self.facility,
            cleaning: reader.read(&columns)?,
            equipment: self.equipment,
            who: self.who,
            note: self.note,
            held_in: self.held_in,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryScope {
    Account,
    Facility(FacilityId),
    Item(FacilityId, Tag),
}

macro_rules! page {
    ($from:literal, $performed:literal, $cursor:literal, $order:literal, $limit:literal) => {
        concat!(
            "SELECT l.box AS box_id, l.epoch, c.seq, c.facility, c.tag, c.performed_ms, c.recorded_ms, c.protocol, c.body, ",
            "r.body AS equipment, c.who, c.note, c.held_in FROM ",
            "(SELECT c.account, c.projection, c.log, c.seq, c.run, f.facility, c.tag, c.performed_ms, c.recorded_ms, c.protocol, ",
            "c.body, c.who, c.note, c.held_in FROM ",
            $from,
            " AND (",
            $performed,
            ", c.log, c.seq, c.run) < ",
            $cursor,
            " ORDER BY ",
            $order,
            "c.performed_ms DESC, c.log DESC, c.seq DESC, c.run DESC LIMIT ",
            $limit,
            ") c JOIN logs l ON l.account = c.account AND l.log = c.log ",
            "LEFT JOIN state_rows r ON r.account = c.account AND r.projection = c.projection ",
            "AND r.room = 'equipment' AND r.id = c.tag ",
            "ORDER BY c.performed_ms DESC, c.log DESC, c.seq DESC, c.run DESC"
        )
    };
}

/// The cleanings after `after`, newest first.
pub async fn load_cleanings(
    conn: &mut ScopedConnection,
    of: HistoryScope,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<CleaningRow>, DbError> {
    let mut reader = CleaningReader::new()?;
    let rows = find_cleanings(conn, of, after, limit).await?;
    rows.into_iter().map(|row| row.read(&mut reader)).collect()
}

pub async fn find_cleaning(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    seq: u64,
) -> Result<Option<CleaningRow>, DbError> {
    let (account, viewer) = (conn.scope().key(), conn.viewer());
    let sql = format!(
        "SELECT l.box AS box_id, l.epoch, c.seq, facilities.facility, c.tag, c.performed_ms, c.recorded_ms, c.protocol, \
         c.body, r.body AS equipment, c.who, c.note, c.held_in FROM logs l JOIN cleanings c ON c.account = l.account \
         AND c.log = l.log JOIN facilities ON facilities.account = c.account AND facilities.projection = c.projection \
         LEFT JOIN state_rows r ON r.account = c.account AND r.projection = c.projection AND r.room = 'equipment' \
         AND r.id = c.tag WHERE l.account = $1 AND l.box = $2 AND l.epoch = $3 AND c.seq = $4 AND {} \
         ORDER BY c.run LIMIT 1",
        seen_facilities("$5")
    );
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    // Beyond what a column holds is no entry.
    let seq = i64::try_from(seq).unwrap_or(i64::MAX);
    let row = opt!(conn, FoundRow, sqlx::AssertSqlSafe(sql), account, box_id, epoch, seq, viewer)?;
    let mut reader = CleaningReader::new()?;
    row.map(|row| row.read(&mut reader)).transpose()
}

/// An item's cleanings, day by day from the newest: within each, the index is in the order of the page. The plus signs keep SQLite
/// from taking the bound on the days for one on the cleanings, and from going through all cleanings of the facility for each day,
/// whose index is in that order too.
const ITEM_PAGE: &str = page!(
    "facilities f CROSS JOIN clean_days d CROSS JOIN cleanings c WHERE f.account = $1 AND f.facility = $2 \
                 AND d.account = f.account AND d.projection = f.projection AND d.tag = $3 \
                 AND d.day <= $4 AND c.account = d.account AND c.projection = d.projection AND c.day = +d.day \
                 AND c.tag = d.tag",
    "+c.performed_ms",
    "($5, $6, $7, $8)",
    "d.day DESC, ",
    "$9"
);

/// The number of the log in which a page begins; none before the newest.
async fn log_of(conn: &mut ScopedConnection, after: &HistoryCursor) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT log FROM logs WHERE account = $1 AND box = $2 AND epoch = $3";
    let row = opt!(conn, (i64,), sql, scope.key(), after.box_id.as_str(), after.epoch.as_str())?;
    Ok(row.map_or(0, |(log,)| log))
}

async fn find_cleanings(
    conn: &mut ScopedConnection,
    of: HistoryScope,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<FoundRow>, DbError> {
    let (account, log) = (conn.scope().key(), log_of(conn, after).await?);
    let HistoryCursor { performed_ms, seq, run, .. } = after.clone();
    match of {
        HistoryScope::Account => {
            // What is being built beside the live ones has rows of the same cleanings.
            let sql = page!(
                "cleanings c JOIN facilities f ON f.account = c.account AND f.projection = c.projection WHERE c.account = $1 \
                 AND ($7 = 0 OR EXISTS (SELECT 1 FROM member_places s WHERE s.account = f.account AND s.person = $7 \
                 AND s.place IN (f.facility, f.region)))",
                "c.performed_ms",
                "($2, $3, $4, $5)",
                "",
                "$6"
            );
            let viewer = conn.viewer();
            all!(conn, FoundRow, sql, account, performed_ms, log, seq, run.as_str(), limit, viewer)
        }
        HistoryScope::Facility(facility) => {
            let sql = page!(
                "facilities f CROSS JOIN cleanings c WHERE f.account = $1 AND f.facility = $2 \
                 AND c.account = f.account AND c.projection = f.projection",
                "c.performed_ms",
                "($3, $4, $5, $6)",
                "",
                "$7"
            );
            let facility = facility.to_string();
            all!(conn, FoundRow, sql, account, facility.as_str(), performed_ms, log, seq, run.as_str(), limit)
        }
        HistoryScope::Item(facility, tag) => {
            let (facility, tag, day) = (facility.to_string(), tag.to_string(), utc_day(performed_ms));
            all!(
                conn,
                FoundRow,
                ITEM_PAGE,
                account,
                facility.as_str(),
                tag.as_str(),
                day,
                performed_ms,
                log,
                seq,
                run.as_str(),
                limit
            )
        }
    }
}

pub type LineAddress<'a> = (LogOrigin, u64, &'a str);

pub async fn load_lines_at(
    conn: &mut ScopedConnection,
    places: &[LineAddress<'_>],
) -> Result<Vec<Option<Vec<u8>>>, DbError> {
    // Of those that follow each other in a list many are in one segment.
    let mut segments: BTreeMap<(LogOrigin, u64), SegmentLines> = BTreeMap::new();
    let mut found = Vec::with_capacity(places.len());
    for (origin, seq, held_in) in places {
        if let Some(run) = run_of(held_in)? {
            let lines = runs::load_lines(conn, origin.box_id, (run, *seq), 1).await?;
            found.push(lines.into_iter().next());
            continue;
        }
        let known = segments.range((*origin, 0)..=(*origin, *seq)).next_back();
        if known.is_none_or(|(_, known)| !known.numbers.contains(seq))
            && let Some(segment) = load_segment_lines(conn, origin, *seq).await?
        {
            segments.insert((*origin, segment.numbers.start), segment);
        }
        let known = segments.range((*origin, 0)..=(*origin, *seq)).next_back();
        found.push(known.map(|(_, known)| known.line(*seq)).transpose()?.flatten());
    }
    Ok(found)
}

/// A line about an item that is no cleaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// When it was, milliseconds since 1970; of a use: when that ended.
    pub at_ms: i64,
    pub box_id: String,
    pub epoch: String,
    pub seq: i64,
    /// The run that contains it; empty where its log has it.
    pub held_in: String,
}

impl_from_row!(NoteRow { at_ms, box_id, epoch, seq, held_in });

impl NoteRow {
    pub fn address(&self) -> Result<LineAddress<'_>, DbError> {
        let box_id = self.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
        let epoch = self.epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        let seq = u64::try_from(self.seq).map_err(|e| DbError::stored("line", e))?;
        Ok((LogOrigin { box_id, epoch }, seq, &self.held_in))
    }
}

macro_rules! lines {
    ($table:literal, $at:literal) => {
        concat!(
            "SELECT n.at_ms, l.box AS box_id, l.epoch, n.seq, n.held_in FROM ",
            "(SELECT n.account, n.log, n.",
            $at,
            " AS at_ms, n.seq, n.held_in FROM facilities f CROSS JOIN ",
            $table,
            " n WHERE f.account = $1 AND f.facility = $2 AND n.account = f.account AND n.projection = f.projection ",
            "AND n.tag = $3 AND (n.",
            $at,
            ", n.log, n.seq, n.held_in) < ($4, $5, $6, $7) ORDER BY n.",
            $at,
            " DESC, n.log DESC, n.seq DESC, n.held_in DESC LIMIT $8) n ",
            "JOIN logs l ON l.account = n.account AND l.log = n.log ",
            "ORDER BY n.at_ms DESC, n.log DESC, n.seq DESC, n.held_in DESC"
        )
    };
}

/// The uses of an item after `after`, newest first.
pub async fn load_uses(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    load_lines(conn, lines!("uses", "ended_ms"), facility, tag, after, limit).await
}

/// What else is said about an item after `after`, newest first.
pub async fn load_notes(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    load_lines(conn, lines!("item_notes", "at_ms"), facility, tag, after, limit).await
}

async fn load_lines(
    conn: &mut ScopedConnection,
    sql: &'static str,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    let (account, log) = (conn.scope().key(), log_of(conn, after).await?);
    let (facility, tag) = (facility.to_string(), tag.to_string());
    let HistoryCursor { performed_ms, seq, run, .. } = after.clone();
    all!(conn, NoteRow, sql, account, facility, tag, performed_ms, log, seq, run, limit)
}

/// Cleanings of an item since `from_ms`, voided ones included.
pub async fn count_since(
    conn: &mut ScopedConnection,
    (facility, tag): (FacilityId, Tag),
    from_ms: i64,
) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM facilities f CROSS JOIN clean_days d CROSS JOIN cleanings c \
               WHERE f.account = $1 AND f.facility = $2 AND d.account = f.account AND d.projection = f.projection \
               AND d.tag = $3 AND d.day >= $4 AND c.account = d.account AND c.projection = d.projection AND c.day = +d.day AND c.tag = d.tag AND c.performed_ms >= $5";
    let (facility, tag, day) = (facility.to_string(), tag.to_string(), utc_day(from_ms));
    let row = opt!(conn, (i64,), sql, scope.key(), facility.clone(), tag.clone(), day, from_ms)?;
    Ok(row.map_or(0, |(count,)| count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::{Db, PlatformReason};

    #[tokio::test]
    async fn a_page_of_an_item_reads_no_cleaning_of_others() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("a.db").display())).await.unwrap();
        db.migrate(0).await.unwrap();
        let mut conn = db.platform_read(PlatformReason::Migration).await.unwrap();
        let sql = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {ITEM_PAGE}"));
        let plan: Vec<(i64, i64, i64, String)> =
            all!(conn, (i64, i64, i64, String), sql, 1, "f", "t", 1, 1, 1, 1, "", 51).unwrap();
        let words: Vec<&str> = plan.iter().map(|(.., words)| words.as_str()).collect();
        let by_item = "SEARCH c USING INDEX cleanings_item (account=? AND projection=? AND day=? AND tag=?";
        assert!(words.iter().any(|words| words.starts_with(by_item)), "{words:#?}");
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let text = "1795204920000.01JDB8Z3T40000000000000000.1-00ab0102.42";
        let of_run = format!("{text}.1-00ab0102-40-43-{}", "ab".repeat(32));
        for text in [text, &of_run] {
            assert_eq!(HistoryCursor::read(text).map(|c| c.to_string()).as_deref(), Some(text));
        }
        for wrong in [
            "",
            "1",
            "1.2.3.4",
            &format!("{text}.5"),
            &format!("{text}."),
            &format!("{of_run}.5"),
            &text.replace(".42", ".-1"),
            &text.replace('Z', "'"),
        ] {
            assert_eq!(HistoryCursor::read(wrong), None, "{wrong}");
        }
    }
}
