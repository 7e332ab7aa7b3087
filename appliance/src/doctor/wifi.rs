//! The wireless network: by `wpa_supplicant`'s own socket where it may be used, else by what the kernel shows.

use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::facts::WifiFact;
use super::machine::MachineRoot;

/// How long an answer may take: it comes from this very machine.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const ANSWER_BYTES_MAX: usize = 4_096;
/// So that each question has an address of its own to be answered at.
static QUESTIONS: AtomicU64 = AtomicU64::new(0);

/// Looks at the first radio.
pub fn read_wifi(root: &MachineRoot) -> WifiFact {
    const CARDS: &str = "sys/class/net";
    let cards = root.list_names(CARDS);
    let Some(card) = cards.iter().find(|name: &&String| {
        ["wireless", "phy80211"].iter().any(|part| root.join(&format!("{CARDS}/{name}/{part}")).exists())
    }) else {
        return WifiFact::Absent;
    };
    let socket = root.join(&format!("run/wpa_supplicant/{card}"));
    let state = root.read_text(&format!("{CARDS}/{card}/operstate")).unwrap_or_default();
    match ask_supplicant(&socket, "STATUS") {
        Some(status) => judge_status(&status, &socket, read_strength(root, card)),
        None if state == "up" => WifiFact::Joined { dbm: read_strength(root, card) },
        None if socket.exists() => WifiFact::Searching,
        None => WifiFact::Unused,
    }
}

/// What the supplicant says of itself: lines of `key=value`.
fn judge_status(status: &str, socket: &Path, dbm: Option<i64>) -> WifiFact {
    if find_value(status, "mode") == Some("AP") {
        return WifiFact::AccessPoint;
    }
    if find_value(status, "wpa_state") == Some("COMPLETED") {
        let polled = ask_supplicant(socket, "SIGNAL_POLL").and_then(|text| read_polled(&text));
        return WifiFact::Joined { dbm: polled.or(dbm) };
    }
    let networks = ask_supplicant(socket, "LIST_NETWORKS").unwrap_or_default();
    let refused = networks.lines().find(|line| line.contains("[TEMP-DISABLED]"));
    match refused.and_then(|line| line.split('\t').nth(1)) {
        // It sets a network aside whose handshake fails: the password is another one.
        Some(ssid) => WifiFact::WrongPassword { ssid: ssid.chars().filter(|c| !c.is_control()).collect() },
        None if networks.lines().count() <= 1 => WifiFact::Unused,
        None => WifiFact::Searching,
    }
}

fn find_value<'a>(status: &'a str, key: &str) -> Option<&'a str> {
    status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
}

fn read_polled(text: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix("RSSI="))?.trim().parse().ok()
}

/// The level in the kernel's table, its fourth word: ` wlan0: 0000   54.  -56.  -256`.
fn read_strength(root: &MachineRoot, card: &str) -> Option<i64> {
    let table = root.read_text("proc/net/wireless")?;
    let line = table
        .lines()
        .find_map(|line| line.trim_start().strip_prefix(&format!("{card}:")).map(str::to_owned))?;
    let level: i64 = line.split_whitespace().nth(2)?.trim_end_matches('.').parse().ok()?;
    (level < 0).then_some(level)
}

/// One question and its answer; nothing where the socket may not be used.
fn ask_supplicant(socket: &Path, question: &str) -> Option<String> {
    let number = QUESTIONS.fetch_add(1, Ordering::Relaxed);
    // A name without a file: an answer finds it from any mount namespace.
    let name = format!("cleantrack-doctor-{}-{number}", std::process::id());
    let own = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(name).ok()?).ok()?;
    own.set_read_timeout(Some(ANSWER_WITHIN)).ok()?;
    own.connect(socket).ok()?;
    own.send(question.as_bytes()).ok()?;
    let mut answer = [0; ANSWER_BYTES_MAX];
    let length = own.recv(&mut answer).ok()?;
    Some(String::from_utf8_lossy(answer.get(..length)?).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Radio {
        dir: tempfile::TempDir,
        answers: Option<std::thread::JoinHandle<()>>,
    }

    impl Radio {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            for folder in
                ["sys/class/net/wlan0/wireless", "sys/class/net/eth0", "run/wpa_supplicant", "proc/net"]
            {
                std::fs::create_dir_all(dir.path().join(folder)).unwrap();
            }
            let table = "Inter-| sta-|   Quality        |\n face | tus | link level noise |\n wlan0: 0000   54.  -56.  -256\n";
            std::fs::write(dir.path().join("proc/net/wireless"), table).unwrap();
            Self { dir, answers: None }
        }

        fn answering(mut self, answers: &'static [(&'static str, &'static str)]) -> Self {
            let socket = UnixDatagram::bind(self.dir.path().join("run/wpa_supplicant/wlan0")).unwrap();
            let serve = move || {
                for (question, answer) in answers {
                    let mut bytes = [0; 64];
                    let (length, from) = socket.recv_from(&mut bytes).unwrap();
                    assert_eq!(&bytes[..length], question.as_bytes());
                    socket.send_to_addr(answer.as_bytes(), &from).unwrap();
                }
            };
            self.answers = Some(std::thread::spawn(serve));
            self
        }

        fn look(self) -> WifiFact {
            let fact = read_wifi(&MachineRoot::at(self.dir.path()));
            self.answers.into_iter().for_each(|answers| answers.join().unwrap());
            fact
        }
    }

    #[test]
    fn a_supplicant_says_how_it_is() {
        const NETWORKS: &str = "network id / ssid / bssid / flags\n0\tWard\tany\t[TEMP-DISABLED]\n";
        let joined =
            [("STATUS", "wpa_state=COMPLETED\nssid=Ward\n"), ("SIGNAL_POLL", "RSSI=-61\nLINKSPEED=65\n")];
        assert_eq!(
            Radio::new().answering(Box::leak(Box::new(joined))).look(),
            WifiFact::Joined { dbm: Some(-61) }
        );
        let wrong = [("STATUS", "wpa_state=SCANNING\n"), ("LIST_NETWORKS", NETWORKS)];
        let ssid = "Ward".to_owned();
        assert_eq!(
            Radio::new().answering(Box::leak(Box::new(wrong))).look(),
            WifiFact::WrongPassword { ssid }
        );
        let far = [("STATUS", "wpa_state=SCANNING\n"), ("LIST_NETWORKS", "network id\n0\tWard\tany\t\n")];
        assert_eq!(Radio::new().answering(Box::leak(Box::new(far))).look(), WifiFact::Searching);
        let own = [("STATUS", "mode=AP\nwpa_state=COMPLETED\n")];
        assert_eq!(Radio::new().answering(Box::leak(Box::new(own))).look(), WifiFact::AccessPoint);
    }

    #[test]
    fn without_its_socket_the_kernel_says_what_it_can() {
        assert_eq!(Radio::new().look(), WifiFact::Unused);
        let radio = Radio::new();
        std::fs::write(radio.dir.path().join("sys/class/net/wlan0/operstate"), "up\n").unwrap();
        assert_eq!(radio.look(), WifiFact::Joined { dbm: Some(-56) });
        let empty = tempfile::tempdir().unwrap();
        assert_eq!(read_wifi(&MachineRoot::at(empty.path())), WifiFact::Absent);
    }
}
