//! Pages and mails in their reader's language and zone.

use axum::body::Body;
use axum::http::{Request, header};

use super::world::{World, csrf};

/// A page as this browser gets it, and the tag of its language.
async fn read_page(world: &World, path: &str, cookie: &str, accepted: &str) -> (String, String) {
    let request = Request::get(path).header(header::COOKIE, cookie).header(header::ACCEPT_LANGUAGE, accepted);
    let got = world.ask(request.body(Body::empty()).unwrap()).await;
    let lang = got.body.split("<html lang=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(got.header("content-language"), lang, "{path}");
    assert!(got.headers.get_all(header::VARY).iter().any(|value| value == "Accept-Language, Cookie"));
    (got.body, lang)
}

#[tokio::test]
async fn a_page_is_in_the_language_of_the_person_the_browser_or_the_account() {
    let world = World::new().await;
    let lang =
        async |path: &str, cookie: &str, accepted: &str| read_page(&world, path, cookie, accepted).await.1;
    assert_eq!(lang("/login", "", "fr").await, "en-US");
    assert_eq!(lang("/login", "", "es-MX, en;q=0.5").await, "es-MX");
    assert_eq!(lang("/login", "language=es", "en-GB").await, "es-US");
    assert_eq!(lang("/nowhere", "language=xx", "").await, "en-XA", "an error's page");
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/locale", &cookie).await.body;
    let form = format!("csrf={}&locale=es-ES&zone=europe/madrid", csrf(&page));
    assert_eq!(world.post("/app/locale", &cookie, &form).await.header("location"), "/app/brand");
    assert_eq!(lang("/app/me", &cookie, "fr").await, "es-ES", "the account's");
    assert_eq!(lang("/app/me", &cookie, "es").await, "es-ES", "in its country");
    let (log, _) = read_page(&world, "/app/access", &cookie, "en").await;
    assert!(log.contains("Changed the account’s language or time zone"), "{log}");
    // At the foot of a page, for good.
    let chosen = world.post("/language", &cookie, "language=en").await;
    assert!(chosen.header("set-cookie").starts_with("language=en;"), "{:?}", chosen.headers);
    assert_eq!(lang("/app/me", &cookie, "es-MX").await, "en-GB");
    let again = world.sign_in(&world.a.email).await;
    assert_eq!(lang("/app/me", &again, "es-MX").await, "en-GB", "in another browser");
    assert_eq!(world.post("/language", "", "language=tlh").await.status, 400);
    // Programs read what they ask for.
    let problem = async |accepted: &str| {
        let request = Request::get("/api/v1/boxes/01JD0000000000000000000000")
            .header(header::AUTHORIZATION, format!("Bearer {}", world.a.token))
            .header(header::COOKIE, "language=es")
            .header(header::ACCEPT_LANGUAGE, accepted);
        world.ask(request.body(Body::empty()).unwrap()).await.body
    };
    for (accepted, title) in
        [("fr", "Page not found"), ("en", "Page not found"), ("es", "Página no encontrada")]
    {
        let answer = problem(accepted).await;
        assert!(answer.contains(title), "{answer}");
    }
}

#[tokio::test]
async fn times_are_in_the_zone_that_its_reader_chose() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/me", &cookie).await.body;
    assert!(page.contains("today 20:02 UTC"), "{page}");
    let form = async |fields: &str| {
        let page = world.get("/app/me/locale", &cookie).await.body;
        world.post("/app/me/locale", &cookie, &format!("csrf={}&{fields}", csrf(&page))).await
    };
    let refused = form("locale=es-MX&zone=Mars%2FOlympus").await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("value=\"Mars/Olympus\""), "{}", refused.body);
    assert!(refused.body.contains("value=\"es-MX\" selected"), "{}", refused.body);
    assert_eq!(form("locale=es-MX&zone=us%2Fcentral").await.header("location"), "/app/me");
    let (page, lang) = read_page(&world, "/app/me", &cookie, "en").await;
    assert_eq!(lang, "es-MX");
    assert!(page.contains("14:02") && !page.contains("UTC"), "{page}");
    assert!(world.get("/app/me/locale", &cookie).await.body.contains("value=\"America/Chicago\""));
    // And so are mails.
    world.post("/forgot", "", &format!("email={}&act=link", world.a.email.replace('@', "%40"))).await;
    let sql = "SELECT COUNT(*) FROM mails WHERE kind = 'sign-in-link' AND locale = 'es-MX' AND zone = 'America/Chicago'";
    assert_eq!(world.count(sql).await, 1);
    assert_eq!(world.mails().await.len(), 1, "and it leaves");
}
