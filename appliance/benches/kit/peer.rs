//! The peer as a process: it is built when it is first asked for, beside what the product is built of.

use std::path::Path;
use std::process::Command;

use super::Failed;
use super::box_process::ChildServer;
use super::card::Shim;

/// Starts the peer on a folder, under the shim.
pub(crate) fn start_peer(dir: &Path, shim: &Shim, delay_us: u32) -> Result<ChildServer, Failed> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peer");
    let target = source.join("../../../target/peer");
    let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    build
        .args(["build", "--release", "--quiet", "--locked"])
        .current_dir(&source)
        .env("CARGO_TARGET_DIR", &target);
    if !build.status()?.success() {
        return Err("cargo did not build the peer".into());
    }
    std::fs::create_dir_all(dir)?;
    let mut command = Command::new(target.join("release/cleantrack-peer"));
    command.arg(dir);
    shim.load(&mut command, delay_us);
    ChildServer::start(command)
}
