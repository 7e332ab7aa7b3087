//! The page of backups: what it says of the relay, and the key that it shows once.

use words::{Locale, WordSet as _};

use crate::web::tests::fixture::copy_parts;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;
use crate::web::words::{AlarmWords, BackupWords, DoctorWords, StaffWords};

#[test]
fn one_is_counted_as_one() {
    let w = BackupWords::in_locale(Locale::EnUs);
    let last = |entries: u64, photos: u64| w.backup_last(entries, photos, "0.1 MB", "today 14:04");
    assert!(last(1, 1).starts_with("today 14:04, 1 entry, 1 photo, 0.1 MB. It was"), "{}", last(1, 1));
    assert!(last(2, 0).starts_with("today 14:04, 2 entries, 0 photos, 0.1 MB. It was"), "{}", last(2, 0));
    let relay = w.backup_relay(1_u64, 1_u64, 1_u64, 0_u64);
    assert!(relay.starts_with("The relay has 1 of 1 entry and 0 of 1 photo. PINs"), "{relay}");
    let doctor = DoctorWords::in_locale(Locale::EnUs);
    assert_eq!(doctor.doctor_recording_ready(1_u64), "Records are taken: 1 entry in the log.");
    let staff = StaffWords::in_locale(Locale::EnUs);
    assert_eq!(staff.status_on_the_way(1_u64, 1_u64), "The one entry is here, and on its way to the relay.");
    let alarm = AlarmWords::in_locale(Locale::EnUs);
    let forgot = alarm.cause_log_forgot(1_u64, "log 1-01010101", 0_u64);
    assert!(forgot.contains("confirmed 1 entry of log 1-01010101."), "{forgot}");
}

#[tokio::test]
async fn the_backup_page_knows_of_the_relay_at_once() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    grace.get("/staff/backup").await.is(200).has("This box has no relay.");
    *world.claimed.lock().unwrap() = Some(FacilityId::new(1, [1; 10]));
    grace.get("/staff/backup").await.is(200).has("The relay has").has_not("This box has no relay.");
}

fn use_folder(world: &mut World, folder: &std::path::Path) {
    let parts = copy_parts(world);
    let backups = BackupService::open(BackupContext {
        store: parts.store.clone(),
        photos: parts.photos.clone(),
        alarms: parts.alarms.clone(),
        clock: parts.clock.clone(),
        random: parts.random.clone(),
        data: parts.field.data.clone(),
        settings: BackupSettings { to: Some(folder.to_owned()), ..BackupSettings::default() },
        settings_text: String::new(),
        relay: Arc::new(|| None),
    });
    world.state = AppState::new(WebParts { backups, ..parts });
    world.router = mount_table(&TABLE.0, world.state.clone());
    world.client = TestClient::new(world.router.clone(), TABLE.1.clone());
}

#[tokio::test]
async fn the_backup_page_leads_with_the_one_thing_to_do() {
    const NOW: &str = "action=\"/staff/backup/now\"";
    const KEY: &str = "action=\"/staff/backup/key\"";
    let (mut world, stick) = (World::new().await, tempfile::tempdir().unwrap());
    let cookie = {
        let grace = desk(&world, StaffRole::FacilityAdmin).await;
        let page = grace.get("/staff/backup").await;
        page.is(200).has("<h2>First, a place for backups</h2>").has_not("First, a key").has_not(NOW);
        // Whoever sends it all the same is shown what is missing.
        grace.post("/staff/backup/now", &page.hidden("form"), &[]).await.is(303);
        grace.get("/staff/backup").await.has("First, a place for backups").has_not("No backup was made");
        grace.cookie
    };
    use_folder(&mut world, stick.path());
    let grace = Desk { world: &world, cookie };
    let page = grace.get("/staff/backup").await;
    page.is(200).has("<h2>First, a key</h2>").has_not("First, a place").has_not(NOW);
    assert_eq!(page.text().matches(KEY).count(), 1, "one form of the key: {}", page.text());
    grace.post("/staff/backup/key", &page.hidden("form"), &[("present", "")]).await.is(200);
    let page = grace.get("/staff/backup").await;
    page.is(200).has(NOW).has(KEY).has("Create a new key").has_not("<h2>First,");
}

#[tokio::test]
async fn a_key_of_backups_is_shown_once() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let token = grace.get("/staff/backup").await.hidden("form");
    let made = grace.post("/staff/backup/key", &token, &[("present", "")]).await;
    made.is(200).has("AGE-SECRET-KEY-1").has("Facility: Linden Valley Hospital.");
    // A reload sends the form again.
    let again = grace.post("/staff/backup/key", &token, &[("present", "")]).await;
    assert_eq!((again.status, again.location().as_str()), (303, "/staff/backup"));
    grace.get("/staff/backup").await.is(200).has_not("AGE-SECRET-KEY-1");
}

#[tokio::test]
async fn backups_are_a_facility_admins() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/backup").await.is(403);
    let token = tom.get("/staff/box/health").await.hidden("form");
    for path in ["/staff/backup/now", "/staff/backup/key", "/staff/backup/test", "/staff/backup/archive"] {
        tom.post(path, &token, &[]).await.is(403);
    }
}

#[tokio::test]
async fn an_archive_of_everything_is_sent_and_noted() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let token = grace.get("/staff/backup").await.is(200).has("Download the archive").hidden("form");
    let answer = grace.post("/staff/backup/archive", &token, &[]).await;
    assert_eq!(answer.status, 200);
    assert!(answer.header(http::header::CONTENT_DISPOSITION).contains(".tar"));
    let read =
        crate::store::archive::read_archive(&answer.bytes[..], &mut crate::store::archive::HashOnly).unwrap();
    assert_eq!(read.manifest.box_id, world.state.store.origin().box_id);
    grace.get("/staff/box/audit").await.is(200).has("Took an archive of everything along");
}
