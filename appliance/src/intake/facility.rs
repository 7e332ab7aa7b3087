//! Protocols, schedules and the facility's settings.

use record::fold::Service;
use record::ids::ProtocolId;
use record::kinds::{Agent, FacilityChanged, ProtocolPublished, Schedule, ScheduleSet, Step};
use record::limits::STEPS_MAX;

use super::{Command, Drafts, NewProtocol, Refusal, RefusalCause, Settings, View, item, require_seen, text};

/// A day of contact time: longer is a mistake.
const CONTACT_S_MAX: u32 = 86_400;
/// Minutes for which a typed PIN may prove records: after an hour nobody knows any more who holds the tablet.
const PIN_PROOF_MIN_MAX: u32 = 60;

pub(super) fn decide(command: &Command, view: &dyn View, drafts: &mut Drafts<'_>) -> Result<(), Refusal> {
    match command {
        Command::PublishProtocol(new) => publish(new, view, drafts),
        Command::SetSchedule { tag, protocol, schedule: wanted, seen } => {
            schedule(wanted)?;
            let item = item(view, *tag)?;
            if item.service == Service::Retired {
                return Err(Refusal::Retired { name: item.name.clone() });
            }
            require_seen(*seen, item.changed)?;
            if protocol.is_some_and(|id| !item.protocols.contains(&id)) {
                return Err(Refusal::NotItsProtocol);
            }
            let from = view.now().wall_ms;
            drafts.push(
                ScheduleSet { tag: item.tag, protocol: *protocol, schedule: wanted.clone(), from },
                Vec::new(),
            );
            Ok(())
        }
        Command::ChangeFacility(wanted) => {
            require_seen(wanted.seen, view.facility().settings.changed)?;
            drafts.push(settings(wanted)?, Vec::new());
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Whether a schedule's numbers are in their ranges.
pub(super) fn schedule(wanted: &Schedule) -> Result<(), Refusal> {
    let cause = match wanted {
        Schedule::Hours { n } if !(1..=8_760).contains(n) => RefusalCause::ScheduleHours,
        Schedule::Days { n } if !(1..=366).contains(n) => RefusalCause::ScheduleDays,
        Schedule::Weeks { n } if !(1..=52).contains(n) => RefusalCause::ScheduleWeeks,
        Schedule::Times { at } if at.is_empty() || at.len() > 48 => RefusalCause::ScheduleTimes,
        Schedule::Times { at } if !at.is_sorted_by(|a, b| a < b) => RefusalCause::ScheduleOrder,
        Schedule::Use { grace_s } if !(60..=604_800).contains(grace_s) => RefusalCause::ScheduleUse,
        _ => return Ok(()),
    };
    Err(Refusal::Range { field: "schedule", cause })
}

fn publish(new: &NewProtocol, view: &dyn View, drafts: &mut Drafts<'_>) -> Result<(), Refusal> {
    let (protocol, version) = match new.protocol {
        None => (ProtocolId::new(view.now().wall_ms, drafts.random.bytes()), 1),
        Some(id) => {
            let known = view.facility().protocols.get(&id).ok_or(Refusal::UnknownProtocol(id))?;
            (id, known.version.saturating_add(1))
        }
    };
    if new.steps.is_empty() || new.steps.len() > STEPS_MAX {
        return Err(Refusal::Range { field: "steps", cause: RefusalCause::StepCount });
    }
    if new.contact_s.is_some_and(|s| s == 0 || s > CONTACT_S_MAX) {
        return Err(Refusal::Range { field: "contact_s", cause: RefusalCause::ContactTime });
    }
    if new.agents.len() > 10 {
        return Err(Refusal::Range { field: "agents", cause: RefusalCause::AgentCount });
    }
    let step = |s: &Step| {
        Ok(Step { text: text::name("steps", &s.text, RefusalCause::StepText)?, required: s.required })
    };
    let agent = |a: &Agent| {
        let name = text::name("agent", &a.name, RefusalCause::AgentName)?;
        Ok(Agent { name, epa: text::line("agent", &a.epa)?, dilution: text::line("agent", &a.dilution)? })
    };
    let published = ProtocolPublished {
        protocol,
        version,
        name: text::name("name", &new.name, RefusalCause::ProtocolName)?,
        steps: new.steps.iter().map(step).collect::<Result<_, Refusal>>()?,
        contact_s: new.contact_s,
        declared: new.declared,
        agents: new.agents.iter().map(agent).collect::<Result<_, Refusal>>()?,
        minutes: new.minutes.filter(|m| *m > 0),
        ppe: text::line("ppe", &new.ppe)?,
        ifu: text::line("ifu", &new.ifu)?,
    };
    drafts.push(published, Vec::new());
    Ok(())
}

fn settings(wanted: &Settings) -> Result<FacilityChanged, Refusal> {
    let zone = wanted.zone.as_deref().map(|zone| {
        let known = jiff::tz::TimeZone::get(zone).is_ok();
        let cause = RefusalCause::TimeZone;
        if known { Ok(zone.to_owned()) } else { Err(Refusal::Range { field: "zone", cause }) }
    });
    if wanted.undo_min.is_some_and(|m| m > 24 * 60) {
        return Err(Refusal::Range { field: "undo_min", cause: RefusalCause::UndoTime });
    }
    if wanted.pin_proof_min.is_some_and(|m| m > PIN_PROOF_MIN_MAX) {
        return Err(Refusal::Range { field: "pin_proof_min", cause: RefusalCause::PinProofTime });
    }
    Ok(FacilityChanged {
        name: wanted
            .name
            .as_deref()
            .map(|n| text::name("name", n, RefusalCause::FacilityName))
            .transpose()?,
        zone: zone.transpose()?,
        label_host: wanted.label_host.as_deref().map(label_host).transpose()?,
        allow_unattributed: wanted.allow_unattributed,
        undo_min: wanted.undo_min,
        contact: wanted.contact.as_deref().map(|c| text::line("contact", c)).transpose()?,
        pin_proof_min: wanted.pin_proof_min,
    })
}

/// `HTTP://HOST[:PORT]` in upper case: a label's code then fits QR's alphanumeric mode.
fn label_host(typed: &str) -> Result<String, Refusal> {
    let upper = text::line("label_host", typed)?.trim_end_matches('/').to_ascii_uppercase();
    let host = upper.strip_prefix("HTTPS://").or_else(|| upper.strip_prefix("HTTP://")).unwrap_or_default();
    let fits = !host.is_empty() && host.len() <= 60;
    if fits && host.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':')) {
        Ok(upper)
    } else {
        Err(Refusal::Range { field: "label_host", cause: RefusalCause::LabelHost })
    }
}
