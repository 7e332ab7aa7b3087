//! Where a program listens, as a setting.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Where to listen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ListenAddress {
    /// Address and port; port 0 takes a free one.
    #[schemars(description = "")]
    pub listen: SocketAddr,
}

impl ListenAddress {
    /// On all addresses of the machine.
    pub fn any(port: u16) -> Self {
        Self { listen: SocketAddr::from(([0, 0, 0, 0], port)) }
    }

    /// Where only the machine itself comes.
    pub fn loopback(port: u16) -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], port)) }
    }
}
