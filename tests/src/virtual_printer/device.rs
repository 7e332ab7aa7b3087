//! What the five languages have in common: a device that takes commands one by one, lays dots and answers.

use super::Roll;
use super::framing::Grammar;
use super::paper::Paper;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Executed on arrival, whatever waits before it.
    Urgent,
    /// Executed in its turn; no part of a label.
    Question,
    /// Changes something; no paper moves.
    Setting,
    /// Draws on the label in the printer's memory.
    Image,
    /// Draws on the paper, which moves.
    Row,
    End,
    /// Would come out as text or be refused: no label software should send it.
    Stray,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Condition {
    pub(super) cover_open: bool,
    pub(super) paper_out: bool,
    pub(super) near_end: bool,
    pub(super) head_hot: bool,
    pub(super) ribbon_out: bool,
    pub(super) busy: bool,
    /// Labels that were received whole and not begun.
    pub(super) waiting: usize,
    /// Copies of the current label that have not come out.
    pub(super) copies_left: u32,
    pub(super) odometer: u32,
    pub(super) roll: Roll,
}

impl Condition {
    pub(super) fn stands_still(&self) -> bool {
        self.cover_open || self.paper_out || self.head_hot || self.ribbon_out
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) say: Vec<u8>,
    pub(super) clear: bool,
    /// Counts the command as unexpected text.
    pub(super) stray: bool,
}

impl Reaction {
    pub(super) fn say(bytes: &[u8]) -> Self {
        Self { say: bytes.to_vec(), ..Self::default() }
    }
}

/// One language's printer behind its receive buffer.
pub(super) trait Device: Send {
    fn grammar(&self) -> Box<dyn Grammar>;
    fn role(&self, raw: &[u8]) -> Role;
    fn answer(&mut self, raw: &[u8], seen: &Condition) -> Reaction;
    fn take(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction;
    /// Whether it keeps its data over a fault; it then pauses instead of discarding.
    fn keeps_buffer(&self) -> bool {
        true
    }
    /// Whether dots are on the paper as soon as they have come, and not only when the label ends.
    fn prints_as_it_comes(&self) -> bool {
        false
    }
    /// Whether the image stays for the next label.
    fn keeps_image(&self) -> bool {
        false
    }
    /// Copies that the command that ended the label asks for, at least 1.
    fn copies(&self, _end: &[u8]) -> u32 {
        1
    }
    fn begins(&mut self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    fn ends(&mut self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    /// A fault was set or mended.
    fn changed(&mut self, _seen: &Condition) -> Reaction {
        Reaction::default()
    }
    fn status_block(&self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    /// Power came back.
    fn restart(&mut self);
}

pub(super) fn bit_if<T: Default>(on: bool, bit: T) -> T {
    if on { bit } else { T::default() }
}
