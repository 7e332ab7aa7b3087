//! Makes what was asked for: one report, or an archive with one of each facility, from what whoever asked sees now.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Seek as _, Write as _};

use record::ids::FacilityId;
use report::query::ReportState;
use words::Locale;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::ReportFault;
use super::make::ReportMaker;
use super::order::{FACILITIES_MAX, ReportOrder, ReportOwner, read_format, read_order, read_state};
use super::progress::ReportProgress;
use crate::accounts::UserRole;
use crate::accounts::permission::Permission;
use crate::db::delivery::mail_rounds::find_reader;
use crate::db::delivery::reports::{StoredReport, find_report};
use crate::db::facility::facilities::{FacilityRow, list_facilities};
use crate::db::person::tokens::find_token;
use crate::db::{AccountScope, Db, DbError, ReadScope, ScopedConnection};
use crate::keys::KeySet;
use crate::objects::ReportStore;

/// No zone is further from another.
const ZONES_MS: i64 = 26 * 3_600_000;
/// Letters of a facility's name in the name of a file.
const NAME_CHARS_MAX: usize = 80;

/// What reports are made with.
pub(crate) struct ReportWork<'a> {
    pub(crate) db: &'a Db,
    pub(crate) keys: &'a KeySet,
    pub(crate) files: &'a ReportStore,
    pub(crate) now_ms: i64,
}

/// What whoever asked for a report sees now; `None`: nothing any more. A report names people.
pub(crate) async fn find_reads(
    conn: &mut ScopedConnection,
    owner: &str,
    now_ms: i64,
) -> Result<Option<ReadScope>, DbError> {
    let scope = conn.scope();
    Ok(match ReportOwner::read(owner) {
        Some(ReportOwner::Member(id)) => match find_reader(conn, id, now_ms).await? {
            Some(reader) if UserRole::of_row(&reader.role)?.holds(Permission::ReadNames) => {
                Some(reader.reads(scope))
            }
            _ => None,
        },
        Some(ReportOwner::Program(id)) => {
            let token = find_token(conn, id).await?.filter(|token| !token.is_over(now_ms));
            token.map(|token| token.reads(scope))
        }
        None => None,
    })
}

/// The facilities of a report, by name. One that is not seen any more is none of it, nor is it left out.
async fn list_parts(
    conn: &mut ScopedConnection,
    order: &ReportOrder,
) -> Result<Vec<FacilityRow>, ReportFault> {
    let mut parts = list_facilities(conn).await?;
    if !order.facilities.is_empty() {
        let named: BTreeSet<String> = order.facilities.iter().map(ToString::to_string).collect();
        parts.retain(|row| named.contains(&row.facility));
        if parts.len() < named.len() {
            return Err(ReportFault::NotFound);
        }
    }
    match parts.len() {
        0 => Err(ReportFault::NotFound),
        1..=FACILITIES_MAX => Ok(parts),
        _ => Err(ReportFault::Facilities),
    }
}

/// A name in an archive that any system takes, and that no other file of it has.
fn name_part(taken: &mut BTreeSet<String>, facility: &str, rest: &str) -> String {
    let safe = facility.chars().map(|c| if c.is_alphanumeric() || c == '-' { c } else { '_' });
    let safe: String = safe.take(NAME_CHARS_MAX).collect();
    let mut name = format!("{safe}-{rest}");
    let mut number = 2;
    while !taken.insert(name.to_lowercase()) {
        name = format!("{safe}-{number}-{rest}");
        number += 1;
    }
    name
}

fn read_facility(row: &FacilityRow) -> Result<FacilityId, DbError> {
    row.facility.parse().map_err(|e| DbError::stored("facility id", e))
}

impl ReportWork<'_> {
    /// Puts the file of a report into the store, and says how large it is. `None`: nobody waits for it any more.
    pub(crate) async fn make_file(
        &self,
        scope: AccountScope,
        report: &str,
    ) -> Result<Option<StoredReport>, ReportFault> {
        let mut conn = self.db.read(scope).await?;
        let found = find_report(&mut conn, report).await?;
        let state = found.as_ref().map(read_state).transpose()?;
        let Some(mut stored) = found.filter(|_| state.is_some_and(ReportState::is_open)) else {
            // An earlier try may have left it.
            if state != Some(ReportState::Ready) {
                self.files.remove(scope, report).await?;
            }
            return Ok(None);
        };
        let reads = find_reads(&mut conn, &stored.owner, self.now_ms).await?.ok_or(ReportFault::NotFound)?;
        drop(conn);
        let order = read_order(&stored)?;
        let parts = list_parts(&mut self.db.read(reads).await?, &order).await?;
        let maker = ReportMaker {
            db: self.db,
            keys: self.keys,
            reads,
            query: &order.query,
            locale: Locale::from_tag(&stored.locale).unwrap_or(Locale::EnUs),
            format: read_format(&stored)?,
            // The days were judged where it is the next day already.
            begins_by_ms: stored.made_ms.saturating_add(ZONES_MS),
            now_ms: self.now_ms,
        };
        let progress = ReportProgress { db: self.db, scope, report, done: 0, all: parts.len() };
        progress.note(0).await?;
        let file = if order.is_single() {
            write_single(&maker, &parts, &progress).await?
        } else {
            write_archive(&maker, &parts, &progress).await?
        };
        let bytes = self.files.put(scope, report, file).await?;
        stored.bytes = i64::try_from(bytes).unwrap_or(i64::MAX);
        let made_of = parts.iter().map(read_facility).collect::<Result<_, _>>()?;
        stored.body =
            serde_json::to_string(&ReportOrder { made_of, ..order.clone() }).map_err(ReportFault::making)?;
        Ok(Some(stored))
    }
}

async fn write_single(
    maker: &ReportMaker<'_>,
    parts: &[FacilityRow],
    progress: &ReportProgress<'_>,
) -> Result<File, ReportFault> {
    let mut file = tempfile::tempfile().map_err(ReportFault::making)?;
    for row in parts {
        let made = maker.make_report(read_facility(row)?, None, Some(progress)).await?;
        file.write_all(&made.bytes).map_err(ReportFault::making)?;
    }
    file.rewind().map_err(ReportFault::making)?;
    Ok(file)
}

/// One facility after the other: no more than one report is in memory.
async fn write_archive(
    maker: &ReportMaker<'_>,
    parts: &[FacilityRow],
    progress: &ReportProgress<'_>,
) -> Result<File, ReportFault> {
    let mut archive = ZipWriter::new(tempfile::tempfile().map_err(ReportFault::making)?);
    let mut taken = BTreeSet::new();
    for (done, row) in parts.iter().enumerate() {
        let progress = ReportProgress { done, ..*progress };
        let made = maker.make_report(read_facility(row)?, None, Some(&progress)).await?;
        let rest = format!("{}.{}", made.days, maker.format.ending());
        let name = name_part(&mut taken, &row.name, &rest);
        let packing = tokio::task::spawn_blocking(move || {
            archive.start_file(name, SimpleFileOptions::default())?;
            archive.write_all(&made.bytes)?;
            Ok::<_, zip::result::ZipError>(archive)
        });
        archive = packing.await.map_err(ReportFault::making)?.map_err(ReportFault::making)?;
    }
    let mut file = archive.finish().map_err(ReportFault::making)?;
    file.rewind().map_err(ReportFault::making)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_an_archive_are_safe_and_each_its_own() {
        let mut taken = BTreeSet::new();
        let names = ["../Ward 3: \"A\"", "Zoë", "ZOË", ""].map(|name| name_part(&mut taken, name, "1.pdf"));
        assert_eq!(names, ["___Ward_3___A_-1.pdf", "Zoë-1.pdf", "ZOË-2-1.pdf", "-1.pdf"]);
    }
}
