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

struct Bench {
    dir: tempfile::TempDir,
    printer: VirtualPrinter,
    connection: TcpStream,
}

impl Bench {
    fn new(options: Options) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let printer = VirtualPrinter::on_loopback_with(dir.path(), options).unwrap();
        let connection = connect(&printer);
        Self { dir, printer, connection }
    }

    fn of(language: Language) -> Self {
        Self::new(Options::of(language))
    }

    fn send(&mut self, bytes: &[u8]) {
        self.connection.write_all(bytes).unwrap();
    }

    fn received<const N: usize>(&mut self) -> [u8; N] {
        let mut message = [0; N];
        self.connection.read_exact(&mut message).unwrap();
        message
    }

    /// All answers until `end`.
    fn heard_until(&mut self, end: &[u8]) -> Vec<u8> {
        let mut message = Vec::new();
        while !message.ends_with(end) {
            message.extend(self.received::<1>());
        }
        message
    }

    fn is_silent(&mut self) -> bool {
        self.connection.set_read_timeout(Some(Duration::from_millis(150))).unwrap();
        let silent = self.connection.read(&mut [0]).is_err();
        self.connection.set_read_timeout(Some(WAIT)).unwrap();
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

    /// Waits until the other side has disconnected, then connects again.
    fn reconnect(&mut self) {
        let mut rest = Vec::new();
        drop(self.connection.read_to_end(&mut rest));
        self.connection = connect(&self.printer);
    }
}

fn connect(printer: &VirtualPrinter) -> TcpStream {
    let deadline = Instant::now() + WAIT;
    loop {
        let connection = TcpStream::connect(printer.addr());
        // A port that nobody listens on may be assigned to the client, who then talks to itself.
        if let Some(connection) =
            connection.ok().filter(|connection| connection.local_addr().ok() != connection.peer_addr().ok())
        {
            connection.set_read_timeout(Some(WAIT)).unwrap();
            return connection;
        }
        assert!(Instant::now() < deadline, "it does not come back");
        std::thread::yield_now();
    }
}

/// Rows of `#` and `.`.
fn drawn(picture: &image::GrayImage) -> Vec<String> {
    picture.rows().map(|row| row.map(|p| if p.0[0] < 128 { '#' } else { '.' }).collect()).collect()
}
