//! The fleet: every box of the account, those that need somebody first, and what is held of a log that forked.

use std::collections::{BTreeMap, BTreeSet};

use ::web::answer::{FileDownload, Page, media};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::db::box_now::BoxRow;
use crate::db::claims::OpenClaim;
use crate::db::evidence::EvidenceRow;
use crate::db::facility_now::FacilityPart;
use crate::db::log_keys::WaitingEpoch;
use crate::db::{DbError, ScopedConnection, box_now, facility_now};
use crate::projections::box_state::{BoxState, read_health};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::proof::require_seen_box;
use crate::web::view_models::box_alarms::list_alarms;
use crate::web::view_models::box_state::{as_reported, backlog_text, clock_text, is_fresh, printer_badges};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{BoxesWords, PageWords};

/// The kind of evidence that accuses this relay and no box.
const LOSS: &str = "data loss";
/// Contradictions that the page shows.
const FORKS: i64 = 10;

struct NoteView {
    title: String,
    before: String,
    root: String,
    after: String,
}

struct ForkView {
    box_id: String,
    title: String,
    state: StatusBadge,
    what: SafeHtml,
    safe: String,
    notes: Vec<NoteView>,
    evidence: String,
    replace: Option<String>,
}

struct Row {
    facility: String,
    href: String,
    state: StatusBadge,
    seen: Option<SafeHtml>,
    backlog: String,
    clock: String,
    disk: String,
    printers: Vec<StatusBadge>,
    version: String,
}

/// What a box reports and nobody at its facility has acknowledged.
struct AlarmRow {
    facility: String,
    alarm: SafeHtml,
}

#[derive(Template)]
#[template(path = "boxes.html")]
struct BoxesPage {
    shell: PageLayout,
    w: BoxesWords,
    page: PageWords,
    may_add: bool,
    forks: Vec<ForkView>,
    caption: String,
    boxes: Vec<Row>,
    alarms: Vec<AlarmRow>,
    notes: Vec<String>,
    first: Option<String>,
    next: Option<String>,
}

/// Boxes of one page.
const PAGE: i64 = 50;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct BoxListParams {
    /// The box behind which the page begins.
    after: Option<String>,
}

/// `GET /app/boxes`.
pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<BoxListParams>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::account(&[FacilityPart::Box])).await?;
    let wall = LocalTime::new(now_ms, &facility_now::common_zone(&mut conn).await?);
    let after = requested.after.as_deref().and_then(|id| id.parse::<BoxId>().ok()).map(|id| id.to_string());
    let mut rows = box_now::load_page(&mut conn, after.as_deref(), PAGE + 1).await?;
    let has_more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| has_more).map(|row| format!("/app/boxes?after={}", row.box_id));
    let mut boxes: Vec<(BoxState, BoxRow)> =
        rows.into_iter().map(|row| (BoxState::of(&row, now_ms), row)).collect();
    boxes.sort_by_key(|(state, _)| *state);
    let total = usize::try_from(box_now::count_boxes(&mut conn).await?).unwrap_or_default();
    let concerns = BoxConcerns::load(&mut conn, &boxes, now_ms).await?;
    let w: BoxesWords = wall.words();
    let shell = PageLayout::signed_in(w.boxes_title(), NavSection::Boxes, &visitor).live(live, false);
    let view = BoxesPage {
        shell: shell.with_as_of_now(&wall),
        w,
        page: wall.words(),
        may_add: visitor.role.holds(Permission::AddBoxes),
        forks: concerns.fork_views(&visitor, &wall),
        caption: w.boxes_caption(total),
        notes: [
            concerns.waiting_views(&wall),
            concerns.claim_views(w),
            refusal_texts(w, &boxes),
            concerns.loss_views(w),
        ]
        .concat(),
        alarms: alarm_views(&boxes, &wall),
        boxes: boxes.iter().map(|(state, row)| box_row(*state, row, &wall)).collect(),
        first: after.is_some().then(|| "/app/boxes".to_owned()),
        next,
    };
    Page::draw(&view)
}

fn box_row(state: BoxState, row: &BoxRow, wall: &LocalTime) -> Row {
    let (health, is_fresh) = (read_health(row), is_fresh(row, wall.now_ms()));
    let words: BoxesWords = wall.words();
    let disk = health.as_ref().map(|h| as_reported(words, words.box_disk(h.disk_percent), is_fresh));
    Row {
        facility: row.facility_name.clone(),
        href: format!("/app/f/{}", row.facility),
        state: match state {
            BoxState::Silent => state.badge_with_span(row.last_seen_ms, wall),
            _ => state.badge(words),
        },
        seen: row.last_seen_ms.map(|at| wall.clock(at)),
        backlog: backlog_text(row, state, wall),
        clock: clock_text(row, wall),
        disk: disk.unwrap_or_else(|| words.box_unknown()),
        printers: printer_badges(words, health.as_ref(), is_fresh),
        version: row.version.clone(),
    }
}

fn alarm_views(boxes: &[(BoxState, BoxRow)], wall: &LocalTime) -> Vec<AlarmRow> {
    let seen = boxes.iter().filter(|(state, _)| *state != BoxState::Revoked);
    let rows = seen.flat_map(|(_, row)| {
        let facility = &row.facility_name;
        list_alarms(row, wall).into_iter().map(move |alarm| AlarmRow { facility: facility.clone(), alarm })
    });
    rows.collect()
}

fn refusal_texts(w: BoxesWords, boxes: &[(BoxState, BoxRow)]) -> Vec<String> {
    let refused = boxes.iter().filter(|(_, row)| row.refusals > 0);
    refused.map(|(_, row)| w.boxes_refused(row.refusals, &row.facility_name)).collect()
}

/// Logs that the page names: a person looks at them one by one.
const WAITING_SHOWN: usize = 8;

/// What of the account's boxes somebody must decide on or know, whichever page of them is shown.
struct BoxConcerns {
    evidence: Vec<EvidenceRow>,
    waiting: Vec<WaitingEpoch>,
    claims: Vec<OpenClaim>,
    /// The boxes that they are about.
    boxes: BTreeMap<String, (BoxState, BoxRow)>,
}

impl BoxConcerns {
    async fn load(
        conn: &mut ScopedConnection,
        shown: &[(BoxState, BoxRow)],
        now_ms: i64,
    ) -> Result<Self, DbError> {
        let evidence = crate::db::evidence::newest_evidence(conn, FORKS).await?;
        let mut waiting = crate::db::log_keys::waiting_keys(conn).await?;
        let claims = crate::db::claims::open_claims(conn, now_ms).await?;
        let mut claims: Vec<OpenClaim> =
            claims.into_iter().filter(OpenClaim::waits).take(WAITING_SHOWN).collect();
        let named = evidence.iter().map(|one| &one.box_id);
        let named = named.chain(waiting.iter().take(WAITING_SHOWN).map(|one| &one.box_id));
        let named: BTreeSet<&String> = named.chain(claims.iter().map(|one| &one.box_id)).collect();
        let mut boxes = BTreeMap::new();
        for box_id in named {
            let found = match shown.iter().find(|(_, row)| row.box_id == *box_id) {
                Some(found) => Some(found.clone()),
                None => {
                    let row = box_now::find_box(conn, box_id).await?;
                    row.map(|row| (BoxState::of(&row, now_ms), row))
                }
            };
            boxes.extend(found.map(|found| (box_id.clone(), found)));
        }
        // A box that is not found is one of a facility that they do not see.
        if conn.is_limited() {
            waiting.retain(|log| boxes.contains_key(&log.box_id));
            claims.retain(|claim| boxes.contains_key(&claim.box_id));
        }
        Ok(Self { evidence, waiting, claims, boxes })
    }

    /// What a box's facility is called; its id where the box is not known.
    fn facility_of(&self, box_id: &str) -> String {
        self.boxes.get(box_id).map_or_else(|| box_id.to_owned(), |(_, row)| row.facility_name.clone())
    }

    fn fork_views(&self, visitor: &AccountUser, wall: &LocalTime) -> Vec<ForkView> {
        let forks = self.evidence.iter().filter(|e| e.kind != LOSS);
        let found = forks.filter_map(|e| self.boxes.get(&e.box_id).map(|found| (e, found)));
        found.map(|(evidence, (state, row))| fork_view(evidence, *state, row, visitor, wall)).collect()
    }

    fn waiting_views(&self, wall: &LocalTime) -> Vec<String> {
        let w: BoxesWords = wall.words();
        let sentence = |log: &WaitingEpoch| {
            let facility = self.facility_of(&log.box_id);
            let entries = wall.entries(log.size.unsigned_abs());
            w.boxes_waiting_log(entries, log.epoch.to_string(), facility, log.box_id.to_string())
        };
        let more = self.waiting.len().saturating_sub(WAITING_SHOWN);
        let rest = (more > 0).then(|| w.boxes_waiting_more(more));
        self.waiting.iter().take(WAITING_SHOWN).map(sentence).chain(rest).collect()
    }

    fn claim_views(&self, w: BoxesWords) -> Vec<String> {
        let site = |claim: &OpenClaim| self.facility_of(&claim.box_id);
        self.claims
            .iter()
            .map(|claim| w.boxes_waiting_claim(&claim.epoch, site(claim), &claim.box_id))
            .collect()
    }

    fn loss_views(&self, w: BoxesWords) -> Vec<String> {
        let lost = self.evidence.iter().filter(|e| e.kind == LOSS && self.boxes.contains_key(&e.box_id));
        lost.map(|e| w.boxes_loss(self.facility_of(&e.box_id))).collect()
    }
}

fn fork_view(
    evidence: &EvidenceRow,
    state: BoxState,
    row: &BoxRow,
    visitor: &AccountUser,
    wall: &LocalTime,
) -> ForkView {
    let w: BoxesWords = wall.words();
    let safe = match evidence.seq {
        None => w.fork_safe_common(),
        Some(seq) => w.fork_safe_first(wall.entries(seq.unsigned_abs())),
    };
    let may_replace = visitor.role.holds(Permission::AddBoxes) && state == BoxState::Quarantined;
    ForkView {
        box_id: evidence.box_id.clone(),
        title: w.fork_title(&row.facility_name),
        state: match state {
            BoxState::Quarantined => state.badge(w),
            _ => StatusBadge::new(BadgeTone::Plain, w.fork_looked_at()),
        },
        what: fill_slots(w.fork_what(S0), [wall.day_clock(evidence.at_ms)]),
        safe,
        notes: vec![
            note_view(w.fork_checkpoint_a(), &evidence.ours),
            note_view(w.fork_checkpoint_b(), &evidence.theirs),
        ],
        evidence: format!("/app/boxes/{}/evidence/{}", evidence.box_id, evidence.evidence_id),
        replace: may_replace.then(|| format!("/app/boxes/add?facility={}", row.facility)),
    }
}

/// A note with its third line, the root, apart.
fn note_view(title: String, note: &str) -> NoteView {
    let mut lines = note.split_inclusive('\n');
    let before: String = lines.by_ref().take(2).collect();
    let root = lines.next().unwrap_or_default().trim_end().to_owned();
    let after: String = std::iter::once("\n").chain(lines).collect();
    NoteView { title, before, root, after: after.trim_end().to_owned() }
}

/// All that an auditor needs to see the contradiction without this relay.
#[derive(Serialize)]
struct EvidenceFile {
    v: u32,
    r#box: String,
    epoch: String,
    kind: String,
    at_ms: i64,
    first_difference: Option<i64>,
    key: Option<String>,
    checkpoint_a: String,
    checkpoint_b: String,
    entries_a: Vec<String>,
    batch_b_base64: String,
}

/// `GET /app/boxes/{box_id}/evidence/{evidence}`.
pub(crate) async fn evidence(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path((box_id, id)): Path<(BoxId, String)>,
) -> Result<FileDownload<media::JsonText>, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    require_seen_box(&mut conn, box_id).await?;
    let found = crate::db::evidence::find_evidence(&mut conn, box_id, &id).await?;
    let (row, lines, payload) = found.ok_or_else(not_found)?;
    let epoch: Option<Epoch> = row.epoch.parse().ok();
    let mut key = None;
    if let Some(origin) = epoch.map(|epoch| LogOrigin { box_id, epoch }) {
        let held = crate::db::epochs::find_log(&mut conn, &origin).await?;
        key = held.and_then(|held| origin.verifier(&held.log_key).ok()).map(|v| v.to_string());
    }
    let entries = lines.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let file = EvidenceFile {
        v: 1,
        r#box: row.box_id,
        epoch: row.epoch,
        kind: row.kind,
        at_ms: row.at_ms,
        first_difference: row.seq,
        key,
        checkpoint_a: row.ours,
        checkpoint_b: row.theirs,
        entries_a: entries.map(|line| String::from_utf8_lossy(line).into_owned()).collect(),
        batch_b_base64: STANDARD.encode(payload),
    };
    let bytes = serde_json::to_vec_pretty(&file).map_err(internal_error)?;
    FileDownload::new(&format!("cleantrack-evidence-{box_id}.json"), bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_of_a_note_stands_apart() {
        let note = "cleantrack/box/01KC9V/1\n18204\nVZrq=\n\n— cleantrack/box/01KC9V/1 8f2c\n";
        let view = note_view("A".to_owned(), note);
        assert_eq!(
            (view.before.as_str(), view.root.as_str(), view.after.as_str()),
            ("cleantrack/box/01KC9V/1\n18204\n", "VZrq=", "\n\n— cleantrack/box/01KC9V/1 8f2c")
        );
    }
}
