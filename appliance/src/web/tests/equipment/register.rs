//! The register: each field of its forms can be set, seen, changed and cleared, by pages and by programs.

use std::collections::BTreeSet;

use record::kinds::{PhotoPolicy, ProtocolPublished, Schedule, WeekdaySet};
use service::clock::Clock as _;
use web::form::FormDefinition;

use super::editing::{change_twice, form_of, second_desk, send, value_of, with};
use crate::web::pages::{protocols, register};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::{Desk, desk};
use crate::web::tests::*;

pub(in crate::web::tests) type FormStep = Vec<(&'static str, String)>;

pub(in crate::web::tests) struct WalkedForm {
    pub(in crate::web::tests) definition: &'static FormDefinition,
    pub(in crate::web::tests) page: String,
    /// Each field gets two values.
    pub(in crate::web::tests) entered: Vec<FormStep>,
    /// Each field that may be empty gets its value after clearing.
    pub(in crate::web::tests) cleared: Vec<FormStep>,
}

impl WalkedForm {
    pub(in crate::web::tests) async fn walk(&self, desk: &Desk<'_>) {
        self.walk_fields(desk).await;
        let size = desk.world.size();
        send(desk, &self.page, &form_of(&desk.get(&self.page).await, &self.page)).await.is(303);
        assert_eq!(desk.world.size(), size, "{}: what changes nothing makes no entry", self.page);
    }

    pub(in crate::web::tests) async fn walk_fields(&self, desk: &Desk<'_>) {
        let names: BTreeSet<&str> = self.definition.fields().map(|field| field.name).collect();
        let all: Vec<_> = self.entered.iter().flatten().collect();
        for name in &names {
            let values: BTreeSet<&str> =
                all.iter().filter(|(n, _)| n == name).map(|(_, v)| v.as_str()).collect();
            assert!(values.len() > 1 || *name == "photo", "{name} of {} is changed: {values:?}", self.page);
        }
        let optional = self.definition.fields().filter(|field| !field.is_required).map(|field| field.name);
        let cleared: BTreeSet<&str> = self.cleared.iter().flatten().map(|(name, _)| *name).collect();
        assert_eq!(cleared, optional.collect(), "{}", self.page);
        let mut page = self.page.clone();
        for step in self.entered.iter().chain(&self.cleared) {
            let form = form_of(&desk.get(&page).await, &page);
            let form = step.iter().fold(form, |form, (name, value)| with(form, name, value));
            send(desk, &page, &form).await.is(303);
            page = listed_page(&page, step).unwrap_or(page);
            let form = form_of(&desk.get(&page).await, &page);
            for (name, value) in step {
                assert_eq!(value_of(&form, name), value, "{name} of {}", self.page);
            }
        }
    }
}

/// Where a place or a category is after it got another name.
fn listed_page(page: &str, step: &FormStep) -> Option<String> {
    let (_, name) = step.iter().find(|(field, _)| *field == "name")?;
    let (list, _) =
        page.rsplit_once('/').filter(|(list, _)| ["/staff/places", "/staff/categories"].contains(list))?;
    Some(format!("{list}/{}", digest(name)))
}

pub(in crate::web::tests) fn one_by_one(values: &[(&'static str, &str)]) -> Vec<FormStep> {
    values.iter().map(|(name, value)| vec![(*name, (*value).to_owned())]).collect()
}

fn enter_all(samples: &[(&'static str, &str, &str)]) -> Vec<FormStep> {
    let mut steps = vec![samples.iter().map(|(name, value, _)| (*name, (*value).to_owned())).collect()];
    for (name, value, other) in samples {
        steps.extend(one_by_one(&[(name, other), (name, value)]));
    }
    steps
}

pub(in crate::web::tests) fn protocol_of(world: &World) -> ProtocolId {
    *world.state.store.facility().protocols.keys().next().unwrap()
}

fn newest(world: &World) -> ProtocolPublished {
    world.state.store.facility().protocols[&protocol_of(world)].newest.clone()
}

const PROTOCOL_SAMPLES: &[(&str, &str, &str)] = &[
    ("name", "High-level soak", "Soak"),
    ("class", "semicritical", "critical"),
    ("steps", "Gloves on\nSoak", "Gloves on\nSoak for long"),
    ("optional_steps", "2", "1"),
    ("one_press", "yes", "no"),
    ("ppe", "gown", "gown, gloves"),
    ("minutes", "12", "13"),
    ("agents", "OPA | 90210-3 | 1:16\nA\\|B", "OPA |  | 1:16"),
    ("contact_s", "12:00", "0:45"),
    ("declared", "1", ""),
    ("photo", "optional", "optional"),
    ("photo_one_in", "10", "100"),
    ("hang_h", "72", "8760"),
    ("delay_min", "60", "1"),
    ("ifu", "IFU 4711", "IFU 4712"),
    ("ifu_rev", "B", "C"),
    ("approved", "Dr. Grace Okafor", "Dr. Ada King"),
    ("effective", "2026-12-01", "2028-02-29"),
    ("en_name", "Soak (en)", "Soak in English"),
    ("en_steps", "Put gloves on\nSoak it", "Put gloves on\nSoak it long"),
    ("en_ppe", "a gown", "two gowns"),
    ("es_name", "Remojo", "Remojo largo"),
    ("es_steps", "Póngase guantes\nRemoje", "Póngase guantes\nRemoje bien"),
    ("es_ppe", "bata", "bata, guantes"),
];

const PROTOCOL_CLEARED: &[(&str, &str)] = &[
    ("class", "any"),
    ("optional_steps", ""),
    ("one_press", "by_class"),
    ("ppe", ""),
    ("minutes", ""),
    ("agents", ""),
    ("contact_s", ""),
    ("declared", ""),
    ("photo_one_in", ""),
    ("photo", "item"),
    ("hang_h", ""),
    ("delay_min", ""),
    ("ifu", ""),
    ("ifu_rev", ""),
    ("approved", ""),
    ("effective", ""),
    ("en_name", ""),
    ("en_ppe", ""),
    ("en_steps", ""),
    ("es_name", ""),
    ("es_ppe", ""),
    ("es_steps", ""),
];

#[tokio::test]
async fn each_field_of_a_protocol_is_set_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let page = format!("/staff/protocols/{}", protocol_of(&world));
    let [definition] = protocols::FORMS else { panic!("one form") };
    let (entered, cleared) = (enter_all(PROTOCOL_SAMPLES), one_by_one(PROTOCOL_CLEARED));
    let form = WalkedForm { definition, page, entered, cleared };
    form.walk(&tom).await;
    let left = newest(&world);
    assert_eq!((left.name.as_str(), left.steps.len(), left.approved), ("High-level soak", 2, None));
    assert_eq!((left.photo, left.class, left.one_press, left.words.len()), (None, None, None, 0));
    let mut all = form_of(&tom.get(&form.page).await, &form.page);
    for (name, value, _) in PROTOCOL_SAMPLES {
        all = with(all, name, value);
    }
    send(&tom, &form.page, &all).await.is(303);
    let published = newest(&world);
    assert_eq!((published.contact_s, published.photo), (Some(720), Some(PhotoPolicy::Optional)));
    assert_eq!(published.steps.iter().map(|step| step.required).collect::<Vec<_>>(), [true, false]);
    assert_eq!((published.agents[1].name.as_str(), published.agents[0].epa.as_str()), ("A|B", "90210-3"));
    assert_eq!(published.words["es"].steps[1], "Remoje");
    // A technician reads them in their language, from their day on.
    let now = world.clock.now();
    world.clock.set(Now { wall_ms: now.wall_ms + 12 * 86_400_000, ..now });
    world.get(&format!("/protocols/{}", protocol_of(&world))).await.is(200).has("Soak (en)").has("Soak it");
    world.clock.set(now);
    let program = program(&world, ApiTokenScope::Write);
    let found = program.get(&format!("/api/v1/protocols/{}", protocol_of(&world))).await.is(200).json();
    assert_eq!(found["approver"].as_str(), Some("Dr. Grace Okafor"));
    assert_eq!((found["hang_h"].as_u64(), found["effective"].as_str()), (Some(72), Some("2026-12-01")));
}

#[tokio::test]
async fn what_is_wrong_with_a_protocol_is_said_beside_its_field() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let new = "/staff/protocols/new";
    let first = form_of(&tom.get(new).await, new);
    let good = with(with(first.clone(), "name", "Soak"), "steps", "Gloves on\nSoak");
    let size = world.size();
    for (name, value, words) in [
        ("name", " ", "Enter a name for the protocol"),
        ("steps", " \n ", "Enter at least one step"),
        ("optional_steps", "3", "There is no step 3"),
        ("optional_steps", "0", "There is no step 0"),
        ("contact_s", "3", "Contact time: enter minutes and seconds"),
        ("contact_s", "0:60", "Contact time: enter minutes and seconds"),
        ("contact_s", "0:00", "The contact time is 1 second to 24 hours"),
        ("agents", "a | b | c | d", "Enter one disinfectant a line"),
        ("agents", "| 90210-3", "Enter a name for each disinfectant"),
        ("effective", "2026-02-29", "In force from: enter a day that is in the calendar"),
        ("photo_one_in", "1", "2 to 100"),
        ("photo_one_in", "10", "only where photos are optional"),
        ("hang_h", "0", "1 to 8760"),
        ("es_steps", "Una", "The protocol has 2 steps and the translation has 1"),
        ("ppe", "a\u{202e}b", "U+202E"),
        ("class", "fatal", "is not on the list"),
    ] {
        let refused = send(&tom, new, &with(good.clone(), name, value)).await;
        refused.is(422).has(words).has(&format!("id=\"{name}-e\""));
    }
    let named = with(good.clone(), "es_name", "Remojo");
    send(&tom, new, &named).await.is(422).has("the translation has 0").has("id=\"es_steps-e\"");
    let many = vec!["Wipe"; 41].join("\n");
    send(&tom, new, &with(good.clone(), "steps", &many)).await.is(422).has("1 to 40 steps");
    assert_eq!(world.size(), size);
    send(&tom, new, &good).await.is(303);
    assert_eq!(world.size(), size + 1);
}

#[tokio::test]
async fn two_people_at_one_protocol() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let page = format!("/staff/protocols/{}", protocol_of(&world));
    change_twice([&tom, &grace], (&page, &page), ("ppe", "gown", "apron"))
        .await
        .has("Tom Nguyen changed Low-level wipe");
    change_twice([&tom, &grace], (&page, &page), ("steps", "Wipe\nRinse\nDry", "Wipe\nRinse\nLook")).await;
    // Whoever retires it over what somebody changed since is asked too.
    let retire = format!("{page}/retire");
    let old = with(form_of(&tom.get(&retire).await, &retire), "reason", "Replaced");
    send(&grace, &page, &with(form_of(&grace.get(&page).await, &page), "ppe", "mask")).await.is(303);
    let asked = send(&tom, &retire, &old).await;
    asked.is(409).has("Grace Okafor changed Low-level wipe").has("Replaced");
    send(&tom, &retire, &form_of(&asked, &retire)).await.is(303);
}

#[tokio::test]
async fn a_retired_protocol_is_offered_and_due_no_more() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Write);
    let id = protocol_of(&world);
    let plans = format!("/api/v1/equipment/{}/schedules", world.pump);
    let weekly = serde_json::json!({ "protocol": id, "schedule": { "every": "weeks", "n": 1 } });
    program.post(&plans, weekly).await.is(201);
    let page = format!("/staff/protocols/{id}");
    let retire = format!("{page}/retire");
    let asked = tom.get(&retire).await;
    asked.is(200).has("Infusion pump 14").has("Due by this protocol");
    send(&tom, &retire, &form_of(&asked, &retire)).await.is(422).has("Say why");
    send(&tom, &retire, &with(form_of(&asked, &retire), "reason", "Replaced")).await.is(303);
    let facility = world.state.store.facility();
    assert!(facility.protocols[&id].retired);
    assert_eq!(facility.equipment[&world.pump].schedule(Some(id)), None);
    tom.get("/staff/protocols").await.is(200).has("Retired");
    tom.get(&retire).await.is(404);
    tom.get("/staff/equipment/new").await.is(200).has_not("Low-level wipe");
    world.get(&format!("/t/{}", world.pump)).await.is(200).has_not("Low-level wipe");
    send(&tom, &page, &form_of(&tom.get(&page).await, &page)).await.is(303);
    assert!(!world.state.store.facility().protocols[&id].retired);
    let api = format!("/api/v1/protocols/{id}");
    let remove = |reason: &str| {
        let body = serde_json::json!({ "reason": reason }).to_string();
        Request::delete(&api).header(CONTENT_TYPE, "application/json").body(Body::from(body)).unwrap()
    };
    program.send(remove(" ")).await.is(422);
    program.send(remove("Replaced")).await.is(204);
    program.send(remove("Replaced again")).await.is(409);
}

#[tokio::test]
async fn days_of_the_week_go_with_every_day_and_times() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let item = format!("/staff/equipment/{}", world.pump);
    let schedule = format!("{item}/schedule");
    let first = form_of(&tom.get(&schedule).await, &schedule);
    let workdays = ["on_monday", "on_tuesday", "on_wednesday", "on_thursday", "on_friday"]
        .iter()
        .fold(with(with(first, "every", "days"), "number", "1"), |form, day| with(form, day, "1"));
    send(&tom, &schedule, &workdays).await.is(303);
    let stored = |world: &World| world.state.store.facility().equipment[&world.pump].schedule(None).cloned();
    let on = WeekdaySet::of(1..=5).unwrap();
    assert_eq!(stored(&world), Some(Schedule::Days { n: 1, on }));
    tom.get(&item).await.has("Every day (Mon, Tue, Wed, Thu, Fri)");
    let shown = form_of(&tom.get(&schedule).await, &schedule);
    assert_eq!((value_of(&shown, "on_friday"), value_of(&shown, "on_sunday")), ("1", ""));
    let size = world.size();
    for (every, number, words) in [
        ("days", "2", "Days of the week go with every 1 day"),
        ("days", "0", "Days of the week"),
        ("times", "", "Enter times of day"),
    ] {
        let form = with(with(shown.clone(), "every", every), "number", number);
        send(&tom, &schedule, &form).await.is(422).has(words);
    }
    let cleared = workdays.iter().filter(|(name, _)| name.starts_with("on_")).map(|(name, _)| name.clone());
    let never = cleared.fold(shown, |form, name| with(form, &name, ""));
    send(&tom, &schedule, &with(never.clone(), "number", "0")).await.is(422).has("1 to 366 days");
    assert_eq!(world.size(), size);
    send(&tom, &schedule, &never).await.is(303);
    assert_eq!(stored(&world), Some(Schedule::every_days(1)));
    // Boxes that say nothing of a schedule are no obstacle to it.
    for (every, number, set) in [
        ("weeks", "1", Schedule::Weeks { n: 1 }),
        ("never", "", Schedule::Never),
        ("use", "", Schedule::Use { grace_s: 4 * 3_600 }),
        ("hours", "4", Schedule::Hours { n: 4 }),
    ] {
        let shown = form_of(&tom.get(&schedule).await, &schedule);
        let form = with(with(with(shown, "every", every), "number", number), "on_friday", "1");
        send(&tom, &schedule, &form).await.is(303);
        assert_eq!(stored(&world).unwrap_or(Schedule::Never), set);
    }
    let program = program(&world, ApiTokenScope::Write);
    let plans = format!("/api/v1/equipment/{}/schedules", world.pump);
    for days in ["[0]", "[8]", "[]", "[-1]", "[1.5]"] {
        let body = format!(r#"{{"schedule":{{"every":"days","n":1,"on":{days}}}}}"#);
        let refused = program.post(&plans, serde_json::from_str(&body).unwrap()).await;
        assert!((400..500).contains(&refused.status), "{days} {}", refused.text());
    }
    let every_third = serde_json::json!({ "schedule": { "every": "days", "n": 3, "on": [1] } });
    program.post(&plans, every_third).await.is(422).has("Days of the week");
    let times = serde_json::json!({ "schedule": { "every": "times", "at": ["07:00"], "on": [6, 7] } });
    program.post(&plans, times).await.is(201);
    tom.get(&item).await.has("Daily by 07:00 (Sat, Sun)");
}

fn list_form(name: &str) -> &'static FormDefinition {
    // Of two of one name the second is that of what is there already.
    register::FORMS.iter().rfind(|form| form.name == name).unwrap()
}

async fn add_to_list(tom: &Desk<'_>, path: &str, fields: &[(&str, &str)]) -> Answer {
    let new = format!("{path}/new");
    let form = form_of(&tom.get(&new).await, &new);
    let form = fields.iter().fold(form, |form, (name, value)| with(form, name, value));
    send(tom, &new, &form).await
}

fn digest(name: &str) -> record::entry::Digest16 {
    record::entry::Digest16::of(name.as_bytes())
}

#[tokio::test]
async fn places_are_listed_and_offered_in_the_order_of_rounds() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let program = program(&world, ApiTokenScope::Write);
    for (name, order) in [
        ("Attic", None),
        ("Tower", Some(2)),
        ("Bay 2", Some(10)),
        ("bay 1", Some(10)),
        ("ICU", Some(0)),
        ("annex", None),
    ] {
        let place = serde_json::json!({ "name": name, "order": order });
        program.post("/api/v1/locations", place).await.is(200);
    }
    let listed = async || -> Vec<String> {
        let page = tom.get("/staff/places").await.text();
        let rows = page.split("<a href=\"/staff/places/").skip(1).map(|row| row.split_once('>').unwrap().1);
        rows.map(|row| row.split('<').next().unwrap().to_owned()).collect()
    };
    let offered = async || -> Vec<String> {
        let page = tom.get("/staff/equipment/new").await.text();
        let list = page.split_once("<datalist id=\"location-list\">").unwrap().1;
        let options = list.split("</datalist>").next().unwrap().split("<option value=\"").skip(1);
        options.map(|option| option.split('"').next().unwrap().to_owned()).collect()
    };
    for order in [
        ["ICU", "Tower", "bay 1", "Bay 2", "annex", "Attic"],
        ["ICU", "annex", "Tower", "bay 1", "Bay 2", "Attic"],
    ] {
        assert_eq!(listed().await, order);
        assert_eq!(offered().await, order);
        program.post("/api/v1/locations", serde_json::json!({ "name": "annex", "order": 1 })).await.is(200);
    }
}

#[tokio::test]
async fn each_field_of_a_place_is_set_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let places = "/staff/places";
    tom.get(places).await.is(200).has("No places yet").has("ICU East, bed 14");
    add_to_list(&tom, places, &[("name", " ")]).await.is(422).has("Enter a name for the place");
    for name in ["ICU", "Tower", "ICU East"] {
        add_to_list(&tom, places, &[("name", name)]).await.is(303);
    }
    add_to_list(&grace, places, &[("name", "ICU")]).await.is(422).has("on the list already");
    let page = format!("{places}/{}", digest("ICU East"));
    let mut entered = one_by_one(&[("within", "ICU"), ("within", "Tower"), ("order", "7"), ("order", "0")]);
    entered.extend(one_by_one(&[("retired", "1"), ("retired", "")]));
    entered.extend(one_by_one(&[("name", "ICU 5"), ("name", "ICU East")]));
    let cleared = one_by_one(&[("within", ""), ("order", ""), ("retired", "")]);
    WalkedForm { definition: list_form("place"), page: page.clone(), entered, cleared }.walk(&tom).await;
    change_twice([&tom, &grace], (&page, &page), ("order", "1", "2"))
        .await
        .has("Tom Nguyen changed ICU East");
    let form = with(form_of(&tom.get(&page).await, &page), "within", "ICU");
    send(&tom, &page, &form).await.is(303);
    let icu = format!("{places}/{}", digest("ICU"));
    let circle = with(form_of(&tom.get(&icu).await, &icu), "within", "ICU East");
    send(&tom, &icu, &circle).await.is(422).has("is not within it");
    send(&tom, &icu, &with(circle, "within", "Nowhere")).await.is(422).has("is not on the list");
    // What is retired is offered no more, and existing values stay.
    tom.get("/staff/equipment/new").await.has("<option value=\"ICU East\">");
    send(&tom, &page, &with(form_of(&tom.get(&page).await, &page), "retired", "1")).await.is(303);
    tom.get("/staff/equipment/new").await.has_not("<option value=\"ICU East\">");
    tom.get(&format!("{places}/{}", digest("Nothing"))).await.is(404);
    let program = program(&world, ApiTokenScope::Write);
    let list = program.get("/api/v1/locations").await.is(200).json();
    let names: Vec<_> =
        list["items"].as_array().unwrap().iter().map(|place| place["name"].as_str()).collect();
    assert_eq!((names.len(), names.contains(&Some("ICU 5"))), (4, true), "{names:?}");
    let set = serde_json::json!({ "name": "OR 2", "within": "Tower", "order": 9 });
    assert_eq!(program.post("/api/v1/locations", set).await.is(200).json()["order"], 9);
    let set = serde_json::json!({ "name": "OR 2", "within": "OR 2" });
    program.post("/api/v1/locations", set).await.is(422).has("within");
}

const OWN_FIELDS: &str = "Bed side | choice | left, right | required\nWeight | number\nChecked | date\nLatex free | yes\nCost centre | text |  |  | cost";

#[tokio::test]
async fn each_field_of_a_category_is_set_seen_changed_and_cleared() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let grace = second_desk(&world, "Grace Okafor", StaffRole::Biomed, "839204").await;
    let categories = "/staff/categories";
    add_to_list(&tom, categories, &[("name", "Bed")]).await.is(303);
    add_to_list(&grace, categories, &[("name", "Bed")]).await.is(422).has("on the list already");
    let page = format!("{categories}/{}", digest("Bed"));
    let protocol = protocol_of(&world).to_string();
    let further = super::item_facts::add_protocol(&world, "Soak").await.to_string();
    let mut entered = one_by_one(&[("fields", "Weight | number"), ("fields", OWN_FIELDS), ("retired", "1")]);
    entered.extend(one_by_one(&[("retired", ""), ("default_name", "Bed"), ("default_name", "ICU bed")]));
    entered.extend(one_by_one(&[("class", "critical"), ("class", "semicritical"), ("photo", "none")]));
    entered.extend(one_by_one(&[("photo", "required"), ("protocol", &protocol), ("further", &further)]));
    entered.extend(one_by_one(&[("further", ""), ("protocol", "")]));
    for grace in ["1:30", "12:00"] {
        entered.push(vec![("every", "use".to_owned()), ("grace", grace.to_owned())]);
    }
    for (every, number, times) in [("days", "1", ""), ("times", "", "07:00")] {
        let step = [("every", every), ("number", number), ("times", times)];
        entered.push(step.iter().map(|(name, value)| (*name, (*value).to_owned())).collect());
    }
    let days =
        ["on_monday", "on_tuesday", "on_wednesday", "on_thursday", "on_friday", "on_saturday", "on_sunday"];
    for day in days {
        entered.extend(one_by_one(&[(day, "1"), (day, "")]));
    }
    entered.extend(one_by_one(&[("name", "Cot"), ("name", "Bed")]));
    let mut cleared = one_by_one(&[("fields", ""), ("retired", ""), ("default_name", ""), ("class", "any")]);
    cleared.extend(one_by_one(&[("photo", "any"), ("protocol", ""), ("further", "")]));
    cleared.extend(days.iter().map(|day| vec![(*day, String::new())]));
    cleared
        .push([("every", "never"), ("number", ""), ("times", "")].map(|(n, v)| (n, v.to_owned())).to_vec());
    cleared.extend(one_by_one(&[("grace", "")]));
    WalkedForm { definition: list_form("category"), page: page.clone(), entered, cleared }.walk(&tom).await;
    change_twice([&tom, &grace], (&page, &page), ("default_name", "Bed", "ICU bed")).await;
    let form = form_of(&tom.get(&page).await, &page);
    for (fields, words) in [
        ("Side | choice", "1 to 40 options"),
        ("Side | text | left, right", "no other own field has any"),
        ("Side | colour", "text, number, date, choice or yes"),
        ("Side | text |  | perhaps", "Enter one own field a line"),
        ("Side | text\nSide | number", "Two own fields have the same name"),
        ("a | text | | | b | c", "Enter one own field a line"),
        (" | text", "Enter a name of at most 40 characters"),
        (&"x | text\n".repeat(21), "at most 20 own fields"),
    ] {
        send(&tom, &page, &with(form.clone(), "fields", fields))
            .await
            .is(422)
            .has(words)
            .has("id=\"fields-e\"");
    }
}

#[tokio::test]
async fn a_category_fills_the_form_of_a_new_item_and_its_own_fields_are_checked() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let protocol = protocol_of(&world).to_string();
    let facts = [("name", "Bed"), ("fields", OWN_FIELDS), ("class", "semicritical"), ("protocol", &protocol)];
    add_to_list(&tom, "/staff/categories", &facts).await.is(303);
    let new = "/staff/equipment/new";
    tom.get(new).await.has("Begin with a category").has(&format!("category={}", digest("Bed")));
    let first = form_of(&tom.get(&format!("{new}?category={}", digest("Bed"))).await, new);
    assert_eq!((value_of(&first, "category"), value_of(&first, "class")), ("Bed", "semicritical"));
    let [side, weight, checked, latex, cost] =
        ["Bed side", "Weight", "Checked", "Latex free", "cost"].map(|key| format!("own-{}", digest(key)));
    assert_eq!((value_of(&first, &side), value_of(&first, "custom")), ("", ""));
    assert_eq!(value_of(&first, "protocol"), protocol);
    let named = with(first, "name", "Bed 9");
    let page = tom.get(&format!("{new}?category={}", digest("Bed"))).await;
    page.has("<option value=\"left\" translate=\"no\">").has("type=\"date\"").has("Needed");
    for (name, value, words) in [
        (&side, "", "Bed side: fill it in"),
        (&side, "up", "Bed side: enter one of left, right"),
        (&weight, "heavy", "Weight: enter a whole number"),
        (&checked, "2026-02-30", "Checked: enter a day"),
        (&latex, "perhaps", "Latex free: enter yes or no"),
    ] {
        let form = with(with(named.clone(), &side, "left"), name, value);
        send(&tom, new, &form).await.is(422).has(words).has(&format!("id=\"{name}-e\""));
    }
    let wrong = with(with(named.clone(), &side, "left"), "custom", "Colour | blue | green");
    let again = send(&tom, new, &wrong).await;
    again.is(422).has("Enter one own field a line").has("id=\"custom-e\"");
    assert_eq!(value_of(&form_of(&again, new), &side), "left");
    // A line without a bar would be a name without a value, and lost.
    let barless = with(with(named.clone(), &side, "left"), "custom", "Colour | blue\n Note: x ");
    let again = send(&tom, new, &barless).await;
    again.is(422).has("“Note: x” has no bar").has("id=\"custom-e\"");
    assert_eq!(value_of(&form_of(&again, new), "custom"), "Colour | blue\n Note: x");
    let yes = format!("{latex}-yes");
    let own = [(&side, "left"), (&weight, "120"), (&checked, "2026-02-28"), (&yes, "1"), (&cost, "4410")];
    let filled = own.iter().fold(named, |form, (name, value)| with(form, name, value));
    let added = send(&tom, new, &with(filled, "custom", "Colour | blue")).await;
    let edit = format!("{}/edit", added.is(303).location());
    let form = form_of(&tom.get(&edit).await, &edit);
    for (name, value) in own {
        assert_eq!(value_of(&form, name), value, "{name}");
    }
    assert_eq!(value_of(&form, "custom"), "Colour | blue");
    // What changes nothing makes no entry.
    let size = world.size();
    send(&tom, &edit, &form).await.is(303);
    assert_eq!(world.size(), size);
    // What is left out is cleared; what must be there stays asked for.
    send(&tom, &edit, &with(form.clone(), &side, "")).await.is(422).has("Bed side: fill it in");
    let barless = with(form.clone(), "custom", "Colour | blue\nZwei: y");
    send(&tom, &edit, &barless).await.is(422).has("“Zwei: y” has no bar");
    // The name alone of one that is there takes its value away.
    send(&tom, &edit, &with(form.clone(), "custom", "Colour")).await.is(303);
    assert_eq!(value_of(&form_of(&tom.get(&edit).await, &edit), "custom"), "");
    let form = form_of(&tom.get(&edit).await, &edit);
    let cleared = [(&side, "right"), (&weight, "7"), (&checked, ""), (&yes, ""), (&cost, "")];
    let cleared = cleared.iter().fold(form, |form, (name, value)| with(form, name, value));
    send(&tom, &edit, &with(cleared, "custom", "")).await.is(303);
    let stored = world.state.store.facility();
    let item = stored.equipment.values().find(|item| item.facts.name == "Bed 9").unwrap();
    let stored: Vec<_> =
        item.facts.custom.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
    assert_eq!(stored, [("Bed side", "right"), ("Weight", "7")]);
    let form = form_of(&tom.get(&edit).await, &edit);
    for (fields, words) in [
        ([("single_use", "1"), ("name", "Bed 9")], "takes no protocol"),
        ([("photo", "required"), ("photo_one_in", "5")], "only where photos are optional"),
        ([("photo", "optional"), ("photo_one_in", "1")], "2 to 100"),
    ] {
        let form = fields.iter().fold(form.clone(), |form, (name, value)| with(form, name, value));
        send(&tom, &edit, &form).await.is(422).has(words);
    }
    for (name, value) in [
        ("photo_one_in", "5"),
        ("photo_one_in", ""),
        ("protocol", ""),
        ("single_use", "1"),
        ("single_use", ""),
    ] {
        send(&tom, &edit, &with(form_of(&tom.get(&edit).await, &edit), name, value)).await.is(303);
        assert_eq!(value_of(&form_of(&tom.get(&edit).await, &edit), name), value, "{name}");
    }
}

#[tokio::test]
async fn fifty_items_are_added_in_one_run() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    let new = "/staff/equipment/new";
    let before = world.state.store.facility().equipment.len();
    let first = form_of(&tom.get(new).await, new);
    let mut form = with(with(first, "location", "OR 2"), "category", "Pump");
    for n in 1..=50 {
        form = with(with(form, "name", &format!("Pump {n}")), "next", "1");
        let answer = send(&tom, new, &form).await;
        let page = tom.get(&answer.is(303).location()).await;
        page.is(200)
            .has(&format!("Pump {n} was added"))
            .has("name=\"name\" value=\"\" autocomplete=\"off\" autofocus");
        assert!(page.text().find("name=\"next\"") < page.text().find("class=\"two\">Add equipment"));
        form = form_of(&page, new);
        assert_eq!((value_of(&form, "location"), value_of(&form, "category")), ("OR 2", "Pump"));
    }
    assert_eq!(world.state.store.facility().equipment.len(), before + 50);
}
