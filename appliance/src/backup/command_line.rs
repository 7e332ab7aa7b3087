//! What the command line says of a folder of backups; the box need not run for it.

use std::path::Path;
use std::sync::Arc;

use super::cause::BackupError;
use super::contents::BackupLabel;
use super::labels::{ListedBackup, list_labels, list_newest, list_part_labels};
use super::medium::FolderMedium;
use super::pace::RunPace;
use super::restore::RestoredBackup;
use super::run::hash_file;
use crate::store::archive::PartRef;

const LOOKING: &str = "the folder for backups could not be read";

fn word_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).unwrap_or_default().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `1 entry`, `2 entries`.
pub(crate) fn count_noun(count: u64, one: &str, more: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { more })
}

fn word_none(folder: &Path) -> String {
    format!("There are no verified backups in {}.", folder.display())
}

fn find_folder(folder: &Path) -> Result<FolderMedium, BackupError> {
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(FolderMedium::new(folder)),
        Ok(_) => Err(BackupError::NoDirectory(folder.to_owned())),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Err(BackupError::Missing(folder.to_owned()))
        }
        Err(source) => Err(BackupError::Medium { what: LOOKING, source }),
    }
}

/// One line for each backup, box by box, the one first that was written last, whatever the clock said then, and how many more there
/// are.
///
/// # Errors
/// The folder's.
pub fn word_backups(folder: &Path) -> Result<String, BackupError> {
    let medium = find_folder(folder)?;
    let listing = list_newest(&medium).map_err(BackupError::medium(LOOKING))?;
    if listing.newest.is_empty() {
        return Ok(word_none(folder));
    }
    let mut lines: Vec<String> = listing.newest.iter().map(word_backup).collect();
    if listing.older > 0 {
        lines.push(format!("And {}.", count_noun(listing.older, "older one", "older ones")));
    }
    Ok(lines.join("\n"))
}

fn word_backup(backup: &ListedBackup) -> String {
    let line = format!(
        "{}  no. {}  {}  {} bytes  {}  {}  key {}  {}",
        backup.box_id,
        backup.number,
        word_time(backup.taken_ms),
        backup.bytes,
        count_noun(backup.entries, "entry", "entries"),
        count_noun(backup.photos, "photo", "photos"),
        backup.key,
        backup.name
    );
    // Labels are untrusted: what a terminal would interpret as commands is left out.
    line.chars().filter(|c| !c.is_control()).collect()
}

/// Reads every file of the folder, or one backup and its photos, and compares it with what was written; what is wrong, one line each.
/// It needs no key: whether a file decrypts shows `restore --test`.
///
/// # Errors
/// The folder's; there is no such backup.
pub fn check_folder(folder: &Path, name: Option<&str>) -> Result<Result<String, String>, BackupError> {
    let medium = find_folder(folder)?;
    let backups = list_labels(&medium).map_err(BackupError::medium(LOOKING))?;
    let parts = list_part_labels(&medium).map_err(BackupError::medium(LOOKING))?;
    // As `list` shows it, or with the path before it, as a shell completes it.
    let file_name = name.map(|name| Path::new(name).file_name().unwrap_or_default().to_string_lossy());
    let chosen: Vec<&BackupLabel> = backups
        .iter()
        .filter(|backup| file_name.as_ref().is_none_or(|name| backup.file.name == **name))
        .collect();
    if chosen.is_empty() {
        return Ok(Err(match name {
            None => word_none(folder),
            Some(name) => format!("There is no verified backup {name} in {}.", folder.display()),
        }));
    }
    let needed = parts
        .iter()
        .filter(|part| name.is_none() || chosen.iter().any(|backup| backup.parts.contains(&part.file.name)));
    let files: Vec<&PartRef> =
        chosen.iter().map(|backup| &backup.file).chain(needed.map(|part| &part.file)).collect();
    let mut wrong = Vec::new();
    let mut pace = RunPace::new(None, Arc::default());
    for file in &files {
        match hash_file(&medium, &file.name, &mut pace) {
            Ok(sha256) if sha256 == file.sha256 => {}
            Ok(_) => wrong.push(format!("{} is not what was written: do not rely on it.", file.name)),
            Err(error) => wrong.push(format!("{}: {error}.", file.name)),
        }
    }
    let known: Vec<&String> = parts.iter().map(|part| &part.file.name).collect();
    for backup in &chosen {
        let missing = backup.parts.iter().filter(|part| !known.contains(part));
        wrong.extend(missing.map(|part| format!("{part}, with photos of {}, is missing.", backup.file.name)));
    }
    Ok(match wrong.is_empty() {
        true => Ok(format!(
            "{} as written. “restore --test FILE” also decrypts one.",
            match files.len() {
                1 => "1 file is".to_owned(),
                count => format!("{count} files are"),
            }
        )),
        false => Err(wrong.join("\n")),
    })
}

pub fn word_restored(backup: &RestoredBackup) -> String {
    let manifest = &backup.manifest;
    let whose = match manifest.facility.as_str() {
        "" => "a facility without a name".to_owned(),
        name => format!("“{name}”"),
    };
    let mut words = format!(
        "The backup of {whose} (box {}) of {} has {} and {} of {}.",
        manifest.box_id,
        word_time(manifest.taken_ms),
        count_noun(manifest.entries(), "entry", "entries"),
        backup.photos,
        count_noun(manifest.photos, "photo", "photos")
    );
    for log in manifest.logs.iter().filter(|log| !log.whole) {
        words.push_str(&format!(
            " Log {} was already damaged on the box behind entry {}.",
            log.epoch, log.size
        ));
    }
    words
}

#[cfg(test)]
mod tests {
    use record::ids::BoxId;
    use record::tree::Hash;

    use super::*;
    use crate::backup::labels::LISTED_MAX;

    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn what_is_not_there_is_said_as_it_was_named() {
        let stick = tempfile::tempdir().unwrap();
        let all = check_folder(stick.path(), None).unwrap().unwrap_err();
        assert!(all.starts_with("There are no verified backups in "), "{all}");
        assert_eq!(word_backups(stick.path()).unwrap(), all);
        let one = check_folder(stick.path(), Some("box-1.age")).unwrap().unwrap_err();
        assert!(one.starts_with("There is no verified backup box-1.age in "), "{one}");
    }

    fn save_label(stick: &Path, n: u32, change: fn(&mut BackupLabel)) -> String {
        let name = format!("cleantrack-{:026}-2026-11-23-{n}.age", n % 3);
        let mut label = BackupLabel {
            form: 1,
            box_id: BoxId::new(5, [1; 10]),
            number: 1,
            taken_ms: i64::from(n) * 60_000,
            verified_ms: 0,
            file: PartRef { name: name.clone(), bytes: 3, sha256: Hash::of(b"x") },
            key: "age1abc".to_owned(),
            entries: 1,
            photos: 0,
            parts: Vec::new(),
        };
        change(&mut label);
        let json = serde_json::to_string(&label).unwrap();
        let text = format!("{json}\n{}\nseal\n", Hash::of(json.as_bytes()));
        std::fs::write(stick.join(name.replace(".age", ".json")), text).unwrap();
        name
    }

    #[test]
    fn of_a_stick_with_many_labels_the_newest_are_listed_and_the_others_counted() {
        let stick = tempfile::tempdir().unwrap();
        let most = u32::try_from(LISTED_MAX).unwrap();
        let names: Vec<String> = (0..most).map(|n| save_label(stick.path(), n, |_| {})).collect();
        let words = word_backups(stick.path()).unwrap();
        assert_eq!(words.lines().count(), LISTED_MAX, "all of them: {words}");
        // What somebody else wrote: another file's name, and what is no text.
        save_label(stick.path(), most, |label| label.file.name = "cleantrack-1-\u{1b}[2J.age".to_owned());
        let newest = save_label(stick.path(), most + 1, |label| label.key = "\u{1b}[2Jage1\r".repeat(9_000));
        let words = word_backups(stick.path()).unwrap();
        let lines: Vec<&str> = words.lines().collect();
        assert_eq!((lines.len(), lines[LISTED_MAX]), (LISTED_MAX + 1, "And 1 older one."));
        assert!(lines[0].ends_with(&newest) && lines[0].len() < 250, "{}", lines[0]);
        assert!(lines[1].ends_with(&names[names.len() - 1]) && !words.contains(&names[0]), "{words}");
        assert!(!words.contains(['\u{1b}', '\r']), "{words}");
    }

    #[test]
    fn what_was_written_last_is_listed_first_whatever_the_clock_said_then() {
        let stick = tempfile::tempdir().unwrap();
        // A year ahead, then right, then at 1970.
        save_label(stick.path(), 1, |label| (label.number, label.taken_ms) = (1, 400 * DAY_MS));
        save_label(stick.path(), 2, |label| (label.number, label.taken_ms) = (2, 0));
        save_label(stick.path(), 3, |label| (label.number, label.taken_ms) = (3, -20_000 * DAY_MS));
        let words = word_backups(stick.path()).unwrap();
        let numbers: Vec<&str> = words.lines().map(|line| line.split("  ").nth(1).unwrap()).collect();
        assert_eq!(numbers, ["no. 3", "no. 2", "no. 1"], "{words}");
        let labels = list_labels(&FolderMedium::new(stick.path())).unwrap();
        assert_eq!(labels.iter().map(|label| label.number).collect::<Vec<_>>(), [3, 2, 1]);
    }

    #[test]
    fn many_backups_of_one_box_hide_none_of_another() {
        let stick = tempfile::tempdir().unwrap();
        for n in 0..=u32::try_from(LISTED_MAX).unwrap() {
            save_label(stick.path(), n, |label| label.number = 400);
        }
        let other = save_label(stick.path(), 900, |label| {
            (label.box_id, label.taken_ms) = (BoxId::new(6, [1; 10]), -1);
        });
        let words = word_backups(stick.path()).unwrap();
        assert!(words.contains(&other) && words.ends_with("And 2 older ones."), "{words}");
    }

    #[test]
    fn what_is_no_folder_is_named_with_what_was_expected() {
        let stick = tempfile::tempdir().unwrap();
        let (gone, file) = (stick.path().join("gone"), stick.path().join("box-1.age"));
        std::fs::write(&file, "x").unwrap();
        for words in [word_backups(&file).unwrap_err(), check_folder(&file, None).unwrap_err()] {
            let words = words.to_string();
            assert!(words.contains("box-1.age is not a folder") && words.contains("was expected"), "{words}");
        }
        let words = word_backups(&gone).unwrap_err().to_string();
        assert!(words.contains("gone is not there"), "{words}");
    }

    #[test]
    fn one_is_not_several() {
        assert_eq!(
            [0, 1, 2].map(|count| count_noun(count, "entry", "entries")),
            ["0 entries", "1 entry", "2 entries"]
        );
    }
}
