//! All alerts that somebody sees, open or closed.

use ::web::answer::Page;
use ::web::argument::LenientQuery;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::{AlertId, FacilityId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::PATH;
use crate::accounts::permission::Permission;
use crate::db::delivery::alerts::{AlertFilter, ListedAlert, list_alerts};
use crate::web::WebContext;
use crate::web::access::{MemberCaller, Read};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::alerts::{name_kind, name_subject, read_facts, state_badge};
use crate::web::view_models::formats::{LocalTime, StatusBadge};
use crate::web::words::AlertsWords;

const PAGE: usize = 50;

/// What the address carries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub(crate) struct AlertsParams {
    /// `closed`: those that are over.
    show: String,
    /// Of this facility only.
    facility: String,
    /// Behind this one.
    after: String,
}

struct AlertLine {
    href: String,
    kind: String,
    subject: String,
    facility: String,
    since: String,
    state: StatusBadge,
}

#[derive(Template)]
#[template(path = "alerts/alerts.html")]
struct AlertsPage {
    shell: PageLayout,
    w: AlertsWords,
    is_closed: bool,
    alerts: Vec<AlertLine>,
    older: Option<String>,
    shows_rules: bool,
}

pub(crate) async fn list_open(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    LenientQuery(requested): LenientQuery<AlertsParams>,
) -> Result<Page, HttpError> {
    let facility = requested.facility.parse::<FacilityId>().map(|id| id.to_string()).unwrap_or_default();
    let after = requested.after.parse::<AlertId>().map(|id| id.to_string()).unwrap_or_default();
    let filter = AlertFilter { facility, closed: requested.show == "closed", after };
    let mut rows = list_alerts(&mut web.db.read(visitor.reads).await?, &filter, PAGE as i64 + 1).await?;
    let has_more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let older = rows.last().filter(|_| has_more).map(|last| {
        let show = if filter.closed { "closed" } else { "" };
        format!("{PATH}?show={show}&facility={}&after={}", filter.facility, last.row.alert)
    });
    let w: AlertsWords = crate::web::words::open_words();
    Page::draw(&AlertsPage {
        shell: PageLayout::signed_in(w.alerts_title(), NavSection::Alerts, &visitor),
        w,
        is_closed: filter.closed,
        alerts: rows.iter().map(|listed| line_of(w, listed, web.now_ms())).collect(),
        older,
        shows_rules: visitor.role.holds(Permission::ManageFacilities),
    })
}

fn line_of(w: AlertsWords, listed: &ListedAlert, now_ms: i64) -> AlertLine {
    let wall = LocalTime::new(now_ms, &listed.zone);
    AlertLine {
        href: format!("{PATH}/{}", listed.row.alert),
        kind: name_kind(w, &listed.row.kind),
        subject: name_subject(&read_facts(&listed.row)),
        facility: listed.facility_name.clone(),
        since: wall.day_plain_zoned(listed.row.since_ms),
        state: state_badge(w, &listed.row),
    }
}
