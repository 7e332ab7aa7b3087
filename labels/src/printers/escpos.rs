//! ESC/POS: a label as raster bands, and what the printer answers, found again after any garbage.

use std::time::Duration;

use crate::media::{Media, MediaLength, ThermalMethod};
use crate::printers::language::{
    ConfirmationLevel, EncodeError, LanguageSpec, ModelFault, PendingLabels, PrinterCondition, PrinterEvent,
    PrinterLanguage, PrinterProfile, PrinterSession, StatusPoll, TextFrame,
};
use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// The language's row. Epson calls `GS v 0` obsolete, and it is the only raster command that every printer takes.
pub const ROW: LanguageSpec = LanguageSpec {
    language: PrinterLanguage::EscPos,
    name: "escpos",
    printers: "Epson TM and most receipt printers",
    dpi: &[203, 180],
    head_dots,
    answers: ConfirmationLevel::Printed,
    beside: None,
    refusal: |_| None,
    models: &["EPSON TM-", "POS-58", "POS-80"],
    commands: &["ESC/POS", "ESCPOS"],
    media: escpos_media,
    session: |profile, salt| Box::new(EscPos::new(profile, salt)),
};

/// 72 mm across: 576 dots, or the 512 of the TM-T88 family (profiles of python-escpos 3.1).
fn head_dots(dpi: Dpi) -> u32 {
    match dpi.get() {
        180 => 512,
        203 => 576,
        _ => dpi.dots(72.0) & !7,
    }
}

fn label_roll(name: &str, width_mm: f64, mm: f64) -> Media {
    Media {
        length: MediaLength::DieCut { mm, gap_mm: 3.0 },
        side_mm: 1.5,
        end_mm: 1.5,
        ..receipt_roll(name, width_mm)
    }
}

/// Rolls of receipt printers print 72 of 79.5 mm and 48 of 57.5 mm (data sheets of TM-m30, TM-P20 and NT-5890K); the
/// die-cut ones are those of the TM-L90 (its specification, "label paper": gap 3 mm).
fn escpos_media() -> Vec<Media> {
    vec![
        receipt_media(),
        Media { side_mm: 4.75, ..receipt_roll("58-continuous", 57.5) },
        label_roll("63.5x32", 63.5, 32.0),
        label_roll("58x40", 58.0, 40.0),
        label_roll("50x30", 50.0, 30.0),
    ]
}

pub(crate) fn receipt_media() -> Media {
    Media { side_mm: 3.75, ..receipt_roll("80-continuous", 79.5) }
}

fn receipt_roll(name: &str, width_mm: f64) -> Media {
    Media {
        name: name.to_owned(),
        width_mm,
        length: MediaLength::Continuous,
        side_mm: 0.0,
        end_mm: 0.0,
        thermal: ThermalMethod::Direct,
        two_colour: false,
    }
}

/// Bytes of raster in one `GS v 0`: cheap printers time out and print garbage on larger blocks.
pub const BAND_BYTES_MAX: usize = 4_096;
/// Between two rounds of status requests.
const POLL: Duration = Duration::from_millis(1_000);
/// How long a printer may take to answer a status request; it answers even when it is stopped.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// From a label's last byte to its confirmation by a printer that is ready and has never confirmed any:
/// clones have no `GS ( H`.
const CONFIRM_MAX: Duration = Duration::from_secs(5);
/// Bytes of `GS ( H`'s answer: header, flag, four of the id, NUL.
const PROCESS_ID_BYTES: usize = 7;
/// Bytes of an automatic status message (`GS a`).
const ASB_BYTES: usize = 4;

const INIT: &[u8] = &[0x1b, 0x40];
/// Automatic status on changes of on-line state, error and paper.
const ASB_ON: &[u8] = &[0x1d, 0x61, 0x0e];
const CUT: &[u8] = &[0x1d, 0x56, 0x42, 0x00];
/// To the start of the next label (`GS FF`); a cut would go through the middle of a label.
const NEXT_LABEL: &[u8] = &[0x1d, 0x0c];
const ASK_TAKEN: &[u8] = &[0x1d, 0x72, 0x01];
/// `DLE EOT` 1 to 4: state, why off line, error, paper.
const ASK_STATUS: &[u8] = &[0x10, 0x04, 1, 0x10, 0x04, 2, 0x10, 0x04, 3, 0x10, 0x04, 4];

/// `FS .`: each byte is a letter of the chosen page.
const ONE_BYTE_LETTERS: &[u8] = &[0x1c, 0x2e];

/// Dots as raster bands, for labels and for codes within text.
///
/// # Errors
/// There is nothing to print, or more than a printer has heads for.
pub fn raster_bands(dots: &Bitmap) -> Result<Vec<u8>, EncodeError> {
    let row_bytes = u16::try_from(dots.row_bytes()).map_err(|_| EncodeError::Empty)?;
    if row_bytes == 0 {
        return Err(EncodeError::Empty);
    }
    let mut bytes = Vec::with_capacity(dots.bytes().len() + 256);
    let band_rows = (BAND_BYTES_MAX / dots.row_bytes()).max(1);
    for band in dots.bytes().chunks(band_rows * dots.row_bytes()) {
        let rows = (band.len() / dots.row_bytes()) as u16;
        bytes.extend_from_slice(&[0x1d, 0x76, 0x30, 0]);
        bytes.extend_from_slice(&row_bytes.to_le_bytes());
        bytes.extend_from_slice(&rows.to_le_bytes());
        bytes.extend_from_slice(band);
    }
    Ok(bytes)
}

/// The session of one connection with an ESC/POS printer.
#[derive(Debug)]
pub struct EscPos {
    profile: PrinterProfile,
    salt: [u8; 2],
    /// What its answers have turned out to confirm.
    answers: ConfirmationLevel,
    /// It has answered a `GS ( H` of this session.
    proven: bool,
    /// Its last report was that it is ready.
    ready: bool,
    /// Since when the newest label could have been printed.
    sent: Option<Duration>,
    /// Labels whose `GS ( H` or `GS r` has no answer yet.
    awaited: PendingLabels,
    /// The round of status questions, and what of it was answered.
    status_poll: StatusPoll,
    replies: Vec<u8>,
    partial: Vec<u8>,
}

fn id_symbol(v: u16) -> u8 {
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[usize::from(v % 36)]
}

impl EscPos {
    /// A session; `salt` goes into the ids of confirmations.
    pub fn new(profile: PrinterProfile, salt: u16) -> Self {
        let salt = [id_symbol(salt), id_symbol(salt / 36)];
        let (awaited, status_poll) = (PendingLabels::default(), StatusPoll::default());
        Self {
            answers: profile.answers,
            proven: false,
            ready: false,
            sent: None,
            profile,
            salt,
            awaited,
            status_poll,
            replies: Vec::new(),
            partial: Vec::new(),
        }
    }

    fn ask(&mut self, now: Duration) -> Vec<u8> {
        self.status_poll.ask(now);
        self.replies.clear();
        ASK_STATUS.to_vec()
    }

    /// Separates a label from the next.
    fn end_of_label(&self) -> &'static [u8] {
        match self.profile.media.length {
            MediaLength::Continuous => CUT,
            MediaLength::DieCut { .. } => NEXT_LABEL,
        }
    }

    /// `GS ( K` 49: from 6 steps fainter than the printer's own darkness to 6 steps darker.
    fn darkness(&self) -> Option<[u8; 7]> {
        let steps = (i16::from(self.profile.darkness?.min(100)) - 50) * 6 / 50;
        Some([0x1d, 0x28, 0x4b, 2, 0, 0x31, (steps & 0xff) as u8])
    }

    /// The TM-T88 family has 512 dots at 180 dpi: a picture for 203 dpi comes out a seventh too large there, and one
    /// of 576 dots is cut or wrapped.
    fn refusal(&self) -> Option<EncodeError> {
        let model = self.profile.model.as_deref()?.to_ascii_uppercase();
        let wrong = model.contains("TM-T88") && self.profile.dpi.get() != 180;
        wrong.then_some(EncodeError::Model(ModelFault::OnlyDpi180))
    }

    fn begin_label(&self) -> Vec<u8> {
        let mut bytes = INIT.to_vec();
        if self.answers != ConfirmationLevel::Nothing {
            bytes.extend_from_slice(ASB_ON);
        }
        bytes.extend(self.darkness().into_iter().flatten());
        bytes
    }

    /// The end of label `n`: the cut or feed, and the request whether it is printed.
    fn finish_label(&mut self, n: u32) -> Vec<u8> {
        let mut bytes = self.end_of_label().to_vec();
        match self.answers {
            ConfirmationLevel::Printed => {
                bytes.extend_from_slice(&[0x1d, 0x28, 0x48, 6, 0, 0x30, 0x30]);
                bytes.extend_from_slice(&self.process_id(n));
            }
            ConfirmationLevel::Taken => bytes.extend_from_slice(ASK_TAKEN),
            ConfirmationLevel::Nothing => return bytes,
        }
        self.awaited.push(n);
        self.sent = None;
        bytes
    }

    /// Printable, and different for all labels that can await confirmation together.
    fn process_id(&self, n: u32) -> [u8; 4] {
        let two = (n % 100) as u8;
        [self.salt[0], self.salt[1], b'0' + two / 10, b'0' + two % 10]
    }

    /// No events while a message is unfinished or when it means nothing.
    fn on_byte(&mut self, byte: u8) -> Vec<PrinterEvent> {
        if !self.partial.is_empty() && !self.continues(byte) {
            // The unfinished message was garbage; the byte may begin a valid one.
            self.partial.clear();
        }
        if !self.partial.is_empty() || byte == 0x37 || byte & 0x93 == 0x10 {
            self.partial.push(byte);
            return self.finish_message();
        }
        if byte & 0x93 == 0x12 {
            return self.on_status(byte);
        }
        let taken = self.answers == ConfirmationLevel::Taken && byte & 0x90 == 0;
        match taken.then(|| self.awaited.take(1)).flatten() {
            Some(upto) => vec![PrinterEvent::Taken { upto }],
            None => Vec::new(),
        }
    }

    fn continues(&self, byte: u8) -> bool {
        match (self.partial[0], self.partial.len()) {
            (0x37, 1) => byte == 0x22,
            (0x37, 2..=5) => (0x20..0x7f).contains(&byte),
            (0x37, _) => byte == 0,
            _ => byte & 0x90 == 0,
        }
    }

    fn finish_message(&mut self) -> Vec<PrinterEvent> {
        let first = self.partial[0];
        let whole = if first == 0x37 { PROCESS_ID_BYTES } else { ASB_BYTES };
        if self.partial.len() < whole {
            return Vec::new();
        }
        let message = std::mem::take(&mut self.partial);
        if first == 0x37 {
            return self.on_process_id(&message[2..6]);
        }
        let events = on_automatic_status(&message);
        self.note(&events);
        events
    }

    fn on_process_id(&mut self, id: &[u8]) -> Vec<PrinterEvent> {
        if id.starts_with(&self.salt) && self.profile.answers == ConfirmationLevel::Printed {
            // Also one so late that the printer was taken for a clone.
            (self.proven, self.answers) = (true, ConfirmationLevel::Printed);
        }
        // Possibly only the newest answer arrives, so it confirms all before it.
        let Some(at) = self.awaited.position(|n| self.process_id(n) == id) else {
            return Vec::new();
        };
        self.awaited.take(at + 1).map(|upto| PrinterEvent::Printed { upto }).into_iter().collect()
    }

    /// Answers to `DLE EOT` come in the order of the requests.
    fn on_status(&mut self, byte: u8) -> Vec<PrinterEvent> {
        if !self.status_poll.is_open() {
            return Vec::new();
        }
        self.replies.push(byte);
        let &[state, offline, error, paper] = self.replies.as_slice() else { return Vec::new() };
        self.status_poll.answered();
        let reported = ReportedStatus {
            offline: state & 0x08 != 0,
            cover: offline & 0x04 != 0,
            cutter: error & 0x08 != 0,
            fault: error & 0x20 != 0,
            passing: error & 0x40 != 0,
            paper_out: offline & 0x20 != 0 || paper & 0x60 != 0,
            paper_low: paper & 0x0c != 0,
        };
        let events = reported.events();
        self.note(&events);
        events
    }

    fn note(&mut self, events: &[PrinterEvent]) {
        self.ready = events.contains(&PrinterEvent::State(PrinterCondition::Ready));
    }

    /// Sends the request that every printer answers, once it is clear that this one does not know the better
    /// one.
    fn fall_back(&mut self, now: Duration) -> Vec<u8> {
        if !self.ready || self.status_poll.is_open() {
            // While it is stopped, nothing is printed and nothing confirmed.
            self.sent = self.sent.map(|_| now);
        }
        let waited = self.sent.is_some_and(|sent| now.saturating_sub(sent) >= CONFIRM_MAX);
        if !waited || self.proven || self.answers != ConfirmationLevel::Printed || self.awaited.is_empty() {
            return Vec::new();
        }
        self.answers = ConfirmationLevel::Taken;
        ASK_TAKEN.repeat(self.awaited.len())
    }
}

struct ReportedStatus {
    offline: bool,
    cover: bool,
    cutter: bool,
    fault: bool,
    passing: bool,
    paper_out: bool,
    paper_low: bool,
}

impl ReportedStatus {
    /// The fault that a person has to fix first comes first.
    fn events(&self) -> Vec<PrinterEvent> {
        let causes = [
            (self.cover, PrinterCondition::CoverOpen),
            (self.paper_out, PrinterCondition::PaperOut),
            (self.cutter, PrinterCondition::CutterJam),
            (self.fault, PrinterCondition::Fault),
            (self.passing, PrinterCondition::Cooling),
            (self.offline, PrinterCondition::Offline),
        ];
        let condition = causes.iter().find(|(on, _)| *on).map_or(PrinterCondition::Ready, |(_, c)| *c);
        let mut events = vec![PrinterEvent::State(condition)];
        if self.paper_low && !self.paper_out {
            events.push(PrinterEvent::PaperLow);
        }
        events
    }
}

fn on_automatic_status(message: &[u8]) -> Vec<PrinterEvent> {
    let &[state, error, paper, _] = message else { return Vec::new() };
    ReportedStatus {
        offline: state & 0x08 != 0,
        cover: state & 0x20 != 0,
        cutter: error & 0x08 != 0,
        fault: error & 0x20 != 0,
        passing: error & 0x40 != 0,
        paper_out: paper & 0x0c != 0,
        paper_low: paper & 0x03 != 0,
    }
    .events()
}

impl PrinterSession for EscPos {
    fn hello(&mut self, now: Duration) -> Vec<u8> {
        if self.profile.answers == ConfirmationLevel::Nothing { Vec::new() } else { self.ask(now) }
    }

    /// NULs complete a band that a broken connection left open (as white) and mean nothing outside of one;
    /// the cut or feed separates the incomplete label from the next.
    fn after_interruption(&mut self) -> Vec<u8> {
        let mut bytes = vec![0; BAND_BYTES_MAX];
        bytes.extend_from_slice(INIT);
        bytes.extend_from_slice(self.end_of_label());
        bytes
    }

    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError> {
        crate::printers::language::check_fit(label, &self.profile)?;
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        let mut bytes = self.begin_label();
        bytes.extend(raster_bands(label)?);
        bytes.extend(self.finish_label(n));
        Ok(bytes)
    }

    /// Cheap printers start with Chinese characters, which every accented letter would be taken for.
    fn frame_text(&mut self, n: u32) -> Result<Option<TextFrame>, EncodeError> {
        if let Some(refusal) = self.refusal() {
            return Err(refusal);
        }
        if self.profile.media.length != MediaLength::Continuous {
            return Ok(None);
        }
        let before = [self.begin_label(), ONE_BYTE_LETTERS.to_vec()].concat();
        Ok(Some(TextFrame { before, after: self.finish_label(n) }))
    }

    fn sent(&mut self, now: Duration) {
        self.sent = Some(now);
    }

    fn answers(&self) -> ConfirmationLevel {
        self.answers
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent> {
        bytes.iter().flat_map(|&byte| self.on_byte(byte)).collect()
    }

    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>) {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return (Vec::new(), Vec::new());
        }
        if self.status_poll.overdue(now, ANSWER_MAX) {
            return (self.ask(now), vec![PrinterEvent::Silent]);
        }
        let mut ask = self.fall_back(now);
        if self.status_poll.due(now, POLL) {
            ask.extend(self.ask(now));
        }
        (ask, Vec::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printers::language::tests::scattered;
    use proptest::prelude::*;

    fn session(answers: ConfirmationLevel) -> EscPos {
        EscPos::new(PrinterProfile { answers, ..PrinterLanguage::EscPos.usual_profile() }, 36 + 2)
    }

    fn seconds(s: u64) -> Duration {
        Duration::from_secs(s)
    }

    fn dot() -> Bitmap {
        let mut b = Bitmap::white(9, 2);
        b.blacken(8, 1);
        b
    }

    #[test]
    fn golden_bytes() {
        let bytes = session(ConfirmationLevel::Printed).encode(7, &dot()).unwrap();
        assert_eq!(bytes, b"\x1b@\x1da\x0e\x1dv0\0\x02\0\x02\0\0\0\0\x80\x1dVB\0\x1d(H\x06\0\x30\x302107");
        let bytes = session(ConfirmationLevel::Nothing).encode(7, &dot()).unwrap();
        assert_eq!(bytes, b"\x1b@\x1dv0\0\x02\0\x02\0\0\0\0\x80\x1dVB\0");
        assert!(session(ConfirmationLevel::Taken).encode(7, &dot()).unwrap().ends_with(b"\x1dVB\0\x1dr\x01"));
    }

    #[test]
    fn bands_hold_all_rows_and_are_bounded() {
        let mut label = Bitmap::white(487, 244);
        label.blacken_rect(0, 0, 487, 244);
        let bytes = session(ConfirmationLevel::Nothing).encode(1, &label).unwrap();
        let (mut at, mut rows) = (2, 0);
        while bytes[at..].starts_with(b"\x1dv0\0") {
            assert_eq!(u16::from_le_bytes([bytes[at + 4], bytes[at + 5]]), 61);
            let band = usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
            assert!(band * 61 <= BAND_BYTES_MAX);
            rows += band;
            at += 8 + band * 61;
        }
        assert_eq!((rows, &bytes[at..]), (244, CUT));
    }

    #[test]
    fn wider_than_the_head_is_refused() {
        let refusal = session(ConfirmationLevel::Printed).encode(1, &Bitmap::white(577, 10)).unwrap_err();
        assert_eq!(refusal, EncodeError::TooWide { width: 577, head: 576 });
        assert_eq!(
            session(ConfirmationLevel::Printed).encode(1, &Bitmap::white(0, 10)),
            Err(EncodeError::Empty)
        );
    }

    #[test]
    fn die_cut_labels_are_fed_and_not_cut() {
        let media = escpos_media().into_iter().find(|m| m.name == "58x40").unwrap();
        let profile = PrinterProfile {
            media,
            answers: ConfirmationLevel::Nothing,
            ..PrinterLanguage::EscPos.usual_profile()
        };
        let mut s = EscPos::new(profile, 0);
        assert_eq!(s.encode(7, &dot()).unwrap(), b"\x1b@\x1dv0\0\x02\0\x02\0\0\0\0\x80\x1d\x0c");
        assert!(s.after_interruption().ends_with(b"\0\x1b@\x1d\x0c"));
        let refusal = s.encode(7, &Bitmap::white(100, 321)).unwrap_err();
        assert_eq!(refusal, EncodeError::TooLong { height: 321, available: 320 });
        assert_eq!(s.encode(7, &Bitmap::white(480, 9)), Err(EncodeError::TooWide { width: 480, head: 464 }));
    }

    #[test]
    fn a_tm_t88_prints_at_180_dpi_only() {
        let model = Some("EPSON TM-T88V".to_owned());
        let usual = PrinterLanguage::EscPos.usual_profile();
        let mut s = EscPos::new(PrinterProfile { model: model.clone(), ..usual.clone() }, 0);
        assert!(matches!(s.encode(1, &dot()), Err(EncodeError::Model(ModelFault::OnlyDpi180))));
        let dpi = Dpi::new(180).unwrap();
        let mut s = EscPos::new(PrinterProfile { model, dpi, head_dots: head_dots(dpi), ..usual }, 0);
        assert!(s.encode(1, &Bitmap::white(512, 9)).is_ok());
        let wide = s.encode(1, &Bitmap::white(513, 9));
        assert_eq!(wide, Err(EncodeError::TooWide { width: 513, head: 512 }));
    }

    fn sent_with(darkness: Option<u8>) -> Vec<u8> {
        let profile = PrinterProfile {
            darkness,
            answers: ConfirmationLevel::Nothing,
            ..PrinterLanguage::EscPos.usual_profile()
        };
        EscPos::new(profile, 0).encode(1, &dot()).unwrap()
    }

    #[test]
    fn darkness_is_sent_only_when_it_is_set() {
        for (darkness, step) in [(0, 0xfa), (50, 0), (75, 3), (100, 6), (255, 6)] {
            assert!(
                sent_with(Some(darkness))
                    .starts_with(&[0x1b, 0x40, 0x1d, 0x28, 0x4b, 2, 0, 0x31, step, 0x1d])
            );
        }
        assert!(sent_with(None).starts_with(b"\x1b@\x1dv0"));
    }

    #[test]
    fn newest_confirmation_stands_for_the_older_and_a_stale_one_for_none() {
        let mut s = session(ConfirmationLevel::Printed);
        s.encode(41, &dot()).unwrap();
        s.encode(42, &dot()).unwrap();
        assert_eq!(s.on_bytes(b"\x37\x229942\0"), [], "another session's");
        assert_eq!(s.on_bytes(b"\x37\x222142\0"), [PrinterEvent::Printed { upto: 42 }]);
        assert_eq!(s.on_bytes(b"\x37\x222141\0\x37\x222142\0"), [], "told already");
    }

    #[test]
    fn status_by_question_and_by_itself() {
        let mut s = session(ConfirmationLevel::Printed);
        assert_eq!(s.hello(seconds(0)), ASK_STATUS);
        assert_eq!(s.on_bytes(&[0x12, 0x12, 0x12]), []);
        assert_eq!(s.on_bytes(&[0x12]), [PrinterEvent::State(PrinterCondition::Ready)]);
        assert_eq!(s.tick(seconds(1)).0, ASK_STATUS);
        assert_eq!(s.on_bytes(&[0x1a, 0x32, 0x12, 0x7e]), [PrinterEvent::State(PrinterCondition::PaperOut)]);
        s.tick(seconds(2));
        assert_eq!(s.on_bytes(&[0x1a, 0x16, 0x12, 0x12]), [PrinterEvent::State(PrinterCondition::CoverOpen)]);
        s.tick(seconds(3));
        assert_eq!(
            s.on_bytes(&[0x12, 0x12, 0x12, 0x1e]),
            [PrinterEvent::State(PrinterCondition::Ready), PrinterEvent::PaperLow]
        );
        assert_eq!(s.on_bytes(&[0x18, 0, 0x0c, 0]), [PrinterEvent::State(PrinterCondition::PaperOut)]);
        assert_eq!(s.on_bytes(&[0x30, 0, 0, 0]), [PrinterEvent::State(PrinterCondition::CoverOpen)]);
        assert_eq!(s.on_bytes(&[0x18, 0x08, 0, 0]), [PrinterEvent::State(PrinterCondition::CutterJam)]);
        assert_eq!(s.on_bytes(&[0x18, 0x20, 0, 0]), [PrinterEvent::State(PrinterCondition::Fault)]);
        assert_eq!(s.on_bytes(&[0x10, 0, 0, 0]), [PrinterEvent::State(PrinterCondition::Ready)]);
    }

    #[test]
    fn a_silent_printer_is_asked_again() {
        let mut s = session(ConfirmationLevel::Printed);
        s.hello(seconds(0));
        assert_eq!(s.tick(seconds(2)), (Vec::new(), Vec::new()));
        assert_eq!(s.tick(seconds(3)), (ASK_STATUS.to_vec(), vec![PrinterEvent::Silent]));
        let mut nothing = session(ConfirmationLevel::Nothing);
        assert!(nothing.hello(seconds(0)).is_empty() && nothing.tick(seconds(9)).0.is_empty());
    }

    #[test]
    fn taken_is_not_printed() {
        let mut s = session(ConfirmationLevel::Taken);
        s.encode(1, &dot()).unwrap();
        assert_eq!(s.on_bytes(&[0x00]), [PrinterEvent::Taken { upto: 1 }]);
        assert_eq!(s.on_bytes(&[0x00]), []);
    }

    #[test]
    fn a_clone_that_confirms_nothing_is_asked_what_it_knows() {
        let ready = [0x12; 4];
        let mut s = session(ConfirmationLevel::Printed);
        s.hello(seconds(0));
        s.on_bytes(&ready);
        s.encode(1, &dot()).unwrap();
        s.encode(2, &dot()).unwrap();
        s.sent(seconds(1));
        for second in 1..6 {
            assert_eq!(s.tick(seconds(second)), (ASK_STATUS.to_vec(), Vec::new()));
            // Out of paper in the second second: after it, it could print.
            s.on_bytes(&if second == 2 { [0x1a, 0x32, 0x12, 0x7e] } else { ready });
        }
        assert_eq!((s.tick(seconds(7)).0, s.answers()), (ASK_STATUS.to_vec(), ConfirmationLevel::Printed));
        s.on_bytes(&ready);
        assert_eq!(s.tick(seconds(8)).0, [ASK_TAKEN, ASK_TAKEN, ASK_STATUS].concat());
        assert_eq!(s.answers(), ConfirmationLevel::Taken);
        assert_eq!(s.on_bytes(&[0, 0]), [PrinterEvent::Taken { upto: 1 }, PrinterEvent::Taken { upto: 2 }]);
        assert!(s.encode(3, &dot()).unwrap().ends_with(ASK_TAKEN));
        // It was no clone: the answer to label 2 was only slow.
        s.on_bytes(b"\x37\x222102\0");
        assert_eq!(s.answers(), ConfirmationLevel::Printed);
    }

    proptest! {
        #[test]
        fn garbage_confirms_nothing_and_truth_is_found_after_it(
            garbage in proptest::collection::vec(any::<u8>(), 0..64), pieces in 1usize..9,
        ) {
            let mut s = session(ConfirmationLevel::Printed);
            s.encode(1, &dot()).unwrap();
            prop_assume!(!garbage.windows(7).any(|w| w == b"\x37\x222101\0"));
            let events = s.on_bytes(&garbage);
            let printed = events.iter().any(|e| matches!(e, PrinterEvent::Printed { .. }));
            prop_assert!(!printed);
            // One byte of another kind ends whatever the garbage began.
            s.on_bytes(&[0xff]);
            let mut events = Vec::new();
            for piece in b"\x37\x222101\0".chunks(pieces) {
                events.extend(s.on_bytes(piece));
            }
            prop_assert_eq!(events, [PrinterEvent::Printed { upto: 1 }]);
        }

        #[test]
        fn all_dots_are_sent_in_order(width in 1u32..577, height in 1u32..300, seed: u64) {
            let label = scattered(width, height, seed);
            let bytes = session(ConfirmationLevel::Nothing).encode(1, &label).unwrap();
            let (mut at, mut dots) = (2, Vec::new());
            while at + 4 < bytes.len() {
                let len = label.row_bytes() * usize::from(u16::from_le_bytes([bytes[at + 6], bytes[at + 7]]));
                dots.extend_from_slice(&bytes[at + 8..at + 8 + len]);
                at += 8 + len;
            }
            prop_assert_eq!(&dots[..], label.bytes());
        }
    }
}
