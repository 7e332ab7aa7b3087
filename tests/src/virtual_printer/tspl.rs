//! TSPL as a TSC does it: lines and one raw bitmap in which black is 0, an image that stays until `CLS`.

use super::device::{Condition, Device, Reaction, Role, bit_if};
use super::framing::{End, Grammar};
use super::paper::Paper;

const COPIES_MAX: u32 = 100;
const LINE_BYTES_MAX: usize = 1_024;
const HEADER_BYTES_MAX: usize = 64;

pub(super) struct TsplCommands;

impl Grammar for TsplCommands {
    fn end(&mut self, head: &[u8], newest: u8) -> End {
        match *head {
            [0x1b] | [0x1b, b'!'] => End::Unknown,
            [0x1b, b'!', _] => End::Here,
            [0x1b, ..] => End::Here,
            _ if newest == b'\n' || newest == b'\r' => End::Here,
            _ if head.len() > LINE_BYTES_MAX => End::Here,
            _ if newest == b',' && head.len() <= HEADER_BYTES_MAX => {
                bitmap(head).map_or(End::Unknown, |b| End::At(head.len() as u64 + b.bytes()))
            }
            _ => End::Unknown,
        }
    }
}

/// `BITMAP x,y,bytes across,rows,mode,`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bitmap {
    x: usize,
    y: usize,
    across: usize,
    rows: usize,
    mode: usize,
    dots_at: usize,
}

impl Bitmap {
    fn bytes(&self) -> u64 {
        self.across as u64 * self.rows as u64
    }
}

fn bitmap(raw: &[u8]) -> Option<Bitmap> {
    let header = &raw[..raw.len().min(HEADER_BYTES_MAX)];
    let commas = header.iter().enumerate().filter(|(_, b)| **b == b',');
    let dots_at = commas.map(|(at, _)| at + 1).nth(4)?;
    let text = std::str::from_utf8(&raw[..dots_at - 1]).ok()?;
    let fields = text.strip_prefix("BITMAP ")?;
    let n: Vec<usize> = fields.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let [x, y, across, rows, mode] = n[..] else { return None };
    let sane = across <= 65_535 && rows <= 65_535;
    sane.then_some(Bitmap { x, y, across, rows, mode, dots_at })
}

fn line(raw: &[u8]) -> (&str, &str) {
    let text = std::str::from_utf8(raw.trim_ascii()).unwrap_or("?");
    text.split_once(' ').unwrap_or((text, ""))
}

/// A TSPL printer; a clone knows only `ESC !?`.
pub(super) struct Tspl {
    dots_per_mm: f64,
    clone: bool,
    size: Option<(usize, usize)>,
}

impl Tspl {
    pub(super) fn new(dpi: u32, clone: bool) -> Self {
        let dots_per_mm = match dpi {
            203 => 8.0,
            300 => 12.0,
            600 => 24.0,
            other => f64::from(other) / 25.4,
        };
        Self { dots_per_mm, clone, size: None }
    }

    /// `60 mm`, `2.4` (inches) or `480 dot`.
    fn length(&self, message: &str) -> Option<usize> {
        let message = message.trim();
        let (number, factor) = match (message.strip_suffix("mm"), message.strip_suffix("dot")) {
            (Some(mm), _) => (mm, self.dots_per_mm),
            (_, Some(dots)) => (dots, 1.0),
            _ => (message, self.dots_per_mm * 25.4),
        };
        let dots = number.trim().parse::<f64>().ok()? * factor;
        (1.0..100_000.0).contains(&dots).then_some(dots.round() as usize)
    }

    fn short(seen: &Condition) -> u8 {
        bit_if(seen.cover_open, 0x41)
            | bit_if(seen.paper_out, 0x04)
            | bit_if(seen.ribbon_out, 0x08)
            | bit_if(seen.busy, 0x20)
            | bit_if(seen.head_hot, 0x80)
    }

    fn long(seen: &Condition) -> [u8; 8] {
        let state = if seen.stands_still() {
            b'E'
        } else if seen.busy {
            b'P'
        } else {
            b'@'
        };
        let error = b'@'
            | bit_if(seen.paper_out, 0x01)
            | bit_if(seen.ribbon_out, 0x04)
            | bit_if(seen.cover_open, 0x20);
        [2, state, b'@' | bit_if(seen.near_end, 1), b'@' | bit_if(seen.head_hot, 1), error, 3, b'\r', b'\n']
    }

    fn draw(&self, raw: &[u8], paper: &mut Paper) {
        let Some(header) = bitmap(raw) else { return };
        let dots = raw[header.dots_at..].chunks_exact(header.across.max(1));
        for (row, y) in dots.zip(header.y..) {
            // 0 is black.
            let packed: Vec<u8> = row.iter().map(|byte| !byte).collect();
            match header.mode {
                0 => paper.overwrite(header.x, y, &packed),
                _ => paper.lay(header.x, y, &packed, super::paper::Ink::Black),
            }
        }
    }
}

impl Device for Tspl {
    fn grammar(&self) -> Box<dyn Grammar> {
        Box::new(TsplCommands)
    }

    fn role(&self, raw: &[u8]) -> Role {
        if let [0x1b, b'!', ..] = raw {
            return Role::Urgent;
        }
        if bitmap(raw).is_some() {
            return Role::Image;
        }
        match line(raw).0 {
            "PRINT" => Role::End,
            "" | "SIZE" | "GAP" | "BLINE" | "OFFSET" | "SPEED" | "DENSITY" | "DIRECTION" | "REFERENCE"
            | "CLS" | "SHIFT" | "PEEL" | "CUT" | "TEAR" | "CODEPAGE" | "COUNTRY" => Role::Setting,
            "SET" | "RIBBON" | "SELFTEST" | "FEED" | "HOME" | "INITIALPRINTER" => Role::Setting,
            _ if raw.trim_ascii().iter().all(|&b| b == 0 || b == 0xff) => Role::Setting,
            _ => Role::Stray,
        }
    }

    fn answer(&mut self, raw: &[u8], seen: &Condition) -> Reaction {
        match raw {
            b"\x1b!?" => Reaction::say(&[Self::short(seen)]),
            b"\x1b!S" if !self.clone => Reaction::say(&Self::long(seen)),
            _ => Reaction::default(),
        }
    }

    fn take(&mut self, raw: &[u8], paper: &mut Paper, _seen: &Condition) -> Reaction {
        if bitmap(raw).is_some() {
            self.draw(raw, paper);
            return Reaction::default();
        }
        match line(raw) {
            ("CLS", _) => {
                // What came before belongs to this label, unless it is the rest of a broken one.
                let before = if paper.partial { Vec::new() } else { paper.take_raw() };
                *paper = Paper::default();
                paper.keep(&before);
            }
            ("SIZE", sides) => {
                let (across, along) = sides.split_once(',').unwrap_or((sides, ""));
                self.size = self.length(across).map(|a| (a, self.length(along).unwrap_or(0)));
            }
            ("PRINT", _) if !paper.is_empty() => {
                if let Some((across, along)) = self.size {
                    paper.set_size(across, if along > 0 { along } else { paper.along() });
                }
            }
            _ => {}
        }
        Reaction::default()
    }

    fn keeps_image(&self) -> bool {
        true
    }

    fn copies(&self, end: &[u8]) -> u32 {
        let counts =
            line(end).1.split(',').map(|n| n.trim().parse::<u32>().unwrap_or(1).clamp(1, COPIES_MAX));
        counts.take(2).product::<u32>().min(COPIES_MAX)
    }

    fn restart(&mut self) {
        self.size = None;
    }
}

#[cfg(test)]
mod tests {
    use super::super::framing::commands;
    use super::*;

    #[test]
    fn raw_dots_may_hold_line_ends_and_commas() {
        let stream = b"SIZE 2 mm,1 mm\r\nCLS\r\nBITMAP 0,0,2,3,0,\r\n,\x1b!?\r\nPRINT 1,1\r\n\x1b!?";
        let raw = commands(TsplCommands, stream);
        let whole: Vec<_> = raw.iter().filter(|raw| raw[..] != b"\n"[..]).collect();
        assert_eq!(whole.len(), 6, "{raw:?}");
        assert_eq!(whole[2], b"BITMAP 0,0,2,3,0,\r\n,\x1b!?");
        assert_eq!(whole[5], b"\x1b!?");
    }

    #[test]
    fn black_is_nought_and_padding_is_one() {
        let (mut tspl, mut paper) = (Tspl::new(203, false), Paper::default());
        let seen = Condition::default();
        tspl.take(b"SIZE 2 mm,0.25 mm\r", &mut paper, &seen);
        tspl.take(b"CLS\r", &mut paper, &seen);
        tspl.take(b"BITMAP 0,0,1,2,0,\x0f\xfe", &mut paper, &seen);
        tspl.take(b"PRINT 1,1\r", &mut paper, &seen);
        let picture = paper.picture(false);
        assert_eq!(picture.dimensions(), (16, 2));
        let dots: Vec<u8> = picture.pixels().map(|p| u8::from(p.0[0] == 0)).collect();
        assert_eq!(dots[..16], [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(dots[16..], [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!((tspl.copies(b"PRINT 2,3\r"), tspl.copies(b"PRINT 99999,99999\r")), (6, COPIES_MAX));
    }

    #[test]
    fn sizes_in_each_unit() {
        let tspl = Tspl::new(203, false);
        assert_eq!(
            ["61 mm", "2.4", "480 dot", "x", "1e99"].map(|s| tspl.length(s)),
            [Some(488), Some(488), Some(480), None, None]
        );
    }

    #[test]
    fn status_in_both_forms() {
        let seen = Condition { paper_out: true, busy: true, ..Condition::default() };
        assert_eq!(Tspl::short(&seen), 0x24);
        assert_eq!(&Tspl::long(&seen), b"\x02E@@A\x03\r\n");
        assert_eq!(&Tspl::long(&Condition::default()), b"\x02@@@@\x03\r\n");
    }
}
