//! Files that pages ask for: part of the program, under names that change with their content, so that a browser keeps them for ever.

use std::marker::PhantomData;
use std::sync::LazyLock;

use http::header::CACHE_CONTROL;
use http::{HeaderMap, HeaderValue, Method};
use record::tree::Hash;

use crate::answer::media::{Css, JavaScript, Svg};
use crate::answer::{MediaBytes, MediaType, PackedBytes, WithHeaders};
use crate::error::HttpError;
use crate::route::{AnyCaller, Route, RouteKind, row};

/// Changed content has another name.
const FOR_EVER: &str = "public, max-age=31536000, immutable";
/// Hex digits of the content's SHA-256 in its name.
pub(crate) const HASH_CHARS: usize = 10;

/// One file.
#[derive(Debug)]
pub struct StaticAsset<M> {
    path: String,
    text: &'static str,
    bytes: PackedBytes,
    media: PhantomData<fn() -> M>,
}

impl<M: MediaType> StaticAsset<M> {
    /// A file that is served as `/<stem>.<part of its hash>.<ending>`.
    pub fn new(name: &str, text: &'static str) -> Self {
        Self {
            path: named_path(name, text.as_bytes()),
            text,
            bytes: PackedBytes::new(text),
            media: PhantomData,
        }
    }

    /// Where it is served.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What is in it.
    pub fn text(&self) -> &'static str {
        self.text
    }

    /// The row that serves it.
    pub fn to_route<S: Clone + Send + Sync + 'static>(&'static self, name: &'static str) -> Route<S> {
        row(
            Method::GET,
            &self.path,
            name,
            RouteKind::Asset,
            move |_: AnyCaller, headers: HeaderMap| async move { Ok::<_, HttpError>(self.answer(&headers)) },
        )
    }

    fn answer(&self, request: &HeaderMap) -> WithHeaders<MediaBytes<M>> {
        answer_file(&self.bytes, request)
    }
}

/// A file that the program holds in gzip: large, and from a third party.
#[derive(Debug)]
pub struct PackedAsset<M> {
    path: String,
    bytes: PackedBytes,
    media: PhantomData<fn() -> M>,
}

impl<M: MediaType> PackedAsset<M> {
    /// A file that is served as `/<stem>.<part of the hash of its packed form>.<ending>`.
    pub fn new(name: &str, packed: &'static [u8]) -> Self {
        Self { path: named_path(name, packed), bytes: PackedBytes::of_gzip(packed), media: PhantomData }
    }

    /// Where it is served.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The row that serves it.
    pub fn to_route<S: Clone + Send + Sync + 'static>(&'static self, name: &'static str) -> Route<S> {
        row(
            Method::GET,
            &self.path,
            name,
            RouteKind::Asset,
            move |_: AnyCaller, headers: HeaderMap| async move {
                Ok::<_, HttpError>(answer_file::<M>(&self.bytes, &headers))
            },
        )
    }
}

fn named_path(name: &str, content: &[u8]) -> String {
    let (stem, ending) = name.split_once('.').unwrap_or((name, "txt"));
    let hash = Hash::of(content).to_string();
    format!("/{stem}.{}.{ending}", &hash[..HASH_CHARS])
}

fn answer_file<M: MediaType>(file: &PackedBytes, request: &HeaderMap) -> WithHeaders<MediaBytes<M>> {
    let mut about: HeaderMap = [(CACHE_CONTROL, HeaderValue::from_static(FOR_EVER))].into_iter().collect();
    let bytes = file.choose_form(request, &mut about);
    WithHeaders(about, MediaBytes::new(bytes))
}

/// The style sheet of all pages.
pub static STYLE: LazyLock<StaticAsset<Css>> =
    LazyLock::new(|| StaticAsset::new("base.css", include_str!(concat!(env!("OUT_DIR"), "/base.css"))));
/// The script that keeps a page's parts up to date.
pub static LIVE: LazyLock<StaticAsset<JavaScript>> =
    LazyLock::new(|| StaticAsset::new("live.js", include_str!("../assets/live.js")));
/// The mark, for a browser's tab.
pub static MARK: LazyLock<StaticAsset<Svg>> =
    LazyLock::new(|| StaticAsset::new("mark.svg", include_str!("../assets/mark.svg")));

#[cfg(test)]
mod tests {
    use axum::response::IntoResponse as _;
    use http::header::CONTENT_TYPE;

    use super::*;

    /// A sheet's tokens, without comments and without spaces and semicolons that may be left out.
    fn tokens(sheet: &str) -> String {
        let mut text = String::new();
        let mut rest = sheet;
        while let Some((before, after)) = rest.split_once("/*") {
            text.push_str(before);
            rest = after.split_once("*/").unwrap().1;
        }
        text.push_str(rest);
        let mut text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for (long, short) in [
            (" {", "{"),
            ("{ ", "{"),
            (" }", "}"),
            ("} ", "}"),
            ("; ", ";"),
            (", ", ","),
            (": ", ":"),
            (";}", "}"),
        ] {
            text = text.replace(long, short);
        }
        text
    }

    #[test]
    fn the_squeezed_sheet_says_what_the_written_one_says() {
        let written = concat!(
            include_str!("../assets/style/base.css"),
            include_str!("../assets/style/parts.css"),
            include_str!("../assets/style/widths.css"),
            include_str!("../assets/style/station.css"),
        );
        assert_eq!(tokens(STYLE.text()), tokens(written));
        assert!(STYLE.text().len() * 10 < written.len() * 9 && !STYLE.text().contains('\n'));
        assert!(STYLE.text().contains("max(1rem,50% - 36rem)"), "a minus keeps its spaces");
    }

    #[test]
    fn the_name_follows_the_content() {
        let (one, other) =
            (StaticAsset::<JavaScript>::new("a.js", "1"), StaticAsset::<JavaScript>::new("a.js", "2"));
        assert!(one.path().starts_with("/a.") && one.path().ends_with(".js") && one.path() != other.path());
        let answer = one.answer(&HeaderMap::new()).into_response();
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
        assert_eq!(answer.headers()[CACHE_CONTROL], FOR_EVER);
    }

    /// WCAG's relative luminance of `#rgb` or `#rrggbb`.
    fn luminance(colour: &str) -> f64 {
        let hex = colour.trim_start_matches('#');
        let wide: String =
            if hex.len() == 3 { hex.chars().flat_map(|c| [c, c]).collect() } else { hex.to_owned() };
        let part = |at: usize| {
            let c = f64::from(u8::from_str_radix(&wide[at..at + 2], 16).unwrap()) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(0) + 0.7152 * part(2) + 0.0722 * part(4)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    #[test]
    fn every_pair_of_colours_can_be_read_in_light_and_in_dark() {
        let (light, dark) = STYLE.text().split_once("prefers-color-scheme: dark").unwrap();
        let dark = dark.split_once("}}").unwrap().0;
        let value = |name: &str, dark_too: bool| {
            let find = |part: &str| {
                let from = part.find(&format!("--{name}:"))? + name.len() + 3;
                let end = part[from..].find([';', '}']).map_or(part.len(), |e| from + e);
                Some(part[from..end].trim().to_owned())
            };
            dark_too.then(|| find(dark)).flatten().or_else(|| find(light)).unwrap()
        };
        for (front, back, least) in [
            ("text", "page", 7.0),
            ("text", "card", 7.0),
            ("muted", "page", 4.5),
            ("muted", "card", 4.5),
            ("link", "page", 4.5),
            ("link", "card", 4.5),
            ("on-act", "act", 4.5),
            ("on-act", "act2", 4.5),
            ("danger", "card", 4.5),
            ("card", "danger", 4.5),
            ("on-band", "band", 7.0),
            ("mint", "band", 4.5),
            ("ok", "ok-bg", 7.0),
            ("due", "due-bg", 7.0),
            ("late", "late-bg", 7.0),
            ("none", "none-bg", 7.0),
            ("line", "page", 3.0),
            ("line", "card", 3.0),
            ("act", "card", 3.0),
        ] {
            for dark in [false, true] {
                let found = contrast(&value(front, dark), &value(back, dark));
                assert!(found >= least, "--{front} on --{back}, dark {dark}: {found:.1} < {least}");
            }
        }
    }

    #[test]
    fn no_asset_asks_anybody_else_for_anything() {
        for text in [STYLE.text(), LIVE.text()] {
            for outside in ["http:", "https:", "url(", "@import", "//cdn", "eval(", "innerHTML"] {
                assert!(!text.contains(outside), "{outside}");
            }
        }
    }
}
