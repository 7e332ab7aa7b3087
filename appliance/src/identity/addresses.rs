//! The box's own addresses in the building's network, as the kernel lists them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Every address of this machine that others can reach, loopback left out. Where the kernel reports nothing: none.
pub fn own_addresses() -> Vec<IpAddr> {
    let [v4, v6] = ["/proc/net/fib_trie", "/proc/net/if_inet6"]
        .map(|path| std::fs::read_to_string(path).unwrap_or_default());
    let mut all: Vec<IpAddr> = read_ipv4(&v4).into_iter().map(IpAddr::V4).collect();
    all.extend(read_ipv6(&v6).into_iter().map(IpAddr::V6));
    all.sort_unstable();
    all.dedup();
    all
}

/// An address line is followed by `/32 host LOCAL` when the address is the machine's own.
fn read_ipv4(trie: &str) -> Vec<Ipv4Addr> {
    let mut found = Vec::new();
    let mut last = None;
    for line in trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse::<Ipv4Addr>().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last.filter(|a| !a.is_loopback()));
        }
    }
    found
}

/// Global ones only: a link-local address needs an interface's name that no certificate can hold.
fn read_ipv6(list: &str) -> Vec<Ipv6Addr> {
    list.lines()
        .filter_map(|line: &str| {
            let mut words = line.split_whitespace();
            let (address, scope) = (words.next()?, words.nth(2)?);
            let address = u128::from_str_radix(address, 16).ok().map(Ipv6Addr::from)?;
            (scope == "00" && !address.is_loopback()).then_some(address)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_the_kernel_writes_them() {
        let trie = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     +-- 10.0.0.0/24 2 0 2\n        |-- 10.0.0.5\n           /32 host LOCAL\n        |-- 10.0.0.255\n           /32 link BROADCAST\n        |-- 127.0.0.1\n           /32 host LOCAL\n";
        assert_eq!(read_ipv4(trie), [Ipv4Addr::new(10, 0, 0, 5)]);
        let list = "fe800000000000000000000000000001 02 40 20 80     eth0\n20010db8000000000000000000000005 02 40 00 80     eth0\n00000000000000000000000000000001 01 80 10 80       lo\n";
        assert_eq!(read_ipv6(list), ["2001:db8::5".parse::<Ipv6Addr>().unwrap()]);
        assert!(read_ipv4("").is_empty() && read_ipv6("x\n").is_empty());
    }
}
