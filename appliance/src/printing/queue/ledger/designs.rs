//! Templates and logo of the facility's own, in `state.redb`: each version of a file, and which of them counts now.
//!
//! A job names the versions that it was submitted with, and prints with them whatever is changed or removed meanwhile. A
//! version goes when nothing names it any more.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use redb::{ReadableTable, TableDefinition, WriteTransaction};
use serde::Deserialize;

use crate::printing::model::design::JobTemplate;
use crate::printing::model::job::JobHead;
use crate::printing::model::ledger_error::LedgerError;
use crate::printing::model::make_error::MakeError;
use crate::printing::queue::ledger::tables::JOBS;
use crate::printing::queue::ledger::{PrintLedger, RedbResult};

const FILES: TableDefinition<'_, u64, &[u8]> = TableDefinition::new("print_designs");
/// Name → the version that counts.
const PRESENT: TableDefinition<'_, &str, u64> = TableDefinition::new("print_designs_present");
/// The next version: no number is given twice. Not a name that a template can have.
const NEXT: &str = "#next";
/// The logo's name in the table, which no template can have either.
pub(crate) const LOGO: &str = "#logo";
/// Designs in the cache: about as many as printers work at once.
const AT_HAND: usize = 8;

/// What was read and parsed last, by name and versions.
type AtHand = Vec<((String, u64, u64), JobTemplate)>;

/// A cache of designs, so that none is parsed again for each label.
#[derive(Debug, Clone, Default)]
pub(crate) struct TemplateCache(Arc<Mutex<AtHand>>);

impl TemplateCache {
    fn lock_designs(&self) -> MutexGuard<'_, AtHand> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// A template's name, or [`LOGO`].
    pub(crate) name: String,
    pub(crate) version: u64,
    pub(crate) file: Vec<u8>,
}

pub(crate) fn open_template_tables(tx: &WriteTransaction) -> RedbResult<()> {
    tx.open_table(FILES)?;
    tx.open_table(PRESENT)?;
    Ok(())
}

impl PrintLedger {
    pub(crate) fn designs(&self) -> Result<Vec<StoredFile>, LedgerError> {
        self.read("reading the templates", |tx| {
            let (files, mut stored) = (tx.open_table(FILES)?, Vec::new());
            for entry in tx.open_table(PRESENT)?.iter()? {
                let (name, version) = entry?;
                let (name, version) = (name.value().to_owned(), version.value());
                if let Some(file) = files.get(version)?.filter(|_| name != NEXT) {
                    stored.push(StoredFile { name, version, file: file.value().to_vec() });
                }
            }
            Ok(stored)
        })
    }

    pub(crate) fn design_file(&self, version: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read("reading a template", |tx| {
            Ok(tx.open_table(FILES)?.get(version)?.map(|file| file.value().to_vec()))
        })
    }

    /// This file counts under its name from now on; its version.
    pub(crate) fn keep_design(&self, name: &str, file: &[u8]) -> Result<u64, LedgerError> {
        self.write("writing down a template", |tx| {
            let mut present = tx.open_table(PRESENT)?;
            let version = present.get(NEXT)?.map_or(1, |next| next.value());
            present.insert(NEXT, version + 1)?;
            present.insert(name, version)?;
            drop(present);
            tx.open_table(FILES)?.insert(version, file)?;
            delete_unused(tx)?;
            Ok(version)
        })
    }

    pub(crate) fn drop_design(&self, name: &str) -> Result<(), LedgerError> {
        self.write("removing a template", |tx| {
            tx.open_table(PRESENT)?.remove(name)?;
            delete_unused(tx)
        })
    }

    pub(crate) fn design_of(&self, head: &JobHead) -> Result<Result<JobTemplate, MakeError>, LedgerError> {
        let expected = (head.template.clone(), head.design, head.logo);
        if let Some((_, design)) =
            self.drawer.lock_designs().iter().find(|(versions, _)| *versions == expected)
        {
            return Ok(Ok(design.clone()));
        }
        let (template, logo) = (self.read_named_file(head.design)?, self.read_named_file(head.logo)?);
        let design = JobTemplate::of_job(head, template.as_deref(), logo.as_deref());
        if let Ok(design) = &design {
            let mut at_hand = self.drawer.lock_designs();
            at_hand.truncate(AT_HAND - 1);
            at_hand.insert(0, (expected, design.clone()));
        }
        Ok(design)
    }

    fn read_named_file(&self, version: u64) -> Result<Option<Vec<u8>>, LedgerError> {
        if version == 0 { Ok(None) } else { self.design_file(version) }
    }
}

/// What a job says of the files that it needs, whatever else another version of this program wrote of it.
#[derive(Deserialize)]
struct NamedFiles {
    #[serde(default)]
    design: u64,
    #[serde(default)]
    logo: u64,
}

/// Versions that neither count now nor are named by a job go.
fn delete_unused(tx: &WriteTransaction) -> RedbResult<()> {
    let mut named = HashSet::new();
    for entry in tx.open_table(PRESENT)?.iter()? {
        named.insert(entry?.1.value());
    }
    for entry in tx.open_table(JOBS)?.iter()? {
        let (seq, head) = entry?;
        match serde_json::from_slice::<NamedFiles>(head.value()) {
            Ok(NamedFiles { design, logo }) => named.extend([design, logo]),
            // Nothing can be printed of it, so it needs no file; the others do.
            Err(error) => tracing::error!(seq = seq.value(), %error, "a print job cannot be read"),
        }
    }
    tx.open_table(FILES)?.retain(|version, _| named.contains(&version))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printing::queue::ledger::tests::{memory, write_job};

    #[test]
    fn a_job_that_cannot_be_read_keeps_nobody_from_changing_a_template() {
        let db = memory();
        let ledger = PrintLedger::open(db.clone(), 1).unwrap();
        let [first, second] = [b"1", b"2"].map(|file| ledger.keep_design("mine", file).unwrap());
        assert_eq!(ledger.design_file(first).unwrap(), None, "nothing names it any more");
        write_job(&db, 1, b"{");
        write_job(&db, 2, format!(r#"{{"kind":"of a later version","design":{second}}}"#).as_bytes());
        let third = ledger.keep_design("mine", b"3").unwrap();
        assert_eq!(ledger.design_file(second).unwrap().as_deref(), Some(&b"2"[..]), "a job needs it");
        ledger.drop_design("mine").unwrap();
        assert_eq!(ledger.design_file(third).unwrap(), None);
        assert_eq!(ledger.design_file(second).unwrap().as_deref(), Some(&b"2"[..]));
    }
}
