//! Mails by the calendar: each comes once, to whoever wants it, and tells of what they see.

use serde_json::json;

use crate::accounts::UserRole;
use crate::accounts::members::people::NewMember;
use crate::db::PlatformReason;
use crate::db::account::accounts;
use crate::web::tests::world::{DAY_MS, HOUR_MS, NOW_MS, World, csrf, mail_transport};

use record::ids::{AccountId, UserId};

/// 06:10 in Chicago on the Monday after.
const MONDAY_MS: i64 = 1_795_435_800_000;

impl World {
    /// Lets the relay look for what is due at a moment, twice.
    async fn make_rounds(&self, at_ms: i64) {
        self.clock.set_ms(at_ms);
        for _ in 0..2 {
            self.run_jobs(mail_transport(self.dir.path())).await;
            self.clock.advance_ms(10 * 60_000);
        }
        self.run_jobs(mail_transport(self.dir.path())).await;
    }

    /// Address and kind of the mails by the calendar, in order.
    async fn list_rounds(&self) -> Vec<(String, String)> {
        let mut conn = self.db.platform_read(PlatformReason::Work).await.unwrap();
        let sql = "SELECT address, kind FROM mails WHERE topic IS NOT NULL ORDER BY address, kind";
        crate::db::all!(conn, (String, String), sql).unwrap()
    }

    /// The newest mail to an address, decoded as far as these tests read it.
    fn read_newest(&self, address: &str) -> String {
        let files = std::fs::read_dir(self.dir.path().join("mails")).unwrap();
        let mut files: Vec<_> = files.map(|file| file.unwrap().path()).collect();
        files.sort();
        let texts = files.into_iter().rev().map(|file| std::fs::read_to_string(file).unwrap());
        let mut found = texts.filter(|text| text.contains(&format!("To: {address}\r\n")));
        found.next().unwrap().replace("=\r\n", "").replace("=C2=B7", "·")
    }

    /// What the box of A's first facility says of it, beside what it said.
    async fn change_settings(&self, change: &serde_json::Value) {
        let facility = self.a.sites[0].id.to_string();
        let mut tx = self.db.platform_write(PlatformReason::Work).await.unwrap();
        let sql = "SELECT r.body FROM state_rows r JOIN facilities f ON f.projection = r.projection \
                   WHERE f.facility = $1 AND r.room = 'settings'";
        let (body,) = crate::db::opt!(tx, (String,), sql, facility.clone()).unwrap().unwrap();
        let mut body: serde_json::Value = serde_json::from_str(&body).unwrap();
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let sql = "UPDATE state_rows SET body = $1 WHERE room = 'settings' AND projection = \
                   (SELECT projection FROM facilities WHERE facility = $2)";
        crate::db::exec!(tx, sql, body.to_string(), facility).unwrap();
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn a_week_is_summed_up_once_for_each_admin() {
    let world = World::new().await;
    world.make_rounds(MONDAY_MS - HOUR_MS).await;
    assert!(world.list_rounds().await.is_empty(), "it is not Monday 06:00 yet");
    world.make_rounds(MONDAY_MS).await;
    let once = [(world.a.email.clone(), "weekly".to_owned()), (world.b.email.clone(), "weekly".to_owned())];
    assert_eq!(world.list_rounds().await, once);
    let mail = world.read_newest(&world.a.email);
    assert!(mail.contains("From Nov 16, 2026 to Nov 22, 2026, "), "{mail}");
    assert!(mail.contains("- Linden Valley Hospital ·") && mail.contains("- Linden Eastfield ·"), "{mail}");
    assert!(!mail.contains("Zebra"), "{mail}");
    assert!(mail.contains("On average an item was cleaned "), "{mail}");
    // A clock that is set back, and one that goes on.
    world.make_rounds(MONDAY_MS - 2 * HOUR_MS).await;
    world.make_rounds(MONDAY_MS + HOUR_MS).await;
    assert_eq!(world.list_rounds().await, once);
    world.make_rounds(MONDAY_MS + 7 * DAY_MS).await;
    assert_eq!(world.list_rounds().await.len(), 4);
}

#[tokio::test]
async fn who_switched_the_weekly_mail_off_gets_none() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/me/mails", &cookie).await.body;
    world.post("/app/me/mails", &cookie, &format!("csrf={}", csrf(&page))).await;
    world.make_rounds(MONDAY_MS).await;
    assert_eq!(world.list_rounds().await, [(world.b.email.clone(), "weekly".to_owned())]);
}

#[tokio::test]
async fn an_inspection_comes_near_with_its_gaps_first() {
    let world = World::new().await;
    // The world begins on 2026-11-20; the day after at 06:10 in Chicago it is a week away.
    world
        .change_settings(&json!({ "inspection": { "day": "2026-11-28", "title": "Joint Commission" } }))
        .await;
    let saturday_ms = MONDAY_MS - 2 * DAY_MS;
    world.make_rounds(saturday_ms).await;
    let week = (world.a.email.clone(), "inspection-7".to_owned());
    assert_eq!(world.list_rounds().await, std::slice::from_ref(&week));
    let mail = world.read_newest(&world.a.email);
    assert!(mail.contains("Joint Commission") && mail.contains("- Linden pump "), "{mail}");
    world.make_rounds(saturday_ms + DAY_MS).await;
    assert_eq!(world.list_rounds().await, [week], "once");
    world.make_rounds(saturday_ms + 6 * DAY_MS).await;
    let kinds: Vec<String> = world.list_rounds().await.into_iter().map(|(_, kind)| kind).collect();
    assert!(kinds.contains(&"inspection-1".to_owned()), "{kinds:?}");
}

#[tokio::test]
async fn a_shift_begins_with_what_is_due_for_whoever_wants_to_know() {
    let world = World::new().await;
    world.change_settings(&json!({ "shifts": ["06:00", "18:00"] })).await;
    world.make_rounds(MONDAY_MS - DAY_MS).await;
    assert!(world.list_rounds().await.is_empty(), "nobody switched it on");
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/me/mails", &cookie).await.body;
    world.post("/app/me/mails", &cookie, &format!("csrf={}&topic.reminders=on", csrf(&page))).await;
    let mut tx = world.db.platform_write(PlatformReason::Work).await.unwrap();
    let sql = "UPDATE items SET state = 'due', by_ms = $1, next_ms = NULL WHERE projection = \
               (SELECT projection FROM facilities WHERE facility = $2)";
    let facility = world.a.sites[0].id.to_string();
    crate::db::exec!(tx, sql, MONDAY_MS + 3 * HOUR_MS, facility).unwrap();
    tx.commit().await.unwrap();
    world.make_rounds(MONDAY_MS).await;
    let reminders: Vec<_> =
        world.list_rounds().await.into_iter().filter(|(_, kind)| kind == "reminder").collect();
    assert_eq!(reminders, [(world.a.email.clone(), "reminder".to_owned())]);
}

#[tokio::test]
async fn a_new_account_is_told_of_its_next_step_and_of_none_twice() {
    let world = World::new().await;
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let account = AccountId::new(NOW_MS, [88; 10]);
    let scope = accounts::platform_create(&mut tx, account, "New Clinic", NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    let owner = NewMember {
        id: UserId::new(NOW_MS, [88; 10]),
        email: "owner@new.example",
        name: "Olga",
        verified_ms: Some(NOW_MS),
        role: UserRole::AccountAdmin,
        password_hash: "of no use",
    };
    world.add_member(scope, &owner).await;
    let mut kinds = Vec::new();
    for (day, expected) in [(1, "onboarding-1"), (3, "onboarding-3"), (7, "onboarding-7")] {
        world.make_rounds(NOW_MS + day * DAY_MS + HOUR_MS).await;
        world.make_rounds(NOW_MS + day * DAY_MS + 5 * HOUR_MS).await;
        kinds.push(expected.to_owned());
        let found = world.list_rounds().await.into_iter().filter(|(address, _)| address == owner.email);
        assert_eq!(found.map(|(_, kind)| kind).collect::<Vec<_>>(), kinds, "day {day}");
    }
}
