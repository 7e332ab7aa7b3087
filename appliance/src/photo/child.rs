//! The process that opens one photo and nothing else: it limits itself first, then reads standard input.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use record::limits::PHOTO_UPLOAD_BYTES_MAX;
use rustix::process::{Resource, Rlimit, setrlimit};

use super::PhotoTrouble;
use super::scrub::{ScrubError, scrub};

/// Address space: a 48 megapixel photo decoded, its file, and the program.
const MEMORY_BYTES_MAX: u64 = 350 * 1024 * 1024;
/// CPU time; a decoding bomb gets no more.
const CPU_S_MAX: u64 = 20;

const EXIT_NOT_A_PHOTO: u8 = 65;
const EXIT_TOO_LARGE: u8 = 66;
const EXIT_HEIC: u8 = 67;
const EXIT_BROKEN: u8 = 70;

/// Reads a photo from standard input and writes a clean JPEG to standard output. Must run before any thread starts.
pub fn child_main() -> ExitCode {
    match work() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Scrub(error)) => {
            say(&error);
            ExitCode::from(match error {
                ScrubError::Heic => EXIT_HEIC,
                ScrubError::TooLarge => EXIT_TOO_LARGE,
                ScrubError::NotAPhoto(_) => EXIT_NOT_A_PHOTO,
            })
        }
        Err(Failure::Io(error)) => {
            say(&error);
            ExitCode::from(EXIT_BROKEN)
        }
    }
}

enum Failure {
    Scrub(ScrubError),
    Io(std::io::Error),
}

fn work() -> Result<(), Failure> {
    let limit = |resource, max| {
        let limit = Rlimit { current: Some(max), maximum: Some(max) };
        setrlimit(resource, limit).map_err(|e| Failure::Io(e.into()))
    };
    limit(Resource::As, MEMORY_BYTES_MAX)?;
    limit(Resource::Cpu, CPU_S_MAX)?;
    limit(Resource::Fsize, 0)?;
    limit(Resource::Core, 0)?;
    let bound = u64::try_from(PHOTO_UPLOAD_BYTES_MAX).unwrap_or(u64::MAX);
    let mut photo = Vec::new();
    std::io::stdin().lock().take(bound).read_to_end(&mut photo).map_err(Failure::Io)?;
    let jpeg = scrub(photo).map_err(Failure::Scrub)?;
    std::io::stdout().lock().write_all(&jpeg).map_err(Failure::Io)
}

fn say(error: &dyn std::error::Error) {
    // Nobody reads it when the parent has gone.
    let _ = writeln!(std::io::stderr(), "{error}");
}

/// What an exit status of the child means.
pub(super) fn trouble(code: i32, words: &str) -> PhotoTrouble {
    match u8::try_from(code) {
        Ok(EXIT_NOT_A_PHOTO) => PhotoTrouble::NotAPhoto,
        Ok(EXIT_TOO_LARGE) => PhotoTrouble::TooManyPixels,
        Ok(EXIT_HEIC) => PhotoTrouble::Heic,
        _ => {
            PhotoTrouble::Box(std::io::Error::other(format!("the photo process ended with {code}: {words}")))
        }
    }
}
