//! The access log as a file: what was found for a spreadsheet, or the chain's own lines for whoever verifies it. Each is an act in the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use ::web::answer::{FileDownload, MediaType, OneOf, media};
use ::web::error::HttpError;
use axum::extract::State;
use bytes::Bytes;
use futures_util::stream::{self, StreamExt as _};
use jiff::Timestamp;
use serde_json::json;

use crate::accounts::AccountUser;
use crate::accounts::credentials::session::SessionToken;
use crate::accounts::records::access_log::AccessRecord;
use crate::db::access_log::audit::{AuditFilter, AuditRow, ChainedLine, list_acts, list_chained};
use crate::db::{AccountScope, DbError, ReadScope};
use crate::web::WebContext;
use crate::web::access::{ExportAccess, MemberCaller, find_holder};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{read_only, too_many_exports};
use crate::web::pages::administration::access_log::{
    AccessSearch, actor_text, deed_text, outcome_text, row_outcome, subject_text,
};
use crate::web::words::{AccessWords, open_words};

/// Rows of one file; whoever needs more chooses fewer days.
const ROWS_MAX: usize = 50_000;
/// Files of one account that are written at a time.
const AT_A_TIME: usize = 2;
const PAGE: usize = 1_000;

#[derive(Debug)]
pub(crate) struct ChainLines;

impl MediaType for ChainLines {
    const NAME: &'static str = "application/x-ndjson";
}

pub(crate) async fn export_rows(
    visitor: MemberCaller<ExportAccess>,
    State(web): State<WebContext>,
    form: RelayForm,
) -> Result<OneOf<FileDownload<media::Csv>, FileDownload<ChainLines>>, HttpError> {
    // A part of the facilities is no part of the chain.
    if visitor.reads.is_limited() {
        return Err(read_only());
    }
    require_own_form(&visitor, &form)?;
    let search = AccessSearch::read(
        form.fields.text("who"),
        form.fields.text("outcome"),
        form.fields.text("from"),
        form.fields.text("to"),
    );
    let place = web.exports.begin(visitor.scope).ok_or_else(|| too_many_exports(search.href(None)))?;
    let day = web.now_ms().div_euclid(1_000);
    let day = Timestamp::from_second(day).map_err(|error| HttpError::internal(&error))?.strftime("%F");
    let name = format!("cleantrack-access-log-{day}");
    if form.fields.text("as") == "lines" {
        let days = AccessSearch::read("", "", form.fields.text("from"), form.fields.text("to"));
        log_export(&web, &visitor, "lines", &days).await?;
        let pages = ExportPages::new(&web, &visitor, place, 0).of(days.filter());
        let chunks = stream::try_unfold(pages, ExportPages::next_lines);
        return FileDownload::from_chunks(&format!("{name}.jsonl"), chunks).map(OneOf::Second);
    }
    log_export(&web, &visitor, "csv", &search).await?;
    let pages = ExportPages::new(&web, &visitor, place, i64::MAX).of(search.filter());
    let titles = stream::iter([Ok(Bytes::from(encode_titles(open_words())))]);
    let chunks = titles.chain(stream::try_unfold(pages, ExportPages::next_rows));
    FileDownload::from_chunks(&format!("{name}.csv"), chunks).map(OneOf::First)
}

/// Before anything is read, so that no file leaves without it; the file has this row, too.
async fn log_export(
    web: &WebContext,
    visitor: &AccountUser,
    form: &str,
    search: &AccessSearch,
) -> Result<(), DbError> {
    let mut about = form.to_owned();
    for (name, value) in search.pairs() {
        // Quoted: no value is taken for another filter.
        about.push_str(&format!(" {name}={value:?}"));
    }
    let mut tx = web.db.write(visitor.scope).await?;
    let record =
        AccessRecord { who: &visitor.email, act: "access-log export", about: &about, facility: None };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await
}

/// Files that are written now, of each account: each process counts for itself.
#[derive(Debug, Clone, Default)]
pub(crate) struct InFlightExports(Arc<Mutex<HashMap<i64, usize>>>);

/// The place of one file; free again with the end of its stream, whatever ends that.
#[derive(Debug)]
struct ExportPlace {
    running: InFlightExports,
    account: i64,
}

impl InFlightExports {
    /// None where as many are written as there may be.
    fn begin(&self, scope: AccountScope) -> Option<ExportPlace> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(scope.key()).or_default();
        if *count >= AT_A_TIME {
            return None;
        }
        *count += 1;
        Some(ExportPlace { running: self.clone(), account: scope.key() })
    }
}

impl Drop for ExportPlace {
    fn drop(&mut self) {
        let mut running = self.running.0.lock().unwrap_or_else(PoisonError::into_inner);
        let left = running.remove(&self.account).unwrap_or_default().saturating_sub(1);
        if left > 0 {
            running.insert(self.account, left);
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ExportFault {
    #[error("whoever takes it may not read it any more")]
    RightEnded,
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Rows of a file, page by page: each is read when the one before it was taken.
struct ExportPages {
    web: WebContext,
    token: SessionToken,
    reads: ReadScope,
    /// Of whoever takes the file: what writes it is no part of their request any more.
    w: AccessWords,
    filter: AuditFilter,
    at: i64,
    rows: usize,
    is_over: bool,
    _place: ExportPlace,
}

impl ExportPages {
    /// `at`: before the first row.
    fn new(web: &WebContext, visitor: &AccountUser, place: ExportPlace, at: i64) -> Self {
        let (web, token, reads) = (web.clone(), visitor.token.clone(), visitor.reads);
        let (w, filter) = (open_words(), AuditFilter::default());
        Self { web, token, reads, w, filter, at, rows: 0, is_over: false, _place: place }
    }

    fn of(mut self, filter: AuditFilter) -> Self {
        self.filter = filter;
        self
    }

    /// Somebody who takes a file slowly may have been signed out, or have lost the right, since it began.
    async fn require_right(&self) -> Result<(), ExportFault> {
        let visitor = find_holder::<ExportAccess>(&self.web, &self.token).await?;
        match visitor {
            Some(visitor) if visitor.reads == self.reads => Ok(()),
            _ => Err(ExportFault::RightEnded),
        }
    }

    /// What follows a page that ends at this row. Whether rows are left out behind it.
    fn advance(&mut self, count: usize, last: Option<i64>) -> bool {
        self.rows += count;
        self.at = last.unwrap_or(self.at);
        self.is_over = count < PAGE || self.rows >= ROWS_MAX;
        self.rows >= ROWS_MAX
    }

    async fn next_rows(mut self) -> Result<Option<(Bytes, Self)>, ExportFault> {
        if self.is_over {
            return Ok(None);
        }
        self.require_right().await?;
        let mut conn = self.web.db.read(self.reads).await?;
        let page = list_acts(&mut conn, &self.filter, self.at, PAGE as i64).await?;
        drop(conn);
        let mut text = encode_rows(self.w, &page);
        if self.advance(page.len(), page.last().map(|row| row.n)) {
            text.push_str(&csv_line(&[self.w.access_left_out(ROWS_MAX)]));
        }
        Ok(Some((Bytes::from(text), self)))
    }

    async fn next_lines(mut self) -> Result<Option<(Bytes, Self)>, ExportFault> {
        if self.is_over {
            return Ok(None);
        }
        self.require_right().await?;
        let mut conn = self.web.db.read(self.reads).await?;
        let page = list_chained(&mut conn, &self.filter, self.at, PAGE as i64).await?;
        drop(conn);
        let mut file = encode_lines(&page);
        if self.advance(page.len(), page.last().map(|line| line.n)) {
            file.extend_from_slice(json!({ "ends_at_row": self.at, "more": true }).to_string().as_bytes());
            file.push(b'\n');
        }
        Ok(Some((Bytes::from(file), self)))
    }
}

/// Each line as the text that was hashed, with its hash in hex.
fn encode_lines(lines: &[ChainedLine]) -> Vec<u8> {
    let mut out = Vec::new();
    for ChainedLine { line, hash, .. } in lines {
        let hash: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        out.extend_from_slice(json!({ "line": line, "hash": hash }).to_string().as_bytes());
        out.push(b'\n');
    }
    out
}

fn encode_titles(w: AccessWords) -> String {
    csv_line(&[
        w.access_number(),
        w.access_when(),
        w.access_last(),
        w.access_count(),
        w.access_who(),
        w.access_deed(),
        w.access_about(),
        w.access_facility(),
        w.access_outcome(),
    ])
}

fn encode_rows(w: AccessWords, rows: &[AuditRow]) -> String {
    let mut out = String::new();
    for row in rows {
        out.push_str(&csv_line(&[
            row.n.to_string(),
            format_time(row.at_ms),
            format_time(row.last_ms),
            row.times.to_string(),
            actor_text(w, &row.who),
            deed_text(w, row),
            subject_text(w, row),
            row.facility.clone().unwrap_or_default(),
            outcome_text(w, row_outcome(row)),
        ]));
    }
    out
}

/// RFC 3339 in UTC.
fn format_time(ms: i64) -> String {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// RFC 4180, each field in quotes.
fn csv_line(fields: &[String]) -> String {
    let fields: Vec<String> = fields.iter().map(|text| csv_field(text)).collect();
    fields.join(",") + "\r\n"
}

/// What a spreadsheet would take for a formula is prefixed with an apostrophe: names are user input.
fn csv_field(text: &str) -> String {
    // What some programs skip before they look, and the wide forms of the signs, too.
    let shown = text.trim_start_matches(|c: char| {
        c.is_whitespace() || ('\u{200b}'..='\u{200f}').contains(&c) || c == '\u{feff}'
    });
    let signs = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];
    let guard = if shown.starts_with(signs) || text.starts_with(['\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_is_a_formula_or_leaves_its_field() {
        let line = csv_line(&["=1+1".into(), "a \"b\", c".into(), "@x".into(), "2".into(), String::new()]);
        assert_eq!(line, "\"'=1+1\",\"a \"\"b\"\", c\",\"'@x\",\"2\",\"\"\r\n");
        for hidden in ["\u{ff1d}1+1", "\u{200b}=1+1", " =1+1", "\t2"] {
            assert!(csv_field(hidden).starts_with("\"'"), "{hidden:?}");
        }
    }

    #[test]
    fn a_line_leaves_as_it_was_hashed() {
        let line = ChainedLine { n: 1, line: r#"{"n":1,"who":"é\n"}"#.into(), hash: vec![0xab; 32] };
        let text = String::from_utf8(encode_lines(std::slice::from_ref(&line))).unwrap();
        let read: serde_json::Value = serde_json::from_str(text.trim_end()).unwrap();
        assert_eq!(read["line"], line.line);
        assert_eq!(read["hash"], "ab".repeat(32));
    }
}
