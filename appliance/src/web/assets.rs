//! The box's own scripts, beside what all pages of ours ask for.

use std::sync::LazyLock;

use http::header::CACHE_CONTROL;
use http::{HeaderValue, Method};
use web::answer::{MediaBytes, WithHeaders, media};
use web::argument::Path;
use web::assets::{LIVE, MARK, PackedAsset, STYLE, StaticAsset};
use web::error::HttpError;
use web::route::{AnyCaller, Example, Route, RouteKind, row};

use crate::intake::BrandColour;
use crate::web::context::AppState;
use crate::web::http_error::not_found;
use crate::web::refusals;

/// Scripts of the box's pages beyond live updates.
pub(crate) static BOX: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("box.js", include_str!(concat!(env!("OUT_DIR"), "/box.js"))));
pub(crate) static KEYS: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("keys.js", include_str!(concat!(env!("OUT_DIR"), "/keys.js"))));
pub(crate) static TABLET: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("tablet.js", include_str!(concat!(env!("OUT_DIR"), "/tablet.js"))));
pub(crate) static STATION: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("station.js", include_str!(concat!(env!("OUT_DIR"), "/station.js"))));

pub(crate) static APP: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("app/app.js", include_str!(concat!(env!("OUT_DIR"), "/app/app.js"))));
pub(crate) static QUEUE: LazyLock<StaticAsset<media::JavaScript>> = LazyLock::new(|| {
    StaticAsset::new("app/queue.js", include_str!(concat!(env!("OUT_DIR"), "/app/queue.js")))
});
pub(crate) static SCAN: LazyLock<StaticAsset<media::JavaScript>> =
    LazyLock::new(|| StaticAsset::new("app/scan.js", include_str!(concat!(env!("OUT_DIR"), "/app/scan.js"))));
pub(crate) static READER: LazyLock<StaticAsset<media::JavaScript>> = LazyLock::new(|| {
    StaticAsset::new("app/reader.js", include_str!(concat!(env!("OUT_DIR"), "/app/reader.js")))
});
pub(crate) static READER_GLUE: LazyLock<PackedAsset<media::JavaScript>> = LazyLock::new(|| {
    PackedAsset::new("app/zxing.js", include_bytes!("../../assets/vendor/zxing-wasm/zxing_reader.js.gz"))
});
pub(crate) static READER_PROGRAM: LazyLock<PackedAsset<media::Wasm>> = LazyLock::new(|| {
    PackedAsset::new("app/zxing.wasm", include_bytes!("../../assets/vendor/zxing-wasm/zxing_reader.wasm.gz"))
});

pub(crate) fn asset_routes() -> Vec<Route<AppState>> {
    vec![
        STYLE.to_route("style.show"),
        LIVE.to_route("live-script.show"),
        BOX.to_route("box-script.show"),
        KEYS.to_route("keys-script.show"),
        TABLET.to_route("tablet-script.show"),
        STATION.to_route("station-script.show"),
        APP.to_route("app-script.show"),
        QUEUE.to_route("app-queue-script.show"),
        SCAN.to_route("app-scan.show"),
        READER.to_route("app-reader.show"),
        READER_GLUE.to_route("app-reader-glue.show"),
        READER_PROGRAM.to_route("app-reader-program.show"),
        MARK.to_route("mark.show"),
        row(Method::GET, "/favicon.ico", "favicon.show", RouteKind::Asset, show_favicon),
        row(Method::GET, "/brand/{colour}", "brand-style.show", RouteKind::Asset, show_brand_style)
            .refusals(refusals::FINDING)
            .example(Example::default().part("colour", "0b5d5e.css")),
    ]
}

/// The path of the stylesheet with a facility's colour: another colour has another name.
pub(crate) fn brand_style_path(colour: BrandColour) -> String {
    format!("/brand/{}.css", colour.to_string().trim_start_matches('#'))
}

/// All that is drawn on the band is white: that can be read on every colour of a brand.
async fn show_brand_style(
    _: AnyCaller,
    Path(file): Path<String>,
) -> Result<WithHeaders<MediaBytes<media::Css>>, HttpError> {
    let colour = file.strip_suffix(".css").and_then(|digits| format!("#{digits}").parse().ok());
    let colour: BrandColour =
        colour.filter(|colour| brand_style_path(*colour).ends_with(&file)).ok_or_else(not_found)?;
    let stored = (CACHE_CONTROL, HeaderValue::from_static("public, max-age=31536000, immutable"));
    let sheet = format!(":root{{--band:{colour};--on-band:#fff;--mint:#fff}}");
    Ok(WithHeaders([stored].into_iter().collect(), MediaBytes::new(sheet)))
}

/// Browsers ask for it by this name before they have read the page.
async fn show_favicon(_: AnyCaller) -> Result<WithHeaders<MediaBytes<media::Svg>>, HttpError> {
    let stored = (CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    Ok(WithHeaders([stored].into_iter().collect(), MediaBytes::new(MARK.text())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_squeezed_and_no_text_of_theirs_goes_over_lines() {
        for asset in [&BOX, &KEYS, &TABLET, &STATION, &APP, &QUEUE, &SCAN, &READER] {
            for line in asset.text().lines() {
                assert!(!line.starts_with("//") && line == line.trim(), "{line}");
                assert_eq!(line.matches('`').count() % 2, 0, "{line}");
            }
        }
    }

    #[test]
    fn no_asset_asks_anybody_else_for_anything() {
        for asset in [&BOX, &KEYS, &TABLET, &STATION, &APP, &QUEUE, &SCAN, &READER] {
            for outside in ["http:", "https:", "url(", "@import", "//cdn", "eval(", "innerHTML"] {
                assert!(!asset.text().contains(outside), "{outside}");
            }
        }
    }
}
