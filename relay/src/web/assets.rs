//! The style sheet, the one script and the mark: in the program, under names that change with their content.

use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use record::tree::Hash;

const CSS: &str = include_str!("../../../pages/base.css");
const SCRIPT: &str = include_str!("../../../pages/live.js");
const MARK: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="5" fill="#0c3a2d"/>"##,
    r##"<path fill="#8fe0bb" fill-rule="evenodd" d="M9.600 4.600H18a2.100 2.100 0 0 1 2.100 2.100v10.600a2.100 2.100 0 0 1"##,
    r##"-2.100 2.100H9.600a2.100 2.100 0 0 1-1.500-.6l-4.300-4.700a3.200 3.200 0 0 1 0-4.400l4.300-4.500a2.100 2.100 0 0 1 1.500"##,
    r##"-.5zM7 10.800a1.200 1.200 0 1 0 0 2.400 1.200 1.200 0 0 0 0-2.400zm10.600-1.900-1.300-1.200-4 4.300-1.600-1.600-1.300 1.300 2.900"##,
    r##" 2.900z"/></svg>"##
);

/// One file that pages ask for.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Where it is served.
    pub(crate) path: String,
    kind: &'static str,
    text: &'static str,
}

fn asset(name: &str, end: &str, kind: &'static str, text: &'static str) -> Asset {
    let hash = Hash::of(text.as_bytes()).to_string();
    Asset { path: format!("/{name}.{}.{end}", &hash[..12]), kind, text }
}

/// The style sheet.
pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| asset("base", "css", "text/css; charset=utf-8", CSS));
/// Live parts of pages.
pub(crate) static LIVE: LazyLock<Asset> =
    LazyLock::new(|| asset("live", "js", "text/javascript; charset=utf-8", SCRIPT));
/// The mark, for a browser's tab.
pub(crate) static ICON: LazyLock<Asset> = LazyLock::new(|| asset("mark", "svg", "image/svg+xml", MARK));

impl Asset {
    /// The file itself, to be kept for ever: another content has another path.
    pub(crate) fn answer(&self) -> Response<Body> {
        let mut answer = Response::new(Body::from(self.text));
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(self.kind));
        headers
            .insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
        answer
    }
}
