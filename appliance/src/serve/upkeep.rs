//! Periodic tasks while the box runs.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use service::clock::Now;
use service::process;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::{PageServices, Seams, host_names};
use crate::alarms::AlarmStore;
use crate::alarms::reminders::ReminderCode;
use crate::alarms::sources::{
    OptionalPart, ReportedCounts, report_health_alarms, report_state, report_unreadable_rows,
};
use crate::anchors::{SyncWatch, find_earlier_boots, known_now, known_now_ms, newest_time, vouched_now};
use crate::backup::BackupService;
use crate::command::{CommandError, execute_as_box};
use crate::identity::{self, BoxAuthority, IdentityStores};
use crate::intake::CommandRefusal;
use crate::packs;
use crate::phones::{ContactTimers, LabelScans, PhoneTables, PhotoAsks, REFUSED_READER};
use crate::settings::BoxSettings;
use crate::store::{Store, StoreError, WriteDecision};
use crate::uplink::{TransportReport, Uplink, UplinkState};
use crate::web::{self, AppState, RelayLinkState};

/// How often certificates and addresses are looked at again.
const REFRESH: Duration = Duration::from_secs(600);
/// How often what the audit of access has gathered may be written.
const ACCESS_EVERY: Duration = Duration::from_secs(5);
/// How often last uses of sessions and tokens may be written.
const USES_EVERY: Duration = Duration::from_secs(300);
/// How often contact times may be written.
const CONTACT_EVERY: Duration = Duration::from_secs(5);
/// How often last scans of labels may be written.
const SCANS_EVERY: Duration = Duration::from_secs(3_600);
/// How often disk and clock are checked.
const HEALTH_EVERY: Duration = Duration::from_secs(10);
/// How often it is looked whether a backup is due.
const BACKUPS_EVERY: Duration = Duration::from_secs(60);

pub(super) fn start_upkeep(
    seams: &Seams,
    authority: Option<&Arc<BoxAuthority>>,
    settings: &BoxSettings,
    services: PageServices<'_>,
) -> Vec<JoinHandle<()>> {
    let store = services.store;
    let mut tasks = vec![
        tokio::spawn(write_access(seams.clone(), services.identity.clone())),
        tokio::spawn(save_uses(services.identity.clone())),
        tokio::spawn(follow_contact_timers(seams.clone(), store.clone(), services.phones.clone())),
        tokio::spawn(save_label_scans(Arc::clone(&services.phones.label_scans))),
        tokio::spawn(run_watchdog(store.clone())),
        tokio::spawn(report_health(seams.clone(), store.clone())),
        tokio::spawn(watch_state_rows(seams.clone(), store.clone())),
        tokio::spawn(follow_photos(seams.clone(), store.clone())),
        tokio::spawn(follow_clock(seams.clone(), store.clone())),
    ];
    tasks.extend(
        authority.map(|a| tokio::spawn(refresh_names(seams.clone(), Arc::clone(a), settings.clone()))),
    );
    tasks
}

/// What pages left to be done, and what phones say on them.
pub(super) fn start_page_upkeep(state: &AppState) -> JoinHandle<()> {
    web::attach_left_photos(state);
    web::log_left_removals(state);
    tokio::spawn(follow_page_reminders(state.clone()))
}

/// What waits for somebody because of phones, PINs and tokens.
async fn follow_page_reminders(state: AppState) {
    loop {
        tokio::time::sleep(HEALTH_EVERY).await;
        if let Err(error) = web::learn_phones(&state).await {
            tracing::warn!(?error, "it is not known which phones made records");
        }
        let own = state.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || remind_of_people(&own)).await {
            tracing::error!(%error, "phones, PINs and tokens were not looked at");
        }
    }
}

fn remind_of_people(state: &AppState) {
    web::remind_of_phones(state);
    web::remind_of_access(state);
}

pub(super) async fn look_after_backups(backups: BackupService) {
    loop {
        let own = backups.clone();
        if let Err(error) = tokio::task::spawn_blocking(move || own.look_round()).await {
            tracing::error!(%error, "backups were not looked after");
        }
        tokio::time::sleep(BACKUPS_EVERY).await;
    }
}

async fn report_health(seams: Seams, store: Store) {
    let mut reported = ReportedCounts::default();
    loop {
        let (own, store) = (seams.clone(), store.clone());
        let look = tokio::task::spawn_blocking(move || {
            let now = vouched_now(own.clock.now(), &store.facility());
            report_health_alarms(&own.alarms, &mut reported, &store.health(), &now);
            report_state(&own.alarms, &store.look_at_state());
            own.alarms.tidy();
            update_reminders(&own, &store, &now);
            reported
        });
        match look.await {
            Ok(after) => reported = after,
            Err(error) => tracing::error!(%error, "it was not looked at disk and clock"),
        }
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

/// Rows of `state.redb` that cannot be read, table by table.
async fn watch_state_rows(seams: Seams, store: Store) {
    loop {
        let (own, store) = (seams.clone(), store.clone());
        let look = tokio::task::spawn_blocking(move || report_state_rows(&own.alarms, &store));
        if let Err(error) = look.await {
            tracing::error!(%error, "the rows of state.redb were not looked at");
        }
        tokio::time::sleep(SCANS_EVERY).await;
    }
}

fn report_state_rows(alarms: &AlarmStore, store: &Store) {
    let state = store.state();
    // Of all tables, also those whose rows no code here reads; the alarm about the file reports it.
    state.look_through();
    let mut unreadable = Vec::new();
    for (table, reads) in identity::ROW_READERS.iter().chain(packs::ROW_READERS).chain([&REFUSED_READER]) {
        // A damaged page can make redb panic.
        match catch_unwind(AssertUnwindSafe(|| state.count_unreadable(table, *reads))) {
            Ok(Ok(0)) => {}
            Ok(Ok(count)) => unreadable.push((*table, count)),
            Ok(Err(error)) => return tracing::error!(%error, table, "a table was not looked through"),
            Err(_) => unreadable.push((*table, 1)),
        }
    }
    report_unreadable_rows(alarms, &unreadable);
}

fn update_reminders(seams: &Seams, store: &Store, now: &Now) {
    let Some(table) = seams.alarms.reminders() else { return };
    let facility = store.facility();
    if let Err(error) = table.look_round(&facility, known_now_ms(now, &facility)) {
        tracing::error!(%error, "what waits for somebody was not written down");
    }
}

/// Phones that are asked for photos and seldom give one.
async fn follow_photos(seams: Seams, store: Store) {
    let mut asks = PhotoAsks::default();
    loop {
        tokio::time::sleep(HEALTH_EVERY).await;
        let (own, store) = (seams.clone(), store.clone());
        let look = tokio::task::spawn_blocking(move || {
            remind_of_photos(&own, &store, &mut asks);
            asks
        });
        asks = match look.await {
            Ok(after) => after,
            Err(error) => {
                tracing::error!(%error, "it was not looked which phones give no photos");
                PhotoAsks::default()
            }
        };
    }
}

fn note_new_entries(store: &Store, asks: &mut PhotoAsks) -> Result<(), StoreError> {
    let reader = store.reader()?;
    for entry in reader.entries(asks.unseen(reader.size())) {
        asks.note(reader.epoch(), &entry?);
    }
    Ok(())
}

fn remind_of_photos(seams: &Seams, store: &Store, asks: &mut PhotoAsks) {
    let Some(table) = seams.alarms.reminders() else { return };
    if let Err(error) = note_new_entries(store, asks) {
        tracing::error!(%error, "what was recorded was not looked through for photos");
    }
    let now_ms = known_now_ms(&seams.clock.now(), &store.facility());
    if let Err(error) = table.replace_open(ReminderCode::PhotoMissing, &asks.lacking(), now_ms) {
        tracing::error!(%error, "phones that give no photos were not told of");
    }
}

pub(crate) fn save_contact_timers(alarms: &AlarmStore, now: &Now, store: &Store, timers: &ContactTimers) {
    let facility = store.facility();
    let forgotten = timers.tidy(&facility, now);
    if let Some(table) = alarms.reminders() {
        let now_ms = known_now_ms(now, &facility);
        if let Err(error) = table.replace_open(ReminderCode::BegunNotRecorded, &forgotten, now_ms) {
            tracing::error!(%error, "contact times without a record were not told of");
        }
    }
    if let Err(error) = timers.save() {
        tracing::error!(%error, "contact times were not written down");
    }
}

/// Contact times go to the disk now and then, and those without a record are reported.
async fn follow_contact_timers(seams: Seams, store: Store, phones: PhoneTables) {
    loop {
        tokio::time::sleep(CONTACT_EVERY).await;
        let (own, store, timers) = (seams.clone(), store.clone(), Arc::clone(&phones.contact_timers));
        let look = tokio::task::spawn_blocking(move || {
            let now = known_now(own.clock.now(), &store.facility());
            save_contact_timers(&own.alarms, &now, &store, &timers);
        });
        if let Err(error) = look.await {
            tracing::error!(%error, "contact times were not looked at");
        }
    }
}

async fn save_label_scans(scans: Arc<LabelScans>) {
    loop {
        tokio::time::sleep(SCANS_EVERY).await;
        let own = Arc::clone(&scans);
        match tokio::task::spawn_blocking(move || own.save()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "last scans of labels were not written down"),
            Err(error) => tracing::error!(%error, "last scans of labels were not looked at"),
        }
    }
}

/// A synchronisation with a time server is logged: what was written before is corrected by it.
async fn follow_clock(seams: Seams, store: Store) {
    let own = store.clone();
    let now = seams.clock.now();
    let found = tokio::task::spawn_blocking(move || {
        SyncWatch::new(&now, newest_time(&own, own.size()), find_earlier_boots(&own, &now))
    });
    let Ok(mut watch) = found.await else { return };
    loop {
        let now = seams.clock.now();
        let written = match watch.look(&now) {
            Some(command) => execute_as_box(&store, Arc::clone(&seams.random), command).await.map(drop),
            None => Ok(()),
        };
        match written {
            Ok(()) | Err(CommandError::Refused(CommandRefusal::AlreadySo(_))) => watch.note_look(&now),
            Err(error) => tracing::warn!(%error, "the time server’s time was not written down"),
        }
        tokio::time::sleep(HEALTH_EVERY).await;
    }
}

/// New addresses and old certificates, without a restart.
async fn refresh_names(seams: Seams, authority: Arc<BoxAuthority>, settings: BoxSettings) {
    loop {
        tokio::time::sleep(REFRESH).await;
        let (own, authority, names) = (seams.clone(), Arc::clone(&authority), host_names(&settings));
        let refreshed = tokio::task::spawn_blocking(move || refresh_certificate(&own, &authority, &names));
        if let Err(error) = refreshed.await {
            tracing::error!(%error, "the HTTPS certificate was not looked at");
        }
    }
}

fn refresh_certificate(seams: &Seams, authority: &BoxAuthority, names: &[String]) {
    match authority.refresh(names, seams.clock.now().wall_ms) {
        Ok(restart_request) => {
            seams.alarms.end(|cause| OptionalPart::Https.is_of(cause));
            if restart_request {
                tracing::info!("the HTTPS certificate was made anew");
            }
        }
        Err(error) => {
            tracing::error!(%error, "the HTTPS certificate was not made anew");
            seams.alarms.raise(OptionalPart::Https.off(&error.to_string()));
        }
    }
}

/// What the audit of access gathers goes to the disk now and then.
async fn write_access(seams: Seams, identity: IdentityStores) {
    loop {
        tokio::time::sleep(ACCESS_EVERY).await;
        let (access, now) = (Arc::clone(&identity.access), seams.clock.now());
        match tokio::task::spawn_blocking(move || access.write_due(&now)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "the audit of access was not written"),
            Err(error) => tracing::error!(%error, "the audit of access was not looked at"),
        }
    }
}

/// Last uses of sessions and tokens go to the disk now and then: no request waits for that.
async fn save_uses(identity: IdentityStores) {
    loop {
        tokio::time::sleep(USES_EVERY).await;
        let own = identity.clone();
        match tokio::task::spawn_blocking(move || own.save_uses()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::error!(%error, "last uses of sessions were not written down"),
            Err(error) => tracing::error!(%error, "last uses of sessions were not looked at"),
        }
    }
}

/// The writer itself answers for the box: a timer would continue where the writer blocks.
async fn run_watchdog(store: Store) {
    let every = process::alive_interval();
    loop {
        tokio::time::sleep(every).await;
        if store.submit(|_| WriteDecision::Answer(())).await.is_ok() {
            process::notify_alive();
        }
    }
}

/// The pages' view of the uplink: the connection, and the transports that it may use.
pub(super) struct LinkView {
    pub(super) link: watch::Receiver<RelayLinkState>,
    pub(super) transports: watch::Receiver<Option<TransportReport>>,
}

pub(super) fn follow_link(uplink: &Uplink) -> (LinkView, JoinHandle<()>) {
    let mut status = uplink.status();
    let (report_health, link) = watch::channel(RelayLinkState::Alone);
    let (report_transports, transports) = watch::channel(None);
    let follow = tokio::spawn(async move {
        loop {
            let (now, transports) = {
                let status = status.borrow_and_update();
                let claimed = !matches!(status.state, UplinkState::Alone);
                let transports = claimed.then(|| status.transports.clone());
                let now = match &status.state {
                    UplinkState::Alone | UplinkState::Claiming { .. } => RelayLinkState::Alone,
                    UplinkState::Up => RelayLinkState::Up { ended_backlog: status.ended_backlog },
                    UplinkState::Down { since_ms, .. } => RelayLinkState::Down { since_ms: *since_ms },
                };
                (now, transports)
            };
            report_transports.send_if_modified(|before| {
                let changed = *before != transports;
                *before = transports;
                changed
            });
            report_health.send_if_modified(|link| std::mem::replace(link, now) != now);
            if status.changed().await.is_err() {
                return;
            }
        }
    });
    (LinkView { link, transports }, follow)
}

#[cfg(test)]
mod tests {
    use record::entry::ClockState;
    use record::ids::BootId;
    use record::kinds::Event;
    use record::tag::Tag;
    use service::clock::FakeClock;
    use service::random::SystemRandom;

    use super::*;
    use crate::counted_disk::CountedDisk;
    use crate::phones::ContactTimer;
    use crate::store::configure_test_store;

    const STARTS: u16 = 1_000;
    const STARTS_EVERY: Duration = Duration::from_millis(20);

    #[tokio::test]
    async fn tables_with_rows_that_cannot_be_read_have_an_alarm() {
        let dir = tempfile::tempdir().unwrap();
        let clock = Arc::new(FakeClock::at_ms(1_763_610_000_000));
        let (store, _) =
            Store::open(configure_test_store(dir.path()), clock.clone(), Arc::new(SystemRandom)).unwrap();
        let alarms = AlarmStore::open(store.disk(), clock);
        report_state_rows(&alarms, &store);
        assert!(alarms.all().is_empty(), "nobody has made a table yet");
        let tables = ["badges", "identity_pins", "identity_tokens", "access_removals"];
        let tables = tables.into_iter().chain(["packs", "pack_keys", "refused_submissions"]);
        for name in tables.clone() {
            let table = redb::TableDefinition::<&str, &[u8]>::new(name);
            let write = store.state_db().begin_write().unwrap();
            write.open_table(table).unwrap().insert("a", &b"{}"[..]).unwrap();
            write.commit().unwrap();
        }
        report_state_rows(&alarms, &store);
        let detail = alarms.all()[0].cause.detail.clone();
        for name in tables {
            assert!(detail.contains(&format!("{name}: 1")), "{detail}");
        }
        store.stop().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_server_that_is_heard_goes_into_the_log_once() {
        let dir = tempfile::tempdir().unwrap();
        let boot = BootId::new(0, [7; 10]);
        let unsure = Now { wall_ms: 5_000, boot, up_ms: 5_000, state: ClockState::Uncertain };
        let clock = Arc::new(FakeClock::new(unsure));
        let (store, _) =
            Store::open(configure_test_store(dir.path()), clock.clone(), Arc::new(SystemRandom)).unwrap();
        let alarms = Arc::new(AlarmStore::open(store.disk(), clock.clone()));
        let seams = Seams { clock: clock.clone(), random: Arc::new(SystemRandom), alarms };
        let size = store.size();
        let follow = tokio::spawn(follow_clock(seams.clone(), store.clone()));
        tokio::time::sleep(3 * HEALTH_EVERY).await;
        assert_eq!(store.size(), size, "nobody was heard");
        let heard_ms = 1_795_205_071_000;
        clock.set(Now { wall_ms: heard_ms, up_ms: 65_000, state: ClockState::Synced, ..unsure });
        store.size_watch().wait_for(|written| *written > size).await.unwrap();
        // Neither this run of the program nor the next one reports it again.
        tokio::time::sleep(3 * HEALTH_EVERY).await;
        follow.abort();
        let next = tokio::spawn(follow_clock(seams, store.clone()));
        tokio::time::sleep(3 * HEALTH_EVERY).await;
        next.abort();
        let events: Vec<Event> =
            store.reader().unwrap().entries(size..u64::MAX).map(|e| e.unwrap().event()).collect();
        let [Event::ClockAnchored(anchor)] = &events[..] else { panic!("{events:?}") };
        assert_eq!((anchor.source.as_str(), anchor.boot), ("ntp", boot));
        assert_eq!((anchor.wall, anchor.up), (heard_ms, 65_000));
        store.stop().await.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn contact_times_are_written_once_in_five_seconds_whatever_their_number() {
        let dir = tempfile::tempdir().unwrap();
        let boot = BootId::new(0, [7; 10]);
        let now = Now { wall_ms: 1_763_000_000_000, boot, up_ms: 1_000_000, state: ClockState::Synced };
        let clock = Arc::new(FakeClock::new(now));
        let config = configure_test_store(dir.path().join("box"));
        let (store, _) = Store::open(config, clock.clone(), Arc::new(SystemRandom)).unwrap();
        let alarms = Arc::new(AlarmStore::open(store.disk(), clock.clone()));
        let seams = Seams { clock, random: Arc::new(SystemRandom), alarms };
        let (db, syncs) = CountedDisk::open();
        let contact_timers = Arc::new(ContactTimers::open(db.clone()).unwrap());
        let tag = |n: u16| Tag::from_random([0, 0, 1, n.to_be_bytes()[0], n.to_be_bytes()[1]]);
        let before = syncs.count();
        contact_timers.start(tag(STARTS), ContactTimer::example(&now));
        contact_timers.save().unwrap();
        let once = syncs.count() - before;
        assert!(once > 0);
        let phones = PhoneTables { contact_timers: contact_timers.clone(), ..PhoneTables::default() };
        let upkeep = tokio::spawn(follow_contact_timers(seams, store.clone(), phones));
        let before = syncs.count();
        for n in 0..STARTS {
            contact_timers.start(tag(n), ContactTimer::example(&now));
            tokio::time::sleep(STARTS_EVERY).await;
        }
        let spans = (STARTS_EVERY * u32::from(STARTS)).as_secs() / CONTACT_EVERY.as_secs();
        let writes = u64::try_from((syncs.count() - before) / once).unwrap();
        assert!((1..=spans).contains(&writes), "{writes} writes in {spans} times 5 s");
        tokio::time::sleep(2 * CONTACT_EVERY).await;
        upkeep.abort();
        let kept = ContactTimers::open(db).unwrap();
        assert_eq!(kept.starts(), 0);
        let facility = store.facility();
        assert!((0..=STARTS).all(|n| kept.find(tag(n), None, &facility, &now).is_some()));
        store.stop().await.unwrap();
    }
}
