//! A disk as it is at one moment, and what a power cut leaves of it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use crate::content::{Content, PAGE};
use crate::rng::Rng;

const SECTOR: usize = 512;
#[derive(Clone)]
pub enum Change {
    Write(usize, Arc<[u8]>),
    SetLen(usize),
}

#[derive(Clone, Default)]
pub struct Inode {
    pub live: Content,
    pub durable: Content,
    pub pending: Vec<Change>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Node {
    File(u64),
    Dir,
}

#[derive(Clone)]
pub enum DirOp {
    Link(String, Node),
    Unlink(String),
    Rename(String, String),
    /// One half of a rename between two folders: both halves survive a cut, or neither.
    MoveOut(u64, String),
    MoveIn(u64, String, Node),
}

#[derive(Clone, Default)]
pub struct Dir {
    pub live: BTreeMap<String, Node>,
    pub durable: BTreeMap<String, Node>,
    pub pending: Vec<DirOp>,
}

impl DirOp {
    pub fn moved(&self) -> Option<u64> {
        match self {
            Self::MoveOut(id, _) | Self::MoveIn(id, ..) => Some(*id),
            Self::Link(..) | Self::Unlink(_) | Self::Rename(..) => None,
        }
    }
}

pub fn apply(names: &mut BTreeMap<String, Node>, op: &DirOp) {
    match op {
        DirOp::Link(name, node) | DirOp::MoveIn(_, name, node) => drop(names.insert(name.clone(), *node)),
        DirOp::Unlink(name) | DirOp::MoveOut(_, name) => drop(names.remove(name)),
        DirOp::Rename(from, to) => {
            if let Some(node) = names.remove(from) {
                names.insert(to.clone(), node);
            }
        }
    }
}

#[derive(Clone, Default)]
pub struct Frozen {
    pub inodes: HashMap<u64, Inode>,
    pub dirs: BTreeMap<String, Dir>,
    pub next: u64,
    pub moves: u64,
    /// Pages that cannot be read until they are written again.
    pub lost: BTreeSet<(u64, usize)>,
}

/// What a power cut leaves of writes that were not flushed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Nothing,
    Prefix,
    Subset,
    Sectors,
    /// The first ones, the last of these in part.
    Torn,
    /// Any of them, and one page that was being written is noise.
    Garbage,
    Mixed,
    /// All: only the process died, and nothing became durable by that.
    Kill,
}

pub const MODES: [Mode; 8] = [
    Mode::Nothing,
    Mode::Prefix,
    Mode::Subset,
    Mode::Sectors,
    Mode::Torn,
    Mode::Garbage,
    Mode::Mixed,
    Mode::Kill,
];

impl Frozen {
    pub fn crashed(&self, mode: Mode, rng: &mut Rng) -> Self {
        if mode == Mode::Kill {
            return self.clone();
        }
        let (next, moves, lost) = (self.next, self.moves, self.lost.clone());
        let mut after = Self { next, moves, lost, ..Self::default() };
        let survive = self.surviving(mode, rng);
        let mut waiting = vec![String::new()];
        while let Some(path) = waiting.pop() {
            let Some(dir) = self.dirs.get(&path) else { continue };
            let mut names = dir.durable.clone();
            dir.pending[..survive[&path]].iter().for_each(|op| apply(&mut names, op));
            for (name, node) in &names {
                match node {
                    Node::Dir => waiting.push(join(&path, name)),
                    Node::File(id) => {
                        let inode = &self.inodes[id];
                        let mode = if mode == Mode::Mixed { MODES[rng.below(6)] } else { mode };
                        let content = survivors(inode, mode, rng);
                        let inode = Inode { live: content.clone(), durable: content, pending: Vec::new() };
                        after.inodes.insert(*id, inode);
                    }
                }
            }
            after.dirs.insert(path, Dir { live: names.clone(), durable: names, pending: Vec::new() });
        }
        after
    }

    /// How many of each folder's changes survive: a rename between two folders in both, or in none.
    fn surviving(&self, mode: Mode, rng: &mut Rng) -> BTreeMap<String, usize> {
        let mut survive: BTreeMap<String, usize> = self
            .dirs
            .iter()
            .map(|(path, dir)| {
                let some = if mode == Mode::Nothing { 0 } else { rng.below(dir.pending.len() + 1) };
                (path.clone(), some)
            })
            .collect();
        loop {
            let stored: BTreeSet<u64> = self
                .dirs
                .iter()
                .flat_map(|(path, dir)| dir.pending[..survive[path]].iter().filter_map(DirOp::moved))
                .collect();
            let mut grown = false;
            for (path, dir) in &self.dirs {
                let last =
                    dir.pending.iter().rposition(|op| op.moved().is_some_and(|id| stored.contains(&id)));
                if let Some(last) = last.filter(|last| *last >= survive[path]) {
                    survive.insert(path.clone(), last + 1);
                    grown = true;
                }
            }
            if !grown {
                return survive;
            }
        }
    }

    pub fn names_unflushed(&self) -> bool {
        let renames = |dir: &Dir| dir.pending.iter().any(|op| matches!(op, DirOp::Rename(..)));
        self.dirs.iter().any(|(path, dir)| !path.is_empty() && renames(dir))
    }

    pub fn files(&self, dir: &str) -> Vec<String> {
        let names = self.dirs.get(dir).map(|d| &d.live);
        let files = names.into_iter().flatten().filter(|(_, node)| matches!(node, Node::File(_)));
        files.map(|(name, _)| join(dir, name)).collect()
    }

    pub fn folders(&self, dir: &str) -> Vec<String> {
        let names = self.dirs.get(dir).map(|d| &d.live);
        let dirs = names.into_iter().flatten().filter(|(_, node)| matches!(node, Node::Dir));
        dirs.map(|(name, _)| join(dir, name)).collect()
    }

    pub fn bytes(&self, path: &str) -> Vec<u8> {
        let Some(inode) = self.inode(path) else { return Vec::new() };
        let mut bytes = vec![0; self.inodes[&inode].live.len];
        let _ = self.inodes[&inode].live.read(0, &mut bytes);
        bytes
    }

    pub fn damage(&mut self, path: &str, offset: usize, data: &[u8]) {
        if let Some(inode) = self.inode(path).and_then(|id| self.inodes.get_mut(&id)) {
            inode.live.put(offset, data);
            inode.durable.put(offset, data);
        }
    }

    /// Makes a page of a file unreadable: the disk answers with an error.
    pub fn lose_page(&mut self, path: &str, offset: usize) {
        self.lost.extend(self.inode(path).map(|id| (id, offset / PAGE)));
    }

    pub fn has_lost(&self, id: u64, offset: usize, len: usize) -> bool {
        self.lost
            .range((id, offset / PAGE)..)
            .next()
            .is_some_and(|&(of, page)| of == id && page * PAGE < offset + len)
    }

    pub fn lose(&mut self, path: &str) {
        let (dir, name) = split(path);
        if let Some(dir) = self.dirs.get_mut(dir) {
            dir.live.remove(name);
            dir.durable.remove(name);
        }
    }

    pub fn inode(&self, path: &str) -> Option<u64> {
        let (dir, name) = split(path);
        match self.dirs.get(dir)?.live.get(name)? {
            Node::File(id) => Some(*id),
            Node::Dir => None,
        }
    }
}

fn survivors(inode: &Inode, mode: Mode, rng: &mut Rng) -> Content {
    let mut content = inode.durable.clone();
    let pending = &inode.pending;
    if mode == Mode::Nothing || pending.is_empty() {
        return content;
    }
    // Lengths are metadata: they survive as a prefix of their own, whatever became of the data.
    let mut lengths = vec![content.len];
    for change in pending {
        let last = lengths[lengths.len() - 1];
        lengths.push(match change {
            Change::Write(offset, data) => last.max(offset + data.len()),
            Change::SetLen(len) => *len,
        });
    }
    let ordered = matches!(mode, Mode::Prefix | Mode::Torn);
    let stored = rng.below(pending.len() + 1);
    let len = lengths[if ordered { stored } else { rng.below(lengths.len()) }];
    // A shorter length in between cut the data that was there.
    content.set_len(content.len.max(len));
    for (i, change) in pending.iter().enumerate() {
        let Change::Write(offset, data) = change else { continue };
        match mode {
            Mode::Prefix | Mode::Torn if i < stored => content.put(*offset, data),
            Mode::Torn if i == stored => content.put(*offset, &data[..rng.below(data.len() + 1)]),
            Mode::Subset | Mode::Garbage if rng.chance(2) => content.put(*offset, data),
            Mode::Sectors => {
                let mut at = 0;
                while at < data.len() {
                    let end = (at + SECTOR - (offset + at) % SECTOR).min(data.len());
                    if rng.chance(2) {
                        content.put(offset + at, &data[at..end]);
                    }
                    at = end;
                }
            }
            _ => {}
        }
    }
    if mode == Mode::Garbage
        && let Change::Write(offset, _) = &pending[rng.below(pending.len())]
    {
        let noise: Vec<u8> = (0..PAGE).map(|_| rng.next() as u8).collect();
        content.put(offset / PAGE * PAGE, &noise);
    }
    content.set_len(len);
    content
}

pub fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}

fn join(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
