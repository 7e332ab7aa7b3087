//! Which transports to the relay the settings let the box use, with what is stored in files: the proxy's password, a
//! further authority.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::choice::{MQTT_AGAIN_MIN_MS, TransportChoice};
use super::proxy::{HttpsRoute, ProxyAddress, ProxyCredentials};
use super::tls;

const PASSWORD_BYTES_MAX: u64 = 1024;
const CA_BYTES_MAX: u64 = 256 * 1024;

#[derive(Debug, Clone)]
pub struct TransportConfig {
    pub choice: TransportChoice,
    /// Until MQTT is tried again beside HTTPS, at first.
    pub mqtt_again_ms: u64,
    pub https: HttpsRoute,
}

impl Default for TransportConfig {
    fn default() -> Self {
        let (choice, https) = (TransportChoice::default(), HttpsRoute::default());
        Self { choice, mqtt_again_ms: MQTT_AGAIN_MIN_MS, https }
    }
}

/// What the settings say of the HTTPS route, before any file is read.
#[derive(Debug, Clone, Default)]
pub struct RouteSources {
    pub proxy: Option<(String, u16)>,
    /// The name at the proxy, and the file with its password.
    pub credentials: Option<(String, PathBuf)>,
    /// The file with a further authority.
    pub ca: Option<PathBuf>,
}

/// Why the HTTPS route is not as the settings say.
#[derive(Debug, thiserror::Error)]
pub enum RouteError {
    /// A file cannot be read.
    #[error("{} cannot be read: {source}", path.display())]
    File { path: PathBuf, source: std::io::Error },
    #[error("{} must hold one password in one line, of at most 1,024 bytes", path.display())]
    Password { path: PathBuf },
    #[error("{}: {source}", path.display())]
    Authority { path: PathBuf, source: tls::TlsError },
}

impl RouteSources {
    /// Reads the files.
    ///
    /// # Errors
    /// What is wrong with which.
    pub fn load(self) -> Result<HttpsRoute, RouteError> {
        let credentials = match self.credentials {
            None => None,
            Some((user, path)) => Some(ProxyCredentials { user, password: read_password(path)? }),
        };
        let ca = self.ca.map(read_authority).transpose()?;
        let proxy = self.proxy.map(|(host, port)| ProxyAddress::new(&host, port, credentials));
        Ok(HttpsRoute { proxy, ca })
    }
}

fn read_text(path: &Path, bytes_max: u64) -> Result<String, RouteError> {
    let read = read_start(path, bytes_max + 1);
    read.map_err(|source| RouteError::File { path: path.to_owned(), source })
}

fn read_start(path: &Path, bytes_max: u64) -> std::io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(bytes_max).read_to_string(&mut text)?;
    Ok(text)
}

fn read_password(path: PathBuf) -> Result<String, RouteError> {
    let text = read_text(&path, PASSWORD_BYTES_MAX)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    let fits =
        !line.is_empty() && line.len() as u64 <= PASSWORD_BYTES_MAX && !line.contains(['\n', '\r', '\0']);
    if fits { Ok(line.to_owned()) } else { Err(RouteError::Password { path }) }
}

fn read_authority(path: PathBuf) -> Result<String, RouteError> {
    let text = read_text(&path, CA_BYTES_MAX)?;
    match tls::check_authority(&text) {
        Ok(()) => Ok(text),
        Err(source) => Err(RouteError::Authority { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        file
    }

    fn load(password: &[u8], ca: &[u8]) -> Result<HttpsRoute, RouteError> {
        let (password, ca) = (file(password), file(ca));
        let sources = RouteSources {
            proxy: Some(("proxy.example".into(), 3128)),
            credentials: Some(("box".into(), password.path().to_owned())),
            ca: Some(ca.path().to_owned()),
        };
        sources.load()
    }

    #[test]
    fn what_files_hold_is_checked() {
        let ca = rcgen::generate_simple_self_signed(["x".to_owned()]).unwrap().cert.pem();
        let route = load(b"s3cret\r\n", ca.as_bytes()).unwrap();
        let credentials = Some(ProxyCredentials { user: "box".into(), password: "s3cret".into() });
        assert_eq!(route.proxy, Some(ProxyAddress::new("proxy.example", 3128, credentials)));
        assert_eq!(route.trusted("OWN\n"), format!("OWN\n\n{ca}"));
        for password in [&b""[..], b"\n", b"two\nlines", &[b'x'; 1025], b"nul\0"] {
            assert!(
                matches!(load(password, ca.as_bytes()), Err(RouteError::Password { .. })),
                "{password:?}"
            );
        }
        assert!(matches!(load(b"\xff", ca.as_bytes()), Err(RouteError::File { .. })), "no text");
        for wrong in [&b""[..], b"no pem"] {
            assert!(matches!(load(b"x", wrong), Err(RouteError::Authority { .. })), "{wrong:?}");
        }
        let nowhere = RouteSources { ca: Some("/nowhere/ca.pem".into()), ..RouteSources::default() };
        assert!(nowhere.load().unwrap_err().to_string().contains("/nowhere/ca.pem"));
        assert_eq!(RouteSources::default().load().unwrap(), HttpsRoute::default());
    }
}
