//! What a printer holds and what is wrong with it.

use std::collections::VecDeque;
use std::io::Write;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

use super::device::{Condition, Device, Role};
use super::devices::device;
use super::framing::Token;
use super::paper::Paper;
use super::{Language, Options, Printed, PrinterFault, Roll};

pub(super) struct Waiting {
    pub(super) role: Role,
    pub(super) token: Token,
}

#[derive(Default)]
pub(super) struct Faults {
    pub(super) cover_open: bool,
    pub(super) cover_touched_in: Option<u32>,
    pub(super) paper_out: bool,
    head_hot: bool,
    ribbon_out: bool,
    pub(super) paper_left: Option<u32>,
    pub(super) paper_ends_in: Option<u32>,
    pub(super) bytes_per_s: Option<u32>,
    pub(super) break_in: Option<u32>,
    pub(super) break_before_answer: Option<u32>,
    pub(super) mute: bool,
    garbage: Option<u32>,
}

/// Whether a fault that strikes after some labels strikes now; it does so once.
pub(super) fn strikes(after: &mut Option<u32>) -> bool {
    after.take_if(|left| *left == 0).is_some()
}

fn count_down(after: &mut Option<u32>) {
    *after = after.map(|left| left.saturating_sub(1));
}

pub(super) struct VirtualState {
    pub(super) device: Box<dyn Device>,
    pub(super) back_channel: bool,
    pub(super) stopping: bool,
    /// Switched off; the generation makes the reader discard half a command.
    pub(super) off: bool,
    pub(super) back_at: Option<Instant>,
    pub(super) generation: u64,
    pub(super) connection: Option<TcpStream>,
    /// Connections that the other side has closed and this one has not.
    pub(super) stored: Vec<TcpStream>,
    queue: VecDeque<Waiting>,
    pub(super) queued_bytes: usize,
    ends_waiting: usize,
    pub(super) acting: bool,
    pub(super) printing: bool,
    pub(super) copies_left: u32,
    pub(super) paper: Paper,
    pub(super) printed: Vec<Printed>,
    pub(super) pieces: u32,
    pub(super) odometer: u32,
    pub(super) stray_bytes: u64,
    pub(super) connections: u64,
    pub(super) faults: Faults,
    has_ribbon: bool,
    own_roll: Roll,
    roll: Roll,
}

impl VirtualState {
    pub(super) fn new(options: &Options) -> Self {
        Self {
            device: device(options),
            back_channel: !options.over_network,
            stopping: false,
            off: false,
            back_at: None,
            generation: 0,
            connection: None,
            stored: Vec::new(),
            queue: VecDeque::new(),
            queued_bytes: 0,
            ends_waiting: 0,
            acting: false,
            printing: false,
            copies_left: 0,
            paper: Paper::default(),
            printed: Vec::new(),
            pieces: 0,
            odometer: 0,
            stray_bytes: 0,
            connections: 0,
            faults: Faults::default(),
            has_ribbon: matches!(options.language, Language::Zpl | Language::Tspl),
            own_roll: options.roll,
            roll: options.roll,
        }
    }

    pub(super) fn seen(&self) -> Condition {
        let f = &self.faults;
        Condition {
            cover_open: f.cover_open,
            paper_out: f.paper_out,
            near_end: f.paper_left.is_some_and(|left| left < 3),
            head_hot: f.head_hot,
            ribbon_out: f.ribbon_out,
            busy: self.printing || self.ends_waiting > 0,
            waiting: self.ends_waiting,
            copies_left: self.copies_left,
            odometer: self.odometer,
            roll: self.roll,
        }
    }

    /// Waits before it does anything more. One that discards its data continues doing so, unless it only
    /// cools down.
    pub(super) fn stands_still(&self) -> bool {
        self.faults.head_hot || self.device.keeps_buffer() && self.seen().stands_still()
    }

    /// The next command has to wait until it is mended.
    pub(super) fn is_held(&self) -> bool {
        let next = self.queue.front().map(|w| w.role);
        self.stands_still() && (next != Some(Role::Question) || self.device.keeps_buffer())
    }

    /// Before its cover is touched it stays in the label until somebody has asked how it is: no hand is faster than the next question.
    pub(super) fn awaits_question(&self) -> bool {
        self.faults.cover_touched_in == Some(0)
            && !self.paper.is_empty()
            && self.queue.front().is_some_and(|next| next.role == Role::End)
            && self.queue.iter().all(|waiting| waiting.role != Role::Question)
    }

    /// All that was received was handled, as far as faults allow.
    pub(super) fn is_idle(&self) -> bool {
        !self.acting && (self.queue.is_empty() || self.off || self.stands_still())
    }

    pub(super) fn has_work(&self) -> bool {
        !self.queue.is_empty()
    }

    /// While its connection is going to break in a label, it reads no byte before it has handled all that it
    /// has read. Else the rest of a job, its end included, is in its buffer when that label comes, and
    /// nothing breaks.
    pub(super) fn reads_in_step(&self) -> bool {
        self.faults.break_in.is_some() && (self.acting || self.has_work() && !self.is_held())
    }

    pub(super) fn push(&mut self, token: Token) {
        let role = match &token {
            Token::Command(raw) => self.device.role(raw),
            Token::Oversize(_) => Role::Stray,
            Token::LineGone { .. } => Role::Setting,
        };
        self.ends_waiting += usize::from(role == Role::End);
        self.queued_bytes += token.bytes();
        self.queue.push_back(Waiting { role, token });
    }

    pub(super) fn pop(&mut self) -> Option<Waiting> {
        let waiting = self.queue.pop_front()?;
        self.ends_waiting -= usize::from(waiting.role == Role::End);
        self.queued_bytes -= waiting.token.bytes();
        Some(waiting)
    }

    pub(super) fn put_back(&mut self, waiting: Waiting) {
        self.ends_waiting += usize::from(waiting.role == Role::End);
        self.queued_bytes += waiting.token.bytes();
        self.queue.push_front(waiting);
    }

    /// The last thing in the buffer is the end of a connection.
    pub(super) fn hung_up_last(&self) -> bool {
        self.queue.back().is_some_and(|w| matches!(w.token, Token::LineGone { .. }))
    }

    pub(super) fn forget_buffer(&mut self) {
        self.queue.clear();
        (self.queued_bytes, self.ends_waiting, self.copies_left) = (0, 0, 0);
    }

    /// Switching it off is not done here.
    pub(super) fn set(&mut self, fault: PrinterFault) {
        let f = &mut self.faults;
        match fault {
            PrinterFault::PaperOutAfter(labels) => f.paper_left = Some(labels),
            PrinterFault::PaperOutInLabel { after } => f.paper_ends_in = Some(after),
            PrinterFault::CoverOpen => f.cover_open = true,
            PrinterFault::CoverTouchedInLabel { after } => f.cover_touched_in = Some(after),
            PrinterFault::HeadHot => f.head_hot = true,
            PrinterFault::RibbonOut => f.ribbon_out = self.has_ribbon,
            PrinterFault::SlowDrain { bytes_per_s } => f.bytes_per_s = Some(bytes_per_s.max(1)),
            PrinterFault::LineBreaksInLabel { after } => f.break_in = Some(after),
            PrinterFault::LineBreaksBeforeAnswer { after } => f.break_before_answer = Some(after),
            PrinterFault::Mute => f.mute = true,
            PrinterFault::Garbage => f.garbage = Some(1),
            PrinterFault::WrongMedia => {
                let other = Roll { width_mm: 29, length_mm: 90, two_colour: false };
                self.roll = if self.own_roll == other { Roll::default() } else { other };
            }
            PrinterFault::PowerOff | PrinterFault::Reboot { .. } => {}
        }
    }

    pub(super) fn mend(&mut self) {
        self.faults = Faults::default();
        (self.off, self.back_at, self.roll) = (false, None, self.own_roll);
    }

    pub(super) fn load(&mut self, roll: Roll) {
        (self.own_roll, self.roll) = (roll, roll);
    }

    /// A label is whole and out: the counters of pending faults go down.
    pub(super) fn count_label(&mut self) {
        self.odometer += 1;
        let f = &mut self.faults;
        count_down(&mut f.paper_left);
        count_down(&mut f.paper_ends_in);
        count_down(&mut f.break_in);
        count_down(&mut f.cover_touched_in);
    }

    pub(super) fn count_report(&mut self) {
        count_down(&mut self.faults.break_before_answer);
    }

    /// Resets the connection, as a pulled cable or a lost power would: what is in flight is lost.
    pub(super) fn hang_up(&mut self) {
        if let Some(connection) = self.connection.take() {
            let abortive = rustix::net::sockopt::set_socket_linger(&connection, Some(Duration::ZERO));
            // Ends the reader's wait; closing its end then resets the connection. It may be gone already.
            let woken = connection.shutdown(Shutdown::Read);
            tracing::debug!(?abortive, ?woken, "line broken");
        }
    }

    /// What it would answer, after the faults `Mute` and `Garbage`.
    pub(super) fn spoken(&mut self, bytes: &[u8]) -> Vec<u8> {
        let f = &mut self.faults;
        if f.mute {
            return Vec::new();
        }
        let mut message = bytes.to_vec();
        if let Some(seed) = &mut f.garbage {
            for byte in &mut message {
                *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (*seed >> 24) as u8;
            }
        }
        message
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        if bytes.is_empty() || !self.back_channel {
            return;
        }
        let message = self.spoken(bytes);
        if let Some(connection) = &mut self.connection {
            // A client that does not read misses it.
            drop(connection.write_all(&message));
        }
    }
}
