//! The fleet: every box of the account, those that need somebody first, and what is held of a log that forked.

use std::collections::{BTreeMap, BTreeSet};

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::BoxId;
use schemars::JsonSchema;
use serde::Deserialize;
use words::SafeHtml;

use crate::accounts::AccountUser;
use crate::accounts::permission::Permission;
use crate::db::facility::facility_now;
use crate::db::facility::facility_now::FacilityPart;
use crate::db::fleet::box_now;
use crate::db::fleet::box_now::{BoxFilter, BoxRow};
use crate::db::fleet::claims::OpenClaim;
use crate::db::fleet::evidence::EvidenceRow;
use crate::db::log::log_keys::WaitingEpoch;
use crate::db::{DbError, ScopedConnection};
use crate::projections::box_state::{BoxState, read_health};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::http_error::encode_parameter;
use crate::web::layout::{NavSection, PageLayout};
use crate::web::live_marks::LiveTopic;
use crate::web::pages::fleet::box_forks::{ForkView, LOSS, fork_view};
use crate::web::view_models::box_alarms::list_alarms;
use crate::web::view_models::box_state::{as_reported, backlog_text, clock_text, is_fresh, printer_badges};
use crate::web::view_models::formats::{LocalTime, StatusBadge};
use crate::web::words::{BoxesWords, FleetWords, PageWords};

const FORKS: i64 = 10;

struct Row {
    facility: String,
    name: Option<String>,
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
#[template(path = "fleet/boxes.html")]
struct BoxesPage {
    shell: PageLayout,
    w: BoxesWords,
    f: FleetWords,
    page: PageWords,
    may_add: bool,
    shows_search: bool,
    filter: BoxFilter,
    states: Vec<StateOption>,
    /// The way back to all boxes, where only some are shown.
    search: Option<&'static str>,
    forks: Vec<ForkView>,
    caption: String,
    boxes: Vec<Row>,
    alarms: Vec<AlarmRow>,
    notes: Vec<String>,
    first: Option<String>,
    next: Option<String>,
}

const PAGE: i64 = 50;

const PATH: &str = "/app/boxes";
const NAME_CHARS_MAX: usize = 120;

struct StateOption {
    key: &'static str,
    words: String,
    is_chosen: bool,
}

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct BoxListParams {
    /// The box behind which the page begins.
    after: Option<String>,
    /// How they stand: `silent`, `quarantined` …
    state: String,
    /// A part of the name of a box or of its facility.
    facility: String,
}

impl BoxListParams {
    /// What is looked for, as far as that can be read; what cannot is left out.
    fn filter(&self) -> BoxFilter {
        let is_state = BoxState::OF_BOXES.iter().any(|state| state.word() == self.state);
        let name = self.facility.trim().chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX);
        BoxFilter { state: if is_state { self.state.clone() } else { String::new() }, name: name.collect() }
    }
}

fn list_href(filter: &BoxFilter, after: Option<&str>) -> String {
    let pairs =
        [("state", filter.state.as_str()), ("facility", &filter.name), ("after", after.unwrap_or_default())];
    let pairs = pairs.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", encode_parameter(value))).collect();
    if pairs.is_empty() { PATH.to_owned() } else { format!("{PATH}?{}", pairs.join("&")) }
}

fn list_states(b: BoxesWords, f: FleetWords, chosen: &str) -> Vec<StateOption> {
    let any = StateOption { key: "", words: f.fleet_find_any(), is_chosen: chosen.is_empty() };
    std::iter::once(any)
        .chain(BoxState::OF_BOXES.iter().map(|state: &BoxState| StateOption {
            key: state.word(),
            words: b.box_state(state.word()),
            is_chosen: chosen == state.word(),
        }))
        .collect()
}

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
    let filter = requested.filter();
    let is_filtered = filter != BoxFilter::default();
    let mut rows = box_now::load_page(&mut conn, &filter, after.as_deref(), PAGE + 1).await?;
    let has_more = rows.len() > usize::try_from(PAGE).unwrap_or(usize::MAX);
    rows.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let next = rows.last().filter(|_| has_more).map(|row| list_href(&filter, Some(&row.box_id)));
    let mut boxes: Vec<(BoxState, BoxRow)> =
        rows.into_iter().map(|row| (BoxState::of(&row, now_ms), row)).collect();
    boxes.sort_by_key(|(state, _)| *state);
    let total = usize::try_from(box_now::count_boxes(&mut conn, &filter).await?).unwrap_or_default();
    let concerns = BoxConcerns::load(&mut conn, &boxes, now_ms).await?;
    let (w, f): (BoxesWords, FleetWords) = (wall.words(), wall.words());
    let shows_search = is_filtered || !boxes.is_empty();
    let shell = PageLayout::signed_in(w.boxes_title(), NavSection::Boxes, &visitor).live(live, shows_search);
    let view = BoxesPage {
        shell: shell.with_as_of_now(&wall),
        w,
        f,
        shows_search,
        states: list_states(w, f, &filter.state),
        search: is_filtered.then_some(PATH),
        page: wall.words(),
        may_add: visitor.role.holds(Permission::AddBoxes),
        forks: concerns.fork_views(&visitor, &wall),
        caption: if is_filtered { f.fleet_found(total) } else { w.boxes_caption(total) },
        notes: [
            concerns.waiting_views(&wall),
            concerns.claim_views(w),
            refusal_texts(w, &boxes),
            concerns.loss_views(w),
        ]
        .concat(),
        alarms: alarm_views(&boxes, &wall),
        boxes: boxes.iter().map(|(state, row)| box_row(*state, row, &wall)).collect(),
        first: after.is_some().then(|| list_href(&filter, None)),
        next,
        filter,
    };
    Page::draw(&view)
}

fn box_row(state: BoxState, row: &BoxRow, wall: &LocalTime) -> Row {
    let (health, is_fresh) = (read_health(row), is_fresh(row, wall.now_ms()));
    let words: BoxesWords = wall.words();
    let disk = health.as_ref().map(|h| as_reported(words, words.box_disk(h.disk_percent), is_fresh));
    Row {
        facility: row.facility_name.clone(),
        name: row.name.clone(),
        href: format!("{PATH}/{}", row.box_id),
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
    boxes: BTreeMap<String, (BoxState, BoxRow)>,
}

impl BoxConcerns {
    async fn load(
        conn: &mut ScopedConnection,
        shown: &[(BoxState, BoxRow)],
        now_ms: i64,
    ) -> Result<Self, DbError> {
        let evidence = crate::db::fleet::evidence::newest_evidence(conn, FORKS).await?;
        let mut waiting = crate::db::log::log_keys::waiting_keys(conn).await?;
        let claims = crate::db::fleet::claims::open_claims(conn, now_ms).await?;
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
        let more = self.waiting.len().saturating_sub(WAITING_SHOWN);
        let rest = (more > 0).then(|| w.boxes_waiting_more(more));
        self.waiting
            .iter()
            .take(WAITING_SHOWN)
            .map(|log: &WaitingEpoch| {
                let facility = self.facility_of(&log.box_id);
                let entries = wall.entries(log.size.unsigned_abs());
                w.boxes_waiting_log(entries, log.epoch.to_string(), facility, log.box_id.to_string())
            })
            .chain(rest)
            .collect()
    }

    fn claim_views(&self, w: BoxesWords) -> Vec<String> {
        self.claims
            .iter()
            .map(|claim| w.boxes_waiting_claim(&claim.epoch, self.facility_of(&claim.box_id), &claim.box_id))
            .collect()
    }

    fn loss_views(&self, w: BoxesWords) -> Vec<String> {
        let lost = self.evidence.iter().filter(|e| e.kind == LOSS && self.boxes.contains_key(&e.box_id));
        lost.map(|e| w.boxes_loss(self.facility_of(&e.box_id))).collect()
    }
}
