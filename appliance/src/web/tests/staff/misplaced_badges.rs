//! A hand scanner types where the cursor is: a badge in the field of a name, of a note or of the search.

use record::entry::EntryAuthor;
use record::kinds::{AccessChange, CleanedBy};
use serde_json::json;

use super::badges::{CODE, badges_of, enrol};
use super::staff_pages::{desk, person};
use crate::web::tests::phone::submissions::{document, packed, with};
use crate::web::tests::phone::waiting_phones::copy_of;
use crate::web::tests::*;

const NOBODYS: &str = "0004712-WARD-7";

/// An item without a contact time, and the page of it.
async fn cart(world: &World) -> String {
    let cart = world.add("Linen cart", "Ward 7", None, PhotoPolicy::None).await;
    format!("/t/{cart}")
}

async fn send_page(world: &World, scan: &str, secure: bool, fields: &[(&str, &str)]) -> Answer {
    let page = world.send(Request::get(scan).body(Body::empty()).unwrap(), secure).await;
    let (token, submission) = (page.is(200).hidden("page"), page.hidden("submission"));
    let own = [("page", token.as_str()), ("submission", submission.as_str())];
    world.send(posted(scan, &[&own, fields].concat()), secure).await
}

async fn get(world: &World, path: &str, secure: bool) -> Answer {
    world.send(Request::get(path).body(Body::empty()).unwrap(), secure).await
}

fn require_nothing_of_it(world: &World) {
    let reader = world.state.store.reader().unwrap();
    for entry in reader.entries(0..reader.size()) {
        assert!(!entry.unwrap().as_str().contains(CODE), "a badge is in the log");
    }
}

#[tokio::test]
async fn as_a_name_or_a_note_it_is_the_badge_that_it_is() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let scan = cart(&world).await;
    let typed = format!(" {CODE}\r\n");
    for fields in [
        [("cleaned_by", &*typed), ("step", "1"), ("notes", "")],
        [("cleaned_by", "Eve"), ("step", "1"), ("notes", CODE)],
    ] {
        let done = send_page(&world, &scan, true, &fields).await;
        assert!(!done.is(303).cookies().contains("name="), "no phone remembers it");
        let body = world.cleaning();
        assert_eq!((body.who, body.note), (CleanedBy::Badge { staff: ada }, None));
    }
    // Nor does a page that is shown again, or the one of a contact time.
    send_page(&world, &scan, true, &[("cleaned_by", CODE)]).await.is(422).has_not(CODE);
    let pump = format!("/t/{}", world.pump);
    let wet = [("cleaned_by", CODE), ("version", "1"), ("wet", "start")];
    let started = send_page(&world, &pump, true, &wet).await.is(303).location();
    let page = get(&world, started.split('#').next().unwrap(), true).await;
    page.is(200).has("Keep it wet").has_not(CODE);
    // A report of a problem too.
    let report = [("what", "broken"), ("cleaned_by", CODE), ("notes", "Wheel is off")];
    let size = world.size();
    world.send(posted(&format!("{scan}/problem"), &report), true).await.is(303);
    let Event::ProblemReported(problem) = world.event(size) else { panic!() };
    assert_eq!(problem.who, CleanedBy::Badge { staff: ada });
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn without_https_it_is_revoked_as_in_its_own_field() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let scan = cart(&world).await;
    let problem = format!("{scan}/problem");
    for n in 0..2 {
        enrol(&world, ada, CODE).unwrap();
        let size = world.size();
        let refused = match n {
            0 => send_page(&world, &scan, false, &[("cleaned_by", CODE), ("step", "1")]).await,
            _ => world.post(&problem, &[("what", "broken"), ("notes", CODE)]).await,
        };
        refused.is(400).has("This page is not secure. Your badge was not used").has_not(CODE);
        let Event::AccessChanged(change) = world.event(size) else { panic!() };
        assert_eq!((change.what, world.size()), (AccessChange::BadgeRemoved, size + 1));
        world.state.identity.badges.remove_all(ada, EntryAuthor::BOX).unwrap();
    }
    enrol(&world, ada, CODE).unwrap();
    // Somebody may be called so.
    send_page(&world, &scan, false, &[("cleaned_by", NOBODYS), ("step", "1")]).await.is(303);
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn a_phone_that_sends_one_as_a_name_or_note_proves_by_it() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let sheet = |n: usize, name: &str, note: &str| {
        let new = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        with(with(new, "who", json!({ "way": "typed", "name": name })), "note", json!(note))
    };
    for (n, name, note) in [(1, CODE, "wiped"), (2, "Eve", CODE)] {
        world.send(packed(&sheet(n, name, note), &[]), true).await.is(201);
        assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada }, "{name}");
    }
    assert_eq!(world.cleaning().note, None);
    world.send(packed(&sheet(3, CODE, ""), &[]), false).await.is(400).has("/problems/badge-in-the-clear");
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn as_a_disinfectant_a_lot_or_somebody_of_the_list_it_is_the_badge_that_it_is() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let scan = cart(&world).await;
    for field in ["agent", "lot", "staff"] {
        let fields = [("cleaned_by", "Eve"), ("step", "1"), (field, CODE)];
        send_page(&world, &scan, true, &fields).await.is(303);
        let body = world.cleaning();
        assert_eq!(body.who, CleanedBy::Badge { staff: ada }, "{field}");
        assert_eq!(body.lot, "", "{field}");
    }
    for (n, field) in [(1, "agent"), (2, "lot")] {
        let new = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        world.send(packed(&with(new, field, json!(CODE)), &[]), true).await.is(201);
        assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada }, "{field}");
    }
    let late = format!("/staff/equipment/{}/late", world.pump);
    let token = tom.get(&late).await.hidden("form");
    for field in ["agent", "lot"] {
        let paper = [
            ("performed_at", "2026-11-20 09:30"),
            ("steps", "1"),
            ("cleaned_by", "Ada"),
            ("notes", "The box was off"),
            (field, CODE),
        ];
        tom.post(&late, &token, &paper).await.is(303);
        assert_eq!(world.cleaning().lot, "", "{field}");
    }
    require_nothing_of_it(&world);
    let plain = send_page(&world, &scan, false, &[("cleaned_by", "Eve"), ("step", "1"), ("lot", CODE)]).await;
    plain.is(400).has("This page is not secure. Your badge was not used").has_not(CODE);
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn on_a_path_of_the_old_app_it_is_the_badge_that_it_is() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let path = format!("/api/register-cleaning/{}/", world.pump);
    for fields in [[("cleaned_by", CODE), ("notes", "")], [("cleaned_by", "Eve"), ("notes", CODE)]] {
        world.send(posted(&path, &fields), true).await.is(201);
        assert_eq!((world.cleaning().who, world.cleaning().note), (CleanedBy::Badge { staff: ada }, None));
    }
    let size = world.size();
    world
        .send(posted(&path, &[("cleaned_by", CODE)]), false)
        .await
        .is(400)
        .has("badge-in-the-clear")
        .has_not(CODE);
    assert!(matches!(world.event(size), Event::AccessChanged(_)));
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn one_lot_on_many_records_keeps_nobody_from_a_badge() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let scan = cart(&world).await;
    let record = async |name: &str| {
        world.clock.advance(std::time::Duration::from_secs(1));
        let fields = [("cleaned_by", name), ("step", "1"), ("lot", "L 1204-7")];
        send_page(&world, &scan, true, &fields).await.is(303);
        world.cleaning()
    };
    for _ in 0..40 {
        assert_eq!(record("Eve").await.lot, "L 1204-7");
    }
    assert_eq!(record(CODE).await.who, CleanedBy::Badge { staff: ada });
}

#[tokio::test]
async fn on_paper_it_is_no_name_and_no_reason() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let path = format!("/staff/equipment/{}/late", world.pump);
    let token = tom.get(&path).await.hidden("form");
    for (name, notes, words) in
        [(CODE, "The box was off", "Enter your name"), ("Ada", CODE, "Say why it comes late")]
    {
        let paper = [("performed_at", "2026-11-20 09:30"), ("steps", "1"), ("uncounted", "1")];
        let typed = [("cleaned_by", name), ("notes", notes)];
        let refused = tom.post(&path, &token, &[&paper[..], &typed].concat()).await;
        refused.is(422).has(words).has_not(CODE);
    }
    require_nothing_of_it(&world);
}

#[tokio::test]
async fn the_search_keeps_it_out_of_the_address_and_the_page() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    for path in ["/?q=", "/t/?tag="] {
        let found = get(&world, &format!("{path}{CODE}"), true).await;
        let to = found.is(303).has_not(CODE).location();
        assert!(!to.contains(CODE), "{to}");
        get(&world, &to, true).await.is(200).has("That is a staff badge, not a label").has_not("not secure");
        assert_eq!(badges_of(&world, ada)[0].revoked_ms, None, "{path}");
    }
    get(&world, &format!("/?q={NOBODYS}"), true).await.is(200).has("No equipment matches");
    get(&world, &format!("/t/?tag={NOBODYS}"), true).await.is(404).has(NOBODYS);
    let to = get(&world, &format!("/?q={CODE}"), false).await.is(303).location();
    get(&world, &to, false).await.is(200).has("This page is not secure, and others could read the badge");
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
}

#[tokio::test]
async fn names_keep_nobody_from_a_badge_and_find_none() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let scan = cart(&world).await;
    let name = async |name: &str| {
        world.clock.advance(std::time::Duration::from_secs(1));
        send_page(&world, &scan, true, &[("cleaned_by", name), ("step", "1")]).await.is(303);
        world.cleaning().who
    };
    // A name without a digit is no badge, and costs nothing.
    for _ in 0..40 {
        name("Eve").await;
    }
    assert_eq!(name(CODE).await, CleanedBy::Badge { staff: ada });
    for n in 0..30 {
        name(&format!("{n:04}")).await;
    }
    // Too many were tried out here: what may be one is left out, whether it is one or not, and a name is asked for.
    for text in [CODE, "0031"] {
        let asked = send_page(&world, &scan, true, &[("cleaned_by", text), ("step", "1")]).await;
        asked.is(422).has("Enter your name").has_not(text);
    }
    assert!(matches!(name("Eve").await, CleanedBy::Entered { .. }));
    // What a phone sends by itself comes again; other records of it do not wait.
    let queued = |name: &str| with(document(&world), "who", json!({ "way": "typed", "name": name }));
    world.send(packed(&queued("Ada-2"), &[]), true).await.is(429).has("/problems/badges-spent");
    world.send(packed(&queued("Eve"), &[]), true).await.is(201);
    let own = send_page(&world, &scan, true, &[("badge", CODE), ("step", "1")]).await;
    own.is(303);
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
}

#[tokio::test]
async fn a_record_that_comes_again_is_the_same_whatever_is_still_looked_at() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let new = |n: usize, note: &str| {
        let new = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        with(with(new, "note", json!(note)), "lot", json!("L-1204"))
    };
    let send = async |sheet: &serde_json::Value| world.send(packed(sheet, &[]), true).await;
    let noted = new(1, CODE);
    let receipt = send(&noted).await.is(201).json();
    assert_eq!((world.cleaning().who, world.cleaning().note), (CleanedBy::Badge { staff: ada }, None));
    let scan = cart(&world).await;
    // The lot cost a try too.
    for n in 0..29 {
        let name = format!("{n:04}");
        world.clock.advance(std::time::Duration::from_secs(1));
        send_page(&world, &scan, true, &[("cleaned_by", &name), ("step", "1")]).await.is(303);
    }
    let size = world.size();
    assert_eq!(send(&noted).await.is(201).json(), receipt, "its note is not looked at any more");
    world.state.identity.badges.remove_all(ada, EntryAuthor::BOX).unwrap();
    assert_eq!(send(&noted).await.is(201).json(), receipt, "nor is it a badge");
    assert_eq!(world.send(packed(&noted, &[]), false).await.is(201).json(), receipt);
    let form = tom.get("/staff/phone-records").await.hidden("form");
    let copied = tom.send(copy_of(&[json!({ "submission": noted })], &form)).await;
    copied.is(200).has("1 on the box, 0 refused");
    assert_eq!(world.size(), size);
    for other in
        [new(1, "wiped"), with(noted.clone(), "lot", json!("L-1205")), with(noted, "steps", json!([1]))]
    {
        send(&other).await.is(409);
    }
    let later = new(2, "7-LATER");
    let receipt = send(&later).await.is(201).json();
    enrol(&world, ada, "7-LATER").unwrap();
    world.clock.advance(std::time::Duration::from_secs(3_600));
    assert_eq!(send(&later).await.is(201).json(), receipt);
    require_nothing_of_it(&world);
}
