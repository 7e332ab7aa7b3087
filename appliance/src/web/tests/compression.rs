//! Every answer under `Accept-Encoding: gzip`, decoded to its end.

use std::io::Read as _;

use record::entry::{By, Draft};

use super::programs::{Program, program};
use super::staff_pages::desk;
use super::*;
use crate::store::Decision;

/// An entry whose line is as long as a usual one.
pub(super) fn entry(n: usize) -> Draft {
    let body = format!(r#"{{"tag":"ABCDEFGH3","who":{{"proof":"unattributed"}},"agent":"Quat wipe {n}"}}"#);
    let event = Event::read("cleaning.recorded", &body);
    Draft { by: By::BOX, idem: None, event, texts: Vec::new() }
}

fn asked(path: &str) -> Request<Body> {
    Request::get(path).header("accept-encoding", "gzip").body(Body::empty()).unwrap()
}

/// The body as its reader gets it; whether it came compressed.
fn decoded(path: &str, answer: &Answer) -> (Vec<u8>, bool) {
    if answer.header(http::header::CONTENT_ENCODING) != "gzip" {
        return (answer.bytes.clone(), false);
    }
    let mut bytes = Vec::new();
    let read = flate2::read::GzDecoder::new(&answer.bytes[..]).read_to_end(&mut bytes);
    read.unwrap_or_else(|error| panic!("{path}: {error}"));
    (bytes, true)
}

#[tokio::test]
async fn the_log_is_exported_whole_with_and_without_gzip() {
    let world = World::new().await;
    world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.is(303);
    // More than one snapshot of history reads.
    for hundred in 0..6 {
        let drafts = (0..100).map(|n| entry(hundred * 100 + n)).collect();
        let done = world.state.store.submit(|_| Decision::Append { drafts, answer: () }).await;
        done.unwrap();
    }
    let program = program(&world, Scope::Read);
    let size = world.size();
    assert!(size > 600);
    let reader = world.state.store.reader().unwrap();
    let texts: usize = (0..size).map(|seq| reader.texts_of(seq).unwrap().len()).sum();
    let texts = texts as u64;
    assert!(texts > 0);
    for (query, lines) in [
        (String::new(), size),
        ("?limit=0".to_owned(), 0),
        (format!("?from={size}"), 0),
        (format!("?from={}", size - 1), 1),
        ("?from=1000000".to_owned(), 0),
        ("?from=510&limit=5".to_owned(), 5),
        ("?texts=1".to_owned(), size + texts),
    ] {
        let path = format!("/api/v1/log{query}");
        let plain = program.get(&path).await;
        let small = program.send(asked(&path)).await;
        let (bytes, compressed) = decoded(&path, small.is(200));
        assert!(plain.is(200).bytes == bytes, "{path}");
        assert_eq!(plain.text().lines().count() as u64, lines, "{path}");
        assert!(compressed, "{path} came as it is");
    }
}

/// What stands in the place of a path's parameters.
fn filled(world: &World, path: &str, receipt: &str, job: &str) -> String {
    let name = if path.contains("/templates/") { "equipment" } else { "Desk" };
    let filled = path
        .replace("{receipt}", receipt.trim_start_matches("/r/"))
        .replace("{tag}", world.pump.as_str())
        .replace("{name}", name)
        .replace("{seq}", "3")
        .replace("{id}", if path.contains("/labels/") { job } else { "any" });
    assert!(!filled.contains('{'), "{filled}: say what stands for its parameter");
    if filled.ends_with("preview.png") { format!("{filled}?tag={}", world.pump) } else { filled }
}

fn reads_whole(path: &str, plain: &Answer, small: &Answer) {
    assert_eq!(plain.status, small.status, "{path}");
    assert!(small.status < 500, "{path}: {}", small.status);
    let (bytes, _) = decoded(path, small);
    assert!(!bytes.is_empty(), "{path}");
    // Pages have tokens of their own; everything else is the same, to the byte.
    if !small.header(CONTENT_TYPE).starts_with("text/html") {
        assert!(plain.bytes == bytes, "{path}");
    }
    if small.header(CONTENT_TYPE).contains("json") && !path.ends_with("/log") {
        serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
    if small.header(CONTENT_TYPE).starts_with("text/html") {
        assert!(bytes.ends_with(b"</html>") || bytes.ends_with(b"</html>\n"), "{path} is cut off");
    }
}

#[tokio::test]
async fn every_described_path_reads_whole_under_gzip() {
    let world = World::new().await;
    let receipt = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    let program: Program<'_> = program(&world, Scope::Write);
    let logo = image::GrayImage::from_pixel(40, 20, image::Luma([0]));
    let mut png = std::io::Cursor::new(Vec::new());
    logo.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let put = Request::put("/api/v1/logo").header(CONTENT_TYPE, "image/png");
    program.send(put.body(Body::from(png.into_inner())).unwrap()).await.is(201);
    let job = program.post("/api/v1/labels", serde_json::json!({"tags": [world.pump]})).await;
    let job = job.json()["id"].as_str().map(str::to_owned).unwrap_or_else(|| panic!("{}", job.text()));
    let described: serde_json::Value = serde_json::from_str(include_str!("../api/openapi.json")).unwrap();
    let mut compressed = 0;
    for (path, methods) in described["paths"].as_object().unwrap() {
        if methods.get("get").is_none() {
            continue;
        }
        let path = filled(&world, path, &receipt, &job);
        let (plain, small) = (program.get(&path).await, program.send(asked(&path)).await);
        small.is(200);
        reads_whole(&path, &plain, &small);
        compressed += usize::from(decoded(&path, &small).1);
    }
    assert!(compressed > 10, "only {compressed} came compressed");
}

#[tokio::test]
async fn every_main_page_reads_whole_under_gzip() {
    let world = World::new().await;
    let receipt = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    for path in [
        "/".to_owned(),
        "/?q=pump".to_owned(),
        "/board".to_owned(),
        "/nowhere".to_owned(),
        format!("/t/{}", world.pump),
        format!("/protocols/{protocol}"),
        receipt.clone(),
        format!("{receipt}/undo"),
        ::web::assets::STYLE.path().to_owned(),
        ::web::assets::LIVE.path().to_owned(),
        crate::web::assets::BOX.path().to_owned(),
        ::web::assets::MARK.path().to_owned(),
    ] {
        let (plain, small) = (world.get(&path).await, world.send(asked(&path), false).await);
        reads_whole(&path, &plain, &small);
    }
    let desk = desk(&world, Role::FacilityAdmin).await;
    for path in [
        "/staff/".to_owned(),
        "/staff/equipment".to_owned(),
        "/staff/people".to_owned(),
        "/staff/printers".to_owned(),
        format!("/staff/equipment/{}", world.pump),
        format!("/staff/equipment/{}/edit", world.pump),
    ] {
        let (plain, small) = (desk.get(&path).await, desk.send(asked(&path)).await);
        small.is(200);
        reads_whole(&path, &plain, &small);
    }
}
