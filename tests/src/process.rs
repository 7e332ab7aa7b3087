//! One real program under test: started, listened to, killed, started again, and never left behind.

use std::ffi::OsString;
use std::io;
use std::net::TcpListener;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

/// How long a program may take to print where it listens; a loaded machine with two cores needs its time.
const START_WITHIN: Duration = Duration::from_secs(60);
const STOP_WITHIN: Duration = Duration::from_secs(20);
const LINES_MAX: usize = 2_000;
/// Descriptors from here on do not collide with the places where systemd puts sockets.
const DESCRIPTOR_MIN: i32 = 20;

#[derive(Debug, Clone)]
pub struct Program {
    pub path: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(OsString, OsString)>,
    /// Handed over like those of a socket unit, each under its name.
    pub sockets: Vec<(String, Arc<TcpListener>)>,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("could not start {path}: {source}")]
    Spawn { path: String, source: io::Error },
    #[error("{path} did not say where it listens ({why}); its last lines:\n{log}")]
    Silent { path: String, why: String, log: String },
}

/// A running program that has printed where it listens. Dropping it kills it.
pub struct ProgramHandle {
    child: Child,
    message: serde_json::Value,
    log: Arc<Mutex<Vec<String>>>,
    listeners: Vec<JoinHandle<()>>,
}

impl Program {
    pub fn new(path: impl Into<PathBuf>, args: &[&str]) -> Self {
        Self {
            path: path.into(),
            args: args.iter().map(Into::into).collect(),
            env: Vec::new(),
            sockets: Vec::new(),
        }
    }

    #[must_use]
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    #[must_use]
    pub fn socket(mut self, name: &str, socket: Arc<TcpListener>) -> Self {
        self.sockets.push((name.to_owned(), socket));
        self
    }

    /// What the command is to inherit must live until it was started.
    fn command(&self) -> io::Result<(Command, Vec<OwnedFd>)> {
        if self.sockets.is_empty() {
            let mut command = Command::new(&self.path);
            command.args(&self.args).envs(self.env.iter().cloned());
            return Ok((command, Vec::new()));
        }
        let inherited = self.sockets.iter().map(|(_, socket)| {
            let copy = rustix::io::fcntl_dupfd_cloexec(socket, DESCRIPTOR_MIN)?;
            rustix::io::fcntl_setfd(&copy, rustix::io::FdFlags::empty())?;
            Ok::<_, io::Error>(copy)
        });
        let inherited: Vec<OwnedFd> = inherited.collect::<io::Result<_>>()?;
        let places =
            inherited.iter().zip(3..).map(|(copy, place)| format!("{place}<&{0} {0}<&-", copy.as_raw_fd()));
        let places: Vec<String> = places.collect();
        // `LISTEN_PID` is the process's own id, which only the process knows.
        let script = format!("exec {}; LISTEN_PID=$$ exec \"$0\" \"$@\"", places.join(" "));
        let names: Vec<&str> = self.sockets.iter().map(|(name, _)| name.as_str()).collect();
        let mut command = Command::new("/bin/bash");
        command.arg("-c").arg(script).arg(&self.path).args(&self.args);
        command.env("LISTEN_FDS", names.len().to_string()).env("LISTEN_FDNAMES", names.join(":"));
        command.envs(self.env.iter().cloned());
        Ok((command, inherited))
    }

    /// Waits for the first line on its standard output, which must be one JSON object.
    pub async fn start(&self) -> Result<ProgramHandle, StartError> {
        let path = self.path.display().to_string();
        let refused = |source| StartError::Spawn { path: path.clone(), source };
        let (mut command, inherited) = self.command().map_err(refused)?;
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().map_err(refused)?;
        drop(inherited);
        let log = Arc::new(Mutex::new(Vec::new()));
        let (first, message) = tokio::sync::oneshot::channel();
        let mut listeners = Vec::new();
        listeners.extend(child.stdout.take().map(|out| listen(out, Arc::clone(&log), Some(first))));
        listeners.extend(child.stderr.take().map(|err| listen(err, Arc::clone(&log), None)));
        let silent = |why: String| StartError::Silent { path, why, log: last_lines(&log, 40) };
        let line = match tokio::time::timeout(START_WITHIN, message).await {
            Ok(Ok(line)) => line,
            Ok(Err(_)) => {
                let status = child.wait().await;
                // What it wrote last may still be in the pipe.
                for listener in listeners {
                    let _ = listener.await;
                }
                let status = status.map_or_else(|e| e.to_string(), |status| status.to_string());
                return Err(silent(format!("it ended: {status}")));
            }
            Err(_) => return Err(silent(format!("not within {START_WITHIN:?}"))),
        };
        match serde_json::from_str(&line) {
            Ok(message) => Ok(ProgramHandle { child, message, log, listeners }),
            Err(e) => Err(silent(format!("its first line is no JSON object: {e}: {line}"))),
        }
    }

    /// Runs it to its end, with `input` on its standard input.
    pub async fn run(&self, input: &str) -> io::Result<std::process::Output> {
        use tokio::io::AsyncWriteExt as _;
        let (mut command, inherited) = self.command()?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        drop(inherited);
        if let Some(mut stdin) = child.stdin.take() {
            // One that reads nothing may have ended already.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        child.wait_with_output().await
    }
}

/// Keeps every line, and hands out the first.
fn listen(
    from: impl AsyncRead + Unpin + Send + 'static,
    log: Arc<Mutex<Vec<String>>>,
    mut first: Option<tokio::sync::oneshot::Sender<String>>,
) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut lines = BufReader::new(from).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some(first) = first.take() {
                let _ = first.send(line.clone());
            }
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            if log.len() == LINES_MAX {
                log.remove(0);
            }
            log.push(line);
        }
    })
}

fn last_lines(log: &Mutex<Vec<String>>, count: usize) -> String {
    let log = log.lock().unwrap_or_else(PoisonError::into_inner);
    log[log.len().saturating_sub(count)..].join("\n")
}

impl ProgramHandle {
    pub fn pid(&self) -> u32 {
        self.child.id().unwrap_or_default()
    }

    /// The JSON object of its first line: the addresses that it really bound.
    pub fn message(&self) -> &serde_json::Value {
        &self.message
    }

    /// A text in that object, by JSON pointer.
    pub fn reported(&self, pointer: &str) -> String {
        let text = self.message.pointer(pointer).and_then(|v| v.as_str());
        text.unwrap_or_else(|| panic!("no text at {pointer} in {}", self.message)).to_owned()
    }

    /// Standard output and error together, the last 2,000 lines.
    pub fn log(&self) -> String {
        last_lines(&self.log, LINES_MAX)
    }

    /// SIGKILL, as a power cut of the process; waits until it is gone.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// SIGTERM; after 20 s it is killed, which is an error.
    pub async fn stop(mut self) -> io::Result<(ExitStatus, String)> {
        if let Some(pid) = self.child.id().and_then(|id| i32::try_from(id).ok()) {
            let pid = rustix::process::Pid::from_raw(pid).ok_or(io::ErrorKind::NotFound)?;
            rustix::process::kill_process(pid, rustix::process::Signal::TERM)?;
        }
        let status = match tokio::time::timeout(STOP_WITHIN, self.child.wait()).await {
            Ok(status) => status?,
            Err(_) => {
                let late = format!("not ended {STOP_WITHIN:?} after SIGTERM:\n{}", self.log());
                return Err(io::Error::new(io::ErrorKind::TimedOut, late));
            }
        };
        for listener in self.listeners.drain(..) {
            let _ = listener.await;
        }
        Ok((status, self.log()))
    }

    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        self.child.wait().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Program {
        Program::new("/bin/sh", &["-c", script])
    }

    #[tokio::test]
    async fn waits_for_its_first_line_and_ends_it() {
        // What it prints after its first line may be cut off by the signal.
        let script = "trap 'echo bye; exit 3' TERM; echo log >&2; echo '{\"http\":\"http://127.0.0.1:1\"}'
            while :; do sleep 0.01; done";
        let running = shell(script).start().await.unwrap();
        assert_eq!(running.reported("/http"), "http://127.0.0.1:1");
        let (status, log) = running.stop().await.unwrap();
        assert_eq!(status.code(), Some(3));
        assert!(log.contains("log") && log.contains("bye"), "{log}");
    }

    #[tokio::test]
    async fn says_why_it_does_not_run() {
        let error =
            shell("echo 'port 80: permission denied' >&2; exit 78").start().await.err().unwrap().to_string();
        assert!(error.contains("permission denied") && error.contains("78"), "{error}");
        let error = shell("echo ready; sleep 60").start().await.err().unwrap().to_string();
        assert!(error.contains("no JSON object") && error.contains("ready"), "{error}");
        assert!(Program::new("/no/such/program", &[]).start().await.is_err());
    }

    #[tokio::test]
    async fn nothing_is_left_behind() {
        let running = shell("echo '{}'; exec sleep 600").start().await.unwrap();
        let pid = running.pid();
        assert!(alive(pid));
        running.kill().await.unwrap();
        assert!(!alive(pid));
    }

    fn alive(pid: u32) -> bool {
        std::path::Path::new("/proc").join(pid.to_string()).exists()
    }

    #[tokio::test]
    async fn sockets_are_where_systemd_puts_them() {
        let bound = ["http", "https"].map(|name| (name, Arc::new(TcpListener::bind("127.0.0.1:0").unwrap())));
        let script =
            "test $LISTEN_PID = $$ && readlink /proc/$$/fd/3 /proc/$$/fd/4; echo $LISTEN_FDS $LISTEN_FDNAMES";
        let mut program = shell(script);
        let mut wanted = String::new();
        for (name, socket) in bound {
            wanted.push_str(&format!(
                "{}\n",
                std::fs::read_link(format!("/proc/self/fd/{}", socket.as_raw_fd())).unwrap().display()
            ));
            program = program.socket(name, socket);
        }
        wanted.push_str("2 http:https\n");
        let output = program.run("").await.unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), wanted, "{output:?}");
    }

    #[tokio::test]
    async fn commands_get_their_input() {
        let output = shell("read line; echo got $line; exit 2").run("a secret\n").await.unwrap();
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(2), &b"got a secret\n"[..]));
    }
}
