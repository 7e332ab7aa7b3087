//! Sockets that systemd holds for a program: clients that connect while it restarts wait in their queue, and none is
//! refused.

use std::collections::BTreeMap;
use std::io;
use std::net::TcpListener;
use std::process::Command;

use listenfd::ListenFd;
use rustix::io::{FdFlags, fcntl_setfd};
use rustix::net::sockopt::socket_acceptconn;

/// More than one for each address of a machine: a larger number is a mistake.
const SOCKETS_MAX: usize = 32;

/// Why the sockets of a start are of no use. Nothing was started.
#[derive(Debug, thiserror::Error)]
pub enum ActivationError {
    /// `LISTEN_FDS` is no number of sockets.
    #[error(
        "LISTEN_FDS={value:?} is no number of sockets from 0 to {SOCKETS_MAX}. Nothing was started; start the program by its \
         socket units, or without LISTEN_FDS and it binds its own addresses"
    )]
    Count {
        /// What it is.
        value: String,
    },
    /// There is not one name for each socket.
    #[error(
        "{sockets} sockets came with {names} names. Nothing was started; each socket unit needs FileDescriptorName= with one of: \
         {known}"
    )]
    NameCount {
        /// How many sockets there are.
        sockets: usize,
        /// How many names.
        names: usize,
        /// The names that mean something, with commas.
        known: String,
    },
    /// A name that means nothing.
    #[error(
        "a socket came with the name {name:?}, which means nothing here. Nothing was started; its unit needs FileDescriptorName= \
         with one of: {known}"
    )]
    UnknownName {
        /// What it is called.
        name: String,
        /// The names that mean something, with commas.
        known: String,
    },
    /// It is no TCP socket that listens.
    #[error(
        "the socket {name:?} does not take TCP connections ({why}). Nothing was started; its unit needs ListenStream= with a port \
         or an address, and Accept=no"
    )]
    Kind {
        /// What it is called.
        name: String,
        /// What is wrong with it.
        why: String,
    },
}

/// The sockets of this start, by name. They stay open as long as this does, so that a program that replaces
/// itself (`exec`) finds them again.
#[derive(Debug, Default)]
pub struct ActivatedSockets {
    /// In the order of their descriptors, from 3 on.
    sockets: Vec<(String, TcpListener)>,
}

impl ActivatedSockets {
    /// Takes what `LISTEN_FDS` counts and `LISTEN_FDNAMES` names, if `LISTEN_PID` is this process; none
    /// otherwise. To be called before anything else opens a file or starts a thread.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn take(
        environment: &BTreeMap<String, String>,
        known: &[&'static str],
    ) -> Result<Self, ActivationError> {
        let own = std::process::id().to_string();
        let (Some(pid), Some(value)) = (environment.get("LISTEN_PID"), environment.get("LISTEN_FDS")) else {
            return Ok(Self::default());
        };
        if *pid != own {
            return Ok(Self::default());
        }
        let count = value.parse::<usize>().ok().filter(|count| *count <= SOCKETS_MAX);
        let count = count.ok_or_else(|| ActivationError::Count { value: value.clone() })?;
        let names = environment.get("LISTEN_FDNAMES").filter(|names| !names.is_empty());
        let names: Vec<&str> = names.map(|names| names.split(':').collect()).unwrap_or_default();
        if names.len() != count {
            let known = known.join(", ");
            return Err(ActivationError::NameCount { sockets: count, names: names.len(), known });
        }
        if let Some(name) = names.iter().find(|name| !known.contains(*name)) {
            let (name, known) = ((*name).to_owned(), known.join(", "));
            return Err(ActivationError::UnknownName { name, known });
        }
        let mut from_start = ListenFd::from_env();
        let sockets = names.iter().enumerate().map(|(at, name)| match take_listener(&mut from_start, at) {
            Ok(socket) => Ok(((*name).to_owned(), socket)),
            Err(why) => Err(ActivationError::Kind { name: (*name).to_owned(), why: why.to_string() }),
        });
        Ok(Self { sockets: sockets.collect::<Result<_, _>>()? })
    }

    /// Second handles to all sockets of this name; none where the program has to bind its own.
    ///
    /// # Errors
    /// The operating system's.
    pub fn listeners(&self, name: &str) -> io::Result<Vec<TcpListener>> {
        let named = self.sockets.iter().filter(|(own, _)| own == name);
        let second = named.map(|(_, socket)| {
            let socket = socket.try_clone()?;
            socket.set_nonblocking(true)?;
            Ok(socket)
        });
        second.collect()
    }

    /// What they are called, in the order of their descriptors.
    pub fn names(&self) -> Vec<&str> {
        self.sockets.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// Lets a command that takes this process's place (`exec`) have the sockets as this program had them.
    ///
    /// # Errors
    /// The operating system's.
    pub fn keep_for(&self, command: &mut Command) -> io::Result<()> {
        if self.sockets.is_empty() {
            return Ok(());
        }
        for (_, socket) in &self.sockets {
            fcntl_setfd(socket, FdFlags::empty())?;
        }
        let names = self.names();
        command
            .env("LISTEN_PID", std::process::id().to_string())
            .env("LISTEN_FDS", names.len().to_string())
            .env("LISTEN_FDNAMES", names.join(":"));
        Ok(())
    }
}

fn take_listener(from_start: &mut ListenFd, at: usize) -> io::Result<TcpListener> {
    let taken = from_start.take_tcp_listener(at)?;
    let socket = taken.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is none"))?;
    match socket_acceptconn(&socket)? {
        true => Ok(socket),
        false => Err(io::Error::new(io::ErrorKind::InvalidInput, "it does not listen")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["http", "https"];

    fn take(pid: &str, fds: &str, names: Option<&str>) -> Result<ActivatedSockets, ActivationError> {
        let mut environment =
            BTreeMap::from([("LISTEN_PID".into(), pid.to_owned()), ("LISTEN_FDS".into(), fds.to_owned())]);
        environment.extend(names.map(|names| ("LISTEN_FDNAMES".to_owned(), names.to_owned())));
        ActivatedSockets::take(&environment, KNOWN)
    }

    #[test]
    fn what_is_not_meant_for_this_process_is_left_alone() {
        let own = std::process::id().to_string();
        for none in [
            ActivatedSockets::take(&BTreeMap::new(), KNOWN),
            take("1", "2", Some("http:https")),
            take("", "2", None),
            take(&own, "0", None),
            take(&own, "0", Some("")),
        ] {
            let none = none.unwrap();
            assert!(none.listeners("http").unwrap().is_empty());
            let mut command = Command::new("true");
            none.keep_for(&mut command).unwrap();
            assert_eq!(command.get_envs().count(), 0);
        }
    }

    #[test]
    fn what_does_not_fit_is_told_apart() {
        let own = std::process::id().to_string();
        for count in ["", "-1", "two", "33", "4294967295", "18446744073709551616"] {
            let refused = take(&own, count, Some("http")).unwrap_err();
            assert!(matches!(&refused, ActivationError::Count { value } if value == count), "{refused}");
        }
        for (fds, names) in [("1", None), ("2", Some("http")), ("1", Some("http:https")), ("0", Some("http"))]
        {
            let refused = take(&own, fds, names).unwrap_err();
            assert!(matches!(refused, ActivationError::NameCount { .. }), "{fds} {names:?}: {refused}");
        }
        let refused = take(&own, "2", Some("http:cleantrack-appliance.socket")).unwrap_err();
        assert!(
            matches!(&refused, ActivationError::UnknownName { name, known }
                if name == "cleantrack-appliance.socket" && known == "http, https"),
            "{refused}"
        );
        let refused = take(&own, "1", Some("http")).unwrap_err();
        assert!(matches!(&refused, ActivationError::Kind { name, .. } if name == "http"), "{refused}");
    }
}
