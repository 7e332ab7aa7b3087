//! A box comes to a facility, and comes back for a new certificate: decided apart, then done in one transaction.

use record::checkpoint::LogOrigin;
use record::claim::{ClaimAnswer, ClaimRequest, ClaimedFacility, RenewRequest};
use record::ids::{BoxId, FacilityId};
use record::sign::VerifierKey;
use record::tree::Hash;

use super::ca::SignedCsr;
use super::keys::KeyError;
use super::{Fleet, FleetError};
use crate::db::claims::{ClaimRow, UsedClaim};
use crate::db::epochs::StoredLog;
use crate::db::{AccountScope, DbConnection, DbError, boxes, claims, epochs, facilities};

/// Why a box got no certificate. Each says what the person at the box can do.
#[derive(Debug, thiserror::Error)]
pub enum ClaimRefusal {
    /// 422.
    #[error("the request is not valid: {0}")]
    Form(&'static str),
    /// 403.
    #[error("this claim code is unknown here: make a new claim file with \u{201c}Add a box\u{201d}")]
    Unknown,
    /// 409.
    #[error("{0}")]
    Taken(&'static str),
    /// 410.
    #[error("this claim code has expired: make a new claim file with \u{201c}Add a box\u{201d}")]
    Expired,
    /// 403.
    #[error("no box in service signs so: it was never claimed here, was revoked, or has another log key")]
    NotIts,
    /// 503.
    #[error(transparent)]
    Unavailable(#[from] DbError),
    /// 500.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// What a claim gets.
#[derive(Debug, Clone, PartialEq, Eq)]
enum ClaimVerdict {
    /// Certify it.
    Fresh,
    /// It asked before: the same answer.
    Same(String),
    /// Another box or key has used the code.
    Used,
    /// Nobody made such a code.
    Unknown,
    /// Too old.
    Expired,
}

const USED: &str = "this claim code was used by another box or with another key: make a new claim file";
const KNOWN: &str =
    "this box is known here under another key, facility or account: set it up anew, which gives it a new id";

fn decide_claim(claim: Option<&ClaimRow>, box_id: BoxId, csr_key: &Hash, now_ms: i64) -> ClaimVerdict {
    let Some(claim) = claim else { return ClaimVerdict::Unknown };
    match &claim.used {
        Some(used) if used.box_id == box_id && used.csr_key == csr_key.0 => {
            ClaimVerdict::Same(used.answer.clone())
        }
        Some(_) => ClaimVerdict::Used,
        None if claim.expires_ms <= now_ms => ClaimVerdict::Expired,
        None => ClaimVerdict::Fresh,
    }
}

/// The log that a request names, if key and name fit each other.
fn log_of(request: &ClaimRequest) -> Option<(LogOrigin, [u8; 32])> {
    let origin = LogOrigin { box_id: request.r#box, epoch: request.epoch };
    let key = VerifierKey::parse(&request.log_key).ok()?.public();
    origin.verifier(&key).ok().map(|_| (origin, key))
}

impl Fleet {
    /// `POST /box/v1/claim`.
    ///
    /// # Errors
    /// Why the box got nothing.
    pub async fn claim(&self, request: &ClaimRequest) -> Result<ClaimAnswer, ClaimRefusal> {
        let csr = SignedCsr::read(&request.csr)
            .ok_or(ClaimRefusal::Form("`csr` is no signed certificate request"))?;
        let (origin, log_key) =
            log_of(request).ok_or(ClaimRefusal::Form("`log_key` and `epoch` do not belong together"))?;
        let is_plain = |text: &str| text.len() <= 200 && !text.contains(char::is_control);
        if !is_plain(&request.model) || !is_plain(&request.version) {
            return Err(ClaimRefusal::Form("`model` or `version` is too long, or has a control character"));
        }
        let now_ms = self.clock.now_ms();
        let code = Hash::of(request.code.as_bytes());
        if !claims::platform_exists(&mut self.db.read().await?, &code.0).await? {
            return Err(ClaimRefusal::Unknown);
        }
        let mut tx = self.db.begin().await?;
        let claim = claims::platform_take(&mut tx, &code.0).await?;
        let verdict = decide_claim(claim.as_ref(), request.r#box, &csr.key(), now_ms);
        let claim = match (verdict, claim) {
            (ClaimVerdict::Fresh, Some(claim)) => claim,
            (ClaimVerdict::Same(answer), _) => {
                return serde_json::from_str(&answer).map_err(|e| DbError::stored("claim", e).into());
            }
            (ClaimVerdict::Used, _) => return Err(ClaimRefusal::Taken(USED)),
            (ClaimVerdict::Expired, _) => return Err(ClaimRefusal::Expired),
            (ClaimVerdict::Unknown | ClaimVerdict::Fresh, _) => return Err(ClaimRefusal::Unknown),
        };
        let (scope, facility) = (claim.scope, claim.facility);
        known_so(&mut tx, (scope, facility), &origin, &log_key).await?;
        let place = (request.r#box, facility, request.epoch);
        boxes::insert_box(&mut tx, scope, place, &request.model, &request.version, now_ms).await?;
        epochs::insert_epoch(&mut tx, scope, &origin, facility, (&log_key, true), now_ms).await?;
        let answer = self.certify(&mut tx, scope, (request.r#box, facility), &csr, now_ms).await?;
        let stored = serde_json::to_string(&answer).map_err(|e| DbError::stored("claim", e))?;
        let used = UsedClaim { box_id: request.r#box, csr_key: csr.key().0.to_vec(), answer: stored };
        claims::mark_used(&mut tx, scope, &code.0, &used, now_ms).await?;
        tx.commit().await?;
        tracing::info!(box_id = %request.r#box, %facility, "a box was claimed");
        Ok(answer)
    }

    /// `POST /box/v1/renew`.
    ///
    /// # Errors
    /// Why the box got nothing.
    pub async fn renew(&self, request: &RenewRequest) -> Result<ClaimAnswer, ClaimRefusal> {
        let csr = SignedCsr::read(&request.csr)
            .ok_or(ClaimRefusal::Form("`csr` is no signed certificate request"))?;
        let now_ms = self.clock.now_ms();
        let origin = LogOrigin { box_id: request.r#box, epoch: request.epoch };
        // Nobody is known yet: a stranger gets no transaction.
        let mut conn = self.db.read().await?;
        let home = boxes::platform_home(&mut conn, request.r#box).await?.filter(|home| !home.revoked);
        let home = home.ok_or(ClaimRefusal::NotIts)?;
        let held = epochs::find_log(&mut conn, home.scope, &origin).await?.ok_or(ClaimRefusal::NotIts)?;
        let log = held.own_key().ok_or(ClaimRefusal::NotIts)?;
        if !request.holds(&log) {
            return Err(ClaimRefusal::NotIts);
        }
        drop(conn);
        let mut tx = self.db.begin().await?;
        // It may have been revoked meanwhile: no certificate comes behind that.
        let home = boxes::lock_box(&mut tx, home.scope, request.r#box).await?.filter(|home| !home.revoked);
        let home = home.ok_or(ClaimRefusal::NotIts)?;
        let place = (request.r#box, home.facility);
        let answer = self.certify(&mut tx, home.scope, place, &csr, now_ms).await?;
        tx.commit().await?;
        tracing::info!(box_id = %request.r#box, "a certificate was renewed");
        Ok(answer)
    }

    async fn certify(
        &self,
        tx: &mut DbConnection,
        scope: AccountScope,
        (box_id, facility): (BoxId, FacilityId),
        csr: &SignedCsr,
        now_ms: i64,
    ) -> Result<ClaimAnswer, ClaimRefusal> {
        let row = facilities::get(tx, scope, facility).await?;
        let row = row.ok_or_else(|| DbError::stored("claim", "its facility is gone"))?;
        let issued = self.authority.certify(box_id, csr, now_ms, &*self.random)?;
        boxes::insert_certificate(tx, scope, box_id, &issued.serial, (now_ms, issued.not_after_ms)).await?;
        let urls = self.urls().ok_or_else(|| DbError::stored("address", "the listeners are not open yet"))?;
        Ok(ClaimAnswer {
            chain: format!("{}{}", issued.pem, self.authority.pem()),
            account: scope.account(),
            facility: ClaimedFacility { id: facility, name: row.name, zone: row.zone },
            relay_url: urls.relay.clone(),
            mqtt_url: urls.mqtt.clone(),
            photos_url: urls.photos.clone(),
            cosign_keys: self.cosign_keys(),
            directive_keys: self.directive_keys(),
            relay_ca: self.trust(),
            expires_s: issued.not_after_ms / 1_000,
        })
    }

    /// A claim file with a new one-time code for a facility of the account.
    ///
    /// # Errors
    /// No such facility in this account; the database; the listeners are not open yet.
    pub async fn new_claim(
        &self,
        scope: AccountScope,
        facility: FacilityId,
        wishes: super::ClaimWishes,
    ) -> Result<String, FleetError> {
        let urls = self.urls().ok_or(FleetError::NoAddress)?;
        let now_ms = self.clock.now_ms();
        let code = super::claim_code(self.random.bytes());
        let expires_ms = now_ms + super::CLAIM_MS;
        let mut tx = self.db.begin().await?;
        let row = facilities::get(&mut tx, scope, facility).await?.ok_or(FleetError::NoFacility)?;
        let digest = Hash::of(code.as_bytes());
        claims::insert_claim(&mut tx, scope, facility, &digest.0, (now_ms, expires_ms)).await?;
        tx.commit().await?;
        let wishes = super::ClaimWishes { zone: wishes.zone.or(Some(row.zone)), ..wishes };
        let facts = super::claim_file::RelayFacts {
            relay_url: &urls.relay,
            relay_ca: &self.trust(),
            cosign_keys: &self.cosign_keys(),
            directive_keys: &self.directive_keys(),
            mqtt_url: &urls.mqtt,
            facility,
            code: &code,
            expires_ms,
        };
        Ok(super::claim_file::write_claim_file(&facts, wishes))
    }
}

/// A box that is known must be known by this log key, and stand here: what it recorded belongs to one facility.
async fn known_so(
    tx: &mut DbConnection,
    (scope, facility): (AccountScope, FacilityId),
    origin: &LogOrigin,
    log_key: &[u8; 32],
) -> Result<(), ClaimRefusal> {
    let Some(home) = boxes::platform_home(tx, origin.box_id).await? else { return Ok(()) };
    let logs = epochs::of_box(tx, scope, origin.box_id).await?;
    let fits = |held: &StoredLog| held.key_known && held.origin == *origin && held.log_key == *log_key;
    let here = home.scope == scope && home.facility == facility;
    if here && logs.iter().any(fits) { Ok(()) } else { Err(ClaimRefusal::Taken(KNOWN)) }
}

#[cfg(test)]
mod tests {
    use record::ids::AccountId;

    use super::*;

    #[test]
    fn the_claim_table() {
        let scope = AccountScope::of(AccountId::new(1, [1; 10]));
        let (box_id, other) = (BoxId::new(1, [1; 10]), BoxId::new(2, [2; 10]));
        let (key, other_key) = (Hash([1; 32]), Hash([2; 32]));
        let facility = FacilityId::new(1, [1; 10]);
        let fresh = ClaimRow { scope, facility, expires_ms: 100, used: None };
        let used = UsedClaim { box_id, csr_key: key.0.to_vec(), answer: "{}".into() };
        let used = ClaimRow { used: Some(used), ..fresh.clone() };
        let same = ClaimVerdict::Same("{}".into());
        let cases = [
            (None, box_id, key, 0, ClaimVerdict::Unknown),
            (Some(&fresh), box_id, key, 99, ClaimVerdict::Fresh),
            (Some(&fresh), box_id, key, 100, ClaimVerdict::Expired),
            (Some(&used), box_id, key, 99, same.clone()),
            (Some(&used), box_id, key, 101, same),
            (Some(&used), box_id, other_key, 99, ClaimVerdict::Used),
            (Some(&used), other, key, 99, ClaimVerdict::Used),
            (Some(&used), other, key, 101, ClaimVerdict::Used),
        ];
        for (claim, box_id, key, now_ms, verdict) in cases {
            assert_eq!(decide_claim(claim, box_id, &key, now_ms), verdict);
        }
    }
}
