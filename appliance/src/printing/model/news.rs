//! That something changed, for those who show it.

use std::sync::Arc;

use tokio::sync::watch;

/// The bell of [`Printing::news`].
pub(crate) type ChangeSignal = Arc<watch::Sender<u64>>;

pub(crate) fn signal_change(news: &ChangeSignal) {
    news.send_modify(|n| *n = n.wrapping_add(1));
}
