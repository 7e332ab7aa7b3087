//! A running box, and what the kernel says of it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::card::Shim;
use super::{Failed, facility, float};

/// CPU of a second in which a box does nothing but wait, at most.
const IDLE_MS: f64 = 50.0;

/// A program that says on its first line where it listens, and ends with the bench.
pub(crate) struct ChildServer {
    child: Child,
    pub(crate) address: String,
}

impl Drop for ChildServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl ChildServer {
    pub(crate) fn start(mut command: Command) -> Result<Self, Failed> {
        let mut child = command.stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut address)?;
        Ok(Self { child, address: address.trim().to_owned() })
    }
}

pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
    pub(crate) https: String,
    pub(crate) ca: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) items: usize,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself; nothing of it is needed any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(dir: &Path, items: usize, shim: Option<(&Shim, u32)>) -> Result<Self, Failed> {
        Self::start_with_history(dir, (items, 2), shim)
    }

    pub(crate) fn start_with_history(
        dir: &Path,
        (items, history): (usize, usize),
        shim: Option<(&Shim, u32)>,
    ) -> Result<Self, Failed> {
        std::fs::create_dir_all(dir)?;
        facility::seed(&dir.join("box"), (items, history))?;
        let running = Self::start_on(dir, items, shim)?;
        // The ballast is written while nobody waits: let it be whole before anything is measured.
        while !running.data.join("ballast").metadata().is_ok_and(|m| m.len() >= 64 << 20) {
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(running)
    }

    /// Starts a box whose data folder, `box` in `dir`, is there; returns once it says where it listens.
    pub(crate) fn start_on(dir: &Path, items: usize, shim: Option<(&Shim, u32)>) -> Result<Self, Failed> {
        let data = dir.join("box");
        let settings = dir.join("box.toml");
        std::fs::write(
            &settings,
            format!(
                "data = {data:?}\nlog = \"warn\"\n[http]\nlisten = \"127.0.0.1:0\"\n[https]\nlisten = \"127.0.0.1:0\"\n\
                 [limits]\nsubmits_per_address = 0\nconnections_per_address = 0\n"
            ),
        )?;
        let mut command = Command::new(env!("CARGO_BIN_EXE_cleantrack-appliance"));
        command.arg("--config").arg(&settings).stdout(Stdio::piped());
        // As its unit starts it.
        command.env("MALLOC_ARENA_MAX", "2");
        if let Some((shim, delay_us)) = shim {
            shim.load(&mut command, delay_us);
        }
        let mut child = command.spawn()?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let line: serde_json::Value = serde_json::from_str(&line)?;
        let address =
            line["http"].as_str().and_then(|url| url.strip_prefix("http://")).ok_or("no address")?;
        let https = line["https"].as_str().ok_or("no address by HTTPS")?.to_owned();
        let ca = line["ca"].as_str().ok_or("no authority")?.into();
        Ok(Self { child, address: address.to_owned(), https, ca, data, items })
    }

    fn proc(&self, file: &str) -> Result<String, Failed> {
        Ok(std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id()))?)
    }

    fn figure(&self, file: &str, name: &str) -> Result<u64, Failed> {
        let text = self.proc(file)?;
        let line = text.lines().find_map(|line| line.strip_prefix(name)).ok_or("no such figure")?;
        Ok(line.split_whitespace().next().ok_or("no figure")?.parse()?)
    }

    /// Bytes that it gave to the disk. The store writes in pieces of one page, else a page cache with large folios counts
    /// the whole folio for each small write.
    pub(crate) fn written(&self) -> Result<u64, Failed> {
        self.figure("io", "write_bytes:")
    }

    pub(crate) fn own_memory(&self) -> Result<f64, Failed> {
        Ok(float(self.figure("status", "RssAnon:")?) / 1024.0)
    }

    /// Memory that it has in all, its program included, MiB.
    pub(crate) fn resident_memory(&self) -> Result<f64, Failed> {
        Ok(float(self.figure("status", "VmRSS:")?) / 1024.0)
    }

    /// The most memory that it had at any time, its program included, MiB.
    pub(crate) fn peak_memory(&self) -> Result<f64, Failed> {
        Ok(float(self.figure("status", "VmHWM:")?) / 1024.0)
    }

    /// From now on the most is counted anew (`proc_pid_clear_refs(5)`).
    pub(crate) fn forget_peak(&self) -> Result<(), Failed> {
        Ok(std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?)
    }

    /// The same of the process that opens a photo at this moment; 0 where there is none. One that has just been made is still
    /// the box itself, and counts once it runs its own command.
    pub(crate) fn photo_child_memory(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten();
        let children =
            tasks.flatten().filter_map(|task| std::fs::read_to_string(task.path().join("children")).ok());
        let peaks =
            children.flat_map(|all| all.split_whitespace().filter_map(read_peak_kb).collect::<Vec<_>>());
        float(peaks.max().unwrap_or(0)) / 1024.0
    }

    pub(crate) fn read_token(&self) -> Result<String, Failed> {
        let made = Command::new(env!("CARGO_BIN_EXE_cleantrack-appliance"))
            .arg("--data")
            .arg(&self.data)
            .args(["token", "create", "bench", "--scope", "read", "--days", "1"])
            .output()?;
        let text = String::from_utf8(made.stdout)?;
        let token = text.split_whitespace().find(|word| word.starts_with("ct_"));
        Ok(token.ok_or_else(|| format!("no token: {text}"))?.to_owned())
    }

    /// Waits until it has done what only its first start on a made-up log has to do, such as to look through all of it for photos.
    pub(crate) fn settle(&self) -> Result<(), Failed> {
        let mut before = self.cpu_ms()?;
        loop {
            std::thread::sleep(Duration::from_secs(1));
            let now = self.cpu_ms()?;
            if now - before < IDLE_MS {
                return Ok(());
            }
            before = now;
        }
    }

    /// User and system time of all its threads, milliseconds.
    pub(crate) fn cpu_ms(&self) -> Result<f64, Failed> {
        let mut ns = 0;
        // A tick of `stat` is 10 ms; here it is counted to the nanosecond.
        for task in std::fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            let spent = std::fs::read_to_string(task?.path().join("schedstat"))?;
            ns += spent.split(' ').next().ok_or("no time")?.parse::<u64>()? / 1_000;
        }
        Ok(float(ns) / 1_000.0)
    }
}

fn read_peak_kb(child: &str) -> Option<u64> {
    let command = std::fs::read(format!("/proc/{child}/cmdline")).ok()?;
    let of_photo = appliance::photo::CHILD_SUBCOMMAND.as_bytes();
    command.split(|byte| *byte == 0).find(|word| *word == of_photo)?;
    let status = std::fs::read_to_string(format!("/proc/{child}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok()
}
