//! Each operation of the old app called as its scripts call it: docs/old-app.md has the table.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::web::tests::world::{Got, World};

/// A script of the old app: it writes `Token` before its token, and a slash behind each path.
struct OldScript<'a> {
    world: &'a World,
    token: String,
}

impl OldScript<'_> {
    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Got {
        let request = Request::builder().method(method).uri(path);
        let request = request
            .header(header::AUTHORIZATION, format!("Token {}", self.token))
            .header(header::CONTENT_TYPE, "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.world.ask(request.body(body).unwrap()).await
    }

    async fn get(&self, path: &str) -> Value {
        let got = self.send(Method::GET, path, None).await;
        assert_eq!(got.status, StatusCode::OK, "{path} {}", got.body);
        serde_json::from_str(&got.body).unwrap()
    }

    async fn is_refused(&self, method: Method, path: &str, next: &str) {
        let got = self.send(method.clone(), path, Some(json!({ "name": "X-ray machine" }))).await;
        let problem: Value = serde_json::from_str(&got.body).unwrap();
        assert_eq!(got.status, StatusCode::CONFLICT, "{method} {path}");
        assert_eq!(problem["type"], "/problems/record-at-the-box", "{method} {path}");
        assert_eq!((&problem["success"], &problem["message"]), (&json!(false), &problem["title"]));
        assert!(problem["next"].as_str().unwrap().contains(next), "{problem}");
    }
}

#[tokio::test]
async fn a_script_of_the_old_app_runs_its_operations() {
    let world = World::new().await;
    let script = OldScript { world: &world, token: world.add_writer(world.a.scope).await };
    let listed = script.get("/api/equipment/").await;
    let first = &listed["items"][0];
    let id = first["id"].as_i64().unwrap();
    let item = format!("/api/equipment/{id}/");
    assert_eq!(&script.get(&item).await, first);
    assert_eq!(&script.get(&format!("/api/equipment/{}/", first["tag"].as_str().unwrap())).await, first);
    let host = "https://ct.example";
    script.is_refused(Method::POST, "/api/equipment/", host).await;
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        script.is_refused(method, &item, host).await;
    }
    let code =
        script.send(Method::POST, &format!("{item}generate-qr/"), Some(json!({ "permanent": true }))).await;
    let code: Value = serde_json::from_str(&code.body).unwrap();
    assert_eq!((&code["token"], &code["expires_at"]), (&first["tag"], &Value::Null));
    assert_eq!(code["url"], format!("{host}/{}", first["tag"].as_str().unwrap()));
    assert!(code["qr_code"].as_str().unwrap().starts_with("data:image/png;base64,iVBOR"));
    assert!(code["svg"].as_str().unwrap().starts_with("<svg "));
    let pdf = code["pdf"].as_str().unwrap().strip_prefix("data:application/pdf;base64,").unwrap();
    assert!(STANDARD.decode(pdf).unwrap().starts_with(b"%PDF-"));

    let listed = script.get("/api/cleaning-logs/?limit=3").await;
    let cleaning = &listed["items"][2];
    assert_eq!(&script.get(&format!("/api/cleaning-logs/{}/", cleaning["id"])).await, cleaning);
    script.is_refused(Method::POST, "/api/cleaning-logs/", host).await;
    script.is_refused(Method::POST, "/api/register-cleaning/abc123def456/", "Scan the label").await;

    let listed = script.get("/api/facilities/").await;
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    let facility = &listed["items"][0];
    let id = facility["id"].as_i64().unwrap();
    assert_eq!(&script.get(&format!("/api/facilities/{id}/")).await, facility);
    let compliance = script.get(&format!("/api/facilities/{id}/compliance/")).await;
    assert_eq!((&compliance["facility_id"], &compliance["facility"]), (&json!(id), &facility["facility"]));
}

#[tokio::test]
async fn numbers_stay_and_are_one_accounts_own() {
    let world = World::new().await;
    let a = OldScript { world: &world, token: world.a.token.clone() };
    let b = OldScript { world: &world, token: world.b.token.clone() };
    let numbers = async |script: &OldScript<'_>, path: &str| {
        let listed = script.get(path).await;
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|item| item["id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    let late = numbers(&a, "/api/equipment/?limit=2").await;
    assert_eq!(late, [1, 2]);
    let all = numbers(&a, "/api/equipment/").await;
    assert_eq!(all, (1..=i64::try_from(all.len()).unwrap()).collect::<Vec<_>>());
    assert_eq!(numbers(&a, "/api/equipment/").await, all);
    let of_b = numbers(&b, "/api/equipment/").await;
    assert!(of_b.len() < all.len());
    let beyond = format!("/api/equipment/{}/", all.len());
    assert_eq!(b.send(Method::GET, &beyond, None).await.status, StatusCode::NOT_FOUND);
    for wrong in ["0", "-1", "+1", "99999999999999999999", "x", "1e3"] {
        let path = format!("/api/equipment/{wrong}/");
        assert_eq!(a.send(Method::GET, &path, None).await.status, StatusCode::NOT_FOUND, "{wrong}");
    }
}
