//! Style sheet, scripts and mark: part of the program, under names that change with their content.

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use record::tree::Hash;

use crate::web::context::AppState;

const STYLE: &str = include_str!("../../../pages/base.css");
const LIVE: &str = include_str!("../../../pages/live.js");
const BOX: &str = include_str!("../../../pages/box.js");
const STATION: &str = include_str!("../../../pages/station.js");
const MARK: &str = include_str!("../../../pages/mark.svg");
/// Its name changes when it does, so a browser may keep it for ever.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The addresses of the assets.
#[derive(Debug)]
pub(crate) struct Assets {
    pub(crate) style: String,
    pub(crate) live: String,
    pub(crate) page: String,
    pub(crate) station: String,
    pub(crate) mark: String,
}

impl Default for Assets {
    fn default() -> Self {
        let name = |stem: &str, content: &str, ending: &str| {
            format!("/{stem}.{}.{ending}", &Hash::of(content.as_bytes()).to_string()[..10])
        };
        Self {
            style: name("base", STYLE, "css"),
            live: name("live", LIVE, "js"),
            page: name("box", BOX, "js"),
            station: name("station", STATION, "js"),
            mark: name("mark", MARK, "svg"),
        }
    }
}

pub(crate) fn routes(state: &AppState) -> Router<AppState> {
    let assets = state.kept::<Assets>();
    let file = |kind: &'static str, content: &'static str| {
        get(
            move || async move { ([(CONTENT_TYPE, kind), (CACHE_CONTROL, FOR_EVER)], content).into_response() },
        )
    };
    Router::new()
        .route(&assets.style, file("text/css; charset=utf-8", STYLE))
        .route(&assets.live, file("text/javascript; charset=utf-8", LIVE))
        .route(&assets.page, file("text/javascript; charset=utf-8", BOX))
        .route(&assets.station, file("text/javascript; charset=utf-8", STATION))
        .route(&assets.mark, file("image/svg+xml", MARK))
        .route("/favicon.ico", get(favicon))
}

/// Browsers ask for it by this name before they have read the page.
async fn favicon() -> Response {
    ([(CONTENT_TYPE, "image/svg+xml"), (CACHE_CONTROL, "public, max-age=86400")], MARK).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let (light, dark) = STYLE.split_once("prefers-color-scheme:dark").unwrap();
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
        for asset in [STYLE, LIVE, BOX, STATION] {
            for outside in ["http:", "https:", "url(", "@import", "//cdn", "eval(", "innerHTML"] {
                assert!(!asset.contains(outside), "{outside}");
            }
        }
    }
}
