//! Settings of the panel: what drives its lights, buzzer and button, and on which lines they are.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What drives the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PanelKind {
    /// There is none.
    #[default]
    None,
    /// A Raspberry Pi with its own kernel.
    Rppal,
    /// Any board whose kernel has GPIO character devices, Debian's on a Raspberry Pi among them.
    Gpiochip,
    /// A socket in the data folder stands for lights and button.
    Sim,
}

impl PanelKind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Rppal => "rppal",
            Self::Gpiochip => "gpiochip",
            Self::Sim => "sim",
        }
    }
}

/// A line of the board: its number, or what the kernel calls it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PanelLine {
    /// A BCM number on a Raspberry Pi, else an offset on the first chip.
    Number(u32),
    /// A line's name, or a chip and an offset, such as `gpiochip1:4`.
    Name(String),
}

impl fmt::Display for PanelLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
        }
    }
}

/// The panel; what it has no line for is not there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PanelSettings {
    /// What drives it: `none`; `rppal` on Raspberry Pi's own kernel; `gpiochip` on any other, Debian's among them; `sim`, a
    /// socket in the data folder.
    #[schemars(with = "String")]
    pub kind: PanelKind,
    /// The green light's line: a number (BCM on a Raspberry Pi), a line's name, or `gpiochip1:4`.
    #[schemars(with = "Option<String>", extend("x-example" = "17"))]
    pub green: Option<PanelLine>,
    /// The amber light's line.
    #[schemars(with = "Option<String>", extend("x-example" = "27"))]
    pub amber: Option<PanelLine>,
    /// The red light's line.
    #[schemars(with = "Option<String>", extend("x-example" = "22"))]
    pub red: Option<PanelLine>,
    /// The button's line; it connects the line to ground.
    #[schemars(with = "Option<String>", extend("x-example" = "23"))]
    pub button: Option<PanelLine>,
    /// The buzzer's line; one that sounds by itself.
    #[schemars(with = "Option<String>", extend("x-example" = "24"))]
    pub buzzer: Option<PanelLine>,
    /// Lights and buzzer are on while their line is low.
    pub active_low: bool,
    /// For how many milliseconds the button must be still before it counts.
    #[schemars(range(min = 1, max = 500))]
    pub debounce_ms: u16,
}

impl Default for PanelSettings {
    fn default() -> Self {
        Self {
            kind: PanelKind::None,
            green: None,
            amber: None,
            red: None,
            button: None,
            buzzer: None,
            active_low: false,
            debounce_ms: 20,
        }
    }
}
