//! Who signed in, what admins and the operator did, and what was denied to whom: the newest first.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use serde::Deserialize;

use super::shell::{Section, Shell, page};
use super::words::{Badge, Moment, Tone, Wall, grouped};
use super::{Answer, Web};
use crate::accounts::Visitor;
use crate::accounts::access_log::AccessOutcome;
use crate::db::audit::{self, AuditRow};

/// Rows of a page.
const ROWS: usize = 100;
/// Comes after every id.
const NEWEST: &str = "~";

struct AccessView {
    at: Moment,
    who: String,
    act: String,
    about: String,
    outcome: Badge,
    times: String,
}

#[derive(Template)]
#[template(path = "access_log.html")]
struct AccessPage {
    shell: Shell,
    rows: Vec<AccessView>,
    older: Option<String>,
    is_newest: bool,
}

/// What the address carries.
#[derive(Debug, Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    before: String,
}

/// `GET /app/access`.
pub(super) async fn show(visitor: Visitor, State(web): State<Web>, Query(asked): Query<Asked>) -> Answer {
    let before = if asked.before.is_empty() { NEWEST } else { asked.before.as_str() };
    let limit = i64::try_from(ROWS + 1).unwrap_or(i64::MAX);
    let mut rows = audit::before(&mut web.db.read().await?, visitor.scope, before, limit).await?;
    let has_older = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| has_older).map(|row| format!("/app/access?before={}", row.audit_id));
    let wall = Wall::new(web.now_ms(), "UTC");
    let view = AccessPage {
        shell: Shell::signed_in("Access log", Section::AccessLog, &visitor),
        rows: rows.iter().map(|row| access(row, &wall)).collect(),
        older,
        is_newest: asked.before.is_empty(),
    };
    page(StatusCode::OK, &view)
}

fn access(row: &AuditRow, wall: &Wall) -> AccessView {
    let outcome = if row.outcome == AccessOutcome::Denied.word() {
        Badge::new(Tone::Late, "Denied")
    } else {
        Badge::new(Tone::Ok, "Done")
    };
    let times = match row.times {
        1 => String::new(),
        n => format!("{} times", grouped(n.unsigned_abs())),
    };
    AccessView {
        at: wall.clock(row.at_ms),
        who: row.who.clone(),
        act: row.act.clone(),
        about: row.about.clone(),
        outcome,
        times,
    }
}
