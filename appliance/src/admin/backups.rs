//! Backup commands of the command line.

use std::sync::Arc;

use super::{AdminContext, note_access};
use crate::backup::RestoreTest;
use crate::identity::AccessOutcome;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExistingKey {
    /// The present key stays in use, and no other is created.
    Stays,
    Replaced,
}

pub(super) async fn begin_backup(context: &Arc<AdminContext>) -> Result<String, String> {
    let backups = context.backups.clone();
    let begun = tokio::task::spawn_blocking(move || backups.start_shown_backup()).await;
    let number = begun.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
    note_access(context, AccessOutcome::BackupBegun, None);
    Ok(number.to_string())
}

/// Nothing while it runs; the caller polls.
pub(super) fn word_result(context: &AdminContext, number: u64) -> Result<String, String> {
    let status = context.backups.status();
    match status.result.filter(|result| result.number >= number) {
        Some(result) if result.number == number => result.words,
        Some(_) => Err("another backup was made since; the page “Backup” shows it".to_owned()),
        None if status.work.is_some() => Ok(String::new()),
        None => {
            Err("the box was started again meanwhile; the page “Backup” shows whether one was made"
                .to_owned())
        }
    }
}

pub(super) async fn make_key(context: &Arc<AdminContext>, present: ExistingKey) -> Result<String, String> {
    let known = context.backups.status().key;
    if let (Some(known), ExistingKey::Stays) = (&known, present) {
        return Err(format!(
            "there is a key already ({}…). Nothing was changed: where its page is lost, --replace makes another, which opens later \
             backups only",
            known.short()
        ));
    }
    let backups = context.backups.clone();
    let made = tokio::task::spawn_blocking(move || backups.make_key()).await;
    let secret = made.map_err(|e| e.to_string())?.map_err(|e| format!("the key could not be kept: {e}"))?;
    let about = context.backups.status().key.map(|key| key.short().to_owned());
    note_access(context, AccessOutcome::BackupKeyMade, about);
    Ok(format!(
        "{}\n\nPrint this and store it apart from the box and from the stick. The box does not keep it, and no backup can be opened \
         without it.",
        secret.reveal()
    ))
}

pub(super) async fn note_test(context: &Arc<AdminContext>, test: RestoreTest) -> Result<String, String> {
    let backups = context.backups.clone();
    let noted = tokio::task::spawn_blocking(move || backups.note_test(test)).await;
    noted.map_err(|e| e.to_string()).map(|()| String::new())
}
