//! What comes out of a printer: the record, and nothing that only a screen can do.

use base64::Engine as _;
use serde_json::json;

use super::browser::demo::Demo;
use super::browser::{Browser, Kind};
use super::table::sign_in_staff;

const RECORDS: u64 = 50;
const SHEETS_MAX: usize = 3;

async fn print(browser: &Browser) -> Vec<u8> {
    print_on(browser, 21.0, 29.7).await
}

/// On paper of this size, cm.
async fn print_on(browser: &Browser, width: f64, height: f64) -> Vec<u8> {
    let page = json!({"page": {"width": width, "height": height}});
    let printed = browser.driver("print", page).await;
    let pdf = base64::engine::general_purpose::STANDARD.decode(printed.as_str().unwrap_or_default());
    pdf.expect("a PDF")
}

/// Page objects of a PDF; those of the tree above them are called Pages.
fn sheets(pdf: &[u8]) -> usize {
    let text = String::from_utf8_lossy(pdf);
    text.matches("/Type /Page").count() - text.matches("/Type /Pages").count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_technician_card_is_one_sheet() {
    let desk = Browser::open(Kind::Desk, true).await;
    let docs =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").canonicalize().expect("documents");
    for (card, last) in [
        ("technician-card.html", "Address of the box"),
        ("es/technician-card.html", "Dirección de la unidad"),
    ] {
        desk.goto(&format!("file://{}", docs.join(card).display())).await;
        desk.shows(last).await;
        for (width, height) in [(21.0, 29.7), (21.59, 27.94)] {
            let pdf = print_on(&desk, width, height).await;
            let to = harness::tools::artefacts("pages").join(format!("{}.pdf", card.replace('/', "-")));
            std::fs::write(&to, &pdf).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
            assert_eq!(sheets(&pdf), 1, "{card} on {width} × {height} cm: {}", to.display());
        }
    }
    desk.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_item_is_printed_as_its_records_alone() {
    let demo = Demo::start(&["--no-relay"]);
    let at = &demo.output.r#box;
    let desk = Browser::open(Kind::Desk, true).await;
    sign_in_staff(&desk, &demo.output).await;
    desk.goto(&format!("{}/staff/equipment/{}", at.https, at.tags[0])).await;
    desk.shows("Take out of service").await;
    let records = desk.script("return document.querySelectorAll('#history li').length").await;
    assert_eq!(records.as_u64(), Some(RECORDS), "the demo has a month of records");

    let pdf = print(&desk).await;
    let to = harness::tools::artefacts("pages").join("staff-item.pdf");
    std::fs::write(&to, &pdf).unwrap_or_else(|e| panic!("{}: {e}", to.display()));
    assert!((1..=SHEETS_MAX).contains(&sheets(&pdf)), "{} sheets: {}", sheets(&pdf), to.display());

    desk.devtools("Emulation.setEmulatedMedia", json!({"media": "print"})).await;
    let printed = desk.script("return document.body.innerText").await;
    let printed = printed.as_str().expect("text");
    for expected in
        ["Infusion pump 14", "History", "Cleaned", "Entry ", "Maria Alvarez", "Log of", "Verified"]
    {
        assert!(printed.contains(expected), "{expected} is not printed:\n{printed}");
    }
    for screen in [
        "Print label",
        "Change",
        "Take out",
        "Retire",
        "Open its scan page",
        "Void",
        "Older",
        "Labels",
        "Box",
    ] {
        assert!(!printed.contains(screen), "{screen} is printed:\n{printed}");
    }
    desk.close().await;
}
