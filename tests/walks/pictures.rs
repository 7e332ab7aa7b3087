//! What the pages of a walk look like, for people to look at and for the guides.

use std::path::Path;
use std::process::Command;

use serde_json::json;

use super::acts::save_whole_page;
use super::browser::{Browser, Kind};

/// Width and height of a phone's window and of one at a desk.
const WINDOWS: [(u32, u32); 2] = [(390, 844), (1280, 800)];
/// The one of the guides, in which a list of a few facilities is whole.
const DOCS_DESK: (u32, u32) = (1280, 1000);
const DOCS_BYTES_MAX: u64 = 120 * 1024;
/// Fewer colours, which pages hardly have, and the format's best compression.
const PACK: &str = "import sys; from PIL import Image
picture = Image.open(sys.argv[1]).convert('RGB')
picture.quantize(colors=int(sys.argv[3]), dither=Image.Dither.NONE).save(sys.argv[2], optimize=True)";

fn is_on() -> bool {
    std::env::var_os("WALKS_PICTURES").is_some()
}

/// Keeps pictures of the page that is open: on a phone and at a desk, light and dark. Restores the window's
/// size.
pub(crate) async fn keep_page(browser: &Browser, name: &str) {
    if !is_on() {
        return;
    }
    let folder = harness::tools::artefacts("walks");
    let was = browser.script("return [innerWidth, innerHeight]").await;
    for (width, height) in WINDOWS {
        browser.resize(width, height).await;
        for scheme in ["light", "dark"] {
            show_scheme(browser, scheme).await;
            save_whole_page(browser, &folder.join(format!("{name}-{width}-{scheme}.png"))).await;
        }
    }
    show_scheme(browser, "light").await;
    let side = |at: usize| was[at].as_u64().and_then(|side| u32::try_from(side).ok()).unwrap_or(1280);
    browser.resize(side(0), side(1)).await;
}

pub(crate) async fn put_into_docs(browser: &Browser, file: &str, kind: Kind) {
    if !is_on() {
        return;
    }
    let (width, height) = if kind == Kind::Phone { WINDOWS[0] } else { DOCS_DESK };
    browser.resize(width, height).await;
    browser.devtools("Emulation.setScrollbarsHidden", json!({"hidden": true})).await;
    show_scheme(browser, "light").await;
    browser.script("document.activeElement?.blur(); scrollTo(0, 0)").await;
    let taken = harness::tools::artefacts("walks").join(file);
    std::fs::write(&taken, browser.client.screenshot().await.expect("a picture")).expect("it can be written");
    let to = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/pictures").join(file);
    let packed =
        Command::new(harness::tools::python()).args(["-c", PACK]).arg(&taken).arg(&to).arg("64").status();
    assert!(packed.is_ok_and(|status| status.success()), "{} is not packed", taken.display());
    let bytes = std::fs::metadata(&to).map(|file| file.len()).unwrap_or(u64::MAX);
    assert!(bytes <= DOCS_BYTES_MAX, "{} has {bytes} bytes", to.display());
}

async fn show_scheme(browser: &Browser, scheme: &str) {
    let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
    browser.devtools("Emulation.setEmulatedMedia", media).await;
}
