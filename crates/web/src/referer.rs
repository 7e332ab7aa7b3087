//! The page from which a form was sent.

use http::header::REFERER;
use http::{HeaderMap, Uri};

/// The path and query of the page of `host` from which a form came that is sent to `path`: a program must be no open redirect.
/// `None` of another host's page, and of `path` itself, which a refusal leaves in the browser.
pub fn page_before(headers: &HeaderMap, host: Option<&str>, path: &str) -> Option<String> {
    let referer: Uri = headers.get(REFERER)?.to_str().ok()?.parse().ok()?;
    let is_own = referer.authority().zip(host).is_some_and(|(from, host)| from.as_str() == host);
    let page = referer.path_and_query().filter(|page| is_own && page.path() != path)?.as_str();
    // What begins with two slashes names another host.
    (page.starts_with('/') && !page.starts_with("//")).then(|| page.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_leads_back_to_pages_of_this_host_only() {
        for (referer, page) in [
            ("http://10.0.0.5/t/7QK3M9X2W?draft=a%26b#wet", Some("/t/7QK3M9X2W?draft=a%26b")),
            ("https://10.0.0.5/", Some("/")),
            ("http://10.0.0.5", Some("/")),
            ("http://10.0.0.5:8080/", None),
            ("http://evil.example/t/7QK3M9X2W", None),
            ("http://10.0.0.5@evil.example/", None),
            ("http://10.0.0.5//evil.example/", None),
            ("http://10.0.0.5/language", None),
            ("/t/7QK3M9X2W", None),
            ("javascript:10.0.0.5", None),
            ("", None),
        ] {
            let headers = HeaderMap::from_iter([(REFERER, referer.parse().unwrap())]);
            assert_eq!(page_before(&headers, Some("10.0.0.5"), "/language").as_deref(), page, "{referer}");
            assert_eq!(page_before(&headers, None, "/language"), None);
        }
        assert_eq!(page_before(&HeaderMap::new(), Some("10.0.0.5"), "/language"), None);
    }
}
