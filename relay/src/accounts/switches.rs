//! What can be switched while the relay runs: a closed list, each for all accounts and some for one.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelaySwitch {
    /// Whether anybody may make an account, where the settings let them.
    SignUp,
    /// Whether people only look: forms are refused; boxes send and are stored as ever.
    ReadOnly,
}

impl RelaySwitch {
    pub const ALL: [Self; 2] = [Self::SignUp, Self::ReadOnly];

    pub const fn key(self) -> &'static str {
        match self {
            Self::SignUp => "sign-up",
            Self::ReadOnly => "read-only",
        }
    }

    pub fn find_switch(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|switch| switch.key() == key)
    }

    /// Its position where nobody has moved it.
    pub const fn is_on_by_itself(self) -> bool {
        matches!(self, Self::SignUp)
    }

    /// Whether one account may have it otherwise than the others.
    pub const fn is_of_accounts(self) -> bool {
        matches!(self, Self::ReadOnly)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_switch_is_known_by_its_name() {
        for switch in RelaySwitch::ALL {
            assert_eq!(RelaySwitch::find_switch(switch.key()), Some(switch));
        }
        assert_eq!(RelaySwitch::find_switch("x"), None);
    }
}
