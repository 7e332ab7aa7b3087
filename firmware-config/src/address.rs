//! An address of the box's own, and which machines it reaches without a router.

use std::fmt;
use std::net::IpAddr;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StaticAddress {
    pub address: IpAddr,
    pub prefix: u8,
}

impl StaticAddress {
    pub(crate) fn is_reserved(self) -> bool {
        let IpAddr::V4(address) = self.address else { return false };
        let host = u32::MAX.checked_shr(u32::from(self.prefix)).unwrap_or(0);
        let own = address.to_bits() & host;
        self.prefix < 31 && (own == 0 || own == host)
    }

    /// Whether a machine of this address is reached without a router.
    pub fn reaches(self, other: IpAddr) -> bool {
        match (self.address, other) {
            (IpAddr::V4(a), IpAddr::V4(b)) => {
                let mask = u32::MAX.checked_shl(32 - u32::from(self.prefix)).unwrap_or(0);
                a != b && (a.to_bits() ^ b.to_bits()) & mask == 0
            }
            (IpAddr::V6(a), IpAddr::V6(b)) => {
                let mask = u128::MAX.checked_shl(128 - u32::from(self.prefix)).unwrap_or(0);
                a != b && (b.is_unicast_link_local() || (a.to_bits() ^ b.to_bits()) & mask == 0)
            }
            _ => false,
        }
    }
}

impl fmt::Display for StaticAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
