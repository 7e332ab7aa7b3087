//! What is switched and announced, read once for all requests of a few seconds.

use std::sync::Arc;

use ::web::answer::{SeeOther, WithHeaders};
use ::web::argument::Path;
use ::web::error::HttpError;
use axum::extract::State;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, header};
use tokio::sync::Mutex;

use crate::accounts::notices::{NoticeBoard, NoticeLine, SeenNotices};
use crate::accounts::switches::RelaySwitch;
use crate::db::{DbError, PlatformReason};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{internal_error, not_found};
use crate::web::next_page::page_after_sign_in;

/// What another process switches is seen here within so long.
const STANDS_MS: u64 = 5_000;

/// Milliseconds since the machine's boot, and what stood then.
type ReadBoard = Option<(u64, Arc<NoticeBoard>)>;

/// What is switched and announced. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(crate) struct SharedNotices(Arc<Mutex<ReadBoard>>);

impl SharedNotices {
    /// What this process changed is seen by the next request.
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl WebContext {
    /// What is switched and announced.
    pub(crate) async fn board(&self) -> Result<Arc<NoticeBoard>, DbError> {
        let up_ms = self.clock.now().up_ms;
        let mut read = self.notices.0.lock().await;
        if let Some((at_ms, board)) = &*read
            && up_ms.saturating_sub(*at_ms) < STANDS_MS
        {
            return Ok(Arc::clone(board));
        }
        let mut conn = self.db.platform_read(PlatformReason::Operator).await?;
        let board = Arc::new(NoticeBoard::read(&mut conn, self.now_ms()).await?);
        *read = Some((up_ms, Arc::clone(&board)));
        Ok(board)
    }

    /// What is announced, for a page that is open to everybody.
    pub(crate) async fn announced(&self) -> Result<Vec<NoticeLine>, DbError> {
        Ok(self.board().await?.lines(self.now_ms(), &SeenNotices::default()))
    }

    /// Whether anybody may make an account now.
    pub(crate) async fn takes_sign_ups(&self) -> Result<bool, DbError> {
        Ok(self.settings.open_sign_up && self.board().await?.is_on(RelaySwitch::SignUp))
    }
}

/// What the browser of a request has put aside.
pub(crate) fn seen_of(parts: &Parts) -> SeenNotices {
    seen_notices(&parts.headers)
}

fn seen_notices(headers: &HeaderMap) -> SeenNotices {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.find_map(SeenNotices::read).unwrap_or_default()
}

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
        assert_eq!(back("https://evil.example/app/people"), "/app/");
        assert_eq!(back("https://relay.example/login"), "/app/");
        assert_eq!(came_from(&HeaderMap::new(), ""), "/app/");
    }
}
