//! Records anew, in the present epoch, lines that are kept beside the log because it has no place for them any more.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::mpsc::Sender;

use record::checkpoint::Origin;
use record::entry::{Digest16, Draft, Entry, Idem};
use record::ids::Epoch;
use record::kinds::{EntryRef, Event};
use record::redact::{Text, TextLine};
use record::tree::Hash;

use super::chain::{LogLine, LogPiece, MissingEntries, Source, strays};
use super::core::{Core, Job};
use super::displaced::{self, DisplacedFile};
use super::error::{StoreError, SubmitError};
use super::moved;
use super::segment::{Line, lines};
use super::sources::{DatabaseSource, LogCopies, SegmentSource};
use super::view::{Recorded, View};

/// Entries and bytes that are recorded anew in one command: few enough that they fit a group whatever they hold.
const CARRIED_ENTRIES: usize = 64;
const CARRIED_BYTES: usize = 128 << 10;

/// Keeps beside the log what any copy of this box holds of an epoch from `end` on, before that epoch is ended there.
///
/// # Errors
/// The disk's.
pub(super) fn displace_beyond(copies: &LogCopies, origin: Origin, end: u64) -> Result<(), StoreError> {
    let epoch = origin.epoch;
    let mut known: BTreeSet<(u64, Hash)> = BTreeSet::new();
    // What an interrupted start has kept already is not kept again.
    for path in displaced::of_epoch(&*copies.disk, epoch)? {
        let mut source = SegmentSource::loose(copies.disk.clone(), epoch, path.clone());
        let mut note = |seq: u64, line: &LogLine| {
            known.insert((seq, line.leaf()));
            Ok(true)
        };
        strays(epoch, end, &mut source, &mut note, &mut |_| Ok(())).map_err(StoreError::io(path))?;
    }
    let journal: Box<dyn Source + '_> = Box::new(SegmentSource::journal(copies.disk.clone()));
    for mut source in std::iter::once(journal).chain(copies.databases()) {
        let mut file = DisplacedFile::new(&*copies.disk, origin);
        let mut failed = None;
        let mut has = |seq: u64, line: &LogLine| Ok(seq < end || !known.insert((seq, line.leaf())));
        let mut take = |piece: LogPiece| {
            file.take(&piece).map_err(|e| {
                failed = Some(e);
                std::io::Error::other("it could not be written")
            })
        };
        let walked = strays(epoch, end, &mut *source, &mut has, &mut take);
        if let Some(failed) = failed {
            return Err(failed);
        }
        walked.map_err(StoreError::io("the log"))?;
        file.finish()?;
    }
    Ok(())
}

/// Records anew what is kept beside the log and counts nowhere; says how many entries it was. One that was recorded anew
/// before is known by its key. A file stays while some of its entries may yet count in their own place.
///
/// # Errors
/// What kept them from being recorded; the next start goes on with the rest.
pub(super) fn carry(core: &mut Core, missing: &[MissingEntries]) -> Result<u64, StoreError> {
    let disk = core.disk.clone();
    let mut count = 0;
    for (epoch, path) in displaced::list(&*disk)? {
        let io = || StoreError::io(path.as_str());
        let mut source = SegmentSource::loose(disk.clone(), epoch, path.clone());
        let (mut from, mut waits) = (0, false);
        let mut moved: BTreeMap<u64, EntryRef> = BTreeMap::new();
        while let Some(page) = source.page(epoch, from).map_err(io())? {
            from = page.piece.next();
            let lines = (page.piece.first..).zip(page.piece.lines);
            let (later, now): (Vec<_>, Vec<_>) = lines.partition(|(seq, _)| is_missing(missing, epoch, *seq));
            waits |= !later.is_empty();
            count += carry_lines(core, epoch, now, &mut moved)?;
        }
        if !waits {
            disk.remove(&path).map_err(io())?;
            disk.sync_dir(displaced::DIR).map_err(StoreError::io(displaced::DIR))?;
        }
    }
    Ok(count)
}

fn is_missing(missing: &[MissingEntries], epoch: Epoch, seq: u64) -> bool {
    missing.iter().any(|m| m.epoch == epoch && m.from <= seq && m.to.is_none_or(|to| seq < to))
}

/// Records lines of one epoch that do not stand in their place.
fn carry_lines(
    core: &mut Core,
    epoch: Epoch,
    lines: Vec<(u64, LogLine)>,
    moved: &mut BTreeMap<u64, EntryRef>,
) -> Result<u64, StoreError> {
    let db = core.shared().db()?;
    let counted = DatabaseSource::new("the database", || Some(db.clone()));
    let mut all: Vec<(Entry, Vec<Text>)> = Vec::new();
    for (seq, line) in lines {
        let entry = std::str::from_utf8(&line.entry).ok().and_then(|t| Entry::view(t).ok());
        let Some(entry) = entry.filter(|entry| entry.seq() == seq) else { continue };
        if counted.entry(epoch, seq).is_none_or(|counts| counts != line.entry) {
            all.push((entry, texts_of(&line)));
        }
    }
    drop(counted);
    drop(db);
    if all.is_empty() {
        return Ok(0);
    }
    let mut count = 0;
    let mut part = Vec::new();
    let mut bytes = 0;
    for (entry, texts) in &all {
        let own = entry.bytes().len() + texts.iter().map(|t| t.as_str().len() + 128).sum::<usize>();
        if part.len() >= CARRIED_ENTRIES || (bytes + own > CARRIED_BYTES && !part.is_empty()) {
            count += carry_part(core, epoch, &std::mem::take(&mut part), moved)?;
            bytes = 0;
        }
        part.push((entry, texts));
        bytes += own;
    }
    count += carry_part(core, epoch, &part, moved)?;
    core.make_durable().map_err(|e| StoreError::io("the log")(std::io::Error::other(e.to_string())))?;
    let places = all.iter().filter_map(|(entry, _)| Some((entry, *moved.get(&entry.head().seq)?)));
    moved::keep(&core.shared().state_db(), epoch, places)?;
    Ok(count)
}

fn texts_of(line: &LogLine) -> Vec<Text> {
    let parsed = lines(&line.texts).filter_map(|line| match line {
        Line::Text(text) => TextLine::parse(text).ok(),
        Line::Entry(_) => None,
    });
    parsed.filter_map(|text| Text::new(text.text(), *text.salt()).ok()).collect()
}

fn carry_part(
    core: &mut Core,
    epoch: Epoch,
    part: &[(&Entry, &Vec<Text>)],
    moved: &mut BTreeMap<u64, EntryRef>,
) -> Result<u64, StoreError> {
    let drafts: Vec<(u64, Draft)> = part
        .iter()
        .filter_map(|(entry, texts)| Some((entry.seq(), anew(entry, texts, epoch, moved)?)))
        .collect();
    let (told, result) = std::sync::mpsc::channel();
    let job = Carry { drafts, placed: Vec::new(), recorded: 0, told };
    let mut jobs: VecDeque<Box<dyn Job>> = VecDeque::from([Box::new(job) as Box<dyn Job>]);
    let failed = |why: String| StoreError::io("the log")(std::io::Error::other(why));
    core.group(&mut jobs).map_err(|e| failed(e.to_string()))?;
    match result.try_recv() {
        Ok(Ok((placed, recorded))) => {
            moved.extend(placed);
            Ok(recorded)
        }
        Ok(Err(SubmitError::Full)) => Err(StoreError::io("the log")(std::io::ErrorKind::StorageFull.into())),
        Ok(Err(e)) => Err(failed(e.to_string())),
        Err(_) => Err(StoreError::Stopped),
    }
}

/// An entry as it is recorded once more. `None` for what was true of its own log and boot only.
fn anew(entry: &Entry, texts: &[Text], epoch: Epoch, moved: &BTreeMap<u64, EntryRef>) -> Option<Draft> {
    let head = entry.head();
    let mut event = entry.event();
    let place = |of: &mut EntryRef| {
        if of.epoch == epoch
            && let Some(now) = moved.get(&of.seq)
        {
            *of = *now;
        }
    };
    match &mut event {
        // What an adopted run brings counts where the run's entry stands, and not once more.
        Event::LogStarted(_) | Event::LogAdopted(_) | Event::ClockAnchored(_) => return None,
        Event::CleaningRecorded(cleaning) => {
            cleaning.performed.get_or_insert(head.at.wall);
        }
        Event::UseRecorded(used) => {
            used.performed.get_or_insert(head.at.wall);
        }
        Event::CleaningVoided(voided) => place(&mut voided.of),
        Event::PhotoAttached(attached) => place(&mut attached.of),
        Event::BoxClaimed(_)
        | Event::FacilityChanged(_)
        | Event::EquipmentAdded(_)
        | Event::EquipmentChanged(_)
        | Event::EquipmentRetired(_)
        | Event::EquipmentSuspended(_)
        | Event::EquipmentResumed(_)
        | Event::TagAssigned(_)
        | Event::TagRevoked(_)
        | Event::ProtocolPublished(_)
        | Event::ScheduleSet(_)
        | Event::StaffAdded(_)
        | Event::StaffChanged(_)
        | Event::StaffLeft(_)
        | Event::LabelPrinted(_)
        | Event::DirectiveApplied(_)
        | Event::DirectiveRefused(_)
        | Event::TextErased(_)
        | Event::Unknown(_) => {}
    }
    let own = || {
        let key = Digest16::of(format!("carried/{epoch}/{}/{}", head.seq, entry.leaf()).as_bytes());
        Idem { key, req: Digest16::of(entry.bytes()) }
    };
    Some(Draft { by: head.by, idem: Some(head.idem.unwrap_or_else(own)), event, texts: texts.to_vec() })
}

/// Where each carried entry stands now.
type Placed = Vec<(u64, EntryRef)>;

/// Records those that are not there yet.
struct Carry {
    drafts: Vec<(u64, Draft)>,
    placed: Placed,
    recorded: u64,
    told: Sender<Result<(Placed, u64), SubmitError>>,
}

impl Job for Carry {
    fn decide(&mut self, view: &View<'_>) -> Vec<Draft> {
        let mut drafts = Vec::new();
        let epoch = view.epoch();
        let mut next = view.size();
        for (was, draft) in std::mem::take(&mut self.drafts) {
            match draft.idem.and_then(|idem| view.by_key(&idem.key)) {
                Some((of, _)) => self.placed.push((was, of)),
                None => {
                    self.placed.push((was, EntryRef { epoch, seq: next }));
                    next += 1;
                    drafts.push(draft);
                }
            }
        }
        self.recorded = drafts.len() as u64;
        drafts
    }

    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>) {
        // The start itself waits for it.
        let Self { placed, told, recorded, .. } = *self;
        let _ = told.send(result.map(|_| (placed, recorded)));
    }
}
