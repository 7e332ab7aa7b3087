//! Forms of staff that change a thing: each carries the version that it changes and gets the conflict page over another
//! one, or is in a list with the reason.

use ::web::route::{ExampleBody, RouteKind};
use ::web::test::FixtureWorld as _;
use http::header::COOKIE;

use crate::web::tests::equipment::editing::{Fields, form_of, send, value_of, with};
use crate::web::tests::fixture::{Draws, FixtureBox, fixture_table};
use crate::web::tests::staff::staff_pages::Desk;

const STALE: &str = "9-00000000.7.0000000a";

/// Rows of staff that write to the log and name no version, with the reason.
const WITHOUT_VERSION: &[(&str, &str)] = &[
    ("category.create", "adds a category"),
    ("check.submit", "adds a record"),
    ("cleaning.enter", "adds a record"),
    ("cleaning.void", "a record is voided once; it has no further versions"),
    ("clock.say", "time has no version; the newest word holds"),
    ("code.create", "adds a code"),
    ("code.take-off", "a code is taken off whole; it has no version"),
    ("equipment.create", "adds an item"),
    ("location.create", "adds a place"),
    ("own-pin.change", "whoever changes it proves the present one; it has no version"),
    ("pack.adopt", "adds a protocol"),
    ("pass.end", "somebody leaves once; that has no further versions"),
    ("pass.make", "adds a person"),
    ("people.sign-out", "ends what is there, whatever it is by then"),
    ("person.add", "adds a person"),
    ("person.leave", "somebody leaves once; that has no further versions"),
    ("person.sign-out", "ends what is there, whatever it is by then"),
    ("phone-record.copy", "adds records, each once"),
    ("phone-record.enter", "adds a record or a report, once"),
    ("pin.clear", "a PIN is removed whole; it has no version"),
    ("pin.set", "a PIN is replaced whole; nobody can see it, so it has no version"),
    ("problem.close", "a report is closed once, whatever was said of it"),
    ("program.add", "adds a token"),
    ("program.revoke", "a token is revoked whole; it has no version"),
    ("protocol.create", "adds a protocol"),
    ("tag.create", "adds a label"),
    ("tag.revoke", "a label is revoked whole; it has no version"),
    ("upkeep-done.record", "adds a record"),
    ("upkeep.plan", "adds a task"),
];

async fn find_drawn(desk: &Desk<'_>, address: &str) -> Fields {
    let page = desk.get(address).await;
    let is_there = page.status == 200 && page.text().contains(&format!("action=\"{address}\""));
    if is_there { form_of(&page, address) } else { Fields::new() }
}

#[tokio::test]
async fn every_form_that_changes_a_thing_asks_over_which_version() {
    let is_named = |row: &str| WITHOUT_VERSION.iter().any(|(name, _)| *name == row);
    let table = fixture_table().await;
    let mut rows = Vec::new();
    for row in table.rows() {
        let route = &row.route;
        if route.kind != RouteKind::Form || !route.path.starts_with("/staff/") || route.commands.is_empty() {
            continue;
        }
        rows.push(route.name);
        let fixture = FixtureBox::open(Draws::Further).await;
        let admin = fixture.callers().iter().find(|caller| caller.name == "facility admin").unwrap();
        let cookie = admin.headers[COOKIE].to_str().unwrap().to_owned();
        let desk = Desk { world: fixture.world(), cookie };
        let address = route.example.address(route.path).unwrap();
        let drawn = find_drawn(&desk, &address).await;
        let ExampleBody::Form(example) = &route.example.body else { panic!("{}", route.name) };
        let (token, value) = admin.form_token.clone().unwrap();
        let form = example.iter().map(|(name, value)| (*name, value.clone())).chain([(token, value)]);
        let form = form.fold(drawn.clone(), |form, (name, value)| with(form, name, &value));
        // An example may say what is there already.
        let is_named_thing = !value_of(&drawn, "name").is_empty();
        let form = if is_named_thing { with(form, "name", "Another name") } else { form };
        let size = desk.world.size();
        let answer = send(&desk, &address, &with(form, "seen", STALE)).await;
        let (is_drawn, is_refused) = (!value_of(&drawn, "seen").is_empty(), answer.status == 409);
        assert_eq!(
            is_drawn,
            is_refused,
            "{}: its page and what takes it differ: {}",
            route.name,
            answer.text()
        );
        assert_ne!(
            is_refused,
            is_named(route.name),
            "{}: over a version, or listed with a reason",
            route.name
        );
        assert!(!is_refused || desk.world.size() == size, "{}", route.name);
    }
    let absent = WITHOUT_VERSION.iter().map(|(name, _)| *name).filter(|name| !rows.contains(name));
    assert_eq!(absent.collect::<Vec<_>>(), [""; 0], "these are no rows");
}
