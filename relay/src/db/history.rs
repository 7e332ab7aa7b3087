//! Cleanings, uses and other lines about an item, newest first and page by page: each page costs its own rows, whatever lies before it.

use std::collections::BTreeMap;

use record::checkpoint::LogOrigin;
use record::entry::Entry;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::{CleanedBy, Event};
use record::run::RunName;
use record::tag::Tag;
use record::tree::Hash;

use super::cleanings::utc_day;
use super::{DbError, Scoped, all, impl_from_row, opt, texts};

/// Where a page of a history begins: after this line.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct HistoryCursor {
    /// When it was done.
    pub performed_ms: i64,
    pub box_id: String,
    pub epoch: String,
    /// Which entry.
    pub seq: i64,
    /// The run that it stands in; empty where its log has it.
    pub run: String,
}

impl HistoryCursor {
    /// Before the newest.
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

/// One cleaning with the texts beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CleaningRow {
    /// Whose log.
    pub box_id: String,
    pub epoch: String,
    /// Which entry.
    pub seq: i64,
    /// Where.
    pub facility: String,
    /// The item's first tag.
    pub tag: String,
    /// When it was done, milliseconds since 1970.
    pub performed_ms: i64,
    /// JSON of `record::fold::CleaningRecord`.
    pub body: String,
    /// JSON of `record::fold::Equipment`.
    pub equipment: Option<String>,
    /// The text lines that the entry names: who, and a note.
    pub texts: Vec<String>,
    /// The entry's line.
    pub line: Option<Vec<u8>>,
    /// The run that it stands in; empty where its log has it.
    pub held_in: String,
}

struct BareRow {
    box_id: String,
    epoch: String,
    seq: i64,
    facility: String,
    tag: String,
    performed_ms: i64,
    body: String,
    equipment: Option<String>,
    line: Option<Vec<u8>>,
    held_in: String,
}

impl_from_row!(BareRow { box_id, epoch, seq, facility, tag, performed_ms, body, equipment, line, held_in });

/// Which cleanings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HistoryScope {
    /// Of every facility.
    Account,
    Facility(FacilityId),
    Item(FacilityId, Tag),
}

macro_rules! page {
    ($from:literal, $cursor:literal, $order:literal, $limit:literal) => {
        concat!(
            "SELECT c.box AS box_id, c.epoch, c.seq, c.facility, c.tag, c.performed_ms, c.body, ",
            "r.body AS equipment, COALESCE(e.line, l.line) AS line, c.held_in FROM ",
            "(SELECT c.account, c.box, c.epoch, c.seq, c.run, c.facility, c.tag, c.performed_ms, c.body, c.held_in FROM ",
            $from,
            " AND (c.performed_ms, c.box, c.epoch, c.seq, c.run) < ",
            $cursor,
            " ORDER BY ",
            $order,
            "c.performed_ms DESC, c.box DESC, c.epoch DESC, c.seq DESC, c.run DESC LIMIT ",
            $limit,
            ") c LEFT JOIN state_rows r ON r.account = c.account AND r.facility = c.facility ",
            "AND r.room = 'equipment' AND r.id = c.tag ",
            "LEFT JOIN entries e ON e.account = c.account AND e.box = c.box AND e.epoch = c.epoch AND e.seq = c.seq ",
            "AND c.held_in = '' LEFT JOIN run_lines l ON l.account = c.account AND l.box = c.box AND l.run = c.held_in ",
            "AND l.seq = c.seq ",
            "ORDER BY c.performed_ms DESC, c.box DESC, c.epoch DESC, c.seq DESC, c.run DESC"
        )
    };
}

/// The cleanings after `after`, newest first.
pub async fn load_cleanings(
    conn: &mut Scoped,
    of: HistoryScope,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<CleaningRow>, DbError> {
    let rows = bare_cleanings(conn, of, after, limit).await?;
    let mut texts = named_texts(conn, &rows).await?;
    let with_texts = |(at, row): (usize, BareRow)| CleaningRow {
        box_id: row.box_id,
        epoch: row.epoch,
        seq: row.seq,
        facility: row.facility,
        tag: row.tag,
        performed_ms: row.performed_ms,
        body: row.body,
        equipment: row.equipment,
        texts: texts.remove(&at).unwrap_or_default(),
        line: row.line,
        held_in: row.held_in,
    };
    Ok(rows.into_iter().enumerate().map(with_texts).collect())
}

/// Which rows want texts, and the number and hashes of each.
type RequestedTexts = (Vec<usize>, Vec<(u64, Vec<Hash>)>);

/// The two texts that a cleaning has at most, who and a note, by the row: whatever else stands under its number is another
/// line's.
async fn named_texts(conn: &mut Scoped, rows: &[BareRow]) -> Result<BTreeMap<usize, Vec<String>>, DbError> {
    let mut expected: BTreeMap<LogOrigin, RequestedTexts> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(line) = &row.line else { continue };
        let entry = Entry::parse(line).map_err(|e| DbError::stored("entry", e))?;
        let Event::CleaningRecorded(cleaning) = entry.event() else { continue };
        let who = match cleaning.who {
            CleanedBy::Entered { name, .. } => Some(name.hash),
            _ => None,
        };
        let hashes: Vec<Hash> = who.into_iter().chain(cleaning.note.map(|note| note.hash)).collect();
        if !hashes.is_empty() {
            let box_id = row.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
            let epoch = row.epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
            let (rows, named) = expected.entry(LogOrigin { box_id, epoch }).or_default();
            rows.push(at);
            named.push((entry.seq(), hashes));
        }
    }
    let mut found = BTreeMap::new();
    for (origin, (rows, named)) in expected {
        let texts = texts::named_texts(conn, &origin, &named).await?;
        found.extend(rows.into_iter().zip(texts));
    }
    Ok(found)
}

/// An item's cleanings, day by day from the newest: within each, the index is in the order of the page. The plus keeps SQLite
/// from taking the bound on the days for one on the cleanings, and with it another way.
const ITEM_PAGE: &str = page!(
    "clean_days d CROSS JOIN cleanings c WHERE d.account = $1 AND d.facility = $2 AND d.tag = $3 \
                 AND d.day <= $4 AND c.account = d.account AND c.facility = d.facility AND c.day = +d.day \
                 AND c.tag = d.tag",
    "($5, $6, $7, $8, $9)",
    "d.day DESC, ",
    "$10"
);

async fn bare_cleanings(
    conn: &mut Scoped,
    of: HistoryScope,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<BareRow>, DbError> {
    let scope = conn.scope();
    let HistoryCursor { performed_ms, box_id, epoch, seq, run } = after.clone();
    match of {
        HistoryScope::Account => {
            let sql = page!("cleanings c WHERE c.account = $1", "($2, $3, $4, $5, $6)", "", "$7");
            all!(
                conn,
                BareRow,
                sql,
                scope.key(),
                performed_ms,
                box_id.clone(),
                epoch.clone(),
                seq,
                run.clone(),
                limit
            )
        }
        HistoryScope::Facility(facility) => {
            let sql = page!(
                "cleanings c WHERE c.account = $1 AND c.facility = $2",
                "($3, $4, $5, $6, $7)",
                "",
                "$8"
            );
            let facility = facility.to_string();
            all!(
                conn,
                BareRow,
                sql,
                scope.key(),
                facility.clone(),
                performed_ms,
                box_id.clone(),
                epoch.clone(),
                seq,
                run.clone(),
                limit
            )
        }
        HistoryScope::Item(facility, tag) => {
            let (facility, tag, day) = (facility.to_string(), tag.to_string(), utc_day(performed_ms));
            all!(
                conn,
                BareRow,
                ITEM_PAGE,
                scope.key(),
                facility.clone(),
                tag.clone(),
                day,
                performed_ms,
                box_id.clone(),
                epoch.clone(),
                seq,
                run.clone(),
                limit
            )
        }
    }
}

/// A line about an item that is no cleaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteRow {
    /// When it was, milliseconds since 1970; of a use: when that ended.
    pub at_ms: i64,
    /// Whose log.
    pub box_id: String,
    pub epoch: String,
    /// Which entry.
    pub seq: i64,
    /// The run that it stands in; empty where its log has it.
    pub held_in: String,
    /// The entry's line.
    pub line: Option<Vec<u8>>,
}

impl_from_row!(NoteRow { at_ms, box_id, epoch, seq, held_in, line });

macro_rules! lines {
    ($table:literal, $at:literal) => {
        concat!(
            "SELECT n.at_ms, n.box AS box_id, n.epoch, n.seq, n.held_in, COALESCE(e.line, l.line) AS line FROM ",
            "(SELECT account, ",
            $at,
            " AS at_ms, box, epoch, seq, held_in FROM ",
            $table,
            " WHERE account = $1 AND facility = $2 AND tag = $3 AND (",
            $at,
            ", box, epoch, seq, held_in) < ($4, $5, $6, $7, $8) ORDER BY ",
            $at,
            " DESC, box DESC, epoch DESC, seq DESC, held_in DESC LIMIT $9) n ",
            "LEFT JOIN entries e ON e.account = n.account AND e.box = n.box AND e.epoch = n.epoch AND e.seq = n.seq ",
            "AND n.held_in = '' ",
            "LEFT JOIN run_lines l ON l.account = n.account AND l.box = n.box AND l.run = n.held_in AND l.seq = n.seq ",
            "ORDER BY n.at_ms DESC, n.box DESC, n.epoch DESC, n.seq DESC, n.held_in DESC"
        )
    };
}

/// The uses of an item after `after`, newest first.
pub async fn load_uses(
    conn: &mut Scoped,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    load_lines(conn, lines!("uses", "ended_ms"), facility, tag, after, limit).await
}

/// What else is said about an item after `after`, newest first.
pub async fn load_notes(
    conn: &mut Scoped,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    load_lines(conn, lines!("item_notes", "at_ms"), facility, tag, after, limit).await
}

async fn load_lines(
    conn: &mut Scoped,
    sql: &'static str,
    facility: FacilityId,
    tag: Tag,
    after: &HistoryCursor,
    limit: i64,
) -> Result<Vec<NoteRow>, DbError> {
    let scope = conn.scope();
    let (facility, tag) = (facility.to_string(), tag.to_string());
    let HistoryCursor { performed_ms, box_id, epoch, seq, run } = after.clone();
    all!(conn, NoteRow, sql, scope.key(), facility, tag, performed_ms, box_id, epoch, seq, run, limit)
}

/// Cleanings of an item since `from_ms`, voided ones included.
pub async fn count_since(
    conn: &mut Scoped,
    (facility, tag): (FacilityId, Tag),
    from_ms: i64,
) -> Result<i64, DbError> {
    let scope = conn.scope();
    let sql = "SELECT COUNT(*) FROM clean_days d CROSS JOIN cleanings c \
               WHERE d.account = $1 AND d.facility = $2 AND d.tag = $3 AND d.day >= $4 AND c.account = d.account \
               AND c.facility = d.facility AND c.day = +d.day AND c.tag = d.tag AND c.performed_ms >= $5";
    let (facility, tag, day) = (facility.to_string(), tag.to_string(), utc_day(from_ms));
    let row = opt!(conn, (i64,), sql, scope.key(), facility.clone(), tag.clone(), day, from_ms)?;
    Ok(row.map_or(0, |(count,)| count))
}

#[cfg(test)]
mod tests {
    use super::*;

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
