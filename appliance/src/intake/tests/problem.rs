//! Reports of problems: who is heard, what they change, how many.

use super::*;

fn problem(tag: Tag, who: ClaimedCleaner) -> Command {
    let what = Some(record::kinds::ProblemWord::Broken);
    Command::ReportProblem(Box::new(ProblemForm {
        tag,
        what,
        text: "screen cracked".to_owned(),
        photos: Vec::new(),
        who,
        pin_ago_s: None,
    }))
}

fn nobody() -> ClaimedCleaner {
    ClaimedCleaner::Entered(String::new())
}

#[test]
fn a_report_suspends_only_where_the_facility_wants_that_of_it() {
    use record::kinds::ProblemPolicy::{Anyone, Proven, Tell};
    for (policy, by_anybody, by_proven) in [
        (None, false, false),
        (Some(Tell), false, false),
        (Some(Proven), false, true),
        (Some(Anyone), true, true),
    ] {
        let mut world = World::new();
        let tag = world.item(Vec::new(), PhotoPolicy::Optional);
        let new = NewStaff::named("Ada", StaffRole::Technician);
        world.tell(Command::AddStaff(new)).unwrap();
        let ada = *world.facility.staff.keys().next().unwrap();
        let settings = SettingsChange { problem: policy.clone(), ..SettingsChange::default() };
        world.tell(Command::ChangeFacility(Box::new(settings))).unwrap();
        for (who, suspends) in [(nobody(), by_anybody), (ClaimedCleaner::Pin(ada), by_proven)] {
            world.ask(by(CommandSource::Phone), None, problem(tag, who)).unwrap();
            let open = world.facility.activity[&tag].problems.last().unwrap().report.of;
            let Event::EquipmentSuspended(out) = world.last() else {
                assert!(!suspends, "{policy:?}");
                assert!(matches!(world.last(), Event::ProblemReported(_)));
                continue;
            };
            assert!(suspends, "{policy:?}");
            assert_eq!(out.problem, Some(open));
            let closing = || ProblemClosing { outcome: None, text: "screen replaced".to_owned() };
            let back = |closing| Command::ResumeEquipment { tag, closing, seen: None };
            assert_eq!(world.tell(back(closing())).unwrap_err().field(), Some("outcome"));
            let outcome = Some(ProblemOutcome::Fixed);
            world.tell(back(ProblemClosing { outcome, ..closing() })).unwrap();
            assert!(world.facility.activity[&tag].problems.is_empty());
            assert!(matches!(world.last(), Event::EquipmentResumed(b) if b.text.is_some()));
        }
    }
}

#[test]
fn one_phone_cannot_flood_with_reports() {
    let mut world = World::new();
    let items = [0; 3].map(|_| world.item(Vec::new(), PhotoPolicy::Optional));
    let phone = |n| EntryAuthor { device: Some(DeviceId::of_secret(&[n; 32])), ..by(CommandSource::Phone) };
    for tag in [items[0], items[0], items[0]] {
        world.ask(phone(1), None, problem(tag, nobody())).unwrap();
    }
    let third = world.facility.activity[&items[0]].problems[2].report.of;
    world.ask(phone(2), None, problem(items[0], nobody())).unwrap();
    assert!(matches!(world.last(), Event::ProblemReported(more) if more.also == Some(third)));
    assert_eq!(world.facility.activity[&items[0]].problems.len(), 3);
    for tag in [items[1], items[1]] {
        world.ask(phone(1), None, problem(tag, nobody())).unwrap();
    }
    assert_eq!(world.ask(phone(1), None, problem(items[2], nobody())), Err(CommandRefusal::ReportsSpent));
    world.ask(phone(2), None, problem(items[2], nobody())).unwrap();
    world.pass(3_600_001);
    world.ask(phone(1), None, problem(items[2], nobody())).unwrap();
    let of = world.facility.activity[&items[1]].problems[0].report.of;
    let close = |outcome| {
        let closing = ProblemClosing { outcome, text: String::new() };
        Command::CloseProblem { of, closing }
    };
    let refused = world.ask(phone(1), None, close(Some(ProblemOutcome::NoFault)));
    assert!(matches!(refused, Err(CommandRefusal::NotAllowed(_))), "a phone closes nothing");
    assert_eq!(world.tell(close(None)).unwrap_err().field(), Some("outcome"));
    world.tell(close(Some(ProblemOutcome::NoFault))).unwrap();
    assert_eq!(world.tell(close(Some(ProblemOutcome::NoFault))), Err(CommandRefusal::UnknownProblem { of }));
    let retire = Command::RetireEquipment { tag: items[0], reason: "worn".to_owned(), seen: None };
    world.tell(retire).unwrap();
    assert!(world.facility.activity[&items[0]].problems.is_empty(), "nobody has to close them one by one");
    let unknown = ProblemForm {
        tag: items[1],
        what: Some("on fire".parse().unwrap()),
        text: String::new(),
        photos: Vec::new(),
        who: nobody(),
        pin_ago_s: None,
    };
    let refused = world.tell(Command::ReportProblem(Box::new(unknown))).unwrap_err();
    assert_eq!(refused.field(), Some("what"));
}
