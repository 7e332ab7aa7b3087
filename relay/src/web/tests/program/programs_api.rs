//! What programs are held to: whose cursor it is, what a token may do and sees, how often, and that a change is made once.

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use record::tree::Hash;
use serde_json::{Value, json};

use crate::accounts::credentials::token::{TokenLife, TokenScope};
use crate::accounts::programs::TokenOrder;
use crate::db::access_log::audit::{AuditFilter, list_acts};
use crate::db::facility::listed_facilities::count_facilities;
use crate::db::person::idempotency::{AnswerRow, TokenKey, begin_request, save_answer};
use crate::web::api::once::KEYS_MAX;
use crate::web::tests::world::{DAY_MS, Got, World, open_client};
use crate::web::{ForwardedPlain, QuotaPolicy, WebSettings, WebState};

pub(super) const READER: TokenOrder<'_> = TokenOrder {
    name: "reader",
    life: TokenLife::Never,
    scope: TokenScope::Read,
    places: None,
    origins: &[],
    id: None,
};

pub(super) fn bearer_request(method: Method, path: &str, token: &str) -> axum::http::request::Builder {
    Request::builder().method(method).uri(path).header(header::AUTHORIZATION, format!("Bearer {token}"))
}

fn problem_of(got: &Got) -> String {
    let problem: Value = serde_json::from_str(&got.body).unwrap_or_default();
    problem["type"].as_str().unwrap_or_default().to_owned()
}

impl World {
    async fn list(&self, path: &str, token: &str) -> Value {
        let got = self.api(path, token).await;
        assert_eq!(got.status, StatusCode::OK, "{path} {}", got.body);
        serde_json::from_str(&got.body).unwrap()
    }

    pub(super) async fn send_json(
        &self,
        method: Method,
        path: &str,
        token: &str,
        headers: &[(&'static str, &str)],
        body: &Value,
    ) -> Got {
        let mut request =
            bearer_request(method, path, token).header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.ask(request.body(Body::from(body.to_string())).unwrap()).await
    }
}

#[tokio::test]
async fn a_cursor_goes_on_with_its_own_list_and_no_other() {
    let world = World::new().await;
    let facility = world.a.sites[0].id;
    for path in ["equipment", "cleanings", "boxes", "facilities"] {
        let path = format!("/api/v1/{path}");
        let whole = world.list(&format!("{path}?limit=1000"), &world.a.token).await;
        let whole = whole["items"].as_array().unwrap();
        let (mut items, mut cursor) = (Vec::new(), String::new());
        loop {
            let part = world.list(&format!("{path}?limit=2{cursor}"), &world.a.token).await;
            items.extend(part["items"].as_array().unwrap().iter().cloned());
            let Some(next) = part["next"].as_str().filter(|_| items.len() < 10) else { break };
            cursor = format!("&cursor={next}");
        }
        assert!(items.len() >= 3 && items[..] == whole[..items.len()], "{path}");
        let cursor = world.list(&format!("{path}?limit=1"), &world.a.token).await["next"].clone();
        let cursor = cursor.as_str().unwrap().to_owned();
        let (first, rest) = cursor.split_at(1);
        let flipped = format!("{}{rest}", if first == "A" { "B" } else { "A" });
        for (wrong, token) in [
            (format!("{path}?cursor={cursor}"), &world.b.token),
            (format!("{path}?cursor={cursor}&facility={facility}&region=x"), &world.a.token),
            (format!("{path}?cursor={flipped}"), &world.a.token),
            (format!("{path}?cursor={rest}"), &world.a.token),
            (format!("{path}?cursor="), &world.a.token),
        ] {
            let got = world.api(&wrong, token).await;
            assert_eq!(
                (got.status, problem_of(&got)),
                (StatusCode::BAD_REQUEST, "/problems/cursor".into()),
                "{wrong}"
            );
        }
    }
}

#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let mut world = World::new().await;
    let site = &world.a.sites[0];
    let (facility, tag) = (site.id, site.tags[0].to_string());
    let paths = [
        format!("/api/v1/equipment?facility={facility}"),
        "/api/v1/cleanings".to_owned(),
        "/api/v1/facilities".to_owned(),
        format!("/api/v1/facilities/{facility}"),
        format!("/api/v1/facilities/{facility}/equipment/{tag}"),
    ];
    let mut etags = Vec::new();
    for path in &paths {
        let first = world.api(path, &world.a.token).await;
        let etag = first.header("etag").to_owned();
        assert!(etag.len() > 4, "{path}");
        let request = bearer_request(Method::GET, path, &world.a.token).header(header::IF_NONE_MATCH, &etag);
        let again = world.ask(request.body(Body::empty()).unwrap()).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{path}");
        etags.push(etag);
    }
    world.a.sites[0].one.clean(crate::web::tests::world::NOW_MS, &tag, "Somebody Else", "");
    world.a.sites[0].one.send(&world.ingest).await;
    for (path, etag) in paths.iter().zip(etags) {
        let request = bearer_request(Method::GET, path, &world.a.token).header(header::IF_NONE_MATCH, etag);
        assert_eq!(world.ask(request.body(Body::empty()).unwrap()).await.status, StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn a_token_that_sees_one_facility_sees_no_other() {
    let world = World::new().await;
    let [seen, hidden, _] = &world.a.sites[..] else { panic!() };
    let places = [seen.id.to_string()];
    let token = world.add_token(world.a.scope, TokenOrder { places: Some(&places), ..READER }).await;
    for list in ["facilities", "equipment", "cleanings", "boxes", "compliance"] {
        let listed = world.list(&format!("/api/v1/{list}"), &token).await;
        let items = listed["items"].as_array().unwrap();
        assert!(!items.is_empty(), "{list}");
        assert!(items.iter().all(|item| item["facility"] == places[0]), "{list}");
        let got = world.api(&format!("/api/v1/{list}?facility={}", hidden.id), &token).await;
        assert!(got.status == StatusCode::NOT_FOUND || list == "facilities", "{list}");
    }
    let (id, one) = (hidden.id, &hidden.one);
    for path in [
        format!("/api/v1/facilities/{id}"),
        format!("/api/v1/facilities/{id}/equipment/{}", hidden.tags[0]),
        format!("/api/v1/boxes/{}", one.id),
        format!("/api/v1/cleanings/{}/{}/{}", one.id, one.origin.epoch, hidden.cleaning),
        format!("/api/v1/log?box={}", one.id),
        format!("/api/v1/proof/4?box={}", one.id),
        format!("/api/equipment/{}/", hidden.tags[0]),
        format!("/api/facilities/{id}/"),
        format!("/api/facilities/{id}/compliance/"),
    ] {
        assert_eq!(world.api(&path, &token).await.status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(world.api(&path, &world.a.token).await.status, StatusCode::OK, "{path}");
    }
    let narrow = TokenOrder { places: Some(&places), scope: TokenScope::Write, ..READER };
    let token = world.add_token(world.a.scope, narrow).await;
    let new = json!({ "name": "New", "zone": "Europe/Berlin" });
    let got = world.send_json(Method::POST, "/api/v1/facilities", &token, &[], &new).await;
    assert_eq!((got.status, problem_of(&got)), (StatusCode::FORBIDDEN, "/problems/token-facilities".into()));
    let path = format!("/api/v1/facilities/{id}");
    let got = world.send_json(Method::PATCH, &path, &token, &[], &json!({ "closed": true })).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_token_that_reads_writes_nothing() {
    let world = World::new().await;
    let new = json!({ "name": "New", "zone": "Europe/Berlin" });
    let got = world.send_json(Method::POST, "/api/v1/facilities", &world.a.token, &[], &new).await;
    assert_eq!((got.status, problem_of(&got)), (StatusCode::FORBIDDEN, "/problems/token-scope".into()));
    assert!(got.header("www-authenticate").contains("insufficient_scope"));
    let cookie = world.sign_in(&world.a.email).await;
    let log = world.get("/app/access", &cookie).await.body;
    assert!(log.contains("Tried to add a facility") && log.contains("The token may not do this"), "{log}");
}

#[tokio::test]
async fn a_token_that_was_sent_over_plain_http_ends() {
    let world = World::new().await;
    let mut request =
        bearer_request(Method::GET, "/api/v1/boxes", &world.a.token).body(Body::empty()).unwrap();
    request.extensions_mut().insert(ForwardedPlain);
    let got = world.ask(request).await;
    assert_eq!(
        (got.status, problem_of(&got)),
        (StatusCode::BAD_REQUEST, "/problems/token-in-the-clear".into())
    );
    assert_eq!(world.api("/api/v1/boxes", &world.a.token).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn pages_of_other_origins_read_only_where_the_token_says_so() {
    let world = World::new().await;
    let origins = ["https://intranet.example".to_owned()];
    let token = world.add_token(world.a.scope, TokenOrder { origins: &origins, ..READER }).await;
    let ask = async |token: &str, origin: &str| {
        let request = bearer_request(Method::GET, "/api/v1/boxes", token).header(header::ORIGIN, origin);
        world.ask(request.body(Body::empty()).unwrap()).await
    };
    let got = ask(&token, &origins[0]).await;
    assert_eq!(
        (got.status, got.header("access-control-allow-origin")),
        (StatusCode::OK, origins[0].as_str())
    );
    assert!(got.headers.get_all("vary").iter().any(|value| value == "origin"));
    for (token, origin) in [(&token, "https://evil.example"), (&world.a.token, origins[0].as_str())] {
        assert_eq!(ask(token, origin).await.header("access-control-allow-origin"), "", "{origin}");
    }
    let preflight = async |origin: &str, method: &str| {
        let request = Request::builder()
            .method(Method::OPTIONS)
            .uri("/api/v1/boxes")
            .header(header::ORIGIN, origin)
            .header(header::ACCESS_CONTROL_REQUEST_METHOD, method);
        let got = world.client.send_unchecked(request.body(Body::empty()).unwrap()).await;
        (got.status, got.headers.contains_key("access-control-allow-origin"))
    };
    assert_eq!(preflight(&origins[0], "GET").await, (StatusCode::NO_CONTENT, true));
    assert_eq!(preflight(&origins[0], "POST").await, (StatusCode::METHOD_NOT_ALLOWED, false));
    assert_eq!(preflight("https://evil.example", "GET").await, (StatusCode::METHOD_NOT_ALLOWED, false));
}

#[tokio::test]
async fn who_asks_too_often_is_told_when_to_come_back() {
    let world = World::new().await;
    let settings = WebSettings { quota: QuotaPolicy::Limited, ..world.state.settings.clone() };
    let world = World { client: open_client(&WebState { settings, ..world.state.clone() }), ..world };
    let first = world.api("/api/v1/boxes", &world.a.token).await;
    assert_eq!(first.header("ratelimit"), "\"token\";r=99;t=1");
    assert_eq!(first.header("ratelimit-policy"), "\"token\";q=600;w=60, \"account\";q=3000;w=60");
    for _ in 1..100 {
        assert_eq!(world.api("/api/v1/nothing-here", &world.a.token).await.status, StatusCode::NOT_FOUND);
        assert_eq!(world.api("/api/v1/boxes?limit=1", &world.a.token).await.status, StatusCode::OK);
    }
    let refused = world.api("/api/v1/boxes", &world.a.token).await;
    assert_eq!(
        (refused.status, problem_of(&refused)),
        (StatusCode::TOO_MANY_REQUESTS, "/problems/too-many".into())
    );
    assert_eq!((refused.header("retry-after"), refused.header("ratelimit")), ("1", "\"token\";r=0;t=1"));
    assert_eq!(world.api("/api/v1/boxes", &world.b.token).await.status, StatusCode::OK, "another account");
    world.clock.advance_ms(100);
    assert_eq!(world.api("/api/v1/boxes", &world.a.token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_change_under_a_key_is_made_once() {
    let world = World::new().await;
    let token = world.add_writer(world.a.scope).await;
    async fn count_stored(world: &World) -> i64 {
        count_facilities(&mut world.db.read(world.a.scope).await.unwrap()).await.unwrap()
    }
    let before = count_stored(&world).await;
    let new = json!({ "name": "Hillside", "zone": "Europe/Berlin" });
    async fn send_facility(world: &World, token: &str, key: &str, body: &Value) -> Got {
        world.send_json(Method::POST, "/api/v1/facilities", token, &[("idempotency-key", key)], body).await
    }
    let first = send_facility(&world, &token, "k1", &new).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = send_facility(&world, &token, "k1", &new).await;
    fn shown_headers(headers: &HeaderMap) -> [HeaderValue; 3] {
        ["location", "etag", "content-type"].map(|name| headers.get(name).cloned().unwrap())
    }
    assert_eq!(
        (again.status, &again.body, shown_headers(&again.headers)),
        (first.status, &first.body, shown_headers(&first.headers))
    );
    assert_eq!(count_stored(&world).await, before + 1);
    let other =
        send_facility(&world, &token, "k1", &json!({ "name": "Hillside 2", "zone": "Europe/Berlin" })).await;
    assert_eq!(
        (other.status, problem_of(&other)),
        (StatusCode::CONFLICT, "/problems/idempotency-key".into())
    );
    let taken = send_facility(&world, &token, "k2", &new).await;
    assert_eq!((taken.status, problem_of(&taken)), (StatusCode::CONFLICT, "/problems/name-taken".into()));
    // What was refused leaves its key free.
    assert_eq!(
        send_facility(&world, &token, "k2", &json!({ "name": "Lakeside", "zone": "Europe/Berlin" }))
            .await
            .status,
        StatusCode::CREATED
    );
    world.clock.advance_ms(DAY_MS);
    assert_eq!(
        send_facility(&world, &token, "k1", &new).await.status,
        StatusCode::CONFLICT,
        "a day later it is another request"
    );
    for (body, field) in [
        (json!({ "name": " ", "zone": "Europe/Berlin" }), "name"),
        (json!({ "name": "A", "zone": "Mars" }), "zone"),
        (json!({ "name": "A", "zone": "Factory" }), "zone"),
        (json!({ "name": "A", "zone": "Europe/Berlin", "region": "01JD0000000000000000000000" }), "region"),
        (json!({ "name": "A", "zone": "Europe/Berlin", "account": 1 }), "account"),
    ] {
        let got = send_facility(&world, &token, "k3", &body).await;
        let problem: Value = serde_json::from_str(&got.body).unwrap();
        assert_eq!((got.status.as_u16(), &problem["field"]), (422, &json!(field)), "{body}");
    }
    assert_eq!(count_stored(&world).await, before + 2);
    let havana = json!({ "name": "Havana", "zone": "america/havana" });
    let made: Value = serde_json::from_str(&send_facility(&world, &token, "k4", &havana).await.body).unwrap();
    assert_eq!(made["zone"], "America/Havana");
}

#[tokio::test]
async fn many_at_once_under_one_key_make_one() {
    let world = World::new().await;
    let token = world.add_writer(world.a.scope).await;
    let new = json!({ "name": "Hillside", "zone": "Europe/Berlin" });
    let key = [("idempotency-key", "k")];
    let tries = (0..8).map(|_| world.send_json(Method::POST, "/api/v1/facilities", &token, &key, &new));
    let mut made = 0;
    for got in futures_util::future::join_all(tries).await {
        match got.status {
            StatusCode::CREATED => made += 1,
            status => assert_eq!((status, got.header("retry-after")), (StatusCode::CONFLICT, "1")),
        }
    }
    assert!(made >= 1);
    let mut conn = world.db.read(world.a.scope).await.unwrap();
    assert_eq!(count_facilities(&mut conn).await.unwrap(), 4);
}

#[tokio::test]
async fn a_facility_is_changed_over_the_version_that_was_read() {
    let world = World::new().await;
    let token = world.add_writer(world.a.scope).await;
    let new = json!({ "name": "Hillside", "zone": "Europe/Berlin" });
    let made = world.send_json(Method::POST, "/api/v1/facilities", &token, &[], &new).await;
    let (path, etag) = (made.header("location").to_owned(), made.header("etag").to_owned());
    assert_eq!(world.api(&path, &token).await.header("etag"), etag);
    async fn change_facility(world: &World, path: &str, token: &str, etag: &str, body: &Value) -> Got {
        world.send_json(Method::PATCH, path, token, &[("if-match", etag)], body).await
    }
    let renamed = change_facility(&world, &path, &token, &etag, &json!({ "name": "Hillside North" })).await;
    assert_eq!(renamed.status, StatusCode::OK, "{}", renamed.body);
    assert!(renamed.body.contains("Hillside North") && renamed.header("etag") != etag);
    assert_eq!(world.api(&path, &token).await.header("etag"), renamed.header("etag"));
    let late = change_facility(&world, &path, &token, &etag, &json!({ "name": "Hillside South" })).await;
    assert_eq!(
        (late.status, problem_of(&late)),
        (StatusCode::PRECONDITION_FAILED, "/problems/version".into())
    );
    let closed = change_facility(&world, &path, &token, "*", &json!({ "closed": true })).await;
    assert!(
        closed.status == StatusCode::OK && !closed.body.contains("\"closed_at\":null"),
        "{}",
        closed.body
    );
    assert!(
        change_facility(&world, &path, &token, "*", &json!({ "closed": false, "region": null }))
            .await
            .body
            .contains("\"closed_at\":null")
    );
    let listed = world.list("/api/v1/facilities?state=closed", &token).await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 0);
    // One with a box: its name is the box's, and it stays open.
    let path = format!("/api/v1/facilities/{}", world.a.sites[0].id);
    for (body, problem) in [
        (json!({ "name": "Other" }), "/problems/record-at-the-box"),
        (json!({ "closed": true }), "/problems/has-box"),
    ] {
        let got = world.send_json(Method::PATCH, &path, &token, &[], &body).await;
        assert_eq!((got.status, problem_of(&got)), (StatusCode::CONFLICT, problem.to_owned()), "{body}");
    }
    // Another account's is none.
    let path = format!("/api/v1/facilities/{}", world.b.sites[0].id);
    let got = world.send_json(Method::PATCH, &path, &token, &[], &json!({ "closed": true })).await;
    assert_eq!(got.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_so_already_is_no_change() {
    let world = World::new().await;
    let token = world.add_writer(world.a.scope).await;
    let path = format!("/api/v1/facilities/{}", world.a.sites[0].id);
    let before = world.api(&path, &token).await;
    let named: Value = serde_json::from_str(&before.body).unwrap();
    let same = json!({ "name": named["name"], "region": named["region"], "closed": false });
    async fn count_acts(world: &World) -> usize {
        let mut conn = world.db.read(world.a.scope).await.unwrap();
        list_acts(&mut conn, &AuditFilter::default(), i64::MAX, 1_000).await.unwrap().len()
    }
    let acts = count_acts(&world).await;
    let got = world.send_json(Method::PATCH, &path, &token, &[], &same).await;
    assert_eq!((got.status, got.header("etag")), (StatusCode::OK, before.header("etag")), "{}", got.body);
    assert_eq!(count_acts(&world).await, acts, "and it stands in no log");
}

#[tokio::test]
async fn a_name_that_a_token_does_not_see_is_not_betrayed() {
    let world = World::new().await;
    let writer = world.add_writer(world.a.scope).await;
    let make = async |name: &str| {
        let new = json!({ "name": name, "zone": "Europe/Berlin" });
        let made = world.send_json(Method::POST, "/api/v1/facilities", &writer, &[], &new).await;
        made.header("location").rsplit('/').next().unwrap().to_owned()
    };
    let (own, seen) = (make("Hillside").await, make("Lakeside").await);
    make("Hidden Clinic").await;
    let places = [own.clone(), seen];
    let narrow = TokenOrder { places: Some(&places), scope: TokenScope::Write, ..READER };
    let narrow = world.add_token(world.a.scope, narrow).await;
    let path = format!("/api/v1/facilities/{own}");
    let rename = async |token: &str, name: &str| {
        let got = world.send_json(Method::PATCH, &path, token, &[], &json!({ "name": name })).await;
        (got.status, problem_of(&got))
    };
    let taken = (StatusCode::CONFLICT, "/problems/name-taken".to_owned());
    assert_eq!(rename(&narrow, "Lakeside").await, taken);
    assert_eq!(rename(&writer, "Hidden Clinic").await, taken);
    assert_eq!(rename(&narrow, "Hidden Clinic").await.0, StatusCode::OK, "as a name that nobody has");
}

#[tokio::test]
async fn a_token_has_so_many_keys_and_no_more() {
    let world = World::new().await;
    let token = world.add_writer(world.a.scope).await;
    let until_ms = crate::web::tests::world::NOW_MS + DAY_MS;
    let mut tx = world.db.write(world.a.scope).await.unwrap();
    for n in 1..KEYS_MAX {
        let key = n.to_string();
        let of = TokenKey { token_id: &token[3..11], key: &key };
        begin_request(&mut tx, of, Hash::of(b"x"), 1).await.unwrap();
        let request = Hash::of(b"x").0.to_vec();
        let row = AnswerRow { request, status: 201, location: None, etag: None, body: Vec::new() };
        save_answer(&mut tx, of, &row, until_ms).await.unwrap();
    }
    tx.commit().await.unwrap();
    let create = async |key: &str, name: &str| {
        let new = json!({ "name": name, "zone": "Europe/Berlin" });
        let key = [("idempotency-key", key)];
        world.send_json(Method::POST, "/api/v1/facilities", &token, &key, &new).await
    };
    assert_eq!(create("last", "Hillside").await.status, StatusCode::CREATED);
    let refused = create("over", "Lakeside").await;
    assert_eq!(
        (refused.status, problem_of(&refused)),
        (StatusCode::TOO_MANY_REQUESTS, "/problems/idempotency-keys".into())
    );
    assert_eq!(create("last", "Hillside").await.status, StatusCode::CREATED, "a repeat is answered");
    world.clock.advance_ms(DAY_MS);
    assert_eq!(create("over", "Lakeside").await.status, StatusCode::CREATED, "they are free again");
}
