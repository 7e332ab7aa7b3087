//! Alerts from what boxes recorded and reported: opened, told once, acknowledged, over; and whose they are.

use axum::http::StatusCode;

use crate::alerts::AlertChange;
use crate::alerts::kind::AlertKind;
use crate::alerts::tests::alert_row;
use crate::db::delivery::alerts::{AlertRow, ChangedAlert, save_alerts};
use crate::db::delivery::mail_preferences::{TopicChoice, save_topic};
use crate::db::person::members::find_by_email;
use crate::db::{PlatformReason, all, exec};
use crate::web::tests::world::{DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS, World, mail_transport};

/// The id of the alert of [`World::alert_of_a`].
pub(in crate::web::tests) const ALERT: &str = "01KCAM0A5000000000000000AB";

impl World {
    /// A world whose accounts have the rules that come by themselves.
    async fn with_alerts() -> Self {
        let world = Self::new().await;
        let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
        exec!(tx, "DELETE FROM alert_rules").unwrap();
        tx.commit().await.unwrap();
        world
    }

    /// An item of A is overdue, and somebody was told.
    pub(in crate::web::tests) async fn alert_of_a(&self) {
        let site = &self.a.sites[0];
        let row = AlertRow {
            alert: ALERT.to_owned(),
            facility: site.id.to_string(),
            subject: site.tags[0].to_string(),
            facts: format!(r#"{{"name":"{} pump 1"}}"#, self.a.canary),
            ..alert_row(AlertKind::Overdue)
        };
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        let events = [AlertChange::Opened.event(NOW_MS)];
        save_alerts(&mut tx, &[ChangedAlert { row: &row, events: &events }]).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Looks at what there is as jobs do, behind the seconds for which changes are gathered.
    async fn look_at(&self, now_ms: i64) {
        for at_ms in [now_ms, now_ms + MINUTE_MS] {
            self.clock.set_ms(at_ms);
            self.run_jobs(mail_transport(self.dir.path())).await;
        }
    }

    async fn alert_mails(&self, kind: &str) -> Vec<(String, String)> {
        let mut conn = self.db.platform_read(PlatformReason::Operator).await.unwrap();
        let sql = "SELECT address, body FROM mails WHERE kind = $1 ORDER BY mail";
        all!(conn, (String, String), sql, kind.to_owned()).unwrap()
    }

    async fn open_alerts(&self, further: &str) -> Vec<(String, String)> {
        let listed = self.api(&format!("/api/v1/alerts{further}"), &self.a.token).await;
        assert_eq!(listed.status, StatusCode::OK, "{}", listed.body);
        let listed: serde_json::Value = serde_json::from_str(&listed.body).unwrap();
        let text = |alert: &serde_json::Value, member: &str| alert[member].as_str().unwrap().to_owned();
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|alert| (text(alert, "alert"), text(alert, "kind"))).collect()
    }
}

fn count(alerts: &[(String, String)], kind: &str) -> usize {
    alerts.iter().filter(|(_, of)| of == kind).count()
}

#[tokio::test]
async fn a_silent_box_is_notified_once_and_over_when_it_is_heard() {
    let world = World::with_alerts().await;
    let admin = world.sign_in(&world.a.email).await;
    world.look_at(NOW_MS + 30 * MINUTE_MS).await;
    assert_eq!(count(&world.open_alerts("").await, "box-silent"), 0, "not for an hour");
    world.look_at(NOW_MS + 61 * MINUTE_MS).await;
    let open = world.open_alerts("").await;
    assert_eq!(count(&open, "box-silent"), world.a.sites.len());
    assert_eq!(world.alert_mails("alerts").await.len(), 0, "it is gathered");
    world.look_at(NOW_MS + 125 * MINUTE_MS).await;
    let mails = world.alert_mails("alerts").await;
    let to_admin = mails.iter().filter(|(address, _)| *address == world.a.email).count();
    assert_eq!(to_admin, world.a.sites.len(), "one a facility");
    assert!(mails.iter().all(|(address, _)| *address != world.a.auditor));
    world.look_at(NOW_MS + 5 * HOUR_MS).await;
    assert_eq!(world.alert_mails("alerts").await.len(), mails.len(), "and no more");
    let page = world.get("/app/alerts", &admin).await.body;
    assert!(page.contains("Box is offline"), "{page}");
    let now_ms = NOW_MS + 6 * HOUR_MS;
    world.clock.set_ms(now_ms);
    let one = &world.a.sites[0].one;
    one.hello(&world.ingest, now_ms, 0).await;
    one.health(&world.ingest, now_ms, "ready").await;
    world.look_at(now_ms).await;
    assert_eq!(count(&world.open_alerts("").await, "box-silent"), world.a.sites.len() - 1);
    assert_eq!(count(&world.open_alerts("?closed=true").await, "box-silent"), 1);
    world.look_at(now_ms + 65 * MINUTE_MS).await;
    let over = world.alert_mails("alerts").await.len() - mails.len();
    assert_eq!(over, 1, "whoever was told is told that it is over");
}

#[tokio::test]
async fn overdue_items_are_one_mail_and_what_is_behind_a_silent_box_is_none() {
    let world = World::with_alerts().await;
    world.look_at(NOW_MS).await;
    let known = world.open_alerts("").await;
    let first = format!("?facility={}", world.a.sites[0].id);
    let of_others = count(&known, "overdue") - count(&world.open_alerts(&first).await, "overdue");
    // One box is heard two days later; nobody cleaned meanwhile.
    let now_ms = NOW_MS + 2 * DAY_MS;
    world.clock.set_ms(now_ms);
    let one = &world.a.sites[0].one;
    one.hello(&world.ingest, now_ms, 0).await;
    one.health(&world.ingest, now_ms, "ready").await;
    world.look_at(now_ms).await;
    world.look_at(now_ms + 10 * MINUTE_MS).await;
    let open = world.open_alerts("").await;
    let of_first = world.open_alerts(&first).await;
    assert!(count(&of_first, "overdue") > 1, "{of_first:?}");
    let others = count(&open, "overdue") - count(&of_first, "overdue");
    assert_eq!(others, of_others, "nothing new is known of the others");
    let mails = world.alert_mails("overdue").await.len();
    assert!(mails >= 1, "neither biomed nor a facility's admin is a member here: account admins are told");
    // An hour later nobody has acknowledged any of them.
    world.look_at(now_ms + 5 * HOUR_MS).await;
    world.look_at(now_ms + 6 * HOUR_MS).await;
    assert_eq!(world.alert_mails("overdue").await.len(), mails + 1, "escalated, one mail over all of them");
}

#[tokio::test]
async fn acknowledged_by_who_may_and_nobody_of_another_account() {
    let world = World::with_alerts().await;
    let (admin, other) = (world.sign_in(&world.a.email).await, world.sign_in(&world.b.email).await);
    let auditor = world.sign_in(&world.a.auditor).await;
    world.look_at(NOW_MS + 61 * MINUTE_MS).await;
    let (alert, _) = world.open_alerts("").await.into_iter().find(|(_, kind)| kind == "box-silent").unwrap();
    let path = format!("/app/alerts/{alert}");
    assert_eq!(world.get(&path, &other).await.status, StatusCode::NOT_FOUND);
    let foreign = world.send_form("/app/me", &path, &other, "act=acknowledge").await;
    assert_eq!(foreign.status, StatusCode::NOT_FOUND);
    let looks = world.send_form("/app/me", &path, &auditor, "act=acknowledge").await;
    assert_eq!(looks.status, StatusCode::FORBIDDEN);
    assert!(
        !world.get(&path, &auditor).await.body.contains("name=\"hours\""),
        "who only looks has no buttons"
    );
    let bad = world.send_form(&path, &path, &admin, "act=snooze&hours=169").await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    let put_off = world.send_form(&path, &path, &admin, "act=snooze&hours=4").await;
    assert_eq!(put_off.status, StatusCode::SEE_OTHER);
    assert!(world.get(&path, &admin).await.body.contains("Put off until"));
    let done = world.send_form(&path, &path, &admin, "act=acknowledge").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER);
    let page = world.get(&path, &admin).await.body;
    assert!(page.contains("Acknowledged") && page.contains(&world.a.email), "{page}");
    world.look_at(NOW_MS + 9 * HOUR_MS).await;
    let mails = world.alert_mails("alerts").await;
    let to_admin = mails.iter().filter(|(address, _)| *address == world.a.email).count();
    assert_eq!(to_admin, world.a.sites.len() - 1, "nobody is told of what somebody has acknowledged");
}

#[tokio::test]
async fn rules_and_quiet_hours_are_kept_as_entered() {
    let world = World::with_alerts().await;
    let admin = world.sign_in(&world.a.email).await;
    let rule = "/app/alerts/rules/box-silent";
    let wrong = world.send_form(rule, rule, &admin, "on=on&minutes=0&roles.biomed=on&escalate=0").await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = world.send_form(rule, rule, &admin, "minutes=90&roles.biomed=on&escalate=30").await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    let page = world.get(rule, &admin).await.body;
    assert!(page.contains("value=\"90\"") && page.contains("value=\"30\""), "{page}");
    world.look_at(NOW_MS + 10 * HOUR_MS).await;
    assert_eq!(count(&world.open_alerts("").await, "box-silent"), 0, "the rule is off");
    let hours = "/app/alerts/rules";
    let half = world.send_form(hours, hours, &admin, "from=22%3A00&until=&digest=07%3A00").await;
    assert_eq!(half.status, StatusCode::UNPROCESSABLE_ENTITY);
    let bad = world.send_form(hours, hours, &admin, "from=25%3A00&until=06%3A00&digest=").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    let set = world.send_form(hours, hours, &admin, "from=22%3A00&until=06%3A00&digest=").await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    assert!(world.get(hours, &admin).await.body.contains("value=\"22:00\""));
    assert_eq!(world.get("/app/alerts/rules/no-rule", &admin).await.status, StatusCode::NOT_FOUND);
    let fork = "/app/alerts/rules/log-fork";
    let nobody = world.send_form(fork, fork, &admin, "escalate=0").await;
    assert_eq!(nobody.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.send_form(fork, fork, &admin, "minutes=9000&roles.biomed=on&escalate=0").await;
    assert!(world.get(hours, &admin).await.body.matches(">Off<").count() == 1, "a fork is told in any case");
}

#[tokio::test]
async fn the_digest_comes_once_a_day_with_what_is_open() {
    let world = World::with_alerts().await;
    world.look_at(NOW_MS + 2 * HOUR_MS).await;
    assert_eq!(world.alert_mails("digest").await.len(), 0, "its time has not come");
    // 07:00 in Chicago is 13:00 UTC; NOW_MS is 20:02.
    let morning_ms = NOW_MS - 2 * MINUTE_MS + 17 * HOUR_MS;
    world.look_at(morning_ms + MINUTE_MS).await;
    let digests = world.alert_mails("digest").await;
    assert_eq!(digests.iter().filter(|(address, _)| *address == world.a.email).count(), 1);
    world.look_at(morning_ms + HOUR_MS).await;
    assert_eq!(world.alert_mails("digest").await.len(), digests.len());
    world.look_at(morning_ms + DAY_MS + MINUTE_MS).await;
    assert_eq!(world.alert_mails("digest").await.len(), 2 * digests.len());
}

#[tokio::test]
async fn what_is_critical_reaches_whoever_switched_alerts_off() {
    let world = World::with_alerts().await;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let admin = find_by_email(&mut tx, &world.a.email).await.unwrap().unwrap().person();
    save_topic(&mut tx, admin, TopicChoice { topic: "alerts", is_on: false }, NOW_MS).await.unwrap();
    tx.commit().await.unwrap();
    world.fork_of_a().await;
    for hours in 0..4 {
        world.look_at(NOW_MS + hours * HOUR_MS).await;
    }
    let mails = [world.alert_mails("alerts").await, world.alert_mails("overdue").await].concat();
    let to_admin = mails.iter().filter(|(address, _)| *address == world.a.email).count();
    assert_eq!(to_admin, 1, "of the fork alone, and not of boxes that are silent");
}
