//! What a report is made of: rows, the entries that they come from, and what proves these.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;

use http::StatusCode;
use record::checkpoint::{LogOrigin, SignedCheckpoint};
use record::compliance::is_by_uses;
use record::entries_proof::EntriesProof;
use record::entry::Entry;
use record::fold::{CleaningRecord, Equipment, LinePlace};
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use record::redact::TextLine;
use record::tag::Tag;
use record::tree::Hash;
use report::build::{ReportBuilder, ReportRequest, ReportTexts, RowSources};
use report::{AttachedEntry, CleaningReport, NamedText, ReportPhoto, ReportProof, ReportRow, ReportSigner};
use web::error::HttpError;

use crate::photo::PhotoStore;
use crate::store::{BLOCK_ENTRIES, HISTORY_PIECE, HistoryPlace, LogReader};
use crate::web::context::AppState;
use crate::web::http_error::{history_missing, report_too_long, store_error};
use crate::web::log_reads::{StoredText, read_long};
use crate::web::view_models::records::proofs::{adopted_proof, find_cosigned};

/// Photos of a cleaning whose small pictures are shown.
const PHOTOS_SHOWN_MAX: usize = 3;

/// Cleanings of a report on paper, all of which are in memory while it is drawn.
const ROWS_MAX: usize = 20_000;
/// Cleanings of several items whose entries are read together, in the order of the log.
const CLEANINGS_TOGETHER: usize = 4_096;
/// Entries that are read or proven at a time, and blocks of the log that they lie in: each of these is hashed whole, the log's own reader
/// has two seconds, and a small box is five times slower than the one that this was measured on.
const ENTRIES_AT_A_TIME: usize = 1_000;
const BLOCKS_AT_A_TIME: usize = 32;
/// Cleanings behind which a read of several items' ends, and how many these are: whoever reads makes the database take in what waits for it,
/// which costs more than what is read of one item.
const CLEANINGS_AT_A_TIME: usize = 1_024;
const ITEMS_AT_A_TIME: usize = 64;
/// How often a job asks again while the box has something else to read.
const TRIES: u32 = 10;
const PAUSE: std::time::Duration = std::time::Duration::from_secs(1);

/// All that a report on paper is drawn from.
pub(crate) struct CollectedReport {
    pub(crate) report: CleaningReport,
    pub(crate) entries: Vec<AttachedEntry>,
    pub(crate) proof: ReportProof,
    /// Small pictures, by their hashes.
    pub(crate) pictures: HashMap<Hash, Vec<u8>>,
}

/// A cleaning as the log has it.
struct ReadCleaning {
    cleaning: CleaningRecord,
    line: ReadLine,
    voiding: Option<(LinePlace, ReadLine)>,
}

struct ReadLine {
    entry: Entry,
    texts: Vec<TextLine>,
}

fn named_text(text: StoredText) -> NamedText {
    match text {
        StoredText::Present(text) => NamedText::Text(text),
        StoredText::Erased => NamedText::Erased,
        StoredText::Unreadable => NamedText::Unreadable,
        StoredText::Nobody => NamedText::Nobody,
    }
}

/// Is given how far it is: items done, and all.
pub(crate) type OnProgress<'a> = &'a (dyn Fn(usize, usize) -> Result<(), HttpError> + Send + Sync);

pub(crate) async fn collect_report(
    state: &AppState,
    request: ReportRequest,
    on_progress: OnProgress<'_>,
) -> Result<CollectedReport, HttpError> {
    let mut lines: BTreeMap<(u32, EntryRef), AttachedEntry> = BTreeMap::new();
    let mut adopted: Vec<(LinePlace, AttachedEntry)> = Vec::new();
    let (mut builder, mut texts) =
        (ReportBuilder::new(state.store.facility(), request), read_staff_names(state).await?);
    let mut read = 0;
    for_each_item(state, &mut builder, &mut texts, on_progress, |builder, rows| {
        read += rows.len();
        if read > ROWS_MAX {
            return Err(report_too_long());
        }
        builder.add_rows(
            rows.into_iter()
                .map(|(row, one)| {
                    let place = one.cleaning.place();
                    let line = one.line.attached();
                    match place.run {
                        Some(_) => adopted.push((place, line)),
                        None => drop(lines.insert((place.of.epoch.n, place.of), line)),
                    }
                    if let Some((of, voiding)) = one.voiding.filter(|(of, _)| of.run.is_none()) {
                        lines.insert((of.of.epoch.n, of.of), voiding.attached());
                    }
                    row
                })
                .collect(),
        );
        Ok(())
    })
    .await?;
    let mut report = builder.finish(&texts);
    let pictures = show_photos(state, &mut report, on_progress)?;
    let (entries, proof) = prove_report(state, &mut report, lines, adopted, on_progress).await?;
    Ok(CollectedReport { report, entries, proof, pictures })
}

/// Gives out the rows of each item, and the entries that they come from, and forgets them: for tables, which may be long.
pub(crate) async fn stream_rows(
    state: &AppState,
    request: ReportRequest,
    on_progress: OnProgress<'_>,
    mut each: impl FnMut(&ReportRow, &Entry) -> Result<(), HttpError> + Send,
) -> Result<(), HttpError> {
    let (mut builder, mut texts) =
        (ReportBuilder::new(state.store.facility(), request), read_staff_names(state).await?);
    for_each_item(state, &mut builder, &mut texts, on_progress, |_, rows| {
        rows.iter().try_for_each(|(row, one)| each(row, &one.line.entry))
    })
    .await
}

async fn for_each_item(
    state: &AppState,
    builder: &mut ReportBuilder,
    texts: &mut ReportTexts,
    on_progress: OnProgress<'_>,
    mut take: impl FnMut(&mut ReportBuilder, Vec<(ReportRow, ReadCleaning)>) -> Result<(), HttpError> + Send,
) -> Result<(), HttpError> {
    let items = builder.items();
    let mut history = HistoryWalk::begin(state, builder, &items).await?;
    let (mut cleanings, mut done) = (Vec::new(), 0);
    for (at, item) in items.iter().enumerate() {
        on_progress(done, items.len())?;
        let read = history.read_next(state).await?;
        cleanings.push(count_cleanings(builder, item, read));
        let count: usize = cleanings.iter().map(Vec::len).sum();
        if count < CLEANINGS_TOGETHER && at + 1 < items.len() {
            continue;
        }
        let (before, together) = (done, cleanings.len());
        let on_read = |read, all| on_progress(before + together * read / all, items.len());
        done += together;
        for read in read_entries(state, std::mem::take(&mut cleanings), &on_read).await? {
            let mut rows = Vec::with_capacity(read.len());
            for one in read {
                texts.add_lines(&one.line.texts);
                if let Some((_, voiding)) = &one.voiding {
                    texts.add_lines(&voiding.texts);
                }
                let sources = RowSources {
                    cleaning: one.cleaning.clone(),
                    entry: &one.line.entry,
                    voiding: one.voiding.as_ref().map(|(_, line)| &line.entry),
                    photos: one.cleaning.photos.iter().map(|photo| find_photo(state, *photo)).collect(),
                };
                rows.push((builder.make_row(sources, &*texts), one));
            }
            take(builder, rows)?;
        }
    }
    Ok(())
}

/// As [`read_long`], for a job: it waits where pages would be told that the box is busy.
async fn read_patiently<T: Send + 'static>(
    state: &AppState,
    work: impl Fn(&AppState, &LogReader) -> Result<T, HttpError> + Clone + Send + 'static,
) -> Result<T, HttpError> {
    let mut tries = 0;
    loop {
        match read_long(state, work.clone()).await {
            Err(error)
                if error.status == StatusCode::SERVICE_UNAVAILABLE
                    && error.code == "busy"
                    && tries < TRIES =>
            {
                tries += 1;
                tokio::time::sleep(PAUSE).await;
            }
            answer => return answer,
        }
    }
}

impl ReadLine {
    fn attached(self) -> AttachedEntry {
        AttachedEntry { entry: self.entry, texts: self.texts }
    }
}

async fn read_staff_names(state: &AppState) -> Result<ReportTexts, HttpError> {
    let names = read_long(state, |state, reader| {
        let facility = state.store.snapshot();
        let mut names = ReportTexts::default();
        for member in facility.staff.values() {
            names.add_text(member.name, named_text(StoredText::read(reader, member.name)));
        }
        Ok(names)
    });
    names.await
}

/// What is overdue and was missed, and the cleanings that rows would be made of, without these rows.
pub(crate) async fn collect_gaps(
    state: &AppState,
    request: ReportRequest,
) -> Result<(CleaningReport, Vec<CleaningRecord>), HttpError> {
    let mut builder = ReportBuilder::new(state.store.facility(), request);
    let mut cleanings = Vec::new();
    let items = builder.items();
    let mut history = HistoryWalk::begin(state, &builder, &items).await?;
    for item in &items {
        let read = history.read_next(state).await?;
        cleanings.extend(count_cleanings(&mut builder, item, read));
    }
    Ok((builder.finish(&ReportTexts::default()), cleanings))
}

/// The cleanings of one item after the other, of which one read takes several.
struct HistoryWalk {
    /// Those that are not read to their end.
    unread: VecDeque<(Tag, std::ops::Range<i64>)>,
    /// What is read of the first of them, and where its next piece begins.
    part: Vec<CleaningRecord>,
    upto: Option<HistoryPlace>,
    ready: VecDeque<ItemHistory>,
    /// When items were used whose windows follow from that: read before all cleanings, for a use without its cleaning is a missed window.
    uses: HashMap<Tag, Vec<i64>>,
}

impl HistoryWalk {
    async fn begin(
        state: &AppState,
        builder: &ReportBuilder,
        items: &[Arc<Equipment>],
    ) -> Result<Self, HttpError> {
        let mut uses = HashMap::new();
        for item in items.iter().filter(|item| builder.counts_windows() && is_by_uses(item)) {
            let times = builder.times_of(item).start..builder.uses_until_ms();
            uses.insert(item.tag, read_uses(state, item, times).await?);
        }
        let unread = items.iter().map(|item| (item.tag, builder.times_of(item))).collect();
        Ok(Self { unread, part: Vec::new(), upto: None, ready: VecDeque::new(), uses })
    }

    /// All cleanings of the next item, the newest first.
    async fn read_next(&mut self, state: &AppState) -> Result<ItemHistory, HttpError> {
        while self.ready.is_empty() && !self.unread.is_empty() {
            let unread: Vec<_> = self.unread.iter().take(ITEMS_AT_A_TIME).cloned().collect();
            let from = self.upto;
            let read = read_patiently(state, move |_, reader| read_histories(reader, &unread, from)).await?;
            self.upto = read.upto;
            for (cleanings, is_whole) in read.items {
                self.part.extend(cleanings);
                if is_whole && let Some((tag, _)) = self.unread.pop_front() {
                    let uses = self.uses.remove(&tag).unwrap_or_default();
                    self.ready.push_back(ItemHistory { cleanings: std::mem::take(&mut self.part), uses });
                }
            }
        }
        Ok(self.ready.pop_front().unwrap_or_default())
    }
}

#[derive(Default)]
struct ItemHistory {
    cleanings: Vec<CleaningRecord>,
    uses: Vec<i64>,
}

/// Of each item what was read of its cleanings, and whether that is all of them; of the last one, where the rest begins.
struct ReadHistories {
    items: Vec<(Vec<CleaningRecord>, bool)>,
    upto: Option<HistoryPlace>,
}

fn read_histories(
    reader: &LogReader,
    unread: &[(Tag, std::ops::Range<i64>)],
    from: Option<HistoryPlace>,
) -> Result<ReadHistories, HttpError> {
    let mut read = ReadHistories { items: Vec::new(), upto: from };
    let mut count = 0;
    for (tag, times) in unread {
        let mut cleanings = Vec::new();
        let is_whole = loop {
            if count >= CLEANINGS_AT_A_TIME {
                break false;
            }
            let piece =
                reader.cleanings_of(*tag, times.clone(), read.upto, HISTORY_PIECE).map_err(store_error)?;
            // A damaged row makes a piece shorter, so only an empty one is the end.
            let Some(last) = piece.last() else { break true };
            read.upto = Some(reader.place_of(last).older());
            count += piece.len();
            cleanings.extend(piece);
        };
        read.items.push((cleanings, is_whole));
        if !is_whole {
            break;
        }
        read.upto = None;
    }
    Ok(read)
}

/// Counts an item's windows, and returns those of its cleanings that are rows.
fn count_cleanings(
    builder: &mut ReportBuilder,
    item: &Arc<Equipment>,
    ItemHistory { mut cleanings, uses }: ItemHistory,
) -> Vec<CleaningRecord> {
    builder.count_item(item, &cleanings, uses);
    cleanings.retain(|cleaning| builder.takes(cleaning));
    cleanings
}

/// The entries of some items' cleanings, of each item the newest first.
async fn read_entries(
    state: &AppState,
    items: Vec<Vec<CleaningRecord>>,
    on_progress: OnProgress<'_>,
) -> Result<Vec<Vec<ReadCleaning>>, HttpError> {
    let mut read: Vec<Vec<ReadCleaning>> = items.iter().map(|one| Vec::with_capacity(one.len())).collect();
    let numbered = items.into_iter().enumerate();
    let mut all: Vec<(usize, CleaningRecord)> =
        numbered.flat_map(|(item, of)| of.into_iter().map(move |cleaning| (item, cleaning))).collect();
    all.sort_by_key(|(_, cleaning)| cleaning.place());
    let mut done = 0;
    for piece in split_by_blocks(&all, |(_, cleaning)| cleaning.of) {
        on_progress(done, all.len())?;
        done += piece.len();
        let cleanings: Vec<CleaningRecord> = piece.iter().map(|(_, cleaning)| cleaning.clone()).collect();
        let lines = read_patiently(state, move |_, reader| read_lines(reader, cleanings.clone())).await?;
        for ((item, _), line) in piece.iter().zip(lines) {
            read[*item].push(line);
        }
    }
    for of_item in &mut read {
        of_item.sort_by_key(|one| {
            let CleaningRecord { performed_ms, of, .. } = one.cleaning;
            std::cmp::Reverse((performed_ms, of.epoch.n, of.seq))
        });
    }
    Ok(read)
}

/// Parts of what is in the order of the log, each of which one read has time for.
fn split_by_blocks<T>(mut all: &[T], place: impl Fn(&T) -> EntryRef) -> Vec<&[T]> {
    let mut parts = Vec::new();
    while !all.is_empty() {
        let (mut last, mut blocks) = (None, 0);
        let is_in_time = |one: &&T| {
            let block = Some((place(one).epoch.n, place(one).seq / BLOCK_ENTRIES));
            blocks += usize::from(last != block);
            last = block;
            blocks <= BLOCKS_AT_A_TIME
        };
        let (part, rest) = all.split_at(all.iter().take(ENTRIES_AT_A_TIME).take_while(is_in_time).count());
        parts.push(part);
        all = rest;
    }
    parts
}

async fn read_uses(
    state: &AppState,
    item: &Arc<Equipment>,
    times: std::ops::Range<i64>,
) -> Result<Vec<i64>, HttpError> {
    let (mut uses, mut upto) = (Vec::new(), None);
    loop {
        let (range, tag) = (times.clone(), item.tag);
        let piece = read_patiently(state, move |_, reader| {
            reader.uses_of(tag, range.clone(), upto, HISTORY_PIECE).map_err(store_error)
        });
        let piece = piece.await?;
        if piece.is_empty() {
            return Ok(uses);
        }
        uses.extend(piece.iter().map(|used| used.ended_ms));
        upto = piece.last().map(|used| HistoryPlace::of_use(used).older());
    }
}

fn read_lines(reader: &LogReader, cleanings: Vec<CleaningRecord>) -> Result<Vec<ReadCleaning>, HttpError> {
    let read = |place: LinePlace| -> Result<Option<ReadLine>, HttpError> {
        let Some(entry) = reader.line(place).map_err(store_error)? else { return Ok(None) };
        let texts = reader.texts_of_line(place, &entry).map_err(store_error)?;
        Ok(Some(ReadLine { entry, texts }))
    };
    let mut found = Vec::with_capacity(cleanings.len());
    for cleaning in cleanings {
        // A report that leaves out what cannot be read would be no proof.
        let line = read(cleaning.place())?.ok_or_else(history_missing)?;
        let voiding = match cleaning.voided {
            Some(of) => find_voiding(reader, of, cleaning.of)?,
            None => None,
        };
        found.push(ReadCleaning { cleaning, line, voiding });
    }
    Ok(found)
}

/// The line that took a cleaning back, in the chain or in a run that counts.
fn find_voiding(
    reader: &LogReader,
    of: EntryRef,
    cleaning: EntryRef,
) -> Result<Option<(LinePlace, ReadLine)>, HttpError> {
    for (place, entry) in reader.lines_of(of.epoch.n, of.seq).map_err(store_error)? {
        if matches!(entry.event(), Event::CleaningVoided(body) if body.of == cleaning) {
            let texts = reader.texts_of_line(place, &entry).map_err(store_error)?;
            return Ok(Some((place, ReadLine { entry, texts })));
        }
    }
    Ok(None)
}

/// Says of the photos of the rows on pages what became of them, and takes their small pictures along, as far as these are here: a report
/// fetches nothing, and takes no turn of phones' photos.
fn show_photos(
    state: &AppState,
    report: &mut CleaningReport,
    on_progress: OnProgress<'_>,
) -> Result<HashMap<Hash, Vec<u8>>, HttpError> {
    let mut shown = report.shown_rows();
    shown.retain(|at| !report.rows[*at].photos.is_empty());
    let mut pictures = HashMap::new();
    let all = shown.len();
    for (done, at) in shown.into_iter().enumerate() {
        on_progress(done, all)?;
        let row = &mut report.rows[at];
        for (hash, found_photo) in row.cleaning.photos.iter().zip(&mut row.photos).take(PHOTOS_SHOWN_MAX) {
            let (photo, picture) = find_picture(&state.photos, *hash);
            *found_photo = photo;
            pictures.extend(picture);
        }
    }
    Ok(pictures)
}

/// Of a photo that no page shows.
fn find_photo(state: &AppState, hash: Hash) -> ReportPhoto {
    if state.photos.path(hash).exists() { ReportPhoto::Here } else { ReportPhoto::Gone }
}

/// What is on the card: another picture than the entry names, a small picture, a photo alone, or nothing.
fn find_picture(photos: &PhotoStore, hash: Hash) -> (ReportPhoto, Option<(Hash, Vec<u8>)>) {
    let photo = std::fs::read(photos.path(hash)).ok();
    if photo.as_ref().is_some_and(|photo| Hash::of(photo) != hash) {
        return (ReportPhoto::Altered, None);
    }
    let picture = std::fs::read(photos.thumbnail_path(hash)).ok();
    match picture.filter(|picture| picture.starts_with(&[0xff, 0xd8]) && picture.ends_with(&[0xff, 0xd9])) {
        Some(picture) => (ReportPhoto::Shown(Hash::of(&picture)), Some((Hash::of(&picture), picture))),
        None if photo.is_some() => (ReportPhoto::Here, None),
        None => (ReportPhoto::Gone, None),
    }
}

async fn prove_report(
    state: &AppState,
    report: &mut CleaningReport,
    lines: BTreeMap<(u32, EntryRef), AttachedEntry>,
    adopted: Vec<(LinePlace, AttachedEntry)>,
    on_progress: OnProgress<'_>,
) -> Result<(Vec<AttachedEntry>, ReportProof), HttpError> {
    let mut by_epoch: BTreeMap<Epoch, Vec<AttachedEntry>> = BTreeMap::new();
    for ((_, of), line) in lines {
        by_epoch.entry(of.epoch).or_default().push(line);
    }
    let (mut entries, mut logs, mut unproven) = (Vec::new(), Vec::new(), Vec::new());
    for (epoch, lines) in by_epoch {
        let notes = read_patiently(state, move |state, reader| find_notes(state, reader, epoch)).await?;
        let mut rest = &lines[..];
        for note in notes {
            let covered = rest.partition_point(|line| line.entry.seq() < note.size);
            let (own, newer) = rest.split_at(covered);
            for part in split_by_blocks(own, |line| EntryRef { epoch, seq: line.entry.seq() }) {
                on_progress(entries.len(), entries.len() + rest.len())?;
                let (note, part) = (note.clone(), part.to_vec());
                let proven = read_patiently(state, move |state, reader| {
                    Ok((prove_part(state, reader, &note, &part)?, part.clone()))
                });
                let (proof, part) = proven.await?;
                logs.push(proof);
                entries.extend(part);
            }
            rest = newer;
        }
        unproven.extend_from_slice(rest);
    }
    let mut proofs = Vec::with_capacity(adopted.len());
    for (place, line) in adopted {
        let proof = read_patiently(state, move |state, reader| {
            let entry = reader.line(place).map_err(store_error)?.ok_or_else(history_missing)?;
            let run = place.run.ok_or_else(history_missing)?;
            adopted_proof(state, reader, (run, &entry))
        });
        match proof.await {
            Ok(proof) => proofs.push(proof.with_texts(&line.texts)),
            // The log that adopted it ended with its key.
            Err(error) if error.status == StatusCode::NOT_FOUND => unproven.push(line),
            Err(error) => return Err(error),
        }
    }
    let leaves: HashSet<Hash> = unproven.iter().map(|line| line.entry.leaf()).collect();
    for row in &mut report.rows {
        row.is_unproven = leaves.contains(&row.leaf);
        if let Some(voided) = &mut row.voided {
            voided.is_unproven = voided.leaf.is_some_and(|leaf| leaves.contains(&leaf));
        }
    }
    // Those that are proven come first.
    entries.extend(unproven);
    let keys = state.store.verifier_keys();
    let key = keys.first().cloned().ok_or_else(history_missing)?;
    let sign = |domain: &str, bytes: &[u8]| state.store.sign_bytes(domain, bytes);
    let proof = ReportProof::new(report, &entries, logs, proofs, &ReportSigner { key, sign: &sign })
        .map_err(|error| HttpError::internal(&error))?;
    Ok((entries, proof))
}

/// A signed checkpoint by which entries are proven.
#[derive(Clone)]
struct ProvingNote {
    epoch: Epoch,
    size: u64,
    note: String,
}

/// The newest checkpoint of an epoch that the relay has cosigned, then what the box signs now; of one that ended on another card, whose
/// lines are here and whose key is not, none.
fn find_notes(state: &AppState, reader: &LogReader, epoch: Epoch) -> Result<Vec<ProvingNote>, HttpError> {
    let reader = reader.of_epoch(epoch).map_err(store_error)?;
    let origin = LogOrigin { epoch, ..state.store.origin() };
    let keys = state.store.verifier_keys();
    let Some(key) = keys.iter().find(|key| key.name() == origin.to_string()) else { return Ok(Vec::new()) };
    let cosigned = find_cosigned(state, EntryRef { epoch, seq: 0 }).map(|stored| stored.note);
    let own = reader.signed_note().map_err(store_error)?.map(|note| note.to_string());
    let mut notes = Vec::new();
    for note in cosigned.into_iter().chain(own) {
        let signed = SignedCheckpoint::verify(&note, &origin, key).map_err(|e| HttpError::internal(&e))?;
        let size = signed.checkpoint().size;
        if size <= reader.size() {
            notes.push(ProvingNote { epoch, size, note });
        }
    }
    Ok(notes)
}

fn prove_part(
    state: &AppState,
    reader: &LogReader,
    by: &ProvingNote,
    lines: &[AttachedEntry],
) -> Result<EntriesProof, HttpError> {
    let reader = reader.of_epoch(by.epoch).map_err(store_error)?;
    let origin = LogOrigin { epoch: by.epoch, ..state.store.origin() };
    let keys = state.store.verifier_keys();
    let key = keys.iter().find(|key| key.name() == origin.to_string()).ok_or_else(history_missing)?;
    let signed = SignedCheckpoint::verify(&by.note, &origin, key).map_err(|e| HttpError::internal(&e))?;
    let mut cosigners = (state.cosigners)();
    cosigners.retain(|cosigner| matches!(cosigner.verify(signed.note()), Ok(Some(_))));
    let entries: Vec<Entry> = lines.iter().map(|line| line.entry.clone()).collect();
    let proof = EntriesProof::new(&reader, &entries, &signed, key, &cosigners).map_err(store_error)?;
    // One that does not hold is never handed out.
    proof.check(&entries, &[], &[]).map_err(|e| HttpError::internal(&e))?;
    Ok(proof)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_read_ends_after_its_blocks_and_entries() {
        let lengths = |step: u64, count: u64| -> Vec<usize> {
            let all: Vec<u64> = (0..count).map(|n| n * step).collect();
            let parts =
                split_by_blocks(&all, |seq| EntryRef { epoch: Epoch { n: 1, key: [1; 4] }, seq: *seq });
            assert_eq!(parts.concat(), all);
            parts.into_iter().map(<[u64]>::len).collect()
        };
        assert_eq!(lengths(1, 2_100), [1_000, 1_000, 100]);
        assert_eq!(lengths(BLOCK_ENTRIES, 70), [32, 32, 6]);
        assert_eq!(lengths(BLOCK_ENTRIES / 2, 70), [64, 6]);
        assert_eq!(lengths(1, 0), Vec::<usize>::new());
    }
}
