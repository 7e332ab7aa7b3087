//! The history of an item: cleanings, uses and whatever else is said about it, in the order of time.

use record::entry::{EntryAuthor, EntryDraft};
use record::redact::PersonalText;

use crate::intake::{CleaningForm, ProblemClosing};
use crate::store::WriteDecision;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

async fn append(world: &World, kind: &str, body: &str, texts: Vec<PersonalText>) {
    let event = Event::read(kind, body);
    let drafts = vec![EntryDraft { by: EntryAuthor::BOX, idem: None, event, texts }];
    world.state.store.submit(|_| WriteDecision::Append { drafts, answer: () }).await.unwrap();
}

async fn each_page(desk: &Desk<'_>, tag: Tag) -> Vec<String> {
    let (mut pages, mut path) = (Vec::new(), format!("/staff/equipment/{tag}"));
    loop {
        pages.push(desk.get(&path).await.is(200).text());
        let older = pages.last().unwrap().split("href=\"").find(|part| part.contains(">Older records<"));
        let Some(older) = older else { return pages };
        path = older.split('"').next().unwrap().to_owned();
    }
}

#[tokio::test]
async fn lines_of_every_sort_are_paged_each_once() {
    let world = World::new().await;
    let (tag, tom) = (world.pump, desk(&world, StaffRole::Biomed).await);
    for round in 0..40 {
        world.clock.advance(std::time::Duration::from_secs(61));
        world.give(Command::RecordCleaning(Box::new(CleaningForm::plain(tag, "Ada")))).await;
        append(&world, "use.recorded", &format!(r#"{{"tag":"{tag}"}}"#), Vec::new()).await;
        world
            .give(Command::SuspendEquipment {
                tag,
                reason: format!("Reason {round}."),
                back: None,
                seen: None,
            })
            .await;
        let closing = ProblemClosing::default();
        world.give(Command::ResumeEquipment { tag, closing, seen: None }).await;
    }
    let pages = each_page(&tom, tag).await;
    let all = pages.concat();
    let count = |title: &str| all.matches(&format!("<strong>{title}</strong>")).count();
    assert!(pages.len() > 3, "{}", pages.len());
    assert_eq!(
        (count("Cleaned"), count("Used"), count("Taken out of service"), count("Back in service")),
        (40, 40, 40, 40)
    );
    for round in 0..40 {
        assert_eq!(all.matches(&format!(">Reason {round}.<")).count(), 1, "{round}");
    }
    let place = |text: &str| all.find(text).unwrap();
    assert!(place(">Reason 39.<") < place(">Reason 38.<"), "newest first");
    assert!(place("<strong>Back in service") < place("<strong>Taken out"), "newest first");
}

#[tokio::test]
async fn what_was_erased_is_shown_as_erased() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let (text, name) = (PersonalText::new("Cable torn", [1; 16]), PersonalText::new("Ada L.", [2; 16]));
    let (text, name) = (text.unwrap(), name.unwrap());
    let [text_hash, name_hash] = [&text, &name].map(|text| text.redactable().hash);
    let photo = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let body = format!(
        r#"{{"tag":"{}","what":"broken","text":{{"redactable":"{text_hash}"}},"photos":["{photo}"],"who":{{"proof":"typed","name":{{"redactable":"{name_hash}"}}}}}}"#,
        world.pump
    );
    append(&world, "problem.reported", &body, vec![text, name]).await;
    let page = tom.get(&item).await;
    page.is(200).has("Problem reported: broken").has("Cable torn").has("Ada L., name typed");
    page.has("1 photo is not on this box");
    for hash in [text_hash, name_hash] {
        append(&world, "text.erased", &format!(r#"{{"hash":"{hash}","reason":"asked"}}"#), Vec::new()).await;
    }
    let page = tom.get(&item).await;
    page.has_not("Cable torn").has_not("Ada L.").has("erased, name typed").has(">erased<");
}

#[tokio::test]
async fn an_item_that_was_never_cleaned_says_so_beside_its_other_lines() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    tom.get(&item).await.is(200).has("Never cleaned since it was added").has("<strong>Schedule: every day");
}

#[tokio::test]
async fn remarks_on_a_cleaning_are_badges() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let body = format!(
        r#"{{"tag":"{}","who":{{"proof":"unattributed"}},"flags":["photo sample","late","on fire"]}}"#,
        world.pump
    );
    append(&world, "cleaning.recorded", &body, Vec::new()).await;
    let page = tom.get(&format!("/staff/equipment/{}", world.pump)).await;
    page.is(200).has(">Photo by draw<").has(">on fire<").has_not("Late entry");
}

#[tokio::test]
async fn a_page_of_a_long_history_says_on_paper_that_there_is_more() {
    let world = World::new().await;
    let item = format!("/staff/equipment/{}", world.pump);
    for n in 0..52 {
        let form = crate::intake::CleaningForm::plain(world.pump, &format!("Cleaner {n}"));
        world.give(Command::RecordCleaning(Box::new(form))).await;
        if n == 9 {
            world.clock.advance(std::time::Duration::from_secs(26 * 3_600));
        }
    }
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = tom.get(&item).await;
    page.has("50 of 52 cleanings, from Nov 20, 2026 to Nov 21, 2026. The rest is on further pages.");
    // What the badge says of tomorrow is said in full.
    page.has("<span class=\"paper\" translate=\"no\">2026-11-");
    let facility = world.state.store.facility();
    let other = facility.equipment.keys().find(|tag| **tag != world.pump).unwrap();
    tom.get(&format!("/staff/equipment/{other}")).await.is(200).has_not("further pages");
    let receipt =
        world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303).location();
    world.get(&receipt).await.is(200).has("<p class=\"paper\">Printed 2026-11-");
}
