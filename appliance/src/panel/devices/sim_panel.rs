//! A socket in the data folder simulates lights and button: for tests, for the demo, and for development without hardware.
//!
//! A client reads one line for each change, such as `{"green":true,"amber":false,"red":false,"buzzer":false}`, the
//! present one first, and writes `down`, `up`, or `press 3200` for a press of so many milliseconds.

use std::fs::DirBuilder;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::fs::DirBuilderExt as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::panel::button::ButtonEdge;
use crate::panel::owner::EdgeSender;
use crate::panel::{BuzzerState, Panel, PanelError, PanelOutput};

/// The socket's name in the data folder.
pub const SIM_SOCKET: &str = "panel.sock";
const CLIENTS_MAX: usize = 8;
/// A client that does not read is disconnected.
const WRITE_MAX: Duration = Duration::from_millis(200);
const LINE_BYTES_MAX: u64 = 4_096;

pub struct SimPanel {
    path: PathBuf,
    shared: Arc<SimShared>,
    thread: Option<JoinHandle<()>>,
}

struct SimShared {
    state: Mutex<SimState>,
    edges: EdgeSender,
}

#[derive(Default)]
struct SimState {
    output: PanelOutput,
    clients: Vec<UnixStream>,
    ended: bool,
}

impl SimPanel {
    /// Listens in this folder.
    ///
    /// # Errors
    /// The socket cannot be had, or another box has it.
    pub fn open(data: &Path, edges: EdgeSender) -> Result<Self, PanelError> {
        let path = data.join(SIM_SOCKET);
        // The panel is there before the log, which makes the same folder.
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)
            .map_err(|source| fail_socket(&path, source))?;
        if UnixStream::connect(&path).is_ok() {
            return Err(fail_socket(&path, std::io::ErrorKind::AddrInUse.into()));
        }
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(fail_socket(&path, error));
            }
            _ => {}
        }
        let listener = UnixListener::bind(&path).map_err(|source| fail_socket(&path, source))?;
        let shared = Arc::new(SimShared { state: Mutex::default(), edges });
        let serving = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("panel-sim".into())
            .spawn(move || serve_clients(&listener, &serving))
            .map_err(PanelError::Thread)?;
        Ok(Self { path, shared, thread: Some(thread) })
    }
}

fn fail_socket(path: &Path, source: std::io::Error) -> PanelError {
    PanelError::Socket { path: path.to_owned(), source }
}

impl SimShared {
    fn lock(&self) -> MutexGuard<'_, SimState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Panel for SimPanel {
    fn show(&mut self, output: PanelOutput) -> Result<(), PanelError> {
        let mut state = self.shared.lock();
        state.output = output;
        let line = output_line(output);
        state.clients.retain_mut(|client| client.write_all(line.as_bytes()).is_ok());
        Ok(())
    }
}

impl Drop for SimPanel {
    fn drop(&mut self) {
        let mut state = self.shared.lock();
        state.ended = true;
        for client in state.clients.drain(..) {
            // A client that has disconnected already needs no notice.
            let _ = client.shutdown(Shutdown::Both);
        }
        drop(state);
        // Wakes the thread that waits for the next client.
        let woken = UnixStream::connect(&self.path).is_ok();
        if let Some(thread) = self.thread.take().filter(|_| woken)
            && thread.join().is_err()
        {
            tracing::error!("the thread of the simulated panel panicked");
        }
        let _ = std::fs::remove_file(&self.path);
    }
}

fn output_line(output: PanelOutput) -> String {
    let PanelOutput { lights, buzzer } = output;
    let (green, amber, red) = (lights.green, lights.amber, lights.red);
    let buzzer = buzzer == BuzzerState::Sounding;
    format!("{{\"green\":{green},\"amber\":{amber},\"red\":{red},\"buzzer\":{buzzer}}}\n")
}

fn serve_clients(listener: &UnixListener, shared: &Arc<SimShared>) {
    for client in listener.incoming() {
        let mut state = shared.lock();
        if state.ended {
            return;
        }
        let Ok(mut client) = client else { continue };
        let (Ok(reader), Ok(())) = (client.try_clone(), client.set_write_timeout(Some(WRITE_MAX))) else {
            continue;
        };
        let is_shown = client.write_all(output_line(state.output).as_bytes()).is_ok();
        if !is_shown || state.clients.len() >= CLIENTS_MAX {
            continue;
        }
        let reading = Arc::clone(shared);
        let started = std::thread::Builder::new()
            .name("panel-sim-client".into())
            .spawn(move || read_client(reader, &reading.edges));
        if started.is_ok() {
            state.clients.push(client);
        }
    }
}

/// Reads what somebody does to the button. Presses by length come with times of their own: nobody waits for them.
fn read_client(client: UnixStream, edges: &EdgeSender) {
    let mut lines = BufReader::new(client);
    let mut line = String::new();
    let begun = std::time::Instant::now();
    loop {
        line.clear();
        match lines.by_ref().take(LINE_BYTES_MAX).read_line(&mut line) {
            Ok(1..) => {}
            _ => return,
        }
        let at = std::time::Instant::now().duration_since(begun);
        match read_command(line.trim()) {
            Some(SimCommand::Down) => edges.report_edge(ButtonEdge::Down(at)),
            Some(SimCommand::Up) => edges.report_edge(ButtonEdge::Up(at)),
            Some(SimCommand::Press(held)) => {
                edges.report_edge(ButtonEdge::Down(at));
                edges.report_edge(ButtonEdge::Up(at.saturating_add(held)));
            }
            None => tracing::warn!("the simulated panel was sent a line that means nothing"),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SimCommand {
    Down,
    Up,
    Press(Duration),
}

fn read_command(line: &str) -> Option<SimCommand> {
    match line.split_once(' ') {
        None if line == "down" => Some(SimCommand::Down),
        None if line == "up" => Some(SimCommand::Up),
        Some(("press", ms)) => Some(SimCommand::Press(Duration::from_millis(ms.parse().ok()?))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::panel::owner::{PanelChannel, PanelMessage, panel_channel};
    use crate::panel::{PanelLights, button};

    const GREEN: PanelLights = PanelLights { green: true, ..PanelLights::OFF };

    #[test]
    fn who_connects_sees_the_lights_and_presses_the_button() {
        let dir = tempfile::tempdir().unwrap();
        let PanelChannel { edges, messages } = panel_channel();
        let mut panel = SimPanel::open(dir.path(), edges).unwrap();
        panel.show(PanelOutput { lights: GREEN, buzzer: BuzzerState::Silent }).unwrap();
        let mut client = UnixStream::connect(dir.path().join(SIM_SOCKET)).unwrap();
        let mut seen = BufReader::new(client.try_clone().unwrap()).lines();
        let green = "{\"green\":true,\"amber\":false,\"red\":false,\"buzzer\":false}";
        assert_eq!(seen.next().unwrap().unwrap(), green, "as it is now");
        client.write_all(b"nonsense\npress 3200\n").unwrap();
        let mut reader = button::ButtonReader::default();
        let presses = (0..2).filter_map(|_| match messages.recv().unwrap() {
            PanelMessage::Edge(edge) => reader.take_edge(edge),
            other => panic!("{other:?}"),
        });
        assert_eq!(presses.collect::<Vec<_>>(), [button::ButtonPress::Held]);
        panel.show(PanelOutput { lights: PanelLights::OFF, buzzer: BuzzerState::Sounding }).unwrap();
        let sounding = "{\"green\":false,\"amber\":false,\"red\":false,\"buzzer\":true}";
        assert_eq!(seen.next().unwrap().unwrap(), sounding);
        drop(panel);
        assert!(seen.next().is_none_or(|line| line.is_err()), "it hangs up");
        assert!(!dir.path().join(SIM_SOCKET).exists());
    }

    #[test]
    fn a_socket_that_somebody_has_is_not_taken_and_one_left_behind_is() {
        let dir = tempfile::tempdir().unwrap();
        let open = || SimPanel::open(dir.path(), panel_channel().edges);
        let first = open().unwrap();
        assert!(matches!(open(), Err(PanelError::Socket { .. })), "busy");
        drop(first);
        drop(UnixListener::bind(dir.path().join(SIM_SOCKET)).unwrap());
        open().unwrap();
        std::fs::create_dir(dir.path().join(SIM_SOCKET)).unwrap();
        assert!(matches!(open(), Err(PanelError::Socket { .. })), "a folder in its place");
        let new = dir.path().join("new");
        SimPanel::open(&new, panel_channel().edges).unwrap();
        assert!(new.is_dir(), "a box that starts for the first time has no folder yet");
    }
}
