//! What staff do: sign in by PIN over HTTPS, add, change, suspend, void, print.

use crate::web::tests::*;

pub(in crate::web::tests) struct Desk<'a> {
    pub(in crate::web::tests) world: &'a World,
    pub(in crate::web::tests) cookie: String,
}

pub(in crate::web::tests) async fn person(world: &World, name: &str, role: StaffRole, pin: &str) -> StaffId {
    let seq = world.give(Command::AddStaff(NewStaff::named(name, role))).await;
    let Event::StaffAdded(added) = world.event(seq) else { panic!() };
    world.state.identity.pins.set(added.staff, role, pin).unwrap().unwrap();
    added.staff
}

pub(in crate::web::tests) async fn desk<'a>(world: &'a World, role: StaffRole) -> Desk<'a> {
    let id = person(world, "Tom Nguyen", role, "471147").await.to_string();
    let answer = world
        .send(
            posted("/staff/sign-in", &[("staff", &id), ("pin", "471147"), ("next", "/staff/equipment")]),
            true,
        )
        .await;
    assert_eq!((answer.status, answer.location().as_str()), (303, "/staff/equipment"));
    let set = answer.headers.get_all(SET_COOKIE).iter().map(|v| v.to_str().unwrap());
    let set = set.filter(|c| c.starts_with("__Host-session=")).collect::<String>();
    for flag in ["__Host-session=", "Secure", "HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(flag), "{set}");
    }
    Desk { world, cookie: answer.cookies() }
}

impl Desk<'_> {
    pub(in crate::web::tests) async fn send(&self, mut request: Request<Body>) -> Answer {
        request.headers_mut().insert("cookie", self.cookie.parse().unwrap());
        self.world.send(request, true).await
    }

    pub(in crate::web::tests) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(in crate::web::tests) async fn post(&self, path: &str, token: &str, form: &[(&str, &str)]) -> Answer {
        self.send(posted(path, &[&[("form", token)], form].concat())).await
    }
}

#[tokio::test]
async fn staff_pages_need_https_and_a_sign_in() {
    let world = World::new().await;
    world.get("/staff/").await.is(403).has("Staff pages need HTTPS").has("https://10.0.0.5:8443/staff/");
    world.post("/staff/sign-in", &[("staff", "x"), ("pin", "1234")]).await.is(400).has("change it");
    let secure = |path: &str| world.send(Request::get(path).body(Body::empty()).unwrap(), true);
    let answer = secure("/staff/equipment").await;
    assert_eq!((answer.status, answer.location().as_str()), (303, "/staff/sign-in?next=/staff/equipment"));
    let tom = person(&world, "Tom Nguyen", StaffRole::Biomed, "471147").await.to_string();
    let named = "/staff/sign-in?letters=ngu";
    secure(named).await.is(200).has("Who are you?").has("Tom Nguyen").has("biomed");
    secure(&format!("/staff/sign-in?staff={tom}"))
        .await
        .is(200)
        .has("Enter your PIN")
        .has("inputmode=\"numeric\"")
        .has_not("value=\"471147\"");
}

#[tokio::test]
async fn a_session_ends_and_its_forms_are_its_own() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let me = desk.get("/staff/me").await;
    me.is(200).has("Tom Nguyen").has("Sign out");
    let token = me.hidden("form");
    desk.post("/staff/sign-out", "stolen", &[]).await.is(403).has("another session");
    let plain = {
        let mut request = Request::get("/staff/").body(Body::empty()).unwrap();
        request.headers_mut().insert("cookie", desk.cookie.parse().unwrap());
        world.send(request, false).await
    };
    plain.is(403);
    desk.post("/staff/sign-out", &token, &[]).await.is(303);
    assert!(desk.get("/staff/").await.location().starts_with("/staff/sign-in"));
}

#[tokio::test]
async fn equipment_is_added_changed_suspended_and_retired() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    desk.get("/staff/").await.is(200).has("Friday, November 20").has("Latest cleanings").has("No data yet");
    desk.get("/staff/equipment").await.is(200).has("In use, overdue first: 3 items");
    let page = desk.get("/staff/equipment/new?tag=7QK3M9X2W").await;
    page.is(200).has("Low-level wipe").has("7QK 3M9 X2W");
    let token = page.hidden("form");
    let empty = desk
        .post(
            "/staff/equipment/new",
            &token,
            &[("name", " "), ("serial", "SN-1"), ("every", "days"), ("number", "1")],
        )
        .await;
    empty.is(422).has("Enter a name for the equipment").has("value=\"SN-1\"");
    desk.post("/staff/equipment/new", &token, &[("name", "X"), ("every", "times"), ("times", "7 o’clock")])
        .await
        .is(422)
        .has("Enter times of day");
    desk.post("/staff/equipment/new", &token, &[("name", "X"), ("tag", "7QK3M9X2A")])
        .await
        .is(422)
        .has("Check the tag");
    let form = [
        ("name", "Ventilator 3"),
        ("tag", "7QK3M9X2W"),
        ("every", "times"),
        ("times", "19:00, 07:00"),
        ("submission", "s1"),
    ];
    let added = desk.post("/staff/equipment/new", &token, &form).await;
    assert_eq!((added.status, added.location().as_str()), (303, "/staff/equipment/7QK3M9X2W"));
    let size = world.size();
    assert_eq!(desk.post("/staff/equipment/new", &token, &form).await.location(), added.location());
    assert_eq!(world.size(), size, "the second press adds nothing");
    let item = "/staff/equipment/7QK3M9X2W";
    desk.get(item)
        .await
        .is(200)
        .has("Ventilator 3")
        .has("Daily by 07:00, 19:00")
        .has("Never cleaned since it was added")
        .has("Can this be trusted?");
    let edit = desk.get(&format!("{item}/edit")).await;
    edit.is(200).has("value=\"07:00, 19:00\"");
    let same = [
        ("name", "Ventilator 3"),
        ("every", "times"),
        ("times", "07:00 19:00"),
        ("class", "noncritical"),
        ("photo", "optional"),
    ];
    desk.post(&format!("{item}/edit"), &token, &same).await.is(303);
    assert_eq!(world.size(), size, "what changes nothing makes no entry");
    desk.post(&format!("{item}/edit"), &token, &[("name", "Ventilator 4"), ("every", "never")]).await.is(303);
    assert_eq!(world.size(), size + 2);
    desk.get(item).await.has("Ventilator 4").has("No schedule, so there is no rate.");
    desk.post(&format!("{item}/out"), &token, &[("reason", "")]).await.is(422).has("Say why");
    desk.post(&format!("{item}/out"), &token, &[("reason", "Sensor fails")]).await.is(303);
    desk.get(item).await.has("Out of service: Sensor fails").has("Put back into service");
    desk.post(&format!("{item}/back"), &token, &[]).await.is(303);
    desk.get("/staff/equipment?retired=1").await.has("No equipment was retired.").has_not("No matches");
    desk.get("/staff/equipment?retired=1&q=xyzzy")
        .await
        .has("No matches")
        .has_not("No equipment was retired.");
    desk.get(&format!("{item}/retire")).await.is(200).has("class=\"stop\"");
    desk.post(&format!("{item}/retire"), &token, &[("reason", "scrapped")]).await.is(303);
    desk.get("/staff/equipment?retired=1").await.has("Ventilator 4");
    desk.get("/staff/equipment/000000001").await.is(404);
}

#[tokio::test]
async fn history_shows_records_and_voids() {
    let world = World::new().await;
    let receipt = world
        .post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada"), ("notes", "<b>scratched</b>")])
        .await
        .location();
    let desk = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let page = desk.get(&item).await;
    page.is(200)
        .has("Ada, name typed")
        .has("&#60;b&#62;scratched")
        .has(&receipt)
        .has("Verified")
        .has("1 cleaning in all, newest first");
    let void = format!("/staff/cleanings{}/void", receipt.trim_start_matches("/r"));
    let ask = desk.get(&void).await;
    ask.is(200).has("Infusion pump 14, cleaned today 14:04 by Ada, name typed");
    desk.post(&void, &ask.hidden("form"), &[("reason", "wrong item")]).await.is(303);
    desk.get(&item).await.has("<s>Cleaned</s>").has("by Tom Nguyen: wrong item. Both entries stay");
    world.get(&receipt).await.has("<h1>Voided</h1>").has("by Tom Nguyen: wrong item");
    let size = world.size();
    let again = desk.post(&void, &ask.hidden("form"), &[("reason", "again")]).await;
    assert_eq!((again.is(303).location(), world.size()), (receipt.clone(), size), "voided once");
    desk.get(&format!("/api/v1/proof/{}", world.size() - 1)).await.is(200);
}

#[tokio::test]
async fn a_label_is_printed_from_the_item() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let token = desk.get(&item).await.hidden("form");
    let printed = desk.post(&format!("{item}/label"), &token, &[]).await;
    printed.is(303);
    desk.get(&printed.location())
        .await
        .is(200)
        .has("1 label on Desk")
        .has("Infusion pump 14")
        .has("Cancel this job");
    desk.post(&format!("{}/cancel", printed.location()), &token, &[]).await.is(303);
    desk.get("/staff/box")
        .await
        .is(200)
        .has("Desk")
        .has("/staff/printers/Desk")
        .has("HTTP://10.0.0.5")
        .has_not("Settings</a>");
    desk.get("/staff/labels/01ARZ3NDEKTSV4RRFFQ69G5FAV").await.is(404);
}

#[tokio::test]
async fn roles_hold() {
    let world = World::new().await;
    let technician = desk(&world, StaffRole::Technician).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let page = technician.get(&item).await;
    page.is(200).has_not("Print label").has_not("Take out of service");
    let token = technician.get("/staff/me").await.hidden("form");
    let receipt = world.post(&format!("/t/{}", world.pump), &[("cleaned_by", "Ada")]).await.location();
    for (page, role) in [
        ("/staff/equipment/new".to_owned(), "biomed or facility admin"),
        (format!("{item}/edit"), "biomed or facility admin"),
        (format!("{item}/out"), "biomed or facility admin"),
        (format!("{item}/retire"), "biomed or facility admin"),
        (format!("{item}/schedule"), "biomed or facility admin"),
        (format!("/staff/cleanings/{}/void", &receipt[3..]), "biomed or facility admin"),
        ("/staff/box/settings".to_owned(), "as facility admin"),
    ] {
        technician
            .get(&page)
            .await
            .is(403)
            .has(role)
            .has("Sign in as somebody else")
            .has_not("action=\"/staff");
        let reported = technician.get(&page).await;
        reported
            .has("You are signed in as Tom Nguyen, technician")
            .has("href=\"/\">Back to what needs cleaning</a>");
    }
    let size = world.size();
    technician
        .post("/staff/equipment/new", &token, &[("name", "X")])
        .await
        .is(403)
        .has("biomed or facility admin");
    technician.post(&format!("{item}/label"), &token, &[]).await.is(403);
    technician.post(&format!("{item}/retire"), &token, &[("reason", "x")]).await.is(403);
    technician.post("/staff/box/settings", &token, &[("name", "X")]).await.is(403);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn an_admin_sets_the_facility() {
    let world = World::new().await;
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let page = admin.get("/staff/box/settings").await;
    page.is(200).has("America/Chicago").has("HTTP://10.0.0.5");
    let form = |zone: &'static str| {
        [
            ("name", "Linden Valley"),
            ("zone", zone),
            ("label_host", "HTTP://10.0.0.5"),
            ("undo_min", "10"),
            ("contact", "biomed, ext. 4417"),
            ("allow_unattributed", "1"),
        ]
    };
    let form = |zone: &'static str, pin_proof_min: &'static str| {
        [&form(zone)[..], &[("pin_proof_min", pin_proof_min), ("retain_years", "7")]].concat()
    };
    admin
        .post("/staff/box/settings", &page.hidden("form"), &form("Mars/Olympus", "5"))
        .await
        .is(422)
        .has("Enter an IANA time zone")
        .has("Mars/Olympus");
    admin.post("/staff/box/settings", &page.hidden("form"), &form("America/Chicago", "5")).await.is(303);
    for (min, words) in [("61", "value=\"61\""), ("soon", "for 0 to 60 minutes"), ("", "for 0 to 60 minutes")]
    {
        let form = form("America/Chicago", min);
        admin.post("/staff/box/settings", &page.hidden("form"), &form).await.is(422).has(words);
    }
    assert_eq!(world.state.store.facility().settings.pin_proof_min, 5);
    let form_0 = form("America/Chicago", "0");
    admin.post("/staff/box/settings", &page.hidden("form"), &form_0).await.is(303);
    assert_eq!(world.state.store.facility().settings.pin_proof_min, 0);
    world.get("/").await.has("Linden Valley<");
    world.post(&format!("/t/{}", world.pump), &[]).await.is(303);
    world.get("/").await.is(200);
}

#[tokio::test]
async fn each_protocol_has_a_schedule_of_its_own() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let protocol = *world.state.store.facility().protocols.keys().next().unwrap();
    let own = format!("{item}/schedule?protocol={protocol}");
    desk.get(&item)
        .await
        .has("By any protocol")
        .has("Every day")
        .has("Low-level wipe")
        .has("No schedule")
        .has(&own);
    let page = desk.get(&own).await;
    page.is(200)
        .has("When is it due?")
        .has("low-level wipe")
        .has("Only a complete cleaning by this protocol");
    let token = page.hidden("form");
    let post = async |path: &str, every: &str, number: &str| {
        desk.post(path, &token, &[("every", every), ("number", number), ("times", "7")]).await
    };
    post(&own, "weeks", "soon").await.is(422).has("Enter a whole number").has("value=\"soon\"");
    post(&own, "weeks", "53").await.is(422).has("every 1 to 52 weeks");
    post(&own, "times", "").await.is(422).has("Enter times of day").has("aria-describedby=\"times-e\"");
    let size = world.size();
    post(&own, "weeks", "2").await.is(303);
    post(&own, "weeks", "2").await.is(303);
    assert_eq!(world.size(), size + 1, "the same again is no entry");
    desk.get(&item).await.has("Every 2 weeks").has("Every day");
    post(&own, "never", "").await.is(303);
    desk.get(&item).await.has_not("Every 2 weeks");
    let strange = format!("{item}/schedule?protocol={}", ProtocolId::new(0, [9; 10]));
    desk.get(&strange).await.is(404);
    post(&strange, "days", "1").await.is(404);
}

#[tokio::test]
async fn whoever_is_signed_in_is_named_by_their_pin() {
    let world = World::new().await;
    let desk = desk(&world, StaffRole::Technician).await;
    let path = format!("/t/{}", world.pump);
    let page = desk.get(&path).await;
    page.is(200).has("PIN entered 0 s ago").has("I am someone else").has_not("id=\"who\"");
    let token = page.hidden("page");
    let form = [("page", token.as_str()), ("version", "1"), ("step", "1"), ("notes", "in a hurry")];
    let done = desk.send(posted(&path, &form)).await;
    done.is(303);
    world.get(&done.location()).await.has("Tom Nguyen, PIN");
    let plain = world.get(&path).await;
    plain.has("name=\"cleaned_by\"").has_not("PIN entered").has_not("my PIN").has_not("someone else");
}
