//! One simulated disk: what is durable, what only the page cache has, and what a power cut makes of the difference.

use std::collections::BTreeSet;
use std::io::{self, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use appliance::store::disk::{Disk, DiskFile};

use crate::content::PAGE;
use crate::frozen::{Change, Dir, DirOp, Inode, Node, apply, split};
pub use crate::frozen::{Frozen, MODES, Mode};
pub use crate::plants::Plant;
use crate::rng::Rng;

/// What Linux says of a sector that it cannot read.
const EIO: i32 = 5;

#[derive(Clone, Copy, Debug)]
pub struct Fault {
    /// Whether flushes fail; if not, writes do, and half of a failing write lands.
    pub flush: bool,
    /// Which call, from 0.
    pub nth: u64,
    pub for_ever: bool,
    pub kind: ErrorKind,
}

pub struct Moment {
    pub disk: Frozen,
    pub reported: u64,
    pub tried: u64,
}

#[derive(Default)]
struct State {
    disk: Frozen,
    moments: Vec<Moment>,
    /// One in so many operations becomes a moment; 0 for none.
    every: usize,
    /// Keeps one moment of all, each equally likely (reservoir sampling).
    only_one: bool,
    operations: usize,
    rng: Option<Rng>,
    reported: u64,
    tried: u64,
    plant: Option<Plant>,
    starting: bool,
    process_began: u64,
    deferred: Option<u64>,
    /// Folders and files that a planted bug has not flushed yet.
    late_dirs: BTreeSet<String>,
    late_files: BTreeSet<u64>,
    fault: Option<Fault>,
    writes: u64,
    flushes: u64,
}

#[derive(Clone)]
pub struct SimDisk(Arc<Mutex<State>>);

impl std::fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SimDisk")
    }
}

impl SimDisk {
    pub fn new(mut disk: Frozen, plant: Option<Plant>) -> Self {
        disk.dirs.entry(String::new()).or_default();
        let process_began = disk.next;
        Self(Arc::new(Mutex::new(State { disk, plant, process_began, ..State::default() })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn watch(&self, every: usize, rng: Rng) {
        let mut state = self.state();
        state.every = every;
        state.rng = Some(rng);
    }

    pub fn watch_one(&self, rng: Rng) {
        self.watch(1, rng);
        self.state().only_one = true;
    }

    pub fn lose(&self, path: &str) {
        self.state().disk.lose(path);
    }

    pub fn fail(&self, fault: Fault) {
        let mut state = self.state();
        (state.writes, state.flushes, state.fault) = (0, 0, Some(fault));
    }

    /// Whether commands are decided without looking at the group that is still open.
    pub fn passes_over_open_group(&self) -> bool {
        self.state().plant == Some(Plant::OpenGroupNotAsked)
    }

    pub fn starting(&self, starting: bool) {
        self.state().starting = starting;
    }

    pub fn note(&self, reported: u64, tried: u64) {
        let mut state = self.state();
        (state.reported, state.tried) = (reported, tried);
    }

    pub fn moments(&self) -> Vec<Moment> {
        std::mem::take(&mut self.state().moments)
    }

    pub fn freeze(&self) -> Frozen {
        self.state().disk.clone()
    }
}

impl State {
    fn operation(&mut self) {
        self.operations += 1;
        let every = if self.only_one { self.operations } else { self.every };
        if every > 0 && self.rng.as_mut().is_some_and(|rng| rng.chance(every)) {
            if self.only_one {
                self.moments.clear();
            }
            let moment = Moment { disk: self.disk.clone(), reported: self.reported, tried: self.tried };
            self.moments.push(moment);
        }
        if let Some(id) = self.deferred.take() {
            self.flush(id);
        }
    }

    fn flush(&mut self, id: u64) {
        if let Some(inode) = self.disk.inodes.get_mut(&id) {
            inode.durable = inode.live.clone();
            inode.pending.clear();
        }
    }

    /// Makes a folder's names durable, and the other half of each rename out of or into it.
    fn flush_dir(&mut self, path: &str) -> io::Result<()> {
        let mut waiting = vec![path.to_owned()];
        while let Some(path) = waiting.pop() {
            let dir = self.disk.dirs.get_mut(&path).ok_or(ErrorKind::NotFound)?;
            dir.durable = dir.live.clone();
            let moved: Vec<u64> = dir.pending.drain(..).filter_map(|op| op.moved()).collect();
            let with =
                |dir: &Dir| dir.pending.iter().any(|op| op.moved().is_some_and(|id| moved.contains(&id)));
            waiting.extend(self.disk.dirs.iter().filter(|(_, dir)| with(dir)).map(|(path, _)| path.clone()));
        }
        Ok(())
    }

    fn due(&mut self, flush: bool) -> Option<ErrorKind> {
        let count = if flush { &mut self.flushes } else { &mut self.writes };
        let n = *count;
        *count += 1;
        let fault = self.fault.filter(|f| f.flush == flush)?;
        (n == fault.nth || (fault.for_ever && n > fault.nth)).then_some(fault.kind)
    }

    fn flush_late(&mut self) -> io::Result<()> {
        for id in std::mem::take(&mut self.late_files) {
            self.flush(id);
        }
        std::mem::take(&mut self.late_dirs).iter().try_for_each(|dir| self.flush_dir(dir))
    }

    fn is_ended(&self, dir: &str) -> bool {
        fn number(path: &str) -> Option<u32> {
            path.strip_prefix("log/")?.split('-').next()?.parse().ok()
        }
        number(dir)
            .is_some_and(|n| self.disk.folders("log").iter().filter_map(|path| number(path)).max() > Some(n))
    }

    fn is_key_unnamed(&self) -> bool {
        self.disk.files("keys").iter().any(|path| path.ends_with(".next"))
    }

    fn write(&mut self, id: u64, offset: usize, data: &[u8]) {
        if let Some(inode) = self.disk.inodes.get_mut(&id) {
            inode.live.write(offset, data);
            inode.pending.push(Change::Write(offset, data.into()));
        }
        // A page that is written again goes elsewhere on the card.
        let pages = offset / PAGE..(offset + data.len()).div_ceil(PAGE);
        self.disk.lost.retain(|(of, page)| *of != id || !pages.contains(page));
    }

    fn dir_op(&mut self, dir: &str, op: DirOp) -> io::Result<()> {
        let dir = self.disk.dirs.get_mut(dir).ok_or(ErrorKind::NotFound)?;
        apply(&mut dir.live, &op);
        dir.pending.push(op);
        Ok(())
    }

    fn find(&self, path: &str) -> io::Result<u64> {
        self.disk.inode(path).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

impl Disk for SimDisk {
    fn create_new(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let mut state = self.state();
        let (dir, name) = split(path);
        if state.disk.dirs.get(dir).ok_or(ErrorKind::NotFound)?.live.contains_key(name) {
            return Err(ErrorKind::AlreadyExists.into());
        }
        state.operation();
        let id = state.disk.next;
        state.disk.next += 1;
        state.disk.inodes.insert(id, Inode::default());
        state.dir_op(dir, DirOp::Link(name.to_owned(), Node::File(id)))?;
        Ok(Arc::new(SimFile { disk: self.clone(), id, log: is_log(path), database: is_database(path) }))
    }

    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let id = self.state().find(path)?;
        Ok(Arc::new(SimFile { disk: self.clone(), id, log: is_log(path), database: is_database(path) }))
    }

    fn make_dir(&self, path: &str) -> io::Result<()> {
        let mut state = self.state();
        if state.disk.dirs.contains_key(path) {
            return Ok(());
        }
        state.operation();
        let (dir, name) = split(path);
        state.dir_op(dir, DirOp::Link(name.to_owned(), Node::Dir))?;
        state.disk.dirs.insert(path.to_owned(), Dir::default());
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        let mut state = self.state();
        state.find(from)?;
        state.operation();
        let ((dir, from), (into, to)) = (split(from), split(to));
        if state.plant == Some(Plant::EndedNeverHealed) && state.is_ended(dir) {
            return state.dir_op(dir, DirOp::Unlink(from.to_owned()));
        }
        if dir == into {
            return state.dir_op(dir, DirOp::Rename(from.to_owned(), to.to_owned()));
        }
        let node = *state.disk.dirs.get(dir).and_then(|d| d.live.get(from)).ok_or(ErrorKind::NotFound)?;
        state.disk.moves += 1;
        let id = state.disk.moves;
        state.dir_op(into, DirOp::MoveIn(id, to.to_owned(), node))?;
        state.dir_op(dir, DirOp::MoveOut(id, from.to_owned()))
    }

    fn remove(&self, path: &str) -> io::Result<()> {
        let mut state = self.state();
        state.find(path)?;
        state.operation();
        let (dir, name) = split(path);
        state.dir_op(dir, DirOp::Unlink(name.to_owned()))
    }

    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        let state = self.state();
        if state.plant == Some(Plant::SalvageNeverAsked) && dir == "salvage" {
            return Ok(Vec::new());
        }
        Ok(state.disk.dirs.get(dir).map(|d| d.live.keys().cloned().collect()).unwrap_or_default())
    }

    fn sync_dir(&self, dir: &str) -> io::Result<()> {
        let mut state = self.state();
        state.operation();
        if let Some(kind) = state.due(true) {
            return Err(kind.into());
        }
        if !state.disk.dirs.contains_key(dir) {
            return Err(ErrorKind::NotFound.into());
        }
        let at_start = state.starting && dir.starts_with("log/");
        match state.plant {
            Some(Plant::NoFolderFlush) => return Ok(()),
            Some(Plant::NoFlushAtStart) if at_start => return Ok(()),
            Some(Plant::RunsFlushedLate) if is_beside_log(dir) => {
                state.late_dirs.insert(dir.to_owned());
                return Ok(());
            }
            Some(Plant::KeyNamedEarly) if is_in_log(dir) && state.is_key_unnamed() => {
                state.late_dirs.insert(dir.to_owned());
                return Ok(());
            }
            _ => {}
        }
        state.flush_dir(dir)?;
        let over = match state.plant {
            Some(Plant::RunsFlushedLate) => is_in_log(dir),
            Some(Plant::KeyNamedEarly) => dir == "keys" && !state.is_key_unnamed(),
            _ => false,
        };
        if over {
            state.operation();
            state.flush_late()?;
        }
        Ok(())
    }

    fn open_to_others(&self, path: &str) -> io::Result<u32> {
        self.state().find(path).map(|_| 0)
    }
}

fn is_log(path: &str) -> bool {
    path.ends_with(".jsonl")
}

fn is_database(path: &str) -> bool {
    path == "cleantrack.redb"
}

fn is_in_log(dir: &str) -> bool {
    dir == "log" || dir.starts_with("log/")
}

/// The folder for lines that the log has no place for.
fn is_beside_log(dir: &str) -> bool {
    dir == "displaced" || dir == "runs"
}

#[derive(Debug)]
struct SimFile {
    disk: SimDisk,
    id: u64,
    log: bool,
    database: bool,
}

fn small(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl DiskFile for SimFile {
    fn length(&self) -> io::Result<u64> {
        Ok(self.disk.state().disk.inodes[&self.id].live.len as u64)
    }

    fn read_at(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let state = self.disk.state();
        if state.disk.has_lost(self.id, small(offset), out.len()) {
            return Err(io::Error::from_raw_os_error(EIO));
        }
        state.disk.inodes[&self.id].live.read(small(offset), out)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation();
        if let Some(kind) = state.due(false) {
            state.write(self.id, small(offset), &data[..data.len() / 2]);
            return Err(kind.into());
        }
        state.write(self.id, small(offset), data);
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation();
        if let Some(inode) = state.disk.inodes.get_mut(&self.id) {
            inode.live.set_len(small(len));
            inode.pending.push(Change::SetLen(small(len)));
        }
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        let mut state = self.disk.state();
        state.operation();
        if let Some(kind) = state.due(true) {
            // Linux marks pages clean that it could not write: they stay in the cache and never reach the
            // disk.
            if let Some(inode) = state.disk.inodes.get_mut(&self.id) {
                inode.pending.clear();
            }
            return Err(kind.into());
        }
        match state.plant {
            Some(Plant::AnswerBeforeFlush) if self.log => state.deferred = Some(self.id),
            Some(Plant::KeyNamedEarly) if self.log && state.is_key_unnamed() => {
                state.late_files.insert(self.id);
            }
            Some(Plant::DatabaseFirst) if self.log && !state.starting => {
                state.late_files.insert(self.id);
            }
            Some(Plant::DatabaseFirst) if self.database => {
                state.flush(self.id);
                state.operation();
                state.flush_late()?;
            }
            Some(Plant::NoFlushAtStart) if self.log && state.starting && self.id < state.process_began => {}
            _ => state.flush(self.id),
        }
        Ok(())
    }
}
