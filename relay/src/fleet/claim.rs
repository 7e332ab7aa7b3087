//! A box comes to a facility, and comes back for a new certificate: decided apart, then done in one transaction.

use record::checkpoint::LogOrigin;
use record::claim::{ClaimAnswer, ClaimRequest, ClaimedFacility, RenewRequest};
use record::ids::{BoxId, Epoch, FacilityId};
use record::sign::VerifierKey;
use record::tree::Hash;

use super::takeover::{BoxTakeover, find_replaced};
use super::{Fleet, FleetError, done_act};
use crate::db::access_log::audit::{NewAudit, insert_act};
use crate::db::facility::facilities;
use crate::db::fleet::boxes::BoxOwner;
use crate::db::fleet::claims::{BroughtLog, ClaimPlace, ClaimRow, UsedClaim};
use crate::db::fleet::{box_keys, boxes, claims};
use crate::db::log::epochs::StoredLog;
use crate::db::log::{epochs, log_keys};
use crate::db::{AccountScope, DbError, PlatformReason, ScopedConnection};
use crate::keys::{AuthorityKind, KeyError, SignedCsr};
use crate::projections::box_state::SILENT_MS;
use crate::projections::facility_now::refresh_box;

/// Why a box got no certificate. Each says what the person at the box can do.
#[derive(Debug, thiserror::Error)]
pub enum ClaimRefusal {
    #[error("the request is not valid: {0}")]
    Form(&'static str),
    #[error("this claim code is unknown here: make a new claim file with \u{201c}Add a box\u{201d}")]
    Unknown,
    #[error("this claim code was used by another box, or with another key or log: make a new claim file")]
    Used,
    #[error(
        "this box was revoked, or is known here under another key, facility or account: set it up anew, which gives it a new id"
    )]
    Known,
    #[error(
        "this box is known here by another log, as one is that was restored from before its claim: it gets a certificate once whoever runs \
         this relay has admitted its log {0}"
    )]
    Waits(Epoch),
    #[error(
        "another box of this facility, {0}, was heard just now: make a claim file that replaces it, with \u{201c}Replace\u{201d} on its page"
    )]
    Occupied(BoxId),
    #[error("this claim code has expired: make a new claim file with \u{201c}Add a box\u{201d}")]
    Expired,
    #[error("no box in service signs so: it was never claimed here, was revoked, or has another log key")]
    NotIts,
    #[error(transparent)]
    Unavailable(#[from] DbError),
    #[error(transparent)]
    Key(#[from] KeyError),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum ClaimVerdict {
    Fresh,
    Same(String),
    /// Another box, key or log has used the code.
    Used,
    Unknown,
    Expired,
}

/// What a valid code makes of the log that comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LogTrust {
    Own,
    /// A person said so of one that waited: it is the box's own from now on.
    Admitted,
    /// Its box is known by another log, which this one continues if a backup was restored. A person has to say that it is: whoever
    /// has a code could name any box, and read with its certificate all that the box ever sent.
    Waits,
}

/// A code whose log waits belongs to that log: who has stolen it can neither bring one log after another nor put one in the place of the
/// one that a person looks at.
fn decide_claim(claim: Option<&ClaimRow>, brought: &BroughtLog<'_>, now_ms: i64) -> ClaimVerdict {
    let Some(claim) = claim else { return ClaimVerdict::Unknown };
    let LogOrigin { box_id, epoch } = *brought.origin;
    // Whoever has taken another one's place has its id, and may not have got the answer.
    let is_of = |used: &UsedClaim| used.box_id == box_id || claim.replaces == Some(box_id);
    match &claim.used {
        Some(used) if !is_of(used) || used.csr_key[..] != brought.csr_key[..] => ClaimVerdict::Used,
        Some(UsedClaim { answer: Some(answer), .. }) => ClaimVerdict::Same(answer.clone()),
        Some(UsedClaim { log: Some(log), .. })
            if log.epoch != epoch.to_string() || log.log_key[..] != brought.log_key[..] =>
        {
            ClaimVerdict::Used
        }
        _ if claim.expires_ms <= now_ms => ClaimVerdict::Expired,
        _ => ClaimVerdict::Fresh,
    }
}

fn read_csr(pem: &str) -> Result<SignedCsr, ClaimRefusal> {
    SignedCsr::read(pem).ok_or(ClaimRefusal::Form("`csr` is no signed certificate request"))
}

/// The log that a request names, if key and name fit each other, and whoever asks has the key's other half.
fn log_of(request: &ClaimRequest) -> Result<(LogOrigin, [u8; 32]), ClaimRefusal> {
    let is_plain = |text: &str| text.len() <= 200 && !text.contains(char::is_control);
    if !is_plain(&request.model) || !is_plain(&request.version) {
        return Err(ClaimRefusal::Form("`model` or `version` is too long, or has a control character"));
    }
    let origin = LogOrigin { box_id: request.r#box, epoch: request.epoch };
    let key = VerifierKey::parse(&request.log_key).ok().map(|key| key.public());
    let log = key.and_then(|key| origin.verifier(&key).ok());
    let (Some(key), Some(log)) = (key, log) else {
        return Err(ClaimRefusal::Form("`log_key` and `epoch` do not belong together"));
    };
    if !request.holds(&log) {
        return Err(ClaimRefusal::Form("`signature` is not one of `log_key`"));
    }
    Ok((origin, key))
}

impl Fleet {
    pub async fn claim(&self, request: &ClaimRequest) -> Result<ClaimAnswer, ClaimRefusal> {
        let csr = read_csr(&request.csr)?;
        let (origin, log_key) = log_of(request)?;
        let now_ms = self.clock.now_ms();
        let (code, csr_key) = (Hash::of(request.code.as_bytes()), csr.key());
        if !claims::platform_exists(&mut self.db.platform_read(PlatformReason::Box).await?, &code.0).await? {
            return Err(ClaimRefusal::Unknown);
        }
        let mut tx = self.db.platform_write(PlatformReason::Box).await?;
        let claim = claims::platform_take(&mut tx, &code.0).await?;
        let brought = BroughtLog { origin: &origin, log_key: &log_key, csr_key: &csr_key.0 };
        let verdict = decide_claim(claim.as_ref(), &brought, now_ms);
        let claim = match (verdict, claim) {
            (ClaimVerdict::Fresh, Some(claim)) => claim,
            (ClaimVerdict::Same(answer), _) => {
                return serde_json::from_str(&answer).map_err(|e| DbError::stored("claim", e).into());
            }
            (ClaimVerdict::Used, _) => return Err(ClaimRefusal::Used),
            (ClaimVerdict::Expired, _) => return Err(ClaimRefusal::Expired),
            (ClaimVerdict::Unknown | ClaimVerdict::Fresh, _) => return Err(ClaimRefusal::Unknown),
        };
        let (scope, facility) = (claim.scope, claim.facility);
        let is_known = boxes::platform_home(&mut tx, origin.box_id).await?.is_some();
        let mut tx = tx.enter(scope).await?;
        let place = ClaimPlace { facility, replaces: claim.replaces };
        check_place(&mut tx, place, origin.box_id, now_ms).await?;
        // Another claim of this name may have come first while this one waited for the facility.
        let is_known = is_known || boxes::find_home(&mut tx, origin.box_id).await?.is_some();
        let replaces = find_replaced(&mut tx, place, origin.box_id).await?;
        let trust = match is_known {
            // It has a history of its own, and would leave it.
            true if replaces.is_some() => return Err(ClaimRefusal::Known),
            true => find_trust(&mut tx, facility, &origin, &log_key, now_ms).await?,
            false => LogTrust::Own,
        };
        if trust == LogTrust::Waits {
            if claims::mark_waiting(&mut tx, &code.0, brought, now_ms).await? {
                self.note_return(&mut tx, &origin, facility, now_ms).await?;
            }
            tx.commit().await?;
            return Err(ClaimRefusal::Waits(origin.epoch));
        }
        let origin = LogOrigin { box_id: replaces.as_ref().map_or(origin.box_id, |old| old.r#box), ..origin };
        let brought = BroughtLog { origin: &origin, ..brought };
        self.register_log(&mut tx, place, request.r#box, &brought, now_ms).await?;
        let box_id = origin.box_id;
        let named = (box_id, facility, request.epoch);
        boxes::insert_box(&mut tx, named, &request.model, &request.version, now_ms).await?;
        if trust == LogTrust::Admitted {
            confirm_log(&mut tx, &origin, &log_key).await?;
        }
        let answer =
            ClaimAnswer { replaces, ..self.certify(&mut tx, (box_id, facility), &csr, now_ms).await? };
        let stored = serde_json::to_string(&answer).map_err(|e| DbError::stored("claim", e))?;
        let (log, csr_key) = (claim.used.and_then(|used| used.log), csr_key.0.to_vec());
        let used = UsedClaim { box_id: request.r#box, csr_key, answer: Some(stored), log };
        self.save_named_keys(&mut tx, box_id).await?;
        claims::mark_used(&mut tx, &code.0, &used, now_ms).await?;
        let replaced = match &answer.replaces {
            Some(old) => Some(old.r#box),
            None => self.replace_box(&mut tx, place, box_id, now_ms).await?,
        };
        refresh_box(&mut tx, facility, now_ms).await?;
        tx.commit().await?;
        if let Some(old) = replaced {
            self.publisher.disconnect(old);
        }
        tracing::info!(%box_id, %facility, ?replaced, "a box was claimed");
        Ok(answer)
    }

    async fn register_log(
        &self,
        tx: &mut ScopedConnection,
        place: ClaimPlace,
        by: BoxId,
        brought: &BroughtLog<'_>,
        now_ms: i64,
    ) -> Result<(), ClaimRefusal> {
        let (origin, log_key) = (brought.origin, brought.log_key);
        if origin.box_id == by {
            return Ok(epochs::insert_epoch(tx, origin, place.facility, (log_key, true), now_ms).await?);
        }
        let takeover = BoxTakeover { place, by, origin, log_key };
        if self.take_over(tx, takeover, now_ms).await? { Ok(()) } else { Err(ClaimRefusal::Known) }
    }

    /// Notes which keys of this relay the answer to the box's claim names.
    async fn save_named_keys(&self, tx: &mut ScopedConnection, box_id: BoxId) -> Result<(), DbError> {
        box_keys::save_applied(tx, box_id, self.keys.now().newest_of_each()).await?;
        match self.announcement() {
            Some(announcement) => box_keys::set_announced(tx, box_id, &announcement.digest).await,
            None => Ok(()),
        }
    }

    /// Takes the box out of use in whose place another one has come, which had sent nothing that could be gone on with. Which one, if
    /// it was in service there.
    async fn replace_box(
        &self,
        tx: &mut ScopedConnection,
        place: ClaimPlace,
        by: BoxId,
        now_ms: i64,
    ) -> Result<Option<BoxId>, DbError> {
        // One that comes back itself, with a claim file that was made to replace it, is not.
        let Some(old) = place.replaces.filter(|old| *old != by) else { return Ok(None) };
        let home = boxes::find_home(tx, old).await?;
        if home.is_none_or(|home| home.facility != place.facility)
            || self.end_service(tx, old).await?.is_none()
        {
            return Ok(None);
        }
        let (who, about) = (format!("box {by}"), old.to_string());
        let act = NewAudit { facility: Some(place.facility), ..done_act(&who, "box replace", &about) };
        insert_act(tx, &act, now_ms).await?;
        Ok(Some(old))
    }

    /// Writes down that a known box came with a log that nothing vouches for.
    async fn note_return(
        &self,
        tx: &mut ScopedConnection,
        origin: &LogOrigin,
        facility: FacilityId,
        now_ms: i64,
    ) -> Result<(), DbError> {
        let LogOrigin { box_id, epoch } = origin;
        tracing::warn!(%box_id, %epoch, "a known box is claimed with another log: it gets no certificate until that is admitted \
            (`box epoch admit`) or forgotten");
        let (who, about) = (format!("box {box_id}"), format!("{box_id} {epoch}"));
        let act = NewAudit { facility: Some(facility), ..done_act(&who, "box claim-again", &about) };
        insert_act(tx, &act, now_ms).await
    }

    pub async fn renew(&self, request: &RenewRequest) -> Result<ClaimAnswer, ClaimRefusal> {
        let csr = read_csr(&request.csr)?;
        let now_ms = self.clock.now_ms();
        let origin = LogOrigin { box_id: request.r#box, epoch: request.epoch };
        // Nobody is known yet: a stranger gets no transaction.
        let mut conn = self.db.platform_read(PlatformReason::Box).await?;
        let home = boxes::platform_home(&mut conn, request.r#box).await?.filter(|home| !home.revoked);
        let home = home.ok_or(ClaimRefusal::NotIts)?;
        let mut conn = conn.enter(home.scope).await?;
        let held = epochs::find_log(&mut conn, &origin).await?.ok_or(ClaimRefusal::NotIts)?;
        let log = held.own_key().ok_or(ClaimRefusal::NotIts)?;
        if !request.holds(&log) {
            return Err(ClaimRefusal::NotIts);
        }
        drop(conn);
        let mut tx = self.db.write(home.scope).await?;
        // It may have been revoked or replaced meanwhile: no certificate comes behind that.
        let home = boxes::lock_box(&mut tx, request.r#box).await?.filter(|home| !home.revoked);
        let home = home.ok_or(ClaimRefusal::NotIts)?;
        if log_keys::is_replaced(&mut tx, &origin).await? {
            return Err(ClaimRefusal::NotIts);
        }
        let place = (request.r#box, home.facility);
        let answer = self.certify(&mut tx, place, &csr, now_ms).await?;
        tx.commit().await?;
        tracing::info!(box_id = %request.r#box, "a certificate was renewed");
        Ok(answer)
    }

    async fn certify(
        &self,
        tx: &mut ScopedConnection,
        (box_id, facility): (BoxId, FacilityId),
        csr: &SignedCsr,
        now_ms: i64,
    ) -> Result<ClaimAnswer, ClaimRefusal> {
        let scope = tx.scope();
        let row = facilities::get(tx, facility).await?;
        let row = row.ok_or_else(|| DbError::stored("claim", "its facility is gone"))?;
        let keyring = self.keys.now();
        let authority = keyring.box_authority().ok_or(KeyError::NotHere(AuthorityKind::Ca))?;
        let issued = authority.certify(box_id, csr, now_ms, &*self.random)?;
        boxes::insert_certificate(tx, box_id, &issued.serial, (now_ms, issued.not_after_ms)).await?;
        let urls = self.urls().ok_or_else(|| DbError::stored("address", "the listeners are not open yet"))?;
        Ok(ClaimAnswer {
            chain: format!("{}{}", issued.pem, authority.pem()),
            account: scope.account(),
            facility: ClaimedFacility { id: facility, name: row.name, zone: row.zone },
            relay_url: urls.relay.clone(),
            mqtt_url: urls.mqtt.clone(),
            photos_url: urls.photos.clone(),
            cosign_keys: self.trusted_texts(AuthorityKind::Cosign),
            directive_keys: self.trusted_texts(AuthorityKind::Directive),
            relay_ca: self.trust(),
            expires_s: issued.not_after_ms / 1_000,
            replaces: None,
        })
    }

    /// A claim file with a new one-time code for a facility of the account.
    ///
    /// # Errors
    /// No such facility in this account, or no such box there; the database; the listeners are not open yet; a wish that no box takes.
    pub async fn new_claim(
        &self,
        scope: AccountScope,
        place: ClaimPlace,
        wishes: super::ClaimWishes,
        by: &str,
    ) -> Result<String, FleetError> {
        let urls = self.urls().ok_or(FleetError::NoAddress)?;
        let cosign_keys = self.trusted_texts(AuthorityKind::Cosign);
        if cosign_keys.is_empty() {
            return Err(FleetError::NoKeys);
        }
        let now_ms = self.clock.now_ms();
        let code = super::claim_code(self.random.bytes());
        let expires_ms = now_ms + super::CLAIM_MS;
        let facility = place.facility;
        let mut tx = self.db.write(scope).await?;
        facilities::get(&mut tx, facility).await?.ok_or(FleetError::NoFacility)?;
        if let Some(old) = place.replaces {
            let home = boxes::find_home(&mut tx, old).await?;
            home.filter(|home| home.facility == facility).ok_or(FleetError::NoBox(old))?;
        }
        let row = facilities::lock_facility(&mut tx, facility).await?;
        if row.is_closed {
            return Err(FleetError::NoFacility);
        }
        let facts = super::claim_file::RelayFacts {
            relay_url: &urls.relay,
            relay_ca: &self.trust(),
            cosign_keys: &cosign_keys,
            directive_keys: &self.trusted_texts(AuthorityKind::Directive),
            mqtt_url: &urls.mqtt,
            facility,
            zone: &row.zone,
            code: &code,
            expires_ms,
            replaces: place.replaces.is_some(),
        };
        let file = super::claim_file::write_claim_file(&facts, wishes)?;
        let digest = Hash::of(code.as_bytes());
        claims::insert_claim(&mut tx, place, &digest.0, (now_ms, expires_ms)).await?;
        let about = place.replaces.map_or_else(|| facility.to_string(), |old| old.to_string());
        let act = NewAudit { facility: Some(facility), ..done_act(by, claim_act(place), &about) };
        insert_act(&mut tx, &act, now_ms).await?;
        tx.commit().await?;
        Ok(file)
    }
}

/// Whether a box may come to a place: the facility is open, and no other box is heard there. The facility's row is taken: nobody
/// closes it meanwhile.
async fn check_place(
    tx: &mut ScopedConnection,
    place: ClaimPlace,
    box_id: BoxId,
    now_ms: i64,
) -> Result<(), ClaimRefusal> {
    if facilities::lock_facility(tx, place.facility).await?.is_closed {
        return Err(ClaimRefusal::Unknown);
    }
    match boxes::find_alive_beside(tx, place, box_id, now_ms.saturating_sub(SILENT_MS)).await? {
        Some(other) => Err(ClaimRefusal::Occupied(other)),
        None => Ok(()),
    }
}

/// The log that a person admitted is the box's own from now on. Its row is taken: another key of this name may have begun its log
/// meanwhile.
async fn confirm_log(
    tx: &mut ScopedConnection,
    origin: &LogOrigin,
    log_key: &[u8; 32],
) -> Result<(), ClaimRefusal> {
    let held = epochs::find_log(tx, origin).await?;
    if held.is_none_or(|held| held.log_key != *log_key) {
        return Err(ClaimRefusal::Known);
    }
    // The box may have spoken of it before, with a certificate from before its backup.
    log_keys::set_known(tx, origin, false).await?;
    Ok(())
}

fn claim_act(place: ClaimPlace) -> &'static str {
    if place.replaces.is_some() { "claim-file replace" } else { "claim-file create" }
}

/// The state of a claim's log here. The box's row is locked: no revocation slips in between.
async fn find_trust(
    tx: &mut ScopedConnection,
    facility: FacilityId,
    origin: &LogOrigin,
    log_key: &[u8; 32],
    now_ms: i64,
) -> Result<LogTrust, ClaimRefusal> {
    // Another account's row is not touched.
    let home = boxes::lock_box(tx, origin.box_id).await?.ok_or(ClaimRefusal::Known)?;
    let logs = epochs::of_box(tx, origin.box_id).await?;
    let open = claims::open_claims(tx, now_ms).await?;
    let trust = decide_trust(&home, facility, &logs, origin, log_key).ok_or(ClaimRefusal::Known)?;
    if log_keys::is_replaced(tx, origin).await? {
        return Err(ClaimRefusal::Known);
    }
    if trust == LogTrust::Own {
        return Ok(trust);
    }
    let (same, namesakes): (Vec<_>, Vec<_>) =
        open.iter().filter(|claim| claim.is_of(origin)).partition(|claim| claim.log_key[..] == log_key[..]);
    match same.first() {
        // The name of a log has few of its key's bits: of two that have it in common nobody could say which one was admitted.
        _ if !namesakes.is_empty() => Err(ClaimRefusal::Known),
        Some(claim) if !claim.waits() => Ok(LogTrust::Admitted),
        _ => Ok(LogTrust::Waits),
    }
}

/// A known box is of this facility: what it recorded belongs to one. One that comes with another log than it is known by may have been
/// restored from a backup that was made before it was claimed, and can show only its code. `None`: it is refused. A first log continues
/// none, so it is no restored box's; and a box that was revoked may be in anybody's hands, whose key would renew certificates again.
fn decide_trust(
    home: &BoxOwner,
    facility: FacilityId,
    logs: &[StoredLog],
    origin: &LogOrigin,
    log_key: &[u8; 32],
) -> Option<LogTrust> {
    if home.facility != facility {
        return None;
    }
    match logs.iter().find(|held| held.origin == *origin) {
        // A key that was only greeted with says nothing of whose the name is.
        Some(held) if held.log_key != *log_key && (held.key_known || held.frontier.size() > 0) => None,
        Some(held) if held.key_known => Some(LogTrust::Own),
        _ => (origin.epoch.n > 1 && !home.revoked).then_some(LogTrust::Waits),
    }
}

#[cfg(test)]
mod tests {
    use record::tree::Frontier;

    use super::*;
    use crate::db::fleet::claims::WaitedLog;

    fn stored_log((origin, log_key): (LogOrigin, [u8; 32]), key_known: bool) -> StoredLog {
        StoredLog {
            number: crate::db::LogNumber::NONE,
            origin,
            log_key,
            key_known,
            frontier: Frontier::default(),
            prev: None,
            after: None,
            apart: false,
            cosigned: None,
            witness: None,
        }
    }

    #[test]
    fn a_known_box_may_bring_a_later_log_which_waits() {
        let scope = AccountScope::made_up(1);
        let (here, elsewhere) = (FacilityId::new(1, [1; 10]), FacilityId::new(2, [2; 10]));
        let box_id = BoxId::new(1, [1; 10]);
        let home = BoxOwner { scope, facility: here, revoked: false, quarantined: false };
        let revoked = BoxOwner { revoked: true, ..home };
        let [first, other_first, next, third] = [(1, 1), (1, 2), (2, 2), (3, 3)]
            .map(|(n, key)| (LogOrigin::new(box_id, n, &[key; 32]), [key; 32]));
        let namesake = (next.0, [9; 32]);
        let cases = [
            (&home, here, first, Some(LogTrust::Own)),
            (&revoked, here, first, Some(LogTrust::Own)),
            (&home, elsewhere, first, None),
            (&home, here, next, Some(LogTrust::Waits)),
            (&home, here, third, Some(LogTrust::Waits)),
            (&home, here, namesake, Some(LogTrust::Waits)),
            (&home, elsewhere, next, None),
            (&revoked, here, next, None),
            (&home, here, other_first, None),
        ];
        for (home, facility, (origin, key), trust) in cases {
            let logs = [stored_log(first, true), stored_log(next, false)];
            assert_eq!(decide_trust(home, facility, &logs, &origin, &key), trust, "{origin}");
        }
        let known = [stored_log(first, true), stored_log(next, true)];
        let mut begun = [stored_log(first, true), stored_log(next, false)];
        begun[1].frontier.push(Hash([1; 32]));
        for logs in [known, begun] {
            assert_eq!(
                decide_trust(&home, here, &logs, &namesake.0, &namesake.1),
                None,
                "of whom there is more"
            );
        }
        let admitted = [stored_log(first, true), stored_log(next, true)];
        assert_eq!(decide_trust(&home, here, &admitted, &next.0, &next.1), Some(LogTrust::Own));
    }

    #[test]
    fn the_claim_table() {
        let scope = AccountScope::made_up(1);
        let (box_id, other) = (BoxId::new(1, [1; 10]), BoxId::new(2, [2; 10]));
        let (key, other_key) = ([1u8; 32], [2u8; 32]);
        let [log_key, other_log] = [[3u8; 32], [4u8; 32]];
        let facility = FacilityId::new(1, [1; 10]);
        let fresh = ClaimRow { scope, facility, expires_ms: 100, used: None, replaces: None };
        let used = UsedClaim { box_id, csr_key: key.to_vec(), answer: Some("{}".into()), log: None };
        let epoch = LogOrigin::new(box_id, 2, &log_key).epoch.to_string();
        let log = Some(WaitedLog { epoch, log_key: log_key.to_vec() });
        let waits = UsedClaim { answer: None, log, ..used.clone() };
        let [used, waits] = [used, waits].map(|used| ClaimRow { used: Some(used), ..fresh.clone() });
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
            (Some(&waits), box_id, key, 99, ClaimVerdict::Fresh),
            (Some(&waits), box_id, key, 100, ClaimVerdict::Expired),
            (Some(&waits), box_id, other_key, 99, ClaimVerdict::Used),
            (Some(&waits), other, key, 99, ClaimVerdict::Used),
        ];
        for (claim, box_id, key, now_ms, verdict) in cases {
            let origin = LogOrigin::new(box_id, 2, &log_key);
            let brought = BroughtLog { origin: &origin, log_key: &log_key, csr_key: &key };
            assert_eq!(decide_claim(claim, &brought, now_ms), verdict);
        }
        let renumbered = LogOrigin::new(box_id, 3, &log_key);
        let other = LogOrigin::new(box_id, 2, &other_log);
        let namesake = LogOrigin::new(box_id, 2, &log_key);
        for (origin, log_key) in [(&renumbered, &log_key), (&other, &other_log), (&namesake, &other_log)] {
            let brought = BroughtLog { origin, log_key, csr_key: &key };
            assert_eq!(decide_claim(Some(&waits), &brought, 99), ClaimVerdict::Used, "{origin}");
        }
    }
}
