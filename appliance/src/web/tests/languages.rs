//! Pages in their reader's language: whole, and as the reader likes it best.

use http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, COOKIE, ORIGIN, REFERER, VARY};
use words::{PSEUDO_CLOSE, PSEUDO_OPEN, WordSet as _};

use super::staff::staff_pages::{desk, person};
use super::*;

const READ_OUT: [&str; 11] = [
    "data-l",
    "data-pad",
    "data-delete",
    "aria-label",
    "alt",
    "title",
    "placeholder",
    "data-minute",
    "data-ten-seconds",
    "data-over",
    "data-busy",
];
const NOT_READ: [&str; 4] = ["title", "textarea", "script", "style"];
const SHARED: [&str; 21] = [
    "CleanTrack",
    "EPA",
    "PIN",
    "Hash",
    "min",
    "s",
    "mm",
    "h",
    "x",
    "MB",
    "GB",
    "MQTT",
    "HTTPS",
    "USB",
    "UTC",
    "No",
    "Panel",
    "C",
    "tcp",
    "in",
    "PDF",
];

/// The files of a language, in whatever folder they are.
fn word_files(language: &str) -> Vec<std::path::PathBuf> {
    fn collect(folder: &std::path::Path, files: &mut Vec<std::path::PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { collect(&path, files) } else { files.push(path) }
        }
    }
    let mut files = Vec::new();
    collect(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("words").join(language), &mut files);
    files
}

#[test]
fn every_area_is_written_in_each_language() {
    let [english, spanish] = ["en", "es"].map(|language| {
        let files = word_files(language);
        files
            .iter()
            .map(|file| file.file_name().unwrap().to_owned())
            .collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(english.len(), word_files("en").len(), "an area stands in one file");
    assert_eq!(spanish, english);
}

#[test]
fn nothing_is_counted_without_its_plural() {
    for path in word_files("en") {
        for line in std::fs::read_to_string(&path).unwrap().lines() {
            let is_variant = line.trim_start().trim_start_matches('*').starts_with('[');
            let counted = [") } entries", ") } photos"].iter().any(|noun| line.contains(noun));
            assert!(is_variant || !counted, "{}: {line}", path.display());
        }
    }
}

/// Names that somebody entered, which appear in messages too.
const ENTERED: [&str; 9] =
    ["Infusion pump", "ECG", "wipe", "Tom Nguyen", "Ines Duarte", "Desk", "Ward", "CMMS", "Flow"];

#[derive(Default)]
struct PageTexts {
    texts: Vec<String>,
    attributes: Vec<String>,
}

impl PageTexts {
    fn of(html: &str) -> Self {
        let (mut page, mut skipped) = (Self::default(), None::<(String, usize)>);
        for part in html.split('<').skip(1) {
            let (tag, text) = part.split_once('>').unwrap_or((part, ""));
            let is_end = tag.starts_with('/');
            let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap_or_default();
            skipped = match skipped {
                Some((of, depth)) if of == name => {
                    Some((of, if is_end { depth - 1 } else { depth + 1 })).filter(|(_, depth)| *depth > 0)
                }
                None if !is_end && (NOT_READ.contains(&name) || tag.contains("translate=\"no\"")) => {
                    Some((name.to_owned(), 1))
                }
                other => other,
            };
            if skipped.is_none() {
                page.texts.push(text.to_owned());
                page.attributes.extend(READ_OUT.iter().filter_map(|name| attribute(tag, name)));
            }
        }
        page
    }

    /// What has letters that are not in the brackets of the pseudo locale.
    fn bare(&self) -> Vec<String> {
        let (mut depth, mut bare) = (0_usize, Vec::new());
        for text in &self.texts {
            let mut outside = String::new();
            for character in text.chars() {
                match character {
                    PSEUDO_OPEN => depth += 1,
                    PSEUDO_CLOSE => depth = depth.saturating_sub(1),
                    _ if depth == 0 => outside.push(character),
                    _ => {}
                }
            }
            bare.push(outside.replace("CleanTrack", ""));
        }
        bare.extend(self.attributes.iter().filter(|value| !value.starts_with(PSEUDO_OPEN)).cloned());
        bare.retain(|text| text.contains(char::is_alphabetic));
        bare
    }

    fn shared_with(&self, other: &Self) -> Vec<String> {
        let others: Vec<&String> = other.texts.iter().chain(&other.attributes).collect();
        let all = self.texts.iter().chain(&self.attributes);
        all.filter(|text: &&String| {
            let mut words = text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty());
            words.any(|word| !SHARED.contains(&word))
        })
        .filter(|text| others.contains(text))
        .cloned()
        .collect()
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let value = tag.split_once(&format!(" {name}=\""))?.1;
    value.split('"').next().map(str::to_owned)
}

type Asked = (String, Box<dyn Fn() -> Request<Body>>);

fn asks(path: &str) -> Asked {
    let path = path.to_owned();
    (path.clone(), Box::new(move || Request::get(&path).body(Body::empty()).unwrap()))
}

fn posts(path: &str, form: &[(&str, &str)]) -> Asked {
    let path = path.to_owned();
    let form: Vec<(String, String)> = form.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let request = move || {
        let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        posted(&path, &form)
    };
    ("a form".to_owned(), Box::new(request))
}

async fn in_language(world: &World, language: &str, cookies: &str, mut request: Request<Body>) -> Answer {
    let cookies = format!("language={language}; {cookies}");
    request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
    world.send(request, false).await
}

async fn check_pages(world: &World, cookies: &str, pages: &[Asked]) {
    for (name, request) in pages {
        let [english, spanish, pseudo] = {
            let mut answers = Vec::new();
            for language in ["en", "es", "xx"] {
                answers.push(in_language(world, language, cookies, request()).await);
            }
            <[Answer; 3]>::try_from(answers).unwrap_or_else(|_| panic!("three answers"))
        };
        assert_eq!((spanish.status, pseudo.status), (english.status, english.status), "{name}");
        for (answer, lang) in [(&english, "en-US"), (&spanish, "es-US"), (&pseudo, "en-XA")] {
            answer.has(&format!("<html lang=\"{lang}\" dir=\"ltr\">"));
            assert_eq!(answer.header(CONTENT_LANGUAGE), lang, "{name}");
            assert_eq!(answer.header(VARY), "Accept-Language, Cookie", "{name}");
        }
        let [english, spanish, pseudo] =
            [english, spanish, pseudo].map(|answer| PageTexts::of(&answer.text()));
        assert_eq!(spanish.shared_with(&english), [""; 0], "{name} in Spanish");
        assert_eq!(pseudo.bare(), [""; 0], "{name} in the pseudo locale");
        assert!(english.texts.len() > 20, "{name} is a page");
    }
}

#[test]
fn texts_outside_of_messages_are_found() {
    let page = PageTexts::of(
        "<!doctype html>\n<html><title>Bed 7</title><p aria-label=\"Note\">Plain</p><p>⟦TTwo <bdi translate=\"no\">\
         <b>Ada</b></bdi> hálves⟧ 7</p><img alt=\"⟦PPhotó⟧\"><textarea name=\"a\">x</textarea></html>",
    );
    assert_eq!(page.bare(), ["Plain", "Note"]);
    let other = PageTexts::of("<p>Plain</p><p>PIN</p>");
    assert_eq!(other.shared_with(&page), ["Plain"]);
    assert_eq!(other.shared_with(&PageTexts::of("<p>PIN</p>")), [""; 0]);
}

#[tokio::test]
async fn pages_of_lists_and_tags_are_whole_in_each_language() {
    let world = World::new().await;
    let pump = world.pump.to_string();
    let slip = format!("{}{}", &pump[..8], if pump.ends_with('0') { '1' } else { '0' });
    let pages = [
        "/",
        "/?all=1",
        "/?q=pump",
        "/?q=nothing",
        "/?due=all",
        "/board",
        "/t/7QK3M9X2W",
        "/t/?tag=",
        "/setup",
    ];
    let mut pages: Vec<Asked> = pages.into_iter().map(asks).collect();
    pages
        .extend([format!("/t/{slip}"), format!("/{slip}"), "/t/7QK3M9X2".to_owned()].map(|path| asks(&path)));
    check_pages(&world, "", &pages).await;
    world.state.alarms.raise(crate::alarms::AlarmCause::new(record::alarm::AlarmCode::ClockUnsure));
    world.clock.advance(std::time::Duration::from_secs(30 * 3_600));
    check_pages(&world, "", &[asks("/"), asks("/board")]).await;
    world
        .give(Command::SuspendEquipment { tag: world.pump, reason: "Flow".into(), back: None, seen: None })
        .await;
    check_pages(&world, "", &[asks(&format!("/t/{pump}")), asks("/?all=1")]).await;
    world.give(Command::RetireEquipment { tag: world.pump, reason: String::new(), seen: None }).await;
    check_pages(&world, "", &[asks(&format!("/t/{pump}"))]).await;
}

#[tokio::test]
async fn steps_to_trust_the_box_are_whole_in_each_language() {
    let world = World::new().await;
    check_pages(&world, "", &[asks("/trust")]).await;
    super::phone::trust::put_certificate(&world);
    check_pages(&world, "", &[asks("/trust")]).await;
}

#[tokio::test]
async fn scan_pages_are_whole_in_each_language() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let cart = world
        .state
        .store
        .facility()
        .equipment
        .values()
        .find(|e| e.facts.name.starts_with("ECG"))
        .unwrap()
        .tag;
    let protocol = world.state.store.facility().protocols.keys().next().unwrap().to_string();
    let page = world.get(&path).await;
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let started = [("page", token.as_str()), ("submission", &submission), ("version", "1"), ("wet", "start")];
    let running = world.post(&path, &started).await.is(303).location();
    let running = running.split('#').next().unwrap();
    let long = "x".repeat(1_100);
    let pages = [
        asks(&path),
        asks(&format!("/t/{cart}")),
        asks(running),
        asks(&format!("{path}?draft=gone")),
        asks(&format!("/protocols/{protocol}")),
        posts(&path, &[("page", &token), ("version", "1")]),
        posts(&path, &[("page", &token), ("version", "2"), ("step", "1"), ("step", "2")]),
        posts(&path, &[("page", &token), ("version", "1"), ("cleaned_by", "a\u{202e}"), ("notes", &long)]),
        posts(&path, &[("page", "forged"), ("version", "1")]),
        posts(&path, &[("page", &token), ("version", "1"), ("other", "1")]),
        posts(&path, &[("pin", "4711"), ("cleaned_by", "Ada")]),
    ];
    check_pages(&world, "", &pages).await;
    world.clock.advance(std::time::Duration::from_secs(200));
    check_pages(&world, "", &[asks(running)]).await;
}

#[tokio::test]
async fn receipts_are_whole_in_each_language() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let page = world.get(&path).await;
    let form = [("page", page.hidden("page")), ("version", "1".to_owned()), ("notes", "No wipes".to_owned())];
    let form: Vec<(&str, &str)> = form.iter().map(|(k, v)| (*k, v.as_str())).collect();
    let done = world.post(&path, &[&form[..], &[("cleaned_by", "Ada")]].concat()).await;
    let (receipt, phone) = (done.is(303).location(), done.cookies());
    let undo = format!("{receipt}/undo");
    let pages = [
        asks(&receipt),
        asks(&format!("{receipt}?photo=no-room")),
        asks(&undo),
        posts(&undo, &[("reason", "a\u{202e}b")]),
    ];
    check_pages(&world, &phone, &pages).await;
    for link in [
        RelayLinkState::Down { since_ms: None },
        RelayLinkState::Down { since_ms: Some(NOW) },
        RelayLinkState::Up { ended_backlog: 0 },
    ] {
        world.link.send_replace(link);
        check_pages(&world, "", &[asks(&receipt), asks(&path)]).await;
    }
    in_language(&world, "es", &phone, posted(&undo, &[("reason", "Wrong bed")])).await.is(303);
    check_pages(&world, &phone, &[asks(&receipt)]).await;
    // Another phone than the one that made it.
    let other = world.post(&path, &[("cleaned_by", "Ada")]).await.is(303).location();
    check_pages(&world, "", &[posts(&format!("{other}/undo"), &[("reason", "x")])]).await;
}

#[tokio::test]
async fn errors_of_open_pages_are_whole_in_each_language() {
    let world = World::new().await;
    let path = format!("/t/{}", world.pump);
    let long = "x".repeat(20_000);
    let from_elsewhere = {
        let path = path.clone();
        move || {
            let mut request = posted(&path, &[("cleaned_by", "Ada")]);
            request.headers_mut().insert(ORIGIN, "http://evil.example".parse().unwrap());
            request
        }
    };
    let as_text = {
        let path = path.clone();
        move || Request::post(&path).header(CONTENT_TYPE, "text/plain").body(Body::from("a")).unwrap()
    };
    let pages: [Asked; 9] = [
        asks("/nowhere"),
        asks("/r/9-1-0000000000"),
        asks("/photos/0000000000000000000000000000000000000000000000000000000000000000.jpg"),
        posts("/board", &[]),
        posts(&path, &[("notes", &long)]),
        posts(&path, &[("notes", "a"), ("notes", "b")]),
        posts("/language", &[("language", "tlh")]),
        ("a form from elsewhere".to_owned(), Box::new(from_elsewhere)),
        ("a text in the place of a form".to_owned(), Box::new(as_text)),
    ];
    check_pages(&world, "", &pages).await;
}

#[tokio::test]
async fn the_reader_decides() {
    let world = World::new().await;
    let shown = async |requested: Option<&str>, cookies: &str, path: &str| {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        if let Some(requested) = requested {
            request.headers_mut().insert(ACCEPT_LANGUAGE, requested.parse().unwrap());
        }
        request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
        world.send(request, false).await.header(CONTENT_LANGUAGE).to_owned()
    };
    assert_eq!(shown(None, "", "/").await, "en-US");
    assert_eq!(shown(Some("fr, es-ES;q=0.9, en;q=0.8"), "", "/board").await, "es-ES");
    assert_eq!(shown(Some("en-GB, es;q=0.9"), "", "/").await, "en-GB");
    assert_eq!(shown(Some("es"), "language=en", "/").await, "en-US");
    assert_eq!(shown(Some("en"), "a=b; language=es", "/nowhere").await, "es-US");
    assert_eq!(shown(Some("es"), "language=tlh", "/").await, "es-US");
    assert_eq!(
        shown(Some("es"), "", "/staff/").await,
        "es-US",
        "whoever comes over plain HTTP is no staff yet"
    );
    let biomed = desk(&world, StaffRole::Biomed).await;
    for path in ["/staff/", "/staff/equipment/7QK3M9X2W"] {
        let mut request = Request::get(path).body(Body::empty()).unwrap();
        request.headers_mut().insert(ACCEPT_LANGUAGE, "es".parse().unwrap());
        let page = biomed.send(request).await;
        page.has("<html lang=\"es-US\"").has(">Equipos</a>").has_not("action=\"/language\"");
    }
    let mut requested = Request::get("/r/x").body(Body::empty()).unwrap();
    requested.headers_mut().insert(ACCEPT_LANGUAGE, "es".parse().unwrap());
    requested.headers_mut().insert("accept", "application/json".parse().unwrap());
    world.send(requested, false).await.is(404).has("\"title\":\"Página no encontrada\"");
}

#[tokio::test]
async fn staff_pages_are_worded_whole() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let form = admin.get("/staff/me").await.hidden("form");
    let pump = world.pump;
    let receipt = world.post(&format!("/t/{pump}"), &[("cleaned_by", "Ada")]).await.is(303).location();
    let void = format!("/staff/cleanings/{}/void", receipt.trim_start_matches("/r/"));
    let staff = world.state.identity.pins.holders().unwrap().into_iter().next().unwrap().to_string();
    let gone = person(&world, "Ines Duarte", StaffRole::Technician, "4711").await;
    world.give(Command::StaffLeft { staff: gone }).await;
    let token = [("form", form.as_str()), ("name", "CMMS"), ("scope", "read"), ("days", "9")];
    let reason = |path: String| posts(&path, &[("form", &form), ("reason", " ")]);
    let item = |rest: &str| format!("/staff/equipment/{pump}{rest}");
    let pages = [
        asks("/staff/"),
        asks("/staff/equipment"),
        asks("/staff/equipment?q=none"),
        asks("/staff/equipment?retired=1"),
        asks(&item("")),
        asks(&item("/out")),
        reason(item("/out")),
        asks(&item("/retire")),
        asks(&void),
        reason(void),
        asks("/staff/sign-in"),
        asks(&format!("/staff/sign-in?staff={staff}")),
        posts("/staff/sign-in", &[("staff", &staff), ("pin", "0")]),
        asks("/staff/me"),
        asks("/staff/me/pin?short=1"),
        posts("/staff/me/pin", &[("form", &form), ("pin", "1")]),
        asks("/staff/people?signed_out=2"),
        asks("/staff/programs"),
        asks("/staff/programs/new"),
        posts("/staff/programs/new", &[("form", &form), ("scope", "read"), ("days", "0")]),
        posts("/staff/programs/new", &token),
        asks("/staff/programs"),
        asks("/staff/box"),
        asks("/staff/box/audit"),
        asks("/staff/equipment/7QK3M9X2W"),
        posts("/staff/sign-out", &[("form", "of another session")]),
    ];
    check_staff_pages(&admin, &pages).await;
    world.give(Command::SuspendEquipment { tag: pump, reason: "Flow".into(), back: None, seen: None }).await;
    world.clock.advance(std::time::Duration::from_secs(31 * 60));
    let confirm = posts("/staff/programs/new", &[("form", &form), ("scope", "read"), ("pin", "1234")]);
    check_staff_pages(&admin, &[asks(&item("")), asks("/staff/"), confirm]).await;
    for link in [
        RelayLinkState::Down { since_ms: None },
        RelayLinkState::Down { since_ms: Some(NOW) },
        RelayLinkState::Up { ended_backlog: 0 },
    ] {
        world.link.send_replace(link);
        check_staff_pages(&admin, &[asks("/staff/"), asks("/staff/box")]).await;
    }
}

#[tokio::test]
async fn pages_of_forms_labels_and_printers_are_worded_whole() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let form = admin.get("/staff/me").await.hidden("form");
    let pump = world.pump;
    let item = |rest: &str| format!("/staff/equipment/{pump}{rest}");
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, "4711").await;
    let tom = |rest: &str| format!("/staff/people/{tom}{rest}");
    let sends =
        |path: &str, fields: &[(&str, &str)]| posts(path, &[&[("form", form.as_str())], fields].concat());
    let ward = [("name", "Ward"), ("language", "escpos"), ("address", "tcp://127.0.0.1:2")];
    let ward = admin.post("/staff/printers", &form, &ward).await.is(303).location();
    check_staff_pages(
        &admin,
        &[
            asks("/staff/equipment/new?tag=7QK3M9X2W"),
            sends("/staff/equipment/new", &[("name", ""), ("serial", &"x".repeat(200)), ("tag", "nonsense")]),
            asks(&item("/edit")),
            asks(&item("?cursor=x")),
            sends(&item("/edit"), &[("name", "Pump"), ("every", "hours"), ("number", "9000")]),
            sends(&item("/edit"), &[("name", "Pump"), ("seen", "0")]),
            asks(&item("/schedule")),
            sends(&item("/schedule"), &[("every", "times"), ("times", "noon")]),
            asks("/staff/box/settings"),
            sends(
                "/staff/box/settings",
                &[("zone", "Mars/Olympus"), ("undo_min", "15"), ("pin_proof_min", "5")],
            ),
            sends("/staff/box/settings", &[("undo_min", "x")]),
            asks("/staff/people/new"),
            sends("/staff/people/new", &[("name", "tom nguyen"), ("role", "biomed")]),
            sends("/staff/people/new", &[("name", "a\u{202e}b"), ("role", "biomed")]),
            asks(&tom("?signed_out=0")),
            asks(&tom("/leave")),
            sends(&tom("/pin"), &[("pin", "1"), ("again", "1")]),
            sends(&tom("/pin"), &[("pin", "1"), ("again", "2")]),
            asks("/staff/labels?show=all"),
            asks("/staff/labels?show=all&q=none&picks=0011223344556677"),
            sends("/staff/labels", &[("do", "print"), ("list", "nonsense")]),
            asks(&format!("/staff/labels/preview?tag={pump}")),
            asks(&format!("/staff/labels/preview?tag={pump}&template=none")),
            asks("/staff/labels/blank"),
            sends("/staff/labels/blank", &[("count", "0")]),
            asks("/staff/labels/csv"),
            sends("/staff/labels/csv", &[("text", "colour\nred\n")]),
            sends("/staff/labels/csv", &[("text", "name\nInfusion pump 14\nNobody\n")]),
            asks("/staff/labels/sheet"),
            sends("/staff/labels/sheet", &[("blank", "1"), ("sheet", "none"), ("start", "1")]),
            asks("/staff/labels/cards"),
            sends("/staff/labels/cards", &[("do", "load")]),
            asks("/staff/labels/templates"),
            asks("/staff/labels/templates/edit?from=badge"),
            sends("/staff/labels/templates/edit", &[("text", "colour = 1")]),
            sends("/staff/labels/templates/logo", &[]),
            asks("/staff/printers"),
            sends("/staff/printers/look", &[("host", "a b")]),
            asks("/staff/printers/new"),
            asks("/staff/printers/new?name=Zebra&language=zpl&why=A+guess."),
            sends(
                "/staff/printers",
                &[("name", "a/b"), ("language", "zpl"), ("media", "own"), ("speed", "x")],
            ),
            sends("/staff/printers", &[("name", "Ward"), ("language", "pdf"), ("address", "nowhere")]),
            asks("/staff/printers/Desk"),
            asks("/staff/printers/None"),
            asks(&ward),
            sends(&ward, &[("address", "tcp://127.0.0.1:2"), ("darkness", "101"), ("width", "1")]),
            sends(&ward, &[("address", "tcp://127.0.0.1:3"), ("seen", "1")]),
        ],
    )
    .await;
    let job = admin.post(&item("/label"), &form, &[]).await.is(303).location();
    let again = format!("{job}/again");
    let pages = [asks(&job), asks(&format!("{again}?n=1")), sends(&again, &[("n", "1"), ("reason", "")])];
    check_staff_pages(&admin, &pages).await;
    check_staff_pages(&admin, &[asks("/staff/labels"), asks("/staff/"), asks(&item(""))]).await;
}

async fn check_staff_pages(desk: &super::staff::staff_pages::Desk<'_>, pages: &[Asked]) {
    let mut mixed = Vec::new();
    for (name, request) in pages {
        let mut answers = Vec::new();
        for language in ["en", "es", "xx"] {
            let cookies = format!("language={language}; {}", desk.cookie);
            let mut request = request();
            request.headers_mut().insert(COOKIE, cookies.parse().unwrap());
            answers.push(desk.world.send(request, true).await);
        }
        let [english, spanish, pseudo] = <[Answer; 3]>::try_from(answers).unwrap_or_else(|_| panic!("three"));
        for (answer, lang) in [(&english, "en-US"), (&spanish, "es-US"), (&pseudo, "en-XA")] {
            answer.has(&format!("<html lang=\"{lang}\" dir=\"ltr\">")).has_not("action=\"/language\"");
            assert_eq!(answer.header(CONTENT_LANGUAGE), lang, "{name}");
        }
        assert_eq!((spanish.status, pseudo.status), (english.status, english.status), "{name}");
        let [english, spanish, pseudo] =
            [english, spanish, pseudo].map(|answer| PageTexts::of(&answer.text()));
        let shared = spanish.shared_with(&english).into_iter();
        let is_entered = |text: &str| ENTERED.iter().any(|entered| text.contains(entered));
        mixed.extend(shared.filter(|text| !is_entered(text)).map(|text| format!("{name}: {text}")));
        assert_eq!(pseudo.bare(), [""; 0], "{name} in the pseudo locale");
        assert!(english.texts.len() > 20, "{name} is a page");
    }
    assert_eq!(mixed, [""; 0], "in Spanish as in English");
}

#[tokio::test]
async fn a_language_is_chosen_at_the_foot_of_a_page_and_kept() {
    let world = World::new().await;
    let choose = async |language: &str, secure: bool| {
        let mut request = posted("/language", &[("language", language)]);
        request.headers_mut().insert(REFERER, "http://10.0.0.5/t/7QK3M9X2W".parse().unwrap());
        world.send(request, secure).await
    };
    world.get("/").await.has("action=\"/language\"").has("value=\"es\" lang=\"es\"").has_not("value=\"en\"");
    let chosen = choose("es", false).await;
    assert_eq!((chosen.is(303).location(), chosen.cookies()), ("/t/7QK3M9X2W".into(), "language=es".into()));
    let mut request = Request::get("/").body(Body::empty()).unwrap();
    request.headers_mut().insert(COOKIE, chosen.cookies().parse().unwrap());
    let page = world.send(request, false).await;
    page.has("<h1>Qué falta limpiar</h1>").has("value=\"en\" lang=\"en\"").has("translate=\"no\">English<");
    assert_eq!(choose("es", true).await.is(303).cookies(), "language=es; __Host-language=es");
    for unknown in ["tlh", "xx", "es-MX", "", "es; Path=/x"] {
        let refused = choose(unknown, false).await;
        refused.is(422).has("There is no such language here").has("Nothing was changed.");
        assert_eq!(refused.cookies(), "", "{unknown}");
    }
    world.post("/language", &[]).await.is(422);
    assert_eq!(world.post("/language", &[("language", "EN")]).await.is(303).location(), "/");
}

/// The wall display's letters are so large that a line could break between a number and its sign.
#[test]
fn a_rate_stays_on_one_line() {
    for locale in words::Locale::ALL {
        let rate =
            crate::web::words::HomeWords::in_locale(locale).board_rate(words::Number::from_tenths(833));
        assert!(!rate.contains(' '), "{locale:?}: {rate}");
    }
}
