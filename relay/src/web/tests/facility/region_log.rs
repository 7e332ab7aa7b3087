//! Facilities that change their region: what the access log says of it, and to whom.

use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use serde_json::{Value, json};

use crate::accounts::credentials::token::{TokenLife, TokenScope};
use crate::accounts::programs::TokenOrder;
use crate::web::tests::authentication::mailed_links::region_mark;
use crate::web::tests::world::{Got, World, csrf};

async fn find_region(world: &World, cookie: &str, name: &str) -> (String, String) {
    let page = world.get("/app/regions", cookie).await.body;
    let mut cards = page.split("action=\"/app/regions/").skip(1);
    let card = cards.find(|card| card.contains(&format!("value=\"{name}\""))).expect("a region");
    (card.split('"').next().unwrap().to_owned(), region_mark(card).to_owned())
}

async fn add_region(world: &World, cookie: &str, name: &str) -> String {
    let made = world.send_form("/app/regions", "/app/regions", cookie, &format!("name={name}")).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    find_region(world, cookie, name).await.0
}

async fn change_region(world: &World, cookie: &str, name: &str, fields: &str) {
    let (region, seen) = find_region(world, cookie, name).await;
    let page = world.get("/app/regions", cookie).await.body;
    let form = format!("csrf={}&seen={seen}&{fields}", csrf(&page));
    let changed = world.post(&format!("/app/regions/{region}"), cookie, &form).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
}

/// What the log says of facilities that join and leave, the oldest first.
async fn list_moves(world: &World) -> Vec<String> {
    let rows = world.access().await.into_iter().rev();
    let moves = rows.filter(|row| ["region join", "region leave"].contains(&row.act.as_str()));
    moves.map(|row| format!("{} {} {}", row.act, row.about, row.facility.unwrap_or_default())).collect()
}

async fn send_json(world: &World, method: Method, path: &str, token: &str, body: &Value) -> Got {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json");
    world.ask(request.body(Body::from(body.to_string())).unwrap()).await
}

#[tokio::test]
async fn a_facility_leaves_the_region_from_which_a_form_takes_it() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let north = add_region(&world, &cookie, "North").await;
    add_region(&world, &cookie, "South").await;
    let (one, two) = (world.a.sites[0].id, world.a.sites[1].id);
    let both = format!("act=save&name=North&places.{one}=none&places.{two}=none");
    change_region(&world, &cookie, "North", &both).await;
    change_region(&world, &cookie, "South", &format!("act=save&name=South&places.{one}={north}")).await;
    let mut expected = vec![
        format!("region join North {two}"),
        format!("region join North {one}"),
        format!("region leave North {one}"),
        format!("region join South {one}"),
    ];
    assert_eq!(list_moves(&world).await, expected);
    // The end of a region is one for each of its facilities.
    change_region(&world, &cookie, "North", "act=delete").await;
    expected.push(format!("region leave North {two}"));
    assert_eq!(list_moves(&world).await, expected);
    let acts: Vec<String> = world.access().await.into_iter().take(2).map(|row| row.act).collect();
    assert_eq!(acts, ["region delete", "region leave"]);
}

#[tokio::test]
async fn what_programs_put_into_regions_is_in_the_log_too() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let north = add_region(&world, &cookie, "North").await;
    let south = add_region(&world, &cookie, "South").await;
    let token = world.add_writer(world.a.scope).await;
    let new = json!({ "name": "Hillside", "zone": "Europe/Berlin", "region": north });
    let made = send_json(&world, Method::POST, "/api/v1/facilities", &token, &new).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let path = made.header("location").to_owned();
    let change = async |region: Value| {
        send_json(&world, Method::PATCH, &path, &token, &json!({ "region": region })).await
    };
    for region in [json!(south), json!(south), Value::Null] {
        let got = change(region).await;
        assert_eq!(got.status, StatusCode::OK, "{}", got.body);
    }
    let unknown = change(json!("01JD0000000000000000000000")).await;
    assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", unknown.body);
    let facility = path.rsplit('/').next().unwrap();
    let expected = ["region join North", "region leave North", "region join South", "region leave South"];
    assert_eq!(list_moves(&world).await, expected.map(|moved| format!("{moved} {facility}")));
    let rows = world.access().await;
    let mut moves = rows.iter().filter(|row| row.act.starts_with("region ") && row.facility.is_some());
    assert!(moves.all(|row| row.who.starts_with("program ")), "{rows:?}");
}

#[tokio::test]
async fn a_token_that_sees_some_facilities_puts_none_into_a_region() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let north = add_region(&world, &cookie, "North").await;
    let places = [world.a.sites[1].id.to_string()];
    let narrow = TokenOrder {
        name: "narrow",
        life: TokenLife::Never,
        scope: TokenScope::Write,
        places: Some(&places),
        origins: &[],
        id: None,
    };
    let token = world.add_token(world.a.scope, narrow).await;
    let path = format!("/api/v1/facilities/{}", places[0]);
    let got = send_json(&world, Method::PATCH, &path, &token, &json!({ "region": north })).await;
    assert_eq!(got.status, StatusCode::FORBIDDEN, "{}", got.body);
    assert!(got.body.contains("/problems/token-facilities"), "{}", got.body);
    let same = send_json(&world, Method::PATCH, &path, &token, &json!({ "region": null })).await;
    assert_eq!(same.status, StatusCode::OK, "it is in none: {}", same.body);
    assert!(list_moves(&world).await.is_empty());
}

#[tokio::test]
async fn names_of_regions_are_not_for_whoever_sees_some_facilities() {
    let world = World::new().await;
    let admin = world.sign_in(&world.a.email).await;
    add_region(&world, &admin, "Nightshade").await;
    let own = world.a.sites[0].id;
    let put = format!("act=save&name=Nightshade&places.{own}=none");
    change_region(&world, &admin, "Nightshade", &put).await;
    change_region(&world, &admin, "Nightshade", "act=save&name=Nightshade").await;
    let path =
        world.invite(&admin, &format!("email=tom%40linden.example&role=facility_admin&places={own}")).await;
    let theirs = world.join(&path, "Tom").await;
    let (all, some) =
        (world.get("/app/access", &admin).await.body, world.get("/app/access", &theirs).await.body);
    for act in ["Put a facility into a region", "Took a facility out of a region"] {
        for page in [&all, &some] {
            let row = page.split("<tr").find(|row| row.contains(act)).expect("a row");
            assert!(row.contains("Linden Valley Hospital"), "{row}");
        }
    }
    assert!(all.contains("Nightshade") && !some.contains("Nightshade"), "{some}");
}
