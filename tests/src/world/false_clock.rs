//! A clock that is wrong, for the processes that are given it: a library of ours answers in the kernel's place. The machine's own
//! clock is never set.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::folder;
use crate::process::Program;
use crate::tools;

const SOURCE: &str = include_str!("false_clock.c");

/// A clock whose error can change, also while somebody reads it.
pub struct FalseClock {
    dir: TempDir,
    is_of_board: bool,
}

impl FalseClock {
    /// Off by so many seconds; of several, each reading takes the next.
    pub fn off_by(seconds: &[i64]) -> Self {
        let clock = Self { dir: folder(), is_of_board: false };
        let source = clock.dir.path().join("false_clock.c");
        std::fs::write(&source, SOURCE).unwrap_or_else(|e| panic!("{}: {e}", source.display()));
        let built = Command::new(tools::program("cc"))
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .args([clock.shared_object(), source])
            .output();
        let built = built.unwrap_or_else(|e| panic!("the C compiler: {e}"));
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        clock.is_off_by(seconds);
        clock
    }

    /// The same, of a board: it has no hardware clock, and no time server was reached.
    #[must_use]
    pub fn of_board(self) -> Self {
        Self { is_of_board: true, ..self }
    }

    /// From now on a time server keeps the board's clock, and it is right.
    pub fn is_synced(&self) {
        self.is_off_by(&[0]);
        std::fs::write(self.sync_file(), "")
            .unwrap_or_else(|e| panic!("{}: {e}", self.sync_file().display()));
    }

    fn sync_file(&self) -> PathBuf {
        self.dir.path().join("synchronized")
    }

    fn shared_object(&self) -> PathBuf {
        self.dir.path().join("false_clock.so")
    }

    fn file(&self) -> PathBuf {
        self.dir.path().join("off_by")
    }

    pub fn is_off_by(&self, seconds: &[i64]) {
        let new = self.file().with_extension("new");
        let lines: String = seconds.iter().map(|seconds| format!("{seconds}\n")).collect();
        // Nobody reads half of it.
        let reported = std::fs::write(&new, lines).and_then(|()| std::fs::rename(&new, self.file()));
        reported.unwrap_or_else(|e| panic!("{}: {e}", new.display()));
    }

    #[must_use]
    pub fn of(&self, command: Program) -> Program {
        let command = command.env("LD_PRELOAD", self.shared_object()).env("FALSE_CLOCK", self.file());
        match self.is_of_board {
            true => command.env("FALSE_SYNC", self.sync_file()),
            false => command,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_is_off_by_what_it_is_told() {
        let clock = FalseClock::off_by(&[0]);
        let reported = async || {
            let date = clock.of(Program::new(tools::program("date"), &["+%s"])).run("").await.unwrap();
            String::from_utf8(date.stdout).unwrap().trim().parse::<i64>().unwrap()
        };
        let now = reported().await;
        clock.is_off_by(&[4 * 86_400]);
        assert!((4 * 86_400..4 * 86_400 + 600).contains(&(reported().await - now)));
        clock.is_off_by(&[-4 * 86_400, -4 * 86_400]);
        assert!((-4 * 86_400..-4 * 86_400 + 600).contains(&(reported().await - now)));
    }

    #[tokio::test]
    async fn a_board_has_no_time_server_until_it_is_told_of_one() {
        let clock = FalseClock::off_by(&[0]).of_board();
        let stands = async |path: &str| {
            let looked = clock.of(Program::new(tools::program("stat"), &[path])).run("").await.unwrap();
            looked.status.success()
        };
        let (board, synced) = ("/proc/device-tree/model", "/run/systemd/timesync/synchronized");
        assert_eq!((stands(board).await, stands(synced).await), (true, false));
        clock.is_synced();
        assert!(stands(synced).await);
    }
}
