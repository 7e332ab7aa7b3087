//! An inspection at a box, from its day to the end of the auditor's pass: gaps first, a report that is checked, nothing to change.

use base64::Engine as _;
use harness::demo::output::BoxOutput;

use super::acts::type_into;
use super::browser::demo::Demo;
use super::browser::{Browser, Kind, TIME_LIMIT};
use super::end;
use super::pictures::keep_page;

/// Forms that change more than which report is made, or which language pages have.
const CHANGES: &str =
    "return [...document.querySelectorAll('form[method=post]')].map((form) => form.getAttribute('action'))
  .filter((to) => !['/staff/reports', '/staff/verify', '/language', '/staff/leave'].includes(to)).join(' ')";
/// The first row of what is overdue or was missed, where these are the first of the page.
const FIRST_GAP: &str = "return [...document.querySelectorAll('main section')].findIndex((one) => ['overdue', 'missed'].includes(one.id))";

pub(crate) async fn inspect() {
    let demo = Demo::start(&[]);
    let at = &demo.output.r#box;
    let admin = Browser::open(Kind::Desk, true).await;
    set_day(&admin, at).await;
    let code = make_pass(&admin).await;
    let auditor = Browser::open(Kind::Desk, true).await;
    auditor.goto(&format!("{}/staff/pass", at.https)).await;
    type_into(&auditor, "#code", &code.to_uppercase()).await;
    auditor.press("main form button").await;
    auditor.until("location.pathname === '/staff/inspection'", TIME_LIMIT).await;
    assert_eq!(auditor.script(FIRST_GAP).await, 0, "gaps come first");
    assert_eq!(auditor.script(CHANGES).await, "", "an auditor reads");
    keep_page(&auditor, "inspection-04-gaps").await;
    refuse_change(&auditor).await;
    check_report(&auditor).await;
    end_pass(&admin, at).await;
    auditor.press("main a[href='/staff/inspection']").await;
    auditor.until("location.pathname.startsWith('/staff/sign-in')", TIME_LIMIT).await;
    keep_page(&auditor, "inspection-08-over").await;
    end([admin, auditor]).await;
}

async fn set_day(admin: &Browser, at: &BoxOutput) {
    let grace = at.staff.iter().find(|who| who.role == "facility_admin").expect("a facility admin");
    admin.goto(&format!("{}/staff/", at.https)).await;
    let own = admin.link(".list", &grace.name).await;
    admin.goto(&own).await;
    type_into(admin, "#pin", &grace.pin).await;
    admin.press(".go").await;
    admin.until("location.pathname === '/staff/'", TIME_LIMIT).await;
    admin.goto(&format!("{}/staff/inspection", at.https)).await;
    admin.shows("No inspection is announced").await;
    admin.press("a[href='/staff/box/settings']").await;
    let day = admin.script("return new Date(Date.now() + 6048e5).toISOString().slice(0, 10)").await;
    type_into(admin, "#inspection_day", day.as_str().expect("a day")).await;
    type_into(admin, "#inspection_title", "Joint Commission").await;
    admin.press("main form .go").await;
    admin.until("location.pathname === '/staff/box'", TIME_LIMIT).await;
    admin.goto(&format!("{}/staff/inspection", at.https)).await;
    admin.shows("Joint Commission").await;
    keep_page(admin, "inspection-01-day").await;
}

async fn make_pass(admin: &Browser) -> String {
    type_into(admin, "#name", "Erika Lund").await;
    admin.press("form[action='/staff/inspection/passes'] button").await;
    admin.shows("it is not shown again").await;
    keep_page(admin, "inspection-02-pass").await;
    admin.find(".num").await.text().await.expect("a code")
}

/// As a form of whoever may change something.
async fn refuse_change(auditor: &Browser) {
    const SEND: &str = "window.refused = undefined; fetch('/staff/equipment/new', { method: 'POST', body: new URLSearchParams({
        form: document.querySelector('input[name=form]').value, name: 'Bed' }) }).then((answer) => { window.refused = answer.status; }); return true";
    auditor.script(SEND).await;
    assert_eq!(auditor.until("window.refused", TIME_LIMIT).await, 403);
}

async fn check_report(auditor: &Browser) {
    auditor.press("form[action='/staff/reports'] button").await;
    auditor.until("location.pathname === '/staff/reports'", TIME_LIMIT).await;
    let ready = tokio::time::timeout(TIME_LIMIT, async {
        while auditor.script("return document.querySelector('#made td a')?.href ?? ''").await == "" {
            // It is made when nothing else wants the processor.
            tokio::time::sleep(std::time::Duration::from_millis(300)).await;
            auditor.client.refresh().await.expect("the page again");
        }
    });
    ready.await.expect("the report is made");
    keep_page(auditor, "inspection-05-report").await;
    const FETCH: &str = "window.file = undefined; fetch(document.querySelector('#made td a').href).then((answer) => answer.blob())
        .then((blob) => { const reader = new FileReader(); reader.onload = () => { window.file = reader.result.split(',')[1]; }; reader.readAsDataURL(blob); });
        return true";
    auditor.script(FETCH).await;
    let file = auditor.until("window.file", TIME_LIMIT).await;
    let pdf = base64::engine::general_purpose::STANDARD.decode(file.as_str().expect("a file"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("report.pdf");
    std::fs::write(&path, pdf.expect("its bytes")).expect("it is saved");
    auditor.press("a[href='/staff/verify']").await;
    type_into(auditor, "#file", path.to_str().expect("a path")).await;
    auditor.press("form[action='/staff/verify'] button").await;
    auditor.shows("This report is as it was made").await;
    keep_page(auditor, "inspection-06-checked").await;
    auditor.press("main a[href='/staff/reports']").await;
}

async fn end_pass(admin: &Browser, at: &BoxOutput) {
    admin.goto(&format!("{}/staff/inspection", at.https)).await;
    admin.shows("Auditor: Erika Lund").await;
    keep_page(admin, "inspection-07-passes").await;
    admin.press("form[action$='/end'] button").await;
    admin.until("document.querySelector('form[action$=\"/end\"]') === null", TIME_LIMIT).await;
}
