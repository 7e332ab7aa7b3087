//! Refusals for programs and for the phone's own page, in the language that is asked for.

use std::cell::Cell;

use http::HeaderName;
use http::header::{ACCEPT_LANGUAGE, COOKIE, RETRY_AFTER};
use serde_json::{Value, json};

use crate::intake::SettingsChange;
use crate::web::request::submissions::phone_submission::photo_later;
use crate::web::tests::phone::submissions::{document, packed, with};
use crate::web::tests::programs::calls::program;
use crate::web::tests::staff::staff_pages::desk;
use crate::web::tests::*;

const SPANISH: (HeaderName, &str) = (ACCEPT_LANGUAGE, "es-MX, en;q=0.5");
const TEXTS: [&str; 4] = ["title", "detail", "safe", "next"];

fn id(n: usize) -> String {
    format!("01J{n:023}")
}

fn asked(mut request: Request<Body>, (name, value): &(HeaderName, &str)) -> Request<Body> {
    request.headers_mut().insert(name, value.parse().unwrap());
    request
}

/// The same refusal in English and in Spanish: whatever it says is in the other's language.
async fn in_both(world: &World, status: u16, request: impl Fn() -> Request<Body>) -> [Value; 2] {
    let mut answers = Vec::new();
    for language in [(ACCEPT_LANGUAGE, "en-US"), SPANISH] {
        let answer = world.send(asked(request(), &language), false).await;
        answers.push(answer.is(status).json());
    }
    let answers = <[Value; 2]>::try_from(answers).unwrap();
    let [english, spanish] = &answers;
    for member in TEXTS {
        assert!(english[member] == "" || english[member] != spanish[member], "{member} of {spanish}");
        assert_eq!(english[member] == "", spanish[member] == "", "{member} of {spanish}");
    }
    assert_eq!((&english["type"], &english["field"]), (&spanish["type"], &spanish["field"]));
    answers
}

#[tokio::test]
async fn a_phone_reads_why_its_record_was_refused_in_its_own_language() {
    let world = World::new().await;
    let refused = |n: usize| with(with(document(&world), "tag", json!("7QK3M9X2W")), "id", json!(id(n)));
    // Each try is of a new id: of one that was refused before, the box says that.
    let mut titles = Vec::new();
    for (n, language) in [SPANISH, (COOKIE, "language=es"), (ACCEPT_LANGUAGE, "fr")].into_iter().enumerate() {
        let request = packed(&refused(n), &[]);
        let problem = world.send(asked(request, &language), false).await.is(422).json();
        titles.push(problem["title"].as_str().unwrap().to_owned());
        assert_eq!(problem["safe"].as_str().unwrap().contains("Ingeniería biomédica lo tiene"), n < 2);
    }
    assert_eq!(titles[0], titles[1]);
    assert!(titles[2].contains("7QK3M9X2W") && titles[2] != titles[0], "{titles:?}");
}

type Asked<'a> = Box<dyn Fn() -> Request<Body> + 'a>;

/// What a phone may be refused, created again for each use.
fn refusals(world: &World) -> Vec<(u16, Asked<'_>)> {
    let other = |member: &'static str, value: Value| {
        move || packed(&with(document(world), member, value.clone()), &[])
    };
    let tries = Cell::new(0);
    let tagged = |tag: &'static str| {
        let tries = tries.clone();
        move || {
            tries.set(tries.get() + 1);
            packed(
                &with(
                    with(document(world), "tag", json!(tag)),
                    "id",
                    json!(id(100 * tag.len() + tries.get())),
                ),
                &[],
            )
        }
    };
    let long = move || packed(&with(document(world), "id", json!(id(9))), &[&vec![b'a'; (2 << 20) + 1]]);
    vec![
        (409, Box::new(other("note", json!("another")))),
        (422, Box::new(other("v", json!(9)))),
        (422, Box::new(tagged("7QK3M9X2"))),
        (422, Box::new(tagged("7QK3M9X2!"))),
        (413, Box::new(long)),
        (415, Box::new(|| Request::post("/api/v1/submissions").body(Body::from("{}")).unwrap())),
    ]
}

#[tokio::test]
async fn whatever_a_phone_is_refused_is_said_in_each_language() {
    let world = World::new().await;
    world.send(packed(&document(&world), &[]), false).await.is(201);
    for (status, request) in refusals(&world) {
        in_both(&world, status, request).await;
    }
    let busy = crate::web::commands::photo_upload::refused_photo(&crate::photo::PhotoTrouble::Busy);
    let crate::web::commands::photo_upload::PhotoOutcome::Refused(busy) = busy else { panic!() };
    assert!(photo_later(busy).is_in_every_locale() && busy.error().is_in_every_locale());
    // Reports that one phone has no more of.
    let report = |n: usize| {
        let report = with(with(document(&world), "id", json!(id(1_000 + n))), "cleaned", json!(false));
        packed(&with(report, "problem", json!({ "what": "broken", "text": "" })), &[])
    };
    for n in 0..60 {
        let answer = world.send(asked(report(n), &SPANISH), false).await;
        if answer.status == 429 {
            assert_ne!(answer.header(RETRY_AFTER), "");
            assert!(answer.json()["title"].as_str().unwrap().contains("demasiados"), "{}", answer.text());
            return;
        }
    }
    panic!("a flood has no bound");
}

#[tokio::test]
async fn a_program_reads_english_where_it_asks_for_nothing() {
    let world = World::new().await;
    let change = SettingsChange { locale: Some("es-MX".into()), ..SettingsChange::default() };
    world.give(Command::ChangeFacility(Box::new(change))).await;
    let program = program(&world, ApiTokenScope::Read);
    let missing = || Request::get("/api/v1/equipment/7QK3M9X2W").body(Body::empty()).unwrap();
    let english = program.send(missing()).await.is(404).json();
    for (name, value) in [(ACCEPT_LANGUAGE, "*"), (ACCEPT_LANGUAGE, "fr"), (COOKIE, "language=en")] {
        let same = program.send(asked(missing(), &(name, value))).await.is(404).json();
        TEXTS.iter().for_each(|member| assert_eq!(same[member], english[member], "{value}"));
    }
    let spanish = program.send(asked(missing(), &SPANISH)).await.is(404).json();
    TEXTS
        .iter()
        .for_each(|member| assert!(english[member] == "" || spanish[member] != english[member], "{spanish}"));
    // A text that is in English alone takes the others with it.
    let query = || Request::get("/api/v1/submissions/state?id=strange").body(Body::empty()).unwrap();
    let english = program.send(query()).await.is(400).json();
    let spanish = program.send(asked(query(), &SPANISH)).await.is(400).json();
    TEXTS.iter().for_each(|member| assert_eq!(english[member], spanish[member]));
}

#[tokio::test]
async fn staff_read_problems_in_the_language_of_their_pages() {
    let world = World::new().await;
    let tom = desk(&world, StaffRole::Biomed).await;
    tom.send(asked(Request::get("/api/v1/equipment/7QK3M9X2W").body(Body::empty()).unwrap(), &SPANISH))
        .await
        .is(404)
        .has("No se registró nada.");
}
