//! Ways in: invitations, links by mail, new accounts; and what somebody sees who is given some facilities.

use axum::http::StatusCode;

use crate::web::tests::world::{DAY_MS, Got, HOUR_MS, NOW_MS, PASSWORD, World, csrf};
use record::ids::UserId;

use crate::accounts::UserRole;
use crate::accounts::members::people::{NewMember, PeopleError, add_member};
use crate::db::facility::facility_now;
use crate::db::facility::facility_now::FacilityPart;
use crate::db::{PlatformReason, all, exec};
use crate::mail::MailLetter;

#[tokio::test]
async fn whoever_is_invited_comes_in_once_with_what_was_given() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let fields = format!("email=Tom%40linden.example&role=facility_admin&places={}", site.id);
    let path = world.invite(&cookie, &fields).await;
    let page = world.get(&path, "").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Linden Health Partners"), "{}", page.body);
    let short = world.post(&path, "", "name=Tom&password=short").await;
    assert!(short.status == StatusCode::UNPROCESSABLE_ENTITY && short.body.contains("too short"));
    let theirs = world.join(&path, "Tom").await;
    let again = world.get(&path, "").await;
    assert!(again.body.contains("This link is over"), "{}", again.body);
    let twice = world.post(&path, "", &format!("name=Eve&password={}", PASSWORD.replace(' ', "+"))).await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    let people = world.get("/app/people", &cookie).await.body;
    assert!(people.contains("tom@linden.example") && people.contains("facility admin"), "{people}");
    assert_eq!(world.get("/app/", &theirs).await.status, StatusCode::SEE_OTHER, "to their only facility");
    world.sign_in("tom@linden.example").await;
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Invited somebody") && log.contains("Joined by an invitation"), "{log}");
}

#[tokio::test]
async fn an_invitation_ends_and_is_taken_back() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let first = world.invite(&cookie, "email=tom%40linden.example&role=biomed&all=on").await;
    world.clock.advance_ms(61_000);
    let second = world.invite(&cookie, "email=tom%40linden.example&role=biomed&all=on").await;
    assert!(world.get(&first, "").await.body.contains("This link is over"), "a later one took its place");
    let page = world.get("/app/people", &cookie).await.body;
    let act = page.split("action=\"/app/people/invitations/").nth(1).unwrap().split('"').next().unwrap();
    let back = format!("/app/people/invitations/{act}");
    let foreign = world.sign_in(&world.b.email).await;
    let tried = world.send_form("/app/people", &back, &foreign, "").await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND, "another account's is none");
    let none = format!("/app/people/invitations/{}", UserId::new(NOW_MS, [77; 10]));
    let tried = world.send_form("/app/people", &none, &cookie, "").await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND);
    assert!(!world.get(&second, "").await.body.contains("This link is over"));
    for press in ["first", "second"] {
        let taken_back = world.send_form("/app/people", &back, &cookie, "").await;
        assert_eq!(taken_back.status, StatusCode::SEE_OTHER, "{press}");
    }
    assert!(world.get(&second, "").await.body.contains("This link is over"));
    let third = world.invite(&cookie, "email=tom%40linden.example&role=biomed&all=on").await;
    world.clock.advance_ms(7 * DAY_MS + 1);
    assert!(world.get(&third, "").await.body.contains("This link is over"), "its time is over");
}

#[tokio::test]
async fn somebody_of_another_account_joins_as_themselves_only() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let path = world
        .invite(&cookie, &format!("email={}&role=auditor&all=on", world.b.email.replace('@', "%40")))
        .await;
    assert!(world.get(&path, "").await.body.contains("Sign in first"));
    let eve = world.post(&path, "", &format!("name=Eve&password={}", PASSWORD.replace(' ', "+"))).await;
    assert_eq!(eve.status, StatusCode::UNPROCESSABLE_ENTITY, "the address is somebody's");
    assert!(world.get(&path, &cookie).await.body.contains("signed in as somebody else"));
    let other = world.sign_in(&world.b.email).await;
    let joined = world.send_form(&path, &path, &other, "").await;
    assert_eq!(joined.status, StatusCode::SEE_OTHER, "{}", joined.body);
    let now = joined.cookie();
    let page = world.get("/app/", &now).await.body;
    assert!(page.contains("Linden Valley Hospital"), "{page}");
    assert_eq!(world.get("/app/me", &other).await.status, StatusCode::SEE_OTHER, "the old session is over");
    // And back, by the page of their own.
    let account = world.b.scope.account();
    let back = world.send_form("/app/me", "/app/me/account", &now, &format!("account={account}")).await;
    let page = world.get("/app/me", &back.cookie()).await.body;
    let shown = page.split("id=\"accounts\"").next().unwrap();
    assert!(shown.contains("Zebra Health Partners") && !shown.contains("Linden"), "{page}");
    let foreign = format!("account={}", world.b.scope.account());
    let mine = world.sign_in(&world.a.email).await;
    let tried = world.send_form("/app/me", "/app/me/account", &mine, &foreign).await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND, "nobody enters an account that is not theirs");
}

#[tokio::test]
async fn whoever_is_given_one_facility_sees_no_other() {
    let world = World::new().await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (in_scope, out) = (&world.a.sites[1], &world.a.sites[0]);
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={}", in_scope.id);
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Tom").await;
    let (box_id, epoch) = (out.one.id, out.one.origin.epoch);
    for path in [
        format!("/app/f/{}", out.id),
        format!("/app/f/{}/equipment", out.id),
        format!("/app/f/{}/e/{}", out.id, out.tags[0]),
        format!("/app/f/{}/labels", out.id),
        format!("/app/f/{}/labels.pdf", out.id),
        format!("/app/proof/{box_id}/{epoch}/4"),
        format!("/app/boxes/{box_id}/evidence/{evidence}"),
        format!("/photos/{photo}"),
    ] {
        assert_ne!(world.get(&path, &cookie).await.status, StatusCode::NOT_FOUND, "{path}: the admin's");
        assert_eq!(world.get(&path, &theirs).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for path in ["/app/?sort=backlog", "/app/boxes", "/app/boxes/add", "/app/people", "/app/me"] {
        let page = world.get(path, &theirs).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        for hidden in ["Valley Hospital", "Eastfield", &box_id.to_string(), &world.a.auditor, &evidence] {
            assert!(!page.body.contains(hidden), "{path} shows {hidden}");
        }
    }
    let own = world.get(&format!("/app/f/{}", in_scope.id), &theirs).await;
    assert!(own.status == StatusCode::OK && own.body.contains("Riverside Imaging"));
    assert_eq!(world.get("/app/programs", &theirs).await.status, StatusCode::FORBIDDEN);
    let claim = format!("facility={}", out.id);
    let tried = world.send_form("/app/boxes/add", "/app/boxes/add", &theirs, &claim).await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND, "no claim file for another facility");
}

#[tokio::test]
async fn nobody_gives_more_than_their_own() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let (own, other) = (&world.a.sites[1].id, &world.a.sites[0].id);
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={own}");
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Tom").await;
    for fields in [
        "role=account_admin&all=on".to_owned(),
        "role=biomed&all=on".to_owned(),
        format!("role=biomed&places={other}"),
        format!("role=biomed&places.{own}=on&places.{other}=on"),
        "role=super_admin&all=on".to_owned(),
        format!("role=biomed&places={}", world.b.sites[0].id),
        "role=biomed".to_owned(),
    ] {
        let fields = format!("email=eve%40linden.example&{fields}");
        let tried = world.send_form("/app/people", "/app/people", &theirs, &fields).await;
        assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}: {}", tried.body);
    }
    assert!(world.mails().await.iter().all(|mail| !mail.path.starts_with("/join/")));
    let given = format!("email=eve%40linden.example&role=technician&places={own}");
    let path = world.invite(&theirs, &given).await;
    world.join(&path, "Eve").await;
    // About the account's admin they can do nothing, and do not see them.
    let admin = format!("/app/people/{}", world.admin_id());
    let token = csrf(&world.get("/app/me", &theirs).await.body).to_owned();
    let tried = world.post(&admin, &theirs, &format!("csrf={token}&act=disable")).await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND);
    let terms = format!("csrf={token}&role=technician&places={own}");
    assert_eq!(world.post(&format!("{admin}/terms"), &theirs, &terms).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_technician_reads_no_names_of_others() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let site = &world.a.sites[0];
    let fields = format!("email=kim%40linden.example&role=technician&places={}", site.id);
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Kim").await;
    for path in [format!("/app/f/{}", site.id), format!("/app/f/{}/e/{}", site.id, site.tags[0])] {
        let (full, less) = (world.get(&path, &cookie).await.body, world.get(&path, &theirs).await.body);
        assert!(full.contains("Linden Nguyen") || full.contains("Linden Bello"), "{path}: {full}");
        assert!(!less.contains("Linden Nguyen") && !less.contains("Linden Bello"), "{path}: {less}");
        assert!(less.contains("name not shown to you"), "{path}");
    }
    assert_eq!(world.get(&format!("/app/f/{}/labels", site.id), &theirs).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_member_is_changed_and_the_next_page_knows() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let theirs = world.sign_in(&world.a.auditor).await;
    let person = format!("/app/people/{}", world.a.user_id);
    let (own, other) = (&world.a.sites[1], &world.a.sites[0]);
    let terms = format!("role=biomed&places={}", own.id);
    let saved = world.send_form(&person, &format!("{person}/terms"), &cookie, &terms).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    assert_eq!(world.get(&format!("/app/f/{}", other.id), &theirs).await.status, StatusCode::NOT_FOUND);
    assert_eq!(world.get(&format!("/app/f/{}/labels", own.id), &theirs).await.status, StatusCode::OK);
    let admin = format!("/app/people/{}", world.admin_id());
    let own_terms = world.send_form(&person, &format!("{admin}/terms"), &cookie, "role=biomed&all=on").await;
    assert_eq!(own_terms.status, StatusCode::UNPROCESSABLE_ENTITY, "the owner stays its admin");
    // The account goes to an admin, and to nobody else.
    let handed = world.send_form(&person, &person, &cookie, "act=hand-over").await;
    assert_eq!(handed.status, StatusCode::UNPROCESSABLE_ENTITY, "a biomed");
    let made =
        world.send_form(&person, &format!("{person}/terms"), &cookie, "role=account_admin&all=on").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let handed = world.send_form(&person, &person, &cookie, "act=hand-over").await;
    assert_eq!(handed.status, StatusCode::SEE_OTHER, "{}", handed.body);
    let tried = world.send_form("/app/me", &person, &cookie, "act=disable").await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "the owner is nobody's to disable");
    // An auditor's time ends by itself.
    let terms = "role=auditor&all=on";
    let saved = world.send_form(&admin, &format!("{admin}/terms"), &theirs, terms).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
    world.clock.advance_ms(14 * DAY_MS + HOUR_MS);
    let tried = world.try_in(&world.a.email, PASSWORD, "", "127.0.0.1").await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_forgotten_password_is_set_by_mail_once() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let known = world.post("/forgot", "", &format!("email={}&act=reset", world.a.email)).await;
    let unknown = world.post("/forgot", "", "email=nobody%40linden.example&act=reset").await;
    assert_eq!(known.status, unknown.status);
    assert_eq!(
        known.body.replace(&world.a.email, "EMAIL"),
        unknown.body.replace("nobody@linden.example", "EMAIL"),
        "one answer"
    );
    let mut mails = world.mails().await;
    mails.sort_by_key(|mail| mail.to.clone());
    assert_eq!(mails[1].subject, "No account with this address");
    let path = mails[0].path.clone();
    assert!(path.starts_with("/reset/") && mails[0].to == world.a.email, "{path}");
    assert_eq!(world.get(&path, "").await.status, StatusCode::OK);
    let set = world.post(&path, "", "password=another+horse+battery").await;
    assert_eq!(set.status, StatusCode::SEE_OTHER, "{}", set.body);
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::SEE_OTHER, "every session is over");
    let twice = world.post(&path, "", "password=a+third+horse+battery").await;
    assert_eq!(twice.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(world.try_in(&world.a.email, PASSWORD, "", "127.0.0.1").await.status.as_u16(), 422);
    let new = world.try_in(&world.a.email, "another horse battery", "", "127.0.0.1").await;
    assert_eq!(new.status, StatusCode::SEE_OTHER);
    let mails = world.mails().await;
    assert!(mails.iter().any(|mail| mail.subject == "Your password was changed"));
    // A link of half an hour.
    world.post("/forgot", "", &format!("email={}&act=reset", world.a.email)).await;
    let path = world.mails().await.into_iter().find(|mail| mail.path.starts_with("/reset/")).unwrap().path;
    world.clock.advance_ms(HOUR_MS);
    assert!(world.get(&path, "").await.body.contains("This link is over"));
}

#[tokio::test]
async fn mails_to_one_address_are_few_whoever_asks() {
    let world = World::new().await;
    for n in 0..5 {
        let got = world.post("/forgot", "", "email=admin%40linden.example&act=link").await;
        let expected = if n < 3 { StatusCode::OK } else { StatusCode::TOO_MANY_REQUESTS };
        assert_eq!(got.status, expected, "{n}: {}", got.body);
    }
    let mails = world.mails().await;
    assert_eq!(mails.len(), 3);
    // While strangers ask, the link signs in.
    let came = world.post(&mails[2].path, "", "act=in").await;
    assert_eq!(came.status, StatusCode::SEE_OTHER, "{}", came.body);
    assert_eq!(world.get("/app/", &came.cookie()).await.status, StatusCode::OK);
    assert_eq!(world.post(&mails[2].path, "", "act=in").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn an_account_is_there_once_its_address_is_confirmed() {
    let world = World::new().await;
    fn sign_up_form(email: &str) -> String {
        format!("name=Ana&organisation=Oak+Clinic&email={}", email.replace('@', "%40"))
    }
    let new = world.post("/sign-up", "", &sign_up_form("ana@oak.example")).await;
    let known = world.post("/sign-up", "", &sign_up_form(&world.a.email)).await;
    fn without_email(got: &Got, email: &str) -> String {
        got.body.replace(email, "EMAIL")
    }
    assert_eq!(without_email(&new, "ana@oak.example"), without_email(&known, &world.a.email), "one answer");
    assert_eq!(world.try_in("ana@oak.example", PASSWORD, "", "127.0.0.1").await.status.as_u16(), 422);
    let mails = world.mails().await;
    let to = |email: &str| mails.iter().find(|mail| mail.to == email).unwrap();
    assert_eq!(to(&world.a.email).subject, "You have a CleanTrack account already");
    let path = to("ana@oak.example").path.clone();
    assert_eq!(world.get(&path, "").await.status, StatusCode::OK);
    let short = world.post(&path, "", "password=short").await;
    assert_eq!(short.status, StatusCode::UNPROCESSABLE_ENTITY, "the link is of use still");
    let chosen = format!("password={}", PASSWORD.replace(' ', "+"));
    let confirmed = world.post(&path, "", &chosen).await;
    assert_eq!(confirmed.status, StatusCode::SEE_OTHER, "{}", confirmed.body);
    let page = world.get("/app/me", &confirmed.cookie()).await.body;
    assert!(page.contains("Oak Clinic") && page.contains("ana@oak.example"), "{page}");
    assert_eq!(world.post(&path, "", &chosen).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    world.sign_in("ana@oak.example").await;
}

#[tokio::test]
async fn one_changes_the_password_and_ends_sessions_oneself() {
    let world = World::new().await;
    let (one, other) = (world.sign_in(&world.a.email).await, world.sign_in(&world.a.email).await);
    let wrong = "present=not+the+password&password=another+horse+battery";
    let tried = world.send_form("/app/me", "/app/me/password", &one, wrong).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
    let right = format!("present={}&password=another+horse+battery", PASSWORD.replace(' ', "+"));
    let changed = world.send_form("/app/me", "/app/me/password", &one, &right).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
    assert_eq!(world.get("/app/me", &one).await.status, StatusCode::OK, "this one stays");
    assert_eq!(world.get("/app/me", &other).await.status, StatusCode::SEE_OTHER);
    let third = world.try_in(&world.a.email, "another horse battery", "", "127.0.0.1").await.cookie();
    let page = world.get("/app/me", &one).await.body;
    let mark = page.split("action=\"/app/me/sessions/").nth(1).unwrap().split('"').next().unwrap();
    let ended = world.send_form("/app/me", &format!("/app/me/sessions/{mark}"), &one, "").await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER, "{}", ended.body);
    assert_eq!(world.get("/app/me", &third).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn nothing_of_a_link_is_kept_once_its_mail_has_left() {
    let world = World::new().await;
    world.post("/forgot", "", &format!("email={}&act=reset", world.a.email)).await;
    let path = world.mails().await.pop().unwrap().path;
    let secret = path.rsplit('/').next().unwrap().to_owned();
    let mut conn = world.db.platform_read(PlatformReason::Operator).await.unwrap();
    let bodies = all!(conn, (String, String), "SELECT state, body FROM mails").unwrap();
    assert_eq!(bodies, [("sent".to_owned(), "{}".to_owned())]);
    drop(conn);
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    // The link itself is still usable: only its digest is here.
    let found = exec!(tx, "UPDATE mail_links SET used_ms = 1 WHERE used_ms IS NULL").unwrap();
    assert_eq!(found, 1);
    tx.commit().await.unwrap();
    assert!(world.get(&format!("/reset/{secret}"), "").await.body.contains("This link is over"));
}

fn changes(answer: &str) -> String {
    let answer: serde_json::Value = serde_json::from_str(answer).unwrap();
    answer["mark"].as_str().unwrap().split('.').next_back().unwrap().to_owned()
}

#[tokio::test]
async fn a_region_stands_for_its_facilities() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let made = world.send_form("/app/regions", "/app/regions", &cookie, "name=North").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let page = world.get("/app/regions", &cookie).await.body;
    let region = page.split("action=\"/app/regions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = format!("/app/regions/{region}");
    let (one, two) = (&world.a.sites[0], &world.a.sites[1]);
    let fields = format!("act=save&name=North&places.{}=none", one.id);
    assert_eq!(world.send_form("/app/regions", &path, &cookie, &fields).await.status, StatusCode::SEE_OTHER);
    let invitation =
        world.invite(&cookie, &format!("email=tom%40linden.example&role=biomed&places={region}")).await;
    let theirs = world.join(&invitation, "Tom").await;
    let sees = async |id: String| world.get(&format!("/app/f/{id}"), &theirs).await.status == StatusCode::OK;
    assert!(sees(one.id.to_string()).await && !sees(two.id.to_string()).await);
    // What happens where somebody does not see is no news for them.
    async fn read_news(world: &World, cookie: &str) -> String {
        world.get("/live?parts=feed", cookie).await.body
    }
    world.clock.advance_ms(1_000);
    let (own, all) = (read_news(&world, &theirs).await, read_news(&world, &cookie).await);
    for (site, is_own) in [(two, false), (one, true)] {
        let mut tx = world.db.write(world.a.scope).await.unwrap();
        facility_now::raise_part(&mut tx, site.id, FacilityPart::Feed).await.unwrap();
        tx.commit().await.unwrap();
        world.clock.advance_ms(1_000);
        assert_eq!(changes(&read_news(&world, &theirs).await) != changes(&own), is_own);
        assert_ne!(changes(&read_news(&world, &cookie).await), changes(&all));
    }
    let fields = format!("act=save&name=North&places.{}={region}&places.{}=none", one.id, two.id);
    assert_eq!(world.send_form("/app/regions", &path, &cookie, &fields).await.status, StatusCode::SEE_OTHER);
    assert!(sees(two.id.to_string()).await, "one that came later");
    let log = world.get("/app/access", &cookie).await.body;
    for name in ["Linden Valley Hospital", "Linden Riverside Imaging"] {
        let mut rows = log.split("<tr").filter(|row| row.contains("Put a facility into a region"));
        assert!(rows.any(|row| row.contains("North") && row.contains(name)), "{name}: {log}");
    }
    assert!(log.contains("tom@linden.example: ") && log.contains("; sees North"), "{log}");
    assert!(!log.contains(&region), "{log}");
    // A facility of another account goes into no region.
    let fields = format!("act=save&name=North&places.{}=none", world.b.sites[0].id);
    assert_eq!(world.send_form("/app/regions", &path, &cookie, &fields).await.status, StatusCode::SEE_OTHER);
    assert!(!sees(one.id.to_string()).await && !sees(world.b.sites[0].id.to_string()).await);
    let foreign = world.sign_in(&world.b.email).await;
    let tried = world.send_form("/app/regions", &path, &foreign, "act=delete").await;
    assert_eq!(tried.status, StatusCode::NOT_FOUND);
    assert_eq!(
        world.send_form("/app/regions", &path, &cookie, "act=delete").await.status,
        StatusCode::SEE_OTHER
    );
    assert_eq!(world.get("/app/", &theirs).await.status, StatusCode::OK, "nothing is left, and no fault");
}

#[tokio::test]
async fn whoever_sees_nothing_any_more_is_nobodys_but_the_accounts() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let made = world.send_form("/app/regions", "/app/regions", &cookie, "name=North").await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let page = world.get("/app/regions", &cookie).await.body;
    let region = page.split("action=\"/app/regions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let fields = format!("email=kim%40linden.example&role=biomed&places={region}");
    let path = world.invite(&cookie, &fields).await;
    world.join(&path, "Kim").await;
    let own = &world.a.sites[1].id;
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={own}");
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Tom").await;
    let gone = format!("/app/regions/{region}");
    assert_eq!(
        world.send_form("/app/regions", &gone, &cookie, "act=delete").await.status,
        StatusCode::SEE_OTHER
    );
    let people = world.get("/app/people", &theirs).await.body;
    assert!(people.contains("tom@linden.example") && !people.contains("kim@linden.example"), "{people}");
}

#[tokio::test]
async fn whoever_is_signed_out_everywhere_comes_back_by_no_other_account() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let fields = format!("email={}&role=auditor&all=on", world.b.email.replace('@', "%40"));
    let path = world.invite(&cookie, &fields).await;
    let phone = world.sign_in(&world.b.email).await;
    let joined = world.send_form(&path, &path, &phone, "").await;
    let (a, b) = (world.a.scope.account(), world.b.scope.account());
    async fn switch_account(world: &World, cookie: &str, account: &str) -> Got {
        world.send_form("/app/me", "/app/me/account", cookie, &format!("account={account}")).await
    }
    // The phone shows their own account when the admin of the other one signs them out.
    world.clock.advance_ms(1_000);
    let phone = switch_account(&world, &joined.cookie(), &b.to_string()).await.cookie();
    let page = world.get("/app/people", &cookie).await.body;
    let id = page.split("href=\"/app/people/").skip(1).map(|rest| rest.split('"').next().unwrap());
    let admin = world.admin_id();
    let others: Vec<&str> = id.filter(|id| *id != admin && *id != world.a.user_id).collect();
    world.clock.advance_ms(1_000);
    let out =
        world.send_form("/app/me", &format!("/app/people/{}", others[0]), &cookie, "act=sign-out").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.body);
    assert_eq!(switch_account(&world, &phone, &a.to_string()).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        switch_account(&world, &phone, &b.to_string()).await.status,
        StatusCode::NOT_FOUND,
        "it is shown already"
    );
    // Their password opens both again, and their own button ends both.
    world.clock.advance_ms(1_000);
    let tablet = world.sign_in(&world.b.email).await;
    let tablet = switch_account(&world, &tablet, &a.to_string()).await.cookie();
    let page = world.get("/app/me", &tablet).await.body;
    assert_eq!(
        page.matches("/app/me/sessions/").count(),
        1,
        "the phone, which shows another account: {page}"
    );
    let everywhere = format!("csrf={}&everywhere=1", csrf(&page));
    assert_eq!(world.post("/logout", &tablet, &everywhere).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/app/me", &phone).await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn guesses_from_sessions_of_one_person_are_few() {
    let world = World::new().await;
    let wrong = "present=not+the+password&password=another+horse+battery";
    let mut looked_at = 0;
    for _ in 0..3 {
        let cookie = world.sign_in(&world.a.email).await;
        for _ in 0..6 {
            let got = world.send_form("/app/me", "/app/me/password", &cookie, wrong).await;
            looked_at += usize::from(got.body.contains("The present password is another one"));
        }
    }
    assert_eq!(looked_at, 10);
}

#[tokio::test]
async fn nobody_stays_or_lets_others_stay_longer_than_they_may() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let own = &world.a.sites[1].id;
    let fields = format!("email=tom%40linden.example&role=facility_admin&places={own}&days=5");
    let path = world.invite(&cookie, &fields).await;
    let theirs = world.join(&path, "Tom").await;
    let page = world.get("/app/people", &theirs).await.body;
    let id = page.split("href=\"/app/people/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let terms = format!("role=facility_admin&places={own}");
    let tried = world.send_form("/app/me", &format!("/app/people/{id}/terms"), &theirs, &terms).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "their own end");
    for (days, expected) in [
        ("", StatusCode::UNPROCESSABLE_ENTITY),
        ("6", StatusCode::UNPROCESSABLE_ENTITY),
        ("5", StatusCode::OK),
    ] {
        let fields = format!("email=eve%40linden.example&role=technician&places={own}&days={days}");
        let got = world.send_form("/app/people", "/app/people", &theirs, &fields).await;
        assert_eq!(got.status, expected, "{days} days: {}", got.body);
    }
    let own_terms = format!("/app/people/{}/terms", world.admin_id());
    let tried = world.send_form("/app/me", &own_terms, &cookie, "role=account_admin&all=on&days=3").await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY, "the owner has no end");
}

#[tokio::test]
async fn an_invitation_ends_with_the_rights_of_whoever_made_it_and_is_nobody_elses_to_replace() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let own = &world.a.sites[1].id;
    let invited = world.invite(&cookie, "email=adm%40linden.example&role=account_admin&all=on").await;
    let path =
        world.invite(&cookie, &format!("email=tom%40linden.example&role=facility_admin&places={own}")).await;
    let theirs = world.join(&path, "Tom").await;
    let fields = format!("email=adm%40linden.example&role=technician&places={own}");
    let tried = world.send_form("/app/people", "/app/people", &theirs, &fields).await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!world.get(&invited, "").await.body.contains("This link is over"));
    // Somebody who leaves leaves nothing open behind.
    let back =
        world.invite(&theirs, &format!("email=tom2%40linden.example&role=facility_admin&places={own}")).await;
    let page = world.get("/app/people", &theirs).await.body;
    let id = page.split("href=\"/app/people/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let out = world.send_form("/app/me", &format!("/app/people/{id}"), &cookie, "act=disable").await;
    assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.body);
    assert!(world.get(&back, "").await.body.contains("This link is over"));
}

#[tokio::test]
async fn an_invitation_to_places_that_are_gone_is_over_and_can_be_taken_back() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    world.send_form("/app/regions", "/app/regions", &cookie, "name=North").await;
    let page = world.get("/app/regions", &cookie).await.body;
    let region = page.split("action=\"/app/regions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path =
        world.invite(&cookie, &format!("email=tom%40linden.example&role=biomed&places={region}")).await;
    let gone =
        world.send_form("/app/regions", &format!("/app/regions/{region}"), &cookie, "act=delete").await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    let shown = world.get(&path, "").await;
    let tried = world.post(&path, "", &format!("name=Tom&password={}", PASSWORD.replace(' ', "+"))).await;
    assert_eq!((shown.status, tried.status), (StatusCode::OK, StatusCode::UNPROCESSABLE_ENTITY));
    for page in [shown.body, tried.body] {
        assert!(page.contains("was deleted since. Ask admin@linden.example for a new one"), "{page}");
        assert!(!page.contains("This link is over") && !page.contains("name=\"password\""), "{page}");
    }
    let page = world.get("/app/people", &cookie).await.body;
    assert!(page.contains("sees nothing any more: what it was for was deleted") && !page.contains("sees ;"));
    let act = page.split("action=\"/app/people/invitations/").nth(1).unwrap().split('"').next().unwrap();
    let back = format!("/app/people/invitations/{act}");
    assert_eq!(world.send_form("/app/people", &back, &cookie, "").await.status, StatusCode::SEE_OTHER);
    assert!(!world.get("/app/people", &cookie).await.body.contains("tom@linden.example"));
}

#[tokio::test]
async fn invitations_to_one_address_are_few() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let fields = "email=tom%40linden.example&role=biomed&all=on";
    for n in 0..5 {
        world.clock.advance_ms(61_000);
        let got = world.send_form("/app/people", "/app/people", &cookie, fields).await;
        let expected = if n < 3 { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
        assert_eq!(got.status, expected, "{n}: {}", got.body);
    }
    // Neither do new accounts in somebody's name keep them from a new password.
    for _ in 0..4 {
        world.post("/sign-up", "", &format!("name=Eve&organisation=Eve&email={}", world.a.email)).await;
    }
    let own = world.post("/forgot", "", &format!("email={}&act=reset", world.a.email)).await;
    assert_eq!(own.status, StatusCode::OK, "{}", own.body);
}

#[tokio::test]
async fn an_address_that_no_mail_reached_is_nobodys_proof() {
    let world = World::new().await;
    let id = UserId::new(NOW_MS + 1, [9; 10]);
    let (email, password_hash) = ("cfo@zebra.example", "none");
    let new = NewMember { id, email, name: "Eve", verified_ms: None, role: UserRole::Auditor, password_hash };
    world.add_member(world.a.scope, &new).await;
    let tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let taken =
        add_member(tx, world.b.scope, &NewMember { role: UserRole::AccountAdmin, ..new }, NOW_MS).await;
    assert!(matches!(taken, Err(PeopleError::Unverified)), "a stranger's password would open the account");
}

#[tokio::test]
async fn a_mail_that_could_not_leave_waits_for_an_operator() {
    let world = World::new().await;
    let mails = world.dir.path().join("mails");
    std::fs::write(&mails, "no folder").unwrap();
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    let letter = MailLetter::password_changed(NOW_MS, "https://relay.example/".to_owned());
    world.state.mail.post(&mut tx, None, &world.a.email, &letter).await.unwrap();
    tx.commit().await.unwrap();
    for _ in 0..62 {
        assert!(world.mails().await.is_empty());
        world.clock.advance_ms(2 * HOUR_MS);
    }
    let mut conn = world.db.platform_read(PlatformReason::Operator).await.unwrap();
    let dead =
        all!(conn, (String, String), "SELECT kind, state FROM jobs WHERE kind = 'mail' AND state = 'dead'")
            .unwrap();
    assert_eq!(dead, [("mail".to_owned(), "dead".to_owned())], "doctor and `jobs list` show it");
    drop(conn);
    std::fs::remove_file(&mails).unwrap();
    let mut tx = world.db.platform_write(PlatformReason::Operator).await.unwrap();
    // What the calendar has added meanwhile.
    exec!(tx, "DELETE FROM jobs WHERE kind = 'mail' AND state = 'wait'").unwrap();
    exec!(tx, "UPDATE jobs SET state = 'wait', tries = 0 WHERE kind = 'mail'").unwrap();
    tx.commit().await.unwrap();
    assert_eq!(world.mails().await.len(), 1, "it says what it said");
}
