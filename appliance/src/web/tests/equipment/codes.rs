//! Codes that are no tags of ours: a hospital’s barcode, a UDI and an id of the old app open the item that they are on.

use record::kinds::{EquipmentPatch, TagReason};
use serde_json::json;

use crate::intake::NewTag;
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;
use crate::web::view_models::page::path_segment::path_segment;

const UDI: &str = "]d20109506000134352172801312112345";
const PLAIN_UDI: &str = "(01)09506000134352(21)12345";

async fn add(tom: &Desk<'_>, code: &str, item: &str) -> Answer {
    let token = tom.get("/staff/codes/new").await.is(200).hidden("form");
    tom.post("/staff/codes/new", &token, &[("code", code), ("item", item)]).await
}

#[tokio::test]
async fn a_barcode_a_udi_and_an_old_id_open_the_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (pump, other) = (world.pump, format!("/t/{}", world.pump));
    world
        .get("/t/?tag=BME-2041188-X")
        .await
        .is(404)
        .has("Nobody has said what this is")
        .has("code=BME-2041188-X");
    let found = world.get("/?q=BME-2041188-X").await;
    found.is(200).has("I scanned this code").has("/t/?tag=BME-2041188-X");
    world.get("/?q=ventilator").await.is(200).has_not("I scanned this code");
    world.get("/t/?tag=0109506000134352").await.is(404).has("is the same on every item of this model");
    for code in ["BME-2041188-X", UDI, "old:equipment:42"] {
        let to = add(&tom, code, pump.as_str()).await.is(303).location();
        assert_eq!(to, format!("/staff/equipment/{pump}#codes"));
    }
    for scanned in [
        "BME-2041188-X",
        "]C0BME-2041188-X",
        PLAIN_UDI,
        "010950600013435210LOT9%1D2112345",
        "old:equipment:42",
    ] {
        for path in ["/t/?tag=", "/?q="] {
            let found = world.get(&format!("{path}{}", scanned.replace(']', "%5D"))).await;
            assert_eq!((found.status, found.location()), (303, other.clone()), "{path}{scanned}");
        }
    }
    tom.get(&format!("/staff/equipment/{pump}"))
        .await
        .has("UDI, since")
        .has(PLAIN_UDI)
        .has("Number in the old app");
    tom.get("/staff/equipment?q=bme-2041").await.has("Infusion pump 14").has_not("Infusion pump 15");
    world.get("/?q=bme-2041").await.is(200).has("Infusion pump 14").has_not("Infusion pump 15");
}

#[tokio::test]
async fn it_is_known_by_which_label_an_item_was_scanned_last() {
    let world = World::new().await;
    let (pump, spare) = (world.pump, Tag::from_random([9, 8, 7, 6, 5]));
    let new = NewTag { tag: Some(spare), equipment: pump, why: TagReason::Spare, replaces: None };
    world.give(Command::AssignTag(new)).await;
    let (program, size) = (program(&world, ApiTokenScope::Read), world.size());
    let tags = format!("/api/v1/equipment/{pump}/tags");
    let last = async || {
        let listed = program.get(&tags).await.is(200).json();
        [0, 1].map(|n| listed["items"][n]["last_scanned_at"].clone())
    };
    world.get(&format!("/t/{pump}")).await.is(200);
    assert_eq!(last().await, [json!(null), json!(null)], "a link opened it, and no label");
    world.get(&format!("/{spare}")).await.is(303);
    let [first, second] = last().await;
    assert_eq!((first, second.is_string()), (json!(null), true));
    world.get(&format!("/?q=HTTP://10.0.0.5/{pump}")).await.is(303);
    world.get("/ABCDEFGH3").await;
    let [first, _] = last().await;
    assert!(first.is_string());
    assert_eq!(world.size(), size, "who scans writes nothing");
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get(&format!("/staff/equipment/{pump}")).await.is(200).has("last scanned ");
}

#[tokio::test]
async fn a_code_is_on_one_item_and_comes_off_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    add(&tom, "BME-2041188-X", "infusion pump 14").await.is(303);
    let size = world.size();
    add(&tom, "BME-2041188-X", "Infusion pump 15").await.is(422).has("is on Infusion pump 14 already");
    add(&tom, "BME-2041188-X", world.pump.as_str()).await.is(422).has("opens this item already");
    add(&tom, "0109506000134352", world.pump.as_str())
        .await
        .is(422)
        .has("the same on every item of this model");
    let of_label = add(&tom, &format!("HTTP://10.0.0.5/{}", world.pump), "Infusion pump 15").await;
    of_label.is(422).has(&format!("This is the tag {} of a label", world.pump));
    add(&tom, "x", world.pump.as_str()).await.is(422).has("A code has 2 to 128 characters");
    add(&tom, "", "").await.is(422).has("There is a problem");
    add(&tom, "BME-7", "BM-20418").await.is(422).has("Several items have this number or name");
    add(&tom, "BME-7", "nothing like it").await.is(422).has("No item in use has this tag");
    assert_eq!(world.size(), size, "nothing is recorded");
    let page = tom.get(&item).await;
    let text = page.text();
    let from = text.find(&format!("{item}/codes/")).unwrap();
    let action = text[from..].split('"').next().unwrap().to_owned();
    let token = page.hidden("form");
    tom.post(&action, &token, &[]).await.is(303);
    assert!(matches!(world.event(size), Event::AliasRemoved(_)));
    tom.post(&action, &token, &[]).await.is(409).has("opens nothing here");
    let former = world.get("/t/?tag=BME-2041188-X").await;
    former.is(404).has("This code was taken off its item").has("It was on Infusion pump 14.");
    former.has(&format!("href=\"/t/{}\"", world.pump)).has("Open Infusion pump 14");
    former.has("href=\"/staff/codes/new?code=BME-2041188-X\"").has_not("Nobody has said what this is");
    // Also where somebody could have meant a tag.
    add(&tom, "BME2041", "Infusion pump 14").await.is(303);
    let page = tom.get(&item).await.text();
    let other = page[page.find(&format!("{item}/codes/")).unwrap()..].split('"').next().unwrap().to_owned();
    tom.post(&other, &token, &[]).await.is(303);
    world.get("/t/?tag=BME2041").await.is(404).has("It was on Infusion pump 14.");
    world.get("/t/?tag=BME2042").await.is(404).has_not("Infusion pump 14");
    add(&tom, "BME-2041188-X", "Infusion pump 15").await.is(303);
    tom.post(&format!("{item}/codes/00"), &token, &[]).await.is(404);
}

#[tokio::test]
async fn an_item_is_entered_with_the_code_that_is_on_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let form = tom
        .get("/staff/equipment/new?code=BME-2041188-X")
        .await
        .is(200)
        .has("This code will open it")
        .hidden("form");
    let fields = |code: &'static str| {
        [("name", "Bed 208"), ("class", "noncritical"), ("photo", "none"), ("every", "never"), ("code", code)]
    };
    let size = world.size();
    let wrong = tom.post("/staff/equipment/new", &form, &fields("0109506000134352")).await;
    wrong.is(422).has("the same on every item of this model").has("href=\"#code\"");
    assert_eq!(world.size(), size, "nothing is stored by half");
    let to = tom.post("/staff/equipment/new", &form, &fields("BME-2041188-X")).await.is(303).location();
    let found = world.get("/t/?tag=BME-2041188-X").await.is(303).location();
    assert_eq!(found.trim_start_matches("/t/"), to.trim_start_matches("/staff/equipment/"));
}

#[tokio::test]
async fn programs_add_find_and_remove_codes() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let path = format!("/api/v1/equipment/{}/codes", world.pump);
    let made = program.post(&path, json!({ "code": UDI })).await.is(201).json();
    assert_eq!(made["code"], PLAIN_UDI);
    assert_eq!(program.get(&path).await.is(200).json()["items"][0]["id"], made["id"]);
    program.post(&path, json!({ "code": world.pump.as_str() })).await.is(422);
    let found = program.get("/api/v1/codes?code=010950600013435221%31%32345").await.is(200).json();
    assert_eq!(found["tag"], world.pump.as_str());
    program.get("/api/v1/codes?code=BME-9").await.is(404);
    let one = format!("{path}/{}", made["id"].as_str().unwrap());
    let delete = || Request::delete(&one).header("idempotency-key", "once").body(Body::empty()).unwrap();
    program.send(delete()).await.is(204);
    program.send(delete()).await.is(204);
    program.get("/api/v1/codes?code=010950600013435221%31%32345").await.is(404);
    program.post(&path, json!({ "code": "old:token:abc123def456" })).await.is(201);
    program.post(&path, json!({ "code": "old:equipment:42" })).await.is(201);
    assert_eq!(program.get("/api/equipment/42/").await.is(200).json()["tag"], world.pump.as_str());
    program.get("/api/equipment/43/").await.is(404);
    let done = world.post("/api/register-cleaning/abc123def456/", &[("cleaned_by", "Ada")]).await;
    done.is(201).has("Infusion pump 14");
    world.post("/api/register-cleaning/fff123def456/", &[("cleaned_by", "Ada")]).await.is(404);
}

#[tokio::test]
async fn one_device_is_one_item_however_its_code_is_written() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Read);
    add(&tom, "(01)09506000134352(21)SN0001", "Infusion pump 14").await.is(303);
    add(&tom, "+A123BJC5D6E71/$+SN0042X", "Infusion pump 15").await.is(303);
    let find = async |code: &str| {
        let code = path_segment(code);
        program.get(&format!("/api/v1/codes?code={code}")).await.json()["name"].clone()
    };
    for scanned in [
        "(01) 09506000134352 (21) SN0001 (11) 240101",
        "]d2010950600013435221SN0001\u{1d}11240101",
        "https://example.org/x/01/9506000134352/21/SN0001?17=271231",
        "010950600013435210LOT~21sn0001",
    ] {
        assert_eq!(find(scanned).await, "Infusion pump 14", "{scanned}");
        add(&tom, scanned, "Infusion pump 15").await.is(422).has("is on Infusion pump 14 already");
    }
    assert_eq!(find("+a123bjc5d6e71/$+sn0042x").await, "Infusion pump 15");
}

#[tokio::test]
async fn case_stars_and_zeros_lead_to_no_other_item() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (pump, pump_page) = (world.pump, format!("/t/{}", world.pump));
    add(&tom, "*BME-4711*", pump.as_str()).await.is(303);
    add(&tom, "bme-4711", "Infusion pump 15").await.is(422).has("The code BME-4711 is on Infusion pump 14");
    for scanned in ["bme-4711", "*BME-4711*", "Bme-4711"] {
        assert_eq!(world.get(&format!("/t/?tag={scanned}")).await.is(303).location(), pump_page);
    }
    add(&tom, "471100", pump.as_str()).await.is(303);
    let hint = world.get("/t/?tag=000471100").await;
    hint.is(404).has("Is it Infusion pump 14? Its code is 471100").has(&format!("href=\"{pump_page}\""));
    // Its nine symbols and their check symbol are right by chance.
    assert!(Tag::read("BME-00-0028").is_ok());
    let unknown = world.get("/t/?tag=BME-00-0028").await;
    unknown.is(404).has("as a tag or as a code").has("/staff/codes/new?code=BME-00-0028");
    // A label that nobody gave to an item.
    assert_eq!(world.get("/t/?tag=7QK+3M9+X2W").await.is(303).location(), "/t/7QK3M9X2W");
    world.get("/t/7QK3M9X2W").await.has("/staff/equipment/new?tag=7QK3M9X2W");
    add(&tom, "BME-00-0028", pump.as_str()).await.is(303);
    assert_eq!(world.get("/t/?tag=BME-00-0028").await.is(303).location(), pump_page);
}

#[tokio::test]
async fn what_a_scanner_spoils_is_named_and_no_code() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let unseparated = "01095060001343521728013110LOT921SN771";
    for (scanned, words) in [
        (unseparated, "the scanner leaves that out"),
        ("HTTP\u{d6}--10.0.0.5-7QK3M9X2W", "another keyboard layout"),
        ("+$+SN00426", "not the product that it is of"),
        ("+A123BJC5D6E71G", "the same on every item of this model"),
    ] {
        let page = world.get(&format!("/t/?tag={}", path_segment(scanned))).await;
        page.is(404).has(words).has_not("/staff/codes/new");
        let found = world.get(&format!("/?q={}", path_segment(scanned))).await;
        assert!(found.is(303).location().starts_with("/t/?tag="), "{scanned}");
        add(&tom, scanned, "Infusion pump 14").await.is(422);
    }
    add(&tom, "(01)09506000134352(21)SN771", "Infusion pump 14").await.is(303);
    add(&tom, "(01)09506000134352(21)SN772", "Infusion pump 15").await.is(303);
    let offered = world.get(&format!("/t/?tag={unseparated}")).await;
    offered.is(404).has(&format!("href=\"/t/{}\"", world.pump)).has_not("Infusion pump 15");
}

#[tokio::test]
async fn an_asset_number_opens_its_item() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let seen = program.get(&item).await.json();
    let number = seen["asset_number"].as_str().unwrap();
    // Two items of the sample have it: which one is asked.
    let several = world.get(&format!("/t/?tag={number}")).await.is(303).location();
    assert_eq!(several, format!("/?q={number}"));
    let fields =
        Box::new(EquipmentPatch { asset_number: Some("BM-99001".into()), ..EquipmentPatch::default() });
    world.give(Command::ChangeEquipment { tag: world.pump, fields, schedule: None, seen: None }).await;
    assert_eq!(world.get("/t/?tag=bm-99001").await.is(303).location(), format!("/t/{}", world.pump));
}

#[tokio::test]
async fn a_product_number_and_a_retired_items_code_are_asked_about() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Write);
    let (pump, size) = (world.pump, world.size());
    let asked = add(&tom, "9506000134352", pump.as_str()).await;
    asked.is(422).has("may be the number of a product").has("name=\"confirmed\"");
    let path = format!("/api/v1/equipment/{pump}/codes");
    program.post(&path, json!({ "code": "9506000134352" })).await.is(409);
    assert_eq!(world.size(), size);
    program.post(&path, json!({ "code": "9506000134352", "confirmed": true })).await.is(201);
    add(&tom, "BME-4711", pump.as_str()).await.is(303);
    world.give(Command::RetireEquipment { tag: pump, reason: "broken".into(), seen: None }).await;
    tom.get(&format!("/staff/equipment/{pump}")).await.has("/staff/codes/new?code=BME-4711");
    let size = world.size();
    let asked = add(&tom, "bme-4711", "Infusion pump 15").await;
    asked.is(422).has("Infusion pump 14, which is retired, has this code");
    let token = asked.hidden("form");
    let fields = [("code", "bme-4711"), ("item", "Infusion pump 15"), ("confirmed", "yes")];
    let to = tom.post("/staff/codes/new", &token, &fields).await.is(303).location();
    assert!(matches!(world.event(size), Event::AliasRemoved(_)));
    assert!(matches!(world.event(size + 1), Event::AliasAdded(_)));
    let other = to.trim_start_matches("/staff/equipment/").trim_end_matches("#codes").to_owned();
    assert_eq!(world.get("/t/?tag=BME-4711").await.is(303).location(), format!("/t/{other}"));
    for item in [pump.as_str(), &other] {
        tom.get(&format!("/staff/equipment/{item}")).await.has("4711");
    }
}
