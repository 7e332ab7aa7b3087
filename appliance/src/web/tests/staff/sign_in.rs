//! Signing in: where it leads, whose attempts wrong PINs use up, and the notices afterwards.

use std::net::IpAddr;
use std::time::Duration;

use record::ids::DeviceId;

use super::staff_pages::{desk, person};
use crate::identity::AccessOutcome;
use crate::intake::StaffChange;
use crate::web::request::client::next_page::{KnownPages, NextPage};
use crate::web::tests::*;

const STRANGER: [u8; 4] = [10, 0, 9, 9];

struct Browser<'a> {
    world: &'a World,
    address: IpAddr,
    cookies: std::cell::RefCell<std::collections::BTreeMap<String, String>>,
}

impl<'a> Browser<'a> {
    fn new(world: &'a World, address: [u8; 4]) -> Self {
        Self { world, address: address.into(), cookies: Default::default() }
    }

    async fn send(&self, mut request: Request<Body>) -> Answer {
        let local = std::net::SocketAddr::from(([10, 0, 0, 5], 8443));
        request.extensions_mut().insert(PeerAddress { remote: self.address, local, secure: true });
        request.headers_mut().insert(HOST, http::HeaderValue::from_static("10.0.0.5:8443"));
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(k, v)| format!("{k}={v}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        }
        let answer = self.world.send_as(request).await;
        for set in answer.cookies().split("; ").filter_map(|cookie| cookie.split_once('=')) {
            self.cookies.borrow_mut().insert(set.0.to_owned(), set.1.to_owned());
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    async fn try_pin(&self, staff: StaffId, pin: &str) -> Answer {
        self.send(posted("/staff/sign-in", &[("staff", &staff.to_string()), ("pin", pin)])).await
    }
}

fn link(answer: &Answer, words: &str) -> String {
    let text = answer.text();
    let mut links = text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    let found = links.find(|to| to.contains(words)).unwrap_or_else(|| panic!("no link {words}: {text}"));
    found.replace("&#38;", "&").replace("&amp;", "&")
}

#[tokio::test]
async fn a_scanned_blank_is_claimed_from_either_listener_by_whoever_signs_in() {
    for plain in [true, false] {
        let world = World::new().await;
        let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
        let tag = "7QK3M9X2W";
        let unknown = world.get(&format!("/t/{tag}")).await;
        let mut page = link(unknown.is(404), "/staff/equipment/new");
        if plain {
            let needed = world.get(&page).await;
            let secure = link(needed.is(403).has("Staff pages need HTTPS"), "https://");
            page = secure.strip_prefix("https://10.0.0.5:8443").unwrap().to_owned();
        }
        assert_eq!(page, format!("/staff/equipment/new?tag={tag}"));
        let browser = Browser::new(&world, [10, 0, 0, 9]);
        let asked = browser.get(&page).await.is(303).location();
        browser.get(&asked).await.is(200).has("Who are you?").has_not("Tom Nguyen");
        let names = browser.get(&format!("{asked}&letters=to")).await;
        let requested = browser.get(&link(names.is(200).has("Who are you?"), &tom.to_string())).await;
        let form = |page: &Answer, pin: &'static str| {
            let (staff, next) = (page.hidden("staff"), page.hidden("next").replace("&#38;", "&"));
            posted("/staff/sign-in", &[("staff", &staff), ("pin", pin), ("next", &next)])
        };
        let other = browser.get(&link(requested.is(200), "/staff/sign-in?next=")).await;
        other.is(200).has("Who are you?").has(tag);
        let wrong = browser.send(form(&requested, "000000")).await;
        let right = browser.send(form(wrong.is(422).has("Wrong PIN."), "471147")).await;
        assert_eq!(right.is(303).location(), page);
        let new = browser.get(&page).await;
        new.is(200).has("7QK 3M9 X2W");
        let form = [
            ("form", &*new.hidden("form")),
            ("tag", tag),
            ("submission", &*new.hidden("submission")),
            ("name", "Ventilator 3"),
            ("every", "never"),
        ];
        let added = browser.send(posted("/staff/equipment/new", &form)).await;
        assert_eq!(added.is(303).location(), format!("/staff/equipment/{tag}"));
        world.get(&format!("/t/{tag}")).await.is(200).has("Ventilator 3");
    }
}

#[tokio::test]
async fn every_link_of_an_unknown_label_or_code_arrives_with_it() {
    let world = World::new().await;
    person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
    let (tag, code) = ("7QK3M9X2W", "BME-0047/12&X=9");
    let opened = [(format!("/t/{tag}"), tag, 2), (format!("/t/?tag={}", encoded(code)), code, 2)];
    for (unknown, scanned, least) in opened {
        let text = world.get(&unknown).await.is(404).text();
        let links = text.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let links: std::collections::BTreeSet<String> = links
            .filter(|to| to.starts_with("/staff/") && !to.starts_with("/staff/sign-in"))
            .map(|to| to.replace("&#38;", "&"))
            .collect();
        assert!(links.len() >= least, "{links:?}");
        for page in links {
            let browser = Browser::new(&world, [10, 0, 0, 9]);
            let asked = browser.get(&page).await.is(303).location();
            browser.get(&asked).await.is(200).has("Who are you?").has_not("Tom Nguyen");
            let names = browser.get(&format!("{asked}&letters=to")).await;
            let asked = browser.get(&link(names.is(200).has("Who are you?"), "staff=")).await;
            let (staff, next) = (asked.hidden("staff"), asked.hidden("next").replace("&#38;", "&"));
            let form = [("staff", &*staff), ("pin", "471147"), ("next", &*next)];
            let arrived = browser.send(posted("/staff/sign-in", &form)).await.is(303).location();
            assert_eq!(arrived, page);
            let shown = browser.get(&arrived).await;
            shown.is(200).has(&format!("value=\"{}\"", scanned.replace('&', "&#38;")));
        }
    }
}

#[tokio::test]
async fn what_was_asked_is_kept_whole_and_leads_nowhere_else() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
    let browser = Browser::new(&world, [10, 0, 0, 9]);
    let page = "/staff/equipment?q=HTTP%3A%2F%2F10.0.0.5%2Fa%2Bb+c%26d&all=1";
    let to_names = browser.get(page).await.is(303).location();
    let names = browser.get(&format!("{to_names}&letters=to")).await;
    let requested = browser.get(&link(names.is(200), "staff=")).await;
    assert_eq!(requested.hidden("next").replace("&#38;", "&"), page);
    let needed = world.get(page).await;
    assert_eq!(link(needed.is(403), "https://"), format!("https://10.0.0.5:8443{page}"));
    let form = world.post("/staff/equipment/new?tag=7QK3M9X2W", &[("name", "X")]).await;
    assert_eq!(link(form.is(403), "https://"), "https://10.0.0.5:8443/staff/", "what was sent is gone");
    let long = format!("/staff/equipment?q={}", "%26".repeat(670));
    let to_names = browser.get(&long).await.is(303).location();
    let names = browser.get(&format!("{to_names}&letters=to")).await;
    assert_eq!(browser.get(&link(names.is(200), "staff=")).await.is(200).hidden("next"), long);
    for strange in ["//evil.example", "/staff/%5C%5Cevil", "/nowhere/x", "/t/%0d%0aSet-Cookie:x"] {
        let form = [("staff", &*tom.to_string()), ("pin", "471147"), ("next", strange)];
        let to = browser.send(posted("/staff/sign-in", &form)).await.is(303).location();
        assert_eq!(to, "/staff/", "{strange}");
    }
}

#[tokio::test]
async fn whoever_signs_in_at_a_label_comes_back_to_its_item() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, "4711").await;
    let item = format!("/t/{}", world.pump);
    let from_plain = link(world.get(&item).await.is(200), "/staff/sign-in");
    let sign_in = format!("/staff/sign-in?next={item}");
    assert_eq!(from_plain, format!("https://10.0.0.5:8443{sign_in}"));
    let browser = Browser::new(&world, [10, 0, 0, 9]);
    for page in [item.clone(), format!("{item}/problem"), format!("{item}/used")] {
        let to = link(browser.get(&page).await.is(200), "/staff/sign-in");
        assert_eq!(to, format!("/staff/sign-in?next={page}"));
    }
    let names = browser.get(&format!("{sign_in}&letters=ng")).await;
    names.is(200).has(&format!("href=\"{item}\">Cancel"));
    let asked = browser.get(&link(&names, &tom.to_string())).await;
    asked.is(200).has(&format!("href=\"{item}\">Cancel"));
    let form = [("staff", &*tom.to_string()), ("pin", "4711"), ("next", &*asked.hidden("next"))];
    let signed = browser.send(posted("/staff/sign-in", &form)).await;
    assert_eq!(signed.is(303).location(), item);
    let page = browser.get(&item).await;
    page.is(200).has("href=\"/staff/\">Staff pages").has_not("/staff/sign-in");
}

#[test]
fn pages_of_the_table_are_known_and_nothing_else() {
    let known = KnownPages::of(&TABLE.0);
    let is_known = |path: &str| NextPage::parse(path, &known).is_some();
    for row in TABLE.0.rows() {
        let (route, path) = (&row.route, row.route.example.address(row.route.path).unwrap());
        let can_lead = route.kind == ::web::route::RouteKind::Page
            && route.method == http::Method::GET
            && !matches!(route.path, "/" | "/{tag}" | "/staff/sign-in");
        if can_lead {
            assert!(is_known(&path), "{}", route.name);
        }
    }
    for other in ["/", "/7QK3M9X2W", "/staff/sign-in", "/staff/sign-out", "/api/v1/people", "/photos/a.jpg"] {
        assert!(!is_known(other), "{other}");
    }
}

#[tokio::test]
async fn strangers_lock_themselves_out_and_nobody_who_was_here_before() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
    let own = Browser::new(&world, [10, 0, 0, 9]);
    own.try_pin(tom, "000000").await.is(422).has("Wrong PIN. 9 attempts left.").has_not("000000");
    let signed = own.try_pin(tom, "471147").await;
    signed.is(303);
    let device = signed.headers.get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap());
    let device: String = device.filter(|c| c.starts_with("__Host-device=")).collect();
    assert!(device.ends_with("; Secure") && device.contains("; HttpOnly; SameSite=Lax"), "{device}");
    for n in 0..9 {
        let stranger = Browser::new(&world, [10, 1, 0, n]);
        stranger.try_pin(tom, "000000").await.is(422).has("Wrong PIN.");
    }
    let stranger = Browser::new(&world, STRANGER);
    let locked = stranger.try_pin(tom, "471147").await;
    locked
        .is(422)
        .has("Too many attempts. Wait until 14:24")
        .has("a device on which you have signed in before");
    // The stranger has somebody’s public device id, and a plain cookie of theirs: neither makes a known device.
    let secret = own.cookies.borrow()["__Host-device"].clone();
    stranger.cookies.borrow_mut().insert("device".into(), secret);
    stranger.try_pin(tom, "471147").await.is(422).has("Too many attempts");
    own.try_pin(tom, "471147").await.is(303);
    for left in [
        "4 attempts left",
        "3 attempts left",
        "2 attempts left",
        "1 attempt left",
        "the last attempt for now",
    ] {
        own.try_pin(tom, "000000").await.is(422).has(left);
    }
    own.try_pin(tom, "471147").await.is(422).has("Too many attempts. Wait until 14:09");
    world.clock.advance(Duration::from_secs(300));
    own.try_pin(tom, "471147").await.is(303);
}

#[tokio::test]
async fn a_flood_from_one_address_ends_before_any_pin_is_looked_at() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
    let own = Browser::new(&world, STRANGER);
    own.try_pin(tom, "471147").await.is(303);
    let nobody = StaffId::new(0, [9; 10]);
    for _ in 0..10 {
        Browser::new(&world, STRANGER).try_pin(nobody, "0000").await.is(404);
    }
    let refused = Browser::new(&world, STRANGER).try_pin(tom, "471147").await;
    refused.is(429).has("Too many sign-in attempts from here").has("This PIN was not checked");
    assert_eq!(refused.header(http::header::RETRY_AFTER), "1");
    assert_eq!(link(&refused, "/staff/sign-in"), format!("/staff/sign-in?staff={tom}&next=/staff/"));
    // A known device behind the same address, and anybody elsewhere, can still sign in.
    own.try_pin(tom, "471147").await.is(303);
    Browser::new(&world, [10, 0, 9, 8]).try_pin(tom, "471147").await.is(303);
    world.clock.advance(Duration::from_secs(1));
    // Right ones cost an address nothing.
    for _ in 0..20 {
        Browser::new(&world, STRANGER).try_pin(tom, "471147").await.is(303);
    }
}

#[tokio::test]
async fn ten_thousand_pins_from_a_hundred_addresses_are_hardly_looked_at_and_hold_no_admin_up() {
    const TRIES: u32 = 10_000;
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::FacilityAdmin, "839204").await;
    let own = Browser::new(&world, [10, 0, 0, 9]);
    own.try_pin(ada, "839204").await.is(303);
    let mut looked_at = 0;
    for n in 0..TRIES {
        let stranger = Browser::new(&world, [10, 1, 0, u8::try_from(n % 100).unwrap()]);
        let answer = stranger.try_pin(ada, &format!("{n:06}")).await;
        assert!(matches!(answer.status, 422 | 429), "{n}: {}", answer.text());
        looked_at += u32::from(answer.text().contains("Wrong PIN."));
        if n % 2_000 == 1_999 {
            own.try_pin(ada, "839204").await.is(303);
        }
        world.clock.advance(Duration::from_millis(3_600_000 / u64::from(TRIES)));
    }
    assert!((1..=20).contains(&looked_at), "{looked_at} were looked at");
    own.try_pin(ada, "839204").await.is(303);
}

#[tokio::test]
async fn a_pin_that_is_too_short_for_a_new_role_goes_on_and_asks_for_a_longer_one() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Technician, "4711").await;
    let change = Command::ChangeStaff(StaffChange { role: Some(StaffRole::Biomed), ..StaffChange::of(tom) });
    world.give(change).await;
    let browser = Browser::new(&world, [10, 0, 0, 9]);
    let form = [("staff", &*tom.to_string()), ("pin", "4711"), ("next", "/staff/equipment?all=1")];
    let asking = browser.send(posted("/staff/sign-in", &form)).await.is(303).location();
    assert_eq!(asking, "/staff/me/pin?short=1&next=/staff/equipment?all=1");
    let page = browser.get(&asking).await;
    page.is(200)
        .has("Your PIN is too short for what you may do here")
        .has("as biomed you need 6 to 8 digits");
    assert_eq!(link(&page, "all=1"), "/staff/equipment?all=1");
    let token = page.hidden("form");
    let set = async |present: &str, pin: &str, again: &str| {
        let form = [
            ("form", &*token),
            ("next", "/staff/equipment?all=1"),
            ("present", present),
            ("pin", pin),
            ("again", again),
        ];
        browser.send(posted("/staff/me/pin", &form)).await
    };
    set("4711", "83920", "83920").await.is(422).has("has 6 to 8 digits").has("Your PIN was not changed");
    set("4711", "839204", "839205").await.is(422).has("The two PINs differ");
    set("4712", "839204", "839204").await.is(422).has("Wrong PIN. 4 attempts left.").has_not("839204");
    assert_eq!(set("4711", "839204", "839204").await.is(303).location(), "/staff/equipment?all=1");
    browser.try_pin(tom, "4711").await.is(422);
    assert_eq!(browser.try_pin(tom, "839204").await.is(303).location(), "/staff/");
    let strange = browser.send(posted("/staff/me/pin", &[("form", "stolen"), ("pin", "111111")])).await;
    strange.is(403).has("another session");
}

#[tokio::test]
async fn whoever_was_tried_for_and_whoever_looks_after_the_box_are_told() {
    let world = World::new().await;
    let tom = person(&world, "Tom <Nguyen>", StaffRole::Biomed, "471147").await;
    let own = Browser::new(&world, [10, 0, 0, 9]);
    own.try_pin(tom, "471147").await.is(303);
    for n in 0..20 {
        Browser::new(&world, [10, 1, 0, n]).try_pin(tom, "000000").await.is(422).has("Wrong PIN.");
        world.clock.advance(Duration::from_secs(20 * 60));
    }
    let to = own.try_pin(tom, "471147").await.is(303).location();
    assert_eq!(to, "/staff/me/pin?next=/staff/");
    let reported =
        "20 wrong PINs were entered for you since today 14:04, on devices on which you never signed in.";
    own.get(&to).await.is(200).has(reported).has_not("too short");
    let notice = "20 wrong PINs or more were entered on devices";
    crate::web::remind_of_access(&world.state);
    own.get("/staff/alarms").await.is(200).has(notice).has("Tom &#60;Nguyen&#62;");
    own.get("/staff/").await.is(200).has("1 alarm waits for somebody");
    assert_eq!(own.try_pin(tom, "471147").await.is(303).location(), "/staff/", "it is told once");
    own.get("/staff/me/pin").await.is(200).has_not("wrong PINs");
    desk(&world, StaffRole::Auditor).await.get("/staff/alarms").await.is(200).has_not("wrong PINs");
    world.clock.advance(Duration::from_secs(18 * 3_600));
    own.try_pin(tom, "471147").await.is(303);
    crate::web::remind_of_access(&world.state);
    own.get("/staff/alarms").await.is(200).has_not("wrong PINs").has("Nothing waits for anybody.");
}

#[tokio::test]
async fn tries_for_made_up_people_are_in_the_audit_without_their_ids() {
    let world = World::new().await;
    for n in 1..=3 {
        let nobody = StaffId::new(0, [n; 10]);
        Browser::new(&world, STRANGER).try_pin(nobody, "0000").await.is(404);
    }
    let rows = world.state.identity.access.rows(None, 10).unwrap();
    let [(_, row)] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.outcome, row.count, &row.subject), (AccessOutcome::WrongPin, 3, &None));
    assert_eq!(row.network, "10.0.9.9");
}

#[tokio::test]
async fn while_no_new_device_is_let_in_the_box_says_so_until_an_admin_sets_a_pin() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let line = "nobody can sign in on a new device until";
    admin.get("/staff/box").await.is(200).has_not(line);
    let now_ms = world.state.clock.now().wall_ms;
    let mut tom = None;
    for n in 0..10 {
        let staff = person(&world, &format!("Person {n}"), StaffRole::Technician, "4711").await;
        for device in 0..10 {
            let pin = "0000".to_owned();
            let (device, address) = (DeviceId::of_secret(&[device; 32]), [10, 3, n, device].into());
            let attempt = crate::identity::PinAttempt { staff, pin, device, address, now_ms };
            world.state.identity.check_pin(&attempt).unwrap();
        }
        tom = Some(staff);
    }
    admin.get("/staff/box").await.is(200).has(line);
    let token = admin.get("/staff/me").await.hidden("form");
    let path = format!("/staff/people/{}/pin", tom.unwrap());
    admin.post(&path, &token, &[("pin", "4712"), ("again", "4712")]).await.is(303);
    admin.get("/staff/box").await.is(200).has_not(line);
}

#[tokio::test]
async fn only_a_device_that_somebody_signed_in_on_lists_who_works_here() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await;
    person(&world, "Ada Moreau", StaffRole::Technician, "1111").await;
    let (browser, stranger) = (Browser::new(&world, [10, 0, 0, 9]), Browser::new(&world, [10, 0, 0, 9]));
    for letters in ["", "?letters=", "?letters=t", "?letters=%20t", "?letters=om", "?letters=xy"] {
        let names = stranger.get(&format!("/staff/sign-in{letters}")).await;
        names.is(200).has("The first letters of your name").has_not("Nguyen").has_not("Moreau");
    }
    stranger.get("/staff/sign-in?letters=xy").await.has("Nobody who has a PIN has such a name.");
    for letters in ["to", "TOM", "nguyen", "tom+ng"] {
        let names = stranger.get(&format!("/staff/sign-in?letters={letters}")).await;
        names.is(200).has("Tom Nguyen").has_not("Moreau");
    }
    // Whoever reads the list letter by letter has to wait, and keeps no device out that is known.
    for n in 0..60 {
        stranger.get(&format!("/staff/sign-in?letters=x{n}")).await.is(200);
    }
    let spent = stranger.get("/staff/sign-in?letters=tom").await;
    spent.is(200).has("Too many names were looked for from here").has_not("Nguyen");
    let whole = stranger.get("/staff/sign-in?letters=%20tom%20NGUYEN").await;
    whole.is(200).has("Tom Nguyen").has_not("Too many names").has_not("Moreau");
    browser.try_pin(tom, "471147").await.is(303);
    browser.get("/staff/sign-in").await.is(200).has("Tom Nguyen").has("Ada Moreau").has_not("first letters");
    let at_the_box = Browser::new(&world, [127, 0, 0, 1]);
    at_the_box.get("/staff/sign-in").await.is(200).has("Tom Nguyen").has("Ada Moreau");
}
