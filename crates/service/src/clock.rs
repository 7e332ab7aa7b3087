//! Time behind an interface: everything takes [`Now`], or milliseconds, as a value, and the clock is read here alone.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use record::entry::{ClockState, EntryTime};
use record::ids::BootId;

/// One reading of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970 UTC, as the machine's clock says.
    pub wall_ms: i64,
    /// The run of the operating system.
    pub boot: BootId,
    /// Milliseconds since that boot, suspended time included.
    pub up_ms: u64,
    /// How far `wall_ms` can be trusted.
    pub state: ClockState,
}

impl Now {
    /// As it is written in an entry.
    pub fn entry_time(&self) -> EntryTime {
        EntryTime { wall: self.wall_ms, boot: self.boot, up: self.up_ms, clock: self.state }
    }
}

/// Where time comes from.
pub trait Clock: Send + Sync + std::fmt::Debug + 'static {
    /// The time now.
    fn now(&self) -> Now;

    /// Milliseconds since 1970 UTC.
    fn now_ms(&self) -> i64 {
        self.now().wall_ms
    }
}

/// What is known of the machine's clock. Called at each reading, so an implementation caches an answer that
/// costs a system call.
pub trait ClockTrust: Send + Sync + std::fmt::Debug + 'static {
    /// How far the wall clock can be trusted, which reads `wall_ms` at `up_ms` milliseconds after the boot.
    fn clock_state(&self, wall_ms: i64, up_ms: u64) -> ClockState;
}

/// A machine whose clock is managed elsewhere: a server in a computing centre.
#[derive(Debug, Clone, Copy)]
pub struct ManagedClock;

impl ClockTrust for ManagedClock {
    fn clock_state(&self, _: i64, _: u64) -> ClockState {
        ClockState::Synced
    }
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock<T = ManagedClock> {
    boot: BootId,
    trust: T,
}

impl<T: ClockTrust> SystemClock<T> {
    /// `boot` names this run of the operating system, see [`boot_id`].
    pub fn new(boot: BootId, trust: T) -> Self {
        Self { boot, trust }
    }
}

impl Default for SystemClock {
    /// For programs whose entries nobody signs: they know the boot by what the kernel says.
    fn default() -> Self {
        Self::new(boot_id([0; 10]), ManagedClock)
    }
}

impl<T: ClockTrust> Clock for SystemClock<T> {
    fn now(&self) -> Now {
        let wall_ms = wall_ms();
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let up_ms = up.tv_sec.cast_unsigned() * 1_000 + (up.tv_nsec / 1_000_000).cast_unsigned();
        Now { wall_ms, boot: self.boot, up_ms, state: self.trust.clock_state(wall_ms, up_ms) }
    }

    fn now_ms(&self) -> i64 {
        wall_ms()
    }
}

fn wall_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
    let wall = SystemTime::now();
    match wall.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}

/// The id of this run of the operating system, the same for every process of it: from the kernel's own boot id where
/// there is one, else from `fallback`.
pub fn boot_id(fallback: [u8; 10]) -> BootId {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok();
    let random = kernel.map_or(fallback, |id| {
        let mut random = [0; 10];
        random.copy_from_slice(&record::tree::Hash::of(id.trim().as_bytes()).0[..10]);
        random
    });
    BootId::new(0, random)
}

/// A clock that does not advance until it is set: for tests, and for history that real code records under it.
#[derive(Debug)]
pub struct FakeClock {
    now: Mutex<Now>,
}

impl FakeClock {
    /// Starts at `now`.
    pub fn new(now: Now) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Starts at `wall_ms`, at the boot, with a clock that is kept.
    pub fn at_ms(wall_ms: i64) -> Self {
        Self::new(Now { wall_ms, boot: BootId::new(0, [0; 10]), up_ms: 0, state: ClockState::Synced })
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let mut now = self.lock();
        now.up_ms = now.up_ms.saturating_add(ms);
        now.wall_ms = now.wall_ms.saturating_add_unsigned(ms);
    }

    /// Lets so many milliseconds pass; below zero, the wall clock is set back.
    pub fn advance_ms(&self, ms: i64) {
        let mut now = self.lock();
        now.up_ms = now.up_ms.saturating_add(ms.max(0).cast_unsigned());
        now.wall_ms = now.wall_ms.saturating_add(ms);
    }

    /// Sets the whole reading: a jump, a boot, an unset clock.
    pub fn set(&self, now: Now) {
        *self.lock() = now;
    }

    /// Sets the wall clock.
    pub fn set_ms(&self, wall_ms: i64) {
        self.lock().wall_ms = wall_ms;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for FakeClock {
    fn now(&self) -> Now {
        *self.lock()
    }
}
