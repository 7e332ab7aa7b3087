//! The only room that reads a clock; everything else takes [`Now`] as a value.

mod hardware;

use std::path::{Path, PathBuf};
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
    /// Where the machine says of itself what it has: `/`.
    root: PathBuf,
    /// When it was last looked whether somebody keeps the clock, and what was seen.
    looked: Mutex<Option<(u64, bool)>>,
    /// Whether the hardware clock vouched, and the time at the boot that it vouched for, milliseconds since 1970.
    hardware: Mutex<Option<(i64, bool)>>,
}

/// How long an answer to that holds, milliseconds: each scan reads the clock, and looking is a call to the system.
const LOOK_MS: u64 = 1_000;
/// A clock that is off by more than this from what it was has been set by somebody.
const SET_MS: u64 = 2_000;

impl SystemClock {
    /// `boot` names this run of the operating system, see [`boot_id`].
    pub fn new(boot: BootId) -> Self {
        Self::of_machine(boot, Path::new("/"))
    }

    /// Of the machine whose `proc`, `run` and `sys` lie in `root`.
    fn of_machine(boot: BootId, root: &Path) -> Self {
        Self { boot, root: root.to_owned(), looked: Mutex::default(), hardware: Mutex::default() }
    }

    /// What vouches for the time: a time server, a hardware clock that kept it, or nothing.
    fn state(&self, wall_ms: i64, up_ms: u64) -> ClockState {
        if self.is_synced(up_ms) {
            ClockState::Synced
        } else if self.hardware_vouches(wall_ms, up_ms) {
            ClockState::Rtc
        } else {
            ClockState::Uncertain
        }
    }

    /// systemd knows whether a time server has been heard since the boot.
    fn is_synced(&self, up_ms: u64) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match *looked {
            Some((at_ms, synced)) if up_ms.saturating_sub(at_ms) < LOOK_MS => synced,
            _ => {
                let synced = self.root.join("run/systemd/timesync/synchronized").exists();
                *looked = Some((up_ms, synced));
                synced
            }
        }
    }

    /// Asks the hardware clock once, and again when somebody has set the time.
    fn hardware_vouches(&self, wall_ms: i64, up_ms: u64) -> bool {
        let boot_ms = wall_ms.saturating_sub_unsigned(up_ms);
        let mut hardware = self.hardware.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match *hardware {
            Some((for_ms, vouches)) if for_ms.abs_diff(boot_ms) < SET_MS => vouches,
            _ => {
                let vouches = hardware::kept_time(&self.root, wall_ms);
                *hardware = Some((boot_ms, vouches));
                vouches
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
        let state = self.state(wall_ms, up_ms);
        Now { wall_ms, boot: self.boot, up_ms, state }
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_uncertain_until_something_vouches() {
        let root = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        file("proc/device-tree/model", "Raspberry Pi 5 Model B");
        file("sys/class/rtc/rtc0/since_epoch", "9\n");
        let clock = SystemClock::of_machine(BootId::new(0, [1; 10]), root.path());
        let now_ms = 1_795_205_071_000;
        assert_eq!(clock.state(now_ms, 9_000), ClockState::Uncertain, "the hardware clock lost its power");
        file("sys/class/rtc/rtc0/since_epoch", "1795212271\n");
        assert_eq!(
            clock.state(now_ms + 1_000, 10_000),
            ClockState::Uncertain,
            "it is not asked again for nothing"
        );
        assert_eq!(clock.state(now_ms + 7_200_000, 11_000), ClockState::Rtc, "somebody set both");
        assert_eq!(clock.state(now_ms + 9_200_000, 12_000), ClockState::Uncertain, "somebody set one");
        file("run/systemd/timesync/synchronized", "");
        assert_eq!(clock.state(now_ms + 9_201_000, 13_000), ClockState::Synced);
    }
}
