//! A Raspberry Pi with its own kernel: the GPIO block's registers, by BCM numbers.

use std::time::Duration;

use rppal::gpio::{Error, Gpio, InputPin, Level, OutputPin, Trigger};

use super::WiredPart;
use crate::panel::button::ButtonEdge;
use crate::panel::owner::EdgeSender;
use crate::panel::{BuzzerState, Panel, PanelError, PanelOutput, PanelPart};
use crate::settings::{PanelLine, PanelSettings};

const NUMBER_MAX: u32 = 27;

/// Lights and buzzer on pins of the header. They go out when this is dropped; a process that is killed leaves them as they
/// are until the next start.
pub(super) struct RppalPanel {
    outputs: Vec<(PanelPart, OutputPin)>,
    active_low: bool,
    _button: Option<InputPin>,
}

impl RppalPanel {
    pub(super) fn open(
        settings: &PanelSettings,
        wired: &[WiredPart<'_>],
        edges: EdgeSender,
    ) -> Result<Self, PanelError> {
        let numbered: Vec<(PanelPart, &PanelLine, u8)> = wired
            .iter()
            .map(|(part, line)| Ok((*part, *line, read_number(*part, line)?)))
            .collect::<Result<_, PanelError>>()?;
        let gpio = Gpio::new().map_err(|error| match numbered.first() {
            Some((part, line, _)) => to_panel_error(error, *part, line),
            None => PanelError::NothingWired,
        })?;
        let (mut outputs, mut button) = (Vec::new(), None);
        for (part, line, number) in numbered {
            let pin = gpio.get(number).map_err(|error| to_panel_error(error, part, line))?;
            if part == PanelPart::Button {
                button = Some((pin.into_input_pullup(), line));
            } else {
                let off = if settings.active_low { pin.into_output_high() } else { pin.into_output_low() };
                outputs.push((part, off));
            }
        }
        let button = match button {
            Some((mut pin, line)) => {
                let still = Duration::from_millis(settings.debounce_ms.into());
                pin.set_async_interrupt(Trigger::Both, Some(still), move |event: rppal::gpio::Event| {
                    // It connects the GPIO line to ground.
                    edges.report_edge(match event.trigger {
                        Trigger::FallingEdge => ButtonEdge::Down(event.timestamp),
                        _ => ButtonEdge::Up(event.timestamp),
                    });
                })
                .map_err(|error| to_panel_error(error, PanelPart::Button, line))?;
                Some(pin)
            }
            None => None,
        };
        Ok(Self { outputs, active_low: settings.active_low, _button: button })
    }
}

impl Panel for RppalPanel {
    fn show(&mut self, output: PanelOutput) -> Result<(), PanelError> {
        for (part, pin) in &mut self.outputs {
            let is_on = is_part_on(*part, output);
            pin.write(if is_on == self.active_low { Level::Low } else { Level::High });
        }
        Ok(())
    }
}

/// Whether a light or the buzzer is on.
pub(super) fn is_part_on(part: PanelPart, output: PanelOutput) -> bool {
    match part {
        PanelPart::Green => output.lights.green,
        PanelPart::Amber => output.lights.amber,
        PanelPart::Red => output.lights.red,
        PanelPart::Buzzer => output.buzzer == BuzzerState::Sounding,
        PanelPart::Button => false,
    }
}

fn read_number(part: PanelPart, line: &PanelLine) -> Result<u8, PanelError> {
    let number = match line {
        PanelLine::Number(number) => Some(*number),
        // As people write it, and as the environment gives it.
        PanelLine::Name(name) => name.trim().trim_start_matches("GPIO").parse().ok(),
    };
    number
        .filter(|number| *number <= NUMBER_MAX)
        .and_then(|number| u8::try_from(number).ok())
        .ok_or_else(|| PanelError::NotNumbered { part, line: line.clone() })
}

fn to_panel_error(error: Error, part: PanelPart, line: &PanelLine) -> PanelError {
    let line = line.clone();
    match error {
        Error::UnknownModel => PanelError::NoBoard,
        Error::PinUsed(_) => PanelError::Busy { part, line },
        Error::PinNotAvailable(_) => PanelError::NoLine { part, line },
        Error::PermissionDenied(_) => PanelError::Denied { part, line },
        Error::Io(error) if error.kind() == std::io::ErrorKind::ResourceBusy => {
            PanelError::Busy { part, line }
        }
        Error::Io(error) if error.kind() == std::io::ErrorKind::NotFound => PanelError::NoBoard,
        other => PanelError::Hardware(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bcm_numbers() {
        let read = |line: PanelLine| read_number(PanelPart::Red, &line);
        assert_eq!(read(PanelLine::Number(27)).unwrap(), 27);
        assert_eq!(read(PanelLine::Name("GPIO17".into())).unwrap(), 17);
        assert_eq!(read(PanelLine::Name("4".into())).unwrap(), 4);
        for wrong in
            [PanelLine::Number(28), PanelLine::Name("gpiochip0:4".into()), PanelLine::Name("".into())]
        {
            let error = read(wrong).unwrap_err();
            assert!(matches!(error, PanelError::NotNumbered { part: PanelPart::Red, .. }), "{error}");
        }
    }

    #[test]
    fn what_the_board_refuses_names_the_line() {
        let line = PanelLine::Number(22);
        let error = |error| to_panel_error(error, PanelPart::Red, &line);
        assert!(matches!(error(Error::PinUsed(22)), PanelError::Busy { .. }));
        assert!(matches!(error(Error::PinNotAvailable(22)), PanelError::NoLine { .. }));
        assert!(matches!(error(Error::PermissionDenied("/dev/gpiomem".into())), PanelError::Denied { .. }));
        assert!(matches!(error(Error::UnknownModel), PanelError::NoBoard));
        let busy = std::io::Error::from(std::io::ErrorKind::ResourceBusy);
        assert!(error(Error::Io(busy)).to_string().contains("line 22 is in use"));
    }
}
