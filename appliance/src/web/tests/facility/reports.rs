//! Reports of the box: on paper and as tables, at once and later, and the page of an inspection.

use record::kinds::{Schedule, StaffRole};
use report::verify::verify_report;
use serde_json::{Value, json};

use crate::web::tests::facility::packs::bring_to;
use crate::web::tests::programs::calls::{Program, program};
use crate::web::tests::staff::staff_pages::{desk, person};
use crate::web::tests::*;

const DAY_MS: i64 = 86_400_000;

/// Two cleanings of the pump by Ada, one of them taken back, and one of the cart by nobody.
async fn clean(program: &Program<'_>) -> Value {
    let tag = program.world.pump.to_string();
    let first = json!({ "tag": tag, "cleaned_by": "Ada", "notes": "left wheel squeaks" });
    let first = program.post("/api/v1/cleanings", first).await.is(201).json();
    let second = json!({ "tag": tag, "cleaned_by": "=Ada" });
    let second = program.post("/api/v1/cleanings", second).await.is(201).json();
    let void = format!("/api/v1/cleanings/{}/void", second["id"].as_str().unwrap());
    program.post(&void, json!({ "reason": "Wrong item scanned" })).await.is(200);
    first
}

#[tokio::test]
async fn a_report_on_paper_proves_itself() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    clean(&program).await;
    let pdf = program.get("/api/v1/report.pdf?days=7").await;
    assert_eq!(pdf.is(200).header(CONTENT_TYPE), "application/pdf");
    let keys = world.state.store.verifier_keys();
    let proven = verify_report(&pdf.bytes, &keys, &[]).unwrap();
    assert_eq!(
        (proven.report.rows.len(), proven.entries, proven.unproven),
        (2, 3, 0),
        "two, and what voided one"
    );
    assert_eq!(proven.report.facility.name, "Linden Valley Hospital");
    assert_eq!(proven.logs[0].witnessed, None, "no relay has it yet");
    let voided = proven.report.rows.iter().find_map(|row| row.voided.as_ref()).unwrap();
    assert_eq!(voided.reason, report::NamedText::Text("Wrong item scanned".into()));
    let again = program.get("/api/v1/report.pdf?days=7").await;
    assert!(again.bytes == pdf.bytes, "nothing was recorded meanwhile");
}

#[tokio::test]
async fn tables_have_the_same_rows_and_each_narrowing_its_own() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let first = clean(&program).await;
    let rows: Vec<Value> =
        serde_json::from_slice(&program.get("/api/v1/report.json").await.is(200).bytes).unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[1]["who"], &rows[1]["note"]), (&json!("Ada"), &json!("left wheel squeaks")));
    assert_eq!(rows[1]["entry"], first["id"]);
    let csv = program.get("/api/v1/report.csv").await.is(200).text();
    assert!(csv.contains("\"'=Ada\"") && csv.lines().count() == 3, "{csv}");
    let sheet = program.get("/api/v1/report.xlsx").await;
    assert!(sheet.is(200).bytes.starts_with(b"PK"));
    let count = async |query: &str| -> usize {
        let rows = program.get(&format!("/api/v1/report.json?{query}")).await;
        rows.is(200).json().as_array().unwrap().len()
    };
    let facility = world.state.store.facility();
    let protocol = facility.protocols.keys().next().unwrap();
    let other = facility.equipment.keys().find(|tag| **tag != world.pump).unwrap();
    assert_eq!(count(&format!("tag={}", world.pump)).await, 2);
    assert_eq!(count(&format!("tag={other}")).await, 0);
    assert_eq!(count(&format!("protocol={protocol}")).await, 2);
    assert_eq!(count("from=2020-01-01&to=2020-02-01").await, 0);
    // Between two of the pump in the log, and not in the report.
    program.post("/api/v1/cleanings", json!({ "tag": other.to_string(), "cleaned_by": "Bo" })).await.is(201);
    clean(&program).await;
    let rows = program.get("/api/v1/report.json").await.is(200).json();
    let rows: Vec<(&str, &str)> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["tag"].as_str().unwrap(), row["who"].as_str().unwrap()))
        .collect();
    let (pump, cart) = (world.pump.to_string(), other.to_string());
    let of_pump = ["=Ada", "Ada", "=Ada", "Ada"].map(|who| (pump.as_str(), who));
    let of_cart = [(cart.as_str(), "Bo")];
    let both = [[&of_pump[..], &of_cart].concat(), [&of_cart, &of_pump[..]].concat()];
    assert!(both.contains(&rows), "{rows:?}");
    for (query, status) in [
        ("days=0", 400),
        ("days=3661", 400),
        ("days=x", 400),
        ("from=2026-02-30", 400),
        ("from=2026-12-01&to=2026-11-01", 400),
        ("from=2999-01-01", 400),
        ("tag=ABCDEFGH3&staff=01J00000000000000000000STF", 400),
        ("tag=7QK3M9X2W", 404),
        ("staff=01J00000000000000000000STF", 404),
        ("protocol=x", 404),
    ] {
        program.get(&format!("/api/v1/report.csv?{query}")).await.is(status);
    }
}

#[tokio::test]
async fn a_report_is_made_meanwhile_kept_and_taken_away() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    clean(&program).await;
    let begun = program.post("/api/v1/reports", json!({ "format": "csv", "days": "7" })).await;
    let at = begun.is(201).location();
    let ready = loop {
        let report = program.get(&at).await.is(200).json();
        match report["state"].as_str() {
            Some("waiting" | "making") => tokio::task::yield_now().await,
            _ => break report,
        }
    };
    assert_eq!((&ready["state"], &ready["percent"]), (&json!("ready"), &json!(100)));
    let file = program.get(&format!("{at}/file")).await;
    assert_eq!(file.is(200).bytes, program.get("/api/v1/report.csv?days=7").await.bytes);
    assert_eq!(ready["bytes"], file.bytes.len());
    let desk = desk(&world, StaffRole::Auditor).await;
    let page = desk.get("/staff/reports").await;
    page.is(200).has("cleantrack-").has("Download");
    // What a stop left half written is not there at the next start, and what was ready is.
    let folder = world.state.field.data.join("reports");
    std::fs::write(folder.join("01J00000000000000000000RPT.part"), "half").unwrap();
    std::fs::write(folder.join("01J00000000000000000000RPT.facts"), "{").unwrap();
    let state = AppState::new(crate::web::tests::fixture::copy_parts(&world));
    let stored = crate::web::view_models::reports::made::list_reports(&state);
    assert_eq!(stored.len(), 1);
    assert!(!folder.join("01J00000000000000000000RPT.part").exists());
    let gone = program.send(Request::delete(&at).body(Body::empty()).unwrap()).await;
    gone.is(204);
    program.get(&at).await.is(404);
    assert!(
        std::fs::read_dir(folder)
            .unwrap()
            .all(|file| file.unwrap().file_name() == "01J00000000000000000000RPT.facts")
    );
}

#[tokio::test]
async fn so_many_wait_and_no_more_and_each_can_be_cancelled() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let mut begun = Vec::new();
    loop {
        let answer = program.post("/api/v1/reports", json!({ "format": "pdf" })).await;
        if answer.status == 503 {
            break;
        }
        begun.push(answer.is(201).location());
        assert!(begun.len() <= 60, "the queue has an end");
    }
    assert!(begun.len() >= 50, "{}", begun.len());
    let last = begun.last().unwrap();
    program.send(Request::delete(last).body(Body::empty()).unwrap()).await.is(204);
    assert_eq!(program.get(last).await.is(200).json()["state"], "cancelled");
    program.get(&format!("{last}/file")).await.is(409);
}

#[tokio::test]
async fn reports_are_for_those_who_answer_for_them() {
    let world = World::new().await;
    let ada = person(&world, "Ada Byron", StaffRole::Technician, "471138").await;
    let about = format!("staff:{ada}");
    let (biomed, tech) = (desk(&world, StaffRole::Biomed).await, desk(&world, StaffRole::Technician).await);
    let (admin, auditor) =
        (desk(&world, StaffRole::FacilityAdmin).await, desk(&world, StaffRole::Auditor).await);
    for path in ["/staff/reports", "/staff/inspection"] {
        tech.get(path).await.is(403);
    }
    tech.get("/api/v1/report.csv").await.is(401);
    let page = biomed.get("/staff/reports").await;
    let token = page.is(200).has("Ada Byron").hidden("form");
    let form = [("about", &*about), ("from", "2026-11-01"), ("to", "2026-11-20"), ("format", "pdf")];
    biomed.post("/staff/reports", &token, &form).await.is(303);
    let wrong = [("about", ""), ("from", "2026-11-31"), ("to", "2026-11-20"), ("format", "pdf")];
    biomed.post("/staff/reports", &token, &wrong).await.is(422).has("Enter days that are in the calendar");
    // Only who asked, or an admin, takes it away; a program takes away what programs asked for.
    let page = auditor.get("/staff/reports").await;
    let token = page.is(200).has_not("/cancel").hidden("form");
    let page = biomed.get("/staff/reports").await;
    let text = page.text();
    let cancel =
        text.split("action=\"").find_map(|part| part.split('"').next().filter(|to| to.ends_with("/cancel")));
    auditor.post(cancel.unwrap(), &token, &[]).await.is(404);
    let id = cancel.unwrap().split('/').nth(3).unwrap();
    let program = program(&world, ApiTokenScope::Write);
    program.send(Request::delete(format!("/api/v1/reports/{id}")).body(Body::empty()).unwrap()).await.is(404);
    let token = admin.get("/staff/reports").await.hidden("form");
    admin.post(cancel.unwrap(), &token, &[]).await.is(303);
}

#[tokio::test]
async fn a_merged_item_keeps_its_cleanings_in_reports() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    clean(&program).await;
    let facility = world.state.store.facility();
    let into = facility.equipment.values().find(|item| item.facts.name == "Infusion pump 15").unwrap().tag;
    let merge = json!({ "into": into, "reason": "one thing, two labels" });
    program.post(&format!("/api/v1/equipment/{}/merged", world.pump), merge).await;
    let merged = world.state.store.facility();
    assert_eq!(merged.equipment[&world.pump].merged, Some(into), "the test merges");
    for query in ["", &format!("tag={into}"), &format!("tag={}", world.pump)] {
        let rows = program.get(&format!("/api/v1/report.json?{query}")).await;
        assert_eq!(rows.is(200).json().as_array().unwrap().len(), 2, "{query}");
    }
}

#[tokio::test]
async fn an_inspection_sees_gaps_first_with_why() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    admin.get("/staff/inspection").await.is(200).has("No inspection is announced").has("Nothing is overdue");
    let settings = json!({ "inspection_day": "2026-11-30", "inspection_title": "State survey" });
    let settings: crate::intake::SettingsChange = serde_json::from_value(settings).unwrap();
    world.give(Command::ChangeFacility(Box::new(settings))).await;
    let plan = Command::SetSchedule {
        tag: world.pump,
        protocol: None,
        schedule: Schedule::Hours { n: 24 },
        seen: None,
    };
    world.give(plan).await;
    let program = program(&world, ApiTokenScope::Write);
    world.clock.advance(std::time::Duration::from_millis(DAY_MS.unsigned_abs() / 2));
    clean(&program).await;
    world.clock.advance(std::time::Duration::from_millis(3 * DAY_MS.unsigned_abs()));
    let biomed = desk(&world, StaffRole::Biomed).await;
    let page = biomed.get("/staff/inspection").await;
    page.is(200).has("State survey").has("Overdue now").has("Infusion pump 14").has("Due windows missed");
    page.has("incomplete: ").has("Cleanings that were voided");
    let auditor = desk(&world, StaffRole::Auditor).await;
    auditor.get("/staff/inspection").await.is(200).has("Infusion pump 14").has_not("/staff/box/settings");
}

/// Types the code of a pass.
async fn use_pass(world: &World, code: &str) -> Answer {
    world.send(posted("/staff/pass", &[("code", code)]), true).await
}

#[tokio::test]
async fn an_auditor_reads_by_a_pass_and_nothing_else_until_its_minute() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let biomed = desk(&world, StaffRole::Biomed).await;
    let token = admin.get("/staff/inspection").await.is(200).has("Let an auditor read").hidden("form");
    let form = [("name", "State survey"), ("hours", "8")];
    let of_biomed =
        biomed.get("/staff/inspection").await.is(200).has_not("Let an auditor read").hidden("form");
    biomed.post("/staff/inspection/passes", &of_biomed, &form).await.is(403);
    admin
        .post("/staff/inspection/passes", &token, &[("name", "State survey"), ("hours", "9000")])
        .await
        .is(400);
    let made = admin.post("/staff/inspection/passes", &token, &form).await;
    let text = made.is(200).has("Until ").text();
    let code = text
        .split("translate=\"no\">")
        .find_map(|part| part.get(..14).filter(|code| code.matches('-').count() == 2));
    let code = code.unwrap_or_else(|| panic!("no code in {text}"));
    admin.get("/staff/inspection").await.has("Auditor: State survey");
    // Its code is not sent without HTTPS, over which alone a browser keeps the session.
    world.get("/staff/pass").await.is(403).has("need HTTPS");
    world.post("/staff/pass", &[("code", code)]).await.is(403);
    use_pass(&world, "0000-0000-0000").await.is(422).has("This code is wrong");
    let typed = code.to_uppercase().replace('-', " ");
    let cookie = use_pass(&world, &typed).await.is(303).cookies();
    let auditor = crate::web::tests::staff::staff_pages::Desk { world: &world, cookie };
    let page = auditor.get("/staff/inspection").await;
    let token = page.is(200).has("Inspection").has_not("Let an auditor read").hidden("form");
    auditor.get("/staff/reports").await.is(200);
    for (path, form) in [
        ("/staff/equipment/new", &[("name", "Pump")][..]),
        ("/staff/box/settings", &[("name", "Elm")]),
        ("/staff/inspection/passes", &form),
        ("/staff/people/sign-out", &[]),
    ] {
        auditor.post(path, &token, form).await.is(403);
    }
    let size = world.size();
    world.clock.advance(std::time::Duration::from_secs(8 * 3_600 - 1));
    let again = use_pass(&world, code).await.is(303).cookies();
    let again = crate::web::tests::staff::staff_pages::Desk { world: &world, cookie: again };
    again.get("/staff/inspection").await.is(200);
    world.clock.advance(std::time::Duration::from_secs(1));
    assert!(again.get("/staff/inspection").await.location().contains("sign-in"), "its minute has come");
    use_pass(&world, code).await.is(422);
    assert_eq!(world.size(), size, "reading writes nothing into the log");
}

#[tokio::test]
async fn a_pass_ends_when_an_admin_says_so_and_codes_cannot_be_tried_for_ever() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let token = admin.get("/staff/inspection").await.hidden("form");
    let made = admin.post("/staff/inspection/passes", &token, &[("name", "Ines"), ("hours", "24")]).await;
    let text = made.is(200).text();
    let code = text
        .split("translate=\"no\">")
        .find_map(|part| part.get(..14).filter(|code| code.matches('-').count() == 2));
    let cookie = use_pass(&world, code.unwrap()).await.is(303).cookies();
    let auditor = crate::web::tests::staff::staff_pages::Desk { world: &world, cookie };
    auditor.get("/staff/inspection").await.is(200);
    let page = admin.get("/staff/inspection").await.text();
    let end =
        page.split("action=\"").find_map(|part| part.split('"').next().filter(|to| to.ends_with("/end")));
    admin.post(end.unwrap(), &token, &[]).await.is(303);
    assert!(auditor.get("/staff/inspection").await.location().contains("sign-in"));
    use_pass(&world, code.unwrap()).await.is(422);
    admin.get("/staff/inspection").await.has_not("Auditor: Ines");
    for _ in 0..20 {
        use_pass(&world, "wrong").await;
    }
    use_pass(&world, "wrong").await.is(429);
}

#[tokio::test]
async fn a_report_that_somebody_brings_is_checked() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    clean(&program).await;
    let pdf = program.get("/api/v1/report.pdf?days=7").await.is(200).bytes.to_vec();
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let bring = async |file: &[u8]| bring_to(&grace, "/staff/verify", file).await;
    bring(&pdf).await.is(200).has("This report is as it was made").has("2 cleanings, 3 signed entries.");
    let mut saved = pdf.clone();
    saved.extend(b"% saved\n");
    bring(&saved).await.is(200).has("could not be compared as a whole").has("another program saved it again");
    bring(&pdf[..pdf.len() / 2]).await.is(200).has("does not hold").has("it is cut off or damaged");
    bring(b"not a report").await.is(200).has("This file is no PDF");
    bring(b"").await.is(200).has_not("is as it was made");
}
