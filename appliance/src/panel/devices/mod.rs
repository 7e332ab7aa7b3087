//! The drivers of lights, buzzer and button.

mod chip_panel;
mod rppal_panel;
mod sim_panel;

use std::path::Path;

pub use self::sim_panel::{SIM_SOCKET, SimPanel};
use super::no_panel::NoPanel;
use super::owner::EdgeSender;
use super::{Panel, PanelError, PanelPart};
use crate::settings::{PanelKind, PanelLine, PanelSettings};

/// Opens the panel that the settings name.
///
/// # Errors
/// Why there is none; the box does without.
pub fn open_panel(
    settings: &PanelSettings,
    data: &Path,
    edges: EdgeSender,
) -> Result<Box<dyn Panel>, PanelError> {
    match settings.kind {
        PanelKind::None => return Ok(Box::new(NoPanel)),
        PanelKind::Sim => return Ok(Box::new(SimPanel::open(data, edges)?)),
        PanelKind::Rppal | PanelKind::Gpiochip => {}
    }
    let wired = wired_parts(settings)?;
    if settings.kind == PanelKind::Rppal {
        Ok(Box::new(rppal_panel::RppalPanel::open(settings, &wired, edges)?))
    } else {
        Ok(Box::new(chip_panel::ChipPanel::open(settings, &wired, edges)?))
    }
}

type WiredPart<'a> = (PanelPart, &'a PanelLine);

fn wired_parts(settings: &PanelSettings) -> Result<Vec<WiredPart<'_>>, PanelError> {
    let PanelSettings { green, amber, red, button, buzzer, .. } = settings;
    let all = [
        (PanelPart::Green, green),
        (PanelPart::Amber, amber),
        (PanelPart::Red, red),
        (PanelPart::Button, button),
        (PanelPart::Buzzer, buzzer),
    ];
    let mut wired: Vec<WiredPart<'_>> = Vec::new();
    for (part, line) in all {
        let Some(line) = line else { continue };
        if wired.iter().any(|(_, taken)| *taken == line) {
            return Err(PanelError::Busy { part, line: line.clone() });
        }
        wired.push((part, line));
    }
    if wired.is_empty() { Err(PanelError::NothingWired) } else { Ok(wired) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::owner::panel_channel;

    fn settings(kind: PanelKind) -> PanelSettings {
        let line = |number| Some(PanelLine::Number(number));
        PanelSettings { kind, green: line(17), amber: line(27), red: line(22), ..PanelSettings::default() }
    }

    fn refused(settings: &PanelSettings) -> PanelError {
        let dir = tempfile::tempdir().unwrap();
        open_panel(settings, dir.path(), panel_channel().edges).err().unwrap()
    }

    #[test]
    fn a_machine_without_the_hardware_says_what_to_do() {
        // None of the machines that build this has a panel; a Raspberry Pi that does would open it.
        let error = refused(&settings(PanelKind::Rppal));
        assert!(matches!(error, PanelError::NoBoard | PanelError::Denied { .. }), "{error}");
        assert!(!error.to_string().is_empty());
        let missing = PanelSettings {
            green: Some(PanelLine::Name("gpiochip99:4".into())),
            ..settings(PanelKind::Gpiochip)
        };
        let error = refused(&missing);
        assert!(matches!(error, PanelError::NoChip | PanelError::NoLine { .. }), "{error}");
    }

    #[test]
    fn wrong_lines_are_found_before_any_hardware_is_touched() {
        for kind in [PanelKind::Rppal, PanelKind::Gpiochip] {
            let twice = PanelSettings { red: Some(PanelLine::Number(17)), ..settings(kind) };
            assert!(matches!(refused(&twice), PanelError::Busy { part: PanelPart::Red, .. }));
            let nothing = PanelSettings { kind, ..PanelSettings::default() };
            assert!(matches!(refused(&nothing), PanelError::NothingWired));
        }
    }

    #[test]
    fn no_panel_is_always_there() {
        let dir = tempfile::tempdir().unwrap();
        let mut none = open_panel(&PanelSettings::default(), dir.path(), panel_channel().edges).unwrap();
        none.show(crate::panel::PanelOutput::default()).unwrap();
    }
}
