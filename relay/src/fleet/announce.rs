//! Which keys a box is informed of, by a directive signed by one that it believes.

use record::directive::Directive;
use record::ids::{BoxId, UserId};
use record::tree::Hash;
use serde::Serialize;

use super::{Fleet, FleetError};
use crate::db::fleet::box_keys::AppliedKeys;
use crate::db::fleet::directives::NewDirective;
use crate::db::fleet::{box_keys, boxes, directives};
use crate::db::{AccountScope, DbError, PlatformReason};
use crate::keys::{AuthorityKey, AuthorityKind, KeySet};

/// What the directive `keys` says beside its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct KeyArgs {
    cosign: Vec<String>,
    directive: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay_ca: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    drop: Vec<String>,
}

/// The directive's JSON line, members in their order.
#[derive(Debug, Serialize)]
struct KeyLine<'a> {
    r#do: &'static str,
    id: &'a str,
    args: &'a KeyArgs,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyAnnouncement {
    args: KeyArgs,
    brings: AppliedKeys,
    /// Of the args: says whether a box was informed of just this.
    pub(super) digest: String,
}

impl KeyAnnouncement {
    fn new(keyring: &KeySet, trust: String) -> Option<Self> {
        let brings = keyring.newest_of_each();
        let revoked = keyring.keys().iter().filter(|key| key.is_revoked());
        let drop = revoked.filter_map(AuthorityKey::verifier).map(|key| format!("{:08x}", key.id()));
        let has_authorities = keyring.keys().iter().filter(|key| key.kind == AuthorityKind::Ca).count() > 1;
        let args = KeyArgs {
            cosign: keyring.trusted_texts(AuthorityKind::Cosign),
            directive: keyring.trusted_texts(AuthorityKind::Directive),
            relay_ca: has_authorities.then_some(trust),
            drop: drop.collect(),
        };
        let digest = Hash::of(&serde_json::to_vec(&args).ok()?).to_string();
        Some(Self { args, brings, digest })
    }
}

impl Fleet {
    /// What every box should know now; `None` where it knows it since its claim, as there never was anything else.
    pub(super) fn announcement(&self) -> Option<KeyAnnouncement> {
        let keyring = self.keys.now();
        if keyring.keys().len() <= AuthorityKind::ALL.len() {
            return None;
        }
        KeyAnnouncement::new(&keyring, self.trust())
    }

    /// Makes the directive `keys` for each box that was not informed of the current keys. Returns how many.
    pub async fn announce_keys(&self) -> Result<usize, FleetError> {
        let Some(announcement) = self.announcement() else { return Ok(0) };
        let behind = box_keys::platform_unannounced(
            &mut self.db.platform_read(PlatformReason::Work).await?,
            &announcement.digest,
        )
        .await?;
        let mut announced = 0;
        for (scope, box_id) in behind {
            announced += usize::from(self.announce_to_box(scope, box_id, &announcement).await?);
        }
        Ok(announced)
    }

    /// Whether one was made: a box may have been revoked meanwhile, and this process may have no key that it believes.
    async fn announce_to_box(
        &self,
        scope: AccountScope,
        box_id: BoxId,
        announcement: &KeyAnnouncement,
    ) -> Result<bool, FleetError> {
        let now_ms = self.clock.now_ms();
        let mut tx = self.db.write(scope).await?;
        if boxes::lock_box(&mut tx, box_id).await?.is_none_or(|home| home.revoked) {
            return Ok(false);
        }
        let applied = box_keys::find_applied(&mut tx, box_id).await?;
        let keyring = self.keys.now();
        let Some(signer) = keyring.signer_for(AuthorityKind::Directive, applied.directive_n) else {
            return Ok(false);
        };
        let id = UserId::new(now_ms, self.random.bytes()).to_string();
        let line = KeyLine { r#do: "keys", id: &id, args: &announcement.args };
        let json = serde_json::to_string(&line).map_err(|e| DbError::stored("directive", e))?;
        let number = directives::next_number(&mut tx, box_id).await?;
        let directive = Directive { box_id, number, json };
        let note = directive.signed(signer).map_err(|e| DbError::stored("directive", e))?.to_string();
        let new = NewDirective {
            number,
            directive_id: &id,
            verb: "keys",
            json: &directive.json,
            hash: directive.hash(),
            note: &note,
            brings: announcement.brings,
        };
        directives::insert_directive(&mut tx, box_id, &new, now_ms).await?;
        box_keys::set_announced(&mut tx, box_id, &announcement.digest).await?;
        tx.commit().await?;
        tracing::info!(%box_id, number, "a box is told of this relay's keys");
        Ok(true)
    }
}
