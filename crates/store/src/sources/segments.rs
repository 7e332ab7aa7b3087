//! Segments as a source: the journal of all epochs, or one file of the same form beside it.

use std::io;
use std::sync::Arc;

use record::ids::Epoch;
use record::redact::TextLine;
use record::tree::Frontier;

use crate::io::disk::Disk;
use crate::log::chain::{LineSource, LogLine, LogPiece, SourcePage};
use crate::log::scan::{ReadStep, SegmentFile, SegmentReader};
use crate::log::segment::{Group, Line, lines, write_text};
use crate::side_files::keys::epoch_folders;

#[derive(Debug, Clone)]
enum Files {
    /// `log/<epoch>/` of every epoch.
    Journal,
    /// One file, of one epoch; whether its groups continue each other.
    One { epoch: Epoch, segment: SegmentFile, linked: bool },
}

/// A group that was read and not yet passed.
struct Peeked {
    group: Group,
    lines: Vec<LogLine>,
}

struct Open {
    epoch: Epoch,
    segment: SegmentFile,
    /// `None` behind its last group: many files must not be held open together.
    reader: Option<SegmentReader>,
    /// Whether the disk did not give back a part of it.
    lost: bool,
    /// Whether a part of it is no intact group.
    bad: bool,
    peeked: Option<Peeked>,
    /// Groups that end before it were passed.
    reached: u64,
}

pub(crate) struct SegmentSource {
    disk: Arc<dyn Disk>,
    files: Files,
    listed: Option<(Epoch, Vec<SegmentFile>)>,
    open: Option<Open>,
}

impl SegmentSource {
    pub(crate) fn journal(disk: Arc<dyn Disk>) -> Self {
        Self { disk, files: Files::Journal, listed: None, open: None }
    }

    /// One file of an epoch, whose groups continue each other and the log.
    pub(crate) fn linked(disk: Arc<dyn Disk>, epoch: Epoch, path: String) -> Self {
        let segment = SegmentFile { first: 0, sealed: false, path };
        Self { disk, files: Files::One { epoch, segment, linked: true }, listed: None, open: None }
    }

    /// One file of an epoch, whose groups are independent of each other.
    pub(crate) fn loose(disk: Arc<dyn Disk>, epoch: Epoch, path: String) -> Self {
        Self::one(disk, epoch, SegmentFile { first: 0, sealed: false, path })
    }

    pub(crate) fn one(disk: Arc<dyn Disk>, epoch: Epoch, segment: SegmentFile) -> Self {
        Self { disk, files: Files::One { epoch, segment, linked: false }, listed: None, open: None }
    }

    /// Closes the file that it reads; it is opened again for what is asked next.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }

    /// Whether the disk does not give back a part of the file that was read last.
    pub(crate) fn has_lost(&self) -> bool {
        self.open
            .as_ref()
            .is_some_and(|open| open.lost || open.reader.as_ref().is_some_and(|reader| reader.has_lost(0)))
    }

    /// Whether the file that was read last contains something that is no intact group.
    pub(crate) fn has_bad(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.bad)
    }

    fn is_loose(&self) -> bool {
        matches!(self.files, Files::One { linked: false, .. })
    }

    fn segments(&mut self, epoch: Epoch) -> io::Result<&[SegmentFile]> {
        if self.listed.as_ref().is_none_or(|(of, _)| *of != epoch) {
            let all = match &self.files {
                Files::Journal => SegmentFile::list(&*self.disk, &format!("log/{epoch}"))?,
                Files::One { epoch: of, segment, .. } if *of == epoch => vec![segment.clone()],
                Files::One { .. } => Vec::new(),
            };
            self.listed = Some((epoch, all));
        }
        Ok(self.listed.as_ref().map_or(&[], |(_, all)| all))
    }

    fn open(&mut self, epoch: Epoch, segment: &SegmentFile) -> io::Result<()> {
        let reader = SegmentReader::open(&*self.disk, segment)?;
        self.open = Some(Open {
            epoch,
            segment: segment.clone(),
            reader: Some(reader),
            lost: false,
            bad: false,
            peeked: None,
            reached: 0,
        });
        Ok(())
    }

    /// Reads on in the open segment to the first group that reaches behind `seq`; `None` at its end.
    fn reach(&mut self, seq: u64) -> io::Result<Option<&Peeked>> {
        let Some(open) = &mut self.open else { return Ok(None) };
        open.reached = open.reached.max(seq);
        while open.peeked.as_ref().is_none_or(|p| p.group.next <= seq) {
            open.peeked = None;
            let Some(reader) = &mut open.reader else { return Ok(None) };
            match reader.step()? {
                ReadStep::Group { group, .. } => {
                    let lines = split_lines(reader.lines(), group.first);
                    // A sum that holds over lines that are not counted right is nobody's work but a bug's.
                    if lines.len() as u64 == group.next - group.first {
                        open.peeked = Some(Peeked { group, lines });
                    }
                }
                ReadStep::Bad { nonzero, .. } => open.bad |= nonzero > 0,
                ReadStep::End { .. } => {
                    open.lost = reader.has_lost(0);
                    open.reader = None;
                    return Ok(None);
                }
            }
        }
        Ok(open.peeked.as_ref())
    }

    /// Whether the open segment can still return what is at `seq`.
    fn serves(&self, epoch: Epoch, segment: &SegmentFile, seq: u64) -> bool {
        let open = self.open.as_ref();
        open.is_some_and(|open| open.epoch == epoch && open.segment == *segment && open.reached <= seq)
    }

    /// Whether any intact group says that there was more than `size`: also one without entries, as a box writes that had
    /// nothing to do.
    fn reaches_beyond(&mut self, epoch: Epoch, size: u64) -> io::Result<bool> {
        let mut candidates = self.around(epoch, size)?;
        candidates.extend(self.segments(epoch)?.iter().filter(|s| s.first > size).cloned());
        for segment in candidates {
            let mut reader = SegmentReader::open(&*self.disk, &segment)?;
            loop {
                match reader.step()? {
                    ReadStep::Group { group, .. } if group.next > size => return Ok(true),
                    ReadStep::Group { .. } | ReadStep::Bad { .. } => {}
                    ReadStep::End { .. } => break,
                }
            }
        }
        Ok(false)
    }

    /// Segments that may hold what is at `seq`, in whatever form.
    fn around(&mut self, epoch: Epoch, seq: u64) -> io::Result<Vec<SegmentFile>> {
        let all = self.segments(epoch)?;
        let Some(first) = all.iter().rev().map(|s| s.first).find(|first| *first <= seq) else {
            return Ok(Vec::new());
        };
        Ok(all.iter().filter(|s| s.first == first).cloned().collect())
    }
}

/// The lines of a group, each entry with its texts.
fn split_lines(bytes: &[u8], first: u64) -> Vec<LogLine> {
    let mut all: Vec<LogLine> = Vec::new();
    for line in lines(bytes) {
        match line {
            Line::Entry(entry) => all.push(LogLine { entry: entry.to_vec(), texts: Vec::new() }),
            Line::Text(text) => {
                let Ok(text) = TextLine::parse(text) else { continue };
                let at = text.seq().checked_sub(first).and_then(|at| usize::try_from(at).ok());
                if let Some(of) = at.and_then(|at| all.get_mut(at)) {
                    write_text(&mut of.texts, &text);
                }
            }
        }
    }
    all
}

/// The part of a group from `from` on.
fn rest_of_piece(peeked: &Peeked, from: u64) -> Option<LogPiece> {
    LogPiece { first: peeked.group.first, lines: peeked.lines.clone() }.cut(from, u64::MAX)
}

impl LineSource for SegmentSource {
    fn name(&self) -> String {
        match &self.files {
            Files::Journal => "the journal".to_owned(),
            Files::One { segment, .. } => segment.path.clone(),
        }
    }

    fn is_own(&self) -> bool {
        !matches!(self.files, Files::One { linked: true, .. })
    }

    fn follow(&mut self, epoch: Epoch, after: &Frontier) -> io::Result<Option<LogPiece>> {
        if self.is_loose() {
            return Ok(None);
        }
        let seq = after.size();
        for segment in self.around(epoch, seq)? {
            if !self.serves(epoch, &segment, seq) {
                self.open(epoch, &segment)?;
            }
            while let Some(peeked) = self.reach(seq)?.filter(|p| p.group.first <= seq) {
                let root = peeked.group.root;
                if let Some(piece) = rest_of_piece(peeked, seq)
                    && piece.after(after).root() == root
                {
                    return Ok(Some(piece));
                }
                // Stale, or of another history: perhaps the right one is behind it.
                if let Some(open) = &mut self.open
                    && let Some(alien) = open.peeked.take()
                {
                    open.reached = open.reached.max(alien.group.next);
                }
            }
        }
        Ok(None)
    }

    fn page(&mut self, epoch: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        let loose = self.is_loose();
        let mut candidates = self.around(epoch, from)?;
        candidates.extend(self.segments(epoch)?.iter().filter(|s| s.first > from).cloned());
        for segment in candidates {
            if !self.serves(epoch, &segment, from) {
                self.open(epoch, &segment)?;
            }
            if let Some(peeked) = self.reach(from)?
                && let Some(piece) = rest_of_piece(peeked, from)
            {
                return Ok(Some(SourcePage { piece, loose }));
            }
        }
        Ok(None)
    }

    fn goes_beyond(&mut self, epoch: Epoch, frontier: &Frontier) -> io::Result<bool> {
        match self.files {
            Files::Journal => Ok(self.reaches_beyond(epoch, frontier.size())?),
            // What is beside the journal has another history, or proves its lines itself.
            Files::One { .. } => Ok(false),
        }
    }

    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        let epochs = match &self.files {
            Files::Journal => epoch_folders(&*self.disk)?,
            Files::One { epoch, .. } => vec![*epoch],
        };
        let mut all = Vec::new();
        for epoch in epochs {
            let last = self.segments(epoch)?.iter().map(|s| s.first).max();
            // Something of it must be readable, be it behind a hole.
            if let Some(last) = last
                && let Some(page) = self.page(epoch, 0)?
            {
                all.push((epoch, last.max(page.piece.next())));
            }
        }
        Ok(all)
    }
}
