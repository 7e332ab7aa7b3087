//! Reports of a facility, from what its boxes sent: the same pages and tables as the box makes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::compliance::{CivilCalendar, ZoneSpan, is_by_uses};
use record::entries_proof::EntriesProof;
use record::entry::Entry;
use record::fold::{CleaningRecord, FacilityState};
use record::ids::{BoxId, FacilityId};
use record::kinds::{CleanedBy, Event};
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::Hash;
use report::build::{ReportBuilder, ReportRequest, ReportTexts, RowSources};
use report::pdf::{ReportParts, render_report};
use report::query::{ReportFormat, ReportQuery, days_text};
use report::table::TableWriter;
use report::{AttachedEntry, CleaningReport, NamedText, ReportPhoto, ReportProof, ReportSigner, RowWording};
use tokio::sync::OwnedSemaphorePermit;
use words::Locale;

use super::ReportFault;
use super::progress::ReportProgress;
use super::proof::{adopted_of, find_cosigned};
use crate::db::facility::facilities::{as_of_ms, get};
use crate::db::log::{entries, photos, texts};
use crate::db::projection::cleanings::uses_since;
use crate::db::projection::history::{
    CleaningRow, HistoryCursor, HistoryScope, load_cleanings, load_lines_at,
};
use crate::db::projection::projections::find_live;
use crate::db::projection::state::load_all;
use crate::db::{Db, DbError, ReadScope, ScopedConnection};
use crate::keys::{AuthorityKind, KeySet};

/// Cleanings that are read at a time.
const PIECE: i64 = 500;
/// Cleanings that are read for a report: more are asked for in shorter periods.
const READ_MAX: usize = 100_000;

/// How far reading is while cleanings are read, in per cent of a facility.
const READ_PERCENT: usize = 40;
const PROVEN_PERCENT: usize = 60;

/// What a facility's report is made from, and for whom.
pub(crate) struct ReportMaker<'a> {
    pub(crate) db: &'a Db,
    pub(crate) keys: &'a KeySet,
    pub(crate) reads: ReadScope,
    pub(crate) query: &'a ReportQuery,
    pub(crate) locale: Locale,
    pub(crate) format: ReportFormat,
    /// The first day of its period is no later than that of this moment.
    pub(crate) begins_by_ms: i64,
    pub(crate) now_ms: i64,
}

/// A report that was made.
pub(crate) struct MadeReport {
    pub(crate) bytes: Vec<u8>,
    /// Its days, for its name.
    pub(crate) days: String,
}

impl MadeReport {
    pub(crate) fn file_name(&self, format: ReportFormat) -> String {
        format!("cleantrack-{}.{}", self.days, format.ending())
    }
}

struct ReadCleaning {
    cleaning: CleaningRecord,
    /// Who, and what was noted, where somebody entered that and it is not erased.
    entered: [Option<String>; 2],
    origin: LogOrigin,
    held_in: String,
    entry: Entry,
    voiding: Option<Entry>,
    photos: Vec<ReportPhoto>,
}

fn calendar_of(facility: &FacilityState) -> CivilCalendar {
    let zones = facility.settings.zones.iter();
    let zones: Vec<ZoneSpan> =
        zones.map(|zone| ZoneSpan { from_ms: zone.from_ms, zone: zone.zone.as_str().into() }).collect();
    CivilCalendar::new(&zones)
}

impl ReportMaker<'_> {
    /// Makes the report of a facility. `turn` ends with the drawing, also where nobody waits for it any more.
    pub(crate) async fn make_report(
        &self,
        facility: FacilityId,
        turn: Option<OwnedSemaphorePermit>,
        progress: Option<&ReportProgress<'_>>,
    ) -> Result<MadeReport, ReportFault> {
        let mut conn = self.db.read(self.reads).await?;
        let row = get(&mut conn, facility).await?.ok_or(ReportFault::NotFound)?;
        let live = find_live(&mut conn, facility).await?;
        let state = Arc::new(load_all(&mut conn, live).await?);
        let now_ms = self.now_ms;
        let as_of_ms = as_of_ms(now_ms, row.known_ms);
        let calendar = calendar_of(&state);
        let period = self.query.period(&calendar, self.begins_by_ms)?;
        let request = ReportRequest {
            scope: self.query.scope(&state)?,
            from_ms: period.start,
            to_ms: period.end,
            now_ms,
            known_ms: Some(as_of_ms).filter(|known_ms| *known_ms < now_ms),
            lacks_history: false,
            is_certain: true,
            locale: self.locale,
            made_by: None,
        };
        let mut builder = ReportBuilder::new(Arc::clone(&state), request);
        let mut texts = read_names(&mut conn, &state).await?;
        let read = read_cleanings(&mut conn, &mut builder, live, facility, progress).await?;
        let (entries, logs, adopted, unproven) =
            prove_entries(self.keys, &mut conn, &read, &mut texts).await?;
        drop(conn);
        note_part(progress, PROVEN_PERCENT).await?;
        add_rows(&mut builder, read, &texts, &unproven);
        let report = builder.finish(&texts);
        let proof = sign_report(self.keys, &report, &entries, logs, adopted)?;
        let days = days_text([report.from_ms, report.to_ms - 1].map(|ms| calendar.day_of(ms)));
        let format = self.format;
        let drawing = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            write_bytes(&report, entries, &proof, format)
        });
        let bytes = drawing.await.map_err(ReportFault::making)?.map_err(ReportFault::making)?;
        Ok(MadeReport { bytes, days })
    }
}

async fn note_part(progress: Option<&ReportProgress<'_>>, percent: usize) -> Result<(), ReportFault> {
    match progress {
        Some(progress) => progress.note(percent).await,
        None => Ok(()),
    }
}

fn add_rows(
    builder: &mut ReportBuilder,
    read: Vec<ReadCleaning>,
    texts: &ReportTexts,
    unproven: &HashSet<Hash>,
) {
    let mut by_item: BTreeMap<Tag, Vec<ReadCleaning>> = BTreeMap::new();
    for one in read {
        by_item.entry(one.cleaning.tag).or_default().push(one);
    }
    for item in builder.items() {
        let own = by_item.remove(&item.tag).unwrap_or_default();
        let rows = own.into_iter().map(|one| {
            let leaf = one.entry.leaf();
            let sources = RowSources {
                cleaning: one.cleaning,
                entry: &one.entry,
                voiding: one.voiding.as_ref(),
                photos: one.photos,
            };
            let mut row = builder.make_row(sources, texts);
            row.is_unproven = unproven.contains(&leaf);
            if let Some(voided) = &mut row.voided {
                voided.is_unproven = voided.leaf.is_some_and(|leaf| unproven.contains(&leaf));
            }
            row
        });
        let rows = rows.collect();
        builder.add_rows(rows);
    }
}

fn sign_report(
    keys: &KeySet,
    report: &CleaningReport,
    entries: &[AttachedEntry],
    logs: Vec<EntriesProof>,
    adopted: Vec<record::proof::RecordProof>,
) -> Result<ReportProof, ReportFault> {
    let signer = keys.current_signer(AuthorityKind::Cosign);
    let signer = signer.ok_or_else(|| DbError::stored("cosigning key", "none is here"))?;
    let sign = |domain: &str, bytes: &[u8]| signer.sign_bytes(domain, bytes);
    let signed_by = ReportSigner { key: signer.verifier().clone(), sign: &sign };
    ReportProof::new(report, entries, logs, adopted, &signed_by).map_err(ReportFault::making)
}

fn write_bytes(
    report: &CleaningReport,
    entries: Vec<AttachedEntry>,
    proof: &ReportProof,
    format: ReportFormat,
) -> Result<Vec<u8>, report::ReportError> {
    let Some(format) = format.table() else {
        let progress = &mut |_, _| ControlFlow::Continue(());
        let parts = ReportParts { entries, proof, pictures: &mut |_| None, progress };
        return render_report(report, parts);
    };
    let wording = RowWording::of_report(report);
    let adopted = proof.adopted.iter().filter_map(|proof| Entry::parse(proof.entry.as_bytes()).ok());
    let by_leaf: HashMap<Hash, Entry> =
        entries.into_iter().map(|one| one.entry).chain(adopted).map(|entry| (entry.leaf(), entry)).collect();
    let mut table = TableWriter::new(format, &wording, Vec::new(), &std::env::temp_dir(), report.made_ms)?;
    for row in &report.rows {
        table.write_row(row, by_leaf.get(&row.leaf))?;
    }
    table.finish()
}

/// Names of people, which are looked up by their hashes alone.
async fn read_names(conn: &mut ScopedConnection, facility: &FacilityState) -> Result<ReportTexts, DbError> {
    let mut names = ReportTexts::default();
    for member in facility.staff.values() {
        if let Some(name) = texts::by_hash(conn, member.name).await? {
            names.add_text(member.name, NamedText::Text(name));
        }
    }
    Ok(names)
}

fn origin_of(row: &CleaningRow) -> Result<LogOrigin, DbError> {
    let box_id: BoxId = row.box_id.parse().map_err(|e| DbError::stored("box id", e))?;
    Ok(LogOrigin { box_id, epoch: row.cleaning.of.epoch })
}

fn read_entry(line: &[u8]) -> Result<Entry, DbError> {
    Entry::parse(line).map_err(|e| DbError::stored("entry", e))
}

/// Counts windows, and reads the cleanings that are rows with their entries.
async fn read_cleanings(
    conn: &mut ScopedConnection,
    builder: &mut ReportBuilder,
    live: crate::db::ProjectionNumber,
    facility: FacilityId,
    progress: Option<&ReportProgress<'_>>,
) -> Result<Vec<ReadCleaning>, ReportFault> {
    let items = builder.items();
    let starts: Vec<(Tag, i64)> = items.iter().map(|item| (item.tag, builder.times_of(item).start)).collect();
    let begin_ms = starts.iter().map(|(_, start_ms)| *start_ms).min().unwrap_or(i64::MAX);
    let mut by_item: BTreeMap<Tag, Vec<CleaningRecord>> = BTreeMap::new();
    let scoped: HashSet<Tag> = items.iter().map(|item| item.tag).collect();
    let scope = match items[..] {
        [ref item] => HistoryScope::Item(facility, item.tag),
        _ => HistoryScope::Facility(facility),
    };
    // Where no windows count, later ones say nothing of the period.
    let mut after = match builder.counts_windows() {
        true => HistoryCursor::start(),
        false => HistoryCursor { performed_ms: builder.until_ms(), ..HistoryCursor::start() },
    };
    let (mut rows, mut read) = (Vec::new(), 0);
    loop {
        let piece = load_cleanings(conn, scope, &after, PIECE).await?;
        let Some(last) = piece.last() else { break };
        after = cursor_after(last);
        let is_last = i64::try_from(piece.len()).is_ok_and(|read| read < PIECE);
        let reached = last.cleaning.performed_ms < begin_ms;
        read += piece.len();
        if read > READ_MAX {
            return Err(ReportFault::TooLong);
        }
        note_part(progress, read * READ_PERCENT / READ_MAX).await?;
        for row in piece.into_iter().filter(|row| scoped.contains(&row.cleaning.tag)) {
            if builder.counts_windows() {
                by_item.entry(row.cleaning.tag).or_default().push(row.cleaning.clone());
            }
            if builder.takes(&row.cleaning) {
                rows.push(row);
            }
        }
        if is_last || reached {
            break;
        }
    }
    let timed: Vec<(Tag, i64)> =
        items.iter().zip(&starts).filter(|(item, _)| is_by_uses(item)).map(|(_, start)| *start).collect();
    let mut uses: HashMap<String, Vec<i64>> = HashMap::new();
    if builder.counts_windows() {
        for (tag, ended_ms) in uses_since(conn, live, &timed).await? {
            uses.entry(tag).or_default().push(ended_ms);
        }
    }
    for (item, (tag, start_ms)) in items.iter().zip(starts) {
        let mut own = by_item.remove(&tag).unwrap_or_default();
        own.retain(|cleaning| cleaning.performed_ms >= start_ms);
        builder.count_item(item, &own, uses.remove(&tag.to_string()).unwrap_or_default());
    }
    Ok(read_entries_of(conn, rows).await?)
}

fn cursor_after(row: &CleaningRow) -> HistoryCursor {
    HistoryCursor {
        performed_ms: row.cleaning.performed_ms,
        box_id: row.box_id.clone(),
        epoch: row.cleaning.of.epoch.to_string(),
        seq: i64::try_from(row.cleaning.of.seq).unwrap_or(i64::MAX),
        run: row.held_in.clone(),
    }
}

async fn read_entries_of(
    conn: &mut ScopedConnection,
    rows: Vec<CleaningRow>,
) -> Result<Vec<ReadCleaning>, DbError> {
    let origins: Vec<LogOrigin> = rows.iter().map(origin_of).collect::<Result<_, _>>()?;
    let places: Vec<_> = rows
        .iter()
        .zip(&origins)
        .map(|(row, origin)| (*origin, row.cleaning.of.seq, row.held_in.as_str()))
        .collect();
    let lines = load_lines_at(conn, &places).await?;
    let voids: Vec<_> = rows
        .iter()
        .zip(&origins)
        .filter_map(|(row, origin)| Some((row.cleaning.voided?, origin)))
        .map(|(of, origin)| (LogOrigin { epoch: of.epoch, ..*origin }, of.seq, ""))
        .collect();
    let mut voiding = load_lines_at(conn, &voids).await?.into_iter();
    let mut read = Vec::with_capacity(rows.len());
    for ((row, origin), line) in rows.into_iter().zip(origins).zip(lines) {
        // A report that leaves out what cannot be read would be no proof.
        let line = line.ok_or_else(|| DbError::stored("line", "a cleaning has none"))?;
        let voided = if row.cleaning.voided.is_some() { voiding.next().flatten() } else { None };
        let mut found = Vec::with_capacity(row.cleaning.photos.len());
        for photo in &row.cleaning.photos {
            let is_here = photos::is_here(conn, *photo).await?;
            found.push(if is_here { ReportPhoto::Here } else { ReportPhoto::Gone });
        }
        read.push(ReadCleaning {
            entry: read_entry(&line)?,
            voiding: voided.map(|line| read_entry(&line)).transpose()?,
            cleaning: row.cleaning,
            entered: [row.who, row.note],
            held_in: row.held_in,
            photos: found,
            origin,
        });
    }
    Ok(read)
}

type ProvenEntries = (Vec<AttachedEntry>, Vec<EntriesProof>, Vec<record::proof::RecordProof>, HashSet<Hash>);

/// The entries by logs with what proves them, and what runs brought; those of which nothing here proves anything come last.
async fn prove_entries(
    keys: &KeySet,
    conn: &mut ScopedConnection,
    read: &[ReadCleaning],
    table: &mut ReportTexts,
) -> Result<ProvenEntries, DbError> {
    let mut by_log: BTreeMap<LogOrigin, BTreeMap<u64, Entry>> = BTreeMap::new();
    let (mut adopted, mut unproven) = (Vec::new(), HashSet::new());
    for one in read {
        if let (Some(voiding), Some(of)) = (&one.voiding, one.cleaning.voided) {
            let origin = LogOrigin { epoch: of.epoch, ..one.origin };
            by_log.entry(origin).or_default().insert(voiding.seq(), voiding.clone());
        }
        let who = match &one.cleaning.who {
            CleanedBy::Entered { name, .. } => Some(name.hash),
            _ => None,
        };
        let note = match one.entry.event() {
            Event::CleaningRecorded(body) => body.note.map(|note| note.hash),
            _ => None,
        };
        for (hash, text) in [who, note].into_iter().zip(&one.entered) {
            if let Some((hash, text)) = hash.zip(text.clone()) {
                table.add_text(hash, NamedText::Text(text));
            }
        }
        if one.held_in.is_empty() {
            by_log.entry(one.origin).or_default().insert(one.entry.seq(), one.entry.clone());
        } else if let Some(proof) = adopted_of(conn, one.origin.box_id, &one.held_in, &one.entry).await? {
            adopted.push(proof);
        } else {
            unproven.insert(one.entry.leaf());
        }
    }
    let (mut proven, mut rest, mut logs) = (Vec::new(), Vec::new(), Vec::new());
    for (origin, lines) in by_log {
        let lines: Vec<Entry> = lines.into_values().collect();
        let cosigned = find_cosigned(conn, &origin).await?;
        let size = cosigned.as_ref().map_or(0, |(signed, _)| signed.checkpoint().size);
        let covered = lines.partition_point(|entry| entry.seq() < size);
        let attached = attach_texts(conn, &origin, lines, table).await?;
        let (own, newer) = attached.split_at(covered);
        if let Some((signed, log)) = cosigned.filter(|_| !own.is_empty()) {
            let own: Vec<Entry> = own.iter().map(|one| one.entry.clone()).collect();
            let numbers: Vec<u64> = own.iter().map(Entry::seq).collect();
            let nodes = entries::nodes_of(conn, &origin, &numbers, size).await?;
            let mut cosigners = keys.cosigners();
            cosigners.retain(|key| matches!(key.verify(signed.note()), Ok(Some(_))));
            logs.push(EntriesProof::new(&nodes, &own, &signed, &log, &cosigners)?);
        }
        unproven.extend(newer.iter().map(|one| one.entry.leaf()));
        proven.extend_from_slice(own);
        rest.extend_from_slice(newer);
    }
    proven.extend(rest);
    for one in read.iter().filter(|one| !one.held_in.is_empty() && unproven.contains(&one.entry.leaf())) {
        proven.push(AttachedEntry { entry: one.entry.clone(), texts: Vec::new() });
    }
    Ok((proven, logs, adopted, unproven))
}

async fn attach_texts(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    lines: Vec<Entry>,
    table: &mut ReportTexts,
) -> Result<Vec<AttachedEntry>, DbError> {
    let named: Vec<(u64, Vec<Hash>)> = lines.iter().map(|entry| (entry.seq(), entry.redactables())).collect();
    let found = texts::named_texts(conn, origin, &named).await?;
    let mut attached = Vec::with_capacity(lines.len());
    for (entry, found) in lines.into_iter().zip(found) {
        let texts: Result<Vec<TextLine>, _> =
            found.iter().map(|line| TextLine::parse(line.as_bytes())).collect();
        let texts = texts.map_err(|e| DbError::stored("text", e))?;
        table.add_lines(&texts);
        attached.push(AttachedEntry { entry, texts });
    }
    Ok(attached)
}
