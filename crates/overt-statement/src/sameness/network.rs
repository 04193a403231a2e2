//! The part of an Internet address that is kept to notice many signatures from one place.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::fmt;

/// The network that an address is in: the first 24 bits of IPv4, the first 48 of IPv6, which is what a provider assigns to
/// one site (RFC 6177). The rest of the address is not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Network {
    /// Of 256 addresses.
    V4([u8; 3]),
    /// Of one site.
    V6([u16; 3]),
}

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        // An IPv4 address that was mapped into IPv6 by a proxy is itself.
        match address.to_canonical() {
            IpAddr::V4(address) => {
                let [a, b, c, _] = address.octets();
                Self::V4([a, b, c])
            }
            IpAddr::V6(address) => {
                let [a, b, c, ..] = address.segments();
                Self::V6([a, b, c])
            }
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::V4([a, b, c]) => write!(out, "{}/24", Ipv4Addr::new(a, b, c, 0)),
            Self::V6([a, b, c]) => write!(out, "{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0)),
        }
    }
}
