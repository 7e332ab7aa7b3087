//! A box that is lost, and a new one that continues from its backup.

use std::path::Path;
use std::process::Command;

use harness::world::{World, check, folder, until};

use super::{backups_in, command_with_key, demo, make_key, use_stick};

/// A picture that no codec makes small.
pub(super) fn noise() -> Vec<u8> {
    let mut state = 7_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    let image = image::RgbImage::from_fn(300, 200, |_, _| image::Rgb([next(), next(), next()]));
    let mut jpeg = Vec::new();
    image.write_with_encoder(image::codecs::jpeg::JpegEncoder::new_with_quality(&mut jpeg, 90)).unwrap();
    jpeg
}

pub(super) fn has_photo(dir: &Path) -> bool {
    std::fs::read_dir(dir).is_ok_and(|mut entries| {
        entries.any(|entry| {
            let path = entry.unwrap().path();
            let name = path.to_string_lossy().into_owned();
            path.is_dir() && has_photo(&path) || name.ends_with(".jpg") && !name.ends_with(".t.jpg")
        })
    })
}

async fn verify_log(world: &World, dir: &Path) {
    let keep = |name: &str, text: &str| std::fs::write(dir.join(name), text).unwrap();
    keep("log.jsonl", &world.r#box.get("/api/v1/log").await);
    keep("checkpoint.txt", &world.r#box.get("/api/v1/checkpoint").await);
    keep("keys.txt", &world.r#box.get("/api/v1/key").await);
    let arguments = ["log", "log.jsonl", "--checkpoint", "checkpoint.txt", "--key", "keys.txt"];
    let output =
        Command::new(demo().with_file_name("cleantrack-verify")).args(arguments).current_dir(dir).output();
    let output = output.unwrap();
    let words = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && words.contains("every entry of the log is there"), "{words}");
}

async fn all_receipts_open(world: &World) {
    let opened = until("every receipt opens", async || {
        for (_, receipt) in world.ledger.all() {
            if world.r#box.leads_to(&receipt.address()).await.1 != 200 {
                return None;
            }
        }
        Some(())
    });
    assert!(opened.await.is_some(), "box:\n{}\nrelay:\n{}", world.r#box.log(), world.relay.log());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_box_goes_on_with_the_backup_and_gets_the_rest_from_the_relay() {
    let (mut world, stick, new) = (World::claimed(demo()).await, folder(), folder());
    assert_eq!(world.r#box.stop().await.0, Some(0));
    use_stick(&mut world.r#box, stick.path());
    world.r#box.start().await;
    world.phone("before").record_all(0..20).await;
    world.phone("photo").record_with_photo(0, noise()).await;
    let photos = world.r#box.data().join("photos");
    let stored = until("the photo is kept", async || has_photo(&photos).then_some(())).await;
    assert!(stored.is_some(), "{}", world.r#box.log());
    let (made, words) = command_with_key(&world.r#box, &["backup", "now"], "").await;
    assert!(!made && words.contains("no key"), "{words}");
    let key = make_key(&world.r#box).await;
    let words = world.r#box.order(&["backup", "now"]).await;
    assert!(words.contains("1 photo,") && words.contains("read back"), "{words}");
    let listed = world.r#box.order(&["backup", "list"]).await;
    assert_eq!(listed.lines().count(), 1, "{listed}");
    world.r#box.order(&["backup", "verify"]).await;
    // The relay has these, and the backup has not.
    world.phone("after").record_all(0..10).await;
    world.caught_up().await;
    let files = backups_in(stick.path());
    let [file] = &files[..] else { panic!("{files:?}") };
    let file = file.to_string_lossy().into_owned();
    let (tested, words) = command_with_key(&world.r#box, &["restore", &file, "--test"], &key).await;
    assert!(tested && words.contains("can be restored") && words.contains("Test Clinic"), "{words}");
    world.r#box.kill().await;

    let restored = world.r#box.twin(&new.path().join("box"));
    let other = "AGE-SECRET-KEY-1".to_owned() + &key[16..].chars().rev().collect::<String>();
    let (done, words) = command_with_key(&restored, &["restore", &file], &other).await;
    assert!(!done && words.contains("no key of a backup"), "{words}");
    assert!(!restored.data().join("keys").exists());
    let (done, words) = command_with_key(&restored, &["restore", &file], &key).await;
    assert!(done && words.contains("goes on in a new log"), "{words}");
    let (done, words) = command_with_key(&restored, &["restore", &file], &key).await;
    assert!(!done && words.contains("is not empty: it is of the box"), "{words}");
    assert!(has_photo(&restored.data().join("photos")));
    world.r#box = restored;
    world.r#box.start().await;
    world.phone("new").record_all(0..10).await;
    world.admit().await;
    world.caught_up().await;
    all_receipts_open(&world).await;
    check::receipts(&world.r#box, &world.ledger).await;
    // Not before: it restarts itself once it learns of the relay's epoch, and then does not answer for a moment.
    let (status, _) = world.r#box.ask("/api/v1/equipment").await.unwrap();
    assert_eq!(status, 401, "tokens of the old box let nobody in");
    let health = world.r#box.health().await.unwrap();
    assert!(health["epoch"].as_str().is_some_and(|epoch| epoch.starts_with("2-")), "{health}");
    world.r#box.renew_token().await;
    verify_log(&world, new.path()).await;
    world.phone("later").record_all(0..5).await;
    world.caught_up().await;
    let log = world.relay.log();
    assert!(!log.contains("fork") && !log.contains("clash"), "a false alarm: {log}");
    world.relay.order(&["verify"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_without_a_relay_is_not_one_card_from_the_end() {
    let (mut world, stick, new) = (World::unclaimed(demo()).await, folder(), folder());
    assert_eq!(world.r#box.stop().await.0, Some(0));
    use_stick(&mut world.r#box, stick.path());
    world.r#box.start().await;
    world.phone("before").record_all(0..20).await;
    let key = make_key(&world.r#box).await;
    world.r#box.order(&["backup", "now"]).await;
    world.r#box.kill().await;
    std::fs::remove_dir_all(world.r#box.data()).unwrap();
    let file = backups_in(stick.path()).remove(0).to_string_lossy().into_owned();
    let restored = world.r#box.twin(&new.path().join("box"));
    let (done, words) = command_with_key(&restored, &["restore", &file], &key).await;
    assert!(done, "{words}");
    world.r#box = restored;
    world.r#box.start().await;
    check::receipts(&world.r#box, &world.ledger).await;
    world.phone("new").record_all(0..10).await;
    check::receipts(&world.r#box, &world.ledger).await;
    world.r#box.renew_token().await;
    verify_log(&world, new.path()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_box_does_not_start_on_half_a_restore() {
    let world = World::unclaimed(demo()).await;
    let new = folder();
    let mut half = world.r#box.twin(&new.path().join("box"));
    std::fs::create_dir_all(half.data().join("log")).unwrap();
    std::fs::write(half.data().join("restore.unfinished"), b"").unwrap();
    let refused = half.try_start().await.unwrap_err().to_string();
    assert!(refused.contains("did not come to its end") && refused.contains("begins anew"), "{refused}");
}
