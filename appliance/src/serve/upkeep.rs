//! What is looked after again and again while the box runs.

use std::sync::Arc;
use std::time::Duration;

use service::process;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{Seams, names};
use crate::alarms::sources::{SideRoom, ToldCounts, tell_health};
use crate::identity::{AccessAudit, Authority};
use crate::settings::BoxSettings;
use crate::store::{Decision, Store};
use crate::uplink::{State, Uplink};
use crate::web::Link;

/// How often certificates and addresses are looked at again.
const REFRESH: Duration = Duration::from_secs(600);
/// How often what the audit of access has gathered may be written.
const ACCESS_EVERY: Duration = Duration::from_secs(5);
/// How often it is looked at disk and clock.
const HEALTH_EVERY: Duration = Duration::from_secs(10);

pub(super) fn start(
    seams: &Seams,
    authority: Option<&Arc<Authority>>,
    access: &Arc<AccessAudit>,
    settings: &BoxSettings,
    store: &Store,
) -> Vec<JoinHandle<()>> {
    let mut tasks = vec![
        tokio::spawn(write_access(seams.clone(), Arc::clone(access))),
        tokio::spawn(watchdog(store.clone())),
        tokio::spawn(tell(seams.clone(), store.clone())),
    ];
    tasks.extend(authority.map(|a| tokio::spawn(refresh(seams.clone(), Arc::clone(a), settings.clone()))));
    tasks
}

/// What the store and the clock say, as alarms.
async fn tell(seams: Seams, store: Store) {
    let mut told = ToldCounts::default();
    loop {
        let (own, store) = (seams.clone(), store.clone());
        let look = tokio::task::spawn_blocking(move || {
            tell_health(&own.alarms, &mut told, &store.health(), &own.clock.now());
            own.alarms.tidy();
            told
        });
        match look.await {
            Ok(after) => told = after,
            Err(error) => tracing::error!(%error, "it was not looked at disk and clock"),
        }
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

/// New addresses and old certificates, without a restart.
async fn refresh(seams: Seams, authority: Arc<Authority>, settings: BoxSettings) {
    loop {
        tokio::time::sleep(REFRESH).await;
        let (own, authority, names) = (seams.clone(), Arc::clone(&authority), names(&settings));
        let work = move || match authority.refresh(&names, own.clock.now().wall_ms) {
            Ok(anew) => {
                own.alarms.end(|cause| SideRoom::Https.is_of(cause));
                if anew {
                    tracing::info!("the HTTPS certificate was made anew");
                }
            }
            Err(error) => {
                tracing::error!(%error, "the HTTPS certificate was not made anew");
                own.alarms.raise(SideRoom::Https.off(&error.to_string()));
            }
        };
        if let Err(error) = tokio::task::spawn_blocking(work).await {
            tracing::error!(%error, "the HTTPS certificate was not looked at");
        }
    }
}

/// What the audit of access gathers goes to the disk now and then.
async fn write_access(seams: Seams, access: Arc<AccessAudit>) {
    loop {
        tokio::time::sleep(ACCESS_EVERY).await;
        let (access, now) = (Arc::clone(&access), seams.clock.now());
        match tokio::task::spawn_blocking(move || access.write_due(&now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the audit of access was not written"),
            Err(error) => tracing::error!(%error, "the audit of access was not looked at"),
        }
    }
}

/// The writer itself answers for the box: a timer would go on where it hangs.
async fn watchdog(store: Store) {
    let every = process::alive_interval();
    loop {
        tokio::time::sleep(every).await;
        if store.submit(|_| Decision::Answer(())).await.is_ok() {
            process::tell_alive();
        }
    }
}

/// The pages' view of the uplink.
pub(super) fn follow_link(uplink: &Uplink) -> (watch::Receiver<Link>, JoinHandle<()>) {
    let mut standing = uplink.standing();
    let (tell, link) = watch::channel(Link::Alone);
    let follow = tokio::spawn(async move {
        loop {
            let now = {
                let standing = standing.borrow_and_update();
                match &standing.state {
                    State::Alone | State::Claiming { .. } => Link::Alone,
                    State::Up => Link::Up { ended_backlog: standing.ended_backlog },
                    State::Down { since_ms, .. } => Link::Down { since_ms: *since_ms },
                }
            };
            tell.send_if_modified(|link| std::mem::replace(link, now) != now);
            if standing.changed().await.is_err() {
                return;
            }
        }
    });
    (link, follow)
}
