//! Printers: added, changed, tested, removed, and what goes wrong at one.

use crate::printing::{FakeQueue, JobState};
use crate::web::tests::printing::station::token;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

#[tokio::test]
async fn printers_are_added_changed_tested_and_removed() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let page = desk.get("/staff/printers").await;
    page.is(200).has("Desk").has("Search for printers").has("darken direct thermal");
    let token = page.hidden("form");
    desk.get("/staff/printers/Desk")
        .await
        .is(200)
        .has("settings file")
        .has("Print a test label")
        .has("Rulers");
    desk.get("/staff/printers/Nobody").await.is(404);
    desk.get("/staff/printers/new").await.is(200).has("Which language it uses");
    let start =
        "/staff/printers/new?name=Zebra&address=tcp://127.0.0.1:2&language=zpl&why=Its%20name%20says%20so.";
    let guessed = desk.get(start).await;
    guessed.is(200).has("Guessed:").has("Its name says so.").has("Darkness").has("value=\"Zebra\"");
    let form = [("name", "Zebra ½"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl"), ("dpi", "203")];
    let why = guessed.hidden("why");
    desk.post("/staff/printers", &token, &[&form[..], &[("darkness", "101"), ("why", &why)]].concat())
        .await
        .is(422)
        .has("0 to 100")
        .has("Guessed:")
        .has("Its name says so.");
    desk.post("/staff/printers", &token, &[&form[..], &[("darkness", "x")]].concat())
        .await
        .is(422)
        .has("value=\"x\"");
    let added = desk.post("/staff/printers", &token, &form).await;
    assert_eq!((added.status, added.location().as_str()), (303, "/staff/printers/Zebra%20%C2%BD"));
    desk.post("/staff/printers", &token, &form).await.is(422).has("already named");
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
    desk.post("/staff/printers/look", &token, &[("host", "not a host!")]).await.is(422).has("is not a host");
    desk.post(&format!("{own}/remove"), &token, &[]).await.is(303);
    desk.get("/staff/printers").await.has_not("Zebra");
    desk.post("/staff/printers/Desk/remove", &token, &[]).await.is(409);
}

#[tokio::test]
async fn an_office_printer_is_added_and_changed() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
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
    let queue = FakeQueue::new();
    queue.inside().next = 3;
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
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
    while !world
        .state
        .printing
        .jobs()
        .unwrap()
        .iter()
        .any(|job: &crate::printing::JobSummary| job.state == JobState::Cancelled)
    {
        news.changed().await.unwrap();
    }
    desk.get(&job).await.has("Cancelled").has_not("Cancel this job");
    assert_eq!(queue.inside().documents[0].state, 7, "it was taken out of the queue");
}
