//! What phones sent and the box refused: its bounds, its pages, and interrupted late entries; and what becomes of photos.

use record::kinds::EntryRef;
use serde_json::{Value, json};

use super::submissions::{document, packed, send, with};
use crate::phones::{RefusedRecords, RefusedSubmission, SubmissionSender};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

fn refuse(world: &World, ids: std::ops::Range<usize>, network: &str) {
    let (db, now_ms) = (world.state.store.state_db(), world.state.clock.now().wall_ms);
    for n in ids {
        let sender = SubmissionSender { is_known: false, name: network.into() };
        let row = RefusedSubmission {
            id: id_of(n),
            refused_ms: now_ms + i64::try_from(n).unwrap(),
            sender,
            ..RefusedSubmission::example(Vec::new())
        };
        assert!(world.state.stored::<RefusedRecords>().keep(&db, &row, None).unwrap());
    }
}

fn id_of(n: usize) -> String {
    format!("{n:026}")
}

async fn state_of(world: &World, id: &str) -> Value {
    world.get(&format!("/api/v1/submissions/state?id={id}")).await.is(200).json()[id].clone()
}

#[tokio::test]
async fn what_a_phone_sends_for_which_there_is_no_room_stays_there() {
    let world = World::new().await;
    refuse(&world, 0..100, "10.0.0.9");
    let unknown = with(with(document(&world), "tag", json!("7QK3M9X2W")), "id", json!(id_of(5_000)));
    let refused = send(&world, &unknown).await;
    refused.is(422).has_not("Biomed has it").has("It stays on this phone");
    assert_eq!(state_of(&world, &id_of(5_000)).await, "unknown");
    // A phone that made a record has a larger share than strangers.
    let first = with(document(&world), "id", json!(id_of(5_001)));
    let cookies = send(&world, &first).await.is(201).cookies();
    crate::web::learn_phones(&world.state).await.unwrap();
    let mut again = packed(&unknown, &[]);
    again.headers_mut().insert("cookie", cookies.parse().unwrap());
    world.send(again, false).await.is(422).has("Biomed has it");
    assert_eq!(state_of(&world, &id_of(5_000)).await, "refused");
}

#[tokio::test]
async fn the_list_has_pages_and_a_flood_is_dismissed_at_once() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    refuse(&world, 0..3, "10.0.0.8");
    refuse(&world, 3..63, "10.0.0.66");
    tom.get("/staff/").await.has("63 records from phones were refused");
    let page = tom.get("/staff/phone-records").await;
    page.is(200).has(&id_of(62)).has(&id_of(13)).has_not(&id_of(12)).has("Dismiss all 60 from this network");
    let behind = format!("/staff/phone-records?before={}", id_of(13));
    let older =
        tom.get(page.is(200).has(&behind).text().contains(&behind).then_some(&*behind).unwrap()).await;
    older.is(200).has(&id_of(12)).has(&id_of(0)).has("Dismiss all 3 from this network").has_not("?before=");
    tom.get("/staff/phone-records?before=x").await.is(200).has(&id_of(62));
    let reads = program(&world, ApiTokenScope::Read);
    let first = reads.get("/api/v1/submissions/refused?limit=40").await.is(200).json();
    let ids = |part: &Value| part["items"].as_array().unwrap().len();
    assert_eq!((ids(&first), &first["next"]), (40, &json!(id_of(23))));
    let next = format!("/api/v1/submissions/refused?limit=40&cursor={}", id_of(23));
    let rest = reads.get(&next).await.is(200).json();
    assert_eq!((ids(&rest), &rest["next"]), (23, &Value::Null));
    reads.get("/api/v1/submissions/refused?cursor=x").await.is(400);
    let (form, all) =
        (page.hidden("form"), |n: usize| format!("/staff/phone-records/{}/dismiss-all", id_of(n)));
    tom.post(&all(20), &form, &[]).await.is(303);
    tom.get("/staff/phone-records").await.has_not(&id_of(62)).has(&id_of(2));
    tom.post(&all(20), &form, &[]).await.is(404);
    assert_eq!(state_of(&world, &id_of(62)).await, "refused", "the phone does not get it recorded after all");
    tom.get("/staff/").await.has("3 records from phones were refused");
}

#[tokio::test]
async fn a_late_entry_that_was_cut_is_closed_by_whoever_tries_again() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    // As it is where the power failed between the entry and the note that it was made.
    let mut recorded = Vec::new();
    for n in [1, 2] {
        let sent = with(with(document(&world), "id", json!(id_of(n))), "note", json!("behind the bed"));
        recorded.push(send(&world, &sent).await.is(201).json()["url"].clone());
        refuse(&world, n..n + 1, "10.0.0.8");
    }
    let (size, at) = (world.size(), format!("/staff/phone-records/{}", id_of(1)));
    let form = tom.get(&at).await.is(200).hidden("form");
    let pump = world.pump.to_string();
    let fields = [("tag", pump.as_str()), ("cleaned_by", "Marie"), ("notes", "")];
    let entered = tom.post(&at, &form, &fields).await;
    assert_eq!(entered.is(303).location(), recorded[0]);
    tom.get(&at).await.is(404);
    let writes = program(&world, ApiTokenScope::Write);
    let enter = format!("/api/v1/submissions/refused/{}/entered", id_of(2));
    let entered = writes.post(&enter, json!({ "item": world.pump, "cleaned_by": "Marie" })).await;
    assert_eq!(entered.is(201).json()["url"], recorded[1]);
    tom.get("/staff/phone-records").await.has("No record from a phone waits");
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_record_that_was_refused_while_the_clock_was_wrong_has_the_time_that_is_known_by_now() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let right = world.state.clock.now();
    let day_ms = 86_400_000;
    world.clock.set(Now { state: ClockState::Uncertain, wall_ms: right.wall_ms + 100 * day_ms, ..right });
    let unknown = with(with(document(&world), "tag", json!("7QK3M9X2W")), "id", json!(id_of(1)));
    send(&world, &unknown).await.is(422);
    world.clock.set(right);
    let anchor = Command::AnchorClock { wall_ms: right.wall_ms, source: crate::intake::AnchorSource::Ntp };
    world.give(anchor).await;
    tom.get("/staff/phone-records").await.is(200).has("7QK3M9X2W, cleaned today");
    let at = format!("/staff/phone-records/{}", id_of(1));
    let form = tom.get(&at).await.is(200).hidden("form");
    let pump = world.pump.to_string();
    tom.post(&at, &form, &[("tag", pump.as_str()), ("cleaned_by", "Maria"), ("notes", "")]).await.is(303);
    assert_eq!(world.cleaning().performed, Some(right.wall_ms - 3_600_000 + 600_000));
}

#[tokio::test]
async fn the_boxs_own_trouble_with_a_photo_is_no_reason_to_let_go_of_it() {
    let world = World::new().await;
    let unknown = |n: usize| with(with(document(&world), "tag", json!("7QK3M9X2W")), "id", json!(id_of(n)));
    let known = |n: usize| with(document(&world), "id", json!(id_of(n)));
    for (document, at_last) in [(known(1), 201), (unknown(2), 422)] {
        for _ in 0..3 {
            let later = world.send(packed(&document, &[b"sick\n"]), false).await;
            assert_eq!(later.is(503).header(http::header::RETRY_AFTER), "30");
        }
        world.send(packed(&document, &[b"sick\n"]), false).await.is(at_last);
    }
    for (document, status) in [(known(3), 201), (unknown(4), 422)] {
        world.send(packed(&document, &[b"sick\n"]), false).await.is(503);
        world.send(packed(&document, &[b"good one\n"]), false).await.is(status);
    }
    assert_eq!(world.cleaning().photos.len(), 1);
    let refused = world.state.stored::<RefusedRecords>();
    let row = refused.find(&world.state.store.state_db(), &id_of(4)).unwrap().unwrap();
    assert_eq!(row.photos.len(), 1);
}

#[tokio::test]
async fn a_record_that_lost_its_photo_takes_it_when_it_comes_again() {
    let world = World::new().await;
    let sent = with(document(&world), "id", json!(id_of(1)));
    let receipt = send(&world, &sent).await.is(201).json();
    let (size, of) =
        (world.size(), EntryRef { epoch: world.state.store.origin().epoch, seq: world.size() - 1 });
    // One that is to follow is enough.
    let upload = world.dir.path().join("box/photos/incoming/one");
    std::fs::write(&upload, "good\n").unwrap();
    let promise = world.state.photos.promise(&upload, of);
    world.send(packed(&sent, &[b"good one\n"]), false).await.is(201);
    assert_eq!(world.size(), size);
    promise.end();
    // As it is where the box ended between the record and its photo.
    for _ in 0..2 {
        assert_eq!(world.send(packed(&sent, &[b"good one\n"]), false).await.is(201).json(), receipt);
        assert_eq!(world.size(), size + 1);
    }
    let Event::PhotoAttached(attached) = world.event(size) else { panic!() };
    assert_eq!(attached.of, of);
}

#[tokio::test]
async fn a_photo_that_comes_while_another_transfer_records_without_it_is_attached() {
    use futures_util::{StreamExt as _, stream};
    let world = World::new().await;
    let sent = with(document(&world), "id", json!(id_of(1)));
    let whole = packed(&sent, &[b"good one\n"]);
    let (head, body) = whole.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    let start = body.len() - "good one\n\r\n--XX--\r\n".len();
    let (document_read, is_read) = tokio::sync::oneshot::channel();
    let (go_on, goes_on) = tokio::sync::oneshot::channel();
    let rest = body.slice(start..);
    let late = async move {
        document_read.send(()).unwrap();
        goes_on.await.map(|()| rest)
    };
    let parts = stream::once(std::future::ready(Ok(body.slice(..start)))).chain(stream::once(late));
    let staged = Request::from_parts(head, Body::from_stream(parts));
    let other = async {
        is_read.await.unwrap();
        send(&world, &sent).await.is(201);
        go_on.send(()).unwrap();
        world.size()
    };
    let (answer, size) = tokio::join!(world.send(staged, false), other);
    answer.is(201);
    assert_eq!(world.size(), size + 1);
    assert!(matches!(world.event(size), Event::PhotoAttached(_)));
}
