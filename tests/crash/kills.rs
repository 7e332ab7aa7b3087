//! Kills under load: nothing acknowledged is lost or duplicated; and how the box exits when it is stopped.

use std::time::Duration;

use harness::world::{Ledger, Post};
use harness::world::{Load, TheBox, World, folder, until};

use crate::demo;

const PHONES: usize = 8;
const KILLS_OF_BOX: usize = 30;
const KILLS_OF_RELAY: usize = 8;
/// A stop in order takes no longer.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

fn phones(world: &World) -> impl Iterator<Item = harness::world::Phone> + '_ {
    (0..PHONES).map(|n| world.phone(&format!("phone-{n}")))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_box_is_killed_again_and_again() {
    let mut world = World::claimed(demo()).await;
    let load = Load::start(phones(&world));
    for kill in 0..KILLS_OF_BOX {
        // Right away, after a few, after many: 0 to 46 acknowledgements of this start, irregularly.
        let more = (kill * 17) % 47;
        world.ledger.reaches(world.ledger.count() + more).await;
        world.r#box.kill().await;
        world.r#box.start().await;
    }
    world.ledger.reaches(world.ledger.count() + PHONES).await;
    let made = load.stop().await;
    assert_eq!(made, world.ledger.count());
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_relay_is_killed_again_and_again() {
    let mut world = World::claimed(demo()).await;
    let load = Load::start(phones(&world).take(2));
    for kill in 0..KILLS_OF_RELAY {
        let held = world.r#box.health().await.unwrap()["at_relay"].as_u64().unwrap();
        let more = until("the relay takes more", async || {
            let now = world.r#box.health().await?["at_relay"].as_u64()?;
            (now > held + (kill as u64 * 13) % 29).then_some(())
        });
        assert!(more.await.is_some(), "box:\n{}\nrelay:\n{}", world.r#box.log(), world.relay.log());
        world.relay.kill().await;
        // Both together, sometimes.
        if kill % 3 == 2 {
            world.r#box.kill().await;
            world.r#box.start().await;
        }
        world.relay.start().await;
    }
    load.stop().await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn asked_to_end_under_load_it_ends_well_and_in_time() {
    let mut world = World::claimed(demo()).await;
    let load = Load::start(phones(&world));
    for _ in 0..3 {
        world.ledger.reaches(world.ledger.count() + 20).await;
        let ended = tokio::time::timeout(ENDS_WITHIN, world.r#box.stop()).await;
        let (status, log) = ended.unwrap_or_else(|_| panic!("the box has not ended within {ENDS_WITHIN:?}"));
        assert_eq!(status, Some(0), "{log}");
        world.r#box.start().await;
    }
    load.stop().await;
    world.check().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_on_the_same_folder_is_refused() {
    let dir = folder();
    let mut first = TheBox::new(demo(), &dir.path().join("box"));
    first.start().await;
    first.found().await;
    let ledger = Ledger::default();
    let phone = first.phone("phone", &ledger);
    phone.record(0).await;
    // Its own ports, the same folder: only the shared folder stops it.
    let anywhere = "127.0.0.1:0";
    let second = first
        .command(&["serve"])
        .env("CLEANTRACK_HTTP_LISTEN", anywhere)
        .env("CLEANTRACK_HTTPS_LISTEN", anywhere);
    let refused = second.start().await.err().expect("a second box runs on the same folder").to_string();
    assert!(refused.contains("exit status: 1"), "{refused}");
    let folder = first.data().to_string_lossy().into_owned();
    assert!(refused.contains(&folder) && refused.contains("another"), "{refused}");
    let rebuild = first.command(&["rebuild"]).run("").await.unwrap();
    assert!(!rebuild.status.success(), "a rebuild beside a running box");
    let import = first.command(&["log", "import", &folder]).run("").await.unwrap();
    assert!(!import.status.success(), "lines are taken over beside a running box");
    // The first one continues, and commands still reach it.
    phone.record(1).await;
    first.order(&["keys", "export"]).await;
    assert!(matches!(phone.post(0).await, Post::Recorded(_)), "the first acknowledgement again");
    harness::world::check::at_box(&first, &ledger).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_that_start_at_once_on_one_folder_one_runs() {
    let dir = folder();
    let data = dir.path().join("box");
    for _ in 0..3 {
        let boxes = [TheBox::new(demo(), &data), TheBox::new(demo(), &data)];
        // The settings are beside the folder: each has its own there when it starts.
        let starts = boxes.each_ref().map(|one| {
            let anywhere = "127.0.0.1:0";
            let command = one.command(&["serve"]).env("CLEANTRACK_HTTP_LISTEN", anywhere);
            command.env("CLEANTRACK_HTTPS_LISTEN", anywhere)
        });
        let (one, other) = tokio::join!(starts[0].start(), starts[1].start());
        let (runs, refused) = match (one, other) {
            (Ok(runs), Err(refused)) | (Err(refused), Ok(runs)) => (runs, refused.to_string()),
            (one, other) => panic!("{:?} {:?}", one.err(), other.err()),
        };
        assert!(refused.contains("in use by another"), "{refused}");
        runs.kill().await.unwrap();
    }
}
