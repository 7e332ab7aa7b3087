//! The keys that boxes know this relay by: made, shown, rotated, revoked, sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{AdminError, AdminHandler, stamp};
use crate::keys::{AuthorityKey, AuthorityKind, KeySet, RevokedKey};

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

    pub(super) async fn rotate_key(&self, kind: AuthorityKind) -> Result<Value, AdminError> {
        let key = self.fleet.keys().rotate(kind).await?;
        let announced = self.fleet.announce_keys().await?;
        let mut described = describe_key(&self.fleet.keys().now(), &key);
        described["boxes_told"] = announced.into();
        Ok(described)
    }

    pub(super) async fn revoke_key(&self, kind: AuthorityKind, n: i64) -> Result<Value, AdminError> {
        let revoked = self.fleet.keys().revoke(kind, n).await?;
        self.fleet.announce_keys().await?;
        let mut described = describe_key(&self.fleet.keys().now(), &revoked.key);
        described["then"] = word_consequence(&revoked).into();
        Ok(described)
    }

    pub(super) async fn export_keys(&self, passphrase: String) -> Result<Value, AdminError> {
        let sealed = self.fleet.keys().seal(passphrase).await?;
        Ok(json!({ "sealed": STANDARD.encode(sealed.bytes), "keys": sealed.keys }))
    }

    pub(super) async fn mark_exported(&self, keys: &[String]) -> Result<Value, AdminError> {
        self.fleet.keys().mark_exported(keys).await?;
        Ok(json!({ "exported": keys }))
    }

    pub(super) async fn import_keys(&self, passphrase: String, sealed: &str) -> Result<Value, AdminError> {
        let sealed = STANDARD.decode(sealed);
        let sealed = sealed.map_err(|_| AdminError::Value("the sealed keys are not base64".into()))?;
        let files = self.fleet.keys().unseal(passphrase, sealed).await?;
        Ok(json!({ "files": files }))
    }
}

/// A key for a person; of an authority the fingerprint represents its certificate.
fn describe_key(keyring: &KeySet, key: &AuthorityKey) -> Value {
    let verifier = (key.kind != AuthorityKind::Ca).then_some(&key.public);
    json!({
        "kind": key.kind, "n": key.n, "state": key.state, "from": stamp(key.from_ms),
        "until": key.until_ms.map(stamp), "fingerprint": key.fingerprint, "key": verifier,
        "private_half": keyring.holds(key), "exported": key.exported_ms.map(stamp),
    })
}

/// What a person has to know and do after a key was revoked.
fn word_consequence(revoked: &RevokedKey) -> String {
    let behind = revoked.boxes_behind;
    match revoked.key.kind {
        AuthorityKind::Cosign => format!(
            "what it cosigned proves nothing any more, and the public list says so; boxes are told, {behind} of them know no later key yet"
        ),
        AuthorityKind::Directive => format!(
            "whoever has it can still give orders to boxes that believe it: {behind} know no later key and must be claimed anew"
        ),
        AuthorityKind::Seal => "whoever has it and a copy of the database can read the secrets of second factors that it sealed: the people \
                                who have one set it up anew"
            .to_owned(),
        AuthorityKind::Ca => format!(
            "certificates of it are refused: boxes that still use one must be claimed anew, as must {behind} that know no later authority"
        ),
    }
}
