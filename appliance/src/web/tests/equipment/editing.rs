//! Two people edit one thing: nobody overwrites unnoticed what somebody else did, and no request saves half a form.

use http::header::{ETAG, IF_MATCH};
use web::form::GENERAL_KEYS;
use words::{Locale, WordSet as _};

use crate::web::pages::{equipment, facility, labels, people, printers, protocols, register, setup, tags};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk, person};
use crate::web::tests::*;
use crate::web::words::FormWords;

pub(in crate::web::tests) type Fields = Vec<(String, String)>;

fn unescape(text: &str) -> String {
    [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")]
        .iter()
        .fold(text.to_owned(), |text, (code, character)| text.replace(code, character))
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

pub(in crate::web::tests) fn form_of(page: &Answer, action: &str) -> Fields {
    let html = page.text();
    let (_, form) = html.split_once(&format!("action=\"{action}\"")).unwrap_or_else(|| panic!("{html}"));
    let form = form.split("</form>").next().unwrap();
    let mut fields = Fields::new();
    for part in form.split('<').skip(1) {
        let (tag, content) = part.split_once('>').unwrap();
        let Some(name) = attribute(tag, "name") else {
            if let (true, Some(value)) = (tag.starts_with("option"), attribute(tag, "value")) {
                let (_, select) = fields.last_mut().unwrap();
                if select == "\0" || tag.ends_with(" selected") {
                    *select = value;
                }
            }
            continue;
        };
        let is_box = ["checkbox", "radio"].contains(&attribute(tag, "type").unwrap_or_default().as_str());
        match tag.split(' ').next().unwrap() {
            "input" if is_box && !tag.ends_with(" checked") => {}
            "input" if is_box && name.contains('.') => {
                let (list, value) = name.split_once('.').unwrap();
                let (_, picked) = fields.iter_mut().find(|(field, _)| field == list).unwrap();
                *picked = format!("{picked} {value}").trim().to_owned();
            }
            "input" => fields.push((name, attribute(tag, "value").unwrap_or_default())),
            "select" => fields.push((name, "\0".to_owned())),
            "textarea" => fields.push((name, unescape(content.strip_prefix('\n').unwrap_or(content)))),
            _ => {}
        }
    }
    fields
}

pub(in crate::web::tests) fn with(mut fields: Fields, name: &str, value: &str) -> Fields {
    fields.retain(|(field, _)| field != name);
    fields.push((name.to_owned(), value.to_owned()));
    fields
}

pub(in crate::web::tests) fn value_of<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(field, _)| field == name).map_or("", |(_, value)| value)
}

pub(in crate::web::tests) fn with_photo(
    path: &str,
    fields: &[(String, String)],
    photo: &str,
) -> Request<Body> {
    let part = |(name, value): &(String, String)| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let fields: String = fields.iter().filter(|(name, _)| name != "photo").map(part).collect();
    let body = format!(
        "{fields}--XX\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"a.jpg\"\r\n\r\n{photo}\n\r\n--XX--\r\n"
    );
    let request = Request::post(path).header(CONTENT_TYPE, "multipart/form-data; boundary=XX");
    request.body(Body::from(body)).unwrap()
}

pub(in crate::web::tests) async fn send(desk: &Desk<'_>, action: &str, fields: &Fields) -> Answer {
    let form: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    desk.send(posted(&action.replace("&#38;", "&"), &form)).await
}

pub(in crate::web::tests) async fn second_desk<'a>(
    world: &'a World,
    name: &str,
    role: StaffRole,
    pin: &str,
) -> Desk<'a> {
    let id = person(world, name, role, pin).await.to_string();
    let answer = world.send(posted("/staff/sign-in", &[("staff", &id), ("pin", pin)]), true).await;
    Desk { world, cookie: answer.is(303).cookies() }
}

fn require_saved(answer: &Answer) {
    assert!(matches!(answer.status, 200 | 303), "{}: {}", answer.status, answer.text());
}

/// Two people open one form, both change a field, and the second one gets the conflict page.
pub(in crate::web::tests) async fn change_twice(
    [tom, grace]: [&Desk<'_>; 2],
    (page, action): (&str, &str),
    (field, first, second): (&str, &str, &str),
) -> Answer {
    let [toms, graces] = [form_of(&tom.get(page).await, action), form_of(&grace.get(page).await, action)];
    assert_ne!(value_of(&toms, "seen"), "", "{page}");
    require_saved(&send(tom, action, &with(toms, field, first)).await);
    let size = tom.world.size();
    let conflict = send(grace, action, &with(graces.clone(), field, second)).await;
    conflict.is(409).has("Somebody changed this meanwhile").has("Nothing of yours was saved");
    assert_eq!(tom.world.size(), size, "{page}");
    assert_eq!(value_of(&form_of(&tom.get(page).await, action), field), first, "{page}");
    // The same request again gets the conflict page again.
    send(grace, action, &with(graces, field, second)).await.is(409);
    let again = form_of(&conflict, action);
    match value_of(&again, field) {
        // Nothing is chosen by leaving it open.
        "" => {
            send(grace, action, &again).await.is(422);
        }
        text => assert_eq!(text, second, "what came is not lost"),
    }
    assert_eq!(value_of(&form_of(&tom.get(page).await, action), field), first, "{page}");
    let again = with(again, field, second);
    require_saved(&send(grace, action, &again).await);
    assert_eq!(value_of(&form_of(&grace.get(page).await, action), field), second, "{page}");
    conflict
}

#[tokio::test]
async fn two_people_at_one_form_of_what_the_log_holds() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let both = [&tom, &grace];
    let item = format!("/staff/equipment/{}", world.pump);
    let edit = format!("{item}/edit");
    change_twice(both, (&edit, &edit), ("location", "ICU <7>", "ICU 8"))
        .await
        .has("Tom Nguyen changed Infusion pump 14 today 14:04.")
        .has("ICU &#60;7&#62;</span> <small>As it is now</small>")
        .has_not("Asset number");
    let schedule = format!("{item}/schedule");
    change_twice(both, (&schedule, &schedule), ("number", "3", "4")).await.has("How many (N)");
    let ada = format!("/staff/people/{ada}");
    change_twice(both, (&ada, &ada), ("name", "Ada King", "Ada Lovelace")).await.has("changed Ada King");
    let settings = "/staff/box/settings";
    change_twice(both, (settings, settings), ("contact", "ext. 1", "ext. 2"))
        .await
        .has("changed the settings");
    let out = format!("{item}/out");
    let leaks = with(form_of(&tom.get(&out).await, &out), "reason", "Leaks");
    send(&tom, &out, &leaks).await.is(303);
    change_twice(both, (&out, &out), ("back", "2026-12-01", "2026-12-08"))
        .await
        .has("changed Infusion pump 14")
        .has_not(">Why<");
    let set_up = "/staff/box/setup";
    change_twice(both, (set_up, set_up), ("label_host", "HTTP://10.0.0.8", "HTTP://10.0.0.9"))
        .await
        .has("changed the settings")
        .has_not("Time zone");
    // A schedule is a change of its item.
    let old = form_of(&grace.get(&edit).await, &edit);
    let due = form_of(&tom.get(&schedule).await, &schedule);
    send(&tom, &schedule, &with(due, "number", "5")).await.is(303);
    send(&grace, &edit, &with(old, "serial", "SN-9")).await.is(409).has("Serial number").has("(nothing)");
}

#[tokio::test]
async fn two_people_at_one_form_of_what_stands_in_no_log() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let token = tom.get("/staff/printers").await.hidden("form");
    let printer = [("name", "Zebra"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl"), ("dpi", "203")];
    tom.post("/staff/printers", &token, &printer).await.is(303);
    let page = "/staff/printers/Zebra";
    change_twice([&tom, &grace], (page, page), ("darkness", "30", "40"))
        .await
        .has("Somebody changed Zebra.")
        .has("Darkness");
    let edit = "/staff/labels/templates/edit";
    let file = crate::web::examples::TEMPLATE_FILE;
    let [first, second] = ["title = \"First\"", "title = \"Second\""].map(|title| {
        let lines = file.lines().map(|line| if line.starts_with("title") { title } else { line });
        lines.collect::<Vec<_>>().join("\n")
    });
    tom.post(edit, &token, &[("text", file)]).await.is(303);
    let page = format!("{edit}?from={}", crate::web::examples::TEMPLATE);
    let texts = ("text", first.as_str(), second.as_str());
    change_twice([&tom, &grace], (&page, edit), texts).await.has("First").has("Second");
    let new = form_of(&grace.get(&format!("{edit}?from=equipment")).await, edit);
    send(&grace, edit, &with(new, "text", &first)).await.is(409).has("Second");
}

#[tokio::test]
async fn each_field_is_chosen_and_nothing_of_either_is_lost() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let edit = format!("/staff/equipment/{}/edit", world.pump);
    let [first, second] = [form_of(&tom.get(&edit).await, &edit), form_of(&tom.get(&edit).await, &edit)];
    send(&tom, &edit, &with(first, "location", "OR 2")).await.is(303);
    // A page that does not say what it was drawn with leaves every choice open.
    let second = with(second, "opened", "");
    let conflict = send(&tom, &edit, &with(second, "serial", "SN-1")).await;
    conflict.is(409).has("value=\"OR 2\"").has("value=\"ICU East, bed 14\"").has_not("checked");
    conflict.has_not(" required").has_not("is chosen already").has(" novalidate>");
    let open = send(&tom, &edit, &with(form_of(&conflict, &edit), "location", "OR 2")).await;
    open.is(422).has(">Serial number: choose one of the two values");
    assert_eq!(value_of(&form_of(&open, &edit), "serial"), "SN-1", "what came is not lost");
    let choice = with(with(form_of(&conflict, &edit), "location", "OR 2"), "serial", "SN-1");
    send(&tom, &edit, &choice).await.is(303);
    let item = world.state.store.facility().equipment[&world.pump].clone();
    assert_eq!((item.facts.location.as_str(), item.facts.serial.as_str()), ("OR 2", "SN-1"));
    let size = world.size();
    send(&tom, &edit, &choice).await.is(303);
    assert_eq!(world.size(), size, "the second press says nothing new");
}

#[tokio::test]
async fn what_only_one_of_them_touched_is_chosen_already() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let edit = format!("/staff/equipment/{}/edit", world.pump);
    let open = async || form_of(&tom.get(&edit).await, &edit);
    let (first, second) = (open().await, open().await);
    assert!(value_of(&first, "opened").len() >= 8, "{first:?}");
    let first = with(with(first, "serial", "SN-A"), "location", "OR 2");
    send(&tom, &edit, &with(first, "custom", "Colour | blue")).await.is(303);
    let second = with(with(second, "maker", "Acme"), "location", "OR 3");
    // What comes back with something wrong still knows what it was drawn with.
    let wrong = send(&tom, &edit, &with(second, "name", " ")).await;
    let mended = with(form_of(wrong.is(422), &edit), "name", "Infusion pump 14");
    let conflict = send(&tom, &edit, &mended).await;
    conflict.is(409).has("is chosen already");
    let chosen = form_of(&conflict, &edit);
    let of = |name| value_of(&chosen, name);
    assert_eq!((of("serial"), of("maker"), of("location")), ("SN-A", "Acme", ""));
    assert_eq!(of("custom"), "Colour | blue");
    send(&tom, &edit, &with(chosen.clone(), "location", "OR 3")).await.is(303);
    let item = world.state.store.facility().equipment[&world.pump].clone();
    assert_eq!((&*item.facts.serial, &*item.facts.maker, &*item.facts.location), ("SN-A", "Acme", "OR 3"));
    assert_eq!(item.facts.custom["Colour"], "blue");
    // The page of the conflict is a form of its own time.
    let settings = "/staff/box/settings";
    let (first, second) =
        (form_of(&tom.get(settings).await, settings), form_of(&tom.get(settings).await, settings));
    send(&tom, settings, &with(first, "contact", "ext. 1")).await.is(303);
    let conflict = send(&tom, settings, &with(second, "undo_min", "7")).await;
    let chosen = form_of(conflict.is(409), settings);
    let third = form_of(&tom.get(settings).await, settings);
    send(&tom, settings, &with(third, "brand_name", "Ward 7")).await.is(303);
    let again = send(&tom, settings, &chosen).await;
    let chosen = form_of(again.is(409), settings);
    assert_eq!((value_of(&chosen, "undo_min"), value_of(&chosen, "brand_name")), ("7", "Ward 7"));
    send(&tom, settings, &chosen).await.is(303);
}

#[tokio::test]
async fn what_changes_while_somebody_mends_a_form_is_not_undone_unseen() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let token = tom.get("/staff/printers").await.hidden("form");
    let printer = [("name", "Zebra"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl"), ("dpi", "203")];
    tom.post("/staff/printers", &token, &printer).await.is(303);
    let item = format!("/staff/equipment/{}", world.pump);
    let [edit, schedule, ada] =
        [format!("{item}/edit"), format!("{item}/schedule"), format!("/staff/people/{ada}")];
    for (page, (field, first), (mended, wrong, right)) in [
        (edit.as_str(), ("location", "ICU 7"), ("name", " ", "Pump")),
        (&schedule, ("number", "3"), ("number", "soon", "4")),
        (&ada, ("role", "technician"), ("name", " ", "Ada King")),
        ("/staff/box/settings", ("contact", "ext. 1"), ("undo_min", "x", "7")),
        ("/staff/printers/Zebra", ("darkness", "30"), ("darkness", "500", "20")),
    ] {
        let [toms, graces] = [form_of(&tom.get(page).await, page), form_of(&grace.get(page).await, page)];
        let refused = send(&grace, page, &with(graces, mended, wrong)).await;
        refused.is(422);
        send(&tom, page, &with(toms, field, first)).await.is(303);
        let again = send(&grace, page, &with(form_of(&refused, page), mended, wrong)).await;
        again.is(422);
        send(&grace, page, &with(form_of(&again, page), mended, right)).await.is(409);
        assert_eq!(value_of(&form_of(&tom.get(page).await, page), field), first, "{page}");
    }
}

#[tokio::test]
async fn the_grace_after_use_is_not_set_by_a_form_that_does_not_show_it() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let program = program(&world, ApiTokenScope::Write);
    let schedule = serde_json::json!({ "schedule": { "every": "use", "grace_s": 600 } });
    let set = program.post(&format!("/api/v1/equipment/{}/schedules", world.pump), schedule).await;
    assert!((200..300).contains(&set.status), "{}", set.text());
    let size = world.size();
    for page in [format!("{item}/edit"), format!("{item}/schedule")] {
        send(&tom, &page, &form_of(&tom.get(&page).await, &page)).await.is(303);
    }
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn a_form_that_comes_twice_is_saved_once_whatever_somebody_else_changed_in_between() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    let ada = person(&world, "Ada", StaffRole::Biomed, "111111").await;
    let [edit, ada] = [format!("/staff/equipment/{}/edit", world.pump), format!("/staff/people/{ada}")];
    for (page, (field, first), (other, second)) in [
        (edit.as_str(), ("location", "ICU 7"), ("serial", "SN-9")),
        (&ada, ("name", "Ada King"), ("role", "technician")),
        ("/staff/box/settings", ("contact", "ext. 1"), ("undo_min", "7")),
    ] {
        let toms = with(form_of(&tom.get(page).await, page), field, first);
        send(&tom, page, &toms).await.is(303);
        let graces = with(form_of(&grace.get(page).await, page), other, second);
        send(&grace, page, &graces).await.is(303);
        let size = world.size();
        send(&tom, page, &toms).await.is(303);
        assert_eq!(world.size(), size, "{page}");
        let now = form_of(&tom.get(page).await, page);
        assert_eq!((value_of(&now, field), value_of(&now, other)), (first, second), "{page}");
        // Other values under its key are another form.
        send(&tom, page, &with(toms, field, "Something else")).await.is(409);
        assert_eq!(world.size(), size, "{page}");
    }
}

/// A repeated request asks for what is there already.
#[tokio::test]
async fn a_printer_and_a_template_are_saved_by_two_presses_as_by_one() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let token = tom.get("/staff/printers").await.hidden("form");
    let printer = [("name", "Zebra"), ("address", "tcp://127.0.0.1:2"), ("language", "zpl"), ("dpi", "203")];
    tom.post("/staff/printers", &token, &printer).await.is(303);
    let page = "/staff/printers/Zebra";
    let form = with(form_of(&tom.get(page).await, page), "darkness", "30");
    send(&tom, page, &form).await.is(303);
    send(&tom, page, &form).await.is(303);
    let edit = "/staff/labels/templates/edit";
    let new = with(form_of(&tom.get(edit).await, edit), "text", crate::web::examples::TEMPLATE_FILE);
    send(&tom, edit, &new).await.is(303);
    send(&tom, edit, &new).await.is(303);
}

#[tokio::test]
async fn a_seen_that_cannot_be_is_a_conflict_or_said_to_be_altered() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::FacilityAdmin).await;
    let edit = format!("/staff/equipment/{}/edit", world.pump);
    let settings = "/staff/box/settings".to_owned();
    let size = world.size();
    for (action, field) in [(&edit, "name"), (&settings, "contact")] {
        let form = with(form_of(&tom.get(action).await, action), field, "Changed by Tom");
        for seen in ["9-00000000.7.0000000a", "1-00000000.18446744073709551615", "1-00000000.7", "0"] {
            let conflict = send(&tom, action, &with(form.clone(), "seen", seen)).await;
            conflict.is(409).has("Changed by Tom");
        }
        for seen in ["", "x", "1", "-1", "1-00000000.7.00000000", "1-00000000.99999999999999999999", "<b>"] {
            let again = send(&tom, action, &with(form.clone(), "seen", seen)).await;
            again.is(422).has("This form was altered").has("value=\"Changed by Tom\"");
            // It is not taken for the version that is there by then.
            send(&tom, action, &form_of(&again, action)).await.is(409).has("Changed by Tom");
        }
        let twice = [form.clone(), vec![(field.to_owned(), "Twice".to_owned())]].concat();
        send(&tom, action, &twice).await.is(400);
        let twice = [form, vec![("seen".to_owned(), "0".to_owned())]].concat();
        send(&tom, action, &twice).await.is(400);
    }
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once_and_nothing_is_saved_by_half() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let edit = format!("/staff/equipment/{}/edit", world.pump);
    let form = form_of(&tom.get(&edit).await, &edit);
    let (size, long) = (world.size(), "x".repeat(200));
    let weeks = with(with(with(form, "name", "Another name"), "every", "weeks"), "number", "53");
    let refused = send(&tom, &edit, &weeks).await;
    refused.is(422).has("every 1 to 52 weeks").has("value=\"Another name\"").has("<title>Error: ");
    assert_eq!(world.size(), size, "the name was not written either");
    let wrong = with(with(with(weeks, "name", " "), "serial", &long), "number", "soon");
    let wrong = with(with(wrong, "class", "fatal"), "model", "a\u{7}b");
    send(&tom, &edit, &wrong)
        .await
        .is(422)
        .has("Enter a name for the equipment")
        .has("Serial number is longer than 120 characters")
        .has("Model has a character that cannot be shown (U+0007)")
        .has("Spaulding class is not on the list")
        .has("Enter a whole number")
        .has(&long);
    assert_eq!(world.size(), size);
}

#[tokio::test]
async fn programs_name_the_version_that_they_change() {
    let world = World::new().await;
    let program = program(&world, ApiTokenScope::Write);
    let item = format!("/api/v1/equipment/{}", world.pump);
    let version = world.state.store.facility().equipment[&world.pump].changed;
    assert_eq!(program.get(&item).await.is(200).header(ETAG), format!("\"{version}\""));
    let put = |path: &str, media: &str, etag: &str, body: &str| {
        let request = Request::put(path).header(CONTENT_TYPE, media).header(IF_MATCH, etag);
        request.body(Body::from(body.to_owned())).unwrap()
    };
    let settings = |darkness: u8| serde_json::json!({ "name": "Ward", "language": "zpl", "address": "tcp://127.0.0.1:2", "darkness": darkness });
    program.post("/api/v1/printers", settings(10)).await.is(201);
    let [template, file] = [crate::web::examples::TEMPLATE, crate::web::examples::TEMPLATE_FILE];
    let template = format!("/api/v1/templates/{template}");
    let new =
        Request::put(&template).header(CONTENT_TYPE, "application/toml").body(Body::from(file)).unwrap();
    program.send(new).await;
    let [ten, twenty, thirty] = [10, 20, 30].map(|darkness| settings(darkness).to_string());
    let files = ["", "\n# 2", "\n# 3"].map(|end| format!("{file}{end}"));
    for (path, media, [first, second, third]) in [
        ("/api/v1/printers/Ward", "application/json", [ten, twenty, thirty]),
        (&*template, "application/toml", files),
    ] {
        let old = program.get(path).await.is(200).header(ETAG).to_owned();
        let changed = program.send(put(path, media, &old, &second)).await;
        let now = changed.is(200).header(ETAG).to_owned();
        assert_ne!(old, now, "{path}");
        let repeated = program.send(put(path, media, &old, &second)).await;
        assert_eq!(repeated.is(200).header(ETAG), now, "{path}: the answer to the first may have been lost");
        for stale in [old.as_str(), "\"0000000000000007\"", "nonsense", &format!("W/{now}")] {
            let refused = program.send(put(path, media, stale, &third)).await;
            assert_eq!(refused.is(412).header(ETAG), now, "{path} {stale}");
        }
        assert_eq!(program.get(path).await.header(ETAG), now, "{path}");
        program.send(put(path, media, &format!("\"x\", {now}"), &third)).await.is(200);
        program.send(put(path, media, "*", &first)).await.is(200);
    }
    let fixed = put("/api/v1/printers/Desk", "application/json", "*", &settings(10).to_string());
    program.send(fixed).await.is(409).has("settings file");
    let unknown = put("/api/v1/printers/Nobody", "application/json", "*", &settings(10).to_string());
    program.send(unknown).await.is(404);
    let missing = put("/api/v1/templates/not-there", "application/toml", "*", file);
    program.send(missing).await.is(412);
}

#[test]
fn every_field_and_option_has_words() {
    let forms = [
        equipment::FORMS,
        people::FORMS,
        facility::FORMS,
        labels::FORMS,
        printers::FORMS,
        protocols::FORMS,
        register::FORMS,
        setup::FORMS,
        tags::FORMS,
    ];
    let keys = forms.into_iter().flatten().flat_map(|form| form.message_keys());
    for key in keys.chain(GENERAL_KEYS.map(str::to_owned)) {
        assert!(FormWords::in_locale(Locale::EnUs).catalog().has_message(&key), "{key}");
    }
}

/// A tab that was open since before puts nothing back into service that was taken out for another reason meanwhile.
#[tokio::test]
async fn a_button_is_pressed_over_what_its_page_showed() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::FacilityAdmin, "839204").await;
    let item = format!("/staff/equipment/{}", world.pump);
    let (out, back) = (format!("{item}/out"), format!("{item}/back"));
    let reason = with(form_of(&tom.get(&out).await, &out), "reason", "Filter");
    send(&tom, &out, &reason).await.is(303);
    send(&tom, &out, &reason).await.is(303);
    let old_tab = form_of(&tom.get(&item).await, &back);
    send(&grace, &back, &form_of(&grace.get(&item).await, &back)).await.is(303);
    let again = with(form_of(&grace.get(&out).await, &out), "reason", "Battery burnt");
    send(&grace, &out, &again).await.is(303);
    send(&tom, &back, &old_tab).await.is(409).has(&item);
    tom.get(&item).await.has("Battery burnt");
    let retire = format!("{item}/retire");
    let last = with(form_of(&tom.get(&retire).await, &retire), "reason", "Worn out");
    send(&grace, &back, &form_of(&grace.get(&item).await, &back)).await.is(303);
    send(&tom, &retire, &last).await.is(409);
    assert_eq!(world.state.store.facility().equipment[&world.pump].service, record::fold::ServiceState::In);
}
