//! Which addresses are of the internet: an address of anything nearer is nobody's to name.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;

/// Networks of IPv4 that are not of the internet at large (RFC 6890 and its registry), or lead elsewhere: first address, bits.
const NEAR_V4: [([u8; 4], u32); 17] = [
    ([0, 0, 0, 0], 8),       // this host
    ([10, 0, 0, 0], 8),      // private
    ([100, 64, 0, 0], 10),   // carriers' own
    ([127, 0, 0, 0], 8),     // loopback
    ([169, 254, 0, 0], 16),  // link-local, and clouds' metadata
    ([172, 16, 0, 0], 12),   // private
    ([192, 0, 0, 0], 24),    // protocol assignments
    ([192, 0, 2, 0], 24),    // documentation
    ([192, 31, 196, 0], 24), // AS112
    ([192, 52, 193, 0], 24), // AMT
    ([192, 88, 99, 0], 24),  // 6to4 relays
    ([192, 168, 0, 0], 16),  // private
    ([192, 175, 48, 0], 24), // AS112
    ([198, 18, 0, 0], 15),   // benchmarking
    ([198, 51, 100, 0], 24), // documentation
    ([203, 0, 113, 0], 24),  // documentation
    ([224, 0, 0, 0], 3),     // multicast, reserved, broadcast
];

/// The same within 2000::/3; outside of it no address of IPv6 is of the internet: loopback, mapped and translated IPv4, ULA,
/// link-local, multicast.
const NEAR_V6: [([u16; 3], u32); 6] = [
    ([0x2001, 0, 0], 23),           // protocol assignments: Teredo, benchmarking, ORCHID
    ([0x2001, 0x0db8, 0], 32),      // documentation
    ([0x2002, 0, 0], 16),           // 6to4: an IPv4 address within
    ([0x2620, 0x004f, 0x8000], 48), // AS112
    ([0x3ffe, 0, 0], 16),           // 6bone
    ([0x3fff, 0, 0], 20),           // documentation
];

pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !NEAR_V4.iter().any(|(first, bits)| is_within_v4(address, *first, *bits)),
        IpAddr::V6(address) => {
            address.segments()[0] & 0xe000 == 0x2000
                && !NEAR_V6.iter().any(|(first, bits)| is_within_v6(address, *first, *bits))
        }
    }
}

fn is_within_v4(address: Ipv4Addr, first: [u8; 4], bits: u32) -> bool {
    let mask = u32::MAX << (32 - bits);
    address.to_bits() & mask == u32::from_be_bytes(first)
}

fn is_within_v6(address: Ipv6Addr, [a, b, c]: [u16; 3], bits: u32) -> bool {
    let mask = u128::MAX << (128 - bits);
    address.to_bits() & mask == Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0).to_bits()
}

#[derive(Debug, Clone, Default)]
pub(super) struct AddressRule {
    /// Networks that the operator lets it ask beside the internet.
    pub(super) allow: Vec<IpNet>,
}

impl AddressRule {
    /// Whether the operator named its network.
    pub(super) fn is_named(&self, address: IpAddr) -> bool {
        self.allow.iter().any(|network| network.contains(&address))
    }

    pub(super) fn permits(&self, address: IpAddr) -> bool {
        is_public(address) || self.is_named(address)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    const PUBLIC: &str = "1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 \
        128.0.0.0 169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.0 192.0.3.0 \
        192.167.255.255 192.169.0.0 198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 \
        223.255.255.255 2001:200::1 2001:4860:4860::8888 2606:4700::1111 2a00:1450::1 3ff0::1";
    const NEAR: &str = "0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 \
        127.255.255.254 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.8 192.0.2.1 \
        192.88.99.1 192.168.0.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 \
        239.255.255.255 240.0.0.1 255.255.255.255 :: ::1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 \
        ::127.0.0.1 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1 2001::1 2001:2::1 \
        2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1 3fff::1 5f00::1 \
        fc00::1 fd12:3456::1 fe80::1 fec0::1 ff02::1";

    #[test]
    fn only_addresses_of_the_internet_are_public() {
        for public in PUBLIC.split(' ') {
            assert!(is_public(address(public)), "{public}");
        }
        for near in NEAR.split(' ') {
            assert!(!is_public(address(near)), "{near}");
        }
    }

    proptest! {
        #[test]
        fn what_the_standard_library_calls_near_is_not_public(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let is_near = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!is_near || !is_public(v4.into()), "{}", v4);
            for inside in [v4.to_ipv6_mapped(), v4.to_ipv6_compatible()] {
                prop_assert!(!is_public(inside.into()), "{}", inside);
            }
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            for inside in [
                Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
                Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
                Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            ] {
                prop_assert!(!is_public(inside.into()), "{}", inside);
            }
        }

        #[test]
        fn the_same_of_ipv6(bits: u128) {
            let v6 = Ipv6Addr::from_bits(bits);
            let is_near = v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast()
                || v6.is_loopback() || v6.is_unspecified();
            prop_assert!(!is_near || !is_public(v6.into()), "{}", v6);
        }
    }

    #[test]
    fn the_operator_lets_further_networks() {
        let rule = AddressRule { allow: vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()] };
        for (near, is_named) in
            [("127.0.0.1", true), ("fd00::1", true), ("10.0.0.1", false), ("8.8.8.8", false)]
        {
            assert_eq!(rule.is_named(address(near)), is_named, "{near}");
        }
        assert!(rule.permits(address("8.8.8.8")) && rule.permits(address("127.0.0.1")));
        assert!(!rule.permits(address("::ffff:127.0.0.1")), "another way to write it is another network");
        assert!(!AddressRule::default().permits(address("127.0.0.1")));
    }
}
