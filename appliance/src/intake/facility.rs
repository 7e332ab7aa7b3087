//! Protocols, schedules and the facility's settings.

use std::collections::BTreeMap;

use record::fold::Equipment;
use record::ids::ProtocolId;
use record::kinds::{Agent, FacilityChanged, ProtocolPublished, Schedule, ScheduleSet, Step};
use record::limits::STEPS_MAX;

use super::{
    CommandRefusal, Drafts, NewProtocol, RefusalCause, SettingsChange, StateView, require_seen, text,
};

/// A day of contact time: longer is a mistake.
const CONTACT_S_MAX: u32 = 86_400;
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
        Schedule::Weeks { n } if !(1..=52).contains(n) => RefusalCause::ScheduleWeeks,
        Schedule::Times { at, .. } if at.is_empty() || at.len() > 48 => RefusalCause::ScheduleTimes,
        Schedule::Times { at, .. } if !at.is_sorted_by(|a, b| a < b) => RefusalCause::ScheduleOrder,
        Schedule::Use { grace_s } if !(60..=604_800).contains(grace_s) => RefusalCause::ScheduleUse,
        _ => return Ok(()),
    };
    Err(CommandRefusal::Range { field: "schedule", cause })
}

pub(super) fn decide_protocol(
    new: &NewProtocol,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let (protocol, version) = match new.protocol {
        None => (ProtocolId::new(view.now().wall_ms, drafts.random.bytes()), 1),
        Some(id) => {
            let known = view.facility().protocols.get(&id).ok_or(CommandRefusal::UnknownProtocol(id))?;
            (id, known.version.saturating_add(1))
        }
    };
    if new.steps.is_empty() || new.steps.len() > STEPS_MAX {
        return Err(CommandRefusal::Range { field: "steps", cause: RefusalCause::StepCount });
    }
    if new.contact_s.is_some_and(|s| s == 0 || s > CONTACT_S_MAX) {
        return Err(CommandRefusal::Range { field: "contact_s", cause: RefusalCause::ContactTime });
    }
    if new.agents.len() > 10 {
        return Err(CommandRefusal::Range { field: "agents", cause: RefusalCause::AgentCount });
    }
    let step = |s: &Step| {
        Ok(Step { text: text::check_name("steps", &s.text, RefusalCause::StepText)?, required: s.required })
    };
    let agent = |a: &Agent| {
        let name = text::check_name("agent", &a.name, RefusalCause::AgentName)?;
        Ok(Agent {
            name,
            epa: text::check_line("agent", &a.epa)?,
            dilution: text::check_line("agent", &a.dilution)?,
        })
    };
    let published = ProtocolPublished {
        protocol,
        version,
        name: text::check_name("name", &new.name, RefusalCause::ProtocolName)?,
        steps: new.steps.iter().map(step).collect::<Result<_, CommandRefusal>>()?,
        contact_s: new.contact_s,
        declared: new.declared,
        agents: new.agents.iter().map(agent).collect::<Result<_, CommandRefusal>>()?,
        minutes: new.minutes.filter(|m| *m > 0),
        ppe: text::check_line("ppe", &new.ppe)?,
        ifu: text::check_line("ifu", &new.ifu)?,
        class: None,
        one_press: None,
        photo: None,
        photo_one_in: None,
        hang_h: None,
        delay_min: None,
        hld: None,
        from_pack: None,
        approved: None,
        effective: None,
        ifu_rev: String::new(),
        words: BTreeMap::new(),
    };
    drafts.push(published, Vec::new());
    Ok(())
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
