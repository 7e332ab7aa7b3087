//! Where a secret could be left: pages, exports, the bundle, the log, every file, and the program's own output.

use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use record::tree::Hash;
use tracing::subscriber::DefaultGuard;

use crate::web::tests::staff::staff_pages::Desk;
use crate::web::tests::*;

#[derive(Clone, Default)]
struct LineBuffer(Arc<Mutex<Vec<u8>>>);

impl Write for LineBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

pub(in crate::web::tests) struct LogLines {
    lines: LineBuffer,
    _subscriber: DefaultGuard,
}

impl LogLines {
    pub(in crate::web::tests) fn collect() -> Self {
        let lines = LineBuffer::default();
        let writer = lines.clone();
        let subscriber = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE);
        let subscriber = subscriber.with_writer(move || writer.clone()).finish();
        Self { lines, _subscriber: tracing::subscriber::set_default(subscriber) }
    }

    pub(in crate::web::tests) fn bytes(&self) -> Vec<u8> {
        self.lines.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn list_files(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(list_files(&path)) } else { files.push(path) }
    }
    files
}

fn traces_of(secret: &str) -> [Vec<u8>; 3] {
    let hash = Hash::of(secret.as_bytes());
    [secret.as_bytes().to_vec(), hash.to_string().into_bytes(), hash.0.to_vec()]
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    part.is_empty() || bytes.windows(part.len()).any(|window| window == part)
}

#[derive(Default)]
pub(in crate::web::tests) struct Traces(Vec<(String, Vec<u8>)>);

impl Traces {
    pub(in crate::web::tests) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        self.0.push((name.to_owned(), bytes));
    }

    pub(in crate::web::tests) async fn add_bundle(&mut self, admin: &Desk<'_>) {
        let page = admin.get("/staff/box/bundle").await;
        let bundle = admin.post("/staff/box/bundle", &page.hidden("form"), &[]).await;
        for (name, bytes) in crate::bundle::read_zip(&bundle.is(200).bytes) {
            self.add(&format!("bundle {name}"), bytes);
        }
    }

    pub(in crate::web::tests) fn add_stored(&mut self, world: &World) {
        let reader = world.state.store.reader().unwrap();
        for entry in reader.entries(0..reader.size()) {
            self.add("an entry", entry.unwrap().as_str().as_bytes().to_vec());
        }
        for file in list_files(world.dir.path()) {
            self.add(&file.display().to_string(), std::fs::read(&file).unwrap());
        }
    }

    pub(in crate::web::tests) fn has(&self, name_end: &str, part: &[u8]) -> bool {
        self.0.iter().any(|(name, bytes)| name.ends_with(name_end) && holds(bytes, part))
    }

    pub(in crate::web::tests) fn lack(&self, secrets: &[&str]) {
        for (name, bytes) in &self.0 {
            for (number, secret) in secrets.iter().enumerate() {
                let is_there = traces_of(secret).iter().any(|trace| holds(bytes, trace));
                assert!(!is_there, "secret {number} is in {name}");
            }
        }
    }
}
