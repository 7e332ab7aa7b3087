//! Brother QL raster: mirrored rows page by page, and a printer whose status "completed" is not reliable.

mod models;
mod status;

use std::time::Duration;

use crate::printers::brother_ql::models::{Model, Roll};
use crate::printers::brother_ql::status::{QlStatus, StatusKind, StatusReader};
use crate::printers::language::{
    ConfirmationLevel, EncodeError, LanguageSpec, ModelFault, PendingLabels, PrinterCondition, PrinterEvent,
    PrinterLanguage, PrinterProfile, PrinterSession, StatusPoll,
};
use crate::raster::bitmap::Bitmap;
use crate::raster::dpi::Dpi;

/// The language's row.
pub const ROW: LanguageSpec = LanguageSpec {
    language: PrinterLanguage::BrotherQl,
    name: "brother-ql",
    printers: "Brother QL",
    dpi: &[300, 600],
    head_dots,
    answers: ConfirmationLevel::Printed,
    beside: Some(ConfirmationLevel::Taken),
    refusal: |_| None,
    models: &["BROTHER QL-"],
    commands: &[],
    media: models::ql_media,
    session: |profile, _| Box::new(BrotherQl::new(profile)),
};

/// Of the usual head. At 600 dpi rows are twice as fine and pins are not: two dots share one.
fn head_dots(dpi: Dpi) -> u32 {
    models::PINS * finer_factor(dpi)
}

/// Rows and dots of the picture for each 1/300 in.
fn finer_factor(dpi: Dpi) -> u32 {
    if dpi.get() >= 600 { 2 } else { 1 }
}

/// Between two status requests while the printer is stopped.
const POLL: Duration = Duration::from_secs(1);
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// From *waiting* after the last page to the request whether anything got stuck at its end.
const FINAL: Duration = Duration::from_secs(1);
/// Without any message about a page: its packets were lost, or the printer is gone.
const PAGE_MAX: Duration = Duration::from_secs(30);
/// Without a status by SNMP, which is requested several times a second.
const STATUS_MAX: Duration = Duration::from_millis(1_500);
/// Idle for so long after a label's last byte, without having been seen busy: it was busy too briefly.
const IDLE_LONG: Duration = Duration::from_secs(10);
/// Rows of 1/300 in that the printer feeds at either end of a label from an endless roll.
const MARGIN_ROWS: u16 = 35;

const INIT: &[u8] = &[0x1b, 0x40];
const ASK_STATUS: &[u8] = &[0x1b, 0x69, 0x53];
/// Which fields of `ESC i z` are valid: kind, width and length of the roll, quality, and recovery always on.
/// With them the printer refuses another roll, without them it prints on it.
const MEANT: u8 = 0x80 | 0x40 | 0x08 | 0x04 | 0x02;
const PRINT: u8 = 0x1a;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Page {
    Sent,
    Printing,
    /// "Completed", which may come before its end has left the printer.
    Completed,
    /// Completed, and the printer waits for the next page since about this time.
    Waiting,
    Checked,
}

/// The session of one connection with a Brother QL.
#[derive(Debug)]
pub struct BrotherQl {
    profile: PrinterProfile,
    model: Model,
    awaited: PendingLabels,
    page: Page,
    /// How many of the awaited labels have not begun to be printed.
    unstarted: usize,
    /// `None` until the printer has reported one.
    condition: Option<PrinterCondition>,
    /// What it holds of an earlier job has to be discarded first.
    fresh: bool,
    reader: StatusReader,
    status_poll: StatusPoll,
    /// When the printer had the last byte of the newest page; `None` as long as it has not.
    sent: Option<Duration>,
    /// It was seen to print since.
    seen_printing: bool,
    /// It was commanded to discard what it holds, since it last got a page.
    emptied: bool,
    now: Duration,
    /// Time of the last answer, or of the last page sent.
    last_word: Duration,
}

impl BrotherQl {
    /// A session. With [`ConfirmationLevel::Taken`] nothing is requested over the connection: the same 32 bytes are
    /// expected from SNMP.
    pub fn new(profile: PrinterProfile) -> Self {
        let model = Model::of(profile.model.as_deref(), profile.head_dots / finer_factor(profile.dpi));
        Self {
            profile,
            model,
            awaited: PendingLabels::default(),
            page: Page::Waiting,
            unstarted: 0,
            condition: None,
            fresh: true,
            reader: StatusReader::default(),
            status_poll: StatusPoll::default(),
            sent: None,
            seen_printing: false,
            emptied: false,
            now: Duration::ZERO,
            last_word: Duration::ZERO,
        }
    }

    /// Discards whatever the printer holds, an incomplete page too.
    fn invalidate(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.model.invalidate_bytes];
        bytes.extend_from_slice(INIT);
        bytes
    }

    /// A stopped printer holds nothing any more, and may continue to report its fault until it is reset.
    fn ask(&mut self, now: Duration) -> Vec<u8> {
        self.status_poll.ask(now);
        let stopped =
            !matches!(self.condition, None | Some(PrinterCondition::Ready | PrinterCondition::Cooling));
        let reset = if stopped && self.fresh { INIT } else { &[] };
        [reset, ASK_STATUS].concat()
    }

    fn page_head(&self, roll: &Roll, rows: u32) -> Vec<u8> {
        let mut bytes = if self.fresh { self.invalidate() } else { Vec::new() };
        if self.fresh && self.model.has_modes {
            bytes.extend_from_slice(&[0x1b, 0x69, 0x61, 0x01]);
        }
        bytes.extend_from_slice(&[0x1b, 0x69, 0x21, 0x00]);
        let continuous = roll.length_mm == 0;
        let kind = if continuous { 0x0a } else { 0x0b };
        bytes.extend_from_slice(&[0x1b, 0x69, 0x7a, MEANT, kind, roll.width_mm, roll.length_mm]);
        bytes.extend_from_slice(&rows.to_le_bytes());
        bytes.extend_from_slice(&[u8::from(!self.fresh), 0]);
        let fine = finer_factor(self.profile.dpi) == 2;
        let two_colour = self.profile.media.two_colour;
        if self.model.cuts {
            let expanded = 0x08 | if fine { 0x40 } else { 0 } | u8::from(two_colour);
            bytes.extend_from_slice(&[
                0x1b, 0x69, 0x4d, 0x40, 0x1b, 0x69, 0x41, 1, 0x1b, 0x69, 0x4b, expanded,
            ]);
        }
        let margin = if continuous { MARGIN_ROWS * if fine { 2 } else { 1 } } else { 0 };
        bytes.extend_from_slice(&[0x1b, 0x69, 0x64]);
        bytes.extend_from_slice(&margin.to_le_bytes());
        bytes.extend_from_slice(&[b'M', if self.model.packs { 0x02 } else { 0x00 }]);
        bytes
    }

    fn push_row(&self, pins: &[u8], bytes: &mut Vec<u8>) {
        if self.profile.media.two_colour {
            self.push_plane([0x77, 0x01], pins, bytes);
            self.push_plane([0x77, 0x02], &vec![0; pins.len()], bytes);
        } else {
            self.push_plane([0x67, 0x00], pins, bytes);
        }
    }

    fn push_plane(&self, command: [u8; 2], pins: &[u8], bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&command);
        let length_at = bytes.len();
        bytes.push(0);
        if self.model.packs {
            pack_bits(pins, bytes)
        } else {
            bytes.extend_from_slice(pins)
        }
        // Packed or not, a row of 162 bytes is at most two bytes longer.
        bytes[length_at] = (bytes.len() - length_at - 1) as u8;
    }

    /// If this printer takes the roll and the picture fits on it.
    fn roll_for(&self, label: &Bitmap) -> Result<Roll, EncodeError> {
        let media = &self.profile.media;
        let roll = Roll::of(media).ok_or_else(|| EncodeError::Roll { name: media.name.clone() })?;
        if media.two_colour && self.model.two_colour == Some(false) {
            return Err(EncodeError::Model(ModelFault::BlackOnly));
        }
        if roll.offset + roll.pins > self.model.pins {
            return Err(EncodeError::TooWide { width: roll.pins, head: self.model.pins });
        }
        let finer = finer_factor(self.profile.dpi);
        if label.width() > roll.pins * finer {
            return Err(EncodeError::TooWide { width: label.width(), head: roll.pins * finer });
        }
        let available = if roll.length_mm == 0 { self.model.rows_max } else { roll.rows } * finer;
        if label.height() > available {
            return Err(EncodeError::TooLong { height: label.height(), available });
        }
        Ok(roll)
    }

    fn on_status(&mut self, status: &QlStatus) -> Vec<PrinterEvent> {
        self.last_word = self.now;
        let Some(fault) = status.fault() else { return self.on_progress(status) };
        self.status_poll.answered();
        self.condition = Some(fault);
        // The printer has discarded all that it held. A page that it had begun may have been printed: at the end of a
        // roll, and with a jam after it, it has.
        let begun = match self.profile.answers {
            ConfirmationLevel::Printed => self.awaited.len().saturating_sub(self.unstarted),
            // A page that did not arrive whole is not printed.
            ConfirmationLevel::Taken | ConfirmationLevel::Nothing => {
                self.awaited.len() * usize::from(self.sent.is_some())
            }
        };
        self.emptied &= self.fresh;
        self.fresh = true;
        (self.page, self.unstarted) = (Page::Waiting, 0);
        let lost = self.awaited.lose_all(begun);
        let mut events = vec![PrinterEvent::State(fault)];
        events.extend(lost);
        events
    }

    fn on_progress(&mut self, status: &QlStatus) -> Vec<PrinterEvent> {
        match (status.kind, status.printing) {
            (StatusKind::Reply, _) => self.on_reply(status),
            (StatusKind::PhaseChange, true) => self.on_printing(),
            (StatusKind::PhaseChange, false) => {
                if self.page == Page::Completed {
                    self.page = if self.unstarted > 0 { Page::Sent } else { Page::Waiting };
                }
                Vec::new()
            }
            (StatusKind::Completed, _) => {
                if self.page == Page::Printing {
                    self.page = Page::Completed;
                }
                Vec::new()
            }
            (StatusKind::CoolingStarted, _) => self.report_condition(PrinterCondition::Cooling),
            (StatusKind::CoolingFinished, _) => self.report_condition(PrinterCondition::Ready),
            (StatusKind::Other, _) => Vec::new(),
        }
    }

    fn report_condition(&mut self, condition: PrinterCondition) -> Vec<PrinterEvent> {
        self.condition = Some(condition);
        vec![PrinterEvent::State(condition)]
    }

    /// A page being printed means that those before it are printed.
    fn on_printing(&mut self) -> Vec<PrinterEvent> {
        if self.unstarted == 0 || self.profile.answers != ConfirmationLevel::Printed {
            return Vec::new();
        }
        let before = self.awaited.len().saturating_sub(self.unstarted);
        (self.page, self.unstarted) = (Page::Printing, self.unstarted - 1);
        self.awaited.take(before).map(|upto| PrinterEvent::Printed { upto }).into_iter().collect()
    }

    /// From the printer itself, or by SNMP.
    fn on_reply(&mut self, status: &QlStatus) -> Vec<PrinterEvent> {
        let requested = self.status_poll.answered();
        let (width_mm, length_mm) = (status.width_mm, status.length_mm);
        let mut events = vec![PrinterEvent::Loaded { width_mm, length_mm }];
        let fits = Roll::of(&self.profile.media)
            .is_none_or(|roll| (roll.width_mm, roll.length_mm) == (width_mm, length_mm));
        let condition = match (width_mm, fits) {
            (0, _) => PrinterCondition::PaperOut,
            (_, false) => PrinterCondition::WrongMedia,
            (_, true) => PrinterCondition::Ready,
        };
        events.extend(self.report_condition(condition));
        if condition != PrinterCondition::Ready {
            self.sent = self.sent.map(|_| self.now);
            return events;
        }
        match self.profile.answers {
            ConfirmationLevel::Printed if requested && self.page == Page::Checked && !status.printing => {
                self.page = Page::Waiting;
                events.extend(self.awaited.take_all().map(|upto| PrinterEvent::Printed { upto }));
            }
            ConfirmationLevel::Taken => events.extend(self.seen_by_snmp(status.printing)),
            _ => {}
        }
        events
    }

    /// Until it has the whole page it reports that it receives, which is the status for idle too: only what it
    /// reports later is about the page.
    fn seen_by_snmp(&mut self, printing: bool) -> Option<PrinterEvent> {
        let sent = self.sent?;
        self.seen_printing |= printing;
        let done = self.seen_printing || self.now.saturating_sub(sent) >= IDLE_LONG;
        if printing || !done {
            return None;
        }
        self.awaited.take_all().map(|upto| PrinterEvent::Taken { upto })
    }

    /// A stopped printer may continue to report its fault until it is reset.
    fn tick_by_snmp(&mut self) -> (Vec<u8>, Vec<PrinterEvent>) {
        if self.now.saturating_sub(self.last_word) >= STATUS_MAX {
            self.last_word = self.now;
            return (Vec::new(), vec![PrinterEvent::Silent]);
        }
        let stopped =
            !matches!(self.condition, None | Some(PrinterCondition::Ready | PrinterCondition::Cooling));
        if !stopped || !self.fresh || !self.status_poll.due(self.now, POLL) {
            return (Vec::new(), Vec::new());
        }
        self.status_poll.ask(self.now);
        self.status_poll.answered();
        let partial = !std::mem::replace(&mut self.emptied, true);
        (if partial { self.invalidate() } else { INIT.to_vec() }, Vec::new())
    }
}

impl PrinterSession for BrotherQl {
    fn hello(&mut self, now: Duration) -> Vec<u8> {
        (self.now, self.last_word) = (now, now);
        if self.profile.answers != ConfirmationLevel::Printed {
            return Vec::new();
        }
        let mut bytes = self.invalidate();
        bytes.extend(self.ask(now));
        bytes
    }

    fn after_interruption(&mut self) -> Vec<u8> {
        self.fresh = true;
        self.invalidate()
    }

    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError> {
        crate::printers::language::check_fit(label, &self.profile)?;
        let roll = self.roll_for(label)?;
        let finer = finer_factor(self.profile.dpi);
        let rows = if roll.length_mm == 0 {
            label.height().max(self.model.rows_min * finer)
        } else {
            roll.rows * finer
        };
        let mut bytes = self.page_head(&roll, rows);
        let row_bytes = (self.model.pins / 8) as usize;
        bytes.reserve((row_bytes + 3) * rows as usize);
        let mut pins = vec![0; row_bytes];
        let from = roll.offset + self.model.offset;
        for row in label.rows() {
            mirror_row(row, finer, roll.pins, from, &mut pins);
            self.push_row(&pins, &mut bytes);
        }
        pins.fill(0);
        for _ in label.height()..rows {
            self.push_row(&pins, &mut bytes);
        }
        bytes.push(PRINT);
        self.fresh = false;
        if self.profile.answers != ConfirmationLevel::Nothing {
            self.awaited.push(n);
            self.unstarted += 1;
            if matches!(self.page, Page::Waiting | Page::Checked) {
                self.page = Page::Sent;
            }
            self.last_word = self.now;
            (self.sent, self.seen_printing) = (None, false);
        }
        Ok(bytes)
    }

    fn sent(&mut self, now: Duration) {
        (self.now, self.sent) = (now, Some(now));
    }

    fn answers(&self) -> ConfirmationLevel {
        self.profile.answers
    }

    /// A long job in one go overflows the printer: the next page is sent when it waits for one.
    fn takes_next(&self) -> bool {
        match self.profile.answers {
            ConfirmationLevel::Nothing => true,
            ConfirmationLevel::Taken => {
                matches!(self.condition, None | Some(PrinterCondition::Ready)) && self.awaited.is_empty()
            }
            ConfirmationLevel::Printed => {
                self.condition == Some(PrinterCondition::Ready)
                    && matches!(self.page, Page::Waiting | Page::Checked)
            }
        }
    }

    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<PrinterEvent> {
        if self.profile.answers == ConfirmationLevel::Nothing {
            return Vec::new();
        }
        let statuses = self.reader.read(bytes);
        statuses.iter().flat_map(|status| self.on_status(status)).collect()
    }

    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<PrinterEvent>) {
        self.now = now;
        let quiet = now.saturating_sub(self.last_word);
        match self.profile.answers {
            ConfirmationLevel::Nothing => return (Vec::new(), Vec::new()),
            ConfirmationLevel::Taken => return self.tick_by_snmp(),
            ConfirmationLevel::Printed => {}
        }
        if self.status_poll.overdue(now, ANSWER_MAX) {
            if self.page == Page::Checked {
                self.page = Page::Waiting;
            }
            return (self.ask(now), vec![PrinterEvent::Silent]);
        }
        let may_ask = match self.page {
            // Not while a page is under way, unless it has been for far too long.
            Page::Sent | Page::Printing | Page::Completed => quiet >= PAGE_MAX,
            Page::Waiting if self.awaited.is_empty() => true,
            Page::Waiting | Page::Checked => quiet >= FINAL,
        };
        if !may_ask || !self.status_poll.due(now, POLL) {
            return (Vec::new(), Vec::new());
        }
        if self.page == Page::Waiting && !self.awaited.is_empty() {
            self.page = Page::Checked;
        }
        (self.ask(now), Vec::new())
    }
}

/// As the head needs it: the label's right edge first, `from` pins in, two dots on a pin at 600 dpi.
fn mirror_row(row: &[u8], finer: u32, width: u32, from: u32, pins: &mut [u8]) {
    pins.fill(0);
    let halved: Vec<u8>;
    let row = if finer == 2 {
        halved = row
            .chunks(2)
            .map(|two| halve_byte(two[0]) << 4 | two.get(1).copied().map_or(0, halve_byte))
            .collect();
        &halved[..]
    } else {
        row
    };
    // The rightmost bit of byte 0 as seen on the label is dot 7 and goes to pin `from + width - 1 - 7`;
    // padding that would fall below pin 0 is white.
    for (at, &byte) in row.iter().enumerate() {
        if byte == 0 {
            continue;
        }
        let first = i64::from(from) + i64::from(width) - 8 - 8 * at as i64;
        let shift = first.rem_euclid(8) as u32;
        let two = u16::from(byte.reverse_bits()) << (8 - shift);
        let into = first.div_euclid(8);
        for (part, into) in [((two >> 8) as u8, into), (two as u8, into + 1)] {
            if let Some(pins) = usize::try_from(into).ok().and_then(|into| pins.get_mut(into)) {
                *pins |= part;
            }
        }
    }
}

/// Eight dots as four, black where either of two is.
fn halve_byte(byte: u8) -> u8 {
    (0..4).fold(0, |half, at| half | u8::from(byte >> (2 * at) & 3 != 0) << at)
}

fn run_length(row: &[u8], at: usize) -> usize {
    row[at..].iter().take(128).take_while(|&&b| b == row[at]).count()
}

/// TIFF PackBits. Runs of two are copied as they are: packing saves nothing.
fn pack_bits(row: &[u8], out: &mut Vec<u8>) {
    let mut at = 0;
    while at < row.len() {
        let same = run_length(row, at);
        if same >= 3 || at + same == row.len() && same > 1 {
            out.extend_from_slice(&[(257 - same) as u8, row[at]]);
            at += same;
            continue;
        }
        let from = at;
        while at < row.len() && at - from < 128 && run_length(row, at) < 3 {
            at += 1;
        }
        out.push((at - from - 1) as u8);
        out.extend_from_slice(&row[from..at]);
    }
}

#[cfg(test)]
mod tests;
