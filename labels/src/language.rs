//! What all printer languages have in common: a session without IO that makes bytes and understands answers.

use std::time::Duration;

use crate::bitmap::Bitmap;
use crate::escpos::EscPos;
use crate::layout::Dpi;

/// A printer language. One more is one more file, and its lines here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// ESC/POS raster: Epson and most receipt printers.
    EscPos,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::EscPos];

    /// Its name in settings.
    pub fn name(self) -> &'static str {
        match self {
            Self::EscPos => "escpos",
        }
    }

    /// A new session. `salt` differs from session to session, so that a late answer to an earlier one confirms nothing.
    pub fn session(self, profile: Profile, salt: u16) -> Box<dyn Session> {
        match self {
            Self::EscPos => Box::new(EscPos::new(profile, salt)),
        }
    }
}

/// A name that is no language.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no printer language that is spoken here; known: escpos")]
pub struct UnknownLanguage(String);

impl std::str::FromStr for Language {
    type Err = UnknownLanguage;
    fn from_str(name: &str) -> Result<Self, UnknownLanguage> {
        let known = Self::ALL.into_iter().find(|l| l.name() == name);
        known.ok_or_else(|| UnknownLanguage(name.chars().take(40).collect()))
    }
}

/// What a printer can tell about a label that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// That the label has been printed.
    Printed,
    /// That the label has been taken, and what the printer's state is.
    Taken,
    /// Nothing at all.
    Nothing,
}

/// What a session has to know of its printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// Resolution.
    pub dpi: Dpi,
    /// Dots that the head prints across.
    pub head_dots: u32,
    /// What it can tell.
    pub answers: Answers,
}

/// The printer's state in words of the trade.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// Prints.
    Ready,
    /// The roll is at its end.
    PaperOut,
    /// Somebody opened it.
    CoverOpen,
    /// The cutter is stuck.
    CutterJam,
    /// A fault that passes by itself (a hot head).
    Cooling,
    /// A fault that needs the printer to be switched off and on.
    Fault,
    /// Says that it is off line, for no reason given.
    Offline,
}

impl Condition {
    /// What happened and what to do, for a person.
    pub fn advice(self) -> &'static str {
        match self {
            Self::Ready => "The printer is ready.",
            Self::PaperOut => {
                "The printer is out of paper. Put in a roll and close the cover: printing goes on by itself."
            }
            Self::CoverOpen => "The printer's cover is open. Close it: printing goes on by itself.",
            Self::CutterJam => "The printer's cutter is stuck. Clear it and switch the printer off and on.",
            Self::Cooling => "The printer is too hot or pauses. It goes on by itself.",
            Self::Fault => {
                "The printer reports a fault. Switch it off and on; if that does not help, call service."
            }
            Self::Offline => "The printer is off line. Press its feed or pause key.",
        }
    }
}

/// What a printer's answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// Every label sent so far up to this number has been printed.
    Printed {
        /// The highest one.
        upto: u32,
    },
    /// Every label sent so far up to this number has been taken in.
    Taken {
        /// The highest one.
        upto: u32,
    },
    /// The printer's state, when it was told (again or anew).
    State(Condition),
    /// The roll will end soon.
    PaperLow,
    /// A question was not answered in time.
    Silent,
}

/// Why a picture cannot be sent to this printer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Wider than the head.
    #[error(
        "the label is {width} dots wide and this printer prints {head}; choose a narrower label or another printer"
    )]
    TooWide {
        /// The label's.
        width: u32,
        /// The printer's.
        head: u32,
    },
    /// Nothing to print.
    #[error("the label has no dots")]
    Empty,
}

/// One connection's worth of talk with a printer: bytes in and out, no IO. `now` is any clock that only goes forward.
pub trait Session: Send {
    /// What is sent first.
    fn hello(&mut self, now: Duration) -> Vec<u8>;

    /// What is sent before the first label when an earlier connection broke in mid-label.
    fn after_interruption(&mut self) -> Vec<u8>;

    /// The bytes of label `n` (counted from 1), with the question that asks for its confirmation.
    ///
    /// # Errors
    /// When this printer cannot print it; then nothing is to be sent.
    fn encode(&mut self, n: u32, label: &Bitmap) -> Result<Vec<u8>, EncodeError>;

    /// Takes in what the printer sent, however it was cut to pieces.
    fn on_bytes(&mut self, bytes: &[u8]) -> Vec<Event>;

    /// Lets time pass, between labels or while waiting: questions to send, and what has become of the earlier ones.
    fn tick(&mut self, now: Duration) -> (Vec<u8>, Vec<Event>);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for language in Language::ALL {
            assert_eq!(language.name().parse(), Ok(language));
        }
        assert!("zpl".parse::<Language>().is_err());
    }
}
