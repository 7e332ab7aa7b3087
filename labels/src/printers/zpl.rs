//! ZPL II: a label as one compressed graphic field, and a printer that counts its printed labels.

mod graphic;

use std::time::Duration;

use crate::media::{Media, MediaLength, ThermalMethod};
use crate::printers::language::{
    ConfirmationLevel, EncodeError, LanguageSpec, PendingLabels, PrinterCondition, PrinterEvent,
    PrinterLanguage, PrinterProfile, PrinterSession, StatusPoll,
};
use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// The language's row.
pub const ROW: LanguageSpec = LanguageSpec {
    language: PrinterLanguage::Zpl,
    name: "zpl",
    printers: "Zebra, and others in their ZPL mode",
    dpi: &[203, 300, 600],
    head_dots,
    answers: ConfirmationLevel::Printed,
    beside: None,
    refusal: |_| None,
    models: &["ZTC ", "ZEBRA "],
    commands: &["ZPL", "ZPL II"],
    media: || zpl_media(&[ThermalMethod::Direct, ThermalMethod::Transfer]),
    session: |profile, _| Box::new(Zpl::new(profile)),
};

/// Data sheets of ZD421 (104 mm at 203 dpi, 1,280 dots at 300) and ZT411 (104 mm at 600).
fn head_dots(dpi: Dpi) -> u32 {
    match dpi.get() {
        203 => 832,
        300 => 1_280,
        _ => dpi.dots(104.0) & !7,
    }
}

/// Rolls of desktop label printers (Zebra's Z-Perform and Z-Select lists, gap 1/8 in); the head reaches their edges.
pub(crate) fn zpl_media(thermal: &[ThermalMethod]) -> Vec<Media> {
    let sizes = [
        ("2.4x1.2in", 60.96, Some(30.48)),
        ("62x29", 62.0, Some(29.0)),
        ("2.25x1.25in", 57.15, Some(31.75)),
        ("2x1in", 50.8, Some(25.4)),
        ("1x0.5in", 25.4, Some(12.7)),
        ("4x2in", 101.6, Some(50.8)),
        ("4x3in", 101.6, Some(76.2)),
        ("4x6in", 101.6, Some(152.4)),
        ("100x50", 100.0, Some(50.0)),
        ("50-continuous", 50.0, None),
        ("100-continuous", 100.0, None),
    ];
    let media = thermal.iter().flat_map(|&thermal| {
        sizes.map(|(name, width_mm, length)| Media {
            name: match thermal {
                ThermalMethod::Direct => name.to_owned(),
                ThermalMethod::Transfer => format!("{name}-transfer"),
            },
            width_mm,
            length: length.map_or(MediaLength::Continuous, |mm| MediaLength::DieCut { mm, gap_mm: 3.2 }),
            side_mm: 0.0,
            end_mm: 0.0,
            thermal,
            two_colour: false,
        })
    });
    media.collect()
}

/// Between two status requests.
const POLL: Duration = Duration::from_millis(1_000);
const POLL_AWAITING: Duration = Duration::from_millis(500);
/// `~HS` is not answered when paper or ribbon are out, the head is open or hot: then `~HQES` is sent.
const HOST_STATUS_MAX: Duration = Duration::from_millis(1_000);
const ERRORS_MAX: Duration = Duration::from_secs(2);
/// How long a printer that answered `~HS` may take to report its counter; clones have none.
const COUNTER_MAX: Duration = Duration::from_millis(1_000);
/// Bytes of a line of a printer's answers; longer ones are garbage.
const LINE_BYTES_MAX: usize = 128;

const ASK_STATUS: &[u8] = b"~HS\r\n";
const ASK_ERRORS: &[u8] = b"~HQES\r\n";
const ASK_COUNTER: &[u8] = b"! U1 getvar \"odometer.total_label_count\"\r\n";
/// Fields of the first and second line of the answer to `~HS`.
const STATUS_FIELDS: (usize, usize) = (12, 11);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    Queried,
    /// Its count before the current labels came out.
    At(u64),
    /// It has no counter, or one that others move too: labels are taken, not printed.
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Status,
    Errors,
}

/// The session of one connection with a ZPL printer.
#[derive(Debug)]
pub struct Zpl {
    profile: PrinterProfile,
    awaited: PendingLabels,
    counting: Counting,
    question: Question,
    status_poll: StatusPoll,
    counter: StatusPoll,
    /// `~HS` was sent after the last label: only then does its answer include that label.
    fresh: bool,
    /// `~HS` is being answered; while it is not, a missing counter means nothing.
    received: bool,
    /// Labels of an earlier job are still coming out: the counter does not count ours yet.
    busy_before: bool,
    condition: PrinterCondition,
    set_up: bool,
    /// The first line that answers `~HS`, until the second has come.
    first_line: Option<[bool; 5]>,
    line: Vec<u8>,
}

fn number_at(fields: &[&str], at: usize) -> Option<u32> {
    fields.get(at).and_then(|f| f.parse::<u32>().ok())
}

fn is_one(fields: &[&str], at: usize) -> bool {
    number_at(fields, at) == Some(1)
}

impl Zpl {
    /// A session.
    pub fn new(profile: PrinterProfile) -> Self {
        let counting =
            if profile.answers == ConfirmationLevel::Printed { Counting::Queried } else { Counting::Never };
        Self {
            profile,
            awaited: PendingLabels::default(),
            counting,
            question: Question::Status,
            status_poll: StatusPoll::default(),
            counter: StatusPoll::default(),
            fresh: false,
            received: false,
            busy_before: false,
            condition: PrinterCondition::Ready,
            set_up: false,
            first_line: None,
            line: Vec::new(),
        }
    }

    fn ask(&mut self, now: Duration, question: Question) -> Vec<u8> {
        self.fresh = !self.status_poll.is_open();
        self.question = question;
        self.status_poll.ask(now);
        self.first_line = None;
        match question {
            Question::Status => ASK_STATUS.to_vec(),
            Question::Errors => ASK_ERRORS.to_vec(),
        }
    }

    /// Set once: the roll, and how dark and fast it prints. Earlier settings stay where the profile has none.
    fn set_up(&mut self) -> String {
        if std::mem::replace(&mut self.set_up, true) {
            return String::new();
        }
        let darkness = self.profile.darkness.map(|d| format!("~SD{:02}", u16::from(d.min(100)) * 30 / 100));
        let track = match self.profile.media.length {
            MediaLength::DieCut { .. } => 'Y',
            MediaLength::Continuous => 'N',
        };
        let thermal = match self.profile.media.thermal {
            ThermalMethod::Direct => 'D',
            ThermalMethod::Transfer => 'T',
        };
        let speed = self.profile.speed_mm_s.map(|mm| format!("^PR{}", ((mm + 12) / 25).clamp(2, 14)));
        let (darkness, speed) = (darkness.unwrap_or_default(), speed.unwrap_or_default());
        format!("{darkness}^XA^MN{track}^MT{thermal}{speed}^XZ\r\n")
    }

    /// Without its line end.
    fn on_line(&mut self, line: &str) -> Vec<PrinterEvent> {
        if let Some(groups) = line.trim().strip_prefix("ERRORS:") {
            return self.on_errors(groups);
        }
        if let Some(counted) = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
            return counted.parse().map(|counted| self.on_counter(counted)).unwrap_or_default();
        }
        let fields: Vec<&str> = line.split(',').collect();
        if (0..fields.len()).any(|at| number_at(&fields, at).is_none()) {
            return Vec::new();
        }
        if fields.len() == STATUS_FIELDS.0 {
            // Paper out, paused, too hot, memory lost, nothing left to be worked on.
            self.first_line = Some([
                is_one(&fields, 1),
                is_one(&fields, 2),
                is_one(&fields, 11),
                is_one(&fields, 9),
                number_at(&fields, 4) == Some(0),
            ]);
        } else if fields.len() == STATUS_FIELDS.1
            && let Some([paper_out, paused, hot, memory_lost, no_formats]) = self.first_line.take()
        {
            let causes = [
                (is_one(&fields, 2), PrinterCondition::CoverOpen),
                (paper_out, PrinterCondition::PaperOut),
                (is_one(&fields, 3), PrinterCondition::RibbonOut),
                (hot, PrinterCondition::Cooling),
                (memory_lost, PrinterCondition::Fault),
                (is_one(&fields, 7), PrinterCondition::LabelWaiting),
                (paused, PrinterCondition::Paused),
            ];
            return self.on_status(&causes, no_formats && number_at(&fields, 8) == Some(0));
        }
        Vec::new()
    }

    fn on_status(&mut self, causes: &[(bool, PrinterCondition)], empty: bool) -> Vec<PrinterEvent> {
        if self.question != Question::Status || !self.status_poll.answered() {
            return Vec::new();
        }
        self.received = true;
        let mut events = self.report_causes(causes);
        let taken = empty
            && self.fresh
            && self.condition == PrinterCondition::Ready
            && self.counting == Counting::Never;
        if let Some(upto) = taken.then(|| self.awaited.take_all()).flatten() {
            events.push(PrinterEvent::Taken { upto });
        }
        if self.awaited.is_empty() {
            self.busy_before = !empty && self.counting != Counting::Never;
            if self.busy_before {
                self.counting = Counting::Queried;
            }
        }
        events
    }

    fn report_causes(&mut self, causes: &[(bool, PrinterCondition)]) -> Vec<PrinterEvent> {
        self.condition = causes.iter().find(|(on, _)| *on).map_or(PrinterCondition::Ready, |(_, c)| *c);
        vec![PrinterEvent::State(self.condition)]
    }

    /// ` 1 00000000 00000005`: whether there are any, the higher and the lower 32 of them.
    fn on_errors(&mut self, groups: &str) -> Vec<PrinterEvent> {
        let words: Vec<&str> = groups.split_ascii_whitespace().collect();
        let [flag @ ("0" | "1"), high, low] = words[..] else { return Vec::new() };
        let (Ok(high), Ok(bits)) = (u32::from_str_radix(high, 16), u32::from_str_radix(low, 16)) else {
            return Vec::new();
        };
        if self.question != Question::Errors || !self.status_poll.answered() {
            return Vec::new();
        }
        let causes = [
            (bits & 0x04 != 0, PrinterCondition::CoverOpen),
            (bits & 0x01 != 0, PrinterCondition::PaperOut),
            (bits & 0x02 != 0, PrinterCondition::RibbonOut),
            (bits & 0x08 != 0, PrinterCondition::CutterJam),
            (bits & 0x30 != 0, PrinterCondition::Cooling),
            (bits & 0x1_0000 != 0, PrinterCondition::Paused),
            (flag == "1" || bits | high != 0, PrinterCondition::Fault),
        ];
        self.report_causes(&causes)
    }

    fn on_counter(&mut self, counted: u64) -> Vec<PrinterEvent> {
        if !self.counter.answered() {
            return Vec::new();
        }
        let at = match self.counting {
            Counting::Queried => {
                if !self.busy_before {
                    self.counting = Counting::At(counted);
                }
                return Vec::new();
            }
            Counting::At(at) => at,
            // It has a counter after all, and was only slow.
            Counting::Never
                if self.awaited.is_empty() && self.profile.answers == ConfirmationLevel::Printed =>
            {
                self.counting = Counting::At(counted);
                return Vec::new();
            }
            Counting::Never => return Vec::new(),
        };
        match counted.checked_sub(at).map(usize::try_from) {
            Some(Ok(0)) => Vec::new(),
            Some(Ok(out)) if out <= self.awaited.len() => {
                self.counting = Counting::At(counted);
                self.awaited.take(out).map(|upto| PrinterEvent::Printed { upto }).into_iter().collect()
            }
            // Moved by no label of ours (a key, another computer): counted from here if none is awaited,
            // otherwise no more.
            _ if self.awaited.is_empty() => {
                self.counting = Counting::At(counted);
                Vec::new()
            }
            _ => {
                self.counting = Counting::Never;
                Vec::new()
            }
        }
    }
}

impl PrinterSession for Zpl {
    fn hello(&mut self, now: Duration) -> Vec<u8> {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return Vec::new();
        }
        let mut bytes = self.ask(now, Question::Status);
        if self.counting != Counting::Never {
            self.counter.ask(now);
            bytes.extend_from_slice(ASK_COUNTER);
        }
        bytes
    }

    /// Discards the incomplete label and what has not come out of earlier ones: a person who is asked about
    /// them must see no change.
    fn after_interruption(&mut self) -> Vec<u8> {
        b"\r\n~JA\r\n".to_vec()
    }

    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError> {
        crate::printers::language::check_fit(label, &self.profile)?;
        let (width, height, row_bytes) = (label.width(), label.height(), label.row_bytes());
        let total = label.bytes().len();
        // The roll's width, not the picture's: rolls run in the middle of the head, and dot 0 is at their
        // left edge.
        let across =
            self.profile.dpi.dots(self.profile.media.width_mm).min(self.profile.head_dots).max(width);
        let mut bytes = self.set_up().into_bytes();
        bytes.reserve(total / 2);
        let head = format!("^XA^PW{across}^LL{height}^LH0,0^FO0,0^GFA,{total},{total},{row_bytes},");
        bytes.extend_from_slice(head.as_bytes());
        if self.profile.dense {
            graphic::encode_z64(label.bytes(), &mut bytes);
        } else {
            graphic::encode_acs(label, &mut bytes);
        }
        bytes.extend_from_slice(b"^FS^PQ1,0,0,N^XZ\r\n");
        if self.profile.answers != ConfirmationLevel::Nothing {
            self.awaited.push(n);
            self.fresh = false;
        }
        Ok(bytes)
    }

    fn answers(&self) -> ConfirmationLevel {
        match (self.profile.answers, self.counting) {
            (ConfirmationLevel::Printed, Counting::Never) => ConfirmationLevel::Taken,
            (answers, _) => answers,
        }
    }

    fn takes_next(&self) -> bool {
        let nothing = self.profile.answers == ConfirmationLevel::Nothing;
        nothing || (self.counting != Counting::Queried && self.condition != PrinterCondition::LabelWaiting)
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent> {
        let mut events = Vec::new();
        for &byte in bytes {
            match byte {
                // Any of these ends a line; a counter's answer ends with its second quote.
                0x02 | 0x03 | b'\r' | b'\n' => {}
                b'"' if self.line.first() == Some(&b'"') => self.line.push(byte),
                _ => {
                    // One byte over the limit marks the line as garbage.
                    if self.line.len() <= LINE_BYTES_MAX {
                        self.line.push(byte);
                    }
                    continue;
                }
            }
            let line = std::mem::take(&mut self.line);
            if line.len() <= LINE_BYTES_MAX
                && let Ok(line) = std::str::from_utf8(&line)
            {
                events.extend(self.on_line(line));
            }
        }
        events
    }

    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>) {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return (Vec::new(), Vec::new());
        }
        if self.counting == Counting::Queried && self.received && self.counter.overdue(now, COUNTER_MAX) {
            self.counting = Counting::Never;
        }
        let every = if self.awaited.is_empty() { POLL } else { POLL_AWAITING };
        let mut events = Vec::new();
        let mut bytes = match self.question {
            Question::Status if self.status_poll.overdue(now, HOST_STATUS_MAX) => {
                (self.received, self.counter) = (false, StatusPoll::default());
                self.ask(now, Question::Errors)
            }
            Question::Errors if self.status_poll.overdue(now, ERRORS_MAX) => {
                events.push(PrinterEvent::Silent);
                self.ask(now, Question::Status)
            }
            _ if self.status_poll.due(now, every) => self.ask(now, Question::Status),
            _ => Vec::new(),
        };
        let lost = self.counter.overdue(now, ERRORS_MAX);
        if self.counting != Counting::Never && (lost || self.counter.due(now, every)) {
            self.counter.ask(now);
            bytes.extend_from_slice(ASK_COUNTER);
        }
        (bytes, events)
    }
}

#[cfg(test)]
mod tests;
