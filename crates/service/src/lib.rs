//! What every long-running process of ours needs, written once for box and relay: the seams to time and chance
//! ([`clock`], [`random`]), how often somebody may call or try ([`limit`], [`attempts`]), who may hold a connection, and for how
//! long ([`listener`]), whom a balancer says that it speaks for ([`proxy_header`]), which sockets it finds at its start ([`activation`]), what the program is told ([`settings`]), root's way into the running one ([`admin_socket`]), what it writes
//! to its log ([`logging`]), what it and systemd tell each other ([`process`]) and how it ends ([`exit`]).

pub mod activation;
pub mod admin_socket;
pub mod attempts;
pub mod clock;
pub mod exit;
pub mod limit;
pub mod listener;
pub mod logging;
pub mod process;
pub mod proxy_header;
pub mod random;
pub mod settings;
