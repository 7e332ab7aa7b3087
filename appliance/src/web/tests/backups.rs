//! The page of backups: what it says of the relay, and the key that it shows once.

use words::{Locale, WordSet as _};

use super::staff_pages::desk;
use super::*;
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
    for path in ["/staff/backup/now", "/staff/backup/key", "/staff/backup/test"] {
        tom.post(path, &token, &[]).await.is(403);
    }
}
