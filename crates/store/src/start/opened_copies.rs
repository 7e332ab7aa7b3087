//! The copies of the log that a start opens. Which are open is written in the mark: a start that blocks or aborts over
//! one of them is known to the next.

use super::start_state::{HealedLog, OpenDatabase, StartKind, StartState};
use crate::database::main_database;
use crate::database::salvage;
use crate::io::error::StoreError;
use crate::side_files::mark::{ATTEMPTS_OF_COPY, StartAttempts, put_mark};
use crate::sources::LogCopies;

impl StartState<'_> {
    /// Opens the database and every copy, and heals the log from them. A database whose file cannot be read in the middle of that
    /// is set aside, and asked like any other copy: page by page, as far as they can be read.
    pub(crate) fn read_log(
        &mut self,
        kind: StartKind,
    ) -> Result<(Option<OpenDatabase>, LogCopies, HealedLog), StoreError> {
        // Of the starts before this one, whatever is opened twice in it.
        let before = StartAttempts { reading: self.attempts.reading.clone(), ..StartAttempts::default() };
        loop {
            let main = self.open_main()?;
            let copies = self.copies(main.as_ref(), &before)?;
            let healed = self.heal_log(kind, &copies, main.as_ref());
            match main {
                Some(main) if self.lost.is_set() => {
                    drop((main, copies));
                    self.distrust("a part of it cannot be read")?;
                    self.report = std::mem::take(&mut self.report).for_another_pass();
                    self.read_whole.clear();
                    self.unstated.clear();
                    (self.agreed, self.ends_now, self.behind_held) = (None, None, None);
                }
                main => return Ok((main, copies, healed?)),
            }
        }
    }

    /// Opens every copy that can be read, but for those with which start after start ended.
    fn copies(
        &mut self,
        main: Option<&OpenDatabase>,
        before: &StartAttempts,
    ) -> Result<LogCopies, StoreError> {
        let disk = self.disk.clone();
        let mut opened = Vec::new();
        self.attempts.reading.clear();
        for path in salvage::list_salvage(&*disk)? {
            let times = before.ended_with(&path);
            if times >= ATTEMPTS_OF_COPY {
                tracing::error!(path, "starts did not get past this copy: it is passed over this time");
                continue;
            }
            self.attempts.reading.push((times + 1, path.clone()));
            self.note_attempts()?;
            let copy = salvage::open_salvage(&*disk, &path)?;
            let db = copy.as_ref().and_then(|copy| copy.db.clone());
            let held = db.as_ref().and_then(|db| main_database::read_extent(db).ok().flatten());
            let foreign = db.as_ref().zip(held).is_some_and(|(db, held)| self.is_foreign(db, &held));
            drop(db);
            opened.extend(copy.filter(|_| !foreign));
        }
        if self.attempts.reading.is_empty() && !before.reading.is_empty() {
            self.note_attempts()?;
        }
        let db = main.map(|main| main.db.clone());
        Ok(LogCopies { disk, box_id: self.keys.box_id, main: Box::new(move || db.clone()), salvage: opened })
    }

    pub(crate) fn note_attempts(&self) -> Result<(), StoreError> {
        let attempts = StartAttempts { count: self.attempts.count + 1, ..self.attempts.clone() };
        put_mark(&**self.disk, &attempts)
    }
}
