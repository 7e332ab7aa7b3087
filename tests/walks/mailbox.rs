//! The folder into which the relay puts its mails.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use harness::world::until;

pub(crate) struct Mailbox {
    pub(crate) folder: PathBuf,
}

impl Mailbox {
    /// The newest link to a page of this kind (`/join/` or the like) in the mails to this address, as soon as
    /// there is one.
    pub(crate) async fn link(&self, address: &str, kind: &str) -> String {
        let found = until("a mail with a link", async || {
            let mails = self.mails_to(address);
            mails.iter().rev().find_map(|mail| find_link(mail, kind))
        });
        found.await.unwrap_or_else(|| panic!("no {kind} for {address} in {}", self.folder.display()))
    }

    pub(crate) async fn subject(&self, address: &str, subject: &str) {
        let line = format!("Subject: {subject}\r\n");
        let found = until("a mail with a subject", async || {
            self.mails_to(address).iter().any(|mail| mail.contains(&line)).then_some(())
        });
        assert!(found.await.is_some(), "no mail {subject:?} to {address} in {}", self.folder.display());
    }

    /// In the order in which they were made: their names begin with the time.
    fn mails_to(&self, address: &str) -> Vec<String> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = files.map(|file| file.path()).filter(|path| is_mail(path)).collect();
        files.sort();
        let mails = files.into_iter().filter_map(|file| std::fs::read_to_string(file).ok());
        mails.filter(|mail| mail.contains(&format!("To: {address}\r\n"))).collect()
    }
}

fn is_mail(path: &Path) -> bool {
    path.extension().is_some_and(|kind| kind == "eml")
}

fn find_link(mail: &str, kind: &str) -> Option<String> {
    let unfolded = mail.replace("=\r\n", "").replace("=3D", "=");
    let parts = mail.split("\r\n\r\n").filter_map(|part| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(part.replace("\r\n", "")).ok()?;
        String::from_utf8(bytes).ok()
    });
    std::iter::once(unfolded).chain(parts).find_map(|text| {
        let (before, after) = text.split_once(kind)?;
        let secret: String =
            after.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect();
        let from = before.rfind("https://")?;
        Some(format!("{}{kind}{secret}", &before[from..]))
    })
}
