//! The public list of this relay's keys: nobody needs to ask anybody to verify what it signed.

use ::web::answer::{MediaBytes, WithHeaders, media};
use ::web::error::HttpError;
use ::web::route::AnyCaller;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::keys::write_public_list;
use crate::web::WebContext;

pub(crate) const PATH: &str = "/.well-known/cleantrack-keys";
/// A revoked key is seen as one within minutes.
const CACHE: &str = "public, max-age=300";

pub(crate) async fn show_key_list(
    _: AnyCaller,
    State(web): State<WebContext>,
) -> Result<WithHeaders<MediaBytes<media::Plain>>, HttpError> {
    let list = write_public_list(web.fleet.keys().now().keys());
    let mut headers = HeaderMap::new();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(CACHE));
    Ok(WithHeaders(headers, MediaBytes::new(list)))
}
