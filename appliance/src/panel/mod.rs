//! The panel: three lights, a buzzer and a button on the box's case, all optional, and never an obstacle to recording.
//!
//! [`causes`] says which problems there are and which light each has, [`rhythm`] when a light is on and the buzzer
//! sounds, [`button`] what a press means; all three are pure. [`owner`] is the one thread that has the hardware,
//! [`devices`] its drivers. The code that assembles the box feeds it causes and does what a press asks for.

pub mod button;
pub mod causes;
pub mod devices;
pub mod no_panel;
pub mod owner;
pub mod rhythm;

use std::io;
use std::path::PathBuf;

use crate::settings::{PanelKind, PanelLine};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PanelLights {
    pub green: bool,
    pub amber: bool,
    pub red: bool,
}

impl PanelLights {
    /// None of them: the box is off, or its program does not run.
    pub const OFF: Self = Self { green: false, amber: false, red: false };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum BuzzerState {
    #[default]
    Silent,
    Sounding,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PanelOutput {
    pub lights: PanelLights,
    pub buzzer: BuzzerState,
}

/// Lights and buzzer, however they are driven. The button reports by itself, to the [`owner::EdgeSender`] that a panel was
/// opened with.
pub trait Panel: Send {
    /// Shows it.
    ///
    /// # Errors
    /// The hardware does not do it.
    fn show(&mut self, output: PanelOutput) -> Result<(), PanelError>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PanelPart {
    Green,
    Amber,
    Red,
    Button,
    Buzzer,
}

impl PanelPart {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Amber => "amber",
            Self::Red => "red",
            Self::Button => "button",
            Self::Buzzer => "buzzer",
        }
    }
}

/// Why a panel is not there. The box records all the same.
#[derive(Debug, thiserror::Error)]
pub enum PanelError {
    #[error(
        "this machine is not a Raspberry Pi with Raspberry Pi’s own kernel; set kind = \"gpiochip\" under [panel], or \"none\""
    )]
    NoBoard,
    #[error("the kernel shows no GPIO chip to the box; see docs/panel.md on udev rules and boards")]
    NoChip,
    #[error("[panel] {}: this board has no line {line}; `gpioinfo` lists those that it has", .part.as_str())]
    NoLine { part: PanelPart, line: PanelLine },
    /// A line that `rppal` cannot name.
    #[error("[panel] {}: kind = \"rppal\" takes BCM numbers from 0 to 27, and not {line}", .part.as_str())]
    NotNumbered { part: PanelPart, line: PanelLine },
    /// Another process has it, or it is set for two parts.
    #[error("[panel] {}: line {line} is in use by another program or another part of the panel", .part.as_str())]
    Busy { part: PanelPart, line: PanelLine },
    #[error(
        "[panel] {}: the box may not use line {line}; install the udev rules of the box’s package", .part.as_str()
    )]
    Denied { part: PanelPart, line: PanelLine },
    #[error("[panel] names no line; name at least one of green, amber, red, button and buzzer")]
    NothingWired,
    #[error("the simulated panel’s socket {}: {source}", .path.display())]
    Socket { path: PathBuf, source: io::Error },
    /// Anything else, in the system's own words.
    #[error("the panel’s hardware: {0}")]
    Hardware(String),
    #[error("the panel’s thread: {0}")]
    Thread(io::Error),
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PanelView {
    pub kind: PanelKind,
    pub shown: causes::PanelSignal,
}
