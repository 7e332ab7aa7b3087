//! Blank tags, sheets, cards and spreadsheets of the print station.

use crate::web::tests::printing::station::token;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

#[tokio::test]
async fn blank_tags_sheets_and_cards() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
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
    sheet("", "1", "x").await.is(422).has("Enter millimetres");
    sheet("nonsense", "1", "0").await.is(422).has("Not a tag of equipment in use");

    let page = desk.get("/staff/labels/cards").await;
    page.is(200).has("Low-level wipe, version 1").has("Tom Nguyen");
    desk.post("/staff/labels/cards", &token, &[("do", "load")]).await.is(422).has("Enter the load’s number");
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
    let desk = desk(&world, StaffRole::Biomed).await;
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
        .has("ABCDEFGH4 is not a tag")
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
    let of_excel =
        "sep=;\nEquipment\n\nAsset number;Tag\n=\"BM-20418\";\n4.7E+11;\n4,7E+11;{tag}\n;4.7E+11\n";
    let of_excel = of_excel.replace("{tag}", &world.pump.to_string());
    let looked = desk.post("/staff/labels/csv", &token, &[("text", &of_excel)]).await;
    looked.has("4 rows read: 0 labels to print, 4 not").has("3 items have the asset number BM-20418");
    looked.has("4.7E+11 is what a spreadsheet such as Excel made of a long number");
    looked.has("4,7E+11 is what a spreadsheet").has_not("4.7E+11 is not a tag");
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
