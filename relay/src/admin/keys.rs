//! The keys that boxes know this relay by: made and shown.

use serde_json::{Value, json};

use super::{AdminError, AdminHandler, stamp};
use crate::keys::{AuthorityKey, AuthorityKind, Keyring};

impl AdminHandler {
    pub(super) async fn init_keys(&self) -> Result<Value, AdminError> {
        self.fleet.keys().init().await?;
        self.list_keys().await
    }

    pub(super) async fn list_keys(&self) -> Result<Value, AdminError> {
        self.fleet.keys().reload().await?;
        let keyring = self.fleet.keys().now();
        let keys: Vec<Value> = keyring.keys().iter().map(|key| describe_key(&keyring, key)).collect();
        Ok(json!({ "keys": keys }))
    }
}

/// A key for a person; of an authority the fingerprint stands for its certificate.
fn describe_key(keyring: &Keyring, key: &AuthorityKey) -> Value {
    let verifier = (key.kind != AuthorityKind::Ca).then_some(&key.public);
    json!({
        "kind": key.kind, "n": key.n, "state": key.state, "from": stamp(key.from_ms),
        "until": key.until_ms.map(stamp), "fingerprint": key.fingerprint, "key": verifier,
        "private_half": keyring.holds(key),
    })
}
