//! The half of the story at a desk: staff at the box, and the admin at the relay.

use std::path::Path;

use super::Story;
use super::browser::{Browser, TIME_LIMIT};

pub(crate) async fn follow(desk: &Browser, within: &str, words: &str) {
    let href = desk.link(within, words).await;
    desk.goto(&href).await;
}

pub(crate) async fn sign_in(story: &Story, desk: &Browser) {
    let output = &story.demo.output;
    let grace = output.r#box.staff.iter().find(|who| who.role == "facility_admin").expect("a facility admin");
    desk.goto(&format!("{}/staff/", output.r#box.https)).await;
    follow(desk, ".list", &grace.name).await;
    desk.find("#pin").await.send_keys("0").await.expect("a PIN is typed");
    desk.press(".go").await;
    desk.shows("There is a problem").await;
    if story.script {
        for digit in grace.pin.chars() {
            let key = format!(
                "[...document.querySelectorAll('.pad button')].find(b => b.innerText === '{digit}').click()"
            );
            desk.script(&key).await;
        }
    } else {
        desk.find("#pin").await.send_keys(&grace.pin).await.expect("a PIN is typed");
    }
    story.picture(desk, "10-pin").await;
    desk.press(".go").await;
    desk.until("location.pathname === '/staff/'", TIME_LIMIT).await;
    desk.shows(&grace.name).await;
    story.picture(desk, "11-today").await;
}

pub(crate) async fn print_label(story: &Story, desk: &Browser, name: &str) -> String {
    desk.goto(&format!("{}/staff/equipment", story.demo.output.r#box.https)).await;
    follow(desk, "table", name).await;
    let before = labels(&story.demo.output.printers[0].spool);
    desk.press("form[action$='/label'] button").await;
    desk.shows("Submitted").await;
    desk.shows(name).await;
    let spool = &story.demo.output.printers[0].spool;
    let label = tokio::time::timeout(TIME_LIMIT, async {
        loop {
            match labels(spool).into_iter().find(|png| !before.contains(png)) {
                Some(png) => {
                    if let Some(read) = read_code(&png) {
                        return read;
                    }
                }
                None => tokio::time::sleep(std::time::Duration::from_millis(50)).await,
            }
        }
    });
    let label = label.await.expect("the label comes out of the printer");
    assert!(label.starts_with(&story.demo.output.r#box.http.to_uppercase()), "the label says {label}");
    // The paper is out before the printer has said so. Without script a page shows news when it is loaded
    // again.
    let done = "document.querySelector('#state .tag').innerText.includes('Done')";
    let asked_anew = async {
        while !story.script && desk.script(&format!("return {done}")).await != true {
            desk.client.refresh().await.expect("the page again");
        }
    };
    tokio::time::timeout(TIME_LIMIT, asked_anew).await.expect("the page says that the label is done");
    desk.until(done, TIME_LIMIT).await;
    story.picture(desk, "12-label").await;
    label
}

pub(crate) fn labels(spool: &Path) -> Vec<std::path::PathBuf> {
    let files =
        std::fs::read_dir(spool).expect("the printer's folder").filter_map(|file| Some(file.ok()?.path()));
    files.filter(|file| file.extension().is_some_and(|ext| ext == "png")).collect()
}

pub(crate) fn read_code(png: &Path) -> Option<String> {
    let read = std::process::Command::new(harness::tools::program("zbarimg"))
        .args(["--raw", "-q"])
        .arg(png)
        .output();
    let text = String::from_utf8(read.expect("zbarimg runs").stdout).expect("text");
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(crate) async fn add_item(story: &Story, desk: &Browser, name: &str) {
    desk.goto(&format!("{}/staff/equipment", story.demo.output.r#box.https)).await;
    follow(desk, "main", "Add equipment").await;
    desk.press("form .go").await;
    desk.shows("There is a problem").await;
    desk.find("#name").await.send_keys(name).await.expect("a name is typed");
    desk.press("form .go").await;
    desk.shows("Print label").await;
    desk.shows(name).await;
    story.picture(desk, "13-added").await;
}

pub(crate) const TAB: &str = "\u{e004}";
pub(crate) const ENTER: &str = "\u{e007}";

async fn send_keys(desk: &Browser, keys: &str) {
    let focused = desk.client.active_element().await.expect("something has the focus");
    focused.send_keys(keys).await.expect("keys are taken");
}

pub(crate) async fn add_items_by_keyboard(story: &Story, desk: &Browser, count: usize) {
    const NEXT: &str = "return document.activeElement.name === 'next'";
    desk.goto(&format!("{}/staff/equipment/new", story.demo.output.r#box.https)).await;
    for n in 1..=count {
        desk.until("document.activeElement.id === 'name'", TIME_LIMIT).await;
        let name = format!("Bed {n}");
        send_keys(desk, &name).await;
        if n == 1 {
            // Only once: whoever adds one item goes to its page, adding many is a choice.
            let mut tabs = 0;
            while desk.script(NEXT).await != true {
                tabs += 1;
                assert!(tabs < 60, "no key leads to the next one");
                send_keys(desk, TAB).await;
            }
        }
        send_keys(desk, ENTER).await;
        let added = format!("document.querySelector('.said')?.innerText.includes('{name} ')");
        desk.until(&added, TIME_LIMIT).await;
    }
    story.picture(desk, "15-many-added").await;
    let all = "return fetch('/api/v1/equipment?limit=100').then((answer) => answer.json()).then((all) => all.items.length)";
    assert_eq!(desk.script(all).await, count + 1);
}

pub(crate) async fn read_history(story: &Story, desk: &Browser) {
    let equipment = format!("{}/staff/equipment", story.demo.output.r#box.https);
    desk.goto(&equipment).await;
    follow(desk, "table", "Bed 7").await;
    desk.until("document.querySelector('#history s')", TIME_LIMIT).await;
    desk.goto(&equipment).await;
    follow(desk, "table", "Infusion pump 14").await;
    desk.shows("Aisha Bello").await;
    desk.until("document.querySelector('#proof .tag.ok')?.innerText.includes('Verified')", TIME_LIMIT).await;
    photo_shows(desk, "#history img").await;
    story.picture(desk, "14-history").await;
}

async fn photo_shows(desk: &Browser, css: &str) {
    let shown = format!(
        "(() => {{ const i = document.querySelector('{css}'); i?.scrollIntoView({{block: 'center'}}); \
         return Boolean(i?.complete && i.naturalWidth > 0); }})()"
    );
    desk.until(&shown, TIME_LIMIT).await;
}

async fn photo_opens(desk: &Browser, list: &str) {
    let opened = format!(
        "(() => {{ const links = [...document.querySelectorAll('{list} a[href^=\"/photos/\"]')]; \
         const link = links.find(a => a.textContent.includes('Infusion pump 14')); \
         if (link) window.opened ??= Object.assign(new Image(), {{src: link.href}}); \
         return Boolean(window.opened?.complete && window.opened.naturalWidth > 0); }})()"
    );
    desk.until(&opened, TIME_LIMIT).await;
}

pub(crate) async fn read_dashboard(story: &Story, desk: &Browser) {
    let relay = story.demo.output.relay.as_ref().expect("a relay");
    desk.goto(&format!("{}/login", relay.https)).await;
    desk.find("#email").await.send_keys(&relay.login.email).await.expect("an address is typed");
    desk.press(".go").await;
    desk.shows("There is a problem").await;
    desk.find("#password").await.send_keys(&relay.login.password).await.expect("a password is typed");
    desk.press(".go").await;
    desk.shows("Latest cleanings").await;
    let cleaned =
        "[...document.querySelectorAll('#feed li')].some(li => li.innerText.includes('Infusion pump 14'))";
    desk.until(cleaned, TIME_LIMIT).await;
    photo_opens(desk, "#feed").await;
    story.picture(desk, "20-dashboard").await;
    follow(desk, "#feed", "Infusion pump 14").await;
    desk.shows("Can this be trusted?").await;
    photo_opens(desk, "#history").await;
    story.picture(desk, "21-item-at-the-relay").await;
}
