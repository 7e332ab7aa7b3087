//! An ESC/POS printer on loopback that shares no code with `labels`: it eats the stream, answers, jams and spools paper.

mod escpos;
pub mod process;

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use escpos::{Command, Token, Tokeniser};
pub use process::main;

/// Bytes that the printer takes before it makes the sender wait.
const RECEIVE_BUFFER_BYTES: usize = 8 * 1024;
/// Dots across the head, in bytes.
const HEAD_BYTES: usize = 72;

/// What can be wrong with it. Faults add up until [`VirtualPrinter::mend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The roll ends after so many more labels.
    PaperOutAfter(u32),
    /// Somebody opened it.
    CoverOpen,
    /// Takes so many bytes a second.
    SlowDrain {
        /// At least 1.
        bytes_per_s: u32,
    },
    /// After so many more labels the line breaks in the middle of the next one.
    LineBreaksInLabel {
        /// Labels that still come out.
        after: u32,
    },
    /// After so many more labels the line breaks when the next one is out but not confirmed.
    LineBreaksBeforeAnswer {
        /// Labels that are still confirmed.
        after: u32,
    },
    /// Prints and never says a word.
    Mute,
    /// Answers with nonsense.
    Garbage,
    /// Gone: refuses connections, forgets what it held.
    PowerOff,
}

/// A piece of paper that came out.
#[derive(Debug, Clone)]
pub struct Printed {
    /// Number of its files in the spool, from 1.
    pub number: u32,
    /// The line or the power went away before it was whole.
    pub torn: bool,
    /// What it looks like.
    pub picture: image::GrayImage,
}

/// The running printer. Dropping it switches it off for good.
pub struct VirtualPrinter {
    inner: Arc<Inner>,
    threads: Vec<JoinHandle<()>>,
}

struct Inner {
    addr: SocketAddr,
    spool: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    stopping: bool,
    /// Switched off; the generation tells the reader to forget half a command.
    off: bool,
    generation: u64,
    line: Option<TcpStream>,
    queue: VecDeque<Token>,
    queued_bytes: usize,
    acting: bool,
    automatic_status: bool,
    paper: Paper,
    printed: Vec<Printed>,
    stray_bytes: u64,
    connections: u64,
    cover_open: bool,
    paper_out: bool,
    paper_left: Option<u32>,
    bytes_per_s: Option<u32>,
    break_in: Option<u32>,
    break_before_answer: Option<u32>,
    mute: bool,
    garbage: Option<u32>,
}

/// The label in the making.
#[derive(Default)]
struct Paper {
    raw: Vec<u8>,
    rows: Vec<Vec<u8>>,
    torn: bool,
}

impl VirtualPrinter {
    /// Starts one on `listen` (port 0 for any) that puts `NNNN.bin` and `NNNN.png` into `spool`.
    pub fn start(listen: SocketAddr, spool: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(spool)?;
        let listener = bind(listen)?;
        let inner = Arc::new(Inner {
            addr: listener.local_addr()?,
            spool: spool.to_owned(),
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        let (reader, mechanism) = (inner.clone(), inner.clone());
        let threads = vec![
            std::thread::Builder::new().name("vp-reader".into()).spawn(move || reader.serve(listener))?,
            std::thread::Builder::new().name("vp-mechanism".into()).spawn(move || mechanism.run())?,
        ];
        Ok(Self { inner, threads })
    }

    /// One on any loopback port.
    pub fn on_loopback(spool: &Path) -> std::io::Result<Self> {
        Self::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool)
    }

    /// Where it listens; the same after power comes back.
    pub fn addr(&self) -> SocketAddr {
        self.inner.addr
    }

    /// Breaks something.
    pub fn set(&self, fault: Fault) {
        let mut s = self.inner.lock();
        match fault {
            Fault::PaperOutAfter(labels) => s.paper_left = Some(labels),
            Fault::CoverOpen => s.cover_open = true,
            Fault::SlowDrain { bytes_per_s } => s.bytes_per_s = Some(bytes_per_s.max(1)),
            Fault::LineBreaksInLabel { after } => s.break_in = Some(after),
            Fault::LineBreaksBeforeAnswer { after } => s.break_before_answer = Some(after),
            Fault::Mute => s.mute = true,
            Fault::Garbage => s.garbage = Some(1),
            Fault::PowerOff => self.inner.switch_off(&mut s),
        }
        s.push_status();
        self.inner.changed.notify_all();
    }

    /// Closes the cover, loads paper, switches it on, and so on.
    pub fn mend(&self) {
        let mut s = self.inner.lock();
        (s.cover_open, s.paper_out, s.paper_left, s.bytes_per_s) = (false, false, None, None);
        (s.break_in, s.break_before_answer, s.mute, s.garbage, s.off) = (None, None, false, None, false);
        s.push_status();
        self.inner.changed.notify_all();
    }

    /// What has come out, torn pieces included.
    pub fn printed(&self) -> Vec<Printed> {
        self.inner.lock().printed.clone()
    }

    /// Waits until `enough` holds of what has come out; `false` when it did not within the time.
    pub fn wait(&self, at_most: Duration, enough: impl Fn(&[Printed]) -> bool) -> bool {
        let deadline = Instant::now() + at_most;
        let mut s = self.inner.lock();
        while !enough(&s.printed) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            s = self.inner.changed.wait_timeout(s, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Waits until nobody is connected and everything that was taken in has been dealt with, as far as faults allow.
    pub fn wait_until_idle(&self, at_most: Duration) -> bool {
        let deadline = Instant::now() + at_most;
        let mut s = self.inner.lock();
        while s.line.is_some() || s.acting || !(s.queue.is_empty() || s.off || s.stands_still()) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            s = self.inner.changed.wait_timeout(s, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }

    /// Bytes that would have come out as text on the paper.
    pub fn stray_bytes(&self) -> u64 {
        self.inner.lock().stray_bytes
    }

    /// Connections that were taken so far.
    pub fn connections(&self) -> u64 {
        self.inner.lock().connections
    }
}

impl Drop for VirtualPrinter {
    fn drop(&mut self) {
        let mut s = self.inner.lock();
        s.stopping = true;
        self.inner.switch_off(&mut s);
        drop(s);
        self.inner.changed.notify_all();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the virtual printer panicked");
            }
        }
    }
}

/// With a small kernel buffer, so that a printer that stands still is felt by the sender.
fn bind(addr: SocketAddr) -> std::io::Result<TcpListener> {
    let listener = TcpListener::bind(addr)?;
    rustix::net::sockopt::set_socket_recv_buffer_size(&listener, RECEIVE_BUFFER_BYTES)?;
    Ok(listener)
}

impl Inner {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, s: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        self.changed.wait(s).unwrap_or_else(PoisonError::into_inner)
    }

    fn switch_off(&self, s: &mut State) {
        s.off = true;
        s.generation += 1;
        s.queue.clear();
        s.queued_bytes = 0;
        s.automatic_status = false;
        s.hang_up();
        self.tear(s);
        // Wakes the reader if it waits for a connection; nobody may be listening any more.
        drop(TcpStream::connect_timeout(&self.addr, Duration::from_millis(200)));
    }

    /// Takes one connection after the other; while one is open, others wait in the backlog.
    fn serve(&self, listener: TcpListener) {
        let mut listener = Some(listener);
        let mut tokeniser = Tokeniser::default();
        let mut generation = 0;
        loop {
            let mut s = self.lock();
            if s.off {
                listener = None;
            }
            while s.off && !s.stopping {
                s = self.wait(s);
            }
            if s.stopping {
                return;
            }
            if generation != s.generation {
                (generation, tokeniser) = (s.generation, Tokeniser::default());
            }
            drop(s);
            if listener.is_none() {
                match bind(self.addr) {
                    Ok(again) => listener = Some(again),
                    Err(e) => {
                        tracing::warn!("virtual printer: binding {} again: {e}", self.addr);
                        std::thread::sleep(Duration::from_millis(50));
                    }
                }
            }
            if let Some(Ok((line, _))) = listener.as_ref().map(TcpListener::accept) {
                self.take_line(&line, &mut tokeniser);
            }
        }
    }

    fn take_line(&self, line: &TcpStream, tokeniser: &mut Tokeniser) {
        let Ok(answers) = line.try_clone() else { return };
        let bounded = answers.set_write_timeout(Some(Duration::from_millis(500)));
        let mut s = self.lock();
        if s.off || bounded.is_err() {
            return;
        }
        s.connections += 1;
        s.line = Some(answers);
        drop(s);
        self.read(line, tokeniser);
        let in_command = tokeniser.held_bytes() > 0;
        let mut s = self.lock();
        s.line = None;
        s.queue.push_back(Token { raw: Vec::new(), command: Command::LineGone { in_command } });
        self.changed.notify_all();
    }

    /// Reads until the line ends, never more than the buffer holds.
    fn read(&self, mut line: &TcpStream, tokeniser: &mut Tokeniser) {
        let mut bytes = [0; 1024];
        loop {
            let mut s = self.lock();
            while !s.off
                && !s.queue.is_empty()
                && s.queued_bytes + tokeniser.held_bytes() >= RECEIVE_BUFFER_BYTES
            {
                s = self.wait(s);
            }
            if s.off || s.line.is_none() {
                return;
            }
            drop(s);
            let Ok(n @ 1..) = line.read(&mut bytes) else { return };
            let mut s = self.lock();
            for token in bytes[..n].iter().filter_map(|&b| tokeniser.feed(b)) {
                match token.command {
                    // Done on arrival, whatever waits before it.
                    Command::RealTime(n) => s.answer_status(n),
                    _ => {
                        s.queued_bytes += token.raw.len();
                        s.queue.push_back(token);
                    }
                }
            }
            self.changed.notify_all();
        }
    }

    /// The print head and the cutter.
    fn run(&self) {
        loop {
            let mut s = self.lock();
            while !s.stopping && (s.off || s.stands_still() || s.queue.is_empty()) {
                s = self.wait(s);
            }
            if s.stopping {
                return;
            }
            let Some(token) = s.queue.pop_front() else { continue };
            if matches!(token.command, Command::Raster { .. }) && s.paper_left == Some(0) {
                s.paper_out = true;
                s.queue.push_front(token);
                s.push_status();
                continue;
            }
            s.queued_bytes = s.queued_bytes.saturating_sub(token.raw.len());
            self.changed.notify_all();
            let generation = s.generation;
            s.acting = true;
            s = self.pace(s, token.raw.len());
            if s.generation == generation {
                self.act(&mut s, token);
            }
            s.acting = false;
            self.changed.notify_all();
        }
    }

    /// Takes the time that a slow printer takes.
    fn pace<'a>(&'a self, mut s: MutexGuard<'a, State>, bytes: usize) -> MutexGuard<'a, State> {
        let begun = Instant::now();
        let generation = s.generation;
        while let Some(rate) = s.bytes_per_s {
            let whole = Duration::from_secs_f64(bytes as f64 / f64::from(rate));
            let left = (begun + whole).saturating_duration_since(Instant::now());
            if left.is_zero() || s.stopping || s.generation != generation {
                break;
            }
            s = self.changed.wait_timeout(s, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        s
    }

    fn act(&self, s: &mut State, token: Token) {
        match token.command {
            Command::Raster { across, dots_at } => {
                let rows = token.raw[dots_at..].chunks_exact(across.max(1));
                s.paper.rows.extend(rows.map(|row| row[..row.len().min(HEAD_BYTES)].to_vec()));
                if strikes(&mut s.break_in) {
                    s.hang_up();
                }
            }
            Command::Initialise => s.automatic_status = false,
            Command::AutomaticStatus(n) => {
                s.automatic_status = n != 0;
                s.push_status();
            }
            Command::ProcessId(id) => {
                if strikes(&mut s.break_before_answer) {
                    s.hang_up();
                }
                count_down(&mut s.break_before_answer);
                s.say(&[&[0x37, 0x22], &id[..], &[0]].concat());
            }
            Command::PaperQuery => s.say(&[0]),
            Command::Text => s.stray_bytes += 1,
            Command::LineGone { in_command } => s.paper.torn |= in_command || !s.paper.rows.is_empty(),
            Command::Cut | Command::RealTime(_) | Command::Nothing => {}
        }
        if !matches!(token.command, Command::ProcessId(_) | Command::PaperQuery) {
            s.paper.raw.extend_from_slice(&token.raw);
        }
        if token.command == Command::Cut {
            let torn = s.paper.torn;
            self.tear_or_cut(s, torn);
        }
    }

    fn tear(&self, s: &mut State) {
        self.tear_or_cut(s, true);
    }

    /// The paper comes out; a cut of nothing is no label.
    fn tear_or_cut(&self, s: &mut State, torn: bool) {
        let paper = std::mem::take(&mut s.paper);
        if paper.rows.is_empty() {
            return;
        }
        if !torn {
            count_down(&mut s.paper_left);
            count_down(&mut s.break_in);
        }
        let number = s.printed.len() as u32 + 1;
        let picture = paper.picture();
        if let Err(e) = self.keep(number, torn, &paper.raw, &picture) {
            tracing::error!("virtual printer: spooling label {number}: {e}");
        }
        s.printed.push(Printed { number, torn, picture });
        self.changed.notify_all();
    }

    /// The picture comes last and whole: who sees it may read both.
    fn keep(&self, number: u32, torn: bool, raw: &[u8], picture: &image::GrayImage) -> std::io::Result<()> {
        let name = format!("{number:04}{}", if torn { "-torn" } else { "" });
        std::fs::write(self.spool.join(format!("{name}.bin")), raw)?;
        let half = self.spool.join(format!("{name}.png.part"));
        picture.save_with_format(&half, image::ImageFormat::Png).map_err(std::io::Error::other)?;
        std::fs::rename(&half, self.spool.join(format!("{name}.png")))
    }
}

/// Whether a fault that strikes after some labels strikes now; it does so once.
fn strikes(after: &mut Option<u32>) -> bool {
    after.take_if(|left| *left == 0).is_some()
}

fn count_down(after: &mut Option<u32>) {
    *after = after.map(|left| left.saturating_sub(1));
}

impl State {
    fn stands_still(&self) -> bool {
        self.cover_open || self.paper_out
    }

    /// Breaks the line hard, as a pulled cable or a lost power would: no farewell, what is on its way is lost.
    fn hang_up(&mut self) {
        if let Some(line) = self.line.take() {
            let abortive = rustix::net::sockopt::set_socket_linger(&line, Some(Duration::ZERO));
            // Ends the reader's wait; closing its end then resets the connection. It may be gone already.
            let woken = line.shutdown(Shutdown::Read);
            tracing::debug!(?abortive, ?woken, "line broken");
        }
    }

    /// `DLE EOT n`.
    fn answer_status(&mut self, n: u8) {
        let still = self.stands_still();
        let bit = |on: bool, bit: u8| if on { bit } else { 0 };
        self.say(&[0x12
            | match n {
                1 => bit(still, 0x08),
                2 => bit(self.cover_open, 0x04) | bit(self.paper_out, 0x20),
                4 => bit(self.paper_out, 0x60) | bit(self.paper_left.is_some_and(|left| left < 3), 0x0c),
                _ => 0,
            }]);
    }

    /// Automatic status back, when it is switched on.
    fn push_status(&mut self) {
        if self.automatic_status {
            let state =
                0x10 | if self.stands_still() { 0x08 } else { 0 } | if self.cover_open { 0x20 } else { 0 };
            self.say(&[state, 0, if self.paper_out { 0x0c } else { 0 }, 0x0f]);
        }
    }

    fn say(&mut self, bytes: &[u8]) {
        if self.mute {
            return;
        }
        let mut said = bytes.to_vec();
        if let Some(seed) = &mut self.garbage {
            for byte in &mut said {
                *seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                *byte = (*seed >> 24) as u8;
            }
        }
        if let Some(line) = &mut self.line {
            // Whoever does not listen misses it.
            drop(line.write_all(&said));
        }
    }
}

impl Paper {
    fn picture(&self) -> image::GrayImage {
        let across = self.rows.iter().map(Vec::len).max().unwrap_or(0) as u32 * 8;
        image::GrayImage::from_fn(across, self.rows.len() as u32, |x, y| {
            let byte = self.rows[y as usize].get(x as usize / 8).copied().unwrap_or(0);
            image::Luma([if byte >> (7 - x % 8) & 1 == 1 { 0 } else { 255 }])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAIT: Duration = Duration::from_secs(20);
    /// Two rows of eight dots, cut, and the question whether it is out.
    const LABEL: &[u8] = b"\x1b@\x1dv0\0\x01\0\x02\0\xff\x01\x1dVB\0\x1d(H\x06\x0000AB01";

    fn printer() -> (tempfile::TempDir, VirtualPrinter, TcpStream) {
        let dir = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::on_loopback(dir.path()).unwrap();
        let line = connect(&printer);
        (dir, printer, line)
    }

    fn connect(printer: &VirtualPrinter) -> TcpStream {
        let line = TcpStream::connect(printer.addr()).unwrap();
        line.set_read_timeout(Some(WAIT)).unwrap();
        line
    }

    fn heard<const N: usize>(line: &mut TcpStream) -> [u8; N] {
        let mut said = [0; N];
        line.read_exact(&mut said).unwrap();
        said
    }

    #[test]
    fn prints_confirms_and_spools() {
        let (dir, printer, mut line) = printer();
        line.write_all(LABEL).unwrap();
        assert_eq!(&heard::<7>(&mut line), b"\x37\x22AB01\0");
        let out = printer.printed();
        let dots: Vec<u8> = out[0].picture.pixels().map(|p| p.0[0]).collect();
        assert_eq!(dots, [0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 0]);
        assert_eq!(std::fs::read(dir.path().join("0001.bin")).unwrap(), &LABEL[..LABEL.len() - 11]);
        assert!(dir.path().join("0001.png").exists() && !out[0].torn);
        assert_eq!(printer.stray_bytes(), 0);
    }

    #[test]
    fn standing_still_it_answers_status_and_holds_the_sender_back() {
        let (_dir, printer, mut line) = printer();
        printer.set(Fault::CoverOpen);
        line.write_all(&[0x10, 0x04, 2]).unwrap();
        assert_eq!(heard::<1>(&mut line), [0x16]);
        line.set_write_timeout(Some(Duration::from_millis(300))).unwrap();
        rustix::net::sockopt::set_socket_send_buffer_size(&line, 4096).unwrap();
        let sent = (0..10_000).take_while(|_| line.write_all(LABEL).is_ok()).count();
        assert!(sent < 10_000, "a printer that stands still must not take 300 kB");
        assert!(printer.printed().is_empty());
        printer.mend();
        assert!(printer.wait(WAIT, |out| out.len() >= sent));
    }

    #[test]
    fn paper_ends_and_goes_on() {
        let (_dir, printer, mut line) = printer();
        printer.set(Fault::PaperOutAfter(1));
        line.write_all(b"\x1da\x0e").unwrap();
        assert_eq!(heard::<4>(&mut line), [0x10, 0, 0, 0x0f]);
        // Without ESC @, which switches the automatic status off.
        line.write_all(&[&LABEL[2..], &LABEL[2..]].concat()).unwrap();
        assert_eq!(&heard::<7>(&mut line), b"\x37\x22AB01\0");
        assert_eq!(heard::<4>(&mut line), [0x18, 0, 0x0c, 0x0f]);
        assert_eq!(printer.printed().len(), 1);
        printer.mend();
        assert_eq!(heard::<4>(&mut line), [0x10, 0, 0, 0x0f]);
        assert_eq!(&heard::<7>(&mut line), b"\x37\x22AB01\0");
    }

    #[test]
    fn power_off_loses_what_it_held_and_comes_back_on_the_same_port() {
        let (_dir, printer, mut line) = printer();
        printer.set(Fault::CoverOpen);
        line.write_all(LABEL).unwrap();
        printer.set(Fault::PowerOff);
        assert_eq!(line.read(&mut [0; 8]).unwrap_or(0), 0);
        printer.mend();
        let deadline = Instant::now() + WAIT;
        let mut line = loop {
            if let Ok(line) = TcpStream::connect(printer.addr()) {
                break line;
            }
            assert!(Instant::now() < deadline);
            std::thread::yield_now();
        };
        line.write_all(LABEL).unwrap();
        assert_eq!(&heard::<7>(&mut line), b"\x37\x22AB01\0");
        assert_eq!(printer.printed().len(), 1);
    }

    #[test]
    fn a_line_that_breaks_in_mid_label_leaves_a_torn_one() {
        let (dir, printer, mut line) = printer();
        line.write_all(&LABEL[..10]).unwrap();
        drop(line);
        let mut line = connect(&printer);
        // NULs complete the raster that was left open; the cut parts the pieces.
        line.write_all(&[0; 64]).unwrap();
        line.write_all(b"\x1dVB\0").unwrap();
        assert!(printer.wait(WAIT, |out| out.len() == 1));
        line.write_all(LABEL).unwrap();
        assert_eq!(&heard::<7>(&mut line), b"\x37\x22AB01\0");
        let out = printer.printed();
        assert_eq!(out.iter().map(|p| p.torn).collect::<Vec<_>>(), [true, false]);
        assert!(dir.path().join("0001-torn.png").exists() && dir.path().join("0002.bin").exists());
    }
}
