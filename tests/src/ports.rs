//! Fixed ports on loopback for parts that are restarted on the same one.
//!
//! A port that the kernel handed out and got back is free for all: the next outgoing connection may use it. These are
//! below the kernel's range, and a process that takes one marks it for all others here, for as long as it lives.

use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::sync::{Mutex, PoisonError};

use service::random::{RandomSource, SystemRandom};

const LOWEST: u16 = 12_000;
const COUNT: u16 = 18_000;
const TRIES: usize = 200;

/// Held for the life of this process, as marks for other processes.
static TAKEN: Mutex<Vec<UnixListener>> = Mutex::new(Vec::new());

/// A port on which nobody listens and which no other process here took. It is this process's until it ends.
pub fn take_port() -> Result<u16, String> {
    let random: &dyn RandomSource = &SystemRandom;
    std::iter::repeat_with(|| LOWEST + u16::try_from(random.below(u64::from(COUNT))).unwrap_or(0))
        .take(TRIES)
        .find(|port| hold_port(*port) && TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| format!("no port is free between {LOWEST} and {}", LOWEST + COUNT))
}

/// Reserves a port known from an earlier process; false where somebody has it.
pub fn hold_port(port: u16) -> bool {
    let name = format!("cleantrack-tests/port/{port}");
    let held = SocketAddr::from_abstract_name(name).and_then(|name| UnixListener::bind_addr(&name));
    let held = held.map(|held| TAKEN.lock().unwrap_or_else(PoisonError::into_inner).push(held));
    held.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_outgoing_connection_leaves_from_a_taken_port() {
        let kernels = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").unwrap();
        let lowest: u16 = kernels.split_whitespace().next().unwrap().parse().unwrap();
        for _ in 0..100 {
            assert!(take_port().unwrap() < lowest);
        }
    }

    #[test]
    fn a_port_is_taken_once() {
        let port = take_port().unwrap();
        assert!(!hold_port(port), "it was given twice");
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    }
}
