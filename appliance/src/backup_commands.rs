//! The command line's part of backups: what the running box is asked to do, and what needs no box.

use std::io::{BufRead as _, IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use record::ids::BoxId;
use service::admin_socket::{AdminAnswer, AskError, send_admin_command};
use service::exit::ProgramExit;
use service::random::{RandomSource, SystemRandom};

use crate::admin::AdminCommand;
use crate::backup::{
    BackupError, BackupSecret, MissingPhotos, NoSeam, RestoreTest, check_folder, count_noun, expect_backup,
    is_archive, restore_backup, test_backup, word_backups, word_restored,
};
use crate::settings::BoxSettings;
use crate::store::{box_store, rebuild_database};
use crate::{BackupCommand, RunError, print_error, print_result};

const LOOK_EVERY: Duration = Duration::from_millis(500);
const ID_FILE: &str = "keys/box.id";
/// Bytes of a file with a key: what `age-keygen` writes has 200.
const KEY_BYTES_MAX: u64 = 4_096;

pub(crate) fn run_backup_command(
    settings: &BoxSettings,
    command: BackupCommand,
) -> Result<ProgramExit, RunError> {
    let words = match command {
        BackupCommand::Now => make_backup(settings)?,
        BackupCommand::Key { replace } => ask_box(settings, &AdminCommand::BackupKey { replace })?,
        BackupCommand::List { from } => word_backups(&choose_folder(settings, from)?)?,
        BackupCommand::Verify { name, from } => {
            check_folder(&choose_folder(settings, from)?, name.as_deref())?.map_err(RunError::Refused)?
        }
    };
    print_result(&words);
    Ok(ProgramExit::Success)
}

fn choose_folder(settings: &BoxSettings, from: Option<PathBuf>) -> Result<PathBuf, RunError> {
    from.or_else(|| settings.backup.to.clone()).ok_or(RunError::Backup(BackupError::NoFolder))
}

fn ask_box(settings: &BoxSettings, command: &AdminCommand) -> Result<String, RunError> {
    match send_admin_command::<_, String>(settings.data()?, command)? {
        AdminAnswer::Done(words) => Ok(words),
        AdminAnswer::Error(why) => Err(RunError::Refused(why)),
    }
}

/// Has the box make one, and waits: it takes minutes where there are many photos.
fn make_backup(settings: &BoxSettings) -> Result<String, RunError> {
    let number = ask_box(settings, &AdminCommand::BackupNow)?;
    let number =
        number.parse().map_err(|_| RunError::Refused("the box did not begin a backup".to_owned()))?;
    loop {
        let words = ask_box(settings, &AdminCommand::BackupResult { number })?;
        if !words.is_empty() {
            return Ok(words);
        }
        std::thread::sleep(LOOK_EVERY);
    }
}

#[derive(Debug)]
pub(crate) struct RestoreOrder {
    pub(crate) file: PathBuf,
    pub(crate) test: bool,
    pub(crate) key_file: Option<PathBuf>,
    pub(crate) without_photos: bool,
}

pub(crate) fn run_restore(settings: &BoxSettings, order: &RestoreOrder) -> Result<ProgramExit, RunError> {
    // Before a person types 74 characters: without a folder nothing can be restored, nor from what is no file.
    let data = if order.test { None } else { Some(settings.data()?.to_owned()) };
    expect_backup(&order.file)?;
    // An archive of everything has no key, and no PINs.
    let secret = match is_archive(&order.file)? {
        true => None,
        false => Some(BackupSecret::parse(&read_key(order)?)?),
    };
    let photos = if order.without_photos { MissingPhotos::Accepted } else { MissingPhotos::Refused };
    let Some(data) = data else {
        let tested = test_backup(&order.file, secret.as_ref(), photos)?;
        print_result(&format!("{} All of it was read, and it can be restored.", word_restored(&tested)));
        let is_own = settings.data().is_ok_and(|data| is_own_backup(data, tested.manifest.box_id));
        // An archive says nothing of backups and their key.
        if is_own && secret.is_some() {
            note_test(settings, order, tested.manifest.entries(), tested.photos);
        }
        return Ok(ProgramExit::Success);
    };
    let restored = restore_backup(&order.file, &data, secret.as_ref(), photos, &NoSeam)?;
    print_result(&word_restored(&restored));
    let random: Arc<dyn RandomSource> = Arc::new(SystemRandom);
    let clock = Arc::new(crate::clock::system_clock(service::clock::boot_id(random.bytes())));
    // The key of its log is in no backup: this begins the log that continues after what was restored.
    let report = rebuild_database(box_store(&data), clock, random).map_err(RunError::Rebuild)?;
    let people = match secret {
        Some(_) => "PINs are as they were, and everybody signs in again",
        None => {
            "an archive holds no PINs, badges and printers, and no certificate: give somebody a PIN with `staff pin` once it runs"
        }
    };
    print_result(&format!(
        "All of it is in {}. The box goes on in a new log of {}; {people}. Switch the old box \
         off, if it still runs, before this one is started. Where it has a relay, its operator admits the new log. The old settings \
         are in settings.restored.toml.",
        data.display(),
        count_noun(report.size, "entry", "entries")
    ));
    for range in &report.missing {
        print_result(&format!(
            "Missing already in the backup: entries from {} on of log {}.",
            range.from, range.epoch
        ));
    }
    Ok(ProgramExit::Success)
}

/// Whether the backup is of the box with this data folder: what another one's backup is worth says nothing of its own.
fn is_own_backup(data: &Path, box_id: BoxId) -> bool {
    std::fs::read_to_string(data.join(ID_FILE)).is_ok_and(|own| own.trim() == box_id.to_string())
}

/// The running box counts it; where none runs, it is not counted.
fn note_test(settings: &BoxSettings, order: &RestoreOrder, entries: u64, photos: u64) {
    let Ok(data) = settings.data() else { return };
    let random: &dyn RandomSource = &SystemRandom;
    let clock = crate::clock::system_clock(service::clock::boot_id(random.bytes()));
    let name = order.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let at_ms = service::clock::Clock::now(&clock).wall_ms;
    let test = RestoreTest { name, at_ms, entries, photos };
    match send_admin_command::<_, String>(data, &AdminCommand::BackupTested(test)) {
        Ok(_) | Err(AskError::NotRunning { .. }) => {}
        Err(error) => tracing::warn!(%error, "the box did not count the test"),
    }
}

/// Never from an argument, which every list of processes shows.
fn read_key(order: &RestoreOrder) -> Result<String, RunError> {
    let mut text = String::new();
    match &order.key_file {
        Some(path) => {
            let file = std::fs::File::open(path).map_err(|e| refuse_key_file(path, &e))?;
            file.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(|e| refuse_key_file(path, &e))?;
        }
        None if std::io::stdin().is_terminal() => {
            print_error("enter the key of the backup in one line, as it is on the printed page:");
            std::io::stdin().lock().read_line(&mut text).map_err(RunError::Read)?;
        }
        None => {
            let input = std::io::stdin().lock();
            input.take(KEY_BYTES_MAX).read_to_string(&mut text).map_err(RunError::Read)?;
        }
    }
    Ok(text)
}

fn refuse_key_file(path: &Path, source: &std::io::Error) -> RunError {
    let file = path.display();
    RunError::Refused(format!("the file with the key, {file}, cannot be read: {source}. Nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_is_that_of_the_box_whose_id_it_has() {
        let data = tempfile::tempdir().unwrap();
        let (own, other) = (BoxId::new(1, [1; 10]), BoxId::new(1, [2; 10]));
        assert!(!is_own_backup(data.path(), own), "there is no box");
        std::fs::create_dir(data.path().join("keys")).unwrap();
        std::fs::write(data.path().join(ID_FILE), format!("{own}\n")).unwrap();
        assert!(is_own_backup(data.path(), own));
        assert!(!is_own_backup(data.path(), other));
    }

    #[test]
    fn a_file_with_a_key_that_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let mut order = RestoreOrder {
            file: PathBuf::from("box.age"),
            test: true,
            key_file: Some(folder.path().join("no-key")),
            without_photos: false,
        };
        let why = read_key(&order).unwrap_err().to_string();
        assert!(why.contains("no-key") && why.contains("Nothing was changed"), "{why}");
        std::fs::write(folder.path().join("key"), "AGE-SECRET-KEY-1").unwrap();
        order.key_file = Some(folder.path().join("key"));
        assert_eq!(read_key(&order).unwrap(), "AGE-SECRET-KEY-1");
    }
}
