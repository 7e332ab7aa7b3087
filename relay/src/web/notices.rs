//! What is switched and announced, read once for all requests of a few seconds.

use std::sync::Arc;

use axum::http::{HeaderMap, header};
use tokio::sync::Mutex;

use crate::accounts::notices::{NoticeBoard, NoticeLine, SeenNotices};
use crate::accounts::switches::RelaySwitch;
use crate::db::{AccountScope, DbError, PlatformReason};
use crate::web::WebContext;

/// How soon what another process switches is seen here.
const STANDS_MS: u64 = 5_000;

/// Milliseconds since the machine's boot, and what was shown then.
type ReadBoard = Option<(u64, Arc<NoticeBoard>)>;

#[derive(Debug, Clone, Default)]
pub(crate) struct SharedNotices(Arc<Mutex<ReadBoard>>);

impl SharedNotices {
    pub(crate) async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

impl WebContext {
    pub(crate) async fn board(&self) -> Result<Arc<NoticeBoard>, DbError> {
        let up_ms = self.clock.now().up_ms;
        let mut read = self.notices.0.lock().await;
        if let Some((at_ms, board)) = &*read
            && up_ms.saturating_sub(*at_ms) < STANDS_MS
        {
            return Ok(Arc::clone(board));
        }
        let mut conn = self.db.platform_read(PlatformReason::Operator).await?;
        let mut board = NoticeBoard::read(&mut conn, self.now_ms()).await?;
        if self.billing.is_some() {
            board = board.with_billing(&mut conn, self.now_ms()).await?;
        }
        let board = Arc::new(board);
        *read = Some((up_ms, Arc::clone(&board)));
        Ok(board)
    }

    pub(crate) async fn announced(&self) -> Result<Vec<NoticeLine>, DbError> {
        Ok(self.board().await?.lines(self.now_ms(), &SeenNotices::default()))
    }

    pub(crate) async fn changes_nothing(&self, scope: AccountScope) -> Result<bool, DbError> {
        Ok(self.board().await?.is_read_only(scope))
    }

    /// Whether anybody may make an account now.
    pub(crate) async fn takes_sign_ups(&self) -> Result<bool, DbError> {
        Ok(self.settings.open_sign_up && self.board().await?.is_on(RelaySwitch::SignUp))
    }
}

pub(crate) fn seen_notices(headers: &HeaderMap) -> SeenNotices {
    let mut cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    cookies.find_map(SeenNotices::read).unwrap_or_default()
}
