//! ESC/POS as a printer does it: lengths from headers, raster rows on the paper at once, `GS ( H` answered when printed.

mod pages;
mod text;

use self::text::TextState;
use super::device::{Condition, Device, Reaction, Role, bit_if};
use super::framing::{End, Grammar, word};
use super::paper::{Ink, Paper};

const HEAD_BYTES: usize = 72;

pub(super) struct EscposCommands;

impl Grammar for EscposCommands {
    fn end(&mut self, head: &[u8], _: u8) -> End {
        fn end_at(bytes: usize) -> End {
            End::At(bytes as u64)
        }
        match *head {
            [0x10 | 0x1b | 0x1d] => End::Unknown,
            [0x10, 0x04 | 0x05]
            | [0x1b, b'd' | b'a' | b'J' | b'2' | b'3' | b'!' | b'E' | b't' | b'M' | b'-'] => match head[1] {
                b'2' => End::Here,
                _ => end_at(3),
            },
            [0x1d, b'a' | b'r' | b'I' | b'!'] => end_at(3),
            [0x1d, b'L' | b'W'] => end_at(4),
            [0x1d, b'V'] | [0x1d, b'('] | [0x1d, b'(', _] | [0x1d, b'(', _, _] => End::Unknown,
            [0x1c, b'('] | [0x1c, b'(', _] | [0x1c, b'(', _, _] | [0x1c] => End::Unknown,
            [0x1d, b'V', mode] => end_at(if mode >= 65 { 4 } else { 3 }),
            [0x1c | 0x1d, b'(', _, low, high] => end_at(5 + word(low, high)),
            [0x1d, b'v', _, _, x_low, x_high, y_low, y_high] => {
                End::At(8 + word(x_low, x_high) as u64 * word(y_low, y_high) as u64)
            }
            [0x1d, b'v', ..] if head.len() < 8 => End::Unknown,
            [0x10 | 0x1b | 0x1c | 0x1d, _] => end_at(2),
            _ => End::Here,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Command<'a> {
    /// `ESC @`.
    Initialise,
    /// `GS a n`.
    AutomaticStatus(u8),
    /// `GS v 0`: bytes across and the dots.
    Raster {
        across: usize,
        dots: &'a [u8],
    },
    /// `GS V`, or the feed to the next label of label paper.
    Cut,
    /// `GS ( H` function 48.
    ProcessId([u8; 4]),
    /// `GS r 1`.
    PaperQuery,
    /// `DLE EOT n`.
    RealTime(u8),
    /// `FS .`: each byte is a letter.
    OneByteLetters,
    /// `ESC t n`.
    Page(u8),
    /// `ESC a n`.
    Justification(u8),
    /// `GS ! n`.
    Size(u8),
    /// `LF`, or `ESC d n`: so many lines, the first of which is the current one.
    Feed(u8),
    Nothing,
    Text(u8),
}

fn meaning(raw: &[u8]) -> Command<'_> {
    match *raw {
        [0x1b, b'@'] => Command::Initialise,
        [0x1d, b'a', n] => Command::AutomaticStatus(n),
        [0x1d, b'v', b'0', _, low, high, _, _, ref dots @ ..] => {
            Command::Raster { across: word(low, high), dots }
        }
        [0x1d, b'V', ..] | [0x1d, 0x0c] => Command::Cut,
        [0x1c, b'(', b'L', 2, 0, 0x42, _] => Command::Cut,
        [0x1d, b'(', b'H', 6, 0, 0x30, 0x30, a, b, c, d] => Command::ProcessId([a, b, c, d]),
        [0x1d, b'r', 1] => Command::PaperQuery,
        [0x10, 0x04, n] => Command::RealTime(n),
        [0x1c, b'.'] => Command::OneByteLetters,
        [0x1b, b't', page] => Command::Page(page),
        [0x1b, b'a', n] => Command::Justification(n),
        [0x1d, b'!', n] => Command::Size(n),
        [0x1b, b'd', lines] => Command::Feed(lines),
        [0x0a] => Command::Feed(1),
        [0x00 | 0x0d] | [0x10 | 0x1b | 0x1c | 0x1d, ..] => Command::Nothing,
        [letter, ..] => Command::Text(letter),
        [] => Command::Nothing,
    }
}

/// An ESC/POS printer; a clone knows no `GS ( H` and answers `GS r` when it reads it.
pub(super) struct EscPos {
    clone: bool,
    automatic_status: bool,
    text: TextState,
}

impl EscPos {
    pub(super) fn new(clone: bool) -> Self {
        Self { clone, automatic_status: false, text: TextState::default() }
    }
}

/// `DLE EOT n`.
fn status(n: u8, seen: &Condition) -> u8 {
    0x12 | match n {
        1 => bit_if(seen.stands_still(), 0x08),
        2 => bit_if(seen.cover_open, 0x04) | bit_if(seen.paper_out, 0x20) | bit_if(seen.head_hot, 0x40),
        3 => bit_if(seen.head_hot, 0x40),
        4 => bit_if(seen.paper_out, 0x60) | bit_if(seen.near_end, 0x0c),
        _ => 0,
    }
}

fn automatic_status(seen: &Condition) -> [u8; 4] {
    [
        0x10 | bit_if(seen.stands_still(), 0x08) | bit_if(seen.cover_open, 0x20),
        bit_if(seen.head_hot, 0x40),
        bit_if(seen.paper_out, 0x0c),
        0x0f,
    ]
}

impl Device for EscPos {
    fn grammar(&self) -> Box<dyn Grammar> {
        Box::new(EscposCommands)
    }

    fn role(&self, raw: &[u8]) -> Role {
        match meaning(raw) {
            Command::RealTime(_) => Role::Urgent,
            Command::PaperQuery if self.clone => Role::Urgent,
            Command::PaperQuery | Command::ProcessId(_) => Role::Question,
            Command::Raster { .. } | Command::Feed(_) => Role::Row,
            Command::Cut => Role::End,
            _ => Role::Setting,
        }
    }

    fn answer(&mut self, raw: &[u8], seen: &Condition) -> Reaction {
        match meaning(raw) {
            Command::RealTime(n) => Reaction::say(&[status(n, seen)]),
            Command::PaperQuery => Reaction::say(&[0]),
            _ => Reaction::default(),
        }
    }

    fn take(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction {
        match meaning(raw) {
            Command::Raster { across, dots } => {
                for row in dots.chunks_exact(across.max(1)) {
                    paper.lay(0, paper.along(), &row[..row.len().min(HEAD_BYTES)], Ink::Black);
                }
            }
            Command::Initialise => {
                self.automatic_status = false;
                self.text.reset();
            }
            Command::OneByteLetters => self.text.expected = true,
            Command::Page(page) => self.text.set_page(page),
            Command::Justification(n) => self.text.set_justification(n),
            Command::Size(n) => self.text.set_size(n),
            Command::Feed(lines) if self.text.expected => (0..lines).for_each(|_| self.text.feed(paper)),
            Command::Text(letter) if self.text.expected => self.text.put(letter, paper),
            Command::Text(_) => return Reaction { stray: true, ..Reaction::default() },
            Command::AutomaticStatus(n) => {
                self.automatic_status = n != 0;
                return self.changed(seen);
            }
            Command::ProcessId(id) if !self.clone => {
                return Reaction::say(&[&[0x37, 0x22], &id[..], &[0]].concat());
            }
            Command::PaperQuery => return Reaction::say(&[0]),
            _ => {}
        }
        Reaction::default()
    }

    fn prints_as_it_comes(&self) -> bool {
        true
    }

    fn changed(&mut self, seen: &Condition) -> Reaction {
        if self.automatic_status { Reaction::say(&automatic_status(seen)) } else { Reaction::default() }
    }

    fn restart(&mut self) {
        self.automatic_status = false;
        self.text.reset();
    }
}

#[cfg(test)]
mod tests {
    use super::super::framing::commands;
    use super::*;

    #[test]
    fn raster_bytes_are_never_commands() {
        let stream =
            b"\x1b@\x1dv0\0\x02\0\x03\0\x10\x04\x01\x1dV\0\x1dVB\0\x1d(H\x06\x00001234\x1dr\x01\x10\x04\x02\0A";
        let raw = commands(EscposCommands, stream);
        assert_eq!(
            raw.iter().map(|raw| meaning(raw)).collect::<Vec<_>>(),
            [
                Command::Initialise,
                Command::Raster { across: 2, dots: b"\x10\x04\x01\x1dV\0" },
                Command::Cut,
                Command::ProcessId(*b"1234"),
                Command::PaperQuery,
                Command::RealTime(2),
                Command::Nothing,
                Command::Text(b'A'),
            ]
        );
    }

    #[test]
    fn nothing_is_said_before_a_command_is_whole() {
        assert!(commands(EscposCommands, b"\x1dv0\0\x01\0\x02\0\xff").is_empty());
        assert_eq!(commands(EscposCommands, b"\x1dv0\0\x01\0\x02\0\xff\0")[0].len(), 10);
    }

    #[test]
    fn status_bytes_of_the_manual() {
        let seen = Condition { cover_open: true, paper_out: true, ..Condition::default() };
        assert_eq!([1, 2, 3, 4].map(|n| status(n, &seen)), [0x1a, 0x36, 0x12, 0x72]);
    }
}
