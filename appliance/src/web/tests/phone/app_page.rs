//! The installed page: its shell, its worker and its manifest.

use std::io::Write as _;

use crate::web::assets::{APP, QUEUE, READER, READER_GLUE, READER_PROGRAM, SCAN};
use crate::web::tests::*;

#[tokio::test]
async fn the_shell_has_the_words_of_its_script_in_the_language_of_the_phone() {
    let world = World::new().await;
    for (path, language, title) in [
        ("/app", "en", "CleanTrack on this phone"),
        ("/app/queue", "en", "CleanTrack on this phone"),
        ("/app", "es", "CleanTrack en este teléfono"),
    ] {
        let request = Request::get(path).header("accept-language", language).body(Body::empty()).unwrap();
        let page = world.send(request, true).await;
        page.is(200).has(title).has("href=\"/app.webmanifest\"").has("<form action=\"/t\"");
        let script = [APP.text(), QUEUE.text()].concat();
        // What is said where the browser takes no worker: over plain HTTP at once, else once the script knows.
        page.has("<section id=\"distrust\" class=\"note\" role=\"status\" hidden>").has("href=\"/trust\"");
        assert!(script.contains("\"#distrust\""));
        for asked in script.split("say(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
            page.has(&format!("data-key=\"{asked}\""));
        }
        let faults = record::kinds::ProblemWord::ALL.iter().map(|word| word.as_str());
        let states = ["on-phone", "on-box", "at-relay", "refused", "reload", "no-store"];
        for word in faults.clone().chain(states) {
            page.has(&format!("data-key=\"{word}\""));
        }
        for fault in faults {
            assert!(script.contains(&format!("\"{fault}\"")), "{fault}");
        }
        let policy = page.header(http::header::CONTENT_SECURITY_POLICY);
        assert!(policy.contains("'wasm-unsafe-eval'") && policy.contains("worker-src 'self'"), "{policy}");
    }
    world.get("/app").await.is(200).has("role=\"status\">").has("How to trust this box");
    let home = world.get("/").await;
    assert!(!home.header(http::header::CONTENT_SECURITY_POLICY).contains("unsafe"));
}

#[tokio::test]
async fn a_phone_takes_no_text_that_is_too_long_for_the_box() {
    let world = World::new().await;
    let app = world.get("/app").await;
    app.is(200).has("data-name-max=\"120\" data-note-max=\"1000\" data-lot-max=\"40\"");
    for (path, note) in [
        ("", "id=\"note\" name=\"notes\" rows=\"2\""),
        ("/problem", "id=\"notes\" name=\"notes\" rows=\"3\""),
    ] {
        let page = world.get(&format!("/t/{}{path}", world.pump)).await;
        page.is(200)
            .has("autocapitalize=\"words\" maxlength=\"120\"")
            .has(&format!("{note} maxlength=\"1000\""));
    }
}

#[tokio::test]
async fn the_worker_keeps_files_that_are_there() {
    let world = World::new().await;
    let worker = world.get("/sw.js").await;
    worker.is(200).has("cleantrack-").has_not("@FILES@").has_not("@BUILD@");
    assert_eq!(worker.header(http::header::CACHE_CONTROL), "no-cache");
    assert_eq!(worker.header(http::HeaderName::from_static("service-worker-allowed")), "/");
    let text = worker.text();
    let files = text.split("JSON.parse('").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let files: Vec<String> = serde_json::from_str(files).unwrap();
    assert_eq!(files.len(), 5);
    for file in files {
        world.get(&file).await.is(200);
    }
    let manifest = world.get("/app.webmanifest").await.is(200).json();
    assert_eq!((manifest["start_url"].as_str(), manifest["scope"].as_str()), (Some("/app"), Some("/")));
    for icon in manifest["icons"].as_array().unwrap() {
        let png = world.get(icon["src"].as_str().unwrap()).await;
        assert!(png.is(200).bytes.starts_with(b"\x89PNG") && png.bytes.len() < 20_000);
    }
}

#[test]
fn the_scripts_are_small() {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for script in [&APP, &QUEUE, &SCAN, &READER] {
        packed.write_all(script.text().as_bytes()).unwrap();
    }
    let bytes = packed.finish().unwrap().len();
    assert!(bytes <= 25 * 1_024, "{bytes} bytes");
}

#[tokio::test]
async fn the_reader_of_labels_is_what_its_makers_published() {
    let world = World::new().await;
    let program = world.get(READER_PROGRAM.path()).await;
    assert_eq!(program.is(200).header(CONTENT_TYPE), "application/wasm");
    let published = "e8af31edb56d0522f4de74495839385ef019ba8bc90d38e5ecb2f18795d86fb2";
    assert_eq!(record::tree::Hash::of(&program.bytes).to_string(), published);
    let glue = world.get(READER_GLUE.path()).await;
    glue.is(200).has("ZXingWASM");
    let published = "d33d09ce132a692faffbed0dce656c36cb2573b4b843885a6e036390d1071d95";
    assert_eq!(record::tree::Hash::of(&glue.bytes).to_string(), published);
}

#[tokio::test]
async fn whoever_recorded_is_offered_the_page_once_and_only_where_it_can_be_installed() {
    let world = World::new().await;
    let offer = "href=\"/app#install\"";
    world.get("/app").await.has("id=\"install\"").has("Add to Home Screen");
    let record = async |cookies: &str, secure: bool| {
        let mut request = posted(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]);
        request.headers_mut().insert("cookie", cookies.parse().unwrap());
        let made = world.send(request, secure).await;
        (made.location(), made.cookies())
    };
    let show = async |receipt: &str, cookies: &str, secure: bool| {
        let request = Request::get(receipt).header("cookie", cookies).body(Body::empty()).unwrap();
        world.send(request, secure).await
    };
    let (plain, cookies) = record("", false).await;
    show(&plain, &cookies, false).await.is(200).has_not(offer);
    let (first, cookies) = record("", true).await;
    show(&first, "", true).await.is(200).has_not(offer);
    let shown = show(&first, &cookies, true).await;
    let cookies = format!("{cookies}; {}", shown.is(200).has(offer).cookies());
    show(&first, &cookies, true).await.has(offer);
    let (second, _) = record(&cookies, true).await;
    show(&second, &cookies, true).await.is(200).has_not(offer);
}
