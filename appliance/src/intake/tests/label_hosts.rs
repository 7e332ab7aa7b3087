//! What another address on labels would mean.

use record::kinds::{LabelOutcome, LabelPrinted, PrintedLabel};

use super::*;

#[test]
fn labels_that_carry_another_address_are_counted_before_it_changes() {
    let mut world = World::new();
    let tag = world.item(Vec::new(), PhotoPolicy::None);
    let set = |host: &str| {
        let settings = SettingsChange { label_host: Some(host.into()), ..Default::default() };
        Command::ChangeFacility(Box::new(settings))
    };
    world.tell(set("http://10.0.0.5")).unwrap();
    let own = [std::net::IpAddr::from([10, 0, 0, 5])];
    let weigh = |world: &World, host: &str| {
        weigh_label_host(&world.facility.settings, host, &own).map(|change| change.to_string())
    };
    assert_eq!(weigh(&world, "HTTP://BOX.INTERNAL"), None, "nothing is printed yet");
    let elsewhere = weigh(&world, "HTTP://10.0.0.9:8080").unwrap();
    assert!(elsewhere.contains("does not have the address 10.0.0.9 now"), "{elsewhere}");
    assert_eq!(weigh(&world, "HTTP://127.0.0.1:8080"), None, "a demo on one machine");
    let outcomes = [LabelOutcome::Confirmed, LabelOutcome::Sent, LabelOutcome::Failed, LabelOutcome::Unknown];
    let labels = outcomes.map(|outcome| PrintedLabel { tag, outcome }).to_vec();
    let (job, printer) = (record::ids::JobId::new(1, [1; 10]), "Desk".to_owned());
    let printed = LabelPrinted { job, printer, labels, again: None, reason: None, load: None };
    world.tell(Command::Note(Box::new(printed.into()))).unwrap();
    let moved = weigh(&world, "HTTP://BOX.INTERNAL").unwrap();
    assert!(moved.contains("printed with HTTP://10.0.0.5: 2."), "{moved}");
    assert_eq!(weigh(&world, "http://10.0.0.5/"), None, "the same");
    world.tell(set("http://box.internal")).unwrap();
    assert_eq!(weigh(&world, "HTTP://10.0.0.5"), None, "none carries the name");
}
