//! A box is lost with its machine: another one takes its place with a claim file that says so, fetches the history back from the relay,
//! and goes on under the same name. The old machine is switched on again, and reaches nobody.

use harness::proxy::NetworkFault;
use harness::world::{Phone, Post, TheBox, World, check, until};
use serde_json::Value;

use super::{cleanings, demo, json, photos_of, picture, picture_of};

/// A machine of its own that has recorded something before anybody gave it the claim file.
async fn fresh_machine(world: &World, name: &str) -> (TheBox, Phone) {
    let mut fresh = TheBox::new(demo(), &world.r#box.data().with_extension(name));
    fresh.start().await;
    fresh.found().await;
    let phone = fresh.phone(name, &world.ledger);
    phone.record_all(0..3).await;
    phone.record_with_photo(900, picture_of(20)).await;
    (fresh, phone)
}

/// `None` while it does not answer.
async fn box_id(of: &TheBox) -> Option<String> {
    Some(of.health().await?["box"].as_str()?.to_owned())
}

fn shown(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap_or_default().to_owned()
}

/// The names of its photos, once it has so many.
async fn photos_at_relay(world: &World, count: usize) -> Vec<String> {
    let found = until("the relay has the photos", async || {
        Some(photos_of(world.relay.data())).filter(|photos| photos.len() == count)
    });
    found.await.unwrap_or_else(|| panic!("{}", world.relay.log()))
}

/// How many alarms of this code the box has, over or not.
async fn alarms_of(of: &TheBox, code: &str) -> usize {
    let alarms = json(&of.get("/api/v1/alarms").await);
    alarms["items"].as_array().unwrap().iter().filter(|alarm| alarm["code"] == code).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_machine_takes_a_lost_boxs_place_and_old_labels_open() {
    let mut world = World::claimed(demo()).await;
    let phone = world.phone("Maria Alvarez");
    phone.record_all(0..600).await;
    phone.record_with_photo(600, picture()).await;
    world.caught_up().await;
    let of_lost = photos_at_relay(&world, 1).await.remove(0);
    let (before, lost) = (cleanings(&world).await, box_id(&world.r#box).await.unwrap());
    let first = phone.record(0).await;
    world.r#box.kill().await;

    let claim = world.r#box.data().with_extension("claim");
    std::fs::write(&claim, world.relay.replacing_claim(&lost).await).unwrap();
    let (mut fresh, own_phone) = fresh_machine(&world, "second").await;
    let own = box_id(&fresh).await.unwrap();
    assert_ne!(own, lost);
    // A label of the lost box, and what the fresh machine says of it, at each step.
    let label = format!("/t/{}", phone.item(0));
    assert_eq!(fresh.ask_plain(&label).await.0, 404, "it is nobody's yet");
    world.set_https_fault(NetworkFault::CutAfter { there: u64::MAX, back: 20_000 });
    fresh.claim_with(&claim).await;
    let taken = until("the machine has the place", async || (box_id(&fresh).await? == lost).then_some(()));
    assert!(taken.await.is_some(), "{}", fresh.log());
    // Killed while the history is on its way, and cut: it goes on where it was.
    let waits = fresh.ask_plain(&label).await.0;
    assert!([503, 200].contains(&waits), "never that there is no such equipment: {waits}");
    fresh.kill().await;
    fresh.start().await;
    own_phone.record(3).await;
    world.set_fault(NetworkFault::None);
    let whole = until("the history is back", async || {
        (fresh.health().await?["whole"] == true).then_some(())?;
        fresh.opens(&label).await
    });
    assert!(whole.await.is_some(), "box:\n{}\nrelay:\n{}", fresh.log(), world.relay.log());

    let mut old = std::mem::replace(&mut world.r#box, fresh);
    assert_eq!(box_id(&world.r#box).await.unwrap(), lost);
    // Old receipts prove, old phones repeat what they sent and get the same answer, new cleanings of old labels count.
    check::receipts(&world.r#box, &world.ledger).await;
    // Its photos come when somebody looks at them; those that the machine took before the claim reach the relay.
    for file in [of_lost.clone(), of_lost.replace(".jpg", ".t.jpg")] {
        let shown = until("the photo is shown", async || world.r#box.opens(&format!("/photos/{file}")).await);
        assert!(shown.await.is_some(), "{file}: {}", world.r#box.log());
    }
    assert!(photos_of(world.r#box.data()).contains(&of_lost), "it is kept");
    let unknown = format!("/photos/{}.jpg", "ab".repeat(32));
    assert_eq!(world.r#box.ask_plain(&unknown).await.0, 404);
    photos_at_relay(&world, 2).await;
    let again = phone.at(&world.r#box);
    assert_eq!(again.record(0).await, first, "the same again is the same receipt");
    again.record_all(601..605).await;
    world.caught_up().await;
    let after = cleanings(&world).await;
    assert!(
        before.iter().all(|cleaning| after.contains(cleaning)),
        "the relay has lost nothing, and nothing twice"
    );
    assert_eq!(after.len(), before.len() + 5 + 4);
    let alarms = json(&world.r#box.get("/api/v1/alarms").await);
    let codes: Vec<_> =
        alarms["items"].as_array().unwrap().iter().map(|alarm| shown(alarm, "code")).collect();
    assert!(codes.iter().all(|code| code == "history-coming"), "nothing that frightens: {codes:?}");
    world.relay.order(&["verify"]).await;

    // The old machine is switched on again: it says so, and so does the relay.
    old.start().await;
    let replaced =
        until("the old machine knows", async || (alarms_of(&old, "box-replaced").await == 1).then_some(()));
    assert!(replaced.await.is_some(), "{}", old.log());
    let beside = old.phone("Omar Haddad", &world.ledger);
    assert!(matches!(beside.post(0).await, Post::Recorded(_)), "it still records");
    let cookie = world.relay.sign_in().await;
    let page = world.relay.page(&format!("/app/boxes/{lost}"), &cookie).await.text().await.unwrap();
    assert!(page.contains("The machine that this one replaced was heard on"), "{page}");
    world.caught_up().await;
    assert_eq!(cleanings(&world).await.len(), after.len(), "nothing of it came in");
    old.stop().await;

    // And the machine that has its place is lost in turn.
    world.r#box.kill().await;
    std::fs::write(&claim, world.relay.replacing_claim(&lost).await).unwrap();
    let (third, _) = fresh_machine(&world, "third").await;
    third.claim_with(&claim).await;
    let whole = until("all of it is back again", async || {
        let health = third.health().await?;
        (health["box"] == lost.as_str() && health["whole"] == true).then_some(())?;
        third.opens(&label).await
    });
    assert!(whole.await.is_some(), "{}\n{}", third.log(), third.get("/api/v1/alarms").await);
    world.r#box = third;
    let counted = until("its own records count", async || {
        (cleanings(&world).await.len() == after.len() + 4).then_some(())
    });
    assert!(counted.await.is_some(), "{}\n{}", world.r#box.log(), world.relay.log());
}
