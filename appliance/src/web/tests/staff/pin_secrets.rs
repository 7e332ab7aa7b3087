//! PINs, right and wrong, over HTTPS and over plain HTTP: no trace of one is anywhere.

use std::time::Duration;

use super::badges::submit;
use super::staff_pages::{Desk, desk, person};
use crate::web::tests::input::secret_traces::{LogLines, Traces};
use crate::web::tests::programs::calls::program;
use crate::web::tests::*;

/// Of eight digits, unlike any other kind of number.
const PIN: &str = "90417253";
const NEXT_PIN: &str = "86120394";
const WRONG_PIN: &str = "75260918";

/// Sends a right and a wrong PIN through every page that takes one; the receipt of the right one.
async fn send_everywhere(world: &World, staff: &str, pin: &str) -> String {
    let (mut receipt, report) = (String::new(), format!("/t/{}/problem", world.pump));
    for secure in [true, false] {
        for sent in [pin, WRONG_PIN] {
            // Tries come back with the time.
            world.clock.advance(Duration::from_secs(20 * 60));
            let who = [("staff", staff), ("pin", sent)];
            let problem = [&who[..], &[("what", "broken")]].concat();
            let answers = [
                submit(world, secure, &who).await,
                world.send(posted(&report, &problem), secure).await,
                world.send(posted("/staff/sign-in", &who), secure).await,
            ];
            let expected = match (secure, sent == pin) {
                (true, true) => 303,
                (true, false) => 422,
                (false, _) => 400,
            };
            // A report is accepted from anybody: a wrong PIN only proves nothing.
            let of_report = if secure { 303 } else { 400 };
            for (answer, expected) in answers.iter().zip([expected, of_report, expected]) {
                answer.is(expected).has_not(sent);
            }
            if expected == 303 {
                receipt = answers[0].location();
            }
        }
    }
    receipt
}

/// A person who forgot it gets another one, and then chooses their own.
async fn change_twice(admin: &Desk<'_>, staff: StaffId) {
    let (world, path) = (admin.world, format!("/staff/people/{staff}/pin"));
    let token = admin.get(&format!("/staff/people/{staff}")).await.hidden("form");
    let set = async |pin, again| admin.post(&path, &token, &[("pin", pin), ("again", again)]).await;
    set(NEXT_PIN, WRONG_PIN).await.is(422).has_not(NEXT_PIN).has_not(WRONG_PIN);
    set(NEXT_PIN, NEXT_PIN).await.is(303);
    let who = [("staff", &*staff.to_string()), ("pin", NEXT_PIN)];
    let own =
        Desk { world, cookie: world.send(posted("/staff/sign-in", &who), true).await.is(303).cookies() };
    let token = own.get("/staff/me/pin").await.is(200).hidden("form");
    for (present, status) in [(WRONG_PIN, 422), (NEXT_PIN, 303)] {
        let fields = [("present", present), ("pin", PIN), ("again", PIN)];
        own.post("/staff/me/pin", &token, &fields).await.is(status).has_not(PIN).has_not(present);
    }
}

#[tokio::test]
async fn nothing_of_a_pin_is_in_a_log_a_file_or_an_export() {
    let log = LogLines::collect();
    let world = World::new().await;
    let ada = person(&world, "Ada", StaffRole::Technician, "40817263").await;
    let first = desk(&world, StaffRole::FacilityAdmin).await;
    change_twice(&first, ada).await;
    let receipt = send_everywhere(&world, &ada.to_string(), PIN).await;
    // The session of before has ended meanwhile.
    let admin = desk(&world, StaffRole::FacilityAdmin).await;
    let program = program(&world, ApiTokenScope::Write);
    let mut seen = Traces::default();
    for page in [&format!("/staff/people/{ada}"), "/staff/people", "/staff/box/audit", "/staff/phone-records"]
    {
        seen.add(page, admin.get(page).await.is(200).bytes.clone());
    }
    for export in ["/api/v1/log", "/api/v1/people", "/api/v1/cleanings"] {
        seen.add(export, program.get(export).await.is(200).bytes.clone());
    }
    for page in [receipt.clone(), format!("{receipt}/proof")] {
        seen.add(&page, world.get(&page).await.is(200).bytes.clone());
    }
    seen.add_bundle(&admin).await;
    seen.add_stored(&world);
    seen.add("log lines", log.bytes());
    assert!(seen.has("/proof", b"\"checkpoint\""));
    assert!(seen.has("/api/v1/cleanings", b"\"pin\""), "the record says by what it is proven");
    assert!(seen.has("state.redb", ada.to_string().as_bytes()));
    seen.lack(&[PIN, NEXT_PIN, WRONG_PIN, "40817263"]);
}
