//! The index of cleanings, uses and other lines about an item: what grows with a facility's history.

use std::collections::BTreeSet;

use record::anchor::StatedTime;
use record::entry::{ClockState, EntryTime};
use record::fold::{AdoptedBy, CleaningRecord, SpotCheck, UseRecord};
use record::ids::{BootId, BoxId, ProtocolId};
use record::kinds::{CleanedBy, CleaningFlag, EntryRef, MissingPart};
use record::run::RunName;
use record::tag::Tag;
use record::tree::Hash;
use serde::Serialize;

use crate::db::LogNumber;
use crate::db::ProjectionNumber;
use crate::db::log::run_names::run_text;
use crate::db::log::segments::stated_size;
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, all, bulk, by_keys, exec, impl_from_row};

/// A text that was typed for a cleaning: who did it, or a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnteredText {
    pub hash: Hash,
    pub text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedCleaning {
    pub log: LogNumber,
    pub cleaning: CleaningRecord,
    /// Who, where that was typed and is not erased; only of one that is new.
    pub who: Option<EnteredText>,
    pub note: Option<EnteredText>,
}

impl IndexedCleaning {
    /// One that is in the index already: its texts stay as they are.
    fn stored(log: i64, cleaning: CleaningRecord) -> Self {
        Self { log: LogNumber::of(log), cleaning, who: None, note: None }
    }
}

/// The first bytes of a text's hash, by which an erasure finds it.
fn text_mark(hash: Hash) -> i64 {
    hash.0[..4].iter().fold(0, |mark, byte| mark << 8 | i64::from(*byte))
}

/// What a packed cleaning is compared with: the members that nearly each one has. Another text is another [`projection_version`].
///
/// [`projection_version`]: super::projections::projection_version
const SAMPLE: &[u8] = br#"{"stated":{"at_ms":1763610000000},"incomplete":["steps","contact-time","photo","who","steps-not-stated"],"voided":{"epoch":"1-00ab0102","seq":17},"flags":["late","no-photo"],"checked":{"epoch":"1-00ab0102","seq":18,"result":"passed"},"adopted":{"run":"","by":{"epoch":"1-00ab0102","seq":19},"at_ms":1763610000000},"photos":["0123456789abcdef"],"at":{"boot":"01JD","clock":"uncertain","up":360000,"wall":1763610000000},"who":"unattributed","who":{"badge":{"staff":"01JD"}},"who":{"entered":{"name":{"redactable":"","salt":""}}},"who":{"login":{"staff":"01JD"}},"at":{"boot":"01JD","clock":"synced","up":86400000,"wall":1763610000000},"who":{"pin":{"staff":"01JD","lists":"entered"}}}"#;

/// Of a cleaning, what has no column of its own; members that occur more often come later, as in [`SAMPLE`].
#[derive(Serialize)]
struct PackedMembers<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stated: &'a Option<StatedTime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: &'a Option<u32>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    incomplete: &'a Vec<MissingPart>,
    #[serde(skip_serializing_if = "Option::is_none")]
    voided: &'a Option<EntryRef>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    flags: &'a Vec<CleaningFlag>,
    #[serde(skip_serializing_if = "Option::is_none")]
    checked: &'a Option<SpotCheck>,
    #[serde(skip_serializing_if = "Option::is_none")]
    adopted: &'a Option<AdoptedBy>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    photos: &'a Vec<Hash>,
    at: &'a EntryTime,
    who: &'a CleanedBy,
}

impl<'a> PackedMembers<'a> {
    fn of(cleaning: &'a CleaningRecord) -> Self {
        // Each member by name: a new one that is omitted here does not compile.
        let CleaningRecord {
            of: _,
            tag: _,
            performed_ms: _,
            recorded_ms: _,
            protocol: _,
            took_ms,
            stated,
            at,
            who,
            incomplete,
            photos,
            voided,
            flags,
            checked,
            adopted,
        } = cleaning;
        Self { stated, took_ms, incomplete, voided, flags, checked, adopted, photos, at, who }
    }
}

/// For the few hundred bytes of a cleaning. A sixth of the time of a rebuild is spent here.
const PACK_LEVEL: i32 = 1;

fn pack_cleaning(
    compressor: &mut zstd::bulk::Compressor<'_>,
    cleaning: &CleaningRecord,
) -> Result<Vec<u8>, DbError> {
    let body =
        serde_json::to_vec(&PackedMembers::of(cleaning)).map_err(|e| DbError::stored("cleaning", e))?;
    compressor.compress(&body).map_err(|e| DbError::stored("cleaning", e))
}

#[derive(Debug)]
pub(in crate::db) struct CleaningColumns {
    pub(in crate::db) epoch: String,
    pub(in crate::db) seq: i64,
    pub(in crate::db) tag: String,
    pub(in crate::db) performed_ms: i64,
    pub(in crate::db) recorded_ms: i64,
    pub(in crate::db) protocol: Option<String>,
    pub(in crate::db) body: Vec<u8>,
}

pub(in crate::db) struct CleaningReader(zstd::bulk::Decompressor<'static>);

impl CleaningReader {
    pub(in crate::db) fn new() -> Result<Self, DbError> {
        let made = zstd::bulk::Decompressor::with_dictionary(SAMPLE);
        made.map(Self).map_err(|e| DbError::stored("cleaning", e))
    }

    pub(in crate::db) fn read(&mut self, row: &CleaningColumns) -> Result<CleaningRecord, DbError> {
        fn stored_fault(e: &dyn std::fmt::Display) -> DbError {
            DbError::stored("cleaning", e)
        }
        let size = stated_size(&row.body).ok_or_else(|| stored_fault(&"it does not state its size"))?;
        let plain = self.0.decompress(&row.body, size).map_err(|e| stored_fault(&e))?;
        let mut body: serde_json::Value = serde_json::from_slice(&plain).map_err(|e| stored_fault(&e))?;
        let members = body.as_object_mut().ok_or_else(|| stored_fault(&"it is no object"))?;
        members.insert("epoch".into(), row.epoch.as_str().into());
        members.insert("seq".into(), row.seq.into());
        members.insert("tag".into(), row.tag.as_str().into());
        members.insert("performed_ms".into(), row.performed_ms.into());
        members.insert("recorded_ms".into(), row.recorded_ms.into());
        members.extend(row.protocol.as_deref().map(|id| ("protocol".to_owned(), id.into())));
        serde_json::from_value(body).map_err(|e| stored_fault(&e))
    }
}

#[derive(Debug)]
struct FoundRow {
    log: i64,
    epoch: String,
    seq: i64,
    tag: String,
    performed_ms: i64,
    recorded_ms: i64,
    protocol: Option<String>,
    body: Vec<u8>,
    place: Option<i64>,
}

impl_from_row!(FoundRow { log, epoch, seq, tag, performed_ms, recorded_ms, protocol, body, place });

impl FoundRow {
    fn read(self, reader: &mut CleaningReader) -> Result<(IndexedCleaning, Option<i64>), DbError> {
        let Self { log, epoch, seq, tag, performed_ms, recorded_ms, protocol, body, place } = self;
        let row = CleaningColumns { epoch, seq, tag, performed_ms, recorded_ms, protocol, body };
        Ok((IndexedCleaning::stored(log, reader.read(&row)?), place))
    }
}

/// The cleanings that lines of a number recorded, one for each branch that counts, with the place of its run (see
/// `run_places`). Only of the box that speaks of it: what an entry says, it says of its own box's log.
pub async fn find_cleaning(
    conn: &mut ScopedConnection,
    (projection, box_id): (ProjectionNumber, BoxId),
    of: EntryRef,
) -> Result<Vec<(IndexedCleaning, Option<i64>)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT c.log, l.epoch, c.seq, c.tag, c.performed_ms, c.recorded_ms, c.protocol, c.body, r.place \
               FROM logs l JOIN cleanings c ON c.account = l.account AND c.projection = $1 AND c.log = l.log AND c.seq = $2 \
               LEFT JOIN run_places r ON r.account = c.account AND r.projection = c.projection AND r.box = l.box AND r.run = c.run \
               WHERE l.account = $3 AND l.box = $4 AND l.epoch = $5";
    let (box_id, epoch) = (box_id.to_string(), of.epoch.to_string());
    let rows = all!(conn, FoundRow, sql, projection.key(), to_i64(of.seq), scope.key(), box_id, epoch)?;
    let mut reader = CleaningReader::new()?;
    rows.into_iter().map(|row| row.read(&mut reader)).collect()
}

/// Cleanings of a boot whose clock was not synced when they were written, voided ones included.
pub async fn uncertain_of_boot(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    boot: BootId,
) -> Result<Vec<IndexedCleaning>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT c.log, l.epoch, c.seq, c.tag, c.performed_ms, c.recorded_ms, c.protocol, c.body, \
               CAST(NULL AS BIGINT) AS place \
               FROM cleanings c JOIN logs l ON l.account = c.account AND l.log = c.log \
               WHERE c.account = $1 AND c.projection = $2 AND c.unsure_boot = $3";
    let rows = all!(conn, FoundRow, sql, scope.key(), projection.key(), boot.to_string())?;
    let mut reader = CleaningReader::new()?;
    rows.into_iter().map(|row| Ok(row.read(&mut reader)?.0)).collect()
}

/// Writes cleanings, new ones and changed ones. `held_in`: the run that contains the lines of the new ones.
pub async fn save_cleanings(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    cleanings: &[&IndexedCleaning],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection, held_in) = (scope.key(), projection.key(), run_text(held_in));
    let mut compressor = zstd::bulk::Compressor::with_dictionary(PACK_LEVEL, SAMPLE)
        .map_err(|e| DbError::stored("cleaning", e))?;
    let bodies: Vec<Vec<u8>> = cleanings
        .iter()
        .map(|c: &&'_ IndexedCleaning| pack_cleaning(&mut compressor, &c.cleaning))
        .collect::<Result<_, _>>()?;
    let rows: Vec<(&IndexedCleaning, Vec<u8>)> = cleanings.iter().copied().zip(bodies).collect();
    let head = "INSERT INTO cleanings (account, projection, log, seq, run, tag, day, performed_ms, recorded_ms, \
                complete, voided, protocol, unsure_boot, who, who_mark, note, note_mark, body, held_in, took_ms)";
    let tail = " ON CONFLICT (account, projection, log, seq, run) DO UPDATE SET day = excluded.day, \
                performed_ms = excluded.performed_ms, \
                recorded_ms = excluded.recorded_ms, complete = excluded.complete, voided = excluded.voided, \
                unsure_boot = excluded.unsure_boot, protocol = excluded.protocol, body = excluded.body, \
                took_ms = excluded.took_ms";
    bulk!(
        conn,
        head,
        20,
        tail,
        rows,
        |(row, body)| account,
        projection,
        row.log.key(),
        to_i64(row.cleaning.of.seq),
        run_text(row.cleaning.place().run),
        row.cleaning.tag.to_string(),
        utc_day(row.cleaning.performed_ms),
        row.cleaning.performed_ms,
        row.cleaning.recorded_ms,
        row.cleaning.is_complete(),
        row.cleaning.voided.is_some(),
        row.cleaning.protocol.map(|id| id.to_string()),
        (row.cleaning.at.clock != ClockState::Synced).then(|| row.cleaning.at.boot.to_string()),
        row.who.as_ref().map(|typed| typed.text.as_str()),
        row.who.as_ref().map(|typed| text_mark(typed.hash)),
        row.note.as_ref().map(|typed| typed.text.as_str()),
        row.note.as_ref().map(|typed| text_mark(typed.hash)),
        body.as_slice(),
        held_in.as_str(),
        row.cleaning.took_ms.map(i64::from),
    )?;
    let days: BTreeSet<(Tag, i64)> =
        cleanings.iter().map(|c| (c.cleaning.tag, utc_day(c.cleaning.performed_ms))).collect();
    let days: Vec<(Tag, i64)> = days.into_iter().collect();
    let head = "INSERT INTO clean_days (account, projection, tag, day)";
    let tail = " ON CONFLICT (account, projection, tag, day) DO NOTHING";
    bulk!(conn, head, 4, tail, days, |(tag, day)| account, projection, tag.to_string(), *day)
}

pub async fn clear_text(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    hash: Hash,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let mark = text_mark(hash);
    for sql in [
        "UPDATE cleanings SET who = NULL, who_mark = NULL WHERE account = $1 AND projection = $2 AND who_mark = $3",
        "UPDATE cleanings SET note = NULL, note_mark = NULL WHERE account = $1 AND projection = $2 AND note_mark = $3",
    ] {
        exec!(conn, sql, scope.key(), projection.key(), mark)?;
    }
    Ok(())
}

/// The day by which the index of an item is kept; no civil day of the facility.
pub(in crate::db) fn utc_day(ms: i64) -> i64 {
    ms.div_euclid(86_400_000)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedUse {
    pub log: LogNumber,
    pub used: UseRecord,
    /// When it ended, milliseconds since 1970; where nobody stated that, when it was.
    pub ended_ms: i64,
}

/// A use that ended at another time than was believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedUse {
    pub log: LogNumber,
    pub used: UseRecord,
    /// When it was believed to have ended, milliseconds since 1970.
    pub before_ms: i64,
    pub ended_ms: i64,
}

/// Identifiers and numbers: there is nothing in it that JSON could refuse.
fn use_body(used: &UseRecord) -> String {
    serde_json::to_string(used).unwrap_or_default()
}

/// Uses of a boot whose clock was not synced when they were written, each with its log.
pub async fn uncertain_uses_of_boot(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    boot: BootId,
) -> Result<Vec<(LogNumber, UseRecord)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT log, body FROM uses WHERE account = $1 AND projection = $2 AND unsure_boot = $3";
    let rows = all!(conn, (i64, String), sql, scope.key(), projection.key(), boot.to_string())?;
    rows.iter().map(|(log, body)| Ok((LogNumber::of(*log), read_use(body)?))).collect()
}

fn read_use(body: &str) -> Result<UseRecord, DbError> {
    serde_json::from_str(body).map_err(|e| DbError::stored("use", e))
}

/// Writes uses. `held_in`: the run that contains their lines, where no log has them.
pub async fn put_uses(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    uses: &[IndexedUse],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection, held_in) = (scope.key(), projection.key(), run_text(held_in));
    let head = "INSERT INTO uses (account, projection, tag, ended_ms, log, seq, held_in, unsure_boot, body)";
    let tail = " ON CONFLICT (account, projection, tag, ended_ms, log, seq, held_in) DO NOTHING";
    bulk!(
        conn,
        head,
        9,
        tail,
        uses,
        |u| account,
        projection,
        u.used.tag.to_string(),
        u.ended_ms,
        u.log.key(),
        to_i64(u.used.of.seq),
        held_in.as_str(),
        u.used.is_unsure().then(|| u.used.at.boot.to_string()),
        u.used.is_unsure().then(|| use_body(&u.used)),
    )
}

/// Puts uses that are there already at their true times.
pub async fn move_uses(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    moved: &[MovedUse],
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection) = (scope.key(), projection.key());
    // Of two branches that gave one number to two lines, the one whose line it is.
    let sql = "UPDATE uses SET ended_ms = $1 WHERE account = $2 AND projection = $3 AND tag = $4 AND ended_ms = $5 \
               AND log = $6 AND seq = $7 AND body = $8";
    for MovedUse { log, used, before_ms, ended_ms } in moved {
        let (tag, seq, body) = (used.tag.to_string(), to_i64(used.of.seq), use_body(used));
        exec!(conn, sql, *ended_ms, account, projection, tag, *before_ms, log.key(), seq, body)?;
    }
    Ok(())
}

/// A line about an item, apart from its cleanings and uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexedNote {
    pub tag: Tag,
    pub log: LogNumber,
    pub of: EntryRef,
    pub at_ms: i64,
}

/// Writes lines about items. `held_in`: the run that contains them, where no log has them.
pub async fn put_notes(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    notes: &[IndexedNote],
    held_in: Option<RunName>,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (account, projection, held_in) = (scope.key(), projection.key(), run_text(held_in));
    let head = "INSERT INTO item_notes (account, projection, tag, at_ms, log, seq, held_in)";
    let tail = " ON CONFLICT (account, projection, tag, at_ms, log, seq, held_in) DO NOTHING";
    bulk!(
        conn,
        head,
        7,
        tail,
        notes,
        |n| account,
        projection,
        n.tag.to_string(),
        n.at_ms,
        n.log.key(),
        to_i64(n.of.seq),
        held_in.as_str(),
    )
}

pub type HistorySince = (Tag, i64);

/// A cleaning as far as due windows need it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountedCleaning {
    /// When it was done, milliseconds since 1970.
    pub performed_ms: i64,
    pub recorded_ms: i64,
    pub is_complete: bool,
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
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    items: &[HistorySince],
) -> Result<Vec<(String, Vec<CountedCleaning>)>, DbError> {
    let scope = conn.scope();
    // One row an item: handing over a row costs more than finding it. The indexes hold all that is asked for.
    let select = "SELECT k.a, (SELECT string_agg(CAST(c.performed_ms AS TEXT) || ':' || \
                  CAST(c.recorded_ms AS TEXT) || CASE WHEN c.complete THEN ':1:' ELSE ':0:' END || \
                  COALESCE(c.protocol, ''), ' ') FROM clean_days d CROSS JOIN cleanings c \
                  WHERE d.account = @1@ AND d.projection = @2@ AND d.tag = k.a AND d.day >= k.b / 86400000 \
                  AND c.account = d.account AND c.projection = d.projection AND c.day = +d.day AND c.tag = d.tag \
                  AND c.performed_ms >= k.b AND NOT c.voided) FROM k";
    let (of, items) = ((scope.key(), projection.key()), text_keys(items));
    let rows = by_keys!(conn, (String, Option<String>), select, (of.0, of.1), items, "BIGINT")?;
    let rows = rows.into_iter().filter_map(|(tag, list)| Some((tag, list?)));
    rows.map(|(tag, list)| {
        Ok((
            tag,
            list.split(' ')
                .map(|text: &str| {
                    CountedCleaning::read(text).ok_or_else(|| DbError::stored("cleaning", text))
                })
                .collect::<Result<_, DbError>>()?,
        ))
    })
    .collect()
}

pub(in crate::db) fn text_keys(items: &[HistorySince]) -> Vec<(String, i64)> {
    items.iter().map(|(tag, since_ms)| (tag.to_string(), *since_ms)).collect()
}

/// Uses per item since its own time: tag, end; unordered.
pub async fn uses_since(
    conn: &mut ScopedConnection,
    projection: ProjectionNumber,
    items: &[HistorySince],
) -> Result<Vec<(String, i64)>, DbError> {
    let scope = conn.scope();
    let select = "SELECT u.tag, u.ended_ms FROM k CROSS JOIN uses u \
                  WHERE u.account = @1@ AND u.projection = @2@ AND u.tag = k.a AND u.ended_ms >= k.b";
    let (of, items) = ((scope.key(), projection.key()), text_keys(items));
    by_keys!(conn, (String, i64), select, (of.0, of.1), items, "BIGINT")
}
