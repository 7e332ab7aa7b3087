//! The panel's thread with the simulated panel: every light is seen there, and every press comes back.

use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;

use service::clock::FakeClock;

use super::*;
use crate::panel::causes::{LightColour, LightPattern};
use crate::panel::devices::{SIM_SOCKET, SimPanel};

/// A panel that runs, its clock, and somebody who looks at it.
struct SeenPanel {
    _dir: tempfile::TempDir,
    owner: PanelOwner,
    presses: mpsc::Receiver<ButtonPress>,
    clock: Arc<FakeClock>,
    lines: Lines<BufReader<UnixStream>>,
    client: UnixStream,
}

impl SeenPanel {
    fn start(day_minute: u16) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_ms(1_800_000_000_000));
        let channel = panel_channel();
        let panel = SimPanel::open(dir.path(), channel.edges.clone()).unwrap();
        let client = UnixStream::connect(dir.path().join(SIM_SOCKET)).unwrap();
        let mut lines = BufReader::new(client.try_clone().unwrap()).lines();
        assert!(
            lines.next().unwrap().unwrap().contains("\"green\":false"),
            "nothing is shown before it runs"
        );
        let context = OwnerContext {
            clock: clock.clone(),
            day_minute: Box::new(move |_| day_minute),
            report_failure: Box::new(|error| panic!("{error}")),
        };
        let (owner, presses) = PanelOwner::start(Box::new(panel), PanelKind::Sim, channel, context).unwrap();
        Self { _dir: dir, owner, presses, clock, lines, client }
    }

    /// The next change that is seen: the lights that are on, and `!` for the buzzer.
    fn next_change(&mut self) -> String {
        let line = self.lines.next().unwrap().unwrap();
        let seen: serde_json::Value = serde_json::from_str(&line).unwrap();
        let on = ["green", "amber", "red"].into_iter().filter(|part| seen[*part] == true);
        let lights = on.collect::<Vec<_>>().join("+");
        lights + if seen["buzzer"] == true { "!" } else { "" }
    }

    fn send(&self, causes: &[PanelCause]) {
        assert!(self.owner.feed().send_message(PanelMessage::Causes(causes.iter().copied().collect())));
    }

    fn advance(&self, ms: i64) {
        self.clock.advance_ms(ms);
        // A thread that sleeps by another clock is woken.
        assert!(self.owner.feed().send_message(PanelMessage::Edge(ButtonEdge::Up(Duration::ZERO))));
    }
}

#[test]
fn every_light_of_the_table_is_seen() {
    for cause in PanelCause::ALL.iter().copied().filter(|cause| *cause != PanelCause::Starting) {
        let mut seen = SeenPanel::start(3 * 60);
        assert_eq!(seen.next_change(), "green", "it starts");
        seen.send(&[cause]);
        let signal = cause.signal();
        let colour = match signal.colour {
            LightColour::Green => "green",
            LightColour::Amber => "amber",
            LightColour::Red => "red",
        };
        let change = seen.next_change();
        assert_eq!(change.trim_end_matches('!'), colour, "{cause:?}");
        assert_eq!(change.ends_with('!'), signal.colour == LightColour::Red, "{cause:?} by night");
        if signal.pattern == LightPattern::Blinking {
            seen.advance(700);
            assert_eq!(seen.next_change().trim_end_matches('!'), "", "{cause:?} blinks");
        }
        seen.send(&[]);
        while seen.next_change() != "green" {}
        seen.owner.stop();
        assert_eq!(seen.next_change(), "", "nothing is lit when the box has ended");
    }
}

#[test]
fn a_question_sounds_by_day() {
    let mut seen = SeenPanel::start(12 * 60);
    assert_eq!(seen.next_change(), "green");
    seen.send(&[PanelCause::LabelInDoubt]);
    assert_eq!(seen.next_change(), "amber!");
    seen.advance(150);
    assert_eq!(seen.next_change(), "amber");
}

#[test]
fn presses_go_to_whoever_does_what_they_ask_for() {
    let mut seen = SeenPanel::start(12 * 60);
    assert_eq!(seen.next_change(), "green");
    seen.send(&[]);
    seen.client.write_all(b"press 100\npress 2000\npress 3100\npress 60000\n").unwrap();
    assert_eq!(seen.presses.blocking_recv(), Some(ButtonPress::Short));
    assert_eq!(seen.presses.blocking_recv(), Some(ButtonPress::Held));
    assert!(seen.owner.feed().send_message(PanelMessage::PressTaken));
    assert_eq!(seen.next_change(), "green!", "one short sound");
    seen.advance(100);
    assert_eq!(seen.next_change(), "green");
    assert!(seen.owner.feed().send_message(PanelMessage::PressRefused));
    assert_eq!(seen.next_change(), "amber", "it asks");
    seen.advance(10_000);
    assert_eq!(seen.next_change(), "green", "and no longer than ten seconds");
}

/// Hardware that stops working.
struct FailingPanel;

impl Panel for FailingPanel {
    fn show(&mut self, _: PanelOutput) -> Result<(), PanelError> {
        Err(PanelError::Hardware("input/output error".into()))
    }
}

#[test]
fn hardware_that_fails_is_reported_once_and_let_be() {
    let failures = Arc::new(Mutex::new(Vec::new()));
    let clock = Arc::new(FakeClock::at_ms(1_800_000_000_000));
    let noted = Arc::clone(&failures);
    let context = OwnerContext {
        clock,
        day_minute: Box::new(|_| 0),
        report_failure: Box::new(move |error| noted.lock().unwrap().push(error.to_string())),
    };
    let (mut owner, _) =
        PanelOwner::start(Box::new(FailingPanel), PanelKind::Gpiochip, panel_channel(), context).unwrap();
    for causes in [BTreeSet::new(), BTreeSet::from([PanelCause::NotRecording])] {
        assert!(owner.feed().send_message(PanelMessage::Causes(causes)));
    }
    owner.stop();
    assert_eq!(*failures.lock().unwrap(), ["the panel’s hardware: input/output error"]);
    let view = owner.view();
    assert_eq!(view.borrow().kind, PanelKind::None);
    assert_eq!(view.borrow().shown, PanelCause::NotRecording.signal(), "pages still say what it would show");
}
