//! The box's HTTP listeners are those that every program of ours uses; the other modules use them by this name.

pub use service::listener::{
    ConnectionLimits, ConnectionTable, Listener, ListenerConfig, PeerAddress, TlsInfo, UploadError,
};
