//! The index of cleanings, uses and other lines about an item: what grows with a facility's history.

use std::collections::BTreeSet;

use record::entry::ClockState;
use record::fold::{CleaningRecord, UseRecord};
use record::ids::{BootId, BoxId, FacilityId, ProtocolId};
use record::kinds::EntryRef;
use record::run::RunName;
use record::tag::Tag;

use super::boxes::to_i64;
use super::{DbError, Scoped, all, bulk, by_keys, exec};

/// A cleaning and the box whose log holds it.
pub type IndexedCleaning = (BoxId, CleaningRecord);

fn read_cleanings((box_id, body): (String, String)) -> Result<IndexedCleaning, DbError> {
    let box_id = box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok((box_id, serde_json::from_str(&body).map_err(|e| DbError::stored("cleaning", e))?))
}

/// A run as its column has it: empty for a line of the chain.
pub(super) fn run_text(run: Option<RunName>) -> String {
    run.map(|run| run.to_string()).unwrap_or_default()
}

/// Reads it back.
pub(super) fn run_of(text: &str) -> Result<Option<RunName>, DbError> {
    let run = (!text.is_empty()).then(|| text.parse().map_err(|e| DbError::stored("run", e)));
    run.transpose()
}

/// The cleanings that lines of a number recorded, one for each branch that counts, with the place of its run (see
/// `runs.place`). Only of the box that speaks of it: what an entry says, it says of its own box's log.
pub async fn find_cleaning(
    conn: &mut Scoped,
    (facility, box_id): (FacilityId, BoxId),
    of: EntryRef,
) -> Result<Vec<(IndexedCleaning, Option<i64>)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT c.box, c.body, r.place FROM cleanings c \
               LEFT JOIN runs r ON r.account = c.account AND r.box = c.box AND r.run = c.run \
               WHERE c.account = $1 AND c.box = $2 AND c.epoch = $3 AND c.seq = $4 AND c.facility = $5";
    let (box_id, epoch, facility) = (box_id.to_string(), of.epoch.to_string(), facility.to_string());
    let rows =
        all!(conn, (String, String, Option<i64>), sql, scope.key(), box_id, epoch, to_i64(of.seq), facility)?;
    rows.into_iter().map(|(box_id, body, place)| Ok((read_cleanings((box_id, body))?, place))).collect()
}

/// Cleanings of a boot whose clock was not synced when they were written, voided ones included.
pub async fn uncertain_of_boot(
    conn: &mut Scoped,
    facility: FacilityId,
    boot: BootId,
) -> Result<Vec<IndexedCleaning>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT box, body FROM cleanings WHERE account = $1 AND facility = $2 AND unsure_boot = $3";
    let rows = all!(conn, (String, String), sql, scope.key(), facility.to_string(), boot.to_string())?;
    rows.into_iter().map(read_cleanings).collect()
}

/// Writes cleanings, new ones and changed ones. `held_in`: the run that the lines of the new ones stand in.
pub async fn save_cleanings(
    conn: &mut Scoped,
    facility: FacilityId,
    cleanings: &[&IndexedCleaning],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, facility, held_in) = (scope.key(), facility.to_string(), run_text(held_in));
    let body = |c: &CleaningRecord| serde_json::to_string(c).unwrap_or_default();
    let unsure = |c: &CleaningRecord| (c.at.clock != ClockState::Synced).then(|| c.at.boot.to_string());
    let head = "INSERT INTO cleanings (account, box, epoch, seq, run, facility, tag, day, performed_ms, recorded_ms, \
                complete, voided, protocol, unsure_boot, photo, body, held_in)";
    let tail = " ON CONFLICT (account, box, epoch, seq, run) DO UPDATE SET day = excluded.day, \
                performed_ms = excluded.performed_ms, \
                recorded_ms = excluded.recorded_ms, complete = excluded.complete, voided = excluded.voided, \
                unsure_boot = excluded.unsure_boot, protocol = excluded.protocol, photo = excluded.photo, body = excluded.body";
    bulk!(
        conn,
        head,
        17,
        tail,
        cleanings,
        |(box_id, c)| account,
        box_id.to_string(),
        c.of.epoch.to_string(),
        to_i64(c.of.seq),
        run_text(c.place().run),
        facility.as_str(),
        c.tag.to_string(),
        utc_day(c.performed_ms),
        c.performed_ms,
        c.recorded_ms,
        c.is_complete(),
        c.voided.is_some(),
        c.protocol.map(|id| id.to_string()),
        unsure(c),
        c.photos.first().map(|p| p.to_string()),
        body(c),
        held_in.as_str(),
    )?;
    let days: BTreeSet<(Tag, i64)> =
        cleanings.iter().map(|(_, c)| (c.tag, utc_day(c.performed_ms))).collect();
    let days: Vec<(Tag, i64)> = days.into_iter().collect();
    let head = "INSERT INTO clean_days (account, facility, tag, day)";
    let tail = " ON CONFLICT (account, facility, tag, day) DO NOTHING";
    bulk!(conn, head, 4, tail, days, |(tag, day)| account, facility.as_str(), tag.to_string(), *day)
}

/// The day by which the index of an item is kept; no civil day of the facility.
pub(super) fn utc_day(ms: i64) -> i64 {
    ms.div_euclid(86_400_000)
}

/// A use of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedUse {
    /// Whose log holds it.
    pub box_id: BoxId,
    /// What its entry says.
    pub used: UseRecord,
    /// When it ended, milliseconds since 1970; where nobody stated that, when it was.
    pub ended_ms: i64,
}

/// A use that ended at another time than was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedUse {
    /// Whose log holds it.
    pub box_id: BoxId,
    /// What its entry says.
    pub used: UseRecord,
    /// When it was believed to have ended, milliseconds since 1970.
    pub before_ms: i64,
    /// When it ended, milliseconds since 1970.
    pub ended_ms: i64,
}

/// Identifiers and numbers: there is nothing in it that JSON could refuse.
fn use_body(used: &UseRecord) -> String {
    serde_json::to_string(used).unwrap_or_default()
}

/// Uses of a boot whose clock was not synced when they were written, each with the box whose log holds it.
pub async fn uncertain_uses_of_boot(
    conn: &mut Scoped,
    facility: FacilityId,
    boot: BootId,
) -> Result<Vec<(BoxId, UseRecord)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT box, body FROM uses WHERE account = $1 AND facility = $2 AND unsure_boot = $3";
    let rows = all!(conn, (String, String), sql, scope.key(), facility.to_string(), boot.to_string())?;
    rows.iter().map(|(box_id, body)| read_use(box_id, body)).collect()
}

fn read_use(box_id: &str, body: &str) -> Result<(BoxId, UseRecord), DbError> {
    let box_id = box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok((box_id, serde_json::from_str(body).map_err(|e| DbError::stored("use", e))?))
}

/// Writes uses. `held_in`: the run that their lines stand in, where no log has them.
pub async fn put_uses(
    conn: &mut Scoped,
    facility: FacilityId,
    uses: &[IndexedUse],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, facility, held_in) = (scope.key(), facility.to_string(), run_text(held_in));
    let head =
        "INSERT INTO uses (account, facility, tag, ended_ms, box, epoch, seq, held_in, unsure_boot, body)";
    let tail = " ON CONFLICT (account, facility, tag, ended_ms, box, epoch, seq, held_in) DO NOTHING";
    bulk!(
        conn,
        head,
        10,
        tail,
        uses,
        |u| account,
        facility.as_str(),
        u.used.tag.to_string(),
        u.ended_ms,
        u.box_id.to_string(),
        u.used.of.epoch.to_string(),
        to_i64(u.used.of.seq),
        held_in.as_str(),
        u.used.is_unsure().then(|| u.used.at.boot.to_string()),
        u.used.is_unsure().then(|| use_body(&u.used)),
    )
}

/// Puts uses that are there already at their true times.
pub async fn move_uses(conn: &mut Scoped, facility: FacilityId, moved: &[MovedUse]) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, facility) = (scope.key(), facility.to_string());
    let (account, facility) = (account, facility.as_str());
    // Of two branches that gave one number to two lines, the one whose line it is.
    let sql = "UPDATE uses SET ended_ms = $1 WHERE account = $2 AND facility = $3 AND tag = $4 AND ended_ms = $5 \
               AND box = $6 AND epoch = $7 AND seq = $8 AND body = $9";
    for MovedUse { box_id, used, before_ms, ended_ms } in moved {
        let (tag, box_id, epoch) = (used.tag.to_string(), box_id.to_string(), used.of.epoch.to_string());
        let (seq, body) = (to_i64(used.of.seq), use_body(used));
        exec!(conn, sql, *ended_ms, account, facility, tag, *before_ms, box_id, epoch, seq, body)?;
    }
    Ok(())
}

/// A line about an item, apart from its cleanings and uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedNote {
    /// Which item.
    pub tag: Tag,
    /// Whose log holds it.
    pub box_id: BoxId,
    /// Which entry.
    pub of: EntryRef,
    /// When, milliseconds since 1970.
    pub at_ms: i64,
}

/// Writes lines about items. `held_in`: the run that they stand in, where no log has them.
pub async fn put_notes(
    conn: &mut Scoped,
    facility: FacilityId,
    notes: &[IndexedNote],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, facility, held_in) = (scope.key(), facility.to_string(), run_text(held_in));
    let head = "INSERT INTO item_notes (account, facility, tag, at_ms, box, epoch, seq, held_in)";
    let tail = " ON CONFLICT (account, facility, tag, at_ms, box, epoch, seq, held_in) DO NOTHING";
    bulk!(
        conn,
        head,
        8,
        tail,
        notes,
        |n| account,
        facility.as_str(),
        n.tag.to_string(),
        n.at_ms,
        n.box_id.to_string(),
        n.of.epoch.to_string(),
        to_i64(n.of.seq),
        held_in.as_str(),
    )
}

/// From when on an item's history is asked for.
pub type HistorySince = (Tag, i64);

/// A cleaning as far as due windows need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedCleaning {
    /// When it was done, milliseconds since 1970.
    pub performed_ms: i64,
    /// When it was written down.
    pub recorded_ms: i64,
    /// Whether it lacks nothing.
    pub is_complete: bool,
    /// Which protocol it followed.
    pub protocol: Option<ProtocolId>,
}

impl CountedCleaning {
    /// Reads `performed:recorded:complete:protocol`, as [`since`] asks for it.
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let (performed_ms, recorded_ms) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let is_complete = match parts.next()? {
            "1" => true,
            "0" => false,
            _ => return None,
        };
        let protocol = match parts.next()? {
            "" => None,
            id => Some(id.parse().ok()?),
        };
        Some(Self { performed_ms, recorded_ms, is_complete, protocol })
    }
}

/// Cleanings that are not voided, per item since its own time; unordered. Items without any are not among them.
pub async fn since(
    conn: &mut Scoped,
    facility: FacilityId,
    items: &[HistorySince],
) -> Result<Vec<(String, Vec<CountedCleaning>)>, DbError> {
    let scope = conn.scope();
    // One row an item: handing over a row costs more than finding it. The indexes hold all that is asked for.
    let select = "SELECT k.a, (SELECT string_agg(CAST(c.performed_ms AS TEXT) || ':' || \
                  CAST(c.recorded_ms AS TEXT) || CASE WHEN c.complete THEN ':1:' ELSE ':0:' END || \
                  COALESCE(c.protocol, ''), ' ') FROM clean_days d CROSS JOIN cleanings c \
                  WHERE d.account = @1@ AND d.facility = @2@ AND d.tag = k.a AND d.day >= k.b / 86400000 \
                  AND c.account = d.account AND c.facility = d.facility AND c.day = +d.day AND c.tag = d.tag \
                  AND c.performed_ms >= k.b AND NOT c.voided) FROM k";
    let (of, items) = ((scope.key(), facility.to_string()), text_keys(items));
    let rows = by_keys!(conn, (String, Option<String>), select, (of.0, of.1.as_str()), items, "BIGINT")?;
    let read = |text: &str| CountedCleaning::read(text).ok_or_else(|| DbError::stored("cleaning", text));
    let rows = rows.into_iter().filter_map(|(tag, list)| Some((tag, list?)));
    rows.map(|(tag, list)| Ok((tag, list.split(' ').map(read).collect::<Result<_, DbError>>()?))).collect()
}

/// Items as keys of a question.
pub(super) fn text_keys(items: &[HistorySince]) -> Vec<(String, i64)> {
    items.iter().map(|(tag, since_ms)| (tag.to_string(), *since_ms)).collect()
}

/// Uses per item since its own time: tag, end; unordered.
pub async fn uses_since(
    conn: &mut Scoped,
    facility: FacilityId,
    items: &[HistorySince],
) -> Result<Vec<(String, i64)>, DbError> {
    let scope = conn.scope();
    let select = "SELECT u.tag, u.ended_ms FROM k CROSS JOIN uses u \
                  WHERE u.account = @1@ AND u.facility = @2@ AND u.tag = k.a AND u.ended_ms >= k.b";
    let (of, items) = ((scope.key(), facility.to_string()), text_keys(items));
    by_keys!(conn, (String, i64), select, (of.0, of.1.as_str()), items, "BIGINT")
}
