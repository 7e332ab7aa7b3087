//! What webhooks are notified of: each thing once, whichever projection brings it, and nothing that nobody asked for.

use record::ids::FacilityId;
use relay::db::PlatformReason;
use relay::db::delivery::webhook_deliveries::{
    DeliveryRow, NewDelivery, end_surplus, find_body, insert_delivery, list_newest, list_waiting,
    platform_forget_old,
};
use relay::db::delivery::webhook_events::platform_with_events;
use relay::db::delivery::webhooks::{NewWebhook, delete_webhook, insert_webhook, set_state};
use relay::db::facility::facilities;
use relay::webhooks::{CollectOutcome, collect_events};
use serde_json::Value;
use service::random::SystemRandom;

use super::Databases;
use super::stories::{HOUR_MS, log_of};
use super::world::{NOW_MS, PUMP, World, column};

const ALL: &str = "cleaning.recorded item.overdue box.state";

async fn add(world: &World, webhook: &str, events: &str, places: Option<&[String]>) {
    let mut tx = world.db.write(world.scope).await.unwrap();
    let new = NewWebhook {
        webhook,
        url: "https://hooks.example/a",
        events,
        places,
        seal_n: 1,
        secret: b"sealed",
        made_by: "ana@north.example",
    };
    insert_webhook(&mut tx, &new, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
}

/// Makes deliveries of all that happened; how many transactions that took.
async fn collect(world: &World) -> usize {
    let mut rounds = 0;
    loop {
        let mut tx = world.db.write(world.scope).await.unwrap();
        let outcome = collect_events(&mut tx, &SystemRandom, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        rounds += 1;
        if outcome == CollectOutcome::All {
            return rounds;
        }
    }
}

async fn things(world: &World, webhook: &str, event: &str) -> Vec<Value> {
    let mut conn = world.read().await;
    let rows: Vec<DeliveryRow> = list_newest(&mut conn, webhook, 10_000).await.unwrap();
    let mut things = Vec::new();
    for row in rows.iter().filter(|row| row.event == event) {
        let body = find_body(&mut conn, &row.delivery).await.unwrap().unwrap();
        let body: Value = serde_json::from_str(&body).unwrap();
        let lists = body["data"].as_object().unwrap().values();
        let list: Vec<Value> = lists.flat_map(|list| list.as_array().unwrap().clone()).collect();
        assert!(list.len() <= 100);
        things.extend(list);
    }
    things
}

async fn waiting(world: &World) -> usize {
    let mut conn = world.db.platform_read(PlatformReason::Work).await.unwrap();
    platform_with_events(&mut conn).await.unwrap().len()
}

pub(crate) async fn webhooks_hear_of_each_thing_once(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let mut log = log_of(3, HOUR_MS);
    world.claim(&log).await;
    let before = log.size() / 2;
    world.drain(&log, 0).await;
    assert_eq!(waiting(&world).await, 0, "nobody asked");
    let first = log.clean(NOW_MS - HOUR_MS, PUMP);
    add(&world, "all", ALL, None).await;
    let elsewhere = [FacilityId::new(1, [9; 10]).to_string()];
    add(&world, "elsewhere", ALL, Some(&elsewhere)).await;
    add(&world, "boxes", "box.state", None).await;
    for _ in 1..250 {
        log.clean(NOW_MS - HOUR_MS, PUMP);
    }
    world.drain(&log, first).await;
    assert_eq!(waiting(&world).await, 1);
    collect(&world).await;
    let cleanings = things(&world, "all", "cleaning.recorded").await;
    assert_eq!(cleanings.len(), 250);
    assert!(cleanings.iter().all(|one| one["seq"].as_u64().unwrap() >= first && one["tag"] == PUMP));
    assert_eq!(cleanings[0]["equipment"], format!("Pump {PUMP}"));
    for other in ["elsewhere", "boxes"] {
        assert!(things(&world, other, "cleaning.recorded").await.is_empty(), "{other}");
    }
    // A projection that is rebuilt brings nothing new …
    world.rebuild().await;
    collect(&world).await;
    assert_eq!(things(&world, "all", "cleaning.recorded").await.len(), 250, "before {before}");
    // … but what no step folded before it took the live one's place.
    let mut tx = world.db.write(world.scope).await.unwrap();
    facilities::request_rebuild(&mut tx, world.facility).await.unwrap();
    tx.commit().await.unwrap();
    let late = log.clean(NOW_MS - 1, PUMP);
    world.drain(&log, late).await;
    world.rebuild().await;
    collect(&world).await;
    assert_eq!(things(&world, "all", "cleaning.recorded").await.len(), 251);
    assert_eq!(waiting(&world).await, 0);
    // A paused one is sent nothing, and of one that is gone nothing stays.
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(set_state(&mut tx, "all", "paused").await.unwrap());
    assert!(delete_webhook(&mut tx, "elsewhere").await.unwrap());
    tx.commit().await.unwrap();
    let paused = log.clean(NOW_MS, PUMP);
    world.drain(&log, paused).await;
    collect(&world).await;
    assert_eq!(things(&world, "all", "cleaning.recorded").await.len(), 251);
}

pub(crate) async fn webhooks_hear_what_becomes_overdue(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(3, HOUR_MS);
    world.claim(&log).await;
    add(&world, "all", ALL, None).await;
    world.drain(&log, 0).await;
    collect(&world).await;
    let overdue = things(&world, "all", "item.overdue").await;
    assert!(overdue.iter().all(|item| item["tag"] != PUMP), "it was cleaned within the hour");
    // The box has nothing new to report for a day.
    let day = 24 * HOUR_MS;
    world.clock.advance_ms(day);
    let mut tx = world.db.write(world.scope).await.unwrap();
    facilities::is_known(&mut tx, world.facility, NOW_MS + day).await.unwrap();
    relay::projections::close_windows(&mut tx, world.facility, NOW_MS + day).await.unwrap();
    tx.commit().await.unwrap();
    collect(&world).await;
    let overdue = things(&world, "all", "item.overdue").await;
    assert!(overdue.iter().any(|item| item["tag"] == PUMP), "{overdue:?}");
    let count = overdue.len();
    let mut tx = world.db.write(world.scope).await.unwrap();
    relay::projections::close_windows(&mut tx, world.facility, NOW_MS + day + HOUR_MS).await.unwrap();
    tx.commit().await.unwrap();
    world.rebuild().await;
    collect(&world).await;
    assert_eq!(things(&world, "all", "item.overdue").await.len(), count, "it is overdue still");
}

pub(crate) async fn a_receiver_that_takes_nothing_has_no_more_than_a_bound_waiting(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    add(&world, "all", ALL, None).await;
    add(&world, "another", ALL, None).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    for (delivery, webhook) in [("m1", "all"), ("m2", "another"), ("m3", "all"), ("m4", "all")] {
        let new = NewDelivery { delivery, webhook, event: "test", body: "{}" };
        insert_delivery(&mut tx, &new, NOW_MS).await.unwrap();
        end_surplus(&mut tx, webhook, 2).await.unwrap();
    }
    assert_eq!(list_waiting(&mut tx, "all").await.unwrap(), ["m3", "m4"], "the oldest has failed");
    assert_eq!(list_waiting(&mut tx, "another").await.unwrap(), ["m2"]);
}

pub(crate) async fn what_several_webhooks_get_is_stored_once(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    add(&world, "all", ALL, None).await;
    add(&world, "another", ALL, None).await;
    let mut tx = world.db.write(world.scope).await.unwrap();
    for (delivery, webhook, body) in
        [("m1", "all", "{}"), ("m2", "another", "{}"), ("m3", "all", "{\"only\":1}")]
    {
        let new = NewDelivery { delivery, webhook, event: "test", body };
        insert_delivery(&mut tx, &new, NOW_MS).await.unwrap();
    }
    for (delivery, body) in [("m1", "{}"), ("m2", "{}"), ("m3", "{\"only\":1}")] {
        assert_eq!(find_body(&mut tx, delivery).await.unwrap().as_deref(), Some(body));
    }
    tx.commit().await.unwrap();
    const BODIES: &str = "SELECT body FROM webhook_bodies";
    assert_eq!(column(&mut world.read().await, BODIES).await.len(), 2);
    let mut tx = world.db.write(world.scope).await.unwrap();
    assert!(delete_webhook(&mut tx, "all").await.unwrap());
    assert_eq!(find_body(&mut tx, "m2").await.unwrap().as_deref(), Some("{}"), "the other one has it still");
    tx.commit().await.unwrap();
    assert_eq!(column(&mut world.read().await, BODIES).await, ["{}"]);
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    for (before_ms, left) in [(NOW_MS, 1), (NOW_MS + 1, 0)] {
        platform_forget_old(&mut tx, before_ms).await.unwrap();
        assert_eq!(column(&mut tx, BODIES).await.len(), left);
    }
}
