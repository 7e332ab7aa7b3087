//! Alarms on pages, at the API and in `/healthz`: shown until somebody who may acknowledges them.

use record::alarm::AlarmCode;
use record::kinds::EquipmentPatch;
use service::clock::Clock as _;

use crate::alarms::AlarmCause;
use crate::alarms::sources::OptionalPart;
use crate::identity::{AccessCaller, AccessOutcome, AccessRow};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn forgot(world: &World) -> AlarmCause {
    AlarmCause::new(AlarmCode::LogForgot).of(world.state.store.origin().epoch).from(4).to(9)
}

fn seen_rows(world: &World) -> Vec<AccessRow> {
    let rows = world.state.identity.access.rows(None, 1_000).unwrap().into_iter().map(|(_, row)| row);
    rows.filter(|row| row.outcome == AccessOutcome::AlarmSeen).collect()
}

#[tokio::test]
async fn an_alarm_stands_above_the_pages_until_somebody_has_seen_it() {
    let world = World::new().await;
    let biomed = desk(&world, StaffRole::Biomed).await;
    biomed.get("/staff/").await.is(200).has_not("Show and acknowledge").has("This box works alone: ");
    world.state.alarms.raise(forgot(&world));
    world.state.alarms.report(OptionalPart::State.off(""));
    for page in ["/staff/", "/staff/equipment"] {
        let page = biomed.get(page).await;
        page.is(200).has("Storage lost records: change the storage card").has("One more alarm is active");
        page.has("come back from the relay").has("Have the storage card changed").has("href=\"/staff/box\"");
        page.has("This box works alone: ");
    }
    let home = world.get("/").await;
    home.is(200).has("Storage lost records").has("Tell biomed, ext. 4417.").has_not("Show and acknowledge");
    let page = biomed.get("/staff/box").await;
    page.is(200).has("Storage lost records").has("state.redb").has("I have seen this");
    let id = world.state.alarms.all()[0].id.clone();
    let (path, token) = (format!("/staff/box/alarms/{id}/seen"), page.hidden("form"));
    biomed.send(posted(&path, &[])).await.is(403);
    assert_eq!(world.state.alarms.unseen(), 2, "a form of another page");
    let post = async || biomed.send(posted(&path, &[("form", &token)])).await;
    assert_eq!(post().await.is(303).location(), "/staff/box");
    post().await.is(303);
    assert_eq!(world.state.alarms.unseen(), 1);
    let rows = seen_rows(&world);
    assert_eq!((rows.len(), rows[0].subject.as_deref()), (1, Some(id.as_str())), "once");
    assert!(matches!(rows[0].caller, AccessCaller::Staff(_)));
    biomed
        .get("/staff/")
        .await
        .has_not("Storage lost")
        .has("PINs, badges, tokens and printers may have to be set again");
    biomed.get("/staff/box").await.has("Storage lost records").has("acknowledged").has("by Tom Nguyen");
    let missing = posted("/staff/box/alarms/00000000/seen", &[("form", &token)]);
    biomed.send(missing).await.is(404).has("no alarm 00000000").has("Nothing was changed");
}

#[tokio::test]
async fn the_list_of_what_waits_leads_to_the_alarms_of_the_box() {
    let world = World::new().await;
    let biomed = desk(&world, StaffRole::Biomed).await;
    let list = "/staff/alarms";
    biomed.get(list).await.is(200).has("Nothing waits for anybody.").has_not("about the box itself");
    world.state.alarms.raise(forgot(&world));
    world.state.alarms.report(OptionalPart::State.off(""));
    let words = "2 alarms about the box itself are on the page Box";
    biomed.get(list).await.has(words).has_not("Nothing waits for anybody.");
    let page = biomed.get("/staff/box").await;
    for alarm in world.state.alarms.all().iter() {
        let path = format!("/staff/box/alarms/{}/seen", alarm.id);
        biomed.send(posted(&path, &[("form", &page.hidden("form"))])).await.is(303);
    }
    // An alarm that was over when it was reported is settled once it is seen.
    let words = "<a class=\"link\" href=\"/staff/box\">1 alarm about the box itself is on the page Box</a>";
    biomed.get(list).await.has(words).has_not("Nothing waits for anybody.");
    world.state.alarms.end(|_| true);
    biomed.get(list).await.has("Nothing waits for anybody.").has_not("about the box itself");
}

#[tokio::test]
async fn only_who_may_change_things_acknowledges() {
    let world = World::new().await;
    world.state.alarms.raise(forgot(&world));
    let path = format!("/staff/box/alarms/{}/seen", world.state.alarms.all()[0].id);
    world.post(&path, &[]).await.is(403).has("HTTPS");
    let reader = desk(&world, StaffRole::Auditor).await;
    let page = reader.get("/staff/box").await;
    page.is(200).has("Storage lost records").has_not("I have seen this");
    let form = reader.get("/staff/me").await.hidden("form");
    reader.send(posted(&path, &[("form", &form)])).await.is(403);
    assert_eq!((world.state.alarms.unseen(), seen_rows(&world).len()), (1, 0));
}

#[tokio::test]
async fn programs_list_and_acknowledge() {
    let world = World::new().await;
    world.state.alarms.raise(forgot(&world));
    let id = world.state.alarms.all()[0].id.clone();
    let path = format!("/api/v1/alarms/{id}/seen");
    let (reads, writes) = (program(&world, ApiTokenScope::Read), program(&world, ApiTokenScope::Write));
    let listed = reads.get("/api/v1/alarms").await.is(200).json();
    let item = &listed["items"][0];
    assert_eq!(
        (&item["id"], &item["code"], &item["from"]),
        (&id.as_str().into(), &"log-forgot".into(), &4.into())
    );
    assert!(item["seen_ms"].is_null() && item["words"].as_str().unwrap().contains("change the storage card"));
    reads.post(&path, serde_json::json!({})).await.is(403).has("/problems/scope");
    writes.post("/api/v1/alarms/1/seen", serde_json::json!({})).await.is(404).has("/problems/no-alarm");
    for _ in 0..2 {
        let seen = writes.post(&path, serde_json::json!({})).await.is(200).json();
        assert_eq!((&seen["id"], &seen["seen_ms"]), (&id.as_str().into(), &world.clock.now().wall_ms.into()));
    }
    let rows = seen_rows(&world);
    assert_eq!(rows.len(), 1);
    assert!(matches!(rows[0].caller, AccessCaller::Token(_)), "{rows:?}");
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get("/staff/box").await.has("by the program");
    admin.get("/staff/box/audit").await.has("Acknowledged an alarm");
}

#[tokio::test]
async fn healthz_says_what_is_not_as_it_should_be() {
    let world = World::new().await;
    let well = world.get("/healthz").await.is(200).json();
    let of = |health: &serde_json::Value| {
        (health["ok"].clone(), health["whole"].clone(), health["unseen"].clone())
    };
    assert_eq!(of(&well), (true.into(), true.into(), 0.into()));
    assert_eq!((&well["alarms"], &well["degraded"]), (&serde_json::json!([]), &serde_json::json!([])));
    for stored in ["box", "epoch", "entries", "at_relay", "relay", "disk_was_full", "all_checked_ms", "notes"]
    {
        assert!(well.get(stored).is_some(), "{stored}");
    }
    world.state.alarms.raise(forgot(&world));
    world.state.alarms.raise(OptionalPart::Https.off("no key"));
    let health = world.get("/healthz").await.is(200).json();
    assert_eq!(of(&health), (true.into(), false.into(), 2.into()), "it records, and not all is here");
    let epoch = world.state.store.origin().epoch;
    let degraded = serde_json::json!([
        {"code": "log-forgot", "subject": format!("{epoch} 4-9")}, {"code": "side-room", "subject": "https"}
    ]);
    assert_eq!(health["degraded"], degraded);
    assert!(health["notes"][0].as_str().unwrap().contains("change the storage card"), "{health}");
    for alarm in world.state.alarms.all().iter() {
        world.state.alarms.acknowledge(&alarm.id, crate::alarms::AlarmReader::default()).unwrap();
    }
    let health = world.get("/healthz").await.is(200).json();
    assert_eq!(of(&health), (true.into(), false.into(), 0.into()), "seen, and not over");
    world.state.alarms.end(|_| true);
    let health = world.get("/healthz").await.json();
    assert_eq!(
        (of(&health), &health["degraded"]),
        ((true.into(), true.into(), 0.into()), &serde_json::json!([]))
    );
    world.state.store.stop().await.unwrap();
    let ended = world.get("/healthz").await.is(503).json();
    assert_eq!(of(&ended), (false.into(), true.into(), 0.into()), "its writer has ended");
}

#[tokio::test]
async fn counts_are_over_all_logs() {
    let world = World::new().await;
    let size = world.size();
    let dir = world.end().await;
    // A restored backup has no keys, and continues in another epoch.
    std::fs::remove_dir_all(dir.path().join("box/keys")).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    let (epoch, own) = (world.state.store.origin().epoch, world.size());
    assert_eq!(epoch.n, 2);
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let all = size + world.size();
    assert!(world.size() > own);
    world.link.send_replace(RelayLinkState::Up { ended_backlog: 0 });
    let waiting = format!("All {all} entries are here; {} are on their way", world.size());
    admin.get("/staff/").await.is(200).has(&waiting);
    world.link.send_replace(RelayLinkState::Up { ended_backlog: 3 });
    let waiting = format!("All {all} entries are here; {} are on their way", world.size() + 3);
    admin.get("/staff/").await.is(200).has(&waiting);
    admin.get("/staff/box").await.has(&format!("{} of {size} of earlier ones", size - 3));
}

#[tokio::test]
async fn a_receipt_that_may_be_among_what_is_missing_is_not_called_unknown() {
    let world = World::new().await;
    let done = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await;
    let receipt = done.is(303).location();
    let (size, old) = (world.size(), world.state.store.origin().epoch);
    let dir = world.end().await;
    // A restored backup: its first log no longer exists, and the second one says how much there was of it.
    std::fs::remove_dir_all(dir.path().join("box/keys")).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    let dir = world.end().await;
    std::fs::remove_dir_all(dir.path().join(format!("box/log/{old}"))).unwrap();
    std::fs::remove_file(dir.path().join("box/cleantrack.redb")).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    assert_eq!(world.state.store.missing()[0].to, Some(size));
    for page_end in ["", "/proof", "/undo"] {
        let page = world.get(&format!("{receipt}{page_end}")).await;
        page.is(503).has("A part of this box’s history is missing");
        assert_eq!(page.header(http::header::RETRY_AFTER), "60");
    }
    let beyond = receipt.replacen("/r/1-", "/r/2-", 1);
    world.get(&beyond).await.is(404).has("No record has this number and hash");
}

/// A box whose first log is gone with what says which items there are: a tag of that time, and a receipt of each log.
async fn without_its_first_log() -> (World, record::tag::Tag, [String; 2]) {
    let world = World::new().await;
    let (pump, old) = (world.pump, world.state.store.origin().epoch);
    let record = async |world: &World, name: &str| {
        let fields = [("cleaned_by", name), ("submission", name)];
        world.post(&format!("/t/{pump}"), &fields).await.is(303).location()
    };
    let first = record(&world, "Ada").await;
    let dir = world.end().await;
    std::fs::remove_dir_all(dir.path().join("box/keys")).unwrap();
    let world = World::in_dir(dir, crate::photo::UploadLimits::default()).await;
    let second = record(&world, "Grace").await;
    let dir = world.end().await;
    std::fs::remove_dir_all(dir.path().join(format!("box/log/{old}"))).unwrap();
    std::fs::remove_file(dir.path().join("box/cleantrack.redb")).unwrap();
    (World::in_dir(dir, crate::photo::UploadLimits::default()).await, pump, [first, second])
}

#[tokio::test]
async fn a_tag_that_a_missing_part_may_know_is_not_called_unknown() {
    let (world, lost, _) = without_its_first_log().await;
    let page = world.get(&format!("/t/{lost}")).await;
    page.is(503).has("The box cannot look up this tag now").has("comes back automatically");
    assert_eq!(page.header(http::header::RETRY_AFTER), "60");
    let done = world.post(&format!("/t/{lost}"), &[("cleaned_by", "Ada")]).await;
    done.is(503).has("Nothing was recorded");
    // What a text shows to be no tag at all is none whatever is missing.
    world.get("/t/NOTATAG").await.is(404);
    world.get(&format!("/t/{}", world.pump)).await.is(200);
}

#[tokio::test]
async fn nothing_is_called_clean_by_a_history_of_which_a_part_is_missing() {
    let (world, ..) = without_its_first_log().await;
    let (missing, unsure) =
        ("A part of this box’s history is missing", "Not known: a part of the history is missing");
    let fields = EquipmentPatch { name: Some("Bladder scanner".into()), ..Default::default() };
    let new = NewEquipment { tag: None, fields, schedule: None, ..Default::default() };
    let seq = world.give(Command::AddEquipment(Box::new(new))).await;
    let Event::EquipmentAdded(added) = world.event(seq) else { panic!("no equipment") };
    let page = format!("/t/{}?anyway=1", added.tag);
    world.get(&page).await.is(200).has(unsure).has(missing);
    world.get("/").await.is(200).has(missing);
    world.get("/?all=1").await.is(200).has("Not known").has_not("No schedule");
    let sign_in = Request::get("/staff/sign-in").body(Body::empty()).unwrap();
    world.send(sign_in, true).await.is(200).has("Nobody can sign in now").has_not("staff add");
    // Acknowledging does not bring anything back.
    for alarm in world.state.alarms.all().iter() {
        world.state.alarms.acknowledge(&alarm.id, crate::alarms::AlarmReader::default()).unwrap();
    }
    world.get("/").await.is(200).has(missing);
    // What is recorded since is known.
    world.post(&page, &[("cleaned_by", "Ada")]).await.is(303);
    world.get(&page).await.is(200).has_not(unsure).has_not(missing);
}

#[tokio::test]
async fn a_whole_record_whose_item_is_missing_opens_and_proves() {
    let (world, pump, [lost, whole]) = without_its_first_log().await;
    let again = [("cleaned_by", "Grace"), ("submission", "Grace")];
    assert_eq!(
        world.post(&format!("/t/{pump}"), &again).await.is(303).location(),
        whole,
        "a phone sends it again"
    );
    world.get(&lost).await.is(503);
    world.get(&whole).await.is(200).has("This record is complete and safe").has("Grace");
    let proof: record::proof::RecordProof =
        serde_json::from_value(world.get(&format!("{whole}/proof")).await.is(200).json()).unwrap();
    let proven = proof.check(&[], &[]).unwrap();
    let receipt: record::receipt::Receipt = whole.trim_start_matches("/r/").parse().unwrap();
    assert!(receipt.fits(proven.entry.leaf()));
}
