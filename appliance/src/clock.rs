//! The only room that reads a clock; everything else takes [`Now`] as a value.

use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use record::entry::{At, ClockState};
use record::ids::BootId;

/// One reading of the clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds since 1970 UTC, as the box believes.
    pub wall_ms: i64,
    /// The run of the operating system.
    pub boot: BootId,
    /// Milliseconds since that boot, suspended time included.
    pub up_ms: u64,
    /// How far `wall_ms` can be trusted.
    pub state: ClockState,
}

impl Now {
    /// As it stands in an entry.
    pub fn at(&self) -> At {
        At { wall: self.wall_ms, boot: self.boot, up: self.up_ms, clock: self.state }
    }
}

/// Where time comes from.
pub trait Clock: Send + Sync + 'static {
    /// The time now.
    fn now(&self) -> Now;
}

/// The machine's clock.
#[derive(Debug)]
pub struct SystemClock {
    boot: BootId,
    /// When it was last looked whether somebody keeps the clock, and what was seen.
    looked: Mutex<Option<(u64, bool)>>,
}

/// How long an answer to that holds, milliseconds: each scan reads the clock, and looking is a call to the system.
const LOOK_MS: u64 = 1_000;

impl SystemClock {
    /// `boot` names this run of the operating system, see [`boot_id`].
    pub fn new(boot: BootId) -> Self {
        Self { boot, looked: Mutex::default() }
    }

    /// The kernel knows whether somebody disciplines its clock; without that, nothing vouches for the time.
    fn is_synced(&self, up_ms: u64) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match *looked {
            Some((at_ms, synced)) if up_ms.saturating_sub(at_ms) < LOOK_MS => synced,
            _ => {
                let synced = std::path::Path::new("/run/systemd/timesync/synchronized").exists();
                *looked = Some((up_ms, synced));
                synced
            }
        }
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

impl Clock for SystemClock {
    fn now(&self) -> Now {
        #[expect(clippy::disallowed_methods, reason = "this is the one place that reads it")]
        let wall = SystemTime::now();
        let wall_ms = match wall.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
        };
        let up = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        let up_ms = up.tv_sec.cast_unsigned() * 1_000 + (up.tv_nsec / 1_000_000).cast_unsigned();
        let vouched = !on_bare_board() || self.is_synced(up_ms);
        let state = if vouched { ClockState::Synced } else { ClockState::Uncertain };
        Now { wall_ms, boot: self.boot, up_ms, state }
    }
}

/// A board without a battery clock: the one kind of machine whose time is a guess until somebody sets it.
fn on_bare_board() -> bool {
    use std::sync::OnceLock;
    static BARE: OnceLock<bool> = OnceLock::new();
    *BARE.get_or_init(|| {
        std::path::Path::new("/proc/device-tree/model").exists()
            && !std::path::Path::new("/dev/rtc0").exists()
    })
}

/// A clock that stands still until it is told: for tests, and for history that real code records under a bent clock.
#[derive(Debug)]
pub struct BentClock {
    now: Mutex<Now>,
}

impl BentClock {
    /// Starts at `now`.
    pub fn new(now: Now) -> Self {
        Self { now: Mutex::new(now) }
    }

    /// Lets time pass.
    pub fn pass(&self, by: Duration) {
        let ms = u64::try_from(by.as_millis()).unwrap_or(u64::MAX);
        let mut now = self.lock();
        now.up_ms = now.up_ms.saturating_add(ms);
        now.wall_ms = now.wall_ms.saturating_add_unsigned(ms);
    }

    /// Sets the whole reading: a jump, a boot, a clock that nobody has set.
    pub fn set(&self, now: Now) {
        *self.lock() = now;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Clock for BentClock {
    fn now(&self) -> Now {
        *self.lock()
    }
}
