//! Keys of rows: the numbers of people, logs and projections.

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonNumber(i64);

impl PersonNumber {
    pub const NOBODY: Self = Self(0);

    pub(in crate::db) fn of(number: i64) -> Self {
        Self(number)
    }

    pub(in crate::db) fn key(self) -> i64 {
        self.0
    }
}

impl std::fmt::Display for PersonNumber {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogNumber(i64);

impl LogNumber {
    pub(crate) const NONE: Self = Self(0);

    pub(in crate::db) fn of(number: i64) -> Self {
        Self(number)
    }

    pub(in crate::db) fn key(self) -> i64 {
        self.0
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProjectionNumber(i64);

impl ProjectionNumber {
    pub(in crate::db) fn of(number: i64) -> Self {
        Self(number)
    }

    pub(in crate::db) fn key(self) -> i64 {
        self.0
    }
}

/// SQL's integers are signed; no log reaches half of what they hold.
pub(crate) fn to_i64(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
