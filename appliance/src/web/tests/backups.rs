//! The page of backups: what it says of the relay, and the key that it shows once.

use super::staff_pages::desk;
use super::*;

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
