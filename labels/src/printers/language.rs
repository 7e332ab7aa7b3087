//! What all printer languages have in common: a session without IO that makes bytes and understands answers.

use std::collections::VecDeque;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::media::{Media, MediaLength};
use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// One printer language: its row in [`LANGUAGES`](crate::printers::language_table::LANGUAGES) is all that the rest of the program knows of it.
pub struct LanguageSpec {
    /// The language.
    pub language: PrinterLanguage,
    /// Its name in settings and in the API.
    pub name: &'static str,
    /// Whose printers speak it, for a person.
    pub printers: &'static str,
    /// Resolutions that its printers have; the first is the usual one.
    pub dpi: &'static [u16],
    /// Dots across the usual head at a resolution.
    pub head_dots: fn(Dpi) -> u32,
    /// What its printers confirm over a connection that answers.
    pub answers: ConfirmationLevel,
    /// What they confirm on a network where nothing ever comes back on their connection and their state is
    /// requested beside it, by SNMP; `None` where the connection answers there too.
    pub beside: Option<ConfirmationLevel>,
    /// Why a model cannot be driven, if that is known of its name.
    pub refusal: fn(&str) -> Option<ModelFault>,
    /// How the names of their models begin, or the maker's and theirs, in capitals.
    pub models: &'static [&'static str],
    /// By which names they claim to take the language (IEEE 1284, `CMD`).
    pub commands: &'static [&'static str],
    /// The rolls that are usual in them; the first is the default.
    pub media: fn() -> Vec<Media>,
    /// A new session.
    pub session: fn(PrinterProfile, u16) -> Box<dyn PrinterSession>,
}

/// A printer language. One more is one more file, its name here and its row in the table [`crate::printers::language_table`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PrinterLanguage {
    /// ESC/POS raster: Epson and most receipt printers.
    EscPos,
    /// ZPL II: Zebra and those that follow it.
    Zpl,
    /// TSPL: TSC and most unnamed 4 × 6 in printers.
    Tspl,
    /// Brother QL raster.
    BrotherQl,
    /// DYMO LabelWriter 400 and 450.
    Dymo,
}

/// What a printer can confirm of a label that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmationLevel {
    /// That the label has been printed.
    Printed,
    /// That the label has been taken, and what the printer's state is.
    Taken,
    /// Nothing at all.
    Nothing,
}

/// What a session has to know of its printer.
#[derive(Debug, Clone, PartialEq)]
pub struct PrinterProfile {
    /// Resolution.
    pub dpi: Dpi,
    /// Dots that the head prints across.
    pub head_dots: u32,
    /// What it can confirm.
    pub answers: ConfirmationLevel,
    /// What is in it.
    pub media: Media,
    /// How dark it prints, 0 (faint) to 100 (as dark as it can); `None` leaves the printer's own setting.
    pub darkness: Option<u8>,
    /// Millimetres a second; `None` leaves the printer's own setting.
    pub speed_mm_s: Option<u16>,
    /// Sends fewer bytes in a form that older printers and clones do not take (ZPL: Z64; others: no change).
    pub dense: bool,
    /// The model's own name, where it is known; some models of a language need other bytes.
    pub model: Option<String>,
}

/// The printer's state in the usual terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterCondition {
    /// Prints.
    Ready,
    /// The roll is at its end.
    PaperOut,
    /// Somebody opened it.
    CoverOpen,
    /// The cutter is stuck.
    CutterJam,
    /// A fault that passes by itself (a hot head).
    Cooling,
    /// A fault that needs the printer to be switched off and on.
    Fault,
    /// Says that it is off line, for no reason given.
    Offline,
    /// The ribbon is at its end.
    RibbonOut,
    /// Somebody pressed its pause key.
    Paused,
    /// Another roll is in it than the job is for.
    WrongMedia,
    /// The label that came out last has to be taken away first (peeler).
    LabelWaiting,
}

/// What a printer's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterEvent {
    /// Every label sent so far up to this number has been printed.
    Printed {
        /// The highest one.
        upto: u32,
    },
    /// Every label sent so far up to this number has been taken in.
    Taken {
        /// The highest one.
        upto: u32,
    },
    /// The printer threw away what it had got: this label and all after it did not come out, or not whole. Each has to
    /// be sent again.
    Lost {
        /// The lowest one.
        from: u32,
    },
    /// The printer stopped in these labels or right after them, and discarded what it had got: only a person
    /// can see whether they are printed and whole. Labels after them were reported as lost before.
    Unclear {
        /// The highest one.
        upto: u32,
    },
    /// The media in the printer, as far as it reports it; lengths in whole millimetres, 0 for endless.
    Loaded {
        /// Across the head.
        width_mm: u8,
        /// Along the direction of paper.
        length_mm: u8,
    },
    /// The printer's state, whenever it is reported.
    State(PrinterCondition),
    /// The roll will end soon.
    PaperLow,
    /// A question was not answered in time.
    Silent,
}

/// Why a model cannot be driven, or not as it is set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum ModelFault {
    /// DYMO's printers for chipped rolls.
    ChippedRolls,
    /// Epson's TM-T88 family has 180 dots per inch alone.
    OnlyDpi180,
    /// A roll with red on it.
    BlackOnly,
}

/// Why a picture cannot be sent to this printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
#[error("{self:?}")]
pub enum EncodeError {
    /// Wider than the head.
    TooWide {
        /// The label's.
        width: u32,
        /// The printer's.
        head: u32,
    },
    /// Nothing to print.
    Empty,
    /// Longer than the label in the printer, or than the printer takes.
    TooLong {
        /// The label's.
        height: u32,
        /// What there is. The name under which it is stored beside a failed label.
        #[serde(rename = "room")]
        available: u32,
    },
    /// A model that no bytes of ours can drive.
    #[error(transparent)]
    Model(#[from] ModelFault),
    /// A roll that printers of this language do not know.
    Roll {
        /// The roll's name.
        name: String,
    },
}

/// The picture must have dots and fit the head and the roll.
pub(crate) fn check_fit(label: &Bitmap, profile: &PrinterProfile) -> Result<(), EncodeError> {
    let (width, height) = (label.width(), label.height());
    if width == 0 || height == 0 {
        return Err(EncodeError::Empty);
    }
    let head = profile.head_dots.min(profile.dpi.dots_up(profile.media.width_mm));
    if width > head {
        return Err(EncodeError::TooWide { width, head });
    }
    match profile.media.length {
        MediaLength::DieCut { mm, .. } if height > profile.dpi.dots_up(mm) => {
            Err(EncodeError::TooLong { height, available: profile.dpi.dots_up(mm) })
        }
        _ => Ok(()),
    }
}

/// Labels that can await their confirmation; the print queue sends two at most.
const AWAITED_MAX: usize = 64;

/// Labels that were sent and that the printer has not reported on, oldest first.
#[derive(Debug, Default)]
pub(crate) struct PendingLabels(VecDeque<u32>);

impl PendingLabels {
    pub(crate) fn push(&mut self, n: u32) {
        if self.0.len() == AWAITED_MAX {
            self.0.pop_front();
        }
        self.0.push_back(n);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn first(&self) -> Option<u32> {
        self.0.front().copied()
    }

    pub(crate) fn position(&self, test: impl Fn(u32) -> bool) -> Option<usize> {
        self.0.iter().position(|&n| test(n))
    }

    /// Takes out the `count` oldest; returns the newest of them.
    pub(crate) fn take(&mut self, count: usize) -> Option<u32> {
        self.0.drain(..count.min(self.0.len())).next_back()
    }

    pub(crate) fn take_all(&mut self) -> Option<u32> {
        self.take(self.0.len())
    }

    /// After the printer discarded what it held: of the `begun` oldest only a person can see whether they
    /// are printed, the others are not.
    pub(crate) fn lose_all(&mut self, begun: usize) -> Vec<PrinterEvent> {
        let upto = self.take(begun);
        let lost = self.first().map(|from| PrinterEvent::Lost { from });
        self.0.clear();
        lost.into_iter().chain(upto.map(|upto| PrinterEvent::Unclear { upto })).collect()
    }
}

/// A repeated request, and whether the last one was answered.
#[derive(Debug, Default)]
pub(crate) struct StatusPoll {
    requested: Option<Duration>,
    open: bool,
}

impl StatusPoll {
    pub(crate) fn ask(&mut self, now: Duration) {
        self.requested = Some(now);
        self.open = true;
    }

    pub(crate) fn answered(&mut self) -> bool {
        std::mem::take(&mut self.open)
    }

    pub(crate) fn is_open(&self) -> bool {
        self.open
    }

    /// Whether it was answered (or never sent) and is to be sent again.
    pub(crate) fn due(&self, now: Duration, every: Duration) -> bool {
        !self.open && self.requested.is_none_or(|requested| now.saturating_sub(requested) >= every)
    }

    pub(crate) fn overdue(&self, now: Duration, limit: Duration) -> bool {
        self.open && self.requested.is_some_and(|requested| now.saturating_sub(requested) >= limit)
    }
}

/// So many "idle" in a row mean that it was busy in between, too briefly to be seen.
const IDLE_ANSWERS: u8 = 3;

/// Whether a printer that reports only busy or idle is done: busy and then idle, or idle for so long that it
/// must have been. A single "idle" may be older than the label.
#[derive(Debug, Default)]
pub(crate) struct IdleDetector {
    busy: bool,
    idle: u8,
}

impl IdleDetector {
    pub(crate) fn restart(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn busy(&mut self) {
        *self = Self { busy: true, idle: 0 };
    }

    /// Stopped or at fault: neither busy nor idle.
    pub(crate) fn stopped(&mut self) {
        self.idle = 0;
    }

    /// The printer reports idle; returns whether it is done.
    pub(crate) fn idle(&mut self) -> bool {
        self.idle = self.idle.saturating_add(1);
        self.busy || self.idle >= IDLE_ANSWERS
    }
}

/// What surrounds the text of a slip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFrame {
    /// Sent before it.
    pub before: Vec<u8>,
    /// Sent after it: the cut, and the request whether it is printed.
    pub after: Vec<u8>,
}

/// A protocol session for one connection with a printer: bytes in and out, no IO. `now` is any clock that only goes forward.
pub trait PrinterSession: Send {
    /// What is sent first.
    fn hello(&mut self, now: Duration) -> Vec<u8>;

    /// What is sent before the first label when an earlier connection broke in mid-label.
    fn after_interruption(&mut self) -> Vec<u8>;

    /// The bytes of label `n` (counted from 1), with the question that asks for its confirmation.
    ///
    /// # Errors
    /// When this printer cannot print it; then nothing is to be sent.
    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError>;

    /// What a slip of plain text begins and ends with as label `n`, with the question that asks for its confirmation. `None`:
    /// this language prints dots only.
    ///
    /// # Errors
    /// When this printer cannot print it; then nothing is to be sent.
    fn frame_text(&mut self, _n: u32) -> Result<Option<TextFrame>, EncodeError> {
        Ok(None)
    }

    /// The last byte of the newest label has been taken: from now on the printer can print it.
    fn sent(&mut self, _now: Duration) {}

    /// What the printer has turned out to confirm, which may be less than its profile states.
    fn answers(&self) -> ConfirmationLevel;

    /// Whether the printer accepts another label now; one that must finish its page first does not.
    fn takes_next(&self) -> bool {
        true
    }

    /// What is sent after the last label of a job (a feed to the tear bar); mostly nothing.
    fn finish(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes in what the printer sent, however it was cut to pieces.
    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent>;

    /// Lets time pass, between labels or while waiting: questions to send, and what has become of the earlier ones.
    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>);
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Dots from a seed, with whole rows of black, of white and of the row before among them.
    pub(crate) fn scattered(width: u32, height: u32, seed: u64) -> Bitmap {
        let mut label = Bitmap::white(width, height);
        let mut state = seed | 1;
        let mut random = |n: u32| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) as u32 % n
        };
        for y in 0..height {
            match random(4) {
                0 => label.blacken_rect(0, y, width, 1),
                1 => (0..width / 7 + 1).for_each(|_| label.blacken(random(width), y)),
                2 => label.blacken_rect(random(width), y, random(width), 1),
                _ => {}
            }
        }
        label
    }

    pub(crate) fn seconds(s: f64) -> Duration {
        Duration::from_secs_f64(s)
    }

    #[test]
    fn every_usual_roll_takes_a_label_of_its_size_and_no_larger_one() {
        for language in PrinterLanguage::all() {
            for &dpi in language.row().dpi {
                for media in (language.row().media)() {
                    let dpi = Dpi::new(dpi).unwrap();
                    let head_dots = (language.row().head_dots)(dpi);
                    // Rolls wider than the usual head are for the wide models.
                    let head_dots = head_dots.max(dpi.dots_up(media.width_mm - 2.0 * media.side_mm));
                    let width = head_dots.min(dpi.dots(media.width_mm - 2.0 * media.side_mm));
                    let height = match media.length {
                        MediaLength::DieCut { mm, .. } => dpi.dots(mm - 2.0 * media.end_mm),
                        MediaLength::Continuous => 300,
                    };
                    let name = media.name.clone();
                    let profile = PrinterProfile { dpi, head_dots, media, ..language.usual_profile() };
                    let mut session = language.session(profile, 7);
                    let label = Bitmap::white(width, height);
                    let taken = session.encode(1, &label).map(|bytes| bytes.is_empty());
                    assert_eq!(taken, Ok(false), "{} {name}", language.name());
                    let wide = session.encode(2, &Bitmap::white(width + 200, height));
                    assert!(matches!(wide, Err(EncodeError::TooWide { .. })), "{} {name}", language.name());
                    let empty = session.encode(2, &Bitmap::white(0, height));
                    assert_eq!(empty, Err(EncodeError::Empty), "{} {name}", language.name());
                }
            }
        }
    }

    #[test]
    fn one_idle_answer_is_not_enough() {
        let mut proof = IdleDetector::default();
        assert_eq!([proof.idle(), proof.idle(), proof.idle()], [false, false, true]);
        proof.restart();
        proof.busy();
        assert!(proof.idle());
    }

    proptest! {
        #[test]
        fn no_garbage_confirms_loses_or_panics(
            garbage in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..12),
            salt: u16,
        ) {
            for language in PrinterLanguage::all() {
                let mut session = language.session(language.usual_profile(), salt);
                session.hello(seconds(0.0));
                let label = Bitmap::white(100, 100);
                session.encode(1, &label).unwrap();
                session.encode(2, &label).unwrap();
                session.tick(seconds(1.0));
                let events: Vec<_> = garbage.iter().flat_map(|piece| session.on_bytes(piece)).collect();
                let reported = events.iter().any(|e| {
                    matches!(e, PrinterEvent::Printed { .. } | PrinterEvent::Taken { .. } | PrinterEvent::Lost { .. })
                });
                prop_assert!(!reported, "{}: {events:?}", language.name());
                session.tick(seconds(9.0));
            }
        }
    }
}
