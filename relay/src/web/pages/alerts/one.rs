//! One alert: what it tells, what became of it, and what somebody does about it.

use ::web::answer::{Page, SeeOther};
use ::web::argument::Path;
use ::web::error::HttpError;
use askama::Template;
use axum::extract::State;
use record::ids::AlertId;

use super::PATH;
use crate::accounts::permission::Permission;
use crate::accounts::records::access_log::AccessRecord;
use crate::alerts::AlertState;
use crate::alerts::acts::{AlertAct, change_alert};
use crate::alerts::kind::AlertKind;
use crate::db::delivery::alerts::{AlertEvent, ListedAlert, find_alert, list_events};
use crate::web::access::{ManageAlerts, MemberCaller, Read};
use crate::web::form::{RelayForm, require_own_form};
use crate::web::http_error::{not_found, parameter_error};
use crate::web::layout::{NavSection, PageLayout};
use crate::web::view_models::alerts::{
    AlertPlace, explain_kind, find_place, name_kind, name_subject, read_facts, severity_word, state_badge,
    title_alert,
};
use crate::web::view_models::formats::{LocalTime, StatusBadge};
use crate::web::words::{AlertsWords, ErrorWords};
use crate::web::{PageFact, WebContext};

const EVENTS_MAX: i64 = 100;
/// For how many hours one can be put off, as the page offers it.
const SNOOZE_HOURS: [i64; 5] = [1, 4, 12, 24, 168];

#[derive(Template)]
#[template(path = "alerts/alert.html")]
struct AlertPage {
    shell: PageLayout,
    w: AlertsWords,
    kind: String,
    subject: String,
    means: String,
    state: StatusBadge,
    facts: Vec<PageFact>,
    links: Vec<(String, String)>,
    events: Vec<(String, String)>,
    /// Whether whoever looks can do something about it.
    has_acts: bool,
    is_acknowledged: bool,
    href: String,
    hours: Vec<(i64, String)>,
    csrf: String,
}

pub(crate) async fn show_alert(
    visitor: MemberCaller<Read>,
    State(web): State<WebContext>,
    Path(alert): Path<AlertId>,
) -> Result<Page, HttpError> {
    let mut conn = web.db.read(visitor.reads).await?;
    let listed = find_alert(&mut conn, alert).await?.ok_or_else(not_found)?;
    let events = list_events(&mut conn, alert, EVENTS_MAX).await?;
    let wall = LocalTime::new(web.now_ms(), &listed.zone);
    let w: AlertsWords = wall.words();
    let state = AlertState::read(&listed.row.state);
    Page::draw(&AlertPage {
        shell: PageLayout::signed_in(title_alert(w, &listed), NavSection::Alerts, &visitor),
        w,
        kind: name_kind(w, &listed.row.kind),
        subject: name_subject(&read_facts(&listed.row)),
        means: explain_kind(w, &listed.row.kind),
        state: state_badge(w, &listed.row),
        facts: list_facts(w, &listed, &wall),
        links: list_links(w, &listed),
        events: events
            .iter()
            .map(|event| (wall.day_plain_zoned(event.at_ms), word_event(w, event)))
            .collect(),
        has_acts: state != AlertState::Closed && visitor.role.holds(Permission::ManageAlerts),
        is_acknowledged: state == AlertState::Acknowledged,
        href: format!("{PATH}/{alert}"),
        hours: SNOOZE_HOURS.iter().map(|hours| (*hours, w.alert_snooze_hours(*hours))).collect(),
        csrf: visitor.token.csrf(),
    })
}

fn list_facts(w: AlertsWords, listed: &ListedAlert, wall: &LocalTime) -> Vec<PageFact> {
    let (row, facts) = (&listed.row, read_facts(&listed.row));
    let is_item = matches!(AlertKind::read(&row.kind), Some(AlertKind::Overdue | AlertKind::Incomplete));
    let mut list = vec![PageFact::entered(w.alerts_facility(), listed.facility_name.clone())];
    let mut add_entered = |name: String, value: &str| {
        if !value.is_empty() {
            list.push(PageFact::entered(name, value));
        }
    };
    if !facts.code.is_empty() {
        add_entered(w.alert_box(), &facts.name);
        add_entered(w.alert_about(), &facts.about);
    }
    add_entered(if is_item { w.alert_place() } else { w.alert_box() }, &facts.place);
    add_entered(w.alert_serial(), &facts.serial);
    if is_item {
        let last = facts.last_ms.map_or_else(|| w.alert_never_cleaned(), |ms| wall.day_plain_zoned(ms));
        list.push(PageFact::new(w.alert_last_cleaned(), last));
    }
    if let Some(count) = facts.count.filter(|_| row.kind != AlertKind::Overdue.word()) {
        list.push(PageFact::new(w.alert_count(row.kind.as_str()), wall.number(count)));
    }
    if let Some(until_ms) = facts.until_ms {
        list.push(PageFact::new(w.alert_until(row.kind.as_str()), wall.day_of(until_ms)));
    }
    list.push(PageFact::new(w.alert_severity_name(), w.alert_severity(severity_word(row))));
    let times = [
        (w.alerts_since(), Some(row.since_ms)),
        (w.alert_opened(), row.opened_ms),
        (w.alert_snoozed_until(), row.snoozed_until_ms),
        (w.alert_closed_at(), row.closed_ms),
    ];
    for (name, at_ms) in times {
        list.extend(at_ms.map(|at_ms| PageFact::new(name, wall.day_plain_zoned(at_ms))));
    }
    if let Some(by) = row.acknowledged_by.as_deref() {
        list.push(PageFact::entered(w.alert_acknowledged(), by));
    }
    list
}

fn list_links(w: AlertsWords, listed: &ListedAlert) -> Vec<(String, String)> {
    let facility = (format!("/app/f/{}", listed.row.facility), w.alert_to_facility());
    match find_place(&listed.row) {
        AlertPlace::Item(href) => vec![(href, w.alert_to_item()), facility],
        AlertPlace::Box(href) => vec![(href, w.alert_to_box()), facility],
        AlertPlace::Facility(href) => vec![(href, w.alert_to_facility())],
    }
}

fn word_event(w: AlertsWords, event: &AlertEvent) -> String {
    let word = w.alert_event(event.word.as_str());
    match (&event.who, event.note.as_str()) {
        (Some(who), _) => w.alert_event_by(word, who.as_str()),
        (None, "") => word,
        (None, entry) => w.alert_event_entry(word, entry),
    }
}

/// `POST /app/alerts/{alert}`: somebody acknowledges it, or puts it off.
pub(crate) async fn change_one(
    visitor: MemberCaller<ManageAlerts>,
    State(web): State<WebContext>,
    Path(alert): Path<AlertId>,
    form: RelayForm,
) -> Result<SeeOther, HttpError> {
    require_own_form(&visitor, &form)?;
    let (word, hours) = (form.fields.text("act"), form.fields.text("hours"));
    let act =
        AlertAct::read(word, hours).ok_or_else(|| parameter_error("act", ErrorWords::parameter_alert_act))?;
    let mut conn = web.db.read(visitor.reads).await?;
    let facility = find_alert(&mut conn, alert).await?.ok_or_else(not_found)?.row.facility;
    drop(conn);
    let mut tx = web.db.write(visitor.scope).await?;
    change_alert(&mut tx, alert, act, &visitor.email, web.now_ms()).await?;
    let (act, about) = (act.record_word(), alert.to_string());
    let record = AccessRecord { who: &visitor.email, act, about: &about, facility: facility.parse().ok() };
    web.log().write_act(&mut tx, record).await?;
    tx.commit().await?;
    SeeOther::to(&format!("{PATH}/{alert}"))
}
