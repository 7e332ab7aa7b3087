//! The suite `systemd`: the box as a service. Sockets that systemd holds, packages of Debian, and the program for ARM under emulation.

mod activation;
mod cross;
mod packages;

use std::path::{Path, PathBuf};

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap()
}
