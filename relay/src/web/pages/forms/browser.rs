//! What a browser shows of itself, and what it is given to keep.

use ::web::error::HttpError;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::accounts::authentication::sign_in::SignInOrigin;
use crate::accounts::credentials::device::DeviceSecret;
use crate::web::access::ClientAddress;
use crate::web::http_error::internal_error;

pub(crate) fn cookie_headers<const N: usize>(cookies: [String; N]) -> Result<HeaderMap, HttpError> {
    let mut headers = HeaderMap::new();
    for cookie in cookies {
        headers.append(header::SET_COOKIE, HeaderValue::from_str(&cookie).map_err(internal_error)?);
    }
    Ok(headers)
}

pub(crate) fn sign_in_origin(headers: &HeaderMap, address: ClientAddress) -> SignInOrigin {
    let agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    SignInOrigin {
        device: read_device(headers),
        peer: address.ip(),
        agent: agent.unwrap_or_default().to_owned(),
        provider: None,
    }
}

pub(crate) fn read_device(headers: &HeaderMap) -> Option<DeviceSecret> {
    find_in_cookies(headers, DeviceSecret::read)
}

/// What `read` finds in the browser's cookies.
pub(crate) fn find_in_cookies<T>(headers: &HeaderMap, read: fn(&str) -> Option<T>) -> Option<T> {
    // HTTP/2 may send each cookie in a field of its own.
    headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok()).find_map(read)
}
