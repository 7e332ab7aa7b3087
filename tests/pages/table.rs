//! Every page of box and relay, in the order in which a person could come to them.

use harness::demo::output::DemoOutput;

use super::acts::{sign_in_relay, type_into};
use super::browser::Browser;
use super::database::{MailedLinks, insert_links, insert_provider};
use super::fleet_table::fleet_pages;
use super::page::{Act, Page};
use super::report_table::{relay_report_pages, report_pages};
use super::rules;

/// Addresses and ids that differ in each demo.
pub(crate) struct Places {
    pub(crate) http: String,
    pub(crate) staff: String,
    admin: String,
    pub(crate) pump: String,
    /// One like it, whose contact time nobody starts before.
    second_pump: String,
    unknown: String,
    out: String,
    pub(crate) fresh: String,
    pub(crate) others: [String; 6],
    receipt: String,
    old_receipt: String,
    protocol: String,
    pub(crate) person: String,
    refused: String,
    relay: String,
    links: MailedLinks,
    organisation: String,
    facility: String,
}

const RECORD: &str = ".bar .go";
/// The button to record where a contact time would have to be measured first.
pub(crate) const UNMEASURED: &str = "#unmeasured, .bar .go";

impl Places {
    pub(crate) fn origin_of_box(&self) -> &str {
        self.staff.trim_end_matches("/staff")
    }

    pub(crate) fn origin_of_relay(&self) -> &str {
        &self.relay
    }

    pub(crate) async fn look(browser: &Browser, output: &DemoOutput) -> Self {
        let (r#box, relay) = (&output.r#box, output.relay.as_ref().expect("a relay"));
        let tag = |at: usize| r#box.tags.get(at).expect("twelve items").clone();

        let admin = sign_in_staff(browser, output).await;
        allow_late_undo(browser, &r#box.api_token).await;

        browser.goto(&format!("{}/staff/equipment/new", r#box.https)).await;
        type_into(browser, "#name", "Bed 7").await;
        browser.press("form .go").await;
        browser.shows("Print label").await;
        let fresh = last_of_path(browser).await;
        browser.goto(&format!("{}/t/{fresh}", r#box.http)).await;
        browser.press("#step-1").await;
        type_into(browser, "#who", "Aisha Bello").await;
        browser.press(RECORD).await;
        browser.shows("Where your record is").await;
        let receipt = last_of_path(browser).await;

        browser.goto(&format!("{}/t/{}", r#box.http, tag(0))).await;
        let protocol = href(browser, "#step .link").await;
        browser.goto(&format!("{}/staff/equipment/{}", r#box.https, tag(0))).await;
        let old_receipt = href(browser, "#history a[href^='/r/']").await;

        browser.goto(&format!("{}/staff/people", r#box.https)).await;
        let person = browser.link("th", "Tom Nguyen").await;
        let unknown = record::tag::Tag::from_random([7; 5]).to_string();
        let refused = send_refused(browser, &r#box.https, &unknown).await;

        sign_in_relay(browser, relay).await;
        browser.goto(&format!("{}/app/", relay.https)).await;
        let facility = browser.link("#sites th", "Linden Valley Hospital").await;
        Self {
            http: r#box.http.clone(),
            staff: format!("{}/staff", r#box.https),
            admin,
            pump: tag(0),
            second_pump: tag(1),
            unknown,
            out: tag(2),
            fresh,
            others: [6, 7, 8, 9, 10, 11].map(tag),
            receipt,
            old_receipt,
            protocol,
            person,
            refused,
            relay: relay.https.clone(),
            links: insert_links(output).await,
            organisation: insert_provider(output).await,
            facility,
        }
    }
}

/// Keeps undo open for a day: however slow the machine, the pages in front of it are looked at in time.
async fn allow_late_undo(browser: &Browser, token: &str) {
    let change = format!(
        "return fetch('/api/v1/facility', {{ method: 'PATCH', body: JSON.stringify({{ undo_min: 1440 }}),
         headers: {{ authorization: 'Bearer {token}', 'content-type': 'application/json' }} }}).then((answer) => answer.status)"
    );
    assert_eq!(browser.script(&change).await, 200);
}

/// Sends what a phone has recorded of a label that is on nothing; the page where staff enter it late.
async fn send_refused(browser: &Browser, origin: &str, unknown: &str) -> String {
    browser.goto(&format!("{origin}/app")).await;
    let document = serde_json::json!({
        "v": 1, "id": "01ARZ3NDEKTSV4RRFFQ69G5FAV", "tag": unknown, "steps": [1],
        "who": { "way": "typed", "name": "Aisha Bello" }, "note": "wheel squeaks",
        "times": { "open": [0, 0], "press": [9_000, 9_000], "send": [60_000, 60_000], "same_page": true },
    });
    let send = format!(
        "const form = new FormData(); form.append('submission', JSON.stringify({document}));
         return fetch('/api/v1/submissions', {{ method: 'POST', body: form }}).then((answer) => answer.status)"
    );
    assert_eq!(browser.script(&send).await, 422);
    browser.goto(&format!("{origin}/staff/phone-records")).await;
    href(browser, "a[href*='/phone-records/']").await
}

pub(crate) async fn sign_in_staff(browser: &Browser, output: &DemoOutput) -> String {
    let grace = output.r#box.staff.iter().find(|who| who.role == "facility_admin").expect("a facility admin");
    browser.goto(&format!("{}/staff/", output.r#box.https)).await;
    let admin = browser.link(".list", &grace.name).await;
    browser.goto(&admin).await;
    type_into(browser, "#pin", &grace.pin).await;
    browser.press(".go").await;
    browser.until("location.pathname === '/staff/'", super::browser::TIME_LIMIT).await;
    admin
}

pub(crate) async fn type_note(browser: &Browser, text: &str) {
    browser.press("details:has(#note) > summary").await;
    type_into(browser, "#note", text).await;
}

async fn href(browser: &Browser, css: &str) -> String {
    browser.find(css).await.prop("href").await.expect("a link").expect("a link")
}

async fn last_of_path(browser: &Browser) -> String {
    let url = browser.client.current_url().await.expect("a page");
    url.path_segments().and_then(|mut parts| parts.next_back().map(str::to_owned)).expect("a path")
}

pub(crate) fn pages_of_relay(at: &Places) -> Vec<Page> {
    // The last of these signs out.
    let mut pages = fleet_pages(at);
    pages.extend(relay_report_pages(at));
    pages.extend(relay(at));
    pages.extend(relay_sign_in_methods(at));
    pages
}

/// Some in Spanish too.
pub(crate) fn pages_of_box_in_both_languages(at: &Places) -> Vec<Page> {
    let mut pages = technician(at);
    pages.extend(technician_in_spanish(at));
    pages.extend(staff_items(at));
    pages.extend(staff_tags(at));
    pages.extend(staff_sign_offs(at));
    pages.extend(staff(at));
    pages.extend(rules::pages(at));
    pages.extend(rules::staff_in_spanish(at));
    pages.extend(report_pages(at));
    pages.extend(staff_access(at));
    pages
}

pub(crate) fn pages_of_box(at: &Places) -> Vec<Page> {
    let parts = [
        technician,
        staff_items,
        staff_tags,
        staff_sign_offs,
        staff,
        rules::pages,
        report_pages,
        staff_access,
    ];
    parts.into_iter().flat_map(|pages| pages(at)).collect()
}

fn technician(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.http), acts, says };
    let (pump, out, receipt) = (&at.pump, &at.out, &at.receipt);
    let misread = format!("{}{}", if pump.starts_with('7') { '8' } else { '7' }, &pump[1..]);
    let (undo, problem) = (format!("/r/{receipt}/undo"), format!("/t/{pump}/problem"));
    vec![
        page("home", "/", vec![], "What needs cleaning"),
        page("home-found", "/?q=pump", vec![], "Infusion pump 14"),
        page("home-nothing-found", "/?q=xyzzy", vec![], "Try a part of the name"),
        page("home-all", "/?all=1", vec![], "Blood gas analyser"),
        page("scan", &format!("/t/{pump}"), vec![], "Record cleaning"),
        page(
            "scan-error",
            &format!("/t/{pump}"),
            vec![Press("#step summary"), Press("#step-1"), Press(UNMEASURED)],
            "There is a problem",
        ),
        page("scan-wet", &format!("/t/{pump}"), vec![Press(RECORD)], "It dried: start again"),
        Page { name: "instructions", url: at.protocol.clone(), acts: vec![], says: "Wipe off visible soil" },
        page("out-of-service", &format!("/t/{out}"), vec![], "is out of service"),
        page("out-of-service-anyway", &format!("/t/{out}?anyway=1"), vec![], "Record cleaning"),
        page("tag-unknown", &format!("/t/{}", at.unknown), vec![], "No equipment has this tag yet"),
        page("code-unknown", "/t/?tag=BME-2041188-XY", vec![], "Nobody has said what this is"),
        page("tag-mistyped", &format!("/t/{misread}"), vec![], "Was it one of these?"),
        page("tag-none", "/t/", vec![], "Check the tag"),
        page("tag-none-bare", "/t", vec![], "Check the tag"),
        page("scan-by-short-path", &format!("/{pump}"), vec![], "Record cleaning"),
        page("receipt", &format!("/r/{receipt}"), vec![], "Where your record is"),
        page("undo", &undo, vec![], "Undo this record?"),
        page("undone", &undo, vec![Type("#reason", "Wrong bed"), Press(".stop")], "Both entries stay"),
        page("used", &format!("/t/{pump}/used"), vec![], "Yes, it was used now"),
        page("problem", &problem, vec![], "What is wrong with"),
        page("problem-error", &problem, vec![Press(".go")], "There is a problem"),
        page(
            "problem-reported",
            &problem,
            vec![Press("#what input"), Type("#notes", "Screen cracked"), Press(".go")],
            "Open reports",
        ),
        Page { name: "receipt-old", url: at.old_receipt.clone(), acts: vec![], says: "Recorded" },
        page("app", "/app", vec![], "No record waits on this phone."),
        page("app-queue", "/app/queue", vec![], "There is no record on this phone."),
        page("trust", "/trust", vec![], "Fingerprint of the certificate"),
        page("board", "/board", vec![], "Clean these first"),
        page("no-page", "/there/is/nothing/here", vec![], "Page not found"),
        page("staff-over-plain", "/staff/", vec![], "Staff pages need HTTPS"),
    ]
}

/// What follows scheme and host: a language is chosen for one of the two listeners.
fn path_of(url: &str) -> &str {
    url.splitn(4, '/').nth(3).map_or("/", |path| &url[url.len() - path.len() - 1..])
}

/// Words are longer in Spanish. It is chosen at the foot of the first of these pages, and English at that of
/// the last.
fn technician_in_spanish(at: &Places) -> Vec<Page> {
    use Act::Press;
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.http), acts, says };
    let scan = format!("/t/{}", at.pump);
    vec![
        page("home-es", "/", vec![Press("footer [value=es]")], "Qué falta limpiar"),
        page("home-all-es", "/?all=1", vec![], "Solo lo que falta limpiar"),
        page("scan-es", &scan, vec![], "Registrar limpieza"),
        page(
            "scan-error-es",
            &scan,
            vec![Press("#step summary"), Press("#step-1"), Press(UNMEASURED)],
            "Hay un problema",
        ),
        page("scan-wet-es", &format!("/t/{}", at.second_pump), vec![Press(RECORD)], "Se secó: reiniciar"),
        Page { name: "instructions-es", url: at.protocol.clone(), acts: vec![], says: "Mantener húmedo" },
        page("out-of-service-es", &format!("/t/{}", at.out), vec![], "está fuera de servicio"),
        page("code-unknown-es", "/t/?tag=BME-2041188-XY", vec![], "Nadie ha indicado qué es esto"),
        page("tag-unknown-es", &format!("/t/{}", at.unknown), vec![], "Ningún equipo tiene este código"),
        page("tag-none-es", "/t/", vec![], "Revise el código"),
        page("receipt-es", path_of(&at.old_receipt), vec![], "Dónde está su registro"),
        page("app-es", "/app", vec![], "Ningún registro espera en este teléfono."),
        page("trust-es", "/trust", vec![], "Huella digital del certificado"),
        page("board-es", "/board", vec![], "Limpiar primero"),
        page("no-page-es", "/there/is/nothing/here", vec![], "Página no encontrada"),
        page("home-en", "/", vec![Press("footer [value=en]")], "What needs cleaning"),
    ]
}

fn staff_tags(at: &Places) -> Vec<Page> {
    use Act::Press;
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    let pump = &at.pump;
    let on_pump = |verb: &str| format!("/equipment/{pump}{verb}");
    vec![
        page("staff-late", &on_pump("/late"), vec![], "a cleaning from paper"),
        page("staff-late-error", &on_pump("/late"), vec![Press("form .go")], "There is a problem"),
        page("staff-merge", &on_pump("/merge"), vec![], "is the same as another item"),
        page("staff-merge-error", &on_pump("/merge"), vec![Press("form .go")], "There is a problem"),
        page(
            "staff-tag-new",
            &format!("/tags/new?item={pump}&why=lost"),
            vec![],
            "Another label for an item",
        ),
        page("staff-tag-new-error", "/tags/new", vec![Press("form .go")], "There is a problem"),
        page("staff-tag-revoke", &format!("/tags/{pump}/revoke"), vec![], "Take the label"),
        page("staff-code-new", &format!("/codes/new?item={pump}"), vec![], "Add a code to an item"),
        page("staff-code-new-error", "/codes/new", vec![Press("form .go")], "There is a problem"),
    ]
}

fn staff_items(at: &Places) -> Vec<Page> {
    use Act::{Press, Set, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    let (pump, out) = (&at.pump, &at.out);
    let receipt = at.old_receipt.rsplit('/').next().unwrap_or_default();
    let void = format!("/../staff/cleanings/{receipt}/void");
    let on_pump = |verb: &str| format!("/equipment/{pump}{verb}");
    vec![
        page("staff-item", &on_pump(""), vec![], "Can this be trusted?"),
        page("staff-item-cursor", &on_pump("?cursor=x"), vec![], "Show the newest records"),
        page("staff-item-out", &format!("/equipment/{out}"), vec![], "Put back into service"),
        page("staff-item-new", "/equipment/new", vec![], "What is it?"),
        page("staff-item-new-error", "/equipment/new", vec![Press("form .go")], "There is a problem"),
        page("staff-item-edit", &on_pump("/edit"), vec![], "How is it cleaned?"),
        page(
            "staff-item-changed",
            &on_pump("/edit"),
            vec![Set("[name=seen]", "0"), Type("#location", "B"), Press("form .go")],
            "Somebody changed this meanwhile",
        ),
        page("staff-out", &on_pump("/out"), vec![], "Take out of service"),
        page("staff-out-error", &on_pump("/out"), vec![Press("form button")], "There is a problem"),
        page("staff-retire", &on_pump("/retire"), vec![], "Retire permanently"),
        page("staff-back", &format!("/equipment/{out}/back"), vec![], "What came of it"),
        page("staff-problem", "/", vec![Press("#problems li > a")], "Close the report"),
        page(
            "staff-problem-error",
            "/",
            vec![Press("#problems li > a"), Press("form[action*='/problems/'] button")],
            "There is a problem",
        ),
        page("staff-alarms", "/alarms", vec![], "Alarms"),
        page("staff-phone-records", "/phone-records", vec![], "Records from phones"),
        Page { name: "staff-phone-record", url: at.refused.clone(), acts: vec![], says: "Late entry" },
        Page {
            name: "staff-phone-record-error",
            url: at.refused.clone(),
            acts: vec![Press("main form button")],
            says: "There is a problem",
        },
        page("staff-clock", "/box/clock", vec![], "What time is it?"),
        page("staff-upkeep-new", &on_pump("/upkeep/new"), vec![], "What is to be done?"),
        page(
            "staff-upkeep-new-error",
            &on_pump("/upkeep/new"),
            vec![Press("form .go")],
            "There is a problem",
        ),
        page(
            "staff-upkeep-planned",
            &on_pump("/upkeep/new"),
            vec![Type("#name", "Safety test"), Press("form .go")],
            "Plan maintenance",
        ),
        page("staff-upkeep", &on_pump(""), vec![Press("#upkeep li a:last-of-type")], "ends the task"),
        page("staff-upkeep-done", &on_pump(""), vec![Press("#upkeep li a")], "what came of it?"),
        page("staff-maintenance", "/maintenance", vec![], "It has no part in any rate"),
        page("staff-places", "/places", vec![], "No places yet"),
        page("staff-place-new-error", "/places/new", vec![Press("form .go")], "There is a problem"),
        page(
            "staff-place-new",
            "/places/new",
            vec![Type("#name", "ICU East"), Press("form .go")],
            "in the order of rounds",
        ),
        page("staff-place", "/places", vec![Press("th a")], "gets a new name with the place"),
        page("staff-categories", "/categories", vec![], "No categories yet"),
        page("staff-category-new-error", "/categories/new", vec![Press("form .go")], "There is a problem"),
        page(
            "staff-category-new",
            "/categories/new",
            vec![Type("#name", "Bed"), Press("form .go")],
            "Own fields",
        ),
        page("staff-category", "/categories", vec![Press("th a")], "change none that is there"),
        page("staff-packs", "/packs", vec![], "Drafts of protocols to begin with"),
        page("staff-pack-keys", "/pack-keys", vec![], "No key is trusted yet"),
        page("staff-pack-draft", "/packs/dental/sensor", vec![], "This is a draft"),
        page("staff-pack-draft-error", "/packs/dental/sensor", vec![Press("form .go")], "There is a problem"),
        page("staff-protocols", "/protocols", vec![], "Contact time"),
        page("staff-protocol-new", "/protocols/new", vec![], "What is done?"),
        page("staff-protocol-new-error", "/protocols/new", vec![Press("form .go")], "There is a problem"),
        page("staff-protocol", "/protocols", vec![Press("th a")], "is in use. What you change"),
        page(
            "staff-protocol-retire",
            "/protocols",
            vec![Press("th a"), Press("a[href$='/retire']")],
            "nothing is due by it any more",
        ),
        page(
            "staff-protocol-retire-error",
            "/protocols",
            vec![Press("th a"), Press("a[href$='/retire']"), Press(".stop")],
            "There is a problem",
        ),
        page("staff-check", &format!("/../staff/cleanings/{receipt}/check"), vec![], "What you found"),
        page("staff-void", &void, vec![], "Void the record"),
        page("staff-void-error", &void, vec![Press(".stop")], "There is a problem"),
    ]
}

fn staff_sign_offs(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    vec![
        page("staff-people", "/people", vec![], "people work here"),
        Page {
            name: "staff-person-badge-again",
            url: at.person.clone(),
            acts: vec![Type("#badge", "0004711"), Press("form[action$='/badges'] button")],
            says: "Scan the same badge again",
        },
        Page {
            name: "staff-person-badge-error",
            url: at.person.clone(),
            acts: vec![Press("form[action$='/badges'] button")],
            says: "A badge has 4 to 128 characters",
        },
        page("staff-sign-offs", "/sign-offs", vec![], "Who may clean by which protocol"),
        page("staff-sign-off", "/sign-offs", vec![Press("td a")], "Sign off"),
        page(
            "staff-sign-off-error",
            "/sign-offs",
            vec![Press("td a"), Type("#until", "soon"), Press("form button")],
            "There is a problem",
        ),
        page(
            "staff-sign-off-granted",
            "/sign-offs",
            vec![Press("td a"), Press("main form button")],
            "Who may clean by which protocol",
        ),
        page(
            "staff-sign-off-end",
            "/sign-offs",
            vec![Press("td a"), Press("a[href$='/end']")],
            "What they recorded stays as it is",
        ),
    ]
}

fn staff(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    let pump = &at.pump;
    let on_pump = |verb: &str| format!("/equipment/{pump}{verb}");
    vec![
        page("staff-names", "/sign-in", vec![], "Who are you?"),
        Page { name: "staff-pin", url: at.admin.clone(), acts: vec![], says: "Enter your PIN" },
        Page {
            name: "staff-pin-error",
            url: at.admin.clone(),
            acts: vec![Type("#pin", "0"), Press(".go")],
            says: "There is a problem",
        },
        page("staff-today", "/", vec![], "30 days"),
        page("staff-today-bare", "", vec![], "30 days"),
        page("staff-equipment", "/equipment", vec![], "Add equipment"),
        page("staff-equipment-none", "/equipment?q=xyzzy", vec![], "No matches"),
        page("staff-equipment-retired", "/equipment?retired=1", vec![], "Equipment in use"),
        page("staff-label", &on_pump(""), vec![Press("form[action$='/label'] button")], "Submitted"),
        page(
            "staff-label-again",
            &on_pump(""),
            vec![Press("form[action$='/label'] button"), Press("a[href*='/again']")],
            "Reprint label",
        ),
        page("staff-label-preview", &format!("/labels/preview?tag={pump}"), vec![], "Preview"),
        page("staff-schedule", &on_pump("/schedule"), vec![], "When is it due?"),
        page(
            "staff-schedule-error",
            &on_pump("/schedule"),
            vec![Type("#times", ", noon"), Press("form button")],
            "There is a problem",
        ),
        page("staff-person-new", "/people/new", vec![], "Next you can set their PIN"),
        page("staff-person-new-error", "/people/new", vec![Press("form .go")], "There is a problem"),
        page(
            "staff-person-namesake",
            "/people/new",
            vec![Type("#name", "Tom Nguyen"), Press("form .go")],
            "There is already a Tom Nguyen",
        ),
        Page { name: "staff-person", url: at.person.clone(), acts: vec![], says: "The same PIN again" },
        Page {
            name: "staff-person-pin-error",
            url: at.person.clone(),
            acts: vec![Type("#pin", "1234"), Type("#again", "1243"), Press("form[action$='/pin'] button")],
            says: "The two PINs differ",
        },
        Page {
            name: "staff-leave",
            url: format!("{}/leave", at.person),
            acts: vec![],
            says: "Yes, they have left",
        },
        page("staff-labels", "/labels?show=all", vec![], "Find or scan"),
        page("staff-labels-none", "/labels?show=all&q=xyzzy", vec![], "No matches"),
        page(
            "staff-labels-error",
            "/labels?show=all",
            vec![Press("[data-print]")],
            "Select at least one item",
        ),
        page("staff-labels-picked", "/labels?show=all", vec![Press("button[value=all]")], "items added"),
        page("staff-labels-none-picked", "/labels?show=picked", vec![], "Nothing is selected yet"),
        page("staff-labels-blank", "/labels/blank", vec![], "never printed twice"),
        page("staff-labels-csv", "/labels/csv", vec![], "Check the rows"),
        page(
            "staff-labels-csv-rows",
            "/labels/csv",
            vec![Type("#text", "name\nInfusion pump 14\nNobody"), Press("form p button")],
            "Not printed: 1",
        ),
        page("staff-labels-sheet", "/labels/sheet", vec![], "Download the PDF"),
        page("staff-labels-cards", "/labels/cards", vec![], "Protocol card"),
        page("staff-templates", "/labels/templates", vec![], "Copy and edit"),
        page("staff-template", "/labels/templates/edit?from=badge", vec![], "Label elements"),
        page(
            "staff-template-error",
            "/labels/templates/edit",
            vec![Type("#text", "x"), Press("form .go")],
            "There is a problem",
        ),
        page("staff-printers", "/printers", vec![], "Search for printers"),
        page("staff-printer-new", "/printers/new", vec![], "Which language it uses"),
        page("staff-printer-form", "/printers/new?name=Zebra&language=zpl&why=A+guess.", vec![], "Guessed"),
        page("staff-printer", "/printers", vec![Press("#printers h2 a")], "Print a test label"),
        page("staff-box", "/box", vec![], "Addresses"),
    ]
}

/// Permissions and one's own page; at last an item that is retired for good.
fn staff_access(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.staff), acts, says };
    let (pump, fresh) = (&at.pump, &at.fresh);
    vec![
        page("staff-programs", "/programs", vec![], "Tokens in force"),
        page("staff-program-new", "/programs/new", vec![], "What may it do?"),
        page("staff-program-new-error", "/programs/new", vec![Press("form .go")], "There is a problem"),
        page(
            "staff-program-made",
            "/programs/new",
            vec![Type("#name", "Night export"), Press("form .go")],
            "Copy the token now",
        ),
        page("staff-program-revoke", "/programs", vec![Press("td a[href$='/revoke']")], "Revoke token"),
        page("staff-access-log", "/box/audit", vec![], "Newest first"),
        page("staff-health", "/box/health", vec![], "on the command line"),
        page("staff-bundle", "/box/bundle", vec![], "What is in it"),
        // Whoever can sign in is led from the first set-up to that of staff.
        page("staff-setup", "/../setup", vec![], "What is left empty stays as it is"),
        page("staff-scan", &format!("/../t/{pump}"), vec![], "I am someone else"),
        page("staff-settings", "/box/settings", vec![], "Label host"),
        page("staff-backup", "/backup", vec![], "Test a restore"),
        page(
            "staff-backup-key-wrong",
            "/backup",
            vec![Type("#key", "age"), Press("form[action$='/test'] button")],
            "There is a problem",
        ),
        page(
            "staff-backup-key",
            "/backup",
            vec![Press("form[action$='/key'] button")],
            "Print this page now",
        ),
        page("staff-me", "/me", vec![], "Sign out"),
        page("staff-own-pin", "/me/pin?short=1", vec![], "Your PIN is too short"),
        page("staff-figures", "/figures", vec![], "Time to record a cleaning"),
        page("staff-own-pin-error", "/me/pin", vec![Press("form .go")], "There is a problem"),
        page(
            "staff-item-retired",
            &format!("/equipment/{fresh}/retire"),
            vec![Type("#reason", "Sold"), Press(".stop")],
            "Can this be trusted?",
        ),
        Page { name: "retired", url: format!("{}/t/{fresh}", at.http), acts: vec![], says: "was retired" },
        Page { name: "api", url: at.staff.replace("/staff", "/api/docs"), acts: vec![], says: "Operations" },
    ]
}

fn relay(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.relay), acts, says };
    let under =
        |name, path: &str, says| Page { name, url: format!("{}{path}", at.facility), acts: vec![], says };
    vec![
        page("relay-start", "/", vec![], "Latest cleanings"),
        page("relay-home", "/app", vec![], "Latest cleanings"),
        page("relay-facilities", "/app/", vec![], "Latest cleanings"),
        under("relay-facility", "", "Compliance by day"),
        under("relay-items", "/equipment", "Infusion pump 14"),
        under("relay-facility-gaps", "/gaps", "Items with gaps"),
        under("relay-facility-report", "/report", "Make the report"),
        under("relay-figures", "/figures", "Time to record a cleaning"),
        under("relay-items-overdue", "/equipment?show=overdue", "Show all equipment"),
        under("relay-labels", "/labels", "Create label sheet"),
        under("relay-items-none", "/equipment?q=xyzzy", "Show all equipment"),
        Page {
            name: "relay-item",
            url: format!("{}/e/{}", at.facility, at.pump),
            acts: vec![],
            says: "Can this be trusted?",
        },
        page("relay-boxes", "/app/boxes", vec![], "Add a box"),
        page("relay-add-box", "/app/boxes/add", vec![], "Create claim file"),
        page("relay-people", "/app/people", vec![], "They sign in to this account"),
        page("relay-invite-error", "/app/people", vec![Press("#new .go")], "There is a problem"),
        page("relay-support", "/app/support", vec![], "not open to anybody"),
        page("relay-support-error", "/app/support", vec![Press("#new .go")], "There is a problem"),
        page("relay-regions", "/app/regions", vec![], "There is no region yet"),
        page(
            "relay-regions-made",
            "/app/regions",
            vec![Type("#name", "North"), Press("#new .go")],
            "Delete the region",
        ),
        page("relay-compare", "/app/compare", vec![], "Compare regions"),
        page("relay-gaps", "/app/gaps", vec![], "Facilities with gaps"),
        page("relay-facility-list", "/app/facilities", vec![], "Make the facility"),
        page("relay-facility-error", "/app/facilities", vec![Press("#new .go")], "There is a problem"),
        page("relay-factor", "/app/me/factors/new", vec![], "Scan this with the app"),
        page("relay-factor-error", "/app/me/factors/new", vec![Press(".go")], "There is a problem"),
        page("relay-person", "/app/people", vec![Press("#people th a")], "Sign out everywhere"),
        page("relay-providers", "/app/sign-in", vec![], "Remove the provider"),
        page("relay-providers-error", "/app/sign-in", vec![Press("#new .go")], "There is a problem"),
        page("relay-programs", "/app/programs", vec![], "Days until it ends"),
        page("relay-programs-error", "/app/programs", vec![Press("#new .go")], "There is a problem"),
        page(
            "relay-programs-made",
            "/app/programs",
            vec![Type("#name", "Warehouse"), Press("#new .go")],
            "Copy the token now",
        ),
        page("relay-program", "/app/programs", vec![Press("#programs th a")], "Revoke the token"),
        page("relay-access", "/app/access", vec![], "what was denied"),
        page("relay-access-found", "/app/access?outcome=done&from=2020-01-01", vec![], "What was found"),
        page("relay-access-none", "/app/access?who=xyzzy", vec![], "Show all rows"),
        page("relay-locale", "/app/me/locale", vec![], "In these you read pages and mails"),
        page("relay-mails", "/app/me/mails", vec![], "What you must know of your access"),
        page("relay-mails-saved", "/app/me/mails", vec![Press(".card .go")], "From the next mail on"),
        page("relay-mail-kinds", "/app/mails", vec![], "with made-up facts"),
        page("relay-mail-words", "/app/mails/onboarding-3", vec![], "Your own words"),
        page(
            "relay-mail-words-error",
            "/app/mails/onboarding-3",
            vec![Type("#intro", "{x}"), Press("#own .go")],
            "There is a problem",
        ),
        page("relay-account-locale", "/app/locale", vec![], "For people who have chosen none"),
        page("relay-me", "/app/me", vec![], "Change your password"),
        page("relay-me-error", "/app/me", vec![Press("#password-card .go")], "There is a problem"),
        page("relay-no-page", "/app/there/is/nothing", vec![], "Page not found"),
        page("relay-api", "/api/docs", vec![], "Operations"),
        page("relay-login", "/app/me", vec![Press("main form button")], "Sign in to CleanTrack"),
        page("relay-login-error", "/login", vec![Press(".go")], "There is a problem"),
    ]
}

/// Sign-in methods beside the password, for whoever has not signed in.
fn relay_sign_in_methods(at: &Places) -> Vec<Page> {
    use Act::{Press, Type};
    let page = |name, path: &str, acts, says| Page { name, url: format!("{}{path}", at.relay), acts, says };
    vec![
        page("relay-forgot", "/forgot", vec![], "We mail you a link"),
        page("relay-forgot-error", "/forgot", vec![Press(".go")], "There is a problem"),
        page(
            "relay-forgot-sent",
            "/forgot",
            vec![Type("#email", "nobody@linden.example"), Press(".go")],
            "Look into your mail",
        ),
        page("relay-organisation", "/organisation", vec![], "Enter your e-mail address at work"),
        page("relay-organisation-error", "/organisation", vec![Press(".go")], "There is a problem"),
        page("relay-organisation-account", &at.organisation, vec![], "Continue at login.example"),
        page(
            "relay-organisation-go",
            &at.organisation,
            vec![Press("main form button")],
            "Go to login.example",
        ),
        page("relay-organisation-refused", "/oidc/answer?state=x", vec![], "You are not signed in"),
        page("relay-entrance", "/o/linden-health-partners", vec![], "Sign in to Linden Health Partners"),
        page("relay-sign-up", "/sign-up", vec![], "Make the account"),
        page("relay-sign-up-error", "/sign-up", vec![Press(".go")], "There is a problem"),
        page("relay-reset", &at.links.reset, vec![], "12 characters or more"),
        page("relay-reset-error", &at.links.reset, vec![Press(".go")], "too short"),
        page("relay-link", &at.links.sign_in, vec![], "Press the button to sign in"),
        page("relay-confirm", &at.links.sign_up, vec![], "Choose a password, and your account is there"),
        page("relay-join", &at.links.invitation, vec![], "Choose a password for it"),
        page("relay-join-error", &at.links.invitation, vec![Press(".go")], "There is a problem"),
        page("relay-mail-stop", &at.links.exit, vec![], "What you must know of your access still comes"),
        page("relay-mail-stop-done", &at.links.exit, vec![Press(".go")], "come no more"),
        page("relay-mail-stop-over", "/u/x", vec![], "This link stops nothing"),
        page("relay-over", &at.links.sign_up.replace("/sign-up/", "/reset/"), vec![], "This link is over"),
    ]
}
