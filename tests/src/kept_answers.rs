//! Keeps each answer, so that two commits can be compared: `CLEANTRACK_KEEP_ANSWERS=FOLDER cargo test` writes one file for
//! each test, with its requests in order. Ids, times and signatures differ in each run; the comparison masks them.

use std::io::Write as _;
use std::path::PathBuf;

use http::HeaderMap;

pub(crate) fn keep_answer(request: &str, status: u16, headers: &HeaderMap, body: &[u8]) {
    let Some(folder) = std::env::var_os("CLEANTRACK_KEEP_ANSWERS") else { return };
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("unnamed").replace("::", ".");
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value.as_bytes())))
        .collect();
    lines.sort_unstable();
    let head = format!("\n=== {request}\n{status}\n{}\n\n", lines.join("\n"));
    let path = PathBuf::from(folder).join(test);
    let file = std::fs::File::options().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(&[head.as_bytes(), body].concat())).expect("the answer is kept");
}
