//! A relay in a folder, and a relay from one: its database, its photos and its settings. Keys are no part of it: they leave by a
//! sealed file of their own, so that whoever finds a backup cannot speak for the relay.

mod dated;
mod files;
mod manifest;
mod programs;

use std::path::{Path, PathBuf};

use record::tree::Hash;
use service::clock::Clock;

use crate::db::delivery::webhooks;
use crate::db::fleet::authority;
use crate::db::log::photos;
use crate::db::operation::backups;
use crate::db::operation::backups::BackupRow;
use crate::db::operation::checks;
use crate::db::operation::checks::ExpectedPhoto;
use crate::db::person::{ceremonies, invitations, mail_links, oidc_flows, second_steps, sessions};
use crate::db::{
    Db, DbError, PlatformConnection, PlatformReason, SCHEMA_VERSION, TlsPolicy, platform_schema,
    refuse_unfinished_restore,
};
use crate::objects::set_notes_aside;
pub use dated::{DatedBackup, FolderRemarks, list_remarks, make_dated_backup};
pub use files::{CopiedPhotos, PhotoTotals, RecoveredPhoto};
pub use manifest::{BackupManifest, DatabaseKind};

const MANIFEST: &str = "backup.json";
const DATABASE_FILE: &str = "relay.db";
/// What `pg_dump` wrote.
const DATABASE_DUMP: &str = "relay.pgdump";
const PHOTOS: &str = "photos";
const SETTINGS: &str = "settings.toml";
/// Photos that the database is asked for at a time.
const PAGE: i64 = 500;

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("cannot {what} {}: {source}", path.display())]
    File { what: &'static str, path: PathBuf, source: std::io::Error },
    #[error("{} is there already: a backup is never written over another. Name a folder that is not there", .0.display())]
    Known(PathBuf),
    #[error("another `backup nightly` is at work in {}: nothing was made. Wait for its end", .0.display())]
    Busy(PathBuf),
    #[error("there is no database at {}, and nothing to back up. Look at `database` in the settings", .0.display())]
    NoDatabase(PathBuf),
    #[error("{} is no backup of a relay: {why}", folder.display())]
    Foreign { folder: PathBuf, why: String },
    #[error("the backup is damaged, and nothing was restored:\n{}", .0.join("\n"))]
    Damaged(Vec<String>),
    #[error(
        "the database is not empty, and nothing was restored. A backup goes into an empty database only: set the present one aside \
         (move the file, its -wal and its -shm together; on a server make a new database, or this one anew), then restore again"
    )]
    NotEmpty,
    #[error(
        "the backup is of {found}, and the settings name {named}: nothing was restored. Name a database of the same kind"
    )]
    OtherKind { found: DatabaseKind, named: DatabaseKind },
    #[error(
        "the database has schema {found}, this program knows {known}: take the backup with the program that serves it"
    )]
    Schema { found: i64, known: usize },
    #[error(
        "cannot run {program}: {source}. It comes with PostgreSQL’s client programs (Debian: postgresql-client)"
    )]
    NoProgram { program: &'static str, source: std::io::Error },
    #[error("{program} failed: {words}")]
    Program { program: &'static str, words: String },
    #[error("the work was cut off: {0}")]
    Cut(String),
}

#[derive(Debug, Clone)]
pub struct RelayParts {
    pub database: String,
    pub policy: TlsPolicy,
    pub photos: PathBuf,
    pub config: Option<PathBuf>,
}

impl RelayParts {
    fn kind(&self) -> DatabaseKind {
        if self.database.starts_with("sqlite:") { DatabaseKind::Sqlite } else { DatabaseKind::Postgres }
    }

    fn database_file(&self) -> PathBuf {
        PathBuf::from(self.database.strip_prefix("sqlite:").unwrap_or_default())
    }
}

#[derive(Debug, Clone)]
pub struct BackupReport {
    pub folder: PathBuf,
    pub bytes: u64,
    pub sha256: Hash,
    pub photos: CopiedPhotos,
    pub recovered: Vec<RecoveredPhoto>,
    /// How many photos the backup should have and has not, or not as they were: of those that its database names, or its list.
    pub missing_photos: u64,
    /// Whether the database knows of this act.
    pub is_noted: bool,
    pub keys_exported: bool,
}

impl BackupReport {
    /// Whether each photo was in the folder of photos as it should be: nothing that an older backup has is needed for any.
    pub fn is_whole(&self) -> bool {
        self.photos.damaged.is_empty() && self.recovered.is_empty() && self.missing_photos == 0
    }
}

/// Runs what waits for disks on a thread of its own.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, BackupError> + Send + 'static,
) -> Result<T, BackupError> {
    tokio::task::spawn_blocking(work).await.map_err(|error| BackupError::Cut(error.to_string()))?
}

/// Writes a backup to a new folder, while the relay runs or not. It is there whole or not at all.
pub async fn make_backup(
    parts: &RelayParts,
    folder: &Path,
    clock: &dyn Clock,
) -> Result<BackupReport, BackupError> {
    make_backup_beside(parts, folder, Vec::new(), clock).await
}

/// The same, with older backups, the newest last, from which photos come that are damaged or missing now.
async fn make_backup_beside(
    parts: &RelayParts,
    folder: &Path,
    older: Vec<PathBuf>,
    clock: &dyn Clock,
) -> Result<BackupReport, BackupError> {
    if folder.exists() {
        return Err(BackupError::Known(folder.to_owned()));
    }
    // Opening one would make it, and bar a restore.
    if parts.kind() == DatabaseKind::Sqlite && files::is_absent_or_empty(&parts.database_file()) {
        return Err(BackupError::NoDatabase(parts.database_file()));
    }
    let db = Db::open_with(&parts.database, parts.policy).await?;
    refuse_unfinished_restore(&db).await?;
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let found = platform_schema(&mut conn).await?;
    if usize::try_from(found) != Ok(SCHEMA_VERSION) {
        return Err(BackupError::Schema { found, known: SCHEMA_VERSION });
    }
    let keys = authority::platform_list(&mut conn).await?;
    let keys_exported = keys.iter().filter(|key| key.state == "current").all(|key| key.exported_ms.is_some());
    drop(conn);
    let partial = files::begin_folder(folder)?;
    // The database first: each photo that it names is in the store by then.
    let file = save_database(&db, parts, partial.path()).await?;
    let named = photos::platform_count(&mut db.platform_read(PlatformReason::Operator).await?).await?;
    let made_ms = clock.now_ms();
    let (config, kind) = (parts.config.clone(), parts.kind());
    let (from, photos_to) = (parts.photos.clone(), partial.path().join(PHOTOS));
    let photos = run_blocking(move || {
        if named > 0 {
            files::require_folder(&from)?;
        }
        files::copy_photos(&from, &photos_to)
    })
    .await?;
    let (photos, absent) = find_absent_photos(&db, parts, partial.path(), photos).await?;
    let to = folder.to_owned();
    let report = run_blocking(move || {
        let dir = partial.path();
        let sought = [photos.damaged.clone(), absent.clone()].concat();
        let recovery = files::recover_photos(&sought, &older, &dir.join(PHOTOS))?;
        let missing_photos = recovery.lost.iter().filter(|place| absent.contains(place)).count() as u64;
        let mut stored = vec![files::describe_file(dir, file)?];
        if let Some(config) = config {
            files::copy_synced(&config, &dir.join(SETTINGS))?;
            stored.push(files::describe_file(dir, SETTINGS)?);
        }
        // What was left out is missing from this backup, too.
        let (count, bytes) =
            (photos.totals.count + sought.len() as u64, photos.totals.bytes + recovery.bytes());
        let all = PhotoTotals { count, bytes };
        let manifest = BackupManifest::new(made_ms, kind, stored, all);
        let (sha256, bytes) = (manifest.save(&dir.join(MANIFEST))?, manifest.bytes());
        files::finish_folder(partial, &to)?;
        let (folder, recovered) = (to, recovery.recovered);
        let is_noted = false;
        Ok(BackupReport { folder, bytes, sha256, photos, recovered, missing_photos, is_noted, keys_exported })
    });
    let mut report = report.await?;
    // The backup is there, whatever becomes of the note: the disk may be full that it was made for.
    let noted = note_made(&db, &report, clock).await;
    report.is_noted = noted.is_ok();
    if let Err(error) = noted {
        tracing::warn!(%error, "a backup was made, and the database does not know of it");
    }
    db.close().await;
    Ok(report)
}

/// What was copied, with photos that came meanwhile; and the places of those that the database names and the backup has not. Damaged ones
/// are not among them.
async fn find_absent_photos(
    db: &Db,
    parts: &RelayParts,
    partial: &Path,
    mut copied: CopiedPhotos,
) -> Result<(CopiedPhotos, Vec<PathBuf>), BackupError> {
    let (mut last, mut all): (Option<ExpectedPhoto>, Vec<PathBuf>) = Default::default();
    loop {
        let mut conn = db.platform_read(PlatformReason::Operator).await?;
        let page = checks::platform_photos(&mut conn, last.as_ref(), PAGE).await?;
        drop(conn);
        let places = page.iter().filter_map(|photo| {
            let folder = photo.photo.get(..2)?;
            let account = photo.scope.account().to_string();
            Some(Path::new(&account).join(folder).join(format!("{}.jpg", photo.photo)))
        });
        let (places, from, to) = (places.collect::<Vec<_>>(), parts.photos.clone(), partial.join(PHOTOS));
        let (late, absent) = run_blocking(move || files::list_absent(places, &from, &to)).await?;
        copied.totals.count += late.totals.count;
        copied.totals.bytes += late.totals.bytes;
        all.extend(absent.into_iter().filter(|place| !copied.damaged.contains(place)));
        match page.into_iter().next_back() {
            Some(photo) => last = Some(photo),
            None => return Ok((copied, all)),
        }
    }
}

async fn note_made(db: &Db, report: &BackupReport, clock: &dyn Clock) -> Result<(), DbError> {
    let mut tx = db.platform_write(PlatformReason::Operator).await?;
    note_act(&mut tx, "made", report, clock).await?;
    tx.commit().await
}

async fn note_act(
    tx: &mut PlatformConnection,
    act: &str,
    report: &BackupReport,
    clock: &dyn Clock,
) -> Result<(), DbError> {
    let row = BackupRow {
        at_ms: clock.now_ms(),
        act: act.to_owned(),
        place: report.folder.display().to_string(),
        bytes: i64::try_from(report.bytes).unwrap_or(i64::MAX),
        sha256: report.sha256.0.to_vec(),
    };
    backups::platform_insert(tx, &row).await
}

/// A full disk is that of the backup, not the database's.
fn name_copy_fault(error: DbError, file: &Path) -> BackupError {
    if error.is_disk_full() {
        return files::file_error("write", file)(std::io::ErrorKind::StorageFull.into());
    }
    error.into()
}

/// The database as it is at one moment; the name of its file in the backup.
async fn save_database(db: &Db, parts: &RelayParts, partial: &Path) -> Result<&'static str, BackupError> {
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let file = partial.join(DATABASE_FILE);
    if backups::platform_copy(&mut conn, &file).await.map_err(|error| name_copy_fault(error, &file))? {
        let faults = backups::check_copy(&file).await?;
        files::sync_file(&file)?;
        return if faults.is_empty() { Ok(DATABASE_FILE) } else { Err(BackupError::Damaged(faults)) };
    }
    drop(conn);
    let (parts, dump) = (parts.clone(), partial.join(DATABASE_DUMP));
    run_blocking(move || {
        programs::dump_server(&parts, &dump)?;
        files::sync_file(&dump)?;
        Ok(DATABASE_DUMP)
    })
    .await
}

/// Puts a backup into an empty database and the folder of photos, after all of it was checked. Boxes send what came after it.
///
/// # Errors
/// Why nothing was restored; a restore that was cut off is begun again with an empty database.
pub async fn restore_backup(
    parts: &RelayParts,
    folder: &Path,
    clock: &dyn Clock,
) -> Result<BackupReport, BackupError> {
    let from = folder.to_owned();
    let (manifest, sha256) = run_blocking(move || {
        let (manifest, sha256) = BackupManifest::load(&from, MANIFEST)?;
        let faults = manifest.faults(&from);
        if faults.is_empty() { Ok((manifest, sha256)) } else { Err(BackupError::Damaged(faults)) }
    })
    .await?;
    if manifest.database != parts.kind() {
        return Err(BackupError::OtherKind { found: manifest.database, named: parts.kind() });
    }
    require_empty(parts).await?;
    let (photos_from, photos_to) = (folder.join(PHOTOS), parts.photos.clone());
    // Photos first: the database that names them comes when they are there.
    let photos = run_blocking(move || files::copy_photos(&photos_from, &photos_to)).await?;
    let missing_photos = manifest.missing_photos(photos.totals);
    let (folder, bytes, recovered) = (folder.to_owned(), manifest.bytes(), Vec::new());
    let (is_noted, keys_exported) = (true, true);
    let report =
        BackupReport { folder, bytes, sha256, photos, recovered, missing_photos, is_noted, keys_exported };
    let (photos, now_ms) = (parts.photos.clone(), clock.now_ms());
    run_blocking(move || {
        // What was signed after the backup is of rows that are not there, and whose numbers come again.
        let aside = set_notes_aside(&photos, now_ms);
        aside.map(drop).map_err(|source| BackupError::File {
            what: "put aside the notes in",
            path: photos,
            source,
        })
    })
    .await?;
    restore_database(parts, &report, clock).await?;
    Ok(report)
}

/// A file is finished before it has its name, so that one that is cut off leaves none.
async fn restore_database(
    parts: &RelayParts,
    report: &BackupReport,
    clock: &dyn Clock,
) -> Result<(), BackupError> {
    let (from, to) = (report.folder.clone(), parts.database_file());
    if parts.kind() == DatabaseKind::Postgres {
        let db = Db::open_with(&parts.database, parts.policy).await?;
        let mut tx = db.platform_write(PlatformReason::Operator).await?;
        backups::platform_begin_restore(&mut tx).await?;
        tx.commit().await?;
        db.close().await;
        let server = parts.clone();
        run_blocking(move || programs::restore_server(&server, &from.join(DATABASE_DUMP))).await?;
        let db = Db::open_with(&parts.database, parts.policy).await?;
        return finish_restore(db, report, clock).await;
    }
    let place = to.clone();
    let copy = run_blocking(move || files::copy_beside(&from.join(DATABASE_FILE), &place)).await?;
    let db = Db::open_with(&format!("sqlite:{}", copy.path().display()), parts.policy).await?;
    finish_restore(db, report, clock).await?;
    run_blocking(move || {
        files::sync_file(copy.path())?;
        files::place_database(copy, &to)
    })
    .await
}

async fn finish_restore(db: Db, report: &BackupReport, clock: &dyn Clock) -> Result<(), BackupError> {
    let now_ms = clock.now_ms();
    db.migrate_restored(now_ms).await?;
    let mut tx = db.platform_write(PlatformReason::Operator).await?;
    sessions::platform_delete_all(&mut tx).await?;
    mail_links::platform_delete_all(&mut tx).await?;
    second_steps::platform_delete_all(&mut tx).await?;
    ceremonies::platform_delete_all(&mut tx).await?;
    oidc_flows::platform_delete_all(&mut tx).await?;
    invitations::platform_revoke_all(&mut tx, now_ms).await?;
    // One that was removed, or whose secret was changed since, comes back: nothing is sent there unasked.
    webhooks::platform_pause_all(&mut tx).await?;
    note_act(&mut tx, "restored", report, clock).await?;
    backups::platform_end_restore(&mut tx).await?;
    tx.commit().await?;
    db.close().await;
    Ok(())
}

/// Nothing is written over: whoever serves this database now still does.
async fn require_empty(parts: &RelayParts) -> Result<(), BackupError> {
    let file = parts.database_file();
    if parts.kind() == DatabaseKind::Sqlite && files::is_absent_or_empty(&file) {
        return Ok(());
    }
    let db = Db::open_with(&parts.database, parts.policy).await?;
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let is_empty = backups::platform_is_empty(&mut conn).await?;
    // A command of an operator made its tables, and nothing is in them.
    let is_unused = parts.kind() == DatabaseKind::Sqlite && backups::platform_is_unused(&mut conn).await?;
    drop(conn);
    db.close().await;
    match (is_empty, is_unused) {
        (true, _) if parts.kind() == DatabaseKind::Postgres => Ok(()),
        (true, _) | (false, true) => run_blocking(move || files::set_aside(&file)).await,
        (false, false) => Err(BackupError::NotEmpty),
    }
}

#[cfg(test)]
mod tests {
    use service::clock::FakeClock;

    use super::*;

    #[tokio::test]
    async fn a_database_whose_restore_was_cut_off_is_not_backed_up() {
        let dir = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", dir.path().join("relay.db").display());
        let db = Db::open(&database).await.unwrap();
        db.migrate(1).await.unwrap();
        let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        backups::platform_begin_restore(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let photos = dir.path().join("photos");
        let parts = RelayParts { database, policy: TlsPolicy::Verified, photos, config: None };
        let (folder, clock) = (dir.path().join("backup"), FakeClock::at_ms(1_795_204_920_000));
        let made = make_backup(&parts, &folder, &clock).await;
        assert!(matches!(made, Err(BackupError::Db(DbError::UnfinishedRestore))), "{made:?}");
        assert!(!folder.exists());
        let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        backups::platform_end_restore(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        make_backup(&parts, &folder, &clock).await.unwrap();
    }
}
