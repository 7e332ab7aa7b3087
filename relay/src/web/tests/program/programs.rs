//! The page of programs and what tokens open: made, listed, used, ended.

use axum::http::StatusCode;
use serde_json::Value;
use web::form::GENERAL_KEYS;

use crate::db::Db;
use crate::db::person::tokens;
use crate::web::WebState;
use crate::web::tests::world::{DAY_MS, NOW_MS, World, csrf, open_client};
use crate::web::words::{FormWords, open_words};

impl World {
    async fn make_token(&self, cookie: &str, form: &str) -> crate::web::tests::world::Got {
        let page = self.get("/app/programs", cookie).await;
        let scope = if form.contains("scope=") { "" } else { "&scope=read" };
        self.post("/app/programs", cookie, &format!("csrf={}&{form}{scope}", csrf(&page.body))).await
    }
}

fn token_of(page: &str) -> String {
    let from = page.find("ct_").unwrap();
    page[from..from + 55].to_owned()
}

#[tokio::test]
async fn a_form_that_is_sent_again_makes_one_token() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/programs", &cookie).await.body;
    let from = page.find("name=\"id\" value=\"").unwrap() + "name=\"id\" value=\"".len();
    let form = format!("csrf={}&id={}&name=Export&days=9&scope=read", csrf(&page), &page[from..from + 8]);
    let first = world.post("/app/programs", &cookie, &form).await;
    assert!(token_of(&first.body).contains(&page[from..from + 8]), "{}", first.body);
    let again = world.post("/app/programs", &cookie, &form).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        again.body.contains("This token was already created") && !again.body.contains("ct_"),
        "{}",
        again.body
    );
    assert!(again.body.contains("2 programs"), "{}", again.body);
}

#[tokio::test]
async fn a_token_is_shown_once_and_opens_until_it_is_revoked() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let made = world.make_token(&cookie, "name=Power+%3CBI%3E&days=2").await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.body);
    assert!(made.body.contains("Copy the token now") && made.header("cache-control") == "no-store");
    let token = token_of(&made.body);
    let id = &token[3..11];
    assert_eq!(world.api("/api/v1/equipment", &token).await.status, StatusCode::OK);
    let page = world.get("/app/programs", &cookie).await.body;
    for words in
        ["Power &#60;BI&#62;", "Linden warehouse", "2 programs", "2 days left", "Nov 20 from 127.0.0.1", id]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains(&token[12..]), "it is shown once");
    let path = format!("/app/programs/{id}");
    let one = world.get(&path, &cookie).await.body;
    assert!(one.contains("admin@linden.example") && one.contains("Revoke the token"), "{one}");
    // Another process on the same database.
    let Db::Sqlite { .. } = &world.db else { panic!() };
    let address = format!("sqlite:{}", world.dir.path().join("relay.db").display());
    let other = WebState { db: Db::open(&address).await.unwrap(), ..world.state.clone() };
    let here = world.client.clone();
    let there = open_client(&other);
    let world = World { client: there.clone(), ..world };
    assert_eq!(world.api("/api/v1/equipment", &token).await.status, StatusCode::OK);
    let world = World { client: here, ..world };
    let revoked = world.post(&path, &cookie, &format!("csrf={}", csrf(&one))).await;
    assert_eq!((revoked.status, revoked.header("location")), (StatusCode::SEE_OTHER, path.as_str()));
    let world = World { client: there, ..world };
    let refused = world.api("/api/v1/equipment", &token).await;
    assert_eq!((refused.status, refused.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Bearer"));
    let one = world.get(&path, &cookie).await.body;
    assert!(one.contains("today 20:02 UTC by admin@linden.example") && !one.contains("Revoke the token"));
    assert_eq!(world.api("/api/v1/equipment", &world.a.token).await.status, StatusCode::OK, "the other one");
}

#[tokio::test]
async fn a_token_whose_time_is_over_says_so() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let ends = token_of(&world.make_token(&cookie, "name=a&days=1").await.body);
    let stays = token_of(&world.make_token(&cookie, "name=b&days=never").await.body);
    world.clock.advance_ms(DAY_MS - 1);
    assert_eq!(world.api("/api/v1/equipment", &ends).await.status, StatusCode::OK);
    world.clock.advance_ms(1);
    let refused = world.api("/api/v1/equipment", &ends).await;
    let problem: Value = serde_json::from_str(&refused.body).unwrap();
    assert_eq!(
        (refused.status, &problem["type"]),
        (StatusCode::UNAUTHORIZED, &"/problems/token-expired".into())
    );
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    world.clock.advance_ms(3_000 * DAY_MS);
    assert_eq!(world.api("/api/v1/equipment", &stays).await.status, StatusCode::OK);
    assert_eq!(world.api("/api/v1/equipment", &world.a.token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn what_does_not_fit_makes_no_token() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    for (form, field) in [
        ("name=a&days=0", "#days"),
        ("name=a&days=731", "#days"),
        ("name=a&days=", "#days"),
        ("name=&days=365", "#name"),
        ("name=a%00b&days=365", "#name"),
    ] {
        let got = world.make_token(&cookie, form).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(
            got.body.contains(&format!("href=\"{field}\"")) && !got.body.contains("Copy the token"),
            "{form}"
        );
    }
    let auditor = world.sign_in(&world.a.auditor).await;
    for path in ["/app/programs".to_owned(), format!("/app/programs/{}", world.a.token_id)] {
        assert_eq!(world.get(&path, &auditor).await.status, StatusCode::FORBIDDEN);
        let me = world.get("/app/me", &auditor).await.body;
        let form = format!("csrf={}&name=a&days=1", csrf(&me));
        assert_eq!(world.post(&path, &auditor, &form).await.status, StatusCode::FORBIDDEN);
    }
    let mut conn = world.db.read(world.a.scope).await.unwrap();
    assert_eq!(tokens::list_tokens(&mut conn, NOW_MS).await.unwrap().len(), 1);
}

#[tokio::test]
async fn no_more_than_a_hundred() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    for n in 1..100 {
        assert_eq!(
            world.make_token(&cookie, &format!("name=n{n}&days=1")).await.status,
            StatusCode::OK,
            "{n}"
        );
    }
    let refused = world.make_token(&cookie, "name=one+more&days=1").await;
    assert!(refused.body.contains("This account has 100 tokens; revoke one"), "{}", refused.body);
    world.clock.advance_ms(DAY_MS);
    let cookie = world.sign_in(&world.a.email).await;
    assert_eq!(world.make_token(&cookie, "name=one+more&days=1").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_form_says_all_that_is_wrong_and_keeps_what_was_entered() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.make_token(&cookie, "name=+&days=soon").await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    for words in
        ["id=\"name-e\"", "id=\"days-e\"", "href=\"#name\"", "href=\"#days\"", "value=\"soon\"", "is kept"]
    {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    let long = world.make_token(&cookie, &format!("name={}&days=9", "x".repeat(121))).await;
    assert_eq!(long.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        long.body.contains("is longer than 120 characters") && long.body.contains("value=\"9\""),
        "{}",
        long.body
    );
    let page = world.get("/app/programs", &cookie).await.body;
    assert!(page.contains("1 program<") && !page.contains("id=\"name-e\""), "nothing was made: {page}");
}

#[test]
fn every_field_of_a_form_has_words() {
    let catalog = open_words::<FormWords>().catalog();
    let forms =
        [&crate::web::pages::administration::programs::PROGRAM, &crate::web::pages::fleet::add_box::CLAIM];
    let keys = forms.into_iter().flat_map(|form| form.message_keys());
    for key in keys.chain(GENERAL_KEYS.map(str::to_owned)) {
        assert!(catalog.has_message(&key), "{key}");
    }
}
