//! `verify` and `rebuild`: every log hashed anew against what was cosigned, everything derived folded anew.

use record::checkpoint::Cosigned;
use record::entry::Entry;
use record::ids::AccountId;
use record::sign::Verifier;
use record::tree::Frontier;

use crate::db::epochs::Held;
use crate::db::{AccountScope, Conn, Db, DbError, entries, epochs, facilities};
use crate::ingest::refold;

/// Lines in memory at a time.
const PAGE: usize = 1_024;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Findings {
    /// Logs looked at.
    pub logs: usize,
    /// Entries hashed.
    pub entries: u64,
    /// What does not hold, in words.
    pub faults: Vec<String>,
}

async fn every(db: &Db) -> Result<Vec<(AccountScope, record::ids::FacilityId)>, DbError> {
    let rows = facilities::platform_all(&mut db.read().await?).await?;
    let read = |(account, facility): (String, String)| {
        let account: AccountId = account.parse().map_err(|e| DbError::stored("account id", e))?;
        let facility = facility.parse().map_err(|e| DbError::stored("facility id", e))?;
        Ok((AccountScope::of(account), facility))
    };
    rows.into_iter().map(read).collect()
}

/// Hashes every log anew.
///
/// # Errors
/// The database. What does not hold is a finding.
pub async fn verify(db: &Db, cosigners: &[Verifier]) -> Result<Findings, DbError> {
    let mut findings = Findings::default();
    let mut conn = db.read().await?;
    for (scope, facility) in every(db).await? {
        for box_id in epochs::boxes_of(&mut conn, scope, facility).await? {
            for held in epochs::of_box(&mut conn, scope, box_id).await? {
                findings.logs += 1;
                if let Err(fault) = one(&mut conn, scope, &held, cosigners, &mut findings.entries).await? {
                    findings.faults.push(format!("{}: {fault}", held.origin));
                }
            }
        }
    }
    Ok(findings)
}

async fn one(
    conn: &mut Conn,
    scope: AccountScope,
    held: &Held,
    cosigners: &[Verifier],
    counted: &mut u64,
) -> Result<Result<(), String>, DbError> {
    let (mut frontier, size) = (Frontier::default(), held.frontier.size());
    while frontier.size() < size {
        let lines = entries::lines(conn, scope, &held.origin, frontier.size(), PAGE).await?;
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
    Ok(match Cosigned::verify(note, &held.origin, &log, cosigners) {
        Err(error) => Err(error.to_string()),
        Ok(cosigned) if cosigned.checkpoint().root != frontier.root() => {
            Err("the entries do not lead to the root that was cosigned".to_owned())
        }
        Ok(_) => Ok(()),
    })
}

/// Folds every facility anew, each in a transaction. How many.
///
/// # Errors
/// The database; facilities that were finished stay so.
pub async fn rebuild(db: &Db, now_ms: i64) -> Result<usize, DbError> {
    let all = every(db).await?;
    for (scope, facility) in &all {
        let mut tx = db.begin().await?;
        refold(&mut tx, *scope, *facility, now_ms).await?;
        tx.commit().await?;
    }
    Ok(all.len())
}
