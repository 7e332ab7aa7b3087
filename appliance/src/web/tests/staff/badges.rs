//! Badges: how staff get them, what they prove, and that nothing of one is anywhere.

use std::time::Duration;

use http::header::RETRY_AFTER;
use record::entry::EntryAuthor;
use record::fold::ServiceState;
use record::kinds::{AccessChange, CleanedBy, MissingPart, ProblemPolicy, ProofMethod, WhoPolicy};
use serde_json::json;
use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::identity::{AccessOutcome, BadgeCode, BadgeRefusal, NewBadge, StaffBadge};
use crate::intake::{NewAlias, SettingsChange, methods_from};
use crate::web::commands::badges::enrol_badge;
use crate::web::tests::input::secret_traces::{LogLines, Traces};
use crate::web::tests::phone::submissions::{document, packed, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

pub(in crate::web::tests) const CODE: &str = "0004711-WARD-7";
const OTHER: &str = "0004712-WARD-7";

pub(in crate::web::tests) fn enrol(
    world: &World,
    staff: StaffId,
    code: &str,
) -> Result<StaffBadge, BadgeRefusal> {
    let new = NewBadge { staff, code: BadgeCode::read(code).unwrap(), now_ms: world.clock.now().wall_ms };
    world.state.identity.badges.enrol(&new, |_| false).unwrap()
}

pub(in crate::web::tests) fn badges_of(world: &World, staff: StaffId) -> Vec<StaffBadge> {
    world.state.identity.badges.of(staff).unwrap()
}

async fn need(world: &World, weakest: &ProofMethod) {
    let methods = Some(methods_from(weakest));
    let who = WhoPolicy { noncritical: methods.clone(), semicritical: methods.clone(), critical: methods };
    let settings = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
}

pub(in crate::web::tests) async fn submit(world: &World, secure: bool, fields: &[(&str, &str)]) -> Answer {
    let scan = format!("/t/{}", world.pump);
    let page = world.send(Request::get(&scan).body(Body::empty()).unwrap(), secure).await;
    let (token, submission) = (page.is(200).hidden("page"), page.hidden("submission"));
    let own = [
        ("page", token.as_str()),
        ("submission", submission.as_str()),
        ("version", "1"),
        ("step", "1"),
        ("notes", "no stopwatch"),
    ];
    world.send(posted(&scan, &[&own, fields].concat()), secure).await
}

async fn scan_twice(admin: &Desk<'_>, path: &str, scans: [&str; 2]) -> Answer {
    let page = admin.get(path).await;
    let to = format!("{path}/badges");
    let once = admin.post(&to, &page.hidden("form"), &[("badge", scans[0])]).await;
    once.is(200).has("Scan the same badge again").has_not(scans[0]);
    let first = once.hidden("first");
    admin.post(&to, &once.hidden("form"), &[("badge", scans[1]), ("first", &first)]).await
}

#[tokio::test]
async fn an_admin_scans_a_badge_twice_and_removes_it() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let grace = person(&world, "Grace", StaffRole::Technician, "2222").await;
    let (path, hers) = (format!("/staff/people/{ada}"), format!("/staff/people/{grace}"));
    let page = admin.get(&path).await;
    page.is(200).has("Badges").has("Scan a badge");
    let token = page.hidden("form");
    for bad in ["", "123", &"x".repeat(129)] {
        let answer = admin.post(&format!("{path}/badges"), &token, &[("badge", bad)]).await;
        answer.is(422).has("A badge has 4 to 128 characters");
    }
    scan_twice(&admin, &path, [CODE, OTHER]).await.is(422).has("The two scans differ").has_not(OTHER);
    assert!(badges_of(&world, ada).is_empty());
    let added = scan_twice(&admin, &path, [CODE, &format!("{CODE}\r\n")]).await;
    assert_eq!(added.is(303).location(), format!("{path}#badges"));
    admin.get(&path).await.has("Added").has("Not used yet").has_not(CODE);
    scan_twice(&admin, &path, [CODE, CODE]).await.is(422).has("They have this badge already");
    let taken = scan_twice(&admin, &hers, [CODE, CODE]).await;
    taken.is(422).has("This badge is in use. Take another one").has_not("Ada");
    let tag = world.pump.to_string();
    for label in [tag.as_str(), &format!("HTTP://10.0.0.5/{tag}")] {
        scan_twice(&admin, &path, [label, label]).await.is(422).has("This is the label of an item");
    }
    world
        .give(Command::AddAlias(NewAlias {
            code: "BME-004711".into(),
            equipment: world.pump,
            confirmed: false,
        }))
        .await;
    scan_twice(&admin, &path, ["BME-004711"; 2]).await.is(422).has("This is the label of an item");
    for n in 2..=3 {
        enrol(&world, ada, &format!("badge {n}")).unwrap();
    }
    admin.get(&path).await.is(200).has_not("Scan a badge");
    let one_more = [("badge", OTHER), ("first", "")];
    admin.post(&format!("{path}/badges"), &token, &one_more).await.is(200);
    let badge = badges_of(&world, ada).remove(0).id;
    admin.post(&format!("{hers}/badges/{badge}/remove"), &token, &[]).await.is(404);
    admin.post(&format!("{path}/badges/{badge}/remove"), &token, &[]).await.is(303);
    admin.post(&format!("{path}/badges/{badge}/remove"), &token, &[]).await.is(404);
    assert_eq!(badges_of(&world, ada).len(), 2);
    // Whoever has left proves nothing, and what they had is free.
    admin.post(&format!("{path}/leave"), &token, &[]).await.is(303);
    assert!(badges_of(&world, ada).is_empty());
    scan_twice(&admin, &hers, ["badge 2"; 2]).await.is(303);
    for role in [StaffRole::Technician, StaffRole::Biomed, StaffRole::Auditor] {
        let other = desk(&world, role).await;
        let token = other.get("/staff/me").await.hidden("form");
        other.post(&format!("{hers}/badges"), &token, &[("badge", OTHER)]).await.is(403);
    }
}

#[tokio::test]
async fn the_box_makes_a_badge_up_and_gives_it_once() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada Lovelace", StaffRole::Technician, "1111").await;
    let path = format!("/staff/people/{ada}");
    let page = admin.get(&path).await;
    let (token, size) = (page.is(200).has("Print a badge").hidden("form"), world.size());
    let print = async || admin.post(&format!("{path}/badges/print"), &token, &[]).await;
    let first = print().await;
    assert!(first.is(200).bytes.starts_with(b"%PDF"));
    assert_eq!(first.header(http::header::CACHE_CONTROL), "no-store");
    let Event::AccessChanged(change) = world.event(size) else { panic!() };
    assert_eq!((change.what, change.staff), (AccessChange::BadgeAdded, Some(ada)));
    assert_eq!((badges_of(&world, ada).len(), world.size()), (1, size + 1));
    assert_eq!(world.state.printing.jobs().unwrap(), [], "no ledger holds it");
    assert_ne!(print().await.is(200).bytes, first.bytes, "another one each time");
    let press = [("submission", "0123456789abcdef0123456789abcdef")];
    let pressed = async || admin.post(&format!("{path}/badges/print"), &token, &press).await;
    let third = pressed().await;
    assert_eq!(pressed().await.is(200).bytes, third.is(200).bytes, "two presses are one badge");
    assert_eq!(badges_of(&world, ada).len(), 3);
    print().await.is(422).has("A person has at most 3 badges");
    pressed().await.is(200);
    let other = desk(&world, StaffRole::Biomed).await;
    let token = other.get("/staff/me").await.hidden("form");
    other.post(&format!("{path}/badges/print"), &token, &[]).await.is(403);
    world.clock.advance(Duration::from_secs(31 * 60));
    let grace = person(&world, "Grace", StaffRole::Technician, "2222").await;
    let hers = format!("/staff/people/{grace}");
    let token = admin.get(&hers).await.hidden("form");
    admin.post(&format!("{hers}/badges/print"), &token, &[]).await.is(200).has("Enter your PIN to continue");
    assert!(badges_of(&world, grace).is_empty());
}

#[tokio::test]
async fn an_old_sign_in_asks_for_the_pin_and_for_the_badge_anew() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let path = format!("/staff/people/{ada}");
    let token = admin.get(&path).await.hidden("form");
    world.clock.advance(Duration::from_secs(31 * 60));
    let confirm = admin.post(&format!("{path}/badges"), &token, &[("badge", CODE)]).await;
    confirm.is(200).has("Enter your PIN to continue").has("Scan the badge").has_not(CODE);
    let both = [("badge", CODE), ("own_pin", "471147")];
    let once = admin.post(&format!("{path}/badges"), &token, &both).await;
    let second = [("badge", CODE), ("first", &once.is(200).hidden("first"))];
    admin.post(&format!("{path}/badges"), &token, &second).await.is(303);
    assert_eq!(badges_of(&world, ada).len(), 1);
}

#[tokio::test]
async fn a_badge_proves_who_cleaned() {
    let world = World::new().await;
    let ada = person(&world, "Ada Lovelace", StaffRole::Technician, "1111").await;
    need(&world, &ProofMethod::Badge).await;
    let scan = format!("/t/{}", world.pump);
    let secure = || world.send(Request::get(&scan).body(Body::empty()).unwrap(), true);
    secure().await.has("This item needs your PIN").has_not("name=\"badge\"");
    enrol(&world, ada, CODE).unwrap();
    secure().await.has("This item needs your badge or your PIN").has("name=\"badge\"");
    let plain = world.get(&scan).await;
    plain.has("This item needs your badge or your PIN. Your phone is on the simple page");
    plain.has_not("name=\"badge\"");
    let unknown = submit(&world, true, &[("cleaned_by", "Eve"), ("badge", OTHER)]).await;
    unknown.is(422).has("Nobody here has this badge").has("href=\"#badge\"").has_not(OTHER);
    let done = submit(&world, true, &[("cleaned_by", "Somebody"), ("badge", &format!(" {CODE}\r\n"))]).await;
    let receipt = done.is(303).location();
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
    assert!(!world.cleaning().incomplete.contains(&MissingPart::Who));
    world.get(&receipt).await.has("Ada Lovelace, badge");
    assert_eq!(badges_of(&world, ada)[0].used_ms, Some(world.clock.now().wall_ms));
    // What is read is looked at as it is: nothing of another person's session counts for it.
    let tom = desk(&world, StaffRole::Technician).await;
    let page = tom.get(&scan).await;
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let form = [("page", &*token), ("submission", &submission), ("version", "1"), ("step", "1")];
    let filled = [("notes", "no stopwatch"), ("cleaned_by", "Tom Nguyen"), ("badge", CODE)];
    let form = [form.as_slice(), &filled].concat();
    tom.send(posted(&scan, &form)).await.is(303);
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
    need(&world, &ProofMethod::Pin).await;
    submit(&world, true, &[("badge", CODE)]).await.is(422);
    submit(&world, true, &[("badge", CODE), ("unproven", "1")]).await.is(303);
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
    assert!(world.cleaning().incomplete.contains(&MissingPart::Who));
    world.give(Command::StaffLeft { staff: ada }).await;
    submit(&world, true, &[("badge", CODE)]).await.is(422).has("Nobody here has this badge");
}

#[tokio::test]
async fn a_badge_without_https_is_revoked_and_may_not_come_back() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let size = world.size();
    let known = submit(&world, false, &[("cleaned_by", "Ada"), ("badge", CODE)]).await;
    known.is(400).has("This page is not secure. Your badge was not used").has_not(CODE);
    let unknown = submit(&world, false, &[("cleaned_by", "Ada"), ("badge", OTHER)]).await;
    let words = |answer: &Answer| answer.text().split("Request ").next().unwrap().to_owned();
    assert_eq!(words(unknown.is(400)), words(&known), "nobody learns which numbers are badges");
    assert_eq!(world.size(), size + 1, "the log says of the one that was somebody's that it is gone");
    let Event::AccessChanged(change) = world.event(size) else { panic!() };
    assert_eq!((change.what, change.staff), (AccessChange::BadgeRemoved, Some(ada)));
    assert_eq!(badges_of(&world, ada)[0].revoked_ms, Some(world.clock.now().wall_ms));
    submit(&world, true, &[("badge", CODE)]).await.is(422).has("Nobody here has this badge");
    let path = format!("/staff/people/{ada}");
    admin.get(&path).await.has("Sent without HTTPS").has("it proves nothing any more");
    scan_twice(&admin, &path, [CODE, CODE]).await.is(422).has("not safe any more");
    let rows = world.state.identity.access.rows(None, 100).unwrap();
    let clear = rows.iter().map(|(_, row)| row).filter(|row| row.outcome == AccessOutcome::BadgeInTheClear);
    let subjects: Vec<_> = clear.map(|row| row.subject.clone()).collect();
    assert_eq!(subjects.len(), 2);
    assert!(subjects.contains(&Some(ada.to_string())) && subjects.contains(&None));
}

#[tokio::test]
async fn whoever_goes_through_numbers_locks_out_few() {
    let world = World::new().await;
    let mut staff = Vec::new();
    for n in 0..25_u32 {
        let one = person(&world, &format!("Person {n}"), StaffRole::Technician, &format!("66{n:04}")).await;
        enrol(&world, one, &format!("7700{n:04}")).unwrap();
        staff.push(one);
    }
    for n in 0..25 {
        let typed = format!("7700{n:04}");
        match n % 2 {
            0 => submit(&world, false, &[("cleaned_by", typed.as_str())]).await.is(400),
            _ => world.get(&format!("/?q={typed}")).await.is(303),
        };
    }
    let revoked = staff.iter().filter(|one| badges_of(&world, **one)[0].revoked_ms.is_some());
    assert_eq!(revoked.count(), 10);
}

#[tokio::test]
async fn a_badge_becomes_no_code_of_an_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let size = world.size();
    let token = tom.get("/staff/codes/new").await.is(200).hidden("form");
    let fields = [("item", world.pump.as_str()), ("code", CODE)];
    tom.post("/staff/codes/new", &token, &fields).await.is(422).has("This is a badge of somebody");
    assert_eq!(world.size(), size, "it would stand in the log and on pages that are open to all");
    tom.post("/staff/codes/new", &token, &[fields[0], ("code", OTHER)]).await.is(303);
}

#[tokio::test]
async fn whoever_tries_out_numbers_has_to_wait() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    need(&world, &ProofMethod::Badge).await;
    enrol(&world, ada, "9999").unwrap();
    for _ in 0..40 {
        submit(&world, true, &[("badge", "9999")]).await.is(303);
    }
    let scan = async |n: u32| submit(&world, true, &[("badge", &format!("{n:04}"))]).await;
    for n in 0..30 {
        scan(n).await.is(422).has("Nobody here has this badge");
    }
    for n in [30, 9999] {
        scan(n).await.is(422).has("Too many unknown badges were scanned here");
    }
    // A phone's queue keeps a record whose badge was not checked: recorded now, its proof would be lost.
    let queued = with(document(&world), "who", json!({ "way": "badge", "badge": "9999" }));
    let size = world.size();
    let waits = world.send(packed(&queued, &[]), true).await;
    assert_eq!(waits.is(429).has("/problems/badges-spent").header(RETRY_AFTER), "120");
    assert_eq!(world.size(), size);
    // Without a badge it is recorded all the same.
    submit(&world, true, &[("unproven", "1")]).await.is(303);
    world.clock.advance(Duration::from_secs(3_600));
    scan(9999).await.is(303);
}

#[tokio::test]
async fn one_person_reports_as_much_as_one_has_to() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let tom = person(&world, "Tom", StaffRole::Technician, "2222").await;
    enrol(&world, ada, CODE).unwrap();
    enrol(&world, tom, OTHER).unwrap();
    // Each comes from a device that is new.
    let report = async |n: u32, code: &str| {
        let new = with(document(&world), "id", json!(format!("01J00000000000000000000{n:03}")));
        let alone = with(with(new, "problem", json!({ "what": "broken" })), "cleaned", json!(false));
        let proven = with(alone, "who", json!({ "way": "badge", "badge": code }));
        world.send(packed(&proven, &[]), true).await
    };
    for n in 0..30 {
        report(n, CODE).await.is(201);
    }
    assert_eq!(report(30, CODE).await.is(429).has("/problems/reports-spent").header(RETRY_AFTER), "120");
    report(31, OTHER).await.is(201);
}

#[tokio::test]
async fn strangers_keep_no_phone_from_a_badge_on_which_one_proved_something() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    need(&world, &ProofMethod::Badge).await;
    enrol(&world, ada, CODE).unwrap();
    let sheet = |n: u32, code: &str| {
        let new = with(document(&world), "id", json!(format!("01J00000000000000000000{n:03}")));
        with(new, "who", json!({ "way": "badge", "badge": code }))
    };
    let send = async |cookie: &str, n: u32, code: &str| {
        let mut request = packed(&sheet(n, code), &[]);
        if !cookie.is_empty() {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
        }
        world.send(request, true).await
    };
    let hers = send("", 0, CODE).await.is(201).cookies();
    for n in 1..=30 {
        send("", n, OTHER).await.is(201);
    }
    send("", 31, CODE).await.is(429);
    for n in 32..80 {
        send(&hers, n, CODE).await.is(201);
        assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
    }
    // On that phone, too, nobody can guess numbers.
    for n in 80..110 {
        send(&hers, n, OTHER).await.is(201);
    }
    send(&hers, 110, OTHER).await.is(429);
    send(&hers, 110, CODE).await.is(429);
}

#[tokio::test]
async fn whoever_floods_plain_pages_keeps_nobody_from_their_badge() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    need(&world, &ProofMethod::Badge).await;
    enrol(&world, ada, CODE).unwrap();
    for n in 0..45 {
        submit(&world, false, &[("badge", &format!("{n:04}"))]).await.is(400);
    }
    // Nor does a flood revoke the badges that it hits.
    submit(&world, false, &[("badge", CODE)]).await.is(400);
    assert_eq!(badges_of(&world, ada)[0].revoked_ms, None);
    submit(&world, true, &[("badge", CODE)]).await.is(303);
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
}

#[tokio::test]
async fn a_badge_is_in_force_only_once_the_log_names_it() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    world.state.store.stop().await.unwrap();
    let code = BadgeCode::read(CODE).unwrap();
    let failed = enrol_badge(&world.state, EntryAuthor::BOX, ada, code).await;
    assert_eq!(failed.unwrap_err().status, 503);
    assert!(badges_of(&world, ada).is_empty());
    let key = world.dir.path().join("box/keys/badge.key");
    assert!(!key.exists(), "not even the key was made under which it would stand");
}

#[tokio::test]
async fn a_badge_that_is_refused_is_in_no_log() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let add = async |staff, code| {
        let code = BadgeCode::read(code).unwrap();
        enrol_badge(&world.state, EntryAuthor::BOX, staff, code).await.unwrap()
    };
    add(ada, CODE).await.unwrap();
    let size = world.size();
    let Event::AccessChanged(change) = world.event(size - 1) else { panic!() };
    assert_eq!((change.what, change.staff), (AccessChange::BadgeAdded, Some(ada)));
    let grace = person(&world, "Grace", StaffRole::Technician, "2222").await;
    let size = world.size();
    assert_eq!(add(grace, CODE).await, Err(BadgeRefusal::Taken));
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn programs_add_list_and_remove_badges() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let grace = person(&world, "Grace", StaffRole::Technician, "2222").await;
    let (path, hers) = (format!("/api/v1/people/{ada}/badges"), format!("/api/v1/people/{grace}/badges"));
    let writes = program(&world, ApiTokenScope::Write);
    let made = writes.post(&path, json!({ "code": CODE })).await;
    made.is(201).has_not(CODE);
    assert_eq!(writes.post(&path, json!({ "code": CODE })).await.is(201).json(), made.json());
    writes.post(&hers, json!({ "code": CODE })).await.is(409).has("/problems/badge").has_not("Ada");
    writes.post(&path, json!({ "code": "123" })).await.is(422).has("4 to 128 characters");
    writes.post(&path, json!({ "code": world.pump })).await.is(422).has("label of an item");
    writes.post(&path, json!({ "code": OTHER, "more": 1 })).await.is(422);
    writes.post("/api/v1/people/nobody/badges", json!({ "code": OTHER })).await.is(404);
    let list = writes.get(&path).await.is(200).json();
    assert_eq!(list["items"], json!([made.json()]));
    program(&world, ApiTokenScope::Record).post(&path, json!({ "code": OTHER })).await.is(403);
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let remove = |path: &str| Request::delete(format!("{path}/{id}")).body(Body::empty()).unwrap();
    writes.send(remove(&hers)).await.is(404);
    writes.send(remove(&path)).await.is(204);
    writes.send(remove(&path)).await.is(404);
    assert!(badges_of(&world, ada).is_empty());
}

#[tokio::test]
async fn a_record_that_waited_in_a_phone_is_proven_by_a_badge() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    need(&world, &ProofMethod::Badge).await;
    enrol(&world, ada, CODE).unwrap();
    let sheet = |n: usize, code: &str| {
        let new = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        with(new, "who", json!({ "way": "badge", "badge": code }))
    };
    let first = sheet(1, CODE);
    let receipt = world.send(packed(&first, &[]), true).await.is(201).json();
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
    assert!(!world.cleaning().incomplete.contains(&MissingPart::Who));
    world.send(packed(&sheet(2, OTHER), &[]), true).await.is(201);
    assert_eq!(world.cleaning().who, CleanedBy::Unattributed);
    assert!(world.cleaning().incomplete.contains(&MissingPart::Who));
    let size = world.size();
    let clear = world.send(packed(&sheet(3, CODE), &[]), false).await;
    clear.is(400).has("/problems/badge-in-the-clear").has_not(CODE);
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
    // A retry brings the same record, whatever became of the badge.
    assert_eq!(world.send(packed(&first, &[]), true).await.is(201).json(), receipt);
    assert_eq!(world.size(), size + 1, "that the badge is gone");
}

#[tokio::test]
async fn a_refused_record_of_a_badge_names_whose_it_was() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = person(&world, "Ada Lovelace", StaffRole::Technician, "1111").await;
    enrol(&world, ada, CODE).unwrap();
    let gone = with(document(&world), "tag", json!("7QK3M9X2W"));
    let gone = with(gone, "who", json!({ "way": "badge", "badge": CODE }));
    world.send(packed(&gone, &[]), true).await.is(422);
    let id = gone["id"].as_str().unwrap();
    let page = format!("/staff/phone-records/{id}");
    tom.get("/staff/phone-records").await.is(200).has("by Ada Lovelace").has_not(CODE);
    let shown = tom.get(&page).await;
    shown.is(200).has("value=\"Ada Lovelace\"").has("by Ada Lovelace");
    let listed = program(&world, ApiTokenScope::Read).get("/api/v1/submissions/refused").await.json();
    assert_eq!(listed["items"][0]["cleaned_by"], "Ada Lovelace");
    let late = [("tag", &*world.pump.to_string()), ("cleaned_by", "Ada Lovelace"), ("notes", "Typed wrong")];
    tom.post(&page, &shown.hidden("form"), &late).await.is(303);
    assert_eq!(world.cleaning().who, CleanedBy::Badge { staff: ada });
}

#[tokio::test]
async fn a_badge_proves_who_reports_a_problem() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let settings = SettingsChange { problem: Some(ProblemPolicy::Proven), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let path = format!("/t/{}/problem", world.pump);
    let open = || world.send(Request::get(&path).body(Body::empty()).unwrap(), true);
    open().await.is(200).has_not("name=\"badge\"");
    enrol(&world, ada, CODE).unwrap();
    open().await.is(200).has("name=\"badge\"");
    world.get(&path).await.is(200).has_not("name=\"badge\"");
    let size = world.size();
    let report = async |badge: &str, secure: bool| {
        world.send(posted(&path, &[("what", "broken"), ("badge", badge)]), secure).await
    };
    report(OTHER, true).await.is(422).has("Nobody here has this badge").has("href=\"#badge\"");
    assert_eq!(world.size(), size);
    report(CODE, true).await.is(303);
    let Event::ProblemReported(problem) = world.event(size) else { panic!() };
    assert_eq!(problem.who, CleanedBy::Badge { staff: ada });
    assert_eq!(world.state.store.facility().equipment[&world.pump].service, ServiceState::Out);
    report(CODE, false).await.is(400);
    assert!(badges_of(&world, ada)[0].revoked_ms.is_some());
}

#[tokio::test]
async fn nothing_of_a_badge_is_in_a_log_a_file_or_an_export() {
    let log = LogLines::collect();
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let path = format!("/staff/people/{ada}");
    scan_twice(&admin, &path, [CODE, CODE]).await.is(303);
    let writes = program(&world, ApiTokenScope::Write);
    writes.post(&format!("/api/v1/people/{ada}/badges"), json!({ "code": OTHER })).await.is(201);
    submit(&world, true, &[("badge", CODE)]).await.is(303);
    let sheet = with(document(&world), "who", json!({ "way": "badge", "badge": OTHER }));
    world.send(packed(&sheet, &[]), true).await.is(201);
    submit(&world, true, &[("badge", "GUESSED-NUMBER")]).await.is(422);
    let lost = with(sheet, "id", json!("01J00000000000000000000XYZ"));
    world.send(packed(&with(lost, "tag", json!("7QK3M9X2W")), &[]), true).await.is(422);
    submit(&world, false, &[("badge", CODE)]).await.is(400);
    let mut seen = Traces::default();
    for page in [&*path, "/staff/people", "/staff/box/audit", "/staff/phone-records"] {
        seen.add(page, admin.get(page).await.bytes);
    }
    for export in ["/api/v1/log", "/api/v1/people", &format!("/api/v1/people/{ada}/badges")] {
        seen.add(export, writes.get(export).await.is(200).bytes.clone());
    }
    seen.add_bundle(&admin).await;
    seen.add_stored(&world);
    seen.add("log lines", log.bytes());
    assert!(seen.has("badge.key", b""));
    assert!(seen.has("state.redb", ada.to_string().as_bytes()));
    seen.lack(&[CODE, OTHER, "GUESSED-NUMBER"]);
}
