//! The print station: picking, previews, jobs, blank tags, spreadsheets, sheets, cards, and printers.

use super::staff_pages::{Desk, desk};
use super::*;

/// The value of the form's own token on a page.
async fn token(desk: &Desk<'_>, path: &str) -> String {
    desk.get(path).await.is(200).hidden("form")
}

#[tokio::test]
async fn items_are_picked_by_filter_scan_and_list() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let page = desk.get("/staff/labels").await;
    page.is(200)
        .has("3 of 3 shown, 0 picked")
        .has("never printed")
        .has("aria-current=\"page\">Labels")
        .has("ECG &#60;cart&#62; 2")
        .has("Print the picked labels")
        .has("live?since=");
    let token = page.hidden("form");
    desk.get("/staff/labels?q=pump&show=all").await.has("2 of 3 shown, 0 picked");
    desk.get("/staff/labels?show=place:Cardiology").await.has("1 of 3 shown").has_not("Infusion pump 14");
    desk.get("/staff/labels?show=xyzzy&q=xyzzy").await.has("0 of 3 shown").has("Nothing fits");
    let pump = world.pump.to_string();
    // A hand scanner types what the code opens, and Enter.
    let scanned = format!("HTTP://10.0.0.5/{pump}");
    desk.post("/staff/labels", &token, &[("q", &scanned), ("do", "find")])
        .await
        .is(200)
        .has("Picked: Infusion pump 14")
        .has(&format!("value=\"{pump}\" checked"))
        .has("1 picked")
        .has("Print 1 label");
    desk.post("/staff/labels", &token, &[("q", &pump), ("tag", &pump), ("copies", "3"), ("do", "find")])
        .await
        .has("Picked already: Infusion pump 14")
        .has("Print 3 labels");
    desk.post("/staff/labels", &token, &[("q", "7QK3M9X2W"), ("do", "find")])
        .await
        .is(422)
        .has("No equipment in use has the tag 7QK 3M9 X2W");
    let list = format!("{pump}\nnonsense");
    desk.post("/staff/labels", &token, &[("list", &list), ("do", "find")])
        .await
        .is(422)
        .has("Not a tag of equipment in use: nonsense")
        .has("1 picked");
    desk.post("/staff/labels", &token, &[("all", "1"), ("show", "all"), ("q", "pump"), ("do", "find")])
        .await
        .has("2 picked")
        .has("Print 2 labels");
}

#[tokio::test]
async fn the_preview_is_the_very_bitmap_or_says_why_not() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let pump = world.pump.to_string();
    desk.get(&format!("/staff/labels?tag={pump}"))
        .await
        .has("Read back and checked: opens Infusion pump 14")
        .has(&format!("/staff/labels/preview.png?tag={pump}"));
    let picture = desk.get(&format!("/staff/labels/preview.png?tag={pump}")).await;
    assert_eq!((picture.status, picture.header(CONTENT_TYPE)), (200, "image/png"));
    let printed = {
        let state = world.state.clone();
        let ask = label_fields::Ask { tags: vec![world.pump], ..label_fields::Ask::default() };
        labels::preview(&state, ask).await.unwrap()
    };
    assert!(picture.bytes == printed, "the page shows other dots");
    // A template that asks for what is not there.
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=loaner-until"))
        .await
        .is(200)
        .has("cannot be printed so")
        .has("the end, which is empty");
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=loaner-until&until=Dec%204%202026"))
        .await
        .is(200)
        .has("Read back and checked");
    desk.get(&format!("/staff/labels/preview?tag={pump}&template=xyzzy"))
        .await
        .is(200)
        .has("No template is called");
    desk.get("/staff/labels/preview?tag=").await.is(404);
    let arabic = world.add("مضخة", "ICU", None, PhotoPolicy::None).await;
    desk.get(&format!("/staff/labels/preview?tag={arabic}"))
        .await
        .has("cannot be printed")
        .has("Or tick “Asset number");
    desk.get(&format!("/staff/labels/preview?tag={arabic}&numbers=1")).await.has("Read back and checked");
}

#[tokio::test]
async fn picks_become_one_job_that_is_cancelled_and_seen() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let page = desk.get("/staff/labels").await;
    let (token, submission) = (page.hidden("form"), page.hidden("submission"));
    desk.post("/staff/labels", &token, &[("do", "print")]).await.is(422).has("Pick at least one item");
    let pump = world.pump.to_string();
    desk.post("/staff/labels", &token, &[("tag", &pump), ("copies", "0"), ("do", "print")])
        .await
        .is(422)
        .has("from 1 to 50")
        .has(&format!("value=\"{pump}\" checked"));
    let form = [("tag", pump.as_str()), ("copies", "2"), ("submission", &submission), ("do", "print")];
    let printed = desk.post("/staff/labels", &token, &form).await;
    printed.is(303);
    let job = printed.location();
    assert_eq!(
        desk.post("/staff/labels", &token, &form).await.location(),
        job,
        "a second press is the same job"
    );
    desk.get(&job)
        .await
        .is(200)
        .has("Infusion pump 14 and 1 more")
        .has("of 2")
        .has("2 labels on Desk")
        .has("&#38;print=1");
    desk.get("/staff/labels?show=all").await.has("in a job").has("Infusion pump 14 and 1 more");
    desk.get("/staff/labels").await.has("2 of 3 shown");
    desk.post(&format!("{job}/answer"), &token, &[("n", "1")]).await.is(400);
    desk.post(&format!("{job}/cancel"), &token, &[]).await.is(303);
    desk.get(&job).await.has("Cancelled").has("Print again");
    // Once more, with a reason.
    let again = format!("{job}/again?n=2");
    desk.get(&again).await.is(200).has("Print label 2 once more?").has("Torn or smudged");
    desk.get(&format!("{job}/again?n=3")).await.is(404);
    let path = format!("{job}/again");
    desk.post(&path, &token, &[("n", "2"), ("reason", " ")]).await.is(422).has("Say in 1 to");
    let reprinted = desk.post(&path, &token, &[("n", "2"), ("reason", ""), ("why", "Lost")]).await;
    reprinted.is(303);
    desk.get(&reprinted.location()).await.has("Printed once more: Lost").has("1 label on Desk");
}

#[tokio::test]
async fn a_stopped_printer_is_told_on_every_staff_page() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let token = token(&desk, "/staff/labels").await;
    let mut news = world.state.printing.news();
    let pump = world.pump.to_string();
    let job = desk.post("/staff/labels", &token, &[("tag", &pump), ("do", "print")]).await.location();
    // Nothing listens at the printer's address.
    while world.state.printing.attention().unwrap().is_none() {
        news.changed().await.unwrap();
    }
    desk.get("/staff/").await.has("Printing stopped at 1 of 1: no answer").has(&job);
    desk.get(&job).await.has("No answer");
}

#[tokio::test]
async fn blank_tags_sheets_and_cards() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let page = desk.get("/staff/labels/blank").await;
    page.is(200).has("A blank tag is never printed twice");
    let token = page.hidden("form");
    desk.post("/staff/labels/blank", &token, &[("count", "1001")]).await.is(422).has("from 1 to 1,000");
    let job = desk.post("/staff/labels/blank", &token, &[("count", "3")]).await;
    job.is(303);
    desk.get(&job.location()).await.has("3 blank tags").has_not("Print again");

    desk.get("/staff/labels/sheet").await.is(200).has("Avery 5160: 30 labels");
    let pump = world.pump.to_string();
    desk.post("/staff/labels", &token, &[("tag", &pump), ("do", "sheet")])
        .await
        .is(200)
        .has(&world.pump.grouped())
        .has("Avery L7163");
    let sheet = |list: &'static str, start: &'static str, down: &'static str| {
        let token = token.clone();
        let list = if list.is_empty() { pump.clone() } else { list.to_owned() };
        let desk = &desk;
        async move {
            let form = [("list", list.as_str()), ("sheet", "Avery 5163"), ("start", start), ("down", down)];
            desk.post("/staff/labels/sheet", &token, &form).await
        }
    };
    let pdf = sheet("", "3", "0,5").await;
    assert_eq!((pdf.status, pdf.header(CONTENT_TYPE)), (200, "application/pdf"));
    assert!(pdf.bytes.starts_with(b"%PDF"));
    sheet("", "11", "0").await.is(422).has("labels 1 to 10");
    sheet("", "1", "x").await.is(422).has("Give millimetres");
    sheet("nonsense", "1", "0").await.is(422).has("Not a tag of equipment in use");

    let page = desk.get("/staff/labels/cards").await;
    page.is(200).has("Low-level wipe, version 1").has("Tom Nguyen");
    desk.post("/staff/labels/cards", &token, &[("do", "load")]).await.is(422).has("Give the load’s number");
    desk.post("/staff/labels/cards", &token, &[("do", "badge"), ("person", "x")])
        .await
        .is(422)
        .has("Choose a person");
    let load = [("do", "load"), ("load", "L-7"), ("machine", "Washer 2")];
    desk.post("/staff/labels/cards", &token, &load).await.is(303);
}

#[tokio::test]
async fn a_spreadsheet_shows_every_fate_before_it_prints() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let token = token(&desk, "/staff/labels/csv").await;
    let rows = format!(
        "Tag,Name\n{},\n,Infusion pump 15\n{},again\nABCDEFGH4,mistyped\n,Nobody\n,\n",
        world.pump,
        world.pump.grouped()
    );
    let looked = desk.post("/staff/labels/csv", &token, &[("text", &rows), ("copies", "1")]).await;
    looked
        .is(200)
        .has("5 rows read: 2 labels to print, 3 not")
        .has("The same item as line 2")
        .has("ABCDEFGH4 is no tag")
        .has("No equipment in use has the name Nobody")
        .has("Print 2 labels");
    assert_eq!(world.state.printing.jobs().unwrap().len(), 0, "a look prints nothing");
    let list = looked.hidden("list");
    let job = desk.post("/staff/labels", &token, &[("list", &list), ("show", "all"), ("do", "print")]).await;
    job.is(303);
    desk.get(&job.location()).await.has("Infusion pump 14 and 1 more");
    desk.post("/staff/labels/csv", &token, &[("text", "colour\nred")]).await.is(422).has("name its columns");
    // The number of all three is the same.
    let several = desk.post("/staff/labels/csv", &token, &[("text", "asset number\nBM-20418")]).await;
    several.has("3 items have the asset number BM-20418");
    let body = format!(
        "--XX\r\nContent-Disposition: form-data; name=\"form\"\r\n\r\n{token}\r\n--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n\u{feff}tag;x\r\n{};1\r\n\r\n--XX--\r\n",
        world.pump
    );
    let upload = Request::post("/staff/labels/csv").header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    desk.send(upload.body(Body::from(body)).unwrap())
        .await
        .is(200)
        .has("1 row read: 1 label to print, 0 not");
    let huge = "x".repeat(1_300_000);
    desk.post("/staff/labels/csv", &token, &[("text", &huge)]).await.is(413);
}

#[tokio::test]
async fn printers_are_added_changed_tested_and_removed() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let page = desk.get("/staff/printers").await;
    page.is(200).has("Desk").has("Look for printers").has("darken direct thermal");
    let token = page.hidden("form");
    desk.get("/staff/printers/Desk")
        .await
        .is(200)
        .has("settings file")
        .has("Print a test label")
        .has("Rulers");
    desk.get("/staff/printers/Nobody").await.is(404);
    desk.get("/staff/printers/new").await.is(200).has("What it speaks");
    let start =
        "/staff/printers/new?name=Zebra&address=tcp://127.0.0.1:2&language=zpl&why=Its%20name%20says%20so.";
    desk.get(start)
        .await
        .is(200)
        .has("Guessed:")
        .has("Its name says so.")
        .has("Darkness")
        .has("value=\"Zebra\"");
    let form = [("name", "Zebra ½"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl"), ("dpi", "203")];
    desk.post("/staff/printers", &token, &[&form[..], &[("darkness", "101")]].concat())
        .await
        .is(422)
        .has("0 to 100");
    desk.post("/staff/printers", &token, &[&form[..], &[("darkness", "x")]].concat())
        .await
        .is(422)
        .has("value=\"x\"");
    let added = desk.post("/staff/printers", &token, &form).await;
    assert_eq!((added.status, added.location().as_str()), (303, "/staff/printers/Zebra%20%C2%BD"));
    desk.post("/staff/printers", &token, &form).await.is(422).has("called");
    let own = "/staff/printers/Zebra%20%C2%BD";
    let change = [
        ("address", "tcp://127.0.0.1:2"),
        ("dpi", "300"),
        ("darkness", "70"),
        ("media", "own"),
        ("width", "50"),
        ("height", "25"),
    ];
    desk.post(own, &token, &change).await.is(303);
    desk.get(own).await.is(200).has("300 dots per inch").has("value=\"70\"").has("50.0 × 25.0 mm");
    let job = desk.post(&format!("{own}/test"), &token, &[]).await;
    job.is(303);
    desk.get(&job.location()).await.has("Test label");
    desk.post("/staff/printers/look", &token, &[("host", "not a host!")]).await.is(422).has("is no host");
    desk.post(&format!("{own}/remove"), &token, &[]).await.is(303);
    desk.get("/staff/printers").await.has_not("Zebra");
    desk.post("/staff/printers/Desk/remove", &token, &[]).await.is(409);
}

#[tokio::test]
async fn an_office_printer_is_added_and_changed() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let page =
        desk.get("/staff/printers/new?name=HP&address=ipp://127.0.0.1:1&language=pdf&media=avery-5160").await;
    page.is(200)
        .has("Sheets in its tray")
        .has("Avery L7163: 14 labels")
        .has_not("Darkness")
        .has("ipp://127.0.0.1:1");
    desk.get("/staff/printers/new")
        .await
        .has("Office printers, label sheets (pdf)")
        .has("ipp://10.0.0.9/ipp/print");
    let token = page.hidden("form");
    let form =
        [("name", "HP"), ("address", "ipp://127.0.0.1:1"), ("language", "pdf"), ("media", "avery-l7163")];
    let wrong =
        [("name", "HP"), ("address", "tcp://127.0.0.1:2"), ("language", "pdf"), ("media", "avery-5160")];
    desk.post("/staff/printers", &token, &wrong)
        .await
        .is(422)
        .has("print queues only")
        .has("Sheets in its tray");
    let added = desk.post("/staff/printers", &token, &form).await;
    assert_eq!((added.status, added.location().as_str()), (303, "/staff/printers/HP"));
    let page = desk.get("/staff/printers/HP").await;
    page.is(200)
        .has("PDF, a sheet at a time")
        .has("Avery L7163, 14 labels of 99.1 × 38.1 mm a sheet")
        .has("each sheet");
    let change = [("address", "ipp://127.0.0.1:3"), ("media", "avery-5163"), ("mute", "1")];
    desk.post("/staff/printers/HP", &token, &change).await.is(303);
    desk.get("/staff/printers/HP").await.has("Avery 5163").has("labels count as sent").has("127.0.0.1:3");
    desk.post("/staff/printers/HP", &token, &[("address", "tcp://127.0.0.1:3")]).await.is(422);
    let pump = world.pump.to_string();
    let printed =
        desk.post("/staff/labels", &token, &[("tag", &pump), ("printer", "HP"), ("do", "print")]).await;
    printed.is(303);
    desk.post(&format!("{}/answer", printed.location()), &token, &[("n", "all"), ("printed", "yes")])
        .await
        .is(303);
}

#[tokio::test]
async fn a_sheet_in_a_print_queue_is_cancelled_on_its_page() {
    let queue = crate::print::FakeQueue::new();
    queue.inside().next = 3;
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let token = token(&desk, "/staff/printers").await;
    let address = queue.address();
    let form = [("name", "HP"), ("address", &address), ("language", "pdf"), ("media", "avery-5160")];
    desk.post("/staff/printers", &token, &form).await.is(303);
    let mut news = world.state.printing.news();
    let pump = world.pump.to_string();
    let form = [("tag", pump.as_str()), ("copies", "3"), ("printer", "HP"), ("do", "print")];
    let job = desk.post("/staff/labels", &token, &form).await.location();
    while queue.inside().documents.is_empty() {
        news.changed().await.unwrap();
    }
    desk.get("/staff/printers/HP").await.has("0 confirmed, 0 unknown");
    desk.get(&job).await.has("Printing").has("Cancel this job").has_not("throw that half away");
    desk.post(&format!("{job}/cancel"), &token, &[]).await.is(303);
    let cancelled = |job: &crate::print::JobSummary| job.state == crate::print::JobState::Cancelled;
    while !world.state.printing.jobs().unwrap().iter().any(cancelled) {
        news.changed().await.unwrap();
    }
    desk.get(&job).await.has("Cancelled").has_not("Cancel this job");
    assert_eq!(queue.inside().documents[0].state, 7, "it was taken out of the queue");
}

#[tokio::test]
async fn technicians_look_and_do_not_print() {
    let world = World::new().await;
    let desk = desk(&world, Role::Technician).await;
    let page = desk.get("/staff/labels").await;
    page.is(200).has_not("data-print").has("needs a sign-in as biomed");
    let token = desk.get("/staff/me").await.hidden("form");
    let pump = world.pump.to_string();
    desk.post("/staff/labels", &token, &[("tag", &pump), ("do", "print")]).await.is(403);
    for path in [
        "/staff/labels/blank",
        "/staff/labels/csv",
        "/staff/labels/sheet",
        "/staff/labels/cards",
        "/staff/printers/new",
    ] {
        desk.get(path).await.is(403);
    }
    desk.post("/staff/printers", &token, &[("name", "x")]).await.is(403);
    assert!(world.state.printing.jobs().unwrap().is_empty());
}

#[tokio::test]
async fn hundreds_are_picked_at_once() {
    let world = World::new().await;
    let desk = desk(&world, Role::Biomed).await;
    let token = token(&desk, "/staff/labels").await;
    let mut tags = Vec::new();
    for n in 0..150 {
        tags.push(world.add(&format!("Bed {n}"), "Ward 4B", None, PhotoPolicy::None).await.to_string());
    }
    let mut form: Vec<(&str, &str)> = tags.iter().map(|tag| ("tag", tag.as_str())).collect();
    form.push(("do", "print"));
    let job = desk.post("/staff/labels", &token, &form).await;
    job.is(303);
    desk.get(&job.location()).await.has("Bed 0 and 149 more");
}
