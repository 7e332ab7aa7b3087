//! Connections and their limits: an accept loop for programs that strangers can reach.
//!
//! Connections are bounded, together and for each network; when there is no place, one that keeps the program waiting
//! is evicted, a silent one first ([`ConnectionTable`]). Every phase has a time limit that begins with what the client
//! did last, the first with the accepted socket, before the protocol is known. TLS is replaced while it runs. A client
//! that is refused in the middle of sending can read why. The listener ends within seconds.

mod accept;
mod body;
mod connection_table;
mod connections;
mod heads;
mod serve;
mod stream;

pub use self::accept::{
    Caller, ConnectionIntroduction, Listener, ListenerConfig, NamedHost, PeerAddress, TlsInfo,
};
pub use self::body::{UploadError, UploadTimeouts};
pub use self::connections::{ConnectionLimits, ConnectionTable};
