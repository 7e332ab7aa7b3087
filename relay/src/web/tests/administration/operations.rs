//! Accounts that are open to whoever runs the platform, what is switched and announced, and readiness.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use record::ids::UserId;

use super::platform::EMAIL;
use crate::accounts::credentials::session::SessionToken;
use crate::accounts::notices::write_text;
use crate::db::operation::announcements;
use crate::db::operation::announcements::AnnouncementRow;
use crate::db::person::people;
use crate::db::person::sessions::{NewSession, insert_session};
use crate::db::person::support_grants;
use crate::db::person::support_grants::SupportGrantRow;
use crate::db::{AccountScope, PlatformReason};
use crate::web::tests::world::{HOUR_MS, NOW_MS, World, csrf};

impl World {
    /// An account's admin opened it for four hours: which grant that is.
    pub(in crate::web::tests) async fn grant_support(&self, scope: AccountScope) -> String {
        let grant_id = UserId::new(NOW_MS, [55; 10]).to_string();
        let row = SupportGrantRow {
            grant_id: grant_id.clone(),
            granted_by: Some("admin".into()),
            opened_by: None,
            reason: "numbers look wrong".into(),
            from_ms: NOW_MS,
            until_ms: NOW_MS + 4 * HOUR_MS,
            ended_ms: None,
            ended_by: None,
            used_ms: None,
        };
        let mut tx = self.db.write(scope).await.unwrap();
        support_grants::insert_grant(&mut tx, &row).await.unwrap();
        tx.commit().await.unwrap();
        grant_id
    }

    /// A browser of whoever runs the platform, a member of `home`, that shows another account.
    pub(in crate::web::tests) async fn open_support(
        &self,
        home: AccountScope,
        into: AccountScope,
    ) -> SessionToken {
        let grant_id = self.grant_support(into).await;
        let token = SessionToken::new(into.account(), [44; 32]);
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        let person = people::platform_find(&mut tx, EMAIL).await.unwrap().unwrap();
        let mut tx = tx.enter(into).await.unwrap();
        let (network, agent) = ("192.0.2.0/24", "");
        let (digest, created_ms, reauth_ms) = (token.digest(), NOW_MS, NOW_MS);
        let session = NewSession { digest, person, created_ms, reauth_ms, network, agent, provider: None };
        insert_session(&mut tx, &session, NOW_MS).await.unwrap();
        support_grants::insert_session(&mut tx, digest, &grant_id, home).await.unwrap();
        tx.commit().await.unwrap();
        token
    }

    pub(in crate::web::tests) async fn announce(&self, text: &str) -> String {
        let announcement = UserId::new(NOW_MS, [66; 10]).to_string();
        let row = AnnouncementRow {
            announcement: announcement.clone(),
            texts: write_text(text).unwrap(),
            from_ms: NOW_MS,
            until_ms: NOW_MS + HOUR_MS,
            made_by: EMAIL.into(),
        };
        let mut tx = self.db.platform_write(PlatformReason::Operator).await.unwrap();
        announcements::platform_insert(&mut tx, &row, NOW_MS).await.unwrap();
        tx.commit().await.unwrap();
        announcement
    }

    /// Signed in as whoever runs the platform, of account a, with a second factor.
    async fn run_platform(&self) -> String {
        self.add_platform_owner(self.a.scope).await;
        let cookie = self.sign_in(EMAIL).await;
        self.offer_app(&cookie).await;
        cookie
    }
}

#[tokio::test]
async fn the_platform_sees_an_account_only_while_it_is_open() {
    let world = World::new().await;
    let (staff, admin) = (world.run_platform().await, world.sign_in(&world.b.email).await);
    let facility = format!("/app/f/{}", world.b.sites[0].id);
    assert_eq!(world.get(&facility, &staff).await.status, StatusCode::NOT_FOUND, "not theirs");
    let path = format!("/app/platform/accounts/{}", world.b.scope.account());
    let page = world.get(&path, &staff).await.body;
    assert!(page.contains("Open Zebra Health Partners") && page.contains("without an admin"), "{page}");
    let own = format!("csrf={}", csrf(&page));
    let refused = world.post(&path, &staff, &own).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "nobody opened it, and no reason");
    // Its admin opens it.
    let page = world.get("/app/support", &admin).await.body;
    assert!(page.contains("not open to anybody"), "{page}");
    let of_admin = csrf(&page).to_owned();
    let short = format!("csrf={of_admin}&reason=x&hours=4");
    assert_eq!(world.post("/app/support", &admin, &short).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("csrf={of_admin}&reason=Numbers+look+wrong&hours=4");
    assert_eq!(world.post("/app/support", &admin, &form).await.status, StatusCode::SEE_OTHER);
    let page = world.get(&path, &staff).await.body;
    assert!(page.contains("Numbers look wrong") && !page.contains("Break the glass"), "{page}");
    let done = world.post(&path, &staff, &own).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let inside = done.cookie();
    let page = world.get(&facility, &inside).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("You see Zebra Health Partners as support"), "{}", page.body);
    let elsewhere = format!("/app/f/{}", world.a.sites[0].id);
    assert_eq!(world.get(&elsewhere, &inside).await.status, StatusCode::NOT_FOUND, "one at a time");
    assert_eq!(world.get(&facility, &staff).await.status, StatusCode::SEE_OTHER, "the session moved");
    // They look and do nothing.
    let of_staff = format!("csrf={}&name=New&zone=UTC", csrf(&page.body));
    assert_eq!(world.post("/app/facilities", &inside, &of_staff).await.status, StatusCode::FORBIDDEN);
    for forbidden in ["/app/me", "/app/people", "/app/programs", "/app/access", "/app/platform"] {
        assert_eq!(world.get(forbidden, &inside).await.status, StatusCode::FORBIDDEN, "{forbidden}");
    }
    let log = world.get("/app/access", &admin).await.body;
    for words in
        [EMAIL, "Came in from the platform", "Looked at a page, from the platform", "Numbers look wrong"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
    // It ends at once.
    let page = world.get("/app/support", &admin).await.body;
    assert!(page.contains(" UTC") && !page.contains("UTC UTC"), "{page}");
    assert!(page.contains("looked at since"), "{page}");
    let grant = page.split("action=\"/app/support/").nth(1).unwrap().split('"').next().unwrap();
    let form = format!("csrf={of_admin}");
    let ended = world.post(&format!("/app/support/{grant}"), &admin, &form).await;
    assert_eq!(ended.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get(&facility, &inside).await.status, StatusCode::SEE_OTHER, "signed out");
    let again = world.post(&format!("/app/support/{grant}"), &admin, &form).await;
    assert_eq!(again.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn breaking_the_glass_is_mailed_and_ends_by_itself() {
    let world = World::new().await;
    let (staff, admin) = (world.run_platform().await, world.sign_in(&world.b.email).await);
    let path = format!("/app/platform/accounts/{}", world.b.scope.account());
    let own = csrf(&world.get(&path, &staff).await.body).to_owned();
    let too_long = format!("csrf={own}&reason=Nobody+answers+the+phone&hours=24");
    assert_eq!(world.post(&path, &staff, &too_long).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let form = format!("csrf={own}&reason=Nobody+answers+the+phone&hours=1");
    let done = world.post(&path, &staff, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let inside = done.cookie();
    let mails = "SELECT COUNT(*) FROM mails WHERE kind = 'support-access' AND address = 'admin@zebra.example' \
                 AND state = 'wait'";
    assert_eq!(world.count(mails).await, 1, "at once, to its only admin");
    let log = world.get("/app/access", &admin).await.body;
    assert!(log.contains("without an admin") && log.contains("Nobody answers the phone"), "{log}");
    // Back, and in again: nobody is notified of it twice.
    let page = world.get("/app/boxes", &inside).await.body;
    let form = format!("csrf={}", csrf(&page));
    let left = world.post("/app/leave", &inside, &form).await;
    assert_eq!(left.header("location"), "/app/platform");
    let staff = left.cookie();
    let page = world.get("/app/platform", &staff).await.body;
    assert!(page.contains("open until"), "{page}");
    let own = csrf(&world.get(&path, &staff).await.body).to_owned();
    let inside = world.post(&path, &staff, &format!("csrf={own}")).await.cookie();
    assert_eq!(world.get("/app/boxes", &inside).await.status, StatusCode::OK);
    assert_eq!(world.count(mails).await, 1);
    world.clock.advance_ms(HOUR_MS);
    assert_eq!(world.get("/app/boxes", &inside).await.status, StatusCode::SEE_OTHER, "the hour is over");
}

#[tokio::test]
async fn an_announcement_stands_on_every_page_until_somebody_hides_it() {
    let world = World::new().await;
    let (staff, admin) = (world.run_platform().await, world.sign_in(&world.b.email).await);
    let own = csrf(&world.get("/app/platform/notices", &staff).await.body).to_owned();
    for wrong in [
        "text=&until=2099-01-01T10:00",
        "text=x&until=2001-01-01T10:00",
        "text=x&from=y&until=2099-01-01T10:00",
    ] {
        let refused = world.post("/app/platform/notices", &staff, &format!("csrf={own}&{wrong}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong}");
    }
    let form = format!("csrf={own}&text=Work+on+%3Cb%3ESunday&from=&until=2099-01-01T10%3A00");
    let done = world.post("/app/platform/notices", &staff, &form).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    for path in ["/app/people", "/app/boxes", "/app/f/01JD0000000000000000000000"] {
        let page = world.get(path, &admin).await.body;
        assert!(page.contains("Work on &#60;b&#62;Sunday"), "{path}: {page}");
    }
    assert!(world.get("/login", "").await.body.contains("Work on"), "before they sign in");
    let page = world.get("/app/people", &admin).await.body;
    let notice = page.split("action=\"/app/notices/").nth(1).unwrap().split('"').next().unwrap();
    let request = Request::post(format!("/app/notices/{notice}"))
        .header(header::HOST, "relay.example")
        .header(header::ORIGIN, "https://relay.example")
        .header(header::REFERER, "https://relay.example/app/people")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, &admin);
    let hidden = world.ask(request.body(Body::from(format!("csrf={}", csrf(&page)))).unwrap()).await;
    assert_eq!(hidden.header("location"), "/app/people");
    let seen = hidden.header("set-cookie").split(';').next().unwrap().to_owned();
    let both = format!("{admin}; {seen}");
    assert!(!world.get("/app/people", &both).await.body.contains("Work on"));
    assert!(world.get("/app/people", &admin).await.body.contains("Work on"), "in another browser");
    let path = format!("/app/platform/notices/{notice}");
    assert_eq!(world.post(&path, &staff, &format!("csrf={own}")).await.status, StatusCode::SEE_OTHER);
    assert!(!world.get("/app/people", &admin).await.body.contains("Work on"));
    assert_eq!(world.post(&path, &staff, &format!("csrf={own}")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_switch_holds_for_one_account_or_for_all() {
    let world = World::new().await;
    let (staff, admin) = (world.run_platform().await, world.sign_in(&world.b.email).await);
    let own = csrf(&world.get("/app/platform/notices", &staff).await.body).to_owned();
    let turn = async |switch: &str, account: &str, to: &str| {
        let form = format!("csrf={own}&switch={switch}&account={account}&to={to}");
        world.post("/app/platform/switches", &staff, &form).await.status
    };
    let region = format!("csrf={}&name=North", csrf(&world.get("/app/regions", &admin).await.body));
    let account = world.b.scope.account().to_string();
    assert_eq!(turn("read-only", &account, "on").await, StatusCode::SEE_OTHER);
    let refused = world.post("/app/regions", &admin, &region).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(world.get("/app/regions", &admin).await.body.contains("Nothing can be changed now"));
    let elsewhere = world.sign_in(&world.a.email).await;
    let own_region = format!("csrf={}&name=North", csrf(&world.get("/app/regions", &elsewhere).await.body));
    assert_eq!(world.post("/app/regions", &elsewhere, &own_region).await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/app/access", &admin).await.body.contains("Moved a switch"), "in its own log");
    assert_eq!(turn("read-only", &account, "off").await, StatusCode::SEE_OTHER);
    assert_eq!(world.post("/app/regions", &admin, &region).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/sign-up", "").await.status, StatusCode::OK);
    assert_eq!(turn("sign-up", "", "off").await, StatusCode::SEE_OTHER);
    assert_eq!(world.get("/sign-up", "").await.status, StatusCode::NOT_FOUND);
    for (switch, account, to, status) in [
        ("sign-up", account.as_str(), "on", 422),
        ("read-only", "01JD0000000000000000000000", "on", 422),
        ("read-only", "x", "on", 422),
        ("other", "", "on", 400),
        ("sign-up", "", "perhaps", 400),
    ] {
        assert_eq!(turn(switch, account, to).await.as_u16(), status, "{switch} {account} {to}");
    }
}

#[tokio::test]
async fn a_process_that_ends_is_not_ready() {
    let world = World::new().await;
    let got = world.get("/readyz", "").await;
    assert_eq!((got.status, got.body.as_str()), (StatusCode::OK, "ready\n"));
    world.state.readiness.begin_drain();
    let got = world.get("/readyz", "").await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.body.contains("/problems/draining"), "{}", got.body);
    assert_eq!(world.get("/login", "").await.status, StatusCode::OK, "what comes is still answered");
}

#[tokio::test]
async fn rows_are_seen_without_secrets_and_an_accounts_only_while_it_is_open() {
    let world = World::new().await;
    let staff = world.run_platform().await;
    let find = async |query: &str| {
        let got = world.get(&format!("/app/platform/records?{query}"), &staff).await;
        assert_eq!(got.status, StatusCode::OK, "{query}: {}", got.body);
        got.body
    };
    assert!(!find("").await.contains("Nothing found"));
    let page = find("find=admin%40zebra.example").await;
    assert!(page.contains("people, 1 row") && page.contains("Priya Zebra"), "{page}");
    let person = find("find=3").await;
    assert!(person.contains("credentials") && !person.contains("argon2"), "{person}");
    let facility = world.b.sites[0].id;
    let query = format!("find={facility}&account={}", world.b.scope.account());
    assert!(find(&query).await.contains("Nothing found"), "it is not open");
    world.grant_support(world.b.scope).await;
    let page = find(&query).await;
    for words in ["facilities, 1 row", "boxes, 1 row", "Zebra Clinic"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let named = find(&format!("{query}&table=logs")).await;
    assert!(named.contains("logs, 1 row") && !named.contains("boxes, 1 row"), "{named}");
    let admin = world.sign_in(&world.b.email).await;
    let log = world.get("/app/access", &admin).await.body;
    assert!(log.contains("Looked at rows, from the platform"), "{log}");
}
