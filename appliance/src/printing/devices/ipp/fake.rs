//! A print queue for tests: stores what it is given, reports the states that a test sets, and loses answers on command.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::JoinHandle;

/// An attribute: tag, name, value.
pub(crate) type FakeAttribute<'a> = (u8, &'a str, &'a [u8]);

pub(crate) fn answer(status: u16, groups: &[(u8, &[FakeAttribute<'_>])]) -> Vec<u8> {
    let mut bytes = vec![1, 1];
    bytes.extend_from_slice(&status.to_be_bytes());
    bytes.extend_from_slice(&[0, 0, 0, 1, 1]);
    put(&mut bytes, &(0x47, "attributes-charset", b"utf-8"));
    for (group, reported) in groups {
        if *group != 1 {
            bytes.push(*group);
        }
        reported.iter().for_each(|attribute| put(&mut bytes, attribute));
    }
    bytes.push(3);
    bytes
}

fn put(bytes: &mut Vec<u8>, (tag, name, value): &FakeAttribute<'_>) {
    bytes.push(*tag);
    bytes.extend_from_slice(&(name.len() as u16).to_be_bytes());
    bytes.extend_from_slice(name.as_bytes());
    bytes.extend_from_slice(&(value.len() as u16).to_be_bytes());
    bytes.extend_from_slice(value);
}

pub(crate) fn printer(state: u8, reasons: &[&str]) -> Vec<u8> {
    queue(state, reasons, &["iso_a4_210x297mm"], "", "HP LaserJet M428")
}

/// The same, with the papers in its trays and the printer behind it.
fn queue(state: u8, reasons: &[&str], media: &[&str], device: &str, model: &str) -> Vec<u8> {
    let state = [0, 0, 0, state];
    let mut reported: Vec<FakeAttribute<'_>> = vec![(0x23, "printer-state", &state)];
    for (n, reason) in reasons.iter().enumerate() {
        reported.push((0x44, if n == 0 { "printer-state-reasons" } else { "" }, reason.as_bytes()));
    }
    reported.push((0x22, "printer-is-accepting-jobs", &[1]));
    reported.push((0x35, "printer-state-message", b"\x00\x02en\x00\x05Tray\x07"));
    reported.push((0x41, "printer-make-and-model", model.as_bytes()));
    reported.push((0x49, "document-format-supported", b"application/pdf"));
    reported.push((0x49, "", b"image/urf"));
    for (n, media) in media.iter().enumerate() {
        reported.push((0x44, if n == 0 { "media-ready" } else { "" }, media.as_bytes()));
    }
    if !device.is_empty() {
        reported.push((0x45, "device-uri", device.as_bytes()));
    }
    answer(0, &[(4, &reported)])
}

#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) number: i32,
    pub(crate) name: String,
    pub(crate) pdf: Vec<u8>,
    pub(crate) media: String,
    pub(crate) state: u8,
    pub(crate) begun: bool,
}

#[derive(Debug)]
pub(crate) struct Inside {
    pub(crate) documents: Vec<Document>,
    /// The job-state of what comes next; 9 is printed at once.
    pub(crate) next: u8,
    pub(crate) printer: (u8, Vec<&'static str>),
    /// Takes the next document and closes the connection without an answer.
    pub(crate) swallow: bool,
    pub(crate) dead: bool,
    /// The status of the next Print-Job, which is not taken.
    pub(crate) refuse: Option<u16>,
    pub(crate) numbers: i32,
    /// What is in its trays, and the printer behind it; empty: it is the printer.
    pub(crate) media: Vec<&'static str>,
    pub(crate) device: &'static str,
    pub(crate) model: &'static str,
    /// The status of each answer about documents, instead of an answer.
    pub(crate) busy: Option<u16>,
    /// Each request fails with this HTTP status.
    pub(crate) http: Option<&'static str>,
    /// So many times it does not take a document back.
    pub(crate) keeps: u32,
    pub(crate) requested: u32,
}

/// A queue on a free port of this machine.
pub(crate) struct FakeQueue {
    inside: Arc<(Mutex<Inside>, Condvar)>,
    port: u16,
    thread: Option<JoinHandle<()>>,
    stop: Arc<std::sync::atomic::AtomicBool>,
}

impl FakeQueue {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let inside = Inside {
            documents: Vec::new(),
            next: 9,
            printer: (3, vec!["none"]),
            swallow: false,
            dead: false,
            refuse: None,
            numbers: 0,
            media: vec!["na_letter_8.5x11in", "iso_a4_210x297mm"],
            device: "",
            model: "HP LaserJet M428",
            busy: None,
            http: None,
            keeps: 0,
            requested: 0,
        };
        let inside = Arc::new((Mutex::new(inside), Condvar::new()));
        let stop = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let (theirs, ended) = (inside.clone(), stop.clone());
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if ended.load(std::sync::atomic::Ordering::SeqCst) {
                    return;
                }
                serve(stream.unwrap(), &theirs);
            }
        });
        Self { inside, port, thread: Some(thread), stop }
    }

    pub(crate) fn address(&self) -> String {
        format!("ipp://127.0.0.1:{}/ipp/print", self.port)
    }

    pub(crate) fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.0.lock().unwrap()
    }

    /// Waits until it was asked so many times more.
    pub(crate) fn until_asked(&self, more: u32) {
        let inside = self.inside();
        let expected = inside.requested + more;
        let long = std::time::Duration::from_secs(60);
        let waited = self.inside.1.wait_timeout_while(inside, long, |i| i.requested < expected).unwrap();
        assert!(!waited.1.timed_out(), "nobody asks any more");
    }
}

impl Drop for FakeQueue {
    fn drop(&mut self) {
        self.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || std::thread::panicking(), "the queue fell over");
        }
    }
}

fn serve(mut stream: TcpStream, (inside, requested): &(Mutex<Inside>, Condvar)) {
    // A client that gave up has closed the connection.
    let Some(request) = request(&mut stream) else { return };
    let (answer, status) = {
        let mut inside = inside.lock().unwrap();
        inside.requested += 1;
        (reply(&request, &mut inside), inside.http.unwrap_or("200 OK"))
    };
    requested.notify_all();
    let Some(answer) = answer else { return };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/ipp\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    drop(stream.write_all(&[head.as_bytes(), &answer].concat()));
}

fn request(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    loop {
        if let Some(head) = bytes.windows(4).position(|w: &[u8]| w == b"\r\n\r\n") {
            let text = String::from_utf8_lossy(&bytes[..head]).to_ascii_lowercase();
            let length = text.split("content-length: ").nth(1)?.split("\r\n").next()?;
            if bytes.len() >= head + 4 + length.parse::<usize>().ok()? {
                return Some(bytes.split_off(head + 4));
            }
        }
        let mut piece = [0; 16_384];
        let n = stream.read(&mut piece).ok().filter(|n| *n > 0)?;
        bytes.extend_from_slice(&piece[..n]);
    }
}

fn value<'a>(request: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let marked = [&(name.len() as u16).to_be_bytes()[..], name.as_bytes()].concat();
    let at = request.windows(marked.len()).position(|w| w == marked)? + marked.len();
    let length = usize::from(u16::from_be_bytes([request[at], request[at + 1]]));
    request.get(at + 2..at + 2 + length)
}

/// `None`: closes the connection.
fn reply(request: &[u8], inside: &mut Inside) -> Option<Vec<u8>> {
    if inside.dead {
        return None;
    }
    let number = value(request, "job-id").and_then(|n| n.try_into().ok()).map(i32::from_be_bytes);
    match request[3] {
        0x0b => Some(queue(inside.printer.0, &inside.printer.1, &inside.media, inside.device, inside.model)),
        0x09 | 0x0a if inside.busy.is_some() => inside.busy.map(|status| answer(status, &[])),
        0x08 if inside.keeps > 0 => {
            inside.keeps -= 1;
            Some(answer(0x0507, &[]))
        }
        0x02 => print(request, inside),
        0x08 => {
            let found = inside.documents.iter_mut().find(|d| Some(d.number) == number && d.state < 7);
            let status = if found.is_some() { 0 } else { 0x0404 };
            found.into_iter().for_each(|document| document.state = 7);
            Some(answer(status, &[]))
        }
        0x09 => {
            let found: Vec<_> = inside.documents.iter().filter(|d| Some(d.number) == number).collect();
            Some(if found.is_empty() { answer(0x0406, &[]) } else { reported(&found) })
        }
        0x0a => {
            let done = value(request, "which-jobs") == Some(b"completed");
            let found: Vec<_> = inside.documents.iter().filter(|d| (d.state >= 7) == done).collect();
            Some(reported(&found))
        }
        _ => Some(answer(0x0501, &[])),
    }
}

fn print(request: &[u8], inside: &mut Inside) -> Option<Vec<u8>> {
    if let Some(status) = inside.refuse.take() {
        return Some(answer(status, &[(1, &[(0x41, "status-message", b"Come back later")])]));
    }
    inside.numbers += 1;
    let pdf = request.windows(4).position(|w| w == b"%PDF").map_or(&[][..], |at| &request[at..]);
    let name = String::from_utf8_lossy(value(request, "job-name")?).into_owned();
    let media = String::from_utf8_lossy(value(request, "media").unwrap_or_default()).into_owned();
    let (number, state) = (inside.numbers, inside.next);
    inside.documents.push(Document { number, name, pdf: pdf.to_vec(), media, state, begun: state > 4 });
    let swallowed = std::mem::take(&mut inside.swallow);
    (!swallowed).then(|| reported(&inside.documents.iter().rev().take(1).collect::<Vec<_>>()))
}

fn reported(documents: &[&Document]) -> Vec<u8> {
    let bytes: Vec<_> =
        documents.iter().map(|d| (d.number.to_be_bytes(), [0, 0, 0, d.state], d.begun)).collect();
    let groups: Vec<Vec<FakeAttribute<'_>>> = documents
        .iter()
        .zip(&bytes)
        .map(|(document, (number, state, begun))| {
            let at = if *begun {
                (0x21, "time-at-processing", &number[..])
            } else {
                (0x13, "time-at-processing", &[][..])
            };
            vec![
                (0x21, "job-id", &number[..]),
                (0x42, "job-name", document.name.as_bytes()),
                (0x23, "job-state", &state[..]),
                at,
            ]
        })
        .collect();
    let groups: Vec<_> = groups.iter().map(|group| (2, &group[..])).collect();
    answer(0, &groups)
}
