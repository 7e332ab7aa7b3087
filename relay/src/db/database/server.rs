//! How a PostgreSQL server is reached: who answers there is proven, each kind of work has connections of its own, and no session
//! waits or holds for ever.

use std::str::FromStr as _;

use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions, PgSslMode};

use super::error::{ACQUIRE_TIMEOUT, DbError};
use super::pool::{Db, PoolUse, TlsPolicy};

/// Connections for pages and API of one process; a server takes 100 by default.
const WEB_CONNECTIONS: u32 = 12;
const INGEST_CONNECTIONS: u32 = 8;
/// Beside the one of each worker: one renews their leases, three fold what was stored last.
const WORK_CONNECTIONS_MORE: u32 = 4;
/// What each session is set to: a host that died holds no lock for long, and nobody waits for one for ever.
pub(in crate::db) const SESSION_SETTINGS: [(&str, &str); 7] = [
    ("statement_timeout", "15s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "20000"),
];
/// A job's statement reads more than a page's.
const WORK_SETTINGS: [(&str, &str); 1] = [("statement_timeout", "120s")];

/// How to reach the server of this address.
///
/// # Errors
/// The address, or it would let anybody answer in the server's place.
pub(in crate::db) fn server_options(address: &str, policy: TlsPolicy) -> Result<PgConnectOptions, DbError> {
    let options = PgConnectOptions::from_str(address)?
        .application_name("cleantrack-relay")
        .options(SESSION_SETTINGS.iter().copied());
    if is_here(&options) || policy == TlsPolicy::AsAddressed {
        return Ok(options);
    }
    let Some(mode) = named_mode(address) else { return Ok(options.ssl_mode(PgSslMode::VerifyFull)) };
    if matches!(options.get_ssl_mode(), PgSslMode::VerifyFull) {
        return Ok(options);
    }
    Err(DbError::WeakTls { host: options.get_host().to_owned(), mode })
}

/// What the address itself says; the environment is not asked.
fn named_mode(address: &str) -> Option<String> {
    let mut modes = address_pairs(address).filter(|(key, _)| matches!(*key, "sslmode" | "ssl-mode"));
    // Of several the last counts.
    modes.next_back().map(|(_, mode)| mode.to_owned())
}

/// Whether nobody can be between this process and the server.
fn is_here(options: &PgConnectOptions) -> bool {
    let host = options.get_host();
    let is_loopback =
        host.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    options.get_socket().is_some() || host.starts_with('/') || host == "localhost" || is_loopback
}

/// How PostgreSQL's own programs reach the same server, as variables: a password is nothing for a command line. They see all rows.
pub fn client_variables(address: &str, policy: TlsPolicy) -> Result<Vec<(&'static str, String)>, DbError> {
    let options = server_options(address, policy)?;
    let socket = options.get_socket().and_then(|socket| socket.to_str()).map(str::to_owned);
    let mode = match options.get_ssl_mode() {
        PgSslMode::Disable => "disable",
        PgSslMode::Allow => "allow",
        PgSslMode::Prefer => "prefer",
        PgSslMode::Require => "require",
        PgSslMode::VerifyCa => "verify-ca",
        PgSslMode::VerifyFull => "verify-full",
    };
    let mut variables = vec![
        ("PGHOST", socket.unwrap_or_else(|| options.get_host().to_owned())),
        ("PGPORT", options.get_port().to_string()),
        ("PGUSER", options.get_username().to_owned()),
        ("PGSSLMODE", mode.to_owned()),
        ("PGOPTIONS", "-c app.platform=on".to_owned()),
    ];
    variables.extend(options.get_database().map(|name| ("PGDATABASE", name.to_owned())));
    let mut authorities =
        address_pairs(address).filter(|(key, _)| matches!(*key, "sslrootcert" | "ssl-root-cert" | "ssl-ca"));
    let authority = authorities.next_back();
    variables.extend(authority.map(|(_, file)| ("PGSSLROOTCERT", decode_percent(file))));
    let user = address.split_once("://").and_then(|(_, rest)| rest.split(['/', '?']).next());
    let user = user.and_then(|authority| authority.rsplit_once('@')).map(|(user, _)| user);
    variables.extend(
        user.and_then(|user| user.split_once(':')).map(|(_, word)| ("PGPASSWORD", decode_percent(word))),
    );
    Ok(variables)
}

fn address_pairs(address: &str) -> impl DoubleEndedIterator<Item = (&str, &str)> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('='))
}

/// A part of an address as it was before its signs were written as `%` and two digits.
fn decode_percent(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Connects for pages and API.
///
/// # Errors
/// The address, or the server cannot be reached or is not the one that it should be.
pub(in crate::db) async fn open_server(address: &str, policy: TlsPolicy) -> Result<PgPool, DbError> {
    let options = server_options(address, policy)?;
    Ok(pool_of(WEB_CONNECTIONS).connect_with(options).await?)
}

fn pool_of(connections_max: u32) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(connections_max).acquire_timeout(ACQUIRE_TIMEOUT)
}

/// The same server by further connections, each opened when it is needed.
pub(in crate::db) fn pool_beside(pool: &PgPool, used_for: PoolUse) -> Db {
    let options = PgConnectOptions::clone(&pool.connect_options());
    Db::Postgres(match used_for {
        PoolUse::Ingest => pool_of(INGEST_CONNECTIONS).connect_lazy_with(options),
        PoolUse::Work { workers } => {
            let workers = u32::try_from(workers).unwrap_or(u32::MAX);
            let connections = workers.saturating_add(WORK_CONNECTIONS_MORE);
            pool_of(connections).connect_lazy_with(options.options(WORK_SETTINGS))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode_of(address: &str, policy: TlsPolicy) -> Result<String, String> {
        let options = server_options(address, policy).map_err(|error| error.to_string())?;
        Ok(format!("{:?}", options.get_ssl_mode()))
    }

    #[test]
    fn a_server_on_another_machine_proves_who_it_is() {
        let verified = |address: &str| mode_of(address, TlsPolicy::Verified);
        let full = Ok("VerifyFull".to_owned());
        assert_eq!(verified("postgres://me@db.example/relay"), full);
        assert_eq!(verified("postgres://me@192.0.2.7/relay?sslrootcert=/etc/ca.pem"), full);
        assert_eq!(verified("postgres://me@db.example/relay?sslmode=verify-full"), full);
        assert_eq!(verified("postgres://me@localhost/relay?host=db.example"), full, "the last host counts");
        assert_eq!(verified("postgres://me@localhost/relay?hostaddr=192.0.2.7"), full);
        for mode in ["disable", "allow", "prefer", "require", "verify-ca"] {
            for address in ["postgres://me@db.example/relay", "postgres://me@[2001:db8::1]/relay"] {
                let address = format!("{address}?sslmode={mode}");
                let refused = verified(&address).unwrap_err();
                assert!(refused.contains(&format!("sslmode={mode}")), "{refused}");
                assert!(
                    refused.contains("sslrootcert") && refused.contains("database_unverified"),
                    "{refused}"
                );
                assert!(mode_of(&address, TlsPolicy::AsAddressed).is_ok(), "{address}");
            }
        }
        let twice = "postgres://me@db.example/relay?sslmode=verify-full&sslmode=disable";
        assert!(verified(twice).unwrap_err().contains("sslmode=disable"));
    }

    #[test]
    fn programs_beside_get_the_address_in_parts() {
        let address = "postgres://me:p%40ss%2F%zz@db.example:5433/relay?sslrootcert=%2Fetc%2Fca.pem";
        let variables = client_variables(address, TlsPolicy::Verified).unwrap();
        let of = |name| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| value.as_str());
        assert_eq!(
            (of("PGHOST"), of("PGPORT"), of("PGUSER")),
            (Some("db.example"), Some("5433"), Some("me"))
        );
        assert_eq!((of("PGDATABASE"), of("PGPASSWORD")), (Some("relay"), Some("p@ss/%zz")));
        assert_eq!((of("PGSSLMODE"), of("PGSSLROOTCERT")), (Some("verify-full"), Some("/etc/ca.pem")));
        let socket = client_variables("postgres://me@h/relay?host=/run/x", TlsPolicy::Verified).unwrap();
        assert!(socket.contains(&("PGHOST", "/run/x".to_owned())));
        assert!(socket.iter().all(|(key, _)| *key != "PGPASSWORD"));
    }

    #[test]
    fn this_machine_needs_no_certificate() {
        for address in [
            "postgres://me@localhost/relay",
            "postgres://me@127.0.0.1/relay?sslmode=disable",
            "postgres://me@[::1]/relay",
            "postgres://me@%2Frun%2Fpostgresql/relay",
            "postgres://me@db.example/relay?host=/run/postgresql",
        ] {
            let mode = mode_of(address, TlsPolicy::Verified).unwrap();
            assert_ne!(mode, "VerifyFull", "{address}");
        }
    }
}
