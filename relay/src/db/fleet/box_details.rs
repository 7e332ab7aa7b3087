//! What the page of one box shows beside its row: what it is, its certificates, its logs.

use record::ids::BoxId;

use super::evidence::EvidenceRow;
use crate::db::{DbError, ScopedConnection, all, impl_from_row, opt};

/// What was said of a box when it was claimed, and why nothing is taken of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxDetails {
    pub model: String,
    pub quarantine: Option<String>,
    /// Its newest hello, as JSON.
    pub hello: Option<String>,
}

impl_from_row!(BoxDetails { model, quarantine, hello });

pub async fn find_details(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Option<BoxDetails>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT b.model, b.quarantine, n.hello FROM boxes b JOIN box_now n ON n.account = b.account AND n.box = b.box \
               WHERE b.account = $1 AND b.box = $2";
    opt!(conn, BoxDetails, sql, scope.key(), box_id.to_string())
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateRow {
    pub serial: String,
    pub issued_ms: i64,
    pub not_after_ms: i64,
    pub revoked_ms: Option<i64>,
}

impl_from_row!(CertificateRow { serial, issued_ms, not_after_ms, revoked_ms });

pub async fn newest_certificates(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    limit: i64,
) -> Result<Vec<CertificateRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT serial, issued_ms, not_after_ms, revoked_ms FROM certificates \
               WHERE account = $1 AND box = $2 ORDER BY issued_ms DESC, serial LIMIT $3";
    all!(conn, CertificateRow, sql, scope.key(), box_id.to_string(), limit)
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxLogRow {
    pub epoch: String,
    pub size: i64,
    pub key_known: bool,
    pub apart: bool,
    /// When this relay received it first.
    pub known_ms: i64,
    /// When its newest checkpoint was cosigned, and how many entries that covers.
    pub cosigned_ms: Option<i64>,
    pub cosigned_size: Option<i64>,
}

impl_from_row!(BoxLogRow { epoch, size, key_known, apart, known_ms, cosigned_ms, cosigned_size });

/// The logs of a box that have begun, the newest first.
pub async fn logs_of(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    limit: i64,
) -> Result<Vec<BoxLogRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT l.epoch, l.size, l.key_known, l.apart, l.known_ms, l.cosigned_ms, \
               (SELECT MAX(c.size) FROM checkpoints c WHERE c.account = l.account AND c.box = l.box \
               AND c.epoch = l.epoch) AS cosigned_size \
               FROM logs l WHERE l.account = $1 AND l.box = $2 AND (l.key_known OR l.size > 0) \
               ORDER BY l.n DESC, l.epoch LIMIT $3";
    all!(conn, BoxLogRow, sql, scope.key(), box_id.to_string(), limit)
}

pub async fn evidence_of(
    conn: &mut ScopedConnection,
    box_id: BoxId,
    limit: i64,
) -> Result<Vec<EvidenceRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT evidence_id, box AS box_id, at_ms, kind, epoch, seq, ours, theirs FROM evidence \
               WHERE account = $1 AND box = $2 ORDER BY at_ms DESC, evidence_id LIMIT $3";
    all!(conn, EvidenceRow, sql, scope.key(), box_id.to_string(), limit)
}
