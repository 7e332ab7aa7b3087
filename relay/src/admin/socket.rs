//! The administration socket: in the data folder, mode 0600, one order and one answer a connection, a line of JSON each.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

use super::{Office, Order};

/// Its name in the data folder.
pub const SOCKET: &str = "admin.sock";
const LINE_BYTES_MAX: u64 = 64 * 1024;
/// A list of many people or tokens.
const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;
const ORDER_WITHIN: Duration = Duration::from_secs(10);
const ANSWER_WITHIN: Duration = Duration::from_secs(60);

/// The open socket; it is removed with this value.
#[derive(Debug)]
pub struct Socket {
    path: PathBuf,
    task: tokio::task::JoinHandle<()>,
}

impl Socket {
    /// Opens it; a left-over of a killed process is replaced.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn open(data: &Path, office: Office) -> io::Result<Self> {
        let path = data.join(SOCKET);
        match std::fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
            _ => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { path, task: tokio::spawn(serve(listener, office)) })
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.task.abort();
        // What stays is replaced at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn serve(listener: UnixListener, office: Office) {
    // One order at a time: it is a person or a script that waits.
    while let Ok((stream, _)) = listener.accept().await {
        if let Err(error) = one(stream, &office).await {
            tracing::info!(%error, "an order on the administration socket broke off");
        }
    }
}

async fn one(stream: UnixStream, office: &Office) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    tokio::time::timeout(ORDER_WITHIN, (&mut stream).take(LINE_BYTES_MAX).read_line(&mut line)).await??;
    let answer = match serde_json::from_str::<Order>(&line) {
        Err(error) => json!({"error": format!("the order cannot be read: {error}")}),
        Ok(order) => match office.carry_out(order).await {
            Ok(done) => json!({"done": done}),
            Err(error) => json!({"error": error.to_string()}),
        },
    };
    stream.write_all(format!("{answer}\n").as_bytes()).await
}

/// Asks a running relay. `None` where none runs on this data folder; else what it did, or why not.
///
/// # Errors
/// It runs and does not answer.
pub async fn ask(data: &Path, order: &Order) -> io::Result<Option<Result<Value, String>>> {
    let stream = match UnixStream::connect(data.join(SOCKET)).await {
        Ok(stream) => stream,
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused) => {
            return Ok(None);
        }
        Err(error) => return Err(error),
    };
    let mut stream = BufReader::new(stream);
    stream.write_all(format!("{}\n", serde_json::to_string(order)?).as_bytes()).await?;
    let mut line = String::new();
    tokio::time::timeout(ANSWER_WITHIN, stream.take(ANSWER_BYTES_MAX).read_line(&mut line)).await??;
    let mut answer: Value = serde_json::from_str(&line)?;
    Ok(Some(match answer.get_mut("done") {
        Some(done) => Ok(done.take()),
        None => Err(answer["error"].as_str().unwrap_or("the relay gave no reason").to_owned()),
    }))
}
