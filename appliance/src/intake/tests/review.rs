//! What keeps a cleaning from being recorded, said all at once and one by one.

use super::*;

#[test]
fn a_review_says_all_that_a_record_would_be_refused_for_one_by_one() {
    let mut world = World::new();
    let protocol = world.protocol();
    let tag = world.item(vec![protocol], PhotoPolicy::Required);
    let form = CleaningForm {
        steps: Some(vec![1]),
        proof: ProofDemand::Required,
        lot: "9".repeat(41),
        performed_ms: Some(world.now.wall_ms + 3_600_000),
        ..CleaningForm::plain(tag, " ")
    };
    let found = review_cleaning(&form, &world.facility, &world.now);
    let expected = [
        CommandRefusal::Needed { field: "cleaned_by", cause: RefusalCause::OwnName },
        CommandRefusal::StepsMissing(vec![2]),
        CommandRefusal::NotWetted,
        CommandRefusal::PhotoMissing,
        CommandRefusal::Range { field: "performed_at", cause: RefusalCause::PerformedAhead },
        CommandRefusal::TooLong { field: "lot", chars_max: 40 },
    ];
    assert_eq!(found, expected);
    assert_eq!(world.clean(form), Err(expected[0].clone()));
    let good =
        CleaningForm { steps: Some(vec![1, 2]), note: "no time".into(), ..CleaningForm::plain(tag, "Maria") };
    assert_eq!(review_cleaning(&good, &world.facility, &world.now), []);
    world.clean(good.clone()).unwrap();
    let old = CleaningForm { protocol_version: Some(7), ..good };
    assert_eq!(review_cleaning(&old, &world.facility, &world.now), [CommandRefusal::ProtocolChanged]);
}
