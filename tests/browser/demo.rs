//! The demo as a person starts it, in a folder of its own, stopped when the suite is done.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use harness::demo::output::DemoOutput;

/// One that hangs is found; a machine that runs four suites beside it took more than two minutes.
const STARTS_WITHIN: Duration = Duration::from_secs(600);

pub(crate) struct Demo {
    process: Child,
    pub(crate) output: DemoOutput,
    _folder: Option<tempfile::TempDir>,
}

impl Demo {
    pub(crate) fn start(flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut demo = Self::start_in(&folder.path().join("demo"), flags);
        demo._folder = Some(folder);
        demo
    }

    pub(crate) fn start_in(dir: &Path, flags: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_demo"))
            .args(flags)
            .arg("--dir")
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the demo starts");
        let out = BufReader::new(process.stdout.take().expect("its output"));
        let (tell, reported) = mpsc::sync_channel(1);
        std::thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if let Ok(output) = serde_json::from_str::<DemoOutput>(&line) {
                    let _ = tell.send(output);
                }
            }
        });
        match reported.recv_timeout(STARTS_WITHIN) {
            Ok(output) => Self { process, output, _folder: None },
            Err(_) => {
                end(&mut process);
                panic!("the demo did not say within {STARTS_WITHIN:?} what it started");
            }
        }
    }
}

/// SIGTERM: it ends box, relay and printer.
fn end(process: &mut Child) {
    let pid = i32::try_from(process.id()).ok().and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    let _ = process.wait();
}

impl Drop for Demo {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}
