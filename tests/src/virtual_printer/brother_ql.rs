//! Brother QL raster as a QL-800 does it: pages of mirrored rows, 32-byte status packets, a roll that has to be the
//! right one, and everything discarded at an error.

pub(super) mod snmp;

use super::Roll;
use super::device::{Condition, Device, Reaction, Role};
use super::framing::{End, Grammar};
use super::paper::{Ink, Paper};

const HEAD_BYTES: usize = 90;
const HEAD_DOTS: usize = 720;
/// `ESC i z`, first byte: which of its fields are meant.
const KIND: u8 = 0x02;
const WIDTH: u8 = 0x04;
const LENGTH: u8 = 0x08;
const CONTINUOUS: u8 = 0x0a;
const DIE_CUT: u8 = 0x0b;
/// `ESC i K`: two colours.
const TWO_COLOUR: u8 = 0x01;
/// Error information 1 and 2.
const NO_MEDIA: u8 = 0x01;
const END_OF_MEDIA: u8 = 0x02;
const WRONG_MEDIA: u8 = 0x01;
const TRANSMISSION: u8 = 0x04;
const COVER_OPEN: u8 = 0x10;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Reply = 0,
    Completed = 1,
    Error = 2,
    Notification = 5,
    PhaseChange = 6,
}

pub(super) struct BrotherCommands;

impl Grammar for BrotherCommands {
    fn end(&mut self, head: &[u8], _: u8) -> End {
        match *head {
            [0x1b | b'M'] | [b'g' | b'w'] | [b'g' | b'w', _] | [0x1b, b'i'] => End::Unknown,
            [b'M', _] | [0x1b, b'@'] => End::Here,
            [b'g' | b'w', _, bytes] => End::At(3 + u64::from(bytes)),
            [0x1b, b'i', b'S'] => End::Here,
            [0x1b, b'i', b'z'] => End::At(13),
            [0x1b, b'i', b'd'] => End::At(5),
            [0x1b, b'i', _] => End::At(4),
            [0x1b, 0x1b] => End::Before,
            _ => End::Here,
        }
    }
}

/// The first printable dot, from the left as a person sees the label, and their number.
fn printable(roll: Roll) -> (usize, usize) {
    let (dots, right) = match (roll.width_mm, roll.length_mm) {
        (12, 0) => (106, 29),
        (17, _) => (165, 0),
        (23, 23) => (202, 42),
        (29, _) => (306, 6),
        (38, _) => (413, 12),
        (39, 48) => (425, 6),
        (50, 0) => (554, 12),
        (52, 29) => (578, 0),
        (54, 0) => (590, 0),
        (62, _) => (696, 12),
        _ => (HEAD_DOTS, 0),
    };
    (HEAD_DOTS - dots - right, dots)
}

#[derive(Default)]
pub(super) struct BrotherQl {
    /// `ESC i a 01` was received.
    raster_mode: bool,
    quiet: bool,
    compressed: bool,
    two_colour: bool,
    printing: bool,
    ended: bool,
    /// Error information 1 and 2, until `ESC @`.
    error: Option<(u8, u8)>,
    was_hot: bool,
}

impl BrotherQl {
    fn broken(&self, seen: &Condition) -> Option<(u8, u8)> {
        let first = match (seen.paper_out, self.ended) {
            (true, true) => END_OF_MEDIA,
            (true, false) => NO_MEDIA,
            (false, _) => 0,
        };
        let second = if seen.cover_open { COVER_OPEN } else { 0 };
        (first | second != 0).then_some((first, second))
    }

    fn packet(&self, kind: Kind, seen: &Condition) -> Vec<u8> {
        let now = self.broken(seen).unwrap_or_default();
        let then = self.error.unwrap_or_default();
        let mut packet = [0_u8; 32];
        packet[..7].copy_from_slice(&[0x80, 0x20, b'B', b'4', b'8', b'0', 0]);
        (packet[8], packet[9]) = (now.0 | then.0, now.1 | then.1);
        if !seen.paper_out {
            packet[10] = seen.roll.width_mm;
            packet[11] = if seen.roll.length_mm == 0 { CONTINUOUS } else { DIE_CUT };
            packet[17] = seen.roll.length_mm;
        }
        packet[18] = kind as u8;
        packet[19] = u8::from(self.printing);
        packet.to_vec()
    }

    /// Stops, reports it, and discards what it has received.
    fn stop(&mut self, error: (u8, u8), seen: &Condition) -> Reaction {
        self.error = Some(error);
        self.printing = false;
        Reaction { say: self.packet(Kind::Error, seen), clear: true, stray: false }
    }

    fn initialise(&mut self, paper: &mut Paper, seen: &Condition) {
        *paper = Paper::default();
        let error = self.broken(seen);
        *self = Self { error, ended: self.ended, was_hot: self.was_hot, ..Self::default() };
    }

    /// `ESC i z`: the roll that the page is for.
    fn media(&mut self, message: &[u8], seen: &Condition) -> Reaction {
        let (flags, roll) = (message[0], seen.roll);
        let kind = if roll.length_mm == 0 { CONTINUOUS } else { DIE_CUT };
        let wrong = flags & KIND != 0 && message[1] != kind
            || flags & WIDTH != 0 && message[2] != roll.width_mm
            || flags & LENGTH != 0 && message[3] != roll.length_mm;
        if wrong { self.stop((0, WRONG_MEDIA), seen) } else { Reaction::default() }
    }

    /// A row of dots; packed ones have to unpack to exactly the head's width.
    fn row(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction {
        let (colour, message) = (raw[..2].to_vec(), &raw[3..]);
        let dots = if self.compressed { unpack(message) } else { Some(message.to_vec()) };
        let ink = match colour[..] {
            [b'g', 0] if !seen.roll.two_colour => Ink::Black,
            [b'w', 1] if self.two_colour => Ink::Black,
            [b'w', 2] if self.two_colour => Ink::Red,
            // Rows of one colour on a roll of two.
            [b'g', 0] => return self.stop((0, WRONG_MEDIA), seen),
            _ => return self.stop((0, TRANSMISSION), seen),
        };
        let Some(dots) = dots.filter(|d| d.len() == HEAD_BYTES && self.raster_mode) else {
            return self.stop((0, TRANSMISSION), seen);
        };
        let (first, across) = printable(seen.roll);
        // Bit 7 of byte 0 is at the right edge.
        let mirrored = (0..HEAD_DOTS).map(|x| {
            let pin = HEAD_DOTS - 1 - x;
            dots[pin / 8] >> (7 - pin % 8) & 1 == 1
        });
        let seen_dots = mirrored.skip(first).take(across).map(|on| on.then_some(ink));
        let y = if ink == Ink::Red { paper.along().saturating_sub(1) } else { paper.along() };
        paper.lay_dots(0, y, seen_dots);
        Reaction::default()
    }
}

fn unpack(mut packed: &[u8]) -> Option<Vec<u8>> {
    let mut dots = Vec::with_capacity(HEAD_BYTES);
    while let Some((&count, rest)) = packed.split_first() {
        let count = usize::from(count);
        if count == 128 {
            packed = rest;
        } else if count < 128 {
            let (plain, rest) = rest.split_at_checked(count + 1)?;
            dots.extend_from_slice(plain);
            packed = rest;
        } else {
            let (&byte, rest) = rest.split_first()?;
            dots.resize(dots.len() + 257 - count, byte);
            packed = rest;
        }
    }
    Some(dots)
}

impl Device for BrotherQl {
    fn grammar(&self) -> Box<dyn Grammar> {
        Box::new(BrotherCommands)
    }

    fn role(&self, raw: &[u8]) -> Role {
        match *raw {
            [0x1b, b'i', b'S'] => Role::Question,
            [b'g' | b'w', ..] => Role::Image,
            [0x0c | 0x1a] => Role::End,
            [0] | [0x1b] | [0x1b, b'@'] | [b'M', _] | [b'Z'] => Role::Setting,
            [0x1b, b'i', b'a' | b'!' | b'z' | b'M' | b'A' | b'K' | b'd', ..] => Role::Setting,
            _ => Role::Stray,
        }
    }

    fn answer(&mut self, _: &[u8], _: &Condition) -> Reaction {
        Reaction::default()
    }

    fn take(&mut self, raw: &[u8], paper: &mut Paper, seen: &Condition) -> Reaction {
        match *raw {
            [0x1b, b'i', b'S'] => return Reaction::say(&self.packet(Kind::Reply, seen)),
            [0x1b, b'@'] => self.initialise(paper, seen),
            // Nothing else is accepted before a reset.
            _ if self.error.is_some() => {}
            [0x1b, b'i', b'a', mode] => self.raster_mode = mode == 1,
            [0x1b, b'i', b'!', mode] => self.quiet = mode != 0,
            [0x1b, b'i', b'K', mode] => self.two_colour = mode & TWO_COLOUR != 0,
            [0x1b, b'i', b'z', ref message @ ..] if message.len() == 10 => return self.media(message, seen),
            [b'M', mode] => self.compressed = mode == 2,
            [b'g' | b'w', _, _, ..] => return self.row(raw, paper, seen),
            // A QL-800 does not know the short form of an empty row.
            [b'Z'] => return self.stop((0, TRANSMISSION), seen),
            _ => {}
        }
        Reaction::default()
    }

    fn keeps_buffer(&self) -> bool {
        false
    }

    fn begins(&mut self, seen: &Condition) -> Vec<u8> {
        self.printing = true;
        if self.quiet { Vec::new() } else { self.packet(Kind::PhaseChange, seen) }
    }

    fn ends(&mut self, seen: &Condition) -> Vec<u8> {
        let completed = self.packet(Kind::Completed, seen);
        self.printing = false;
        let waiting = self.packet(Kind::PhaseChange, seen);
        if self.quiet { Vec::new() } else { [completed, waiting].concat() }
    }

    fn changed(&mut self, seen: &Condition) -> Reaction {
        if seen.head_hot != self.was_hot {
            self.was_hot = seen.head_hot;
            let mut packet = self.packet(Kind::Notification, seen);
            packet[22] = if seen.head_hot { 3 } else { 4 };
            return Reaction { say: if self.quiet { Vec::new() } else { packet }, ..Reaction::default() };
        }
        // A roll that ends after labels have come out is at its end; none at all is none.
        self.ended = seen.paper_out && seen.odometer > 0;
        match self.broken(seen) {
            Some(error) if self.error != Some(error) => self.stop(error, seen),
            _ => Reaction::default(),
        }
    }

    fn status_block(&self, seen: &Condition) -> Vec<u8> {
        self.packet(Kind::Reply, seen)
    }

    fn restart(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::super::framing::commands;
    use super::*;

    fn roll() -> Condition {
        let roll = Roll { width_mm: 62, length_mm: 29, two_colour: false };
        Condition { roll, ..Condition::default() }
    }

    fn page(roll_bytes: [u8; 4], rows: &[u8]) -> Vec<u8> {
        let media = [&[0x1b, b'i', b'z'][..], &roll_bytes, &[1, 0, 0, 0, 0, 0]].concat();
        [&[0; 200][..], b"\x1b@\x1bia\x01\x1bi!\0", &media, b"\x1biM\x40\x1biA\x01\x1biK\x08\x1bid\0\0", rows]
            .concat()
    }

    fn run(stream: &[u8], seen: &Condition) -> (BrotherQl, Paper, Vec<u8>) {
        let (mut device, mut paper, mut message) = (BrotherQl::default(), Paper::default(), Vec::new());
        for raw in commands(BrotherCommands, stream) {
            message.extend(device.take(&raw, &mut paper, seen).say);
        }
        (device, paper, message)
    }

    #[test]
    fn a_row_is_mirrored_and_lies_between_the_margins() {
        let mut row = vec![b'g', 0, 90];
        row.resize(93, 0);
        // Pin 12 is the first that prints on the right edge of a 62 mm label.
        row[3 + 1] = 0x08;
        let (_, paper, message) = run(&page([0x8e, 0x0b, 62, 29], &[b"M\0", &row[..]].concat()), &roll());
        let picture = paper.picture(false);
        assert!(message.is_empty() && picture.dimensions() == (696, 1));
        let black: Vec<u32> = (0..696).filter(|&x| picture.get_pixel(x, 0).0[0] == 0).collect();
        assert_eq!(black, [695]);
    }

    #[test]
    fn packed_rows_have_to_be_whole() {
        assert_eq!(unpack(&[2, 1, 2, 3, 0xfe, 9, 0x80]), Some(vec![1, 2, 3, 9, 9, 9]));
        assert_eq!(unpack(&[5, 1]), None);
        assert_eq!(unpack(&[0xfe]), None);
        let whole = [b'g', 0, 2, 0xa7, 0xff];
        let (_, paper, message) = run(&page([0x8e, 0x0b, 62, 29], &[b"M\x02", &whole[..]].concat()), &roll());
        assert!(message.is_empty() && paper.along() == 1);
        let short = [b'g', 0, 2, 0xa8, 0xff];
        let (_, _, message) = run(&page([0x8e, 0x0b, 62, 29], &[b"M\x02", &short[..]].concat()), &roll());
        assert_eq!((message.len(), message[18], message[9]), (32, 2, TRANSMISSION));
    }

    #[test]
    fn another_roll_is_refused_as_far_as_the_flags_say() {
        for (media, refused) in [
            ([0x8e, 0x0b, 62, 29], false),
            ([0x8e, 0x0b, 62, 100], true),
            ([0x8e, 0x0a, 62, 0], true),
            ([0x8e, 0x0b, 29, 90], true),
            ([0x80, 0x0b, 29, 90], false),
        ] {
            let (device, _, message) = run(&page(media, b""), &roll());
            assert_eq!(device.error.is_some(), refused, "{media:?}");
            assert_eq!(message.get(9), refused.then_some(&WRONG_MEDIA));
        }
    }

    #[test]
    fn two_colours_need_two_colours() {
        let mut seen = roll();
        seen.roll = Roll { width_mm: 62, length_mm: 0, two_colour: true };
        let plain = [b'g', 0, 2, 0xa7, 0xff];
        let (_, _, message) = run(&page([0x8e, 0x0a, 62, 0], &[b"M\x02", &plain[..]].concat()), &seen);
        assert_eq!(message[9], WRONG_MEDIA);
        let rows = [&b"\x1biK\x09M\x02"[..], &[b'w', 1, 2, 0xa7, 0xf0], &[b'w', 2, 2, 0xa7, 0x01]].concat();
        let (_, paper, message) = run(&page([0x8e, 0x0a, 62, 0], &rows), &seen);
        assert!(message.is_empty() && paper.along() == 1);
        let inks: Vec<u8> = (0..8).map(|x| paper.picture(false).get_pixel(688 + x, 0).0[0]).collect();
        // Un-mirrored, and 12 dots further left than the head's edge: red is bit 0, black bits 7 to 4.
        assert_eq!(inks.iter().filter(|&&i| i == 0).count(), 4);
        assert_eq!(inks.iter().filter(|&&i| i == 76).count(), 1);
    }
}
