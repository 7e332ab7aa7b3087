//! Logs under a box's name that no key of the box vouches for: shown, and decided on by a person.

use record::checkpoint::LogOrigin;
use record::ids::{AccountId, BoxId, FacilityId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AdminError, AdminHandler};
use crate::db::claims::WaitingClaim;
use crate::db::epochs::{self, StoredLog};
use crate::db::{AccountScope, DbConnection, boxes, claims, facilities, log_keys};
use crate::ingest::{self, NotAdmitted};

/// What becomes of such a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpochAct {
    /// It is the box's own, and counts.
    Admit,
    /// It is somebody else's, and goes.
    Forget,
}

fn log_state(held: &StoredLog) -> Value {
    let is_own = match (held.key_known, held.apart) {
        (false, _) => "waits",
        (true, true) => "apart",
        (true, false) => "own",
    };
    json!({
        "epoch": held.origin.epoch, "entries": held.frontier.size(), "follows": held.follows(), "standing": is_own,
    })
}

/// Its box has no certificate: it may have any number of entries, none of which is here.
fn claim_state(waiting: &WaitingClaim) -> Value {
    json!({ "epoch": waiting.epoch, "entries": 0, "follows": null, "standing": "claim-waits" })
}

impl AdminHandler {
    pub(super) async fn epochs(&self, account: AccountId, box_id: BoxId) -> Result<Value, AdminError> {
        let (mut tx, scope) = self.begin(account).await?;
        let held = epochs::of_box(&mut tx, scope, box_id).await?;
        let waiting = claims::waiting_claims(&mut tx, scope, self.clock.now_ms()).await?;
        let begun = held.iter().filter(|held| held.frontier.size() > 0).map(log_state);
        let of_box = box_id.to_string();
        let claimed = waiting.iter().filter(|claim| claim.box_id == of_box).map(claim_state);
        Ok(json!({ "box": box_id, "epochs": begun.chain(claimed).collect::<Vec<Value>>() }))
    }

    pub(super) async fn decide_epoch(
        &self,
        account: AccountId,
        origin: LogOrigin,
        act: EpochAct,
    ) -> Result<Value, AdminError> {
        let (mut tx, scope) = self.begin(account).await?;
        let LogOrigin { box_id, epoch } = origin;
        let none = || {
            AdminError::Value(format!(
                "no log {epoch} of box {box_id} waits; `cleantrack-relay box epoch list` names those that do. Nothing was changed"
            ))
        };
        // In the order of claims and of ingest: codes, the box, then its facility.
        let claimed = claims::lock_waiting(&mut tx, scope, &origin, self.clock.now_ms()).await?;
        let home = boxes::lock_box(&mut tx, scope, box_id).await?.ok_or_else(none)?;
        facilities::lock_facility(&mut tx, scope, home.facility).await?;
        let done = match act {
            EpochAct::Admit => match ingest::admit_log(&mut tx, scope, home.facility, &origin).await? {
                Ok(held) => {
                    json!({"box": box_id, "epoch": epoch, "entries": held.frontier.size(), "standing": "own"})
                }
                Err(NotAdmitted::NotWaiting) => {
                    let key = claimed.ok_or_else(none)?;
                    self.admit_claimed(&mut tx, scope, home.facility, &origin, &key)
                        .await?
                        .ok_or_else(none)?
                }
                Err(NotAdmitted::Beside(other)) => {
                    return Err(AdminError::Value(format!(
                        "log {epoch} of box {box_id} goes on from the same place as {other}, which counts: both cannot. Nothing \
                         was changed, and what is in it is kept until you forget it"
                    )));
                }
            },
            EpochAct::Forget => {
                let had_code = claims::forget_waiting(&mut tx, scope, &origin).await?;
                if !log_keys::forget_keys(&mut tx, scope, &origin).await? && !had_code {
                    return Err(none());
                }
                json!({"box": box_id, "epoch": epoch, "forgotten": true})
            }
        };
        let act = match act {
            EpochAct::Admit => {
                claims::end_waiting(&mut tx, scope, &origin).await?;
                "box epoch admit"
            }
            EpochAct::Forget => "box epoch forget",
        };
        self.audit(&mut tx, scope, act, &format!("{box_id} {epoch}")).await?;
        tx.commit().await?;
        Ok(done)
    }

    /// Takes the log with which a known box was claimed again for the box's own, before anything of it is here.
    async fn admit_claimed(
        &self,
        tx: &mut DbConnection,
        scope: AccountScope,
        facility: FacilityId,
        origin: &LogOrigin,
        key: &[u8; 32],
    ) -> Result<Option<Value>, AdminError> {
        epochs::insert_epoch(tx, scope, origin, facility, (key, true), self.clock.now_ms()).await?;
        let held = epochs::find_log(tx, scope, origin).await?;
        // One that has begun under another key stays as it is.
        if held.is_none_or(|held| held.log_key != *key) {
            return Ok(None);
        }
        log_keys::set_known(tx, scope, origin, false).await?;
        let LogOrigin { box_id, epoch } = origin;
        Ok(Some(json!({"box": box_id, "epoch": epoch, "entries": 0, "standing": "own"})))
    }
}
