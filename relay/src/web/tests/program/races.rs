//! Programs that change the same at once, on the database where two transactions can.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::db::account::accounts::{lock_account, platform_count_waiting};
use crate::db::{Db, PlatformReason};
use crate::web::tests::postgres::Postgres;
use crate::web::tests::world::{Got, World};

async fn send(world: &World, method: Method, path: &str, (token, etag): (&str, &str), body: Value) -> Got {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::IF_MATCH, etag)
        .body(Body::from(body.to_string()));
    world.ask(request.unwrap()).await
}

async fn wait_for_two(db: &Db) {
    while platform_count_waiting(&mut db.platform_read(PlatformReason::Operator).await.unwrap())
        .await
        .unwrap()
        < 2
    {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_at_once_one_is_refused() {
    let server = tokio::task::spawn_blocking(|| Postgres::start(false)).await.unwrap();
    let world = World::on(&server.url("postgres"), tempfile::tempdir().unwrap()).await;
    let token = world.add_writer(world.a.scope).await;
    // Both have begun when neither has read the others' names yet.
    let mut held = world.db.write(world.a.scope).await.unwrap();
    lock_account(&mut held).await.unwrap();
    let create = || {
        send(
            &world,
            Method::POST,
            "/api/v1/facilities",
            (&token, "*"),
            json!({ "name": "Hillside", "zone": "Europe/Berlin" }),
        )
    };
    let release = async {
        wait_for_two(&world.db).await;
        held.commit().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(create(), create(), release);
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(statuses, [StatusCode::CREATED, StatusCode::CONFLICT], "{} {}", one.body, other.body);
    let made = if one.status == StatusCode::CREATED { one } else { other };
    let (path, etag) = (made.header("location").to_owned(), made.header("etag").to_owned());
    let mut held = world.db.write(world.a.scope).await.unwrap();
    lock_account(&mut held).await.unwrap();
    let rename = |name: &str| {
        let body = json!({ "name": name });
        send(&world, Method::PATCH, &path, (&token, &etag), body)
    };
    let release = async {
        wait_for_two(&world.db).await;
        held.commit().await.unwrap();
    };
    let (one, other, ()) = tokio::join!(rename("Hillside A"), rename("Hillside B"), release);
    let mut statuses = [one.status, other.status];
    statuses.sort();
    assert_eq!(
        statuses,
        [StatusCode::OK, StatusCode::PRECONDITION_FAILED],
        "both were over one version: {} {}",
        one.body,
        other.body
    );
    world.db.close().await;
}
