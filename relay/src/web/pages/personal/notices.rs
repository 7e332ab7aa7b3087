//! Announcements, put aside by whoever has read them.

use ::web::answer::{SeeOther, WithHeaders};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};

use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::next_page::page_after_sign_in;
use crate::web::notices::seen_notices;

/// `POST /app/notices/{notice}`: one is put aside in this browser, and the page is shown again from which that was asked.
pub(crate) async fn hide_notice(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(notice): Path<String>,
    headers: HeaderMap,
    form: RelayForm,
) -> Result<WithHeaders<SeeOther>, HttpError> {
    require_own_form(&visitor, &form)?;
    let cookie = seen_notices(&headers).cookie_with(&notice).ok_or_else(not_found)?;
    let cookie = HeaderValue::from_str(&cookie).map_err(internal_error)?;
    let cookies = [(header::SET_COOKIE, cookie)].into_iter().collect();
    Ok(WithHeaders(cookies, SeeOther::to(&came_from(&headers, &web.settings.public_url))?))
}

/// The page of ours that the form was on; without one the first.
fn came_from(headers: &HeaderMap, public_url: &str) -> String {
    let referer = headers.get(header::REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = referer.split_once("://").and_then(|(_, rest)| rest.split_once('/'));
    let is_ours = public_url.is_empty() || referer.starts_with(public_url.trim_end_matches('/'));
    page_after_sign_in(&path.filter(|_| is_ours).map(|(_, path)| format!("/{path}")).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dismissed_notice_leads_back_to_a_page_of_ours() {
        let back = |referer: &str| {
            let headers = [(header::REFERER, HeaderValue::from_str(referer).unwrap())].into_iter().collect();
            came_from(&headers, "https://relay.example")
        };
        assert_eq!(back("https://relay.example/app/people?x=1"), "/app/people?x=1");
        assert_eq!(back("https://evil.example/app/people"), "/app");
        assert_eq!(back("https://relay.example/login"), "/app");
        assert_eq!(came_from(&HeaderMap::new(), ""), "/app");
    }
}
