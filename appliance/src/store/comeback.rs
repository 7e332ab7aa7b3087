//! At a start: fetched entries take their place in an ended epoch, and what stood there instead is recorded anew.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc::Sender;

use record::checkpoint::Origin;
use record::entry::{Digest16, Draft, Entry, Idem};
use record::ids::{BoxId, Epoch};
use record::kinds::{EntryRef, Event};
use record::redact::{Text, TextLine};
use record::tree::{Frontier, leaf_hash};

use super::core::{Core, Job};
use super::disk::{Disk, exists, put_small, remove_if_there};
use super::error::{StoreError, SubmitError};
use super::journal::Journal;
use super::keys::epoch_folders;
use super::moved;
use super::rebuild::prev_of;
use super::refill::{DIR, fetched_path};
use super::repair::Rewriter;
use super::scan::{Segment, SegmentReader, Step};
use super::segment::{GroupWriter, Header, Line, lines};
use super::survey::link;
use super::tidy::last_link;
use super::view::{Recorded, View};

/// Entries that are recorded anew in one command; few enough that they fit a group whatever they hold.
const CARRIED_AT_ONCE: usize = 2;

fn carried_path(epoch: Epoch) -> String {
    format!("{DIR}/{epoch}.carry")
}

/// Puts what was fetched in place. Some: the database must be built anew, and [`carry`] has something to do.
///
/// # Errors
/// The disk's. Every step can be repeated after a crash.
pub(super) fn place(disk: &dyn Disk, box_id: BoxId) -> Result<Option<String>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let mut placed = None;
    for name in &names {
        if let Some(epoch) = name.strip_suffix(".jsonl").and_then(|e| e.parse::<Epoch>().ok()) {
            let origin = Origin { box_id, epoch };
            if !place_one(disk, origin)? {
                tracing::warn!(%epoch, "entries that the relay gave back do not fit and are fetched again");
                let path = fetched_path(epoch);
                remove_if_there(disk, &path).map_err(StoreError::io(path))?;
                continue;
            }
            placed = Some(format!("entries of epoch {epoch} came back from the relay"));
        } else if name.ends_with(".carry") {
            placed.get_or_insert_with(|| "entries that came back were being put in place".to_owned());
        } else {
            let path = format!("{DIR}/{name}");
            remove_if_there(disk, &path).map_err(StoreError::io(path))?;
        }
    }
    Ok(placed)
}

fn place_one(disk: &dyn Disk, origin: Origin) -> Result<bool, StoreError> {
    let path = fetched_path(origin.epoch);
    let io = || StoreError::io(path.as_str());
    let fetched = Segment { first: 0, sealed: false, path: path.clone() };
    let reader = SegmentReader::open(disk, &fetched).map_err(io())?;
    let Some(header) = reader.header().filter(|h| h.origin == origin).cloned() else { return Ok(false) };
    let from = header.frontier.size();
    let folders = epoch_folders(disk).map_err(StoreError::io("log/"))?;
    let next = folders.into_iter().find(|e| e.n == origin.epoch.n + 1);
    let counts = match next {
        Some(epoch) => prev_of(disk, Origin { epoch, ..origin })?.filter(|prev| prev.epoch == origin.epoch),
        None => None,
    };
    let end = last_link(disk, &fetched).map_err(io())?;
    let holds = counts.zip(end).is_some_and(|(c, end)| (c.size, c.root) == (end.size(), end.root()));
    let dir = Journal::dir(&origin);
    disk.make_dir(&dir).map_err(StoreError::io(dir.as_str()))?;
    let segments = Segment::list(disk, &dir).map_err(StoreError::io(dir.as_str()))?;
    let at = segments.iter().rposition(|s| s.first <= from).filter(|_| from > 0).unwrap_or(0);
    if !holds || !(from == 0 || continues(disk, segments.get(at), &header).map_err(io())?) {
        return Ok(false);
    }
    let carried = carried_path(origin.epoch);
    if !exists(disk, &carried).map_err(StoreError::io(DIR))? {
        let carry = others(disk, &segments[at.min(segments.len())..], &fetched, from).map_err(io())?;
        put_small(disk, &carried, &carry).map_err(StoreError::io(carried))?;
    }
    trim(disk, &segments, &header)?;
    let target = Segment::plain(&dir, from).path;
    disk.rename(&path, &target).map_err(io())?;
    for dir in [dir.as_str(), DIR] {
        disk.sync_dir(dir).map_err(StoreError::io(dir))?;
    }
    Ok(true)
}

/// Whether the own log, up to where the fetched entries begin, is the one that they continue.
fn continues(disk: &dyn Disk, segment: Option<&Segment>, to: &Header) -> std::io::Result<bool> {
    let Some(segment) = segment else { return Ok(false) };
    let mut reader = SegmentReader::open(disk, segment)?;
    let Some(mut running) = reader.header().filter(|h| h.origin == to.origin).map(|h| h.frontier.clone())
    else {
        return Ok(false);
    };
    while running.size() < to.frontier.size() {
        let Step::Group { group, .. } = reader.step()? else { return Ok(false) };
        let Some(after) = link(&running, &group, reader.lines()) else { return Ok(false) };
        running = if after.size() <= to.frontier.size() {
            after
        } else {
            before(&running, reader.lines(), to.frontier.size())
        };
    }
    Ok(running == to.frontier)
}

/// The tree inside a group that links, before entry `end`.
fn before(frontier: &Frontier, group: &[u8], end: u64) -> Frontier {
    let mut inside = frontier.clone();
    for line in lines(group) {
        match line {
            Line::Entry(entry) if inside.size() < end => inside.push(leaf_hash(entry)),
            _ => {}
        }
    }
    inside
}

/// All lines of own entries that the fetched ones do not have: told to people, and in nobody's log any more.
fn others(disk: &dyn Disk, own: &[Segment], fetched: &Segment, from: u64) -> std::io::Result<Vec<u8>> {
    let mut mine: BTreeMap<u64, (Vec<u8>, Vec<TextLine>)> = BTreeMap::new();
    for segment in own {
        walk(disk, segment, &mut |line| match line {
            Line::Entry(bytes) => {
                let entry = std::str::from_utf8(bytes).ok().and_then(|t| Entry::view(t).ok());
                if let Some(entry) = entry.filter(|e| e.seq() >= from) {
                    mine.insert(entry.seq(), (bytes.to_vec(), Vec::new()));
                }
            }
            Line::Text(bytes) => {
                if let Ok(text) = TextLine::parse(bytes)
                    && let Some((_, texts)) = mine.get_mut(&text.seq())
                {
                    texts.push(text);
                }
            }
        })?;
    }
    if !mine.is_empty() {
        let mut seq = from;
        walk(disk, fetched, &mut |line| {
            if let Line::Entry(bytes) = line {
                if mine.get(&seq).is_some_and(|(own, _)| own == bytes) {
                    mine.remove(&seq);
                }
                seq += 1;
            }
        })?;
    }
    let mut carry = GroupWriter::default();
    for (entry, texts) in mine.values() {
        carry.entry(entry);
        texts.iter().for_each(|text| carry.text(text));
    }
    Ok(carry.bytes().to_vec())
}

/// Every line of every intact group, past whatever is damaged.
fn walk(disk: &dyn Disk, segment: &Segment, each: &mut dyn FnMut(Line<'_>)) -> std::io::Result<()> {
    let mut reader = SegmentReader::open(disk, segment)?;
    loop {
        match reader.step()? {
            Step::Group { .. } => lines(reader.lines()).for_each(&mut *each),
            Step::Bad { .. } => {}
            Step::End { .. } => return Ok(()),
        }
    }
}

/// Takes away own groups from where the fetched entries begin.
fn trim(disk: &dyn Disk, segments: &[Segment], from: &Header) -> Result<(), StoreError> {
    let end = from.frontier.size();
    if let Some(crossing) = segments.iter().rfind(|s| s.first < end) {
        let io = || StoreError::io(crossing.path.as_str());
        let mut reader = SegmentReader::open(disk, crossing).map_err(io())?;
        let Some(header) = reader.header().cloned() else { return Ok(()) };
        let mut running = header.frontier.clone();
        let plain = Segment::plain(&Journal::dir(&from.origin), crossing.first);
        let mut out = Rewriter::new(disk, plain, &header)?;
        while running.size() < end {
            let Step::Group { group, .. } = reader.step().map_err(io())? else { break };
            let Some(after) = link(&running, &group, reader.lines()) else { break };
            if after.size() <= end {
                out.copy(reader.lines(), &running, &after)?;
                running = after;
            } else {
                let cut = before(&running, reader.lines(), end);
                out.copy(&up_to(reader.lines(), end), &running, &cut)?;
                running = cut;
            }
        }
        out.finish(Some(crossing))?;
    }
    for segment in segments.iter().filter(|s| s.first >= end) {
        remove_if_there(disk, &segment.path).map_err(StoreError::io(segment.path.as_str()))?;
    }
    Ok(())
}

fn up_to(group: &[u8], end: u64) -> Vec<u8> {
    let mut kept = GroupWriter::default();
    for line in lines(group) {
        match line {
            Line::Entry(bytes) => {
                let entry = std::str::from_utf8(bytes).ok().and_then(|t| Entry::view(t).ok());
                if entry.is_some_and(|e| e.seq() < end) {
                    kept.entry(bytes);
                }
            }
            Line::Text(bytes) => {
                if let Ok(text) = TextLine::parse(bytes)
                    && text.seq() < end
                {
                    kept.text(&text);
                }
            }
        }
    }
    kept.bytes().to_vec()
}

/// Records anew, in the present epoch, what the fetched entries took the place of; says how many entries it was. One
/// that was recorded anew before is known by its key.
///
/// # Errors
/// What kept them from being recorded; the next start goes on with the rest.
pub(super) fn carry(core: &mut Core) -> Result<u64, StoreError> {
    let disk = core.disk.clone();
    let disk = &*disk;
    let mut count = 0;
    for name in disk.list(DIR).map_err(StoreError::io(DIR))? {
        let Some(epoch) = name.strip_suffix(".carry").and_then(|e| e.parse::<Epoch>().ok()) else { continue };
        let path = format!("{DIR}/{name}");
        let io = || StoreError::io(path.as_str());
        let file = disk.open(&path).map_err(io())?;
        let mut bytes = vec![0; usize::try_from(file.length().map_err(io())?).unwrap_or(0)];
        file.read_at(0, &mut bytes).map_err(io())?;
        count += carry_one(core, epoch, &bytes)?;
        disk.remove(&path).map_err(io())?;
        disk.sync_dir(DIR).map_err(StoreError::io(DIR))?;
    }
    Ok(count)
}

fn carry_one(core: &mut Core, epoch: Epoch, bytes: &[u8]) -> Result<u64, StoreError> {
    let mut all: Vec<(Entry, Vec<Text>)> = Vec::new();
    for line in lines(bytes) {
        match line {
            Line::Entry(line) => {
                let entry = std::str::from_utf8(line).ok().and_then(|t| Entry::view(t).ok());
                all.extend(entry.map(|entry| (entry, Vec::new())));
            }
            Line::Text(line) => {
                let text = TextLine::parse(line).ok().and_then(|t| Text::new(t.text(), *t.salt()).ok());
                if let (Some(text), Some((_, texts))) = (text, all.last_mut()) {
                    texts.push(text);
                }
            }
        }
    }
    let mut moved: BTreeMap<u64, EntryRef> = BTreeMap::new();
    for part in all.chunks(CARRIED_AT_ONCE) {
        let drafts: Vec<(u64, Draft)> = part
            .iter()
            .filter_map(|(entry, texts)| Some((entry.seq(), anew(entry, texts, epoch, &moved)?)))
            .collect();
        let (told, result) = std::sync::mpsc::channel();
        let job = Carry { drafts, placed: Vec::new(), told };
        let mut jobs: VecDeque<Box<dyn Job>> = VecDeque::from([Box::new(job) as Box<dyn Job>]);
        let failed = |why: String| StoreError::io("the log")(std::io::Error::other(why));
        core.group(&mut jobs).map_err(|e| failed(e.to_string()))?;
        match result.try_recv() {
            Ok(Ok(placed)) => moved.extend(placed),
            Ok(Err(SubmitError::Full)) => {
                return Err(StoreError::io("the log")(std::io::ErrorKind::StorageFull.into()));
            }
            Ok(Err(e)) => return Err(failed(e.to_string())),
            Err(_) => return Err(StoreError::Stopped),
        }
    }
    core.make_durable().map_err(|e| StoreError::io("the log")(std::io::Error::other(e.to_string())))?;
    let places = all.iter().filter_map(|(entry, _)| Some((entry, *moved.get(&entry.head().seq)?)));
    moved::keep(&core.shared().state_db(), epoch, places)?;
    Ok(moved.len() as u64)
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
    told: Sender<Result<Placed, SubmitError>>,
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
        drafts
    }

    fn finish(self: Box<Self>, result: Result<Vec<Recorded>, SubmitError>) {
        // The start itself waits for it.
        let Self { placed, told, .. } = *self;
        let _ = told.send(result.map(|_| placed));
    }
}
