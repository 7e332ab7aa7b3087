//! Signing in: where it leads.

use std::net::IpAddr;

use super::staff_pages::person;
use super::*;

/// A browser that keeps its cookies, at an address.
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
        request.extensions_mut().insert(Peer { remote: self.address, local, secure: true });
        request.headers_mut().insert(HOST, http::HeaderValue::from_static("10.0.0.5:8443"));
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(k, v)| format!("{k}={v}")).collect();
        if !cookies.is_empty() {
            request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        }
        let (head, body) = self.world.router.clone().oneshot(request).await.unwrap().into_parts();
        let bytes = body.collect().await.unwrap().to_bytes().to_vec();
        let answer = Answer { status: head.status.as_u16(), headers: head.headers, bytes };
        for set in answer.cookies().split("; ").filter_map(|cookie| cookie.split_once('=')) {
            self.cookies.borrow_mut().insert(set.0.to_owned(), set.1.to_owned());
        }
        answer
    }

    async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }
}

/// Where the first link goes whose address contains these words.
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
        let tom = person(&world, "Tom Nguyen", Role::Biomed, "471147").await;
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
        let names = browser.get(&browser.get(&page).await.is(303).location()).await;
        let asked = browser.get(&link(names.is(200).has("Who are you?"), &tom.to_string())).await;
        let form = |page: &Answer, pin: &'static str| {
            let (staff, next) = (page.hidden("staff"), page.hidden("next").replace("&#38;", "&"));
            posted("/staff/sign-in", &[("staff", &staff), ("pin", pin), ("next", &next)])
        };
        let other = browser.get(&link(asked.is(200), "/staff/sign-in?next=")).await;
        other.is(200).has("Who are you?").has(tag);
        let wrong = browser.send(form(&asked, "000000")).await;
        let right = browser.send(form(wrong.is(422).has("does not fit"), "471147")).await;
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
async fn what_was_asked_is_kept_whole_and_leads_nowhere_else() {
    let world = World::new().await;
    let tom = person(&world, "Tom Nguyen", Role::Biomed, "471147").await;
    let browser = Browser::new(&world, [10, 0, 0, 9]);
    let page = "/staff/equipment?q=HTTP%3A%2F%2F10.0.0.5%2Fa%2Bb+c%26d&all=1";
    let to_names = browser.get(page).await.is(303).location();
    let names = browser.get(&to_names).await;
    let asked = browser.get(&link(names.is(200), "staff=")).await;
    assert_eq!(asked.hidden("next").replace("&#38;", "&"), page);
    let needed = world.get(page).await;
    assert_eq!(link(needed.is(403), "https://"), format!("https://10.0.0.5:8443{page}"));
    let form = world.post("/staff/equipment/new?tag=7QK3M9X2W", &[("name", "X")]).await;
    assert_eq!(link(form.is(403), "https://"), "https://10.0.0.5:8443/staff/", "what was sent is gone");
    let long = format!("/staff/equipment?q={}", "%26".repeat(670));
    let names = browser.get(&browser.get(&long).await.is(303).location()).await;
    assert_eq!(browser.get(&link(names.is(200), "staff=")).await.is(200).hidden("next"), long);
    for strange in ["//evil.example", "/staff/%5C%5Cevil", "/t/x", "/staff/%0d%0aSet-Cookie:x"] {
        let form = [("staff", &*tom.to_string()), ("pin", "471147"), ("next", strange)];
        let to = browser.send(posted("/staff/sign-in", &form)).await.is(303).location();
        assert_eq!(to, "/staff/", "{strange}");
    }
}
