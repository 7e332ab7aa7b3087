//! What no store can do without: appending the same bytes and flushing them, and reading the same form.

use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::extract::{Form, Path as Segment};
use axum::response::Redirect;
use axum::routing::post;

use super::box_process::ChildServer;
use super::card::Shim;
use super::{Failed, Measured, SPAN, micros};

const FILE_BYTES: u64 = 64 << 20;

/// Runs [`append`] in a process of its own, under the shim where there is one.
pub(crate) fn floor(
    dir: &Path,
    threads: usize,
    bytes: u64,
    shim: Option<(&Shim, u32)>,
) -> Result<Measured, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("floor").arg(dir).args([threads.to_string(), bytes.to_string()]).stderr(Stdio::inherit());
    if let Some((shim, delay_us)) = shim {
        shim.load(&mut command, delay_us);
    }
    let reported = command.output()?;
    let took: Result<Vec<u32>, _> =
        String::from_utf8(reported.stdout)?.split_whitespace().map(str::parse).collect();
    Ok(Measured::new(took?, SPAN))
}

/// Threads that each append the bytes of one record to a prepared file and flush it; prints how long each took.
fn append(dir: &Path, threads: usize, bytes: usize) -> Result<(), Failed> {
    let path = dir.join("floor");
    let file = std::fs::File::create(&path)?;
    (0..FILE_BYTES / 4096).try_for_each(|page| file.write_all_at(&[0; 4096], page * 4096))?;
    file.sync_all()?;
    let at = AtomicU64::new(0);
    let until = Instant::now() + SPAN;
    let record = vec![7; bytes];
    let all: Vec<Vec<u32>> = std::thread::scope(|scope| {
        let running: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| append_records(&file, &record, &at, until))).collect();
        running.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    std::fs::remove_file(path)?;
    let all: Vec<String> = all.iter().flatten().map(u32::to_string).collect();
    println!("{}", all.join(" "));
    Ok(())
}

fn append_records(file: &std::fs::File, record: &[u8], at: &AtomicU64, until: Instant) -> Vec<u32> {
    let mut took = Vec::new();
    while Instant::now() < until {
        let place = at.fetch_add(record.len() as u64, Ordering::Relaxed) % (FILE_BYTES - 4096);
        let began = Instant::now();
        if file.write_all_at(record, place).is_err() || file.sync_data().is_err() {
            break;
        }
        took.push(micros(began));
    }
    took
}

/// Reads the form and stores nothing.
pub(crate) fn start_parser() -> Result<ChildServer, Failed> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("parse");
    ChildServer::start(command)
}

async fn parsed(Segment(tag): Segment<String>, Form(form): Form<Vec<(String, String)>>) -> Redirect {
    let bytes: usize = form.iter().map(|(name, value)| name.len() + value.len()).sum();
    Redirect::to(&format!("/r/{tag}-{bytes}"))
}

fn serve() -> Result<(), Failed> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        axum::serve(listener, axum::Router::new().route("/t/{tag}", post(parsed))).await?;
        Ok(())
    })
}

/// Where this process was started as a floor, that is all that it does.
pub(crate) fn is_floor() -> Result<bool, Failed> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["floor", dir, threads, bytes] => append(Path::new(dir), threads.parse()?, bytes.parse()?)?,
        ["parse"] => serve()?,
        _ => return Ok(false),
    }
    Ok(true)
}
