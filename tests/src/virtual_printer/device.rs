//! What the five languages have in common: a device that takes commands one by one, lays dots and answers.

use super::Roll;
use super::framing::Grammar;
use super::paper::Paper;

/// What a command is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Done on arrival, whatever waits before it.
    Urgent,
    /// Done in its turn; no part of a label.
    Question,
    /// Changes something; no paper moves.
    Setting,
    /// Draws on the label in the printer's memory.
    Image,
    /// Draws on the paper, which moves.
    Row,
    /// The label comes out.
    End,
    /// Would have come out as text or been refused: nothing that makes labels should send it.
    Stray,
}

/// How the printer is at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Condition {
    pub(super) cover_open: bool,
    pub(super) paper_out: bool,
    /// Fewer than three labels are left.
    pub(super) near_end: bool,
    pub(super) head_hot: bool,
    pub(super) ribbon_out: bool,
    /// Something is being printed or waits for it.
    pub(super) busy: bool,
    /// Labels that have been taken in whole and not begun.
    pub(super) waiting: usize,
    /// Copies of the present label that have not come out.
    pub(super) copies_left: u32,
    /// Labels that have come out since it was made.
    pub(super) odometer: u32,
    /// What is in it.
    pub(super) roll: Roll,
}

impl Condition {
    /// Nothing can be printed.
    pub(super) fn stands_still(&self) -> bool {
        self.cover_open || self.paper_out || self.head_hot || self.ribbon_out
    }
}

/// What a device does about a command or a change.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Reaction {
    /// Says on its line.
    pub(super) say: Vec<u8>,
    /// Throws away all that it holds.
    pub(super) clear: bool,
    /// Takes the command for text where none is expected.
    pub(super) stray: bool,
}

impl Reaction {
    pub(super) fn say(bytes: &[u8]) -> Self {
        Self { say: bytes.to_vec(), ..Self::default() }
    }
}

/// One language's printer behind its receive buffer.
pub(super) trait Device: Send {
    /// A fresh tokeniser's grammar.
    fn grammar(&self) -> Box<dyn Grammar>;
    /// What this command is for.
    fn role(&self, raw: &[u8]) -> Role;
    /// Does an urgent command.
    fn answer(&mut self, raw: &[u8], seen: &Condition) -> Reaction;
    /// Does any other command.
    fn take(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction;
    /// Whether a fault leaves it its data; it then stands still instead of throwing away.
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
    /// The paper begins to move.
    fn begins(&mut self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    /// The label is out, or the printer believes so.
    fn ends(&mut self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    /// Something broke or was mended.
    fn changed(&mut self, _seen: &Condition) -> Reaction {
        Reaction::default()
    }
    /// What it says to those who ask by SNMP.
    fn status_block(&self, _seen: &Condition) -> Vec<u8> {
        Vec::new()
    }
    /// Power came back.
    fn restart(&mut self);
}
