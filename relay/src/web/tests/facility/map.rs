//! The map, the places of facilities, and the guides.

use axum::http::StatusCode;

use crate::web::tests::world::{World, csrf};

#[tokio::test]
async fn a_facility_with_a_place_is_on_the_map() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let empty = world.get("/app/map", &cookie).await.body;
    assert!(empty.contains("No facility has a place yet") && empty.contains("Linden Eastfield"), "{empty}");
    let path = format!("/app/facilities/{}/place", world.a.sites[0].id);
    let form = world.get(&path, &cookie).await.body;
    let save =
        async |fields: &str| world.post(&path, &cookie, &format!("csrf={}&{fields}", csrf(&form))).await;
    for (fields, words) in [
        ("latitude=91&longitude=1", "Enter a latitude"),
        ("latitude=41&longitude=", "Enter a longitude"),
        ("latitude=&longitude=3", "Enter a latitude"),
    ] {
        let refused = save(fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    let done = save("address=1+Main+%3Cb%3E&latitude=41.87811&longitude=-87.6298").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let map = world.get("/app/map", &cookie).await.body;
    for words in [
        "<svg class=\"map\"",
        "Map with 1 facility",
        ">Linden Valley Hospital</text>",
        "1 Main &#60;b&#62;",
        "https://www.openstreetmap.org/directions?to=41.87811%2C-87.62980",
    ] {
        assert!(map.contains(words), "{words}: {map}");
    }
    assert!(map.len() < 60 * 1024, "{} bytes", map.len());
    assert!(world.get(&path, &cookie).await.body.contains("value=\"-87.62980\""));
    let auditor = world.sign_in(&world.a.auditor).await;
    let seen = world.get("/app/map", &auditor).await.body;
    assert!(seen.contains("Valley Hospital") && !seen.contains("/place"), "{seen}");
    assert_eq!(world.get(&path, &auditor).await.status, StatusCode::FORBIDDEN);
    let other = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/map", &other).await.body.contains("Valley"), "another account's");
    assert_eq!(world.get(&path, &other).await.status, StatusCode::NOT_FOUND);
    assert!(world.get("/app/access", &cookie).await.body.contains("Said where a facility is"));
    assert_eq!(save("address=&latitude=&longitude=").await.status, StatusCode::SEE_OTHER);
    assert!(world.get("/app/map", &cookie).await.body.contains("No facility has a place yet"));
}

#[tokio::test]
async fn anybody_reads_the_guides() {
    let world = World::new().await;
    let list = world.get("/help", "").await.body;
    assert!(list.contains("href=\"/help/admin-guide\"") && list.contains("For admins of an account"));
    let guide = world.get("/help/admin-guide", "").await.body;
    assert!(guide.contains("The first box in five minutes") && guide.contains("href=\"/help/glossary\""));
    assert!(!guide.contains("href=\"operations.md"), "what is not here is no link");
    assert_eq!(world.get("/help/operations", "").await.status, StatusCode::NOT_FOUND);
    let cookie = world.sign_in(&world.a.email).await;
    assert!(world.get("/help", &cookie).await.body.contains("Priya Linden"));
    assert!(world.get("/app/", &cookie).await.body.contains("<footer><a class=\"link\" href=\"/help\">"));
}

#[tokio::test]
async fn an_account_has_a_name_and_colour_of_its_own() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let form = world.get("/app/brand", &cookie).await.body;
    assert!(
        form.contains("<span translate=\"no\">CleanTrack</span></a>")
            && form.contains("Linden Health Partners"),
        "{form}"
    );
    let save = async |fields: &str| {
        world.post("/app/brand", &cookie, &format!("csrf={}&{fields}", csrf(&form))).await
    };
    for (fields, words) in [
        ("name=&accent=", "Enter a name"),
        ("name=Linden&accent=%23ffee00", "hard to read"),
        ("name=Linden&accent=red", "six hexadecimal digits"),
    ] {
        let refused = save(fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    let done = save("name=Linden+%3CCare%3E&accent=7F1A14").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    let page = world.get("/app/", &cookie).await.body;
    assert!(page.contains("<span translate=\"no\">Linden &#60;Care&#62;</span></a>"), "{page}");
    assert!(page.contains("<link rel=\"stylesheet\" href=\"/brand/7f1a14.css\">"), "{page}");
    let sheet = world.get("/brand/7f1a14.css", "").await;
    assert_eq!((sheet.status, sheet.header("content-type")), (StatusCode::OK, "text/css; charset=utf-8"));
    assert!(sheet.body.contains("--band:#7f1a14"), "{}", sheet.body);
    for other in ["ffffff.css", "7f1a14", "x.css", "7f1a14x.css"] {
        assert_eq!(world.get(&format!("/brand/{other}"), "").await.status, StatusCode::NOT_FOUND, "{other}");
    }
    let zebra = world.sign_in(&world.b.email).await;
    assert!(!world.get("/app/", &zebra).await.body.contains("/brand/"), "another account's");
    let auditor = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app/brand", &auditor).await.status, StatusCode::FORBIDDEN);
    assert_eq!(save("name=Linden&accent=").await.status, StatusCode::SEE_OTHER);
    assert!(!world.get("/app/", &cookie).await.body.contains("/brand/"));
}
