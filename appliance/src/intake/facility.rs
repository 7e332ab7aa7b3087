//! Schedules and the facility's settings.

use record::fold::Equipment;
use record::ids::ProtocolId;
use record::kinds::{FacilityChanged, Schedule, ScheduleSet};

use super::{CommandRefusal, Drafts, RefusalCause, SettingsChange, StateView, require_seen, text};

/// Minutes for which a typed PIN may prove records: after an hour nobody knows any more who holds the tablet.
const PIN_PROOF_MIN_MAX: u32 = 60;

/// Makes an item due at other times.
pub(super) fn decide_schedule(
    item: &Equipment,
    protocol: Option<ProtocolId>,
    requested: &Schedule,
    from: i64,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    check_schedule(requested)?;
    if protocol.is_some_and(|id| !item.protocols.contains(&id)) {
        return Err(CommandRefusal::NotItsProtocol);
    }
    drafts.push(ScheduleSet { tag: item.tag, protocol, schedule: requested.clone(), from }, Vec::new());
    Ok(())
}

/// Gives the facility other settings.
pub(super) fn change_settings(
    requested: &SettingsChange,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    require_seen(requested.seen, view.facility().settings.changed)?;
    drafts.push(decide_settings(requested)?, Vec::new());
    Ok(())
}

/// Whether a schedule's numbers are in their ranges.
pub(super) fn check_schedule(requested: &Schedule) -> Result<(), CommandRefusal> {
    let cause = match requested {
        Schedule::Hours { n } if !(1..=8_760).contains(n) => RefusalCause::ScheduleHours,
        Schedule::Days { n, .. } if !(1..=366).contains(n) => RefusalCause::ScheduleDays,
        Schedule::Days { n, on } if *n != 1 && !on.is_every() => RefusalCause::ScheduleWeekdays,
        Schedule::Weeks { n } if !(1..=52).contains(n) => RefusalCause::ScheduleWeeks,
        Schedule::Times { at, .. } if at.is_empty() || at.len() > 48 => RefusalCause::ScheduleTimes,
        Schedule::Times { at, .. } if !at.is_sorted_by(|a, b| a < b) => RefusalCause::ScheduleOrder,
        Schedule::Use { grace_s } if !(60..=604_800).contains(grace_s) => RefusalCause::ScheduleUse,
        _ => return Ok(()),
    };
    Err(CommandRefusal::Range { field: "schedule", cause })
}

fn decide_settings(requested: &SettingsChange) -> Result<FacilityChanged, CommandRefusal> {
    let zone = requested.zone.as_deref().map(|zone| {
        let known = jiff::tz::TimeZone::get(zone).is_ok();
        let cause = RefusalCause::TimeZone;
        if known { Ok(zone.to_owned()) } else { Err(CommandRefusal::Range { field: "zone", cause }) }
    });
    if requested.undo_min.is_some_and(|m| m > 24 * 60) {
        return Err(CommandRefusal::Range { field: "undo_min", cause: RefusalCause::UndoTime });
    }
    if requested.pin_proof_min.is_some_and(|m| m > PIN_PROOF_MIN_MAX) {
        return Err(CommandRefusal::Range { field: "pin_proof_min", cause: RefusalCause::PinProofTime });
    }
    Ok(FacilityChanged {
        name: requested
            .name
            .as_deref()
            .map(|n| text::check_name("name", n, RefusalCause::FacilityName))
            .transpose()?,
        zone: zone.transpose()?,
        label_host: requested.label_host.as_deref().map(label_host).transpose()?,
        allow_unattributed: requested.allow_unattributed,
        undo_min: requested.undo_min,
        contact: requested.contact.as_deref().map(|c| text::check_line("contact", c)).transpose()?,
        pin_proof_min: requested.pin_proof_min,
        problem: requested.problem.clone(),
        who: requested.who.clone(),
        competency: requested.competency.clone(),
        ..FacilityChanged::default()
    })
}

/// `HTTP://HOST[:PORT]` in upper case: a label's code then fits QR's alphanumeric mode.
fn label_host(entered: &str) -> Result<String, CommandRefusal> {
    let upper = text::check_line("label_host", entered)?.trim_end_matches('/').to_ascii_uppercase();
    let host = upper.strip_prefix("HTTPS://").or_else(|| upper.strip_prefix("HTTP://")).unwrap_or_default();
    let fits = !host.is_empty() && host.len() <= 60;
    if fits && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':')) {
        Ok(upper)
    } else {
        Err(CommandRefusal::Range { field: "label_host", cause: RefusalCause::LabelHost })
    }
}
