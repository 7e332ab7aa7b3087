//! What is so now, held against the alerts that there are. Pure.

use super::find::AlertFinding;
use super::kind::{AlertKind, AlertRules, AlertSeverity};
use crate::db::delivery::alerts::{AlertEvent, AlertRow};

/// How long what opened is gathered before somebody is told.
pub(super) const COLLECT_MS: i64 = 300_000;
/// What begins again this soon after it was over goes on.
pub(super) const FLAP_MS: i64 = 3_600_000;
const MINUTE_MS: i64 = 60_000;

/// How an alert stands, as a word of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertState {
    /// It is so, and not for long enough.
    Pending,
    Open,
    Acknowledged,
    Snoozed,
    Closed,
}

impl AlertState {
    const ALL: [Self; 5] = [Self::Pending, Self::Open, Self::Acknowledged, Self::Snoozed, Self::Closed];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Open => "open",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Closed => "closed",
        }
    }

    /// What `word` wrote; of a later relay's word somebody must know.
    pub fn read(word: &str) -> Self {
        Self::ALL.into_iter().find(|state| state.word() == word).unwrap_or(Self::Open)
    }
}

/// What became of an alert, as a word of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertChange {
    Opened,
    Reopened,
    Raised,
    Escalated,
    Notified,
    Acknowledged,
    Snoozed,
    Woken,
    Closed,
}

impl AlertChange {
    pub const ALL: [Self; 9] = [
        Self::Opened,
        Self::Reopened,
        Self::Raised,
        Self::Escalated,
        Self::Notified,
        Self::Acknowledged,
        Self::Snoozed,
        Self::Woken,
        Self::Closed,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Raised => "raised",
            Self::Escalated => "escalated",
            Self::Notified => "notified",
            Self::Acknowledged => "acknowledged",
            Self::Snoozed => "snoozed",
            Self::Woken => "woken",
            Self::Closed => "closed",
        }
    }

    /// Whether webhooks are told of it.
    pub fn is_sent(word: &str) -> bool {
        [Self::Opened, Self::Reopened, Self::Escalated, Self::Acknowledged, Self::Closed]
            .iter()
            .any(|change| change.word() == word)
    }

    pub fn event(self, at_ms: i64) -> AlertEvent {
        AlertEvent { at_ms, word: self.word().to_owned(), who: None, note: String::new() }
    }
}

/// An alert while a facility is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LookedAlert {
    pub(super) row: AlertRow,
    /// What became of it; its row is written where there is something.
    pub(super) events: Vec<AlertEvent>,
    pub(super) is_changed: bool,
    /// It never opened, and is over.
    pub(super) is_gone: bool,
}

impl LookedAlert {
    pub(super) fn of_row(row: AlertRow) -> Self {
        Self { row, events: Vec::new(), is_changed: false, is_gone: false }
    }

    pub(super) fn state(&self) -> AlertState {
        AlertState::read(&self.row.state)
    }

    pub(super) fn severity(&self) -> AlertSeverity {
        AlertSeverity::of_row(self.row.severity)
    }

    pub(super) fn kind(&self) -> Option<AlertKind> {
        AlertKind::read(&self.row.kind)
    }

    pub(super) fn change(&mut self, state: AlertState, what: AlertChange, now_ms: i64) {
        state.word().clone_into(&mut self.row.state);
        self.events.push(what.event(now_ms));
        self.is_changed = true;
    }

    /// From when on somebody is to be told of it.
    fn notify(&mut self, now_ms: i64) {
        let wait_ms = if self.severity() == AlertSeverity::Critical { 0 } else { COLLECT_MS };
        self.row.notify_ms = Some(now_ms.saturating_add(wait_ms));
        self.is_changed = true;
    }

    fn open(&mut self, now_ms: i64) {
        self.row.opened_ms = Some(now_ms);
        self.change(AlertState::Open, AlertChange::Opened, now_ms);
        self.notify(now_ms);
    }

    /// It is so again before anybody could rely on its end.
    fn reopen(&mut self, now_ms: i64) {
        (self.row.closed_ms, self.row.closed_by) = (None, None);
        // Whoever was told that it began was not told that it is over.
        self.row.notify_ms = None;
        if self.row.snoozed_until_ms.is_some_and(|until_ms| until_ms > now_ms) {
            self.change(AlertState::Snoozed, AlertChange::Reopened, now_ms);
        } else if self.row.acknowledged_ms.is_some() {
            self.change(AlertState::Acknowledged, AlertChange::Reopened, now_ms);
        } else {
            self.row.opened_ms = Some(now_ms);
            self.change(AlertState::Open, AlertChange::Reopened, now_ms);
            if self.row.notified.is_empty() {
                self.notify(now_ms);
            }
        }
    }

    /// Nobody is to hear any more of it: its rule is off, or its facility closed. What it tells of may be so.
    fn withdraw(&mut self, now_ms: i64) {
        self.end(now_ms);
        self.row.closed_by = Some("rule".to_owned());
        self.row.notify_ms = None;
    }

    fn end(&mut self, now_ms: i64) {
        if self.state() == AlertState::Pending {
            self.is_gone = true;
            return;
        }
        (self.row.closed_ms, self.row.closed_by) = (Some(now_ms), Some("over".to_owned()));
        self.change(AlertState::Closed, AlertChange::Closed, now_ms);
        self.row.notify_ms = (!self.row.notified.is_empty()).then_some(now_ms.saturating_add(COLLECT_MS));
    }

    /// Takes over what is known now of something that goes on.
    fn follow(&mut self, finding: &AlertFinding, facts: &str, now_ms: i64) {
        if self.row.facts != facts {
            facts.clone_into(&mut self.row.facts);
            self.is_changed = true;
        }
        if self.row.severity != finding.severity.number() {
            let is_raised = finding.severity > self.severity();
            self.row.severity = finding.severity.number();
            self.is_changed = true;
            if is_raised && !matches!(self.state(), AlertState::Pending | AlertState::Closed) {
                self.change(AlertState::Open, AlertChange::Raised, now_ms);
                self.notify(now_ms);
            }
        }
    }
}

/// The alerts of a facility, new ones among them, after what is so now. `current`: with those that were closed less than [`FLAP_MS`] ago.
pub(super) fn reconcile_alerts(
    current: Vec<AlertRow>,
    findings: &[AlertFinding],
    rules: &AlertRules,
    now_ms: i64,
    mut new_row: impl FnMut(&AlertFinding) -> AlertRow,
) -> Vec<LookedAlert> {
    let mut alerts: Vec<LookedAlert> = current.into_iter().map(LookedAlert::of_row).collect();
    let mut is_so = vec![false; alerts.len()];
    for finding in findings {
        let Some(rule) = rules.find(finding.kind).filter(|rule| rule.is_on) else { continue };
        let facts = serde_json::to_string(&finding.facts).unwrap_or_default();
        let found = find_alert(&alerts, finding, now_ms);
        let at = found.unwrap_or_else(|| {
            alerts.push(LookedAlert { is_changed: true, ..LookedAlert::of_row(new_row(finding)) });
            is_so.push(true);
            alerts.len() - 1
        });
        is_so[at] = true;
        let alert = &mut alerts[at];
        alert.follow(finding, &facts, now_ms);
        // Of one that was over, by when it began again.
        let since_ms = match alert.state() {
            AlertState::Closed => finding.since_ms.unwrap_or(now_ms),
            _ => alert.row.since_ms,
        };
        let opens_ms = since_ms.saturating_add(rule.minutes.saturating_mul(MINUTE_MS));
        let is_ripe = opens_ms <= finding.as_of_ms.unwrap_or(now_ms);
        match alert.state() {
            AlertState::Pending if is_ripe => alert.open(now_ms),
            AlertState::Closed if is_ripe => alert.reopen(now_ms),
            AlertState::Snoozed if alert.row.snoozed_until_ms.is_none_or(|until_ms| until_ms <= now_ms) => {
                alert.row.snoozed_until_ms = None;
                alert.change(AlertState::Open, AlertChange::Woken, now_ms);
                alert.notify(now_ms);
            }
            AlertState::Open if is_due_to_escalate(&alert.row, rule.escalate_minutes, now_ms) => {
                alert.row.level += 1;
                alert.change(AlertState::Open, AlertChange::Escalated, now_ms);
                alert.row.notify_ms = Some(now_ms);
            }
            _ => {}
        }
    }
    for (alert, is_so) in alerts.iter_mut().zip(is_so) {
        let is_off = alert.kind().and_then(|kind| rules.find(kind)).is_none_or(|rule| !rule.is_on);
        match (is_so, alert.state()) {
            (true, _) | (_, AlertState::Closed) => {}
            (false, _) if is_off => alert.withdraw(now_ms),
            (false, _) => alert.end(now_ms),
        }
    }
    alerts
}

fn is_due_to_escalate(row: &AlertRow, minutes: i64, now_ms: i64) -> bool {
    let opened_ms = row.opened_ms.unwrap_or(now_ms);
    minutes > 0 && row.level == 0 && opened_ms.saturating_add(minutes.saturating_mul(MINUTE_MS)) <= now_ms
}

/// The alert of a finding: the one that is not closed, else the newest that was over by itself a moment ago.
fn find_alert(alerts: &[LookedAlert], finding: &AlertFinding, now_ms: i64) -> Option<usize> {
    let of = |alert: &LookedAlert| {
        alert.row.kind == finding.kind.word() && alert.row.subject == finding.subject && !alert.is_gone
    };
    let is_live = |alert: &LookedAlert| of(alert) && alert.state() != AlertState::Closed;
    let is_fresh = |alert: &LookedAlert| {
        let closed_ms = alert.row.closed_ms.unwrap_or(i64::MIN);
        of(alert)
            && alert.row.closed_by.as_deref() == Some("over")
            && now_ms.saturating_sub(closed_ms) < FLAP_MS
    };
    let live = alerts.iter().position(is_live);
    live.or_else(|| {
        let fresh = alerts.iter().enumerate().filter(|(_, alert)| is_fresh(alert));
        fresh.max_by_key(|(_, alert)| alert.row.closed_ms).map(|(at, _)| at)
    })
}

/// When time alone changes one of them next; what waits for more to be known is looked at with the rest.
pub(super) fn next_change_ms(alerts: &[LookedAlert], rules: &AlertRules, now_ms: i64) -> Option<i64> {
    let of = |alert: &LookedAlert| {
        let rule = rules.find(alert.kind()?)?;
        let after = |from_ms: i64, minutes: i64| from_ms.saturating_add(minutes.saturating_mul(MINUTE_MS));
        match alert.state() {
            AlertState::Pending if !alert.is_gone => Some(after(alert.row.since_ms, rule.minutes)),
            AlertState::Snoozed => alert.row.snoozed_until_ms,
            AlertState::Open if rule.escalate_minutes > 0 && alert.row.level == 0 => {
                Some(after(alert.row.opened_ms?, rule.escalate_minutes))
            }
            _ => None,
        }
    };
    alerts.iter().filter_map(of).filter(|at_ms| *at_ms > now_ms).min()
}
