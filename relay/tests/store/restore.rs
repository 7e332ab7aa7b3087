//! What a restore leaves where it is cut off.

use relay::db::operation::backups;
use relay::db::{DbError, PlatformReason};

use super::Databases;
use super::world::NOW_MS;

pub(crate) async fn a_restore_that_was_cut_off_is_served_by_no_relay(dbs: impl Databases) {
    let db = dbs.db("a").await;
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    backups::platform_begin_restore(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    assert!(matches!(db.migrate(NOW_MS).await, Err(DbError::UnfinishedRestore)));
    let mut tx = db.platform_write(PlatformReason::Operator).await.unwrap();
    // Cut off a second time, and begun again.
    backups::platform_begin_restore(&mut tx).await.unwrap();
    backups::platform_end_restore(&mut tx).await.unwrap();
    assert!(backups::platform_is_empty(&mut tx).await.unwrap());
    tx.commit().await.unwrap();
    db.migrate(NOW_MS).await.unwrap();
}
