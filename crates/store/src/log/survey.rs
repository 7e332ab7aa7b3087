//! Walks the journal at a start: how far it links, what is behind that, and what a start must do about it.

use std::io;

use record::checkpoint::LogOrigin;
use record::tree::{Frontier, Hash, leaf_hash};

use super::linked::{LinkedEpoch, LinkedStep};
use super::scan::SegmentFile;
use super::segment::{GROUP_BYTES_MAX, Line, lines};
use crate::io::disk::Disk;

/// Bytes behind the log that were never acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PartialTail {
    /// Where they start in the newest segment.
    pub(crate) at: u64,
    pub(crate) end: u64,
}

/// What others hold of this log: more than the journal has proves that the journal lost something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct SurveyClaims {
    /// The database's size.
    pub(crate) held: u64,
    pub(crate) confirmed: u64,
}

/// Where a group stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GroupPlace {
    pub(crate) segment: SegmentFile,
    /// Its first byte; of a sealed segment, of what that unpacks to.
    pub(crate) at: u64,
}

/// A journal that links from where the walk began to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct WholeSegment {
    pub(crate) frontier: Frontier,
    /// The newest segment and where its groups end; `None` when there is no segment.
    pub(crate) newest: Option<(SegmentFile, u64)>,
    pub(crate) partial: Option<PartialTail>,
    /// The root where the walk passed the database's size.
    pub(crate) root_at_held: Option<Hash>,
    /// The group of the first entry that the database does not have.
    pub(crate) behind_held: Option<GroupPlace>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum JournalSurvey {
    Whole(Box<WholeSegment>),
    /// Acknowledged data are missing or changed, behind what still links.
    Damaged {
        /// The root where the walk passed the database's size, if it came so far.
        root_at_held: Option<Hash>,
        why: String,
    },
}

/// The root at `size` inside a group that links.
fn root_inside(frontier: &Frontier, size: u64, bytes: &[u8]) -> Hash {
    let mut inside = frontier.clone();
    let entries = lines(bytes).filter_map(|line| match line {
        Line::Entry(entry) => Some(entry),
        Line::Text(_) => None,
    });
    for entry in entries {
        if inside.size() == size {
            break;
        }
        inside.push(leaf_hash(entry));
    }
    inside.root()
}

struct Walk {
    origin: LogOrigin,
    claims: SurveyClaims,
    whole: WholeSegment,
}

enum Stop {
    Damaged(String),
    Io(io::Error),
}

impl From<io::Error> for Stop {
    fn from(e: io::Error) -> Self {
        Self::Io(e)
    }
}

/// Walks from the segment that holds entry `claims.held` (from the first one with `whole_log`) to the end.
///
/// # Errors
/// The disk's.
pub(crate) fn survey_journal(
    disk: &dyn Disk,
    origin: LogOrigin,
    dir: &str,
    claims: SurveyClaims,
    whole_log: bool,
) -> io::Result<JournalSurvey> {
    let segments = SegmentFile::list(disk, dir)?;
    let from = if whole_log { 0 } else { segments.iter().rposition(|s| s.first <= claims.held).unwrap_or(0) };
    let root_at_held = (claims.held == 0).then(|| Frontier::default().root());
    let frontier = Frontier::default();
    let whole = WholeSegment { frontier, newest: None, partial: None, root_at_held, behind_held: None };
    let mut walk = Walk { origin, claims, whole };
    for (i, segment) in segments.iter().enumerate().skip(from) {
        match walk.segment(disk, segment, i == from && from > 0, i + 1 == segments.len()) {
            Ok(()) => {}
            Err(Stop::Io(e)) => return Err(e),
            Err(Stop::Damaged(why)) => {
                return Ok(JournalSurvey::Damaged { root_at_held: walk.whole.root_at_held, why });
            }
        }
    }
    Ok(JournalSurvey::Whole(Box::new(walk.whole)))
}

fn describe_damage(segment: &SegmentFile, why: &str) -> Stop {
    Stop::Damaged(format!("{}: {why}", segment.path))
}

impl Walk {
    fn segment(
        &mut self,
        disk: &dyn Disk,
        segment: &SegmentFile,
        trust: bool,
        newest: bool,
    ) -> Result<(), Stop> {
        let Some(mut linked) = LinkedEpoch::open(disk, segment, &self.origin)? else {
            let why = "its first line is damaged, of another log, or not what its name says";
            return Err(describe_damage(segment, why));
        };
        if trust {
            self.whole.frontier = linked.frontier().clone();
        } else if *linked.frontier() != self.whole.frontier {
            let (from, has) = (linked.frontier().size(), self.whole.frontier.size());
            let why = format!("it continues entry {from}, but the log before it ends at {has}");
            return Err(describe_damage(segment, &why));
        }
        let held = self.claims.held;
        if self.whole.frontier.size() == held {
            self.whole.root_at_held = Some(self.whole.frontier.root());
        }
        loop {
            match linked.step()? {
                LinkedStep::Group { at, group, before } => {
                    let after = linked.frontier();
                    if (group.first..group.next).contains(&held) {
                        self.whole.behind_held = Some(GroupPlace { segment: segment.clone(), at });
                    }
                    if (before.size() + 1..=after.size()).contains(&held) {
                        self.whole.root_at_held = Some(root_inside(&before, held, linked.lines()));
                    }
                    self.whole.frontier.clone_from(after);
                }
                LinkedStep::Alien { at } => {
                    let why = format!("the group at byte {at} does not continue the log");
                    return Err(describe_damage(segment, &why));
                }
                LinkedStep::End { at } => {
                    self.whole.newest = Some((segment.clone(), at));
                    return Ok(());
                }
                LinkedStep::Bad { at, end, nonzero } => {
                    self.judge(newest && !segment.sealed, (at, end), nonzero, &mut linked, segment)?;
                    self.whole.newest = Some((segment.clone(), at));
                    return Ok(());
                }
            }
        }
    }

    /// Torn or damaged? Only one group is ever unflushed, it is the last, and it was never acknowledged.
    fn judge(
        &mut self,
        newest: bool,
        (at, end): (u64, u64),
        nonzero: u64,
        linked: &mut LinkedEpoch,
        segment: &SegmentFile,
    ) -> Result<(), Stop> {
        let size = self.whole.frontier.size();
        let more = linked.step()?;
        let why = if !newest {
            "bytes in the middle of the log cannot be read".to_owned()
        } else if linked.has_lost(at) {
            // A torn group can be read: it is only not whole.
            format!("the disk does not give back what stands behind byte {at}")
        } else if !matches!(more, LinkedStep::End { .. }) {
            format!("bytes {at} to {end} cannot be read, and an intact group stands behind them")
        } else if nonzero > GROUP_BYTES_MAX as u64 {
            format!("{nonzero} bytes from byte {at} on are more than one group")
        } else if self.claims.held > size || self.claims.confirmed > size {
            let has = self.claims.held.max(self.claims.confirmed);
            format!("the log ends at entry {size}, but {has} are known")
        } else {
            self.whole.partial = Some(PartialTail { at, end });
            return Ok(());
        };
        Err(Stop::Damaged(format!("{}: {why}", segment.path)))
    }
}
