//! Any board whose kernel has GPIO character devices (version 2 of their interface): lines by name or number.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use gpiocdev::line::{Bias, EdgeDetection, EdgeKind, Value};
use gpiocdev::{Chip, Request};
use rustix::event::{EventfdFlags, PollFd, PollFlags, eventfd, poll};

use super::WiredPart;
use super::rppal_panel::is_part_on;
use crate::panel::button::ButtonEdge;
use crate::panel::owner::EdgeSender;
use crate::panel::{Panel, PanelError, PanelOutput, PanelPart};
use crate::settings::{PanelLine, PanelSettings};

/// Whose lines they are, for `gpioinfo`.
const CONSUMER: &str = "cleantrack-panel";

/// Lights and buzzer on lines of the kernel's chips, which takes them back when this process ends, however it ends.
pub(super) struct ChipPanel {
    outputs: Vec<(PanelPart, Request)>,
    _button: Option<ButtonWatch>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct LinePlace {
    chip: PathBuf,
    offset: u32,
}

impl ChipPanel {
    pub(super) fn open(
        settings: &PanelSettings,
        wired: &[WiredPart<'_>],
        edges: EdgeSender,
    ) -> Result<Self, PanelError> {
        let chips = gpiocdev::chip::chips().unwrap_or_default();
        if chips.is_empty() {
            return Err(PanelError::NoChip);
        }
        let (mut outputs, mut button) = (Vec::new(), None);
        for &(part, line) in wired {
            let place = find_place(part, line, &chips)?;
            check_line(part, line, &place)?;
            if part == PanelPart::Button {
                button = Some(request_button(&place, settings)?);
            } else {
                outputs.push((part, request_output(&place, settings)?));
            }
        }
        let button = button.map(|request| ButtonWatch::start(request, edges)).transpose()?;
        Ok(Self { outputs, _button: button })
    }
}

impl Panel for ChipPanel {
    fn show(&mut self, output: PanelOutput) -> Result<(), PanelError> {
        for (part, request) in &self.outputs {
            let value = if is_part_on(*part, output) { Value::Active } else { Value::Inactive };
            request.set_lone_value(value).map_err(hardware_error)?;
        }
        Ok(())
    }
}

#[expect(clippy::needless_pass_by_value, reason = "the signature that map_err wants")]
fn hardware_error(error: gpiocdev::Error) -> PanelError {
    PanelError::Hardware(error.to_string())
}

/// `gpiochip1:4`, a line's name, or a number: that of the line `GPIO17` where the board names its lines so, as Raspberry Pis
/// do, else an offset on the first chip.
fn find_place(part: PanelPart, line: &PanelLine, chips: &[PathBuf]) -> Result<LinePlace, PanelError> {
    let place = match line {
        PanelLine::Number(number) => find_numbered(*number, chips),
        PanelLine::Name(name) => match (read_chip_offset(name), name.trim().parse()) {
            (Some(place), _) => Some(place),
            (None, Ok(number)) => find_numbered(number, chips),
            (None, Err(_)) => find_named(name.trim()),
        },
    };
    place.ok_or_else(|| PanelError::NoLine { part, line: line.clone() })
}

fn find_named(name: &str) -> Option<LinePlace> {
    let found = gpiocdev::find_named_line(name)?;
    Some(LinePlace { chip: found.chip, offset: found.info.offset })
}

fn find_numbered(number: u32, chips: &[PathBuf]) -> Option<LinePlace> {
    find_named(&format!("GPIO{number}"))
        .or_else(|| Some(LinePlace { chip: chips.first()?.clone(), offset: number }))
}

fn read_chip_offset(name: &str) -> Option<LinePlace> {
    let (chip, offset) = name.trim().split_once(':')?;
    let is_chip = chip.strip_prefix("gpiochip")?.bytes().all(|b| b.is_ascii_digit());
    let place = LinePlace { chip: Path::new("/dev").join(chip), offset: offset.parse().ok()? };
    is_chip.then_some(place)
}

/// Whether the GPIO line is there, allowed and free, each with an error of its own.
fn check_line(part: PanelPart, line: &PanelLine, place: &LinePlace) -> Result<(), PanelError> {
    let line = line.clone();
    let opened = std::fs::OpenOptions::new().read(true).write(true).open(&place.chip);
    match opened.map_err(|error| error.kind()) {
        Ok(_) => {}
        Err(std::io::ErrorKind::PermissionDenied) => return Err(PanelError::Denied { part, line }),
        Err(_) => return Err(PanelError::NoLine { part, line }),
    }
    let info = Chip::from_path(&place.chip).and_then(|chip| chip.line_info(place.offset));
    match info {
        Ok(info) if info.used => Err(PanelError::Busy { part, line }),
        Ok(_) => Ok(()),
        Err(_) => Err(PanelError::NoLine { part, line }),
    }
}

fn request_output(place: &LinePlace, settings: &PanelSettings) -> Result<Request, PanelError> {
    let mut builder = Request::builder();
    builder.on_chip(&place.chip).with_line(place.offset).as_output(Value::Inactive).with_consumer(CONSUMER);
    if settings.active_low {
        builder.as_active_low();
    }
    builder.request().map_err(hardware_error)
}

/// Low is pressed: the button connects its line to ground.
fn request_button(place: &LinePlace, settings: &PanelSettings) -> Result<Request, PanelError> {
    let mut builder = Request::builder();
    builder
        .on_chip(&place.chip)
        .with_line(place.offset)
        .as_input()
        .as_active_low()
        .with_bias(Bias::PullUp)
        .with_edge_detection(EdgeDetection::BothEdges)
        .with_debounce_period(Duration::from_millis(settings.debounce_ms.into()))
        .with_consumer(CONSUMER);
    builder.request().map_err(hardware_error)
}

/// Waits for edges, in the kernel, until it is dropped.
struct ButtonWatch {
    stop: Arc<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl ButtonWatch {
    fn start(request: Request, edges: EdgeSender) -> Result<Self, PanelError> {
        let made = eventfd(0, EventfdFlags::CLOEXEC);
        let stop = Arc::new(made.map_err(|error| PanelError::Thread(error.into()))?);
        let until = Arc::clone(&stop);
        let thread = std::thread::Builder::new()
            .name("panel-button".into())
            .spawn(move || watch_button(&request, &until, &edges))
            .map_err(PanelError::Thread)?;
        Ok(Self { stop, thread: Some(thread) })
    }
}

fn watch_button(request: &Request, until: &OwnedFd, edges: &EdgeSender) {
    loop {
        let mut waits = [PollFd::new(request, PollFlags::IN), PollFd::new(until, PollFlags::IN)];
        match poll(&mut waits, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Ok(_) if waits[1].revents().is_empty() => {}
            Ok(_) => return,
            Err(error) => {
                tracing::error!(%error, "the panel’s button is not listened to any more");
                return;
            }
        }
        match request.read_edge_event() {
            Ok(event) => {
                let at = Duration::from_nanos(event.timestamp_ns);
                edges.report_edge(match event.kind {
                    EdgeKind::Rising => ButtonEdge::Down(at),
                    EdgeKind::Falling => ButtonEdge::Up(at),
                });
            }
            Err(error) => {
                tracing::error!(%error, "the panel’s button is not listened to any more");
                return;
            }
        }
    }
}

impl Drop for ButtonWatch {
    fn drop(&mut self) {
        let woken = rustix::io::write(&*self.stop, &1u64.to_ne_bytes());
        if let (Ok(_), Some(thread)) = (woken, self.thread.take())
            && thread.join().is_err()
        {
            tracing::error!("the thread of the panel’s button panicked");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_found_by_chip_and_offset() {
        let place = |chip: &str, offset| Some(LinePlace { chip: chip.into(), offset });
        assert_eq!(read_chip_offset("gpiochip1:4"), place("/dev/gpiochip1", 4));
        for none in ["gpiochip1", "gpiochip../x:4", "spi:4", "gpiochip1:-4", ":", "GPIO17"] {
            assert_eq!(read_chip_offset(none), None, "{none}");
        }
    }

    #[test]
    fn a_number_is_an_offset_where_the_board_names_no_lines() {
        let chips = [PathBuf::from("/dev/no-such-chip")];
        let found = find_place(PanelPart::Red, &PanelLine::Number(4_000), &chips).unwrap();
        assert_eq!(found, LinePlace { chip: chips[0].clone(), offset: 4_000 });
        let error = check_line(PanelPart::Red, &PanelLine::Number(4_000), &found).unwrap_err();
        assert!(matches!(error, PanelError::NoLine { part: PanelPart::Red, .. }), "{error}");
        let named = PanelLine::Name("no such line".into());
        let error = find_place(PanelPart::Green, &named, &chips).unwrap_err();
        assert!(error.to_string().contains("[panel] green: this board has no line no such line"), "{error}");
    }

    #[test]
    fn what_is_no_chip_is_no_line() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let place = LinePlace { chip: file.path().into(), offset: 0 };
        let error = check_line(PanelPart::Red, &PanelLine::Number(0), &place).unwrap_err();
        assert!(matches!(error, PanelError::NoLine { .. }), "{error}");
    }
}
