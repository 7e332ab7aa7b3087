//! Templates and logo of the facility's own: by programs and on their page, and on the labels that are printed.

use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

fn template(name: &str) -> String {
    format!(
        "name = \"{name}\"\ntitle = \"Mine <own>\"\nwidth_mm = 50\nheight_mm = 25\n\n[[text]]\ntext = \"{{name}}\"\nx = 2\n\
         y = 2\nwidth = 40\nheight = 8\nsize = 12\n\n[[logo]]\nx = 2\ny = 12\nwidth = 20\nheight = 10\n"
    )
}

fn black(width: u32, height: u32) -> Vec<u8> {
    let mut dots = ::labels::Bitmap::white(width, height);
    dots.blacken_rect(0, 0, width, height);
    dots.to_png().unwrap()
}

fn hundred_megapixels() -> Vec<u8> {
    let mut png = black(8, 8);
    png[16..24].copy_from_slice(&[0, 0, 0x27, 0x10, 0, 0, 0x27, 0x10]);
    let crc = png[12..29].iter().fold(!0u32, |crc, byte| {
        (0..8).fold(
            crc ^ u32::from(*byte),
            |c: u32, _| if c & 1 == 1 { 0xedb8_8320 ^ (c >> 1) } else { c >> 1 },
        )
    });
    png[29..33].copy_from_slice(&(!crc).to_be_bytes());
    png
}

fn put(path: &str, file: impl Into<Body>) -> Request<Body> {
    Request::put(path).body(file.into()).unwrap()
}

fn delete(path: &str) -> Request<Body> {
    Request::delete(path).body(Body::empty()).unwrap()
}

#[tokio::test]
async fn programs_keep_templates_and_print_with_them() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let listed = program.get("/api/v1/templates").await.json();
    let built_in = listed["items"].as_array().unwrap().len();
    assert_eq!(
        (listed["items"][0]["name"].as_str(), listed["items"][0]["own"].as_bool()),
        (Some("equipment"), Some(false))
    );
    program.get("/api/v1/templates/equipment").await.is(200).has("name = \"equipment\"");
    program.get("/api/v1/templates/mine").await.is(404).has("no template “mine” of your own");
    let mine = "/api/v1/templates/mine";
    let stored = program.send(put(mine, template("mine"))).await;
    stored.is(201).has("\"own\":true").has("\"size\":\"50.0 × 25.0 mm\"").has("\"fields\":[\"name\"]");
    assert_eq!(stored.location(), mine);
    program.send(put(mine, template("mine").replace("size = 12", "size = 11"))).await.is(200);
    program.get(mine).await.is(200).has("size = 11");
    assert_eq!(
        program.get("/api/v1/templates").await.json()["items"].as_array().unwrap().len(),
        built_in + 1
    );

    let job =
        program.post("/api/v1/labels", serde_json::json!({"tags": [world.pump], "template": "mine"})).await;
    job.is(202).has("\"template\":\"mine\"");
    let look = format!("/api/v1/labels/preview.png?tag={}&template=mine", world.pump);
    let plain = program.get(&look).await;
    program.send(put("/api/v1/logo", black(60, 30))).await.is(201).has("\"width\":60").has("image/png");
    let with_logo = program.get(&look).await;
    assert!(plain.status == 200 && with_logo.status == 200 && plain.bytes != with_logo.bytes);
    let sheet = serde_json::json!({"tags": [world.pump], "template": "mine", "sheet": "L7163"});
    program.post("/api/v1/labels/sheet", sheet).await.is(200);
    program.send(delete(mine)).await.is(204);
    program.send(delete(mine)).await.is(404);
    program.get(&look).await.is(422).has("No template is named").has_not("mine, ");
    let again = format!("{}/reprint", job.location());
    let again = program.post(&again, serde_json::json!({"labels": [1], "reason": "torn"})).await;
    again.is(202).has("\"template\":\"mine\"");
    assert_eq!(program.get("/api/v1/logo").await.header(CONTENT_TYPE), "image/png");
    program.send(delete("/api/v1/logo")).await.is(204);
    program.get("/api/v1/logo").await.is(404);
    program.send(delete("/api/v1/logo")).await.is(404);
}

#[tokio::test]
async fn what_does_not_fit_is_told_with_its_line() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let mine = "/api/v1/templates/mine";
    for (from, to, says) in [
        ("width = 40", "width = -40", "Line 6 of the template: width is -40"),
        ("width = 40", "width = 49", "over the right edge of the label"),
        ("y = 12", "y = 5", "the text overlaps the logo of line 14"),
        ("{name}", "{colour}", "is not a field of a label"),
        ("size = 12", "colour = 12", "colour"),
        ("\"mine\"", "\"Mine!\"", "small letters, digits and hyphens"),
        ("\"mine\"", "\"other\"", "was sent as"),
    ] {
        let refused = program.send(put(mine, template("mine").replace(from, to))).await;
        refused.is(422).has(says).has("Nothing was changed");
    }
    program.send(put("/api/v1/templates/badge", template("badge"))).await.is(409).has("is built in");
    program.send(delete("/api/v1/templates/badge")).await.is(409).has("badge-own");
    program.send(put(mine, vec![b'#'; 70_000])).await.is(413).has("65536 bytes");
    program.send(put(mine, vec![0xff, 0xfe])).await.is(422).has("UTF-8");
    program.get(mine).await.is(404);
    let logo = "/api/v1/logo";
    program
        .send(put(logo, hundred_megapixels()))
        .await
        .is(422)
        .has("10000 × 10000 pixels")
        .has("save it smaller");
    program.send(put(logo, "GIF89a")).await.is(422).has("PNG");
    program.send(put(logo, vec![0u8; 1_100_000])).await.is(413).has("1048576 bytes");
    program.get(logo).await.is(404);
    let reader = crate::web::tests::programs::calls::program(&world, ApiTokenScope::Read);
    reader.send(put(mine, template("mine"))).await.is(403);
    reader.send(put(logo, black(8, 8))).await.is(403);
    reader.get("/api/v1/templates").await.is(200);
    world.send(Request::get("/api/v1/templates").body(Body::empty()).unwrap(), true).await.is(401);
}

async fn upload(desk: &Desk<'_>, path: &str, token: &str, fields: &[(&str, &str)], file: &[u8]) -> Answer {
    let mut body = Vec::new();
    for (name, value) in [&[("form", token)], fields].concat() {
        let part = format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        body.extend(part.bytes());
    }
    body.extend(b"--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n");
    body.extend(file);
    body.extend(b"\r\n--XX--\r\n");
    let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    desk.send(request.body(Body::from(body)).unwrap()).await
}

#[tokio::test]
async fn templates_are_made_changed_and_removed_on_their_page() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    desk.get("/staff/labels").await.has("/staff/labels/templates");
    let page = desk.get("/staff/labels/templates").await;
    page.is(200).has("None yet").has("Copy and edit").has("Blank tag, 62 × 29 mm").has("No logo yet");
    let token = page.hidden("form");
    let picture = desk.get("/staff/labels/templates/equipment/picture.png").await;
    assert_eq!((picture.status, picture.header(CONTENT_TYPE)), (200, "image/png"));
    desk.get("/staff/labels/templates/poster/picture.png").await.is(404);
    let edit = "/staff/labels/templates/edit";
    desk.get(&format!("{edit}?from=badge")).await.is(200).has("badge-own").has("New template");
    desk.get(&format!("{edit}?from=poster")).await.is(404);
    let wrong = template("mine").replace("width = 40", "width = 400");
    desk.post(edit, &token, &[("text", &wrong)])
        .await
        .is(422)
        .has("There is a problem")
        .has("Line 6 of the template")
        .has("width = 400");
    desk.post(edit, &token, &[("text", &template("equipment"))]).await.is(422).has("is built in");
    // Browsers send CRLF line ends.
    let saved = desk.post(edit, &token, &[("text", &template("mine").replace('\n', "\r\n"))]).await;
    assert_eq!((saved.status, saved.location().as_str()), (303, "/staff/labels/templates#t-mine"));
    desk.get("/staff/labels/templates")
        .await
        .has("Mine &#60;own&#62;")
        .has("/staff/labels/templates/mine/picture.png");
    desk.get(&format!("{edit}?from=mine")).await.is(200).has("Change mine").has("name = &#34;mine&#34;");
    upload(&desk, edit, &token, &[("text", "")], template("second").as_bytes()).await.is(303);
    for (path, there) in
        [("/staff/labels", true), ("/staff/labels/blank", true), ("/staff/labels/sheet", true)]
    {
        assert_eq!(desk.get(path).await.text().contains("value=\"second\""), there, "{path}");
    }
    let pump = world.pump.to_string();
    let printed = [("tag", pump.as_str()), ("template", "second"), ("copies", "1"), ("do", "print")];
    desk.post("/staff/labels", &token, &printed).await.is(303);
    desk.post("/staff/labels/templates/remove", &token, &[("name", "second")]).await.is(303);
    desk.post("/staff/labels/templates/remove", &token, &[("name", "second")]).await.is(303);
    desk.post("/staff/labels/templates/remove", &token, &[("name", "badge")]).await.is(409);
    desk.get("/staff/labels").await.has_not("value=\"second\"");
}

#[tokio::test]
async fn the_logo_is_changed_on_the_page_of_templates() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::FacilityAdmin).await;
    let token = desk.get("/staff/labels/templates").await.hidden("form");
    let logo = "/staff/labels/templates/logo";
    desk.get(logo).await.is(404);
    let before = desk.get("/staff/labels/templates/badge/picture.png").await;
    upload(&desk, logo, &token, &[], &hundred_megapixels()).await.is(422).has("10000 × 10000 pixels");
    upload(&desk, logo, &token, &[], b"GIF89a").await.is(422).has("neither a PNG nor a JPEG");
    upload(&desk, logo, &token, &[], &vec![0; 1_300_000]).await.is(422).has("more than 1 MB");
    desk.post(logo, &token, &[]).await.is(422).has("Choose a PNG or JPEG file");
    upload(&desk, logo, &token, &[], &black(120, 60)).await.is(303);
    desk.get("/staff/labels/templates").await.has("120 × 60 pixels").has("Replace the logo");
    assert_eq!(desk.get(logo).await.header(CONTENT_TYPE), "image/png");
    let after = desk.get("/staff/labels/templates/badge/picture.png").await;
    assert!(before.bytes != after.bytes, "the badge shows it");
    desk.post(logo, &token, &[("do", "remove")]).await.is(303);
    desk.get("/staff/labels/templates").await.has("No logo yet");
}

#[tokio::test]
async fn templates_are_for_those_who_may_change_labels() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Technician).await;
    for path in ["/staff/labels/templates", "/staff/labels/templates/edit", "/staff/labels/templates/logo"] {
        desk.get(path).await.is(403);
    }
    desk.post("/staff/labels/templates/edit", "x", &[("text", &template("mine"))]).await.is(403);
    desk.post("/staff/labels/templates/remove", "x", &[("name", "mine")]).await.is(403);
    desk.get("/staff/labels").await.has_not("/staff/labels/templates");
}
