//! Whether this machine has a clock that ran while it was off: not whether it has one, but whether it kept the time.

use std::path::Path;

/// A hardware clock that lost its power begins at 1970 or 2000; this program was not there before.
const EARLIEST_S: i64 = 1_767_225_600;
/// The kernel took its time from the hardware clock, so both agree but for their drift since.
const AGREE_S: i64 = 60;
/// Where the clock reports its battery's voltage, as a Raspberry Pi 5's does: below this there is none, or it is empty.
const BATTERY_MICROVOLTS_MIN: i64 = 2_000_000;

/// Whether the time now can have come from a clock that was never without power; `root` is `/`.
pub(super) fn held_time(root: &Path, wall_ms: i64) -> bool {
    let class = root.join("sys/class/rtc");
    let clocks: Vec<_> =
        std::fs::read_dir(class).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    if clocks.is_empty() {
        // Of a virtual machine or a container the host keeps the time. A board without a clock has nobody.
        return !root.join("proc/device-tree/model").exists();
    }
    clocks.iter().any(|clock| clock_is_trusted(clock, wall_ms / 1_000))
}

fn clock_is_trusted(clock: &Path, wall_s: i64) -> bool {
    let battery = read_number(clock, "battery_voltage").is_none_or(|volts| volts >= BATTERY_MICROVOLTS_MIN);
    let time = read_number(clock, "since_epoch").filter(|s| *s >= EARLIEST_S);
    battery && time.is_some_and(|s| s.abs_diff(wall_s) <= AGREE_S.unsigned_abs())
}

fn read_number(clock: &Path, name: &str) -> Option<i64> {
    std::fs::read_to_string(clock.join(name)).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW_S: i64 = 1_795_205_071;

    type MachineFiles<'a> = &'a [(&'a str, &'a str)];

    fn machine(files: MachineFiles<'_>) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    #[test]
    fn a_clock_vouches_only_if_it_kept_the_time() {
        const BOARD: (&str, &str) = ("proc/device-tree/model", "Raspberry Pi 5 Model B\0");
        const TIME: &str = "sys/class/rtc/rtc0/since_epoch";
        const BATTERY: &str = "sys/class/rtc/rtc0/battery_voltage";
        let now = format!("{}\n", NOW_S - 1);
        let cases: [(&str, MachineFiles<'_>, bool); 9] = [
            ("a board without one", &[BOARD], false),
            ("a virtual machine", &[], true),
            ("a PC", &[(TIME, &now)], true),
            ("a PC with an empty battery", &[(TIME, "946684903")], false),
            ("a board with one that has a battery", &[BOARD, (TIME, &now), (BATTERY, "3070082\n")], true),
            ("a board as sold, after the power was off", &[BOARD, (TIME, "73\n"), (BATTERY, "0\n")], false),
            ("a board as sold, after a mere restart", &[BOARD, (TIME, &now), (BATTERY, "0\n")], false),
            ("one whose time somebody guessed otherwise", &[BOARD, (TIME, "1795100000")], false),
            ("one that cannot be read", &[BOARD, ("sys/class/rtc/rtc0/name", "x")], false),
        ];
        for (what, files, vouches) in cases {
            assert_eq!(held_time(machine(files).path(), NOW_S * 1_000), vouches, "{what}");
        }
        let guess = machine(&[BOARD, (TIME, "73\n")]);
        assert!(!held_time(guess.path(), 74_000), "both say 1970");
    }
}
