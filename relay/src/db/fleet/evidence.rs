//! What is kept when a log contradicts itself, for the fleet page and its download.

use record::ids::BoxId;

use crate::db::{DbError, ScopedConnection, all, impl_from_row, opt};

/// A contradiction: two notes that cannot both be true.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EvidenceRow {
    pub evidence_id: String,
    pub box_id: String,
    /// When it was seen, milliseconds since 1970.
    pub at_ms: i64,
    /// `fork`, `epoch clash` or `data loss`.
    pub kind: String,
    pub epoch: String,
    /// The first entry that differs, where that is known.
    pub seq: Option<i64>,
    pub ours: String,
    pub theirs: String,
}

impl_from_row!(EvidenceRow { evidence_id, box_id, at_ms, kind, epoch, seq, ours, theirs });

/// The newest contradictions of an account's boxes.
pub async fn newest_evidence(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<EvidenceRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT evidence_id, box AS box_id, at_ms, kind, epoch, seq, ours, theirs FROM evidence \
               WHERE account = $1 ORDER BY at_ms DESC, evidence_id LIMIT $2";
    all!(conn, EvidenceRow, sql, scope.key(), limit)
}

/// One contradiction with what it rests on: the lines held here, and what the box sent.
pub async fn find_evidence(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    evidence_id: &str,
) -> Result<Option<(EvidenceRow, Vec<u8>, Vec<u8>)>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT evidence_id, box AS box_id, at_ms, kind, epoch, seq, ours, theirs FROM evidence \
               WHERE account = $1 AND box = $2 AND evidence_id = $3";
    let (box_id, id) = (box_id.to_string(), evidence_id.to_owned());
    let Some(row) = opt!(conn, EvidenceRow, sql, scope.key(), box_id.clone(), id.clone())? else {
        return Ok(None);
    };
    let sql = "SELECT our_lines, payload FROM evidence WHERE account = $1 AND box = $2 AND evidence_id = $3";
    let bytes = opt!(conn, (Vec<u8>, Vec<u8>), sql, scope.key(), box_id.clone(), id.clone())?;
    Ok(bytes.map(|(lines, payload)| (row, lines, payload)))
}
