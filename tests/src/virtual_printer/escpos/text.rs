//! Lines of a receipt printer's own letters: a cell of 12 by 24 dots each, as wide and high as was chosen.

use labels::text::FontWeight;
use labels::{Bitmap, Typesetter};

use super::super::paper::{Ink, Paper};
use super::pages::find_letter;

/// Dots across of the paper, of a cell, and down a line with the white below it.
const PAPER_DOTS: u32 = 576;
const CELL: (u32, u32) = (12, 24);
const LEADING: u32 = 6;

/// What the next letter looks like, and the current line.
pub(super) struct TextState {
    /// Text is expected: without `FS .` before it, it is a label's picture gone astray.
    pub(super) expected: bool,
    page: u8,
    centred: bool,
    size: (u32, u32),
    line: String,
    letters: Option<Typesetter>,
}

impl Default for TextState {
    fn default() -> Self {
        Self { expected: false, page: 0, centred: false, size: (1, 1), line: String::new(), letters: None }
    }
}

impl TextState {
    /// `ESC @`.
    pub(super) fn reset(&mut self) {
        let letters = self.letters.take();
        *self = Self { letters, ..Self::default() };
    }

    pub(super) fn set_page(&mut self, page: u8) {
        self.page = page;
    }

    pub(super) fn set_size(&mut self, n: u8) {
        self.size = (u32::from(n >> 4 & 7) + 1, u32::from(n & 7) + 1);
    }

    pub(super) fn set_justification(&mut self, n: u8) {
        self.centred = n == 1;
    }

    /// One byte of text; a full line is fed before it.
    pub(super) fn put(&mut self, byte: u8, paper: &mut Paper) {
        if (self.line.chars().count() as u32 + 1) * CELL.0 * self.size.0 > PAPER_DOTS {
            self.feed(paper);
        }
        self.line.push(find_letter(self.page, byte));
    }

    pub(super) fn feed(&mut self, paper: &mut Paper) {
        let line = std::mem::take(&mut self.line);
        let (cell, height) = (CELL.0 * self.size.0, CELL.1 * self.size.1);
        let width = line.chars().count() as u32 * cell;
        let left = if self.centred { PAPER_DOTS.saturating_sub(width) / 2 } else { 0 };
        let mut dots = Bitmap::white(PAPER_DOTS, height + LEADING);
        if self.letters.is_none() {
            // A font that does not open leaves the paper white, and the text is read all the same.
            self.letters = Typesetter::new().ok();
        }
        if let Some(letters) = &mut self.letters {
            for (n, c) in (0..).zip(line.chars()) {
                let at = (left + n * cell, height * 4 / 5);
                let px = height * 5 / 6;
                letters.set_line(&mut dots, c.encode_utf8(&mut [0; 4]), FontWeight::Regular, px, at, false);
            }
        }
        for row in dots.rows() {
            paper.lay(0, paper.along(), row, Ink::Black);
        }
        paper.write_line(&line);
    }
}
