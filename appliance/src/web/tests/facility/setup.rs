//! The set-up page: open while nobody can sign in, by its code alone, over HTTPS alone; then a facility admin's.

use firmware_config::ClaimFile;

use crate::intake::SettingsChange;
use crate::uplink::list_claim_commands;
use crate::web::tests::equipment::editing;
use crate::web::tests::equipment::editing::{form_of, value_of, with as put};
use crate::web::tests::fixture::copy_parts;
use crate::web::tests::staff::staff_pages::{Desk, desk, person};
use crate::web::tests::*;
use record::claim::{ClaimAnswer, ClaimedFacility};
use record::entry::EntryAuthor;
use record::ids::AccountId;

const CODE: &str = "aaaaa aaaaa";
const FORM: [(&str, &str); 5] = [
    ("code", CODE),
    ("admin", "Grace Okafor"),
    ("pin", "839204"),
    ("again", "839204"),
    ("submission", "one"),
];

fn variant(world: &World, change: impl FnOnce(&mut FieldParts)) -> TestClient {
    TestClient::new(mount_table(&TABLE.0, variant_state(world, change)), TABLE.1.clone())
}

fn variant_state(world: &World, change: impl FnOnce(&mut FieldParts)) -> AppState {
    let mut parts = copy_parts(world);
    change(&mut parts.field);
    AppState::new(parts)
}

async fn send_by(client: &TestClient, request: Request<Body>) -> Answer {
    let answer = client.send(addressed(request, true)).await;
    Answer { status: answer.status.as_u16(), headers: answer.headers, bytes: answer.body.to_vec() }
}

fn asked(path: &str) -> Request<Body> {
    Request::get(path).body(Body::empty()).unwrap()
}

fn with<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let mut form: Vec<(&str, &str)> =
        FORM.into_iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name)).collect();
    form.extend(changes);
    form
}

#[tokio::test]
async fn plain_http_shows_the_way_and_takes_nothing() {
    let world = World::new().await;
    let page = world.get("/setup").await;
    page.is(200).has("https://10.0.0.5:8443/setup").has_not("name=\"pin\"").has_not("name=\"code\"");
    world.post("/setup", &FORM).await.is(400);
    assert!(!crate::doctor::live_facts::has_admin(&world.state.store, &world.state.identity));
}

#[tokio::test]
async fn the_first_admin_gets_in_and_the_page_closes() {
    let world = World::new().await;
    world.send(asked("/setup"), true).await.is(200).has("name=\"code\"").has("runs on a system of your own");
    let wrong = with(&[("code", "BBBBB-BBBBB")]);
    world.send(posted("/setup", &wrong), true).await.is(422).has("This is not the set-up code");
    for (field, value, words) in [
        ("pin", "1234", "has 6 to 8 digits"),
        ("again", "839205", "The two PINs differ"),
        ("admin", "", "Enter the name of the first facility admin"),
        ("claim", "version = 1\nhostnam = \"a\"", "Claim file: Line 2: hostnam"),
        ("time_zone", "Chicago", "Time zone: must be an IANA time zone"),
    ] {
        let page = world.send(posted("/setup", &with(&[(field, value)])), true).await;
        page.is(422).has(words).has_not("value=\"839204\"");
    }
    let size = world.size();
    let right = with(&[("facility", "Oak Clinic"), ("label_host", "HTTP://10.0.0.9")]);
    let page = world.send(posted("/setup", &right), true).await;
    page.is(200).has("Add the first item").has("/staff/sign-in?staff=");
    assert_eq!(world.size(), size + 3, "the facility, the person and their PIN");
    let settings = world.state.store.facility().settings.clone();
    assert_eq!((settings.name.as_str(), settings.label_host.as_str()), ("Oak Clinic", "HTTP://10.0.0.9"));
    assert!(crate::doctor::live_facts::has_admin(&world.state.store, &world.state.identity));
    assert_eq!(world.send(asked("/setup"), true).await.is(303).location(), "/staff/box/setup");
    let late = world.send(posted("/setup", &FORM), true).await;
    late.is(409).has("<h1>This box is set up already</h1>").has("Nothing of what was entered");
    late.has("href=\"/staff/box/setup\"").has_not("839204");
    assert_eq!(world.size(), size + 3, "and nothing more");
}

fn claim_answer() -> ClaimAnswer {
    let facility = ClaimedFacility {
        id: FacilityId::new(1, [1; 10]),
        name: "Ward".into(),
        zone: "America/Chicago".into(),
    };
    ClaimAnswer {
        chain: "chain".into(),
        account: AccountId::new(1, [1; 10]),
        facility,
        relay_url: "https://relay.example".into(),
        mqtt_url: "mqtts://relay.example:8884".into(),
        photos_url: "https://relay.example:8443".into(),
        cosign_keys: Vec::new(),
        directive_keys: Vec::new(),
        relay_ca: "ca".into(),
        expires_s: 9,
        replaces: None,
    }
}

#[tokio::test]
async fn a_new_facility_undoes_for_two_minutes_whoever_names_it_first() {
    for is_claimed in [false, true] {
        let dir = tempfile::tempdir().unwrap();
        let world = World::bare(dir, UploadLimits::default(), Arc::new(SystemRandom), Vec::new()).await;
        let settings = || world.state.store.facility().settings.clone();
        if is_claimed {
            for command in list_claim_commands(&settings(), &claim_answer()) {
                world.give(command).await;
            }
            assert_eq!((settings().name.as_str(), settings().undo_min), ("Ward", 2));
        }
        let form = with(&[("facility", "Oak Clinic"), ("time_zone", "America/Chicago")]);
        world.send(posted("/setup", &form), true).await.is(200);
        assert_eq!((settings().name.as_str(), settings().undo_min), ("Oak Clinic", 2));
    }
}

#[tokio::test]
async fn a_used_code_opens_the_page_for_nobody_again() {
    let world = World::new().await;
    world.send(posted("/setup", &FORM), true).await.is(200);
    let holders = world.state.identity.pins.holders().unwrap();
    for staff in holders {
        assert!(world.state.identity.pins.remove(staff, EntryAuthor::BOX).unwrap());
    }
    assert!(!crate::doctor::live_facts::has_admin(&world.state.store, &world.state.identity));
    world.send(asked("/setup"), true).await.is(200).has("name=\"code\"");
    let again = with(&[("submission", "two")]);
    world.send(posted("/setup", &again), true).await.is(422).has("This set-up code was used before");
    let code = &world.state.field.code;
    assert_eq!(code.read(), None, "nor does the slip or the command line show it");
    let new = code.renew(&SystemRandom).unwrap();
    let right = with(&[("code", &new), ("submission", "three")]);
    world.send(posted("/setup", &right), true).await.is(200).has("Add the first item");
}

#[tokio::test]
async fn one_code_makes_one_admin_however_many_send_it() {
    let world = World::new().await;
    let send = |submission: &'static str| {
        let form = with(&[("submission", submission)]);
        world.send(posted("/setup", &form), true)
    };
    let statuses = tokio::join!(send("one"), send("two"), send("three"));
    let mut statuses = [statuses.0.status, statuses.1.status, statuses.2.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409], "and the others learn why");
    assert_eq!(world.state.identity.pins.holders().unwrap().len(), 1);
}

#[tokio::test]
async fn a_name_that_the_log_does_not_take_loses_no_form() {
    let world = World::new().await;
    let odd = with(&[("admin", "Gr\u{202e}ace"), ("facility", "Linden Creek")]);
    let again = world.send(posted("/setup", &odd), true).await;
    again.is(422).has("Name has a character that cannot be shown (U+202E)").has("name=\"admin\"");
    assert_ne!(world.state.store.facility().settings.name, "Linden Creek", "nothing was changed");
}

#[tokio::test]
async fn codes_are_not_guessed() {
    let world = World::new().await;
    let wrong = with(&[("code", "BBBBB-BBBBB")]);
    for _ in 0..10 {
        world.send(posted("/setup", &wrong), true).await.is(422);
    }
    let refused = world.send(posted("/setup", &FORM), true).await;
    let wait_s: u64 = refused.is(429).header(http::header::RETRY_AFTER).parse().unwrap();
    assert!((1..=60).contains(&wait_s), "{wait_s}");
    let unit = if wait_s == 1 { "second" } else { "seconds" };
    refused.has(&format!("Too many wrong codes. Wait {wait_s} {unit}, then try again"));
    world.clock.advance(std::time::Duration::from_secs(60));
    world.send(posted("/setup", &FORM), true).await.is(200);
}

fn sent_from(form: &[(&str, &str)], remote: &str) -> Request<Body> {
    let mut request = addressed(posted("/setup", form), true);
    let local = std::net::SocketAddr::from(([10, 0, 0, 5], 8443));
    request.extensions_mut().insert(PeerAddress { remote: remote.parse().unwrap(), local, secure: true });
    request
}

#[tokio::test]
async fn wrong_codes_of_one_phone_keep_no_other_of_its_network_out() {
    for (stranger, installer) in
        [("10.0.0.66", "10.0.0.67"), ("2001:db8::66", "2001:db8::67"), ("fe80::66", "fe80::67")]
    {
        let world = World::new().await;
        let client = variant(&world, |_| {});
        let wrong = with(&[("code", "wrong wrong")]);
        for _ in 0..10 {
            assert_eq!(client.send(sent_from(&wrong, stranger)).await.status, 422, "{stranger}");
        }
        assert_eq!(client.send(sent_from(&FORM, stranger)).await.status, 429, "{stranger}");
        assert_eq!(client.send(sent_from(&FORM, installer)).await.status, 200, "{installer}");
    }
}

#[tokio::test]
async fn nobodys_memory_is_spent_on_forms_that_are_turned_away() {
    let world = World::new().await;
    let long = "x".repeat(400_000);
    let form = with(&[("facility", &long)]);
    world.send(posted("/setup", &form), true).await.is(413);
    // Over plain HTTP it is not read, so its length is nothing to speak of.
    assert_ne!(world.send(posted("/setup", &form), false).await.status, 413);
    let _grace = desk(&world, StaffRole::FacilityAdmin).await;
    world.send(posted("/setup", &form), true).await.is(409);
}

#[tokio::test]
async fn the_image_gets_a_claim_file_and_a_box_without_one_only_the_claim() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join(crate::setup::STATE_FILE),
        r#"{"state":"mistakes","rows":[{"line":3,"key":"wifi.ssid","code":"ssid","words":"x"}]}"#,
    )
    .unwrap();
    let setup_folder = Some(folder.path().to_owned());
    let image = variant(&world, move |field| field.setup_folder = setup_folder);
    let page = send_by(&image, asked("/setup")).await;
    page.is(200).has("Line 3: wifi.ssid must be the name").has("name=\"passphrase\"");
    let wifi =
        [("ssid", "Ward \"7\""), ("passphrase", "open sesame"), ("country", "US"), ("host_name", "ward-7")];
    let bad = with(&[("ssid", "Ward"), ("passphrase", "short"), ("country", "US")]);
    send_by(&image, posted("/setup", &bad)).await.is(422).has("Password of the Wi-Fi: must have 8 to 63");
    let page = send_by(&image, posted("/setup", &with(&wifi))).await;
    page.is(200).has("https://ward-7.local/staff").has("changes its network");
    let request = std::fs::read(world.state.field.data.join("setup-request/cleantrack.toml")).unwrap();
    let claim = ClaimFile::parse(&request).unwrap();
    assert_eq!(
        (claim.hostname.as_deref(), claim.wifi.unwrap().ssid.as_str()),
        (Some("ward-7"), "Ward \"7\"")
    );
}

fn take_request(world: &World) -> ClaimFile {
    let path = world.state.field.data.join("setup-request/cleantrack.toml");
    let claim = ClaimFile::parse(&std::fs::read(&path).unwrap()).unwrap();
    std::fs::remove_file(path).unwrap();
    claim
}

#[tokio::test]
async fn over_the_boxs_own_wi_fi_the_set_up_ends_with_a_password_for_it() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let setup_folder = Some(folder.path().to_owned());
    let image = variant(&world, move |field| field.setup_folder = setup_folder);
    let mut request = addressed(posted("/setup", &FORM), true);
    let local = std::net::SocketAddr::from(([10, 77, 0, 1], 8443));
    let peer = PeerAddress { remote: [10, 77, 0, 23].into(), local, secure: true };
    request.extensions_mut().insert(peer);
    let page = image.send(request).await;
    assert_eq!(page.status, 200);
    let page = String::from_utf8(page.body.to_vec()).unwrap();
    let claim = take_request(&world);
    let passphrase = claim.access_point.unwrap().passphrase.reveal().to_owned();
    assert!(page.contains(&passphrase) && page.contains("write it down now"), "{page}");
    assert!(page.contains("https://10.77.0.1/staff") && !page.contains("changes its network"), "{page}");
    std::fs::write(folder.path().join(crate::setup::PASSPHRASE_FILE), format!("{passphrase}\n")).unwrap();
    let cookie = desk(&world, StaffRole::FacilityAdmin).await.cookie;
    let mut request = asked("/staff/box");
    request.headers_mut().insert(http::header::COOKIE, cookie.parse().unwrap());
    send_by(&image, request).await.is(200).has("own Wi-Fi").has(&passphrase);
}

#[tokio::test]
async fn a_power_cut_behind_the_first_admin_leaves_no_open_wi_fi() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let start = || variant_state(&world, |field| field.setup_folder = Some(path.clone()));
    let leave = |text: &str| std::fs::write(path.join(crate::setup::STATE_FILE), text).unwrap();
    let restart = || crate::web::close_left_network(&start()).unwrap();
    let is_left = || crate::setup::has_request(&world.state.field.data);
    leave(r#"{"state":"none","access_point":true}"#);
    restart();
    assert!(!is_left(), "nobody can sign in yet: it has to be open");
    person(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    leave(r#"{"state":"done","access_point":false}"#);
    restart();
    assert!(!is_left(), "it has joined another Wi-Fi meanwhile");
    leave(r#"{"state":"none","access_point":true}"#);
    restart();
    let request = world.state.field.data.join("setup-request/cleantrack.toml");
    let left = std::fs::read(&request).unwrap();
    restart();
    assert_eq!(std::fs::read(&request).unwrap(), left, "what lies there may have been shown");
    let passphrase = take_request(&world).access_point.unwrap().passphrase.reveal().to_owned();
    std::fs::write(path.join(crate::setup::PASSPHRASE_FILE), format!("{passphrase}\n")).unwrap();
    restart();
    assert!(!is_left(), "it is closed");
    let none = variant_state(&world, |field| field.setup_folder = None);
    crate::web::close_left_network(&none).unwrap();
    assert!(!is_left(), "a system of the facility's own has no such Wi-Fi");
}

#[tokio::test]
async fn by_cable_or_with_a_wi_fi_the_box_is_none_of_its_own_any_more() {
    for (fields, has_wifi) in [(&[][..], false), (&[("ssid", "Ward"), ("country", "US")][..], true)] {
        let world = World::new().await;
        let folder = tempfile::tempdir().unwrap();
        let setup_folder = Some(folder.path().to_owned());
        let image = variant(&world, move |field| field.setup_folder = setup_folder);
        send_by(&image, posted("/setup", &with(fields))).await.is(200).has_not("write it down now");
        let claim = take_request(&world);
        assert_eq!((claim.wifi.is_some(), claim.access_point), (has_wifi, None));
    }
}

#[tokio::test]
async fn an_admin_changes_it_later_and_nobody_else() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let page = grace.get("/staff/box/setup").await;
    page.is(200).has("Set up this box").has_not("name=\"code\"").has_not("Ten minutes");
    let host = |host: &str| editing::with(editing::form_of(&page, "/staff/box/setup"), "label_host", host);
    // Of a form that does not say what it showed nothing is taken.
    let blind = [("label_host", "HTTP://10.0.0.77")];
    grace.post("/staff/box/setup", &page.hidden("form"), &blind).await.is(409);
    let saved = editing::send(&grace, "/staff/box/setup", &host("HTTP://10.0.0.77")).await;
    // Whoever does that has signed in, and the box is in use.
    saved.is(200).has("The changes are saved").has_not("Add the first item").has_not("being set up");
    assert_eq!(world.state.store.facility().settings.label_host, "HTTP://10.0.0.77");
    let refused = editing::send(&grace, "/staff/box/setup", &host("10.0.0.77")).await;
    refused.is(422).has("Label host: must be");
    let tom = person(&world, "Ada Lovelace", StaffRole::Biomed, "839204").await.to_string();
    let signed_in = posted("/staff/sign-in", &[("staff", &tom), ("pin", "839204")]);
    let cookie = world.send(signed_in, true).await.cookies();
    Desk { world: &world, cookie }.get("/staff/box/setup").await.is(403);
}

#[tokio::test]
async fn an_address_that_the_box_does_not_have_takes_a_second_press() {
    let world = World::new().await;
    let grace = desk(&world, StaffRole::FacilityAdmin).await;
    let host = || world.state.store.facility().settings.label_host.clone();
    for (path, new) in
        [("/staff/box/settings", "HTTP://10.0.0.66"), ("/staff/box/setup", "HTTP://10.0.0.67:8080")]
    {
        let (before, form) = (host(), editing::form_of(&grace.get(path).await, path));
        let asked = editing::send(&grace, path, &editing::with(form, "label_host", new)).await;
        let address = new.trim_start_matches("HTTP://").trim_end_matches(":8080");
        asked
            .is(422)
            .has(&format!("does not have the address {address} now"))
            .has("press the button once more");
        assert_eq!(host(), before, "nothing is saved yet");
        // Another address than the one that was asked about is another question.
        let form = editing::form_of(&asked, path);
        let other = editing::with(form.clone(), "label_host", "HTTP://10.0.0.68");
        editing::send(&grace, path, &other).await.is(422).has("10.0.0.68");
        let pressed = editing::send(&grace, path, &form).await;
        assert!(pressed.status < 400, "{}", pressed.status);
        assert_eq!(host(), new);
        let local =
            editing::with(editing::form_of(&grace.get(path).await, path), "label_host", "HTTP://BOX.LOCAL");
        editing::send(&grace, path, &local).await.is(422).has("which many phones do not find");
        grace.get("/staff/box").await.has(&format!("Labels carry the address {address}"));
    }
}

#[tokio::test]
async fn an_old_tab_that_names_a_wi_fi_changes_no_label_host() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let setup_folder = Some(folder.path().to_owned());
    let image = variant(&world, move |field| field.setup_folder = setup_folder);
    let cookie = desk(&world, StaffRole::FacilityAdmin).await.cookie;
    let send = async |mut request: Request<Body>| {
        request.headers_mut().insert(http::header::COOKIE, cookie.parse().unwrap());
        send_by(&image, request).await
    };
    let path = "/staff/box/setup";
    let post = |fields: &[(String, String)]| {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        posted(path, &fields)
    };
    let old_tab = form_of(&send(asked(path)).await, path);
    let new = SettingsChange { label_host: Some("HTTP://10.0.0.8".into()), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(new))).await;
    let file = "version = 1\nlabel_host = \"HTTP://10.0.0.9\"\n[network]\nntp = [\"10.0.0.2\"]\n";
    let old_tab = put(put(put(old_tab, "ssid", "Ward"), "country", "US"), "claim", file);
    let conflict = send(post(&old_tab)).await;
    conflict.is(409).has("Somebody changed this meanwhile").has("Label host").has_not("Name of the Wi-Fi");
    assert!(!crate::setup::has_request(&world.state.field.data), "nothing was handed on");
    let chosen = form_of(&conflict, path);
    assert_eq!(value_of(&chosen, "label_host"), "HTTP://10.0.0.8", "nobody touched it in the old tab");
    send(post(&chosen)).await.is(200).has("The changes are saved");
    assert_eq!(world.state.store.facility().settings.label_host, "HTTP://10.0.0.8");
    let claim = take_request(&world);
    assert_eq!((claim.wifi.unwrap().ssid.as_str(), claim.network.ntp.len()), ("Ward", 1));
    // Something else of the facility is nothing that this form could undo.
    let old_tab = put(put(form_of(&send(asked(path)).await, path), "ssid", "Ward 2"), "country", "US");
    let contact = SettingsChange { contact: Some("ext. 9".into()), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(contact))).await;
    send(post(&old_tab)).await.is(200);
    assert_eq!(take_request(&world).wifi.unwrap().ssid, "Ward 2");
    // A claim file that was chosen goes along with the question as text, without what the question is about.
    let old_tab = put(form_of(&send(asked(path)).await, path), "label_host", "");
    let new = SettingsChange { label_host: Some("HTTP://10.0.0.7".into()), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(new))).await;
    let conflict = send(with_file(path, &old_tab, file)).await;
    conflict.is(409).has("HTTP://10.0.0.9");
    let chosen = form_of(&conflict, path);
    assert!(value_of(&chosen, "claim").contains("10.0.0.2"), "{chosen:?}");
    assert!(!value_of(&chosen, "claim").contains("10.0.0.9"), "{chosen:?}");
    send(post(&put(chosen, "label_host", "HTTP://10.0.0.9"))).await.is(200);
    assert_eq!(world.state.store.facility().settings.label_host, "HTTP://10.0.0.9");
    assert_eq!(take_request(&world).network.ntp.len(), 1);
}

fn with_file(path: &str, fields: &[(String, String)], file: &str) -> Request<Body> {
    let part = |(name, value): &(String, String)| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().filter(|(name, _)| name != "file").map(part).collect();
    let body = format!(
        "{fields}--XX\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cleantrack.toml\"\r\n\r\n{file}\r\n--XX--\r\n"
    );
    let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    request.body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn phones_find_a_network_that_leads_somewhere_only_where_the_box_is_one() {
    let world = World::new().await;
    for (path, status, text) in [
        ("/generate_204", 204, ""),
        ("/gen_204", 204, ""),
        ("/hotspot-detect.html", 200, "<BODY>Success</BODY>"),
        ("/library/test/success.html", 200, "<BODY>Success</BODY>"),
        ("/connecttest.txt", 200, "Microsoft Connect Test"),
        ("/ncsi.txt", 200, "Microsoft NCSI"),
        ("/canonical.html", 200, "success\n"),
        ("/success.txt", 200, "success\n"),
    ] {
        let mut request = asked(path);
        request.headers_mut().insert(HOST, "captive.apple.com".parse().unwrap());
        let answer = world.send(request, false).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.text().contains(text), "{path}: {}", answer.text());
        let usual = variant(&world, |field| field.access_point = false);
        send_by(&usual, asked(path)).await.is(404);
    }
}
