//! What vouches for the box's clock.

mod floor;
mod hardware;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use record::entry::ClockState;
use record::ids::BootId;
use service::clock::{ClockTrust, SystemClock};

pub use self::floor::FloorClock;

/// How long the answer is cached, milliseconds: each scan reads the clock, and checking is a system call.
const LOOK_MS: u64 = 1_000;
const SET_MS: u64 = 2_000;

/// Asks the operating system and the hardware clock what the time source is.
#[derive(Debug)]
pub struct BoxClockTrust {
    /// Where the machine says of itself what it has: `/`.
    root: PathBuf,
    /// When it was last looked whether a time server keeps the clock, and what was seen.
    looked: Mutex<Option<(u64, bool)>>,
    /// Whether the hardware clock vouched, and the time at the boot that it vouched for, milliseconds since 1970.
    hardware: Mutex<Option<(i64, bool)>>,
}

/// The clock of this machine; `boot` names this run of the operating system.
pub fn system_clock(boot: BootId) -> SystemClock<BoxClockTrust> {
    SystemClock::new(boot, BoxClockTrust::of_machine(Path::new("/")))
}

impl BoxClockTrust {
    /// Of the machine whose `proc`, `run` and `sys` are in `root`.
    fn of_machine(root: &Path) -> Self {
        Self { root: root.to_owned(), looked: Mutex::default(), hardware: Mutex::default() }
    }

    /// systemd knows whether the clock has synchronised with a time server since the boot.
    fn is_synced(&self, up_ms: u64) -> bool {
        let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
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
        let mut hardware = self.hardware.lock().unwrap_or_else(PoisonError::into_inner);
        match *hardware {
            Some((for_ms, vouches)) if for_ms.abs_diff(boot_ms) < SET_MS => vouches,
            _ => {
                let vouches = hardware::held_time(&self.root, wall_ms);
                *hardware = Some((boot_ms, vouches));
                vouches
            }
        }
    }
}

impl ClockTrust for BoxClockTrust {
    fn clock_state(&self, wall_ms: i64, up_ms: u64) -> ClockState {
        if self.is_synced(up_ms) {
            ClockState::Synced
        } else if self.hardware_vouches(wall_ms, up_ms) {
            ClockState::Rtc
        } else {
            ClockState::Uncertain
        }
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
        let trust = BoxClockTrust::of_machine(root.path());
        let now_ms = 1_795_205_071_000;
        assert_eq!(
            trust.clock_state(now_ms, 9_000),
            ClockState::Uncertain,
            "the hardware clock lost its power"
        );
        file("sys/class/rtc/rtc0/since_epoch", "1795212271\n");
        assert_eq!(
            trust.clock_state(now_ms + 1_000, 10_000),
            ClockState::Uncertain,
            "it is not asked again for nothing"
        );
        assert_eq!(trust.clock_state(now_ms + 7_200_000, 11_000), ClockState::Rtc, "somebody set both");
        assert_eq!(trust.clock_state(now_ms + 9_200_000, 12_000), ClockState::Uncertain, "somebody set one");
        file("run/systemd/timesync/synchronized", "");
        assert_eq!(trust.clock_state(now_ms + 9_201_000, 13_000), ClockState::Synced);
    }
}
