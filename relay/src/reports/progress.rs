//! How far a report is that is made while nobody waits.

use super::ReportFault;
use crate::db::delivery::reports::note_percent;
use crate::db::{AccountScope, Db};

/// How far a report is; what notes it hears that it was cancelled.
#[derive(Debug)]
pub(crate) struct ReportProgress<'a> {
    pub(super) db: &'a Db,
    pub(super) scope: AccountScope,
    pub(super) report: &'a str,
    /// Facilities that are done, and all of them.
    pub(super) done: usize,
    pub(super) all: usize,
}

impl ReportProgress<'_> {
    /// Notes how far the present facility is.
    ///
    /// # Errors
    /// [`ReportFault::Cancelled`], where nobody waits for it any more.
    pub(crate) async fn note(&self, percent: usize) -> Result<(), ReportFault> {
        let percent = i64::try_from((self.done * 100 + percent) / self.all.max(1)).unwrap_or(99).min(99);
        let mut tx = self.db.write(self.scope).await?;
        let is_open = note_percent(&mut tx, self.report, percent).await?;
        tx.commit().await?;
        if is_open { Ok(()) } else { Err(ReportFault::Cancelled) }
    }
}
