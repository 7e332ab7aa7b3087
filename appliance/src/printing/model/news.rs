//! That something changed, for those who show it.

use std::sync::Arc;

use tokio::sync::watch;

/// The bell of [`Printing::news`].
pub(crate) type News = Arc<watch::Sender<u64>>;

/// Rings it.
pub(crate) fn ring(news: &News) {
    news.send_modify(|n| *n = n.wrapping_add(1));
}
