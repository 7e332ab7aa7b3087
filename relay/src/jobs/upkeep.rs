//! What keeps an account's rows few and small: segments put together, erased texts taken out, old projections dropped. Each step is a
//! transaction of its own, after which it can be cut off and continues.

use crate::db::log::{segments, texts};
use crate::db::projection::projections;
use crate::db::{AccountScope, Db, DbError};

/// Puts small segments of the account's logs together where there are at least `tail` of them.
pub(super) async fn merge_segments(db: &Db, scope: AccountScope, tail: i64) -> Result<(), DbError> {
    let logs = segments::long_tails(&mut db.read(scope).await?, tail).await?;
    for log in logs {
        let origin = log.origin()?;
        loop {
            let merge = segments::prepare_merge(&mut db.read(scope).await?, &origin).await?;
            let Some(merge) = merge else { break };
            let mut tx = db.write(scope).await?;
            if segments::save_merge(&mut tx, &merge).await? {
                tx.commit().await?;
            }
        }
    }
    Ok(())
}

pub(super) async fn erase_texts(db: &Db, scope: AccountScope) -> Result<(), DbError> {
    let boxes = texts::boxes_to_sweep(&mut db.read(scope).await?).await?;
    for box_id in boxes {
        let mut sweep = texts::begin_sweep(&mut db.read(scope).await?, box_id).await?;
        let mut is_over = false;
        while !is_over {
            let mut tx = db.write(scope).await?;
            is_over = texts::sweep_erased(&mut tx, box_id, &mut sweep).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Deletes the rows of projections that nothing reads any more.
pub(super) async fn drop_projections(db: &Db, scope: AccountScope) -> Result<(), DbError> {
    let dropped = projections::dropped_projections(&mut db.read(scope).await?).await?;
    for projection in dropped {
        let mut is_over = false;
        while !is_over {
            let mut tx = db.write(scope).await?;
            is_over = projections::drop_rows(&mut tx, projection).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}
