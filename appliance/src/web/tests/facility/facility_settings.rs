//! The facility's settings over the API, the people of the staff, and what reads what the facility says.

use http::header::{ACCEPT_LANGUAGE, CACHE_CONTROL, CONTENT_LANGUAGE, ETAG, IF_MATCH};
use record::entry::EntryAuthor;
use record::kinds::SpauldingClass;
use serde_json::{Value, json};

use crate::intake::SettingsChange;
use crate::web::compose_first_slip;
use crate::web::tests::programs::calls::{Program, program};
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

const FACILITY: &str = "/api/v1/facility";

fn patch(body: &Value) -> Request<Body> {
    let request = Request::patch(FACILITY).header(CONTENT_TYPE, "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

impl Program<'_> {
    async fn set(&self, body: &Value) -> Answer {
        self.send(patch(body)).await
    }
}

async fn say(world: &World, change: SettingsChange) {
    world.give(Command::ChangeFacility(Box::new(change))).await;
}

#[tokio::test]
async fn a_program_sees_changes_and_clears_each_setting() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let changes = [
        (json!({ "name": "Elm Valley" }), None),
        (json!({ "zone": "Europe/Berlin" }), None),
        (json!({ "label_host": "HTTPS://CLEAN.EXAMPLE" }), None),
        (json!({ "contact": "ext. 2" }), Some(json!({ "contact": "" }))),
        (json!({ "allow_unattributed": false }), Some(json!({ "allow_unattributed": true }))),
        (json!({ "undo_min": 15 }), None),
        (json!({ "pin_proof_min": 0 }), None),
        (json!({ "problem": "anyone" }), None),
        (json!({ "queued": "incomplete" }), Some(json!({ "queued": "count" }))),
        (json!({ "competency": "refuse" }), None),
        (json!({ "locale": "es-MX" }), Some(json!({ "locale": "" }))),
        (json!({ "languages": ["es"] }), Some(json!({ "languages": [] }))),
        (json!({ "inspection_day": "2027-03-01" }), None),
        (json!({ "inspection_title": "State" }), Some(json!({ "inspection_title": "" }))),
        (json!({ "survey": "2024-02-29" }), None),
        (json!({ "shifts": ["07:00", "19:00"] }), Some(json!({ "shifts": [] }))),
        (json!({ "brand_name": "Elm" }), Some(json!({ "brand_name": "" }))),
        (json!({ "brand_colour": "#0b5d5e" }), Some(json!({ "brand_colour": "" }))),
        (json!({ "retain_years": 10 }), None),
        (json!({ "who": { "critical": ["pin"] } }), None),
    ];
    for (change, cleared) in &changes {
        for change in [Some(change), cleared.as_ref()].into_iter().flatten() {
            let answer = program.set(change).await;
            let (now, seen) = (answer.is(200).json(), program.get(FACILITY).await);
            assert_eq!(seen.is(200).json(), now);
            assert_eq!(seen.header(ETAG), answer.header(ETAG));
            let (name, value) = change.as_object().unwrap().iter().next().unwrap();
            assert_eq!(&now[name], value, "{name}");
        }
    }
    // A day that is cleared clears the inspection's title too; cleared methods follow the rule for names again.
    program.set(&json!({ "inspection_title": "State" })).await.is(200);
    let cleared = json!({ "inspection_day": "", "survey": "", "who": { "critical": [] } });
    let now = program.set(&cleared).await.is(200).json();
    assert_eq!((&now["inspection_day"], &now["survey"]), (&Value::Null, &Value::Null));
    assert_eq!((&now["inspection_title"], &now["who"]), (&json!(""), &json!({})));
    let settings = world.state.store.facility().settings.clone();
    assert_eq!(crate::intake::methods_of_class(&settings.who, SpauldingClass::Critical), None);
    // What can be set is what can be seen.
    let settable = serde_json::to_value(SettingsChange::default()).unwrap();
    let keys =
        |value: &Value| value.as_object().unwrap().keys().cloned().collect::<std::collections::BTreeSet<_>>();
    assert_eq!(keys(&settable), keys(&now));
    let named: std::collections::BTreeSet<_> = changes.iter().flat_map(|(change, _)| keys(change)).collect();
    assert_eq!(named, keys(&settable));
}

#[tokio::test]
async fn a_zone_is_stored_by_its_present_name() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    for (entered, name) in [("america/havana", "America/Havana"), ("US/Eastern", "America/New_York")] {
        assert_eq!(program.set(&json!({ "zone": entered })).await.is(200).json()["zone"], name);
        assert_eq!(world.state.store.facility().settings.zone(), name);
    }
}

#[tokio::test]
async fn what_does_not_hold_is_refused_with_its_field_and_nothing_is_stored() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let size = world.size();
    for (change, field) in [
        (json!({ "zone": "Mars/Olympus" }), "zone"),
        (json!({ "zone": "Factory" }), "zone"),
        (json!({ "undo_min": 1_441 }), "undo_min"),
        (json!({ "pin_proof_min": 61 }), "pin_proof_min"),
        (json!({ "problem": "sometimes" }), "problem"),
        (json!({ "queued": "maybe" }), "queued"),
        (json!({ "competency": "nobody" }), "competency"),
        (json!({ "who": { "critical": ["pin", "stamp"] } }), "who_critical"),
        (json!({ "locale": "tlh" }), "locale"),
        (json!({ "locale": "xx" }), "locale"),
        (json!({ "languages": ["en", "tlh"] }), "languages"),
        (json!({ "languages": ["en", "en"] }), "languages"),
        (json!({ "inspection_title": "State" }), "inspection_day"),
        (json!({ "inspection_day": "2024-01-01" }), "inspection_day"),
        (json!({ "inspection_day": "2027-03-01", "inspection_title": "x".repeat(121) }), "inspection_title"),
        (json!({ "survey": "2027-03-01" }), "survey"),
        (json!({ "shifts": ["19:00", "07:00"] }), "shifts"),
        (json!({ "shifts": ["07:00", "07:00"] }), "shifts"),
        (json!({ "shifts": ["01:00", "02:00", "03:00", "04:00", "05:00", "06:00", "07:00"] }), "shifts"),
        (json!({ "brand_name": "a\u{202e}b" }), "brand_name"),
        (json!({ "brand_colour": "teal" }), "brand_colour"),
        (json!({ "brand_colour": "#8fe0bb" }), "brand_colour"),
        (json!({ "retain_years": 0 }), "retain_years"),
        (json!({ "retain_years": 100 }), "retain_years"),
    ] {
        let refused = program.set(&change).await;
        assert_eq!(refused.is(422).json()["field"], field, "{change}");
    }
    for malformed in [
        json!({ "inspection_day": "2027-02-30" }),
        json!({ "survey": "yesterday" }),
        json!({ "shifts": ["7"] }),
        json!({ "shifts": ["24:00"] }),
        json!({ "retain_years": -1 }),
        json!({ "relay_may": [] }),
        json!({ "seen": "1.7" }),
    ] {
        program.set(&malformed).await.is(422);
    }
    assert_eq!(world.size(), size);
    // Over another version than the newest nothing is changed; an empty change makes no entry.
    let first = program.get(FACILITY).await.is(200).header(ETAG).to_owned();
    program.set(&json!({ "contact": "ext. 9" })).await.is(200);
    let mut stale = patch(&json!({ "contact": "ext. 10" }));
    stale.headers_mut().insert(IF_MATCH, first.parse().unwrap());
    program.send(stale).await.is(412);
    program.set(&json!({})).await.is(200).has("ext. 9");
    assert_eq!(world.size(), size + 1);
    let reader = crate::web::tests::programs::calls::program(&world, ApiTokenScope::Read);
    reader.set(&json!({ "contact": "ext. 11" })).await.is(403);
    reader.get(FACILITY).await.is(200);
}

#[tokio::test]
async fn pages_and_printed_things_speak_the_facilitys_language() {
    let world = World::new().await;
    let read = async |header: &'static str| {
        let mut request = Request::get("/").body(Body::empty()).unwrap();
        request.headers_mut().insert(ACCEPT_LANGUAGE, header.parse().unwrap());
        world.send(request, false).await
    };
    assert_eq!(read("fr").await.is(200).header(CONTENT_LANGUAGE), "en-US");
    say(&world, SettingsChange { locale: Some("es-MX".into()), ..SettingsChange::default() }).await;
    assert_eq!(read("fr").await.is(200).header(CONTENT_LANGUAGE), "es-MX");
    let english = read("en").await;
    assert_eq!(english.is(200).has("Español").header(CONTENT_LANGUAGE), "en-US");
    assert_eq!(compose_first_slip(&world.state).title, "Hoja de configuración");
    // Only English is offered: whoever asks for Spanish reads it where their own choice says so, and no page offers it.
    let languages = Some(vec!["en".to_owned()]);
    say(&world, SettingsChange { locale: Some(String::new()), languages, ..SettingsChange::default() }).await;
    let offered = read("es-MX, en;q=0.5").await;
    assert_eq!(offered.is(200).has_not("Español").header(CONTENT_LANGUAGE), "en-US");
    assert_ne!(compose_first_slip(&world.state).title, "Hoja de configuración");
}

#[tokio::test]
async fn pages_carry_the_facilitys_name_and_colour() {
    let world = World::new().await;
    world.get("/").await.is(200).has("</svg>CleanTrack</a>").has_not("/brand/");
    let brand = SettingsChange {
        brand_name: Some("St. Mary <b>".into()),
        brand_colour: Some("#0B5D5E".into()),
        ..SettingsChange::default()
    };
    say(&world, brand).await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    for page in [world.get("/").await, admin.get("/staff/").await] {
        page.is(200).has("St. Mary &#60;b&#62;").has_not("</svg>CleanTrack</a>");
        page.has("<meta name=\"theme-color\" content=\"#0b5d5e\">");
        page.has("<link rel=\"stylesheet\" href=\"/brand/0b5d5e.css\">").has_not("style=");
    }
    let sheet = world.get("/brand/0b5d5e.css").await;
    assert_eq!(sheet.is(200).text(), ":root{--band:#0b5d5e;--on-band:#fff;--mint:#fff}");
    assert!(sheet.header(CACHE_CONTROL).contains("immutable"));
    for other in ["0B5D5E.css", "8fe0bb.css", "0b5d5e", "0b5d5e.css.css", "%3a.css"] {
        world.get(&format!("/brand/{other}")).await.is(404);
    }
}

#[tokio::test]
async fn programs_add_staff_and_say_who_left_but_give_no_pin_and_touch_no_admin() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let program = program(&world, ApiTokenScope::Write);
    let people = "/api/v1/people";
    let size = world.size();
    program
        .post(people, json!({ "name": "Grace", "role": "technician", "pin": "123456" }))
        .await
        .is(422)
        .has("pin");
    program.post(people, json!({ "name": " ", "role": "technician" })).await.is(422).has("name");
    program.post(people, json!({ "name": "Grace", "role": "king" })).await.is(422);
    program.post(people, json!({ "name": "Eve", "role": "facility_admin" })).await.is(403).has("Programs");
    assert_eq!(world.size(), size);
    let body = json!({ "name": "Grace", "role": "technician", "locale": "es", "number": "4410" });
    let added = program.post(people, body).await.is(201).json();
    assert_eq!(
        (&added["name"], &added["locale"], &added["left"]),
        (&json!("Grace"), &json!("es"), &json!(false))
    );
    let id = added["id"].as_str().unwrap().to_owned();
    let staff: StaffId = id.parse().unwrap();
    world.state.identity.pins.set(staff, StaffRole::Technician, "4711").unwrap().unwrap();
    let left = format!("{people}/{id}/left");
    let reader = crate::web::tests::programs::calls::program(&world, ApiTokenScope::Read);
    reader.post(&left, json!({})).await.is(403);
    program.post(&left, json!({})).await.is(204);
    assert!(world.state.store.facility().staff[&staff].left);
    assert!(!world.state.identity.pins.remove(staff, EntryAuthor::BOX).unwrap(), "the PIN went with them");
    program.post(&left, json!({})).await.is(422).has("unknown-staff");
    let own = world
        .state
        .store
        .facility()
        .staff
        .iter()
        .find(|(_, p)| p.role == StaffRole::FacilityAdmin)
        .map(|(id, _)| *id);
    program.post(&format!("{people}/{}/left", own.unwrap()), json!({})).await.is(403).has("Programs");
    admin.get("/staff/people").await.is(200);
}
