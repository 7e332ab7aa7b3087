//! What a press of the button means, by how long it was held.

use std::time::Duration;

/// Up to here it is a short press; between this and [`HELD_MIN`] somebody thought better of it.
const SHORT_MAX: Duration = Duration::from_millis(1_000);
const HELD_MIN: Duration = Duration::from_secs(3);
/// From here on it means nothing: setting a box back is the image's matter.
const HELD_MAX: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonPress {
    /// The last label once more.
    Short,
    /// The item that was scanned last was used.
    Held,
}

/// A change of the button. Both times are of the same clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonEdge {
    Down(Duration),
    Up(Duration),
}

#[derive(Debug, Clone, Copy, Default)]
pub struct ButtonReader {
    down: Option<Duration>,
}

impl ButtonReader {
    /// Takes an edge; gives the press that it ends, if that means anything.
    pub fn take_edge(&mut self, edge: ButtonEdge) -> Option<ButtonPress> {
        match edge {
            ButtonEdge::Down(at) => {
                // A second one without an end between them: an edge was lost, so it is unknown how long it was held.
                self.down = Some(at);
                None
            }
            ButtonEdge::Up(at) => classify_press(at.checked_sub(self.down.take()?)?),
        }
    }
}

fn classify_press(held: Duration) -> Option<ButtonPress> {
    if held <= SHORT_MAX {
        Some(ButtonPress::Short)
    } else if (HELD_MIN..HELD_MAX).contains(&held) {
        Some(ButtonPress::Held)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_press_means_what_its_length_says() {
        let cases = [
            (0, Some(ButtonPress::Short)),
            (1_000, Some(ButtonPress::Short)),
            (1_001, None),
            (2_999, None),
            (3_000, Some(ButtonPress::Held)),
            (9_999, Some(ButtonPress::Held)),
            (10_000, None),
            (3_600_000, None),
        ];
        for (held_ms, press) in cases {
            let mut reader = ButtonReader::default();
            let at = Duration::from_millis;
            assert_eq!(reader.take_edge(ButtonEdge::Down(at(7))), None);
            assert_eq!(reader.take_edge(ButtonEdge::Up(at(7 + held_ms))), press, "{held_ms} ms");
            assert_eq!(reader.take_edge(ButtonEdge::Up(at(9 + held_ms))), None, "an end without a beginning");
        }
    }

    #[test]
    fn a_lost_edge_makes_no_long_press() {
        let mut reader = ButtonReader::default();
        let at = Duration::from_secs;
        for edge in [ButtonEdge::Down(at(1)), ButtonEdge::Down(at(5))] {
            assert_eq!(reader.take_edge(edge), None);
        }
        assert_eq!(reader.take_edge(ButtonEdge::Up(at(5))), Some(ButtonPress::Short));
        reader.take_edge(ButtonEdge::Down(at(9)));
        assert_eq!(reader.take_edge(ButtonEdge::Up(at(8))), None, "a clock that went back");
    }
}
