//! What a database has of a run, as a source.

use std::io;
use std::rc::Rc;

use record::ids::Epoch;
use record::run::RunName;
use record::tree::Frontier;

use super::DatabaseSource;
use crate::log::chain::{LineSource, LogPiece, SourcePage};

/// Lines that a run brought to a database. Where another run brought a line of it, or the chain has it, it is there.
pub(crate) struct DatabaseRunSource<'a> {
    database: Rc<DatabaseSource<'a>>,
    place: u32,
    end: u64,
}

impl<'a> DatabaseRunSource<'a> {
    pub(crate) fn new(database: Rc<DatabaseSource<'a>>, (run, place): (RunName, u32)) -> Self {
        Self { database, place, end: run.lines().end }
    }
}

impl LineSource for DatabaseRunSource<'_> {
    fn name(&self) -> String {
        self.database.name()
    }

    fn is_own(&self) -> bool {
        true
    }

    fn follow(&mut self, _: Epoch, _: &Frontier) -> io::Result<Option<LogPiece>> {
        Ok(None)
    }

    fn page(&mut self, _: Epoch, from: u64) -> io::Result<Option<SourcePage>> {
        let piece = if from < self.end { self.database.lines_in_place(self.place, from) } else { None };
        Ok(piece.map(|piece| SourcePage { piece, loose: true }))
    }

    fn goes_beyond(&mut self, _: Epoch, _: &Frontier) -> io::Result<bool> {
        Ok(false)
    }

    fn claims(&mut self) -> io::Result<Vec<(Epoch, u64)>> {
        Ok(Vec::new())
    }
}
