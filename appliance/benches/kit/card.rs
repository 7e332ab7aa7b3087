//! A card emulated by `slow_flush.c`, loaded in front of the C library: every flush takes longer, and is counted.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Failed;

/// What the card that is emulated adds to each flush.
pub(crate) const CARD_US: u32 = 8_000;

pub(crate) struct Shim {
    shim: PathBuf,
    count: PathBuf,
}

impl Shim {
    pub(crate) fn make(dir: &Path) -> Result<Self, Failed> {
        let shim = dir.join("libslow_flush.so");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/slow_flush.c");
        let made = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(&shim)
            .arg(source)
            .arg("-ldl")
            .status()?;
        if !made.success() {
            return Err("cc did not make the shim".into());
        }
        let count = dir.join("flushes");
        std::fs::write(&count, [0; 8])?;
        Ok(Self { shim, count })
    }

    pub(crate) fn load(&self, command: &mut Command, delay_us: u32) {
        command
            .env("LD_PRELOAD", &self.shim)
            .env("SLOW_FLUSH_US", delay_us.to_string())
            .env("SLOW_FLUSH_COUNT", &self.count);
    }

    /// Flushes so far, of all programs that it was loaded into.
    pub(crate) fn flushes(&self) -> Result<u64, Failed> {
        let bytes: [u8; 8] = std::fs::read(&self.count)?.as_slice().try_into()?;
        Ok(u64::from_ne_bytes(bytes))
    }
}
