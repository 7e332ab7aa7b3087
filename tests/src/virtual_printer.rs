//! Label printers on loopback that share no code with `labels`: they consume a stream, answer, jam and spool paper.

mod brother_ql;
mod device;
mod devices;
mod dymo;
mod escpos;
mod framing;
mod machine;
mod paper;
pub mod process;
mod state;
#[cfg(test)]
mod tests;
mod tspl;
mod zpl;

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use machine::Machine;

pub use process::main;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    EscPos,
    Zpl,
    Tspl,
    BrotherQl,
    Dymo,
}

impl Language {
    pub const ALL: [(&'static str, Self); 5] = [
        ("escpos", Self::EscPos),
        ("zpl", Self::Zpl),
        ("tspl", Self::Tspl),
        ("brother-ql", Self::BrotherQl),
        ("dymo", Self::Dymo),
    ];

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, language)| *language)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    pub width_mm: u8,
    /// 0 on a continuous roll.
    pub length_mm: u8,
    pub two_colour: bool,
}

impl Default for Roll {
    fn default() -> Self {
        Self { width_mm: 62, length_mm: 29, two_colour: false }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    pub language: Language,
    /// Dots per inch, where the language counts in millimetres (TSPL).
    pub dpi: u32,
    /// A copy that prints the same and answers less: ESC/POS without `GS ( H`, ZPL nothing, TSPL only `ESC
    /// !?`.
    pub clone_of_it: bool,
    /// ZPL: reports its state, but not how many labels came out.
    pub no_counter: bool,
    /// Never closes the connection, even when the other side has.
    pub keeps_line: bool,
    /// A Brother on a network: silent on its connection, status by SNMP.
    pub over_network: bool,
    pub roll: Roll,
    pub print_time: Duration,
    /// How many labels [`VirtualPrinter::printed`] remembers; the spool has all.
    pub remembers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            language: Language::default(),
            dpi: 203,
            clone_of_it: false,
            no_counter: false,
            keeps_line: false,
            over_network: false,
            roll: Roll::default(),
            print_time: Duration::ZERO,
            remembers: usize::MAX,
        }
    }
}

impl Options {
    pub fn of(language: Language) -> Self {
        Self { language, ..Self::default() }
    }
}

/// Faults add up until [`VirtualPrinter::mend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterFault {
    /// The roll ends after so many more labels.
    PaperOutAfter(u32),
    /// The roll ends in the middle of a label: half of it comes out. A Brother says before that it was completed.
    PaperOutInLabel {
        after: u32,
    },
    CoverOpen,
    /// After so many more labels the cover is opened in the middle of the next one, when a question waits behind it, and closed at
    /// once (DYMO).
    CoverTouchedInLabel {
        after: u32,
    },
    HeadHot,
    RibbonOut,
    /// Somebody put in another roll (Brother): 29 × 90 mm, or 62 × 29 mm where that was in it.
    WrongMedia,
    SlowDrain {
        bytes_per_s: u32,
    },
    /// After so many more labels the connection breaks in the middle of the next one.
    LineBreaksInLabel {
        after: u32,
    },
    /// After so many more labels the connection breaks when the next one is out but not confirmed.
    LineBreaksBeforeAnswer {
        after: u32,
    },
    /// Prints and never answers.
    Mute,
    Garbage,
    /// Refuses connections and drops what it held.
    PowerOff,
    Reboot {
        off_ms: u32,
    },
}

/// A piece of paper that came out.
#[derive(Debug, Clone)]
pub struct Printed {
    /// Number of its files in the spool, from 1.
    pub number: u32,
    /// The connection, the power or the roll ended before it was whole.
    pub partial: bool,
    pub picture: image::GrayImage,
    pub text: String,
}

impl Printed {
    /// Whether the dots of a picture of `width` × `height`, its first dot at `left`, `top`, are what came
    /// out, and nothing else is on the paper; else the first dot that differs.
    pub fn differs_from(
        &self,
        (left, top): (u32, u32),
        (width, height): (u32, u32),
        black: impl Fn(u32, u32) -> bool,
    ) -> Option<(u32, u32)> {
        let (across, along) = self.picture.dimensions();
        let (across, along) = (across.max(left + width), along.max(top + height));
        let dots = (0..along).flat_map(|y| (0..across).map(move |x| (x, y)));
        dots.into_iter().find(|&(x, y)| {
            let expected = x >= left && y >= top && x - left < width && y - top < height;
            let expected = expected && black(x - left, y - top);
            expected != self.picture.get_pixel_checked(x, y).is_some_and(|dot| dot.0[0] < 128)
        })
    }
}

/// Dropping it switches it off for good.
pub struct VirtualPrinter {
    machine: Arc<Machine>,
    threads: Vec<JoinHandle<()>>,
}

impl VirtualPrinter {
    /// Starts an ESC/POS printer on `listen` (port 0 for any) that puts `NNNN.bin` and `NNNN.png` into
    /// `spool`.
    pub fn start(listen: SocketAddr, spool: &Path) -> std::io::Result<Self> {
        Self::start_with(listen, spool, Options::default())
    }

    pub fn start_with(listen: SocketAddr, spool: &Path, options: Options) -> std::io::Result<Self> {
        let (machine, threads) = Machine::start(listen, spool, options)?;
        Ok(Self { machine, threads })
    }

    pub fn on_loopback(spool: &Path) -> std::io::Result<Self> {
        Self::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool)
    }

    pub fn on_loopback_with(spool: &Path, options: Options) -> std::io::Result<Self> {
        Self::start_with(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool, options)
    }

    /// The same after power comes back.
    pub fn addr(&self) -> SocketAddr {
        self.machine.addr()
    }

    pub fn snmp_addr(&self) -> Option<SocketAddr> {
        self.machine.snmp_addr()
    }

    pub fn set(&self, fault: PrinterFault) {
        self.machine.set(fault);
    }

    /// Closes the cover, loads paper, switches it on, and so on.
    pub fn mend(&self) {
        self.machine.mend();
    }

    pub fn load(&self, roll: Roll) {
        self.machine.load(roll);
    }

    /// Torn pieces included.
    pub fn printed(&self) -> Vec<Printed> {
        self.machine.lock().printed.clone()
    }

    pub fn pieces(&self) -> u32 {
        self.machine.lock().pieces
    }

    pub fn wait_for_pieces(&self, at_most: Duration, pieces: u32) -> bool {
        self.wait_for(at_most, |s| s.pieces >= pieces)
    }

    /// `false` when `enough` did not hold within the time.
    pub fn wait(&self, at_most: Duration, enough: impl Fn(&[Printed]) -> bool) -> bool {
        self.wait_for(at_most, |s| enough(&s.printed))
    }

    /// Waits until nobody is connected and everything received was handled, as far as faults allow.
    pub fn wait_until_idle(&self, at_most: Duration) -> bool {
        self.wait_for(at_most, |s| s.connection.is_none() && s.is_idle())
    }

    /// Bytes that would have come out as text on the paper, or that its language does not know.
    pub fn stray_bytes(&self) -> u64 {
        self.machine.lock().stray_bytes
    }

    pub fn connections(&self) -> u64 {
        self.machine.lock().connections
    }

    fn wait_for(&self, at_most: Duration, expected: impl Fn(&state::VirtualState) -> bool) -> bool {
        let deadline = Instant::now() + at_most;
        let mut s = self.machine.lock();
        while !expected(&s) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            s = self.machine.changed.wait_timeout(s, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        true
    }
}

impl Drop for VirtualPrinter {
    fn drop(&mut self) {
        self.machine.stop();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread of the virtual printer panicked");
            }
        }
    }
}
