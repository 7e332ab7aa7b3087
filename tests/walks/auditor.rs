//! An auditor, from the invitation to the end of their time: what was missed first, each link to its proof, nothing to change.

use record::proof::RecordProof;
use record::sign::VerifierKey;
use serde_json::Value;

use super::acts::{change_relay, enter_password, sign_in_relay, type_into};
use super::browser::demo::Demo;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::customer::{MemberTerms, PASSWORD, accept, heading_is, hides, invite};
use super::end;
use super::mailbox::Mailbox;
use super::pictures::{keep_page, put_into_docs};

const AUDITOR: (&str, &str) = ("erika.lund@audits.example", "Erika Lund");
/// The two facilities that they see, and the one that they do not.
const SEEN: [&str; 2] = ["Linden Valley Hospital", "Linden Lakes Medical Center"];
const ELSEWHERE: &str = "Linden Creek Clinic";
/// Links in the page's main part, without those of one's own page.
const LINKS: &str = "return [...new Set([...document.querySelectorAll('main a[href]')].map((a) => a.href))]
  .filter((href) => href.startsWith(location.origin))";

pub(crate) async fn audit() {
    let demo = Demo::start(&[]);
    let relay = demo.output.relay.as_ref().expect("a relay");
    let data = demo.output.dir.join("relay");
    let admin = Browser::open(Kind::Desk, true).await;
    sign_in_relay(&admin, relay).await;
    admin.goto(&format!("{}/app/people", relay.https)).await;
    type_into(&admin, "#days", "10").await;
    invite(&admin, AUDITOR.0, &MemberTerms { role: "auditor", places: &SEEN }).await;
    keep_page(&admin, "auditor-01-invited").await;
    let link = Mailbox { folder: data.join("mails") }.link(AUDITOR.0, "/join/").await;
    let desk = Browser::open(Kind::Desk, true).await;
    accept(&desk, &link, AUDITOR.1).await;
    admin.goto(&format!("{}/app/people", relay.https)).await;
    admin.link("#people th", AUDITOR.1).await;
    keep_page(&admin, "auditor-02-people").await;
    end([admin]).await;
    let facility = read_gaps(&desk).await;
    let item = read_facility(&desk, &facility).await;
    read_item(&desk, &item, &relay.api_token).await;
    come_to_the_end(&desk, &data).await;
    end([desk]).await;
}

async fn read_gaps(desk: &Browser) -> String {
    heading_is(desk, "Gaps").await;
    nothing_changes(desk).await;
    hides(desk, ELSEWHERE).await;
    keep_page(desk, "auditor-03-gaps").await;
    put_into_docs(desk, "gaps.png", Kind::Desk).await;
    links_work(desk).await;
    desk.link("#gaps th", SEEN[1]).await;
    desk.link("#gaps th", SEEN[0]).await
}

async fn read_facility(desk: &Browser, facility: &str) -> String {
    desk.goto(facility).await;
    heading_is(desk, &format!("Gaps of {}", SEEN[0])).await;
    nothing_changes(desk).await;
    links_work(desk).await;
    keep_page(desk, "auditor-04-facility").await;
    const FIND: &str = "window.found ??= Promise.all([...document.querySelectorAll('#gaps th a')].map(async (a) => \
        (await (await fetch(a.href)).text()).includes('/photos/') ? a.href : '')).then((all) => { window.item = all.find(Boolean); })";
    desk.script(&format!("{FIND}; return true")).await;
    let item = desk.until("window.item", TIME_LIMIT).await;
    item.as_str().expect("an address").to_owned()
}

async fn read_item(desk: &Browser, item: &str, token: &str) {
    desk.goto(item).await;
    desk.shows("Can this be trusted?").await;
    nothing_changes(desk).await;
    links_work(desk).await;
    keep_page(desk, "auditor-05-item").await;
    let photo = desk.find("#history a[href^='/photos/']").await.prop("href").await.expect("a link");
    let proof = "document.querySelector('#history a[href^=\"/photos/\"]').closest('li').querySelector('a[href^=\"/app/proof/\"]')?.href";
    let proof = desk.until(proof, TIME_LIMIT).await;
    let proof = proof.as_str().expect("a link");
    let text = fetch_text(desk, proof, "").await;
    let mut read: RecordProof = serde_json::from_str(&text).expect("a proof");
    let box_id = proof.split("/app/proof/").nth(1).and_then(|rest| rest.split('/').next()).expect("a box");
    let keys = fetch_text(desk, &format!("/api/v1/key?box={box_id}"), token).await;
    let keys: Vec<VerifierKey> = keys.lines().map(|key| VerifierKey::parse(key).expect("a key")).collect();
    read.check(&keys[..1], &keys[1..]).expect("the proof holds");
    read.entry = read.entry.replace("cleaning.recorded", "cleaning.recordee");
    assert!(read.check(&keys[..1], &keys[1..]).is_err(), "of another story it does not hold");
    desk.goto(&photo.expect("a photo")).await;
    desk.until("document.images[0]?.naturalWidth > 0", TIME_LIMIT).await;
}

async fn come_to_the_end(desk: &Browser, data: &std::path::Path) {
    desk.client.back().await.expect("the page before");
    desk.shows("Can this be trusted?").await;
    // They would have to be waited for.
    let over = "UPDATE members SET until_ms = 1000 WHERE role = 'auditor'";
    assert_eq!(change_relay(data, over).await, 1);
    desk.press("nav a[href='/app/gaps']").await;
    heading_is(desk, "Sign in to CleanTrack").await;
    keep_page(desk, "auditor-06-over").await;
    enter_password(desk, AUDITOR.0, PASSWORD).await;
    desk.shows("Your access has ended").await;
    keep_page(desk, "auditor-07-over-for-good").await;
}

/// No form on the page sends anything but a search, or in which language pages are.
async fn nothing_changes(desk: &Browser) {
    const FORMS: &str = "return [...document.querySelectorAll('form[method=post]:not([action=\"/language\"]), main button')].map((e) => e.outerHTML)";
    assert_eq!(desk.script(FORMS).await, Value::Array(Vec::new()), "an auditor reads");
    for path in ["/app/people", "/app/programs"] {
        let offered = format!("return document.querySelector('nav a[href=\"{path}\"]') !== null");
        assert_eq!(desk.script(&offered).await, false, "{path} is not theirs");
    }
}

async fn links_work(desk: &Browser) {
    let links = desk.script(LINKS).await;
    let links = links.as_array().filter(|links| !links.is_empty()).expect("links").clone();
    let all = Value::Array(links);
    let request = format!(
        "window.answers = undefined; Promise.all({all}.map(async (href) => [href, (await fetch(href)).status]))
           .then((all) => {{ window.answers = all.filter(([, status]) => status !== 200); }}); return true"
    );
    desk.script(&request).await;
    let wrong = desk.until("window.answers", TIME_LIMIT).await;
    assert_eq!(wrong, Value::Array(Vec::new()), "links that lead to nothing");
}

async fn fetch_text(desk: &Browser, href: &str, token: &str) -> String {
    let request = format!(
        "window.text = undefined; fetch('{href}', {token}).then((answer) => answer.text())
           .then((text) => {{ window.text = text; }}); return true",
        token = if token.is_empty() {
            "{}".to_owned()
        } else {
            format!("{{ headers: {{ authorization: 'Bearer {token}' }} }}")
        }
    );
    desk.script(&request).await;
    desk.until("window.text", TIME_LIMIT).await.as_str().expect("a text").to_owned()
}
