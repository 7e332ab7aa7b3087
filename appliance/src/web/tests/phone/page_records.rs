//! One cleaning over two channels: from the item's own page, whose answer was lost, and from the phone's queue.

use record::kinds::{CleanedBy, SpauldingClass};
use serde_json::{Value, json};

use super::submissions::{document, packed, send, with};
use crate::web::tests::*;

fn cart(world: &World) -> Tag {
    world
        .state
        .store
        .facility()
        .equipment
        .values()
        .find(|item| item.facts.name.starts_with("ECG"))
        .unwrap()
        .tag
}

/// What the phone makes of the page: its key, and what was entered on it.
fn as_queued(world: &World, page: &Answer, note: &str) -> Value {
    let protocol =
        json!({ "id": page.hidden("protocol"), "version": page.hidden("version").parse::<u32>().unwrap() });
    let members = [
        ("id", json!(page.hidden("submission"))),
        ("protocol", protocol),
        ("note", json!(note)),
        ("trigger", json!("schedule")),
        ("class", json!("critical")),
        ("lot", json!("L 7")),
    ];
    members.into_iter().fold(document(world), |document, (name, value)| with(document, name, value))
}

async fn press(world: &World, page: &Answer, note: &str) -> Answer {
    let hidden = ["submission", "page", "version", "protocol"].map(|name| (name, page.hidden(name)));
    let entered = [("step", "1"), ("step", "2"), ("cleaned_by", "Maria"), ("notes", note)];
    let about = [("trigger", "schedule"), ("class", "critical"), ("lot", "L 7")];
    let fields = hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(entered).chain(about);
    world.post(&format!("/t/{}", world.pump), &fields.collect::<Vec<_>>()).await
}

#[tokio::test]
async fn a_record_whose_page_was_sent_before_is_that_record() {
    let world = World::new().await;
    for note in ["No wipes", "No wipes\r\nbehind the bed"] {
        let page = world.get(&format!("/t/{}", world.pump)).await;
        let receipt = press(&world, &page, note).await.is(303).location();
        let size = world.size();
        let queued = as_queued(&world, &page, &note.replace("\r\n", "\n"));
        assert_eq!(send(&world, &queued).await.is(201).json()["url"], receipt.as_str());
        // What was changed after the page was sent is no other record, and the answer says so.
        let changed = send(&world, &with(queued.clone(), "note", json!("Another"))).await;
        changed.is(409).has("The box has this record already, with other values").has("tell biomed");
        send(&world, &with(queued, "tag", json!(cart(&world).to_string()))).await.is(409);
        assert_eq!(world.size(), size);
    }
}

#[tokio::test]
async fn a_page_whose_record_came_from_the_queue_shows_its_receipt() {
    let world = World::new().await;
    let page = world.get(&format!("/t/{}", world.pump)).await;
    let queued = send(&world, &as_queued(&world, &page, "No wipes")).await.is(201).json();
    let body = world.cleaning();
    let about = (body.class, body.trigger.map(|word| word.as_str().to_owned()), body.lot);
    assert_eq!(about, (Some(SpauldingClass::Critical), Some("schedule".into()), "L 7".into()));
    assert!(matches!(body.who, CleanedBy::Entered { .. }));
    let size = world.size();
    assert_eq!(queued["url"], press(&world, &page, "No wipes").await.is(303).location().as_str());
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_photo_that_came_with_an_earlier_press_belongs_to_the_record_of_the_queue() {
    let world = World::new().await;
    let path = format!("/t/{}", cart(&world));
    let page = world.get(&path).await;
    let (submission, token) = (page.hidden("submission"), page.hidden("page"));
    let form = [("submission", submission.as_str()), ("page", token.as_str()), ("cleaned_by", "Maria")];
    let stored = world.send(with_photo(&path, &form, b"good\n"), false).await;
    let token = stored.is(422).has("Photo saved").hidden("page");
    let queued = |page: &str| {
        let document = with(document(&world), "id", json!(submission));
        with(with(document, "tag", json!(cart(&world).to_string())), "page", json!(page))
    };
    let receipt = send(&world, &queued(&token)).await.is(201).json();
    assert_eq!(world.cleaning().photos.len(), 1);
    let again = send(&world, &queued("another")).await.is(201).json();
    assert_eq!(again, receipt, "the same record, however its page was sealed");
    let other = with(queued(&token), "id", json!("01J00000000000000000000XYZ"));
    let photo: &[u8] = b"good two\n";
    world.send(packed(&other, &[photo]), false).await.is(201);
    let photos = world.cleaning().photos;
    assert_eq!(photos.len(), 1, "the newer photo replaces the one before");
    let foreign = with(other, "tag", json!(world.pump.to_string()));
    let foreign = with(foreign, "id", json!("01J00000000000000000000XYY"));
    send(&world, &foreign).await.is(201);
    assert_eq!(world.cleaning().photos, vec![], "a page of another item");
}

#[tokio::test]
async fn a_name_that_was_picked_on_the_page_is_the_same_in_the_queue() {
    let world = World::new().await;
    world.give(Command::AddStaff(NewStaff::named("Ada Moreau", StaffRole::Technician))).await;
    let facility = world.state.store.facility();
    let (staff, _) = facility.staff.iter().find(|(_, member)| !member.left).unwrap();
    let page = world.get(&format!("/t/{}", world.pump)).await;
    let name = world.state.store.reader().unwrap().text(&facility.staff[staff].name).unwrap().unwrap();
    let hidden = ["submission", "page", "version", "protocol"].map(|name| (name, page.hidden(name)));
    let picked = staff.to_string();
    let entered = [("all", "1"), ("pick", picked.as_str()), ("notes", "No wipes")];
    let fields = hidden.iter().map(|(name, value)| (*name, value.as_str())).chain(entered);
    let path = format!("/t/{}", world.pump);
    let receipt = world.post(&path, &fields.collect::<Vec<_>>()).await.is(303).location();
    let document = ["trigger", "class", "lot"].into_iter().fold(
        as_queued(&world, &page, "No wipes"),
        |mut document, name| {
            document.as_object_mut().unwrap().remove(name);
            document
        },
    );
    for who in [
        json!({ "way": "list", "name": name, "staff": staff.to_string() }),
        json!({ "way": "typed", "name": "Somebody Else" }),
    ] {
        assert_eq!(
            send(&world, &with(document.clone(), "who", who)).await.is(201).json()["url"],
            receipt.as_str()
        );
    }
}
