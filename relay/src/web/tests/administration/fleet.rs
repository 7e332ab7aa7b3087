//! One box's page, the search among boxes, and what is done to a box by page.

use axum::http::StatusCode;

use crate::db::fleet::boxes;
use crate::web::tests::world::{MINUTE_MS, PASSWORD, World, csrf};

impl World {
    async fn press_box(&self, cookie: &str, act: &str, fields: &str) -> crate::web::tests::world::Got {
        let page = self.box_page(cookie).await;
        let path = format!("/app/boxes/{}{act}", self.a.sites[0].one.id);
        self.post(&path, cookie, &format!("csrf={}&{fields}", csrf(&page))).await
    }

    async fn box_page(&self, cookie: &str) -> String {
        let got = self.get(&format!("/app/boxes/{}", self.a.sites[0].one.id), cookie).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
        got.body
    }

    async fn home_of_one(&self) -> boxes::BoxOwner {
        let mut conn = self.db.read(self.a.scope).await.unwrap();
        boxes::find_home(&mut conn, self.a.sites[0].one.id).await.unwrap().unwrap()
    }
}

#[tokio::test]
async fn the_page_of_a_box_says_how_it_stands() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let one = &world.a.sites[0].one;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let life = (
        crate::web::tests::world::NOW_MS,
        crate::web::tests::world::NOW_MS + 730 * crate::web::tests::world::DAY_MS,
    );
    boxes::insert_certificate(&mut tx, one.id, "0a1b2c", life).await.unwrap();
    tx.commit().await.unwrap();
    let list = world.get("/app/boxes", &cookie).await.body;
    assert!(list.contains(&format!("href=\"/app/boxes/{}\"", one.id)), "{list}");
    let page = world.box_page(&cookie).await;
    for words in [
        "Box of Linden Valley Hospital",
        "Online",
        "1.4.2",
        &format!("2026e; this relay has {}", record::compliance::zone_release()),
        "synced",
        "0a1b2c",
        "Valid",
        "Counts",
        &one.origin.epoch.to_string(),
        ": ready",
        "Retire this box",
        "Quarantine this box",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let auditor = world.sign_in(&world.a.auditor).await;
    let read = world.box_page(&auditor).await;
    assert!(read.matches("<form").count() == 1 && read.contains("0a1b2c"), "{read}");
    let other = world.sign_in(&world.b.email).await;
    let path = format!("/app/boxes/{}", one.id);
    assert_eq!(world.get(&path, &other).await.status, StatusCode::NOT_FOUND, "another account's");
}

#[tokio::test]
async fn boxes_are_found_by_state_and_name() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    async fn count_rows(world: &World, cookie: &str, query: &str) -> usize {
        let page = world.get(&format!("/app/boxes?{query}"), cookie).await.body;
        page.matches("scope=\"row\"").count()
    }
    assert_eq!(count_rows(&world, &cookie, "").await, 3);
    assert_eq!(count_rows(&world, &cookie, "facility=VALLEY").await, 1);
    assert_eq!(count_rows(&world, &cookie, "facility=%25").await, 0, "no pattern of a stranger's");
    assert_eq!(count_rows(&world, &cookie, "state=nonsense").await, 3);
    assert_eq!(count_rows(&world, &cookie, "state=quarantined").await, 0);
    world.fork_of_a().await;
    assert_eq!(count_rows(&world, &cookie, "state=quarantined").await, 1);
    assert_eq!(count_rows(&world, &cookie, "state=quarantined&facility=Eastfield").await, 0);
    assert_eq!(
        world.press_box(&cookie, "/name", "name=Basement+%3Cb%3E").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(count_rows(&world, &cookie, "facility=basement").await, 1);
    let list = world.get("/app/boxes", &cookie).await.body;
    assert!(list.contains("<small>Basement &#60;b&#62;</small>"), "{list}");
    assert!(world.box_page(&cookie).await.contains("<h1>Basement &#60;b&#62;</h1>"));
    let bad = world.press_box(&cookie, "/name", "name=%07").await;
    assert_eq!(bad.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.press_box(&cookie, "/name", "name=").await.status, StatusCode::SEE_OTHER);
    assert!(world.box_page(&cookie).await.contains("<h1>Box of "), "it has none any more");
}

#[tokio::test]
async fn a_box_is_held_apart_and_released_with_a_reason() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    for fields in ["act=quarantine&reason=", "act=quarantine", "act=release&reason=+"] {
        let refused = world.press_box(&cookie, "", fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(refused.body.contains("Say why in one line"), "{}", refused.body);
    }
    assert_eq!(world.press_box(&cookie, "", "act=sell&reason=x").await.status, StatusCode::BAD_REQUEST);
    let done = world.press_box(&cookie, "", "act=quarantine&reason=Its+card+was+seen+elsewhere.").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(world.home_of_one().await.quarantined);
    let page = world.box_page(&cookie).await;
    assert!(page.contains("Its card was seen elsewhere.") && page.contains("Quarantined"), "{page}");
    assert!(!page.contains("value=\"quarantine\"") && page.contains("value=\"release\""));
    // Ten minutes later somebody else may sit there.
    world.clock.advance_ms(11 * MINUTE_MS);
    let release = "act=release&reason=It+was+a+spare+card";
    let asked = world.press_box(&cookie, "", release).await;
    assert_eq!(asked.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(world.home_of_one().await.quarantined && asked.body.contains("confirm-password"));
    let confirmed = format!("{release}&confirm-password={}", PASSWORD.replace(' ', "+"));
    assert_eq!(world.press_box(&cookie, "", &confirmed).await.status, StatusCode::SEE_OTHER);
    assert!(!world.home_of_one().await.quarantined);
    let log = world.get("/app/access", &cookie).await.body;
    for words in ["Put a box into quarantine", "Released a box from quarantine", "It was a spare card"] {
        assert!(log.contains(words), "{words}: {log}");
    }
    let auditor = world.sign_in(&world.a.auditor).await;
    let form = format!("csrf={}&act=retire", csrf(&world.get("/app/me", &auditor).await.body));
    let path = format!("/app/boxes/{}", world.a.sites[0].one.id);
    assert_eq!(world.post(&path, &auditor, &form).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_box_is_replaced_and_retired() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let one = &world.a.sites[0].one;
    let path = format!("/app/boxes/{}/replace", one.id);
    let page = world.get(&path, &cookie).await.body;
    assert!(page.contains(&format!("action=\"{path}\"")) && page.contains("Replace a box"), "{page}");
    // Whatever facility the form names: the box is where it is.
    let elsewhere = format!("csrf={}&facility={}", csrf(&page), world.a.sites[1].id);
    let file = world.post(&path, &cookie, &elsewhere).await;
    assert_eq!(file.status, StatusCode::OK, "{}", file.body);
    assert!(file.body.contains(&world.a.sites[0].id.to_string()), "{}", file.body);
    let wrong = world.post(&path, &cookie, &format!("csrf={}&host_name=a+b", csrf(&page))).await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(wrong.body.contains(&format!("action=\"{path}\"")), "it stays a replacement");
    let of_claims = "SELECT COUNT(*) FROM claims WHERE replaces IS NOT NULL";
    assert_eq!(world.count(of_claims).await, 1);
    assert_eq!(world.press_box(&cookie, "", "act=retire").await.status, StatusCode::SEE_OTHER);
    assert!(world.home_of_one().await.revoked);
    let page = world.box_page(&cookie).await;
    assert!(page.contains("Retired") && page.contains(&one.origin.epoch.to_string()), "{page}");
    assert!(!page.contains("value=\"retire\"") && !page.contains("/replace"), "it is over");
    assert_eq!(world.get(&path, &cookie).await.status, StatusCode::NOT_FOUND);
    let item = format!("/app/f/{}/e/{}", world.a.sites[0].id, world.a.sites[0].tags[0]);
    assert!(world.get(&item, &cookie).await.body.contains("Download the proof of entry"), "its log stays");
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Retired a box") && log.contains("Created a claim file that replaces a box"));
}

#[tokio::test]
async fn a_facilitys_admin_does_nothing_to_other_boxes() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (own, other) = (&world.a.sites[1], &world.a.sites[0]);
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={}", own.id);
    let theirs = world.join(&world.invite(&cookie, &fields).await, "Tom").await;
    for path in ["", "/replace"] {
        let path = format!("/app/boxes/{}{path}", other.one.id);
        assert_eq!(world.get(&path, &cookie).await.status, StatusCode::OK, "{path}: the account's admin");
        assert_eq!(world.get(&path, &theirs).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (act, fields) in
        [("/name", "name=Mine"), ("/replace", ""), ("", "act=quarantine&reason=x"), ("", "act=retire")]
    {
        let post = async |box_id| {
            let path = format!("/app/boxes/{box_id}{act}");
            world.send_form("/app/boxes/add", &path, &theirs, fields).await.status
        };
        assert_eq!(post(other.one.id).await, StatusCode::NOT_FOUND, "{act} {fields}");
        let done = post(own.one.id).await;
        assert!(done.is_success() || done.is_redirection(), "{act} {fields}: {done}");
    }
    assert!(!world.home_of_one().await.revoked && !world.home_of_one().await.quarantined);
}
