//! Folders and disks: who can read them, and how much they still take.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use object_store::ObjectStoreExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;

use super::{DoctorReport, DoctorSeams, FreeSpace, list_paths};
use crate::accounts::credentials::password_rules::LeakedList;
use crate::error_reports::ReportPlace;
use crate::leftovers::{DOCTORS_OBJECT, LeftoverFile, find_leftovers};
use crate::settings::RelaySettings;

const MIB: u64 = 1 << 20;
/// Below this a relay soon takes nothing more.
const FREE_BYTES_BAD: u64 = 512 * MIB;
const FREE_BYTES_LOW: u64 = 4 * 1024 * MIB;
const FREE_PERCENT_LOW: u64 = 10;

/// What the names of the relay's own files and folders in its data folder begin with; a person may have others there.
const OWN_NAMES: [&str; 4] = ["relay.db", "keys", "photos", "uploads"];

/// Modes of what nobody else may read.
pub(super) fn examine_folders(report: &mut DoctorReport, settings: &RelaySettings, data: &Path) {
    let before = report.lines.len();
    if !data.is_dir() {
        let advice = "start the relay once, which makes it, or name the right folder with --data";
        report.fail("data folder", format!("{} is not there", data.display()), advice);
        return;
    }
    let keys = data.join("keys");
    let mut private = vec![data.to_owned(), keys.clone()];
    private.extend(settings.objects().ok().filter(|objects| objects.is_dir()));
    for folder in private {
        require_mode(report, &folder, "700");
    }
    let names = std::fs::read_dir(&keys).map(|entries| entries.flatten().map(|e| e.path()).collect());
    let mut files: Vec<PathBuf> = names.unwrap_or_default();
    files.sort();
    files.retain(|file| file.is_file() && file.extension().is_none_or(|end| end != "pem"));
    files.extend(settings.database_file.clone());
    files.extend(settings.https.key.clone());
    files.extend(settings.error_reports.dsn_file.clone());
    files.extend(settings.mail.password_file.clone());
    files.extend(settings.mail.webhook_secret_file.clone());
    files.extend(database_path(settings).filter(|file| file.is_file()));
    for file in files {
        require_mode(report, &file, "600");
    }
    require_owner(report, data, &|name| OWN_NAMES.iter().any(|own| name.starts_with(own)));
    require_owner(report, &keys, &|_| true);
    report.good_unless_found("data folder", before, format!("{}, readable by nobody else", data.display()));
}

pub(super) fn examine_leftovers(report: &mut DoctorReport, settings: &RelaySettings, now_ms: i64) {
    // An address that cannot be read has a line of its own.
    let Ok(folders) = settings.work_folders() else { return };
    let (stale, fresh): (Vec<_>, Vec<_>) =
        find_leftovers(&folders, now_ms).into_iter().partition(|file| file.is_stale);
    let [stale, fresh] = [stale, fresh]
        .map(|files: Vec<LeftoverFile>| files.into_iter().map(|file| file.path).collect::<Vec<PathBuf>>());
    if !stale.is_empty() {
        let advice = "nothing needs them. The relay removes them when it starts and once a day; where they stay, look whether it \
                      may write there, and remove them by `rm`";
        let finding = format!("of work that was cut off a day ago or longer: {}", list_paths(&stale));
        report.warn("unfinished files", finding, advice);
    } else if fresh.is_empty() {
        report.good("unfinished files", "none");
    } else {
        let finding = format!("being made, or left for a day at most: {}", list_paths(&fresh));
        report.good("unfinished files", finding);
    }
}

pub(super) fn examine_leaked(report: &mut DoctorReport, settings: &RelaySettings) {
    let Some(path) = &settings.passwords.leaked else { return };
    match LeakedList::open(path) {
        Ok(_) => report.good("passwords", "the list of leaked ones is there"),
        Err(error) => {
            let advice = "write it by `passwords index`, or take `passwords.leaked` out of the settings: until then leaked passwords are taken";
            report.fail("passwords", error.to_string(), advice);
        }
    }
}

pub(super) fn examine_reports(report: &mut DoctorReport, settings: &RelaySettings) {
    let Some(file) = &settings.error_reports.dsn_file else { return };
    match ReportPlace::read(file) {
        Ok(place) => report.good("error reports", format!("they go to {}", place.host())),
        Err(error) => {
            let advice = "write the address that the service shows for this project into the file, or take \
                          `error_reports.dsn_file` out of the settings: until then errors stand in the log alone";
            report.fail("error reports", error.to_string(), advice);
        }
    }
}

fn database_path(settings: &RelaySettings) -> Option<PathBuf> {
    settings.database().ok()?.strip_prefix("sqlite:").map(PathBuf::from)
}

/// What the relay has in a folder belongs to whoever has the folder: else root's work by hand has shut the relay out.
fn require_owner(report: &mut DoctorReport, folder: &Path, is_own: &dyn Fn(&str) -> bool) {
    let Ok(owner) = std::fs::metadata(folder).map(|found| found.uid()) else { return };
    let mut others = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let is_others = entry.metadata().is_ok_and(|found| found.uid() != owner);
        if is_others && entry.file_name().to_str().is_some_and(is_own) {
            others.push(entry.path());
        }
    }
    others.sort();
    if !others.is_empty() {
        let finding = format!("not of the user {owner}, who has the folder: {}", list_paths(&others));
        let advice = format!("chown -R --reference={0} {0}, then start the relay again", folder.display());
        report.warn("data folder", finding, advice);
    }
}

fn require_mode(report: &mut DoctorReport, path: &Path, mode: &str) {
    match std::fs::metadata(path) {
        Err(error) => {
            let advice = format!("put it back, or run as the relay’s own user: {}", path.display());
            report.fail("data folder", format!("{} cannot be looked at: {error}", path.display()), advice);
        }
        Ok(found) if found.permissions().mode() & 0o077 != 0 => {
            let found = found.permissions().mode() & 0o777;
            let finding = format!("{} can be read by others (mode {found:o})", path.display());
            report.fail("data folder", finding, format!("chmod {mode} {}", path.display()));
        }
        Ok(_) => {}
    }
}

pub(super) fn examine_disks(
    report: &mut DoctorReport,
    settings: &RelaySettings,
    data: &Path,
    seams: &DoctorSeams,
) {
    let mut folders = vec![data.to_owned()];
    folders.extend(settings.objects().ok());
    folders.extend(database_path(settings).and_then(|file| file.parent().map(Path::to_owned)));
    let mut seen = Vec::new();
    for folder in folders {
        let disk = folder.ancestors().find_map(|path| std::fs::metadata(path).ok()).map(|found| found.dev());
        if disk.is_some() && seen.contains(&disk) {
            continue;
        }
        seen.push(disk);
        match (seams.space)(&folder) {
            Some(space) => judge_space(report, &folder, space),
            None => report.warn(
                "disk",
                format!("{} does not say how full it is", folder.display()),
                "look at it with df",
            ),
        }
    }
}

fn judge_space(report: &mut DoctorReport, folder: &Path, space: FreeSpace) {
    let percent = space.free_bytes.saturating_mul(100).checked_div(space.total_bytes).unwrap_or(0);
    let finding = format!("{} MiB free under {} ({percent} %)", space.free_bytes / MIB, folder.display());
    let advice = "make room, or move the data to a larger disk: a full one takes no batch and no photo";
    if space.free_bytes < FREE_BYTES_BAD {
        report.fail("disk", finding, advice);
    } else if space.free_bytes < FREE_BYTES_LOW && percent < FREE_PERCENT_LOW {
        report.warn("disk", finding, advice);
    } else {
        report.good("disk", finding);
    }
}

pub(super) async fn examine_objects(
    report: &mut DoctorReport,
    settings: &RelaySettings,
    seams: &DoctorSeams,
) {
    let Ok(folder) = settings.objects() else { return };
    let name = format!("{DOCTORS_OBJECT}{:032x}", u128::from_be_bytes(seams.random.bytes()));
    let tried = async {
        let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
        let key = Key::from(name.as_str());
        store.put(&key, name.clone().into()).await?;
        let found = store.get(&key).await?.bytes().await?;
        store.delete(&key).await?;
        Ok::<bool, object_store::Error>(found == name.as_bytes())
    };
    let advice = "boxes keep their photos until it is mended: look at the folder’s owner and at the disk";
    match tried.await {
        Ok(true) => report.good("photos", "what is put there is read back"),
        Ok(false) => report.fail("photos", format!("{} gives back other bytes", folder.display()), advice),
        Err(error) => report.fail("photos", format!("{} cannot be used: {error}", folder.display()), advice),
    }
}
