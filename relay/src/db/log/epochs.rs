//! Epochs of boxes' logs: their keys, how far they are held, the newest cosigned checkpoint, evidence against them.

use std::collections::BTreeMap;

use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch, FacilityId};
use record::kinds::Prev;
use record::sign::VerifierKey;
use record::tree::{Frontier, Hash};

use crate::db::LogNumber;
use crate::db::to_i64;
use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row, opt};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredLog {
    pub number: LogNumber,
    pub origin: LogOrigin,
    pub log_key: [u8; 32],
    /// That key came with a claim, is vouched for by one that did, or was admitted by a person.
    pub key_known: bool,
    pub frontier: Frontier,
    /// What its first entry says that it continues.
    pub prev: Option<Prev>,
    /// The epoch that it follows, where its first entry does not say how much of that one there is.
    pub after: Option<Epoch>,
    /// It continues where another epoch does already, or nothing says yet that it is the box's.
    pub apart: bool,
    /// Newest checkpoint with the relay's cosignature.
    pub cosigned: Option<String>,
    /// A cosigned checkpoint of more entries than are held.
    pub witness: Option<String>,
}

struct Row {
    log: i64,
    epoch: String,
    log_key: Vec<u8>,
    key_known: bool,
    size: i64,
    frontier: Vec<u8>,
    prev_epoch: Option<String>,
    prev_size: Option<i64>,
    prev_root: Option<Vec<u8>>,
    after_epoch: Option<String>,
    apart: bool,
    cosigned: Option<String>,
    witness: Option<String>,
}

impl_from_row!(Row {
    log,
    epoch,
    log_key,
    key_known,
    size,
    frontier,
    prev_epoch,
    prev_size,
    prev_root,
    after_epoch,
    apart,
    cosigned,
    witness
});

pub const CHECKPOINTS_NEWEST: i64 = 64;

const COLUMNS: &str = "log, epoch, log_key, key_known, size, frontier, prev_epoch, prev_size, prev_root, after_epoch, apart, cosigned, witness";

pub(crate) fn read_hash(bytes: &[u8]) -> Result<Hash, DbError> {
    bytes.try_into().map(Hash).map_err(|_| DbError::stored("hash", "it is not 32 bytes"))
}

fn read_number(stored: i64) -> Result<u64, DbError> {
    u64::try_from(stored).map_err(|e| DbError::stored("size", e))
}

impl Row {
    fn read(self, origin_of: impl Fn(Epoch) -> LogOrigin) -> Result<StoredLog, DbError> {
        let epoch: Epoch = self.epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
        let nodes = self.frontier.chunks(32).map(read_hash).collect::<Result<_, _>>()?;
        let frontier = Frontier::from_parts(read_number(self.size)?, nodes)
            .ok_or_else(|| DbError::stored("frontier", "its nodes do not fit its size"))?;
        let prev = match (self.prev_epoch, self.prev_size, self.prev_root) {
            (Some(epoch), Some(size), Some(root)) => {
                let epoch = epoch.parse().map_err(|e| DbError::stored("epoch", e))?;
                Some(Prev { epoch, size: read_number(size)?, root: read_hash(&root)? })
            }
            _ => None,
        };
        let log_key = read_hash(&self.log_key)?.0;
        let (key_known, apart) = (self.key_known, self.apart);
        let (cosigned, witness) = (self.cosigned, self.witness);
        let after = self.after_epoch.map(|after| after.parse()).transpose();
        let after = after.map_err(|e| DbError::stored("epoch", e))?;
        let origin = origin_of(epoch);
        let number = LogNumber::of(self.log);
        Ok(StoredLog { number, origin, log_key, key_known, frontier, prev, after, apart, cosigned, witness })
    }
}

impl StoredLog {
    pub fn follows(&self) -> Option<Epoch> {
        self.prev.map(|prev| prev.epoch).or(self.after)
    }

    /// Its key, where that is known to be its box's.
    pub fn own_key(&self) -> Option<VerifierKey> {
        self.origin.verifier(&self.log_key).ok().filter(|_| self.key_known)
    }

    /// Whether it has entries and nothing says that it is the box's: a person has to.
    pub fn waits(&self) -> bool {
        !self.key_known && self.frontier.size() > 0
    }
}

fn bytes_of(frontier: &Frontier) -> Vec<u8> {
    frontier.nodes().iter().flat_map(|node| node.0).collect()
}

/// Makes a log known by its key. Knowing it already changes nothing, but for a key that nothing was signed with yet and
/// nothing vouches for.
pub async fn insert_epoch(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    facility: FacilityId,
    (log_key, key_known): (&[u8; 32], bool),
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO logs (account, box, epoch, facility, n, log_key, known_ms, size, frontier, prev_epoch, \
               prev_size, prev_root, apart, cosigned, cosigned_ms, witness, key_known, sealed, tail, rewrites) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $8, NULL, NULL, NULL, $9, NULL, NULL, NULL, $10, 0, 0, 0) \
               ON CONFLICT (account, box, epoch) DO UPDATE SET log_key = excluded.log_key, \
               known_ms = excluded.known_ms WHERE logs.size = 0 AND NOT logs.key_known";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let (n, key, none) = (i64::from(origin.epoch.n), log_key.to_vec(), Vec::<u8>::new());
    let (facility, apart) = (facility.to_string(), false);
    exec!(conn, sql, scope.key(), box_id, epoch, facility, n, key, now_ms, none, apart, key_known).map(drop)
}

pub async fn find_log(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<Option<StoredLog>, DbError> {
    let scope = conn.scope();
    let place = "WHERE account = $1 AND box = $2 AND epoch = $3 AND LENGTH(log_key) > 0";
    let sql = sqlx::AssertSqlSafe(format!("SELECT {COLUMNS} FROM logs {place}"));
    let row = opt!(conn, Row, sql, scope.key(), origin.box_id.to_string(), origin.epoch.to_string())?;
    row.map(|row| row.read(|_| *origin)).transpose()
}

/// One log, its row taken for this transaction: this is what keeps two batches of one log in order.
pub async fn lock_log(conn: &mut ScopedConnection, origin: &LogOrigin) -> Result<Option<StoredLog>, DbError> {
    let scope = conn.scope();
    let place = "WHERE account = $1 AND box = $2 AND epoch = $3 AND LENGTH(log_key) > 0";
    let sql = sqlx::AssertSqlSafe(format!("UPDATE logs SET size = size {place} RETURNING {COLUMNS}"));
    let row = opt!(conn, Row, sql, scope.key(), origin.box_id.to_string(), origin.epoch.to_string())?;
    row.map(|row| row.read(|_| *origin)).transpose()
}

pub async fn of_box(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Vec<StoredLog>, DbError> {
    let scope = conn.scope();
    let sql = format!(
        "SELECT {COLUMNS} FROM logs WHERE account = $1 AND box = $2 AND LENGTH(log_key) > 0 ORDER BY n, epoch"
    );
    let rows = all!(conn, Row, sqlx::AssertSqlSafe(sql.clone()), scope.key(), box_id.to_string())?;
    rows.into_iter().map(|row| row.read(|epoch| LogOrigin { box_id, epoch })).collect()
}

/// The numbers of a box's epochs, also of those that are here as runs only.
pub async fn numbers_of(
    conn: &mut ScopedConnection,
    box_id: BoxId,
) -> Result<BTreeMap<Epoch, LogNumber>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT epoch, log FROM logs WHERE account = $1 AND box = $2";
    let rows = all!(conn, (String, i64), sql, scope.key(), box_id.to_string())?;
    rows.into_iter()
        .map(|(epoch, log): (String, i64)| {
            Ok((epoch.parse().map_err(|e| DbError::stored("epoch", e))?, LogNumber::of(log)))
        })
        .collect()
}

/// Gives an epoch of which only runs are here a number; it has no key, and nothing of it is a log.
pub(in crate::db) async fn number_epoch(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    facility: FacilityId,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO logs (account, box, epoch, facility, n, log_key, known_ms, size, frontier, apart, key_known, sealed, \
               tail, rewrites) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, $6, $8, $8, 0, 0, 0) \
               ON CONFLICT (account, box, epoch) DO NOTHING";
    let (box_id, epoch, facility) =
        (origin.box_id.to_string(), origin.epoch.to_string(), facility.to_string());
    let n = i64::from(origin.epoch.n);
    exec!(conn, sql, scope.key(), box_id, epoch, facility, n, Vec::<u8>::new(), now_ms, false).map(drop)
}

/// Boxes that ever wrote for a facility, in the order in which they were claimed.
pub async fn boxes_of(conn: &mut ScopedConnection, facility: FacilityId) -> Result<Vec<BoxId>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT box, MIN(known_ms) AS first_ms FROM logs WHERE account = $1 AND facility = $2 \
               GROUP BY box ORDER BY 2, 1";
    let rows = all!(conn, (String, i64), sql, scope.key(), facility.to_string())?;
    rows.iter().map(|(id, _)| id.parse().map_err(|e| DbError::stored("box id", e))).collect()
}

#[derive(Debug, Clone, Copy)]
pub struct LogGrowth<'a> {
    pub frontier: &'a Frontier,
    pub cosigned: &'a str,
    pub witness: Option<&'a str>,
}

pub async fn save_growth(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    grown: LogGrowth<'_>,
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let (size, frontier) = (to_i64(grown.frontier.size()), bytes_of(grown.frontier));
    let sql = "UPDATE logs SET size = $1, frontier = $2, cosigned = $3, cosigned_ms = $4, witness = $5 \
               WHERE account = $6 AND box = $7 AND epoch = $8";
    let (note, witness) = (grown.cosigned.to_owned(), grown.witness.map(str::to_owned));
    exec!(conn, sql, size, frontier, note, now_ms, witness, scope.key(), box_id, epoch)?;
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let sql = "INSERT INTO checkpoints (account, box, epoch, size, note, day) VALUES ($1, $2, $3, $4, $5, $6) \
               ON CONFLICT (account, box, epoch, size) DO NOTHING";
    let (note, day) = (grown.cosigned.to_owned(), now_ms.div_euclid(86_400_000));
    exec!(conn, sql, scope.key(), box_id.clone(), epoch.clone(), size, note, day)?;
    thin_nodes(conn, &box_id, &epoch).await
}

/// Drops the checkpoint that is no longer among the newest [`CHECKPOINTS_NEWEST`], unless it is the last one of its day:
/// those are what a log is compared with years later. Proofs need only the newest.
async fn thin_nodes(conn: &mut ScopedConnection, box_id: &str, epoch: &str) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "SELECT size, day FROM checkpoints WHERE account = $1 AND box = $2 AND epoch = $3 \
               ORDER BY size DESC LIMIT 2 OFFSET $4";
    let rows = all!(conn, (i64, i64), sql, scope.key(), box_id, epoch, CHECKPOINTS_NEWEST - 1)?;
    let [(_, day_after), (size, day)] = rows[..] else { return Ok(()) };
    if day != day_after {
        return Ok(());
    }
    let sql = "DELETE FROM checkpoints WHERE account = $1 AND box = $2 AND epoch = $3 AND size = $4";
    exec!(conn, sql, scope.key(), box_id, epoch, size).map(drop)
}

/// Keeps a cosigned checkpoint of more than is held, shown by a box to a relay that went back.
pub async fn save_cosigned(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    note: &str,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE logs SET witness = $1 WHERE account = $2 AND box = $3 AND epoch = $4";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    exec!(conn, sql, note.to_owned(), scope.key(), box_id, epoch).map(drop)
}

pub async fn save_renewed(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    note: &str,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE logs SET cosigned = $1 WHERE account = $2 AND box = $3 AND epoch = $4";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    exec!(conn, sql, note.to_owned(), scope.key(), box_id, epoch).map(drop)
}

/// Keeps what an epoch's first entry says about where it continues, and whether it stays apart.
pub async fn save_epoch_start(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    (prev, after): (Option<&Prev>, Option<Epoch>),
    apart: bool,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE logs SET prev_epoch = $1, prev_size = $2, prev_root = $3, after_epoch = $4, apart = $5 \
               WHERE account = $6 AND box = $7 AND epoch = $8";
    let (epoch, size) = (prev.map(|p| p.epoch.to_string()), prev.map(|p| to_i64(p.size)));
    let root = prev.map(|p| p.root.0.to_vec());
    let (box_id, of) = (origin.box_id.to_string(), origin.epoch.to_string());
    let after = after.map(|epoch| epoch.to_string());
    exec!(conn, sql, epoch, size, root, after, apart, scope.key(), box_id, of).map(drop)
}

/// The cosigned note of exactly this size, if one was made.
pub async fn note_at(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    size: u64,
) -> Result<Option<String>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT note FROM checkpoints WHERE account = $1 AND box = $2 AND epoch = $3 AND size = $4";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    Ok(opt!(conn, (String,), sql, scope.key(), box_id, epoch, to_i64(size))?.map(|(note,)| note))
}

/// What must not be lost when a log contradicts itself or this relay.
#[derive(Debug, Clone)]
pub struct NewEvidence<'a> {
    /// `fork`, `epoch clash` or `data loss`.
    pub kind: &'a str,
    /// First entry that differs.
    pub seq: Option<u64>,
    pub ours: &'a str,
    pub theirs: &'a str,
    /// The lines that we hold from `seq` on.
    pub our_lines: &'a [u8],
    /// What the box sent, without texts of people.
    pub payload: &'a [u8],
}

pub async fn keep_evidence(
    conn: &mut ScopedConnection,
    origin: &LogOrigin,
    (evidence_id, evidence): (&str, &NewEvidence<'_>),
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO evidence (account, box, evidence_id, at_ms, kind, epoch, seq, ours, theirs, our_lines, \
               payload) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let (box_id, epoch) = (origin.box_id.to_string(), origin.epoch.to_string());
    let (id, kind, seq) = (evidence_id.to_owned(), evidence.kind.to_owned(), evidence.seq.map(to_i64));
    let (ours, theirs) = (evidence.ours.to_owned(), evidence.theirs.to_owned());
    let (lines, payload) = (evidence.our_lines.to_vec(), evidence.payload.to_vec());
    exec!(conn, sql, scope.key(), box_id, id, now_ms, kind, epoch, seq, ours, theirs, lines, payload)
        .map(drop)
}

/// Counts a refused batch and keeps the newest few of each box for the operator.
pub async fn keep_refused(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    refused_id: &str,
    (code, reason, payload): (&str, &str, &[u8]),
    now_ms: i64,
) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "UPDATE boxes SET refusals = refusals + 1 WHERE account = $1 AND box = $2";
    exec!(conn, sql, scope.key(), box_id.to_string())?;
    let sql = "INSERT INTO refused (account, box, refused_id, at_ms, code, reason, payload) \
               VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let (id, code, reason) = (refused_id.to_owned(), code.to_owned(), reason.to_owned());
    exec!(conn, sql, scope.key(), box_id.to_string(), id, now_ms, code, reason, payload.to_vec())?;
    let sql = "DELETE FROM refused WHERE account = $1 AND box = $2 AND refused_id NOT IN \
               (SELECT refused_id FROM refused WHERE account = $3 AND box = $4 ORDER BY refused_id DESC LIMIT 20)";
    exec!(conn, sql, scope.key(), box_id.to_string(), scope.key(), box_id.to_string()).map(drop)
}
