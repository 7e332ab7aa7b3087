//! Records that waited in phones.

use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use record::entry::EntryAuthor;
use record::kinds::{
    CivilDay, CleanedBy, CleaningFlag, CleaningTrigger, Contact, MissingPart, ProblemWord, ProofMethod,
    ProtocolRef, QueuedPolicy, QueuedRecord, WhoPolicy,
};
use serde_json::{Value, json};
use service::attempts::ClientNetwork;
use service::clock::Clock as _;

use super::contact_times::add_soak;
use super::phone_browser::PhoneBrowser;
use crate::intake::{ReportPlacement, SettingsChange, methods_from};
use crate::phones::{RefusedRecords, RefusedSubmission};
use crate::photo::PhotoTrouble;
use crate::web::commands::photo_follow::FollowingPhoto;
use crate::web::request::submissions::phone_submission::{PhoneSubmission, SubmissionJson, SubmittedPhotos};
use crate::web::request::submissions::submission_record::record_submission;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

const ID: &str = "01J00000000000000000000ABC";
const HOUR_MS: i64 = 3_600_000;

pub(in crate::web::tests) fn document(world: &World) -> Value {
    let now = world.state.clock.now();
    let heard = json!({ "phone": 0, "box": null, "boot": now.boot.to_string(), "up": now.up_ms - 3_600_000 });
    json!({
        "v": 1, "id": ID, "tag": world.pump, "steps": [1, 2], "who": { "way": "typed", "name": "Maria" },
        "times": {
            "open": [0, 0], "start": [300_000, 1], "press": [600_000, 2], "send": [HOUR_MS, 3],
            "same_page": false, "seen": heard,
        },
        "cards": 7,
    })
}

pub(in crate::web::tests) fn with(mut document: Value, member: &str, value: Value) -> Value {
    document[member] = value;
    document
}

pub(in crate::web::tests) fn packed(document: &Value, photos: &[&[u8]]) -> Request<Body> {
    let head = |name: &str| format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n");
    let mut body = format!("{}{document}\r\n", head("submission")).into_bytes();
    for photo in photos {
        body.extend_from_slice(head("photo").as_bytes());
        body.extend_from_slice(photo);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--XX--\r\n");
    let request = Request::post("/api/v1/submissions");
    request.header(CONTENT_TYPE, "multipart/form-data; boundary=XX").body(Body::from(body)).unwrap()
}

pub(in crate::web::tests) async fn send(world: &World, document: &Value) -> Answer {
    world.send(packed(document, &[]), false).await
}

async fn state_of(world: &World, id: &str) -> Value {
    world.get(&format!("/api/v1/submissions/state?id={id}")).await.is(200).json()[id].clone()
}

fn refused(world: &World) -> RefusedSubmission {
    let db = world.state.store.state_db();
    world.state.stored::<RefusedRecords>().find(&db, ID).unwrap().unwrap()
}

#[tokio::test]
async fn a_record_is_placed_in_time_and_never_made_twice() {
    let world = World::new().await;
    let (size, first) = (world.size(), document(&world));
    assert_eq!(state_of(&world, ID).await, "unknown");
    let made = send(&world, &first).await;
    let receipt = made.is(201).json();
    assert_eq!(world.size(), size + 1);
    let cleaning = world.cleaning();
    let now_ms = world.state.clock.now().wall_ms;
    assert_eq!(cleaning.performed, Some(now_ms - HOUR_MS + 600_000));
    assert_eq!(cleaning.queued, Some(QueuedRecord { waited_s: 3_000, phone_ms: 600_000, unsure: false }));
    assert_eq!(cleaning.contact.and_then(|contact| contact.phone_s), Some(300));
    assert_eq!(cleaning.took_ms, Some(300_000));
    assert_eq!(state_of(&world, ID).await, "box");
    world.get(receipt["url"].as_str().unwrap()).await.is(200).has("Maria");
    // The same again, an hour later: other readings, the same record.
    world.clock.advance(Duration::from_secs(60));
    let again = with(
        first.clone(),
        "times",
        json!({ "open": [0, 0], "press": [1, 1], "send": [2, 2], "same_page": true }),
    );
    assert_eq!(send(&world, &again).await.is(201).json(), receipt);
    send(&world, &with(first, "note", json!("another"))).await.is(409);
    assert_eq!(world.size(), size + 1);
    let time = made.header(http::HeaderName::from_static("x-box-time")).to_owned();
    let parts: Vec<&str> = time.split(';').collect();
    assert_eq!(parts.len(), 3, "{time}");
    assert_eq!(parts[0].parse(), Ok(now_ms));
}

/// The same request in two pieces: the photo comes so much later than the document.
fn slowly(world: &World, request: Request<Body>, later: Duration) -> Request<Body> {
    let (head, body) = request.into_parts();
    let clock = world.clock.clone();
    let pieces = stream::once(body.collect()).flat_map(|whole| {
        let whole = whole.unwrap().to_bytes();
        let second = whole.windows(4).rposition(|at| at == b"--XX").unwrap();
        let at = whole[..second].windows(4).rposition(|at| at == b"--XX").unwrap();
        // A byte of the second part is there, so that the first one is known to be whole.
        stream::iter([whole.slice(..at + 6), whole.slice(at + 6..)])
    });
    let late = pieces.enumerate().map(move |(n, piece)| {
        if n > 0 {
            clock.advance(later);
        }
        Ok::<_, std::io::Error>(piece)
    });
    Request::from_parts(head, Body::from_stream(late))
}

#[tokio::test]
async fn a_photo_that_comes_slowly_makes_no_record_late_and_no_clock_unsure() {
    let world = World::new().await;
    let pressed_ms = world.state.clock.now().wall_ms - HOUR_MS + 600_000;
    let request = packed(&document(&world), &[b"good one\n"]);
    world.send(slowly(&world, request, Duration::from_secs(90)), false).await.is(201);
    let cleaning = world.cleaning();
    assert_eq!((cleaning.performed, cleaning.photos.len()), (Some(pressed_ms), 1));
    assert_eq!(cleaning.queued, Some(QueuedRecord { waited_s: 3_090, phone_ms: 600_000, unsure: false }));
}

/// Of a phone that knew of no contact time, and pressed so many seconds before it sends.
fn without_start(world: &World, id: usize, pressed_s: i64) -> Value {
    let mut document = with(document(world), "id", json!(format!("01J0000000000000000000000{id}")));
    document["times"]["start"] = Value::Null;
    document["times"]["press"] = json!([HOUR_MS - pressed_s * 1_000, 2]);
    let protocol = world.state.store.snapshot().protocols.values().next().unwrap().newest.clone();
    with(document, "protocol", json!({ "id": protocol.protocol.to_string(), "version": protocol.version }))
}

#[tokio::test]
async fn a_contact_time_that_was_started_at_the_box_counts_for_a_record_from_a_dead_spot() {
    let world = World::new().await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(600));
    // Pressed 100 s after the start, which is too early, and then after 181 s.
    for (id, ago_s, is_missing) in [(1, 500, true), (2, 600 - 181, false)] {
        send(&world, &without_start(&world, id, ago_s)).await.is(201);
        let cleaning = world.cleaning();
        let measured_s = cleaning.contact.unwrap().measured_s;
        assert_eq!(measured_s, Some(if is_missing { 100 } else { 181 }));
        assert_eq!(cleaning.incomplete.contains(&MissingPart::ContactTime), is_missing);
        if is_missing {
            world.clock.advance(Duration::from_secs(60));
            phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
            phone.page.has("Surface is wet");
            phone.press("Surface is wet").await;
            world.clock.advance(Duration::from_secs(600));
        }
    }
    // It ended with its record, and a clock that was set says nothing of when it was pressed.
    let now = world.clock.now();
    assert_eq!(world.state.contact_timers.find_any(world.pump, &world.state.store.facility(), &now), None);
    send(&world, &without_start(&world, 3, 10)).await.is(201);
    assert_eq!(world.cleaning().contact.unwrap().measured_s, None);
    phone = PhoneBrowser::open(&world, &format!("/t/{}", world.pump)).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(600));
    let mut unsure = without_start(&world, 4, 10);
    unsure["times"]["seen"] = Value::Null;
    send(&world, &unsure).await.is(201);
    assert_eq!(world.cleaning().contact.unwrap().measured_s, None);
}

#[tokio::test]
async fn a_contact_time_of_another_protocol_counts_for_no_record_from_a_dead_spot() {
    let world = World::new().await;
    let [wipe, soak] = add_soak(&world).await;
    let mut phone = PhoneBrowser::open(&world, &format!("/t/{}?protocol={wipe}", world.pump)).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(900));
    let of = |protocol: ProtocolId| json!({ "id": protocol.to_string(), "version": 1 });
    send(&world, &with(without_start(&world, 1, 10), "protocol", of(soak))).await.is(201);
    let cleaning = world.cleaning();
    assert_eq!(cleaning.protocol.unwrap().id, soak);
    assert_eq!(cleaning.contact.unwrap().measured_s, None);
    assert!(cleaning.incomplete.contains(&MissingPart::ContactTime));
    phone = PhoneBrowser::open(&world, &format!("/t/{}?protocol={wipe}", world.pump)).await;
    phone.press("Surface is wet").await;
    world.clock.advance(Duration::from_secs(900));
    send(&world, &with(without_start(&world, 2, 10), "protocol", of(wipe))).await.is(201);
    assert_eq!(world.cleaning().contact.unwrap().measured_s, Some(890));
}

#[tokio::test]
async fn what_is_refused_keeps_a_photo_that_takes_long() {
    let world = World::new().await;
    let (opened, opens) = tokio::sync::oneshot::channel();
    let work = tokio::spawn(async move { opens.await.map_err(|_| PhotoTrouble::NotAPhoto) });
    let following = vec![FollowingPhoto { work, upload: world.dir.path().join("upload") }];
    let unknown = with(document(&world), "tag", json!("7QK3M9X2W"));
    let document: SubmissionJson = serde_json::from_value(unknown).unwrap();
    let photos = SubmittedPhotos { following, ..SubmittedPhotos::default() };
    let now = world.state.clock.now();
    let network = ClientNetwork::of(std::net::Ipv4Addr::LOCALHOST.into());
    let submission = PhoneSubmission {
        came: now,
        document,
        photos,
        proven: None,
        problem_goes: ReportPlacement::Entry,
        network,
    };
    let place = submission.place(&now);
    let photo = record::tree::Hash::of(b"photo");
    let recorded = record_submission(&world.state, EntryAuthor::BOX, submission, &place);
    let (recorded, sent) = tokio::join!(recorded, async { opened.send(photo) });
    sent.unwrap();
    assert_eq!(recorded.unwrap_err().code, "kept-for-biomed");
    assert_eq!(refused(&world).photos, [photo]);
}

#[tokio::test]
async fn a_record_that_waited_a_few_seconds_keeps_its_time() {
    let world = World::new().await;
    for (id, waited_ms) in [("01J0000000000000000000000A", 5_000), ("01J0000000000000000000000B", 1_000)] {
        let mut sent = with(document(&world), "id", json!(id));
        sent["times"]["press"] = json!([HOUR_MS - waited_ms, 2]);
        send(&world, &sent).await.is(201);
        let performed = Some(world.state.clock.now().wall_ms - waited_ms).filter(|_| waited_ms == 5_000);
        assert_eq!(world.cleaning().performed, performed, "{waited_ms}");
    }
}

#[tokio::test]
async fn hardly_anything_is_refused() {
    let world = World::new().await;
    let new =
        |n: usize, document: Value| with(document, "id", json!(format!("01J0000000000000000000000{n}")));
    let old = json!({ "id": "01J00000000000000000000PRT", "version": 9 });
    send(&world, &new(1, with(document(&world), "protocol", old))).await.is(201);
    assert!(world.cleaning().flags.contains(&CleaningFlag::OldProtocol));
    let nobody = json!({ "way": "pin" });
    send(&world, &new(2, with(document(&world), "who", nobody))).await.is(201);
    world.give(Command::RetireEquipment { tag: world.pump, reason: "Sold".into(), seen: None }).await;
    send(&world, &new(3, with(document(&world), "steps", json!([])))).await.is(201);
    let cleaning = world.cleaning();
    assert!(cleaning.flags.contains(&CleaningFlag::Retired));
    assert!(cleaning.incomplete.contains(&MissingPart::Steps));
    let size = world.size();
    send(&world, &new(4, with(document(&world), "tag", json!("7QK3M9X2W"))))
        .await
        .is(422)
        .has("Biomed has it");
    for (member, value) in [
        ("v", json!(2)),
        ("id", json!("x")),
        ("steps", json!(-1)),
        ("trigger", json!("NO WORD\u{202e}")),
        ("times", json!({ "open": [0, 0] })),
        ("who", json!({})),
        ("more", json!(1)),
    ] {
        send(&world, &with(document(&world), member, value)).await.is(422);
    }
    send(&world, &with(document(&world), "v", json!(2))).await.is(422).has_not("kept-for-biomed");
    send(&world, &with(document(&world), "note", json!("x".repeat(20_000)))).await.is(413);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn the_version_that_the_phone_showed_judges_its_record() {
    let world = World::new().await;
    let item = world.state.store.snapshot().equipment[&world.pump].clone();
    let id = item.facts.protocols[0];
    let published = world.state.store.snapshot().protocols[&id].newest.clone();
    let step = |text: &str| Step { text: text.into(), required: true };
    let newer = NewProtocol {
        protocol: Some(id),
        name: published.name,
        steps: (0..9).map(|_| step("Wipe")).collect(),
        ..NewProtocol::default()
    };
    world.give(Command::PublishProtocol(Box::new(newer))).await;
    let all: Vec<usize> = (1..=published.steps.len()).collect();
    let shown = json!({ "id": id.to_string(), "version": published.version });
    let document = with(with(document(&world), "steps", json!(all)), "protocol", shown);
    send(&world, &document).await.is(201);
    let cleaning = world.cleaning();
    assert_eq!(cleaning.protocol, Some(ProtocolRef { id, version: published.version }));
    assert!(!cleaning.incomplete.contains(&MissingPart::Steps), "{:?}", cleaning.incomplete);
    assert!(cleaning.flags.contains(&CleaningFlag::OldProtocol));
    let required_s = published.contact_s;
    assert_eq!(cleaning.contact, Some(Contact { required_s, phone_s: Some(300), ..Contact::default() }));
}

#[tokio::test]
async fn photos_come_with_it_and_one_of_no_use_holds_nothing_up() {
    let world = World::new().await;
    world.send(packed(&document(&world), &[b"good one\n", b"bad\n"]), false).await.is(201);
    assert_eq!(world.cleaning().photos.len(), 1);
    let size = world.size();
    let other = with(document(&world), "id", json!("01J00000000000000000000ABD"));
    let long = vec![b'x'; 2 * 1024 * 1024 + 1];
    world.send(packed(&other, &[&long]), false).await.is(413);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn what_is_wrong_with_an_item_comes_with_its_cleaning_or_alone() {
    let world = World::new().await;
    let new = |id: &str, problem: Value| with(with(document(&world), "id", json!(id)), "problem", problem);
    let crack = json!({ "what": "broken", "text": "Screen cracked" });
    let size = world.size();
    for _ in 0..2 {
        send(&world, &new(ID, crack.clone())).await.is(201);
    }
    assert_eq!(world.size(), size + 2, "a cleaning and a report, once");
    assert!(matches!(world.event(size), Event::CleaningRecorded(_)));
    let Event::ProblemReported(report) = world.event(size + 1) else { panic!() };
    assert_eq!((report.tag, report.what), (world.pump, ProblemWord::Broken));
    let alone = |id: &str| with(new(id, json!({ "what": "on fire" })), "cleaned", json!(false));
    let only = packed(&alone("01J00000000000000000000ABD"), &[b"good one\n"]);
    let made = world.send(only, false).await.is(201).json();
    assert_eq!(made["url"], format!("/t/{}", world.pump));
    let Event::ProblemReported(report) = world.event(size + 2) else { panic!() };
    assert_eq!((report.what, report.photos.len()), (ProblemWord::Something, 1));
    assert_eq!(state_of(&world, "01J00000000000000000000ABD").await, "box");
    world.get(&format!("/t/{}", world.pump)).await.is(200).has("something else");
    let nothing = with(document(&world), "cleaned", json!(false));
    send(&world, &nothing).await.is(422);
    send(&world, &new(ID, json!({ "what": "NO WORD" }))).await.is(422);
}

#[tokio::test]
async fn one_report_too_many_takes_no_cleaning_with_it() {
    let world = World::new().await;
    let crack = json!({ "what": "broken", "text": "Screen cracked" });
    let id = |n: usize| format!("01J0000000000000000000000{n}");
    let new = |n: usize| with(with(document(&world), "id", json!(id(n))), "problem", crack.clone());
    for n in 1..=3 {
        send(&world, &with(new(n), "cleaned", json!(false))).await.is(201);
    }
    let size = world.size();
    send(&world, &with(new(4), "note", json!("Behind the bed"))).await.is(201);
    assert_eq!(world.size(), size + 2);
    assert!(matches!(world.event(size + 1), Event::ProblemReported(more) if more.also.is_some()));
    // An address from which too much is reported about an item: the cleaning is recorded with it in its note, and one that comes alone waits.
    let more = |n: usize| with(new(4), "id", json!(format!("01J000000000000000000001{n:02}")));
    for n in 0..100 {
        let status = send(&world, &with(more(n), "cleaned", json!(false))).await.status;
        assert_eq!(status, if n < 1 { 201 } else { 429 }, "{n}");
    }
    let waits = send(&world, &with(more(99), "cleaned", json!(false))).await;
    assert_eq!(waits.is(429).has("/problems/reports-spent").header(http::header::RETRY_AFTER), "720");
    send(&world, &with(more(0), "cleaned", json!(false))).await.is(201);
    let size = world.size();
    send(&world, &with(new(5), "note", json!("Behind the bed"))).await.is(201);
    assert_eq!(world.size(), size + 1);
    let tom = desk(&world, StaffRole::Biomed).await;
    let history = tom.get(&format!("/staff/equipment/{}", world.pump)).await;
    history.is(200).has("Behind the bed").has("broken: Screen cracked");
    // A report about an item that is gone is for biomed, who find the right one.
    world.clock.advance(Duration::from_secs(3_600));
    let gone = with(new(6), "tag", json!("7QK3M9X2W"));
    send(&world, &with(gone, "cleaned", json!(false))).await.is(422).has("Biomed has it");
    let at = format!("/staff/phone-records/{}", id(6));
    tom.get("/staff/phone-records").await.has("reported today").has("broken. Screen cracked");
    let form = tom.get(&at).await.is(200).has("Screen cracked").hidden("form");
    let pump = world.pump.to_string();
    let fields = [("tag", pump.as_str()), ("cleaned_by", "Maria"), ("notes", "Screen cracked")];
    tom.post(&at, &form, &fields).await.is(303);
    assert!(matches!(world.event(world.size() - 1), Event::ProblemReported(_)));
    assert_eq!(state_of(&world, &id(6)).await, "box");
}

#[tokio::test]
async fn a_lot_past_its_last_day_is_flagged_by_the_day_of_the_cleaning() {
    let world = World::new().await;
    let now_ms = world.state.clock.now().wall_ms;
    let day = crate::intake::facility_day(&world.state.store.facility(), now_ms - HOUR_MS).unwrap();
    let before = CivilDay::of_number(day.number() - 1).unwrap();
    for (n, last, is_expired) in [(1, day, false), (2, before, true)] {
        let lot = with(with(document(&world), "lot", json!("L 1234")), "lot_expires", json!(last));
        send(&world, &with(lot, "id", json!(format!("01J0000000000000000000000{n}")))).await.is(201);
        let cleaning = world.cleaning();
        assert_eq!((cleaning.lot.as_str(), cleaning.lot_expires), ("L 1234", Some(last)));
        assert_eq!(cleaning.flags.contains(&CleaningFlag::LotExpired), is_expired, "{last}");
    }
    send(&world, &with(document(&world), "lot_expires", json!("2026-02-30"))).await.is(422);
}

fn late_fields(tag: &str) -> [(&str, &str); 3] {
    [("tag", tag), ("cleaned_by", "Maria"), ("notes", "")]
}

#[tokio::test]
async fn what_is_refused_is_entered_or_dismissed_by_biomed() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/").await.has_not("/staff/phone-records");
    let unknown = with(document(&world), "tag", json!("7QK3M9X2W"));
    for (id, document) in
        [(ID, &unknown), ("01J00000000000000000000ABD", &with(unknown.clone(), "tag", json!("?")))]
    {
        let document = with(document.clone(), "id", json!(id));
        for _ in 0..2 {
            send(&world, &document).await.is(422).has("Biomed has it").has("/problems/kept-for-biomed");
        }
        assert_eq!(state_of(&world, id).await, "refused");
    }
    tom.get("/staff/").await.has("2 records from phones were refused").has("/staff/phone-records");
    let at = format!("/staff/phone-records/{ID}");
    tom.get("/staff/phone-records").await.is(200).has(&at).has("7QK3M9X2W, cleaned today").has("by Maria");
    let form = tom.get(&at).await.is(200).hidden("form");
    for unknown in ["nine", "7QK3M9X2W", "BM-20418"] {
        tom.post(&at, &form, &late_fields(unknown)).await.is(422).has("There is a problem");
    }
    let size = world.size();
    tom.post(&at, &form, &late_fields("infusion PUMP 14")).await.is(303);
    assert_eq!(world.size(), size + 1);
    assert!(world.cleaning().performed.is_some());
    assert_eq!(state_of(&world, ID).await, "box");
    tom.get(&at).await.is(404);
    let dismiss = "/staff/phone-records/01J00000000000000000000ABD/dismiss";
    tom.post(dismiss, &form, &[]).await.is(303);
    tom.get("/staff/phone-records").await.has("No record from a phone waits");
    // A phone that never reached the box makes no line on Today: the link to its copy is there all the same.
    tom.get("/staff/").await.has_not("/staff/phone-records");
    tom.get("/staff/box").await.has("href=\"/staff/phone-records\"");
    assert_eq!(state_of(&world, "01J00000000000000000000ABD").await, "refused");
}

#[tokio::test]
async fn a_late_entry_has_all_that_the_phone_had() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let ada = world.give(Command::AddStaff(NewStaff::named("Ada Moreau", StaffRole::Technician))).await;
    let Event::StaffAdded(ada) = world.event(ada) else { panic!() };
    let who = json!({ "way": "list", "name": "Ada Moreau", "staff": ada.staff.to_string() });
    let unknown = with(with(document(&world), "tag", json!("7QK3M9X2W")), "trigger", json!("after use"));
    let unknown = with(unknown, "who", who);
    world.send(packed(&unknown, &[b"good one\n"]), false).await.is(422).has("Biomed has it");
    let photo = refused(&world).photos[0];
    let (thumbnail, at) = (format!("src=\"/photos/{photo}.t.jpg\""), format!("/staff/phone-records/{ID}"));
    tom.get("/staff/phone-records").await.is(200).has(&thumbnail).has("Photo that came with this record");
    let form = tom.get(&at).await.is(200).has(&thumbnail).hidden("form");
    let pump = world.pump.to_string();
    let fields = [("tag", pump.as_str()), ("cleaned_by", "Ada Moreau"), ("notes", "")];
    tom.post(&at, &form, &fields).await.is(303);
    let cleaning = world.cleaning();
    assert_eq!((cleaning.trigger, cleaning.photos), (Some(CleaningTrigger::AfterUse), vec![photo]));
    assert!(
        matches!(cleaning.who, CleanedBy::Entered { staff: Some(staff), .. } if staff == ada.staff),
        "{:?}",
        cleaning.who
    );
}

#[tokio::test]
async fn programs_enter_and_dismiss_what_was_refused() {
    let world = World::new().await;
    let (reads, writes) = (program(&world, ApiTokenScope::Read), program(&world, ApiTokenScope::Write));
    let unknown = with(document(&world), "tag", json!("7QK3M9X2W"));
    for n in 1..=2 {
        let id = json!(format!("01J0000000000000000000000{n}"));
        send(&world, &with(unknown.clone(), "id", id)).await.is(422);
    }
    let list = "/api/v1/submissions/refused";
    let listed = reads.get(list).await.is(200).json();
    let ids: Vec<&str> =
        listed["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(
        (&listed["items"][0]["why"], &listed["items"][0]["cleaned_by"]),
        (&json!("unknown-tag"), &json!("Maria"))
    );
    let (enter, dismiss) = (format!("{list}/{}/entered", ids[0]), format!("{list}/{}/dismissed", ids[1]));
    reads.post(&enter, json!({ "item": world.pump })).await.is(403);
    writes.post(&enter, json!({ "item": "no such thing" })).await.is(400);
    let size = world.size();
    let made = writes
        .post(&enter, json!({ "item": "Infusion pump 14", "note": "From the list" }))
        .await
        .is(201)
        .json();
    assert_eq!(world.size(), size + 1);
    world.get(made["url"].as_str().unwrap()).await.is(200).has("Maria");
    assert_eq!(state_of(&world, ids[0]).await, "box");
    writes.post(&enter, json!({ "item": world.pump })).await.is(404);
    writes.post(&dismiss, json!({})).await.is(204);
    writes.post(&dismiss, json!({})).await.is(404);
    assert_eq!(reads.get(list).await.json()["items"], json!([]));
    let cookies = send(&world, &document(&world)).await.is(201).cookies();
    let request = Request::get("/api/v1/submissions/state").header("x-waiting", "5;3600");
    world.send(request.header("cookie", &cookies).body(Body::empty()).unwrap(), false).await.is(200);
    let waiting = reads.get("/api/v1/submissions/waiting").await.is(200).json();
    assert_eq!(
        (&waiting["items"][0]["records"], &waiting["items"][0]["is_gone"]),
        (&json!(5), &json!(false))
    );
}

#[tokio::test]
async fn a_question_has_a_bound() {
    let world = World::new().await;
    world.get("/api/v1/submissions/state").await.is(200);
    world.get("/api/v1/submissions/state?id=x").await.is(400);
    let ids = |most: usize| {
        (0..most).map(|n| format!("01J00000000000000000000{n:03}")).collect::<Vec<_>>().join(",")
    };
    let states = world.get(&format!("/api/v1/submissions/state?id={}", ids(100))).await.is(200).json();
    assert_eq!(states.as_object().map(serde_json::Map::len), Some(100));
    world.get(&format!("/api/v1/submissions/state?id={}", ids(101))).await.is(400);
    world.get(&format!("/api/v1/submissions/state?id={}", ids(200))).await.is(414);
}

#[tokio::test]
async fn a_name_from_the_list_is_that_of_whom_it_names() {
    let world = World::new().await;
    world.give(Command::AddStaff(NewStaff::named("Ada Moreau", StaffRole::Technician))).await;
    let facility = world.state.store.facility();
    let reader = world.state.store.reader().unwrap();
    let (staff, member) = facility.staff.iter().find(|(_, member)| !member.left).unwrap();
    let name = reader.text(&member.name).unwrap().unwrap();
    for (n, name, is_theirs) in [(1, name.as_str(), true), (2, "Somebody Else", false)] {
        let who = json!({ "way": "list", "name": name, "staff": staff.to_string() });
        let id = json!(format!("01J0000000000000000000000{n}"));
        let sent = with(with(document(&world), "who", who), "id", id);
        for _ in 0..2 {
            send(&world, &sent).await.is(201);
        }
        let CleanedBy::Entered { staff: named, how, .. } = world.cleaning().who else { panic!() };
        assert_eq!((named, how.is_some()), (is_theirs.then_some(*staff), is_theirs), "{name}");
    }
}

#[tokio::test]
async fn a_name_that_was_typed_counts_as_one_of_the_list_where_the_facility_takes_the_list() {
    let world = World::new().await;
    world.give(Command::AddStaff(NewStaff::named("Ada Moreau", StaffRole::Technician))).await;
    let sent = |n: u8, name: &str| {
        let who = json!({ "way": "typed", "name": name });
        with(with(document(&world), "who", who), "id", json!(format!("01J0000000000000000000000{n}")))
    };
    let is_listed = || {
        let CleanedBy::Entered { staff, how, .. } = world.cleaning().who else { panic!() };
        assert_eq!(staff.is_some(), how.is_some());
        staff.is_some()
    };
    send(&world, &sent(1, "ada  moreau")).await.is(201);
    assert!(!is_listed(), "nobody asks for the list");
    let listed = Some(methods_from(&ProofMethod::List));
    let who = WhoPolicy { noncritical: listed.clone(), semicritical: listed.clone(), critical: listed };
    let asked = SettingsChange { who: Some(who), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(asked))).await;
    for (n, name, is_theirs) in [(2, "ada  moreau", true), (3, "Somebody Else", false)] {
        for _ in 0..2 {
            send(&world, &sent(n, name)).await.is(201);
        }
        let lacks_who = world.cleaning().incomplete.contains(&MissingPart::Who);
        assert_eq!((is_listed(), lacks_who), (is_theirs, !is_theirs), "{name}");
    }
}

#[tokio::test]
async fn a_contact_time_that_a_phone_measured_counts_where_the_facility_says_so() {
    let world = World::new().await;
    for (n, queued, missing) in
        [(1, QueuedPolicy::Count, vec![]), (2, QueuedPolicy::Incomplete, vec![MissingPart::ContactTime])]
    {
        let said = SettingsChange { queued: Some(queued), ..SettingsChange::default() };
        world.give(Command::ChangeFacility(Box::new(said))).await;
        let id = json!(format!("01J0000000000000000000000{n}"));
        send(&world, &with(document(&world), "id", id)).await.is(201);
        assert_eq!(world.cleaning().incomplete, missing);
    }
}
