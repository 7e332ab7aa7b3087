//! Cutting a stream into commands: by what their headers say, holding no more than a printer would.

/// The longest command that is held; of longer ones only the beginning is.
pub(super) const COMMAND_BYTES_MAX: usize = 4 << 20;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Not known yet: ask again with the next byte.
    Unknown,
    Here,
    /// Before the newest byte, which begins the next command.
    Before,
    /// When it is so many bytes long.
    At(u64),
}

/// How one language's commands are delimited.
pub(super) trait Grammar: Send {
    /// Where the command ends that begins with `head` and whose last byte so far is `newest`. `head` ends
    /// with it, unless the command is longer than [`COMMAND_BYTES_MAX`].
    fn end(&mut self, head: &[u8], newest: u8) -> End;
}

/// A command with the bytes that it came in, or the end of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Command(Vec<u8>),
    /// A command of so many bytes, too long to be held.
    Oversize(u64),
    LineGone {
        in_command: bool,
    },
}

impl Token {
    /// Its share of the receive buffer.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Command(raw) => raw.len(),
            Self::Oversize(_) | Self::LineGone { .. } => 0,
        }
    }
}

pub(super) struct Tokeniser {
    grammar: Box<dyn Grammar>,
    held: Vec<u8>,
    come: u64,
    whole: Option<u64>,
}

impl Tokeniser {
    pub(super) fn new(grammar: Box<dyn Grammar>) -> Self {
        Self { grammar, held: Vec::new(), come: 0, whole: None }
    }

    pub(super) fn held_bytes(&self) -> usize {
        self.held.len()
    }

    /// Takes a byte; returns the command that it completes.
    pub(super) fn feed(&mut self, byte: u8) -> Option<Token> {
        self.come += 1;
        if self.held.len() < COMMAND_BYTES_MAX {
            self.held.push(byte);
        }
        if self.whole.is_none() {
            match self.grammar.end(&self.held, byte) {
                End::Unknown => {}
                End::Here => self.whole = Some(self.come),
                End::At(bytes) => self.whole = Some(bytes.max(self.come)),
                End::Before if self.come > 1 => return Some(self.end_before(byte)),
                End::Before => self.whole = Some(1),
            }
        }
        (self.whole == Some(self.come)).then(|| self.token())
    }

    fn end_before(&mut self, byte: u8) -> Token {
        if self.held.len() as u64 == self.come {
            self.held.pop();
        }
        self.come -= 1;
        let token = self.token();
        (self.held, self.come) = (vec![byte], 1);
        // A first byte that is whole by itself is for the next call; no grammar has one that also ends
        // another.
        if let End::At(bytes) = self.grammar.end(&self.held, byte) {
            self.whole = Some(bytes.max(1));
        }
        token
    }

    fn token(&mut self) -> Token {
        let (raw, come) = (std::mem::take(&mut self.held), std::mem::take(&mut self.come));
        self.whole = None;
        if raw.len() as u64 == come { Token::Command(raw) } else { Token::Oversize(come) }
    }
}

/// Two bytes, little-endian.
pub(super) fn word(low: u8, high: u8) -> usize {
    usize::from(low) + 256 * usize::from(high)
}

#[cfg(test)]
pub(super) fn commands(grammar: impl Grammar + 'static, stream: &[u8]) -> Vec<Vec<u8>> {
    let mut t = Tokeniser::new(Box::new(grammar));
    let tokens = stream.iter().filter_map(|&b| t.feed(b));
    tokens.map(|t| if let Token::Command(raw) = t { raw } else { Vec::new() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Counted;
    impl Grammar for Counted {
        fn end(&mut self, head: &[u8], _: u8) -> End {
            if head.len() < 4 {
                return End::Unknown;
            }
            End::At(4 + u64::from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])))
        }
    }

    #[test]
    fn a_command_too_long_to_hold_is_eaten_and_not_held() {
        let mut t = Tokeniser::new(Box::new(Counted));
        let length = COMMAND_BYTES_MAX as u32 + 10;
        for b in length.to_be_bytes() {
            assert_eq!(t.feed(b), None);
        }
        let tokens: Vec<_> = (0..length).filter_map(|_| t.feed(7)).collect();
        assert_eq!(tokens, [Token::Oversize(u64::from(length) + 4)]);
        assert_eq!(t.held_bytes(), 0);
        assert_eq!([0, 0, 0, 1, 9].iter().filter_map(|&b| t.feed(b)).count(), 1);
    }
}
