//! Logs under a box's name that no key of the box vouches for: shown, and decided on by a person.

use record::checkpoint::LogOrigin;
use record::ids::{AccountId, BoxId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AdminError, AdminHandler};
use crate::db::epochs::{self, StoredLog};
use crate::db::{boxes, facilities, log_keys};
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

impl AdminHandler {
    pub(super) async fn epochs(&self, account: AccountId, box_id: BoxId) -> Result<Value, AdminError> {
        let (mut tx, scope) = self.begin(account).await?;
        let held = epochs::of_box(&mut tx, scope, box_id).await?;
        let begun: Vec<Value> = held.iter().filter(|held| held.frontier.size() > 0).map(log_state).collect();
        Ok(json!({ "box": box_id, "epochs": begun }))
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
        // In the order of ingest: the box, then its facility.
        let home = boxes::lock_box(&mut tx, scope, box_id).await?.ok_or_else(none)?;
        facilities::lock_facility(&mut tx, scope, home.facility).await?;
        let done = match act {
            EpochAct::Admit => match ingest::admit_log(&mut tx, scope, home.facility, &origin).await? {
                Ok(held) => {
                    json!({"box": box_id, "epoch": epoch, "entries": held.frontier.size(), "standing": "own"})
                }
                Err(NotAdmitted::NotWaiting) => return Err(none()),
                Err(NotAdmitted::Beside(other)) => {
                    return Err(AdminError::Value(format!(
                        "log {epoch} of box {box_id} goes on from the same place as {other}, which counts: both cannot. Nothing \
                         was changed, and what is in it is kept until you forget it"
                    )));
                }
            },
            EpochAct::Forget => {
                if !log_keys::forget_keys(&mut tx, scope, &origin).await? {
                    return Err(none());
                }
                json!({"box": box_id, "epoch": epoch, "forgotten": true})
            }
        };
        let act = if act == EpochAct::Admit { "box epoch admit" } else { "box epoch forget" };
        self.audit(&mut tx, scope, act, &format!("{box_id} {epoch}")).await?;
        tx.commit().await?;
        Ok(done)
    }
}
