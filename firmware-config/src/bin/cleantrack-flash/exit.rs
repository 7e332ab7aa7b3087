//! How the program ends: one list of statuses, which `--help` shows.

use std::process::ExitCode;

pub(crate) const EXIT_HELP: &str = "Exit status:
  0   done
  1   not done; standard error says why
  64  the command line is not understood
  65  the image, the claim file or the list of cards is wrong; a card was touched only where standard error says so
  73  refused: that drive or file is not written to
  74  the card failed: it was removed, swapped, full, damaged, or reads back something else
  75  stopped before the end; the same command goes on from there

While an image is written, the card cannot start: its first sector comes last. An interrupted card is written again from the
beginning, and nothing else is needed.";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum FlashExit {
    Success = 0,
    Failure = 1,
    /// `EX_USAGE`.
    Usage = 64,
    /// `EX_DATAERR`.
    Input = 65,
    /// A drive or file that is not written to (`EX_CANTCREAT`).
    Refused = 73,
    /// `EX_IOERR`.
    Card = 74,
    /// Stopped between two cards (`EX_TEMPFAIL`).
    Stopped = 75,
}

impl From<FlashExit> for ExitCode {
    fn from(exit: FlashExit) -> Self {
        Self::from(exit as u8)
    }
}
