//! The page of people: what an admin does to somebody, and what is left of it.

use axum::http::StatusCode;

use crate::accounts::members::people;
use crate::accounts::members::people::{ActingPerson, PeopleError, PersonAct};
use crate::accounts::records::access_log::AccessLog;
use crate::db::person::members;
use crate::db::{PlatformReason, exec};
use crate::web::tests::authentication::mailed_links::region_mark;
use crate::web::tests::world::{DAY_MS, HOUR_MS, MINUTE_MS, NOW_MS, PASSWORD, World, csrf};

impl World {
    /// Sends a form of one button from the page at `path`.
    async fn press(&self, path: &str, cookie: &str, act: &str) -> StatusCode {
        let page = self.get(path, cookie).await;
        self.post(path, cookie, &format!("csrf={}&act={act}", csrf(&page.body))).await.status
    }

    async fn end_of_auditor(&self) -> Option<i64> {
        let mut conn = self.db.read(self.a.scope).await.unwrap();
        members::find_by_email(&mut conn, &self.a.auditor).await.unwrap().unwrap().until_ms
    }
}

#[tokio::test]
async fn an_admin_sees_who_signs_in() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.sign_in(&world.a.email).await;
    let page = world.get("/app/people", &cookie).await.body;
    for words in
        ["2 people", "admin@linden.example", "auditor@linden.example", "in 2 browsers", "nowhere", "never"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("zebra"), "nobody of another account");
    let one = world.get(&format!("/app/people/{}", world.admin_id()), &cookie).await.body;
    assert!(one.contains("Sign out everywhere") && !one.contains("value=\"disable\""), "{one}");
}

#[tokio::test]
async fn somebody_is_signed_out_everywhere_disabled_and_let_in_again() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let theirs = world.try_in(&world.a.auditor, PASSWORD, "", "127.0.0.1").await;
    let (session, device) = (theirs.cookie(), theirs.device());
    let path = format!("/app/people/{}", world.a.user_id);
    assert_eq!(world.press(&path, &cookie, "sign-out").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &session).await.status, StatusCode::SEE_OTHER);
    let again = world.try_in(&world.a.auditor, PASSWORD, &device, "127.0.0.1").await;
    assert!(
        again.status == StatusCode::SEE_OTHER && again.device() != device,
        "the lost phone is a stranger"
    );
    assert_eq!(world.press(&path, &cookie, "disable").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &again.cookie()).await.status, StatusCode::SEE_OTHER);
    let kept_out = world.try_in(&world.a.auditor, PASSWORD, &device, "127.0.0.1").await;
    assert_eq!(kept_out.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(kept_out.body.contains("Wrong e-mail or password."), "on a strange device nobody learns more");
    assert!(world.get(&path, &cookie).await.body.contains("Let them sign in again"));
    assert_eq!(world.press(&path, &cookie, "enable").await, StatusCode::SEE_OTHER);
    world.sign_in(&world.a.auditor).await;
    let log = world.get("/app/access", &cookie).await.body;
    for act in ["Signed a person out everywhere", "Disabled a person", "Let a person sign in again"] {
        assert_eq!(log.matches(&format!(">{act}<")).count(), 1, "{act}: {log}");
    }
}

#[tokio::test]
async fn a_page_says_what_was_done() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let path = format!("/app/people/{}", world.a.user_id);
    for (act, words) in [
        ("sign-out", "They are signed out everywhere. Their password stays the same."),
        ("disable", "They are signed out everywhere, and cannot sign in."),
        ("enable", "They can sign in again."),
    ] {
        let form = format!("csrf={}&act={act}", csrf(&world.get(&path, &cookie).await.body));
        let done = world.post(&path, &cookie, &form).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        let reported = world.get(done.header("location"), &cookie).await.body;
        assert!(reported.contains(&format!("role=\"status\">{words}<")), "{act}: {reported}");
    }
    let reported = world.get(&format!("{path}?done=%3Cb%3E"), &cookie).await;
    assert!(
        reported.status == StatusCode::OK && !reported.body.contains("role=\"status\""),
        "{}",
        reported.body
    );
    // Of oneself, on the page to which one comes.
    let own = format!("/app/people/{}", world.admin_id());
    let form = format!("csrf={}&act=sign-out", csrf(&world.get(&own, &cookie).await.body));
    let out = world.post(&own, &cookie, &form).await;
    assert_eq!(out.header("location"), "/login?done=everywhere");
    let reported = world.get("/login?done=everywhere", &cookie).await.body;
    assert!(reported.contains("You are signed out on every device."), "{reported}");
}

#[tokio::test]
async fn who_forgot_a_password_gets_another_one_from_the_operator() {
    let world = World::new().await;
    let page = world.get("/login", "").await.body;
    assert!(page.contains("href=\"/forgot\""), "{page}");
    let theirs = world.sign_in(&world.a.auditor).await;
    // They tried until they had to wait.
    for _ in 0..12 {
        world.try_in(&world.a.auditor, "not the password", "", "192.0.2.7").await;
    }
    let waits = world.try_in(&world.a.auditor, PASSWORD, "", "198.51.100.4").await;
    assert_eq!(waits.status, StatusCode::TOO_MANY_REQUESTS);
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let hash = crate::accounts::credentials::password::create_hash("another horse battery").unwrap();
    let set = async |email: &str| {
        let tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
        let tx = people::set_password(tx, (world.a.scope, log, "operator"), email, &hash).await?;
        tx.commit().await.map_err(PeopleError::Db)
    };
    assert!(matches!(set(&world.b.email).await, Err(PeopleError::NoSuch)), "another account's");
    set(&world.a.auditor).await.unwrap();
    assert_eq!(world.get("/app/me", &theirs).await.status, StatusCode::SEE_OTHER, "signed out");
    let old = world.try_in(&world.a.auditor, PASSWORD, "", "198.51.100.4").await;
    assert_eq!(old.status, StatusCode::UNPROCESSABLE_ENTITY);
    let new = world.try_in(&world.a.auditor, "another horse battery", "", "198.51.100.4").await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
    let cookie = world.sign_in(&world.a.email).await;
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Set a person’s password"), "{log}");
}

#[tokio::test]
async fn nobody_locks_the_account() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let own = format!("/app/people/{}", world.admin_id());
    assert_eq!(world.press(&own, &cookie, "disable").await, StatusCode::UNPROCESSABLE_ENTITY, "oneself");
    let log = AccessLog { clock: &*world.state.clock, random: &*world.state.random };
    let (scope, by) = (world.a.scope, ActingPerson { who: "operator", member: None, log });
    let mut tx = world.db.write(scope).await.unwrap();
    let last = people::change_member(&mut tx, by, &world.a.email, PersonAct::Disable).await;
    assert!(matches!(last, Err(PeopleError::LastAdmin)), "{last:?}");
    drop(tx);
    let mut tx = world.db.write(scope).await.unwrap();
    let none = people::change_member(&mut tx, by, &world.b.email, PersonAct::Disable).await;
    assert!(matches!(none, Err(PeopleError::NoSuch)), "another account's: {none:?}");
    drop(tx);
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::OK);
    assert!(
        !world.get("/app/access", &cookie).await.body.contains(">Disabled a person<"),
        "nothing was done"
    );
}

#[tokio::test]
async fn an_account_admin_does_nothing_about_a_platform_admin() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let theirs = world.sign_in(&world.a.auditor).await;
    let make = async |user: String| {
        let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
        let sql = "UPDATE people SET platform_role = 'super_admin' WHERE id = $1";
        exec!(tx, sql, user.clone()).unwrap();
        let sql = "UPDATE members SET role = 'account_admin' WHERE person = (SELECT person FROM people WHERE id = $1)";
        exec!(tx, sql, user).unwrap();
        tx.commit().await.unwrap();
    };
    make(world.a.user_id.to_string()).await;
    let path = format!("/app/people/{}", world.a.user_id);
    let page = world.get(&path, &cookie).await.body;
    assert!(
        !page.contains("action=\"/app/people") && page.contains("Only somebody with more rights"),
        "nothing to press: {page}"
    );
    let csrf = csrf(&world.get("/app/me", &cookie).await.body).to_owned();
    for act in ["disable", "sign-out", "enable"] {
        let refused = world.post(&path, &cookie, &format!("csrf={csrf}&act={act}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{act}");
    }
    assert_eq!(world.get("/app/me", &theirs).await.status, StatusCode::OK);
    make(world.admin_id().to_string()).await;
    assert_eq!(world.press(&path, &cookie, "disable").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &theirs).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_account_keeps_no_other_from_inviting_somebody() {
    let world = World::new().await;
    for email in [&world.b.email, &world.a.email] {
        let cookie = world.sign_in(email).await;
        for role in ["technician", "biomed", "facility_admin"] {
            let fields = format!("email=new%40nurse.example&role={role}&all=on");
            let got = world.send_form("/app/people", "/app/people", &cookie, &fields).await;
            assert_eq!(got.status, StatusCode::OK, "{email} {role}: {}", got.body);
        }
    }
}

#[tokio::test]
async fn an_invitation_that_is_pressed_twice_is_one_mail() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let fields = format!("email=tom%40linden.example&role=auditor&places={}", site.id);
    let invite = async |fields: &str| {
        let got = world.send_form("/app/people", "/app/people", &cookie, fields).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        got.body
    };
    let first = invite(&fields).await;
    world.clock.advance_ms(900);
    let second = invite(&fields).await;
    assert_eq!(world.mails().await.len(), 1, "the link of the first one works");
    for page in [&first, &second] {
        assert!(page.contains("tom@linden.example was invited."), "{page}");
        let open = "auditor; sees Linden Valley Hospital; access ends ";
        assert_eq!(page.matches(open).count(), 1, "{page}");
    }
    // Something else is meant.
    invite(&fields.replace("auditor", "biomed")).await;
    assert_eq!(world.mails().await.len(), 1);
    world.clock.advance_ms(61_000);
    // So it is after a while.
    invite(&fields.replace("auditor", "biomed")).await;
    assert_eq!(world.mails().await.len(), 1);
}

#[tokio::test]
async fn somebody_who_is_saved_as_they_are_stays_as_long() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let person = format!("/app/people/{}", world.a.user_id);
    let terms = format!("{person}/terms");
    let unchanged = world.send_form(&person, &terms, &cookie, "role=auditor&all=on&days=").await;
    assert_eq!(unchanged.status, StatusCode::SEE_OTHER, "{}", unchanged.body);
    assert_eq!(world.end_of_auditor().await, None, "an auditor without an end");
    let fields = "role=biomed&all=on&days=30";
    let saved = world.send_form(&person, &terms, &cookie, fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    let end = Some(NOW_MS + 30 * DAY_MS);
    assert_eq!(world.end_of_auditor().await, end);
    world.clock.advance_ms(DAY_MS - HOUR_MS);
    let cookie = world.sign_in(&world.a.email).await;
    assert!(world.get(&person, &cookie).await.body.contains("name=\"days\" value=\"30\""));
    let saved = world.send_form(&person, &terms, &cookie, fields).await;
    assert_eq!((saved.status, world.end_of_auditor().await), (StatusCode::SEE_OTHER, end), "{}", saved.body);
    // The page stays open until there is a day less.
    world.clock.advance_ms(HOUR_MS - MINUTE_MS);
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get(&person, &cookie).await.body;
    assert!(page.contains("name=\"days\" value=\"30\""), "{page}");
    world.clock.advance_ms(2 * MINUTE_MS);
    let form = format!("csrf={}&seen={}&{fields}", csrf(&page), region_mark(&page));
    let saved = world.post(&terms, &cookie, &form).await;
    assert_eq!((saved.status, world.end_of_auditor().await), (StatusCode::SEE_OTHER, end), "{}", saved.body);
    assert!(world.get(&person, &cookie).await.body.contains("name=\"days\" value=\"29\""));
    let saved = world.send_form(&person, &terms, &cookie, "role=biomed&all=on&days=10").await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    assert_eq!(world.end_of_auditor().await, Some(NOW_MS + 11 * DAY_MS + MINUTE_MS));
    let saved = world.send_form(&person, &terms, &cookie, "role=biomed&all=on&days=").await;
    assert_eq!((saved.status, world.end_of_auditor().await), (StatusCode::SEE_OTHER, None), "{}", saved.body);
}

#[tokio::test]
async fn a_person_changes_only_from_what_was_shown() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let person = format!("/app/people/{}", world.a.user_id);
    let terms = format!("{person}/terms");
    let page = world.get(&person, &cookie).await.body;
    let csrf = csrf(&page);
    let save = async |seen: &str, fields: &str| {
        world.post(&terms, &cookie, &format!("csrf={csrf}&seen={seen}&{fields}")).await
    };
    let first = save(region_mark(&page), "role=biomed&all=on&days=").await;
    assert_eq!(first.status, StatusCode::SEE_OTHER, "{}", first.body);
    let site = &world.a.sites[0].id;
    let own = format!("role=technician&places.{site}=1&days=7");
    let stale = save(region_mark(&page), &own).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    for words in [
        "<a href=\"#terms\">Somebody else changed",
        "What holds now: biomed; sees every facility.",
        "<option value=\"technician\" selected>",
        &format!("name=\"places.{site}\" value=\"1\" checked"),
        "name=\"days\" value=\"7\"",
    ] {
        assert!(stale.body.contains(words), "{words}: {}", stale.body);
    }
    assert_eq!(world.end_of_auditor().await, None, "nothing was saved");
    let unmarked = world.post(&terms, &cookie, &format!("csrf={csrf}&{own}")).await;
    assert_eq!(unmarked.status, StatusCode::CONFLICT, "a page of before: {}", unmarked.body);
    // What does not fit is entered again over what was shown at first.
    let seen = region_mark(&stale.body);
    let invalid = save(seen, "role=technician&days=7").await;
    assert_eq!(invalid.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", invalid.body);
    assert_eq!(region_mark(&invalid.body), seen);
    let again = save(seen, &own).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    assert_eq!(world.end_of_auditor().await, Some(NOW_MS + 7 * DAY_MS));
    // The end alone.
    let page = world.get(&person, &cookie).await.body;
    let longer = own.replace("days=7", "days=9");
    assert_eq!(save(region_mark(&page), &longer).await.status, StatusCode::SEE_OTHER);
    let stale = save(region_mark(&page), &own).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
    assert!(stale.body.contains("; access ends "), "{}", stale.body);
    // What was entered is kept, and is saved so, over another end.
    let again = save(region_mark(&stale.body), &own).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{}", again.body);
    assert_eq!(world.end_of_auditor().await, Some(NOW_MS + 7 * DAY_MS));
}
