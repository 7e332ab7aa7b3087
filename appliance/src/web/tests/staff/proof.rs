//! Who a record is of: what a typed PIN proves, for how long, and what nobody can prove.

use std::time::Duration;

use record::kinds::CleanedBy;
use service::clock::Clock as _;

use super::staff_pages::{Desk, desk, person};
use crate::web::tests::*;

const MINUTE: Duration = Duration::from_secs(60);

/// A scan page as its browser sends it back, with some fields set otherwise.
async fn submit(desk: &Desk<'_>, page: &Answer, changed: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("page".to_owned(), page.hidden("page")),
        ("submission".to_owned(), page.hidden("submission")),
        ("version".to_owned(), "1".to_owned()),
        ("step".to_owned(), "1".to_owned()),
        ("notes".to_owned(), "in a hurry".to_owned()),
    ];
    if page.text().contains("name=\"staff\"") {
        form.push(("staff".to_owned(), page.hidden("staff")));
    }
    for (name, value) in changed {
        form.retain(|(n, _)| n != name);
        form.push(((*name).to_owned(), (*value).to_owned()));
    }
    let form: Vec<(&str, &str)> = form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    desk.send(posted(&format!("/t/{}", desk.world.pump), &form)).await
}

/// What the newest entry says of who did it: the proof, and the person of the staff that the entry itself names.
fn newest(world: &World) -> (CleanedBy, Option<StaffId>) {
    let entry = world.state.store.reader().unwrap().entry(world.size() - 1).unwrap().unwrap();
    (world.cleaning().who, entry.head().by.staff)
}

fn tom(world: &World) -> StaffId {
    *world.state.store.facility().staff.keys().next().unwrap()
}

async fn set_proof(world: &World, minutes: u32) {
    let settings = crate::intake::SettingsChange { pin_proof_min: Some(minutes), ..Default::default() };
    world.give(Command::ChangeFacility(Box::new(settings))).await;
}

#[tokio::test]
async fn on_a_shared_tablet_the_next_person_is_not_signed_as_the_one_before() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let scan = format!("/t/{}", world.pump);
    let page = tablet.get(&scan).await;
    submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await.is(303);
    assert_eq!(newest(&world), (CleanedBy::Pin { staff: tom(&world), ago_s: Some(0) }, Some(tom(&world))));
    world.clock.advance(MINUTE * 6);
    let page = tablet.get(&scan).await;
    page.has("Tom Nguyen (signed in 14:04)")
        .has("value=\"Tom Nguyen\"")
        .has("Enter my PIN")
        .has("I am someone else")
        .has_not("PIN entered");
    submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await.is(303);
    let (who, by) = newest(&world);
    assert!(matches!(who, CleanedBy::Entered { .. }) && by.is_none(), "{who:?} {by:?}");
}

#[tokio::test]
async fn a_phone_on_which_a_pin_proved_a_record_is_known() {
    let world = World::new().await;
    person(&world, "Tom Nguyen", StaffRole::Technician, "471147").await;
    let tom = tom(&world);
    let phone = Desk { world: &world, cookie: String::new() };
    let page = phone.get(&format!("/t/{}", world.pump)).await;
    let pin = [("staff", tom.to_string()), ("cleaned_by", "Tom Nguyen".into()), ("pin", "471147".into())];
    let pin: Vec<(&str, &str)> = pin.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let done = submit(&phone, &page, &pin).await;
    assert_eq!(newest(&world).0, CleanedBy::Pin { staff: tom, ago_s: Some(0) });
    let cookies =
        http::HeaderMap::from_iter([(http::header::COOKIE, done.is(303).cookies().parse().unwrap())]);
    let local = std::net::SocketAddr::from(([10, 0, 0, 5], 8443));
    let peer = PeerAddress { remote: [10, 0, 0, 9].into(), local, secure: true };
    let devices = crate::web::request::client::device::shown_devices(&cookies, Some(&peer));
    let [device] = devices.as_slice() else { panic!("{devices:?}") };
    assert!(world.state.identity.pins.is_known(tom, *device, NOW).unwrap());
}

#[tokio::test]
async fn a_page_that_was_proven_and_is_sent_too_late_is_a_typed_name() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    world.clock.advance(MINUTE * 2);
    let page = tablet.get(&format!("/t/{}", world.pump)).await;
    page.has("PIN entered 2 min");
    world.clock.advance(MINUTE * 4);
    let done = submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await;
    done.is(303);
    world.get(&done.location()).await.has("Tom Nguyen, name typed");
    // Sent once more when the proof would say otherwise, it is the same record.
    let size = world.size();
    let again = submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen"), ("pin", "471147")]).await;
    assert_eq!((again.is(303).location(), world.size()), (done.location(), size));
}

#[tokio::test]
async fn a_proven_record_that_is_sent_again_late_is_the_same_record() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    world.clock.advance(MINUTE * 4);
    let page = tablet.get(&format!("/t/{}", world.pump)).await;
    let done = submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await;
    assert_eq!(newest(&world).0, CleanedBy::Pin { staff: tom(&world), ago_s: Some(240) });
    let size = world.size();
    world.clock.advance(MINUTE * 2);
    let again = submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await;
    assert_eq!((again.is(303).location(), world.size()), (done.is(303).location(), size));
    submit(&tablet, &page, &[("cleaned_by", "Eve")]).await.is(409);
}

#[tokio::test]
async fn a_pin_in_the_form_proves_it_and_holds_for_the_session() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let scan = format!("/t/{}", world.pump);
    world.clock.advance(MINUTE * 20);
    let page = tablet.get(&scan).await;
    let wrong = submit(&tablet, &page, &[("cleaned_by", "Tom N."), ("pin", "0815")]).await;
    wrong
        .is(422)
        .has("Wrong PIN. 4 attempts left. Or leave it empty")
        .has("href=\"#pin\"")
        .has("<details open>")
        .has_not("data-pad")
        .has("value=\"Tom N.\"")
        .has(">in a hurry<")
        .has("value=\"1\" checked")
        .has_not("\"0815");
    submit(&tablet, &wrong, &[("cleaned_by", "Tom N."), ("pin", "")]).await.is(303);
    assert!(matches!(newest(&world).0, CleanedBy::Entered { .. }), "the name alone is enough");
    let page = tablet.get(&scan).await;
    submit(&tablet, &page, &[("pin", " 471147 ")]).await.is(303);
    assert_eq!(newest(&world), (CleanedBy::Pin { staff: tom(&world), ago_s: Some(0) }, Some(tom(&world))));
    world.clock.advance(MINUTE * 4);
    tablet.get(&scan).await.has("PIN entered 4 min");
    let page = tablet.get(&scan).await;
    submit(&tablet, &page, &[("cleaned_by", "Somebody else")]).await.is(303);
    assert!(matches!(newest(&world).0, CleanedBy::Entered { .. }), "another name is not proven by this PIN");
    let page = tablet.get(&scan).await;
    for _ in 0..5 {
        submit(&tablet, &page, &[("pin", "0815")]).await.is(422);
    }
    submit(&tablet, &page, &[("pin", "471147")]).await.is(422).has("Too many attempts. Wait until");
    let size = world.size();
    let plain = [("staff", tom(&world).to_string()), ("cleaned_by", "Tom".into()), ("pin", "0815".into())];
    let plain: Vec<(&str, &str)> = plain.iter().map(|(n, v)| (*n, v.as_str())).collect();
    let mut program = posted(&scan, &plain);
    program.headers_mut().insert("accept", "application/json".parse().unwrap());
    assert_eq!(world.send(program, true).await.is(422).json()["field"], "pin");
    assert_eq!(world.size(), size);
    let locked = world.state.identity.access.rows(None, 9).unwrap().into_iter().map(|(_, row)| row);
    let locked = locked.filter(|row| row.outcome == crate::identity::AccessOutcome::Locked);
    assert_eq!(
        locked.map(|row| row.count).collect::<Vec<_>>(),
        [1],
        "on this tablet; a stranger has other tries"
    );
}

#[tokio::test]
async fn over_plain_http_a_session_proves_nothing_at_a_scan() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let scan = format!("/t/{}", world.pump);
    let send = async |mut request: Request<Body>, secure: bool| {
        request.headers_mut().insert("cookie", tablet.cookie.parse().unwrap());
        world.send(request, secure).await
    };
    let open = async |secure: bool| send(Request::get(&scan).body(Body::empty()).unwrap(), secure).await;
    let (known, plain) = (open(true).await, open(false).await);
    known.is(200).has("PIN entered").has("Tom Nguyen");
    plain.is(200).has_not("PIN entered").has_not("signed in").has_not("Tom Nguyen");
    let tom_id = tom(&world).to_string();
    // A page that was proven over HTTPS is as good as any other when it is sent over plain HTTP.
    for page in [&known, &plain] {
        for named in
            [&[("cleaned_by", "Tom Nguyen")][..], &[("cleaned_by", "Tom Nguyen"), ("staff", &tom_id)]]
        {
            let own = [("page", page.hidden("page")), ("step", "1".into()), ("notes", "in a hurry".into())];
            let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let size = world.size();
            let done = send(posted(&format!("{scan}?anyway=1"), &[&own, named].concat()), false).await;
            done.is(303);
            assert_eq!(world.size(), size + 1);
            let (who, by) = newest(&world);
            assert!(matches!(who, CleanedBy::Entered { .. }) && by.is_none(), "{who:?} {by:?}");
        }
    }
    // The same page proves it where the session may be sent.
    submit(&tablet, &known, &[("cleaned_by", "Tom Nguyen")]).await.is(303);
    assert_eq!(newest(&world).0, CleanedBy::Pin { staff: tom(&world), ago_s: Some(0) });
}

#[tokio::test]
async fn with_zero_minutes_the_pin_is_typed_for_each_record() {
    let world = World::new().await;
    set_proof(&world, 0).await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let scan = format!("/t/{}", world.pump);
    let page = tablet.get(&scan).await;
    page.has("Tom Nguyen (signed in 14:04)");
    submit(&tablet, &page, &[("cleaned_by", "Tom Nguyen")]).await.is(303);
    assert!(matches!(newest(&world).0, CleanedBy::Entered { .. }));
    let page = tablet.get(&scan).await;
    submit(&tablet, &page, &[("pin", "471147")]).await.is(303);
    assert!(matches!(newest(&world).0, CleanedBy::Pin { .. }));
    tablet.get(&scan).await.has_not("PIN entered");
}

#[tokio::test]
async fn a_clock_set_back_makes_no_old_pin_fresh() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    world.clock.advance(MINUTE * 10);
    let now = world.clock.now();
    world.clock.set(Now { wall_ms: now.wall_ms - 600_000, ..now });
    tablet.get(&format!("/t/{}", world.pump)).await.has("(signed in").has_not("PIN entered");
}

#[tokio::test]
async fn someone_else_ends_the_session_and_keeps_what_was_put_in() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let scan = format!("/t/{}", world.pump);
    world.clock.advance(MINUTE * 6);
    let page = tablet.get(&scan).await;
    let size = world.size();
    let form = [("cleaned_by", "Tom Nguyen"), ("other", "1"), ("pin", "471147")];
    let other = submit(&tablet, &page, &form).await;
    other
        .is(200)
        .has("Nobody is signed in here any more")
        .has("value=\"1\" checked")
        .has(">in a hurry<")
        .has("id=\"who\" name=\"cleaned_by\"")
        .has_not("Tom Nguyen")
        .has_not("name=\"pin\"");
    assert!(other.header(SET_COOKIE).starts_with("__Host-session=;"), "{}", other.header(SET_COOKIE));
    assert_eq!((world.size(), other.hidden("submission")), (size, page.hidden("submission")));
    assert!(tablet.get("/staff/").await.location().starts_with("/staff/sign-in"), "it has ended at the box");
    submit(&tablet, &other, &[("cleaned_by", "Ana")]).await.is(303);
    assert!(matches!(newest(&world).0, CleanedBy::Entered { .. }));
}

#[tokio::test]
async fn someone_else_is_not_shown_the_name_of_before() {
    let world = World::new().await;
    let scan = format!("/t/{}", world.pump);
    let phone = world.send(posted(&scan, &[("cleaned_by", "Maria Novak")]), true).await.is(303).cookies();
    let desk = Desk { world: &world, cookie: phone };
    // The session ended meanwhile: the page that was made in it carries the name.
    let page = desk.get(&scan).await;
    page.has("value=\"Maria Novak\"");
    submit(&desk, &page, &[("cleaned_by", "Maria Novak"), ("wet", "1")]).await.is(303);
    let other = submit(&desk, &page, &[("cleaned_by", "Maria Novak"), ("other", "1")]).await;
    other.is(200).has_not("value=\"Maria Novak\"").has(">in a hurry<");
    assert!(other.cookies().split("; ").any(|cookie| cookie == "name="), "{}", other.cookies());
    let cookie = desk.cookie.split("; ").filter(|cookie| !cookie.starts_with("name=")).collect::<Vec<_>>();
    let desk = Desk { world: &world, cookie: cookie.join("; ") };
    desk.get(&scan).await.is(200).has_not("value=\"Maria Novak\"");
}

#[tokio::test]
async fn someone_else_reports_a_problem_under_their_own_name() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    let path = format!("/t/{}/problem", world.pump);
    let page = tablet.get(&path).await;
    page.is(200).has("PIN entered").has("I am someone else").has_not("name=\"cleaned_by\"");
    let size = world.size();
    let press = [("what", "broken"), ("notes", "Screen cracked"), ("other", "1")];
    let other = tablet.send(posted(&path, &press)).await;
    other.is(200).has("name=\"cleaned_by\"").has(">Screen cracked<").has("value=\"broken\" checked");
    other.has_not("Tom Nguyen");
    assert_eq!(world.size(), size);
    assert!(tablet.get("/staff/").await.location().starts_with("/staff/sign-in"), "it has ended at the box");
    let own = [("what", "broken"), ("notes", "Screen cracked"), ("cleaned_by", "Ana")];
    tablet.send(posted(&path, &own)).await.is(303);
    let Event::ProblemReported(report) = world.event(world.size() - 1) else { panic!() };
    assert!(matches!(report.who, CleanedBy::Entered { .. }), "{:?}", report.who);
}

#[tokio::test]
async fn a_report_says_how_old_its_proof_was() {
    let world = World::new().await;
    let tablet = desk(&world, StaffRole::Technician).await;
    world.clock.advance(MINUTE);
    let press = [("what", "broken"), ("notes", "Screen cracked")];
    tablet.send(posted(&format!("/t/{}/problem", world.pump), &press)).await.is(303);
    let Event::ProblemReported(report) = world.event(world.size() - 1) else { panic!() };
    assert_eq!(report.who, CleanedBy::Pin { staff: tom(&world), ago_s: Some(60) });
}

#[tokio::test]
async fn a_pin_over_plain_http_is_not_used() {
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "4711").await.to_string();
    let scan = format!("/t/{}", world.pump);
    world.get(&scan).await.has_not("name=\"pin\"");
    let size = world.size();
    for pin in ["4711", "0000"] {
        let form = [("cleaned_by", "Ada"), ("staff", ada.as_str()), ("pin", pin)];
        world
            .post(&scan, &form)
            .await
            .is(400)
            .has("This page is not secure. Your PIN was not used; change it.")
            .has_not(pin);
    }
    assert_eq!(world.size(), size);
    let left = super::people::try_pin(&world, ada.parse().unwrap(), "1");
    let counted = crate::identity::PinOutcome::Wrong { left: 7 };
    assert_eq!(left, counted, "each was a try, and what is left does not say which was right");
}

#[tokio::test]
async fn what_only_an_admin_may_do_asks_for_the_pin_again_and_goes_on() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let ada = person(&world, "Ada", StaffRole::Technician, "1111").await;
    let path = format!("/staff/people/{ada}");
    world.clock.advance(MINUTE * 31);
    let token = admin.get(&path).await.is(200).hidden("form");
    let size = world.size();
    let requested = admin.post(&path, &token, &[("name", "Ada <L>"), ("role", "biomed")]).await;
    requested
        .is(200)
        .has("Enter your PIN to continue")
        .has("value=\"Ada &#60;L&#62;\"")
        .has("value=\"biomed\"");
    assert_eq!(world.size(), size);
    let form = |pin| [("name", "Ada <L>"), ("role", "biomed"), ("own_pin", pin)];
    admin
        .post(&path, &token, &form("0815"))
        .await
        .is(422)
        .has("Wrong PIN.")
        .has("Ada &#60;L&#62;")
        .has_not("\"0815");
    assert_eq!(world.size(), size);
    admin.post(&path, &token, &form("471147")).await.is(303);
    assert_eq!(world.size(), size + 1);
    admin.post(&path, &token, &[("name", "Ada"), ("role", "biomed")]).await.is(303);
    assert_eq!(world.size(), size + 2, "for half an hour nothing more is asked");
    world.clock.advance(MINUTE * 31);
    let new = [("pin", "839204"), ("again", "839204")];
    let requested = admin.post(&format!("{path}/pin"), &token, &new).await;
    requested.is(200).has("id=\"pin\"").has("id=\"again\"").has_not("839204");
    admin.post(&format!("{path}/pin"), &token, &[&new[..], &[("own_pin", "471147")]].concat()).await.is(303);
    assert_eq!(super::people::try_pin(&world, ada, "839204"), crate::identity::PinOutcome::Right);
    world.clock.advance(MINUTE * 31);
    for path in ["/leave", "/pin/clear", "/sign-out"].map(|verb| format!("{path}{verb}")) {
        admin.post(&path, &token, &[]).await.is(200).has("Enter your PIN to continue");
    }
    for path in ["/staff/people/new", "/staff/people/sign-out", "/staff/programs/new"] {
        admin.post(path, &token, &[("name", "x")]).await.is(200).has("Enter your PIN to continue");
    }
    assert_eq!(world.size(), size + 3);
}

#[tokio::test]
async fn the_record_of_somebody_else_is_voided_with_a_pin_and_ones_own_without() {
    let world = World::new().await;
    let biomed = desk(&world, StaffRole::Biomed).await;
    let page = biomed.get(&format!("/t/{}", world.pump)).await;
    let own = submit(&biomed, &page, &[]).await.is(303).location();
    let other = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    world.clock.advance(MINUTE * 31);
    let token = biomed.get("/staff/me").await.hidden("form");
    let void = |receipt: &str| format!("/staff/cleanings/{}/void", &receipt[3..]);
    let size = world.size();
    let requested = biomed.post(&void(&other), &token, &[("reason", "wrong item")]).await;
    requested.is(200).has("Enter your PIN to continue").has("value=\"wrong item\"");
    assert_eq!(world.size(), size);
    biomed.post(&void(&own), &token, &[("reason", "wrong item")]).await.is(303);
    assert_eq!(world.size(), size + 1);
    biomed.post(&void(&other), &token, &[("reason", "wrong item"), ("own_pin", "471147")]).await.is(303);
    assert_eq!(world.size(), size + 2);
}
