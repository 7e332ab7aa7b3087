//! The suite `postgres`: a relay on a real PostgreSQL server, from a scan to the dashboard, killed, and in two processes.

use std::path::Path;

use harness::postgres::Postgres;
use harness::world::{Ledger, Load, TheBox, TheRelay, World, check, folder, provide_cryptography, until};
use serde_json::Value;

fn demo() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_demo"))
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|e| panic!("{e}: {text}"))
}

/// The facility's page as a signed-in person sees it.
async fn dashboard(relay: &TheRelay) -> String {
    let facility = json(&relay.get("/api/v1/compliance").await)["items"][0]["facility"].clone();
    let facility = facility.as_str().unwrap_or_else(|| panic!("no facility")).to_owned();
    let cookie = relay.sign_in().await;
    let home = relay.page("/app/?sort=name", &cookie).await.text().await.unwrap_or_default();
    assert!(home.contains(&format!("/app/f/{facility}")), "{home}");
    relay.page(&format!("/app/f/{facility}"), &cookie).await.text().await.unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_a_scan_to_the_dashboard_and_through_a_kill() {
    let server = Postgres::start(true);
    let mut world = World::claimed_on(demo(), &server.url("postgres")).await;
    world.phone("Maria Alvarez").record_all(0..20).await;
    world.check().await;
    assert!(!world.relay.data().join("relay.db").exists(), "everything is on the server");
    let page = dashboard(&world.relay).await;
    assert!(page.contains("Maria Alvarez"), "the latest cleanings are shown: {page}");
    let shown = json(&world.relay.get("/api/v1/equipment").await);
    let of_box = json(&world.r#box.get("/api/v1/equipment").await);
    fn tags(list: &Value) -> Vec<String> {
        let items = list["items"].as_array().cloned().unwrap_or_default();
        let mut tags: Vec<String> = items.iter().map(|item| item["tag"].to_string()).collect();
        tags.sort();
        tags
    }
    assert_eq!(tags(&shown), tags(&of_box), "the relay shows the box's equipment");
    let load = Load::start((0..2).map(|n| world.phone(&format!("phone-{n}"))));
    for _ in 0..3 {
        world.ledger.reaches(world.ledger.count() + 30).await;
        world.relay.kill().await;
        world.ledger.reaches(world.ledger.count() + 30).await;
        world.relay.start().await;
    }
    assert!(load.stop().await > 150, "the box recorded on");
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_crashes_and_comes_back() {
    let mut server = Postgres::start(true);
    let world = World::claimed_on(demo(), &server.url("postgres")).await;
    world.phone("before").record_all(0..10).await;
    world.caught_up().await;
    server.crash();
    world.phone("meanwhile").record_all(0..20).await;
    server.start_again();
    world.phone("after").record_all(0..10).await;
    world.check().await;
}

/// Polls as an open page does until the commits differ from those that it shows.
async fn changed(web: &TheRelay, cookie: &str, shown: &mut String) {
    let reported = until("word of a change comes to the open page", async || {
        let answer = web.page(&format!("/live?since={shown}"), cookie).await;
        if answer.status() != 200 {
            return None;
        }
        let news: serde_json::Value = answer.json().await.ok()?;
        let mark = news["mark"].as_str()?.to_owned();
        // A passed minute is a change too; the count of commits follows it.
        (mark.split('.').nth(1) != shown.split('.').nth(1)).then_some(mark)
    });
    *shown = reported.await.unwrap_or_else(|| panic!("nothing but {shown}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn boxes_and_people_are_served_by_two_processes() {
    provide_cryptography();
    let server = Postgres::start(true);
    let dir = folder();
    let mut ingest = TheRelay::new(demo(), &dir.path().join("relay"));
    ingest.keeps_in(&server.url("postgres"));
    ingest.has_role("ingest");
    // Makes the tables and the keys, as an operator would before the second machine is set up.
    ingest.order(&["keys", "init"]).await;
    ingest.start().await;
    // Boxes are claimed where they connect.
    let claim = dir.path().join("claim.toml");
    std::fs::write(&claim, ingest.found().await).unwrap();
    let mut web = ingest.beside("web");
    web.start().await;
    let mut r#box = TheBox::new(demo(), &dir.path().join("box"));
    r#box.claim_at_start(&claim);
    r#box.start().await;
    r#box.found().await;
    let ledger = Ledger::default();
    let caught_up = async || {
        let reported = until("the relay has everything", async || {
            let health = r#box.health().await?;
            (health["entries"].is_u64() && health["entries"] == health["at_relay"]).then_some(())
        });
        assert!(
            reported.await.is_some(),
            "box:\n{}\ningest:\n{}\nweb:\n{}",
            r#box.log(),
            ingest.log(),
            web.log()
        );
    };
    caught_up().await;
    let cookie = web.sign_in().await;
    let mut shown = String::new();
    changed(&web, &cookie, &mut shown).await;
    r#box.phone("phone", &ledger).record_all(0..5).await;
    changed(&web, &cookie, &mut shown).await;
    caught_up().await;
    check::at_relay(&web, &r#box, &ledger).await;
    assert!(dashboard(&web).await.contains("phone"), "what one process took, the other shows");
}
