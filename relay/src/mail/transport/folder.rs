//! Into a folder, from which another program takes mails, or in which somebody reads them.

use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use super::{FailureKind, MailFailure, TakenMail};

#[derive(Debug, Clone)]
pub(super) struct MailFolder {
    folder: PathBuf,
}

impl MailFolder {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    pub(super) async fn send(&self, mail: &str, message: Vec<u8>) -> Result<TakenMail, MailFailure> {
        let (folder, name) = (self.folder.clone(), format!("{mail}.eml"));
        let written = tokio::task::spawn_blocking(move || write_mail(&folder, &name, &message)).await;
        match written {
            Ok(Ok(())) => Ok(TakenMail { provider_id: None }),
            Ok(Err(error)) => {
                let words = format!("write into {}: {error}", self.folder.display());
                Err(MailFailure::of_relay(FailureKind::Passing, words))
            }
            Err(error) => Err(MailFailure::of_relay(FailureKind::Passing, error.to_string())),
        }
    }
}

/// Whole or not at all, for its owner's eyes: it may have a link in it. A second try writes the same file.
fn write_mail(folder: &Path, name: &str, message: &[u8]) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let unfinished = folder.join(format!(".{name}.part"));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished)?;
    file.write_all(message)?;
    file.sync_all()?;
    std::fs::rename(&unfinished, folder.join(name))?;
    std::fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[tokio::test]
    async fn a_mail_is_a_file_of_its_owner() {
        let folder = tempfile::tempdir().unwrap();
        let mails = folder.path().join("mails");
        for _ in 0..2 {
            MailFolder::new(mails.clone()).send("01ABC", b"Plain".to_vec()).await.unwrap();
        }
        let file = mails.join("01ABC.eml");
        assert_eq!(std::fs::read(&file).unwrap(), b"Plain");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(mails).unwrap().count(), 1);
    }
}
