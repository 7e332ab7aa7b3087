//! What people do about an alert. Nobody closes one: it is over where what it tells of is.

use record::ids::AlertId;

use super::reconcile::{AlertChange, AlertState};
use crate::db::delivery::alert_causes::{begin_look, hasten_looks};
use crate::db::delivery::alerts::{AlertEvent, ChangedAlert, find_alert, save_alerts};
use crate::db::delivery::webhook_events::note_alert;
use crate::db::{DbError, ScopedConnection};

/// How long one may be put off at most.
pub const SNOOZE_DAYS_MAX: i64 = 7;
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlertAct {
    /// Somebody looks after it: nobody is reminded.
    Acknowledge,
    /// It comes again after so many hours.
    Snooze { hours: i64 },
}

impl AlertAct {
    /// As the access log has it.
    pub const fn record_word(self) -> &'static str {
        match self {
            Self::Acknowledge => "alert acknowledged",
            Self::Snooze { .. } => "alert put off",
        }
    }

    /// `hours`: of one that is put off, from 1 to 7 days.
    pub fn read(word: &str, hours: &str) -> Option<Self> {
        match word {
            "acknowledge" => Some(Self::Acknowledge),
            "snooze" => {
                let hours = hours.trim().parse().ok()?;
                (1..=SNOOZE_DAYS_MAX * 24).contains(&hours).then_some(Self::Snooze { hours })
            }
            _ => None,
        }
    }
}

/// Does it to an alert that the viewer of the connection sees; `false`: there is none that they see. One that is over stays so.
pub async fn change_alert(
    tx: &mut ScopedConnection,
    alert: AlertId,
    act: AlertAct,
    by: &str,
    now_ms: i64,
) -> Result<bool, DbError> {
    let Some(found) = find_alert(tx, alert).await? else { return Ok(false) };
    let facility = found.row.facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    // As a look does, so that neither writes over the other.
    begin_look(tx, facility).await?;
    let Some(found) = find_alert(tx, alert).await? else { return Ok(false) };
    let mut row = found.row;
    if AlertState::read(&row.state) == AlertState::Closed {
        return Ok(true);
    }
    let (state, change) = match act {
        AlertAct::Acknowledge => (AlertState::Acknowledged, AlertChange::Acknowledged),
        AlertAct::Snooze { .. } => (AlertState::Snoozed, AlertChange::Snoozed),
    };
    row.snoozed_until_ms = match act {
        AlertAct::Acknowledge => None,
        AlertAct::Snooze { hours } => Some(now_ms.saturating_add(hours.saturating_mul(HOUR_MS))),
    };
    state.word().clone_into(&mut row.state);
    (row.acknowledged_by, row.acknowledged_ms) = (Some(by.to_owned()), Some(now_ms));
    row.notify_ms = None;
    let event = AlertEvent { who: Some(by.to_owned()), ..change.event(now_ms) };
    save_alerts(tx, &[ChangedAlert { row: &row, events: &[event] }]).await?;
    if AlertChange::is_sent(change.word()) {
        note_alert(tx, facility, &row.alert, change.word(), now_ms).await?;
    }
    hasten_looks(tx, Some(&row.facility)).await?;
    Ok(true)
}
