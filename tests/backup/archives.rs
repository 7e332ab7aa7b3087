//! Everything of a box in one file: checked by an auditor's program, and what a new box and a new relay begin with.

use std::path::Path;
use std::process::Command;

use harness::world::{TheRelay, World, check, folder, until};

use super::restores::{has_photo, noise};
use super::{command_with_key, demo};

fn verify_archive(dir: &Path, file: &str) -> (bool, String) {
    let output = Command::new(demo().with_file_name("cleantrack-verify"))
        .args(["archive", file, "--key", "keys.txt"])
        .current_dir(dir)
        .output()
        .unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_box_and_a_new_relay_begin_with_an_archive() {
    let (mut world, new) = (World::claimed(demo()).await, folder());
    world.phone("before").record_all(0..20).await;
    world.phone("photo").record_with_photo(0, noise()).await;
    let photos = world.r#box.data().join("photos");
    assert!(until("the photo is kept", async || has_photo(&photos).then_some(())).await.is_some());
    let cookie = world.r#box.sign_in("Grace", "facility_admin").await;
    let archive = world.r#box.take_archive(&cookie).await;
    std::fs::write(new.path().join("all.tar"), &archive).unwrap();
    std::fs::write(new.path().join("keys.txt"), world.r#box.get("/api/v1/key").await).unwrap();
    let (verified, words) = verify_archive(new.path(), "all.tar");
    assert!(verified && words.contains("Test Clinic") && words.contains("photos   1"), "{words}");
    // Of another box.
    let other = include_str!("../../crates/record/testdata/log-key.txt");
    std::fs::write(new.path().join("keys.txt"), other).unwrap();
    let (verified, words) = verify_archive(new.path(), "all.tar");
    assert!(!verified && words.contains("none of the keys belongs"), "{words}");
    let at = archive.windows(13).position(|bytes| bytes == b"settings.toml").unwrap();
    let mut changed = archive.clone();
    changed[at + 512] ^= 1;
    std::fs::write(new.path().join("changed.tar"), changed).unwrap();
    let (verified, words) = verify_archive(new.path(), "changed.tar");
    assert!(!verified && words.contains("settings.toml"), "{words}");
    world.r#box.kill().await;
    world.relay.kill().await;

    let mut relay = TheRelay::new(demo(), &new.path().join("relay"));
    relay.start().await;
    let claim = new.path().join("claim.toml");
    std::fs::write(&claim, relay.found().await).unwrap();
    let mut restored = world.r#box.twin(&new.path().join("box"));
    let file = new.path().join("all.tar");
    let (done, words) = command_with_key(&restored, &["restore", &file.to_string_lossy()], "").await;
    assert!(done && words.contains("holds no PINs"), "{words}");
    assert!(has_photo(&restored.data().join("photos")));
    restored.start().await;
    check::receipts(&restored, &world.ledger).await;
    world.r#box = restored;
    world.relay = relay;
    world.r#box.renew_token().await;
    world.phone("new").record_all(0..5).await;
    world.r#box.claim_with(&claim).await;
    world.caught_up().await;
    let shown = until("the new relay shows every cleaning", async || {
        let page = world.relay.get("/api/v1/cleanings?limit=1000").await;
        let page: serde_json::Value = serde_json::from_str(&page).ok()?;
        (page["items"].as_array()?.len() == world.ledger.all().len()).then_some(())
    });
    assert!(shown.await.is_some(), "box:\n{}\nrelay:\n{}", world.r#box.log(), world.relay.log());
    world.relay.order(&["verify"]).await;
}
