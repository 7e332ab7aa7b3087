//! Logs under a box's name that no key of the box vouches for: shown, and decided on by a person.

use record::checkpoint::LogOrigin;
use record::ids::{AccountId, BoxId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{AdminError, AdminHandler};
use crate::db::ScopedConnection;
use crate::db::facility::facilities;
use crate::db::fleet::claims::OpenClaim;
use crate::db::fleet::{boxes, claims};
use crate::db::log::epochs;
use crate::db::log::epochs::StoredLog;
use crate::db::log::log_keys;
use crate::ingest::{self, NotAdmitted};
use crate::projections::facility_now::refresh_box;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EpochAct {
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
fn claim_state(open: &OpenClaim) -> Value {
    let word = if open.waits() { "claim-waits" } else { "claim-admitted" };
    json!({ "epoch": open.epoch, "entries": 0, "follows": null, "standing": word })
}

/// Of a log that brings no entries it is not known what it continues. But a box that counts in a log of that number, or a higher one,
/// has gone on from every earlier place already: another log from there would put it into quarantine.
async fn admit_claim(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<Value, AdminError> {
    let LogOrigin { box_id, epoch } = origin;
    let held = epochs::of_box(conn, *box_id).await?;
    if let Some(later) = held
        .iter()
        .filter(|held: &&StoredLog| held.key_known && !held.apart && held.frontier.size() > 0)
        .find(|held| held.origin.epoch.n >= epoch.n)
    {
        return Err(AdminError::Value(format!(
            "box {box_id} has gone on already in its log {}, which counts: {epoch} would go on beside it, and both cannot. Set the box that \
             was restored up anew, which gives it a new id, and forget this log. Nothing was changed",
            later.origin.epoch
        )));
    }
    Ok(json!({"box": box_id, "epoch": epoch, "entries": 0, "standing": "claim-admitted"}))
}

impl AdminHandler {
    pub(super) async fn epochs(&self, account: AccountId, box_id: BoxId) -> Result<Value, AdminError> {
        let mut tx = self.begin(account).await?;
        let held = epochs::of_box(&mut tx, box_id).await?;
        let open = claims::open_claims(&mut tx, self.clock.now_ms()).await?;
        // A key that is known renews certificates, also before it has signed anything.
        let here = held.iter().filter(|held| held.key_known || held.frontier.size() > 0).map(log_state);
        let of_box = box_id.to_string();
        let claimed = open.iter().filter(|claim| claim.box_id == of_box).map(claim_state);
        Ok(json!({ "box": box_id, "epochs": here.chain(claimed).collect::<Vec<Value>>() }))
    }

    pub(super) async fn decide_epoch(
        &self,
        account: AccountId,
        origin: LogOrigin,
        act: EpochAct,
    ) -> Result<Value, AdminError> {
        let mut tx = self.begin(account).await?;
        let LogOrigin { box_id, epoch } = origin;
        // In the order of claims and of ingest: codes, the box, then its facility. What fails takes all of it back.
        let (act_name, had_code) = match act {
            EpochAct::Admit => {
                let admitted = claims::admit_waiting(&mut tx, &origin, self.clock.now_ms()).await?;
                ("box epoch admit", admitted)
            }
            EpochAct::Forget => ("box epoch forget", claims::forget_waiting(&mut tx, &origin).await?),
        };
        let home = boxes::lock_box(&mut tx, box_id).await?.ok_or_else(|| refuse_unknown(&origin))?;
        facilities::lock_facility(&mut tx, home.facility).await?;
        let held = epochs::find_log(&mut tx, &origin).await?;
        if held.is_some_and(|held| held.key_known) {
            return Err(refuse_unknown(&origin));
        }
        let done = match act {
            EpochAct::Admit => match ingest::admit_log(&mut tx, home.facility, &origin).await? {
                Ok(held) => {
                    json!({"box": box_id, "epoch": epoch, "entries": held.frontier.size(), "standing": "own"})
                }
                Err(NotAdmitted::NotWaiting) if !had_code => return Err(refuse_unknown(&origin)),
                Err(NotAdmitted::NotWaiting) if home.revoked => {
                    return Err(AdminError::Value(format!(
                        "box {box_id} was revoked: only a claim with a log that counts brings it back. Nothing was changed"
                    )));
                }
                Err(NotAdmitted::NotWaiting) => admit_claim(&mut tx, &origin).await?,
                Err(NotAdmitted::Beside(other)) => {
                    return Err(AdminError::Value(format!(
                        "log {epoch} of box {box_id} goes on from the same place as {other}, which counts: both cannot. Nothing \
                         was changed, and what is in it is kept until you forget it"
                    )));
                }
            },
            EpochAct::Forget => {
                if !log_keys::forget_keys(&mut tx, &origin).await? && !had_code {
                    return Err(refuse_unknown(&origin));
                }
                json!({"box": box_id, "epoch": epoch, "forgotten": true})
            }
        };
        refresh_box(&mut tx, home.facility, self.clock.now_ms()).await?;
        self.audit(&mut tx, act_name, &format!("{box_id} {epoch}"), Some(home.facility)).await?;
        tx.commit().await?;
        Ok(done)
    }
}

fn refuse_unknown(origin: &LogOrigin) -> AdminError {
    let LogOrigin { box_id, epoch } = origin;
    AdminError::Value(format!(
        "no log {epoch} of box {box_id} waits; `cleantrack-relay box epoch list` names those that do. Nothing was changed"
    ))
}
