//! What people become who come by a provider for the first time: as their groups say where an admin has said what those make of
//! anybody, else of no facility.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::oidc::{OidcWorld, between, is_in};
use crate::web::tests::world::{Got, World};

async fn come(oidc: &OidcWorld, subject: &str, claim: &str, value: Value) -> Got {
    let email = format!("{subject}@linden.example");
    let came = oidc.come_saying(subject, &email, |claims| claims[claim] = value).await;
    assert!(is_in(&came), "{subject}: {}", came.body);
    came
}

async fn add_group(oidc: &OidcWorld, group: &str, role: &str, place: &str) {
    let form = format!("act=group-add&group={group}&role={role}&place={place}");
    let added = oidc.act(&form).await;
    assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
}

async fn became(oidc: &OidcWorld, subject: &str) -> String {
    let log = oidc.log().await;
    between(&log, &format!("{subject}@linden.example oidc join "), " done").to_owned()
}

async fn opened(world: &World, cookie: &str) -> Vec<bool> {
    let mut opened = Vec::new();
    for site in &world.a.sites {
        let got = world.get(&format!("/app/f/{}", site.id), cookie).await;
        opened.push(got.status == StatusCode::OK);
    }
    opened
}

#[tokio::test]
async fn whoever_is_in_no_group_sees_nothing_until_an_admin_says_what() {
    let oidc = OidcWorld::new().await;
    let cookie = come(&oidc, "ana", "groups", json!(["unknown"])).await.cookie();
    assert_eq!(became(&oidc, "ana").await, "technician none");
    let home = oidc.world.get("/app/", &cookie).await;
    assert_eq!(home.status, StatusCode::OK);
    assert!(home.body.contains("You see no facility yet") && home.body.contains("ana@linden.example"));
    assert!(
        !home.body.contains("Valley Hospital")
            && !home.body.contains("<form method=\"post\" action=\"/app/boxes")
    );
    assert_eq!(opened(&oidc.world, &cookie).await, [false; 3]);
    for path in ["/app/gaps", "/app/boxes", "/api/v1/equipment", "/live?since=0"] {
        let got = oidc.world.get(path, &cookie).await;
        assert!(!got.body.contains("Linden pump") && !got.body.contains("Valley"), "{path}: {}", got.body);
    }
    let people = oidc.world.get("/app/people", &oidc.cookie).await.body;
    assert!(people.contains("no facility yet"), "{people}");
    let href = people.split("href=\"/app/people/").find(|rest| rest.contains("ana@linden.example"));
    let href = href.unwrap().split('"').next().unwrap();
    let terms = format!("role=technician&all=&places={}", oidc.world.a.sites[0].id);
    let person = format!("/app/people/{href}");
    let given = oidc.world.send_form(&person, &format!("{person}/terms"), &oidc.cookie, &terms).await;
    assert_eq!(given.status, StatusCode::SEE_OTHER, "{}", given.body);
    assert_eq!(opened(&oidc.world, &cookie).await, [true, false, false]);
}

#[tokio::test]
async fn groups_give_roles_and_facilities_as_the_admin_said() {
    let oidc = OidcWorld::new().await;
    let site = oidc.world.a.sites[1].id.to_string();
    add_group(&oidc, "CT+Nurses", "technician", &site).await;
    add_group(&oidc, "CT+Biomed", "biomed", "all").await;
    add_group(&oidc, "CT+IT", "account_admin", "all").await;
    let page = oidc.world.get("/app/sign-in", &oidc.cookie).await.body;
    assert!(
        page.contains("<strong translate=\"no\">CT Nurses</strong> <span translate=\"no\">technician, Linden Riverside Imaging"),
        "{page}"
    );
    let many: Vec<String> = (0..10_000).map(|n| format!("g{n}")).chain(["CT Nurses".to_owned()]).collect();
    for (subject, value, what) in [
        ("one", json!("CT Nurses"), format!("technician {site}")),
        ("many", json!(many), format!("technician {site}")),
        ("two", json!(["CT Nurses", "CT Biomed"]), "biomed all".to_owned()),
        ("owe", json!(["CT Biomed", "CT Nurses", "CT IT"]), "account_admin all".to_owned()),
        ("nested", json!([["CT IT"], {"CT IT": "CT IT"}]), "technician none".to_owned()),
        ("object", json!({"CT IT": ["CT IT"]}), "technician none".to_owned()),
        ("lower", json!(["ct it"]), "technician none".to_owned()),
        ("joined", json!("CT IT,CT Biomed"), "technician none".to_owned()),
        ("null", json!(null), "technician none".to_owned()),
        ("number", json!(1), "technician none".to_owned()),
    ] {
        come(&oidc, subject, "groups", value).await;
        assert_eq!(became(&oidc, subject).await, what, "{subject}");
    }
    // An admin by a group is an admin, and not the owner.
    let admin = oidc.come("owe", "owe@linden.example").await.cookie();
    assert_eq!(oidc.world.get("/app/people", &admin).await.status, StatusCode::OK);
    let me = oidc.world.get("/app/people", &oidc.cookie).await.body;
    assert!(me.contains("owner"), "{me}");
    // Another claim is not looked at, and later sign-ins change nothing.
    come(&oidc, "roles", "roles", json!(["CT IT"])).await;
    assert_eq!(became(&oidc, "roles").await, "technician none");
    let role = come(&oidc, "roles", "groups", json!(["CT IT"])).await.cookie();
    assert_eq!(oidc.world.get("/app/people", &role).await.status, StatusCode::FORBIDDEN);
    // Once the claim is another one, it is.
    let form = format!("act=save&{}&claim=roles", OidcWorld::form("biomed"));
    assert_eq!(oidc.act(&form).await.status, StatusCode::SEE_OTHER);
    come(&oidc, "late", "roles", json!(["CT Nurses"])).await;
    assert_eq!(became(&oidc, "late").await, format!("technician {site}"));
    come(&oidc, "default", "groups", json!(["CT IT"])).await;
    assert_eq!(became(&oidc, "default").await, "biomed none");
    let log = oidc.log().await;
    assert!(log.contains("oidc group add CT Biomed biomed all done"), "{log}");
    // Taken away, a group makes nothing of anybody.
    let remove = "act=group-remove&group=CT+IT&role=account_admin&place=all";
    assert_eq!(oidc.act(remove).await.status, StatusCode::SEE_OTHER);
    assert_eq!(oidc.act(remove).await.status, StatusCode::NOT_FOUND);
    come(&oidc, "gone", "roles", json!("CT IT")).await;
    assert_eq!(became(&oidc, "gone").await, "biomed none");
}

#[tokio::test]
async fn an_admin_says_of_groups_what_fits() {
    let oidc = OidcWorld::new().await;
    let foreign = oidc.world.b.sites[0].id;
    for (form, says) in [
        ("group=&role=technician&place=none".to_owned(), "Enter the group"),
        ("group=IT&role=super_admin&place=all".to_owned(), "Choose what new people become"),
        ("group=IT&role=auditor&place=all".to_owned(), "Choose what new people become"),
        ("group=IT&role=account_admin&place=none".to_owned(), "sees every facility"),
        (format!("group=IT&role=biomed&place={foreign}"), "Choose a facility or region"),
        ("group=IT&role=biomed&place=".to_owned(), "Choose a facility or region"),
    ] {
        let got = oidc.act(&format!("act=group-add&{form}")).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{form}");
        assert!(got.body.contains(says), "{form}: {}", got.body);
    }
    let form = format!("act=save&{}&claim=a+b", OidcWorld::form("biomed"));
    assert!(oidc.act(&form).await.body.contains("without spaces"));
    // Groups of a provider go with it, and another account's provider has none.
    add_group(&oidc, "IT", "biomed", "all").await;
    let b = oidc.world.sign_in(&oidc.world.b.email).await;
    let token = crate::web::tests::world::csrf(&oidc.world.get("/app/me", &b).await.body).to_owned();
    for act in ["group-add", "group-remove"] {
        let form = format!("csrf={token}&act={act}&group=IT&role=biomed&place=all");
        let got = oidc.world.post(&format!("/app/sign-in/{}", oidc.id), &b, &form).await;
        assert_eq!(got.status, StatusCode::NOT_FOUND, "{act}");
    }
    // Okta is asked for them.
    let plain = oidc.begin(&format!("provider={}", oidc.id)).await;
    assert!(plain.url.contains("scope=openid+email+profile&"), "{}", plain.url);
    let okta = OidcWorld::form("technician").replace("preset=other", "preset=okta");
    assert_eq!(oidc.act(&format!("act=save&{okta}")).await.status, StatusCode::SEE_OTHER);
    let asks = oidc.begin(&format!("provider={}", oidc.id)).await;
    assert!(asks.url.contains("scope=openid+email+profile+groups&"), "{}", asks.url);
}

#[tokio::test]
async fn of_many_facilities_a_group_names_its_place() {
    let oidc = OidcWorld::new().await;
    oidc.world.add_hundred().await;
    let page = oidc.world.get("/app/sign-in", &oidc.cookie).await.body;
    assert!(page.contains("name=\"named\"") && !page.contains(">Ward 07<"), "{page}");
    let add = async |named: &str| {
        oidc.act(&format!("act=group-add&group=IT&role=biomed&named={named}")).await.status
    };
    assert_eq!(add("Ward+700").await, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(add("ward+07%0AWard+08").await, StatusCode::UNPROCESSABLE_ENTITY, "a place is one");
    for named in ["ward+07", "Every+facility", ""] {
        assert_eq!(add(named).await, StatusCode::SEE_OTHER, "{named}");
    }
    let page = oidc.world.get("/app/sign-in", &oidc.cookie).await.body;
    for place in ["Ward 07", "every facility", "no facility"] {
        assert!(page.contains(&format!("biomed, {place}")), "{place}: {page}");
    }
}
