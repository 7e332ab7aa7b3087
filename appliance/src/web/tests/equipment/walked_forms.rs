//! Forms of items, schedules, people and the facility: each field that can be set can be seen, changed and cleared.

use super::editing::{form_of, send, value_of, with};
use super::item_facts::add_protocol;
use super::register::{FormStep, WalkedForm, one_by_one};
use crate::web::pages::{equipment, facility, people};
use crate::web::tests::staff::staff_pages::{Desk, desk, person};
use crate::web::tests::*;

pub(in crate::web::tests) const DAYS: [&str; 7] =
    ["on_monday", "on_tuesday", "on_wednesday", "on_thursday", "on_friday", "on_saturday", "on_sunday"];

pub(in crate::web::tests) fn enter_due() -> Vec<FormStep> {
    let mut entered = Vec::new();
    for day in DAYS {
        entered.extend(one_by_one(&[(day, "1")]));
        let other = if day == "on_monday" { "on_sunday" } else { "on_monday" };
        entered.push(vec![(other, "1".to_owned()), (day, String::new())]);
        entered.extend(one_by_one(&[(other, "")]));
    }
    for times in ["07:00", "07:00, 19:00"] {
        entered.push(vec![("every", "times".to_owned()), ("times", times.to_owned())]);
    }
    for grace in ["1:30", "12:00"] {
        entered.push(vec![("every", "use".to_owned()), ("grace", grace.to_owned())]);
    }
    entered
}

fn due_steps() -> [Vec<FormStep>; 2] {
    let mut entered = one_by_one(&[("number", "7"), ("number", "1")]);
    entered.extend(enter_due());
    entered.push(vec![("every", "weeks".to_owned()), ("number", "2".to_owned())]);
    let mut cleared: Vec<FormStep> = DAYS.iter().map(|day| vec![(*day, String::new())]).collect();
    let never = [("every", "never"), ("number", ""), ("times", ""), ("grace", "")];
    cleared.push(never.map(|(name, value)| (name, value.to_owned())).to_vec());
    [entered, cleared]
}

fn named(forms: &[&'static ::web::form::FormDefinition], name: &str) -> &'static ::web::form::FormDefinition {
    forms.iter().find(|form| form.name == name).unwrap()
}

#[tokio::test]
async fn each_field_of_a_schedule() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = format!("/staff/equipment/{}/schedule", world.pump);
    let [entered, cleared] = due_steps();
    let definition = named(equipment::FORMS, "schedule");
    WalkedForm { definition, page, entered, cleared }.walk(&tom).await;
}

#[tokio::test]
async fn each_field_of_an_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let protocol = world.state.store.facility().protocols.keys().next().unwrap().to_string();
    let further = add_protocol(&world, "Soak").await.to_string();
    let [mut entered, mut cleared] = due_steps();
    let mut lines = Vec::new();
    for name in ["name", "location", "asset_number", "serial", "maker", "model", "category"] {
        lines.extend([(name, "One"), (name, "Another")]);
    }
    lines.extend([("class", "semicritical"), ("class", "critical")]);
    lines.extend([("loan_until", "2026-12-31"), ("loan_until", "2027-01-31")]);
    lines.extend([("loan_owner", "Acme"), ("loan_owner", "Acme rental")]);
    lines.extend([("custom", "Side | left"), ("custom", "Side | right")]);
    lines.extend([("photo", "optional"), ("photo_one_in", "10"), ("photo_one_in", "100")]);
    entered.extend(one_by_one(&lines));
    entered.push(vec![("protocol", String::new()), ("single_use", "1".to_owned())]);
    entered.push(vec![("single_use", String::new()), ("protocol", protocol)]);
    entered.extend(one_by_one(&[("further", &further), ("further", ""), ("further", &further)]));
    let empty = ["location", "asset_number", "serial", "maker", "model", "category", "loan_owner"];
    cleared.extend(one_by_one(&empty.map(|name| (name, ""))));
    cleared.extend(one_by_one(&[("class", "noncritical"), ("loan_until", ""), ("custom", "")]));
    cleared.extend(one_by_one(&[("photo_one_in", ""), ("photo", "none"), ("further", ""), ("protocol", "")]));
    cleared.extend(one_by_one(&[("single_use", "")]));
    let page = format!("/staff/equipment/{}/edit", world.pump);
    let definition = named(equipment::FORMS, "equipment");
    WalkedForm { definition, page, entered, cleared }.walk(&tom).await;
    let left = world.state.store.facility().equipment[&world.pump].clone();
    assert_eq!(
        (left.facts.name.as_str(), &left.facts.loan, left.facts.photo_one_in),
        ("Another", &None, None)
    );
    assert!(left.facts.custom.is_empty() && left.facts.protocols.is_empty(), "{left:?}");
}

#[tokio::test]
async fn each_field_of_the_facility_and_of_a_person() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let entered = one_by_one(&[
        ("name", "Linden Valley"),
        ("name", "Elm Valley"),
        ("zone", "Europe/Berlin"),
        ("zone", "America/New_York"),
        ("contact", "ext. 1"),
        ("contact", "ext. 2"),
        ("undo_min", "0"),
        ("undo_min", "1440"),
        ("pin_proof_min", "0"),
        ("pin_proof_min", "60"),
        ("allow_unattributed", "1"),
        ("allow_unattributed", ""),
        ("problem", "anyone"),
        ("problem", "proven"),
        ("competency", "off"),
        ("competency", "refuse"),
        ("queued", "incomplete"),
        ("queued", "count"),
        ("retain_years", "1"),
        ("retain_years", "99"),
        ("locale", "en-gb"),
        ("locale", "es-mx"),
        ("languages", "es"),
        ("languages", "en"),
        ("who_noncritical", "typed"),
        ("who_noncritical", "list"),
        ("who_semicritical", "list"),
        ("who_semicritical", "badge"),
        ("who_critical", "none"),
        ("who_critical", "pin"),
        ("label_host", "HTTPS://CLEAN.EXAMPLE"),
        ("label_host", "HTTP://10.0.0.7"),
        ("brand_name", "Linden"),
        ("brand_name", "Elm"),
        ("brand_colour", "#0b5d5e"),
        ("brand_colour", "#7f1a14"),
        ("inspection_day", "2027-03-01"),
        ("inspection_day", "2027-03-02"),
        ("inspection_title", "Joint Commission"),
        ("inspection_title", "State"),
        ("survey", "2024-02-29"),
        ("survey", "2025-01-31"),
        ("shifts", "07:00"),
        ("shifts", "07:00, 15:00, 23:00"),
    ]);
    // A facility has a name and a zone, and labels an address, for good.
    let cleared = one_by_one(&[
        ("name", "Linden Valley"),
        ("zone", "America/Chicago"),
        ("contact", ""),
        ("allow_unattributed", ""),
        ("problem", "tell"),
        ("competency", "warn"),
        ("who_noncritical", "default"),
        ("who_semicritical", "default"),
        ("who_critical", "default"),
        ("label_host", "HTTP://10.0.0.5"),
        ("queued", "count"),
        ("locale", "default"),
        ("languages", "all"),
        ("brand_name", ""),
        ("brand_colour", ""),
        ("inspection_title", ""),
        ("inspection_day", ""),
        ("survey", ""),
        ("shifts", ""),
    ]);
    let (definition, page) = (named(facility::FORMS, "settings"), "/staff/box/settings".to_owned());
    WalkedForm { definition, page, entered, cleared }.walk(&admin).await;
    let settings = world.state.store.facility().settings.clone();
    assert_eq!((settings.locale.as_str(), settings.languages.len(), settings.shifts.len()), ("", 0, 0));
    assert_eq!((&settings.brand, &settings.inspection), (&Default::default(), &Default::default()));
    let entered = one_by_one(&[
        ("name", "Ada King"),
        ("name", "Ada L."),
        ("role", "auditor"),
        ("role", "biomed"),
        ("locale", "es"),
        ("locale", "en"),
        ("number", "4410"),
        ("number", "4410-7"),
    ]);
    let (definition, page) = (named(people::FORMS, "person"), format!("/staff/people/{ada}"));
    let cleared = one_by_one(&[("locale", "any"), ("number", "")]);
    WalkedForm { definition, page, entered, cleared }.walk(&admin).await;
    let person = world.state.store.facility().staff[&ada].clone();
    assert_eq!((person.locale.as_str(), person.number.as_str()), ("", ""));
}

/// A remark stays where only the day is changed.
#[tokio::test]
async fn each_field_of_a_sign_off() {
    let world = World::new().await;
    let maria = person(&world, "Maria", StaffRole::Technician, "222222").await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    let page = format!("/staff/sign-offs/{maria}/{protocol}");
    let grant = || world.state.store.facility().competency[&maria].protocols[&protocol];
    let entered = one_by_one(&[
        ("until", "2027-11-24"),
        ("notes", "Watched twice"),
        ("until", "2028-02-29"),
        ("notes", "Watched three times"),
    ]);
    let cleared = vec![vec![("until", String::new())], vec![("notes", String::new())]];
    let definition = named(people::FORMS, "sign-off");
    let walked = WalkedForm { definition, page: page.clone(), entered, cleared: cleared.clone() };
    walked.walk_fields(&tom).await;
    assert_eq!((grant().until, grant().ended), (None, false));
    tom.get(&page).await.is(200).has("Signed off<").has_not("Watched");
    // Fields that one step omits are sent again.
    let entered = vec![vec![("notes", "Watched twice".to_owned())], vec![("until", "2027-11-24".to_owned())]];
    for step in &entered {
        change_fields(&tom, &page, step).await;
    }
    tom.get(&page).await.has("<p translate=\"no\">Watched twice</p>").has("value=\"2027-11-24\"");
    change_fields(&tom, &page, &cleared[0]).await;
    let page_now = tom.get(&page).await;
    page_now.has("<p translate=\"no\">Watched twice</p>").has("name=\"until\" value=\"\"").has("Signed off<");
    // Signing off again is recorded, though nothing else changes.
    let size = world.size();
    change_fields(&tom, &page, &[]).await;
    assert_eq!(world.size(), size + 1);
    // The remark of one that was ended is no remark of the next.
    let end = format!("{page}/end");
    let ended = with(form_of(&tom.get(&end).await, &end), "reason", "Skipped a step");
    send(&tom, &end, &ended).await.is(303);
    let form = form_of(&tom.get(&page).await, &page);
    assert_eq!((value_of(&form, "until"), value_of(&form, "notes")), ("", ""));
}

async fn change_fields(desk: &Desk<'_>, page: &str, step: &[(&str, String)]) {
    let form = form_of(&desk.get(page).await, page);
    let form = step.iter().fold(form, |form, (name, value)| with(form, name, value));
    send(desk, page, &form).await.is(303);
}
