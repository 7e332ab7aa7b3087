//! The isolation matrix, the sweep of headers and methods, and that GET changes nothing: over every route of the table.

use ::web::route::{Access, RouteKind};
use axum::http::{Method, Request, StatusCode, header};

use super::program::made_reports::{MADE, REPORT};
use super::program::webhooks::{DELIVERY, WEBHOOK};
use super::world::{Got, PASSWORD, TestAccount, World};
use crate::accounts::permission::Permission;
use crate::web::routes::build_table;
use crate::web::tests::facility::alerts::ALERT;

pub(super) struct ShownRow {
    pub(super) path: &'static str,
    pub(super) access: Access,
}

pub(super) fn shown_rows() -> Vec<ShownRow> {
    let table = build_table().unwrap();
    let routes = table.rows().iter().map(|row| &row.route).filter(|route| route.method == Method::GET);
    // A link of a mail is everybody's who has it, and has tests of its own.
    let routes = routes.filter(|route| route.access != Access::Open || !route.path.contains('{'));
    // Kinds of mails are the same for everybody.
    let routes = routes.filter(|route| !route.path.contains("{kind}"));
    // The platform's own page belongs to no account, and takes a second factor.
    let routes = routes.filter(|route| route.access != Access::Session(Permission::ManagePlatform.name()));
    routes.map(|route| ShownRow { path: route.path, access: route.access }).collect()
}

pub(super) fn fill(path: &str, of: &TestAccount, photo: &str, evidence: &str) -> String {
    let site = &of.sites[0];
    let filled = path
        .replace("{facility}", &site.id.to_string())
        .replace("{tag}", site.tags[0].as_str())
        .replace("{item}", site.tags[0].as_str())
        .replace("{cleaning}", "1001")
        .replace("{box_id}", &site.one.id.to_string())
        .replace("{epoch}", &site.one.origin.epoch.to_string())
        .replace("{seq}", &site.cleaning.to_string())
        .replace("{evidence}", evidence)
        .replace("{user}", &of.user_id)
        .replace("{token}", &of.token_id)
        .replace("{alert}", ALERT)
        .replace("{report}", REPORT)
        .replace("{made}", MADE)
        .replace("{webhook}", WEBHOOK)
        .replace("{delivery}", DELIVERY)
        .replace("{photo}", photo);
    match path {
        "/api/v1/equipment" | "/api/v1/cleanings" | "/api/v1/compliance" | "/api/v1/boxes"
        | "/api/v1/alerts" => {
            format!("{filled}?facility={}", site.id)
        }
        "/api/v1/log" | "/api/v1/checkpoint" | "/api/v1/key" | "/api/v1/proof/{seq}" => {
            format!("{filled}?box={}", site.one.id)
        }
        _ => filled,
    }
}

fn nowhere(path: &str) -> String {
    let id = "01JD0000000000000000000000";
    let filled = path
        .replace("{facility}", id)
        .replace("{tag}", "7QK3M9X2W")
        .replace("{item}", "7QK3M9X2W")
        .replace("{cleaning}", "9999999")
        .replace("{box_id}", id)
        .replace("{epoch}", "1-00ab0102")
        .replace("{seq}", "4")
        .replace("{evidence}", id)
        .replace("{user}", id)
        .replace("{token}", "ZZZZZZZZ")
        .replace("{alert}", id)
        .replace("{report}", id)
        .replace("{made}", id)
        .replace("{webhook}", id)
        .replace("{delivery}", id)
        .replace("{photo}", &"ab".repeat(32));
    match path {
        "/api/v1/equipment" | "/api/v1/cleanings" | "/api/v1/compliance" | "/api/v1/boxes"
        | "/api/v1/alerts" => {
            format!("{filled}?facility={id}")
        }
        "/api/v1/log" | "/api/v1/checkpoint" | "/api/v1/key" | "/api/v1/proof/{seq}" => {
            format!("{filled}?box={id}")
        }
        _ => filled,
    }
}

async fn ask(world: &World, access: Access, path: &str, who: &(String, String)) -> Got {
    match access {
        Access::Token(_) => world.api(path, &who.1).await,
        _ => world.get(path, &who.0).await,
    }
}

fn without_id(body: &str) -> String {
    let mut problem: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
    match problem.as_object_mut().and_then(|members| members.remove("id")) {
        Some(_) => problem.to_string(),
        None => body.to_owned(),
    }
}

fn names_thing(path: &str) -> bool {
    path.contains('{') || (path.starts_with("/api/v1/") && path != "/api/v1/facilities")
}

#[tokio::test]
async fn another_accounts_things_answer_as_what_does_not_exist() {
    let world = World::new().await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    world.webhook_of_a().await;
    world.alert_of_a().await;
    world.reports_of_a().await;
    world.number_cleaning_of_a().await;
    let b = (world.sign_in(&world.b.email).await, world.b.token.clone());
    let a = (world.sign_in(&world.a.email).await, world.a.token.clone());
    let mut compared = 0;
    for route in shown_rows().iter().filter(|row| row.path != "/live") {
        let (of_a, nothing) = (fill(route.path, &world.a, &photo, &evidence), nowhere(route.path));
        let own = ask(&world, route.access, &of_a, &a).await;
        assert!(
            own.status.is_success() || own.status.is_redirection(),
            "{of_a} is not there for its own: {}",
            own.body
        );
        if !names_thing(route.path) {
            let got = ask(&world, route.access, &of_a, &b).await;
            assert!(
                !got.body.contains(&world.a.canary),
                "{of_a} shows {} to another account",
                world.a.canary
            );
            continue;
        }
        let (foreign, missing) =
            (ask(&world, route.access, &of_a, &b).await, ask(&world, route.access, &nothing, &b).await);
        assert_eq!(foreign.status, StatusCode::NOT_FOUND, "{of_a}");
        assert_eq!(
            (foreign.status, without_id(&foreign.body), &foreign.headers),
            (missing.status, without_id(&missing.body), &missing.headers),
            "{of_a}"
        );
        compared += 1;
    }
    assert!(compared >= 12, "{compared} routes name a thing");
}

#[tokio::test]
async fn nobody_and_wrong_tokens_get_nothing() {
    let world = World::new().await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    world.webhook_of_a().await;
    world.alert_of_a().await;
    world.reports_of_a().await;
    world.number_cleaning_of_a().await;
    let cookie = world.sign_in(&world.a.email).await;
    let half = &cookie[..cookie.len() - 2];
    let other_account = format!("__Host-ct={}.{}", world.b.scope.key(), cookie.rsplit('.').next().unwrap());
    for route in shown_rows() {
        let path = fill(route.path, &world.a, &photo, &evidence);
        match route.access {
            Access::Session(_) | Access::SessionOrToken { .. } => {
                for cookie in ["", half, other_account.as_str()] {
                    let got = world.get(&path, cookie).await;
                    let status =
                        if route.path == "/live" { StatusCode::UNAUTHORIZED } else { StatusCode::SEE_OTHER };
                    assert_eq!(got.status, status, "{path} with {cookie:?}");
                    assert!(!got.body.contains(&world.a.canary), "{path}");
                }
            }
            Access::Token(_) => {
                for token in ["", "ct_x", &format!("{}x", world.a.token), &world.a.token.replace('A', "B")] {
                    let got = world.api(&path, token).await;
                    assert_eq!(got.status, StatusCode::UNAUTHORIZED, "{path} with {token:?}");
                    assert_eq!(got.header("content-type"), "application/problem+json");
                    assert_eq!(got.header("www-authenticate"), "Bearer");
                }
                assert_eq!(
                    world.get(&path, &cookie).await.status,
                    StatusCode::UNAUTHORIZED,
                    "a cookie is no token"
                );
            }
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_revoked_token_and_a_disabled_person_are_out_at_once() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    let by = ("operator", super::world::NOW_MS);
    let admin = crate::db::person::members::find_by_email(&mut tx, &world.a.email).await.unwrap().unwrap();
    assert!(crate::db::person::members::set_disabled(&mut tx, admin.person(), Some(1)).await.unwrap());
    assert!(crate::db::person::tokens::revoke_token(&mut tx, &world.a.token_id, by).await.unwrap());
    tx.commit().await.unwrap();
    assert_eq!(world.get("/app/me", &cookie).await.status, StatusCode::SEE_OTHER);
    assert_eq!(world.api("/api/v1/equipment", &world.a.token).await.status, StatusCode::UNAUTHORIZED);
    let tried = world.try_in(&world.a.email, PASSWORD, "", "127.0.0.1").await;
    assert_eq!(tried.status, StatusCode::UNPROCESSABLE_ENTITY);
    let neighbour = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app/me", &neighbour).await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_answer_has_the_headers_and_every_route_only_its_methods() {
    let world = World::new().await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    world.webhook_of_a().await;
    world.alert_of_a().await;
    world.reports_of_a().await;
    world.number_cleaning_of_a().await;
    let cookie = world.sign_in(&world.a.email).await;
    let table = build_table().unwrap();
    for route in table.rows().iter().map(|row| &row.route) {
        let path = fill(route.path, &world.a, &photo, &evidence);
        let of_path = table.rows().iter().map(|row| &row.route).filter(|other| other.path == route.path);
        let mut methods: Vec<&str> = of_path.map(|other| other.method.as_str()).collect();
        if methods.contains(&"GET") {
            methods.push("HEAD");
        }
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"] {
            let request = Request::builder()
                .method(Method::from_bytes(method.as_bytes()).unwrap())
                .uri(&path)
                .header(header::COOKIE, &cookie)
                .header(header::AUTHORIZATION, format!("Bearer {}", world.a.token));
            let got = world.ask(request.body(axum::body::Body::empty()).unwrap()).await;
            let message = format!("{method} {path}: {}", got.status);
            assert!(!got.status.is_server_error(), "{message}");
            let taken = methods.contains(&method);
            // Who opens the address of a form is sent to its page.
            let is_led = !taken && ["GET", "HEAD"].contains(&method) && got.status == StatusCode::SEE_OTHER;
            assert!(!is_led || route.kind == RouteKind::Form, "{message}");
            assert_eq!(got.status != StatusCode::METHOD_NOT_ALLOWED, taken || is_led, "{message}");
            assert_eq!(got.header("x-content-type-options"), "nosniff", "{message}");
            assert!(got.header("strict-transport-security").starts_with("max-age=63072000"), "{message}");
            assert!(got.header("content-security-policy").contains("default-src 'none'"), "{message}");
            assert_eq!(got.header("referrer-policy"), "same-origin", "{message}");
            let cache = got.header("cache-control");
            let is_kept = ["/photos/{photo}", crate::web::key_list::PATH].contains(&route.path);
            let stored = matches!(route.kind, RouteKind::Asset) || is_kept;
            assert_eq!(cache.contains("no-store"), !(stored && taken), "{message}: {cache}");
            if !got.body.is_empty() {
                assert!(got.header("content-type").len() > 5, "{message}");
            }
        }
    }
}

#[tokio::test]
async fn a_log_that_is_asked_for_beyond_its_end_is_empty_and_whole() {
    let world = World::new().await;
    let box_id = world.a.sites[0].one.id;
    for range in ["from=1000000", "from=1000000&limit=1"] {
        for coding in ["identity", "gzip"] {
            let request = Request::get(format!("/api/v1/log?{range}&box={box_id}"))
                .header(header::AUTHORIZATION, format!("Bearer {}", world.a.token))
                .header(header::ACCEPT_ENCODING, coding);
            let (status, _, body) = world.read(request.body(axum::body::Body::empty()).unwrap()).await;
            assert_eq!((status, body.as_slice()), (StatusCode::OK, &b""[..]), "{range} {coding}");
        }
    }
}

#[tokio::test]
async fn looking_changes_nothing() {
    let world = World::new().await;
    let evidence = world.fork_of_a().await;
    let photo = world.photo_of_a().await;
    world.webhook_of_a().await;
    world.alert_of_a().await;
    world.reports_of_a().await;
    world.number_cleaning_of_a().await;
    let cookie = world.sign_in(&world.a.email).await;
    let before = world.dump().await;
    for route in shown_rows() {
        let path = fill(route.path, &world.a, &photo, &evidence);
        world.get(&path, &cookie).await;
        world.api(&path, &world.a.token).await;
    }
    assert_eq!(world.dump().await, before);
}

#[tokio::test]
async fn strange_parameters_are_refused_or_bounded() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let facility = world.a.sites[0].id;
    let tag = world.a.sites[0].tags[0];
    for (path, status) in [
        ("/api/v1/cleanings?limit=-1".to_owned(), 400),
        ("/api/v1/cleanings?limit=1000000000".to_owned(), 200),
        ("/api/v1/cleanings?cursor=x".to_owned(), 400),
        ("/api/v1/cleanings?tag=7QK3M9X2W".to_owned(), 400),
        ("/api/v1/cleanings?facility=x".to_owned(), 404),
        (format!("/api/v1/cleanings?facility={facility}&tag=nonsense"), 400),
        (format!("/api/v1/cleanings?facility={facility}&tag={tag}"), 200),
        ("/api/v1/equipment?cursor=a.b".to_owned(), 400),
        ("/api/v1/log?from=-1".to_owned(), 400),
        ("/api/v1/log".to_owned(), 400),
        ("/api/v1/nothing".to_owned(), 404),
    ] {
        let got = world.api(&path, &world.a.token).await;
        assert_eq!(got.status.as_u16(), status, "{path} {}", got.body);
        if status >= 400 {
            assert_eq!(got.header("content-type"), "application/problem+json", "{path}");
        }
    }
    for (path, status) in [
        ("/app/?sort=password".to_owned(), 200),
        (format!("/app/f/{facility}/equipment?page=99999999999999999999&q=%00%ff"), 200),
        (format!("/app/f/{facility}/e/{tag}?before=x"), 400),
        (format!("/app/f/{facility}/e/nonsense"), 404),
        ("/app/f/%ff".to_owned(), 404),
        ("/photos/zz".to_owned(), 404),
        ("/live?since=x&facility=%ff".to_owned(), 200),
    ] {
        let got = world.get(&path, &cookie).await;
        assert_eq!(got.status.as_u16(), status, "{path} {}", got.body);
    }
    let big = "x".repeat(20_000);
    assert_eq!(world.post("/login", "", &format!("email={big}")).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.post("/login", "", "email=%ff").await.status, StatusCode::BAD_REQUEST);
}
