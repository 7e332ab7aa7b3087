//! From the form of signing up to the first scan on the dashboard, and to a region.

use std::path::{Path, PathBuf};

use harness::world::{TheBox, TheRelay, folder, until};
use serde_json::json;

use super::acts::{enter_password, type_into};
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::end;
use super::mailbox::Mailbox;
use super::pictures::keep_page;
use super::provider::Provider;

const OWNER: (&str, &str) = ("priya.raman@linden.example", "Priya Raman");
pub(crate) const PASSWORD: &str = "quiet harbor seven lanterns";
pub(crate) const ORGANIZATION: &str = "Linden Health Partners";
pub(crate) const HOSPITAL: &str = "Linden Valley Hospital";
pub(crate) const CLINIC: &str = "Linden Creek Clinic";
pub(crate) const REGION: &str = "North";
pub(crate) const ITEM: &str = "Infusion pump 14";
pub(crate) const ADMIN: &str = "Grace Okafor";
pub(crate) const PIN: &str = "48151623";

/// A relay that takes new accounts, and what one of them comes to.
pub(crate) struct Customer {
    pub(crate) relay: TheRelay,
    pub(crate) mails: Mailbox,
    pub(crate) provider: Provider,
    pub(crate) r#box: TheBox,
    pub(crate) downloads: PathBuf,
    _folder: tempfile::TempDir,
}

impl Customer {
    pub(crate) async fn new() -> Self {
        let (folder, demo) = (folder(), Path::new(env!("CARGO_BIN_EXE_demo")));
        let (mails, downloads) = (folder.path().join("mails"), folder.path().join("downloads"));
        std::fs::create_dir(&downloads).expect("a folder for downloads");
        let provider = Provider::start(folder.path()).await;
        let mut r#box = TheBox::new(demo, &folder.path().join("box"));
        r#box.start().await;
        let mut relay = TheRelay::new(demo, &folder.path().join("relay"));
        let transport = format!("folder:{}", mails.display());
        relay.add_settings(&format!(
            "open_sign_up = true\nmail.send = {transport:?}\n{}",
            provider.settings()
        ));
        relay.start().await;
        Self { relay, mails: Mailbox { folder: mails }, provider, r#box, downloads, _folder: folder }
    }

    /// Makes the account, by the mail that comes. The browser is the owner's from then on.
    pub(crate) async fn sign_up(&self) -> Browser {
        let desk = Browser::open(Kind::Desk, true).await;
        let downloads = json!({"behavior": "allow", "downloadPath": self.downloads});
        desk.devtools("Browser.setDownloadBehavior", downloads).await;
        desk.goto(&self.relay.https("/")).await;
        keep_page(&desk, "customer-01-sign-in").await;
        desk.press("a[href='/sign-up']").await;
        desk.shows("Make an account").await;
        type_into(&desk, "#name", OWNER.1).await;
        type_into(&desk, "#organisation", ORGANIZATION).await;
        type_into(&desk, "#email", OWNER.0).await;
        keep_page(&desk, "customer-02-sign-up").await;
        desk.press(".go").await;
        heading_is(&desk, "Look into your mail").await;
        keep_page(&desk, "customer-03-mail").await;
        desk.goto(&self.mails.link(OWNER.0, "/sign-up/").await).await;
        heading_is(&desk, "Confirm your address").await;
        keep_page(&desk, "customer-04-confirm").await;
        type_into(&desk, "#password", PASSWORD).await;
        desk.press(".go").await;
        desk.shows("There is no facility in this account yet").await;
        keep_page(&desk, "customer-05-empty").await;
        // In a browser where they are not known, the password opens the same.
        let other = Browser::open(Kind::Desk, true).await;
        other.goto(&self.relay.https("/login")).await;
        enter_password(&other, OWNER.0, PASSWORD).await;
        other.shows("There is no facility in this account yet").await;
        end([other]).await;
        desk
    }

    pub(crate) async fn set_box_up(&mut self, desk: &Browser) {
        desk.press("a[href='/app/facilities']").await;
        heading_is(desk, "Facilities").await;
        keep_page(desk, "customer-06-no-facility").await;
        make_facility(desk, HOSPITAL).await;
        desk.press("#list a[href*='/boxes/add']").await;
        desk.shows("0 of 1").await;
        keep_page(desk, "customer-07-add-box").await;
        desk.press("form[action='/app/boxes/add'] .go").await;
        let claim = until("the claim file", async || find_file(&self.downloads)).await;
        let claim = claim.expect("the claim file is downloaded");
        let code = self.r#box.order(&["setup-code"]).await;
        let near = Browser::open(Kind::Phone, true).await;
        near.goto(&self.r#box.http("/setup")).await;
        near.shows("HTTPS page only").await;
        near.goto(&self.r#box.https("/setup")).await;
        heading_is(&near, "Set up this box").await;
        self.fill_set_up_in(&near, &code, &claim).await;
        keep_page(&near, "customer-08-box-set-up").await;
        near.press(".go").await;
        heading_is(&near, "The box is being set up").await;
        keep_page(&near, "customer-09-box-set-up-done").await;
        // Without a reload: the page follows by itself.
        desk.until("document.querySelector('#waiting .num')?.innerText === '1 of 1'", TIME_LIMIT).await;
        keep_page(desk, "customer-10-box-is-here").await;
        end([near]).await;
    }

    pub(crate) async fn fill_set_up_in(&self, near: &Browser, code: &str, claim: &Path) {
        let label_host = self.r#box.http("").to_uppercase();
        for (field, text) in [
            ("#code", code),
            ("#admin", ADMIN),
            ("#pin", PIN),
            ("#again", PIN),
            ("#facility", HOSPITAL),
            ("#time_zone", "America/Chicago"),
            ("#label_host", &label_host),
            ("#file", &claim.to_string_lossy()),
        ] {
            type_into(near, field, text).await;
        }
    }

    /// The address on the label.
    pub(crate) async fn scan_first_label(&self, desk: &Browser) -> String {
        let staff = Browser::open(Kind::Desk, true).await;
        staff.goto(&self.r#box.https("/staff/")).await;
        let admin = staff.link(".list", ADMIN).await;
        staff.goto(&admin).await;
        type_into(&staff, "#pin", PIN).await;
        staff.press(".go").await;
        staff.until("location.pathname === '/staff/'", TIME_LIMIT).await;
        staff.goto(&self.r#box.https("/staff/equipment/new")).await;
        type_into(&staff, "#name", ITEM).await;
        staff.press("form .go").await;
        staff.shows("Print label").await;
        let item = staff.client.current_url().await.expect("a page");
        let tag = item.path_segments().and_then(Iterator::last).expect("a tag").to_owned();
        let phone = Browser::open(Kind::Phone, true).await;
        let label = format!("/t/{tag}");
        phone.goto(&self.r#box.http(&label)).await;
        heading_is(&phone, ITEM).await;
        phone.press("#step-1").await;
        type_into(&phone, "#who", "Aisha Bello").await;
        keep_page(&phone, "customer-11-scan").await;
        phone.press(".bar .go").await;
        heading_is(&phone, "Recorded").await;
        phone.until("document.querySelectorAll('#where li.done').length === 3", TIME_LIMIT).await;
        keep_page(&phone, "customer-12-receipt").await;
        end([staff, phone]).await;
        desk.goto(&self.relay.https("/app/")).await;
        heading_is(desk, HOSPITAL).await;
        let seen = format!(
            "[...document.querySelectorAll('main a.link')].some(a => a.innerText.includes('{ITEM}'))"
        );
        desk.until(&seen, TIME_LIMIT).await;
        desk.shows("Aisha Bello").await;
        keep_page(desk, "customer-13-dashboard").await;
        label
    }

    pub(crate) async fn add_region(&self, desk: &Browser) {
        desk.goto(&self.relay.https("/app/facilities")).await;
        make_facility(desk, CLINIC).await;
        keep_page(desk, "customer-14-two-facilities").await;
        desk.goto(&self.relay.https("/app/")).await;
        for name in [HOSPITAL, CLINIC] {
            desk.link("#sites th", name).await;
        }
        keep_page(desk, "customer-15-account").await;
        desk.goto(&self.relay.https("/app/people")).await;
        keep_page(desk, "customer-16-people").await;
        desk.press("a[href='/app/regions']").await;
        desk.shows("There is no region yet").await;
        type_into(desk, "#name", REGION).await;
        desk.press("#new .go").await;
        desk.shows("Delete the region").await;
        tick(desk, HOSPITAL).await;
        desk.press("button[value='save']").await;
        desk.shows("1 facility").await;
        keep_page(desk, "customer-17-region").await;
    }

    pub(crate) async fn invite(&self, desk: &Browser, email: &str, terms: MemberTerms<'_>) -> String {
        desk.goto(&self.relay.https("/app/people")).await;
        invite(desk, email, &terms).await;
        self.mails.link(email, "/join/").await
    }
}

/// Role and scope of an invitation.
pub(crate) struct MemberTerms<'a> {
    pub(crate) role: &'a str,
    /// Facilities and regions; everything where none is named.
    pub(crate) places: &'a [&'a str],
}

pub(crate) async fn heading_is(browser: &Browser, words: &str) {
    browser.until(&format!("document.querySelector('h1')?.innerText === `{words}`"), TIME_LIMIT).await;
}

pub(crate) async fn hides(browser: &Browser, words: &str) {
    let shown = format!("return document.body.innerText.includes(`{words}`)");
    assert_eq!(browser.script(&shown).await, false, "{:?} says {words}", browser.client.current_url().await);
}

async fn tick(browser: &Browser, words: &str) {
    let label = format!(
        "[...document.querySelectorAll('label.tick')].find(label => label.innerText.includes(`{words}`))"
    );
    browser.until(&format!("{label} !== undefined"), TIME_LIMIT).await;
    browser.script(&format!("{label}.click()")).await;
}

pub(crate) async fn invite(desk: &Browser, email: &str, terms: &MemberTerms<'_>) {
    type_into(desk, "#email", email).await;
    desk.script(&format!("document.querySelector('#role').value = '{}'", terms.role)).await;
    for place in terms.places {
        tick(desk, place).await;
    }
    if terms.places.is_empty() {
        desk.press("#all").await;
    }
    desk.press("#new .go").await;
    desk.shows(&format!("{email} was invited.")).await;
}

pub(crate) async fn accept(browser: &Browser, link: &str, name: &str) {
    browser.goto(link).await;
    browser.shows("invites you to the account of").await;
    type_into(browser, "#name", name).await;
    type_into(browser, "#password", PASSWORD).await;
    browser.press(".go").await;
    browser.until("location.pathname.startsWith('/app')", TIME_LIMIT).await;
}

async fn make_facility(desk: &Browser, name: &str) {
    type_into(desk, "#name", name).await;
    let zone = "document.querySelector('#zone').value = 'America/Chicago'";
    desk.script(zone).await;
    desk.press("#new .go").await;
    desk.link("#list", name).await;
}

pub(crate) fn find_file(folder: &Path) -> Option<PathBuf> {
    let mut files = std::fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
    files.find(|file| file.extension().is_some_and(|kind| kind == "toml"))
}
