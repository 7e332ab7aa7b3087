//! The access logs verified: each row's columns against its line, its hash against the row before, the end against the head and the
//! signed notes.

use std::collections::{BTreeMap, BTreeSet};

use record::sign::VerifierKey;
use record::tree::Hash;

use super::head_note::{HeadNote, SignedHead, chain_name, chain_origin};
use crate::accounts::records::access_log::RETENTION_MS;
use crate::db::access_log::audit::{AuditLine, ChainRow, chain_hash, platform_chain_rows};
use crate::db::access_log::audit_heads::{
    AuditChain, ChainHead, ChainOwner, platform_again, platform_chains, platform_notes, platform_outside,
};
use crate::db::{Db, DbError, PlatformReason};
use crate::objects::{NoteStore, PhotoError};

/// Rows in memory at a time.
const PAGE: i64 = 1_024;
/// How long after its row a note may be signed, milliseconds: a day, and for so long a relay may be off.
const SIGNED_LATE_MS: i64 = 60 * 24 * 3_600_000;
const FAULTS_MAX: usize = 100;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessReport {
    /// Chains looked at: one of each account that has rows, and nobody's.
    pub chains: usize,
    pub rows: u64,
    /// What does not hold, in words.
    pub faults: Vec<String>,
}

#[derive(Debug, Clone, Copy)]
pub struct ChainProofs<'a> {
    pub keys: &'a [VerifierKey],
    pub notes: &'a NoteStore,
    /// Now, milliseconds since 1970: rows are deleted at an age.
    pub now_ms: i64,
}

/// Why chains were not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error(transparent)]
    Db(#[from] DbError),
    #[error("read the notes over access logs: {0}")]
    Notes(#[from] PhotoError),
}

pub async fn verify_access_logs(db: &Db, proofs: ChainProofs<'_>) -> Result<AccessReport, VerifyError> {
    let mut report = AccessReport::default();
    let chains = platform_chains(&mut db.platform_read(PlatformReason::Operator).await?).await?;
    for chain in &chains {
        let (rows, faults) = verify_chain(db, chain, proofs).await?;
        report.chains += 1;
        report.rows += rows;
        let name = describe_owner(chain.owner);
        report.faults.extend(faults.into_iter().map(|fault| format!("access log of {name}: {fault}")));
    }
    Ok(report)
}

fn describe_owner(owner: ChainOwner) -> String {
    match owner {
        ChainOwner::Account(account) => account.to_string(),
        ChainOwner::Nobody => "strangers and the platform".to_owned(),
        ChainOwner::Lost(number) => format!("account number {number}, which is not there"),
    }
}

/// How many rows, and what is wrong. Where rows were deleted or came meanwhile, it is checked again.
async fn verify_chain(
    db: &Db,
    chain: &AuditChain,
    proofs: ChainProofs<'_>,
) -> Result<(u64, Vec<String>), VerifyError> {
    let mut chain = *chain;
    loop {
        let Some(head) = chain.head else {
            return Ok((0, vec!["it has rows or notes, and no head that says where it ends".to_owned()]));
        };
        let found = walk_chain(db, &chain, &head, proofs).await?;
        let again = platform_again(&mut db.platform_read(PlatformReason::Operator).await?, &chain).await?;
        // Rows were deleted meanwhile, or came and were signed.
        let has_moved = again.head.is_some_and(|now| now.first_n > head.first_n || now.n > head.n);
        if found.1.is_empty() || !has_moved {
            return Ok(found);
        }
        chain = again;
    }
}

async fn walk_chain(
    db: &Db,
    chain: &AuditChain,
    head: &ChainHead,
    proofs: ChainProofs<'_>,
) -> Result<(u64, Vec<String>), VerifyError> {
    let stored = proofs.notes.list(&chain_name(chain.owner)).await?;
    let mut conn = db.platform_read(PlatformReason::Operator).await?;
    let notes = platform_notes(&mut conn, chain).await?;
    let (mut walk, mut rows, mut after) = (ChainWalk::begin(head), 0, head.first_n - 1);
    let young_ms = proofs.now_ms.saturating_sub(RETENTION_MS - SIGNED_LATE_MS);
    walk.young_s = u64::try_from(young_ms / 1_000).unwrap_or(0);
    for (n, note) in notes.iter().chain(&stored) {
        walk.take_note(*n, HeadNote::verify(note, proofs.keys), &chain_origin(chain.owner));
    }
    loop {
        let page = platform_chain_rows(&mut conn, chain, after, head.n, PAGE).await?;
        let Some(last) = page.last() else { break };
        (after, rows) = (last.n, rows + page.len() as u64);
        page.iter().for_each(|row| walk.step(row));
    }
    let (behind, before) = platform_outside(&mut conn, chain).await?;
    Ok((rows, walk.end(head, behind, before)))
}

/// Goes along a chain, row after row.
struct ChainWalk {
    n: i64,
    /// Its hash; unknown behind a row that is missing.
    hash: Option<Hash>,
    first: ChainHead,
    /// What notes say of rows that were not seen yet.
    noted: BTreeMap<i64, BTreeSet<Hash>>,
    /// Rows under a note that was signed after this may not be deleted yet, seconds since 1970.
    young_s: u64,
    /// The last row that may not be deleted yet, as far as notes know.
    young_n: i64,
    faults: Vec<String>,
    /// Faults that are not named.
    further: usize,
}

impl ChainWalk {
    fn begin(head: &ChainHead) -> Self {
        let (n, hash) = (head.first_n - 1, Some(head.first_hash));
        Self {
            n,
            hash,
            first: *head,
            noted: BTreeMap::new(),
            young_s: u64::MAX,
            young_n: 0,
            faults: Vec::new(),
            further: 0,
        }
    }

    fn fault(&mut self, fault: String) {
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        } else {
            self.further += 1;
        }
    }

    fn take_note(&mut self, n: i64, note: Result<SignedHead, record::sign::NoteError>, origin: &str) {
        if let Ok(note) = &note
            && note.time_s > self.young_s
        {
            self.young_n = self.young_n.max(n);
        }
        match note.map(|note| note.head) {
            Err(error) => self.fault(format!("the note over row {n} proves nothing: {error}")),
            Ok(note) if note.origin != origin => {
                self.fault(format!("the note over row {n} is of another log, {}", note.origin));
            }
            Ok(note) if note.n != n => {
                self.fault(format!("the note over row {n} is one over row {}", note.n));
            }
            Ok(note) => drop(self.noted.entry(n).or_default().insert(note.hash)),
        }
    }

    fn step(&mut self, row: &ChainRow) {
        if row.n > self.n + 1 {
            self.fault(describe_missing(self.n + 1, row.n - 1));
            self.hash = None;
        }
        self.n = row.n;
        let hash: Option<Hash> = row.hash.clone().try_into().ok().map(Hash);
        let is_led_to = self.hash.is_none_or(|before| hash == Some(chain_hash(before, &row.line)));
        if !is_led_to {
            self.fault(format!("row {}: its line and the row before it do not lead to its hash", row.n));
        }
        match read_columns(row) {
            None => self.fault(format!("row {}: its line cannot be read", row.n)),
            Some(columns) if columns.is_empty() => {}
            Some(columns) => {
                self.fault(format!("row {}: {} is not as its line says", row.n, columns.join(", ")));
            }
        }
        let noted = self.noted.remove(&row.n).unwrap_or_default();
        if noted.into_iter().any(|noted| Some(noted) != hash) {
            self.fault(format!("row {}: a signed note says that it had another hash", row.n));
        }
        self.hash = hash;
    }

    /// `behind`, `before`: how many rows are behind the end that the head names, and before the beginning.
    fn end(mut self, head: &ChainHead, behind: i64, before: i64) -> Vec<String> {
        if self.n < head.n {
            self.fault(describe_missing(self.n + 1, head.n));
        } else if self.hash.is_some_and(|hash| hash != head.hash) {
            self.fault(format!("row {} is the last one, and its hash is not the head’s", self.n));
        }
        let first_n = self.first.first_n;
        if (1..first_n).contains(&self.young_n) {
            self.fault(format!(
                "the log begins with row {first_n}: row {} is younger than any that is forgotten, as a signed note says",
                self.young_n
            ));
        }
        for (n, hashes) in std::mem::take(&mut self.noted) {
            if n > head.n {
                self.fault(format!(
                    "a signed note says that there was a row {n}: the log ends with row {}",
                    head.n
                ));
            } else if n == first_n - 1 && hashes.into_iter().any(|hash| hash != self.first.first_hash) {
                self.fault(format!("a signed note says that row {n}, which was forgotten, had another hash"));
            }
        }
        if behind > 0 {
            self.fault(format!(
                "{behind} rows stand behind row {}, where the head says that it ends",
                head.n
            ));
        }
        if before > 0 {
            self.fault(format!(
                "{before} rows stand before row {}, where the head says that it begins",
                head.first_n
            ));
        }
        if self.further > 0 {
            self.faults.push(format!("and {} more faults", self.further));
        }
        self.faults
    }
}

fn describe_missing(first: i64, last: i64) -> String {
    if first == last {
        format!("row {first} is missing")
    } else {
        format!("rows {first} to {last} are missing")
    }
}

/// The columns that do not say what the line says; `None` where this is no line.
fn read_columns(row: &ChainRow) -> Option<Vec<&'static str>> {
    let line: AuditLine = serde_json::from_str(&row.line).ok()?;
    let counts_nothing = row.times == 1 && row.last_ms == row.at_ms;
    let columns = [
        ("n", line.n == row.n),
        ("at_ms", line.at == row.at_ms),
        ("who", line.who == row.who),
        ("act", line.act == row.act),
        ("about", line.about == row.about),
        ("facility", line.facility == row.facility),
        ("outcome", line.outcome == row.outcome),
        ("fold", line.counts == row.fold.is_some()),
        // What a row counts is in no line; one that counts nothing came once.
        ("times", line.counts || counts_nothing),
    ];
    Some(columns.into_iter().filter(|(_, is_same)| !is_same).map(|(name, _)| name).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::access_log::audit_heads::NOTHING;

    const ORIGIN: &str = "cleantrack/audit/01ARZ3NDEKTSV4RRFFQ69G5FAV";

    fn chain_of(count: i64) -> (Vec<ChainRow>, ChainHead) {
        let mut hash = NOTHING;
        let rows = (1..=count).map(|n| {
            let line = AuditLine {
                n,
                at: n * 10,
                who: format!("person{n}"),
                act: "sign in".into(),
                about: String::new(),
                facility: None,
                outcome: "done".into(),
                counts: false,
            };
            let text = line.text().unwrap();
            hash = chain_hash(hash, &text);
            let AuditLine { who, act, about, facility, outcome, .. } = line;
            let (at_ms, hash) = (n * 10, hash.0.to_vec());
            ChainRow {
                n,
                at_ms,
                last_ms: at_ms,
                times: 1,
                who,
                act,
                about,
                facility,
                outcome,
                fold: None,
                line: text,
                hash,
            }
        });
        let rows: Vec<ChainRow> = rows.collect();
        (rows, ChainHead { n: count, hash, first_n: 1, first_hash: NOTHING })
    }

    fn hash_of(row: &ChainRow) -> Hash {
        Hash(row.hash.clone().try_into().unwrap())
    }

    fn faults_of(rows: &[ChainRow], head: &ChainHead, notes: &[(i64, Hash)]) -> Vec<String> {
        let mut walk = ChainWalk::begin(head);
        for &(n, hash) in notes {
            let head = HeadNote { origin: ORIGIN.into(), n, hash };
            walk.take_note(n, Ok(SignedHead { head, time_s: 0 }), ORIGIN);
        }
        rows.iter().for_each(|row| walk.step(row));
        walk.end(head, 0, 0)
    }

    #[test]
    fn a_whole_chain_has_no_fault() {
        let (rows, head) = chain_of(5);
        assert!(faults_of(&rows, &head, &[(3, hash_of(&rows[2])), (5, head.hash)]).is_empty());
        let (none, empty) = chain_of(0);
        assert!(faults_of(&none, &empty, &[]).is_empty());
        // What is left of one whose beginning was deleted.
        let later = ChainHead { first_n: 3, first_hash: hash_of(&rows[1]), ..head };
        assert!(faults_of(&rows[2..], &later, &[(2, hash_of(&rows[1]))]).is_empty());
        let over = ChainHead { first_n: 6, first_hash: head.hash, ..head };
        assert!(faults_of(&[], &over, &[]).is_empty());
    }

    #[test]
    fn a_changed_column_is_named() {
        type Change = fn(&mut ChainRow);
        let changes: [(&str, Change); 8] = [
            ("at_ms, times", |row| row.at_ms = 1),
            ("who", |row| row.who = "somebody else".into()),
            ("act", |row| row.act.clear()),
            ("about", |row| row.about = "x".into()),
            ("facility", |row| row.facility = Some(String::new())),
            ("outcome", |row| row.outcome = "denied".into()),
            ("fold", |row| row.fold = Some(String::new())),
            ("times", |row| row.times = 2),
        ];
        for (columns, change) in changes {
            let (mut rows, head) = chain_of(4);
            change(&mut rows[1]);
            assert_eq!(faults_of(&rows, &head, &[]), [format!("row 2: {columns} is not as its line says")]);
        }
    }

    #[test]
    fn a_changed_line_is_found_even_where_its_columns_follow() {
        let (mut rows, head) = chain_of(4);
        rows[1].line = rows[1].line.replace("person2", "nobody");
        let unled = "row 2: its line and the row before it do not lead to its hash";
        assert_eq!(faults_of(&rows, &head, &[]), [unled, "row 2: who is not as its line says"]);
        rows[1].who = "nobody".into();
        assert_eq!(faults_of(&rows, &head, &[]), [unled]);
        // With a hash of its own the next one finds it; the last one's the head, or a note.
        rows[1].hash = chain_hash(hash_of(&rows[0]), &rows[1].line).0.to_vec();
        assert_eq!(
            faults_of(&rows, &head, &[]),
            ["row 3: its line and the row before it do not lead to its hash"]
        );
        let ended = ChainHead { n: 2, ..head };
        assert_eq!(
            faults_of(&rows[..2], &ended, &[]),
            ["row 2 is the last one, and its hash is not the head’s"]
        );
        let (whole, _) = chain_of(4);
        let forged = ChainHead { n: 2, hash: hash_of(&rows[1]), ..head };
        assert_eq!(
            faults_of(&rows[..2], &forged, &[(2, hash_of(&whole[1]))]),
            ["row 2: a signed note says that it had another hash"]
        );
        rows[1].line = "{".into();
        assert!(faults_of(&rows, &head, &[]).contains(&"row 2: its line cannot be read".to_owned()));
    }

    #[test]
    fn a_lost_row_is_found() {
        let (whole, head) = chain_of(6);
        let without = |lost: &[i64]| -> Vec<ChainRow> {
            whole.iter().filter(|row| !lost.contains(&row.n)).cloned().collect()
        };
        assert_eq!(faults_of(&without(&[3]), &head, &[]), ["row 3 is missing"]);
        assert_eq!(faults_of(&without(&[1, 2]), &head, &[]), ["rows 1 to 2 are missing"]);
        assert_eq!(faults_of(&without(&[6]), &head, &[]), ["row 6 is missing"]);
        // A head that was set back deceives nobody who has a note.
        let back = ChainHead { n: 5, hash: hash_of(&whole[4]), ..head };
        assert!(faults_of(&without(&[6]), &back, &[]).is_empty());
        assert_eq!(
            faults_of(&without(&[6]), &back, &[(6, head.hash)]),
            ["a signed note says that there was a row 6: the log ends with row 5"]
        );
        // Neither does a beginning that was removed and left out of the head.
        let later = ChainHead { first_n: 3, first_hash: Hash([1; 32]), ..head };
        assert_eq!(
            faults_of(&whole[2..], &later, &[(2, hash_of(&whole[1]))]),
            [
                "row 3: its line and the row before it do not lead to its hash",
                "a signed note says that row 2, which was forgotten, had another hash"
            ]
        );
    }

    #[test]
    fn a_swapped_pair_is_found() {
        let (mut rows, head) = chain_of(5);
        rows.swap(1, 2);
        (rows[1].n, rows[2].n) = (2, 3);
        fn unled_row(n: i64) -> String {
            format!("row {n}: its line and the row before it do not lead to its hash")
        }
        fn other_number(n: i64) -> String {
            format!("row {n}: n is not as its line says")
        }
        assert_eq!(
            faults_of(&rows, &head, &[]),
            [unled_row(2), other_number(2), unled_row(3), other_number(3), unled_row(4)]
        );
    }

    #[test]
    fn notes_of_other_keys_logs_and_rows_prove_nothing() {
        let (rows, head) = chain_of(2);
        let found = |n, note| {
            let mut walk = ChainWalk::begin(&head);
            walk.take_note(n, note, ORIGIN);
            rows.iter().for_each(|row| walk.step(row));
            walk.end(&head, 0, 0).remove(0)
        };
        let note = |origin: &str, n| {
            let head = HeadNote { origin: origin.into(), n, hash: head.hash };
            Ok(SignedHead { head, time_s: 0 })
        };
        assert!(
            found(2, note("cleantrack/audit/platform", 2))
                .contains("of another log, cleantrack/audit/platform")
        );
        assert_eq!(found(1, note(ORIGIN, 2)), "the note over row 1 is one over row 2");
        let foreign = Err(record::sign::NoteError::Unsigned("this relay".into()));
        assert!(
            found(2, foreign)
                .starts_with("the note over row 2 proves nothing: the note carries no signature")
        );
    }

    #[test]
    fn rows_where_the_head_says_that_there_are_none_are_counted() {
        let (_, head) = chain_of(0);
        let faults = ChainWalk::begin(&head).end(&head, 2, 1);
        assert!(faults[0].starts_with("2 rows stand behind row 0"), "{faults:?}");
        assert!(faults[1].starts_with("1 rows stand before row 1"), "{faults:?}");
    }

    #[test]
    fn of_very_many_faults_some_are_named() {
        let (mut rows, head) = chain_of(150);
        rows.iter_mut().for_each(|row| row.who.clear());
        let faults = faults_of(&rows, &head, &[]);
        assert_eq!((faults.len(), faults.last().unwrap().as_str()), (101, "and 50 more faults"));
    }
}
