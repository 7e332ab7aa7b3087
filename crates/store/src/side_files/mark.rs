//! The mark that a start leaves while it runs: whoever finds it knows that the last one did not complete.

use crate::io::disk::{Disk, put_small, read_small};
use crate::io::error::{StoreError, is_full};

/// There from the beginning of a start to its end: who finds it knows that the last start did not get through.
pub(crate) const MARK: &str = "starting";
pub(crate) const BYTES_MAX: usize = 4096;

/// Unfinished starts after which the database is not opened any more: one is what any power cut makes.
pub(crate) const ATTEMPTS_TRUSTED: u32 = 1;

/// Unfinished starts while a copy was open after which a start passes that copy over.
pub(crate) const ATTEMPTS_OF_COPY: u32 = 2;

/// What the mark says of starts that did not get through.
#[derive(Debug, Clone, Default)]
pub(crate) struct StartAttempts {
    pub(crate) count: u32,
    /// The copies that were open when the last of them ended, each with how many ended so, one after the other.
    pub(crate) reading: Vec<(u32, String)>,
}

impl StartAttempts {
    fn parse(text: &str) -> Self {
        let mut words = text.split_whitespace();
        let count = words.next().map_or(1, |count| count.parse().unwrap_or(1));
        let mut reading = Vec::new();
        while let Some((times, copy)) = words.next().and_then(|times| times.parse().ok()).zip(words.next()) {
            reading.push((times, copy.to_owned()));
        }
        Self { count, reading }
    }

    fn text(&self) -> String {
        let reading: String = self.reading.iter().map(|(times, copy)| format!(" {times} {copy}")).collect();
        format!("{}{reading}\n", self.count)
    }

    /// How many starts in a row ended while this copy was open.
    pub(crate) fn ended_with(&self, copy: &str) -> u32 {
        self.reading.iter().find(|(_, of)| of == copy).map_or(0, |(times, _)| *times)
    }
}

pub(crate) fn is_mark(text: &str) -> bool {
    text.split_whitespace().next().is_some_and(|count| count.parse::<u32>().is_ok())
}

/// Leaves the mark; says how many starts before this one did not get through.
pub(crate) fn mark_start(disk: &dyn Disk) -> Result<StartAttempts, StoreError> {
    let before = read_small(disk, MARK, BYTES_MAX).map_err(StoreError::io(MARK))?;
    let attempts =
        before.map_or_else(StartAttempts::default, |b| StartAttempts::parse(&String::from_utf8_lossy(&b)));
    put_mark(disk, &StartAttempts { count: attempts.count + 1, reading: attempts.reading.clone() })?;
    Ok(attempts)
}

pub(crate) fn put_mark(disk: &dyn Disk, attempts: &StartAttempts) -> Result<(), StoreError> {
    match put_small(disk, MARK, attempts.text().as_bytes()) {
        // The mark is a hint; without it a box on a full disk still shows what it holds.
        Err(e) if is_full(&e) => tracing::warn!("the disk is full: this start leaves no mark"),
        other => other.map_err(StoreError::io(MARK))?,
    }
    Ok(())
}

/// Makes the next start set the database aside and rebuild it.
///
/// # Errors
/// The disk's.
pub(crate) fn mark_distrusted(disk: &dyn Disk) -> std::io::Result<()> {
    let attempts = StartAttempts { count: ATTEMPTS_TRUSTED + 1, ..StartAttempts::default() };
    put_small(disk, MARK, attempts.text().as_bytes())
}
