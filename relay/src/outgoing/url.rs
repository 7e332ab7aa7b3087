//! Addresses of other hosts: HTTPS, a host, and nobody's name or password.

use std::fmt;

use reqwest::Url;

const URL_BYTES_MAX: usize = 2_048;

/// Why a text is no address that the relay asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an address reads https://host/path, without user, password and fragment")]
pub struct UrlFault;

#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingUrl(Url);

impl fmt::Debug for OutgoingUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OutgoingUrl({})", self.origin())
    }
}

impl OutgoingUrl {
    pub fn parse(text: &str) -> Result<Self, UrlFault> {
        if text.len() > URL_BYTES_MAX || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
            return Err(UrlFault);
        }
        let url = Url::parse(text).map_err(|_| UrlFault)?;
        let is_plain = url.scheme() == "https"
            && url.host_str().is_some_and(|host| !host.is_empty())
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if is_plain { Ok(Self(url)) } else { Err(UrlFault) }
    }

    #[must_use]
    pub fn with_pairs(mut self, pairs: &[(&str, &str)]) -> Self {
        self.0.query_pairs_mut().extend_pairs(pairs);
        self
    }

    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    pub fn has_query(&self) -> bool {
        self.0.query().is_some()
    }

    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Without path and query, which may be secret.
    pub(crate) fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    pub(super) fn url(&self) -> &Url {
        &self.0
    }
}

/// Pairs as a form has them (`application/x-www-form-urlencoded`).
pub fn encode_pairs(pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse("https://localhost/") else { return String::new() };
    url.query_pairs_mut().extend_pairs(pairs);
    url.query().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_https_is_an_address() {
        let url = OutgoingUrl::parse("https://login.example:8443/a?b=c").unwrap();
        assert_eq!((url.host(), url.port(), url.has_query()), ("login.example", 8443, true));
        assert_eq!(url.with_pairs(&[("d e", "f&g")]).as_str(), "https://login.example:8443/a?b=c&d+e=f%26g");
        for wrong in [
            "",
            "http://login.example/",
            "ftp://login.example/",
            "https://",
            "https://user@login.example/",
            "https://user:secret@login.example/",
            "https://:secret@login.example/",
            "https://login.example/#a",
            "https://login .example/",
            "//login.example/",
            "javascript:alert(1)",
        ] {
            assert_eq!(OutgoingUrl::parse(wrong), Err(UrlFault), "{wrong}");
        }
        let long = format!("https://login.example/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(OutgoingUrl::parse(&long), Err(UrlFault));
    }

    #[test]
    fn pairs_are_encoded_as_a_form_has_them() {
        assert_eq!(encode_pairs(&[("a", "b c"), ("d", "&=é")]), "a=b+c&d=%26%3D%C3%A9");
    }
}
