//! One look at the alerts of a facility, in one transaction: what is so, what becomes of each, and who is told.

use jiff::tz::TimeZone;
use record::compliance::find_zone;
use record::fold::FacilitySettings;
use record::ids::{AlertId, FacilityId};
use service::random::RandomSource;

use super::find::{AlertFinding, FacilityConditions};
use super::kind::{AlertKind, AlertRules, AlertSeverity};
use super::notice::{NoticeHours, plan_notices};
use super::reconcile::{
    AlertChange, AlertState, COLLECT_MS, FLAP_MS, LookedAlert, next_change_ms, reconcile_alerts,
};
use crate::accounts::UserRole;
use crate::db::delivery::alert_causes::{
    AlertFacility, NotifiedTimes, begin_look, certificate_ends, end_look, find_cleaning, find_facility,
    list_competencies, list_incomplete, list_overdue, stuck_directives,
};
use crate::db::delivery::alert_settings::{AlertReader, find_hours, list_readers, list_rules};
use crate::db::delivery::alerts::{
    AlertEvent, AlertRow, ChangedAlert, delete_pending, load_current, save_alerts,
};
use crate::db::delivery::webhook_events::{are_alerts_sent, note_alert};
use crate::db::facility::facilities::as_of_ms;
use crate::db::fleet::box_now::boxes_of;
use crate::db::{DbError, ScopedConnection};
use crate::mail::MailOutbox;
use crate::mail::letter::MailLetter;
use crate::projections::facility_now::facility_calendar;

/// How soon a facility with something open is looked at again, and one without.
const OPEN_PERIOD_MS: i64 = 300_000;
const PERIOD_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 86_400_000;
/// Incomplete cleanings of one item within so many days, of which somebody is told.
const INCOMPLETE_MIN: i64 = 3;
const INCOMPLETE_DAYS: i64 = 7;

/// With what alerts are told.
#[derive(Debug, Clone, Copy)]
pub struct AlertSender<'a> {
    pub random: &'a dyn RandomSource,
    pub mail: &'a MailOutbox,
    pub public_url: &'a str,
}

impl AlertSender<'_> {
    /// Looks at a facility, and writes what became of its alerts, in the caller's transaction.
    pub async fn look(
        &self,
        tx: &mut ScopedConnection,
        facility: FacilityId,
        now_ms: i64,
    ) -> Result<(), DbError> {
        begin_look(tx, facility).await?;
        let Some(place) = find_facility(tx, facility).await? else { return Ok(()) };
        let rules = AlertRules::of_rows(&list_rules(tx).await?);
        let mut current = load_current(tx, facility, now_ms.saturating_sub(FLAP_MS)).await?;
        current.iter_mut().for_each(|row| bound_times(row, now_ms));
        let facts = load_facts(tx, facility, &place, &rules, &current, now_ms).await?;
        let findings = facts.find(now_ms);
        // Nothing of a closed facility is an alert.
        let rules = if place.closed { rules.all_off() } else { rules };
        let mut alerts = reconcile_alerts(current, &findings, &rules, now_ms, |finding| {
            new_row(finding, facility, AlertId::new(now_ms, self.random.bytes()), now_ms)
        });
        for alert in &mut alerts {
            name_ending(tx, &place, alert).await?;
        }
        // What a clock that was ahead wrote holds nothing back.
        let past = |at_ms: Option<i64>| at_ms.filter(|at_ms| *at_ms <= now_ms);
        let mut notified = NotifiedTimes {
            any_ms: past(place.alerts_notified_ms),
            overdue_ms: past(place.overdue_notified_ms),
        };
        let hours = NoticeHours {
            zone: find_zone(&place.zone).unwrap_or(TimeZone::UTC),
            hours: find_hours(tx).await?,
            shifts: &facts.settings.shifts,
        };
        let plan = plan_notices(&alerts, &hours, notified, now_ms);
        let notices = FacilityNotices { line: self, facility, place: &place, rules: &rules };
        if notices.notify(tx, &mut alerts, &plan.due, now_ms).await? {
            notified.any_ms = Some(now_ms);
            let is_overdue = |at: &usize| {
                alerts[*at].kind() == Some(AlertKind::Overdue) && alerts[*at].state() == AlertState::Open
            };
            if plan.due.iter().any(is_overdue) {
                notified.overdue_ms = Some(now_ms);
            }
        }
        let is_open = alerts.iter().any(|alert| !alert.is_gone && alert.state() != AlertState::Closed);
        let period_ms = if is_open { OPEN_PERIOD_MS } else { PERIOD_MS };
        let next = [next_change_ms(&alerts, &rules, now_ms), plan.next_ms].into_iter().flatten().min();
        // What is due already and was not done waits for something else: it is no reason to look all the time.
        let next_ms = next.map_or(i64::MAX, |at_ms| at_ms.max(now_ms + MINUTE_MS)).min(now_ms + period_ms);
        save_all(tx, facility, &alerts).await?;
        end_look(tx, facility, next_ms, notified).await
    }
}

async fn load_facts(
    tx: &mut ScopedConnection,
    facility: FacilityId,
    place: &AlertFacility,
    rules: &AlertRules,
    current: &[AlertRow],
    now_ms: i64,
) -> Result<FacilityConditions, DbError> {
    let settings: FacilitySettings = match &place.settings {
        Some(body) => serde_json::from_str(body).map_err(|e| DbError::stored("settings", e))?,
        None => FacilitySettings::default(),
    };
    let projection = place.projection();
    let minutes = |kind: AlertKind| rules.find(kind).map_or(0, |rule| rule.minutes);
    // Behind this nothing is known: that the box is silent is an alert of its own.
    let as_of_ms = as_of_ms(now_ms, place.known_ms);
    let incomplete_ms = now_ms.saturating_sub(INCOMPLETE_DAYS * DAY_MS);
    let stuck_ms = now_ms.saturating_sub(minutes(AlertKind::Directive) * MINUTE_MS);
    let live = current.iter().filter(|row| AlertState::read(&row.state) != AlertState::Closed);
    Ok(FacilityConditions {
        overdue: list_overdue(tx, projection, as_of_ms).await?,
        as_of_ms,
        incomplete: list_incomplete(tx, projection, incomplete_ms, INCOMPLETE_MIN).await?,
        competencies: list_competencies(tx, projection).await?,
        boxes: boxes_of(tx, facility).await?,
        certificates: certificate_ends(tx, facility).await?,
        directives: stuck_directives(tx, facility, stuck_ms).await?,
        gaps: place.gaps,
        today: facility_calendar(&settings).day_of(now_ms),
        open: live.filter_map(|row| Some((AlertKind::read(&row.kind)?, row.subject.clone()))).collect(),
        settings,
    })
}

/// What a clock that was ahead wrote, here or at a box, is of now at most.
fn bound_times(row: &mut AlertRow, now_ms: i64) {
    row.since_ms = row.since_ms.min(now_ms);
    for at_ms in [&mut row.opened_ms, &mut row.closed_ms] {
        *at_ms = at_ms.map(|at_ms| at_ms.min(now_ms));
    }
    row.notify_ms = row.notify_ms.map(|at_ms| at_ms.min(now_ms.saturating_add(COLLECT_MS)));
}

fn new_row(finding: &AlertFinding, facility: FacilityId, id: AlertId, now_ms: i64) -> AlertRow {
    AlertRow {
        alert: id.to_string(),
        facility: facility.to_string(),
        kind: finding.kind.word().to_owned(),
        subject: finding.subject.clone(),
        severity: finding.severity.number(),
        state: AlertState::Pending.word().to_owned(),
        since_ms: finding.since_ms.unwrap_or(now_ms).min(now_ms),
        ..AlertRow::default()
    }
}

/// Writes beside the end of an overdue item by which entry it is over, where a cleaning was it.
async fn name_ending(
    tx: &mut ScopedConnection,
    place: &AlertFacility,
    alert: &mut LookedAlert,
) -> Result<(), DbError> {
    let is_closed = |event: &&mut AlertEvent| event.word == AlertChange::Closed.word();
    let is_item = matches!(alert.kind(), Some(AlertKind::Overdue | AlertKind::Incomplete));
    if let Some(event) = alert.events.iter_mut().find(is_closed).filter(|_| is_item) {
        let entry = find_cleaning(tx, place.projection(), &alert.row.subject, alert.row.since_ms).await?;
        event.note = entry.unwrap_or_default();
    }
    Ok(())
}

async fn save_all(
    tx: &mut ScopedConnection,
    facility: FacilityId,
    alerts: &[LookedAlert],
) -> Result<(), DbError> {
    for gone in alerts.iter().filter(|alert| alert.is_gone) {
        delete_pending(tx, &gone.row.alert).await?;
    }
    let is_written = |alert: &&LookedAlert| alert.is_changed && !alert.is_gone;
    let changed = alerts.iter().filter(is_written);
    let changed: Vec<ChangedAlert<'_>> =
        changed.map(|LookedAlert { row, events, .. }| ChangedAlert { row, events }).collect();
    save_alerts(tx, &changed).await?;
    if changed.is_empty() || !are_alerts_sent(tx).await? {
        return Ok(());
    }
    for ChangedAlert { row, events } in changed {
        for event in events.iter().filter(|event| AlertChange::is_sent(&event.word)) {
            note_alert(tx, facility, &row.alert, &event.word, event.at_ms).await?;
        }
    }
    Ok(())
}

struct FacilityNotices<'a> {
    line: &'a AlertSender<'a>,
    facility: FacilityId,
    place: &'a AlertFacility,
    rules: &'a AlertRules,
}

impl FacilityNotices<'_> {
    /// Tells everybody whom a rule names of what is due, in one mail each. Whether anybody was told.
    async fn notify(
        &self,
        tx: &mut ScopedConnection,
        alerts: &mut [LookedAlert],
        due: &[usize],
        now_ms: i64,
    ) -> Result<bool, DbError> {
        let mut now_notified = vec![Vec::<String>::new(); alerts.len()];
        let readers = match self.line.mail.is_open() && !due.is_empty() {
            true => list_readers(tx, self.facility, now_ms).await?,
            false => Vec::new(),
        };
        // Where a rule names nobody who sees the facility, account admins are told.
        let has_reader = |at: usize| readers.iter().any(|reader| self.is_for(&alerts[at], reader));
        let unread: Vec<usize> = due.iter().copied().filter(|at| !has_reader(*at)).collect();
        for reader in &readers {
            let is_admin = reader.wants && reader.role == UserRole::AccountAdmin.key();
            let is_unread =
                |at: usize| is_admin && unread.contains(&at) && alerts[at].state() != AlertState::Closed;
            let is_for = |at: &usize| self.is_for(&alerts[*at], reader) || is_unread(*at);
            let of_reader: Vec<usize> = due.iter().copied().filter(is_for).collect();
            if of_reader.is_empty() {
                continue;
            }
            let rows: Vec<&AlertRow> = of_reader.iter().map(|at| &alerts[*at].row).collect();
            let letter = MailLetter::alerts(&self.place.name, &self.place.zone, &rows, self.line.public_url);
            let scope = tx.scope();
            self.line.mail.post(tx, Some(scope), &reader.email, &letter).await?;
            for at in of_reader {
                now_notified[at].push(reader.user_id.clone());
            }
        }
        let is_notified = now_notified.iter().any(|readers| !readers.is_empty());
        for at in due {
            let (alert, readers) = (&mut alerts[*at], &now_notified[*at]);
            alert.row.notify_ms = None;
            alert.is_changed = true;
            if !readers.is_empty() {
                alert.row.notified_ms = Some(now_ms);
                alert.events.push(AlertChange::Notified.event(now_ms));
            }
            let earlier = std::mem::take(&mut alert.row.notified);
            // Whoever was told of its end is told where it begins again.
            if alert.state() != AlertState::Closed {
                let mut all: Vec<&str> = earlier.split_whitespace().collect();
                all.extend(readers.iter().map(String::as_str).filter(|id| !earlier.contains(id)));
                alert.row.notified = all.join(" ");
            }
        }
        Ok(is_notified)
    }

    fn is_for(&self, alert: &LookedAlert, reader: &AlertReader) -> bool {
        if alert.state() == AlertState::Closed {
            return alert.row.notified.split(' ').any(|id| id == reader.user_id);
        }
        let Some(rule) = alert.kind().and_then(|kind| self.rules.find(kind)) else { return false };
        // What is critical is told whoever switched alerts off, too.
        if !reader.wants && alert.severity() != AlertSeverity::Critical {
            return false;
        }
        let is_escalated = alert.row.level > 0 && reader.role == UserRole::AccountAdmin.key();
        is_escalated || rule.roles.iter().any(|role| role.key() == reader.role)
    }
}
