//! What only a database holds that is not in use any more: it is kept beside the log before the database is deleted.

use std::sync::Arc;

use record::checkpoint::LogOrigin;
use redb::Database;

use super::start_state::StartState;
use crate::database::salvage;
use crate::io::disk::file_exists;
use crate::io::error::StoreError;
use crate::log::chain::{LineSource, stray_lines};
use crate::log::displaced::DisplacedFile;
use crate::sources::{DatabaseSource, LogCopies, SegmentSource};

#[derive(Debug, Clone, Copy)]
pub(crate) struct StrayCopies {
    pub(crate) lines: u64,
    /// Whether it was read as far as it says that it goes.
    pub(crate) whole: bool,
}

impl StartState<'_> {
    pub(crate) fn keep_strays(
        &mut self,
        mut of: DatabaseSource<'_>,
        new: &Arc<Database>,
    ) -> Result<StrayCopies, StoreError> {
        let disk = self.disk.clone();
        let mut stored = StrayCopies { lines: 0, whole: of.epochs().is_some() };
        for (epoch, size) in of.claims().map_err(StoreError::io("a database"))? {
            let counted = DatabaseSource::new("the database", || Some(new.clone()));
            let same =
                of.stated(epoch).is_some_and(|tree| tree.size() == size && counted.shares(epoch, &tree));
            if same {
                continue;
            }
            let origin = LogOrigin { box_id: self.keys.box_id, epoch };
            let mut file = DisplacedFile::new(&*disk, origin);
            let (mut failed, mut seen) = (None, 0);
            let mut others: [Box<dyn LineSource + '_>; 2] =
                [Box::new(counted), Box::new(SegmentSource::journal(disk.clone()))];
            let mut pages: [Option<crate::log::chain::LogPiece>; 2] = [None, None];
            let mut has = |seq: u64, line: &crate::log::chain::LogLine| -> std::io::Result<bool> {
                seen += u64::from(seq < size);
                for (source, page) in others.iter_mut().zip(&mut pages) {
                    if page.as_ref().is_none_or(|page| page.next() <= seq || page.first > seq) {
                        *page = source.page(epoch, seq)?.map(|page| page.piece);
                    }
                    let at = page.as_ref().and_then(|page| seq.checked_sub(page.first));
                    let at = at.and_then(|at| usize::try_from(at).ok());
                    let there = page.as_ref().zip(at).and_then(|(page, at)| page.lines.get(at));
                    if there.is_some_and(|there| there.entry == line.entry) {
                        return Ok(true);
                    }
                }
                Ok(false)
            };
            let walked = stray_lines(epoch, 0, &mut of, &mut has, &mut |piece| {
                file.take(&piece).map_err(|e| {
                    failed = Some(e);
                    std::io::Error::other("it could not be written")
                })
            });
            if let Some(failed) = failed {
                return Err(failed);
            }
            walked.map_err(StoreError::io("a database"))?;
            stored.lines += file.finish()?;
            // Lines that it says it has and does not give may be read another time.
            stored.whole &= seen == size;
        }
        Ok(stored)
    }

    /// Removes copies that were set aside and hold nothing more that no other has.
    pub(crate) fn drain(&mut self, copies: LogCopies, db: &Arc<Database>) -> Result<(), StoreError> {
        let disk = self.disk.clone();
        let mut drained = Vec::new();
        for copy in &copies.salvage {
            let source = DatabaseSource::new(copy.path.clone(), || copy.db.clone());
            // One that was taken into use again is none any more.
            let is_aside = file_exists(&*disk, &copy.path).map_err(StoreError::io(salvage::DIR))?;
            if is_aside && source.epochs().is_some() {
                let StrayCopies { lines, whole } = match self.keep_strays(source, db) {
                    // It stays, and is tried again once there is space.
                    Err(e) if e.is_full() => StrayCopies { lines: 0, whole: false },
                    stored => stored?,
                };
                if whole {
                    tracing::info!(
                        copy = copy.path,
                        lines,
                        "a database that was set aside holds nothing more"
                    );
                    drained.push(copy.path.clone());
                } else {
                    tracing::error!(
                        copy = copy.path,
                        lines,
                        "a database that was set aside cannot be read to its end"
                    );
                }
            }
        }
        drop(copies);
        if !std::mem::take(&mut self.attempts.reading).is_empty() {
            self.note_attempts()?;
        }
        for path in salvage::list_salvage(&*disk)? {
            if drained.contains(&path) {
                salvage::remove_salvage(&*disk, &path)?;
            } else {
                self.report.unread_copies.push(path);
            }
        }
        Ok(())
    }
}
