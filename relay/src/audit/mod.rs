//! `verify` and `rebuild`: logs rehashed against what was cosigned, access logs against their notes, everything derived refolded.

pub mod access_chain;
pub mod head_note;

use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::entry::Entry;
use record::ids::BoxId;
use record::sign::VerifierKey;
use record::tree::Frontier;

use crate::db::OwnedFacility;
use crate::db::facility::facilities;
use crate::db::log::epochs::StoredLog;
use crate::db::log::{entries, epochs};
use crate::db::{Db, DbError, PlatformReason, ScopedConnection};
use service::clock::Clock;

use crate::projections::rebuild_facility;

/// Lines in memory at a time.
const PAGE: usize = 1_024;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegrityReport {
    pub logs: usize,
    pub entries: u64,
    /// What does not hold, in words.
    pub faults: Vec<String>,
}

async fn audit_every(db: &Db) -> Result<Vec<OwnedFacility>, DbError> {
    facilities::platform_all(&mut db.platform_read(PlatformReason::Operator).await?).await
}

pub async fn verify_logs(db: &Db, cosigners: &[VerifierKey]) -> Result<IntegrityReport, DbError> {
    let mut findings = IntegrityReport::default();
    for OwnedFacility { scope, facility } in audit_every(db).await? {
        let mut conn = db.read(scope).await?;
        let found = epochs::boxes_of(&mut conn, facility).await;
        let Some(boxes) = findings.note_fault(&format!("boxes of facility {facility}"), found)? else {
            continue;
        };
        for box_id in boxes {
            audit_box(&mut conn, box_id, cosigners, &mut findings).await?;
        }
    }
    Ok(findings)
}

impl IntegrityReport {
    /// A stored value that cannot be read is a finding about its own row, and keeps nothing else from being looked at.
    fn note_fault<T>(&mut self, about: &str, found: Result<T, DbError>) -> Result<Option<T>, DbError> {
        match found {
            Ok(found) => Ok(Some(found)),
            Err(error @ DbError::Stored { .. }) => {
                self.faults.push(format!("{about}: {error}"));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Row by row: all of a box in one question end with the first row that cannot be read.
async fn audit_box(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    cosigners: &[VerifierKey],
    findings: &mut IntegrityReport,
) -> Result<(), DbError> {
    let found = epochs::numbers_of(conn, box_id).await;
    let Some(numbers) = findings.note_fault(&format!("logs of box {box_id}"), found)? else { return Ok(()) };
    for epoch in numbers.into_keys() {
        let origin = LogOrigin { box_id, epoch };
        let found = epochs::find_log(conn, &origin).await;
        let is_unreadable = matches!(found, Err(DbError::Stored { .. }));
        findings.logs += usize::from(is_unreadable);
        // Of an epoch that is here as runs only there is no log.
        let Some(held) = findings.note_fault(&origin.to_string(), found)?.flatten() else { continue };
        findings.logs += 1;
        let mut entries = 0;
        let outcome = audit_one(conn, &held, cosigners, &mut entries).await;
        findings.entries += entries;
        if let Some(Err(fault)) = findings.note_fault(&origin.to_string(), outcome)? {
            findings.faults.push(format!("{origin}: {fault}"));
        }
    }
    Ok(())
}

async fn audit_one(
    conn: &mut ScopedConnection,
    held: &StoredLog,
    cosigners: &[VerifierKey],
    counted: &mut u64,
) -> Result<Result<(), String>, DbError> {
    let (mut frontier, size) = (Frontier::default(), held.frontier.size());
    while frontier.size() < size {
        let lines = match entries::load_lines(conn, &held.origin, frontier.size(), PAGE).await {
            Err(error @ DbError::Stored { .. }) => return Ok(Err(error.to_string())),
            lines => lines?,
        };
        if lines.is_empty() {
            return Ok(Err(format!("entry {} is missing", frontier.size())));
        }
        for line in lines {
            match Entry::parse(&line) {
                Ok(entry) if entry.seq() == frontier.size() => frontier.push(entry.leaf()),
                _ => return Ok(Err(format!("entry {} cannot be read", frontier.size()))),
            }
        }
    }
    *counted += size;
    if frontier != held.frontier {
        return Ok(Err("the entries do not lead to the root that is held".to_owned()));
    }
    let Some(note) = &held.cosigned else {
        return Ok(if size == 0 { Ok(()) } else { Err("nothing was cosigned".to_owned()) });
    };
    let log = held.origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    Ok(match CosignedCheckpoint::verify(note, &held.origin, &log, cosigners) {
        Err(error) => Err(error.to_string()),
        Ok(cosigned) if cosigned.checkpoint().root != frontier.root() => {
            Err("the entries do not lead to the root that was cosigned".to_owned())
        }
        Ok(_) => Ok(()),
    })
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RebuildReport {
    pub rebuilt: usize,
    /// Those that were not, by name and id, and why; their pages continue as they were.
    pub faults: Vec<String>,
}

/// Folds every facility again, each in a transaction. One that fails does not prevent the others.
pub async fn rebuild_rows(db: &Db, clock: &dyn Clock) -> Result<RebuildReport, DbError> {
    let mut report = RebuildReport::default();
    for place in audit_every(db).await? {
        match rebuild_one(db, place, clock).await {
            Ok(()) => report.rebuilt += 1,
            Err(error) => {
                tracing::error!(facility = %place.facility, %error, "a facility could not be rebuilt, and stays as it was");
                report.faults.push(describe_failure(db, place, &error).await);
            }
        }
    }
    Ok(report)
}

/// Whether the database may do later what it did not do now.
fn is_passing(error: &DbError) -> bool {
    error.is_unavailable() || error.is_busy()
}

async fn rebuild_one(db: &Db, place: OwnedFacility, clock: &dyn Clock) -> Result<(), DbError> {
    let mut tx = db.write(place.scope).await?;
    facilities::request_rebuild(&mut tx, place.facility).await?;
    tx.commit().await?;
    match rebuild_facility(db, place, clock).await {
        // What waits for a rebuild that cannot come is stepped by nobody: pages that worked would no longer be updated.
        Err(error) if !is_passing(&error) => {
            let mut tx = db.write(place.scope).await?;
            facilities::withdraw_rebuild(&mut tx, place.facility).await?;
            tx.commit().await?;
            Err(error)
        }
        done => done.map(drop),
    }
}

async fn describe_failure(db: &Db, place: OwnedFacility, error: &DbError) -> String {
    let OwnedFacility { scope, facility } = place;
    let row = async { facilities::get(&mut db.read(scope).await?, facility).await };
    let name = row.await.ok().flatten().map(|row| row.name).unwrap_or_default();
    let then = if is_passing(error) {
        "it is rebuilt once the database answers again"
    } else {
        "its pages show what they showed and go on with what boxes send. Run `verify`, which names the log; then restore the last good \
         backup, and boxes send what is missing"
    };
    format!("facility “{name}” ({facility}) was not rebuilt: {error}; {then}")
}

#[cfg(test)]
mod tests {
    use record::checkpoint::{Checkpoint, LogOrigin, SignedCheckpoint};
    use record::entry::{ClockState, EntryAuthor, EntryTime};
    use record::ids::{AccountId, BootId, BoxId, FacilityId};
    use record::kinds::Event;
    use record::sign::{KeyKind, SignerKey};

    use super::*;
    use crate::db::account::accounts;
    use crate::db::log::epochs::LogGrowth;

    #[tokio::test]
    async fn a_changed_line_and_a_lost_one_are_found() {
        let dir = tempfile::tempdir().unwrap();
        let db = Db::open(&format!("sqlite:{}", dir.path().join("a.db").display())).await.unwrap();
        db.migrate(0).await.unwrap();
        let facility = FacilityId::new(1, [1; 10]);
        let public = SignerKey::new("x", KeyKind::Note, &[3; 32]).unwrap().verifier().public();
        let origin = LogOrigin::new(BoxId::new(1, [2; 10]), 1, &public);
        let signer = origin.signer(&[3; 32]).unwrap();
        let cosigner = SignerKey::new("relay/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
        let at = EntryTime { wall: 1, boot: BootId::new(1, [1; 10]), up: 5, clock: ClockState::Synced };
        let entries: Vec<_> = (0..3)
            .map(|seq| Entry::compose(seq, at, EntryAuthor::BOX, None, &Event::read("x.y", "{}")).unwrap())
            .map(|e| (e.leaf(), e))
            .map(|(leaf, e)| (e, leaf))
            .collect();
        let mut frontier = Frontier::default();
        entries.iter().for_each(|(_, leaf)| frontier.push(*leaf));
        let note = Checkpoint { origin, size: 3, root: frontier.root() }.signed(&signer).unwrap().to_string();
        let signed = SignedCheckpoint::verify(&note, &origin, signer.verifier()).unwrap();
        let cosigned = signed.cosigned(&cosigner, 1).to_string();
        let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
        let scope = accounts::platform_create(&mut tx, AccountId::new(1, [1; 10]), "A", 0).await.unwrap();
        let mut tx = tx.enter(scope).await.unwrap();
        facilities::insert_facility(&mut tx, facility, "General", "UTC", 0).await.unwrap();
        epochs::insert_epoch(&mut tx, &origin, facility, (&public, true), 0).await.unwrap();
        crate::db::log::entries::append_entries(&mut tx, &origin, &entries, &[], &[]).await.unwrap();
        let grown = LogGrowth { frontier: &frontier, cosigned: &cosigned, witness: None };
        epochs::save_growth(&mut tx, &origin, grown, 0).await.unwrap();
        tx.commit().await.unwrap();
        let cosigners = [cosigner.verifier().clone()];
        let good = IntegrityReport { logs: 1, entries: 3, faults: Vec::new() };
        assert_eq!(verify_logs(&db, &cosigners).await.unwrap(), good);
        let stranger = SignerKey::new("other/cosign/1", KeyKind::Cosignature, &[9; 32]).unwrap();
        assert_eq!(verify_logs(&db, &[stranger.verifier().clone()]).await.unwrap().faults.len(), 1);
        let other =
            String::from_utf8(entries[1].0.bytes().to_vec()).unwrap().replace("\"wall\":1", "\"wall\":2");
        let [first, .., last] = &entries[..] else { panic!() };
        let packed =
            |lines: &[&[u8]]| zstd::bulk::compress(&[&lines.join(&b'\n')[..], b"\n"].concat(), 3).unwrap();
        let changed = packed(&[first.0.bytes(), other.as_bytes(), last.0.bytes()]);
        let lost = packed(&[first.0.bytes(), last.0.bytes()]);
        for (lines, fault) in
            [(changed, "do not lead to the root"), (lost, "cannot be read"), (vec![1], "cannot be read")]
        {
            let mut tx = db.write(scope).await.unwrap();
            crate::db::exec!(tx, "UPDATE segments SET lines = $1", lines).unwrap();
            tx.commit().await.unwrap();
            let found = verify_logs(&db, &cosigners).await.unwrap();
            assert!(found.faults[0].contains(fault), "{found:?}");
        }
    }
}
