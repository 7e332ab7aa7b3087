//! Protocols: what a version of one may say, and taking one out of use.

use std::collections::BTreeMap;

use record::fold::{Equipment, FacilityProtocol, FacilityState, RowVersion, ServiceState};
use record::ids::ProtocolId;
use record::kinds::{
    Agent, PhotoPolicy, ProtocolPublished, ProtocolRetired, ProtocolWords, Schedule, ScheduleSet, Step,
};
use record::limits::{AGENTS_MAX, COMMAND_ENTRIES_MAX, STEPS_MAX};

use crate::intake::{
    CommandRefusal, Drafts, LanguageRefusal, NewProtocol, RefusalCause, StateView, require_seen, text,
};

/// A day of contact time: longer is a mistake.
const CONTACT_S_MAX: u32 = 86_400;
/// A year for which an item stays clean: nothing asks for more.
const HANG_H_MAX: u16 = 8_760;
/// A week between use and cleaning: longer is no delay any more.
const DELAY_MIN_MAX: u16 = 10_080;
/// Characters of the revision of a manufacturer's instructions.
const REVISION_CHARS_MAX: usize = 60;

/// Languages that a protocol may be translated to: those of the pages that show it.
pub const TRANSLATION_LANGUAGES: [&str; 2] = ["en", "es"];

/// The protocols by which an item is cleaned as they are offered at a time, in the versions that are in force then: those for
/// its class first, and none that was retired.
pub fn offered_protocols<'a>(
    facility: &'a FacilityState,
    item: &Equipment,
    at_ms: i64,
) -> Vec<&'a ProtocolPublished> {
    let own = item.facts.protocols.iter().filter_map(|id| facility.protocols.get(id));
    let mut offered: Vec<_> = own.filter(|own| !own.retired).map(|own| own.in_force(at_ms)).collect();
    offered.sort_by_key(|protocol| protocol.class != Some(item.facts.class));
    offered
}

pub(in crate::intake) fn publish_protocol(
    new: &NewProtocol,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let known = new.protocol.map(|id| find_known(id, view)).transpose()?;
    if let Some(known) = known {
        require_seen(new.seen, known.changed)?;
    }
    check_ranges(new)?;
    let (approved, texts) = match text::check_line("approved", &new.approved)?.as_str() {
        "" => (None, Vec::new()),
        approver => drafts.text(approver).map(|(approved, text)| (Some(approved), vec![text]))?,
    };
    let published = ProtocolPublished {
        protocol: known.map_or_else(
            || ProtocolId::new(view.now().wall_ms, drafts.random.bytes()),
            |known| known.newest.protocol,
        ),
        version: known.map_or(1, |known| known.newest.version.saturating_add(1)),
        name: text::check_name("name", &new.name, RefusalCause::ProtocolName)?,
        steps: new.steps.iter().map(check_step).collect::<Result<_, _>>()?,
        contact_s: new.contact_s,
        declared: new.declared,
        agents: new.agents.iter().map(check_agent).collect::<Result<_, _>>()?,
        minutes: new.minutes.filter(|m| *m > 0),
        ppe: text::check_line("ppe", &new.ppe)?,
        ifu: text::check_line("ifu", &new.ifu)?,
        class: new.class,
        one_press: new.one_press,
        photo: new.photo,
        photo_one_in: new.photo_one_in,
        hang_h: new.hang_h,
        delay_min: new.delay_min,
        // No page asks for loads yet: what a version says of them stays.
        hld: known.and_then(|known| known.newest.hld.clone()),
        from_pack: new.from_pack.clone().or_else(|| known.and_then(|known| known.newest.from_pack.clone())),
        approved,
        effective: new.effective,
        ifu_rev: text::check_short("ifu_rev", &new.ifu_rev, REVISION_CHARS_MAX)?,
        words: check_translations(new)?,
    };
    drafts.push(published, texts);
    Ok(())
}

fn find_known(id: ProtocolId, view: &dyn StateView) -> Result<&FacilityProtocol, CommandRefusal> {
    let known = view.facility().protocols.get(&id).map(AsRef::as_ref);
    known.ok_or(CommandRefusal::UnknownProtocol(id))
}

fn check_ranges(new: &NewProtocol) -> Result<(), CommandRefusal> {
    let sampled =
        new.photo_one_in.is_some_and(|n| !(2..=100).contains(&n) || new.photo != Some(PhotoPolicy::Optional));
    let (field, cause) = if new.steps.is_empty() || new.steps.len() > STEPS_MAX {
        ("steps", RefusalCause::StepCount)
    } else if new.contact_s.is_some_and(|s| s == 0 || s > CONTACT_S_MAX) {
        ("contact_s", RefusalCause::ContactTime)
    } else if new.agents.len() > AGENTS_MAX {
        ("agents", RefusalCause::AgentCount)
    } else if sampled {
        ("photo_one_in", RefusalCause::PhotoSampling)
    } else if is_out_of_range(new.hang_h, HANG_H_MAX) {
        ("hang_h", RefusalCause::HangTime)
    } else if is_out_of_range(new.delay_min, DELAY_MIN_MAX) {
        ("delay_min", RefusalCause::StartDelay)
    } else {
        return Ok(());
    };
    Err(CommandRefusal::Range { field, cause })
}

fn is_out_of_range(number: Option<u16>, max: u16) -> bool {
    number.is_some_and(|n| n == 0 || n > max)
}

fn check_step(step: &Step) -> Result<Step, CommandRefusal> {
    let text = text::check_name("steps", &step.text, RefusalCause::StepText)?;
    Ok(Step { text, required: step.required })
}

fn check_agent(agent: &Agent) -> Result<Agent, CommandRefusal> {
    Ok(Agent {
        name: text::check_name("agents", &agent.name, RefusalCause::AgentName)?,
        epa: text::check_line("agents", &agent.epa)?,
        dilution: text::check_line("agents", &agent.dilution)?,
    })
}

/// What people read in other languages; one in which nothing is said is none.
fn check_translations(new: &NewProtocol) -> Result<BTreeMap<String, ProtocolWords>, CommandRefusal> {
    let mut checked = BTreeMap::new();
    for (language, words) in new.words.iter().filter(|(_, words)| **words != ProtocolWords::default()) {
        if !TRANSLATION_LANGUAGES.contains(&language.as_str()) {
            return Err(refuse_words(LanguageRefusal::Translation));
        }
        if words.steps.len() != new.steps.len() {
            return Err(refuse_words(LanguageRefusal::Steps));
        }
        let words = ProtocolWords {
            name: text::check_line("words", &words.name)?,
            steps: words
                .steps
                .iter()
                .map(|text: &String| text::check_name("words", text, RefusalCause::StepText))
                .collect::<Result<_, _>>()?,
            ppe: text::check_line("words", &words.ppe)?,
        };
        checked.insert(language.clone(), words);
    }
    Ok(checked)
}

fn refuse_words(refusal: LanguageRefusal) -> CommandRefusal {
    CommandRefusal::Range { field: "words", cause: RefusalCause::Language(refusal) }
}

/// Takes a protocol out of use; what was due by it is due by it no more.
pub(in crate::intake) fn retire_protocol(
    id: ProtocolId,
    reason: &str,
    seen: Option<RowVersion>,
    view: &dyn StateView,
    drafts: &mut Drafts<'_>,
) -> Result<(), CommandRefusal> {
    let known = find_known(id, view)?;
    require_seen(seen, known.changed)?;
    if known.retired {
        return Err(CommandRefusal::AlreadySo(RefusalCause::RetiredProtocol));
    }
    let items = view.facility().equipment.values().map(AsRef::as_ref).filter(|item: &&Equipment| {
        item.service != ServiceState::Retired && item.schedule(Some(id)).is_some()
    });
    let due: Vec<&Equipment> = items.collect();
    if due.len() >= COMMAND_ENTRIES_MAX {
        return Err(CommandRefusal::Range { field: "protocol", cause: RefusalCause::ProtocolItems });
    }
    let (reason, texts) = drafts.optional_text("reason", reason)?;
    drafts.push(ProtocolRetired { protocol: id, reason }, texts);
    let from = view.now().wall_ms;
    for item in due {
        let ended = ScheduleSet { tag: item.tag, protocol: Some(id), schedule: Schedule::Never, from };
        drafts.push(ended, Vec::new());
    }
    Ok(())
}
