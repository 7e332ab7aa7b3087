//! DYMO LabelWriter 450 as it prints: rows straight on the paper, a status byte between labels, all discarded at an error.

use super::device::{Condition, Device, Reaction, Role, bit_if};
use super::framing::{End, Grammar};
use super::paper::{Ink, Paper};

/// Bytes across the head, and of a row before `ESC D`.
const HEAD_BYTES: usize = 84;

/// Rows have no length of their own: `ESC D` sets it.
pub(super) struct DymoCommands {
    across: usize,
    run_dots: usize,
}

impl Default for DymoCommands {
    fn default() -> Self {
        Self { across: HEAD_BYTES, run_dots: 0 }
    }
}

impl Grammar for DymoCommands {
    fn end(&mut self, head: &[u8], newest: u8) -> End {
        match *head {
            [0x1b] => End::Unknown,
            // Any number of ESC is one.
            [0x1b, 0x1b] => End::Before,
            [0x1b, b'L'] => End::At(4),
            [0x1b, b'f'] => End::At(4),
            [0x1b, b'B' | b'q' | b's'] => End::At(3),
            [0x1b, b'D'] => End::Unknown,
            [0x1b, b'D', across] => {
                self.across = usize::from(across);
                End::Here
            }
            [0x1b, b'@' | b'*'] => {
                *self = Self::default();
                End::Here
            }
            [0x1b, ..] => End::Here,
            [0x16] if self.across == 0 => End::Here,
            [0x16] => End::At(1 + self.across as u64),
            [0x17] if self.across == 0 => End::Here,
            [0x17] => {
                self.run_dots = 0;
                End::Unknown
            }
            [0x17, ..] => {
                self.run_dots += usize::from(newest & 0x7f) + 1;
                if self.run_dots >= self.across * 8 { End::Here } else { End::Unknown }
            }
            _ => End::Here,
        }
    }
}

#[derive(Default)]
pub(super) struct Dymo {
    tab: usize,
    /// White rows that `ESC f` requested since the last row.
    along: usize,
    /// It stopped and accepts nothing until `ESC @`.
    stopped: bool,
    /// It was reset and assumes to be between two labels.
    reset: bool,
}

impl Dymo {
    fn status(&self, seen: &Condition) -> u8 {
        let broken = seen.stands_still();
        bit_if(!broken, 0x03) | bit_if(seen.paper_out, 0x20) | bit_if(seen.cover_open, 0x80)
    }

    fn row(&mut self, paper: &mut Paper, dots: impl Iterator<Item = bool>) {
        self.reset = false;
        let y = self.along.max(paper.along());
        let head = HEAD_BYTES * 8;
        let dots = dots.take(head.saturating_sub(self.tab * 8));
        paper.lay_dots(self.tab * 8, y, dots.map(|on| on.then_some(Ink::Black)));
        self.along = y + 1;
    }

    fn initialise(&mut self, paper: &mut Paper, seen: &Condition) {
        (self.tab, self.along) = (0, 0);
        self.stopped = seen.paper_out || seen.cover_open;
        // It feeds nothing: what is on the paper already stays there.
        self.reset = true;
        if paper.is_empty() {
            *paper = Paper::default();
        }
    }
}

impl Device for Dymo {
    fn grammar(&self) -> Box<dyn Grammar> {
        Box::new(DymoCommands::default())
    }

    fn role(&self, raw: &[u8]) -> Role {
        match *raw {
            [0x1b, b'A'] => Role::Question,
            [0x16 | 0x17, ..] => Role::Row,
            [0x1b, b'E' | b'G'] => Role::End,
            [0x1b] | [0] => Role::Setting,
            [
                0x1b,
                b'@' | b'L' | b'D' | b'B' | b'f' | b'q' | b'h' | b'i' | b'c' | b'd' | b'e' | b'g' | b'*',
                ..,
            ] => Role::Setting,
            _ => Role::Stray,
        }
    }

    fn answer(&mut self, _: &[u8], _: &Condition) -> Reaction {
        Reaction::default()
    }

    fn take(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction {
        match *raw {
            // Between labels only.
            [0x1b, b'A'] if paper.is_empty() || self.reset => return Reaction::say(&[self.status(seen)]),
            [0x1b, b'@'] => self.initialise(paper, seen),
            _ if self.stopped => {}
            [0x1b, b'B', tab] => self.tab = usize::from(tab),
            [0x1b, b'f', 1, rows] => self.along = self.along.max(paper.along()) + usize::from(rows),
            [0x16, ref dots @ ..] => {
                let bits = dots.iter().flat_map(|byte| (0..8).map(move |bit| byte >> (7 - bit) & 1 == 1));
                self.row(paper, bits);
            }
            [0x17, ref runs @ ..] => {
                let dots = runs
                    .iter()
                    .flat_map(|run| std::iter::repeat_n(run & 0x80 != 0, usize::from(run & 0x7f) + 1));
                self.row(paper, dots);
            }
            [0x1b, b'E' | b'G'] => self.along = 0,
            _ => {}
        }
        Reaction::default()
    }

    fn keeps_buffer(&self) -> bool {
        false
    }

    fn prints_as_it_comes(&self) -> bool {
        true
    }

    fn changed(&mut self, seen: &Condition) -> Reaction {
        let breaks = (seen.paper_out || seen.cover_open) && !self.stopped;
        self.stopped |= breaks;
        if breaks {
            self.along = 0;
        }
        Reaction { clear: breaks, ..Reaction::default() }
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::framing::commands;
    use super::*;

    fn run(stream: &[u8]) -> (Paper, Vec<u8>) {
        let (mut device, mut paper, mut message) = (Dymo::default(), Paper::default(), Vec::new());
        for raw in commands(DymoCommands::default(), stream) {
            message.extend(device.take(&raw, &mut paper, &Condition::default()).say);
        }
        (paper, message)
    }

    #[test]
    fn rows_have_the_length_that_was_said_and_lie_where_the_tab_is() {
        let head = [[0x1b; 85].as_slice(), b"\x1b@\x1bL\x04\x1a\x1bD\x02\x1bB\x01"].concat();
        let (paper, message) =
            run(&[&head[..], b"\x16\x80\x01\x1bf\x01\x02\x16\x1b\x45\x17\x87\x07"].concat());
        assert!(message.is_empty());
        let picture = paper.picture(false);
        assert_eq!(picture.dimensions(), (24, 5));
        let black = |y: u32| (0..24).filter(|&x| picture.get_pixel(x, y).0[0] == 0).collect::<Vec<_>>();
        assert_eq!(black(0), [8, 23]);
        assert!(black(1).is_empty() && black(2).is_empty());
        assert_eq!(black(3), [11, 12, 14, 15, 17, 21, 23]);
        assert_eq!(black(4), (8..16).collect::<Vec<_>>());
    }

    #[test]
    fn says_how_it_is_between_labels_only() {
        assert_eq!(run(b"\x1b@\x1bA").1, [3]);
        assert!(run(b"\x1b@\x1bD\x01\x16\xff\x1bA").1.is_empty());
    }
}
