//! What is wrong in the folder of keys but keeps nothing from running yet: an operator informed in time loses nothing.

use super::authority::{AuthorityKey, AuthorityKind, KeyState};
use super::folder::KeyError;
use super::open::{AuthorityKeys, KeyNeeds, private_file};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeyRemark {
    pub(crate) finding: String,
    pub(crate) advice: String,
}

impl AuthorityKeys {
    /// Says in the log, once a start, what the folder lacks that no start needs yet.
    pub(super) fn warn_of_remarks(&self, needs: KeyNeeds) {
        // A command needs none, and its answer is all that it says.
        if needs.kinds.is_empty() {
            return;
        }
        let keyring = self.now();
        // Where the current key of a kind is, its next one belongs too, whatever this process needs.
        let kinds: Vec<AuthorityKind> = AuthorityKind::ALL
            .into_iter()
            .filter(|kind: &AuthorityKind| {
                needs.kinds.contains(kind)
                    || keyring.current(*kind).is_some_and(|current| keyring.holds(current))
            })
            .collect();
        for KeyRemark { finding, advice } in self.list_remarks(&kinds) {
            tracing::warn!(then = %advice, "{finding}");
        }
    }

    /// Next keys of these kinds that are not in the folder, and authorities whose certificate there is not the database's.
    pub(crate) fn list_remarks(&self, kinds: &[AuthorityKind]) -> Vec<KeyRemark> {
        let keyring = self.now();
        let mut remarks = Vec::new();
        for key in keyring.keys().iter().filter(|key| kinds.contains(&key.kind) && !key.is_revoked()) {
            remarks.extend(self.remark_next(key));
            remarks.extend(self.remark_certificate(key));
        }
        remarks
    }

    fn remark_next(&self, key: &AuthorityKey) -> Option<KeyRemark> {
        if key.state != KeyState::Next || self.is_held(key) {
            return None;
        }
        let (kind, n, path) = (key.kind, key.n, self.folder.path(&private_file(key)));
        let (word, first) = if path.exists() {
            ("is damaged, or another one’s", "move that file to another folder, then ")
        } else {
            ("is not there", "")
        };
        let finding = format!(
            "the private half of the next {kind} key, {n}, {word}: {}. The current {kind} key goes on, and this process does not let the \
             next one take its place",
            path.display()
        );
        let advice = format!(
            "{first}run `keys import FILE` with an export that has it; where none has, `keys revoke {kind} {n}`, then `keys rotate {kind}`"
        );
        Some(KeyRemark { finding, advice })
    }

    /// Of an authority whose private half is here: where that is missing, its own line says so.
    fn remark_certificate(&self, key: &AuthorityKey) -> Option<KeyRemark> {
        if key.kind != AuthorityKind::Ca || !self.is_held(key) {
            return None;
        }
        let name = format!("ca-{}.pem", key.n);
        match self.folder.read(&name) {
            // Nothing needs it where the database has the certificate; who may read it is looked at with all files.
            Ok(None) | Err(KeyError::Open { .. }) => return None,
            Ok(Some(pem)) if pem == key.public => return None,
            _ => {}
        }
        let finding = format!(
            "{} is not the certificate of the ca key {} that the database has. The key itself is good, and the relay goes by the database",
            self.folder.path(&name).display(),
            key.n
        );
        let advice = "move that file to another folder, run `keys export FILE`, then `keys import FILE`, which writes it as the database has \
                      it; look at the disk";
        Some(KeyRemark { finding, advice: advice.to_owned() })
    }
}
