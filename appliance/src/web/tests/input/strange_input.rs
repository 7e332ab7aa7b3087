//! What comes from elsewhere, in masses or in disguise: it is refused or taken in words, and nothing is stored by half.

use std::time::Duration;

use record::kinds::CleaningFlag;
use serde_json::json;

use crate::web::tests::phone::submissions::{document, packed, with};
use crate::web::tests::phone::waiting_phones::copy_of;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

const YEAR_MS: i64 = 365 * 86_400_000;

fn no_photos() -> [(&'static [u8], &'static str); 2] {
    [
        (b"PK\x03\x04\x14\0\0\0\x08\0x.jpg", "This photo can’t be opened. Take another one"),
        // The header of a picture of 65,535 by 65,535: `photo::scrub` refuses the whole of it.
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\xff\xff\0\0\xff\xff\x08\x02\0\0\0",
            "This photo has too many pixels. Take another one",
        ),
    ]
}

#[tokio::test]
async fn what_is_no_photo_costs_nothing_that_was_typed() {
    let world = World::new().await;
    let (size, scan) = (world.size(), format!("/t/{}", world.pump));
    for (bytes, words) in no_photos() {
        let page = world.get(&scan).await;
        let (token, submission) = (page.hidden("page"), page.hidden("submission"));
        let form =
            [("page", token.as_str()), ("submission", &submission), ("cleaned_by", "Ada"), ("notes", "x")];
        world.send(with_photo(&scan, &form, bytes), false).await.is(422).has(words).has("value=\"Ada\"");
        let problem = [("what", "broken"), ("notes", "Screen cracked")];
        let refused = world.send(with_photo(&format!("{scan}/problem"), &problem, bytes), false).await;
        refused.is(422).has(words).has("Screen cracked");
    }
    assert_eq!(world.size(), size, "nothing is stored");
    // Nobody watches a queue: its record is accepted, without a photo.
    for (n, (bytes, _)) in no_photos().into_iter().enumerate() {
        let waited = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        world.send(packed(&waited, &[bytes]), false).await.is(201);
        assert!(world.cleaning().photos.is_empty());
    }
    assert_eq!(world.size(), size + 2);
}

#[tokio::test]
async fn two_phones_at_the_same_second_make_two_records_in_their_order() {
    let world = World::new().await;
    let (size, scan) = (world.size(), format!("/t/{}", world.pump));
    let clean = async |who: &str| {
        let page = world.get(&scan).await;
        let (token, submission) = (page.hidden("page"), page.hidden("submission"));
        let form =
            [("page", token.as_str()), ("submission", &submission), ("cleaned_by", who), ("notes", "x")];
        world.post(&scan, &form).await.is(303).location()
    };
    let (ada, zoe) = tokio::join!(clean("Ada"), clean("Zoë"));
    assert_ne!(ada, zoe, "each has a receipt of its own");
    assert_eq!(world.size(), size + 2);
    let times = [size, size + 1].map(|seq| {
        let Event::CleaningRecorded(cleaning) = world.event(seq) else { panic!("{seq}") };
        cleaning.performed
    });
    assert_eq!(times[0], times[1]);
    for (receipt, who) in [(ada, "Ada"), (zoe, "Zoë")] {
        world.get(&receipt).await.is(200).has(who);
    }
    let history =
        desk(&world, StaffRole::Biomed).await.get(&format!("/staff/equipment/{}", world.pump)).await;
    history.is(200).has("Ada").has("Zoë");
}

#[tokio::test]
async fn what_was_made_for_another_box_is_not_taken_for_ones_own() {
    let (world, other) = (World::new().await, World::new().await);
    let (size, scan) = (world.size(), format!("/t/{}", world.pump));
    // A page of another box: as one that is too old.
    let token = other.get(&format!("/t/{}", other.pump)).await.hidden("page");
    let form = [("page", token.as_str()), ("cleaned_by", "Ada"), ("notes", "x")];
    world.post(&scan, &form).await.is(200).has("This page has expired").has("value=\"Ada\"");
    // A token of another box is invalid here.
    let mut request = Request::get("/api/v1/equipment").body(Body::empty()).unwrap();
    let stranger = programs::calls::token(&other, ApiTokenScope::Write);
    request.headers_mut().insert("authorization", format!("Bearer {stranger}").parse().unwrap());
    let refused = world.send(request, true).await;
    assert!(["type", "title", "next"].iter().all(|member| refused.is(401).json()[member].is_string()));
    // A record of another facility's item: biomed has it, and the log does not.
    let strange = with(document(&world), "tag", json!("7QK3M9X2W"));
    world.send(packed(&strange, &[]), false).await.is(422).has("Biomed has it");
    assert_eq!(world.size(), size);
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/phone-records").await.is(200).has("7QK3M9X2W");
    // A phone that last talked to another box: that one's clock is of no use here.
    let mut heard = document(&world);
    heard["id"] = json!("01J00000000000000000000ABD");
    heard["times"]["seen"]["boot"] = json!(BootId::new(0, [9; 10]).to_string());
    world.send(packed(&heard, &[]), false).await.is(201);
    let cleaning = world.cleaning();
    assert!(cleaning.queued.is_some_and(|queued| queued.unsure));
    assert!(cleaning.flags.contains(&CleaningFlag::PhoneClock), "{:?}", cleaning.flags);
}

#[tokio::test]
async fn a_phone_whose_clock_is_a_year_off_is_placed_by_the_boxs() {
    let world = World::new().await;
    let now_ms = world.state.clock.now().wall_ms;
    for (n, off_ms) in [-YEAR_MS, YEAR_MS].into_iter().enumerate() {
        let mut off = with(document(&world), "id", json!(format!("01J0000000000000000000000{n}")));
        for reading in ["open", "start", "press", "send"] {
            let wall_ms = off["times"][reading][0].as_i64().unwrap();
            off["times"][reading][0] = json!(wall_ms + now_ms + off_ms);
        }
        off["times"]["seen"]["phone"] = json!(now_ms + off_ms);
        world.send(packed(&off, &[]), false).await.is(201);
        let cleaning = world.cleaning();
        assert_eq!(cleaning.performed, Some(now_ms - 3_600_000 + 600_000));
        assert!(!cleaning.flags.contains(&CleaningFlag::PhoneClock), "{:?}", cleaning.flags);
        // A clock that was set in between is not trusted any more, and the record is stored all the same.
        off["id"] = json!(format!("01J0000000000000000000001{n}"));
        off["times"]["send"][0] = json!(now_ms);
        world.send(packed(&off, &[]), false).await.is(201);
        assert!(world.cleaning().flags.contains(&CleaningFlag::PhoneClock));
    }
}

#[tokio::test]
async fn ten_thousand_records_of_one_phone_are_bounded_and_said() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let form = tom.get("/staff/phone-records").await.is(200).hidden("form");
    let size = world.size();
    let id = |n: usize| json!(format!("01J000000000000000000{n:05}"));
    let lines: Vec<_> =
        (0..10_000).map(|n| json!({ "submission": with(document(&world), "id", id(n)) })).collect();
    tom.send(copy_of(&lines, &form))
        .await
        .is(200)
        .has("9,800 records were not looked at: one file holds at most 200");
    assert_eq!(world.size(), size + 200);
    // By itself a phone brings 500 an hour.
    let cookie =
        world.send(packed(&with(document(&world), "id", id(10_000)), &[]), false).await.is(201).cookies();
    let bring = async |n: usize| {
        let mut request = packed(&with(document(&world), "id", id(n)), &[]);
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        world.send(request, false).await
    };
    let mut taken = 0;
    let refused = loop {
        let answer = bring(20_000 + taken).await;
        if answer.status != 201 {
            break answer;
        }
        taken += 1;
    };
    assert_eq!(taken, 500);
    let size = world.size();
    refused.is(429).has("too-many");
    assert!(!refused.header(http::header::RETRY_AFTER).is_empty());
    bring(30_000).await.is(429);
    assert_eq!(world.size(), size, "nothing is stored by half");
    world.clock.advance(Duration::from_secs(3_600));
    bring(30_000).await.is(201);
}

#[tokio::test]
async fn a_protocol_has_steps() {
    let world = World::new().await;
    let program = programs::calls::program(&world, ApiTokenScope::Write);
    let size = world.size();
    for body in [json!({ "name": "Wipe", "steps": [] }), json!({ "name": "Wipe" })] {
        let refused = program.post("/api/v1/protocols", body).await;
        assert_eq!(refused.is(422).json()["field"], "steps", "{}", refused.text());
    }
    assert_eq!(world.size(), size);
}
