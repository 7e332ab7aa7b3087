//! Starts that are cut: a program that is killed at a chosen system call, by the tracer that starts it.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use crate::process::Program;
use crate::tools;

const ENDS_WITHIN: Duration = Duration::from_secs(20);

/// A moment of a start. The kernel counts calls for each thread separately, so a number says: whichever
/// thread gets there first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutPoint {
    pub calls: &'static str,
    /// Only those about this file of the data folder; all of them where it is empty.
    pub file: &'static str,
    pub nth: u32,
}

#[derive(Debug)]
pub enum CutStart {
    Died,
    GotThrough,
    Ended(String),
}

fn killed_at(command: &Program, data: &Path, moment: CutPoint) -> Program {
    let CutPoint { calls, file, nth } = moment;
    let words = ["-f", "-qq", "-o", "/dev/null"].map(OsString::from);
    let inject = [format!("trace={calls}"), format!("inject={calls}:signal=SIGKILL:when={nth}")];
    let mut args: Vec<OsString> = words.into();
    args.extend(inject.into_iter().flat_map(|word| ["-e".into(), word.into()]));
    if !file.is_empty() {
        args.extend(["-P".into(), data.join(file).into()]);
    }
    args.push(command.path.clone().into());
    args.extend(command.args.iter().cloned());
    // Sockets are for the process that is started, and that is the tracer.
    Program { path: tools::program("strace"), args, env: command.env.clone(), sockets: Vec::new() }
}

/// Waits until a killed box has released its folder: it is its tracer's child, so nobody here can wait for
/// its end.
async fn wait_for_end(data: &Path) {
    let Ok(lock) = std::fs::File::open(data) else { return };
    let freed = tokio::task::spawn_blocking(move || lock.lock());
    let freed = tokio::time::timeout(ENDS_WITHIN, freed).await;
    let freed = freed.unwrap_or_else(|_| panic!("a killed box goes on for {ENDS_WITHIN:?}"));
    freed.map_err(std::io::Error::other).flatten().unwrap_or_else(|e| panic!("the lock: {e}"));
}

/// Starts a box on this folder and kills it at a moment of its start.
pub async fn cut_start(command: &Program, data: &Path, moment: CutPoint) -> CutStart {
    let ended = match killed_at(command, data, moment).start().await {
        Err(error) => {
            let error = error.to_string();
            if error.contains("signal: 9") { CutStart::Died } else { CutStart::Ended(error) }
        }
        Ok(running) => {
            // Its tracer's end would let it continue.
            let pid = running.message()["pid"].as_i64().and_then(|pid| i32::try_from(pid).ok());
            let pid = pid.and_then(rustix::process::Pid::from_raw);
            let pid =
                pid.unwrap_or_else(|| panic!("the box does not say its process id: {}", running.message()));
            // It may die of the injection this very moment.
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            running.kill().await.unwrap_or_else(|e| panic!("the tracer: {e}"));
            CutStart::GotThrough
        }
    };
    wait_for_end(data).await;
    ended
}
