//! The installed page reads labels by the phone's camera, also where the box does not answer; a video replaces what is in front of it.

use std::path::{Path, PathBuf};
use std::process::Command;

use harness::proxy::NetworkFault;
use serde_json::json;

use super::Story;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::cuts::Spot;
use super::desk;

/// A hospital's own number and a trade item's (GS1), as they are printed on items.
const CODES: [&str; 2] = ["BM-20418-7", "(01)09506000134352(21)12345"];
/// The same in other symbols and in other ways of writing.
const WAYS: [(&str, &str); 4] = [
    ("Code128", "BM-20418-7"),
    ("DataMatrix", "(01)09506000134352(21)12345(11)240101"),
    ("Code39", "BM-20418-7"),
    ("QRCode", "https://maker.example/x/01/09506000134352/21/12345?17=271231"),
];
/// What every item of a model has.
const PRODUCT: (&str, &str) = ("EAN13", "9506000134352");

const READER: &str =
    "performance.getEntriesByType('resource').filter((one) => /reader|zxing/.test(one.name)).length";

const ADD_CODES: &str = "const [tag, codes, token, done] = arguments;
    (async () => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const add = (code) => fetch(`/api/v1/equipment/${tag}/codes`, { method: 'POST', credentials: 'omit', headers, body: JSON.stringify({ code }) });
      done(await Promise.all(codes.map(async (code) => (await add(code)).status)));
    })();";

fn film_code(folder: &Path, (kind, text): (&str, &str)) -> PathBuf {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("journey/camera.py");
    let film = folder.join(format!("{kind}-{}.y4m", text.len()));
    let ran = Command::new(harness::tools::python()).arg(script).args([kind, text]).arg(&film).status();
    assert!(ran.expect("Python starts").success(), "{kind}");
    film
}

/// Each code in front of the camera opens its item, from the box and from the phone.
pub(crate) async fn read_labels(story: &Story) {
    let r#box = &story.demo.output.r#box;
    let (tag, token) = (r#box.tags.first().expect("an item"), &r#box.api_token);
    let desk = Browser::open(Kind::Desk, true).await;
    desk::sign_in(story, &desk).await;
    let added = desk.client.execute_async(ADD_CODES, vec![json!(tag), json!(CODES), json!(token)]).await;
    assert_eq!(added.expect("answers"), json!([201, 201]));
    desk.close().await;
    let label = format!("{}/T/{tag}", r#box.http.to_uppercase());
    for code in [("QRCode", &*label)].into_iter().chain(WAYS) {
        let spot = open_filmed(story, code).await;
        let opened = format!("location.pathname.endsWith('/{tag}')");
        assert_eq!(spot.phone.script(&format!("return {READER}")).await, 0, "only when it is needed");
        spot.phone.press("#scan").await;
        spot.phone.until(&opened, TIME_LIMIT).await;
        spot.phone.shows("Infusion pump 14").await;
        spot.proxy.set(NetworkFault::Cut);
        spot.phone.goto(&format!("{}/app", spot.origin)).await;
        spot.phone.press("#scan").await;
        spot.phone.until(&opened, TIME_LIMIT).await;
        spot.phone.shows("The box does not answer here.").await;
        spot.phone.close().await;
    }
    let spot = open_filmed(story, PRODUCT).await;
    spot.phone.press("#scan").await;
    spot.phone.shows("on no item that this phone knows: 9506000134352").await;
    story.picture(&spot.phone, "01-product").await;
    spot.phone.press("[role=status] a").await;
    spot.phone.shows("is the same on every item of this model").await;
    spot.phone.close().await;
}

/// A phone with this code in front of its camera.
async fn open_filmed(story: &Story, code: (&str, &str)) -> Spot {
    let film = film_code(&story.pictures, code);
    let shown = format!("--use-file-for-fake-video-capture={}", film.display());
    let flags = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", &shown];
    let spot = Spot::open_with(story, &flags).await;
    spot.visit().await;
    spot
}
