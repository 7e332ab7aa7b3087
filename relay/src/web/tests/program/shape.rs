//! What programs read: described, whole, and with its proofs.

use axum::http::{Request, StatusCode, header};
use serde_json::{Value, json};

use crate::web::tests::world::{NOW_MS, World};

async fn ask(world: &World, path: &str) -> Value {
    serde_json::from_str(&world.api(path, &world.a.token).await.body).unwrap()
}

#[tokio::test]
async fn what_is_answered_is_described() {
    let world = World::new().await;
    let facility = world.a.sites[0].id;
    let described = ask(&world, "/api/openapi.json").await;
    for (list, schema) in
        [("equipment", "Equipment"), ("cleanings", "Cleaning"), ("compliance", "Compliance")]
    {
        let reported = ask(&world, &format!("/api/v1/{list}?facility={facility}")).await;
        let item = reported["items"][0].as_object().unwrap();
        let properties = described["components"]["schemas"][schema]["properties"].as_object().unwrap();
        for name in item.keys() {
            assert!(properties.contains_key(name), "{name} of {list} is not described");
        }
    }
}

/// What a box tells programs of an item, this relay tells them too.
#[tokio::test]
async fn an_item_has_all_that_its_facility_says_of_it() {
    let mut world = World::new().await;
    let site = &mut world.a.sites[0];
    let (id, tag, one) = (site.id, site.tags[0], &mut site.one);
    let change = r#""photo":"optional","photo_one_in":5,"single_use":true,"loan":{"until":"2026-12-31","owner":"Sonara"},"custom":{"Side":"left"}"#;
    one.tell(NOW_MS, "equipment.changed", &format!(r#"{{"tag":"{tag}",{change}}}"#));
    one.tell(NOW_MS, "equipment.suspended", &format!(r#"{{"tag":"{tag}","back":"2026-12-24"}}"#));
    one.send(&world.ingest).await;
    let item = ask(&world, &format!("/api/v1/facilities/{id}/equipment/{tag}")).await;
    for (name, value) in [
        ("photo_one_in", json!(5)),
        ("single_use", json!(true)),
        ("loan", json!({ "until": "2026-12-31", "owner": "Sonara" })),
        ("custom", json!({ "Side": "left" })),
        ("service", json!("out")),
        ("back", json!("2026-12-24")),
        ("time_uncertain", json!(false)),
    ] {
        assert_eq!(item[name], value, "{name} of {item}");
    }
}

#[tokio::test]
async fn a_cleaning_has_its_receipt_contact_and_photos_that_open() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let photo = world.photo_of_a().await;
    let reported = ask(&world, &format!("/api/v1/cleanings?facility={}&limit=1000", site.id)).await;
    let cleaning = reported["items"].as_array().unwrap().iter().find(|c| c["proof"] == "pin").unwrap();
    let (epoch, seq) = (site.one.origin.epoch, cleaning["seq"].as_u64().unwrap());
    assert_eq!(cleaning["id"], format!("{epoch}.{seq}"));
    let proof = ask(&world, &format!("/api/v1/proof/{seq}?box={}", site.one.id)).await;
    let entry = record::entry::Entry::parse(proof["entry"].as_str().unwrap().as_bytes()).unwrap();
    let of = record::kinds::EntryRef { epoch, seq };
    assert_eq!(cleaning["receipt"], record::receipt::Receipt::of(of, entry.leaf()).to_string());
    assert_eq!(cleaning["contact"]["measured_s"], 64);
    assert!(cleaning["photos"][0].as_str().unwrap().starts_with("/photos/"), "{cleaning}");

    let open = async |token: &str| {
        let request =
            Request::get(format!("/photos/{photo}")).header(header::AUTHORIZATION, format!("Bearer {token}"));
        world.ask(request.body(axum::body::Body::empty()).unwrap()).await.status
    };
    assert_eq!(open(&world.a.token).await, StatusCode::OK);
    assert_eq!(open(&world.b.token).await, StatusCode::NOT_FOUND);
    assert_eq!(open("ct_x").await, StatusCode::UNAUTHORIZED);
    world.state.photos.put(world.a.scope, photo.parse().unwrap(), "another picture".into()).await.unwrap();
    assert_eq!(open(&world.a.token).await, StatusCode::NOT_FOUND, "no evidence that was altered is shown");
}

/// An auditor reads who it was, and not only a hash.
#[tokio::test]
async fn names_come_with_a_proof_where_they_are_asked_for() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let reported = ask(&world, &format!("/api/v1/cleanings?facility={}&limit=1000", site.id)).await;
    let typed = reported["items"].as_array().unwrap().iter().find(|c| c["proof"] == "typed").unwrap();
    let path = format!("/api/v1/proof/{}?box={}&epoch={}", typed["seq"], site.one.id, site.one.origin.epoch);
    let plain: record::proof::RecordProof = serde_json::from_value(ask(&world, &path).await).unwrap();
    assert_eq!(plain.check(&[], &[]).unwrap().texts, []);
    let named = ask(&world, &format!("{path}&texts=1")).await;
    let named: record::proof::RecordProof = serde_json::from_value(named).unwrap();
    let proven = named.check(&[], &[]).unwrap();
    assert_eq!(proven.texts.len(), proven.entry.redactables().len());
    assert!(!proven.texts.is_empty());
    let request = Request::get(format!("{path}&texts=no"));
    let request = request.header(header::AUTHORIZATION, format!("Bearer {}", world.a.token));
    let refused = world.ask(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn one_facility_tells_its_items_and_many_do_not() {
    let world = World::new().await;
    let site = &world.a.sites[0];
    let one = ask(&world, &format!("/api/v1/compliance?facility={}", site.id)).await;
    let old = ask(&world, &format!("/api/facilities/{}/compliance/", site.id)).await;
    let items = one["items"][0]["items"].as_array().unwrap();
    assert_eq!(&old["items"], &one["items"][0]["items"]);
    assert_eq!(items.len(), site.tags.len());
    for number in ["met", "closed"] {
        let sum: u64 = items.iter().map(|i| i["last_30_days"][number].as_u64().unwrap()).sum();
        assert_eq!(one["items"][0]["last_30_days"][number], sum, "{number}");
    }
    let many = ask(&world, "/api/v1/compliance").await;
    assert!(many["items"].as_array().unwrap().iter().all(|f| f.get("items").is_none()));
}
