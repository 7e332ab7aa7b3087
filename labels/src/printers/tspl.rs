//! TSPL: a label as one raw bitmap in which black is 0, and a printer that reports its activity.

use std::time::Duration;

use crate::media::{MediaLength, ThermalMethod};
use crate::printers::language::{
    ConfirmationLevel, EncodeError, IdleDetector, LanguageSpec, PendingLabels, PrinterCondition,
    PrinterEvent, PrinterLanguage, PrinterProfile, PrinterSession, StatusPoll,
};
use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// The language's row. The rolls are those of other desktop label printers.
pub const ROW: LanguageSpec = LanguageSpec {
    language: PrinterLanguage::Tspl,
    name: "tspl",
    printers: "TSC, Xprinter, Munbyn, Rollo, HPRT and most unnamed 4 × 6 in printers",
    dpi: &[203, 300],
    head_dots,
    answers: ConfirmationLevel::Taken,
    beside: None,
    refusal: |_| None,
    models: &["TSC ", "MUNBYN", "ROLLO", "IDPRT", "HPRT", "4BARCODE"],
    commands: &["TSPL", "TSPL2"],
    media: || crate::printers::zpl::zpl_media(&[ThermalMethod::Direct, ThermalMethod::Transfer]),
    session: |profile, _| Box::new(Tspl::new(profile)),
};

/// 4 in heads: 104 mm at 203 dpi (TE200, XP-420B: 108 mm with some), 104 at 300 (TE300).
fn head_dots(dpi: Dpi) -> u32 {
    match dpi.get() {
        203 => 832,
        300 => 1_248,
        _ => dpi.dots(104.0) & !7,
    }
}

/// Between two status requests.
const POLL: Duration = Duration::from_secs(1);
/// While a label is under way and nothing is wrong: the next one waits for the answer.
const POLL_SOON: Duration = Duration::from_millis(150);
/// After so long without the long answer the short one is requested; clones have only that.
const LONG_ANSWER_MAX: Duration = Duration::from_secs(1);
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How much of an endless roll may have to be filled up after an incomplete picture (millimetres).
const TEAR_OFF_MM_MAX: f64 = 300.0;

const ASK_LONG: &[u8] = b"\x1b!S";
const ASK_SHORT: &[u8] = b"\x1b!?";
const LONG_BYTES: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Eight bytes; requested first.
    Long,
    /// One byte, since the long form was never answered.
    Short,
}

/// The session of one connection with a TSPL printer.
#[derive(Debug)]
pub struct Tspl {
    profile: PrinterProfile,
    awaited: PendingLabels,
    status_poll: StatusPoll,
    form: Form,
    /// The long form was answered once: a printer that knows it is not asked for the short one again.
    long_known: bool,
    /// Requested after the last label had been sent.
    fresh: bool,
    idle: IdleDetector,
    /// The last reported state.
    condition: PrinterCondition,
    partial: Vec<u8>,
}

impl Tspl {
    /// A session.
    pub fn new(profile: PrinterProfile) -> Self {
        Self {
            profile,
            awaited: PendingLabels::default(),
            status_poll: StatusPoll::default(),
            form: Form::Long,
            long_known: false,
            fresh: false,
            idle: IdleDetector::default(),
            condition: PrinterCondition::Ready,
            partial: Vec::new(),
        }
    }

    fn ask(&mut self, now: Duration) -> Vec<u8> {
        self.fresh = !self.status_poll.is_open();
        self.status_poll.ask(now);
        self.partial.clear();
        match self.form {
            Form::Long => ASK_LONG.to_vec(),
            Form::Short => ASK_SHORT.to_vec(),
        }
    }

    fn head(&self, label: &Bitmap) -> String {
        let media = &self.profile.media;
        let (length_mm, gap_mm) = match media.length {
            MediaLength::DieCut { mm, gap_mm } => (mm, gap_mm),
            MediaLength::Continuous => (self.profile.dpi.mm(label.height()), 0.0),
        };
        let width_mm = media.width_mm;
        let darkness =
            self.profile.darkness.map(|d| format!("DENSITY {}\r\n", u16::from(d.min(100)) * 15 / 100));
        let speed = self.profile.speed_mm_s.map(|mm| format!("SPEED {}\r\n", ((mm + 12) / 25).clamp(1, 18)));
        let ribbon = match media.thermal {
            ThermalMethod::Direct => "OFF",
            ThermalMethod::Transfer => "ON",
        };
        let (darkness, speed) = (darkness.unwrap_or_default(), speed.unwrap_or_default());
        let (row_bytes, rows) = (label.row_bytes(), label.height());
        format!(
            "SIZE {width_mm:.2} mm,{length_mm:.2} mm\r\nGAP {gap_mm:.2} mm,0 mm\r\nDIRECTION 0,0\r\nSET RIBBON {ribbon}\r\n\
             {darkness}{speed}CLS\r\nBITMAP 0,0,{row_bytes},{rows},0,"
        )
    }

    /// `02 b1 b2 b3 b4 03 0D 0A`: activity, warnings, the printer's faults, those of paper and ribbon; `@` is
    /// none.
    fn on_long(&mut self, message: [u8; LONG_BYTES]) -> Vec<PrinterEvent> {
        let [_, doing, warning, fault, supply, ..] = message;
        self.long_known = true;
        let causes = [
            (supply & 0x20 != 0, PrinterCondition::CoverOpen),
            (supply & 0x01 != 0, PrinterCondition::PaperOut),
            (supply & 0x0c != 0, PrinterCondition::RibbonOut),
            (fault & 0x08 != 0, PrinterCondition::CutterJam),
            (fault & 0x03 != 0, PrinterCondition::Cooling),
            (supply & 0x02 != 0 || fault & 0x3f != 0 || doing == b'E', PrinterCondition::Fault),
            (doing == b'L', PrinterCondition::LabelWaiting),
            (doing == b'`' || doing == b'K', PrinterCondition::Paused),
        ];
        let mut events = self.report_causes(&causes, doing != b'@');
        if warning & 0x01 != 0 {
            events.push(PrinterEvent::PaperLow);
        }
        events
    }

    fn on_short(&mut self, byte: u8) -> Vec<PrinterEvent> {
        let causes = [
            (byte & 0x41 != 0, PrinterCondition::CoverOpen),
            (byte & 0x04 != 0, PrinterCondition::PaperOut),
            (byte & 0x08 != 0, PrinterCondition::RibbonOut),
            (byte & 0x82 != 0, PrinterCondition::Fault),
            (byte & 0x10 != 0, PrinterCondition::Paused),
        ];
        self.report_causes(&causes, byte & 0x20 != 0)
    }

    fn report_causes(&mut self, causes: &[(bool, PrinterCondition)], busy: bool) -> Vec<PrinterEvent> {
        let condition = causes.iter().find(|(on, _)| *on).map_or(PrinterCondition::Ready, |(_, c)| *c);
        self.condition = condition;
        let mut events = vec![PrinterEvent::State(condition)];
        if !self.fresh || self.awaited.is_empty() {
            return events;
        }
        match (condition, busy) {
            (PrinterCondition::Ready, false) => {
                if self.idle.idle() {
                    events.extend(self.awaited.take_all().map(|upto| PrinterEvent::Taken { upto }));
                }
            }
            (PrinterCondition::Ready | PrinterCondition::LabelWaiting, true) => self.idle.busy(),
            _ => self.idle.stopped(),
        }
        events
    }

    fn on_byte(&mut self, byte: u8) -> Vec<PrinterEvent> {
        if !self.status_poll.is_open() {
            return Vec::new();
        }
        if self.form == Form::Short {
            self.status_poll.answered();
            return self.on_short(byte);
        }
        let fits = match self.partial.len() {
            0 => byte == 0x02,
            5 => byte == 0x03,
            6 => byte == b'\r',
            7 => byte == b'\n',
            _ => (0x40..0x80).contains(&byte),
        };
        if !fits {
            self.partial.clear();
        }
        if fits || byte == 0x02 {
            self.partial.push(byte);
        }
        let Ok(message) = <[u8; LONG_BYTES]>::try_from(self.partial.as_slice()) else { return Vec::new() };
        self.partial.clear();
        self.status_poll.answered();
        self.on_long(message)
    }
}

impl PrinterSession for Tspl {
    fn hello(&mut self, now: Duration) -> Vec<u8> {
        if self.profile.answers == ConfirmationLevel::Nothing { Vec::new() } else { self.ask(now) }
    }

    /// White completes an incomplete picture; where there is none, it is one line that means nothing.
    fn after_interruption(&mut self) -> Vec<u8> {
        let dpi = self.profile.dpi;
        let mm = match self.profile.media.length {
            MediaLength::DieCut { mm, .. } => mm,
            MediaLength::Continuous => TEAR_OFF_MM_MAX,
        };
        let rows = dpi.dots_up(mm.clamp(0.0, TEAR_OFF_MM_MAX)) as usize;
        let row_bytes = self.profile.head_dots.min(crate::raster::bitmap::DOTS_MAX).div_ceil(8) as usize;
        let mut bytes = vec![0xff; row_bytes * rows];
        bytes.extend_from_slice(b"\r\nCLS\r\n");
        bytes
    }

    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError> {
        crate::printers::language::check_fit(label, &self.profile)?;
        let mut bytes = self.head(label).into_bytes();
        bytes.reserve(label.bytes().len() + 16);
        // Padding is white in the picture and so becomes 1.
        bytes.extend(label.bytes().iter().map(|byte| !byte));
        bytes.extend_from_slice(b"\r\nPRINT 1,1\r\n");
        if self.profile.answers != ConfirmationLevel::Nothing {
            self.awaited.push(n);
            self.fresh = false;
            self.idle.restart();
        }
        Ok(bytes)
    }

    fn answers(&self) -> ConfirmationLevel {
        self.profile.answers
    }

    fn takes_next(&self) -> bool {
        self.condition != PrinterCondition::LabelWaiting
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent> {
        bytes.iter().flat_map(|&byte| self.on_byte(byte)).collect()
    }

    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>) {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return (Vec::new(), Vec::new());
        }
        if self.form == Form::Long && !self.long_known && self.status_poll.overdue(now, LONG_ANSWER_MAX) {
            self.form = Form::Short;
            return (self.ask(now), Vec::new());
        }
        if self.status_poll.overdue(now, ANSWER_MAX) {
            return (self.ask(now), vec![PrinterEvent::Silent]);
        }
        let soon = !self.awaited.is_empty() && self.condition == PrinterCondition::Ready;
        let every = if soon { POLL_SOON } else { POLL };
        (if self.status_poll.due(now, every) { self.ask(now) } else { Vec::new() }, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printers::language::tests::{scattered, seconds};
    use proptest::prelude::*;

    fn session() -> Tspl {
        Tspl::new(PrinterLanguage::Tspl.usual_profile())
    }

    fn dot() -> Bitmap {
        let mut b = Bitmap::white(9, 2);
        b.blacken(8, 1);
        b
    }

    /// A printer that has only the one-byte status.
    fn short() -> Tspl {
        let mut s = session();
        assert_eq!(s.hello(seconds(0.0)), ASK_LONG);
        assert_eq!(s.tick(seconds(1.0)), (ASK_SHORT.to_vec(), Vec::new()));
        assert_eq!(s.on_bytes(&[0]), [PrinterEvent::State(PrinterCondition::Ready)]);
        s
    }

    fn long(text: &[u8; 4]) -> Vec<u8> {
        [b"\x02", &text[..], b"\x03\r\n"].concat()
    }

    #[test]
    fn golden_bytes() {
        let bytes = session().encode(1, &dot()).unwrap();
        let head = b"SIZE 60.96 mm,30.48 mm\r\nGAP 3.20 mm,0 mm\r\nDIRECTION 0,0\r\nSET RIBBON OFF\r\nCLS\r\nBITMAP 0,0,2,2,0,";
        assert_eq!(bytes, [&head[..], b"\xff\xff\xff\x7f\r\nPRINT 1,1\r\n"].concat());
        let media = (ROW.media)().into_iter().find(|m| m.name == "50-continuous-transfer").unwrap();
        let (darkness, speed_mm_s) = (Some(60), Some(102));
        let profile = PrinterProfile { media, darkness, speed_mm_s, ..PrinterLanguage::Tspl.usual_profile() };
        let bytes = Tspl::new(profile).encode(1, &Bitmap::white(16, 203)).unwrap();
        let head = b"SIZE 50.00 mm,25.40 mm\r\nGAP 0.00 mm,0 mm\r\nDIRECTION 0,0\r\nSET RIBBON ON\r\nDENSITY 9\r\nSPEED 4\r\nCLS\r\n";
        assert!(bytes.starts_with(head));
    }

    #[test]
    fn a_torn_picture_is_filled_up_in_white() {
        let bytes = session().after_interruption();
        assert!(bytes.len() > 832 / 8 * 243 && bytes[..832 / 8 * 243].iter().all(|&b| b == 0xff));
        assert!(bytes.ends_with(b"\xff\r\nCLS\r\n"));
    }

    #[test]
    fn too_large_is_refused() {
        let wide = session().encode(1, &Bitmap::white(489, 10));
        assert_eq!(wide, Err(EncodeError::TooWide { width: 489, head: 488 }));
        let long = session().encode(1, &Bitmap::white(100, 245));
        assert_eq!(long, Err(EncodeError::TooLong { height: 245, available: 244 }));
    }

    #[test]
    fn conditions_in_one_byte() {
        for (byte, condition) in [
            (0x00, PrinterCondition::Ready),
            (0x20, PrinterCondition::Ready),
            (0x01, PrinterCondition::CoverOpen),
            (0x40, PrinterCondition::CoverOpen),
            (0x05, PrinterCondition::CoverOpen),
            (0x02, PrinterCondition::Fault),
            (0x04, PrinterCondition::PaperOut),
            (0x14, PrinterCondition::PaperOut),
            (0x08, PrinterCondition::RibbonOut),
            (0x0c, PrinterCondition::PaperOut),
            (0x10, PrinterCondition::Paused),
            (0x80, PrinterCondition::Fault),
        ] {
            let mut s = short();
            s.tick(seconds(2.0));
            assert_eq!(s.on_bytes(&[byte]), [PrinterEvent::State(condition)], "{byte:02x}");
            assert_eq!(s.on_bytes(&[0x04]), [], "was not asked for");
        }
    }

    #[test]
    fn conditions_in_eight_bytes() {
        for (text, condition) in [
            (b"@@@@", PrinterCondition::Ready),
            (b"P@@@", PrinterCondition::Ready),
            (b"W@@@", PrinterCondition::Ready),
            (b"`@@@", PrinterCondition::Paused),
            (b"L@@@", PrinterCondition::LabelWaiting),
            (b"E@@A", PrinterCondition::PaperOut),
            (b"E@@B", PrinterCondition::Fault),
            (b"E@@D", PrinterCondition::RibbonOut),
            (b"E@@H", PrinterCondition::RibbonOut),
            (b"E@@`", PrinterCondition::CoverOpen),
            (b"E@A@", PrinterCondition::Cooling),
            (b"E@B@", PrinterCondition::Cooling),
            (b"E@D@", PrinterCondition::Fault),
            (b"E@H@", PrinterCondition::CutterJam),
            (b"E@P@", PrinterCondition::Fault),
            (b"E@@@", PrinterCondition::Fault),
        ] {
            let mut s = session();
            s.hello(seconds(0.0));
            assert_eq!(s.on_bytes(&long(text)), [PrinterEvent::State(condition)], "{text:?}");
            assert_eq!(s.takes_next(), condition != PrinterCondition::LabelWaiting);
        }
        let mut s = session();
        s.hello(seconds(0.0));
        assert_eq!(
            s.on_bytes(&long(b"@A@@")),
            [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::PaperLow]
        );
    }

    #[test]
    fn busy_and_then_idle_is_taken() {
        let mut s = short();
        s.tick(seconds(2.0));
        s.encode(1, &dot()).unwrap();
        assert_eq!(
            s.on_bytes(&[0x00]),
            [PrinterEvent::State(PrinterCondition::Ready)],
            "asked before the label"
        );
        s.tick(seconds(3.0));
        assert_eq!(s.on_bytes(&[0x20]), [PrinterEvent::State(PrinterCondition::Ready)]);
        s.tick(seconds(4.0));
        assert_eq!(
            s.on_bytes(&[0x00]),
            [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::Taken { upto: 1 }]
        );
    }

    #[test]
    fn asked_soon_after_a_label_and_one_byte_confirms_nothing() {
        let mut s = short();
        s.encode(1, &dot()).unwrap();
        for at in [1.15, 1.30] {
            assert_eq!(s.tick(seconds(at)).0, ASK_SHORT);
            assert_eq!(
                s.on_bytes(&[0x00, 0x00, 0x00]),
                [PrinterEvent::State(PrinterCondition::Ready)],
                "one answer to one question"
            );
        }
        assert_eq!(s.tick(seconds(1.45)).0, ASK_SHORT);
        assert_eq!(
            s.on_bytes(&[0x00]),
            [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::Taken { upto: 1 }]
        );
        assert!(s.tick(seconds(1.60)).0.is_empty(), "nothing is under way");
        s.encode(2, &dot()).unwrap();
        s.tick(seconds(2.5));
        s.on_bytes(&[0x04]);
        assert!(s.tick(seconds(3.0)).0.is_empty(), "out of paper it is left in peace");
    }

    #[test]
    fn paper_out_is_waited_for_and_idle_for_long_is_taken() {
        let mut s = short();
        s.encode(7, &dot()).unwrap();
        s.tick(seconds(2.0));
        assert_eq!(s.on_bytes(&[0x04]), [PrinterEvent::State(PrinterCondition::PaperOut)]);
        for at in 3..5 {
            s.tick(seconds(f64::from(at)));
            assert_eq!(s.on_bytes(&[0x00]), [PrinterEvent::State(PrinterCondition::Ready)]);
        }
        s.tick(seconds(5.0));
        assert_eq!(
            s.on_bytes(&[0x00]),
            [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::Taken { upto: 7 }]
        );
    }

    #[test]
    fn silence_is_reported() {
        let mut s = session();
        s.hello(seconds(0.0));
        s.tick(seconds(1.0));
        assert_eq!(s.tick(seconds(4.0)), (ASK_SHORT.to_vec(), vec![PrinterEvent::Silent]));
        let mut s = session();
        s.hello(seconds(0.0));
        s.on_bytes(&long(b"@@@@"));
        s.tick(seconds(1.0));
        assert_eq!(s.tick(seconds(2.0)), (Vec::new(), Vec::new()), "it knows the long form");
        assert_eq!(s.tick(seconds(4.0)), (ASK_LONG.to_vec(), vec![PrinterEvent::Silent]));
        let mut mute = Tspl::new(PrinterProfile {
            answers: ConfirmationLevel::Nothing,
            ..PrinterLanguage::Tspl.usual_profile()
        });
        assert!(mute.hello(seconds(0.0)).is_empty() && mute.tick(seconds(9.0)).0.is_empty());
    }

    proptest! {
        #[test]
        fn all_dots_are_sent(width in 1u32..488, height in 1u32..244, seed: u64) {
            let label = scattered(width, height, seed);
            let stream = session().encode(1, &label).unwrap();
            let at = stream.windows(7).position(|w| w == b"BITMAP ").unwrap() + 7;
            let comma = stream[at..].iter().enumerate().filter(|(_, b)| **b == b',').nth(4).unwrap().0;
            let head = std::str::from_utf8(&stream[at..at + comma]).unwrap();
            let numbers: Vec<u32> = head.split(',').map(|n| n.parse().unwrap()).collect();
            prop_assert_eq!(&numbers[..], [0, 0, width.div_ceil(8), height, 0]);
            let row_bytes = numbers[2] as usize;
            let dots = &stream[at + comma + 1..][..row_bytes * height as usize];
            prop_assert_eq!(&stream[at + comma + 1 + dots.len()..], b"\r\nPRINT 1,1\r\n");
            for (y, row) in (0..).zip(dots.chunks(row_bytes)) {
                for x in 0..row_bytes as u32 * 8 {
                    let black = row[x as usize / 8] << (x % 8) & 0x80 == 0;
                    prop_assert_eq!(black, label.black(x, y));
                }
            }
        }

        #[test]
        fn a_status_is_found_after_garbage(garbage in proptest::collection::vec(any::<u8>(), 0..60), pieces in 1usize..9) {
            prop_assume!(garbage.iter().all(|&b| b != 0x03));
            let mut s = session();
            s.hello(seconds(0.0));
            s.on_bytes(&garbage);
            let answer = long(b"E@@A");
            let events: Vec<_> = answer.chunks(pieces).flat_map(|piece| s.on_bytes(piece)).collect();
            prop_assert_eq!(events, [PrinterEvent::State(PrinterCondition::PaperOut)]);
        }
    }
}
