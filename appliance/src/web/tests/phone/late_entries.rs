//! Cleanings that were written on paper and are entered later: they say so, and say before that they will not count.

use record::kinds::{CleanedBy, MissingPart, NameSource, ProofMethod, WhoPolicy};

use crate::intake::{SettingsChange, methods_from};
use crate::web::tests::staff::staff_pages::{Desk, desk, person};
use crate::web::tests::*;

async fn enter(tom: &Desk<'_>, fields: &[(&str, &str)]) -> Answer {
    let path = format!("/staff/equipment/{}/late", tom.world.pump);
    let token = tom.get(&path).await.is(200).hidden("form");
    tom.post(&path, &token, fields).await
}

#[tokio::test]
async fn a_cleaning_from_paper_is_a_late_entry() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    tom.get(&item).await.has("Enter a cleaning from paper");
    tom.get(&format!("{item}/late")).await.has("Tom Nguyen").has("1 Gloves on · 2 Wipe off visible soil");
    let paper = [
        ("performed_at", "2026-11-20 09:30"),
        ("cleaned_by", "Maria Alvarez"),
        ("contact", "3:10"),
        ("notes", "The box was off"),
        ("all_steps", "1"),
    ];
    let to = enter(&tom, &paper).await.is(303).location();
    assert_eq!(to, format!("{item}#history"));
    let cleaning = world.cleaning();
    assert_eq!((cleaning.steps, cleaning.contact.unwrap().stated_s), (Some(vec![1, 2, 3]), Some(190)));
    assert_eq!(cleaning.performed, Some(NOW - 4 * 3_600_000 - 34 * 60_000 - 31_000));
    tom.get(&item).await.has("Late entry").has("Maria Alvarez").has("The box was off");
}

#[tokio::test]
async fn a_name_of_the_list_on_paper_is_that_of_the_list() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada Lovelace", StaffRole::Technician, "1111").await;
    let methods = Some(methods_from(&ProofMethod::List));
    let who = WhoPolicy { noncritical: methods, ..WhoPolicy::default() };
    let settings = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let paper = |name| {
        [
            ("performed_at", "2026-11-20 09:30"),
            ("cleaned_by", name),
            ("contact", "3:10"),
            ("notes", "The box was off"),
            ("all_steps", "1"),
        ]
    };
    enter(&tom, &paper(" ada lovelace")).await.is(303);
    let cleaning = world.cleaning();
    let CleanedBy::Entered { staff, how, .. } = cleaning.who else { panic!() };
    assert_eq!((staff, how), (Some(ada), Some(NameSource::List)));
    assert!(!cleaning.incomplete.contains(&MissingPart::Who));
    let entry = world.state.store.reader().unwrap().entry(world.size() - 1).unwrap().unwrap();
    assert!(entry.head().by.staff.is_some_and(|staff| staff != ada), "whoever entered it");
    // Another paper at the same time, of somebody whom the list does not name, or names twice.
    person(&world, "Ada Lovelace", StaffRole::Technician, "2222").await;
    for name in ["Ada Lovelace", "Maria Alvarez"] {
        enter(&tom, &paper(name)).await.is(303);
        assert!(matches!(world.cleaning().who, CleanedBy::Entered { staff: None, how: None, .. }), "{name}");
        assert!(world.cleaning().incomplete.contains(&MissingPart::Who), "{name}");
    }
}

#[tokio::test]
async fn what_will_not_count_is_said_before() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let paper = [
        ("performed_at", "2026-11-16 09:30"),
        ("cleaned_by", "Maria Alvarez"),
        ("notes", "Found in a drawer"),
        ("all_steps", "1"),
    ];
    let size = world.size();
    enter(&tom, &paper).await.is(422).has("does not count").has("Found in a drawer");
    assert_eq!(world.size(), size, "nothing is recorded");
    enter(&tom, &[&paper[..], &[("uncounted", "1")]].concat()).await.is(303);
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn what_cannot_be_on_a_paper_is_said_beside_its_field() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let size = world.size();
    let good =
        [("performed_at", "2026-11-20 09:30"), ("cleaned_by", "Maria"), ("notes", "x"), ("steps", "1")];
    for (name, value, words) in [
        ("performed_at", "", "When it was done"),
        ("performed_at", "yesterday", "Enter day and time as on the paper"),
        ("performed_at", "2026-02-30 10:00", "Enter day and time as on the paper"),
        ("performed_at", "2026-03-08 02:30", "this time did not exist"),
        ("performed_at", "2026-11-24 09:30", "in the future"),
        ("steps", "4", "Enter numbers of steps from 1 to 3"),
        ("steps", "all", "Enter numbers of steps from 1 to 3"),
        ("contact", "3", "How long it was wet: enter minutes and seconds"),
        ("notes", "", "Say why it comes late"),
        ("cleaned_by", "", "Enter your name"),
    ] {
        let others = good.iter().copied().filter(|(field, _)| *field != name);
        let fields: Vec<(&str, &str)> = others.chain([(name, value), ("uncounted", "1")]).collect();
        enter(&tom, &fields).await.is(422).has(words);
    }
    assert_eq!(world.size(), size, "nothing is recorded");
}
