//! One connection to a printer that answers: bytes out, events in, and what the waiting may cost.

use std::io;
use std::time::Duration;

use labels::Bitmap;
use labels::language::{ConfirmationLevel, PrinterCondition, PrinterEvent, PrinterSession};
use tokio::io::{AsyncReadExt, AsyncWriteExt, ReadHalf, WriteHalf};
use tokio::time::Instant;

use crate::printing::devices::transport::{PrinterStream, SendQueue};
use crate::printing::model::connection_fault::ConnectionFault;
use crate::printing::model::connection_timeouts::ConnectionTimeouts;

/// From a query to the doubt whether the printer is there; most are answered within milliseconds.
const MUTE: Duration = Duration::from_secs(1);
/// From one look to the next whether the printer has taken everything.
const END_LOOK: Duration = Duration::from_millis(100);
/// For how long everything that was sent has to be acknowledged before that means that it was taken.
const ACKNOWLEDGED: Duration = Duration::from_millis(1_500);
/// Bytes written at a time; progress is measured by these.
const PIECE_BYTES: usize = 4_096;

#[derive(Debug, thiserror::Error)]
#[error("{self:?}")]
pub(crate) enum PrinterLinkError {
    Line(#[from] io::Error),
    Closed,
    /// It takes bytes and says nothing, though it is set up as a printer that answers.
    Silent,
    Stalled,
    /// It is ready and does not confirm.
    Unconfirmed,
}

impl From<&PrinterLinkError> for ConnectionFault {
    fn from(broken: &PrinterLinkError) -> Self {
        match broken {
            PrinterLinkError::Line(error) => Self::Broken(error.into()),
            PrinterLinkError::Closed => Self::Closed,
            PrinterLinkError::Silent => Self::Silent,
            PrinterLinkError::Stalled => Self::Stalled,
            PrinterLinkError::Unconfirmed => Self::Unconfirmed,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PrinterReport {
    /// Its last state; `None` before the first.
    pub(crate) condition: Option<PrinterCondition>,
    /// The roll ends soon.
    pub(crate) paper_low: bool,
    /// What is in it (millimetres across and along), where it says so.
    pub(crate) loaded: Option<(u8, u8)>,
    pub(crate) mute: bool,
    pub(crate) full: bool,
}

pub(crate) struct PrinterConnection {
    from: ReadHalf<Box<dyn PrinterStream>>,
    to: WriteHalf<Box<dyn PrinterStream>>,
    session: Box<dyn PrinterSession>,
    gauge: Option<SendQueue>,
    timeouts: ConnectionTimeouts,
    begun: Instant,
    last_word: Instant,
    /// The oldest query since the last message.
    requested: Option<Instant>,
    silent: bool,
    /// A label's last byte was sent, and the printer may not have got it.
    sending: bool,
    received: PrinterReport,
    /// Confirmations and losses that were not read yet.
    waiting: Vec<PrinterEvent>,
}

impl PrinterConnection {
    /// Takes over an open connection: drops what is left in it, ends what a broken connection may have left half sent,
    /// and asks how the printer is.
    pub(crate) async fn begin(
        line: Box<dyn PrinterStream>,
        session: Box<dyn PrinterSession>,
        timeouts: ConnectionTimeouts,
        after_interruption: bool,
    ) -> Result<Self, PrinterLinkError> {
        let gauge = line.gauge();
        let (from, to) = tokio::io::split(line);
        let begun = Instant::now();
        let received =
            PrinterReport { condition: None, paper_low: false, loaded: None, mute: false, full: false };
        let mut connection = Self {
            from,
            to,
            session,
            gauge,
            timeouts,
            begun,
            last_word: begun,
            requested: None,
            silent: false,
            sending: false,
            received,
            waiting: Vec::new(),
        };
        connection.drain().await?;
        if after_interruption {
            let bytes = connection.session.after_interruption();
            connection.send(&bytes).await?;
        }
        connection.last_word = Instant::now();
        let hello = connection.session.hello(connection.now());
        connection.ask(&hello).await?;
        Ok(connection)
    }

    /// The last message, and whether a query has waited for an answer for too long.
    pub(crate) fn last_report(&self) -> PrinterReport {
        let unanswered = self.requested.is_some_and(|requested| time_since(requested) >= MUTE);
        PrinterReport { mute: self.silent || unanswered, ..self.received }
    }

    /// Whether the printer can be given another label now.
    pub(crate) fn takes_next(&self) -> bool {
        self.session.takes_next()
    }

    pub(crate) fn answers(&self) -> ConfirmationLevel {
        self.session.answers()
    }

    pub(crate) fn take_events(&mut self) -> Vec<PrinterEvent> {
        std::mem::take(&mut self.waiting)
    }

    /// Sends what belongs behind the last label.
    pub(crate) async fn finish(&mut self) -> Result<(), PrinterLinkError> {
        let bytes = self.session.finish();
        self.send(&bytes).await
    }

    /// Waits for the next message of the printer; polls it from time to time. Returns at least every `at_most`.
    pub(crate) async fn listen(&mut self, at_most: Duration) -> Result<Vec<PrinterEvent>, PrinterLinkError> {
        if !self.waiting.is_empty() {
            return Ok(self.take_events());
        }
        self.notice_sent();
        let mut bytes = [0; 256];
        match tokio::time::timeout(at_most, self.from.read(&mut bytes)).await {
            Ok(read) => self.hear(&bytes[..require_bytes(read?)?]),
            Err(_) => {
                let (ask, events) = self.session.tick(self.now());
                self.take(events);
                self.ask(&ask).await?;
            }
        }
        Ok(self.take_events())
    }

    /// Since the printer's last message.
    pub(crate) fn quiet(&self) -> Duration {
        time_since(self.last_word)
    }

    /// The bytes of label `n`, made but not sent.
    pub(crate) fn encode(
        &mut self,
        n: u32,
        label: &Bitmap,
    ) -> Result<Vec<u8>, labels::language::EncodeError> {
        self.session.encode(n, label)
    }

    /// What surrounds label `n` where it is text; `None`: the printer's language has none.
    pub(crate) fn frame_text(
        &mut self,
        n: u32,
    ) -> Result<Option<labels::language::TextFrame>, labels::language::EncodeError> {
        self.session.frame_text(n)
    }

    /// Sends bytes, listening meanwhile. `stopped` is called each second in which the printer takes nothing.
    pub(crate) async fn send_label(
        &mut self,
        bytes: &[u8],
        mut stopped: impl FnMut(PrinterReport),
    ) -> Result<(), (usize, PrinterLinkError)> {
        let mut at = 0;
        let mut progress = Instant::now();
        let mut answer = [0; 256];
        while at < bytes.len() {
            let piece = &bytes[at..bytes.len().min(at + PIECE_BYTES)];
            tokio::select! {
                biased;
                read = self.from.read(&mut answer) => {
                    let n = read.map_err(PrinterLinkError::from).and_then(require_bytes).map_err(|e| (at, e))?;
                    self.hear(&answer[..n]);
                }
                written = self.to.write(piece) => {
                    at += written.map_err(PrinterLinkError::from).and_then(require_bytes).map_err(|e| (at, e))?;
                    progress = Instant::now();
                }
                () = tokio::time::sleep(Duration::from_secs(1)) => {
                    stopped(PrinterReport { full: time_since(progress) >= MUTE, ..self.last_report() });
                    // A person may take all day to bring paper; a printer that calls itself ready may not.
                    let ready = matches!(self.received.condition, None | Some(PrinterCondition::Ready));
                    if ready && time_since(progress) >= self.timeouts.stall {
                        return Err((at, PrinterLinkError::Stalled));
                    }
                }
            }
        }
        self.to.flush().await.map_err(|e| (at, e.into()))?;
        self.sending = true;
        self.notice_sent();
        Ok(())
    }

    /// Notifies the session when the printer has the whole label.
    fn notice_sent(&mut self) {
        if self.sending && self.gauge.as_ref().and_then(SendQueue::left).unwrap_or(0) == 0 {
            self.sending = false;
            self.session.sent(self.now());
        }
    }

    /// Closes the connection gracefully: closing at once could discard what the printer has not read yet. Many printers
    /// never close their side; then it is enough that the printer's kernel has everything and holds it for a while.
    /// `waits` is called from time to time while nothing is taken.
    ///
    /// # Errors
    /// When the printer has not taken everything within `at_most`, counted from when the connection took the last of
    /// it.
    pub(crate) async fn end(
        mut self,
        at_most: Duration,
        mut waits: impl FnMut(PrinterReport),
    ) -> Result<(), PrinterLinkError> {
        let full = PrinterReport { full: true, ..self.last_report() };
        let mut looks = tokio::time::interval(END_LOOK);
        let (mut left, mut changed) = (None, Instant::now());
        let shut = self.to.shutdown();
        tokio::pin!(shut);
        loop {
            tokio::select! {
                biased;
                done = &mut shut => break done?,
                _ = looks.tick() => {}
            }
            if time_since(changed) >= MUTE {
                waits(full);
            }
        }
        let begun = Instant::now();
        let mut rest = [0; 256];
        loop {
            tokio::select! {
                biased;
                read = self.from.read(&mut rest) => match read? {
                    0 => return Ok(()),
                    _ => continue,
                },
                _ = looks.tick() => {}
            }
            let now_left = self.gauge.as_ref().and_then(SendQueue::left);
            if now_left != left {
                (left, changed) = (now_left, Instant::now());
            }
            match left {
                Some(0) if time_since(changed) >= ACKNOWLEDGED => return Ok(()),
                _ if time_since(begun) >= at_most => return Err(PrinterLinkError::Stalled),
                Some(1..) if time_since(changed) >= MUTE => waits(full),
                _ => {}
            }
        }
    }

    fn now(&self) -> Duration {
        Instant::now().duration_since(self.begun)
    }

    async fn drain(&mut self) -> Result<(), PrinterLinkError> {
        let until = Instant::now() + self.timeouts.drain;
        let mut stale = [0; 256];
        while let Ok(read) = tokio::time::timeout_at(until, self.from.read(&mut stale)).await {
            require_bytes(read?)?;
        }
        Ok(())
    }

    /// Sends questions; those that a session has none of do not wait for an answer.
    async fn ask(&mut self, bytes: &[u8]) -> Result<(), PrinterLinkError> {
        if !bytes.is_empty() {
            self.requested.get_or_insert_with(Instant::now);
        }
        self.send(bytes).await
    }

    async fn send(&mut self, bytes: &[u8]) -> Result<(), PrinterLinkError> {
        if bytes.is_empty() {
            return Ok(());
        }
        let sent = tokio::time::timeout(self.timeouts.silence, self.to.write_all(bytes)).await;
        Ok(sent.map_err(|_| PrinterLinkError::Stalled)??)
    }

    fn hear(&mut self, bytes: &[u8]) {
        let events = self.session.on_bytes(bytes);
        if events.iter().any(|e| *e != PrinterEvent::Silent) {
            self.last_word = Instant::now();
            (self.requested, self.silent) = (None, false);
        }
        self.take(events);
    }

    fn take(&mut self, events: Vec<PrinterEvent>) {
        for event in events {
            match event {
                PrinterEvent::State(condition) => {
                    self.received =
                        PrinterReport { condition: Some(condition), paper_low: false, ..self.received };
                }
                PrinterEvent::PaperLow => self.received.paper_low = true,
                PrinterEvent::Loaded { width_mm, length_mm } => {
                    self.received.loaded = Some((width_mm, length_mm))
                }
                PrinterEvent::Printed { .. }
                | PrinterEvent::Taken { .. }
                | PrinterEvent::Lost { .. }
                | PrinterEvent::Unclear { .. } => self.waiting.push(event),
                PrinterEvent::Silent => self.silent = true,
            }
        }
    }
}

/// Nothing read or written means that the other side is gone.
fn require_bytes(n: usize) -> Result<usize, PrinterLinkError> {
    if n == 0 { Err(PrinterLinkError::Closed) } else { Ok(n) }
}

pub(crate) fn time_since(then: Instant) -> Duration {
    Instant::now().duration_since(then)
}
