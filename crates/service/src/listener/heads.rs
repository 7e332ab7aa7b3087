//! Watches the heads of requests on their way to hyper, for what hyper does not report: a length beside chunks, which
//! it drops, and a target longer than its buffer, which it answers as if a header were too long.

use std::sync::{Arc, OnceLock};

use http::StatusCode;

/// Bytes of one line that are kept. No page's address is nearly as long, nor is any length.
const LINE_BYTES_MAX: usize = 4_096;

/// Why a request is answered without being read further. The connection ends with that answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HeadFault {
    /// `Content-Length` and `Transfer-Encoding`: two opinions on where the request ends.
    Lengths,
    Target,
}

impl HeadFault {
    pub(super) fn answer(self) -> (StatusCode, &'static str) {
        match self {
            Self::Lengths => (
                StatusCode::BAD_REQUEST,
                "The request has a Content-Length and a Transfer-Encoding. Send one of them. Nothing was recorded.\n",
            ),
            Self::Target => (
                StatusCode::URI_TOO_LONG,
                "The address is too long. Open the page again from its label or link. Nothing was recorded.\n",
            ),
        }
    }
}

/// The first request with a fault, by its number from 0. Nothing after it is read as a request.
pub(super) type FirstFault = Arc<OnceLock<(u64, HeadFault)>>;

/// Where in the stream of one connection's requests the next byte belongs.
#[derive(Debug, Default)]
pub(super) struct HeadScanner {
    place: HeadPlace,
    number: u64,
    first_fault: FirstFault,
}

#[derive(Debug)]
enum HeadPlace {
    Head(Head),
    Body(u64),
    /// hyper closes the connection after the current request.
    Over,
}

impl Default for HeadPlace {
    fn default() -> Self {
        Self::Head(Head::default())
    }
}

#[derive(Debug, Default)]
struct Head {
    began: bool,
    line: Vec<u8>,
    long: bool,
    clipped: bool,
    past_target: bool,
    /// Inside: `None` where it cannot be read.
    length: Option<Option<u64>>,
    chunked: bool,
}

struct Part {
    taken: usize,
    hidden: bool,
    ended: bool,
}

impl HeadScanner {
    pub(super) fn first_fault(&self) -> FirstFault {
        self.first_fault.clone()
    }

    /// How many of the bytes that were just read hyper shall see: of a target that is too long the rest is
    /// left out, so that there is a request to answer.
    pub(super) fn pass(&mut self, bytes: &mut [u8]) -> usize {
        let (mut at, mut stored) = (0, 0);
        while at < bytes.len() {
            let part = self.part(&bytes[at..]);
            if !part.hidden {
                bytes.copy_within(at..at + part.taken, stored);
                stored += part.taken;
            }
            at += part.taken;
            if part.ended {
                self.line_ended();
            }
        }
        stored
    }

    pub(super) fn in_head(&self) -> bool {
        matches!(&self.place, HeadPlace::Head(head) if head.began || !head.line.is_empty())
    }

    /// The client may be in the middle of a body or a head, or of what follows a fault.
    pub(super) fn more_may_come(&self) -> bool {
        self.in_head() || !matches!(self.place, HeadPlace::Head(_))
    }

    fn part(&mut self, rest: &[u8]) -> Part {
        match &mut self.place {
            HeadPlace::Over => Part { taken: rest.len(), hidden: false, ended: false },
            HeadPlace::Body(left) => {
                let taken = usize::try_from(*left).unwrap_or(usize::MAX).min(rest.len());
                *left -= taken as u64;
                if *left == 0 {
                    self.place = HeadPlace::default();
                }
                Part { taken, hidden: false, ended: false }
            }
            HeadPlace::Head(head) => head.part(rest),
        }
    }

    fn line_ended(&mut self) {
        let HeadPlace::Head(head) = &mut self.place else { return };
        let Some(next) = head.line_ended() else { return };
        self.place = next.unwrap_or_else(|fault| {
            // Only the first is noted: after it nothing is a head.
            let _ = self.first_fault.set((self.number, fault));
            HeadPlace::Over
        });
        self.number += 1;
    }
}

impl Head {
    fn part(&mut self, rest: &[u8]) -> Part {
        let newline = rest.iter().position(|b| *b == b'\n');
        let whole = newline.map_or(rest.len(), |at| at + 1);
        let space = LINE_BYTES_MAX - self.line.len();
        if space > 0 {
            let taken = whole.min(space);
            self.line.extend_from_slice(&rest[..taken]);
            return Part { taken, hidden: false, ended: newline.is_some() && taken == whole };
        }
        self.long = true;
        if !self.began && !self.past_target {
            // A target has no space in it.
            let hidden = rest.iter().position(|b| b.is_ascii_whitespace()).unwrap_or(rest.len());
            if hidden > 0 {
                self.clipped = true;
                return Part { taken: hidden, hidden: true, ended: false };
            }
            self.past_target = true;
        }
        Part { taken: whole, hidden: false, ended: newline.is_some() }
    }

    /// At the end of the last line: what follows the head, or why nothing does.
    fn line_ended(&mut self) -> Option<Result<HeadPlace, HeadFault>> {
        let (line, long) = (std::mem::take(&mut self.line), std::mem::take(&mut self.long));
        let line = line.trim_ascii_end();
        if !self.began {
            // Empty lines before a request are skipped.
            self.began = !line.is_empty();
            return None;
        }
        if !line.is_empty() {
            let colon = line.iter().position(|b| *b == b':').unwrap_or(line.len());
            let (name, value) = (&line[..colon], line.get(colon + 1..).unwrap_or_default());
            if name.eq_ignore_ascii_case(b"transfer-encoding") {
                self.chunked = true;
            } else if name.eq_ignore_ascii_case(b"content-length") {
                let value = std::str::from_utf8(value.trim_ascii()).ok().filter(|_| !long);
                self.length = Some(value.and_then(|digits| digits.parse().ok()));
            }
            return None;
        }
        Some(match (self.clipped, self.chunked, self.length) {
            (true, _, _) => Err(HeadFault::Target),
            (_, true, Some(_)) => Err(HeadFault::Lengths),
            (_, true, None) => Ok(HeadPlace::Over),
            (_, false, None | Some(Some(0))) => Ok(HeadPlace::default()),
            (_, false, Some(Some(length))) => Ok(HeadPlace::Body(length)),
            // A length that cannot be read: hyper refuses it too, but for one behind thousands of spaces.
            (_, false, Some(None)) => Err(HeadFault::Lengths),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What hyper sees, and the first fault; fed in pieces of `step` bytes.
    fn seen(stream: &str, step: usize) -> (String, Option<(u64, HeadFault)>) {
        let (mut heads, mut seen) = (HeadScanner::default(), Vec::new());
        for piece in stream.as_bytes().chunks(step) {
            let mut piece = piece.to_vec();
            let stored = heads.pass(&mut piece);
            seen.extend_from_slice(&piece[..stored]);
        }
        (String::from_utf8(seen).unwrap(), heads.first_fault.get().copied())
    }

    #[test]
    fn the_first_faulty_head_is_found_wherever_reads_are_cut() {
        let get = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        let post = "\r\nPOST / HTTP/1.1\r\ncontent-length:  4 \r\n\r\n\r\n\r\n";
        let chunks = "POST / HTTP/1.1\nTransfer-encoding: chunked\n";
        let body = "Content-Length: 3\n\nGET";
        for step in [1, 2, 3, 7, 64, 10_000] {
            let fair = format!("{get}{post}{get}{chunks}\n0\r\n\r\n{get}");
            assert_eq!(seen(&fair, step), (fair.clone(), None));
            for (before, number) in [(String::new(), 0), (format!("{get}{post}"), 2)] {
                let both = format!("{before}{chunks}{body}{get}");
                assert_eq!(seen(&both, step), (both.clone(), Some((number, HeadFault::Lengths))));
                let long = format!("{before}GET /{} HTTP/1.1\r\n\r\n{get}", "x".repeat(70_000));
                let (shown, fault) = seen(&long, step);
                assert_eq!(fault, Some((number, HeadFault::Target)));
                assert!(shown.len() < 5_000 && shown.contains("x HTTP/1.1\r\n\r\nGET / "), "{shown}");
            }
        }
    }

    fn head_with_length(value: &str) -> String {
        format!("POST / HTTP/1.1\r\nContent-Length:{value}\r\n\r\n")
    }

    fn fault_of_length(value: &str) -> Option<(u64, HeadFault)> {
        seen(&head_with_length(value), 64).1
    }

    #[test]
    fn a_length_is_read_as_hyper_reads_it() {
        assert_eq!((fault_of_length("0"), fault_of_length(" 18446744073709551615\t")), (None, None));
        for strange in ["", " 5, 5", " 0x5", " 18446744073709551616", &format!("{}5", " ".repeat(5_000))] {
            assert_eq!(fault_of_length(strange), Some((0, HeadFault::Lengths)), "{strange}");
        }
    }
}
