//! Whether a webhook is sent anything.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookState {
    On,
    /// An admin wants nothing sent now.
    Paused,
    /// It failed for days, or its receiver said that it is gone.
    Off,
}

impl WebhookState {
    pub const fn word(self) -> &'static str {
        match self {
            Self::On => "on",
            Self::Paused => "paused",
            Self::Off => "off",
        }
    }

    /// What `word` wrote.
    pub fn read(word: &str) -> Self {
        let known = [Self::On, Self::Paused].into_iter().find(|state| state.word() == word);
        known.unwrap_or(Self::Off)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_is_read_as_it_was_written() {
        for state in [WebhookState::On, WebhookState::Paused, WebhookState::Off] {
            assert_eq!(WebhookState::read(state.word()), state);
        }
        assert_eq!(WebhookState::read("of a later relay"), WebhookState::Off);
    }
}
