//! One box: what it is, its state, its certificates and logs, and what is kept against it.

use ::web::answer::Page;
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::compliance::zone_release;
use record::ids::BoxId;
use record::messages::Hello;
use words::{S0, SafeHtml, fill_slots};

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::db::facility::facility_now::{FacilityPart, common_zone};
use crate::db::fleet::box_details;
use crate::db::fleet::box_details::{BoxDetails, BoxLogRow, CertificateRow};
use crate::db::fleet::box_now;
use crate::db::fleet::box_now::BoxRow;
use crate::db::{DbError, ScopedConnection};
use crate::fleet::REASON_CHARS_MAX;
use crate::projections::box_state::{BoxState, read_health};
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::not_found;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::pages::fleet::box_forks::{ForkView, LOSS, fork_view};
use crate::web::pages::forms::single_form::SignInProblem;
use crate::web::view_models::box_alarms::list_alarms;
use crate::web::view_models::box_state::{as_reported, backlog_text, clock_text, is_fresh, printer_facts};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge};
use crate::web::words::{BoxesWords, FleetWords};
use crate::web::{PageFact, WebContext};

const ROWS: i64 = 20;
const FORKS: i64 = 10;

struct CertificateView {
    serial: String,
    issued: String,
    ends: String,
    state: StatusBadge,
}

struct LogView {
    epoch: String,
    entries: String,
    cosigned: String,
    state: StatusBadge,
}

#[derive(Template)]
#[template(path = "fleet/box.html")]
struct BoxPage {
    shell: PageLayout,
    b: BoxesWords,
    w: FleetWords,
    problem: Option<SignInProblem>,
    title: String,
    state: StatusBadge,
    facility: String,
    facility_href: String,
    quarantine: Option<SafeHtml>,
    notes: Vec<String>,
    facts: Vec<PageFact>,
    alarms: Vec<SafeHtml>,
    forks: Vec<ForkView>,
    certificates: Vec<CertificateView>,
    logs: Vec<LogView>,
    name: String,
    /// Where its forms go; nothing where whoever looks does nothing to boxes.
    href: Option<String>,
    may_quarantine: bool,
    may_release: bool,
    may_retire: bool,
    reason_chars: usize,
    csrf: String,
}

struct BoxFacts {
    row: BoxRow,
    details: BoxDetails,
    certificates: Vec<CertificateRow>,
    logs: Vec<BoxLogRow>,
}

impl BoxFacts {
    /// `None`: there is none that whoever reads sees.
    async fn load(conn: &mut ScopedConnection, box_id: BoxId) -> Result<Option<Self>, DbError> {
        let row = box_now::find_box(conn, &box_id.to_string()).await?;
        let details = box_details::find_details(conn, box_id).await?;
        let (Some(row), Some(details)) = (row, details) else { return Ok(None) };
        let certificates = box_details::newest_certificates(conn, box_id, ROWS).await?;
        let logs = box_details::logs_of(conn, box_id, ROWS).await?;
        Ok(Some(Self { row, details, certificates, logs }))
    }
}

/// What a box is called: by its own name, or by its facility's.
pub(in crate::web::pages) fn box_title(row: &BoxRow, w: FleetWords) -> String {
    row.name.clone().unwrap_or_else(|| w.fleet_of(&row.facility_name))
}

pub(crate) async fn show_box(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(box_id): Path<BoxId>,
) -> Result<Page, HttpError> {
    draw_box(&visitor, &web, box_id, None).await
}

pub(in crate::web::pages) async fn draw_box(
    visitor: &AccountUser,
    web: &WebContext,
    box_id: BoxId,
    problem: Option<SignInProblem>,
) -> Result<Page, HttpError> {
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let found = BoxFacts::load(&mut conn, box_id).await?.ok_or_else(not_found)?;
    let evidence = box_details::evidence_of(&mut conn, box_id, FORKS).await?;
    let live = web.live_page(&mut conn, LiveTopic::account(&[FacilityPart::Box])).await?;
    let wall = LocalTime::new(now_ms, &common_zone(&mut conn).await?);
    drop(conn);
    let (b, w): (BoxesWords, FleetWords) = (wall.words(), wall.words());
    let (row, state) = (&found.row, BoxState::of(&found.row, now_ms));
    let title = box_title(row, w);
    let may_manage = visitor.role.holds(Permission::ManageBoxes);
    let is_quarantined = row.quarantined_ms.is_some();
    let forks = evidence.iter().filter(|one| one.kind != LOSS);
    let loss = evidence.iter().find(|one| one.kind == LOSS).map(|_| b.boxes_loss(&row.facility_name));
    let refused = (row.refusals > 0).then(|| b.boxes_refused(row.refusals, &row.facility_name));
    let returned = row.returned_ms.map(|at_ms| w.fleet_returned(wall.day_plain(at_ms)));
    let shell = PageLayout::signed_in(&title, NavSection::Boxes, visitor).live(live, may_manage);
    let view = BoxPage {
        shell: shell.with_as_of_now(&wall).with_problem(problem.is_some()),
        b,
        w,
        problem,
        title,
        state: state.badge_with_span(row.last_seen_ms, &wall),
        facility: row.facility_name.clone(),
        facility_href: format!("/app/f/{}", row.facility),
        quarantine: quarantine_text(&found, &wall),
        notes: loss.into_iter().chain(refused).chain(returned).collect(),
        facts: box_facts(&found, state, &wall),
        alarms: if state == BoxState::Revoked { Vec::new() } else { list_alarms(row, &wall) },
        forks: forks.map(|one| fork_view(one, state, row, visitor, &wall)).collect(),
        certificates: found.certificates.iter().map(|one| certificate_view(one, &wall)).collect(),
        logs: found.logs.iter().map(|one| log_view(one, &wall)).collect(),
        name: row.name.clone().unwrap_or_default(),
        href: may_manage.then(|| format!("/app/boxes/{box_id}")),
        may_quarantine: !is_quarantined && state != BoxState::Revoked,
        may_release: is_quarantined && state != BoxState::Revoked,
        may_retire: state != BoxState::Revoked,
        reason_chars: REASON_CHARS_MAX,
        csrf: visitor.token.csrf(),
    };
    Page::draw(&view)
}

fn quarantine_text(found: &BoxFacts, wall: &LocalTime) -> Option<SafeHtml> {
    let w: FleetWords = wall.words();
    let since_ms = found.row.quarantined_ms.filter(|_| found.row.revoked_ms.is_none())?;
    let reason = found.details.quarantine.as_deref().unwrap_or_default().trim_end_matches('.');
    Some(fill_slots(w.fleet_quarantine_why(reason, S0), [wall.day_clock(since_ms)]))
}

fn box_facts(found: &BoxFacts, state: BoxState, wall: &LocalTime) -> Vec<PageFact> {
    let (b, w): (BoxesWords, FleetWords) = (wall.words(), wall.words());
    let (row, health) = (&found.row, read_health(&found.row));
    let is_fresh = is_fresh(row, wall.now_ms());
    let seen = row.last_seen_ms.map_or_else(|| b.box_unknown(), |at| wall.day_plain(at));
    let mut facts = vec![
        PageFact::new(w.fleet_seen(), seen),
        PageFact::new(w.fleet_backlog(), backlog_text(row, state, wall)),
        PageFact::new(w.fleet_clock(), clock_text(row, wall)),
    ];
    if let Some(health) = &health {
        let disk = as_reported(b, b.box_disk_used(health.disk_percent), is_fresh);
        facts.push(PageFact::new(w.fleet_photos(), wall.number(health.photos)));
        facts.push(PageFact::new(w.fleet_disk(), disk));
        if let Some(celsius) = health.celsius {
            let degrees = as_reported(b, w.fleet_degrees(i32::from(celsius)), is_fresh);
            facts.push(PageFact::new(w.fleet_temperature(), degrees));
        }
        let printers = printer_facts(b, health, is_fresh).join(", ");
        let printers = if printers.is_empty() { b.boxes_printer_none() } else { printers };
        facts.push(PageFact::new(w.fleet_printers(), printers));
    }
    if row.refusals > 0 {
        facts.push(PageFact::new(w.fleet_refused(), wall.number(row.refusals)));
    }
    facts.push(PageFact::entered(w.fleet_version(), row.version.clone()));
    let hello = found.details.hello.as_deref().and_then(|hello| serde_json::from_str::<Hello>(hello).ok());
    if let Some(Hello { tzdb, .. }) = hello {
        let (here, is_same) = (zone_release(), tzdb == zone_release());
        facts.push(match is_same {
            true => PageFact::entered(w.fleet_zone_data(), tzdb),
            false => PageFact::new(w.fleet_zone_data(), w.fleet_zone_data_other(tzdb, here)),
        });
    }
    facts.push(PageFact::entered(w.fleet_model(), found.details.model.clone()));
    facts.push(PageFact::new(w.fleet_claimed(), wall.day_plain(row.claimed_ms)));
    if let Some(revoked_ms) = row.revoked_ms {
        facts.push(PageFact::new(w.fleet_retired(), wall.day_plain(revoked_ms)));
    }
    facts.push(PageFact::code(w.fleet_id(), row.box_id.clone()));
    facts
}

fn certificate_view(row: &CertificateRow, wall: &LocalTime) -> CertificateView {
    let w: FleetWords = wall.words();
    let state = if row.revoked_ms.is_some() {
        StatusBadge::new(BadgeTone::Plain, w.fleet_certificate_good_revoked())
    } else if row.not_after_ms <= wall.now_ms() {
        StatusBadge::new(BadgeTone::Late, w.fleet_certificate_good_ended())
    } else {
        StatusBadge::new(BadgeTone::Ok, w.fleet_certificate_good())
    };
    CertificateView {
        serial: row.serial.clone(),
        issued: wall.day_of(row.issued_ms),
        ends: wall.day_of(row.not_after_ms),
        state,
    }
}

fn log_view(row: &BoxLogRow, wall: &LocalTime) -> LogView {
    let w: FleetWords = wall.words();
    let cosigned = row
        .cosigned_size
        .zip(row.cosigned_ms)
        .map(|(size, at_ms)| w.fleet_cosigned(wall.entries(size.unsigned_abs()), wall.day_plain(at_ms)));
    let state = match (row.key_known, row.apart) {
        (false, _) => StatusBadge::new(BadgeTone::Late, w.fleet_log_own_waits()),
        (true, true) => StatusBadge::new(BadgeTone::Due, w.fleet_log_own_apart()),
        (true, false) => StatusBadge::new(BadgeTone::Ok, w.fleet_log_own()),
    };
    LogView {
        epoch: row.epoch.clone(),
        entries: wall.number(row.size),
        cosigned: cosigned.unwrap_or_else(|| w.fleet_cosigned_never()),
        state,
    }
}
