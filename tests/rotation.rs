//! The suite `rotation`: the keys of a relay change, one kind after the other, under a box that records on.

use std::path::Path;

use harness::proxy::NetworkFault;
use harness::world::{World, until};
use serde_json::Value;

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

fn of_box(world: &World, file: &str) -> Value {
    json(&std::fs::read_to_string(world.r#box.data().join("keys").join(file)).unwrap())
}

fn key_count(world: &World, member: &str) -> usize {
    of_box(world, "relay.json")[member].as_array().map_or(0, Vec::len)
}

async fn state(world: &World, kind: &str, n: u64) -> Value {
    let listed = json(&world.relay.order(&["keys", "list"]).await);
    let keys = listed["keys"].as_array().cloned().unwrap_or_default();
    keys.iter().find(|key| key["kind"] == kind && key["n"] == n).unwrap()["state"].clone()
}

/// Waits until every box has confirmed the key, so that it became the current one.
async fn settled(world: &World, kind: &str, n: u64) {
    let current = until("the next key is the current one", async || {
        (state(world, kind, n).await == "current").then_some(())
    });
    if current.await.is_none() {
        panic!("{kind} {n}\nbox:\n{}\nrelay:\n{}", world.r#box.log(), world.relay.log());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_follows_its_relay_from_key_to_key() {
    let mut world = World::claimed(demo()).await;
    let phone = world.phone("Maria Alvarez");
    phone.record_all(0..3).await;
    world.check().await;
    // On its open connection.
    assert_eq!(json(&world.relay.order(&["keys", "rotate", "directive"]).await)["state"], "next");
    settled(&world, "directive", 2).await;
    assert_eq!(key_count(&world, "directive_keys"), 2);
    // While it is offline and recording; the new key is signed by the key it knows.
    world.set_fault(NetworkFault::Refuse);
    world.relay.order(&["keys", "rotate", "cosign"]).await;
    phone.record_all(3..6).await;
    assert_eq!(state(&world, "cosign", 2).await, "next");
    world.set_fault(NetworkFault::None);
    settled(&world, "cosign", 2).await;
    world.check().await;
    assert_eq!(key_count(&world, "cosign_keys"), 2, "what the first one cosigned is verified by it");
    // The authority: it trusts both, and the relay's listeners use the new one from its next start.
    world.relay.order(&["keys", "rotate", "ca"]).await;
    settled(&world, "ca", 2).await;
    world.relay.stop().await;
    world.relay.start().await;
    phone.record_all(6..9).await;
    world.check().await;
    let believed = of_box(&world, "relay.json")["relay_ca"].as_str().unwrap().to_owned();
    assert_eq!(believed.matches("BEGIN CERTIFICATE").count(), 2);
    // A key that leaked is no longer trusted, and a start uses what was stored.
    world.relay.order(&["keys", "revoke", "cosign", "1"]).await;
    let dropped =
        until("the box drops the key", async || (key_count(&world, "cosign_keys") == 1).then_some(()));
    assert!(dropped.await.is_some(), "box:\n{}\nrelay:\n{}", world.r#box.log(), world.relay.log());
    world.r#box.stop().await;
    world.r#box.start().await;
    phone.record_all(9..12).await;
    world.check().await;
    let decided = of_box(&world, "directives.json")["outcomes"].as_array().map_or(0, Vec::len);
    assert_eq!(decided, 4, "each wish once");
}
