//! A copy of a data folder, made while its box was stopped: lines of it that count nowhere on this card are taken over.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use record::run::RunName;
use redb::{Database, ReadableDatabase as _, ReadableTable as _};
use service::clock::Clock;
use service::random::RandomSource;

use crate::StoreConfig;
use crate::database::main_database;
use crate::database::salvage;
use crate::index::tables;
use crate::io::disk::{Disk, DiskCalls, DiskFile};
use crate::io::error::StoreError;
use crate::io::system_disk::{FolderError, SystemDisk, SystemFile};
use crate::log::chain::{LineSource, stray_lines};
use crate::log::displaced;
use crate::log::displaced::DisplacedFile;
use crate::log::scan::{SegmentFile, SegmentReader};
use crate::runs::run_file;
use crate::side_files::keys::{BoxKeys, epoch_folders};
use crate::sources::{DatabaseSource, SegmentSource};

const DATABASE_CACHE_BYTES: usize = 4 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// This box's own folder, or a file of the copy.
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0} holds no log: a data folder has a folder “log” in it. Nothing was taken over")]
    NoLog(PathBuf),
    /// The data folder is a new one: the copy takes its place, with the box's name and keys.
    #[error(
        "{dir} is no box's yet: a copy of a whole data folder takes its place as it is (cp -a {copy}/. {dir}/). Nothing was taken over"
    )]
    NoBox { dir: PathBuf, copy: PathBuf },
    #[error("log {epoch} there is of the box {other}, and this is the box {own}. Nothing was taken over")]
    OtherBox { epoch: Epoch, other: BoxId, own: BoxId },
}

impl From<FolderError> for ImportError {
    fn from(e: FolderError) -> Self {
        Self::Store(e.into())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImportedLines {
    pub logs: usize,
    /// Their lines, each once, also those that count already.
    pub lines: u64,
}

/// The folder of a copy, which nothing writes to: it may be on a medium that cannot be written.
#[derive(Debug)]
struct BackupFolder(PathBuf);

impl Disk for BackupFolder {
    fn open(&self, path: &str) -> io::Result<Arc<dyn DiskFile>> {
        let file = OpenOptions::new().read(true).open(self.0.join(path))?;
        Ok(Arc::new(SystemFile::new(file, DiskCalls::default(), None)))
    }
    fn list(&self, dir: &str) -> io::Result<Vec<String>> {
        crate::io::system_disk::list_names(&self.0.join(dir))
    }
    fn open_to_others(&self, _: &str) -> io::Result<u32> {
        Ok(0)
    }
}

/// Keeps a copy's intact lines beside a stopped box's log: of its logs, runs, what was beside them and databases. The
/// next start places each, or makes it count under its own number; what counts already is deleted. It is idempotent.
///
/// # Errors
/// [`ImportError`]; the folder is in use while the box runs.
pub fn import_log(
    config: &StoreConfig,
    from: &Path,
    clock: &dyn Clock,
    random: &dyn RandomSource,
) -> Result<ImportedLines, ImportError> {
    let disk = SystemDisk::take(&config.dir)?;
    if !BoxKeys::names_box(&disk)? {
        return Err(ImportError::NoBox { dir: config.dir.clone(), copy: from.to_owned() });
    }
    let own = BoxKeys::load(&disk, &clock.now(), random)?.box_id;
    let copy = CopiedFolder::open(from, own)?;
    let known = own_epochs(&disk)?;
    let erased = erased_texts(&disk)?;
    for name in copy.runs.iter().filter(|name| known.contains(&name.epoch())) {
        copy.keep_run(&disk, name, &erased)?;
    }
    let mut read = ImportedLines { logs: copy.epochs.len(), lines: 0 };
    for epoch in &copy.epochs {
        read.lines += copy.keep_lines(&disk, *epoch)?;
    }
    Ok(read)
}

/// Logs that are this box's without a doubt: those that are stored here, and those whose key is here or is trusted.
/// Runs of any other would be adopted without asking anybody; lines of one stay apart until somebody runs `log trust`.
fn own_epochs(disk: &dyn Disk) -> Result<BTreeSet<Epoch>, StoreError> {
    let mut own: BTreeSet<Epoch> = epoch_folders(disk).map_err(StoreError::io("log/"))?.into_iter().collect();
    let db = main_database::open_copy(disk, main_database::MAIN, DATABASE_CACHE_BYTES).ok().flatten();
    let held = db.as_ref().and_then(|db| main_database::read_extent(db).ok().flatten());
    own.extend(held.into_iter().flat_map(|held| held.epochs).map(|(epoch, _)| epoch));
    Ok(own)
}

/// Hashes of the texts that were erased here, as far as the database can be read: no copy brings one back.
fn erased_texts(disk: &dyn Disk) -> Result<BTreeSet<[u8; 32]>, StoreError> {
    let Some(db) = main_database::open_copy(disk, main_database::MAIN, DATABASE_CACHE_BYTES).ok().flatten()
    else {
        return Ok(BTreeSet::new());
    };
    read_erased(&db).map_err(|source| StoreError::Database { what: "looking for erased texts", source })
}

fn read_erased(db: &Database) -> Result<BTreeSet<[u8; 32]>, redb::Error> {
    let table = db.begin_read()?.open_table(tables::ERASED)?;
    let mut all = BTreeSet::new();
    for row in table.iter()? {
        all.insert(*row?.0.value());
    }
    Ok(all)
}

/// What a copy has; all of it is this box's.
struct CopiedFolder {
    disk: Arc<dyn Disk>,
    own: BoxId,
    epochs: BTreeSet<Epoch>,
    /// Files of the form of the journal, and whether their groups continue each other.
    files: Vec<(Epoch, SegmentFile)>,
    runs: Vec<RunName>,
    databases: Vec<(String, Arc<Database>)>,
}

impl CopiedFolder {
    /// Checks what is there; nothing from another box is trusted.
    fn open(from: &Path, own: BoxId) -> Result<Self, ImportError> {
        let disk: Arc<dyn Disk> = Arc::new(BackupFolder(from.to_owned()));
        let runs = run_file::list_runs(&*disk)?;
        let mut copy =
            Self { epochs: BTreeSet::new(), files: Vec::new(), runs, databases: Vec::new(), own, disk };
        for epoch in epoch_folders(&*copy.disk).map_err(StoreError::io(format!("{}", from.display())))? {
            let dir = format!("log/{epoch}");
            for segment in SegmentFile::list(&*copy.disk, &dir).map_err(StoreError::io(dir.as_str()))? {
                copy.add_file(epoch, segment)?;
            }
        }
        // What was being fetched is the relay's word, and nothing proves it yet: it has it still.
        for (epoch, path) in displaced::list_displaced(&*copy.disk)? {
            copy.add_file(epoch, SegmentFile { first: 0, sealed: false, path })?;
        }
        let salvaged = salvage::list_salvage(&*copy.disk)?;
        for path in std::iter::once(main_database::MAIN.to_owned()).chain(salvaged) {
            copy.add_database(path)?;
        }
        copy.epochs.extend(copy.runs.iter().map(RunName::epoch));
        match copy.epochs.is_empty() {
            true => Err(ImportError::NoLog(from.to_owned())),
            false => Ok(copy),
        }
    }

    fn expect_own(&self, epoch: Epoch, other: BoxId) -> Result<(), ImportError> {
        match other == self.own {
            true => Ok(()),
            false => Err(ImportError::OtherBox { epoch, other, own: self.own }),
        }
    }

    fn add_file(&mut self, epoch: Epoch, segment: SegmentFile) -> Result<(), ImportError> {
        let reader =
            SegmentReader::open(&*self.disk, &segment).map_err(StoreError::io(segment.path.as_str()))?;
        let named = reader.header().map(|header| header.origin);
        if let Some(origin) = named {
            self.expect_own(epoch, origin.box_id)?;
        }
        // Where the header is damaged, the folder or the file's name says which log it is.
        let epoch = named.map_or(epoch, |origin| origin.epoch);
        self.epochs.insert(epoch);
        self.files.push((epoch, segment));
        Ok(())
    }

    /// One that cannot be opened is skipped: the logs have all that it has but for what was damaged there.
    fn add_database(&mut self, path: String) -> Result<(), ImportError> {
        let opened = match main_database::open_copy(&*self.disk, &path, DATABASE_CACHE_BYTES) {
            Ok(Some(db)) => Arc::new(db),
            Ok(None) => return Ok(()),
            Err(error) => {
                tracing::warn!(%error, path, "this database of the copy is passed over");
                return Ok(());
            }
        };
        let mut source = DatabaseSource::new(path.clone(), || Some(Arc::clone(&opened)));
        for (epoch, _) in source.claims().map_err(StoreError::io(path.as_str()))? {
            let page = source.page(epoch, 0).map_err(StoreError::io(path.as_str()))?;
            if let Some(started) = page.and_then(|page| page.piece.first_log_started()) {
                self.expect_own(epoch, started.r#box)?;
            }
            self.epochs.insert(epoch);
        }
        drop(source);
        self.databases.push((path, opened));
        Ok(())
    }

    /// A whole run is kept, since entries adopt it by its name; of a damaged one what else in the copy has its lines.
    fn keep_run(&self, to: &dyn Disk, name: &RunName, erased: &BTreeSet<[u8; 32]>) -> Result<(), StoreError> {
        if run_file::is_whole(to, self.own, name) {
            return Ok(());
        }
        if !run_file::is_whole(&*self.disk, self.own, name) {
            tracing::warn!(run = %name, "a run of the copy is damaged; what else there has its lines is read");
            return Ok(());
        }
        let bytes =
            run_file::run_bytes(&*self.disk, name).map_err(StoreError::io(run_file::run_path(name)))?;
        run_file::make_dir(to)?;
        run_file::write_without(to, self.own, name, bytes, erased)
    }

    fn keep_lines(&self, to: &dyn Disk, epoch: Epoch) -> Result<u64, StoreError> {
        let mut sources: Vec<Box<dyn LineSource + '_>> = Vec::new();
        for (_, segment) in self.files.iter().filter(|(of, _)| *of == epoch) {
            sources.push(Box::new(SegmentSource::one(Arc::clone(&self.disk), epoch, segment.clone())));
        }
        for (path, db) in &self.databases {
            sources.push(Box::new(DatabaseSource::new(path.clone(), || Some(Arc::clone(db)))));
        }
        let (mut stored, mut count) = (BTreeSet::new(), 0);
        let origin = LogOrigin { box_id: self.own, epoch };
        for mut source in sources {
            let (mut file, mut failed) = (DisplacedFile::new(to, origin), None);
            let walked = stray_lines(
                epoch,
                0,
                &mut *source,
                &mut |seq, line| Ok(!stored.insert((seq, line.leaf()))),
                &mut |piece| {
                    file.take(&piece).map_err(|e| {
                        failed = Some(e);
                        io::Error::other("it could not be written")
                    })
                },
            );
            if let Some(failed) = failed {
                return Err(failed);
            }
            walked.map_err(StoreError::io("the copy"))?;
            count += file.finish()?;
        }
        Ok(count)
    }
}
