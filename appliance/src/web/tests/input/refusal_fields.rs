//! What intake refuses is said beside a field that the form really has, whichever field the refusal names.

use std::collections::BTreeSet;

use record::fold::RowVersion;
use record::ids::{Epoch, UpkeepId};
use record::kinds::{EntryRef, ProofMethod, TEXT_FACTS};

use crate::intake::{CommandRefusal, CustomFieldRule, ItemRefusal, RefusalCause};
use crate::web::form_page::RefusedField;
use crate::web::pages::{equipment, facility, people, protocols, register, tags};
use crate::web::tests::*;

const SOURCES: [&str; 20] = [
    include_str!("../../../intake/command.rs"),
    include_str!("../../../intake/equipment/custom_fields.rs"),
    include_str!("../../../intake/equipment/items.rs"),
    include_str!("../../../intake/equipment/lists.rs"),
    include_str!("../../../intake/equipment/tags.rs"),
    include_str!("../../../intake/equipment/upkeep.rs"),
    include_str!("../../../intake/facility/clock.rs"),
    include_str!("../../../intake/facility/protocols.rs"),
    include_str!("../../../intake/facility/settings.rs"),
    include_str!("../../../intake/mod.rs"),
    include_str!("../../../intake/people/attribution.rs"),
    include_str!("../../../intake/people/competency.rs"),
    include_str!("../../../intake/people/staff.rs"),
    include_str!("../../../intake/records/check.rs"),
    include_str!("../../../intake/records/cleaning.rs"),
    include_str!("../../../intake/records/cleaning_facts.rs"),
    include_str!("../../../intake/records/problem.rs"),
    include_str!("../../../intake/records/review.rs"),
    include_str!("../../../intake/records/uses.rs"),
    include_str!("../../../intake/text.rs"),
];

/// Fields that intake names and that are in no form with a definition, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("agent", "the scan page; programs say it of protocols and cleanings"),
    ("cleaned_by", "the scan page"),
    ("notes", "the scan page"),
    ("ended_at", "programs only: phones choose how long ago it was"),
    ("performed_at", "programs only: a time that is not now"),
    ("reason", "a page that asks for nothing else"),
    ("renamed_from", "programs, and forms where it is hidden: the name before"),
    ("schedule", "as `every`, `number` and `times`"),
    ("what", "the page on which anybody reports a problem"),
    ("words", "as the steps of a language"),
];

/// The names of fields in a source: after `field:`, and as the first argument of what checks a text.
fn named_fields(source: &str) -> BTreeSet<&str> {
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let mut names = BTreeSet::new();
    for start in ["field: \"", "refuse_range(\"", "name(\"", "line(\"", "note(\"", "optional_text(\""] {
        let rest = code.split(start).skip(1);
        names.extend(rest.filter_map(|rest| rest.split('"').next()));
    }
    names
}

/// One of each refusal, and of those that name their field one a field.
fn list_refusals(fields: &BTreeSet<&'static str>) -> Vec<CommandRefusal> {
    let of = EntryRef { epoch: Epoch { n: 1, key: [0; 4] }, seq: 1 };
    let tag: Tag = "ABCDEFGH3".parse().unwrap();
    let mut all = vec![
        CommandRefusal::UnknownTag(tag),
        CommandRefusal::Retired { name: "Pump".into() },
        CommandRefusal::TagTaken(tag),
        CommandRefusal::Code(record::code::ScannedCodeError::Length),
        CommandRefusal::CodeTaken { code: "BME-1".into(), name: "Pump".into() },
        CommandRefusal::CodeUnconfirmed(crate::intake::CodeQuestion::TradeItemNumber),
        CommandRefusal::AlreadySo(RefusalCause::Item(ItemRefusal::InService)),
        CommandRefusal::UnknownProtocol(ProtocolId::new(1, [1; 10])),
        CommandRefusal::UnknownUpkeep(UpkeepId::new(1, [1; 10])),
        CommandRefusal::NotItsProtocol,
        CommandRefusal::ProtocolChanged,
        CommandRefusal::Changed { now: RowVersion::default() },
        CommandRefusal::UnknownStaff(StaffId::new(1, [1; 10])),
        CommandRefusal::UnknownCleaning { of },
        CommandRefusal::SharedNumber { of },
        CommandRefusal::AlreadyVoided,
        CommandRefusal::UndoOver,
        CommandRefusal::OwnField { label: "Side".into(), rule: CustomFieldRule::Needed },
        CommandRefusal::StepsMissing(vec![1]),
        CommandRefusal::UnknownStep(1),
        CommandRefusal::StillWet { left_s: 1 },
        CommandRefusal::NotWetted,
        CommandRefusal::ProofMissing { needed: ProofMethod::Pin },
        CommandRefusal::PhotoMissing,
        CommandRefusal::TooManyPhotos,
        CommandRefusal::KeyReused,
        CommandRefusal::KeyForm,
        CommandRefusal::NotAllowed(RefusalCause::OwnRole),
        CommandRefusal::UnknownProblem { of },
        CommandRefusal::ReportsSpent,
    ];
    for field in fields.iter().copied() {
        all.push(CommandRefusal::Needed { field, cause: RefusalCause::Reason });
        all.push(CommandRefusal::TooLong { field, chars_max: 1 });
        all.push(CommandRefusal::Character { field, code: 7 });
        all.push(CommandRefusal::Range { field, cause: RefusalCause::UseEnd });
    }
    all
}

/// A place for each kind of refusal: a new one does not compile until it has one.
fn kind_of(refusal: &CommandRefusal) -> usize {
    match refusal {
        CommandRefusal::UnknownTag(_) => 0,
        CommandRefusal::Retired { .. } => 1,
        CommandRefusal::TagTaken(_) => 2,
        CommandRefusal::AlreadySo(_) => 3,
        CommandRefusal::UnknownProtocol(_) => 4,
        CommandRefusal::NotItsProtocol => 5,
        CommandRefusal::ProtocolChanged => 6,
        CommandRefusal::Changed { .. } => 7,
        CommandRefusal::UnknownStaff(_) => 8,
        CommandRefusal::UnknownCleaning { .. } => 9,
        CommandRefusal::SharedNumber { .. } => 10,
        CommandRefusal::AlreadyVoided => 11,
        CommandRefusal::UndoOver => 12,
        CommandRefusal::Needed { .. } => 13,
        CommandRefusal::TooLong { .. } => 14,
        CommandRefusal::Character { .. } => 15,
        CommandRefusal::Range { .. } => 16,
        CommandRefusal::StepsMissing(_) => 17,
        CommandRefusal::UnknownStep(_) => 18,
        CommandRefusal::StillWet { .. } => 19,
        CommandRefusal::NotWetted => 20,
        CommandRefusal::PhotoMissing => 21,
        CommandRefusal::TooManyPhotos => 22,
        CommandRefusal::KeyReused => 23,
        CommandRefusal::KeyForm => 24,
        CommandRefusal::NotAllowed(_) => 25,
        CommandRefusal::UnknownProblem { .. } => 26,
        CommandRefusal::ReportsSpent => 27,
        CommandRefusal::UnknownUpkeep(_) => 28,
        CommandRefusal::OwnField { .. } => 29,
        CommandRefusal::Code(_) => 30,
        CommandRefusal::CodeTaken { .. } => 31,
        CommandRefusal::ProofMissing { .. } => 32,
        CommandRefusal::CodeUnconfirmed(_) => 33,
    }
}

fn list_forms() -> impl Iterator<Item = RefusedField> {
    let all = [
        equipment::REFUSED_FIELDS,
        people::REFUSED_FIELDS,
        facility::REFUSED_FIELDS,
        protocols::REFUSED_FIELDS,
        register::REFUSED_FIELDS,
        tags::REFUSED_FIELDS,
    ];
    all.into_iter().flatten().copied()
}

#[test]
fn every_field_of_a_refusal_is_a_field_of_the_form_that_shows_it() {
    let facts = TEXT_FACTS.iter().map(|fact| fact.name);
    let fields: BTreeSet<&'static str> = SOURCES.into_iter().flat_map(named_fields).chain(facts).collect();
    for expected in ["name", "undo_min", "reason", "cleaned_by", "serial", "schedule"] {
        assert!(fields.contains(expected), "the sources are not read rightly: {fields:?}");
    }
    let all = list_refusals(&fields);
    let kinds: BTreeSet<usize> = all.iter().map(kind_of).collect();
    assert_eq!(kinds, (0..34).collect(), "one of each kind is tried");
    for refusal in &all {
        for (form, find) in list_forms() {
            let own = refusal.field().filter(|field| form.find_field(field).is_some());
            match find(refusal) {
                Some(at) => {
                    assert!(form.find_field(at).is_some(), "{refusal:?} at {at} of {}", form.name);
                }
                // A page of its own says it, in the layout of the area.
                None => assert_eq!(own, None, "{refusal:?} has a field in {}", form.name),
            }
        }
    }
    for field in &fields {
        let is_of_form = list_forms().any(|(form, _)| form.find_field(field).is_some());
        let is_elsewhere = ELSEWHERE.iter().any(|(name, _)| name == field);
        assert!(is_of_form || is_elsewhere, "{field} is in no form and has no reason");
    }
    for (name, _) in ELSEWHERE {
        assert!(fields.contains(name), "intake names no field {name}");
    }
}

#[tokio::test]
async fn a_refusal_that_no_field_is_about_has_a_page_of_its_own() {
    let world = World::new().await;
    let tom = crate::web::tests::staff::staff_pages::desk(&world, StaffRole::FacilityAdmin).await;
    let edit = format!("/staff/equipment/{}/edit", world.pump);
    let page = tom.get(&edit).await;
    let (seen, token) = (page.hidden("seen"), page.hidden("form"));
    world.give(Command::RetireEquipment { tag: world.pump, reason: String::new(), seen: None }).await;
    let fields = [
        ("seen", seen.as_str()),
        ("name", "Pump"),
        ("location", ""),
        ("asset_number", ""),
        ("serial", ""),
        ("maker", ""),
        ("model", ""),
        ("category", ""),
        ("class", "noncritical"),
        ("protocol", ""),
        ("further", ""),
        ("grace", ""),
        ("photo", "none"),
        ("every", "never"),
        ("photo_one_in", ""),
        ("loan_until", ""),
        ("loan_owner", ""),
        ("custom", ""),
        ("number", ""),
        ("times", ""),
    ];
    tom.post(&edit, &token, &fields).await.is(409).has("was retired").has("Back to the item").has_not("#tag");
}
