//! The fleet: every box of the account, those that need somebody first, and what is held of a log that forked.

use ::web::answer::{FileDownload, Page, media};
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use record::checkpoint::LogOrigin;
use record::ids::{BoxId, Epoch};
use serde::Serialize;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::permission::Permission;
use crate::db::claims::OpenClaim;
use crate::db::dashboard::BoxRow;
use crate::db::evidence::EvidenceRow;
use crate::db::log_keys::WaitingEpoch;
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{internal_error, not_found};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::proof::require_seen_box;
use crate::web::view_models::box_alarms::list_alarms;
use crate::web::view_models::box_health::read_health;
use crate::web::view_models::box_state::{
    BoxState, as_reported, backlog_text, clock_text, is_fresh, printer_badges,
};
use crate::web::view_models::facility_state::{FacilityOverview, common_zone, load_overviews};
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
}

/// `GET /app/boxes`.
pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web.live_page(&mut conn, LiveTopic::Boxes).await?;
    let sites = load_overviews(&mut conn, now_ms).await?;
    let known = crate::db::facilities::list_facilities(&mut conn).await?;
    let rows = crate::db::dashboard::load_boxes(&mut conn).await?;
    let wall = LocalTime::new(now_ms, &common_zone(&sites));
    let known_ms = |facility: &str| known.iter().find(|f| f.facility == facility).map_or(0, |f| f.known_ms);
    let mut boxes: Vec<(BoxState, BoxRow)> =
        rows.into_iter().map(|row| (BoxState::of(&row, known_ms(&row.facility), now_ms), row)).collect();
    boxes.sort_by_key(|(state, _)| *state);
    let found = crate::db::evidence::newest_evidence(&mut conn, FORKS).await?;
    let mut waits = crate::db::log_keys::waiting_keys(&mut conn).await?;
    let mut claimed = crate::db::claims::open_claims(&mut conn, now_ms).await?;
    waits.retain(|log| boxes.iter().any(|(_, row)| row.box_id == log.box_id));
    claimed.retain(|claim| boxes.iter().any(|(_, row)| row.box_id == claim.box_id));
    let mut forks = Vec::new();
    for evidence in found.iter().filter(|e| e.kind != LOSS) {
        let row = boxes.iter().find(|(_, row)| row.box_id == evidence.box_id);
        if let Some((state, row)) = row {
            forks.push(fork_view(
                evidence,
                *state,
                row,
                &sites,
                visitor.role.holds(Permission::AddBoxes),
                &wall,
            ));
        }
    }
    let w: BoxesWords = wall.words();
    let shell = PageLayout::signed_in(w.boxes_title(), NavSection::Boxes, &visitor).live(live, false);
    let view = BoxesPage {
        shell: shell.with_as_of_now(&wall),
        w,
        page: wall.words(),
        may_add: visitor.role.holds(Permission::AddBoxes),
        forks,
        caption: w.boxes_caption(boxes.len()),
        notes: [
            waiting_views(&waits, &boxes, &sites, &wall),
            claim_views(w, &claimed, &boxes, &sites),
            refusal_texts(w, &boxes, &sites),
            loss_views(w, &found, &boxes, &sites),
        ]
        .concat(),
        alarms: alarm_views(&boxes, &sites, &wall),
        boxes: boxes.iter().map(|(state, row)| box_row(*state, row, &sites, &wall)).collect(),
    };
    Page::draw(&view)
}

fn facility_name(sites: &[FacilityOverview], facility: &str) -> String {
    let site = sites.iter().find(|s| s.id.to_string() == facility);
    site.map_or_else(|| facility.to_owned(), |s| s.name.clone())
}

fn box_row(state: BoxState, row: &BoxRow, sites: &[FacilityOverview], wall: &LocalTime) -> Row {
    let (health, is_fresh) = (read_health(row), is_fresh(row, wall.now_ms()));
    let words: BoxesWords = wall.words();
    let disk = health.as_ref().map(|h| as_reported(words, words.box_disk(h.disk_percent), is_fresh));
    Row {
        facility: facility_name(sites, &row.facility),
        href: format!("/app/f/{}", row.facility),
        state: match state {
            BoxState::Silent => state.badge_with_span(row.heard_ms, wall),
            _ => state.badge(words),
        },
        seen: row.heard_ms.map(|at| wall.clock(at)),
        backlog: backlog_text(row, state, wall),
        clock: clock_text(row, wall),
        disk: disk.unwrap_or_else(|| words.box_unknown()),
        printers: printer_badges(words, health.as_ref(), is_fresh),
        version: row.version.clone(),
    }
}

fn alarm_views(boxes: &[(BoxState, BoxRow)], sites: &[FacilityOverview], wall: &LocalTime) -> Vec<AlarmRow> {
    let seen = boxes.iter().filter(|(state, _)| *state != BoxState::Revoked);
    let rows = seen.flat_map(|(_, row)| {
        let facility = facility_name(sites, &row.facility);
        list_alarms(row, wall).into_iter().map(move |alarm| AlarmRow { facility: facility.clone(), alarm })
    });
    rows.collect()
}

/// Logs that the page names: a person looks at them one by one.
const WAITING_SHOWN: usize = 8;

fn waiting_views(
    waits: &[WaitingEpoch],
    boxes: &[(BoxState, BoxRow)],
    sites: &[FacilityOverview],
    wall: &LocalTime,
) -> Vec<String> {
    let w: BoxesWords = wall.words();
    let sentence = |log: &WaitingEpoch| {
        let facility = site_of_box(&log.box_id, boxes, sites);
        let entries = wall.entries(log.size.unsigned_abs());
        w.boxes_waiting_log(entries, log.epoch.to_string(), facility, log.box_id.to_string())
    };
    let more = waits.len().saturating_sub(WAITING_SHOWN);
    let rest = (more > 0).then(|| w.boxes_waiting_more(more));
    waits.iter().take(WAITING_SHOWN).map(sentence).chain(rest).collect()
}

/// What a box's facility is called; its id where the box is not known.
fn site_of_box(box_id: &str, boxes: &[(BoxState, BoxRow)], sites: &[FacilityOverview]) -> String {
    let row = boxes.iter().find(|(_, row)| row.box_id == box_id);
    row.map_or_else(|| box_id.to_owned(), |(_, row)| facility_name(sites, &row.facility))
}

fn claim_views(
    w: BoxesWords,
    claimed: &[OpenClaim],
    boxes: &[(BoxState, BoxRow)],
    sites: &[FacilityOverview],
) -> Vec<String> {
    let site = |claim: &OpenClaim| site_of_box(&claim.box_id, boxes, sites);
    let shown = claimed.iter().filter(|claim| claim.waits()).take(WAITING_SHOWN);
    shown.map(|claim| w.boxes_waiting_claim(&claim.epoch, site(claim), &claim.box_id)).collect()
}

fn refusal_texts(w: BoxesWords, boxes: &[(BoxState, BoxRow)], sites: &[FacilityOverview]) -> Vec<String> {
    let refused = boxes.iter().filter(|(_, row)| row.refusals > 0);
    refused.map(|(_, row)| w.boxes_refused(row.refusals, facility_name(sites, &row.facility))).collect()
}

fn loss_views(
    w: BoxesWords,
    found: &[EvidenceRow],
    boxes: &[(BoxState, BoxRow)],
    sites: &[FacilityOverview],
) -> Vec<String> {
    let lost = found.iter().filter(|e| e.kind == LOSS);
    let lost = lost.filter_map(|e| boxes.iter().find(|(_, row)| row.box_id == e.box_id));
    lost.map(|(_, row)| w.boxes_loss(facility_name(sites, &row.facility))).collect()
}

fn fork_view(
    evidence: &EvidenceRow,
    state: BoxState,
    row: &BoxRow,
    sites: &[FacilityOverview],
    may_add: bool,
    wall: &LocalTime,
) -> ForkView {
    let w: BoxesWords = wall.words();
    let safe = match evidence.seq {
        None => w.fork_safe_common(),
        Some(seq) => w.fork_safe_first(wall.entries(seq.unsigned_abs())),
    };
    let replace = (may_add && state == BoxState::Quarantined)
        .then(|| format!("/app/boxes/add?facility={}", row.facility));
    ForkView {
        box_id: evidence.box_id.clone(),
        title: w.fork_title(facility_name(sites, &row.facility)),
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
        replace,
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
