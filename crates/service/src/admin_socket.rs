//! The administration socket: root's commands to a running program. It is in the data folder with mode 0600; one
//! command and one answer a connection, a line of JSON each: `{"done": …}` or `{"error": "…"}`.

use std::io;
use std::io::{BufRead as _, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex, Semaphore};

/// Its name in the data folder.
pub const ADMIN_SOCKET: &str = "admin.sock";
/// Bytes of a command: a claim file is the largest.
const COMMAND_BYTES_MAX: u64 = 128 * 1024;
/// Bytes of an answer: a list of many people or tokens.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
/// How long a command may take to arrive, and an answer to be taken.
const LINE_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// Connections at a time; more wait.
const CONNECTIONS_MAX: usize = 16;
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// What came of a command: what was asked for, or why it was not done, in words for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AdminAnswer<R> {
    /// Done.
    Done(R),
    /// Not done.
    Error(String),
}

/// Why a command did not reach the program, or its answer did not come back.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Nobody listens.
    #[error("nothing is running on {}", data.display())]
    NotRunning {
        /// The data folder.
        data: PathBuf,
    },
    /// The socket cannot be used.
    #[error("the socket {} cannot be used: {source}", path.display())]
    Socket {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// An answer that cannot be read.
    #[error("the answer of the running program cannot be read: {0}")]
    Answer(#[from] serde_json::Error),
}

/// The open socket; it is removed with this value, and commands that have not begun are not carried out.
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl AdminSocket {
    /// Opens the socket in `data` and replaces one of an ended process: the caller holds the folder.
    /// `handle_command` does one command after the other; silent connections delay no others.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open<C, R, F, Done>(data: &Path, handle_command: F) -> io::Result<Self>
    where
        C: DeserializeOwned + Send + 'static,
        R: Serialize + Send + 'static,
        F: Fn(C) -> Done + Send + Sync + 'static,
        Done: Future<Output = AdminAnswer<R>> + Send + 'static,
    {
        let path = data.join(ADMIN_SOCKET);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { path, task: tokio::spawn(serve_connection(listener, handle_command)) })
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        self.task.abort();
        // A file that stays is replaced at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve_connection<C, R, F, Done>(listener: UnixListener, handle_command: F)
where
    C: DeserializeOwned + Send + 'static,
    R: Serialize + Send + 'static,
    F: Fn(C) -> Done + Send + Sync + 'static,
    Done: Future<Output = AdminAnswer<R>> + Send + 'static,
{
    let (places, one_at_a_time) =
        (Arc::new(Semaphore::new(CONNECTIONS_MAX)), Arc::new(Mutex::new(handle_command)));
    let mut running = tokio::task::JoinSet::new();
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let handle_command = Arc::clone(&one_at_a_time);
                running.spawn(async move {
                    if let Err(error) = answer_command(stream, &handle_command).await {
                        tracing::info!(%error, "an administration command broke off");
                    }
                    drop(place);
                });
            }
            Err(error) => {
                tracing::warn!(%error, "the administration socket did not accept");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
        while running.try_join_next().is_some() {}
    }
}

async fn answer_command<C, R, F, Done>(stream: UnixStream, handle_command: &Mutex<F>) -> io::Result<()>
where
    C: DeserializeOwned,
    R: Serialize,
    F: Fn(C) -> Done,
    Done: Future<Output = AdminAnswer<R>>,
{
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    tokio::time::timeout(LINE_WITHIN, (&mut stream).take(COMMAND_BYTES_MAX).read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<C>(&line) {
        Ok(command) => handle_command.lock().await(command).await,
        // The line may hold a PIN or a password: the error names the place, never the text.
        Err(error) => AdminAnswer::Error(format!("the command cannot be read (column {})", error.column())),
    };
    let mut line = serde_json::to_vec(&answer)?;
    line.push(b'\n');
    tokio::time::timeout(LINE_WITHIN, stream.write_all(&line)).await?
}

/// Has the program that runs on `data` carry out a command, and waits for its answer. It blocks: for command lines.
///
/// # Errors
/// [`AskError`].
pub fn send_admin_command<C: Serialize, R: DeserializeOwned>(
    data: &Path,
    command: &C,
) -> Result<AdminAnswer<R>, AskError> {
    let path = data.join(ADMIN_SOCKET);
    let at = |source| AskError::Socket { path: path.clone(), source };
    let mut stream = match std::os::unix::net::UnixStream::connect(&path) {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Err(AskError::NotRunning { data: data.to_owned() });
        }
        Err(e) => return Err(at(e)),
    };
    stream.set_read_timeout(Some(ANSWER_WITHIN)).map_err(at)?;
    let mut line = serde_json::to_vec(command)?;
    line.push(b'\n');
    stream.write_all(&line).map_err(at)?;
    let mut answer = String::new();
    io::BufReader::new(stream.take(ANSWER_BYTES_MAX)).read_line(&mut answer).map_err(at)?;
    Ok(serde_json::from_str(&answer)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Serialize, Deserialize)]
    #[serde(tag = "do", rename_all = "kebab-case")]
    enum TestCommand {
        Double { number: u32 },
        Refuse { pin: String },
    }

    async fn handle_command(expected: TestCommand) -> AdminAnswer<u32> {
        match expected {
            TestCommand::Double { number } => AdminAnswer::Done(number * 2),
            TestCommand::Refuse { pin } => AdminAnswer::Error(format!("{} digits", pin.len())),
        }
    }

    async fn requested(data: &Path, expected: TestCommand) -> Result<AdminAnswer<u32>, AskError> {
        let data = data.to_owned();
        tokio::task::spawn_blocking(move || send_admin_command(&data, &expected)).await.unwrap()
    }

    #[tokio::test]
    async fn a_command_is_answered_while_others_say_nothing() {
        let dir = tempfile::tempdir().unwrap();
        assert!(matches!(
            requested(dir.path(), TestCommand::Double { number: 2 }).await,
            Err(AskError::NotRunning { .. })
        ));
        std::fs::write(dir.path().join(ADMIN_SOCKET), "left over").unwrap();
        let socket = AdminSocket::open(dir.path(), handle_command).unwrap();
        let mode = std::fs::metadata(dir.path().join(ADMIN_SOCKET)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let silent = UnixStream::connect(dir.path().join(ADMIN_SOCKET)).await.unwrap();
        assert_eq!(
            requested(dir.path(), TestCommand::Double { number: 2 }).await.unwrap(),
            AdminAnswer::Done(4)
        );
        let refused = requested(dir.path(), TestCommand::Refuse { pin: "1234".to_owned() }).await.unwrap();
        assert_eq!(refused, AdminAnswer::Error("4 digits".to_owned()));
        drop(silent);
        drop(socket);
        assert!(!dir.path().join(ADMIN_SOCKET).exists());
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_answered_without_its_text() {
        let dir = tempfile::tempdir().unwrap();
        let _socket = AdminSocket::open(dir.path(), handle_command).unwrap();
        let too_long = [b"{\"pin\":\"".to_vec(), vec![b'4'; 200_000], b"\"}\n".to_vec()].concat();
        for line in [&b"{\"do\":\"refuse\",\"pin\":4711}\n"[..], b"4711\n", b"\n", &too_long] {
            let mut stream =
                BufReader::new(UnixStream::connect(dir.path().join(ADMIN_SOCKET)).await.unwrap());
            // A command that is too long is answered before all of it was sent.
            let _ = stream.write_all(line).await;
            let mut answer = String::new();
            let _ = stream.read_line(&mut answer).await;
            assert!(!answer.contains("4711"), "{answer}");
            assert!(answer.is_empty() || answer.contains("cannot be read"), "{answer}");
        }
        assert_eq!(
            requested(dir.path(), TestCommand::Double { number: 1 }).await.unwrap(),
            AdminAnswer::Done(2)
        );
    }
}
