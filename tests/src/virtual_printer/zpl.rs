//! ZPL II as a Zebra does it: a format is drawn in memory and comes out at `^XZ`; questions are answered past the queue.

mod graphic;

use super::device::{Condition, Device, Reaction, Role, bit_if};
use super::framing::{End, Grammar};
use super::paper::{Ink, Paper};

const COPIES_MAX: u32 = 100;
/// The counter as it left the factory's test.
const ODOMETER_AT_FIRST: u32 = 1_234;
const DOTS_MAX: usize = 32_000;
const HEADER_BYTES_MAX: usize = 64;
const LINE_BYTES_MAX: usize = 1_024;

pub(super) struct ZplCommands;

impl Grammar for ZplCommands {
    fn end(&mut self, head: &[u8], newest: u8) -> End {
        let fresh = matches!(newest, b'^' | b'~');
        match *head {
            [b'^' | b'~' | b'!'] => End::Unknown,
            // A line of SGD.
            [b'!', ..] if newest == b'\n' || head.len() >= LINE_BYTES_MAX => End::Here,
            [b'!', ..] => End::Unknown,
            [b'^', b'X', b'A' | b'Z'] | [b'~', b'H', b'S' | b'I' | b'M'] => End::Here,
            [b'~', b'H', b'Q', _, _] | [b'~', b'J', _] | [b'~', b'P', _] => End::Here,
            // Raw bytes, as many as the header states.
            [b'^' | b'~', b'G' | b'D', ..] if graphic::is_raw(head) && head.len() <= HEADER_BYTES_MAX => {
                graphic::raw_bytes(head)
                    .map_or(End::Unknown, |bytes| End::At(bytes.saturating_add(head.len() as u64)))
            }
            [b'^' | b'~', ..] if fresh => End::Before,
            [b'^' | b'~', ..] => End::Unknown,
            _ => End::Here,
        }
    }
}

fn numbers(parameters: &[u8]) -> Vec<usize> {
    let text = std::str::from_utf8(parameters).unwrap_or("");
    text.split(',').take(8).map(|n| n.trim().parse().unwrap_or(0)).collect()
}

/// A Zebra, or a clone that prints and answers nothing.
pub(super) struct Zpl {
    clone: bool,
    no_counter: bool,
    in_format: bool,
    home: (usize, usize),
    origin: (usize, usize),
    width: usize,
    length: usize,
    copies: u32,
}

impl Zpl {
    pub(super) fn new(clone: bool, no_counter: bool) -> Self {
        let (home, origin) = ((0, 0), (0, 0));
        Self { clone, no_counter, in_format: false, home, origin, width: 0, length: 0, copies: 1 }
    }

    /// `~HS`. The manual: no answer in media out, ribbon out, head open, head over-temperature.
    fn host_status(&self, seen: &Condition) -> Vec<u8> {
        if seen.stands_still() {
            return Vec::new();
        }
        let full = u8::from(seen.waiting >= 99);
        let first = format!(
            "\x02030,0,0,{:04},{:03},{full},0,{},000,0,0,0\x03\r\n",
            self.length.min(9_999),
            seen.waiting.min(999),
            u8::from(self.in_format),
        );
        let second = format!("\x02000,0,0,0,1,2,4,0,{:08},1,000\x03\r\n", seen.copies_left);
        [first.as_bytes(), second.as_bytes(), b"\x021234,0\x03\r\n"].concat()
    }

    /// `~HQES`.
    fn errors(seen: &Condition) -> Vec<u8> {
        let errors = bit_if(seen.paper_out, 1u32)
            | bit_if(seen.ribbon_out, 2)
            | bit_if(seen.cover_open, 4)
            | bit_if(seen.head_hot, 0x10);
        format!(
            "\x02\r\n  PRINTER STATUS                         \r\n   ERRORS:         {} 00000000 {errors:08X}  \r\n   \
             WARNINGS:       0 00000000 00000000  \r\n\x03\r\n",
            u8::from(errors != 0),
        )
        .into_bytes()
    }

    /// `~HQOD`.
    fn odometer(seen: &Condition) -> Vec<u8> {
        let labels = ODOMETER_AT_FIRST + seen.odometer;
        format!(
            "\x02\r\n  PRINT METERS                           \r\n    TOTAL NONRESETTABLE:      {labels:>8} LABELS  \r\n    \
             USER RESETTABLE CNTR1:    {labels:>8} LABELS  \r\n    USER RESETTABLE CNTR2:    {labels:>8} LABELS  \
             \r\n\x03\r\n"
        )
        .into_bytes()
    }

    /// `! U1 getvar`: the counter, and `"?"` for what it does not know.
    fn variable(line: &[u8], seen: &Condition) -> Vec<u8> {
        match line {
            b"! U1 getvar \"odometer.total_label_count\"" => {
                format!("\"{}\"", ODOMETER_AT_FIRST + seen.odometer).into_bytes()
            }
            _ if line.starts_with(b"! U1 getvar ") => b"\"?\"".to_vec(),
            _ => Vec::new(),
        }
    }

    fn begin_format(&mut self, paper: &mut Paper) {
        // What was begun and never ended is not on the next label.
        *paper = Paper::default();
        (self.in_format, self.origin, self.copies) = (true, self.home, 1);
    }

    /// Everything between `^XA` and `^XZ` but graphics.
    fn set(&mut self, name: &[u8], parameters: &[u8]) {
        let n = numbers(parameters);
        let dots = |at: usize| n.get(at).copied().unwrap_or(0).min(DOTS_MAX);
        match name {
            b"LH" => self.home = (dots(0), dots(1)),
            b"FO" => self.origin = (self.home.0 + dots(0), self.home.1 + dots(1)),
            b"FS" => self.origin = self.home,
            b"PW" => self.width = dots(0),
            b"LL" => self.length = dots(0),
            b"PQ" => self.copies = (dots(0) as u32).clamp(1, COPIES_MAX),
            _ => {}
        }
    }

    fn draw(&self, parameters: &[u8], paper: &mut Paper) {
        let Some(graphic) = graphic::decode(parameters) else {
            tracing::warn!("virtual printer: a graphic that cannot be read");
            paper.partial = true;
            return;
        };
        for (row, y) in graphic.dots.chunks(graphic.across).zip(self.origin.1..) {
            paper.lay(self.origin.0, y, row, Ink::Black);
        }
    }
}

impl Device for Zpl {
    fn grammar(&self) -> Box<dyn Grammar> {
        Box::new(ZplCommands)
    }

    fn role(&self, raw: &[u8]) -> Role {
        match raw {
            [b'~', b'H', b'S' | b'I' | b'M'] | [b'~', b'H', b'Q', _, _] | b"~JA" | [b'!', ..] => Role::Urgent,
            b"^XZ" => Role::End,
            [b'^', b'G', b'F', ..] => Role::Image,
            [b'^', b'G' | b'A' | b'B', ..] | [b'^', b'F', b'D', ..] | [b'~', b'D', ..] => Role::Stray,
            [b'^' | b'~', ..] => Role::Setting,
            _ if raw.iter().all(u8::is_ascii_whitespace) || raw == [0] => Role::Setting,
            _ => Role::Stray,
        }
    }

    fn answer(&mut self, raw: &[u8], seen: &Condition) -> Reaction {
        // Cancels all that it holds.
        if raw == b"~JA" {
            self.in_format = false;
            return Reaction { clear: true, ..Reaction::default() };
        }
        if self.clone {
            return Reaction::default();
        }
        Reaction {
            say: match raw {
                b"~HS" => self.host_status(seen),
                b"~HQOD" | [b'!', ..] if self.no_counter => Vec::new(),
                b"~HQES" => Self::errors(seen),
                b"~HQOD" => Self::odometer(seen),
                [b'!', ..] => Self::variable(raw.trim_ascii(), seen),
                _ => Vec::new(),
            },
            ..Reaction::default()
        }
    }

    fn take(&mut self, raw: &[u8], paper: &mut Paper, _seen: &Condition) -> Reaction {
        match raw {
            b"^XA" => self.begin_format(paper),
            [b'^', b'G', b'F', parameters @ ..] if self.in_format => self.draw(parameters, paper),
            [b'^', a, b, parameters @ ..] if self.in_format => self.set(&[*a, *b], parameters),
            _ => {}
        }
        if raw == b"^XZ" {
            self.in_format = false;
            if !paper.is_empty() && self.width > 0 {
                let length = if self.length > 0 { self.length } else { paper.along() };
                paper.set_size(self.width, length);
            }
        }
        Reaction::default()
    }

    fn copies(&self, _end: &[u8]) -> u32 {
        self.copies
    }

    fn restart(&mut self) {
        *self = Self::new(self.clone, self.no_counter);
    }
}
