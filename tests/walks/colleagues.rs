//! Others come into the account: the admin of a region, somebody with a passkey, somebody by their organization; and one goes.

use super::acts::{add_authenticator, type_into};
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::customer::{
    CLINIC, Customer, HOSPITAL, MemberTerms, ORGANIZATION, REGION, accept, heading_is, hides,
};
use super::end;
use super::pictures::{keep_page, put_into_docs};
use super::provider::EMPLOYEE;

const REGION_ADMIN: (&str, &str) = ("marco.silva@linden.example", "Marco Silva");
const COLLEAGUE: (&str, &str) = ("tom.nguyen@linden.example", "Tom Nguyen");

pub(crate) async fn region_admin_sees_their_region(customer: &Customer, desk: &Browser) {
    desk.goto(&customer.relay.https("/app/facilities")).await;
    let elsewhere = desk.link("#list", CLINIC).await;
    let link = customer
        .invite(desk, REGION_ADMIN.0, MemberTerms { role: "facility_admin", places: &[REGION] })
        .await;
    keep_page(desk, "colleague-01-invited").await;
    let theirs = Browser::open(Kind::Desk, true).await;
    theirs.goto(&link).await;
    keep_page(&theirs, "colleague-02-join").await;
    accept(&theirs, &link, REGION_ADMIN.1).await;
    heading_is(&theirs, HOSPITAL).await;
    keep_page(&theirs, "colleague-03-region").await;
    for path in ["/app/", "/app/gaps", "/app/boxes", "/app/people", "/app/map", "/app/compare"] {
        theirs.goto(&customer.relay.https(path)).await;
        hides(&theirs, CLINIC).await;
    }
    theirs.goto(&elsewhere).await;
    theirs.shows("Page not found").await;
    keep_page(&theirs, "colleague-04-not-theirs").await;
    end([theirs]).await;
}

pub(crate) async fn colleague_comes_by_passkey(customer: &Customer, desk: &Browser) {
    let link = customer.invite(desk, COLLEAGUE.0, MemberTerms { role: "biomed", places: &[] }).await;
    let phone = Browser::open(Kind::Phone, true).await;
    add_authenticator(&phone).await;
    accept(&phone, &link, COLLEAGUE.1).await;
    phone.goto(&customer.relay.https("/app/me")).await;
    phone.press("#passkeys button").await;
    phone.shows("What you call it").await;
    keep_page(&phone, "colleague-05-passkey-new").await;
    type_into(&phone, "#name", "Work phone").await;
    phone.press("[data-use]").await;
    phone.shows("Your recovery codes").await;
    keep_page(&phone, "colleague-06-recovery-codes").await;
    phone.goto(&customer.relay.https("/app/me")).await;
    phone.shows("Work phone").await;
    keep_page(&phone, "colleague-07-me").await;
    sign_out(&phone).await;
    put_into_docs(&phone, "sign-in-phone.png", Kind::Phone).await;
    phone.press("form[action='/passkey'] button").await;
    phone.until("location.pathname.startsWith('/app')", TIME_LIMIT).await;
    phone.link("#sites th", HOSPITAL).await;
    keep_page(&phone, "colleague-08-signed-in").await;
    end([phone]).await;
}

pub(crate) async fn colleague_comes_by_organization(customer: &Customer, desk: &Browser) {
    add_provider(customer, desk).await;
    let link = customer.invite(desk, EMPLOYEE.0, MemberTerms { role: "technician", places: &[] }).await;
    let theirs = Browser::open(Kind::Desk, true).await;
    theirs.goto(&link).await;
    let organization = theirs.link("main", "Continue with your organization").await;
    theirs.goto(&organization).await;
    heading_is(&theirs, &format!("Sign in to {ORGANIZATION}")).await;
    keep_page(&theirs, "colleague-11-organization").await;
    go_by_provider(customer, &theirs).await;
    theirs.link("#sites th", CLINIC).await;
    theirs.shows(EMPLOYEE.1).await;
    theirs.goto(&customer.relay.https("/app/me")).await;
    keep_page(&theirs, "colleague-13-me-by-organization").await;
    sign_out(&theirs).await;
    // Known by now: without the invitation.
    let again = organization.split('?').next().unwrap_or_default();
    theirs.goto(again).await;
    go_by_provider(customer, &theirs).await;
    theirs.link("#sites th", CLINIC).await;
    desk.goto(&customer.relay.https("/app/people")).await;
    put_into_docs(desk, "people.png", Kind::Desk).await;
    let person = desk.link("#people th", EMPLOYEE.1).await;
    desk.goto(&person).await;
    keep_page(desk, "colleague-14-person").await;
    desk.press("button[value='disable']").await;
    desk.shows("They are signed out everywhere, and cannot sign in.").await;
    keep_page(desk, "colleague-15-disabled").await;
    theirs.press_moving("nav a[href=\"/app/boxes\"]").await;
    heading_is(&theirs, "Sign in to CleanTrack").await;
    theirs.shows("an admin ended it").await;
    keep_page(&theirs, "colleague-16-removed").await;
    theirs.goto(again).await;
    go_by_provider_refused(customer, &theirs).await;
    theirs.close().await;
}

async fn add_provider(customer: &Customer, desk: &Browser) {
    desk.goto(&customer.relay.https("/app/people")).await;
    let page = desk.link("main", "Sign-in by your organization").await;
    desk.goto(&page).await;
    heading_is(desk, "Sign-in by your organization").await;
    keep_page(desk, "colleague-09-no-provider").await;
    for (list, choice) in [("#preset", "other"), ("#role", "technician")] {
        desk.script(&format!("document.querySelector('#new {list}').value = '{choice}'")).await;
    }
    type_into(desk, "#issuer", &customer.provider.issuer).await;
    type_into(desk, "#client_id", "cleantrack").await;
    type_into(desk, "#client_secret", "s3cret").await;
    desk.press("#new .go").await;
    desk.shows("Remove the provider").await;
    keep_page(desk, "colleague-10-provider").await;
}

async fn go_by_provider(customer: &Customer, browser: &Browser) {
    press_through(customer, browser).await;
    browser.until("location.pathname.startsWith('/app')", TIME_LIMIT).await;
}

async fn go_by_provider_refused(customer: &Customer, browser: &Browser) {
    press_through(customer, browser).await;
    heading_is(browser, "You are not signed in").await;
    keep_page(browser, "colleague-17-refused").await;
}

async fn press_through(customer: &Customer, browser: &Browser) {
    browser.press("main form button").await;
    let provider = browser.link("main", "Go to localhost").await;
    keep_page(browser, "colleague-12-to-provider").await;
    browser.goto(&provider).await;
    browser.press(&customer.provider.button()).await;
}

async fn sign_out(browser: &Browser) {
    browser.press("form[action='/logout'] button").await;
    heading_is(browser, "Sign in to CleanTrack").await;
    browser.shows("You are signed out on this device.").await;
}
