//! Invoices as they were fetched.

use crate::db::{DbError, ScopedConnection, all, exec, impl_from_row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvoiceRow {
    pub invoice: String,
    pub number: Option<String>,
    pub status: String,
    pub currency: String,
    pub total: i64,
    pub due: i64,
    pub made_ms: i64,
    pub paid_ms: Option<i64>,
    pub next_try_ms: Option<i64>,
    pub tries: i64,
    pub url: Option<String>,
    pub pdf: Option<String>,
}

impl_from_row!(InvoiceRow {
    invoice,
    number,
    status,
    currency,
    total,
    due,
    made_ms,
    paid_ms,
    next_try_ms,
    tries,
    url,
    pdf
});

/// Writes what was fetched of an invoice.
pub async fn save_invoice(conn: &mut ScopedConnection, row: &InvoiceRow) -> Result<(), DbError> {
    let scope = conn.scope();
    let sql = "INSERT INTO invoices (account, invoice, number, status, currency, total, due, made_ms, paid_ms, next_try_ms, tries, \
               url, pdf) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) \
               ON CONFLICT (account, invoice) DO UPDATE SET number = excluded.number, status = excluded.status, \
               currency = excluded.currency, total = excluded.total, due = excluded.due, made_ms = excluded.made_ms, \
               paid_ms = excluded.paid_ms, next_try_ms = excluded.next_try_ms, tries = excluded.tries, url = excluded.url, \
               pdf = excluded.pdf";
    let InvoiceRow { invoice, number, status, currency, url, pdf, .. } = row.clone();
    exec!(
        conn,
        sql,
        scope.key(),
        invoice,
        number,
        status,
        currency,
        row.total,
        row.due,
        row.made_ms,
        row.paid_ms,
        row.next_try_ms,
        row.tries,
        url,
        pdf
    )
    .map(drop)
}

/// The newest first.
pub async fn list_invoices(conn: &mut ScopedConnection, limit: i64) -> Result<Vec<InvoiceRow>, DbError> {
    let scope = conn.scope();
    let sql = "SELECT invoice, number, status, currency, total, due, made_ms, paid_ms, next_try_ms, tries, url, pdf FROM invoices \
               WHERE account = $1 ORDER BY made_ms DESC, invoice LIMIT $2";
    all!(conn, InvoiceRow, sql, scope.key(), limit)
}
