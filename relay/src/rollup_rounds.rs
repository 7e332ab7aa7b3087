//! The job: what time alone changes, facility by facility.

use service::clock::Clock;

use crate::db::{Db, DbError, PlatformReason, projections};
use crate::projections::{close_windows, rebuild_facility, step_all};

/// One round.
pub async fn round(db: &Db, clock: &dyn Clock) -> Result<usize, DbError> {
    let mut changed = 0;
    let behind = projections::platform_behind(&mut db.platform_read(PlatformReason::Work).await?).await?;
    for one in behind.iter().filter(|one| one.awaits_rebuild) {
        let place = one.place()?;
        match rebuild_facility(db, place, clock).await {
            Ok(_) => changed += 1,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => tracing::error!(facility = %place.1, %error, "a facility is not rebuilt"),
        }
    }
    step_all(db, clock).await?;
    let due = crate::db::facilities::platform_due(
        &mut db.platform_read(PlatformReason::Work).await?,
        clock.now_ms(),
    )
    .await?;
    for one in &due {
        let (scope, facility) = one.place()?;
        let mut tx = db.write(scope).await?;
        close_windows(&mut tx, facility, clock.now_ms()).await?;
        tx.commit().await?;
        changed += 1;
    }
    Ok(changed)
}
