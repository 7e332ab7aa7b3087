//! The process that opens one photo and nothing else: it limits itself first, then reads standard input.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

use record::limits::{PHOTO_STORED_BYTES_MAX, PHOTO_UPLOAD_BYTES_MAX};
use rustix::process::{Resource, Rlimit, setrlimit};

use super::PhotoTrouble;
use super::scrub::{ScrubError, StrippedPhoto, THUMBNAIL_BYTES_MAX, strip_metadata};

/// Address space: the frequencies of a progressive JPEG of 50 megapixels or the pixels of another photo, its file, and the program.
const MEMORY_BYTES_MAX: u64 = 350 * 1024 * 1024;
/// CPU time; a decompression bomb gets no more. A process killed by the signal for it asked for too much.
const CPU_S_MAX: u64 = 20;
const CPU_S_HARD: u64 = 25;
/// Its niceness relative to the box itself: a record without a photo must not wait for somebody's photo.
const NICENESS: i32 = 10;
/// What comes before both pictures: the bytes of each, four big-endian bytes a number.
pub(super) const HEAD_BYTES: usize = 8;

const EXIT_NOT_A_PHOTO: u8 = 65;
const EXIT_TOO_LARGE: u8 = 66;
const EXIT_HEIC: u8 = 67;
const EXIT_CUT_OFF: u8 = 68;
const EXIT_BROKEN: u8 = 70;

/// Reads a photo from standard input and writes a clean JPEG and its thumbnail to standard output. Must run before any
/// thread starts.
pub fn child_main() -> ExitCode {
    match decode_input() {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Scrub(error)) => {
            write_answer(&error);
            ExitCode::from(match error {
                ScrubError::Heic => EXIT_HEIC,
                ScrubError::CutOff => EXIT_CUT_OFF,
                ScrubError::TooLarge => EXIT_TOO_LARGE,
                ScrubError::NotAPhoto(_) => EXIT_NOT_A_PHOTO,
            })
        }
        Err(Failure::Io(error)) => {
            write_answer(&error);
            ExitCode::from(EXIT_BROKEN)
        }
    }
}

enum Failure {
    Scrub(ScrubError),
    Io(std::io::Error),
}

fn decode_input() -> Result<(), Failure> {
    limit_resource(Resource::As, MEMORY_BYTES_MAX)?;
    let cpu = Rlimit { current: Some(CPU_S_MAX), maximum: Some(CPU_S_HARD) };
    setrlimit(Resource::Cpu, cpu).map_err(|e| Failure::Io(e.into()))?;
    limit_resource(Resource::Fsize, 0)?;
    limit_resource(Resource::Core, 0)?;
    // Where it may not, it works at the box's own pace.
    let _ = rustix::process::nice(NICENESS);
    let bound = u64::try_from(PHOTO_UPLOAD_BYTES_MAX).unwrap_or(u64::MAX);
    let mut photo = Vec::new();
    std::io::stdin().lock().take(bound).read_to_end(&mut photo).map_err(Failure::Io)?;
    let StrippedPhoto { photo, thumbnail } = strip_metadata(photo).map_err(Failure::Scrub)?;
    let mut out = std::io::stdout().lock();
    for part in [&output_head(&photo, &thumbnail)[..], &photo, &thumbnail] {
        out.write_all(part).map_err(Failure::Io)?;
    }
    out.flush().map_err(Failure::Io)
}

fn limit_resource(resource: Resource, max: u64) -> Result<(), Failure> {
    let limit = Rlimit { current: Some(max), maximum: Some(max) };
    setrlimit(resource, limit).map_err(|e| Failure::Io(e.into()))
}

pub(super) fn output_head(photo: &[u8], thumbnail: &[u8]) -> [u8; HEAD_BYTES] {
    let [[a, b, c, d], [e, f, g, h]] =
        [photo, thumbnail].map(|bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
    [a, b, c, d, e, f, g, h]
}

/// Both pictures, if the child wrote nothing else.
pub(super) fn read_output(output: &[u8]) -> Option<StrippedPhoto> {
    let (photo, thumbnail) = (read_size(output, 0)?, read_size(output, 4)?);
    let fits = photo <= PHOTO_STORED_BYTES_MAX && thumbnail <= THUMBNAIL_BYTES_MAX;
    let rest = output.get(HEAD_BYTES..).filter(|rest| fits && rest.len() == photo + thumbnail)?;
    let (photo, thumbnail) = rest.split_at_checked(photo)?;
    let jpegs = [photo, thumbnail].iter().all(|jpeg| jpeg.starts_with(&[0xff, 0xd8]));
    jpegs.then(|| StrippedPhoto { photo: photo.to_vec(), thumbnail: thumbnail.to_vec() })
}

fn read_size(output: &[u8], at: usize) -> Option<usize> {
    let bytes: [u8; 4] = output.get(at..at + 4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(bytes)).ok()
}

fn write_answer(error: &dyn std::error::Error) {
    // It is not read when the parent has gone.
    let _ = writeln!(std::io::stderr(), "{error}");
}

pub(super) fn exit_status_error(code: i32, words: &str) -> PhotoTrouble {
    match u8::try_from(code) {
        Ok(EXIT_NOT_A_PHOTO) => PhotoTrouble::NotAPhoto,
        Ok(EXIT_TOO_LARGE) => PhotoTrouble::TooManyPixels,
        Ok(EXIT_HEIC) => PhotoTrouble::Heic,
        Ok(EXIT_CUT_OFF) => PhotoTrouble::CutOff,
        _ => {
            PhotoTrouble::Box(std::io::Error::other(format!("the photo process ended with {code}: {words}")))
        }
    }
}
