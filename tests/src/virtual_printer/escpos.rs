//! A tokeniser for ESC/POS as a printer does it: by the lengths in headers, never by looking for bytes in raster data.

/// One command with the bytes that it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    pub(super) raw: Vec<u8>,
    pub(super) command: Command,
}

/// What a printer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// `ESC @`.
    Initialise,
    /// `GS a n`.
    AutomaticStatus(u8),
    /// `GS v 0`: bytes across; the dots are the last bytes of the token.
    Raster { across: usize, dots_at: usize },
    /// `GS V`.
    Cut,
    /// `GS ( H` function 48.
    ProcessId([u8; 4]),
    /// `GS r 1`.
    PaperQuery,
    /// `DLE EOT n`.
    RealTime(u8),
    /// Understood, and nothing comes of it.
    Nothing,
    /// Would have come out as text: nothing that makes labels should send it.
    Text,
    /// The line went away here; no bytes.
    LineGone { in_command: bool },
}

/// Splits a stream, byte by byte.
#[derive(Debug, Default)]
pub(super) struct Tokeniser {
    held: Vec<u8>,
    whole: Option<usize>,
}

impl Tokeniser {
    /// Bytes of the unfinished command.
    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Takes a byte; gives the command that it completes.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Token> {
        self.held.push(byte);
        if self.whole.is_none() {
            self.whole = length(&self.held);
        }
        if self.whole != Some(self.held.len()) {
            return None;
        }
        self.whole = None;
        let raw = std::mem::take(&mut self.held);
        let command = meaning(&raw);
        Some(Token { raw, command })
    }
}

fn word(low: u8, high: u8) -> usize {
    usize::from(low) + 256 * usize::from(high)
}

/// How long the command that starts like this is; `None` while its header is not complete.
fn length(head: &[u8]) -> Option<usize> {
    match *head {
        [0x10 | 0x1b | 0x1d] => None,
        [0x10, 0x04 | 0x05] | [0x1b, b'd' | b'a' | b'J'] => Some(3),
        [0x1d, b'a' | b'r'] => Some(3),
        [0x1d, b'V'] | [0x1d, b'('] | [0x1d, b'(', _] | [0x1d, b'(', _, _] => None,
        [0x1d, b'V', mode] => Some(if mode >= 65 { 4 } else { 3 }),
        [0x1d, b'(', _, low, high] => Some(5 + word(low, high)),
        [0x1d, b'v', _, _, x_low, x_high, y_low, y_high] => {
            Some(8 + word(x_low, x_high) * word(y_low, y_high))
        }
        [0x1d, b'v', ..] if head.len() < 8 => None,
        [0x10 | 0x1b | 0x1d, _] => Some(2),
        _ => Some(1),
    }
}

fn meaning(raw: &[u8]) -> Command {
    match *raw {
        [0x1b, b'@'] => Command::Initialise,
        [0x1d, b'a', n] => Command::AutomaticStatus(n),
        [0x1d, b'v', b'0', _, low, high, ..] => Command::Raster { across: word(low, high), dots_at: 8 },
        [0x1d, b'V', ..] => Command::Cut,
        [0x1d, b'(', b'H', 6, 0, 0x30, 0x30, a, b, c, d] => Command::ProcessId([a, b, c, d]),
        [0x1d, b'r', 1] => Command::PaperQuery,
        [0x10, 0x04, n] => Command::RealTime(n),
        [0x00 | 0x0a | 0x0d] | [0x10 | 0x1b | 0x1d, ..] => Command::Nothing,
        _ => Command::Text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commands(stream: &[u8]) -> Vec<Command> {
        let mut t = Tokeniser::default();
        stream.iter().filter_map(|&b| t.feed(b)).map(|t| t.command).collect()
    }

    #[test]
    fn raster_bytes_are_never_commands() {
        let stream =
            b"\x1b@\x1dv0\0\x02\0\x03\0\x10\x04\x01\x1dV\0\x1dVB\0\x1d(H\x06\x00001234\x1dr\x01\x10\x04\x02\0A";
        assert_eq!(
            commands(stream),
            [
                Command::Initialise,
                Command::Raster { across: 2, dots_at: 8 },
                Command::Cut,
                Command::ProcessId(*b"1234"),
                Command::PaperQuery,
                Command::RealTime(2),
                Command::Nothing,
                Command::Text,
            ]
        );
    }

    #[test]
    fn nothing_is_said_before_a_command_is_whole() {
        let mut t = Tokeniser::default();
        for &b in b"\x1dv0\0\x01\0\x02\0\xff" {
            assert_eq!(t.feed(b), None);
        }
        assert_eq!(t.held_bytes(), 9);
        assert!(t.feed(0).is_some_and(|token| token.raw.len() == 10));
        assert_eq!(t.held_bytes(), 0);
    }
}
