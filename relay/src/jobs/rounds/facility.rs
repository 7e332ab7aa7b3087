//! Mails about one facility: its inspection, and what is due in a shift.

use record::compliance::find_zone;
use record::fold::{Equipment, FacilitySettings};
use record::ids::FacilityId;

use super::DueMail;
use super::calendar::{find_inspection_step, find_shift};
use super::week::{count_windows, read_day};
use crate::accounts::UserRole;
use crate::db::delivery::mail_rounds::{self, MailReaderRow, PlannedFacility};
use crate::db::facility::facility_now::find_name;
use crate::db::projection::gaps;
use crate::db::{AccountScope, DbError};
use crate::jobs::handlers::RelayHandlers;
use crate::mail::{ComingInspection, DueItem, ItemGap, MailLetter, ShiftPlace};

/// Days whose gaps an inspection's mail lists.
const GAP_DAYS: i64 = 30;
/// More than any mail shows.
const GAPS_MAX: i64 = 200;

fn read_settings(place: &PlannedFacility) -> Result<(FacilityId, FacilitySettings), DbError> {
    let facility = place.facility.parse().map_err(|e| DbError::stored("facility id", e))?;
    let settings = serde_json::from_str(&place.settings).map_err(|e| DbError::stored("settings", e))?;
    Ok((facility, settings))
}

fn read_item(body: &str) -> Result<Equipment, DbError> {
    serde_json::from_str(body).map_err(|e| DbError::stored("equipment", e))
}

/// Those of the readers who see a facility.
async fn list_seeing<'a>(
    relay: &RelayHandlers,
    scope: AccountScope,
    facility: FacilityId,
    readers: impl Iterator<Item = &'a MailReaderRow>,
) -> Result<Vec<&'a MailReaderRow>, DbError> {
    let mut seeing = Vec::new();
    for reader in readers {
        let mut conn = relay.db.read(reader.reads(scope)).await?;
        if find_name(&mut conn, facility).await?.is_some() {
            seeing.push(reader);
        }
    }
    Ok(seeing)
}

/// An inspection that comes near, for the admins who see its facility.
pub(super) async fn find_inspection(
    relay: &RelayHandlers,
    scope: AccountScope,
    place: &PlannedFacility,
    admins: &[MailReaderRow],
) -> Result<Vec<DueMail>, DbError> {
    let (facility, settings) = read_settings(place)?;
    let Some(day) = settings.inspection.day.0.map(record::kinds::CivilDay::number) else {
        return Ok(Vec::new());
    };
    let zone = find_zone(settings.zone()).unwrap_or(jiff::tz::TimeZone::UTC);
    let found = find_inspection_step(day, &zone, relay.clock.now_ms());
    let Some((step, days_left)) = found else { return Ok(Vec::new()) };
    let readers = list_seeing(relay, scope, facility, admins.iter()).await?;
    let url = format!("{}/app/f/{facility}", relay.webhooks.public_url);
    let from_day = i64::from(day) - i64::from(days_left) - GAP_DAYS + 1;
    let mut conn = relay.db.read(scope).await?;
    let rows = gaps::list_items(&mut conn, facility, from_day, 0, GAPS_MAX).await?;
    let gaps = rows.into_iter().map(|row| {
        let item = read_item(&row.body)?;
        Ok(ItemGap {
            place: item.facts.location.clone(),
            name: item.facts.name.clone(),
            missed: row.closed.saturating_sub(row.met),
            last_day: read_day(row.last_day),
            href: format!("{url}/e/{}", row.tag),
        })
    });
    let coming = ComingInspection {
        facility: place.name.clone(),
        title: settings.inspection.title,
        day,
        days_left,
        overdue: place.overdue,
        windows: count_windows(place.month_met, place.month_closed),
        gaps: gaps.collect::<Result<_, DbError>>()?,
    };
    let due = readers.into_iter().map(|reader| DueMail {
        mark: format!("inspection-{step}/{facility}/{day}/{}", reader.user_id),
        address: reader.email.clone(),
        letter: MailLetter::inspection(step, coming.clone(), format!("{url}/gaps")),
    });
    Ok(due.collect())
}

/// What is due in a shift that began a moment ago, for whoever wants to know and sees the facility.
pub(super) async fn find_reminder(
    relay: &RelayHandlers,
    scope: AccountScope,
    place: &PlannedFacility,
    readers: &[MailReaderRow],
) -> Result<Vec<DueMail>, DbError> {
    if readers.is_empty() {
        return Ok(Vec::new());
    }
    let (facility, settings) = read_settings(place)?;
    let zone = find_zone(settings.zone()).unwrap_or(jiff::tz::TimeZone::UTC);
    let shift = find_shift(&settings.shifts, &zone, relay.clock.now_ms());
    let Some((began_ms, until_ms)) = shift else { return Ok(Vec::new()) };
    let rows = mail_rounds::list_due(&mut relay.db.read(scope).await?, &place.facility, until_ms).await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let clean = readers.iter().filter(|reader| {
        let role = UserRole::of_row(&reader.role);
        role.is_ok_and(|role| !matches!(role, UserRole::Auditor | UserRole::Support))
    });
    let readers = list_seeing(relay, scope, facility, clean).await?;
    let url = format!("{}/app/f/{facility}", relay.webhooks.public_url);
    let count = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    let items = rows.into_iter().map(|row| {
        let item = read_item(&row.body)?;
        Ok(DueItem {
            place: item.facts.location.clone(),
            name: item.facts.name.clone(),
            by_ms: row.by_ms,
            href: format!("{url}/e/{}", row.tag),
        })
    });
    let items: Vec<DueItem> = items.collect::<Result<_, DbError>>()?;
    let place = ShiftPlace { facility: place.name.clone(), zone: settings.zone().to_owned(), until_ms };
    let due = readers.into_iter().map(|reader| DueMail {
        mark: format!("reminder/{facility}/{began_ms}/{}", reader.user_id),
        address: reader.email.clone(),
        letter: MailLetter::reminder(&place, count, items.clone(), url.clone()),
    });
    Ok(due.collect())
}
