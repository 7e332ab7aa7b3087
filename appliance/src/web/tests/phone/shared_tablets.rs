//! A browser that staff mark as shared: nobody is named for what somebody else does on it.

use std::time::Duration;

use record::kinds::CleanedBy;

use crate::web::tests::staff::access_entries::first_member;
use crate::web::tests::staff::staff_pages::{Desk, desk, person};
use crate::web::tests::*;

const MINUTE: Duration = Duration::from_secs(60);

async fn shared_tablet(world: &World) -> Desk<'_> {
    let tablet = desk(world, StaffRole::Technician).await;
    let page = tablet.get("/staff/me").await;
    page.is(200).has("This is a shared tablet").has("after 60 minutes");
    let marked = tablet.post("/staff/me/tablet", &page.hidden("form"), &[("use", "shared")]).await;
    assert_eq!(marked.is(303).location(), "/staff/me");
    let cookies = marked.cookies();
    for cookie in ["shared=1", "__Host-shared=1", "name="] {
        assert!(cookies.split("; ").any(|set| set == cookie), "{cookie}: {cookies}");
    }
    Desk { world, cookie: format!("{}; shared=1; __Host-shared=1", tablet.cookie) }
}

async fn record_cleaning(tablet: &Desk<'_>, fields: &[(&str, &str)]) -> Answer {
    let page = tablet.get(&format!("/t/{}", tablet.world.pump)).await;
    send_page(tablet, page.is(200), fields).await
}

async fn send_page(tablet: &Desk<'_>, page: &Answer, fields: &[(&str, &str)]) -> Answer {
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let own = [
        ("page", token.as_str()),
        ("submission", submission.as_str()),
        ("version", "1"),
        ("step", "1"),
        ("notes", "in a hurry"),
    ];
    tablet.send(posted(&format!("/t/{}", tablet.world.pump), &[&own, fields].concat())).await
}

#[tokio::test]
async fn a_pin_proves_one_record_and_names_nobody_for_the_next() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    let scan = format!("/t/{}", world.pump);
    tablet
        .get(&scan)
        .await
        .has("PIN entered")
        .has("I am someone else")
        .has("data-home-after=\"30\" data-home-count=\"10\" data-home-ask=\"120\"");
    let done = record_cleaning(&tablet, &[("cleaned_by", "Tom Nguyen")]).await;
    let tom = *world.state.store.facility().staff.keys().next().unwrap();
    assert_eq!(world.cleaning().who, CleanedBy::Pin { staff: tom, ago_s: Some(0) });
    tablet.get(&done.is(303).location()).await.is(200).has("data-home-after").has_not("by Tom Nguyen.");
    let page = tablet.get(&scan).await;
    page.has_not("PIN entered").has_not("value=\"Tom Nguyen\"").has("Enter my PIN").has("I am someone else");
    record_cleaning(&tablet, &[("cleaned_by", "")]).await.is(422).has("Enter your name");
    record_cleaning(&tablet, &[("cleaned_by", "Tom Nguyen")]).await.is(303);
    assert!(matches!(world.cleaning().who, CleanedBy::Entered { .. }), "{:?}", world.cleaning().who);
    let staff = tom.to_string();
    record_cleaning(&tablet, &[("staff", &staff), ("pin", "471147")]).await.is(303);
    assert!(matches!(world.cleaning().who, CleanedBy::Pin { ago_s: Some(0), .. }));
    tablet.get(&scan).await.has_not("PIN entered");
}

#[tokio::test]
async fn of_records_that_come_at_once_one_has_the_pin() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    let scan = format!("/t/{}", world.pump);
    let mut pages = Vec::new();
    for _ in 0..8 {
        pages.push(tablet.get(&scan).await);
    }
    let size = world.size();
    let named = [("cleaned_by", "Tom Nguyen")];
    let all = pages.iter().map(|page| send_page(&tablet, page.has("PIN entered"), &named));
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 303), "a typed name is enough here");
    let cleaners = (size..world.size()).map(|seq| match world.event(seq) {
        Event::CleaningRecorded(body) => body.who,
        other => panic!("{other:?}"),
    });
    let cleaners: Vec<_> = cleaners.collect();
    assert_eq!(cleaners.len(), 8);
    let proven = cleaners.iter().filter(|who| matches!(who, CleanedBy::Pin { .. })).count();
    assert_eq!(proven, 1, "{cleaners:?}");
    // Each page that is sent once more shows its own record, proven or not.
    for (page, answer) in pages.iter().zip(answers) {
        assert_eq!(send_page(&tablet, page, &named).await.is(303).location(), answer.location());
    }
    assert_eq!(world.size(), size + 8);
}

#[tokio::test]
async fn a_form_that_is_refused_costs_no_pin() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    let scan = format!("/t/{}", world.pump);
    let page = tablet.get(&scan).await;
    let (token, submission) = (page.hidden("page"), page.hidden("submission"));
    let empty = [("page", token.as_str()), ("submission", submission.as_str())];
    tablet.send(posted(&scan, &empty)).await.is(422).has("PIN entered");
    tablet.send(posted(&scan, &[&empty[..], &[("wet", "1")]].concat())).await.is(303);
    tablet.get(&scan).await.has("PIN entered");
    record_cleaning(&tablet, &[]).await.is(303);
    assert!(matches!(world.cleaning().who, CleanedBy::Pin { .. }));
    // Nor one that was entered in it.
    let tom = first_member(&world).to_string();
    let pin = [&empty[..], &[("staff", &*tom), ("pin", "471147")]].concat();
    tablet.get(&scan).await.has_not("PIN entered");
    tablet.send(posted(&scan, &pin)).await.is(422).has("PIN entered");
    record_cleaning(&tablet, &[]).await.is(303);
    assert!(matches!(world.cleaning().who, CleanedBy::Pin { .. }));
    tablet.get(&scan).await.has_not("PIN entered");
}

#[tokio::test]
async fn a_report_ends_what_a_pin_proves_too() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    let path = format!("/t/{}/problem", world.pump);
    tablet.get(&path).await.is(200).has("PIN entered").has("data-home-after");
    tablet.send(posted(&path, &[("what", "broken"), ("notes", "Screen cracked")])).await.is(303);
    tablet.get(&path).await.has_not("PIN entered").has_not("value=\"Tom Nguyen\"");
}

#[tokio::test]
async fn whoever_comes_next_finds_nothing_that_was_typed_before() {
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    for secure in [false, true] {
        let page = world.send(Request::get(&scan).body(Body::empty()).unwrap(), secure).await;
        let (token, submission) = (page.hidden("page"), page.hidden("submission"));
        let own = [("page", &*token), ("submission", &submission), ("version", "1"), ("step", "2")];
        let typed = [("cleaned_by", "Ada Lovelace"), ("notes", "Torn mattress"), ("wet", "start")];
        let started = world.send(posted(&scan, &[&own[..], &typed].concat()), secure).await;
        let (to, cookie) = (started.is(303).location(), started.cookies());
        let draft = to.split('#').next().unwrap().to_owned();
        let send = async |mut request: Request<Body>| {
            request.headers_mut().insert("cookie", cookie.parse().unwrap());
            world.send(request, secure).await
        };
        let open = || send(Request::get(&draft).body(Body::empty()).unwrap());
        open().await.is(200).has("Ada Lovelace").has("Torn mattress");
        send(posted(&scan, &[&own[..], &[("other", "1")]].concat())).await.is(200);
        let next = open().await;
        next.is(200).has_not("Ada Lovelace").has_not("Torn mattress");
        next.has("id=\"step-2\" name=\"step\" value=\"2\" checked");
    }
}

#[tokio::test]
async fn no_name_is_remembered_on_either_of_its_pages() {
    let world = World::new().await;
    let marks = "shared=1; __Host-shared=1; name=416461";
    let scan = format!("/t/{}", world.pump);
    for secure in [false, true] {
        let send = async |mut request: Request<Body>| {
            request.headers_mut().insert("cookie", marks.parse().unwrap());
            world.send(request, secure).await
        };
        let page = send(Request::get(&scan).body(Body::empty()).unwrap()).await;
        page.is(200).has_not("value=\"Ada\"").has("data-home-after");
        let done = send(posted(&scan, &[("cleaned_by", "Ada")])).await;
        assert!(!done.is(303).cookies().contains("name="), "{}", done.cookies());
        let started = [("page", page.hidden("page")), ("version", "1".into()), ("wet", "1".into())];
        let started: Vec<_> = started.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let own = send(posted(&scan, &[&started[..], &[("cleaned_by", "Ada")]].concat())).await;
        let cookie = format!("{marks}; {}", own.is(303).cookies());
        let mut again = Request::get(&scan).body(Body::empty()).unwrap();
        again.headers_mut().insert("cookie", cookie.parse().unwrap());
        world.send(again, secure).await.is(200).has_not("value=\"Ada\"");
    }
    let own = world.get(&scan).await;
    own.is(200).has_not("data-home-after");
}

#[tokio::test]
async fn a_sign_in_on_it_ends_after_five_idle_minutes() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    tablet.get("/staff/me").await.is(200).has("This tablet is shared").has("after 5 minutes");
    world.clock.advance(MINUTE * 5);
    let page = tablet.get("/staff/me").await;
    page.is(200);
    world.clock.advance(MINUTE * 5 + Duration::from_secs(1));
    assert!(tablet.get("/staff/").await.location().starts_with("/staff/sign-in"));
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await.to_string();
    let sign_in = async |cookie: &str| {
        let mut request = posted("/staff/sign-in", &[("staff", &ada), ("pin", "1111")]);
        request.headers_mut().insert("cookie", cookie.parse().unwrap());
        Desk { world: &world, cookie: world.send(request, true).await.is(303).cookies() }
    };
    let (shared, own) = (sign_in("__Host-shared=1").await, sign_in("shared=1").await);
    world.clock.advance(MINUTE * 6);
    assert!(shared.get("/staff/me").await.location().starts_with("/staff/sign-in"));
    own.get("/staff/me").await.is(200).has("This is a shared tablet");
}

#[tokio::test]
async fn the_mark_is_taken_away_by_staff_alone() {
    let world = World::new().await;
    let tablet = shared_tablet(&world).await;
    world.post("/staff/me/tablet", &[("use", "own")]).await.is(403);
    tablet.post("/staff/me/tablet", "stolen", &[("use", "own")]).await.is(403);
    let token = tablet.get("/staff/me").await.hidden("form");
    for other in ["garbage", ""] {
        tablet.post("/staff/me/tablet", &token, &[("use", other)]).await.is(400);
        tablet.get("/staff/me").await.has("This tablet is shared");
    }
    let taken = tablet.post("/staff/me/tablet", &token, &[("use", "own")]).await;
    let cookies: Vec<_> = taken.is(303).headers.get_all(SET_COOKIE).iter().collect();
    assert_eq!(cookies.len(), 2);
    assert!(cookies.iter().all(|cookie| cookie.to_str().unwrap().contains("Max-Age=0")), "{cookies:?}");
    world.clock.advance(MINUTE * 30);
    tablet.get("/staff/me").await.is(200).has("This is a shared tablet");
}
