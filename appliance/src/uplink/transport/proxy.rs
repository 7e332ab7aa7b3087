//! The proxy between a building and the internet, and the request to it: a tunnel to the relay (`CONNECT`), with a
//! password where there is one.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};

use super::fault::TransportFault;

/// Bytes of a proxy's answer before the tunnel begins.
const ANSWER_BYTES_MAX: usize = 8 * 1024;
const OFFER_CHARS_MAX: usize = 60;

/// An HTTP proxy, as the settings name it. What it is shown as has no password.
#[derive(Clone, PartialEq, Eq)]
pub struct ProxyAddress {
    host: String,
    port: u16,
    credentials: Option<ProxyCredentials>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct ProxyCredentials {
    pub user: String,
    pub password: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HttpsRoute {
    pub proxy: Option<ProxyAddress>,
    /// Authorities that are trusted beside the relay's own, PEM: of a proxy that reads what passes.
    pub ca: Option<String>,
}

impl HttpsRoute {
    /// What is trusted by HTTPS: the relay's authority, and what was named beside it.
    pub fn trusted(&self, relay_ca: &str) -> String {
        match &self.ca {
            None => relay_ca.to_owned(),
            Some(further) => format!("{relay_ca}\n{further}"),
        }
    }
}

impl fmt::Display for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Debug for ProxyAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        if self.credentials.is_some() { f.write_str(" with a password") } else { Ok(()) }
    }
}

impl ProxyAddress {
    /// At this host and port; an IPv6 address without brackets.
    pub fn new(host: &str, port: u16, credentials: Option<ProxyCredentials>) -> Self {
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Self { host, port, credentials }
    }

    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub(in crate::uplink) fn for_client(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        let proxy = reqwest::Proxy::all(format!("http://{self}"))?;
        let header = self.authorization().and_then(|text| http::HeaderValue::try_from(text).ok());
        Ok(match header {
            None => proxy,
            // As a header of its own: as a name and password it would be in the proxy's address, which is shown.
            Some(mut header) => {
                header.set_sensitive(true);
                proxy.custom_http_auth(header)
            }
        })
    }

    fn authorization(&self) -> Option<String> {
        let ProxyCredentials { user, password } = self.credentials.as_ref()?;
        Some(format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// Asks on an open connection for a tunnel to `target` (`host:port`).
    ///
    /// # Errors
    /// What the proxy did instead.
    pub(in crate::uplink) async fn open_tunnel(
        &self,
        stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
        target: &str,
    ) -> Result<(), TransportFault> {
        let credentials = self.authorization();
        let credentials =
            credentials.map_or_else(String::new, |text| format!("Proxy-Authorization: {text}\r\n"));
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n{credentials}\r\n");
        stream.write_all(request.as_bytes()).await.map_err(|_| TransportFault::ProxyCut)?;
        let mut answer = Vec::new();
        let mut piece = [0; 1024];
        let head = loop {
            let read = stream.read(&mut piece).await.map_err(|_| TransportFault::ProxyCut)?;
            if read == 0 {
                return Err(TransportFault::ProxyCut);
            }
            answer.extend_from_slice(&piece[..read]);
            if let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") {
                break String::from_utf8_lossy(&answer[..end]).into_owned();
            }
            if answer.len() > ANSWER_BYTES_MAX {
                return Err(TransportFault::ProxyCut);
            }
        };
        match read_status(&head) {
            Some(200..=299) => Ok(()),
            Some(407) => Err(self.password_fault(&head)),
            Some(status) => Err(TransportFault::ProxyRefused { status }),
            None => Err(TransportFault::ProxyCut),
        }
    }

    /// Why a proxy requires authentication.
    fn password_fault(&self, head: &str) -> TransportFault {
        let offers: Vec<&str> = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .filter(|(name, _)| name.trim().eq_ignore_ascii_case("proxy-authenticate"))
            .filter_map(|(_, offer)| offer.split_whitespace().next())
            .collect();
        if !offers.is_empty() && !offers.iter().any(|offer| offer.eq_ignore_ascii_case("basic")) {
            let offered =
                offers.join(", ").chars().filter(|c| !c.is_control()).take(OFFER_CHARS_MAX).collect();
            return TransportFault::ProxyScheme { offered };
        }
        match self.credentials {
            None => TransportFault::ProxyPassword,
            Some(_) => TransportFault::ProxyPasswordWrong,
        }
    }
}

/// The status of an answer's first line.
pub(in crate::uplink) fn read_status(head: &str) -> Option<u16> {
    let mut parts = head.lines().next()?.split_whitespace();
    parts.next().filter(|version| version.starts_with("HTTP/1."))?;
    parts.next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxy(user: Option<&str>) -> ProxyAddress {
        let credentials = user.map(|user| ProxyCredentials { user: user.into(), password: "s3cret".into() });
        ProxyAddress::new("proxy.example", 3128, credentials)
    }

    async fn open_at(proxy: &ProxyAddress, answer: &[u8]) -> (Result<(), TransportFault>, String) {
        let (mut near, mut far) = tokio::io::duplex(64 * 1024);
        far.write_all(answer).await.unwrap();
        far.shutdown().await.unwrap();
        let outcome = proxy.open_tunnel(&mut near, "relay.example:443").await;
        drop(near);
        let mut request = String::new();
        far.read_to_string(&mut request).await.unwrap();
        (outcome, request)
    }

    #[tokio::test]
    async fn every_answer_of_a_proxy_has_its_name() {
        let refused = |status| Err(TransportFault::ProxyRefused { status });
        let scheme = Err(TransportFault::ProxyScheme { offered: "NTLM, Negotiate".into() });
        for (answer, expected) in [
            (&b"HTTP/1.1 200 Connection established\r\n\r\n"[..], Ok(())),
            (b"HTTP/1.0 200 OK\r\nX: y\r\n\r\n", Ok(())),
            (
                b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=x\r\n\r\n",
                Err(TransportFault::ProxyPassword),
            ),
            (b"HTTP/1.1 407 No\r\n\r\n", Err(TransportFault::ProxyPassword)),
            (b"HTTP/1.1 407 No\r\nProxy-Authenticate: NTLM\r\nproxy-authenticate: Negotiate\r\n\r\n", scheme),
            (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", refused(502)),
            (b"HTTP/1.1 403 Forbidden\r\n\r\n", refused(403)),
            (b"HTTP/1.1 200 half of an ans", Err(TransportFault::ProxyCut)),
            (b"", Err(TransportFault::ProxyCut)),
            (b"SSH-2.0-OpenSSH\r\n\r\n", Err(TransportFault::ProxyCut)),
            (&[b'x'; 20_000], Err(TransportFault::ProxyCut)),
        ] {
            let (outcome, request) = open_at(&proxy(None), answer).await;
            assert_eq!(outcome, expected, "{}", String::from_utf8_lossy(&answer[..answer.len().min(60)]));
            assert!(request.starts_with("CONNECT relay.example:443 HTTP/1.1\r\n"), "{request}");
            assert!(!request.contains("Authorization"), "{request}");
        }
    }

    #[tokio::test]
    async fn a_password_goes_to_the_proxy_and_nowhere_else() {
        let proxy = proxy(Some("box"));
        let (outcome, request) = open_at(&proxy, b"HTTP/1.1 407 No\r\n\r\n").await;
        assert_eq!(outcome, Err(TransportFault::ProxyPasswordWrong));
        assert!(request.contains(&format!("Basic {}", STANDARD.encode("box:s3cret"))), "{request}");
        for shown in [format!("{proxy}"), format!("{proxy:?}"), format!("{:?}", proxy.for_client().unwrap())]
        {
            assert!(!shown.contains("s3cret") && !shown.contains(&STANDARD.encode("box:s3cret")), "{shown}");
        }
        assert_eq!(ProxyAddress::new("[fd00::1]", 8080, None).to_string(), "[fd00::1]:8080");
    }
}
