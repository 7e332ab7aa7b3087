//! Making and closing facilities by page.

use axum::http::StatusCode;

use record::ids::FacilityId;

use crate::db::facility::closing::list_managed;
use crate::db::facility::facilities::insert_facility;
use crate::web::tests::authentication::mailed_links::region_mark;
use crate::web::tests::world::{NOW_MS, World, csrf};

impl World {
    async fn press_facility(&self, cookie: &str, facility: &str, act: &str) -> StatusCode {
        let page = self.get("/app/facilities", cookie).await.body;
        let form = format!("csrf={}&act={act}", csrf(&page));
        self.post(&format!("/app/facilities/{facility}"), cookie, &form).await.status
    }

    async fn facility_called(&self, name: &str) -> String {
        let rows = list_managed(&mut self.db.read(self.a.scope).await.unwrap()).await.unwrap();
        rows.into_iter().find(|row| row.name == name).expect("it is there").facility
    }
}

#[tokio::test]
async fn an_admin_makes_a_facility_and_closes_it() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/facilities", &cookie).await.body;
    assert!(page.contains("Valley Hospital") && page.contains("America/New_York"), "{page}");
    let add = async |fields: &str| {
        world.post("/app/facilities", &cookie, &format!("csrf={}&{fields}", csrf(&page))).await
    };
    for (fields, words) in [
        ("name=&zone=Europe%2FBerlin", "Enter a name"),
        ("name=Northgate+Clinic&zone=Mars", "Enter a time zone"),
        ("name=Northgate+Clinic", "Enter a time zone"),
    ] {
        let refused = add(fields).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields}");
        assert!(refused.body.contains(words), "{}", refused.body);
    }
    for _ in 0..2 {
        let made = add("name=Northgate+Clinic&zone=Europe%2FBerlin").await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    }
    let listed = world.get("/app/facilities", &cookie).await.body;
    assert_eq!(listed.matches(">Northgate Clinic<").count(), 1, "pressed twice, it is one");
    let facility = world.facility_called("Northgate Clinic").await;
    assert!(listed.contains(&format!("/app/boxes/add?facility={facility}")), "{listed}");
    assert!(world.get("/app/boxes/add", &cookie).await.body.contains("Northgate Clinic"));
    assert!(world.get("/app/", &cookie).await.body.contains("Northgate Clinic"));
    // Closed, it is in no list; its page stays.
    assert_eq!(world.press_facility(&cookie, &facility, "close").await, StatusCode::SEE_OTHER);
    for path in ["/app/", "/app/boxes/add"] {
        assert!(!world.get(path, &cookie).await.body.contains("Northgate Clinic"), "{path}");
    }
    assert_eq!(world.get(&format!("/app/f/{facility}"), &cookie).await.status, StatusCode::OK);
    let form = format!("csrf={}&facility={facility}", csrf(&listed));
    let claim = world.post("/app/boxes/add", &cookie, &form).await;
    assert!(!claim.status.is_success(), "no box for a closed one: {}", claim.body);
    assert_eq!(world.press_facility(&cookie, &facility, "open").await, StatusCode::SEE_OTHER);
    assert!(world.get("/app/", &cookie).await.body.contains("Northgate Clinic"));
    let log = world.get("/app/access", &cookie).await.body;
    for act in ["Added a facility", "Closed a facility", "Opened a facility again"] {
        assert!(log.contains(act), "{act}");
    }
}

#[tokio::test]
async fn a_facility_with_a_box_and_one_of_others_stay() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let with_box = world.a.sites[0].id.to_string();
    assert_eq!(world.press_facility(&cookie, &with_box, "close").await, StatusCode::CONFLICT);
    assert!(world.get("/app/", &cookie).await.body.contains("Valley Hospital"));
    let foreign = world.b.sites[0].id.to_string();
    assert_eq!(world.press_facility(&cookie, &foreign, "close").await, StatusCode::NOT_FOUND);
    assert_eq!(world.press_facility(&cookie, &with_box, "burn").await, StatusCode::BAD_REQUEST);
    let auditor = world.sign_in(&world.a.auditor).await;
    assert_eq!(world.get("/app/facilities", &auditor).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_new_account_is_led_to_its_first_facility() {
    let world = World::new().await;
    let cookie = world.new_account("ana@oak.example").await;
    let page = world.get("/app/", &cookie).await.body;
    assert!(
        page.contains("Your first box in five minutes") && page.contains("href=\"/app/facilities\""),
        "{page}"
    );
    let list = world.get("/app/facilities", &cookie).await.body;
    let form = format!("csrf={}&name=Oak+Clinic&zone=America%2FChicago", csrf(&list));
    assert_eq!(world.post("/app/facilities", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let page = world.get("/app/", &cookie).await.body;
    assert!(page.contains("Oak Clinic") && page.contains("Create claim file"), "{page}");
}

#[tokio::test]
async fn regions_are_compared_as_far_as_somebody_sees_them() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/compare", &cookie).await.body;
    assert!(page.contains("There is no region yet") && page.contains("in no region"), "{page}");
    let regions = world.get("/app/regions", &cookie).await.body;
    world.post("/app/regions", &cookie, &format!("csrf={}&name=North", csrf(&regions))).await;
    let regions = world.get("/app/regions", &cookie).await.body;
    let region = regions.split("action=\"/app/regions/").nth(1).unwrap().split('"').next().unwrap();
    let (csrf, seen) = (csrf(&regions), region_mark(&regions));
    let fields = format!("csrf={csrf}&seen={seen}&act=save&name=North&places.{}=none", world.a.sites[0].id);
    let saved = world.post(&format!("/app/regions/{region}"), &cookie, &fields).await;
    assert_eq!(saved.status, StatusCode::SEE_OTHER);
    let page = world.get("/app/compare", &cookie).await.body;
    let link = format!("/app/?region={region}");
    assert!(page.contains(&format!("<a href=\"{link}\" translate=\"no\">North</a>")), "{page}");
    let shown = world.get(&link, &cookie).await.body;
    assert!(shown.contains("Only facilities of the region North"), "{shown}");
    let table = shown.split("id=\"sites\"").nth(1).unwrap().split("</table>").next().unwrap();
    assert!(table.contains("Valley Hospital") && !table.contains("Eastfield"), "{table}");
    assert!(
        table.contains(&format!("&amp;region={region}")) || table.contains(&format!("&#38;region={region}")),
        "{table}"
    );
    let other = world.sign_in(&world.b.email).await;
    let foreign = world.get(&link, &other).await;
    assert!(!foreign.body.contains("North"), "another account's region is none");
    assert!(!world.get("/app/compare", &other).await.body.contains("North"));
}

impl World {
    pub(in crate::web::tests) async fn add_hundred(&self) {
        let mut tx = self.db.write(self.a.scope).await.unwrap();
        for n in 0..100 {
            let facility = FacilityId::new(7, [0, 0, 0, 0, 0, 0, 0, 0, 0, n]);
            insert_facility(&mut tx, facility, &format!("Ward {n:02}"), "UTC", NOW_MS).await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_address_of_a_form_leads_to_its_page() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    let region = FacilityId::new(NOW_MS, [3; 10]);
    for (form, page) in [
        (format!("/app/regions/{region}"), "/app/regions"),
        (format!("/app/facilities/{}", world.a.sites[0].id), "/app/facilities"),
        ("/app/access/export".to_owned(), "/app/access"),
    ] {
        let got = world.get(&form, &cookie).await;
        assert_eq!((got.status, got.header("location")), (StatusCode::SEE_OTHER, page), "{form}");
        let got = world.get(&form, "").await;
        assert_eq!(got.status, StatusCode::SEE_OTHER, "whoever asks learns no more than that: {form}");
    }
}

#[tokio::test]
async fn many_facilities_are_turned_and_searched() {
    let world = World::new().await;
    world.add_hundred().await;
    let cookie = world.sign_in(&world.a.email).await;
    let first = world.get("/app/facilities", &cookie).await.body;
    assert!(first.contains(">Ward 00<") && !first.contains(">Ward 99<"), "{first}");
    assert!(first.len() < 60_000, "{} bytes", first.len());
    assert!(first.contains("/app/facilities?page=2"), "{first}");
    let third = world.get("/app/facilities?page=3", &cookie).await.body;
    assert!(!third.contains("page=4") && third.contains("page=2"), "{third}");
    let found = world.get("/app/facilities?name=wArD+9", &cookie).await.body;
    assert_eq!(found.matches(">Ward 9").count(), 10, "{found}");
    assert!(!found.contains(">Ward 89<"), "{found}");
    assert!(world.get("/app/facilities?name=%25", &cookie).await.body.contains("No facility fits"));
    // Whoever searched comes back to what they found.
    let ward = FacilityId::new(7, [0, 0, 0, 0, 0, 0, 0, 0, 0, 98]);
    let form = format!("csrf={}&act=close&listed_name=Ward+9&listed_page=1", csrf(&found));
    let closed = world.post(&format!("/app/facilities/{ward}"), &cookie, &form).await;
    assert_eq!(closed.header("location"), "/app/facilities?name=Ward%209&page=1");
    // A second press makes no second one, and later the name is taken.
    let form = format!("csrf={}&name=Ward+100&zone=America%2FNew_York", csrf(&found));
    for status in [StatusCode::SEE_OTHER, StatusCode::SEE_OTHER, StatusCode::UNPROCESSABLE_ENTITY] {
        if status == StatusCode::UNPROCESSABLE_ENTITY {
            world.clock.advance_ms(60_000);
        }
        let made = world.post("/app/facilities", &cookie, &form).await;
        assert_eq!(made.status, status, "{}", made.body);
    }
    let form = format!("csrf={}&name=Zeta&zone=Europe%2FBerlin", csrf(&found));
    assert_eq!(world.post("/app/facilities", &cookie, &form).await.status, StatusCode::SEE_OTHER);
    let corrected = world.post("/app/facilities", &cookie, &form.replace("Berlin", "Paris")).await;
    assert_eq!(corrected.status, StatusCode::UNPROCESSABLE_ENTITY, "another zone is no second press");
    let found = world.get("/app/facilities?name=ward+100", &cookie).await.body;
    assert_eq!(found.matches(">Ward 100<").count(), 1, "{found}");
}

#[tokio::test]
async fn of_many_facilities_names_are_entered_one_a_line() {
    let world = World::new().await;
    world.add_hundred().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/people", &cookie).await.body;
    assert!(page.contains("name=\"named\"") && !page.contains("name=\"places."), "{page}");
    assert!(page.len() < 60_000, "{} bytes", page.len());
    let invite = async |named: &str| {
        let form = format!("csrf={}&email=new%40b.example&role=biomed&named={named}", csrf(&page));
        world.post("/app/people", &cookie, &form).await
    };
    let refused = invite("Ward+07%0D%0AWard+700").await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(
        refused.body.contains("called “Ward 700”") && refused.body.contains("Ward 07\n"),
        "{}",
        refused.body
    );
    let refused = invite("").await;
    assert!(refused.body.contains("at least one of the list"), "{}", refused.body);
    let both = invite("Ward+07&all=on").await;
    assert!(both.body.contains("either every facility, or some"), "{}", both.body);
    let invited = invite("ward+07%0D%0AWARD+08").await;
    assert_eq!(invited.status, StatusCode::OK, "{}", invited.body);
}

#[tokio::test]
async fn regions_of_many_facilities_take_names_and_no_change_is_lost() {
    let world = World::new().await;
    world.add_hundred().await;
    let cookie = world.sign_in(&world.a.email).await;
    let page = world.get("/app/regions", &cookie).await.body;
    world.post("/app/regions", &cookie, &format!("csrf={}&name=North", csrf(&page))).await;
    let page = world.get("/app/regions", &cookie).await.body;
    assert!(page.len() < 60_000, "{} bytes", page.len());
    let region = page.split("/app/regions/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let seen = region_mark(&page).to_owned();
    let save = async |seen: &str, named: &str| {
        let form = format!("csrf={}&act=save&name=North&seen={seen}&named={named}", csrf(&page));
        world.post(&format!("/app/regions/{region}"), &cookie, &form).await
    };
    let refused = save(&seen, "Ward+08%0AWard+700").await;
    assert!(refused.body.contains("called “Ward 700”"), "{}", refused.body);
    assert!(refused.body.contains("href=\"#named-1\""), "it leads to the field: {}", refused.body);
    assert!(refused.body.contains("Ward 08\nWard 700</textarea>"), "all that was entered: {}", refused.body);
    assert_eq!(save(&seen, "Ward+07%0AWard+08").await.status, StatusCode::SEE_OTHER);
    let now = world.get("/app/regions", &cookie).await.body;
    assert!(now.contains("Ward 07\nWard 08</textarea>"), "{now}");
    let stale = save(&seen, "Ward+09").await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    assert!(stale.body.contains("Somebody else changed the region North"), "{}", stale.body);
    assert!(stale.body.contains("Ward 07\nWard 08</textarea>"), "{}", stale.body);
    assert!(stale.body.contains("readonly>North\nWard 09</textarea>"), "nothing is lost: {}", stale.body);
}

#[tokio::test]
async fn a_region_changes_only_from_what_was_shown() {
    let world = World::new().await;
    let cookie = world.sign_in(&world.a.email).await;
    for name in ["North", "South"] {
        world.send_form("/app/regions", "/app/regions", &cookie, &format!("name={name}")).await;
    }
    let page = world.get("/app/regions", &cookie).await.body;
    let cards: Vec<&str> = page.split("action=\"/app/regions/").skip(1).collect();
    let region = |name: &str| {
        let card = cards.iter().find(|card| card.contains(&format!("value=\"{name}\""))).unwrap();
        (card.split('"').next().unwrap().to_owned(), region_mark(card).to_owned())
    };
    let (north, south) = (region("North"), region("South"));
    let csrf = csrf(&page).to_owned();
    let send = async |(region, seen): &(String, String), fields: &str| {
        world
            .post(&format!("/app/regions/{region}"), &cookie, &format!("csrf={csrf}&seen={seen}&{fields}"))
            .await
    };
    let site = &world.a.sites[0].id;
    let save = |name: &str| format!("act=save&name={name}&places.{site}=none");
    let taken = send(&north, &save("South")).await;
    assert_eq!(taken.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(taken.body.contains("called South already") && taken.body.contains("value=\"none\" checked"));
    assert_eq!(send(&north, &save("North")).await.status, StatusCode::SEE_OTHER);
    // The same facility from a page of before, and the end of a region that is another one by now.
    let moved = send(&south, &save("South")).await;
    assert_eq!(moved.status, StatusCode::CONFLICT, "{}", moved.body);
    assert_eq!(send(&north, "act=delete").await.status, StatusCode::CONFLICT);
    // What was ticked while there were few stays when there are many.
    let now = world.get("/app/regions", &cookie).await.body;
    let card = now.split("action=\"/app/regions/").find(|card| card.contains("value=\"North\"")).unwrap();
    let north = (north.0, region_mark(card).to_owned());
    world.add_hundred().await;
    let refused = send(&north, &format!("act=save&name=&places.{site}={}", north.0)).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let name = "Linden Valley Hospital</textarea>";
    assert!(refused.body.contains(name), "{}", refused.body);
    assert!(refused.body.contains(&format!("value=\"{}\"", north.1)), "it changes what was shown then");
}
