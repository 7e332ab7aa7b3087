//! Streams and faults of every language, over TCP.

mod escpos;
mod hostile;
mod keepers;
mod losers;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::{Language, Options, Printed, PrinterFault, Roll, VirtualPrinter};

const WAIT: Duration = Duration::from_secs(20);

/// A printer with its spool and a line to it.
struct Bench {
    dir: tempfile::TempDir,
    printer: VirtualPrinter,
    line: TcpStream,
}

impl Bench {
    fn new(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::on_loopback_with(dir.path(), options).unwrap();
        let line = connect(&printer);
        Self { dir, printer, line }
    }

    fn of(language: Language) -> Self {
        Self::new(Options::of(language))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.line.write_all(bytes).unwrap();
    }

    fn received<const N: usize>(&mut self) -> [u8; N] {
        let mut message = [0; N];
        self.line.read_exact(&mut message).unwrap();
        message
    }

    /// All that is said until it says `end`.
    fn heard_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut message = Vec::new();
        while !message.ends_with(end) {
            message.extend(self.received::<1>());
        }
        message
    }

    /// Nothing is said for a moment.
    fn is_silent(&mut self) -> bool {
        self.line.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let silent = self.line.read(&mut [0]).is_err();
        self.line.set_read_timeout(Some(WAIT)).unwrap();
        silent
    }

    #[track_caller]
    fn out(&self, pieces: usize) -> Vec<Printed> {
        assert!(
            self.printer.wait(WAIT, |out| out.len() >= pieces),
            "{} came out",
            self.printer.printed().len()
        );
        self.printer.printed()
    }

    /// Waits until the other side has broken off, then connects again.
    fn reconnect(&mut self) {
        let mut rest = Vec::new();
        drop(self.line.read_to_end(&mut rest));
        self.line = connect(&self.printer);
    }
}

/// A printer may be off for the moment.
fn connect(printer: &VirtualPrinter) -> TcpStream {
    let deadline = Instant::now() + WAIT;
    loop {
        let line = TcpStream::connect(printer.addr());
        // A port that nobody listens on may be given to the caller, who then talks to himself.
        if let Some(line) = line.ok().filter(|line| line.local_addr().ok() != line.peer_addr().ok()) {
            line.set_read_timeout(Some(WAIT)).unwrap();
            return line;
        }
        assert!(Instant::now() < deadline, "it does not come back");
        std::thread::yield_now();
    }
}

/// Rows of `#` and `.`.
fn drawn(picture: &image::GrayImage) -> Vec<String> {
    let dot = |p: &image::Luma<u8>| if p.0[0] < 128 { '#' } else { '.' };
    picture.rows().map(|row| row.map(dot).collect()).collect()
}
