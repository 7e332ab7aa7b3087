//! DYMO LabelWriter 400 and 450: bare rows without lengths, and one byte in answer, between labels only.

use std::time::Duration;

use crate::media::{Media, MediaLength, ThermalMethod};
use crate::printers::language::{
    self, ConfirmationLevel, EncodeError, IdleDetector, LanguageSpec, ModelFault, PendingLabels,
    PrinterCondition, PrinterEvent, PrinterLanguage, PrinterProfile, PrinterSession, StatusPoll,
};
use crate::raster::bitmap::Bitmap;

/// The language's row. Labels are fed short side first; the layout code turns them.
pub const ROW: LanguageSpec = LanguageSpec {
    language: PrinterLanguage::Dymo,
    name: "dymo",
    printers: "DYMO LabelWriter 400, 450 and 4XL",
    dpi: &[300],
    head_dots: |_| 672,
    answers: ConfirmationLevel::Taken,
    beside: None,
    refusal: model_refusal,
    models: &["LABELWRITER"],
    commands: &[],
    media: dymo_media,
    session: |profile, _| Box::new(Dymo::new(profile)),
};

/// White at the edge that comes out first (millimetres); a roll's `end_mm` is that of the other edge, which
/// is wider.
const LEAD_MM: f64 = 1.524;

fn points_to_mm(points: f64) -> f64 {
    points * 25.4 / 72.0
}

fn dymo_roll(name: &str, width: f64, length: Option<f64>, side: f64, end: f64) -> Media {
    Media {
        name: name.to_owned(),
        width_mm: points_to_mm(width),
        length: length
            .map_or(MediaLength::Continuous, |l| MediaLength::DieCut { mm: points_to_mm(l), gap_mm: 3.0 }),
        side_mm: points_to_mm(side),
        end_mm: points_to_mm(end),
        thermal: ThermalMethod::Direct,
        two_colour: false,
    }
}

/// From DYMO's own description of the LabelWriter 450 (lw450.ppd of printer-driver-dymo 1.4.0), which uses
/// points.
fn dymo_media() -> Vec<Media> {
    vec![
        dymo_roll("30252-address-89x28", 78.96, Some(252.0), 4.32, 16.56),
        dymo_roll("30321-large-address-89x36", 101.28, Some(251.04), 4.32, 16.08),
        dymo_roll("30334-multi-purpose-57x32", 162.0, Some(90.0), 2.88, 4.32),
        dymo_roll("30336-small-54x25", 72.0, Some(153.12), 4.08, 6.48),
        dymo_roll("30332-square-25x25", 72.0, Some(72.0), 4.08, 7.2),
        dymo_roll("30330-return-address-51x19", 54.0, Some(144.0), 4.08, 16.32),
        dymo_roll("30256-shipping-101x59", 166.56, Some(288.0), 4.08, 16.8),
        dymo_roll("30327-file-folder-87x20", 56.4, Some(247.44), 2.88, 15.84),
        dymo_roll("30270-continuous-57", 162.0, None, 2.88, 4.32),
    ]
}

/// Why a model cannot be driven, if that is known of it.
pub fn model_refusal(model: &str) -> Option<ModelFault> {
    let model = model.to_ascii_uppercase();
    let locked = model.contains("550") || model.contains("5XL");
    locked.then_some(ModelFault::ChippedRolls)
}

/// Between two status requests.
const POLL: Duration = Duration::from_secs(1);
/// While a label is under way and nothing is wrong: the next one waits for the answer.
const POLL_SOON: Duration = Duration::from_millis(150);
/// How long the answer may take; in the middle of a label there is none.
const ANSWER_MAX: Duration = Duration::from_secs(5);
/// Label length for an endless roll: from 8000h on the printer searches for no gap.
const ENDLESS: u16 = 0xffff;
const LENGTH_MAX: u32 = 0x7fff;
/// Bits of the status that are always 0.
const UNUSED: u8 = 0x1c;

const ASK_STATUS: &[u8] = b"\x1bA";

/// The session of one connection with a LabelWriter.
#[derive(Debug)]
pub struct Dymo {
    profile: PrinterProfile,
    awaited: PendingLabels,
    status_poll: StatusPoll,
    /// It may be in the middle of a row of an earlier label.
    partial: bool,
    /// Requested after the last label had been sent.
    fresh: bool,
    /// The last answer reported a fault; a single byte could be noise.
    faulty: bool,
    /// A fault was reported since the last label, or a question was not answered while one was under way: the printer
    /// discards the question with all else that it holds. Nothing is accepted from then until a reset, fixed or not.
    stopped: bool,
    idle: IdleDetector,
}

impl Dymo {
    /// A session.
    pub fn new(profile: PrinterProfile) -> Self {
        Self {
            profile,
            awaited: PendingLabels::default(),
            status_poll: StatusPoll::default(),
            partial: true,
            fresh: false,
            faulty: false,
            stopped: false,
            idle: IdleDetector::default(),
        }
    }

    fn ask(&mut self, now: Duration) -> Vec<u8> {
        self.fresh = !self.status_poll.is_open();
        self.status_poll.ask(now);
        ASK_STATUS.to_vec()
    }

    /// As many ESC as a row has bytes, and one more: one of them is read as a command, whatever came before.
    fn resynchronise(&self) -> Vec<u8> {
        let row_bytes = self.profile.head_dots.min(crate::raster::bitmap::DOTS_MAX).div_ceil(8) as usize;
        let mut bytes = vec![0x1b; row_bytes + 1];
        bytes.extend_from_slice(b"\x1b@");
        bytes
    }

    /// `ESC c` light, `d` medium, `e` normal, `g` dark.
    fn density(&self) -> Option<[u8; 2]> {
        let steps = *b"cdeg";
        let at = usize::from(self.profile.darkness?.min(99)) / 25;
        Some([0x1b, steps[at]])
    }

    /// The longest feed to the next gap, and white rows before the picture.
    fn feed(&self, label: &Bitmap) -> (u16, u32) {
        let (dpi, media) = (self.profile.dpi, &self.profile.media);
        match media.length {
            MediaLength::Continuous => (ENDLESS, 0),
            MediaLength::DieCut { mm, gap_mm } => {
                let feed_dots = dpi.dots_up(mm + gap_mm).min(LENGTH_MAX);
                let lead = dpi.dots((media.end_mm - LEAD_MM).max(0.0));
                (feed_dots as u16, lead.min(dpi.dots_up(mm).saturating_sub(label.height())))
            }
        }
    }

    fn on_byte(&mut self, byte: u8) -> Vec<PrinterEvent> {
        if byte & UNUSED != 0 || !self.status_poll.answered() {
            return Vec::new();
        }
        let causes = [
            (byte & 0x20 != 0, PrinterCondition::PaperOut),
            (byte & 0x40 != 0, PrinterCondition::Fault),
            (byte & 0x80 != 0, PrinterCondition::Fault),
        ];
        let fault = causes.iter().find(|(on, _)| *on).map(|(_, condition)| *condition);
        let mut events = vec![PrinterEvent::State(fault.unwrap_or(PrinterCondition::Ready))];
        let again = std::mem::replace(&mut self.faulty, fault.is_some());
        self.stopped |= fault.is_some() && !self.awaited.is_empty();
        // With nothing under way nothing is lost, but the next label would be.
        self.partial |= fault.is_some() && self.awaited.is_empty();
        if self.stopped && (again || fault.is_none()) {
            // It discards what it holds; after the last label of a roll it stops as in the middle of one.
            (self.partial, self.stopped) = (true, false);
            let begun = self.awaited.len();
            events.extend(self.awaited.lose_all(begun));
        }
        if fault.is_some() {
            self.idle.stopped();
            return events;
        }
        // On an endless roll there is no top of form.
        let at_top = byte & 0x02 != 0 || self.profile.media.length == MediaLength::Continuous;
        if !self.fresh || self.awaited.is_empty() {
            return events;
        }
        if byte & 0x01 == 0 || !at_top {
            self.idle.busy();
        } else if self.idle.idle() {
            events.extend(self.awaited.take_all().map(|upto| PrinterEvent::Taken { upto }));
        }
        events
    }
}

impl PrinterSession for Dymo {
    fn hello(&mut self, now: Duration) -> Vec<u8> {
        if self.profile.answers == ConfirmationLevel::Nothing { Vec::new() } else { self.ask(now) }
    }

    /// With a feed: `ESC @` moves no paper, and the next label would be printed over the rest of the
    /// incomplete one.
    fn after_interruption(&mut self) -> Vec<u8> {
        self.partial = false;
        let mut bytes = self.resynchronise();
        bytes.extend_from_slice(b"\x1bE");
        bytes
    }

    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError> {
        if let Some(why) = self.profile.model.as_deref().and_then(model_refusal) {
            return Err(EncodeError::Model(why));
        }
        language::check_fit(label, &self.profile)?;
        let width = label.width();
        let row_bytes =
            u8::try_from(label.row_bytes()).map_err(|_| EncodeError::TooWide { width, head: 255 * 8 })?;
        let (feed_dots, lead) = self.feed(label);
        let mut bytes = if self.partial { self.resynchronise() } else { Vec::new() };
        bytes.reserve((label.row_bytes() + 1) * (label.height() + lead) as usize + 32);
        bytes.extend_from_slice(b"\x1bL");
        bytes.extend_from_slice(&feed_dots.to_be_bytes());
        bytes.extend_from_slice(&[0x1b, b'B', 0, 0x1b, b'D', row_bytes]);
        bytes.extend(self.density().into_iter().flatten());
        bytes.extend_from_slice(b"\x1bh");
        for _ in 0..lead {
            bytes.push(0x16);
            bytes.extend(std::iter::repeat_n(0, label.row_bytes()));
        }
        for row in label.rows() {
            bytes.push(0x16);
            bytes.extend_from_slice(row);
        }
        bytes.extend_from_slice(b"\x1bG");
        self.partial = false;
        if self.profile.answers != ConfirmationLevel::Nothing {
            self.awaited.push(n);
            self.fresh = false;
            (self.faulty, self.stopped) = (false, false);
            self.idle.restart();
        }
        Ok(bytes)
    }

    fn answers(&self) -> ConfirmationLevel {
        self.profile.answers
    }

    fn takes_next(&self) -> bool {
        !self.faulty
    }

    fn finish(&mut self) -> Vec<u8> {
        b"\x1bE".to_vec()
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent> {
        bytes.iter().flat_map(|&byte| self.on_byte(byte)).collect()
    }

    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>) {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return (Vec::new(), Vec::new());
        }
        if self.status_poll.overdue(now, ANSWER_MAX) {
            self.stopped |= !self.awaited.is_empty();
            return (self.ask(now), vec![PrinterEvent::Silent]);
        }
        let every = if self.awaited.is_empty() || self.faulty { POLL } else { POLL_SOON };
        (if self.status_poll.due(now, every) { self.ask(now) } else { Vec::new() }, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printers::language::tests::{scattered, seconds};
    use proptest::prelude::*;

    const READY: PrinterEvent = PrinterEvent::State(PrinterCondition::Ready);

    fn session() -> Dymo {
        Dymo::new(PrinterLanguage::Dymo.usual_profile())
    }

    fn dot() -> Bitmap {
        let mut b = Bitmap::white(9, 2);
        b.blacken(8, 1);
        b
    }

    fn ready() -> Dymo {
        let mut s = session();
        assert_eq!(s.hello(seconds(0.0)), ASK_STATUS);
        assert_eq!(s.on_bytes(&[0x03]), [READY]);
        s
    }

    #[test]
    fn golden_bytes() {
        let mut s = session();
        let first = s.encode(1, &dot()).unwrap();
        let rest = first.strip_prefix(&[0x1b; 85][..]).unwrap();
        let head = b"\x1b@\x1bL\x04\x3e\x1bB\0\x1bD\x02\x1bh";
        let rows = [&b"\x16\0\0".repeat(51)[..], b"\x16\0\0\x16\0\x80\x1bG"].concat();
        assert_eq!(rest, [&head[..], &rows].concat());
        let second = s.encode(2, &dot()).unwrap();
        assert_eq!(second, [&head[2..], &rows].concat());
        assert_eq!(s.finish(), b"\x1bE");
        let media = dymo_media().into_iter().find(|m| m.length == MediaLength::Continuous).unwrap();
        let profile = PrinterProfile { media, darkness: Some(100), ..PrinterLanguage::Dymo.usual_profile() };
        let mut s = Dymo::new(profile);
        assert!(s.after_interruption().ends_with(b"\x1b\x1b@\x1bE"));
        assert_eq!(
            s.encode(1, &dot()).unwrap(),
            b"\x1bL\xff\xff\x1bB\0\x1bD\x02\x1bg\x1bh\x16\0\0\x16\0\x80\x1bG"
        );
    }

    #[test]
    fn four_densities() {
        for (darkness, step) in [(0, b'c'), (24, b'c'), (25, b'd'), (50, b'e'), (75, b'g'), (255, b'g')] {
            let profile =
                PrinterProfile { darkness: Some(darkness), ..PrinterLanguage::Dymo.usual_profile() };
            assert_eq!(Dymo::new(profile).density(), Some([0x1b, step]));
        }
    }

    #[test]
    fn a_550_is_refused_with_a_clear_sentence() {
        for model in ["DYMO LabelWriter 550", "LabelWriter 550 Turbo", "labelwriter 5xl"] {
            let model = Some(model.to_owned());
            let refused = Dymo::new(PrinterProfile { model, ..PrinterLanguage::Dymo.usual_profile() })
                .encode(1, &dot());
            assert!(matches!(refused, Err(EncodeError::Model(ModelFault::ChippedRolls))));
        }
        assert_eq!(model_refusal("DYMO LabelWriter 450 Twin Turbo"), None);
        assert_eq!(model_refusal("DYMO LabelWriter 4XL"), None);
    }

    #[test]
    fn too_large_is_refused() {
        let wide = session().encode(1, &Bitmap::white(330, 10));
        assert_eq!(wide, Err(EncodeError::TooWide { width: 330, head: 329 }));
        let long = session().encode(1, &Bitmap::white(100, 1_051));
        assert_eq!(long, Err(EncodeError::TooLong { height: 1_051, available: 1_050 }));
    }

    #[test]
    fn conditions() {
        for (byte, condition) in [
            (0x03, PrinterCondition::Ready),
            (0x01, PrinterCondition::Ready),
            (0x23, PrinterCondition::PaperOut),
            (0xe0, PrinterCondition::PaperOut),
            (0x43, PrinterCondition::Fault),
            (0x83, PrinterCondition::Fault),
        ] {
            let mut s = ready();
            s.tick(seconds(1.0));
            assert_eq!(s.on_bytes(&[byte]), [PrinterEvent::State(condition)], "{byte:02x}");
            assert_eq!(s.takes_next(), condition == PrinterCondition::Ready);
            assert_eq!(s.on_bytes(&[byte]), [], "was not asked for");
        }
        let mut s = ready();
        s.tick(seconds(1.0));
        assert_eq!(s.on_bytes(&[0x1c, 0x07]), [], "no status has these bits");
    }

    #[test]
    fn top_of_form_after_a_label_is_taken() {
        let mut s = ready();
        s.tick(seconds(1.0));
        s.encode(1, &dot()).unwrap();
        assert_eq!(s.on_bytes(&[0x03]), [READY], "asked before the label");
        s.tick(seconds(2.0));
        assert_eq!(s.on_bytes(&[0x01]), [READY], "ready, but in the middle of a label");
        s.tick(seconds(3.0));
        assert_eq!(s.on_bytes(&[0x03]), [READY, PrinterEvent::Taken { upto: 1 }]);
    }

    #[test]
    fn asked_soon_after_a_label_and_one_byte_confirms_nothing() {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        assert_eq!(s.tick(seconds(0.1)), (Vec::new(), Vec::new()));
        for at in [0.15, 0.30] {
            assert_eq!(s.tick(seconds(at)).0, ASK_STATUS);
            assert_eq!(s.on_bytes(&[0x03, 0x03, 0x03]), [READY], "one answer to one question");
        }
        assert_eq!(s.tick(seconds(0.45)).0, ASK_STATUS);
        assert_eq!(s.on_bytes(&[0x03]), [READY, PrinterEvent::Taken { upto: 1 }]);
        assert_eq!(s.tick(seconds(0.60)), (Vec::new(), Vec::new()), "nothing is under way");
    }

    #[test]
    fn paper_out_leaves_doubt_about_what_it_held_once_it_was_said_twice() {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        s.encode(2, &dot()).unwrap();
        s.tick(seconds(1.0));
        assert_eq!(s.on_bytes(&[0x20]), [PrinterEvent::State(PrinterCondition::PaperOut)]);
        s.tick(seconds(2.0));
        assert_eq!(
            s.on_bytes(&[0x20]),
            [PrinterEvent::State(PrinterCondition::PaperOut), PrinterEvent::Unclear { upto: 2 }]
        );
        assert!(!s.takes_next());
        s.tick(seconds(3.0));
        assert_eq!(s.on_bytes(&[0x03]), [READY]);
        assert!(s.takes_next());
        assert!(s.encode(1, &dot()).unwrap().starts_with(&[0x1b; 85]));
    }

    #[test]
    fn a_fault_that_was_mended_at_once_leaves_doubt_too() {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        s.tick(seconds(1.0));
        assert_eq!(s.on_bytes(&[0x80]), [PrinterEvent::State(PrinterCondition::Fault)]);
        s.tick(seconds(2.0));
        assert_eq!(s.on_bytes(&[0x03]), [READY, PrinterEvent::Unclear { upto: 1 }]);
        assert!(s.encode(1, &dot()).unwrap().starts_with(&[0x1b; 85]), "it is reset before the next label");
    }

    #[test]
    fn after_a_fault_between_two_labels_it_is_reset_before_the_next() {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        for at in [1.0, 2.0, 3.0] {
            s.tick(seconds(at));
            s.on_bytes(&[0x03]);
        }
        s.tick(seconds(4.0));
        assert_eq!(
            s.on_bytes(&[0x80]),
            [PrinterEvent::State(PrinterCondition::Fault)],
            "nothing was under way"
        );
        s.tick(seconds(5.0));
        assert_eq!(s.on_bytes(&[0x03]), [READY]);
        assert!(
            s.encode(2, &dot()).unwrap().starts_with(&[0x1b; 85]),
            "else it takes nothing and says that it is idle"
        );
        assert!(!s.encode(3, &dot()).unwrap().starts_with(&[0x1b; 85]));
    }

    #[test]
    fn a_cover_opened_and_closed_between_two_answers_leaves_doubt() {
        let mut s = ready();
        s.encode(1, &dot()).unwrap();
        assert_eq!(s.tick(seconds(1.0)).0, ASK_STATUS);
        assert_eq!(s.tick(seconds(6.0)), (ASK_STATUS.to_vec(), vec![PrinterEvent::Silent]));
        assert_eq!(s.on_bytes(&[0x03]), [READY, PrinterEvent::Unclear { upto: 1 }]);
        assert!(s.encode(1, &dot()).unwrap().starts_with(&[0x1b; 85]), "it is reset before the next label");
    }

    #[test]
    fn silence_is_reported() {
        let mut s = session();
        s.hello(seconds(0.0));
        assert_eq!(s.tick(seconds(4.0)), (Vec::new(), Vec::new()));
        assert_eq!(s.tick(seconds(5.0)), (ASK_STATUS.to_vec(), vec![PrinterEvent::Silent]));
        let mut mute = Dymo::new(PrinterProfile {
            answers: ConfirmationLevel::Nothing,
            ..PrinterLanguage::Dymo.usual_profile()
        });
        assert!(mute.hello(seconds(0.0)).is_empty() && mute.tick(seconds(9.0)).0.is_empty());
    }

    proptest! {
        #[test]
        fn all_dots_are_sent(roll in 0usize..9, width in 1u32..672, height in 1u32..300, seed: u64) {
            let media = dymo_media().swap_remove(roll);
            let profile = PrinterProfile { media, ..PrinterLanguage::Dymo.usual_profile() };
            let width = width.min(profile.dpi.dots(profile.media.width_mm));
            let height = match profile.media.length {
                MediaLength::DieCut { mm, .. } => height.min(profile.dpi.dots(mm)),
                MediaLength::Continuous => height,
            };
            let label = scattered(width, height, seed);
            let stream = Dymo::new(profile).encode(1, &label).unwrap();
            let at = stream.iter().position(|b| *b != 0x1b).unwrap() + 1;
            prop_assert_eq!(&stream[at..at + 2], b"\x1bL");
            let row_bytes = usize::from(stream[at + 9]);
            prop_assert_eq!(row_bytes, width.div_ceil(8) as usize);
            prop_assert_eq!(&stream[at + 10..at + 12], b"\x1bh");
            let rows: Vec<_> = stream[at + 12..stream.len() - 2].chunks(row_bytes + 1).collect();
            prop_assert!(rows.iter().all(|row| row.len() == row_bytes + 1 && row[0] == 0x16));
            let (white, rows) = rows.split_at(rows.len() - height as usize);
            prop_assert!(white.iter().all(|row| row[1..].iter().all(|b| *b == 0)));
            for (y, row) in (0..).zip(rows) {
                for x in 0..row_bytes as u32 * 8 {
                    let black = row[1 + x as usize / 8] << (x % 8) & 0x80 != 0;
                    prop_assert_eq!(black, label.black(x, y));
                }
            }
        }
    }
}
