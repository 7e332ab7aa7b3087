//! How a program of ours ends: one list of statuses, which the systemd units and the documentation go by.

use std::process::ExitCode;

/// Why a process ended. The numbers above 63 are those of `sysexits.h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum ProgramExit {
    /// Done.
    Success = 0,
    /// The request was not carried out; standard error says why.
    Failure = 1,
    /// The command line is not understood (`EX_USAGE`).
    Usage = 64,
    /// The disk did not take a flush, so that what it holds is not known: the machine must start again before the program does
    /// (`EX_IOERR`).
    Disk = 74,
    /// Start it again at once: it found what a start puts in its place (`EX_TEMPFAIL`).
    Again = 75,
    /// The settings are wrong: another start would find the same, so a person must come first (`EX_CONFIG`).
    Settings = 78,
}

impl ProgramExit {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Success, Self::Failure, Self::Usage, Self::Disk, Self::Again, Self::Settings];

    /// The number that the process ends with.
    pub const fn status(self) -> u8 {
        self as u8
    }

    /// Shows what clap made of a command line that it did not carry out: help and the version are no failure.
    pub fn of_command_line(error: &clap::Error) -> Self {
        // Where it cannot be written there is nobody to read it.
        let _ = error.print();
        if error.use_stderr() { Self::Usage } else { Self::Success }
    }
}

impl From<ProgramExit> for ExitCode {
    fn from(exit: ProgramExit) -> Self {
        Self::from(exit.status())
    }
}
