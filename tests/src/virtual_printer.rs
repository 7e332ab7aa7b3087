//! Label printers on loopback that share no code with `labels`: they eat a stream, answer, jam and spool paper.

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

/// What a printer speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// ESC/POS raster.
    #[default]
    EscPos,
    /// ZPL II.
    Zpl,
    /// TSPL.
    Tspl,
    /// Brother QL raster.
    BrotherQl,
    /// DYMO LabelWriter 450.
    Dymo,
}

impl Language {
    /// All of them, by the names that settings use.
    pub const ALL: [(&'static str, Self); 5] = [
        ("escpos", Self::EscPos),
        ("zpl", Self::Zpl),
        ("tspl", Self::Tspl),
        ("brother-ql", Self::BrotherQl),
        ("dymo", Self::Dymo),
    ];

    /// The one of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, language)| *language)
    }
}

/// The roll in a Brother printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roll {
    /// Across.
    pub width_mm: u8,
    /// Of one label; 0 on a continuous roll.
    pub length_mm: u8,
    /// Red and black.
    pub two_colour: bool,
}

impl Default for Roll {
    fn default() -> Self {
        Self { width_mm: 62, length_mm: 29, two_colour: false }
    }
}

/// What kind of printer it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// What it speaks.
    pub language: Language,
    /// Dots per inch, where the language counts in millimetres (TSPL).
    pub dpi: u32,
    /// A copy that prints the same and answers less: ESC/POS without `GS ( H`, ZPL nothing, TSPL only `ESC !?`.
    pub clone_of_it: bool,
    /// ZPL: tells how it is, and not how many labels came out of it.
    pub no_counter: bool,
    /// Never hangs up, even when the other side has.
    pub keeps_line: bool,
    /// A Brother on a network: says nothing on its connection, and its status by SNMP.
    pub over_network: bool,
    /// What is in a Brother.
    pub roll: Roll,
    /// What a label takes.
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
    /// The usual printer of a language.
    pub fn of(language: Language) -> Self {
        Self { language, ..Self::default() }
    }
}

/// What can be wrong with it. Faults add up until [`VirtualPrinter::mend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PrinterFault {
    /// The roll ends after so many more labels.
    PaperOutAfter(u32),
    /// The roll ends in the middle of a label: half of it comes out. A Brother says before that it was completed.
    PaperOutInLabel {
        /// Labels that still come out.
        after: u32,
    },
    /// Somebody opened it.
    CoverOpen,
    /// The head is too hot to print.
    HeadHot,
    /// The ribbon is at its end (ZPL and TSPL).
    RibbonOut,
    /// Somebody put in another roll (Brother): 29 × 90 mm, or 62 × 29 mm where that was in it.
    WrongMedia,
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
    /// Gone for a moment; what it held is forgotten.
    Reboot {
        /// How long it refuses connections.
        off_ms: u32,
    },
}

/// A piece of paper that came out.
#[derive(Debug, Clone)]
pub struct Printed {
    /// Number of its files in the spool, from 1.
    pub number: u32,
    /// The line, the power or the roll ended before it was whole.
    pub partial: bool,
    /// What it looks like.
    pub picture: image::GrayImage,
    /// What it says in the printer's own letters, line by line.
    pub text: String,
}

impl Printed {
    /// Whether the dots of a picture of `width` × `height` are what came out, its first dot at `left`, `top`, and nothing else
    /// is on the paper; else the first dot that differs.
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

/// The running printer. Dropping it switches it off for good.
pub struct VirtualPrinter {
    machine: Arc<Machine>,
    threads: Vec<JoinHandle<()>>,
}

impl VirtualPrinter {
    /// Starts an ESC/POS printer on `listen` (port 0 for any) that puts `NNNN.bin` and `NNNN.png` into `spool`.
    pub fn start(listen: SocketAddr, spool: &Path) -> std::io::Result<Self> {
        Self::start_with(listen, spool, Options::default())
    }

    /// Starts one of another kind.
    pub fn start_with(listen: SocketAddr, spool: &Path, options: Options) -> std::io::Result<Self> {
        let (machine, threads) = Machine::start(listen, spool, options)?;
        Ok(Self { machine, threads })
    }

    /// An ESC/POS printer on any loopback port.
    pub fn on_loopback(spool: &Path) -> std::io::Result<Self> {
        Self::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool)
    }

    /// One of any kind on any loopback port.
    pub fn on_loopback_with(spool: &Path, options: Options) -> std::io::Result<Self> {
        Self::start_with(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), spool, options)
    }

    /// Where it listens; the same after power comes back.
    pub fn addr(&self) -> SocketAddr {
        self.machine.addr()
    }

    /// Where it answers SNMP, if it does.
    pub fn snmp_addr(&self) -> Option<SocketAddr> {
        self.machine.snmp_addr()
    }

    /// Breaks something.
    pub fn set(&self, fault: PrinterFault) {
        self.machine.set(fault);
    }

    /// Closes the cover, loads paper, switches it on, and so on.
    pub fn mend(&self) {
        self.machine.mend();
    }

    /// Puts another roll into a Brother, for good.
    pub fn load(&self, roll: Roll) {
        self.machine.load(roll);
    }

    /// What has come out, torn pieces included.
    pub fn printed(&self) -> Vec<Printed> {
        self.machine.lock().printed.clone()
    }

    /// How many pieces of paper have come out, torn ones included.
    pub fn pieces(&self) -> u32 {
        self.machine.lock().pieces
    }

    /// Waits until so many have; `false` when they did not within the time.
    pub fn wait_for_pieces(&self, at_most: Duration, pieces: u32) -> bool {
        self.wait_for(at_most, |s| s.pieces >= pieces)
    }

    /// Waits until `enough` holds of what has come out; `false` when it did not within the time.
    pub fn wait(&self, at_most: Duration, enough: impl Fn(&[Printed]) -> bool) -> bool {
        self.wait_for(at_most, |s| enough(&s.printed))
    }

    /// Waits until nobody is connected and everything that was taken in has been dealt with, as far as faults allow.
    pub fn wait_until_idle(&self, at_most: Duration) -> bool {
        self.wait_for(at_most, |s| s.line.is_none() && s.is_idle())
    }

    /// Bytes that would have come out as text on the paper, or that its language does not know.
    pub fn stray_bytes(&self) -> u64 {
        self.machine.lock().stray_bytes
    }

    /// Connections that were taken so far.
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
