//! Databases that were set aside: kept as they are, asked whenever something is missing, and removed when they hold
//! nothing more that no other copy has.

use std::collections::BTreeSet;
use std::sync::Arc;

use record::run::RunName;

use super::main_database;
use crate::io::disk::{Disk, parent_folder, put_small, remove_if_there};
use crate::io::error::{StoreError, is_full};
use crate::sources::SalvagedDatabase;

pub(crate) const DIR: &str = "salvage";
const CACHE_BYTES: usize = 4 << 20;

fn salvage_number(name: &str) -> Option<u32> {
    name.split('.').next()?.parse().ok()
}

/// A number that no copy has: above all others, or where there is none above them, the first that is free.
fn free_number(disk: &dyn Disk) -> Result<u32, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let taken: BTreeSet<u32> = names.iter().filter_map(|name| salvage_number(name)).collect();
    let above = taken.last().map_or(Some(1), |n| n.checked_add(1));
    let free = above.or_else(|| (1..=u32::MAX).find(|n| !taken.contains(n)));
    free.ok_or_else(|| StoreError::io(DIR)(std::io::ErrorKind::AlreadyExists.into()))
}

fn place_of(path: &str, n: u32) -> String {
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    if path == main_database::MAIN { format!("{DIR}/{n}.redb") } else { format!("{DIR}/{n}.{name}") }
}

/// Where a database will be stored when it is set aside next.
///
/// # Errors
/// The disk's.
pub(crate) fn next_place(disk: &dyn Disk, path: &str) -> Result<String, StoreError> {
    Ok(place_of(path, free_number(disk)?))
}

/// Sets a database aside under a number that no copy has; beside it is written why and when. Returns its path.
///
/// # Errors
/// The disk's.
pub(crate) fn set_aside(disk: &dyn Disk, path: &str, why: &str, wall_ms: i64) -> Result<String, StoreError> {
    disk.make_dir(DIR).map_err(StoreError::io(DIR))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
    let n = free_number(disk)?;
    let message = format!("{path} was set aside: {why}\nat {wall_ms} ms since 1970\n");
    match put_small(disk, &format!("{DIR}/{n}.txt"), message.as_bytes()) {
        Err(e) if is_full(&e) => {
            tracing::warn!(path, why, "the disk is full: why it is set aside is not noted")
        }
        put => put.map_err(StoreError::io(DIR))?,
    }
    let aside = place_of(path, n);
    disk.rename(path, &aside).map_err(StoreError::io(path))?;
    for dir in [DIR, parent_folder(path)] {
        disk.sync_dir(dir).map_err(StoreError::io(dir))?;
    }
    Ok(aside)
}

/// Copies of the log's database, the newest first.
///
/// # Errors
/// The disk's.
pub(crate) fn list_salvage(disk: &dyn Disk) -> Result<Vec<String>, StoreError> {
    list_copies(disk, ".redb")
}

/// Files whose names are a number and this ending, the newest first.
///
/// # Errors
/// The disk's.
pub(crate) fn list_copies(disk: &dyn Disk, ending: &str) -> Result<Vec<String>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let mut all: Vec<_> = names
        .iter()
        .filter_map(|name| Some((name.strip_suffix(ending)?.parse::<u32>().ok()?, name)))
        .collect();
    all.sort();
    Ok(all.into_iter().rev().map(|(_, name)| format!("{DIR}/{name}")).collect())
}

/// What is left of runs that were damaged.
///
/// # Errors
/// The disk's.
pub(crate) fn list_runs(disk: &dyn Disk) -> Result<Vec<String>, StoreError> {
    let names = disk.list(DIR).map_err(StoreError::io(DIR))?;
    let runs = names
        .iter()
        .filter(|name| name.split_once('.').is_some_and(|(_, run)| run.parse::<RunName>().is_ok()));
    Ok(runs.map(|name| format!("{DIR}/{name}")).collect())
}

/// The run of a file that [`list_runs`] gave.
pub(crate) fn run_name(path: &str) -> Option<RunName> {
    path.rsplit_once('/')?.1.split_once('.')?.1.parse().ok()
}

/// Takes a copy of the log's database into use again: there is nothing in its place.
///
/// # Errors
/// The disk's.
pub(crate) fn take_back(disk: &dyn Disk, path: &str) -> Result<(), StoreError> {
    disk.rename(path, main_database::MAIN).map_err(StoreError::io(path))?;
    disk.sync_dir("").map_err(StoreError::io("the data folder"))?;
    remove_salvage(disk, path)
}

/// Opens a copy without changing it; `None` where nothing can be made of it this time.
///
/// # Errors
/// The disk's.
pub(crate) fn open_salvage(disk: &dyn Disk, path: &str) -> Result<Option<SalvagedDatabase>, StoreError> {
    let db = main_database::open_copy(disk, path, CACHE_BYTES)?;
    Ok(db.map(|db| SalvagedDatabase { path: path.to_owned(), db: Some(Arc::new(db)) }))
}

pub(crate) fn remove_salvage(disk: &dyn Disk, path: &str) -> Result<(), StoreError> {
    remove_if_there(disk, path).map_err(StoreError::io(path))?;
    if let Some(n) = path.strip_prefix(DIR).and_then(|name| salvage_number(name.trim_start_matches('/'))) {
        remove_if_there(disk, &format!("{DIR}/{n}.txt")).map_err(StoreError::io(DIR))?;
    }
    disk.sync_dir(DIR).map_err(StoreError::io(DIR))
}
