//! An item's page: its state, all that was done to it, and why that can be believed.

use ::web::answer::{OneOf, Page, SeeOther};
use ::web::argument::{LenientQuery, Path};
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use history::{HistoryWords, word_problem, word_schedule};
use record::checkpoint::{CosignedCheckpoint, LogOrigin};
use record::compliance::WindowTally;
use record::fold::{Equipment, EquipmentActivity, FacilityProtocol, ServiceState, TagAlias};
use record::ids::FacilityId;
use record::kinds::{PhotoPolicy, Schedule, SpauldingClass, TEXT_FACTS};
use record::tag::Tag;
use schemars::JsonSchema;
use serde::Deserialize;
use words::{S0, SafeHtml, fill_slots};

use crate::db::facility::facility_now::FacilityPart;
use crate::db::projection::dashboard::ItemRow;
use crate::db::projection::history::HistoryCursor;
use crate::db::{DbError, ScopedConnection};
use crate::projections::box_state::BoxState;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::PageLayout;
use crate::web::live_marks::LiveTopic;
use crate::web::pages::facilities::equipment_list::status_badge;
use crate::web::pages::facilities::facility::{LOOK_BACK_MS, facility_layout, read_equipment};
use crate::web::view_models::chart::{ChartDay, SparklineChart};
use crate::web::view_models::cleanings::{CleaningView, word_cause};
use crate::web::view_models::facility_state::{FacilityOverview, day_date, find_overview, tally_windows};
use crate::web::view_models::formats::{BadgeTone, LocalTime, StatusBadge, short_hash};
use crate::web::view_models::item_history::{HistoryLook, HistoryPage, HistoryRow};
use crate::web::words::{EquipmentWords, ErrorWords, PageWords};
use crate::web::{PageFact, WebContext};

/// What anybody runs to check a proof.
const VERIFY_COMMAND: &str = "cleantrack-verify";

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
pub(crate) struct EquipmentParams {
    /// Cleanings before this place in the list.
    before: Option<String>,
}

struct Trust {
    badge: StatusBadge,
    words: String,
    facts: Vec<PageFact>,
    latest: Option<LatestProof>,
}

struct LatestProof {
    href: String,
    number: String,
}

#[derive(Template)]
#[template(path = "facilities/equipment.html")]
struct EquipmentPage {
    shell: PageLayout,
    w: EquipmentWords,
    page: PageWords,
    facility: String,
    facility_href: String,
    tag: String,
    name: String,
    about: String,
    state: StatusBadge,
    state_words: Option<String>,
    cause: Option<String>,
    /// The lines of each open report: what was reported and what its words are, and so of each addition.
    reports: Vec<Vec<String>>,
    rate_30: String,
    rate_words: String,
    trend: Option<SparklineChart>,
    history: Vec<HistoryRow>,
    history_words: String,
    /// Of an item that was never cleaned.
    history_empty: Option<String>,
    older: Option<String>,
    trust: StatusBadge,
    trust_words: String,
    trust_facts: Vec<PageFact>,
    latest_proof: Option<LatestProof>,
    check_hint: SafeHtml,
    facts: Vec<PageFact>,
}

pub(crate) async fn show(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path((facility, tag)): Path<(FacilityId, Tag)>,
    LenientQuery(requested): LenientQuery<EquipmentParams>,
) -> Result<OneOf<Page, SeeOther>, HttpError> {
    let after = match requested.before.as_deref() {
        None => HistoryCursor::start(),
        Some(before) => {
            HistoryCursor::read(before).ok_or(parameter_error("before", ErrorWords::parameter_before))?
        }
    };
    let now_ms = web.now_ms();
    let mut conn = web.db.read(visitor.reads).await?;
    let live = web
        .live_page(&mut conn, LiveTopic::of(facility, &[FacilityPart::Counts, FacilityPart::Feed]))
        .await?;
    let site = &find_overview(&mut conn, facility, now_ms).await?.ok_or_else(not_found)?;
    let Some(row) = crate::db::projection::dashboard::load_item(&mut conn, facility, tag).await? else {
        let first = first_tag(&mut conn, facility, tag).await?.ok_or_else(not_found)?;
        return SeeOther::to(&format!("/app/f/{facility}/e/{first}")).map(OneOf::Second);
    };
    let item = read_equipment(&row)?;
    let wall = LocalTime::new(now_ms, &site.zone);
    let lines = HistoryPage::load(&mut conn, facility, tag, &after).await?;
    let days = load_days(&mut conn, site, tag).await?;
    let month: WindowTally = days.iter().map(|d| d.tally).sum();
    let recent =
        crate::db::projection::history::count_since(&mut conn, (facility, tag), site.as_of_ms - LOOK_BACK_MS)
            .await?;
    let look = HistoryLook { facility, tag, item: &item.facts.name, wall: &wall };
    let history = lines.rows(&mut conn, look).await?;
    let cleanings = lines.cleanings();
    let activity = load_activity(&mut conn, facility, tag).await?;
    let trust = verify_records(&mut conn, &web, site, &cleanings, &wall).await?;
    let facts = item_facts(&mut conn, facility, &item, &wall).await?;
    let w: EquipmentWords = wall.words();
    let title = w.item_title(&site.name, &item.facts.name);
    let view = EquipmentPage {
        w,
        page: wall.words(),
        shell: PageLayout { title, ..facility_layout(&visitor, site, &wall).live(live, false) },
        facility: site.name.clone(),
        facility_href: format!("/app/f/{facility}"),
        tag: tag.grouped(),
        about: item_text(w, &item),
        state: status_badge(&row, &item, site.as_of_ms, &wall),
        cause: word_cause(&row, &wall)?,
        state_words: state_words(&mut conn, &row, &item, &wall).await?,
        reports: word_reports(&mut conn, &activity, &wall).await?,
        rate_30: wall.rate(month),
        rate_words: rate_words(w, month, &item),
        trend: SparklineChart::of(&days, month, &wall),
        history_empty: (activity.cleanings == 0).then(|| w.item_history_none(wall.day_of(item.added_ms))),
        history,
        history_words: w.item_history_hint(recent),
        older: lines.older.map(|cursor| format!("?before={cursor}")),
        trust: trust.badge,
        trust_words: trust.words,
        trust_facts: trust.facts,
        latest_proof: trust.latest,
        check_hint: fill_slots(w.trust_check(S0), [SafeHtml::element("code", &[], VERIFY_COMMAND)]),
        facts,
        name: item.facts.name,
    };
    Page::draw(&view).map(OneOf::First)
}

async fn first_tag(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
) -> Result<Option<Tag>, DbError> {
    let body = crate::db::projection::dashboard::load_row(conn, facility, "alias", &tag.to_string()).await?;
    let alias: Option<TagAlias> =
        body.as_deref().map(serde_json::from_str).transpose().map_err(|e| DbError::stored("alias", e))?;
    // A tag that was revoked, or that names itself, leads nowhere.
    Ok(alias.filter(|a| !a.revoked && a.equipment != tag).map(|a| a.equipment))
}

async fn load_activity(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    tag: Tag,
) -> Result<EquipmentActivity, DbError> {
    let body =
        crate::db::projection::dashboard::load_row(conn, facility, "activity", &tag.to_string()).await?;
    let activity: Option<EquipmentActivity> =
        body.as_deref().map(serde_json::from_str).transpose().map_err(|e| DbError::stored("activity", e))?;
    Ok(activity.unwrap_or_default())
}

/// The open reports, the newest first.
async fn word_reports(
    conn: &mut ScopedConnection,
    activity: &EquipmentActivity,
    wall: &LocalTime,
) -> Result<Vec<Vec<String>>, DbError> {
    let w: EquipmentWords = wall.words();
    let mut reports = Vec::new();
    for open in activity.problems.iter().rev() {
        let mut lines = Vec::new();
        for (place, report) in open.reports().enumerate() {
            let what = word_problem(wall.words(), &report.what);
            let when = wall.day_plain(report.reported_ms);
            let line = if place == 0 { w.item_report(what, when) } else { w.item_report_added(what, when) };
            let text = match report.text {
                Some(hash) => crate::db::log::texts::by_hash(conn, hash).await?,
                None => None,
            };
            lines.extend([Some(line), text].into_iter().flatten());
        }
        lines.extend((open.earlier > 0).then(|| w.item_report_earlier(open.earlier)));
        reports.push(lines);
    }
    Ok(reports)
}

async fn load_days(
    conn: &mut ScopedConnection,
    site: &FacilityOverview,
    tag: Tag,
) -> Result<Vec<ChartDay>, DbError> {
    let rows = crate::db::projection::dashboard::item_days(conn, site.id, tag, site.first_day()).await?;
    let first = i32::try_from(site.first_day()).unwrap_or_default();
    let days = (first..=site.today).map(|day| {
        let row = rows.iter().find(|(d, _, _)| *d == i64::from(day));
        let tally = row.map_or_else(WindowTally::default, |&(_, met, closed)| tally_windows(met, closed));
        ChartDay { date: day_date(day), tally }
    });
    Ok(days.collect())
}

/// Facts that [`item_text`] and the title have.
const IN_TITLE: [&str; 6] = ["name", "location", "asset_number", "maker", "model", "serial"];

fn item_text(w: EquipmentWords, item: &Equipment) -> String {
    let made = [item.facts.maker.as_str(), item.facts.model.as_str()].map(str::trim).join(" ");
    let serial = if item.facts.serial.is_empty() { String::new() } else { w.item_serial(&item.facts.serial) };
    let parts = [item.facts.location.as_str(), item.facts.asset_number.as_str(), made.trim(), &serial];
    let parts: Vec<&str> = parts.into_iter().filter(|p| !p.is_empty()).collect();
    parts.join(" · ")
}

async fn state_words(
    conn: &mut ScopedConnection,
    row: &ItemRow,
    item: &Equipment,
    wall: &LocalTime,
) -> Result<Option<String>, DbError> {
    let w: EquipmentWords = wall.words();
    let out = item.out.last().filter(|o| item.service != ServiceState::In && o.until_ms.is_none());
    if let Some(out) = out {
        let reason = match out.reason {
            Some(hash) => crate::db::log::texts::by_hash(conn, hash).await?,
            None => None,
        };
        let service = if item.service == ServiceState::Retired { "retired" } else { "out" };
        let since = wall.day_plain(out.from_ms);
        return Ok(Some(match reason {
            Some(reason) => w.item_since_why(reason, service, since),
            None => w.item_since(service, since),
        }));
    }
    Ok(match (row.state.as_deref(), row.by_ms, row.since_ms) {
        (Some("clean"), Some(by), _) => Some(w.item_clean_until(wall.day_plain(by))),
        (Some("due"), Some(by), _) => Some(w.item_due_by(wall.day_plain(by))),
        (Some("used"), Some(by), Some(since)) => {
            Some(w.item_used_due_by(wall.day_plain(since), wall.day_plain(by)))
        }
        (Some("overdue"), _, Some(since)) => Some(w.item_overdue_since(wall.day_plain(since))),
        _ => None,
    })
}

fn rate_words(w: EquipmentWords, month: WindowTally, item: &Equipment) -> String {
    let class = class_text(w, item.facts.class);
    if month.closed == 0 && item.schedules().iter().all(|(_, plan)| **plan == Schedule::Never) {
        return w.item_rate_no_schedule(class);
    }
    if month.closed == 0 {
        return w.item_rate_no_window(class);
    }
    w.item_rate_met(class, month.closed, month.met)
}

fn class_text(w: EquipmentWords, class: SpauldingClass) -> String {
    w.item_class(match class {
        SpauldingClass::Noncritical => "noncritical",
        SpauldingClass::Semicritical => "semicritical",
        SpauldingClass::Critical => "critical",
    })
}

async fn verify_records(
    conn: &mut ScopedConnection,
    web: &WebContext,
    site: &FacilityOverview,
    cleanings: &[&CleaningView],
    wall: &LocalTime,
) -> Result<Trust, DbError> {
    let w: EquipmentWords = wall.words();
    let box_status = site.in_service.as_ref();
    let newest = cleanings.first().map(|t| LogOrigin { box_id: t.box_id, epoch: t.cleaning.of.epoch });
    let present = box_status.and_then(|b| {
        Some(LogOrigin { box_id: b.row.box_id.parse().ok()?, epoch: b.row.epoch.parse().ok()? })
    });
    let Some(origin) = newest.or(present) else { return Ok(nothing_to_trust(w)) };
    let held = crate::db::log::epochs::find_log(conn, &origin).await?.filter(|held| held.key_known);
    let Some(held) = held else { return Ok(nothing_to_trust(w)) };
    let log = origin.verifier(&held.log_key).map_err(|e| DbError::stored("log key", e))?;
    let cosigners = web.fleet.cosigners();
    // Checked again for each page: what a page calls verified was verified.
    let cosigned = held
        .cosigned
        .as_deref()
        .map(|note| CosignedCheckpoint::verify(note, &origin, &log, &cosigners))
        .transpose();
    let Some(cosigned) = cosigned.map_err(|e| DbError::stored("cosigned checkpoint", e))? else {
        return Ok(nothing_to_trust(w));
    };
    let checkpoint = cosigned.checkpoint();
    let witnessed_ms = i64::try_from(cosigned.time_s()).unwrap_or(i64::MAX).saturating_mul(1_000);
    let latest =
        cleanings.iter().find(|t| t.cleaning.of.epoch == origin.epoch && t.cleaning.of.seq < checkpoint.size);
    let facts = vec![
        PageFact::new(w.trust_checked(), w.trust_checked_when(wall.day_plain(witnessed_ms))),
        PageFact::new(w.trust_size(), wall.entries(checkpoint.size)),
        PageFact::code(w.trust_root(), short_hash(&checkpoint.root.0)),
        PageFact::new(w.trust_witness(), w.trust_witness_when(wall.day_plain(witnessed_ms))),
        PageFact::code(w.trust_log(), origin.epoch.to_string()),
    ];
    let (badge, words) = match box_status.map(|b| b.state) {
        Some(BoxState::Quarantined) => {
            (StatusBadge::new(BadgeTone::Late, w.trust_quarantined()), w.trust_quarantined_what())
        }
        _ => (StatusBadge::new(BadgeTone::Ok, w.trust_verified()), w.trust_verified_what()),
    };
    let latest = latest.map(|t| LatestProof { href: t.proof(), number: wall.number(t.cleaning.of.seq) });
    Ok(Trust { badge, words, facts, latest })
}

fn nothing_to_trust(w: EquipmentWords) -> Trust {
    Trust {
        badge: StatusBadge::new(BadgeTone::Plain, w.trust_none()),
        words: w.trust_none_what(),
        facts: Vec::new(),
        latest: None,
    }
}

async fn item_facts(
    conn: &mut ScopedConnection,
    facility: FacilityId,
    item: &Equipment,
    wall: &LocalTime,
) -> Result<Vec<PageFact>, DbError> {
    let w: EquipmentWords = wall.words();
    let labels: HistoryWords = wall.words();
    // The others stand above.
    let texts = TEXT_FACTS.iter().filter(|fact| !IN_TITLE.contains(&fact.name));
    let texts = texts.map(|fact| (labels.line_field(fact.name), (fact.of)(&item.facts)));
    let texts = texts.filter(|(_, text)| !text.is_empty());
    let mut facts: Vec<PageFact> =
        texts.map(|(label, text)| PageFact::entered(label, text.clone())).collect();
    facts.push(PageFact::new(labels.line_field("class"), class_text(w, item.facts.class)));
    let mut own = Vec::new();
    for protocol in &item.facts.protocols {
        let body =
            crate::db::projection::dashboard::load_row(conn, facility, "protocol", &protocol.to_string())
                .await?;
        if let Some(body) = body {
            let protocol: FacilityProtocol =
                serde_json::from_str(&body).map_err(|e| DbError::stored("protocol", e))?;
            facts.push(PageFact::new(
                w.fact_protocol(),
                w.fact_protocol_version(&protocol.name, protocol.version),
            ));
            if let Some(plan) = item.schedule(Some(protocol.protocol)) {
                let plan = word_schedule(wall.words(), plan).unwrap_or_else(|| w.schedule_none());
                own.push(PageFact::new(w.fact_schedule(), w.fact_schedule_by(&protocol.name, plan)));
            }
        }
    }
    match item.schedule(None) {
        None if !own.is_empty() => {}
        plan => {
            let plan = plan.and_then(|plan| word_schedule(wall.words(), plan));
            facts.push(PageFact::new(w.fact_schedule(), plan.unwrap_or_else(|| w.schedule_none())));
        }
    }
    facts.append(&mut own);
    let policy = match item.facts.photo {
        PhotoPolicy::None => "none",
        PhotoPolicy::Optional => "optional",
        PhotoPolicy::Required => "required",
    };
    facts.push(PageFact::new(w.fact_photo(), w.fact_photo_policy(policy)));
    facts.push(PageFact::new(w.fact_added(), wall.day_of(item.added_ms)));
    let custom = item.facts.custom.iter().take(20);
    facts.extend(custom.map(|(name, value)| PageFact::new(w.fact_field(), w.fact_field_named(name, value))));
    Ok(facts)
}
