//! A database that has no time: boxes are informed when to come again, and pages are served meanwhile.

use relay::db::log::epochs;
use relay::db::{Db, PoolUse};

use super::Databases;
use super::stories::{HOUR_MS, log_of};
use super::world::{Said, World};

pub(crate) async fn a_batch_that_must_wait_is_told_when_to_come_again(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    let size = log.size();
    // Whoever holds the log's row does not release it in time.
    let mut held = world.db.write(world.scope).await.unwrap();
    epochs::lock_log(&mut held, &log.origin).await.unwrap().unwrap();
    let reply = world.send(&log, 0, size).await;
    assert!(matches!(reply, Said::Busy(5..=20)), "{reply:?}");
    drop(held);
    // Nothing of it was stored, and nothing blocks the same batch now.
    assert_eq!(world.hello(&log, 0, None).await, Said::Want(0));
    assert_eq!(world.send(&log, 0, size).await.held(), Some(size));
}

pub(crate) async fn what_boxes_send_takes_no_connection_of_pages(dbs: impl Databases) {
    let world = World::new(dbs.db("a").await).await;
    let log = log_of(2, 6 * HOUR_MS);
    world.claim(&log).await;
    let of_boxes = world.on(world.db.with_pool(PoolUse::Ingest));
    let together = if world.db.is_sqlite() { 4 } else { 8 };
    let mut held = Vec::new();
    for _ in 0..together {
        held.push(of_boxes.read().await);
    }
    let reply = of_boxes.send(&log, 0, log.size()).await;
    assert!(matches!(reply, Said::Busy(5..=20)), "{reply:?}");
    if let Db::Postgres(_) = &world.db {
        drop(world.read().await);
    }
    drop(held);
    assert_eq!(of_boxes.send(&log, 0, log.size()).await.held(), Some(log.size()));
    of_boxes.db.close().await;
}
