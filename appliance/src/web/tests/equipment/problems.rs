//! “Something is wrong with this item”: reported by anybody, seen by everybody, closed by biomed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;
use record::kinds::{DayChange, EquipmentLoan, EquipmentPatch};

use crate::alarms::reminders::ReminderCode;
use crate::intake::SettingsChange;

fn report(what: &'static str) -> [(&'static str, &'static str); 3] {
    [("what", what), ("notes", "Bildschirm <kaputt>"), ("cleaned_by", "")]
}

#[tokio::test]
async fn anybody_reports_and_everybody_sees_it() {
    let world = World::new().await;
    let (scan, path) = (format!("/t/{}", world.pump), format!("/t/{}/problem", world.pump));
    world.get(&scan).await.has(&path).has_not("Open reports");
    world.get(&path).await.is(200).has("What is wrong with").has("It is broken or does not work");
    let size = world.size();
    world
        .post(&path, &[("what", "on fire"), ("notes", "smoke")])
        .await
        .is(422)
        .has("Choose what is wrong")
        .has("smoke");
    assert_eq!(world.size(), size, "nothing is recorded");
    assert_eq!(world.post(&path, &report("broken")).await.is(303).location(), format!("{scan}#problems"));
    assert_eq!(world.size(), size + 1, "an anonymous phone suspends nothing");
    world.get(&scan).await.has("Reported ").has(": broken").has_not("Bildschirm");
    for what in ["soiled", "other"] {
        world.post(&path, &report(what)).await.is(303);
    }
    let fourth = world.post(&path, &[("what", "wrong label"), ("notes", "Bed 9")]).await;
    assert_eq!(fourth.is(303).location(), format!("{scan}?report=added#problems"));
    let shown = world.get(&format!("{scan}?report=added")).await;
    shown
        .is(200)
        .has("yours was added to the newest one")
        .has("Added ")
        .has(": wrong label")
        .has_not("Bed 9");
    assert_eq!(
        (world.size(), world.state.store.facility().activity[&world.pump].problems.len()),
        (size + 4, 3)
    );
    let tom = desk(&world, StaffRole::Biomed).await;
    let history = tom.get(&format!("/staff/equipment/{}", world.pump)).await;
    history.has("Bed 9").has("Added to the report in entry").has("wrong label");
    world.get("/t/7QK3M9X2W/problem").await.is(404);
    let spanish = Request::get(&path).header("accept-language", "es").body(Body::empty()).unwrap();
    world.send(spanish, false).await.is(200).has("Está roto o no funciona");
}

async fn list_item_pages(world: &World) -> [Vec<String>; 2] {
    let (tag, item) = (world.pump, format!("/staff/equipment/{}", world.pump));
    let receipt = world.post(&format!("/t/{tag}?anyway=1"), &[("cleaned_by", "Ada")]).await;
    let receipt = receipt.is(303).location().split(['?', '#']).next().unwrap().to_owned();
    let name = receipt.rsplit('/').next().unwrap().to_owned();
    let spare = Command::AssignTag(crate::intake::NewTag {
        tag: Some("7QK3M9X2W".parse().unwrap()),
        equipment: tag,
        why: record::kinds::TagReason::Spare,
        replaces: None,
    });
    world.give(spare).await;
    let task = crate::intake::UpkeepPlan {
        upkeep: None,
        tag,
        name: "Safety test".into(),
        schedule: Schedule::every_days(365),
        from_ms: None,
        protocol: None,
        by_calendar: None,
        seen: None,
    };
    world.give(Command::PlanUpkeep(Box::new(task))).await;
    let task = world.state.store.facility().upkeep[&tag].tasks[0].upkeep;
    let undo = format!("{receipt}/undo");
    let open = [format!("/t/{tag}"), format!("/t/{tag}/used"), format!("/t/{tag}/problem"), receipt, undo];
    let staff = ["", "/edit", "/late", "/schedule", "/out", "/back", "/retire", "/merge", "/upkeep/new"];
    let more = [
        format!("/staff/tags/new?item={tag}&why=lost"),
        format!("/staff/codes/new?item={tag}"),
        "/staff/tags/7QK3M9X2W/revoke".to_owned(),
        format!("/staff/cleanings/{name}/void"),
        format!("/staff/cleanings/{name}/check"),
        format!("{item}/upkeep/{task}"),
        format!("{item}/upkeep/{task}/done"),
    ];
    [open.into(), staff.iter().map(|page| format!("{item}{page}")).chain(more).collect()]
}

#[tokio::test]
async fn every_page_of_an_item_tells_of_its_open_reports() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let [open, staff] = list_item_pages(&world).await;
    let problem = format!("/t/{}/problem", world.pump);
    let line = ": a part is missing";
    for page in &open {
        world.get(page).await.is(200).has_not(line);
    }
    for page in &staff {
        tom.get(page).await.is(200).has_not(line);
    }
    world.post(&problem, &report("part missing")).await.is(303);
    for page in &open {
        world.get(page).await.is(200).has(line);
    }
    for page in &staff {
        tom.get(page).await.is(200).has(line);
    }
    tom.get("/staff/equipment/new").await.is(200).has_not(line);
    tom.get("/staff/codes/new?item=Infusion").await.is(200).has_not(line);
}

#[tokio::test]
async fn every_page_of_a_loaner_says_once_that_it_was_due_back() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let [open, mut staff] = list_item_pages(&world).await;
    world.post(&format!("/t/{}/problem", world.pump), &report("part missing")).await.is(303);
    let facility = world.state.store.facility();
    let made = facility.activity[&world.pump].problems[0].report.of;
    staff.push(format!("/staff/problems/{}.{}", made.epoch, made.seq));
    let times =
        |page: &Answer| page.is(200).text().matches("This loaner was due back on Nov 19, 2026").count();
    for until in ["2026-11-20", "2026-11-19"] {
        let loan = EquipmentLoan { until: DayChange(Some(until.parse().unwrap())), owner: "Acme".into() };
        let fields = Box::new(EquipmentPatch { loan: Some(loan), ..EquipmentPatch::default() });
        let change = Command::ChangeEquipment { tag: world.pump, fields, schedule: None, seen: None };
        world.give(change).await;
        let expected = usize::from(until == "2026-11-19");
        for page in &open {
            assert_eq!(times(&world.get(page).await), expected, "{page}");
        }
        for page in &staff {
            assert_eq!(times(&tom.get(page).await), expected, "{page}");
        }
    }
}

#[tokio::test]
async fn biomed_closes_a_report_with_what_came_of_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get("/staff/").await.has_not("Open reports");
    let problem = format!("/t/{}/problem", world.pump);
    world.post(&problem, &report("part missing")).await.is(303);
    let today = tom.get("/staff/").await;
    today.has("Open reports").has_not("nattributed: ").has("a part is missing");
    let at = today.text();
    let to = at.split("href=\"").find(|part| part.starts_with("/staff/problems/")).unwrap();
    let to = to.split('"').next().unwrap().to_owned();
    let page = tom.get(&to).await;
    let form = page.is(200).has("Close the report about").hidden("form");
    tom.post(&to, &form, &[("outcome", ""), ("notes", "")])
        .await
        .is(422)
        .has("Choose what came of the report");
    let item = format!("/staff/equipment/{}", world.pump);
    world
        .give(Command::SuspendEquipment { tag: world.pump, reason: "Flow".into(), back: None, seen: None })
        .await;
    let back = format!("{item}/back");
    tom.get(&item).await.has(&format!("href=\"{back}\""));
    tom.post(&back, &form, &[]).await.is(422).has("Choose what came of the report");
    tom.post(&to, &form, &[("outcome", "no_fault"), ("notes", "all there")]).await.is(303);
    for closed in [tom.get(&to).await, tom.post(&to, &form, &[("outcome", "fixed"), ("notes", "")]).await] {
        closed.is(409).has("This report is closed already").has(&format!("href=\"{item}\""));
    }
    let (epoch, _) = to.rsplit_once('.').unwrap();
    for never in ["0", "9999"] {
        tom.get(&format!("{epoch}.{never}")).await.is(404);
    }
    tom.get("/staff/").await.has_not("Open reports");
    tom.post(&back, &form, &[]).await.is(303);
    tom.get(&back).await.is(200);
}

#[tokio::test]
async fn biomed_sees_what_was_added_to_an_open_report() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let path = format!("/t/{}/problem", world.pump);
    for _ in 0..3 {
        world.clock.advance(std::time::Duration::from_secs(1));
        world.post(&path, &report("soiled")).await.is(303);
    }
    let counted = async || {
        let table = world.state.alarms.reminders().unwrap();
        table.look_round(&world.state.store.facility(), 0).unwrap();
        table.all(0).iter().find(|row| row.code == ReminderCode::ProblemReported).map(|row| row.count)
    };
    assert_eq!(counted().await, Some(3));
    let labels = async || {
        let cards = world.get("/api/v1/app/cards").await;
        let lines: Vec<serde_json::Value> =
            cards.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let item = lines.iter().find(|line| line["tag"] == world.pump.to_string()).unwrap();
        (lines[0]["labels"].clone(), item["problems"].clone())
    };
    let before = labels().await;
    world.clock.advance(std::time::Duration::from_secs(1));
    let page = world.get(&path).await;
    world.send(photo_report(&page, &path, "broken", "good"), false).await.is(303);
    assert_eq!(counted().await, Some(4), "it is raised anew");
    let after = labels().await;
    assert_ne!(before.0, after.0, "a phone asks for it");
    assert_eq!(after.1, serde_json::json!(["dirty", "dirty", "dirty", "broken"]));
    let Event::ProblemReported(added) = world.event(world.size() - 1) else { panic!() };
    let thumbnail = format!("/photos/{}.t.jpg", added.photos[0]);
    let (today, item) =
        (tom.get("/staff/").await, tom.get(&format!("/staff/equipment/{}", world.pump)).await);
    let newest =
        today.text().split("href=\"/staff/problems/").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let close = tom.get(&format!("/staff/problems/{newest}")).await;
    let resume = tom.get(&format!("/staff/equipment/{}/back", world.pump)).await;
    for page in [&today, &item, &close, &resume] {
        page.is(200).has("Added ").has(": broken").has("Hinge").has(&thumbnail);
    }
    let notice = tom.get(&format!("/staff/equipment/{}/edit", world.pump)).await;
    notice.has(": broken").has_not("Hinge");
    world.get(&format!("/t/{}", world.pump)).await.has(": broken").has_not("Hinge").has_not(&thumbnail);
    tom.get(&format!("/t/{}", world.pump)).await.has(": broken").has("Hinge").has_not(&thumbnail);
    world.get(&path).await.has(": broken").has_not("Hinge");
    let program = program(&world, ApiTokenScope::Write);
    let listed = program.get("/api/v1/problems").await.is(200).json();
    let first = &listed["items"][0];
    assert_eq!((first["id"].as_str(), &first["what"]), (Some(newest.as_str()), &"soiled".into()));
    assert_eq!(
        (&first["additions"][0]["what"], &first["additions"][0]["text"]),
        (&"broken".into(), &"Hinge".into())
    );
    assert_eq!(first["earlier_additions"], 0);
    let end = format!("/api/v1/problems/{newest}/closed");
    program.post(&end, serde_json::json!({ "outcome": "fixed" })).await.is(204);
    assert_eq!(counted().await, Some(2), "what was added is closed with it");
    tom.get("/staff/").await.has_not(": broken");
}

#[tokio::test]
async fn programs_report_list_and_close() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let add = format!("/api/v1/equipment/{}/problems", world.pump);
    let new = serde_json::json!({ "what": "wrong label", "reported_by": "CMMS" });
    let made = program.post(&add, new).await.is(201).json();
    let listed = program.get("/api/v1/problems").await.is(200).json();
    assert_eq!(listed["items"][0], made);
    assert_eq!(made["what"], "wrong label");
    assert_eq!(made["added_to"], serde_json::Value::Null);
    for what in ["broken", "soiled", "other"] {
        let more = program.post(&add, serde_json::json!({ "what": what })).await.is(201).json();
        assert_eq!((more["what"].as_str(), more["added_to"].is_string()), (Some(what), what == "other"));
    }
    let open = program.get("/api/v1/problems").await.json();
    for other in open["items"].as_array().unwrap().iter().filter(|other| other["id"] != made["id"]) {
        let end = format!("/api/v1/problems/{}/closed", other["id"].as_str().unwrap());
        program.post(&end, serde_json::json!({ "outcome": "duplicate" })).await.is(204);
    }
    let end = format!("/api/v1/problems/{}/closed", made["id"].as_str().unwrap());
    program.post(&end, serde_json::json!({ "outcome": "burnt" })).await.is(422);
    program.post(&end, serde_json::json!({ "outcome": "no fault" })).await.is(204);
    program.post(&end, serde_json::json!({ "outcome": "no fault" })).await.is(404);
    assert_eq!(program.get("/api/v1/problems").await.json()["items"], serde_json::json!([]));
}

#[tokio::test]
async fn phones_that_show_a_new_device_each_time_cannot_flood() {
    let world = World::new().await;
    let mut paths = Vec::new();
    for n in 0..7 {
        let item = world.add(&format!("Bed {n}"), "Ward 4", None, PhotoPolicy::None).await;
        paths.push((item, format!("/t/{item}/problem")));
    }
    let flood = async |path: &str, address: u8, secret: bool| {
        let mut request = posted(path, &report("broken"));
        if secret {
            let made_up = URL_SAFE_NO_PAD.encode(world.state.random.bytes::<32>());
            request.headers_mut().insert("cookie", format!("device={made_up}").parse().unwrap());
        }
        let local = std::net::SocketAddr::from(([10, 0, 0, 5], 8080));
        request.extensions_mut().insert(PeerAddress {
            remote: [10, 0, 0, address].into(),
            local,
            secure: false,
        });
        request.headers_mut().insert(HOST, "10.0.0.5".parse().unwrap());
        world.send_as(request).await
    };
    let (size, (item, path)) = (world.size(), paths[0].clone());
    let mut statuses = std::collections::BTreeMap::<u16, usize>::new();
    for n in 0..20 {
        *statuses.entry(flood(&path, 66, n % 2 == 0).await.status).or_default() += 1;
    }
    assert_eq!(statuses, [(303, 5), (422, 15)].into(), "about one item");
    for n in 0..80 {
        *statuses.entry(flood(&paths[n % 7].1, 66, n % 2 == 0).await.status).or_default() += 1;
    }
    assert_eq!(statuses, [(303, 30), (422, 70)].into());
    assert_eq!(world.size(), size + 30);
    assert_eq!(world.state.store.facility().activity[&item].problems.len(), 3);
    flood(&path, 66, false).await.is(422).has("Too many problems were reported from here");
    flood(&path, 67, false).await.is(303);
    for _ in 0..100 {
        world.post(&format!("/t/{}/problem", world.pump), &report("")).await.is(422);
    }
    world.post(&format!("/t/{}/problem", world.pump), &report("broken")).await.is(303);
    world.clock.advance(std::time::Duration::from_secs(3_600));
    flood(&path, 66, false).await.is(303);
}

#[tokio::test]
async fn one_phone_makes_five_reports_in_an_hour_whatever_becomes_of_them() {
    let world = World::new().await;
    let path = format!("/t/{}/problem", world.pump);
    let cookies = world.post(&path, &report("broken")).await.is(303).cookies();
    let again = async || {
        let mut request = posted(&path, &report("soiled"));
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
        world.send(request, false).await
    };
    for _ in 0..4 {
        again().await.is(303);
    }
    again().await.is(422).has("Too many problems were reported from here").has("Bildschirm");
}

fn photo_report(page: &Answer, path: &str, what: &str, first_line: &str) -> Request<Body> {
    let field = |name: &str, value: &str| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let file = match first_line {
        "" => String::new(),
        line => format!(
            "--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n{line}\n\r\n"
        ),
    };
    let fields = [field("page", &page.hidden("page")), field("what", what), field("notes", "Hinge")];
    let body = [fields.concat(), file, "--XX--\r\n".to_owned()].concat();
    let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_report_has_the_photo_that_came_with_any_press_of_its_form() {
    let world = World::new().await;
    let path = format!("/t/{}/problem", world.pump);
    let page = world.get(&path).await;
    page.has("type=\"file\"").has("Optional. No people");
    let size = world.size();
    let bad = world.send(photo_report(&page, &path, "broken", "bad"), false).await;
    bad.is(422).has("href=\"#photo\"").has("Hinge").has("value=\"broken\" checked").has_not("Photo saved");
    let nothing = world.send(photo_report(&page, &path, "", "good"), false).await;
    nothing.is(422).has("Choose what is wrong").has("Photo saved").has(".t.jpg");
    assert_eq!(world.size(), size, "nothing is recorded");
    world.send(photo_report(&nothing, &path, "broken", ""), false).await.is(303);
    let Event::ProblemReported(report) = world.event(size) else { panic!() };
    let [photo] = report.photos[..] else { panic!("one photo") };
    assert!(world.state.photos.holds(photo).await);
    let thumbnail = format!("/photos/{photo}.t.jpg");
    world.get(&format!("/t/{}", world.pump)).await.has(": broken").has_not(&thumbnail);
    let tom = desk(&world, StaffRole::Biomed).await;
    let today = tom.get("/staff/").await;
    today.has(&thumbnail).has("Photo of Infusion pump 14");
    let at = today.text();
    let to = at.split("href=\"").find(|part| part.starts_with("/staff/problems/")).unwrap();
    tom.get(to.split('"').next().unwrap()).await.is(200).has(&thumbnail);
}

#[tokio::test]
async fn a_report_without_room_for_its_photo_is_recorded_and_says_so() {
    use record::kinds::ProblemPolicy::{Anyone, Tell};
    // Once with the item staying in service, and once with the report taking it out of service.
    for policy in [Tell, Anyone] {
        let world = World::new().await;
        let settings = SettingsChange { problem: Some(policy), ..SettingsChange::default() };
        world.give(Command::ChangeFacility(Box::new(settings))).await;
        let item = format!("/t/{}", world.pump);
        let path = format!("{item}/problem");
        world.card.0.store(91, std::sync::atomic::Ordering::Relaxed);
        let page = world.get(&path).await;
        let sent = world.send(photo_report(&page, &path, "broken", "good"), false).await;
        assert_eq!(sent.is(303).location(), format!("{item}?report=no-room#problems"));
        let activity = world.state.store.facility().activity[&world.pump].clone();
        assert!(activity.problems[0].report.photos.is_empty());
        let shown = world.get(&format!("{item}?report=no-room")).await;
        shown.is(200).has("Your report was sent, but your photo was not saved").has(": broken");
        world.get(&item).await.has_not("your photo was not saved");
        world.card.0.store(90, std::sync::atomic::Ordering::Relaxed);
        let page = world.get(&path).await;
        let sent = world.send(photo_report(&page, &path, "soiled", "good"), false).await;
        assert_eq!(sent.is(303).location(), format!("{item}#problems"));
    }
}

#[tokio::test]
async fn what_a_stranger_typed_does_not_stand_on_the_item() {
    let world = World::new().await;
    let settings =
        SettingsChange { problem: Some(record::kinds::ProblemPolicy::Anyone), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let scan = format!("/t/{}", world.pump);
    let report = [("what", "broken"), ("notes", "call 555-0100")];
    world.post(&format!("{scan}/problem"), &report).await.is(303);
    let out = world.get(&scan).await;
    out.is(200).has("Out of service").has_not("555-0100");
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.get(&scan).await.has("call 555-0100");
}

#[tokio::test]
async fn programs_send_photos_first() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let add = format!("/api/v1/equipment/{}/problems", world.pump);
    let unknown = "0".repeat(64);
    let report = |photo: &str| serde_json::json!({ "what": "broken", "photos": [photo] });
    program.post(&add, report(&unknown)).await.is(400);
    let upload = |line: &'static str| {
        let request = Request::post("/api/v1/photos").header(CONTENT_TYPE, "image/jpeg");
        program.send(request.body(Body::from(line)).unwrap())
    };
    upload("bad\n").await.is(422);
    let sent = upload("good\n").await.is(201).json();
    let made = program.post(&add, report(sent["photo"].as_str().unwrap())).await.is(201).json();
    assert_eq!(made["photos"][0], sent["address"]);
}

#[tokio::test]
async fn what_a_stranger_types_stands_on_no_open_page() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let (item, report) = (format!("/t/{}", world.pump), format!("/t/{}/problem", world.pump));
    let typed = "Your PIN has expired, call 555-0100";
    for _ in 0..4 {
        // The fourth is added to one that is open.
        world.post(&report, &[("what", "broken"), ("notes", typed), ("cleaned_by", "Eve")]).await.is(303);
    }
    for page in [&item, &report] {
        world.get(page).await.is(200).has(": broken").has_not("555-0100");
    }
    tom.get(&item).await.is(200).has(typed).has_not("Eve");
    tom.get(&format!("/staff/equipment/{}", world.pump)).await.is(200).has(typed).has("Eve");
    world
        .give(Command::SuspendEquipment { tag: world.pump, reason: "Cracked".into(), back: None, seen: None })
        .await;
    world.get(&item).await.is(200).has(": broken").has_not("555-0100");
    tom.get(&item).await.is(200).has(typed);
}
