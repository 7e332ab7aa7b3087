//! The box's own scripts, beside what all pages of ours ask for.

use std::sync::LazyLock;

use ::web::assets::{Asset, AssetKind, LIVE, MARK, STYLE};
use axum::Router;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use http::header::CACHE_CONTROL;

use crate::web::context::AppState;

/// What pages of the box do beyond being kept up to date.
pub(crate) static BOX: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("box", AssetKind::Script, include_str!("../../assets/box.js")));
/// The label station's.
pub(crate) static STATION: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("station", AssetKind::Script, include_str!("../../assets/station.js")));

pub(crate) fn routes() -> Router<AppState> {
    let all: [&'static LazyLock<Asset>; 5] = [&STYLE, &LIVE, &MARK, &BOX, &STATION];
    all.into_iter().fold(Router::new().route("/favicon.ico", get(favicon)), |router, asset| {
        router.route(asset.path(), get(move || async move { (&**asset).into_response() }))
    })
}

/// Browsers ask for it by this name before they have read the page.
async fn favicon() -> Response {
    ([(CACHE_CONTROL, "public, max-age=86400")], &*MARK).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_asset_asks_anybody_else_for_anything() {
        for asset in [&BOX, &STATION] {
            for outside in ["http:", "https:", "url(", "@import", "//cdn", "eval(", "innerHTML"] {
                assert!(!asset.text().contains(outside), "{outside}");
            }
        }
    }
}
